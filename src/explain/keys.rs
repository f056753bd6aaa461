//! Which keys of the merged values stand at which position of the inputs. One position can have several: a global that
//! every subchart sees, the defaults of a chart with two aliases, an anchor that is used twice.

use std::collections::HashMap;
use std::fmt::Write;

use foldhash::fast::RandomState;

use crate::span::Pos;
use crate::stack;
use crate::value::{Map, Str, Value};

/// A step of a path into values.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Into a map.
    Key(Str),
    /// Into a list.
    Item(usize),
}

/// How a path reads: `image.tag`, `ports[0].name`; keys that would mislead are quoted: `labels."app.io/name"`.
pub fn path_text(steps: &[Step]) -> String {
    let mut out = String::new();
    steps.iter().for_each(|step| push_step(&mut out, step));
    out
}

/// Adds a step to a path that is being written.
pub fn push_step(out: &mut String, step: &Step) {
    match step {
        Step::Item(i) => _ = write!(out, "[{i}]"),
        Step::Key(key) => {
            if !out.is_empty() {
                out.push('.');
            }
            let key = key.to_text();
            match key.is_empty() || key.contains(['.', '[', ']', '"', ' ']) {
                true => _ = write!(out, "{key:?}"),
                false => out.push_str(&key),
            }
        }
    }
}

/// Reads what [`path_text`] writes; a quote that doesn't end takes the rest.
pub fn parse_path(text: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = text.trim_start_matches('.');
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix('"') {
            let (key, after) = quoted.split_once('"').unwrap_or((quoted, ""));
            steps.push(Step::Key(key.into()));
            rest = after;
        } else if let Some(inner) = rest.strip_prefix('[') {
            let (index, after) = inner.split_once(']').unwrap_or((inner, ""));
            steps.push(
                index.trim().parse().map_or_else(|_| Step::Key(index.trim_matches(['"', '\'']).into()), Step::Item),
            );
            rest = after;
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            steps.push(Step::Key(rest[..end].into()));
            rest = &rest[end..];
        }
        rest = rest.strip_prefix('.').unwrap_or(rest);
    }
    steps
}

#[derive(Debug)]
struct Entry {
    parent: u32,
    step: Step,
    /// The entry before with the same position.
    before: u32,
    pos: Pos,
}

const ROOT: u32 = u32::MAX;

/// A key that holds a value rather than other keys.
#[derive(Clone, Copy)]
pub struct Leaf<'k> {
    keys: &'k Keys,
    n: u32,
}

impl Leaf<'_> {
    /// Its path.
    pub fn path(&self) -> Vec<Step> {
        self.keys.path(self.n)
    }

    /// Its path, written.
    pub fn text(&self) -> String {
        path_text(&self.path())
    }

    /// Where it stands.
    pub fn pos(&self) -> Pos {
        self.keys.entries[self.n as usize].pos
    }

    /// Where it stands, then its parent, and so on up to the top.
    pub fn upwards(&self) -> impl Iterator<Item = Pos> {
        let entry = |n: u32| self.keys.entries.get(n as usize);
        std::iter::successors(entry(self.n), move |e| entry(e.parent)).map(|e| e.pos)
    }
}

/// The keys of the merged values by position.
#[derive(Debug, Default)]
pub struct Keys {
    entries: Vec<Entry>,
    by_pos: HashMap<Pos, u32, RandomState>,
}

impl Keys {
    /// The keys of these values.
    pub fn of(values: &Map) -> Keys {
        let mut keys = Keys::default();
        keys.add_map(values, ROOT);
        keys
    }

    fn add_map(&mut self, map: &Map, parent: u32) {
        if stack::is_low() {
            return;
        }
        for (key, slot) in map.entries().iter() {
            self.add(&slot.value, Step::Key(key.clone()), slot.pos, parent);
        }
    }

    fn add(&mut self, value: &Value, step: Step, pos: Pos, parent: u32) {
        let n = self.entries.len() as u32;
        let before = if pos.is_known() { self.by_pos.insert(pos, n) } else { None };
        self.entries.push(Entry { parent, step, before: before.unwrap_or(ROOT), pos });
        match value {
            Value::Map(map) => self.add_map(map, n),
            Value::List(list) if !stack::is_low() => {
                for (i, slot) in list.items.iter().enumerate() {
                    self.add(&slot.value, Step::Item(i), slot.pos, n);
                }
            }
            _ => {}
        }
    }

