//! Objects that run pods, and where their pods are described.

use crate::diff::secrets::{Text, Value};
use crate::diff::{FieldChange, FieldKind, ObjectChange};

/// Where a kind describes its pods; nothing for kinds that run none. Argo's Rollouts are Deployments in this.
pub(super) fn template_path(group: &str, kind: &str) -> Option<&'static [&'static str]> {
    match (group, kind) {
        ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet") | ("argoproj.io", "Rollout") => {
            Some(&["spec", "template"])
        }
        ("", "ReplicationController") | ("batch", "Job") => Some(&["spec", "template"]),
        ("batch", "CronJob") => Some(&["spec", "jobTemplate", "spec", "template"]),
        ("", "Pod") => Some(&[]),
        _ => None,
    }
}

/// Where the object of a change describes its pods.
pub(super) fn template_of(change: &ObjectChange) -> Option<&'static [&'static str]> {
    template_path(change.id.group(), &change.id.kind)
}

/// The containers of a pod, each with its name.
pub(super) fn containers(template: &Value) -> Vec<(Text, &Value)> {
    let mut found = Vec::new();
    for key in ["initContainers", "containers"] {
        for container in template.at(&["spec", key]).map(Value::items).unwrap_or_default() {
            let name = container.get("name").map(Value::inline).unwrap_or_default();
            found.push((name, container));
        }
    }
    found
}

/// The changes of fields that are at a path, below it, or that hold it; what is only written otherwise is none.
pub(super) fn touching<'c>(change: &'c ObjectChange, path: &'c [&'c str]) -> impl Iterator<Item = &'c FieldChange> {
    change.fields.iter().filter(move |f| {
        let own: Vec<&str> = f.path.keys().map_while(|k| k).collect();
        let common = own.iter().zip(path).take_while(|(a, b)| a == b).count();
        f.kind != FieldKind::SameMeaning && (common == path.len() || common == own.len() && common == f.path.0.len())
    })
}

/// The text at a path.
pub(super) fn text_at<'v>(value: Option<&'v Value>, path: &[&str]) -> Option<&'v Text> {
    value?.at(path)?.as_text()
}
