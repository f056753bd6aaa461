//! What differs inside of an object: a walk over both of its sides at once, with the schema of its kind for what lists
//! are matched by and what is an amount.

use std::fmt;

use super::definitions::{self, Schema};
use super::drift::FieldDrift;
use super::lists;
use super::secrets::{Data, Text, Value};
use super::{Place, Source};
use crate::finding::KubeObject;
use crate::grammar::duration;
use crate::kube::quantity::Quantity;
use crate::kube::schema::Shape;
use crate::yaml::node::{self, Node};

/// One field that differs.
#[derive(Clone, Debug)]
pub struct FieldChange {
    /// Where it is.
    pub path: FieldPath,
    /// What becomes of it.
    pub kind: FieldKind,
    /// What it was; nothing where it was added. Can be a whole map or list.
    pub old: Option<Value>,
    /// What it will be; nothing where it is removed.
    pub new: Option<Value>,
    /// Where the old one comes from, where that is known.
    pub old_source: Option<Source>,
    /// Where the new one comes from; of a removed field, where what held it does.
    pub new_source: Option<Source>,
    /// Why it does not count, where a rule says so.
    pub ignored: Option<Text>,
    /// Who wrote it in the cluster, and what becomes of that, of a field that drifted.
    pub drift: Option<Box<FieldDrift>>,
}

/// What becomes of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FieldKind {
    /// Only the new side has it.
    Added,
    /// Only the old side has it.
    Removed,
    /// It says something else.
    Changed,
    /// An item of a list says the same at another place among its neighbours.
    Moved {
        /// Its number on the old side.
        from: usize,
        /// Its number on the new side.
        to: usize,
    },
    /// It is written otherwise and means the same: `1000m` and `1`, `60s` and `1m`. Does not count.
    SameMeaning,
}

impl FieldChange {
    /// A change of which nothing more is known.
    pub(super) fn new(path: FieldPath, kind: FieldKind, old: Option<Value>, new: Option<Value>) -> FieldChange {
        FieldChange { path, kind, old, new, old_source: None, new_source: None, ignored: None, drift: None }
    }

    /// Whether it counts: no rule ignores it, and it means something else.
    pub fn counts(&self) -> bool {
        self.ignored.is_none() && self.kind != FieldKind::SameMeaning
    }

    /// The first line to open: the new side's line of values, or its template, or the old side's.
    pub fn place(&self) -> Option<&Place> {
        [self.new_source.as_ref(), self.old_source.as_ref()]
            .into_iter()
            .flatten()
            .find_map(|s| s.values.as_ref().map(|(_, place)| place).or(s.template.as_ref()))
    }
}

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum FieldStep {
    /// Into a map.
    Key(Text),
    /// Into a list.
    Item {
        /// The item's number on the new side, or on the old one where it is removed.
        index: usize,
        /// What it is matched by: `web`, `8080/UDP`; nothing for items that are known by their number only.
        name: Option<Text>,
    },
}

/// Where a field is: `spec.template.spec.containers[web].image`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct FieldPath(pub Vec<FieldStep>);

impl FieldPath {
    /// The keys, with nothing for items: what rules over fields are written for.
    pub fn keys(&self) -> impl Iterator<Item = Option<&str>> {
        self.0.iter().map(|s| match s {
            FieldStep::Key(k) => Some(k.as_str()),
            FieldStep::Item { .. } => None,
        })
    }

    /// Whether the path is one of these keys or below them, items aside: `spec.containers.image`.
    pub fn is_below(&self, keys: &[&str]) -> bool {
        let mut own = self.keys().flatten();
        keys.iter().all(|k| own.next() == Some(k))
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, step) in self.0.iter().enumerate() {
            match step {
                FieldStep::Item { name: Some(name), .. } => write!(f, "[{name}]")?,
                FieldStep::Item { index, name: None } => write!(f, "[{index}]")?,
                FieldStep::Key(k) if k.contains(['.', '[', ']']) => write!(f, "[{k}]")?,
                FieldStep::Key(k) if n == 0 => write!(f, "{k}")?,
                FieldStep::Key(k) => write!(f, ".{k}")?,
            }
        }
        Ok(())
    }
}

