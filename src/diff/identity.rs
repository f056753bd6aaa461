//! Which object of one side is which of the other: by group, kind, namespace and name; where that leaves some over, by
//! what they say.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::hash::{Hash, Hasher};

use super::secrets::{Redactor, Text};
use super::{Side, SideObject};
use crate::finding::KubeObject;
use crate::manifest::kind_order;
use crate::value::HelmVersion;
use crate::yaml::node::{Data, Node};

/// Names of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectId {
    /// `apps/v1`
    pub api_version: Text,
    /// `Deployment`
    pub kind: Text,
    /// The object's own, or that of its side.
    pub namespace: Text,
    /// `metadata.name`
    pub name: Text,
}

impl ObjectId {
    /// The names of an object of a side with this namespace.
    pub(super) fn of(object: &KubeObject, namespace: &str, redactor: &Redactor) -> ObjectId {
        ObjectId {
            api_version: redactor.text(&object.api_version),
            kind: redactor.text(&object.kind),
            namespace: redactor.text(own_namespace(object, namespace)),
            name: redactor.text(&object.name),
        }
    }

    /// The group of `apiVersion`, empty for the core group.
    pub fn group(&self) -> &str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }

    /// What objects are sorted by.
    pub(super) fn order(&self) -> impl Ord + '_ {
        (kind_order(&self.kind, HelmVersion::V4), &self.namespace, &self.name, &self.api_version)
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.namespace.as_str() {
            "" => write!(f, "{}/{}", self.kind, self.name),
            namespace => write!(f, "{}/{} in {namespace}", self.kind, self.name),
        }
    }
}

/// The namespace of an object; none for kinds that live in none.
fn own_namespace<'o>(object: &'o KubeObject, default: &'o str) -> &'o str {
    match crate::kube::schema::is_namespaced(&object.api_version, &object.kind) {
        Some(false) => "",
        _ if object.namespace.is_empty() => default,
        _ => &object.namespace,
    }
}

/// Numbers of what belongs together; only one of them for what was added or removed.
pub(super) struct Pair {
    pub old: Option<usize>,
    pub new: Option<usize>,
    /// Whether the names differ.
    pub renamed: bool,
}

/// What objects are matched by.
pub(super) type Key<'o> = (&'o str, &'o str, &'o str, &'o str);

/// What an object of a side is known by: group, where that is wanted, kind, namespace, name.
pub(super) fn key(side: &Side, number: usize, with_group: bool) -> Key<'_> {
    let o = &side.objects[number].object;
    let group = if with_group { o.group() } else { "" };
    (group, &o.kind, own_namespace(o, &side.namespace), &o.name)
}

/// Matches the objects of two sides.
pub(super) fn pairs(old: &Side, new: &Side) -> Vec<Pair> {
    let mut found = Vec::new();
    let mut left: (Vec<usize>, Vec<usize>) = ((0..old.objects.len()).collect(), (0..new.objects.len()).collect());
    // An object that moves to another group (`extensions` to `apps`) is the same one.
    for with_group in [true, false] {
        let mut waiting: HashMap<Key<'_>, Vec<usize>> = HashMap::new();
        left.0.iter().rev().for_each(|i| waiting.entry(key(old, *i, with_group)).or_default().push(*i));
        let mut taken = HashSet::new();
        left.1.retain(|n| {
            // Of objects given twice, the first belongs to the first.
            let Some(o) = waiting.get_mut(&key(new, *n, with_group)).and_then(Vec::pop) else { return true };
            taken.insert(o);
            found.push(Pair { old: Some(o), new: Some(*n), renamed: false });
            false
        });
        left.0.retain(|o| !taken.contains(o));
    }
    renames(old, new, &mut left, &mut found);
    found.extend(left.0.into_iter().map(|o| Pair { old: Some(o), new: None, renamed: false }));
    found.extend(left.1.into_iter().map(|n| Pair { old: None, new: Some(n), renamed: false }));
    found
}

