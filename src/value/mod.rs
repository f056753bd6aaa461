//! The one dynamic value that templates compute with: Go's values, as far as a chart can tell them apart.
//!
//! Maps are references (`set` on `.Values` is seen by everyone who holds the map), lists and strings are immutable.
//! Each map entry and list item sits in a [`Slot`] that also knows the position it was written at, so that a value
//! keeps its origin from the YAML parser through merging to the template. How values print is in [`fmt`], deep
//! equality and truth in [`compare`], structs in [`Object`]; JSON, YAML and TOML are elsewhere. Start reading at [`Value`].

pub mod bounds;
pub mod burial;
pub mod compare;
mod entries;
pub mod fmt;
pub mod kept;
mod map;
mod object;
mod room;
pub mod shared;
mod text;

use std::rc::Rc;

pub use entries::Entries;
pub use map::{Map, MapKind};
pub use object::{Encoded, Field, NilPointer, Object};
pub use room::Room;
pub use text::{Str, decode_rune, is_space, valid_text};

use crate::blob::Blob;
use crate::span::Pos;

/// Which of Go's integer types an integer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IntKind {
    /// `int`: literals, `len`, `int`, `atoi`, range indexes.
    Int,
    /// `int64`: `--set` numbers, `add`, `mul`...
    Int64,
    /// `int32` (also `rune`).
    Int32,
    /// `uint8` (also `byte`): what indexing a string gives.
    Uint8,
    /// `uint32`.
    Uint32,
    /// `uint64`, kept as the same 64 bits: `semver`'s Major, Minor and Patch.
    Uint64,
}

impl IntKind {
    /// Go's name of the type.
    pub fn type_name(self) -> &'static str {
        match self {
            IntKind::Int => "int",
            IntKind::Int64 => "int64",
            IntKind::Int32 => "int32",
            IntKind::Uint8 => "uint8",
            IntKind::Uint32 => "uint32",
            IntKind::Uint64 => "uint64",
        }
    }

    /// Whether the type is one of Go's unsigned integers.
    pub fn is_unsigned(self) -> bool {
        matches!(self, IntKind::Uint8 | IntKind::Uint32 | IntKind::Uint64)
    }
}

/// A Go value as templates see it.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// nil without a type. Typed nil lists are [`List`]s with `nil` set.
    #[default]
    Nil,
    /// `bool`
    Bool(bool),
    /// Any integer type; `Uint64` holds its 64 bits.
    Int(i64, IntKind),
    /// `float64`
    Float(f64),
    /// `complex128`, reachable through imaginary literals only.
    Complex(f64, f64),
    /// `string`
    Str(Str),
    /// `[]byte`
    Bytes(Blob),
    /// Any slice type but `[]byte`.
    List(Rc<List>),
    /// Any map type, by reference.
    Map(Map),
    /// Structs, pointers to structs and named types with methods.
    Object(Rc<dyn Object>),
}

/// A value with the position that it was written at ([`Pos::NONE`] when a template computed it).
#[derive(Clone, Debug, Default)]
pub struct Slot {
    /// The value.
    pub value: Value,
    /// For a map entry where its key stands, for a list item where the item stands.
    pub pos: Pos,
}

impl From<Value> for Slot {
    fn from(value: Value) -> Slot {
        Slot { value, pos: Pos::NONE }
    }
}

/// Which of Go's slice types a list has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ListKind {
    /// `[]interface {}`
    Any,
    /// `[]string`
    Strings,
    /// `[]int`
    Ints,
    /// `[][]interface {}`: what `chunk` returns.
    Lists,
    /// `[]map[string]interface {}`
    Maps,
    /// `[]*chart.Maintainer`
    Maintainers,
    /// `[]*chart.Dependency`
    Dependencies,
}

/// A slice. Templates can't change one in place.
#[derive(Clone, Debug)]
pub struct List {
    /// The slice type.
    pub kind: ListKind,
    /// A nil slice: prints as empty, but is null in JSON.
    pub nil: bool,
    /// The items.
    pub items: Vec<Slot>,
    /// What is behind them.
    pub room: Room,
}

impl Value {
    /// A `string`.
    pub fn string(s: impl Into<Str>) -> Value {
        Value::Str(s.into())
    }

    /// An `int`.
    pub fn int(n: i64) -> Value {
        Value::Int(n, IntKind::Int)
    }

    /// An `int64`.
    pub fn int64(n: i64) -> Value {
        Value::Int(n, IntKind::Int64)
    }

    /// A non-nil `[]interface {}`.
    pub fn list(items: Vec<Slot>) -> Value {
        Value::list_of(ListKind::Any, items)
    }

    /// A list of any values that came about item by item, as decoders and filters of Go make them.
    pub fn appended(items: Vec<Slot>) -> Value {
        Value::List(Rc::new(List { kind: ListKind::Any, nil: false, items, room: Room::Appended }))
    }

