//! Documents as plain data with positions, for whoever judges or compares rendered objects: unlike
//! [`crate::value::Value`] it can cross threads, keeps integers apart from floats, the order of keys, and the keys that
//! were given twice. Start reading at [`Document::parse`].

use std::collections::HashMap;

use super::decode::{Decoder, Key, Scalar};
use super::tree::{NodeKind, Tree};
use super::{YamlError, utf8};
use crate::span::Pos;
use crate::stack;

/// A value and where it begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The value.
    pub data: Data,
    /// Byte offset in the document's text.
    pub offset: u32,
}

/// A value as JSON has them.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// `null`, or nothing at all.
    Null,
    /// `true`, `yes`, …
    Bool(bool),
    /// An integer.
    Int(i64),
    /// An integer above `i64::MAX`.
    Uint(u64),
    /// A number with a fraction or an exponent; never infinite.
    Float(f64),
    /// A text; what is not UTF-8 is replaced.
    Str(Box<str>),
    /// A list.
    List(Vec<Node>),
    /// A map, in the document's order; of keys given twice the last one stands at the place of the first.
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: Box<str>,
    /// Byte offset of the key in the document's text.
    pub key_offset: u32,
    /// The value.
    pub value: Node,
}

/// A key that was given twice in one map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// As Kubernetes writes paths: `spec.containers[0].image`.
    pub path: String,
    /// Byte offset of the second one.
    pub offset: u32,
}

/// One document.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Its value.
    pub root: Node,
    /// Keys given twice, as go-yaml's strict mode finds them.
    pub duplicates: Vec<Duplicate>,
}

impl Document {
    /// Reads the first document of `text`, with the verdicts and types of sigs.k8s.io/yaml v1.6.0.
    ///
    /// # Errors
    /// With Go's text.
    pub fn parse(text: &[u8]) -> Result<Document, YamlError> {
        let text = utf8(text)?;
        let tree = Tree::parse(&text)?;
        let mut reader = Reader {
            decoder: Decoder::new(&tree, Pos::NONE, false),
            tree: &tree,
            path: Vec::new(),
            duplicates: Vec::new(),
        };
        let root = match tree.nodes.is_empty() {
            true => Node { data: Data::Null, offset: 0 },
            false => reader.node(0)?,
        };
        Ok(Document { root, duplicates: reader.duplicates })
    }
}

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Into a map.
    Key(Box<str>),
    /// Into a list.
    Index(usize),
}

/// A path as Kubernetes writes it: `spec.containers[0].image`, `metadata.annotations[example.com/x]`.
pub fn path_text<'a>(steps: impl IntoIterator<Item = &'a Step>) -> String {
    let mut text = String::new();
    for step in steps {
        match step {
            Step::Index(i) => text.push_str(&format!("[{i}]")),
            Step::Key(k) if k.contains(['.', '[', ']']) => text.push_str(&format!("[{k}]")),
            Step::Key(k) if text.is_empty() => text.push_str(k),
            Step::Key(k) => {
                text.push('.');
                text.push_str(k);
            }
        }
    }
    text
}

/// The steps of a path as [`path_text`] and the API server write them; `spec.containers[web]` stays a key.
pub fn path_steps(path: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let (key, behind) = inner.split_once(']').unwrap_or((inner, ""));
            steps.push(match key.parse() {
                Ok(i) => Step::Index(i),
                Err(_) => Step::Key(key.trim_matches('"').into()),
            });
            rest = behind;
        } else {
            rest = rest.strip_prefix('.').unwrap_or(rest);
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            if end > 0 {
                steps.push(Step::Key(rest[..end].into()));
            }
            rest = &rest[end..];
            if end == 0 && !rest.starts_with('[') {
                rest = rest.get(1..).unwrap_or_default();
            }
        }
    }
    steps
}