/// Objects of one kind are compared with each other for renames as long as there are no more pairs than this.
const MAX_PAIRS: usize = 40_000;
/// The share of what two objects say that must be common.
const SIMILAR: f64 = 0.5;

/// Pairs objects that are left over and say nearly the same, the closest first.
fn renames(old: &Side, new: &Side, left: &mut (Vec<usize>, Vec<usize>), found: &mut Vec<Pair>) {
    let mut kinds: BTreeMap<_, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
    fn kind(o: &SideObject) -> (&str, &str) {
        (o.object.group(), &o.object.kind)
    }
    left.0.iter().for_each(|i| kinds.entry(kind(&old.objects[*i])).or_default().0.push(*i));
    left.1.iter().for_each(|i| kinds.entry(kind(&new.objects[*i])).or_default().1.push(*i));
    let mut taken: (HashSet<usize>, HashSet<usize>) = Default::default();
    for (gone, come) in kinds.into_values() {
        if gone.is_empty() || come.is_empty() || gone.len().saturating_mul(come.len()) > MAX_PAIRS {
            continue;
        }
        let says = |side: &Side, all: &[usize]| -> Vec<HashSet<u64>> {
            all.iter().map(|i| sayings(side.objects[*i].object.root())).collect()
        };
        let (a, b) = (says(old, &gone), says(new, &come));
        let mut close: Vec<(f64, usize, usize)> = Vec::new();
        for (i, x) in a.iter().enumerate() {
            for (j, y) in b.iter().enumerate() {
                let share = likeness(x, y);
                if share >= SIMILAR {
                    close.push((share, i, j));
                }
            }
        }
        close.sort_by(|x, y| y.0.total_cmp(&x.0).then((x.1, x.2).cmp(&(y.1, y.2))));
        for (_, i, j) in close {
            if !taken.0.contains(&gone[i]) && !taken.1.contains(&come[j]) {
                taken.0.insert(gone[i]);
                taken.1.insert(come[j]);
                found.push(Pair { old: Some(gone[i]), new: Some(come[j]), renamed: true });
            }
        }
    }
    left.0.retain(|i| !taken.0.contains(i));
    left.1.retain(|i| !taken.1.contains(i));
}

fn likeness(a: &HashSet<u64>, b: &HashSet<u64>) -> f64 {
    let common = a.intersection(b).count();
    let all = a.len() + b.len() - common;
    if all == 0 { 0.0 } else { common as f64 / all as f64 }
}

/// Hashes of what an object says, each with its path; its type and its names say nothing.
fn sayings(root: &Node) -> HashSet<u64> {
    let mut found = HashSet::new();
    for entry in root.entries() {
        let names: &[&str] = match &*entry.key {
            "apiVersion" | "kind" => continue,
            "metadata" => &["name", "namespace"],
            _ => &[],
        };
        for inner in entry.value.entries().iter().filter(|e| !names.contains(&&*e.key)) {
            walk(&inner.value, hash(&(&entry.key, &inner.key)), &mut found);
        }
        if entry.value.entries().is_empty() {
            walk(&entry.value, hash(&&*entry.key), &mut found);
        }
    }
    found
}

fn hash(of: &impl Hash) -> u64 {
    let mut hasher = std::collections::hash_map::DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

fn walk(node: &Node, path: u64, found: &mut HashSet<u64>) {
    if crate::stack::is_low() {
        return;
    }
    match &node.data {
        Data::Map(entries) => entries.iter().for_each(|e| walk(&e.value, hash(&(path, &*e.key)), found)),
        // An item says the same wherever it stands.
        Data::List(items) => items.iter().for_each(|i| walk(i, hash(&(path, "[]")), found)),
        Data::Str(s) if s.contains('\n') => found.extend(s.lines().map(|l| hash(&(path, l)))),
        Data::Str(s) => {
            found.insert(hash(&(path, &**s)));
        }
        Data::Null => {}
        other => {
            found.insert(hash(&(path, format!("{other:?}"))));
        }
    }
}
