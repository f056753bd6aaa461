//! What a change means for a cluster: a file for each idea, all over the same changed objects. Start reading at
//! [`Meaning`].

use super::secrets::Text;
use super::{FieldPath, ObjectId};

/// What the changes of one comparison mean.
#[derive(Clone, Debug, Default, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Meaning {
    /// Images that move.
    pub images: Vec<ImageMove>,
    /// Workloads whose pods are replaced, and changed ones whose pods are not.
    pub restarts: Vec<Restart>,
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
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Total {
    /// `requests.cpu`, `requests.memory`, `limits.cpu`, `limits.memory`, `replicas`.
    pub what: &'static str,
    /// Before.
    pub old: Text,
    /// After.
    pub new: Text,
    /// The difference with its sign, `+250m`; empty where there is none.
    pub difference: Text,
}

/// An update that the API server refuses.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// The object.
    pub object: ObjectId,
    /// The field that the server names.
    pub field: Text,
    /// What the server says of it.
    pub message: Text,
    /// What to do.
    pub remedy: &'static str,
}

/// What is at risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Risk {
    /// What is at risk.
    pub kind: RiskKind,
    /// The object.
    pub object: ObjectId,
    /// One sentence that says what happens.
    pub message: Text,
    /// What to do.
    pub remedy: &'static str,
}

/// A finding of lint that this change brings.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
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
