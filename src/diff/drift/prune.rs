//! A live object without what others than people did to it. What the server keeps of itself and its defaults go, what
//! controllers own goes and is [`Found`], what the server left out of the release's own object comes back. What then
//! still differs from the stored object was made by hand.

use super::super::fields::{FieldPath, FieldStep, same_meaning, same_scalar};
use super::super::lists;
use super::super::secrets::{Data, Entry, Text, Value};
use super::owners::{Owner, Owners};
use crate::cluster::managed::Step;
use crate::kube::schema::Shape;

/// A live object, pruned.
pub(super) struct Pruned {
    pub live: Value,
    pub apart: Vec<Found>,
}

/// A field that is not a person's.
pub(super) struct Found {
    pub path: FieldPath,
    pub raw: Vec<Step>,
    pub stored: Option<Value>,
    pub live: Value,
}

/// What the server and kubectl keep for themselves.
const METADATA: [&str; 8] = [
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "managedFields",
    "selfLink",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
];

/// A pod template has it once somebody asked for a restart; nothing differs by it.
const RESTARTED: &str = "kubectl.kubernetes.io/restartedAt";

/// Without what the server writes about any object: its status, its number, when it was made.
pub(super) fn without_bookkeeping(live: &Value) -> Value {
    let filtered = |value: &Value, keep: &dyn Fn(&Entry) -> Option<Entry>| Value {
        data: Data::Map(value.entries().iter().filter_map(keep).collect()),
        offset: value.offset,
    };
    let annotation = |e: &Entry| {
        let own = e.key.starts_with("meta.helm.sh/") || e.key.as_str() == super::taint::LAST_APPLIED;
        (!own).then(|| e.clone())
    };
    let meta = |e: &Entry| match e.key.as_str() {
        key if METADATA.contains(&key) => None,
        "annotations" => {
            let value = filtered(&e.value, &annotation);
            value.is_given().then(|| Entry { value, ..e.clone() })
        }
        _ => Some(e.clone()),
    };
    filtered(live, &|e| match e.key.as_str() {
        "status" => None,
        "metadata" => Some(Entry { value: filtered(&e.value, &meta), ..e.clone() }),
        _ => Some(e.clone()),
    })
}

/// Takes out of a live object what is not by hand.
pub(super) fn prune(stored: &Value, live: &Value, owners: &Owners<'_>, shape: Option<Shape>) -> Pruned {
    let live = without_bookkeeping(live);
    let is_built_in = shape.is_some();
    let mut walk = Walk { owners, is_built_in, raw: Vec::new(), path: FieldPath::default(), apart: Vec::new() };
    let live = walk.matched(stored, &live, shape);
    Pruned { live, apart: walk.apart }
}

struct Walk<'a> {
    owners: &'a Owners<'a>,
    is_built_in: bool,
    raw: Vec<Step>,
    path: FieldPath,
    apart: Vec<Found>,
}

