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
mod object;
mod room;
pub mod shared;

pub use object::{Encoded, Field, NilPointer, Object};
pub use room::Room;

use std::cell::{Ref, RefCell, RefMut};
use std::rc::Rc;
use std::sync::Arc;

pub use entries::Entries;

use crate::blob::Blob;
use crate::span::Pos;

/// A Go string: bytes, usually but not always UTF-8 (`trunc` may cut a rune). Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Str(Arc<[u8]>);

impl Str {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text with each invalid byte sequence replaced by U+FFFD.
    pub fn to_text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::fmt::Debug for Str {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.to_text())
    }
}

impl std::ops::Deref for Str {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<[u8]> for Str {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl std::borrow::Borrow<[u8]> for Str {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl From<&str> for Str {
    fn from(s: &str) -> Str {
        Str(Arc::from(s.as_bytes()))
    }
}
impl From<String> for Str {
    fn from(s: String) -> Str {
        Str(Arc::from(s.into_bytes()))
    }
}
impl From<&[u8]> for Str {
    fn from(s: &[u8]) -> Str {
        Str(Arc::from(s))
    }
}
impl From<Vec<u8>> for Str {
    fn from(s: Vec<u8>) -> Str {
        Str(Arc::from(s))
    }
}

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

/// Which of Go's map types a map has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MapKind {
    /// `map[string]interface {}`
    Any,
    /// `chartutil.Values` (Helm 3) or `common.Values` (Helm 4): assignable to `map[string]interface {}`, but not the
    /// same type to a type assertion.
    Values,
    /// `map[string]string`: chart annotations, the result of `split`.
    Strings,
    /// `engine.files`, a `map[string][]byte` with methods.
    Files,
}

/// A map with string keys, by reference, its keys in byte order.
#[derive(Clone)]
pub struct Map {
    entries: Rc<RefCell<Entries>>,
    kind: MapKind,
    nil: bool,
    /// Whether it was made while templates were being executed.
    young: bool,
}

impl std::fmt::Debug for Map {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.entries.borrow().iter().map(|(k, v)| (k, &v.value))).finish()
    }
}

impl Default for Map {
    fn default() -> Map {
        Map::new(MapKind::Any)
    }
}

impl FromIterator<(Str, Slot)> for Map {
    fn from_iter<I: IntoIterator<Item = (Str, Slot)>>(entries: I) -> Map {
        Map::from_entries(MapKind::Any, entries.into_iter().collect())
    }
}

impl Map {
    /// An empty map.
    pub fn new(kind: MapKind) -> Map {
        Map::from_entries(kind, Entries::new())
    }

    /// A map of these entries.
    pub fn from_entries(kind: MapKind, entries: Entries) -> Map {
        Map { entries: Rc::new(RefCell::new(entries)), kind, nil: false, young: shared::is_executing() }
    }

    /// A nil map of this type: empty, null in JSON, and nothing can be set in it.
    pub fn nil(kind: MapKind) -> Map {
        Map { nil: true, ..Map::new(kind) }
    }

    /// Whether this is a nil map.
    pub fn is_nil(&self) -> bool {
        self.nil
    }

    /// The Go type of the map.
    pub fn kind(&self) -> MapKind {
        self.kind
    }

    /// Whether both are the same map, not merely equal ones.
    pub fn same(&self, other: &Map) -> bool {
        Rc::ptr_eq(&self.entries, &other.entries)
    }

    /// An address for telling maps apart while walking a structure that may contain itself.
    pub fn address(&self) -> usize {
        Rc::as_ptr(&self.entries) as *const u8 as usize
    }

    /// The value of a key (a cheap clone), if present.
    pub fn get(&self, key: &[u8]) -> Option<Value> {
        self.entries.borrow().get(key).map(|s| s.value.clone())
    }

    /// The slot of a key (a cheap clone), if present.
    pub fn slot(&self, key: &[u8]) -> Option<Slot> {
        self.entries.borrow().get(key).cloned()
    }

    /// Whether the key is present, be its value nil.
    pub fn contains(&self, key: &[u8]) -> bool {
        self.entries.borrow().contains_key(key)
    }

    /// Sets a key.
    pub fn insert(&self, key: impl Into<Str>, slot: impl Into<Slot>) {
        self.change();
        self.entries.borrow_mut().insert(key.into(), slot.into());
    }

    /// Removes a key and returns what it held.
    pub fn remove(&self, key: &[u8]) -> Option<Slot> {
        self.change();
        self.entries.borrow_mut().remove(key)
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.borrow().len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.borrow().is_empty()
    }

    /// The entries in byte order of their keys. Don't run template code while this is held.
    pub fn entries(&self) -> Ref<'_, Entries> {
        self.entries.borrow()
    }

    /// The entries, to change. Don't run template code while this is held.
    pub fn entries_mut(&self) -> RefMut<'_, Entries> {
        self.change();
        self.entries.borrow_mut()
    }

    #[inline]
    fn change(&self) {
        if !self.young {
            shared::note_change();
        }
    }

    /// A new map of the same kind with the same (shared) values.
    #[must_use]
    pub fn shallow_copy(&self) -> Map {
        Map { nil: self.nil, ..Map::from_entries(self.kind(), self.entries().clone()) }
    }

    /// The same map seen as another Go type, as Go's conversion of a map type does: changes are seen through both.
    #[must_use]
    pub fn as_kind(&self, kind: MapKind) -> Map {
        Map { kind, ..self.clone() }
    }
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

impl Map {
    /// A copy that shares no map with this one; positions are kept.
    #[must_use]
    pub fn deep_copy(&self) -> Map {
        let copied = self.entries().map(|s| Slot { value: s.value.deep_copy(), pos: s.pos });
        Map { nil: self.nil, ..Map::from_entries(self.kind(), copied) }
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

/// The text with U+FFFD for each byte that is not part of valid UTF-8, as ranging over a Go string reads it.
pub fn valid_text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.into();
    }
    let mut out = String::with_capacity(bytes.len() + 8);
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().map(|_| '\u{FFFD}'));
    }
    out.into()
}

/// Decodes one rune as Go does: an invalid byte is U+FFFD of width 1. Nothing at the end of the text.
pub fn decode_rune(bytes: &[u8]) -> Option<(char, usize)> {
    let first = *bytes.first()?;
    if first < 0x80 {
        return Some((first as char, 1));
    }
    let head = &bytes[..bytes.len().min(4)];
    let valid = match std::str::from_utf8(head) {
        Ok(s) => s,
        Err(e) => std::str::from_utf8(&head[..e.valid_up_to()]).unwrap_or_default(),
    };
    Some(valid.chars().next().map_or(('\u{FFFD}', 1), |c| (c, c.len_utf8())))
}

/// Go's `unicode.IsSpace`.
pub fn is_space(c: char) -> bool {
    matches!(
        c,
        '\t' | '\n' | '\u{b}' | '\u{c}' | '\r' | ' ' | '\u{85}' | '\u{a0}' | '\u{1680}' | '\u{2000}'
            ..='\u{200a}' | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}
