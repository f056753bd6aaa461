//! Deployments, ReplicaSets, StatefulSets, DaemonSets, ReplicationControllers (pkg/apis/apps/validation of
//! Kubernetes 1.36).

use super::field::{Field, IntOrText};
use super::formats::{dns_label, percent};
use super::metadata::{SUBDOMAIN, Scope, label_selector, matches, object_meta, selects_something};
use super::{metadata, pod, storage};

const MISMATCH: &str = "`selector` does not match template `labels`";

/// `apps/Deployment`
pub(super) fn deployment(object: Field<'_>) {
    object_meta(object, Scope::Namespaced, SUBDOMAIN);
    let spec = object.at("spec");
    spec.at("replicas").nonnegative();
    if selector(spec, "deployment") {
        replica_template(spec, "ReplicaSet");
    } else {
        spec.at("selector").invalid("invalid label selector");
    }
    deployment_strategy(spec.at("strategy"));
    spec.at("minReadySeconds").nonnegative();
    spec.at("revisionHistoryLimit").nonnegative();
    let deadline = spec.at("progressDeadlineSeconds");
    deadline.nonnegative();
    let seconds = if deadline.is_set() { deadline.int().unwrap_or(600) } else { 600 };
    if seconds <= spec.at("minReadySeconds").int().unwrap_or(0) {
        deadline.invalid_as(seconds, "must be greater than minReadySeconds");
    }
}

/// `apps/ReplicaSet`
pub(super) fn replica_set(object: Field<'_>) {
    object_meta(object, Scope::Namespaced, SUBDOMAIN);
    let spec = object.at("spec");
    spec.at("replicas").nonnegative();
    spec.at("minReadySeconds").nonnegative();
    if selector(spec, "deployment") {
        replica_template(spec, "ReplicaSet");
    } else {
        spec.at("selector").invalid("invalid label selector");
    }
}

/// Checks the selector that a workload must have; says whether it can be used.
fn selector(spec: Field<'_>, kind: &str) -> bool {
    let selector = spec.at("selector");
    if !selector.is_set() {
        selector.required("");
        return true;
    }
    let before = selector.found();
    label_selector(selector);
    let fine = selector.found() == before;
    if !selects_something(selector) {
        selector.invalid(&format!("empty selector is invalid for {kind}"));
    }
    fine
}

fn template_matches(spec: Field<'_>) {
    let (selector, labels) = (spec.at("selector"), spec.below(&["template", "metadata", "labels"]));
    let empty = selector.is_set() && !selects_something(selector);
    if !empty && !matches(selector, labels) {
        labels.invalid(MISMATCH);
    }
}

fn replica_template(spec: Field<'_>, kind: &str) {
    template_matches(spec);
    pod::template(spec.at("template"), None);
    always_restarted(spec.at("template"), kind);
}

fn always_restarted(template: Field<'_>, kind: &str) {
    let restart = template.below(&["spec", "restartPolicy"]);
    if restart.text_or("Always") != "Always" {
        restart.not_supported(&["Always"]);
    }
    let deadline = template.below(&["spec", "activeDeadlineSeconds"]);
    if deadline.is_set() {
        deadline.forbidden(&format!("activeDeadlineSeconds in {kind} is not Supported"));
    }
}

fn deployment_strategy(strategy: Field<'_>) {
    let rolling = strategy.at("rollingUpdate");
    match strategy.at("type").text_or("RollingUpdate") {
        "Recreate" => {
            if rolling.is_set() {
                rolling.forbidden("may not be specified when strategy `type` is 'Recreate'");
            }
        }
        "RollingUpdate" => {
            let (unavailable, surge) = (rolling.at("maxUnavailable"), rolling.at("maxSurge"));
            positive_int_or_percent(unavailable);
            positive_int_or_percent(surge);
            if int_or_percent(unavailable, 25) == 0 && int_or_percent(surge, 25) == 0 {
                unavailable.invalid("may not be 0 when `maxSurge` is 0");
            }
            at_most_all(unavailable);
        }
        _ => strategy.not_supported(&["Recreate", "RollingUpdate"]),
    }
}

/// Says so if a value is neither a number from zero on nor a percentage.
pub(super) fn positive_int_or_percent(value: Field<'_>) {
    match value.int_or_text() {
        Some(IntOrText::Text(_)) => value.check(percent),
        Some(IntOrText::Int(_)) => value.nonnegative(),
        None => {}
    }
}

/// The number, with or without percent; zero for what is neither.
fn int_or_percent(value: Field<'_>, default: i64) -> i64 {
    match value.int_or_text() {
        Some(IntOrText::Int(i)) => i,
        Some(IntOrText::Text(t)) => t.strip_suffix('%').unwrap_or(t).parse().unwrap_or(0),
        None => default,
    }
}

/// Says so if a percentage is above a hundred.
pub(super) fn at_most_all(value: Field<'_>) {
    if let Some(IntOrText::Text(text)) = value.int_or_text()
        && percent(text).is_empty()
        && text.trim_end_matches('%').parse::<i64>().is_ok_and(|p| p > 100)
    {
        value.invalid("must not be greater than 100%");
    }
}

