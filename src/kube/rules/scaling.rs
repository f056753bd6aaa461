//! HorizontalPodAutoscalers and PodDisruptionBudgets (pkg/apis/autoscaling and policy of Kubernetes 1.36).

use super::field::Field;
use super::formats::{dns_label, path_segment};
use super::metadata::{PATH_SEGMENT, SUBDOMAIN, Scope, generic_object_meta, label_selector, object_meta};
use super::quote;
use super::resources::container_resource_name;
use super::workloads::{at_most_all, positive_int_or_percent};

/// Whether a reference must say of which group its object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    Needed,
    Optional,
}

/// The kinds of metrics, with the fields that hold them, in the order in which the server looks at them.
const METRICS: &[(&str, &str)] = &[
    ("Object", "object"),
    ("External", "external"),
    ("Pods", "pods"),
    ("Resource", "resource"),
    ("ContainerResource", "containerResource"),
];
const METRIC_TYPES: &[&str] = &["ContainerResource", "External", "Object", "Pods", "Resource"];

/// `autoscaling/v2 HorizontalPodAutoscaler`
pub(super) fn autoscaler(object: Field<'_>) {
    object_meta(object, Scope::Namespaced, SUBDOMAIN);
    let spec = object.at("spec");
    bounds(spec);
    let metrics = spec.at("metrics");
    metrics.items().for_each(metric);
    for direction in ["scaleUp", "scaleDown"] {
        scaling_rules(spec.at("behavior").at(direction));
    }
    let scales_to_zero = metrics.items().any(|m| ["Object", "External"].contains(&m.at("type").text()));
    if spec.at("minReplicas").int() == Some(0) && !scales_to_zero {
        metrics.forbidden("must specify at least one Object or External metric to support scaling to zero replicas");
    }
}

/// `autoscaling/v1 HorizontalPodAutoscaler`
pub(super) fn autoscaler_v1(object: Field<'_>) {
    object_meta(object, Scope::Namespaced, SUBDOMAIN);
    let spec = object.at("spec");
    bounds(spec);
    let target = spec.at("targetCPUUtilizationPercentage");
    if target.int().is_some_and(|t| t < 1) {
        // The server converts to version 2 before it looks.
        let at = spec.at("metrics").index(0).below(&["resource", "target", "averageUtilization"]);
        target.named(at).invalid("must be greater than 0");
    }
    if spec.at("minReplicas").int() == Some(0) {
        let detail = "must specify at least one Object or External metric to support scaling to zero replicas";
        spec.at("metrics").forbidden(detail);
    }
}

fn bounds(spec: Field<'_>) {
    let (least, most, target) = (spec.at("minReplicas"), spec.at("maxReplicas"), spec.at("scaleTargetRef"));
    // To nothing since 1.37.
    let lowest = i64::from(!least.since(37));
    if least.int().is_some_and(|m| m < lowest) {
        least.invalid(&format!("must be greater than or equal to {lowest}"));
    }
    match most.int() {
        None | Some(0) => most.required("must be set and greater than 0"),
        Some(..0) => most.invalid("must be greater than or equal to 1"),
        Some(_) => {}
    }
    let highest = most.int().unwrap_or(0);
    if highest < least.int().unwrap_or(1) {
        most.invalid_as(highest, "must be greater than or equal to `minReplicas`");
    }
    let group = if target.at("kind").text() == "ReplicationController" { Group::Optional } else { Group::Needed };
    object_reference(target, group);
}

fn object_reference(reference: Field<'_>, group: Group) {
    for name in ["kind", "name"] {
        reference.at(name).check_required(path_segment);
    }
    let version = reference.at("apiVersion");
    let text = version.text();
    if text.matches('/').count() > 1 {
        version.invalid(&format!("unexpected GroupVersion string: {text}"));
    } else if group == Group::Needed && text.split_once('/').is_none_or(|(g, _)| g.is_empty()) {
        version.invalid_as(quote(text), "apiVersion must specify API group");
    }
}

fn metric(metric: Field<'_>) {
    let kind = metric.at("type");
    if kind.text().is_empty() {
        kind.required("must specify a metric source type");
    }
    if !METRIC_TYPES.contains(&kind.text()) {
        kind.not_supported(METRIC_TYPES);
    }
    let given: Vec<_> = METRICS.iter().filter(|(_, field)| metric.at(field).is_set()).collect();
    if let Some((_, field)) = given.first() {
        source(field, metric.at(field));
    }
    let expected = METRICS.iter().find(|(name, _)| *name == kind.text()).map(|(_, field)| *field);
    match expected {
        Some(field) if !metric.at(field).is_set() => {
            metric.at(field).required("must populate information for the given metric source");
        }
        Some(_) => {}
        None => kind.not_supported(METRIC_TYPES),
    }
    if given.len() != 1 {
        for (_, field) in given.iter().filter(|(_, f)| Some(*f) != expected) {
            metric.at(field).forbidden("must populate the given metric source only");
        }
    }
}

