//! Amounts of resources: requests and limits of containers and pods, and the names that resources may have
//! (pkg/apis/core/validation and helper of Kubernetes 1.36).

use std::collections::{BTreeMap, BTreeSet};

use super::field::Field;
use super::formats::{dns_label, qualified_name};
use super::quote;
use crate::kube::quantity::Quantity;

const NOT_INTEGER: &str = "must be an integer";
const HUGE_PAGES: &str = "hugepages-";
/// The resources that pods as a whole may ask for.
const POD_LEVEL: &[&str] = &["cpu", "memory"];
const INTEGERS: &[&str] = &[
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
];
const QUOTA: &[&str] = &[
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.storage",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
];

/// Whose resources they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// A container's.
    Container,
    /// A pod's as a whole.
    Pod,
}

/// Whether this is a name for huge pages.
pub(super) fn is_huge_page(name: &str) -> bool {
    name.starts_with(HUGE_PAGES)
}

/// Whether this is one of Kubernetes' own resources.
fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

/// Whether this is a resource of somebody else, such as a kind of devices.
pub(super) fn is_extended(name: &str) -> bool {
    !is_native(name) && !name.starts_with("requests.") && qualified_name(&format!("requests.{name}")).is_empty()
}

/// Whether more of it may be promised than there is.
pub(super) fn is_overcommit_allowed(name: &str) -> bool {
    is_native(name) && !is_huge_page(name)
}

/// Whether a quota may limit it by this name.
pub(super) fn is_quota_resource(name: &str) -> bool {
    QUOTA.contains(&name) || INTEGERS.contains(&name) || is_quota_huge_page(name)
}

fn is_quota_huge_page(name: &str) -> bool {
    is_huge_page(name) || name.starts_with("requests.hugepages-")
}

/// Checks the name of any resource.
pub(super) fn resource_name(at: Field<'_>, name: &str) {
    let errors = qualified_name(name);
    if errors.is_empty() && !name.contains('/') && !is_quota_resource(name) && name != "storage" {
        at.invalid_as(quote(name), "must be a standard resource type or fully qualified");
    }
    for message in errors {
        at.invalid_as(quote(name), &message);
    }
}

/// Checks the name of a container's resource.
pub(super) fn container_resource_name(at: Field<'_>, name: &str) {
    resource_name(at, name);
    if !name.contains('/') {
        if !["cpu", "memory", "ephemeral-storage"].contains(&name) && !is_huge_page(name) {
            at.invalid_as(quote(name), "must be a standard resource for containers");
        }
    } else if !is_native(name) && !is_extended(name) {
        at.invalid_as(quote(name), "doesn't follow extended resource name standard");
    }
}

fn pod_resource_name(at: Field<'_>, name: &str) {
    let before = at.found();
    resource_name(at, name);
    if at.found() == before && !POD_LEVEL.contains(&name) && !is_huge_page(name) {
        at.not_supported_as(quote(name), &["cpu", "hugepages-", "memory"]);
    }
}

/// Checks that an amount is not negative, and whole where it counts things.
pub(super) fn amount(at: Field<'_>, name: &str, value: &Quantity) {
    if value.is_negative() {
        at.invalid_as(quote(&value.to_string()), "must be greater than or equal to 0");
    }
    if (INTEGERS.contains(&name) || is_extended(name)) && !value.is_whole() {
        at.invalid_as(quote(&value.to_string()), NOT_INTEGER);
    }
}

/// The amounts of a list of resources. What is no quantity is left to the schema.
pub(super) fn amounts<'a>(list: Field<'a>) -> Vec<(&'a str, Field<'a>, Quantity)> {
    // The server rounds what is written in resource lists up to thousandths.
    let rounded = |q: Quantity| match q.scaled(3) {
        milli if milli.abs() < i64::MAX => Quantity::parse(&format!("{milli}m")).filter(|r| *r != q).unwrap_or(q),
        _ => q,
    };
    list.entries().filter_map(|(name, field)| Some((name, field, rounded(field.quantity()?)))).collect()
}

/// What decides whether requests are filled in from limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Requests {
    /// As they were written.
    Given,
    /// Those of limits too, as pods have them.
    FromLimits,
}

