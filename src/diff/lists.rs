//! Which item of a list is which: by the keys that the schema names, by a key that tells all items apart where there is
//! no schema, and otherwise by what stays the same around them.

use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::secrets::{Data, Text, Value};
use crate::kube::schema::{ListKeys, Shape};

/// Items that belong together; only one of them where it was added or removed.
pub(super) struct Pair {
    pub old: Option<usize>,
    pub new: Option<usize>,
    /// What it is matched by, where that is a key.
    pub name: Option<Text>,
    /// Whether its place among those that both sides have is another one.
    pub moved: bool,
}

/// The values of a map by their keys.
pub(super) struct Keys<'v> {
    map: &'v Value,
    index: Option<HashMap<&'v str, &'v Value>>,
}

/// Maps with more keys are indexed.
const MANY: usize = 16;

impl<'v> Keys<'v> {
    /// Of a map.
    pub fn of(map: &'v Value) -> Keys<'v> {
        let entries = map.entries();
        let index = (entries.len() > MANY).then(|| entries.iter().map(|e| (e.key.as_str(), &e.value)).collect());
        Keys { map, index }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&'v Value> {
        match &self.index {
            Some(index) => index.get(key).copied(),
            None => self.map.get(key),
        }
    }
}

/// Keys that tell the items of a list apart where no schema says which do.
const GUESSES: &[&[&str]] = &[&["name"], &["key"], &["id"], &["host"], &["path"], &["type"]];

/// Matches the items of two lists, in the order of the new one; what is removed stands where it stood.
pub(super) fn pairs(old: &[Value], new: &[Value], shape: Option<Shape<'_>>) -> Vec<Pair> {
    let named = match shape.and_then(Shape::list_keys) {
        Some(ListKeys::Set) => by_name(old, new, &scalar_name),
        Some(ListKeys::By(keys)) => by_name(old, new, &|v: &Value| name_by(v, &keys)),
        None => GUESSES.iter().find_map(|keys| by_name(old, new, &|v: &Value| name_by(v, keys))),
    };
    match named {
        Some(pairs) => in_order(pairs, old.len()),
        None => by_content(old, new),
    }
}

/// The item's name in a set.
fn scalar_name(item: &Value) -> Option<Text> {
    item.is_scalar().then(|| item.inline())
}

/// The item's values of some keys, `8080/UDP`; nothing if it has none of them. A protocol is TCP where none is said.
fn name_by(item: &Value, keys: &[&str]) -> Option<Text> {
    let slash = Text::from("/");
    let mut parts: Vec<Text> = Vec::new();
    let given = |key: &&str| {
        let value = item.get(key).filter(|v| v.is_scalar() && v.data != Data::Null)?;
        (*key != "protocol" || value.as_str() != Some("TCP")).then_some(value)
    };
    for value in keys.iter().filter_map(given) {
        if !parts.is_empty() {
            parts.push(slash.clone());
        }
        parts.push(value.inline());
    }
    (!parts.is_empty()).then(|| Text::concat(&parts.iter().collect::<Vec<_>>()))
}

/// The item of a list that has this name.
pub(super) fn find<'v>(items: &'v [Value], name: &Text, keys: &ListKeys) -> Option<&'v Value> {
    let own = |item: &Value| match keys {
        ListKeys::Set => scalar_name(item),
        ListKeys::By(keys) => name_by(item, keys),
    };
    items.iter().find(|item| own(item).as_ref() == Some(name))
}