    /// All paths with their positions, parents before their children.
    pub fn all(&self) -> impl Iterator<Item = (Vec<Step>, Pos)> {
        (0..self.entries.len() as u32).map(|n| (self.path(n), self.entries[n as usize].pos))
    }

    /// The keys that hold no map with keys of its own, in order. Lists are leaves, and what subcharts see of the globals
    /// is left out.
    pub fn leaves(&self) -> Vec<Leaf<'_>> {
        let size = self.entries.len();
        // Whether there is a list, or a subchart's globals, on the way to an entry; whether there is a key below it.
        let (mut in_list, mut hidden, mut inner) = (vec![false; size], vec![false; size], vec![false; size]);
        for (n, entry) in self.entries.iter().enumerate() {
            let parent = entry.parent as usize;
            let is_top = entry.parent == ROOT;
            in_list[n] = matches!(entry.step, Step::Item(_)) || !is_top && in_list[parent];
            if in_list[n] || is_top {
                continue;
            }
            hidden[n] = hidden[parent] || matches!(&entry.step, Step::Key(k) if &**k == b"global");
            inner[parent] = true;
        }
        let is_leaf = |n: &usize| !in_list[*n] && !hidden[*n] && !inner[*n] && self.entries[*n].pos.is_known();
        (0..size).filter(is_leaf).map(|n| Leaf { keys: self, n: n as u32 }).collect()
    }

    /// All keys as a parent's number (of an entry before it), a step, in [`Keys::all`]'s order.
    pub fn steps(&self) -> impl Iterator<Item = (Option<usize>, &Step)> {
        self.entries.iter().map(|e| ((e.parent != ROOT).then_some(e.parent as usize), &e.step))
    }

    /// The positions of several paths; nowhere for those that aren't there.
    pub fn find<'p>(&self, paths: impl Iterator<Item = &'p [Step]>) -> Vec<Pos> {
        let by_step: HashMap<(u32, &Step), u32, RandomState> =
            self.entries.iter().enumerate().map(|(n, e)| ((e.parent, &e.step), n as u32)).collect();
        let entry = |path: &[Step]| path.iter().try_fold(ROOT, |parent, step| by_step.get(&(parent, step)).copied());
        paths
            .map(|p| entry(p).map_or(Pos::NONE, |n| self.entries.get(n as usize).map_or(Pos::NONE, |e| e.pos)))
            .collect()
    }

    fn path(&self, mut n: u32) -> Vec<Step> {
        let mut steps = Vec::new();
        while let Some(entry) = self.entries.get(n as usize) {
            steps.push(entry.step.clone());
            n = entry.parent;
        }
        steps.reverse();
        steps
    }

    /// The paths of what stands at a position.
    pub fn at(&self, pos: Pos) -> Vec<Vec<Step>> {
        let mut found = Vec::new();
        let mut next = self.by_pos.get(&pos).copied();
        while let Some(n) = next {
            found.push(self.path(n));
            next = Some(self.entries[n as usize].before).filter(|n| *n != ROOT);
        }
        found.reverse();
        found
    }

    /// The path that a position most likely means where `hint` was read by a template of the subchart `scope`: the very
    /// path, one below it, one of that subchart, the shortest. What all charts share under `global` is the root's.
    pub fn best(&self, pos: Pos, hint: &[Step], scope: &[Step]) -> Option<Vec<Step>> {
        let all = self.at(pos);
        let rank = |path: &Vec<Step>| {
            let near = if path == hint {
                0
            } else if !hint.is_empty() && path.starts_with(hint) {
                1
            } else if path.starts_with(scope) {
                2
            } else {
                3
            };
            (near, path.len())
        };
        let best = all.iter().min_by_key(|p| rank(p))?;
        let is_global = |step: &Step| matches!(step, Step::Key(k) if &**k == b"global");
        let shared = best.iter().position(is_global).filter(|n| *n > 0).map(|n| &best[n..]);
        let shared = shared.and_then(|shared| all.iter().find(|p| p[..] == *shared));
        Some(shared.unwrap_or(best).clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_written_as_they_are_read() {
        for text in ["image.tag", "ports[0].name", "labels.\"app.io/name\"", "a.\"b c\"[2][3]"] {
            assert_eq!(path_text(&parse_path(text)), text);
        }
        assert_eq!(parse_path("labels[\"app.io/name\"]"), parse_path("labels.\"app.io/name\""));
    }
}
