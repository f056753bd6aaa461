//! What a change means for a cluster: a file for each idea, all over the same changed objects. Start reading at
//! [`Meaning`].

mod access;
mod data;
mod downtime;
mod images;
pub mod refusals;
mod restarts;
mod sizes;
mod workload;

use std::borrow::Cow;

use super::secrets::Text;
use super::{Change, FieldPath, ObjectChange, ObjectId, Side};

/// What the changes of one comparison mean.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Meaning {
    /// Images that move.
    pub images: Vec<ImageMove>,
    /// Workloads whose pods are replaced, and changed ones whose pods are not.
    pub restarts: Vec<Restart>,
    /// ConfigMaps and Secrets that change, each with a workload that takes environment variables from them and whose
    /// pods stay: they keep the old ones until somebody restarts them.
    pub stale: Vec<(ObjectId, ObjectId)>,
    /// Workloads that grow or shrink.
    pub sizes: Vec<SizeChange>,
    /// What all workloads ask for together; nothing where neither side asks for anything.
    pub totals: Vec<Total>,
    /// Updates that the API server will refuse.
    pub refusals: Vec<Refusal>,
    /// Data, availability and access at risk.
    pub risks: Vec<Risk>,
    /// Findings of lint that the old side did not have.
    pub findings: Vec<NewFinding>,
}

/// A container that gets another image.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageMove {
    /// The object.
    pub object: ObjectId,
    /// The container's name.
    pub container: Text,
    /// The image; nothing for a container that is added.
    pub old: Option<Text>,
    /// The image; nothing for a container that goes away.
    pub new: Option<Text>,
}

/// Whether the pods of a changed workload are replaced.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Restart {
    /// The object.
    pub object: ObjectId,
    /// What happens to its pods.
    pub pods: Pods,
    /// The fields of the pod template that differ.
    pub because: Vec<FieldPath>,
}

/// What happens to the pods of a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Pods {
    /// They are replaced one after the other.
    Roll,
    /// All stop, then the new ones start: strategy `Recreate`.
    Recreate,
    /// They stay until somebody deletes them: strategy `OnDelete`.
    Wait,
    /// They stay: something else than the pod template differs.
    Stay,
    /// Future pods are new ones: CronJobs.
    NextRun,
}

/// A workload that asks for more or less.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SizeChange {
    /// The object.
    pub object: ObjectId,
    /// Pods that are wanted; nothing on the side where it isn't there or where an autoscaler decides.
    pub replicas: (Option<i64>, Option<i64>),
    /// What it asks for, times its pods: resource (`requests.cpu`), old, new.
    pub amounts: Vec<(Text, Text, Text)>,
}

/// What all workloads of a comparison ask for.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Total {
    /// `requests.cpu`, `requests.memory`, `limits.cpu`, `limits.memory`, `replicas`.
    pub what: Cow<'static, str>,
    /// Before.
    pub old: Text,
    /// After.
    pub new: Text,
    /// The difference with its sign, `+250m`; empty where there is none.
    pub difference: Text,
}

/// An update that the API server refuses.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// The object.
    pub object: ObjectId,
    /// The field that the server names.
    pub field: Text,
    /// What the server says of it.
    pub message: Text,
    /// What to do.
    pub remedy: Cow<'static, str>,
}

/// What is at risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RiskKind {
    /// Data may be lost.
    Data,
    /// The service may be interrupted.
    Downtime,
    /// Somebody may do more than before.
    Access,
}

/// Something that a person should look at before the change is made.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Risk {
    /// What is at risk.
    pub kind: RiskKind,
    /// The object.
    pub object: ObjectId,
    /// One sentence that says what happens.
    pub message: Text,
    /// What to do.
    pub remedy: Cow<'static, str>,
}

/// A finding of lint that this change brings.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewFinding {
    /// `fintech/no-latest-tag`
    pub rule: Text,
    /// How bad it is.
    pub severity: crate::finding::Severity,
    /// One sentence that says what is wrong.
    pub message: Text,
    /// The object, `Deployment/web in payments`.
    pub object: Text,
    /// The field.
    pub path: Text,
    /// Where to mend it.
    pub place: Option<super::Place>,
    /// What to do.
    pub remedy: Option<Text>,
}

/// What the changes of one comparison mean; findings of lint are added by whoever can lint.
pub fn of(changes: &[ObjectChange], old: &Side, new: &Side) -> Meaning {
    let restarts = restarts::restarts(changes);
    let (sizes, totals) = sizes::sizes(changes, old, new);
    let mut meaning = Meaning { totals, sizes, ..Meaning::default() };
    meaning.stale = restarts::stale(changes, &restarts, &readers(changes, new));
    for change in changes.iter().filter(|c| c.ignored.is_none() && c.change != Change::Unchanged) {
        if change.change == Change::Changed {
            meaning.images.extend(images::moves(change));
            meaning.refusals.extend(refusals(change, old, new));
        }
        let restart = restarts.iter().find(|r| r.object == change.id);
        if change.hooks.is_empty() {
            meaning.risks.extend(data::risks(change));
            meaning.risks.extend(downtime::risks(change, restart));
        }
        meaning.risks.extend(access::risks(change));
    }
    meaning.risks.sort_by_key(|r| r.kind);
    meaning.restarts = restarts;
    meaning
}

/// Updates that the server refuses. Hooks are deleted before they are made again, unless they say otherwise.
fn refusals(change: &ObjectChange, old: &Side, new: &Side) -> Vec<Refusal> {
    let (Some(a), Some(b)) = change.index else { return Vec::new() };
    let (a, b) = (&old.objects[a], &new.objects[b]);
    if !a.hooks.is_empty() || !b.hooks.is_empty() {
        return Vec::new();
    }
    let all = refusals::check(&a.object, &b.object).into_iter();
    all.map(|r| Refusal {
        object: change.id.clone(),
        field: r.field.into(),
        message: r.message.into(),
        remedy: r.remedy.into(),
    })
    .collect()
}

/// The workloads of the new side with what their pods take in when they start.
fn readers(changes: &[ObjectChange], new: &Side) -> Vec<restarts::Reader> {
    let mut found = Vec::new();
    for change in changes {
        let Some(object) = change.index.1.map(|i| &new.objects[i]).filter(|o| o.hooks.is_empty()) else { continue };
        let o = &object.object;
        let runs_on = matches!(&*o.kind, "Deployment" | "StatefulSet" | "DaemonSet" | "Rollout");
        let Some(path) = workload::template_path(o.group(), &o.kind).filter(|_| runs_on) else { continue };
        let Some(pod) = o.root().at(path).and_then(|t| t.get("spec")) else { continue };
        let reads = restarts::reads(pod);
        if change.change != Change::Added && !reads.is_empty() {
            found.push(restarts::Reader { id: change.id.clone(), reads });
        }
    }
    found
}