/// Matches by names, if all items on either side have one and none has it twice.
fn by_name(old: &[Value], new: &[Value], name: &dyn Fn(&Value) -> Option<Text>) -> Option<Vec<Pair>> {
    let names = |items: &[Value]| -> Option<Vec<Text>> {
        let names: Vec<Text> = items.iter().map(name).collect::<Option<_>>()?;
        let distinct: HashSet<&Text> = names.iter().collect();
        (distinct.len() == names.len()).then_some(names)
    };
    let (before, after) = (names(old)?, names(new)?);
    let mut places: HashMap<&Text, usize> = before.iter().enumerate().map(|(i, n)| (n, i)).collect();
    let mut pairs: Vec<Pair> = Vec::with_capacity(new.len());
    for (i, name) in after.iter().enumerate() {
        pairs.push(Pair { old: places.remove(name), new: Some(i), name: Some(name.clone()), moved: false });
    }
    let gone = |(name, i): (&Text, usize)| Pair { old: Some(i), new: None, name: Some(name.clone()), moved: false };
    let mut removed: Vec<Pair> = places.into_iter().map(gone).collect();
    removed.sort_by_key(|p| p.old);
    pairs.extend(removed);
    Some(pairs)
}

/// Tells which items moved, and puts removed ones where they stood.
fn in_order(pairs: Vec<Pair>, old_len: usize) -> Vec<Pair> {
    let (mut kept, removed): (Vec<Pair>, Vec<Pair>) = pairs.into_iter().partition(|p| p.new.is_some());
    let matched: Vec<usize> = kept.iter().filter_map(|p| p.old).collect();
    let stay = longest_rise(&matched);
    let mut removed = removed.into_iter().peekable();
    let mut out = Vec::with_capacity(old_len + kept.len());
    for pair in &mut kept {
        pair.moved = pair.old.is_some_and(|o| !stay.contains(&o));
    }
    for pair in kept {
        if let Some(o) = pair.old.filter(|_| !pair.moved) {
            while let Some(gone) = removed.next_if(|r| r.old < Some(o)) {
                out.push(gone);
            }
        }
        out.push(pair);
    }
    out.extend(removed);
    out
}

/// The members of a longest rising subsequence: those that can be said to have stayed in place.
fn longest_rise(numbers: &[usize]) -> HashSet<usize> {
    let mut ends: Vec<usize> = Vec::new();
    let mut before = vec![None; numbers.len()];
    for (i, n) in numbers.iter().enumerate() {
        let at = ends.partition_point(|e| numbers[*e] < *n);
        before[i] = at.checked_sub(1).map(|p| ends[p]);
        if at == ends.len() {
            ends.push(i);
        } else {
            ends[at] = i;
        }
    }
    let mut members = HashSet::new();
    let mut next = ends.last().copied();
    while let Some(i) = next {
        members.insert(numbers[i]);
        next = before[i];
    }
    members
}

/// Lists that are longer are compared item by item.
const MAX_ITEMS: usize = 20_000;
/// Runs of differing items with more pairs are compared item by item.
const MAX_GAP: usize = 4_096;

/// Matches what stays the same, and pairs what is alike in between.
fn by_content(old: &[Value], new: &[Value]) -> Vec<Pair> {
    let pair = |old, new| Pair { old, new, name: None, moved: false };
    if old.len().max(new.len()) > MAX_ITEMS {
        let longest = old.len().max(new.len());
        return (0..longest).map(|i| pair((i < old.len()).then_some(i), (i < new.len()).then_some(i))).collect();
    }
    let hashes = |items: &[Value]| -> Vec<u64> { items.iter().map(fingerprint).collect() };
    let mut out = Vec::new();
    let (mut gone, mut come) = (0..0, 0..0);
    for op in capture_diff_slices(Algorithm::Myers, &hashes(old), &hashes(new)) {
        match op {
            DiffOp::Equal { old_index, new_index, len } => {
                gap(old, new, (gone, come), &mut out);
                out.extend((0..len).map(|i| pair(Some(old_index + i), Some(new_index + i))));
                (gone, come) = (old_index + len..old_index + len, new_index + len..new_index + len);
            }
            other => {
                gone.end = gone.end.max(other.old_range().end);
                come.end = come.end.max(other.new_range().end);
            }
        }
    }
    gap(old, new, (gone, come), &mut out);
    out
}

