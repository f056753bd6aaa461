//! Maps, which are references: whoever holds one sees what others set in it.

use std::cell::{Ref, RefCell, RefMut};
use std::rc::Rc;

use super::{Entries, Slot, Str, Value, shared};

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

    /// A copy that shares no map with this one; positions are kept.
    #[must_use]
    pub fn deep_copy(&self) -> Map {
        let copied = self.entries().map(|s| Slot { value: s.value.deep_copy(), pos: s.pos });
        Map { nil: self.nil, ..Map::from_entries(self.kind(), copied) }
    }
}
