//! Events of both groups (pkg/apis/core/validation/events.go of Kubernetes 1.36), bindings of pods, and the reviews that
//! authorization answers (pkg/apis/authorization), which no chart should have but manifests may.

use super::field::Field;
use super::formats::{dns_subdomain, qualified_name};
use super::metadata::{SUBDOMAIN, Scope, object_meta};
use super::quote;
use crate::yaml::node::Entry;

/// The most bytes of what an event says.
const LIMITS: &[(&str, usize)] = &[("reportingInstance", 128), ("action", 128), ("reason", 128)];
const NOTE: usize = 1024;

/// `v1/Event`
pub(super) fn event(object: Field<'_>) {
    let meta = object.at("metadata");
    if meta.at("generateName").text().is_empty() {
        meta.at("name").has_text("name or generateName is required");
    }
    any(object, "involvedObject", "reportingComponent", "message");
}

/// `events.k8s.io/v1` `Event`: the same with other names, and stricter.
pub(super) fn new_event(object: Field<'_>) {
    any(object, "regarding", "reportingController", "note");
    object_meta(object, Scope::Namespaced, SUBDOMAIN);
    let series = object.at("series");
    if series.is_set() {
        if series.at("count").int().unwrap_or(0) < 2 {
            series.at("count").invalid_as(quote(""), "should be at least 2");
        }
        if series.at("lastObservedTime").text().is_empty() {
            series.at("lastObservedTime").required("");
        }
    }
    if object.at("eventTime").text().is_empty() {
        object.at("eventTime").required("");
    }
    let kind = object.at("type");
    if !["Normal", "Warning"].contains(&kind.text()) {
        kind.invalid_as(quote(""), &format!("has invalid value: {}", kind.text()));
    }
    // The server speaks of the fields by their old names.
    for (own, named) in [("deprecatedFirstTimestamp", "firstTimestamp"), ("deprecatedLastTimestamp", "lastTimestamp")] {
        if object.at(own).is_set() {
            object.at(named).invalid_as(quote(""), "needs to be unset");
        }
    }
    if object.at("deprecatedCount").int_or(0) != 0 {
        object.at("count").invalid_as(quote(""), "needs to be unset");
    }
    let source = object.at("deprecatedSource");
    if !source.at("component").text().is_empty() || !source.at("host").text().is_empty() {
        object.at("source").invalid_as(quote(""), "needs to be unset");
    }
}

fn any(object: Field<'_>, about: &'static str, reporter: &'static str, note: &'static str) {
    let own = object.below(&["metadata", "namespace"]).text();
    let other = object.at(about).at("namespace").named(object.below(&["involvedObject", "namespace"]));
    let is_new = !object.at("eventTime").text().is_empty();
    // Nothing is said of a namespace that the command line gives.
    let fits = match (is_new, other.text()) {
        _ if own.is_empty() => true,
        (false, "") => own == "default",
        (false, other) => own == other,
        (true, other) => !other.is_empty() || ["default", "kube-system"].contains(&own),
    };
    if !fits {
        other.invalid_as(quote(other.text()), "does not match event.namespace");
    }
    if !is_new {
        return;
    }
    let reporter = object.at(reporter);
    reporter.has_text("");
    reporter.check(qualified_name);
    for (name, most) in LIMITS {
        let field = object.at(name);
        field.has_text("");
        if field.text().len() > *most {
            field.invalid_as(quote(""), &format!("can have at most {most} characters"));
        }
    }
    if object.at(note).text().len() > NOTE {
        object.at("message").invalid_as(quote(""), &format!("can have at most {NOTE} characters"));
    }
    object.below(&["metadata", "namespace"]).named(object.at("namespace")).check_if_any(dns_subdomain);
}

/// `v1/Binding`
pub(super) fn binding(object: Field<'_>) {
    let target = object.at("target");
    object.below(&["metadata", "name"]).has_text("");
    target.at("kind").one_of_or_default(&["Node", "<empty>"]);
    target.at("name").has_text("");
}

/// `SubjectAccessReview`
pub(super) fn access_review(object: Field<'_>) {
    asked(object.at("spec"), true);
    bare(object, &[], "must be empty");
}

/// `SelfSubjectAccessReview`
pub(super) fn own_access_review(object: Field<'_>) {
    asked(object.at("spec"), false);
    bare(object, &[], "must be empty");
}

/// `SelfSubjectRulesReview`
pub(super) fn own_rules_review(object: Field<'_>) {
    object.below(&["spec", "namespace"]).has_text("no namespace on request");
}

/// `LocalSubjectAccessReview`
pub(super) fn local_access_review(object: Field<'_>) {
    let spec = object.at("spec");
    asked(spec, true);
    bare(object, &["namespace"], "must be empty except for namespace");
    let namespace = spec.below(&["resourceAttributes", "namespace"]);
    let own = object.below(&["metadata", "namespace"]).text();
    if spec.at("resourceAttributes").is_set() && !own.is_empty() && namespace.text() != own {
        namespace.invalid_as(quote(namespace.text()), "must match metadata.namespace");
    }
    if spec.at("nonResourceAttributes").is_set() {
        spec.at("nonResourceAttributes").invalid("disallowed on this kind of request");
    }
}

/// A review has no name.
fn bare(object: Field<'_>, allowed: &[&str], detail: &str) {
    let meta = object.at("metadata");
    let entries = meta.node().map_or(&[][..], |n| n.entries());
    let counts = |e: &&Entry| !e.value.is_null() && !allowed.contains(&&*e.key) && &*e.key != "managedFields";
    if entries.iter().any(|e| counts(&e)) {
        meta.invalid(detail);
    }
}

fn asked(spec: Field<'_>, names_subject: bool) {
    let (resource, other) = (spec.at("resourceAttributes"), spec.at("nonResourceAttributes"));
    match (resource.is_set(), other.is_set()) {
        (true, true) => other.invalid("cannot be specified in combination with resourceAttributes"),
        (false, false) => {
            resource.invalid("exactly one of nonResourceAttributes or resourceAttributes must be specified");
        }
        _ => {}
    }
    if names_subject && spec.at("user").text().is_empty() && spec.at("groups").len() == 0 {
        spec.at("user").invalid_as(quote(""), "at least one of user or group must be specified");
    }
    for name in ["fieldSelector", "labelSelector"] {
        if resource.at(name).is_set() {
            selector(resource.at(name));
        }
    }
}

fn selector(selector: Field<'_>) {
    let (raw, requirements) = (selector.at("rawSelector"), selector.at("requirements"));
    match (raw.text().is_empty(), requirements.len() == 0) {
        (false, false) => raw.invalid("may not specified at the same time as requirements"),
        (true, true) => {
            let path = selector.path();
            requirements.required(&format!("when {path} is specified, requirements or rawSelector is required"));
        }
        _ => {}
    }
    let is_label = selector.path().ends_with("labelSelector");
    for requirement in requirements.items() {
        let (key, values) = (requirement.at("key"), requirement.at("values"));
        if is_label {
            key.check(qualified_name);
        } else {
            key.has_text("must be specified");
        }
        match requirement.at("operator").text() {
            "In" | "NotIn" if values.len() == 0 => {
                values.required("must be specified when `operator` is 'In' or 'NotIn'");
            }
            "Exists" | "DoesNotExist" if values.len() > 0 => {
                values.forbidden("may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
            }
            _ => {}
        }
    }
}
