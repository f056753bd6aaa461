//! What the API server says to new objects when it is asked to apply them without storing them: its refusals stand in the
//! place of those that were foreseen.

use std::collections::HashSet;

use super::super::Side;
use super::super::identity::ObjectId;
use super::super::meaning::Refusal;
use super::super::secrets::Redactor;

/// What the server said of a new object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The object's number.
    pub object: usize,
    /// What it said.
    pub verdict: Verdict,
}

/// What the server said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It would store it.
    Taken,
    /// It would refuse it.
    Refused {
        /// `Invalid`, `Conflict`, `Forbidden`
        reason: String,
        /// In its words.
        message: String,
        /// Fields with what is wrong with each.
        causes: Vec<(String, String)>,
    },
    /// It has no such kind.
    NoKind,
}

/// Refusals of a release's new objects: the server's own, and those foreseen of what it was not asked about.
pub fn refusals(answers: &[Answer], new: &Side, foreseen: Vec<Refusal>, redactor: &Redactor) -> Vec<Refusal> {
    let id = |answer: &Answer| ObjectId::of(&new.objects[answer.object].object, &new.namespace, redactor);
    let asked: HashSet<ObjectId> = answers.iter().map(id).collect();
    let (known, mut found): (Vec<Refusal>, Vec<Refusal>) =
        foreseen.into_iter().partition(|r| asked.contains(&r.object));
    for answer in answers {
        found.extend(said(answer, id(answer), &known, redactor));
    }
    found
}

/// What the server refuses of one object, each with what to do where that was foreseen.
fn said(answer: &Answer, object: ObjectId, known: &[Refusal], redactor: &Redactor) -> Vec<Refusal> {
    let remedy = |field: &str, reason: &str| {
        let same = known.iter().find(|k| k.object == object && k.field.as_str() == field);
        same.or(known.iter().find(|k| k.object == object)).map_or(usual(reason).into(), |k| k.remedy.clone())
    };
    let one = |field: &str, message: &str, reason: &str| Refusal {
        object: object.clone(),
        field: redactor.text(field),
        message: redactor.text(message),
        remedy: remedy(field, reason),
    };
    match &answer.verdict {
        Verdict::Taken => Vec::new(),
        Verdict::NoKind => vec![one("apiVersion", "the cluster has no such kind in this version", "NoKind")],
        Verdict::Refused { reason, message, causes } if causes.is_empty() => vec![one("", message, reason)],
        Verdict::Refused { reason, causes, .. } => {
            causes.iter().map(|(field, message)| one(field.trim_start_matches('.'), message, reason)).collect()
        }
    }
}

/// What to do about a kind of refusal.
fn usual(reason: &str) -> &'static str {
    match reason {
        "Conflict" => "Take the other manager's value into the values, or upgrade with --force-conflicts.",
        "Forbidden" => "Ask whoever runs the cluster: a quota, a policy or the rights of this user are in the way.",
        "NotFound" => "Make the namespace first, or upgrade with --create-namespace.",
        "NoKind" => "Install its definition first, or use a version that the cluster has.",
        _ => "Change the manifest to what the server takes.",
    }
}