impl Walk<'_> {
    /// What both sides have.
    fn matched(&mut self, stored: &Value, live: &Value, shape: Option<Shape>) -> Value {
        match (&stored.data, &live.data) {
            _ if crate::stack::is_low() => stored.clone(),
            (Data::Map(_), Data::Map(_)) => self.maps(stored, live, shape),
            (Data::List(a), Data::List(b)) => self.lists(stored, live, (a, b), shape),
            _ if same_scalar(stored, live) || same_meaning(stored, live, shape, &self.path) => stored.clone(),
            _ => self.changed(stored, live),
        }
    }

    fn changed(&mut self, stored: &Value, live: &Value) -> Value {
        match self.owners.of_change(&self.raw) {
            Owner::Hand => live.clone(),
            Owner::Nobody if self.owners.are_unknown() => live.clone(),
            Owner::Nobody | Owner::Release | Owner::Controller => {
                self.tell(Some(stored), live.clone());
                stored.clone()
            }
        }
    }

    fn tell(&mut self, stored: Option<&Value>, live: Value) {
        self.apart.push(Found { path: self.path.clone(), raw: self.raw.clone(), stored: stored.cloned(), live });
    }

    fn maps(&mut self, stored: &Value, live: &Value, shape: Option<Shape>) -> Value {
        let (before, after) = (lists::Keys::of(stored), lists::Keys::of(live));
        let mut kept = Vec::new();
        for entry in live.entries() {
            let inner = shape.and_then(|s| s.field(&entry.key));
            let old = before.get(&entry.key).filter(|v| v.data != Data::Null);
            let value = self.below(FieldStep::Key(entry.key.clone()), |walk| match old {
                Some(old) => Some(walk.matched(old, &entry.value, inner)),
                None => walk.addition(&entry.value),
            });
            kept.extend(value.map(|value| Entry { value, ..entry.clone() }));
        }
        for entry in stored.entries().iter().filter(|e| after.get(&e.key).is_none()) {
            let inner = shape.and_then(|s| s.field(&entry.key));
            if self.below(FieldStep::Key(entry.key.clone()), |walk| walk.is_left_out(&entry.value, inner)) {
                kept.push(entry.clone());
            }
        }
        Value { data: Data::Map(kept), offset: live.offset }
    }

    /// Does something one step further down. An item's number is the live one's.
    fn below<T>(&mut self, step: FieldStep, work: impl FnOnce(&mut Self) -> T) -> T {
        self.raw.push(match &step {
            FieldStep::Key(key) => Step::Key(key.to_string()),
            FieldStep::Item { index, .. } => Step::Item(*index),
        });
        self.path.0.push(step);
        let done = work(self);
        self.raw.pop();
        self.path.0.pop();
        done
    }

    /// Whether the server never kept what the release says here: what is empty, what it does not know, and zeros where
    /// Go's `omitempty` drops them. What a person took away the release owned before.
    fn is_left_out(&self, stored: &Value, shape: Option<Shape>) -> bool {
        if is_empty(stored) || self.owners.is_left_to_release(&self.raw) {
            return true;
        }
        if self.is_built_in && shape.is_none() {
            return true;
        }
        self.is_built_in && !self.owners.release_applies() && is_zero(stored)
    }

    fn lists(&mut self, stored: &Value, live: &Value, (a, b): (&[Value], &[Value]), shape: Option<Shape>) -> Value {
        let by_schema = shape.and_then(Shape::list_keys).is_some();
        // Somebody wrote all of the list.
        if !by_schema && !self.owners.of_whole(&self.raw).is_empty() {
            return if covers(live, stored) { stored.clone() } else { self.changed(stored, live) };
        }
        let mut pairs = lists::pairs(a, b, shape);
        if !by_schema && a.len() == b.len() && pairs.iter().any(|p| p.old.is_none() || p.new.is_none()) {
            // Its items are not told apart, and the server's defaults make them look unlike.
            pairs =
                (0..a.len()).map(|i| lists::Pair { old: Some(i), new: Some(i), name: None, moved: false }).collect();
        }
        let mut kept = Vec::new();
        for pair in pairs {
            let Some(index) = pair.new else { continue };
            let step = FieldStep::Item { index, name: pair.name };
            let item = self.below(step, |walk| match pair.old {
                Some(old) => Some(walk.matched(&a[old], &b[index], shape.and_then(Shape::item))),
                None => walk.addition(&b[index]),
            });
            kept.extend(item);
        }
        Value { data: Data::List(kept), offset: live.offset }
    }

    /// What only the live object has: what of it is by hand. A controller's is told, the server's is not.
    fn addition(&mut self, live: &Value) -> Option<Value> {
        let is_annotations = |step: &FieldStep| matches!(step, FieldStep::Key(k) if k.as_str() == "annotations");
        let last = match &self.path.0[..] {
            [.., step] if is_annotations(step) => return self.mixed(live),
            [.., step, FieldStep::Key(key)] if is_annotations(step) => Some(key.clone()),
            _ => None,
        };
        if last.as_ref().is_some_and(|key| key.as_str() == RESTARTED) {
            self.tell(None, live.clone());
            return None;
        }
        let (mut by_hand, mut by_controller) = (false, false);
        self.owners_in(live, &mut |owner| {
            by_hand |= owner == Owner::Hand;
            by_controller |= owner == Owner::Controller;
        });
        match (by_hand, by_controller) {
            (false, false) => None,
            (true, false) => self.part(live, Owner::Hand),
            (false, true) => {
                // Kubernetes' own controllers keep books in annotations.
                let is_book = last.is_some_and(|key| is_kubernetes(&key));
                if let Some(part) = self.part(live, Owner::Controller).filter(|_| !is_book) {
                    self.tell(None, part);
                }
                None
            }
            (true, true) => self.mixed(live),
        }
    }

    /// Of what several wrote, each part by itself.
    fn mixed(&mut self, live: &Value) -> Option<Value> {
        let data = match &live.data {
            Data::Map(entries) => {
                let part = |walk: &mut Self, e: &Entry| {
                    let value = walk.below(FieldStep::Key(e.key.clone()), |walk| walk.addition(&e.value))?;
                    Some(Entry { value, ..e.clone() })
                };
                Data::Map(entries.iter().filter_map(|e| part(self, e)).collect())
            }
            Data::List(items) => {
                let step = |index| FieldStep::Item { index, name: None };
                let part = |walk: &mut Self, (n, i): (usize, &Value)| walk.below(step(n), |walk| walk.addition(i));
                Data::List(items.iter().enumerate().filter_map(|i| part(self, i)).collect())
            }
            other => other.clone(),
        };
        Some(Value { data, offset: live.offset }).filter(Value::is_given)
    }

    /// Calls `say` with the owner of each scalar.
    fn owners_in(&self, live: &Value, say: &mut dyn FnMut(Owner)) {
        let mut todo = vec![(live, self.raw.clone())];
        while let Some((value, path)) = todo.pop() {
            let below = |step: Step| path.iter().cloned().chain([step]).collect::<Vec<_>>();
            todo.extend(value.entries().iter().map(|e| (&e.value, below(Step::Key(e.key.to_string())))));
            todo.extend(value.items().iter().enumerate().map(|(n, i)| (i, below(Step::Item(n)))));
            if value.entries().is_empty() && value.items().is_empty() {
                say(self.owners.of_addition(&path));
            }
        }
    }

    /// What of a value is one owner's.
    fn part(&mut self, live: &Value, of: Owner) -> Option<Value> {
        let data = match &live.data {
            Data::Map(entries) if !entries.is_empty() => {
                let part = |walk: &mut Self, e: &Entry| {
                    let value = walk.below(FieldStep::Key(e.key.clone()), |walk| walk.part(&e.value, of))?;
                    Some(Entry { value, ..e.clone() })
                };
                Data::Map(entries.iter().filter_map(|e| part(self, e)).collect())
            }
            Data::List(items) if !items.is_empty() => {
                let step = |index| FieldStep::Item { index, name: None };
                let part = |walk: &mut Self, (n, i): (usize, &Value)| walk.below(step(n), |walk| walk.part(i, of));
                Data::List(items.iter().enumerate().filter_map(|i| part(self, i)).collect())
            }
            other => {
                return (self.owners.of_addition(&self.raw) == of)
                    .then(|| other.clone())
                    .map(|data| Value { data, offset: live.offset });
            }
        };
        Some(Value { data, offset: live.offset }).filter(Value::is_given)
    }
}

