//! Downtime at risk: pods that are all replaced at once or before others are ready, addresses that go away, budgets that
//! block.

use super::workload::{template_of, text_at};
use super::{Pods, Restart, Risk, RiskKind};
use crate::diff::secrets::{Text, Value};
use crate::diff::{Change, FieldKind, ObjectChange};

/// What a change does to availability, given what happens to its pods.
pub(super) fn risks(change: &ObjectChange, restart: Option<&Restart>) -> Vec<Risk> {
    let mut found = Vec::new();
    let mut add = |message: Text, remedy: &'static str| {
        found.push(Risk { kind: RiskKind::Downtime, object: change.id.clone(), message, remedy: remedy.into() });
    };
    match change.change {
        Change::Removed | Change::Renamed { .. } => goes_away(change, &mut add),
        Change::Changed => {
            if let Some(restart) = restart {
                replaced(change, restart, &mut add);
            }
            stopped(change, &mut add);
        }
        Change::Added | Change::Unchanged => {}
    }
    if change.change != Change::Removed {
        budget(change, &mut add);
    }
    found
}

type Add<'a> = dyn FnMut(Text, &'static str) + 'a;

fn goes_away(change: &ObjectChange, add: &mut Add<'_>) {
    let renamed = matches!(change.change, Change::Renamed { .. });
    let message: Option<(&'static str, &'static str)> = match (change.id.group(), change.id.kind.as_str()) {
        ("", "Service") => Some((
            "its name and address go away: clients that use them fail",
            "Keep the old Service until all clients use the new name.",
        )),
        ("networking.k8s.io", "Ingress") | ("gateway.networking.k8s.io", "HTTPRoute") if !renamed => Some((
            "what it routes can no longer be reached from outside",
            "Check that something else serves its hosts.",
        )),
        ("apps", "Deployment" | "StatefulSet" | "DaemonSet") | ("argoproj.io", "Rollout") => Some((
            "its pods stop; Helm deletes them after it made the others, and waits for nothing in between unless told to",
            "Deploy both for a while, or upgrade with --wait.",
        )),
        _ => None,
    };
    if let Some((message, remedy)) = message {
        add(message.into(), remedy);
    }
}

/// Pods that are replaced.
fn replaced(change: &ObjectChange, restart: &Restart, add: &mut Add<'_>) {
    let kind = change.id.kind.as_str();
    let Some(new) = change.new.as_ref().filter(|_| matches!(restart.pods, Pods::Roll | Pods::Recreate)) else { return };
    let replicas = new.at(&["spec", "replicas"]).and_then(Value::as_i64).unwrap_or(1);
    if restart.pods == Pods::Recreate {
        let message = "all pods stop before the new ones start (strategy Recreate)";
        add(message.into(), "Use RollingUpdate where two versions may run side by side; or plan for the outage.");
        return;
    }
    if kind == "DaemonSet" || replicas == 0 {
        return;
    }
    if kind == "StatefulSet" && replicas == 1 {
        add(
            "its only pod stops before the new one starts".into(),
            "Run at least two replicas, or plan for the outage.",
        );
    }
    let unavailable = new.at(&["spec", "strategy", "rollingUpdate", "maxUnavailable"]);
    if kind == "Deployment" && unavailable.is_some_and(|u| reaches(u, replicas)) {
        let message = "maxUnavailable lets all pods stop at once";
        add(message.into(), "Set maxUnavailable to 0 and maxSurge to 1 or more.");
    }
    let Some(template) = template_of(change).and_then(|path| new.at(path)) else { return };
    let serves = |c: &&Value| c.get("ports").is_some_and(Value::is_given) && c.get("readinessProbe").is_none();
    let blind: Vec<&Value> =
        template.at(&["spec", "containers"]).map(Value::items).unwrap_or_default().iter().filter(serves).collect();
    if let Some(first) = blind.first() {
        let name = first.get("name").map(Value::inline).unwrap_or_default();
        let message = Text::concat(&[
            &"container ".into(),
            &name,
            &" has ports and no readiness probe: it gets requests before it can answer, and the rollout goes on".into(),
        ]);
        add(message, "Add a readinessProbe.");
    }
}

/// Whether a number or percentage of pods is all of them.
fn reaches(part: &Value, replicas: i64) -> bool {
    match (part.as_i64(), part.as_str().and_then(|t| t.strip_suffix('%')?.parse::<i64>().ok())) {
        (Some(n), _) => n >= replicas && replicas > 0,
        // The server rounds down.
        (None, Some(percent)) => replicas > 0 && replicas.saturating_mul(percent) / 100 >= replicas,
        (None, None) => false,
    }
}

/// Workloads that are scaled to nothing, and Services that select other pods.
fn stopped(change: &ObjectChange, add: &mut Add<'_>) {
    let replicas = |side: &Option<Value>| side.as_ref()?.at(&["spec", "replicas"])?.as_i64();
    let (before, after) = (replicas(&change.old), replicas(&change.new));
    if template_of(change).is_some() && after == Some(0) && before != Some(0) {
        add("it is scaled to no pods at all".into(), "Check that nobody needs it now.");
    }
    let is_service = change.id.kind.as_str() == "Service" && change.id.group().is_empty();
    let selector =
        |f: &&crate::diff::FieldChange| f.kind != FieldKind::SameMeaning && f.path.is_below(&["spec", "selector"]);
    if is_service && change.fields.iter().any(|f| selector(&f)) {
        let message = "it selects other pods from the moment it is changed, whether they are there yet or not";
        add(message.into(), "Change the pods' labels first, then the selector in a second upgrade.");
    }
}

/// Budgets that let no pod go.
fn budget(change: &ObjectChange, add: &mut Add<'_>) {
    if (change.id.group(), change.id.kind.as_str()) != ("policy", "PodDisruptionBudget") {
        return;
    }
    let blocks = |side: &Option<Value>| {
        let zero = |v: &Value| v.as_i64() == Some(0) || v.as_str() == Some("0%");
        let none = side.as_ref().and_then(|s| s.at(&["spec", "maxUnavailable"])).is_some_and(zero);
        none || text_at(side.as_ref(), &["spec", "minAvailable"]).is_some_and(|t| t.as_str() == "100%")
    };
    if blocks(&change.new) && !blocks(&change.old) {
        let message = "it lets no pod be evicted: nodes cannot be drained";
        add(message.into(), "Let at least one pod go: maxUnavailable: 1.");
    }
}