/// Checks requests, limits and claims.
pub(super) fn requirements(resources: Field<'_>, of: Of, claims: &BTreeSet<&str>, defaulting: Requests) {
    let limits = amounts(resources.at("limits"));
    let mut requests = amounts(resources.at("requests"));
    let most: BTreeMap<&str, &Quantity> = limits.iter().map(|l| (l.0, &l.2)).collect();
    if defaulting == Requests::FromLimits {
        let given: BTreeSet<&str> = requests.iter().map(|r| r.0).collect();
        for (name, _, value) in limits.iter().filter(|l| !given.contains(l.0)) {
            requests.push((name, resources.at("requests").absent_key(name), value.clone()));
        }
    }
    for (name, at, value) in &limits {
        single(*at, name, value, of);
    }
    for (name, at, value) in &requests {
        single(*at, name, value, of);
        against_limit(resources, name, value, most.get(name).copied());
    }
    let names = || limits.iter().chain(&requests).map(|a| a.0);
    if names().any(is_huge_page) && !names().any(|n| n == "cpu" || n == "memory") {
        resources.forbidden("HugePages require cpu or memory");
    }
    claim_names(resources.at("claims"), claims);
}

/// Checks a list of limits on its own, as the overhead of a pod is.
pub(super) fn limits_only<'a>(limits: Field<'a>, named: Field<'a>) {
    let limits = amounts(limits);
    let path = named.at("limits");
    for (name, at, value) in &limits {
        single(at.named(path.absent_key(name)), name, value, Of::Container);
    }
    let has = |test: fn(&str) -> bool| limits.iter().any(|l| test(l.0));
    if has(is_huge_page) && !has(|n| n == "cpu" || n == "memory") {
        named.forbidden("HugePages require cpu or memory");
    }
}

fn single(at: Field<'_>, name: &str, value: &Quantity, of: Of) {
    match of {
        Of::Container => container_resource_name(at, name),
        Of::Pod => pod_resource_name(at, name),
    }
    amount(at, name, value);
    if let Some(size) = name.strip_prefix(HUGE_PAGES) {
        let page = Quantity::parse(size).filter(|p| p.is_positive() && p.is_whole());
        if !page.is_some_and(|p| value.is_multiple_of(&p)) {
            at.invalid_as(quote(&value.to_string()), &format!("{value} is not positive integer multiple of {name}"));
        }
    }
}

fn against_limit(resources: Field<'_>, name: &str, request: &Quantity, limit: Option<&Quantity>) {
    let requests = resources.at("requests");
    match limit {
        Some(limit) if request != limit && !is_overcommit_allowed(name) => {
            requests.invalid_as(quote(&request.to_string()), &format!("must be equal to {name} limit of {limit}"));
        }
        Some(limit) if request > limit => {
            let detail = format!("must be less than or equal to {name} limit of {limit}");
            requests.invalid_as(quote(&request.to_string()), &detail);
        }
        None if !is_overcommit_allowed(name) => {
            resources.at("limits").required("Limit must be set for non overcommitable resources");
        }
        _ => {}
    }
}

fn claim_names(claims: Field<'_>, known: &BTreeSet<&str>) {
    let (mut seen, mut of_requests): (BTreeSet<String>, BTreeSet<&str>) = Default::default();
    for claim in claims.items() {
        let (name, request) = (claim.at("name").text(), claim.at("request"));
        if name.is_empty() {
            claim.required("");
            continue;
        }
        if seen.contains(name) {
            claim.duplicate_as(quote(name));
        } else {
            request.check_if_any(dns_label);
            let key = if request.is_set() { format!("{name}/{}", request.text()) } else { name.to_owned() };
            if seen.contains(&key) {
                claim.duplicate_as(quote(&key));
            } else if !request.is_set() && of_requests.contains(name) {
                claim.duplicate_as(quote(name));
            }
            if request.is_set() {
                of_requests.insert(name);
            }
            seen.insert(key);
        }
        if !known.contains(name) {
            let all: Vec<&str> = known.iter().copied().collect();
            let tail = if all.is_empty() { " which is empty".into() } else { format!(": {}", all.join(", ")) };
            claim.not_found(&format!("must be one of the names in pod.spec.resourceClaims{tail}"));
        }
    }
}
