//! Where the keys of a TOML text belong, and which may be defined again (BurntSushi/toml v1.6.0 `parse.go`).

use std::collections::BTreeMap;
use std::rc::Rc;

use super::super::key_text;
use super::{Bad, Read};
use crate::value::fmt::go_quote;
use crate::value::{List, ListKind, Map, Slot, Str, Value};

/// What a key was given.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// An array in brackets.
    Array,
    /// An array of tables made of headers.
    Tables,
    Other,
}

/// What is known of a key.
#[derive(Default)]
struct Known {
    array: bool,
    implicit: bool,
}

#[derive(Default)]
pub(super) struct Tables {
    pub root: Map,
    /// The table that keys belong to: its name in parts, each a string.
    pub context: Vec<Slot>,
    /// The key whose value is being read.
    pub key: Option<Str>,
    /// The line of the last key.
    pub line: i64,
    known: BTreeMap<Vec<u8>, Known>,
}

fn names(key: &[Slot]) -> Vec<Str> {
    key.iter().filter_map(|s| s.value.as_str().cloned()).collect()
}

fn shown(key: &[Slot]) -> String {
    String::from_utf8_lossy(&key_text(&names(key))).into_owned()
}

/// The table that a value is or, for an array of tables, ends with.
fn table_of(value: &Value) -> Option<Map> {
    match value {
        Value::Map(m) => Some(m.clone()),
        Value::List(l) if l.kind == ListKind::Maps => l.items.last().and_then(|s| s.value.as_map().cloned()),
        _ => None,
    }
}

impl Tables {
    /// The full name of what is being read, for errors.
    pub fn current(&self) -> Vec<u8> {
        let context = key_text(&names(&self.context));
        match &self.key {
            None => context,
            Some(k) if k.is_empty() => context,
            Some(k) if self.context.is_empty() => k.to_vec(),
            Some(k) => [&context[..], b".", k].concat(),
        }
    }

    pub fn context_quoted(&self) -> String {
        go_quote(key_text(&names(&self.context)))
    }

    pub fn fail<T>(&self, message: String) -> Read<T> {
        Err(Bad { line: self.line, message })
    }

    fn known(&mut self, key: &[Slot]) -> &mut Known {
        self.known.entry(key_text(&names(key))).or_default()
    }

    /// Marks a table as one that was never written itself.
    pub fn imply(&mut self, key: &[Slot]) {
        self.known(key).implicit = true;
    }

    /// Remembers what a key of the current table was given, or the table itself.
    pub fn note(&mut self, key: Option<Str>, kind: Kind) {
        let mut full = self.context.clone();
        full.extend(key.filter(|k| !k.is_empty()).map(|k| Slot::from(Value::Str(k))));
        if full.is_empty() {
            full.push(Value::string("").into());
        }
        self.known(&full).array = kind == Kind::Array;
    }

    /// Makes a table the current one, and it and its parents where they are missing.
    pub fn enter(&mut self, key: &[Slot], array: bool) -> Read<()> {
        let Some((last, parents)) = key.split_last() else {
            return Ok(());
        };
        let mut hash = self.root.clone();
        for (i, part) in parents.iter().enumerate() {
            let Some(name) = part.value.as_str() else {
                continue;
            };
            if !hash.contains(name) {
                self.imply(&parents[..=i]);
                hash.insert(name.clone(), Slot { value: Value::Map(Map::default()), pos: part.pos });
            }
            hash = match hash.get(name).as_ref().and_then(table_of) {
                Some(table) => table,
                None => {
                    return self.fail(format!("Key '{}' was already created as a hash.", shown(&parents[..=i])));
                }
            };
        }
        self.context = parents.to_vec();
        if array {
            self.append_table(&hash, key, last)?;
        } else {
            self.set(last, Value::Map(Map::default()))?;
        }
        self.context.push(last.clone());
        Ok(())
    }

    fn append_table(&self, hash: &Map, key: &[Slot], last: &Slot) -> Read<()> {
        let Some(name) = last.value.as_str() else {
            return Ok(());
        };
        let item = Slot { value: Value::Map(Map::default()), pos: last.pos };
        let mut entries = hash.entries_mut();
        if !entries.contains_key(name) {
            let tables = Slot { value: Value::list_of(ListKind::Maps, Vec::new()), pos: last.pos };
            entries.insert(name.clone(), tables);
        }
        let Some(slot) = entries.get_mut(name) else { return Ok(()) };
        match &mut slot.value {
            Value::List(list) if list.kind == ListKind::Maps => Rc::<List>::make_mut(list).items.push(item),
            _ => {
                let message = format!("Key '{}' was already created and cannot be used as an array.", shown(key));
                return self.fail(message);
            }
        }
        Ok(())
    }

    fn current_table(&self) -> Read<Map> {
        let mut hash = self.root.clone();
        for (i, part) in self.context.iter().enumerate() {
            let value = part.value.as_str().and_then(|name| hash.get(name));
            hash = match value.as_ref().and_then(table_of) {
                Some(table) => table,
                None => {
                    return self.fail(format!("Key '{}' has already been defined.", shown(&self.context[..=i])));
                }
            };
        }
        Ok(hash)
    }

    /// What the key being read was given.
    pub fn get_current(&self) -> Option<Value> {
        self.current_table().ok()?.get(self.key.as_ref()?)
    }

    /// Gives a key of the current table its value.
    pub fn set(&mut self, key: &Slot, value: Value) -> Read<()> {
        let hash = self.current_table()?;
        let Some(name) = key.value.as_str() else {
            return Ok(());
        };
        if !hash.contains(name) {
            hash.insert(name.clone(), Slot { value, pos: key.pos });
            return Ok(());
        }
        let mut full = self.context.clone();
        full.push(key.clone());
        let known = self.known(&full);
        let array = known.array;
        if !std::mem::take(&mut known.implicit) {
            return self.fail(format!("Key '{}' has already been defined.", shown(&full)));
        }
        if array {
            hash.insert(name.clone(), Slot { value, pos: key.pos });
        }
        Ok(())
    }
}
