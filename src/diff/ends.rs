//! Which scalars of an object a report may ask the origin of, before it is compared: where each comes from is costly to
//! find out. More may be named than a comparison finds, never fewer.

use std::collections::HashSet;

use super::fields::says_the_same;
use crate::yaml::node::{Data, Node};

/// Scalars of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ends {
    /// All of them.
    All,
    /// Those at these byte offsets.
    At(HashSet<u32>),
}

impl Ends {
    /// Whether the scalar at a byte offset is among them.
    pub fn has(&self, offset: u32) -> bool {
        match self {
            Ends::All => true,
            Ends::At(offsets) => offsets.contains(&offset),
        }
    }
}

/// The scalars that may differ between two sides of an object, and the first ones of all maps and lists around them.
pub(super) fn apart(old: &Node, new: &Node) -> (Ends, Ends) {
    let mut walk = Walk::default();
    walk.nodes(old, new, "");
    (Ends::At(walk.old), Ends::At(walk.new))
}

#[derive(Default)]
struct Walk {
    old: HashSet<u32>,
    new: HashSet<u32>,
}

/// Lists whose items are matched by their names, wherever they stand.
const NAMED: [&str; 3] = ["containers", "initContainers", "env"];

impl Walk {
    /// `key` is what both are called.
    fn nodes(&mut self, old: &Node, new: &Node, key: &str) {
        if says_the_same(old, new) {
            return;
        }
        self.old.insert(first(old));
        self.new.insert(first(new));
        match (&old.data, &new.data) {
            (Data::Map(before), Data::Map(after)) => {
                for entry in before {
                    match new.get(&entry.key) {
                        Some(other) => self.nodes(&entry.value, other, &entry.key),
                        None => all(&entry.value, &mut self.old),
                    }
                }
                after.iter().filter(|e| old.get(&e.key).is_none()).for_each(|e| all(&e.value, &mut self.new));
            }
            (Data::List(before), Data::List(after)) if are_in_step(before, after, key) => {
                before.iter().zip(after).for_each(|(a, b)| self.nodes(a, b, ""));
            }
            _ => {
                all(old, &mut self.old);
                all(new, &mut self.new);
            }
        }
    }
}

/// Whether each item can only be matched with the one at its place.
fn are_in_step(old: &[Node], new: &[Node], key: &str) -> bool {
    let name = |node: &Node| node.get("name").and_then(Node::as_str).map(str::to_owned);
    let mut differing = old.iter().zip(new).filter(|(a, b)| !says_the_same(a, b));
    let named = |(a, b): (&Node, &Node)| name(a).is_some() && name(a) == name(b);
    old.len() == new.len() && (NAMED.contains(&key) && differing.clone().all(named) || differing.nth(1).is_none())
}

fn all(node: &Node, found: &mut HashSet<u32>) {
    found.insert(first(node));
    if crate::stack::is_low() {
        return;
    }
    node.entries().iter().for_each(|e| all(&e.value, found));
    node.items().iter().for_each(|item| all(item, found));
}

/// The byte offset of the first scalar in a node.
fn first(node: &Node) -> u32 {
    let mut node = node;
    while let Some(inner) = node.entries().first().map(|e| &e.value).or(node.items().first()) {
        node = inner;
    }
    node.offset
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::node::Document;

    /// The lines of the scalars that may differ, on both sides.
    fn lines(old: &str, new: &str) -> (Vec<usize>, Vec<usize>) {
        let parse = |text: &str| Document::parse(text.as_bytes()).expect("it is YAML").root;
        let (gone, come) = apart(&parse(old), &parse(new));
        let lines = |text: &str, ends: &Ends| {
            let is_in = |at: &usize| ends.has(u32::try_from(*at).expect("it is short"));
            let mut found: Vec<usize> =
                (0..text.len()).filter(is_in).map(|at| text[..at].matches('\n').count() + 1).collect();
            found.dedup();
            found
        };
        (lines(old, &gone), lines(new, &come))
    }

    #[test]
    fn what_is_alike_is_left_out() {
        let old = "a: 1\nb:\n  c: 2\n  d: 3\n  e: [4, 5]\nf: {g: 6}\n";
        let new = "a: 1\nb:\n  c: 2\n  d: 4\n  e: [4, 5]\nf: {g: 6}\n";
        // Line 1 is the first of the object, line 3 of b.
        assert_eq!(lines(old, new), (vec![1, 3, 4], vec![1, 3, 4]));
    }

    #[test]
    fn items_that_may_have_changed_places_are_named_whole() {
        let old = "l:\n- k: 1\n  v: 2\n- k: 2\n  v: 2\n";
        let new = "l:\n- k: 2\n  v: 2\n- k: 1\n  v: 2\n";
        assert_eq!(lines(old, new), (vec![2, 3, 4, 5], vec![2, 3, 4, 5]));
    }

    #[test]
    fn containers_are_matched_by_their_names() {
        let old = "containers:\n- name: a\n  v: 1\n  w: 1\n- name: b\n  v: 1\n  w: 1\n";
        let new = "containers:\n- name: a\n  v: 2\n  w: 1\n- name: b\n  v: 2\n  w: 1\n";
        assert_eq!(lines(old, new), (vec![2, 3, 5, 6], vec![2, 3, 5, 6]));
        let swapped = new.replace("name: a", "name: c");
        assert_eq!(lines(old, &swapped).1, vec![2, 3, 4, 5, 6, 7]);
    }
}
