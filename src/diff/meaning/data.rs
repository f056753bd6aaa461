//! Data at risk: what holds data and goes away, or will go away later.

use super::{Risk, RiskKind};
use crate::diff::secrets::{Text, Value};
use crate::diff::{Change, ObjectChange, ObjectId};

/// What happens to the data of an object that Helm deletes, and what to do.
const HOLDERS: &[(&str, &str, &str, &str)] = &[
    (
        "",
        "PersistentVolumeClaim",
        "the claim is deleted, and its volume with it unless the volume's reclaim policy is Retain",
        "Take a snapshot first, or annotate the deployed claim with helm.sh/resource-policy: keep.",
    ),
    (
        "",
        "PersistentVolume",
        "the volume is deleted; with the reclaim policy Delete the disk goes too",
        "Set persistentVolumeReclaimPolicy to Retain first, or annotate it with helm.sh/resource-policy: keep.",
    ),
    (
        "apps",
        "StatefulSet",
        "its pods are deleted; their claims stay without an owner unless the retention policy says Delete",
        "Check that nobody needs the data of its claims, or that something else takes them over.",
    ),
    (
        "apiextensions.k8s.io",
        "CustomResourceDefinition",
        "the definition is deleted, and every object of its kind in the cluster with it",
        "Keep it: move it to crds/, or annotate the deployed one with helm.sh/resource-policy: keep.",
    ),
    (
        "",
        "Namespace",
        "the namespace is deleted, and everything in it, claims and Secrets too",
        "Keep it: annotate the deployed one with helm.sh/resource-policy: keep.",
    ),
];

/// What a change does to data.
pub(super) fn risks(change: &ObjectChange) -> Vec<Risk> {
    let (id, old) = match &change.change {
        Change::Removed => (&change.id, &change.old),
        Change::Renamed { from } => (from, &change.old),
        Change::Changed => return policies(change),
        Change::Added | Change::Unchanged => return Vec::new(),
    };
    let holder = HOLDERS.iter().find(|h| h.0 == id.group() && h.1 == id.kind.as_str());
    let Some((_, _, message, remedy)) = holder.filter(|_| !is_kept(old.as_ref())) else { return Vec::new() };
    let message = match &change.change {
        Change::Renamed { .. } => Text::concat(&[&"under its old name ".into(), &Text::from(*message)]),
        _ => Text::from(*message),
    };
    vec![Risk { kind: RiskKind::Data, object: id.clone(), message, remedy: (*remedy).into() }]
}

/// Whether Helm leaves the object when the release no longer has it.
fn is_kept(old: Option<&Value>) -> bool {
    let policy = old.and_then(|o| o.at(&["metadata", "annotations", "helm.sh/resource-policy"]));
    policy.and_then(Value::as_str).is_some_and(|p| p.trim().eq_ignore_ascii_case("keep"))
}

/// Policies that delete data later.
fn policies(change: &ObjectChange) -> Vec<Risk> {
    let text = |side: &Option<Value>, path: &[&str], default: &str| -> String {
        let found = side.as_ref().and_then(|s| s.at(path)).and_then(Value::as_str);
        found.unwrap_or(default).to_owned()
    };
    let becomes = |path: &[&str], default: &str, bad: &str| {
        text(&change.old, path, default) != bad && text(&change.new, path, default) == bad
    };
    let risk = |object: &ObjectId, message: &'static str, remedy: &'static str| Risk {
        kind: RiskKind::Data,
        object: object.clone(),
        message: message.into(),
        remedy: remedy.into(),
    };
    let mut found = Vec::new();
    let (group, kind) = (change.id.group(), change.id.kind.as_str());
    if (group, kind) == ("", "PersistentVolume")
        && becomes(&["spec", "persistentVolumeReclaimPolicy"], "Retain", "Delete")
    {
        found.push(risk(&change.id, "the disk is deleted as soon as its claim is", "Keep the reclaim policy Retain."));
    }
    if (group, kind) == ("apps", "StatefulSet") {
        let policy = "persistentVolumeClaimRetentionPolicy";
        for (when, message) in [
            ("whenDeleted", "its claims are deleted with the StatefulSet"),
            ("whenScaled", "claims are deleted when it is scaled down"),
        ] {
            if becomes(&["spec", policy, when], "Retain", "Delete") {
                found.push(risk(&change.id, message, "Keep the retention policy Retain where the data matters."));
            }
        }
        let replicas = |side: &Option<Value>| side.as_ref()?.at(&["spec", "replicas"])?.as_i64();
        let shrinks = matches!((replicas(&change.old), replicas(&change.new)), (Some(a), Some(b)) if b < a);
        if shrinks && text(&change.new, &["spec", policy, "whenScaled"], "Retain") == "Delete" {
            found.push(risk(
                &change.id,
                "it is scaled down, and the claims of the pods that go are deleted",
                "Set whenScaled: Retain first.",
            ));
        }
    }
    if !is_kept(change.new.as_ref()) && is_kept(change.old.as_ref()) {
        let holder = HOLDERS.iter().any(|h| h.0 == group && h.1 == kind);
        if holder {
            let message = "it loses helm.sh/resource-policy: keep, so uninstalling or dropping it will delete it";
            found.push(risk(&change.id, message, "Keep the annotation."));
        }
    }
    found
}
