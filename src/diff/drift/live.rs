//! Live objects as a side: JSON as the API server has it becomes objects like those of manifests, with a number for each
//! value in place of a byte offset, so that a value can be found again in the JSON.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine;
use serde_json::Value as Json;

use super::super::fields::{FieldPath, FieldStep};
use super::super::secrets::Value;
use super::super::{Side, SideObject};
use crate::cluster::managed::Step;
use crate::finding::{KubeObject, Text};
use crate::yaml::node::{Data, Document, Entry, Node};

/// What a cluster has of a release.
#[derive(Debug)]
pub struct LiveSide {
    /// The objects that are there.
    pub side: Side,
    raw: Vec<Json>,
    /// By the number of a stored object: the number of the live one, or that there is none.
    stored: HashMap<usize, Option<usize>>,
    unknown: Vec<usize>,
    /// Objects of the new side that are there before the release has them.
    taken: Vec<(usize, usize)>,
}

/// What is known of a stored object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is there, under this number.
    Object(usize),
    /// It is not there.
    Missing,
    /// Nobody asked, or the server did not say.
    Unasked,
}

impl LiveSide {
    /// Nothing yet.
    pub fn new(namespace: &str) -> LiveSide {
        LiveSide {
            side: Side { objects: Vec::new(), namespace: namespace.to_owned(), definitions: Vec::new() },
            raw: Vec::new(),
            stored: HashMap::new(),
            unknown: Vec::new(),
            taken: Vec::new(),
        }
    }

    /// Takes in what a cluster has of a stored object; nothing where it has no such object.
    pub fn add(&mut self, stored: usize, found: Option<Json>) {
        let at = found.map(|json| self.push(json));
        self.stored.insert(stored, at);
    }

    /// Takes in an object that no stored one is.
    pub fn add_unknown(&mut self, found: Json) {
        let at = self.push(found);
        self.unknown.push(at);
    }

    /// Takes in an object that only the new side has, by its number there.
    pub fn add_taken(&mut self, new: usize, found: Json) {
        let at = self.push(found);
        self.taken.push((new, at));
    }

    /// Objects that only the new side has, and that are there: its number, the live one's.
    pub(super) fn taken(&self) -> impl Iterator<Item = (usize, usize)> {
        self.taken.iter().copied()
    }

    fn push(&mut self, json: Json) -> usize {
        self.side.objects.push(SideObject { object: object(&json), hooks: Vec::new() });
        self.raw.push(json);
        self.raw.len() - 1
    }

    /// What is known of a stored object.
    pub fn of_stored(&self, stored: usize) -> State {
        match self.stored.get(&stored) {
            Some(Some(at)) => State::Object(*at),
            Some(None) => State::Missing,
            None => State::Unasked,
        }
    }

    /// The numbers of objects that no stored one is.
    pub(super) fn unknown(&self) -> impl Iterator<Item = usize> {
        self.unknown.iter().copied()
    }

    /// An object as the server said it.
    pub(super) fn raw(&self, at: usize) -> &Json {
        &self.raw[at]
    }
}

/// A live object like one of a manifest; offsets count its values.
fn object(json: &Json) -> KubeObject {
    let mut next = 0;
    let document = Document { root: node(json, &mut next), duplicates: Vec::new() };
    let source = Text { name: "the cluster".into(), line: 1, text: String::new() };
    KubeObject::new(Arc::new(source), document)
}

fn node(json: &Json, next: &mut u32) -> Node {
    let offset = *next;
    *next = next.saturating_add(1);
    let data = match json {
        Json::Null => Data::Null,
        Json::Bool(b) => Data::Bool(*b),
        Json::Number(n) => match (n.as_i64(), n.as_u64()) {
            (Some(i), _) => Data::Int(i),
            (None, Some(u)) => Data::Uint(u),
            (None, None) => Data::Float(n.as_f64().unwrap_or_default()),
        },
        Json::String(s) => Data::Str(s.as_str().into()),
        Json::Array(items) if !crate::stack::is_low() => Data::List(items.iter().map(|i| node(i, next)).collect()),
        Json::Object(fields) if !crate::stack::is_low() => {
            let entry = |(key, value): (&String, &Json)| Entry {
                key: key.as_str().into(),
                key_offset: *next,
                value: node(value, next),
            };
            Data::Map(fields.iter().map(entry).collect())
        }
        Json::Array(_) | Json::Object(_) => Data::Null,
    };
    Node { data, offset }
}