impl serde::Serialize for FieldPath {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The path that is written so; what a list's item is matched by stays what it is, keys with dots become such names.
impl From<&str> for FieldPath {
    fn from(text: &str) -> FieldPath {
        let mut steps = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let is_end = |(at, _): &(usize, &str)| rest[at + 1..].is_empty() || rest[at + 1..].starts_with(['.', '[']);
            let item = rest.strip_prefix('[').and_then(|_| rest.match_indices(']').find(is_end));
            let end;
            if let Some((at, _)) = item {
                let name = &rest[1..at];
                steps.push(match name.parse() {
                    Ok(index) => FieldStep::Item { index, name: None },
                    Err(_) => FieldStep::Item { index: 0, name: Some(Text::reported(name.into())) },
                });
                end = at + 1;
            } else {
                let key = if steps.is_empty() { rest } else { rest.strip_prefix('.').unwrap_or(rest) };
                let length = key.find(['.', '[']).filter(|at| *at > 0).unwrap_or(key.len());
                steps.push(FieldStep::Key(Text::reported(key[..length].into())));
                end = rest.len() - key.len() + length;
            }
            rest = &rest[end..];
        }
        FieldPath(steps)
    }
}

impl<'de> serde::Deserialize<'de> for FieldPath {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<FieldPath, D::Error> {
        Ok(FieldPath::from(&*String::deserialize(deserializer)?))
    }
}

