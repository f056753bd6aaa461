//! The keys that some layer sets, over all environments of a chart: asked for many times, so kept as a tree.

use std::collections::{HashMap, HashSet};

use foldhash::fast::RandomState;

use super::usage::View;
use crate::explain::Step;
use crate::explain::keys::push_step;
use crate::explain::unguarded::Set;

/// Paths of keys, as a tree of steps.
pub(super) struct Known {
    /// The node behind a step from another one.
    below: HashMap<(u32, Step), u32, RandomState>,
    /// Whether the path that ends at a node is one of the keys.
    is_key: Vec<bool>,
    /// Whether it has keys below it.
    is_above: Vec<bool>,
}

const ROOT: u32 = 0;

impl Known {
    /// The keys of the merged values, and those that layers name: a null is a word on a key too.
    pub fn of(views: &[View<'_>]) -> Known {
        let mut known = Known { below: HashMap::default(), is_key: vec![false], is_above: vec![false] };
        for view in views {
            let mut nodes: Vec<u32> = Vec::new();
            for (parent, step) in view.map.keys().steps() {
                let node = known.step(parent.map_or(ROOT, |n| nodes[n]), step);
                known.is_key[node as usize] = true;
                nodes.push(node);
            }
            for (path, _) in view.layers.keys().flatten() {
                let node = path.iter().fold(ROOT, |node, step| known.step(node, step));
                known.is_key[node as usize] = true;
            }
        }
        known
    }

    fn step(&mut self, from: u32, step: &Step) -> u32 {
        let next = self.is_key.len() as u32;
        let node = *self.below.entry((from, step.clone())).or_insert(next);
        if node == next {
            self.is_key.push(false);
            self.is_above.push(false);
            self.is_above[from as usize] |= matches!(step, Step::Key(_));
        }
        node
    }

    /// What is known of a path.
    pub fn set(&self, path: &[Step]) -> Set {
        let node = path.iter().try_fold(ROOT, |node, step| self.below.get(&(node, step.clone())).copied());
        match node.map(|n| n as usize) {
            Some(n) if self.is_key[n] && self.is_above[n] => Set::Above,
            Some(n) if self.is_key[n] => Set::Key,
            _ => Set::No,
        }
    }

    /// All keys, written.
    pub fn texts(&self) -> HashSet<String, RandomState> {
        let mut steps: Vec<(u32, u32, &Step)> =
            self.below.iter().map(|((from, step), to)| (*to, *from, step)).collect();
        // A node's parent was made before it.
        steps.sort_unstable_by_key(|s| s.0);
        let mut texts = vec![String::new()];
        for (_, from, step) in steps {
            let mut text = texts[from as usize].clone();
            push_step(&mut text, step);
            texts.push(text);
        }
        texts.into_iter().zip(&self.is_key).filter(|(_, is_key)| **is_key).map(|(text, _)| text).collect()
    }
}

/// The name closest to one that is unknown, if one is close; of several, the first in alphabetical order.
pub(super) fn closest<'n>(asked: &str, names: impl Iterator<Item = &'n String>) -> Option<&'n str> {
    let too_far = 3 + asked.len() / 2;
    let asked = asked.to_lowercase();
    let letters = Letters::of(&asked);
    let mut best = (too_far, "");
    for name in names {
        let lower = name.to_lowercase();
        // Most names are too far away by their letters alone, which are counted faster than they are compared.
        if letters.at_least_to(&lower) > best.0 {
            continue;
        }
        best = best.min((strsim::damerau_levenshtein(&asked, &lower), name));
    }
    Some(best.1).filter(|name| !name.is_empty())
}

/// How often each letter stands in a text.
struct Letters([i32; 128]);

impl Letters {
    fn of(text: &str) -> Letters {
        let mut counts = [0; 128];
        text.bytes().filter(u8::is_ascii).for_each(|b| counts[usize::from(b)] += 1);
        Letters(counts)
    }

    /// A distance that no other text is below: letters must be added, removed or replaced.
    fn at_least_to(&self, other: &str) -> usize {
        let mut counts = self.0;
        other.bytes().filter(u8::is_ascii).for_each(|b| counts[usize::from(b)] -= 1);
        let missing: i32 = counts.iter().filter(|c| **c > 0).sum();
        let extra: i32 = counts.iter().filter(|c| **c < 0).map(|c| -c).sum();
        missing.max(extra) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_name_is_found() {
        let names: Vec<String> = ["image.tag", "image.tags", "replicas", "größe"].map(str::to_owned).into();
        let closest = |asked| closest(asked, names.iter());
        assert_eq!(closest("image.tga"), Some("image.tag"));
        assert_eq!(closest("Replica"), Some("replicas"));
        assert_eq!(closest("grüße"), Some("größe"));
        assert_eq!(closest("zzz"), None);
    }
}
