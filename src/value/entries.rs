//! What a map holds: entries in byte order of their keys. Nearly all maps of a chart have a handful of keys, so up to
//! [`FEW`] they stand in one sorted row of memory; maps beyond that are trees, so that inserting stays cheap.

use std::collections::{BTreeMap, btree_map};

use super::{Slot, Str};

/// How many entries a row may have.
const FEW: usize = 48;

/// The entries of a map.
#[derive(Clone, Debug)]
pub struct Entries(Kind);

/// How they are kept.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Row(Vec<(Str, Slot)>),
    Tree(BTreeMap<Str, Slot>),
}

impl Default for Entries {
    fn default() -> Entries {
        Entries::new()
    }
}

fn find(row: &[(Str, Slot)], key: &[u8]) -> Result<usize, usize> {
    row.binary_search_by(|(k, _)| k.as_bytes().cmp(key))
}

impl Entries {
    /// No entries.
    pub const fn new() -> Entries {
        Entries(Kind::Row(Vec::new()))
    }

    /// No entries, and room for so many.
    pub fn with_capacity(count: usize) -> Entries {
        if count > FEW { Entries(Kind::Tree(BTreeMap::new())) } else { Entries(Kind::Row(Vec::with_capacity(count))) }
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        match &self.0 {
            Kind::Row(row) => row.len(),
            Kind::Tree(tree) => tree.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The slot of a key.
    pub fn get(&self, key: &[u8]) -> Option<&Slot> {
        match &self.0 {
            Kind::Row(row) => find(row, key).ok().map(|i| &row[i].1),
            Kind::Tree(tree) => tree.get(key),
        }
    }

    /// The slot of a key, to change.
    pub fn get_mut(&mut self, key: &[u8]) -> Option<&mut Slot> {
        match &mut self.0 {
            Kind::Row(row) => find(row, key).ok().map(|i| &mut row[i].1),
            Kind::Tree(tree) => tree.get_mut(key),
        }
    }

    /// Whether the key is there.
    pub fn contains_key(&self, key: &[u8]) -> bool {
        self.get(key).is_some()
    }

    /// Sets a key and returns what it held.
    pub fn insert(&mut self, key: Str, slot: Slot) -> Option<Slot> {
        let row = match &mut self.0 {
            Kind::Tree(tree) => return tree.insert(key, slot),
            Kind::Row(row) => row,
        };
        let at = match row.last() {
            Some((last, _)) if last.as_bytes() < key.as_bytes() => row.len(),
            _ => match find(row, &key) {
                Ok(i) => return Some(std::mem::replace(&mut row[i].1, slot)),
                Err(i) => i,
            },
        };
        if row.len() < FEW {
            row.insert(at, (key, slot));
        } else {
            let mut tree: BTreeMap<Str, Slot> = std::mem::take(row).into_iter().collect();
            tree.insert(key, slot);
            self.0 = Kind::Tree(tree);
        }
        None
    }

    /// Removes a key and returns what it held.
    pub fn remove(&mut self, key: &[u8]) -> Option<Slot> {
        match &mut self.0 {
            Kind::Row(row) => find(row, key).ok().map(|i| row.remove(i).1),
            Kind::Tree(tree) => tree.remove(key),
        }
    }

    /// Keeps the entries that `keep` holds for.
    pub fn retain(&mut self, mut keep: impl FnMut(&Str, &mut Slot) -> bool) {
        match &mut self.0 {
            Kind::Row(row) => row.retain_mut(|(k, s)| keep(k, s)),
            Kind::Tree(tree) => tree.retain(keep),
        }
    }

    /// The entries in order.
    pub fn iter(&self) -> Iter<'_> {
        match &self.0 {
            Kind::Row(row) => Iter::Row(row.iter()),
            Kind::Tree(tree) => Iter::Tree(tree.iter()),
        }
    }

    /// The same keys with other slots.
    #[must_use]
    pub fn map(&self, mut make: impl FnMut(&Slot) -> Slot) -> Entries {
        Entries(match &self.0 {
            Kind::Row(row) => Kind::Row(row.iter().map(|(k, s)| (k.clone(), make(s))).collect()),
            Kind::Tree(tree) => Kind::Tree(tree.iter().map(|(k, s)| (k.clone(), make(s))).collect()),
        })
    }

    /// The keys in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &Str> {
        self.iter().map(|(k, _)| k)
    }

    /// The slots in order of their keys.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &Slot> {
        self.iter().map(|(_, s)| s)
    }
}

/// Entries in order of their keys.
#[derive(Clone)]
pub enum Iter<'a> {
    /// Of few.
    Row(std::slice::Iter<'a, (Str, Slot)>),
    /// Of many.
    Tree(btree_map::Iter<'a, Str, Slot>),
}

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a Str, &'a Slot);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Iter::Row(row) => row.next().map(|(k, s)| (k, s)),
            Iter::Tree(tree) => tree.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Iter::Row(row) => row.size_hint(),
            Iter::Tree(tree) => tree.size_hint(),
        }
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        match self {
            Iter::Row(row) => row.next_back().map(|(k, s)| (k, s)),
            Iter::Tree(tree) => tree.next_back(),
        }
    }
}

impl ExactSizeIterator for Iter<'_> {}

impl<'a> IntoIterator for &'a Entries {
    type Item = (&'a Str, &'a Slot);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl FromIterator<(Str, Slot)> for Entries {
    /// The last of equal keys stays.
    fn from_iter<I: IntoIterator<Item = (Str, Slot)>>(entries: I) -> Entries {
        let entries = entries.into_iter();
        let (least, _) = entries.size_hint();
        let mut out = Entries::with_capacity(least);
        for (key, slot) in entries {
            out.insert(key, slot);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    #[test]
    fn rows_and_trees_hold_the_same() {
        let mut ours = Entries::new();
        let mut theirs = BTreeMap::new();
        let mut random = 7u32;
        for i in 0..600 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let key = Str::from(format!("k{}", (random >> 16) % 90));
            let slot = Slot::from(Value::int(i));
            if random.is_multiple_of(5) {
                assert_eq!(ours.remove(&key).is_some(), theirs.remove(&key).is_some());
            } else {
                assert_eq!(ours.insert(key.clone(), slot.clone()).is_some(), theirs.insert(key, slot).is_some());
            }
            let text = |s: &Slot| format!("{:?}", s.value);
            let pairs: Vec<_> = ours.iter().map(|(k, s)| (k.clone(), text(s))).collect();
            assert_eq!(pairs, theirs.iter().map(|(k, s)| (k.clone(), text(s))).collect::<Vec<_>>());
            assert!(theirs.keys().all(|k| ours.contains_key(k)));
        }
        assert!(ours.iter().rev().map(|(k, _)| k).eq(theirs.keys().rev()));
    }
}
