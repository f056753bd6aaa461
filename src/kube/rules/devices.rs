//! Dynamic resource allocation: claims, their templates, and classes of devices (pkg/apis/resource of Kubernetes 1.36).
//! What drivers publish is in [`super::slices`].

use std::collections::{BTreeMap, BTreeSet};

use super::expressions::Expressions;
use super::field::Field;
use super::formats::{c_identifier_messages, dns_label, dns_subdomain, label_value};
use super::metadata::{SUBDOMAIN, Scope, object_meta};
use super::quote;
use super::resources::is_extended;
use super::storage::template_meta;
use super::volume_sources::csi_driver_name;
use crate::cel::Type;
use crate::yaml::node::Data;

const MODES: &[&str] = &["All", "ExactCount"];
/// What a taint does.
pub(super) const EFFECTS: &[&str] = &["NoExecute", "NoSchedule", "None"];
/// The most requests, constraints, selectors and configurations of a claim.
const MOST: usize = 32;
/// The most alternatives of a request.
const MOST_ALTERNATIVES: usize = 8;
/// The most bytes of a name behind a domain.
pub(super) const LONGEST_ID: usize = 32;

/// `resource.k8s.io/ResourceClaim`
pub(super) fn claim(object: Field<'_>) {
    object_meta(object, Scope::Namespaced, SUBDOMAIN);
    claim_spec(object.at("spec"));
}

/// `resource.k8s.io/ResourceClaimTemplate`
pub(super) fn claim_template(object: Field<'_>) {
    object_meta(object, Scope::Namespaced, SUBDOMAIN);
    let spec = object.at("spec");
    template_meta(spec.at("metadata"));
    claim_spec(spec.at("spec"));
}

/// `resource.k8s.io/DeviceClass`
pub(super) fn class(object: Field<'_>) {
    object_meta(object, Scope::Cluster, SUBDOMAIN);
    let spec = object.at("spec");
    selectors(spec.at("selectors"));
    if is_short(spec.at("config"), MOST) {
        spec.at("config").items().for_each(configuration);
    }
    let name = spec.at("extendedResourceName");
    if name.is_set() && !is_extended(name.text()) {
        name.invalid("must be a valid extended resource name");
    }
}

/// The names of requests, each with those of its alternatives.
type Names<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

fn claim_spec(spec: Field<'_>) {
    let devices = spec.at("devices");
    let requests = devices.at("requests");
    let mut names = Names::new();
    for request in requests.items() {
        let alternatives = request.at("firstAvailable").items().map(|a| a.at("name").text());
        names.insert(request.at("name").text(), alternatives.collect());
    }
    if is_short(requests, MOST) {
        requests.items().for_each(request);
        unique(requests, |r| r.at("name").text());
    }
    if is_short(devices.at("constraints"), MOST) {
        devices.at("constraints").items().for_each(|c| constraint(c, &names));
    }
    if is_short(devices.at("config"), MOST) {
        for config in devices.at("config").items() {
            references(config.at("requests"), &names);
            configuration(config);
        }
    }
}

/// Says so if a list is too long, which keeps the server from looking at its items.
pub(super) fn is_short(list: Field<'_>, most: usize) -> bool {
    if list.len() > most {
        list.too_many(most);
    }
    list.len() <= most
}

/// Says which items have a key that one before them has.
pub(super) fn unique<'a>(list: Field<'a>, key: impl Fn(Field<'a>) -> &'a str) {
    let mut seen = BTreeSet::new();
    for item in list.items().filter(|i| !seen.insert(key(*i))) {
        item.duplicate_as(quote(key(item)));
    }
}

fn request(request: Field<'_>) {
    request.at("name").check_required(dns_label);
    let (exactly, first) = (request.at("exactly"), request.at("firstAvailable"));
    match (exactly.is_set(), first.len() > 0) {
        (false, false) => request.required("exactly one of `exactly` or `firstAvailable` is required"),
        (true, true) => {
            let detail = "exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set";
            request.invalid_as("null", detail);
        }
        (true, false) => devices(exactly),
        (false, true) if is_short(first, MOST_ALTERNATIVES) => {
            for alternative in first.items() {
                alternative.at("name").check_required(dns_label);
                devices(alternative);
            }
            unique(first, |a| a.at("name").text());
        }
        (false, true) => {}
    }
}

