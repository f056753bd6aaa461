//! Where pods may run: affinity, node selectors, tolerations, spread over topologies.

use std::collections::{BTreeMap, BTreeSet};

use super::field::Field;
use super::formats::{dns_label, dns_subdomain, label_value};
use super::metadata::{label_key, label_selector};
use super::quote;

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";
const EFFECTS: &[&str] = &["NoSchedule", "PreferNoSchedule", "NoExecute"];

/// Whether the values of a node selector are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Values {
    /// They must be values of labels.
    Checked,
    /// As preferences have them.
    Free,
}

/// Affinity of a pod.
pub(super) fn affinity(affinity: Field<'_>) {
    let node = affinity.at("nodeAffinity");
    if node.at(REQUIRED).is_set() {
        node_selector(node.at(REQUIRED));
    }
    for term in node.at(PREFERRED).items() {
        term.at("weight").in_range(1, 100, "must be in the range 1-100");
        node_selector_term(term.at("preference"), Values::Free);
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
        affinity.at(kind).at(REQUIRED).items().for_each(pod_term);
        for term in affinity.at(kind).at(PREFERRED).items() {
            term.at("weight").in_range(1, 100, "must be in the range 1-100");
            pod_term(term.at("podAffinityTerm"));
        }
    }
}

/// A selector of nodes.
pub(super) fn node_selector(selector: Field<'_>) {
    let terms = selector.at("nodeSelectorTerms");
    if terms.len() == 0 {
        return terms.required("must have at least one node selector term");
    }
    terms.items().for_each(|term| node_selector_term(term, Values::Checked));
}

fn node_selector_term(term: Field<'_>, values: Values) {
    term.at("matchExpressions").items().for_each(|e| node_requirement(e, values));
    term.at("matchFields").items().for_each(field_requirement);
}

fn node_requirement(requirement: Field<'_>, checked: Values) {
    let (operator, values) = (requirement.at("operator"), requirement.at("values"));
    match operator.text() {
        "In" | "NotIn" if values.len() == 0 => {
            values.required("must be specified when `operator` is 'In' or 'NotIn'");
        }
        "Exists" | "DoesNotExist" if values.len() > 0 => {
            values.forbidden("may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
        }
        "Gt" | "Lt" if values.len() != 1 => {
            values.required("must be specified single value when `operator` is 'Lt' or 'Gt'");
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" => {}
        other => operator.invalid_as(quote(other), "not a valid selector operator"),
    }
    label_key(requirement.at("key"));
    if checked == Values::Checked {
        values.items().for_each(|v| v.check(label_value));
    }
}

fn field_requirement(requirement: Field<'_>) {
    let (key, operator, values) = (requirement.at("key"), requirement.at("operator"), requirement.at("values"));
    match operator.text() {
        "In" | "NotIn" => {
            if values.len() != 1 {
                values.required("must be only one value when `operator` is 'In' or 'NotIn' for node field selector");
            }
        }
        other => operator.invalid_as(quote(other), "not a valid selector operator"),
    }
    match key.text() {
        "metadata.name" => values.items().for_each(|v| v.check(dns_subdomain)),
        other => key.invalid_as(quote(other), "not a valid field selector key"),
    }
}

fn pod_term(term: Field<'_>) {
    label_selector(term.at("labelSelector"));
    label_selector(term.at("namespaceSelector"));
    for namespace in term.at("namespaces").items() {
        namespace.named(term.at("namespace")).check(dns_label);
    }
    label_keys(term, &["matchLabelKeys", "mismatchLabelKeys"]);
    let topology = term.at("topologyKey");
    topology.has_text("can not be empty");
    label_key(topology);
}

/// Keys of labels whose values are those of the pod itself.
fn label_keys(term: Field<'_>, names: &[&'static str]) {
    let selector = term.at("labelSelector");
    for name in names {
        let keys = term.at(name);
        if keys.len() > 0 && !selector.is_set() {
            keys.forbidden("must not be specified when labelSelector is not set");
        } else {
            keys.items().for_each(label_key);
        }
    }
    let matching: BTreeMap<&str, usize> =
        term.at("matchLabelKeys").items().enumerate().map(|(i, k)| (k.text(), i)).collect();
    let mut selected: BTreeSet<&str> = selector.at("matchLabels").texts().into_keys().collect();
    for expression in selector.at("matchExpressions").items() {
        let key = expression.at("key").text();
        if let Some(i) = matching.get(key).filter(|_| selected.contains(key)) {
            term.index(*i).invalid_as(quote(key), "exists in both matchLabelKeys and labelSelector");
        }
        selected.insert(key);
    }
    let other: BTreeSet<&str> = match names {
        [_, mismatch] => term.at(mismatch).item_texts(),
        _ => BTreeSet::new(),
    };
    for key in term.at("matchLabelKeys").items().filter(|k| other.contains(k.text())) {
        key.invalid("exists in both matchLabelKeys and mismatchLabelKeys");
    }
}

fn key_and_action<'a>(constraint: Field<'a>) -> (&'a str, &'a str) {
    (constraint.at("topologyKey").text(), constraint.at("whenUnsatisfiable").text())
}

