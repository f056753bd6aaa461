//! Which keys templates read, and which they missed: the ground for finding dead and misspelt configuration.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use foldhash::fast::RandomState;

use super::flow::{Flow, flow_of};
use super::keys::{Leaf, Step};
use super::map::Map;
use super::record::{Kind, Node, Recorder, Ref, Target, Wrote};
use crate::span::Pos;

/// What a render's templates did with values.
#[derive(Debug, Default)]
pub struct Usage {
    /// Positions of keys that were read.
    read: HashSet<Pos, RandomState>,
    /// Positions of keys that were used with all that is below them.
    whole: HashSet<Pos, RandomState>,
    /// Keys that no layer sets and that were read without a guard, with the places known to print them.
    pub missing: BTreeMap<String, BTreeSet<Pos>>,
}

/// Functions that only look at what they are given.
fn only_looks(name: &str) -> bool {
    matches!(
        name,
        "hasKey"
            | "empty"
            | "not"
            | "kindIs"
            | "kindOf"
            | "typeIs"
            | "typeOf"
            | "typeIsLike"
            | "and"
            | "or"
            | "eq"
            | "ne"
    )
}

/// Functions that expect that something may be missing.
pub(super) fn is_guard(name: &str) -> bool {
    match name {
        "default" | "dig" | "get" | "coalesce" | "ternary" | "required" | "any" | "all" | "eq" | "ne" | "deepEqual"
        | "dict" | "list" | "tuple" | "set" | "first" | "last" | "merge" | "mergeOverwrite" | "mustMerge"
        | "mustMergeOverwrite" | "fail" | "tpl" | "include" | "toJson" | "join" | "concat" | "index" | "len"
        | "lookup" => true,
        name => only_looks(name),
    }
}

/// Functions that make something empty of something missing, which `default` may still stand in for.
pub(super) fn stays_empty(name: &str) -> bool {
    matches!(name, "quote" | "squote" | "int" | "int64" | "float64" | "trim" | "toStrings")
}

impl Usage {
    /// Whether a key is read.
    pub fn is_read(&self, key: &Leaf<'_>) -> bool {
        self.read.contains(&key.pos()) || key.upwards().any(|p| self.whole.contains(&p))
    }

    fn consume(&mut self, record: &Recorder, r: Ref, seen: &mut Seen) {
        if !seen.insert(r) {
            return;
        }
        let mut todo = vec![r];
        while let Some(r) = todo.pop() {
            match record.node(r) {
                Some(Node::Read { pos, .. }) if pos.is_known() => {
                    self.whole.insert(pos);
                }
                Some(Node::Read { from, absent: false, .. }) if !record.is_object(r) => {
                    todo.extend(Some(from).filter(|r| seen.insert(*r)));
                }
                Some(Node::Assigned { of, .. } | Node::Part { of, .. }) => {
                    todo.extend(Some(of).filter(|r| seen.insert(*r)));
                }
                Some(Node::Entry { of, key }) => todo.extend([of, key].into_iter().filter(|r| seen.insert(*r))),
                Some(Node::Call { args, .. }) => {
                    todo.extend(args.of(&record.args).iter().filter(|r| seen.insert(**r)));
                }
                None => {
                    self.whole.insert(Pos(r.0));
                }
                _ => {}
            }
        }
    }
}

/// What was followed already.
struct Seen {
    nodes: Vec<bool>,
    places: HashSet<Pos, RandomState>,
}

impl Seen {
    fn new(record: &Recorder) -> Seen {
        Seen { nodes: vec![false; record.nodes.len()], places: HashSet::default() }
    }

    /// Whether it is new.
    fn insert(&mut self, r: Ref) -> bool {
        match r.target() {
            Target::Nothing => self.places.insert(Pos::NONE),
            Target::Place(pos) => self.places.insert(pos),
            Target::Node(n) => self.nodes.get_mut(n).is_some_and(|seen| !std::mem::replace(seen, true)),
        }
    }
}

impl Map {
    /// What the templates did with the values.
    pub fn usage(&self) -> &Usage {
        self.usage.get_or_init(|| {
            let mut usage = Usage::default();
            self.parts.iter().for_each(|part| self.add_usage(&part.record, &mut usage));
            usage.read.extend(self.gates());
            usage
        })
    }

    fn add_usage(&self, record: &Recorder, usage: &mut Usage) {
        let mut seen = Seen::new(record);
        for node in &record.nodes {
            match node {
                Node::Read { pos, .. } if pos.is_known() => {
                    usage.read.insert(*pos);
                }
                Node::Call { name, kind, args } => {
                    let name = record.names[usize::from(*name)];
                    let passes_on = matches!(kind, Kind::Same(_))
                        || matches!(
                            flow_of(name),
                            Flow::Dict | Flow::List | Flow::Set | Flow::Append | Flow::Prepend | Flow::Container
                        );
                    for arg in args.of(&record.args) {
                        if !passes_on && !only_looks(name) {
                            usage.consume(record, *arg, &mut seen);
                        }
                        if !is_guard(name) && !stays_empty(name) {
                            self.note_missing(record, *arg, Pos::NONE, usage);
                        }
                    }
                    if let Kind::Parts(segs, _) = kind {
                        segs.of(&record.segs).iter().for_each(|s| usage.consume(record, s.of, &mut seen));
                    }
                }
                _ => {}
            }
        }
        for piece in &record.pieces {
            if let Wrote::Print(at, tag) = piece.wrote {
                usage.consume(record, tag, &mut seen);
                self.note_missing(record, tag, Pos(at), usage);
            }
        }
    }

    /// If this is a key that no layer sets.
    fn note_missing(&self, record: &Recorder, mut r: Ref, at: Pos, usage: &mut Usage) {
        while let Some(Node::Call { name, args, .. }) = record.node(r) {
            match args.of(&record.args) {
                [arg] if stays_empty(record.names[usize::from(name)]) => r = *arg,
                _ => return,
            }
        }
        let Some(Node::Read { from, absent: true, .. }) = record.node(r) else { return };
        // Only what is read out of the values themselves, not out of what a template made.
        let Some(path) = missing_path(record, r) else { return };
        if record.node(from).is_none() {
            return;
        }
        let places = usage.missing.entry(super::path_text(&path)).or_default();
        if at.is_known() && self.sources().location(at).is_some() {
            places.insert(at);
        }
    }
}

fn missing_path(record: &Recorder, r: Ref) -> Option<Vec<Step>> {
    if !record.is_object(r) {
        return None;
    }
    let (path, scope) = record.read_path(r, "");
    match path.split_first() {
        Some((Step::Key(k), rest)) if &**k == b"Values" && !rest.is_empty() => Some([&scope[..], rest].concat()),
        _ => None,
    }
}
