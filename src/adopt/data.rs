//! YAML that other tools read, as values that templates can be given: looking into them, merging, writing.

use crate::span::Pos;
use crate::value::fmt::to_text;
use crate::value::{HelmVersion, Map, Slot, Value};
use crate::yaml;

/// Reads a document.
///
/// # Errors
/// With the reader's text.
pub(super) fn read(text: &str) -> Result<Value, String> {
    let plain = |m: &str| m.trim_start_matches("error converting YAML to JSON: ").to_owned();
    yaml::to_value(text.as_bytes(), Pos::NONE).map_err(|e| plain(&e.message))
}

/// Writes a value as YAML.
pub(super) fn write(value: &Value) -> String {
    let text = yaml::to_yaml(value).unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    if text.ends_with('\n') { text } else { text + "\n" }
}

/// What is below keys; nil where they lead nowhere.
pub(super) fn at(value: &Value, keys: &[&str]) -> Value {
    let found = keys.iter().try_fold(value.clone(), |v, key| v.as_map()?.get(key.as_bytes()));
    found.unwrap_or_default()
}

/// The text of a scalar below keys, as it would be printed; empty where there is none.
pub(super) fn text(value: &Value, keys: &[&str]) -> String {
    printed(&at(value, keys))
}

/// A scalar as it would be printed; nothing for lists, maps and nil.
pub(super) fn printed(value: &Value) -> String {
    match value {
        Value::Nil | Value::List(_) | Value::Map(_) => String::new(),
        scalar => to_text(scalar, HelmVersion::V4),
    }
}

/// The items of a list below keys.
pub(super) fn items(value: &Value, keys: &[&str]) -> Vec<Value> {
    match at(value, keys) {
        Value::List(list) => list.items.iter().map(|s| s.value.clone()).collect(),
        _ => Vec::new(),
    }
}

/// The entries of a map below keys.
pub(super) fn entries(value: &Value, keys: &[&str]) -> Vec<(String, Value)> {
    match at(value, keys) {
        Value::Map(map) => map.entries().iter().map(|(k, s)| (k.to_text().into_owned(), s.value.clone())).collect(),
        _ => Vec::new(),
    }
}

/// Whether there is something below keys.
pub(super) fn has(value: &Value, keys: &[&str]) -> bool {
    match at(value, keys) {
        Value::Nil => false,
        Value::List(list) => !list.items.is_empty(),
        Value::Map(map) => !map.is_empty(),
        _ => true,
    }
}

/// A map of these entries.
pub(super) fn map<'k>(entries: impl IntoIterator<Item = (&'k str, Value)>) -> Value {
    Value::Map(entries.into_iter().map(|(k, v)| (k.into(), Slot::from(v))).collect())
}

/// Two documents as one: maps are merged, everything else is replaced; neither of them is changed.
pub(super) fn merged(under: &Value, over: &Value) -> Value {
    match (under, over) {
        (Value::Map(under), Value::Map(over)) => {
            let all = under.shallow_copy();
            yaml::merge_values(&all, over);
            Value::Map(all)
        }
        (under, Value::Nil) => under.clone(),
        (_, over) => over.clone(),
    }
}

/// Every string in a value, keys too, changed by a function.
///
/// # Errors
/// The first that the function gives.
pub(super) fn mapped<E>(value: &Value, change: &mut impl FnMut(&str) -> Result<String, E>) -> Result<Value, E> {
    match value {
        Value::Str(s) => Ok(Value::string(change(&s.to_text())?)),
        Value::List(list) => {
            let items: Result<Vec<Slot>, E> =
                list.items.iter().map(|s| mapped(&s.value, change).map(Slot::from)).collect();
            Ok(Value::list(items?))
        }
        Value::Map(map) => {
            let out = Map::default();
            for (key, slot) in map.entries().iter() {
                out.insert(change(&key.to_text())?, mapped(&slot.value, change)?);
            }
            Ok(Value::Map(out))
        }
        other => Ok(other.clone()),
    }
}