/// How pods are spread.
pub(super) fn topology_spread(constraints: Field<'_>) {
    let all: Vec<Field<'_>> = constraints.items().collect();
    let mut left: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    all.iter().for_each(|c| *left.entry(key_and_action(*c)).or_default() += 1);
    for constraint in &all {
        let (key, action, domains) =
            (constraint.at("topologyKey"), constraint.at("whenUnsatisfiable"), constraint.at("minDomains"));
        if constraint.at("maxSkew").int().unwrap_or(0) <= 0 {
            constraint
                .at("maxSkew")
                .invalid_as(constraint.at("maxSkew").int().unwrap_or(0), "must be greater than zero");
        }
        key.has_text("can not be empty");
        if !["DoNotSchedule", "ScheduleAnyway"].contains(&action.text()) {
            action.not_supported(&["DoNotSchedule", "ScheduleAnyway"]);
        }
        let rest = left.entry(key_and_action(*constraint)).or_default();
        *rest = rest.saturating_sub(1);
        if *rest > 0 {
            let both = format!("{{{}, {}}}", key.text(), action.text());
            constraint.at("{topologyKey, whenUnsatisfiable}").duplicate_as(quote(&both));
        }
        if domains.int().is_some_and(|d| d <= 0) {
            domains.invalid("must be greater than zero");
        }
        if domains.is_set() && action.text() != "DoNotSchedule" {
            let detail = format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {}", action.text());
            domains.invalid(&detail);
        }
        for policy in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
            constraint.at(policy).one_of(&["Honor", "Ignore"]);
        }
        label_keys(*constraint, &["matchLabelKeys"]);
        label_selector(constraint.at("labelSelector"));
    }
}

/// The taints that a pod does not mind.
pub(super) fn tolerations(tolerations: Field<'_>) {
    for toleration in tolerations.items() {
        let (key, operator, value, effect) =
            (toleration.at("key"), toleration.at("operator"), toleration.at("value"), toleration.at("effect"));
        if !key.text().is_empty() {
            label_key(key);
        } else if operator.text() != "Exists" {
            let detail = "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            operator.invalid_as(quote(operator.text()), detail);
        }
        if toleration.at("tolerationSeconds").is_set() && effect.text() != "NoExecute" {
            effect.invalid_as(quote(effect.text()), "effect must be 'NoExecute' when `tolerationSeconds` is set");
        }
        match operator.text() {
            "Equal" | "" => {
                let errors = label_value(value.text());
                if !errors.is_empty() {
                    operator.invalid_as(quote(value.text()), &errors.join(";"));
                }
            }
            "Exists" => {
                if !value.text().is_empty() {
                    operator.invalid_as(quote(value.text()), "value must be empty when `operator` is 'Exists'");
                }
            }
            "Lt" | "Gt" => operator.not_supported(&["Equal", "Exists", "Lt", "Gt"]),
            _ => operator.not_supported(&["Equal", "Exists"]),
        }
        effect.one_of_or_default(EFFECTS);
    }
}

/// An effect of a taint, which must be given.
pub(super) fn taint_effect(effect: Field<'_>) {
    if effect.has_text("") {
        effect.one_of(EFFECTS);
    }
}
