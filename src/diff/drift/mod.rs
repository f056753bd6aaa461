//! Drift: what a cluster has, against what a release put there and what it will put there. Three sides of each object:
//! as the release stored it, as it is live, and as the next manifest has it. What somebody edited by hand is what differs
//! between the first two once everything is taken out that others may have done: the server's defaults ([`prune`]), and
//! fields that controllers own ([`owners`], by `managedFields`), which are told apart. What the next upgrade makes of
//! each is [`fate`]'s.
//!
//! Nothing here asks a cluster: [`live`] takes answers in. Start reading at [`of`].

pub mod fate;
pub mod live;
mod owners;
mod prune;
pub mod server;
mod taint;

use std::collections::HashMap;

use super::fields::{self, FieldKind};
use super::identity::{Key, key};
use super::meaning::Refusal;
use super::secrets::{Redactor, Tainted, Text, Value, Which};
use super::{Change, FieldChange, FieldPath, ObjectChange, ObjectId, Side, SideObject};
use crate::cluster::managed::Step;
use crate::kube::schema::Shape;
use fate::{Fate, Method, Sides};
use live::LiveSide;
use owners::Owners;

pub use taint::taint;

/// What became of an object in the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// Fields of it say something else.
    Edited,
    /// It is gone.
    Deleted,
    /// It says that it is this release's, whose manifests have no such object.
    Unknown,
}

/// What is said of an object that drifted.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectDrift {
    /// What became of it.
    pub kind: Kind,
    /// What an upgrade makes of that, for objects that are gone or unknown.
    pub fate: Option<Fate>,
    /// Fields that others own, and that count for nothing.
    pub apart: Vec<Apart>,
}

/// What is said of a field that drifted.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldDrift {
    /// Who wrote it: `kubectl-edit`, `kubectl (scale)`; nobody where that is not recorded, as of what is removed.
    pub managers: Vec<Text>,
    /// When the last of them wrote anything of this object, RFC 3339.
    pub time: Option<Text>,
    /// What an upgrade makes of it.
    pub fate: Fate,
    /// What the new manifest says, where it says something else than the live object.
    pub next: Option<Value>,
}

/// A field that another manager owns, or that the server made something else of.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Apart {
    /// The field.
    pub path: FieldPath,
    /// What the release says; nothing where it says nothing.
    pub stored: Option<Value>,
    /// What it is.
    pub live: Value,
    /// Whose it is: the release's own for what another revision wrote, or an admission webhook made of its value; nobody's
    /// for what the server made of it.
    pub managers: Vec<Text>,
    /// Whether they are the release's own.
    pub by_release: bool,
    /// What an upgrade makes of it.
    pub fate: Fate,
}

/// Whose release it is, and how it is upgraded.
pub struct Context<'a> {
    /// What the release stored.
    pub stored: &'a Side,
    /// What it will be made of next; [`Context::stored`] again where nothing is to change.
    pub new: &'a Side,
    /// What the cluster has.
    pub live: &'a LiveSide,
    /// How Helm upgrades it.
    pub method: Method,
    /// The fields that secrets reached, on all three sides.
    pub tainted: &'a Tainted,
    /// Hides what is secret on all three sides.
    pub redactor: &'a Redactor,
}

/// The objects that drifted, sorted as [`super::compare`] sorts; those whose fields are only others' are among them.
pub fn of(context: &Context<'_>) -> Vec<ObjectChange> {
    let mut found: Vec<ObjectChange> = Vec::new();
    let next = next(context.new);
    for (stored, _) in context.stored.objects.iter().enumerate().filter(|(_, o)| o.hooks.is_empty()) {
        let new = next.get(&key(context.stored, stored, true)).copied();
        let change = match context.live.of_stored(stored) {
            live::State::Object(at) => edited(context, (stored, at, new)),
            live::State::Missing => Some(deleted(context, stored, new)),
            live::State::Unasked => None,
        };
        found.extend(change);
    }
    found.extend(context.live.unknown().map(|at| unknown(context, at)));
    found.sort_by(|a, b| a.id.order().cmp(&b.id.order()));
    found
}

/// The objects of the new side by what they are known by.
type Next<'a> = HashMap<Key<'a>, usize>;

fn next<'a>(new: &'a Side) -> Next<'a> {
    let numbers = (0..new.objects.len()).rev().filter(|i| new.objects[*i].hooks.is_empty());
    numbers.map(|i| (key(new, i, true), i)).collect()
}

/// New objects that are there already and that Helm does not take over (helm v4.3.1 `pkg/action/validate.go`,
/// `checkOwnership`): `release` is the name and namespace that it looks for.
pub fn taken(context: &Context<'_>, release: (&str, &str)) -> Vec<Refusal> {
    let mut found = Vec::new();
    for (new, at) in context.live.taken() {
        let root = context.live.side.objects[at].object.root();
        let wanted = [
            ("metadata.labels", "app.kubernetes.io/managed-by", "Helm"),
            ("metadata.annotations", "meta.helm.sh/release-name", release.0),
            ("metadata.annotations", "meta.helm.sh/release-namespace", release.1),
        ];
        let says = |(place, key, _): &(&str, &str, &str)| {
            let place: Vec<&str> = place.split('.').collect();
            root.at(&place)?.get(key)?.as_str().map(str::to_owned)
        };
        let Some(wrong) = wanted.iter().find(|w| says(w).as_deref() != Some(w.2)) else { continue };
        let is = says(wrong).map_or("missing".to_owned(), |v| format!("{v:?}"));
        let text =
            format!("is there already, and no release's or another one's: {} is {is}, not {:?}", wrong.1, wrong.2);
        found.push(Refusal {
            object: ObjectId::of(&context.new.objects[new].object, &context.new.namespace, context.redactor),
            field: wrong.0.into(),
            message: context.redactor.text(&text),
            remedy: "Delete it, or upgrade with --take-ownership if the release may have it.".into(),
        });
    }
    found
}

