//! Fills in what the API server fills in before it validates a custom resource: defaults for what is absent or null,
//! and null dropped where it is not allowed (apiextensions-apiserver v0.37 `pkg/apiserver/schema/defaulting`).
//! Start reading at [`filled`].

use std::borrow::Cow;

use super::schema::CrdSchema;
use crate::stack;
use crate::yaml::node::{Data, Entry, Node};

/// A value with the defaults of its schema. What is put in stands where its parent stands.
pub(super) fn filled<'n>(node: &'n Node, schema: &CrdSchema) -> Cow<'n, Node> {
    if changes(node, schema) { Cow::Owned(fill(node, schema)) } else { Cow::Borrowed(node) }
}

/// Whether there is anything to fill in or to drop.
fn changes(node: &Node, schema: &CrdSchema) -> bool {
    if stack::is_low() {
        return false;
    }
    match &node.data {
        Data::Map(entries) => {
            let absent = schema.properties.iter().any(|p| p.1.default.is_some() && node.get(&p.0).is_none());
            let below =
                |e: &Entry| schema.field(&e.key).is_some_and(|s| is_refused_null(&e.value, s) || changes(&e.value, s));
            absent || entries.iter().any(below)
        }
        Data::List(items) => {
            let below =
                |inner: &CrdSchema, i: &Node| is_refused_null(i, inner) && inner.default.is_some() || changes(i, inner);
            schema.items.as_deref().is_some_and(|inner| items.iter().any(|i| below(inner, i)))
        }
        _ => false,
    }
}

fn is_refused_null(node: &Node, schema: &CrdSchema) -> bool {
    node.is_null() && !schema.nullable
}

fn fill(node: &Node, schema: &CrdSchema) -> Node {
    let data = match &node.data {
        _ if stack::is_low() => node.data.clone(),
        Data::Map(entries) => Data::Map(map(node, entries, schema)),
        Data::List(items) => Data::List(match schema.items.as_deref() {
            Some(inner) => items.iter().map(|item| defaulted(item, inner).unwrap_or_else(|| item.clone())).collect(),
            None => items.clone(),
        }),
        scalar => scalar.clone(),
    };
    Node { data, offset: node.offset }
}

fn map(node: &Node, entries: &[Entry], schema: &CrdSchema) -> Vec<Entry> {
    let given = entries.iter().filter_map(|entry| {
        let value = match schema.field(&entry.key) {
            Some(inner) => defaulted(&entry.value, inner)?,
            None => entry.value.clone(),
        };
        Some(Entry { key: entry.key.clone(), key_offset: entry.key_offset, value })
    });
    let absent = schema.properties.iter().filter(|p| node.get(&p.0).is_none()).filter_map(|(name, inner)| {
        let value = fill(&placed(inner.default.as_ref()?, node.offset), inner);
        Some(Entry { key: name.clone(), key_offset: node.offset, value })
    });
    given.chain(absent).collect()
}

/// A value with defaults, its default if it is a null that isn't allowed, nothing if there is none.
fn defaulted(node: &Node, schema: &CrdSchema) -> Option<Node> {
    match is_refused_null(node, schema) {
        true => Some(fill(&placed(schema.default.as_ref()?, node.offset), schema)),
        false => Some(fill(node, schema)),
    }
}

/// A default as if it stood at an offset of the document.
fn placed(default: &Node, offset: u32) -> Node {
    let data = match &default.data {
        Data::List(items) => Data::List(items.iter().map(|i| placed(i, offset)).collect()),
        Data::Map(entries) => {
            let place = |e: &Entry| Entry { key: e.key.clone(), key_offset: offset, value: placed(&e.value, offset) };
            Data::Map(entries.iter().map(place).collect())
        }
        other => other.clone(),
    };
    Node { data, offset }
}
