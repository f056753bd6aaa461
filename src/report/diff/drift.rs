//! What is said of objects that the cluster has otherwise than their release: who did it, and what an upgrade makes of it.

use crate::diff::ObjectChange;
use crate::diff::drift::fate::Fate;
use crate::diff::drift::{Apart, FieldDrift, Kind, ObjectDrift};
use crate::diff::secrets::{Text, Value};

use super::words::{number, one_line};

/// What became of an object, as it stands behind its name.
pub(super) fn object(change: &ObjectChange, drift: &ObjectDrift) -> String {
    let what = match drift.kind {
        Kind::Edited if change.fields.is_empty() => return "edited, but not by hand".into(),
        Kind::Edited => return "edited in the cluster".into(),
        Kind::Deleted => "deleted from the cluster",
        Kind::Unknown => "only in the cluster, as this release's",
    };
    match drift.fate {
        Some(fate) => format!("{what}: {}", becomes(fate, None)),
        None => what.into(),
    }
}

/// Who wrote a field, and what becomes of it: `kubectl-edit 2026-11-21T15:04:05Z; the upgrade overwrites it with 3`.
pub(super) fn field(drift: &FieldDrift) -> String {
    let mut text = match &drift.managers[..] {
        [] => "by whom is not recorded".to_owned(),
        managers => names(managers),
    };
    if let Some(time) = &drift.time {
        text.push_str(&format!(" {time}"));
    }
    one_line(&format!("{text}; {}", becomes(drift.fate, drift.next.as_ref())))
}

/// What the upgrade makes of something.
fn becomes(fate: Fate, next: Option<&Value>) -> String {
    match (fate, next.filter(|n| n.is_scalar()).map(short)) {
        (Fate::Same, _) => "the upgrade says the same".into(),
        (Fate::Overwritten, Some(next)) => format!("the upgrade overwrites it with {next}"),
        (Fate::Overwritten, None) => "the upgrade overwrites it".into(),
        (Fate::Removed, _) => "the upgrade removes it".into(),
        (Fate::Restored, _) => "the upgrade makes it again".into(),
        (Fate::Kept, _) => "the upgrade keeps it".into(),
        (Fate::Conflict, Some(next)) => format!("the upgrade wants {next} and fails with a conflict"),
        (Fate::Conflict, None) => "the upgrade fails with a conflict".into(),
        (Fate::Gone, _) => "the upgrade does not bring it back".into(),
    }
}

/// Fields that are others', each on a line.
pub(super) fn apart(change: &ObjectChange) -> Vec<String> {
    let apart = change.drift.iter().flat_map(|d| &d.apart);
    apart.map(|a| one_line(&format!("{} {}: {}", change.id, a.path, apart_text(a)))).collect()
}

/// `3 → 7, kube-controller-manager (scale); the upgrade keeps it`
pub(super) fn apart_text(apart: &Apart) -> String {
    let whose = match &apart.managers[..] {
        [] => "the server's, or an admission webhook's".to_owned(),
        managers if apart.by_release => format!("{}, by another revision or an admission webhook", names(managers)),
        managers => names(managers),
    };
    let live = short(&apart.live);
    let values = match &apart.stored {
        Some(stored) => format!("{} → {live}", short(stored)),
        None => live,
    };
    one_line(&format!("{values}, {whose}; {}", becomes(apart.fate, None)))
}

/// What drifted of an object, in one sentence.
pub(super) fn sentence(change: &ObjectChange) -> Option<String> {
    let drift = change.drift.as_ref()?;
    if drift.kind != Kind::Edited {
        return Some(format!("{}: {}", change.id, object(change, drift)));
    }
    let counted: Vec<_> = change.fields.iter().filter(|f| f.counts()).collect();
    let one = |f: &&&crate::diff::FieldChange| {
        let value = |v: &Option<Value>| v.as_ref().map_or("nothing".to_owned(), short);
        let by = f.drift.as_ref().filter(|d| !d.managers.is_empty());
        let by = by.map(|d| format!(" by {}", names(&d.managers))).unwrap_or_default();
        format!("{} {} → {}{by}", f.path, value(&f.old), value(&f.new))
    };
    let mut said: Vec<String> = counted.iter().take(FIELDS).map(|f| one(&f)).collect();
    if counted.len() > FIELDS {
        said.push(number(counted.len() - FIELDS, "more field"));
    }
    Some(format!("{}: {}", change.id, said.join(", ")))
}

/// So many fields of an object are told in a sentence.
const FIELDS: usize = 3;

/// Whether an upgrade fails because of the object, and the fields that do it.
pub(super) fn conflicts(change: &ObjectChange) -> Option<String> {
    let fields = change.fields.iter().filter(|f| f.counts());
    let by_hand =
        fields.filter_map(|f| f.drift.as_ref().filter(|d| d.fate == Fate::Conflict).map(|d| (&f.path, &d.managers)));
    let apart = change.drift.iter().flat_map(|d| &d.apart).filter(|a| a.fate == Fate::Conflict);
    let all: Vec<String> = by_hand
        .chain(apart.map(|a| (&a.path, &a.managers)))
        .map(|(path, managers)| format!("{path} of {}", names(managers)))
        .collect();
    (!all.is_empty()).then(|| format!("{}: the upgrade fails with a conflict over {}", change.id, all.join(", ")))
}

/// What an upgrade takes from controllers: an autoscaler's replicas.
pub(super) fn overwritten(change: &ObjectChange) -> Option<String> {
    let apart = change.drift.iter().flat_map(|d| &d.apart);
    let taken = apart.filter(|a| a.fate == Fate::Overwritten && !a.by_release);
    let all: Vec<String> = taken.map(|a| format!("{} of {}", a.path, names(&a.managers))).collect();
    (!all.is_empty()).then(|| format!("{}: the upgrade overwrites {}", change.id, all.join(", ")))
}

fn names(managers: &[Text]) -> String {
    let names: Vec<&str> = managers.iter().map(Text::as_str).collect();
    names.join(", ")
}

/// A value as it fits into a sentence.
fn short(value: &Value) -> String {
    const LONGEST: usize = 60;
    let text = one_line(&value.inline());
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}