/// Whether an annotation is Kubernetes' own: `pv.kubernetes.io/bind-completed`, `deployment.kubernetes.io/revision`.
fn is_kubernetes(key: &Text) -> bool {
    key.split('/').next().is_some_and(|domain| domain == "kubernetes.io" || domain.ends_with(".kubernetes.io"))
}

/// Whether one value has all that another says: the server adds defaults.
pub(super) fn covers(has: &Value, says: &Value) -> bool {
    match (&has.data, &says.data) {
        _ if crate::stack::is_low() => false,
        (Data::Map(_), Data::Map(entries)) => entries
            .iter()
            .filter(|e| e.value.data != Data::Null)
            .all(|e| has.get(&e.key).is_some_and(|v| covers(v, &e.value))),
        (Data::List(a), Data::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| covers(a, b)),
        _ => same_scalar(has, says) || same_meaning(has, says, None, &FieldPath::default()),
    }
}

/// Whether nothing is said: null, and maps and lists of nothing.
fn is_empty(value: &Value) -> bool {
    match &value.data {
        Data::Null => true,
        Data::Map(entries) => entries.iter().all(|e| is_empty(&e.value)),
        Data::List(items) => items.is_empty(),
        _ => false,
    }
}

/// Whether Go has no other way to say that there is nothing.
fn is_zero(value: &Value) -> bool {
    match &value.data {
        Data::Null | Data::Bool(false) | Data::Int(0) => true,
        Data::Text(text) => text.is_empty(),
        Data::Map(entries) => entries.iter().all(|e| is_zero(&e.value)),
        Data::List(items) => items.is_empty(),
        _ => false,
    }
}