    /// A list of another type.
    pub fn list_of(kind: ListKind, items: Vec<Slot>) -> Value {
        Value::List(Rc::new(List { kind, nil: false, items, room: Room::Exact }))
    }

    /// A nil slice of a type.
    pub fn nil_list(kind: ListKind) -> Value {
        Value::List(Rc::new(List { kind, nil: true, items: Vec::new(), room: Room::Exact }))
    }

    /// A `[]string`.
    pub fn strings<S: Into<Str>>(items: impl IntoIterator<Item = S>) -> Value {
        Value::list_of(ListKind::Strings, items.into_iter().map(|s| Value::string(s).into()).collect())
    }

    /// Whether this is nil without a type.
    pub fn is_nil(&self) -> bool {
        matches!(self, Value::Nil)
    }

    /// The bytes of a string.
    pub fn as_str(&self) -> Option<&Str> {
        match self {
            Value::Str(s) => Some(s),
            _ => None,
        }
    }

    /// The map.
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Value::Map(m) => Some(m),
            _ => None,
        }
    }

    /// The list.
    pub fn as_list(&self) -> Option<&Rc<List>> {
        match self {
            Value::List(l) => Some(l),
            _ => None,
        }
    }

    /// Shows the slots of a map or list, in order; nothing of any other value.
    pub fn each_slot(&self, mut look: impl FnMut(&Slot)) {
        match self {
            Value::Map(map) => map.entries().values().for_each(&mut look),
            Value::List(list) => list.items.iter().for_each(&mut look),
            _ => {}
        }
    }

    /// Whether it is a map or list with something in it.
    pub fn has_slots(&self) -> bool {
        match self {
            Value::Map(map) => !map.is_empty(),
            Value::List(list) => !list.items.is_empty(),
            _ => false,
        }
    }

    /// Go's name of the type as `%T` prints it; `<nil>` for nil. `.Values` depends on the Helm version.
    pub fn type_name(&self, helm: HelmVersion) -> String {
        match self {
            Value::Nil => "<nil>".into(),
            Value::Bool(_) => "bool".into(),
            Value::Int(_, k) => k.type_name().into(),
            Value::Float(_) => "float64".into(),
            Value::Complex(..) => "complex128".into(),
            Value::Str(_) => "string".into(),
            Value::Bytes(_) => "[]uint8".into(),
            Value::List(l) => match l.kind {
                ListKind::Any => "[]interface {}",
                ListKind::Strings => "[]string",
                ListKind::Ints => "[]int",
                ListKind::Lists => "[][]interface {}",
                ListKind::Maps => "[]map[string]interface {}",
                ListKind::Maintainers => "[]*chart.Maintainer",
                ListKind::Dependencies => "[]*chart.Dependency",
            }
            .into(),
            Value::Map(m) => match m.kind() {
                MapKind::Any => "map[string]interface {}",
                MapKind::Values => helm.values_type(),
                MapKind::Strings => "map[string]string",
                MapKind::Files => "engine.files",
            }
            .into(),
            Value::Object(o) => o.type_name(),
        }
    }

    /// Go's kind (`reflect.Kind`): `invalid` for nil.
    pub fn kind_name(&self) -> &'static str {
        match self {
            Value::Nil => "invalid",
            Value::Bool(_) => "bool",
            Value::Int(_, k) => k.type_name(),
            Value::Float(_) => "float64",
            Value::Complex(..) => "complex128",
            Value::Str(_) => "string",
            Value::Bytes(_) | Value::List(_) => "slice",
            Value::Map(_) => "map",
            Value::Object(o) => o.kind(),
        }
    }

    /// A copy that shares no map with this one; positions are kept.
    #[must_use]
    pub fn deep_copy(&self) -> Value {
        match self {
            Value::List(l) => Value::List(Rc::new(List {
                kind: l.kind,
                nil: l.nil,
                items: l.items.iter().map(|s| Slot { value: s.value.deep_copy(), pos: s.pos }).collect(),
                room: Room::Capacity(l.capacity()),
            })),
            Value::Map(m) => Value::Map(m.deep_copy()),
            Value::Object(o) => o.deep_copy().unwrap_or_else(|| self.clone()),
            other => other.clone(),
        }
    }
}

/// Whose behaviour is reproduced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum HelmVersion {
    /// Helm 3.22.0
    V3,
    /// Helm 4.3.1
    #[default]
    V4,
}

impl HelmVersion {
    /// Go's name for the type of `.Values`.
    pub fn values_type(self) -> &'static str {
        match self {
            HelmVersion::V3 => "chartutil.Values",
            HelmVersion::V4 => "common.Values",
        }
    }
}
