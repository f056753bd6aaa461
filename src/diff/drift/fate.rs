//! What the next upgrade makes of a field that drifted. Helm 3, and Helm 4 for releases that are applied by the client,
//! merge three ways: what the new manifest says is set, what the old one said and the new one does not is taken away, all
//! else stays; of kinds that are not built in only what differs between the manifests is sent (helm v4.3.1
//! `pkg/kube/client.go`, `createPatch`). Helm 4 applies by the server: what another manager owns and the manifest says
//! otherwise is a conflict, which fails the upgrade.

use super::super::fields::{FieldChange, FieldStep};
use super::super::lists;
use super::super::secrets::{Data, Value};
use super::prune::covers;
use crate::kube::schema::Shape;

/// How Helm upgrades a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// By a patch that the client makes.
    Merge,
    /// By server-side apply, without `--force-conflicts`.
    Apply,
}

impl Method {
    /// How a release is upgraded that says this of itself (`ssa`, `csa`, or nothing), unless flags say otherwise.
    pub fn of(apply_method: &str, is_helm_3: bool) -> Method {
        if apply_method == "ssa" && !is_helm_3 { Method::Apply } else { Method::Merge }
    }
}

/// What an upgrade makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Fate {
    /// Nothing: it says what the new manifest says.
    Same,
    /// The new manifest's value takes its place.
    Overwritten,
    /// It goes away.
    Removed,
    /// What was taken away comes back.
    Restored,
    /// It stays as it is.
    Kept,
    /// The upgrade fails: another manager owns it.
    Conflict,
    /// What was taken away stays away.
    Gone,
}

/// The sides of an object.
pub(super) struct Sides<'a> {
    pub stored: &'a Value,
    pub live: &'a Value,
    /// Nothing where the upgrade removes the object.
    pub new: Option<&'a Value>,
    pub shape: Option<Shape<'a>>,
    pub method: Method,
    /// Keys that the new object, a Secret, says in `stringData`: there they are nobody else's.
    pub plain: Vec<&'a str>,
}

impl Sides<'_> {
    fn is_plain(&self, path: &[FieldStep]) -> bool {
        matches!(path, [FieldStep::Key(data), FieldStep::Key(key)] if data.as_str() == "data" && self.plain.contains(&key.as_str()))
    }
}

/// A field on the three sides.
#[derive(Clone, Copy)]
struct Point<'a> {
    stored: Option<&'a Value>,
    live: Option<&'a Value>,
    new: Option<&'a Value>,
}

impl<'a> Point<'a> {
    fn each(self, get: impl Fn(&'a Value) -> Option<&'a Value>) -> Point<'a> {
        let get = |value: Option<&'a Value>| value.and_then(&get).filter(|v| v.data != Data::Null);
        Point { stored: get(self.stored), live: get(self.live), new: get(self.new) }
    }
}

/// What becomes of a field, and what the new manifest says where that is something else. `others` tells whether other
/// managers own it, `releases` whether the release does.
pub(super) fn of(field: &FieldChange, sides: &Sides<'_>, others: bool, releases: bool) -> (Fate, Option<Value>) {
    let Some(new) = sides.new else { return (Fate::Removed, None) };
    let mut at = Point { stored: Some(sides.stored), live: Some(sides.live), new: Some(new) };
    let mut shape = sides.shape;
    let mut whole = true;
    for step in &field.path.0 {
        match step {
            FieldStep::Key(key) => {
                at = at.each(|v| v.get(key));
                shape = shape.and_then(|s| s.field(key));
            }
            FieldStep::Item { name, .. } => {
                let (Some(keys), Some(name)) = (shape.and_then(Shape::list_keys), name) else {
                    // The list is one thing.
                    whole = false;
                    break;
                };
                at = at.each(|v| lists::find(v.items(), name, &keys));
                shape = shape.and_then(Shape::item);
            }
        }
    }
    if whole {
        at.live = field.new.as_ref();
    }
    let next = at.new.filter(|n| !at.live.is_some_and(|l| covers(l, n))).cloned();
    let fate = match sides.method {
        Method::Apply => applied(at, next.is_some(), others && !sides.is_plain(&field.path.0), releases),
        Method::Merge => merged(at, next.is_some(), sides.shape.is_some()),
    };
    let next = next.filter(|_| matches!(fate, Fate::Overwritten | Fate::Conflict));
    (fate, next)
}

fn applied(at: Point<'_>, differs: bool, others: bool, releases: bool) -> Fate {
    match (at.live, at.new) {
        (None, None) => Fate::Gone,
        (None, Some(_)) => Fate::Restored,
        (Some(_), None) if releases && !others => Fate::Removed,
        (Some(_), None) => Fate::Kept,
        (Some(_), Some(_)) if !differs => Fate::Same,
        (Some(_), Some(_)) if others => Fate::Conflict,
        (Some(_), Some(_)) => Fate::Overwritten,
    }
}

fn merged(at: Point<'_>, differs: bool, is_built_in: bool) -> Fate {
    let same = match (at.stored, at.new) {
        (Some(a), Some(b)) => covers(a, b) && covers(b, a),
        (None, None) => true,
        _ => false,
    };
    match (at.live, at.new) {
        (None, None) => Fate::Gone,
        // Nothing of it is sent.
        (None, _) if same && !is_built_in => Fate::Gone,
        (Some(_), _) if same && !is_built_in && differs => Fate::Kept,
        (None, Some(_)) => Fate::Restored,
        (Some(_), None) if at.stored.is_some() => Fate::Removed,
        (Some(_), None) => Fate::Kept,
        (Some(_), Some(_)) if differs => Fate::Overwritten,
        (Some(_), Some(_)) => Fate::Same,
    }
}
