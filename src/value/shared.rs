//! Whether templates touch what they share: maps that were there before the first of them was executed are seen by all,
//! so that a change of one decides what the later ones print. A render that works ahead on other threads asks here.
//! Also values on their way to another thread, as [`Sendable`].

use std::cell::Cell;

use super::{List, ListKind, Map, MapKind, Room, Slot, Str, Value};
use crate::span::Pos;

thread_local! {
    static EXECUTING: Cell<bool> = const { Cell::new(false) };
    static CHANGED: Cell<bool> = const { Cell::new(false) };
}

/// Says whether maps of this thread are from now on made by templates.
pub fn set_executing(executing: bool) {
    EXECUTING.set(executing);
}

pub(super) fn is_executing() -> bool {
    EXECUTING.get()
}

pub(super) fn note_change() {
    CHANGED.set(true);
}

/// Whether a map was changed on this thread since the last call that no template made.
pub fn take_changed() -> bool {
    CHANGED.replace(false)
}

/// A value that can go to another thread; maps and lists are copied, positions kept.
pub struct Sendable(Kind);

enum Kind {
    Plain(Plain),
    Str(Str),
    List { kind: ListKind, nil: bool, room: usize, items: Vec<(Sendable, Pos)> },
    Map { kind: MapKind, nil: bool, entries: Vec<(Str, Sendable, Pos)> },
}

/// Values without parts.
enum Plain {
    Nil,
    Bool(bool),
    Int(i64, super::IntKind),
    Float(f64),
}

impl Sendable {
    /// A copy of a value; nothing where it holds what values files and flags cannot: objects, bytes.
    pub fn new(value: &Value) -> Option<Sendable> {
        Some(Sendable(match value {
            Value::Nil => Kind::Plain(Plain::Nil),
            Value::Bool(b) => Kind::Plain(Plain::Bool(*b)),
            Value::Int(i, kind) => Kind::Plain(Plain::Int(*i, *kind)),
            Value::Float(f) => Kind::Plain(Plain::Float(*f)),
            Value::Str(s) => Kind::Str(s.clone()),
            Value::List(l) => {
                let items: Option<_> = l.items.iter().map(|s| Some((Sendable::new(&s.value)?, s.pos))).collect();
                Kind::List { kind: l.kind, nil: l.nil, room: l.capacity(), items: items? }
            }
            Value::Map(m) => {
                let entries = m.entries();
                let entries: Option<_> =
                    entries.iter().map(|(k, s)| Some((k.clone(), Sendable::new(&s.value)?, s.pos))).collect();
                Kind::Map { kind: m.kind(), nil: m.is_nil(), entries: entries? }
            }
            Value::Complex(..) | Value::Bytes(_) | Value::Object(_) => return None,
        }))
    }

    /// The value again.
    pub fn into_value(self) -> Value {
        match self.0 {
            Kind::Plain(Plain::Nil) => Value::Nil,
            Kind::Plain(Plain::Bool(b)) => Value::Bool(b),
            Kind::Plain(Plain::Int(i, kind)) => Value::Int(i, kind),
            Kind::Plain(Plain::Float(f)) => Value::Float(f),
            Kind::Str(s) => Value::Str(s),
            Kind::List { kind, nil, room, items } => {
                let items = items.into_iter().map(|(v, pos)| Slot { value: v.into_value(), pos }).collect();
                Value::List(std::rc::Rc::new(List { kind, nil, items, room: Room::Capacity(room) }))
            }
            Kind::Map { kind, nil, entries } => {
                let entries = entries.into_iter().map(|(k, v, pos)| (k, Slot { value: v.into_value(), pos }));
                Value::Map(if nil { Map::nil(kind) } else { Map::from_entries(kind, entries.collect()) })
            }
        }
    }
}
