//! Pods that are replaced, and pods that are not although one might think so. A field that is ignored elsewhere counts
//! here, unless its whole object is: it replaces pods all the same.

use super::workload::{template_of, text_at, touching};
use super::{Pods, Restart};
use crate::diff::secrets::Value;
use crate::diff::{Change, ObjectChange, ObjectId};

/// What happens to the pods of the changed workloads.
pub(super) fn restarts(changes: &[ObjectChange]) -> Vec<Restart> {
    changes
        .iter()
        .filter(|c| c.change == Change::Changed && c.hooks.is_empty() && c.ignored.is_none())
        .filter_map(restart)
        .collect()
}

fn restart(change: &ObjectChange) -> Option<Restart> {
    let path = template_of(change)?;
    // A Pod and the template of a Job are refused or left alone, never replaced.
    if matches!(change.id.kind.as_str(), "Pod" | "Job") {
        return None;
    }
    let because: Vec<_> = touching(change, path).map(|f| f.path.clone()).collect();
    let new = change.new.as_ref();
    let strategy = text_at(new, &["spec", "strategy", "type"]).map(|t| t.as_str());
    let update = text_at(new, &["spec", "updateStrategy", "type"]).map(|t| t.as_str());
    let paused = new.and_then(|n| n.at(&["spec", "paused"])).and_then(Value::as_bool) == Some(true);
    let pods = match change.id.kind.as_str() {
        _ if because.is_empty() => Pods::Stay,
        "CronJob" => Pods::NextRun,
        "ReplicaSet" | "ReplicationController" => Pods::Wait,
        _ if paused || update == Some("OnDelete") => Pods::Wait,
        _ if strategy == Some("Recreate") => Pods::Recreate,
        _ => Pods::Roll,
    };
    Some(Restart { object: change.id.clone(), pods, because })
}

/// ConfigMaps and Secrets that change, with the workloads that read them and whose pods stay. `unchanged` are workloads
/// that say the same on both sides: their names, and the names that they refer to.
pub(super) fn stale(changes: &[ObjectChange], restarts: &[Restart], readers: &[Reader]) -> Vec<(ObjectId, ObjectId)> {
    let replaced = |id: &ObjectId| restarts.iter().any(|r| r.object == *id && r.pods != Pods::Stay);
    let is_config = |c: &&ObjectChange| {
        matches!(c.id.kind.as_str(), "ConfigMap" | "Secret") && c.change == Change::Changed && c.counts()
    };
    let mut found = Vec::new();
    for config in changes.iter().filter(is_config) {
        let reads =
            |r: &&Reader| r.reads.iter().any(|(kind, name)| *kind == &*config.id.kind && *name == *config.id.name);
        for reader in readers.iter().filter(|r| r.id.namespace == config.id.namespace).filter(reads) {
            if !replaced(&reader.id) {
                found.push((config.id.clone(), reader.id.clone()));
            }
        }
    }
    found
}

/// A workload of the new side, and the ConfigMaps and Secrets that its pods take in when they start.
pub(super) struct Reader {
    pub id: ObjectId,
    pub reads: Vec<(&'static str, String)>,
}

/// The ConfigMaps and Secrets that containers get environment variables from. What is mounted is brought up to date by
/// the kubelet.
pub(super) fn reads(pod: &crate::yaml::node::Node) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for key in ["initContainers", "containers"] {
        for container in pod.get(key).map(|c| c.items()).unwrap_or_default() {
            let sources = container.get("envFrom").map(|e| e.items()).unwrap_or_default().iter();
            let variables = container.get("env").map(|e| e.items()).unwrap_or_default().iter();
            let variables = variables.filter_map(|v| v.get("valueFrom"));
            for source in sources.chain(variables) {
                let named = [
                    ("ConfigMap", "configMapRef"),
                    ("ConfigMap", "configMapKeyRef"),
                    ("Secret", "secretRef"),
                    ("Secret", "secretKeyRef"),
                ];
                for (kind, key) in named {
                    let name = source.at(&[key, "name"]).and_then(|n| n.as_str());
                    found.extend(name.map(|n| (kind, n.to_owned())));
                }
            }
        }
    }
    found
}