fn source(kind: &str, source: Field<'_>) {
    let target = source.at("target");
    let (value, average, utilization) =
        (target.at("value"), target.at("averageValue"), target.at("averageUtilization"));
    match kind {
        "object" => object_reference(source.at("describedObject"), Group::Optional),
        "resource" => {
            source.at("name").has_text("must specify a resource name");
        }
        "containerResource" => {
            if source.at("name").has_text("must specify a resource name") {
                container_resource_name(source.at("name"), source.at("name").text());
            }
            if source.at("container").has_text("must specify a container") {
                source.at("container").check(dns_label);
            }
        }
        _ => {}
    }
    if ["object", "external", "pods"].contains(&kind) {
        let name = source.below(&["metric", "name"]);
        if name.has_text("must specify a metric name") {
            name.check(path_segment);
        }
    }
    metric_target(target);
    match kind {
        "object" if !value.is_set() && !average.is_set() => {
            average.required("must set either a target value or averageValue");
        }
        "external" => match (value.is_set(), average.is_set()) {
            (false, false) => average.required("must set either a target value for metric or a per-pod target"),
            (true, true) => value.forbidden("may not set both a target value for metric and a per-pod target"),
            _ => {}
        },
        "pods" if !average.is_set() => average.required("must specify a positive target averageValue"),
        "resource" | "containerResource" => match (utilization.is_set(), average.is_set()) {
            (false, false) => utilization.required("must set either a target raw value or a target utilization"),
            (true, true) => average.forbidden("may not set both a target raw value and a target utilization"),
            _ => {}
        },
        _ => {}
    }
}

fn metric_target(target: Field<'_>) {
    let kind = target.at("type");
    if kind.text().is_empty() {
        kind.required("must specify a metric target type");
    }
    if !["Utilization", "Value", "AverageValue"].contains(&kind.text()) {
        kind.invalid_as(quote(kind.text()), "must be either Utilization, Value, or AverageValue");
    }
    for name in ["value", "averageValue"] {
        if target.at(name).quantity().is_some_and(|q| !q.is_positive()) {
            target.at(name).invalid("must be positive");
        }
    }
    let utilization = target.at("averageUtilization");
    if utilization.int().is_some_and(|u| u < 1) {
        utilization.invalid("must be greater than 0");
    }
}

fn scaling_rules(rules: Field<'_>) {
    if !rules.is_set() {
        return;
    }
    let (window, policies) = (rules.at("stabilizationWindowSeconds"), rules.at("policies"));
    match window.int() {
        Some(..0) => window.invalid("must be greater than or equal to zero"),
        Some(3601..) => window.invalid("must be less than or equal to 3600"),
        _ => {}
    }
    rules.at("selectPolicy").one_of(&["Disabled", "Max", "Min"]);
    if policies.is_set() && policies.len() == 0 {
        policies.required("must specify at least one Policy");
    }
    for policy in policies.items() {
        let (kind, seconds) = (policy.at("type"), policy.at("periodSeconds"));
        if !["Percent", "Pods"].contains(&kind.text()) {
            kind.not_supported(&["Percent", "Pods"]);
        }
        for field in [policy.at("value"), seconds] {
            if field.int().unwrap_or(0) <= 0 {
                field.invalid_as(field.int().unwrap_or(0), "must be greater than zero");
            }
        }
        if seconds.int().is_some_and(|s| s > 1800) {
            seconds.invalid("must be less than or equal to 1800");
        }
    }
    let tolerance = rules.at("tolerance");
    if let Some(amount) = tolerance.quantity().filter(|q| q.is_negative()) {
        tolerance.invalid_as(quote(&amount.to_string()), "must be greater than or equal to 0");
    }
}

/// `policy/PodDisruptionBudget`
pub(super) fn disruption_budget(object: Field<'_>) {
    generic_object_meta(object, Scope::Namespaced, PATH_SEGMENT);
    let spec = object.at("spec");
    let bounds = [spec.at("minAvailable"), spec.at("maxUnavailable")];
    if bounds.iter().all(|b| b.is_set()) {
        spec.invalid("minAvailable and maxUnavailable cannot be both set");
    }
    for bound in bounds {
        positive_int_or_percent(bound);
        at_most_all(bound);
    }
    label_selector(spec.at("selector"));
    spec.at("unhealthyPodEvictionPolicy").one_of(&["AlwaysAllow", "IfHealthyBudget"]);
}