/// Which devices are asked for, and how many.
fn devices(asked: Field<'_>) {
    asked.at("deviceClassName").check_required(dns_subdomain);
    selectors(asked.at("selectors"));
    let (mode, count) = (asked.at("allocationMode"), asked.at("count"));
    match mode.text_or("ExactCount") {
        "ExactCount" if count.int_or(1) <= 0 => count.invalid("must be greater than zero"),
        "ExactCount" => {}
        "All" if count.int_or(0) != 0 => count.invalid("must not be specified when allocationMode is 'All'"),
        "All" => {}
        _ => mode.not_supported(MODES),
    }
    asked.at("tolerations").items().for_each(toleration);
}

fn selectors(selectors: Field<'_>) {
    if !is_short(selectors, MOST) {
        return;
    }
    for selector in selectors.items() {
        let cel = selector.at("cel");
        match cel.is_set() {
            true if cel.at("expression").text().trim().is_empty() => {
                cel.at("expression").invalid_as(quote(""), "compilation failed: an expression was expected");
            }
            true => Expressions::of_device().check(cel.at("expression"), &[Type::Bool]),
            false => cel.required(""),
        }
    }
}

fn toleration(toleration: Field<'_>) {
    let (key, value, operator) = (toleration.at("key"), toleration.at("value"), toleration.at("operator"));
    key.check_if_any(super::formats::qualified_name);
    match operator.text_or("Equal") {
        "Equal" => value.check(label_value),
        "Exists" if !value.text().is_empty() => value.invalid("must be empty for operator `Exists`"),
        "Exists" => {}
        _ => operator.not_supported(&["Equal", "Exists"]),
    }
    toleration.at("effect").one_of_or_default(EFFECTS);
}

fn constraint(constraint: Field<'_>, names: &Names<'_>) {
    references(constraint.at("requests"), names);
    let (same, distinct) = (constraint.at("matchAttribute"), constraint.at("distinctAttribute"));
    match (same.is_set(), distinct.is_set()) {
        (true, _) => full_name(same),
        (false, true) => full_name(distinct),
        (false, false) => constraint.required(
            "exactly one of \"matchAttribute\" or \"distinctAttribute\" is required, but multiple fields are set",
        ),
    }
}

/// The names of requests that something is about.
fn references(list: Field<'_>, names: &Names<'_>) {
    const FORM: &str = "must be the name of a request in the claim or the name of a request and a subrequest \
                        separated by '/'";
    if !is_short(list, MOST) {
        return;
    }
    for reference in list.items() {
        let (request, alternative) = reference.text().split_once('/').unwrap_or((reference.text(), ""));
        let has_alternative = reference.text().contains('/');
        if alternative.contains('/') {
            reference.invalid(FORM);
            continue;
        }
        reference.check(|_| dns_label(request));
        if has_alternative {
            reference.check(|_| dns_label(alternative));
        }
        if names.get(request).is_none_or(|a| has_alternative && !a.contains(alternative)) {
            reference.invalid(FORM);
        }
    }
    unique(list, Field::text);
}

fn configuration(config: Field<'_>) {
    let opaque = config.at("opaque");
    if !opaque.is_set() {
        return opaque.required("");
    }
    csi_driver_name(opaque.at("driver"));
    let parameters = opaque.at("parameters");
    match parameters.node() {
        None => parameters.required(""),
        Some(node) if matches!(node.data, Data::Map(_)) => {}
        Some(_) => parameters.invalid_as(quote("<value omitted>"), "must be a valid JSON object"),
    }
}

/// A name with a domain.
fn full_name(name: Field<'_>) {
    qualified(name, name.text());
    if !name.text().contains('/') {
        name.invalid("a fully qualified name must be a domain and a name separated by a slash");
    }
}

/// A name, with a domain or without; what is wrong with it is said `at` a field.
pub(super) fn qualified(at: Field<'_>, name: &str) {
    match name.split('/').collect::<Vec<_>>()[..] {
        [id] => identifier(at, id),
        [domain, id] => {
            match domain {
                "" => at.invalid_as(quote(""), "the domain must not be empty"),
                _ => dns_subdomain(&domain.to_lowercase()).iter().for_each(|m| at.invalid_as(quote(domain), m)),
            }
            match id {
                "" => at.invalid_as(quote(""), "the name must not be empty"),
                _ => identifier(at, id),
            }
        }
        // The server lets more slashes pass.
        _ => {}
    }
}

fn identifier(at: Field<'_>, id: &str) {
    if id.len() > LONGEST_ID {
        at.too_long(LONGEST_ID);
    }
    c_identifier_messages(id).iter().for_each(|m| at.invalid_as(quote(id), m));
}