/// The path to the value with a number: into the last child that begins before it, over and over.
pub(super) fn path_to(root: &Node, number: u32) -> Vec<Step> {
    let (mut at, mut path) = (root, Vec::new());
    while at.offset != number {
        let entry = at.entries().iter().rfind(|e| e.value.offset <= number);
        let item = at.items().iter().enumerate().rfind(|(_, i)| i.offset <= number);
        at = match (entry, item) {
            (Some(entry), _) => {
                path.push(Step::Key(entry.key.to_string()));
                &entry.value
            }
            (None, Some((n, item))) => {
                path.push(Step::Item(n));
                item
            }
            (None, None) => break,
        };
    }
    path
}

/// The path to what a removed field was in, as far down as that is there.
pub(super) fn parent_of(root: &Node, live: &Value, path: &FieldPath) -> Vec<Step> {
    let mut at = live;
    for step in &path.0 {
        let below = match step {
            FieldStep::Key(key) => at.get(key),
            // The number is the old side's: what it names is gone.
            FieldStep::Item { .. } if std::ptr::eq(step, path.0.last().unwrap_or(step)) => None,
            FieldStep::Item { index, .. } => at.items().get(*index),
        };
        match below {
            Some(below) => at = below,
            None => break,
        }
    }
    path_to(root, at.offset)
}

/// The keys that a Secret says in `stringData`.
pub(super) fn plain_keys(object: &KubeObject) -> Vec<&str> {
    let plain = object.root().get("stringData").filter(|_| object.kind == "Secret" && object.group().is_empty());
    plain.map(Node::entries).unwrap_or_default().iter().map(|e| &*e.key).collect()
}

/// A Secret with what `stringData` says in its `data`, as the API server stores it; anything else as it is.
pub(super) fn with_data(object: &KubeObject) -> KubeObject {
    let root = object.root();
    let (true, Some(plain)) = (object.kind == "Secret" && object.group().is_empty(), root.get("stringData")) else {
        return object.clone();
    };
    let packed = |entry: &Entry| {
        let data = match &entry.value.data {
            Data::Str(text) => Data::Str(base64::engine::general_purpose::STANDARD.encode(&**text).into()),
            other => other.clone(),
        };
        Entry { value: Node { data, offset: entry.value.offset }, ..entry.clone() }
    };
    let mut data: Vec<Entry> = root.get("data").map(Node::entries).unwrap_or_default().to_vec();
    for entry in plain.entries().iter().map(packed) {
        match data.iter_mut().find(|e| e.key == entry.key) {
            Some(slot) => *slot = entry,
            None => data.push(entry),
        }
    }
    let mut entries: Vec<Entry> =
        root.entries().iter().filter(|e| !matches!(&*e.key, "data" | "stringData")).cloned().collect();
    let value = Node { data: Data::Map(data), offset: plain.offset };
    entries.push(Entry { key: "data".into(), key_offset: plain.offset, value });
    let document = Document { root: Node { data: Data::Map(entries), offset: root.offset }, duplicates: Vec::new() };
    KubeObject { document: Arc::new(document), ..object.clone() }
}

/// Whether Helm leaves the object in place when its release no longer has it.
pub(super) fn is_kept(object: &KubeObject) -> bool {
    let policy = object.root().at(&["metadata", "annotations", "helm.sh/resource-policy"]);
    policy.and_then(Node::as_str) == Some("keep")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_found_again_by_their_number() {
        let json = json!({"a": {"b": [1, {"c": 2}], "d": {}}, "e": "x"});
        let object = object(&json);
        let mut todo = vec![(object.root(), Vec::new())];
        let mut seen = 0;
        while let Some((node, path)) = todo.pop() {
            assert_eq!(path_to(object.root(), node.offset), path);
            let below = |step| path.iter().cloned().chain([step]).collect::<Vec<Step>>();
            todo.extend(node.entries().iter().map(|e| (&e.value, below(Step::Key(e.key.to_string())))));
            todo.extend(node.items().iter().enumerate().map(|(n, i)| (i, below(Step::Item(n)))));
            seen += 1;
        }
        assert_eq!(seen, 8);
    }

    #[test]
    fn a_secret_is_compared_as_it_is_stored() {
        let text = "kind: Secret\nstringData: {a: x, b: why}\ndata: {a: bm8=, c: eg==}\n";
        let source = Arc::new(Text { name: String::new(), line: 1, text: text.to_owned() });
        let document = Document::parse(text.as_bytes()).expect("it is YAML");
        let stored = with_data(&KubeObject::new(source, document));
        assert_eq!(stored.root().to_json(), json!({"kind": "Secret", "data": {"a": "eA==", "c": "eg==", "b": "d2h5"}}));
    }
}