type Ranges = (std::ops::Range<usize>, std::ops::Range<usize>);

/// Pairs items between two that stay the same: each old one with the first new one behind the last pair that is alike.
fn gap(old: &[Value], new: &[Value], (gone, come): Ranges, out: &mut Vec<Pair>) {
    let pair = |old, new| Pair { old, new, name: None, moved: false };
    let alone = gone.len() == 1 && come.len() == 1;
    let too_many = gone.len().saturating_mul(come.len()) > MAX_GAP;
    let mut next = come.start;
    for o in gone {
        let fits = |n: &usize| {
            let (a, b) = (&old[o], &new[*n]);
            (alone || too_many) && a.is_scalar() == b.is_scalar() || alike(a, b)
        };
        let rest = if too_many { next..come.end.min(next + 1) } else { next..come.end };
        match rest.into_iter().find(fits) {
            Some(n) => {
                out.extend((next..n).map(|n| pair(None, Some(n))));
                out.push(pair(Some(o), Some(n)));
                next = n + 1;
            }
            None => out.push(pair(Some(o), None)),
        }
    }
    out.extend((next..come.end).map(|n| pair(None, Some(n))));
}

/// Whether one is what has become of the other: a flag with another value, an object that says mostly the same.
fn alike(a: &Value, b: &Value) -> bool {
    if let (Some(a), Some(b)) = (a.as_text(), b.as_text()) {
        if a.is_hidden() && b.is_hidden() {
            return true;
        }
        let flag = |t: &str| t.split_once('=').map(|(flag, _)| flag.to_owned());
        return flag(a).is_some() && flag(a) == flag(b);
    }
    if a.is_scalar() || b.is_scalar() {
        return false;
    }
    let (mut x, mut y) = (HashSet::new(), HashSet::new());
    leaves(a, 0, &mut x);
    leaves(b, 0, &mut y);
    let common = x.intersection(&y).count();
    common * 2 >= x.len().max(y.len()) && common > 0
}

fn hash(of: impl Hash) -> u64 {
    let mut hasher = std::collections::hash_map::DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

fn leaves(value: &Value, path: u64, out: &mut HashSet<u64>) {
    if crate::stack::is_low() {
        return;
    }
    match &value.data {
        Data::Map(entries) => entries.iter().for_each(|e| leaves(&e.value, hash((path, e.key.as_str())), out)),
        Data::List(items) => items.iter().for_each(|i| leaves(i, hash((path, "[]")), out)),
        _ => {
            out.insert(hash((path, fingerprint(value))));
        }
    }
}

/// A hash that is the same for values that say the same.
pub(super) fn fingerprint(value: &Value) -> u64 {
    if crate::stack::is_low() {
        return 0;
    }
    match &value.data {
        Data::Null => 1,
        Data::Bool(b) => hash(("bool", b)),
        Data::Int(i) => hash(("number", (*i as f64).to_bits(), i)),
        Data::Uint(u) => hash(("number", (*u as f64).to_bits(), u)),
        Data::Float(f) if f.fract() == 0.0 && f.abs() < 9e15 => hash(("number", f.to_bits(), *f as i64)),
        Data::Float(f) => hash(("float", f.to_bits())),
        Data::Text(t) => hash(("text", t.as_str())),
        Data::List(items) => hash(("list", items.iter().map(fingerprint).collect::<Vec<_>>())),
        Data::Map(entries) => {
            let given = entries.iter().filter(|e| e.value.data != Data::Null);
            given.fold(2, |sum: u64, e| sum.wrapping_add(hash((e.key.as_str(), fingerprint(&e.value)))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_in_place_is_most_of_it() {
        let stay = longest_rise(&[3, 0, 1, 2, 5, 4]);
        assert_eq!((stay.len(), stay.contains(&3)), (4, false));
        assert!(longest_rise(&[]).is_empty());
    }
}