fn start(id: ObjectId, change: Change, kind: Kind, fate: Option<Fate>) -> ObjectChange {
    let drift = Some(Box::new(ObjectDrift { kind, fate, apart: Vec::new() }));
    ObjectChange { id, change, drift, ..ObjectChange::none() }
}

fn deleted(context: &Context<'_>, stored: usize, new: Option<usize>) -> ObjectChange {
    let object = &context.stored.objects[stored];
    let id = ObjectId::of(&object.object, &context.stored.namespace, context.redactor);
    let fate = if new.is_some() { Fate::Restored } else { Fate::Gone };
    let old = context.redactor.object(&live::with_data(&object.object), context.tainted, Which::Old, stored);
    ObjectChange {
        old: Some(old),
        index: (Some(stored), None),
        ..start(id, Change::Removed, Kind::Deleted, Some(fate))
    }
}

fn unknown(context: &Context<'_>, at: usize) -> ObjectChange {
    let object = &context.live.side.objects[at];
    let id = ObjectId::of(&object.object, &context.stored.namespace, context.redactor);
    let shown = context.redactor.object(&object.object, context.tainted, Which::Live, at);
    let mut change = ObjectChange {
        new: Some(prune::without_bookkeeping(&shown)),
        ..start(id, Change::Added, Kind::Unknown, Some(Fate::Kept))
    };
    if live::is_kept(&object.object) {
        change.ignored = Some("helm.sh/resource-policy: keep".into());
    }
    change
}

fn edited(context: &Context<'_>, (stored, at, new): (usize, usize, Option<usize>)) -> Option<ObjectChange> {
    let (object, live) = (&context.stored.objects[stored], &context.live.side.objects[at]);
    let (redactor, tainted) = (context.redactor, context.tainted);
    let old = redactor.object(&live::with_data(&object.object), tainted, Which::Old, stored);
    let whole = redactor.object(&live.object, tainted, Which::Live, at);
    let plain = new.map(|i| live::plain_keys(&context.new.objects[i].object)).unwrap_or_default();
    let new = new.map(|i| {
        let o = &context.new.objects[i].object;
        redactor.object(&live::with_data(o), tainted, Which::New, i)
    });
    let shape = Shape::of(&object.object.api_version, &object.object.kind);
    let owners = Owners::new(context.live.raw(at));
    let pruned = prune::prune(&old, &whole, &owners, shape);
    let mut fields = fields::changes(&object.object, None, &old, &pruned.live);
    fields.retain(|f| matches!(f.kind, FieldKind::Added | FieldKind::Removed | FieldKind::Changed));
    if fields.is_empty() && pruned.apart.is_empty() {
        return None;
    }
    let sides = Sides { stored: &old, live: &pruned.live, new: new.as_ref(), shape, method: context.method, plain };
    for field in &mut fields {
        describe(field, &sides, &owners, live, redactor);
    }
    let apart = pruned.apart.into_iter().map(|a| a.said(&sides, &owners, redactor)).collect();
    let id = ObjectId::of(&object.object, &context.stored.namespace, redactor);
    let mut change = start(id, Change::Changed, Kind::Edited, None);
    if let Some(drift) = &mut change.drift {
        drift.apart = apart;
    }
    Some(ObjectChange { old: Some(old), new: Some(pruned.live), fields, index: (Some(stored), None), ..change })
}

/// Says of a field who wrote it and what becomes of it.
fn describe(field: &mut FieldChange, sides: &Sides<'_>, owners: &Owners<'_>, live: &SideObject, redactor: &Redactor) {
    let root = live.object.root();
    let path = match &field.new {
        Some(value) => live::path_to(root, value.offset),
        None => live::parent_of(root, sides.live, &field.path),
    };
    let writers = match (&field.new, path.last()) {
        (Some(_), _) => owners.others(&path),
        // What an item was taken out of may be owned as a whole.
        (None, _) => owners.of_whole(&path),
    };
    let (fate, next) = fate::of(field, sides, !writers.is_empty(), owners.is_releases(&path));
    let time = writers.iter().map(|m| m.time.as_str()).max().filter(|t| !t.is_empty());
    field.drift = Some(Box::new(FieldDrift {
        managers: writers.iter().map(|m| redactor.text(&owners::name(m))).collect(),
        time: time.map(|t| redactor.text(t)),
        fate,
        next,
    }));
}

impl prune::Found {
    /// With what an upgrade makes of it.
    fn said(self, sides: &Sides<'_>, owners: &Owners<'_>, redactor: &Redactor) -> Apart {
        let path: &[Step] = &self.raw;
        let others = owners.others(path);
        let writers = if others.is_empty() { owners.releases(path) } else { others.clone() };
        let kind = if self.stored.is_some() { FieldKind::Changed } else { FieldKind::Added };
        let mut field = FieldChange::new(self.path, kind, self.stored, Some(self.live));
        let (fate, _) = fate::of(&field, sides, !others.is_empty(), owners.is_releases(path));
        Apart {
            path: std::mem::take(&mut field.path),
            stored: field.old,
            live: field.new.unwrap_or_else(Value::null),
            by_release: others.is_empty(),
            managers: writers.iter().map(|m| redactor.text(&owners::name(m))).collect(),
            fate,
        }
    }
}