/// `apps/StatefulSet`
pub(super) fn stateful_set(object: Field<'_>) {
    object_meta(object, Scope::Namespaced, dns_label);
    let spec = object.at("spec");
    let policy = spec.at("podManagementPolicy");
    if !["OrderedReady", "Parallel"].contains(&policy.text_or("OrderedReady")) {
        policy.invalid("must be 'OrderedReady' or 'Parallel'");
    }
    stateful_strategy(spec.at("updateStrategy"));
    let retention = spec.at("persistentVolumeClaimRetentionPolicy");
    for name in ["whenDeleted", "whenScaled"] {
        retention.at(name).one_of_or_default(&["Retain", "Delete"]);
    }
    let claims = spec.at("volumeClaimTemplates");
    claims.items().for_each(|claim| storage::claim_spec(claim.at("spec")));
    spec.at("replicas").nonnegative();
    spec.at("minReadySeconds").nonnegative();
    let start = spec.below(&["ordinals", "start"]);
    start.named(spec.at("ordinals.start")).nonnegative();
    spec.at("serviceName").check_if_any(dns_label);
    if selector(spec, "statefulset") {
        template_matches(spec);
        stateful_template(spec);
    } else {
        spec.at("selector").invalid("");
    }
    always_restarted(spec.at("template"), "StatefulSet");
}

/// The names that a StatefulSet gives its pods replace what the template says of them.
fn stateful_template(spec: Field<'_>) {
    let claims = spec.at("volumeClaimTemplates");
    pod::stateful_template(spec.at("template"), claims);
}

fn stateful_strategy(strategy: Field<'_>) {
    let rolling = strategy.at("rollingUpdate");
    match strategy.at("type").text_or("RollingUpdate") {
        "OnDelete" => {
            if rolling.is_set() {
                rolling.invalid("only allowed for updateStrategy 'RollingUpdate'");
            }
        }
        "RollingUpdate" => rolling.at("partition").nonnegative(),
        _ => strategy.invalid("must be 'RollingUpdate' or 'OnDelete'"),
    }
}

/// `apps/DaemonSet`
pub(super) fn daemon_set(object: Field<'_>) {
    object_meta(object, Scope::Namespaced, SUBDOMAIN);
    let spec = object.at("spec");
    let (selector, template) = (spec.at("selector"), spec.at("template"));
    let before = selector.found();
    label_selector(selector);
    let labels = template.below(&["metadata", "labels"]);
    if selector.found() == before && !matches(selector, labels) {
        labels.invalid(MISMATCH);
    }
    if selector.is_set() && !selects_something(selector) {
        selector.invalid("empty selector is invalid for daemonset");
    }
    pod::template(template, None);
    always_restarted(template, "DaemonSet");
    spec.at("minReadySeconds").nonnegative();
    daemon_strategy(spec.at("updateStrategy"));
    spec.at("revisionHistoryLimit").nonnegative();
}

fn daemon_strategy(strategy: Field<'_>) {
    let rolling = strategy.at("rollingUpdate");
    match strategy.at("type").text_or("RollingUpdate") {
        "OnDelete" => {}
        "RollingUpdate" => {
            let (unavailable, surge) = (rolling.at("maxUnavailable"), rolling.at("maxSurge"));
            for value in [unavailable, surge] {
                positive_int_or_percent(value);
                at_most_all(value);
            }
            match (int_or_percent(unavailable, 1) != 0, int_or_percent(surge, 0) != 0) {
                (true, true) => surge.invalid("may not be set when maxUnavailable is non-zero"),
                (false, false) => unavailable.required("cannot be 0 when maxSurge is 0"),
                _ => {}
            }
        }
        _ => strategy.not_supported(&["RollingUpdate", "OnDelete"]),
    }
}

/// `v1/ReplicationController`
pub(super) fn replication_controller(object: Field<'_>) {
    object_meta(object, Scope::Namespaced, SUBDOMAIN);
    let spec = object.at("spec");
    let (selector, template) = (spec.at("selector"), spec.at("template"));
    spec.at("minReadySeconds").nonnegative();
    spec.at("replicas").nonnegative();
    let labels = template.below(&["metadata", "labels"]);
    // Missing labels and a missing selector are filled in from the template.
    if object.below(&["metadata", "labels"]).len() == 0 {
        metadata::labels(labels.named(object.below(&["metadata", "labels"])));
    }
    if selector.len() == 0 && labels.len() == 0 {
        selector.required("");
    }
    if !template.is_set() {
        return template.required("");
    }
    let own = labels.texts();
    if !selector.texts().iter().all(|(key, value)| own.get(key) == Some(value)) {
        labels.invalid(MISMATCH);
    }
    pod::template(template, None);
    always_restarted(template, "ReplicationController");
}

/// `apps/ControllerRevision`
pub(super) fn controller_revision(object: Field<'_>) {
    object_meta(object, Scope::Namespaced, SUBDOMAIN);
    object.at("revision").nonnegative();
    match object.at("data").node() {
        None => object.at("data").required("data is mandatory"),
        Some(data) if matches!(data.data, crate::yaml::node::Data::Map(_)) => {}
        Some(_) => object.at("data").required("data must be a valid JSON object"),
    }
}