/// Whether two nodes say the same: the order of keys, and keys with null, say nothing.
pub(super) fn says_the_same(a: &Node, b: &Node) -> bool {
    use node::Data as D;
    if crate::stack::is_low() {
        return false;
    }
    match (&a.data, &b.data) {
        (D::Map(x), D::Map(y)) => {
            let given = |m: &[node::Entry]| m.iter().filter(|e| !e.value.is_null()).count();
            given(x) == given(y)
                && x.iter().filter(|e| !e.value.is_null()).enumerate().all(|(i, e)| {
                    let same_place = y.get(i).filter(|o| o.key == e.key).map(|o| &o.value);
                    same_place.or_else(|| b.get(&e.key)).is_some_and(|o| says_the_same(&e.value, o))
                })
        }
        (D::List(x), D::List(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| says_the_same(x, y)),
        (D::Int(i), D::Float(f)) | (D::Float(f), D::Int(i)) => *f == *i as f64,
        (x, y) => x == y,
    }
}

/// What differs between two sides of an object.
pub(super) fn changes(object: &KubeObject, schema: Option<&Schema>, old: &Value, new: &Value) -> Vec<FieldChange> {
    let by_key = super::values::is_values(object);
    let mut compare = Compare { by_key, path: FieldPath::default(), found: Vec::new() };
    compare.values(old, new, definitions::shape(&object.api_version, &object.kind, schema));
    compare.found
}

struct Compare {
    /// Whether nulls count, and every key of a map that comes or goes is a change of its own.
    by_key: bool,
    path: FieldPath,
    found: Vec<FieldChange>,
}

impl Compare {
    fn values(&mut self, old: &Value, new: &Value, shape: Option<Shape<'_>>) {
        match (&old.data, &new.data) {
            _ if crate::stack::is_low() => self.changed(old, new),
            (Data::Map(_), Data::Map(_)) => self.maps(old, new, shape),
            (Data::List(a), Data::List(b)) => self.lists(a, b, shape),
            _ if same_scalar(old, new) => {}
            _ if same_meaning(old, new, shape, &self.path) => {
                self.push(FieldKind::SameMeaning, Some(old), Some(new));
            }
            _ => self.changed(old, new),
        }
    }

    fn changed(&mut self, old: &Value, new: &Value) {
        self.push(FieldKind::Changed, Some(old), Some(new));
    }

    fn push(&mut self, kind: FieldKind, old: Option<&Value>, new: Option<&Value>) {
        self.found.push(FieldChange::new(self.path.clone(), kind, old.cloned(), new.cloned()));
    }

    /// A key that was null says nothing, as does one that isn't there.
    fn maps(&mut self, old: &Value, new: &Value, shape: Option<Shape<'_>>) {
        let lookup = lists::Keys::of(old);
        for entry in new.entries() {
            self.path.0.push(FieldStep::Key(entry.key.clone()));
            let shape = shape.and_then(|s| s.field(&entry.key));
            let (before, after) = (self.given(lookup.get(&entry.key)), self.given(Some(&entry.value)));
            match (before, after) {
                (Some(before), Some(after)) => self.values(before, after, shape),
                (before, after) => self.one_side(before, after),
            }
            self.path.0.pop();
        }
        let there = lists::Keys::of(new);
        for entry in old.entries().iter().filter(|e| there.get(&e.key).is_none()) {
            self.path.0.push(FieldStep::Key(entry.key.clone()));
            self.one_side(self.given(Some(&entry.value)), None);
            self.path.0.pop();
        }
    }

    /// A value that says something.
    fn given<'v>(&self, value: Option<&'v Value>) -> Option<&'v Value> {
        value.filter(|v| self.by_key || v.data != Data::Null)
    }

    /// A key that one side has, or none.
    fn one_side(&mut self, old: Option<&Value>, new: Option<&Value>) {
        let (Some(value), is_new) = (old.or(new), new.is_some()) else { return };
        if self.by_key && !value.entries().is_empty() && !crate::stack::is_low() {
            for entry in value.entries() {
                self.path.0.push(FieldStep::Key(entry.key.clone()));
                let inner = Some(&entry.value);
                self.one_side(inner.filter(|_| !is_new), inner.filter(|_| is_new));
                self.path.0.pop();
            }
            return;
        }
        self.push(if is_new { FieldKind::Added } else { FieldKind::Removed }, old, new);
    }

    fn lists(&mut self, old: &[Value], new: &[Value], shape: Option<Shape<'_>>) {
        for pair in lists::pairs(old, new, shape) {
            let index = pair.new.or(pair.old).unwrap_or(0);
            self.path.0.push(FieldStep::Item { index, name: pair.name });
            match (pair.old.map(|i| (i, &old[i])), pair.new.map(|i| (i, &new[i]))) {
                (Some((from, a)), Some((to, b))) => {
                    if pair.moved {
                        self.push(FieldKind::Moved { from, to }, Some(a), Some(b));
                    }
                    self.values(a, b, shape.and_then(Shape::item));
                }
                (a, b) => {
                    let kind = if a.is_some() { FieldKind::Removed } else { FieldKind::Added };
                    self.push(kind, a.map(|a| a.1), b.map(|b| b.1));
                }
            }
            self.path.0.pop();
        }
    }
}

/// Whether two values are the same; numbers by what they are.
pub(super) fn same_scalar(a: &Value, b: &Value) -> bool {
    match (&a.data, &b.data) {
        (Data::Int(i), Data::Float(f)) | (Data::Float(f), Data::Int(i)) => *f == *i as f64,
        (x, y) => x == y,
    }
}

/// Whether two scalars are the same amount or the same time.
pub(super) fn same_meaning(a: &Value, b: &Value, shape: Option<Shape<'_>>, path: &FieldPath) -> bool {
    let (a, b) = (a.inline(), b.inline());
    let unknown = shape.is_none() && path.keys().flatten().any(|k| matches!(k, "limits" | "requests"));
    if shape.is_some_and(Shape::is_quantity) || unknown {
        return matches!((Quantity::parse(&a), Quantity::parse(&b)), (Some(a), Some(b)) if a == b);
    }
    if shape.is_some_and(Shape::is_duration) {
        return matches!((duration::parse(a.as_bytes()), duration::parse(b.as_bytes())), (Ok(a), Ok(b)) if a == b);
    }
    false
}