impl Node {
    /// The value of a key, if this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|e| &e.value)
    }

    /// The entry of a key, if this is a map that has it.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|e| &*e.key == key)
    }

    /// The value below several keys.
    pub fn at(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The items of the list below several keys; none where there is no list.
    pub fn items_at(&self, keys: &[&str]) -> &[Node] {
        self.at(keys).map(Node::items).unwrap_or_default()
    }

    /// The text below several keys.
    pub fn str_at(&self, keys: &[&str]) -> Option<&str> {
        self.at(keys).and_then(Node::as_str)
    }

    /// Shows every node with the steps that lead to it, parents first.
    pub fn visit<'n>(&'n self, look: &mut dyn FnMut(&[Step], &'n Node)) {
        self.visit_below(&mut Vec::new(), look);
    }

    fn visit_below<'n>(&'n self, path: &mut Vec<Step>, look: &mut dyn FnMut(&[Step], &'n Node)) {
        if stack::is_low() {
            return;
        }
        look(path, self);
        for e in self.entries() {
            path.push(Step::Key(e.key.clone()));
            e.value.visit_below(path, look);
            path.pop();
        }
        for (i, item) in self.items().iter().enumerate() {
            path.push(Step::Index(i));
            item.visit_below(path, look);
            path.pop();
        }
    }

    /// The entries of a map; none of anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.data {
            Data::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; none of anything else.
    pub fn items(&self) -> &[Node] {
        match &self.data {
            Data::List(items) => items,
            _ => &[],
        }
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.data {
            Data::Str(s) => Some(s),
            _ => None,
        }
    }

    /// An integer, or a float without a fraction.
    pub fn as_i64(&self) -> Option<i64> {
        match self.data {
            Data::Int(i) => Some(i),
            Data::Float(f) if f.fract() == 0.0 && f.abs() < 9e18 => Some(f as i64),
            _ => None,
        }
    }

    /// A boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self.data {
            Data::Bool(b) => Some(b),
            _ => None,
        }
    }

    /// Whether this is null.
    pub fn is_null(&self) -> bool {
        self.data == Data::Null
    }

    /// Where a path leads, or as far along it as there is something: the byte offset of the entry's key or of the item,
    /// and how many steps were found.
    pub fn locate(&self, steps: &[Step]) -> (u32, usize) {
        let (mut node, mut offset) = (self, self.offset);
        for (n, step) in steps.iter().enumerate() {
            let next = match step {
                Step::Key(key) => node.entry(key).map(|e| (&e.value, e.key_offset)),
                Step::Index(i) => node.items().get(*i).map(|item| (item, item.offset)),
            };
            let Some(next) = next else { return (offset, n) };
            (node, offset) = next;
        }
        (offset, steps.len())
    }

    /// The same as JSON.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.data {
            Data::Null => Json::Null,
            Data::Bool(b) => Json::Bool(*b),
            Data::Int(i) => Json::from(*i),
            Data::Uint(u) => Json::from(*u),
            Data::Float(f) => Json::from(*f),
            Data::Str(s) => Json::from(&**s),
            Data::List(items) => items.iter().map(Node::to_json).collect(),
            Data::Map(entries) => entries.iter().map(|e| (e.key.to_string(), e.value.to_json())).collect(),
        }
    }
}

struct Reader<'t, 'a> {
    decoder: Decoder<'t, 'a>,
    tree: &'t Tree<'a>,
    path: Vec<Step>,
    duplicates: Vec<Duplicate>,
}

impl Reader<'_, '_> {
    fn node(&mut self, at: usize) -> Result<Node, YamlError> {
        self.decoder.count()?;
        let n = self.tree.nodes[at];
        if stack::is_low() {
            return Err(YamlError::yaml("exceeded max depth of 10000", Some(n.offset as usize)));
        }
        let data = match n.kind {
            NodeKind::Scalar => self.scalar(at)?,
            NodeKind::Sequence => {
                let children: Vec<usize> = self.tree.children(at).collect();
                let mut items = Vec::with_capacity(children.len());
                for (i, child) in children.into_iter().enumerate() {
                    items.push(self.below(Step::Index(i), child)?);
                }
                Data::List(items)
            }
            NodeKind::Mapping => {
                let mut entries = Vec::new();
                self.mapping(at, &mut entries, false)?;
                Data::Map(entries)
            }
            NodeKind::Alias => {
                let target = self.decoder.enter_alias(at)?;
                let node = self.node(target);
                self.decoder.leave_alias();
                node?.data
            }
        };
        Ok(Node { data, offset: n.offset })
    }

    fn below(&mut self, step: Step, at: usize) -> Result<Node, YamlError> {
        self.path.push(step);
        let node = self.node(at);
        self.path.pop();
        node
    }

