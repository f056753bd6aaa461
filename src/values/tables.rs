//! Merging two tables of values (helm v4.3.1 `pkg/chart/common/util/coalesce.go`). Winning values keep the position
//! they were written at.

use crate::stack;
use crate::value::fmt::to_text;
use crate::value::{HelmVersion, Map, MapKind, Slot, Str, Value};

/// Warnings of merging, in Helm's words, in the order they come up.
pub type Warnings = Vec<String>;

/// The map that merging sees: `map[string]interface {}` only.
pub fn table(value: &Value) -> Option<&Map> {
    value.as_map().filter(|m| m.kind() == MapKind::Any)
}

/// `a.b`, or `b` alone.
pub fn prefixed(prefix: &str, key: &str) -> String {
    if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") }
}

/// coalesceTablesFullKey: fills `dst` from `src`, which is the weaker. With `merge` nulls in `dst` stay, without it they
/// delete the key. `src` is changed too.
pub fn coalesce_tables(dst: &Map, src: &Map, prefix: &str, merge: bool, warnings: &mut Warnings) {
    if stack::is_low() {
        return;
    }
    let originals: Vec<(Str, Slot)> = src.entries().iter().map(|(k, s)| (k.clone(), s.clone())).collect();
    let nils: Vec<(Str, Slot)> =
        dst.entries().iter().filter(|(_, s)| s.value.is_nil()).map(|(k, s)| (k.clone(), s.clone())).collect();
    for (key, slot) in &nils {
        src.insert(key.clone(), slot.clone());
    }
    let had_value = |key: &Str| originals.iter().any(|(k, s)| k == key && !s.value.is_nil());
    let entries: Vec<(Str, Slot)> = if nils.is_empty() {
        originals.clone()
    } else {
        src.entries().iter().map(|(k, s)| (k.clone(), s.clone())).collect()
    };
    for (key, slot) in entries {
        let existing = dst.get(&key);
        match existing {
            Some(Value::Nil) if !merge && had_value(&key) => {
                dst.remove(&key);
            }
            None => dst.insert(key, slot),
            Some(old) => match (table(&old), table(&slot.value)) {
                (Some(old), Some(new)) => {
                    let name = prefixed(prefix, &key.to_text());
                    coalesce_tables(old, new, &name, merge, warnings);
                }
                (None, Some(_)) => warnings.push(format!(
                    "warning: cannot overwrite table with non table for {} ({})",
                    prefixed(prefix, &key.to_text()),
                    to_text(&slot.value, HelmVersion::V4)
                )),
                (Some(_), None) if !slot.value.is_nil() => warnings.push(format!(
                    "warning: destination for {} is a table. Ignoring non-table value ({})",
                    prefixed(prefix, &key.to_text()),
                    to_text(&slot.value, HelmVersion::V4)
                )),
                _ => {}
            },
        }
    }
}

/// cleanNilValues of Helm 4: removes nulls at any depth, lists untouched.
pub fn clean_nils(map: &Map) {
    if stack::is_low() {
        return;
    }
    map.entries_mut().retain(|_, s| !s.value.is_nil());
    for slot in map.entries().values() {
        if let Some(inner) = table(&slot.value) {
            clean_nils(inner);
        }
    }
}

/// The table at a dotted path.
pub fn find_table(values: &Map, path: &str) -> Result<Map, String> {
    let mut at = values.clone();
    for key in path.split('.') {
        at = match at.get(key.as_bytes()).as_ref().and_then(table) {
            Some(m) => m.clone(),
            None => return Err(format!("{key:?} is not a table")),
        };
    }
    Ok(at)
}

/// The value at a dotted path; a path that ends in a table, or nowhere, has none.
pub fn find_value(values: &Map, path: &str) -> Option<Value> {
    let (parent, key) = match path.rsplit_once('.') {
        Some((parent, key)) => (find_table(values, parent).ok()?, key),
        None => (values.clone(), path),
    };
    parent.get(key.as_bytes()).filter(|v| table(v).is_none())
}