    fn scalar(&self, at: usize) -> Result<Data, YamlError> {
        Ok(match self.decoder.scalar(at)? {
            Scalar::Null => Data::Null,
            Scalar::Bool(b) => Data::Bool(b),
            Scalar::Int(i) => Data::Int(i),
            Scalar::Uint(u) => Data::Uint(u),
            Scalar::Float(f) if f.is_finite() => Data::Float(f),
            // The decoder has Go's words for it.
            Scalar::Float(_) => return Err(self.decoder.infinite(at)),
            Scalar::Str(s) => Data::Str(s.to_text().into()),
        })
    }

    fn mapping(&mut self, at: usize, entries: &mut Vec<Entry>, merged: bool) -> Result<(), YamlError> {
        let children: Vec<usize> = self.tree.children(at).collect();
        // Where each key stands, and whether it is one of this mapping itself: a merged one may be overwritten.
        let mut places: HashMap<Box<str>, (usize, bool), foldhash::fast::RandomState> = HashMap::default();
        places.extend(entries.iter().enumerate().map(|(i, e)| (e.key.clone(), (i, false))));
        for pair in children.chunks_exact(2) {
            let (key, value) = (pair[0], pair[1]);
            let text: Box<str> = match self.decoder.key(key, value)? {
                Key::Merge => {
                    let before = entries.len();
                    self.merge(value, entries)?;
                    let new = entries.iter().enumerate().skip(before);
                    places.extend(new.map(|(i, e)| (e.key.clone(), (i, false))));
                    continue;
                }
                Key::Unfit(_) => return Err(self.decoder.unfit()),
                Key::Text(text) => text.to_text().into(),
            };
            let key_offset = self.tree.nodes[key].offset;
            let value = self.below(Step::Key(text.clone()), value)?;
            let entry = Entry { key: text.clone(), key_offset, value };
            match places.insert(text.clone(), (entries.len(), true)) {
                None => entries.push(entry),
                Some((place, own)) => {
                    if own && !merged {
                        self.duplicate(text.clone(), key_offset);
                    }
                    entries[place] = entry;
                    places.insert(text, (place, true));
                }
            }
        }
        Ok(())
    }

    fn duplicate(&mut self, key: Box<str>, offset: u32) {
        self.path.push(Step::Key(key));
        self.duplicates.push(Duplicate { path: path_text(&self.path), offset });
        self.path.pop();
    }

    fn merge(&mut self, at: usize, entries: &mut Vec<Entry>) -> Result<(), YamlError> {
        let sources: Vec<usize> = match self.tree.nodes[at].kind {
            NodeKind::Sequence => self.tree.children(at).collect(),
            _ => vec![at],
        };
        // Backwards, because earlier maps take precedence.
        for source in sources.into_iter().rev() {
            let target = self.decoder.merge_target(source)?;
            self.decoder.count()?;
            if target == source {
                self.mapping(target, entries, true)?;
                continue;
            }
            let target = self.decoder.enter_alias(source)?;
            let done = self.decoder.count().and_then(|()| self.mapping(target, entries, true));
            self.decoder.leave_alias();
            done?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_keep_order_types_positions_and_duplicates() {
        let text = b"b: 1\na: [x, 2.5]\nb: yes\nc: &c\n  k: 1\nd:\n  <<: *c\n  k: 2\n";
        let doc = Document::parse(text).expect("it is YAML");
        let keys: Vec<&str> = doc.root.entries().iter().map(|e| &*e.key).collect();
        assert_eq!(keys, ["b", "a", "c", "d"]);
        assert_eq!(doc.root.get("b").and_then(Node::as_bool), Some(true));
        assert_eq!(doc.duplicates, [Duplicate { path: "b".into(), offset: 17 }]);
        assert_eq!(doc.root.at(&["d", "k"]).and_then(Node::as_i64), Some(2));
        assert_eq!(doc.root.locate(&path_steps("a[1]")), (12, 2));
        assert_eq!(doc.root.locate(&path_steps("d.none.x")), (37, 1));
    }

    #[test]
    fn paths_are_read_as_they_are_written() {
        for path in ["spec.containers[0].image", "metadata.annotations[example.com/x]", "a"] {
            assert_eq!(path_text(&path_steps(path)), path);
        }
        assert_eq!(path_steps("..[").len(), 1);
    }
}
