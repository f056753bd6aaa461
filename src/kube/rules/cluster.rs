//! Objects of the cluster itself: Namespaces, Nodes, PriorityClasses, RuntimeClasses, Leases,
//! CertificateSigningRequests, APIServices.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::prelude::FromDer;

use super::addresses::{Cidr, legacy_cidr};
use super::field::Field;
use super::formats::{
    dns_label, dns_subdomain, dns1035_label, label_value, path_segment, qualified_name, range_message,
};
use super::metadata::{SUBDOMAIN, Scope, generic_object_meta, kube_finalizer, label_key, labels, object_meta};
use super::quote;
use super::resources::{amount, amounts, limits_only};
use super::scheduling::{taint_effect, tolerations};

/// The highest value that users may give a PriorityClass.
const HIGHEST_PRIORITY: i64 = 1_000_000_000;
const SYSTEM_PRIORITIES: &[(&str, i64)] =
    &[("system-node-critical", 2_000_001_000), ("system-cluster-critical", 2_000_000_000)];
const USAGES: &[&str] = &[
    "any",
    "cert sign",
    "client auth",
    "code signing",
    "content commitment",
    "crl sign",
    "data encipherment",
    "decipher only",
    "digital signature",
    "email protection",
    "encipher only",
    "ipsec end system",
    "ipsec tunnel",
    "ipsec user",
    "key agreement",
    "key encipherment",
    "microsoft sgc",
    "netscape sgc",
    "ocsp signing",
    "s/mime",
    "server auth",
    "signing",
    "timestamping",
];

/// `v1/Namespace`
pub(super) fn namespace(object: Field<'_>) {
    object_meta(object, Scope::Cluster, dns_label);
    // The server labels it with its name.
    let name = object.below(&["metadata", "name"]);
    let labels = object.below(&["metadata", "labels"]);
    label_value(name.text()).iter().for_each(|m| labels.invalid_as(quote(name.text()), m));
    let finalizers = object.below(&["spec", "finalizers"]);
    for finalizer in finalizers.items() {
        qualified_name(finalizer.text()).iter().for_each(|m| finalizers.invalid_as(quote(finalizer.text()), m));
        kube_finalizer(finalizer, finalizers);
    }
    labels.entries().for_each(|(key, value)| pod_security(key, value));
}

/// What admission refuses of the labels that say how safe pods have to be.
fn pod_security(key: &str, value: Field<'_>) {
    const LEVELS: &[&str] = &["privileged", "baseline", "restricted"];
    let Some(mode) = key.strip_prefix("pod-security.kubernetes.io/") else { return };
    if ["enforce", "audit", "warn"].contains(&mode) {
        if !LEVELS.contains(&value.text()) {
            value.invalid(&format!("must be one of {}", LEVELS.join(", ")));
        }
    } else if ["enforce-version", "audit-version", "warn-version"].contains(&mode) {
        let minor = value.text().strip_prefix("v1.").unwrap_or_default();
        let is_number =
            minor == "0" || !minor.starts_with('0') && minor.parse::<u32>().is_ok() && !minor.starts_with('+');
        if value.text() != "latest" && !is_number {
            value.invalid("must be \"latest\" or \"v1.x\"");
        }
    }
}

/// `v1/Node`
pub(super) fn node(object: Field<'_>) {
    object_meta(object, Scope::Cluster, SUBDOMAIN);
    let mut taints: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    // The server names the metadata where it means the specification.
    let list = object.below(&["spec", "taints"]).named(object.below(&["metadata", "taints"]));
    for taint in list.items() {
        let (key, value, effect) = (taint.at("key"), taint.at("value"), taint.at("effect"));
        label_key(key);
        let errors = label_value(value.text());
        if !errors.is_empty() {
            value.invalid(&errors.join(";"));
        }
        taint_effect(effect);
        if !taints.entry(effect.text()).or_default().insert(key.text()) {
            taint.duplicate();
        }
    }
    for kind in ["capacity", "allocatable"] {
        let resources = object.below(&["status", kind]);
        for (name, at, value) in amounts(resources) {
            amount(at.named(resources.at(name)), name, &value);
        }
    }
    let (single, cidrs) = (object.below(&["spec", "podCIDR"]), object.below(&["spec", "podCIDRs"]));
    // Of two that differ the single one counts.
    if !single.text().is_empty() && cidrs.index(0).text() != single.text() {
        return legacy_cidr(single.named(cidrs.index(0)), single.text());
    }
    cidrs.items().for_each(|c| legacy_cidr(c, c.text()));
    let families: Vec<bool> = cidrs.items().filter_map(|c| Some(Cidr::parse(c.text())?.address.is_v6())).collect();
    let mixed = families.contains(&true) && families.contains(&false);
    if cidrs.len() > 1 && families.len() == cidrs.len() && (!mixed || cidrs.len() > 2) {
        cidrs.invalid("may specify no more than one CIDR for each IP family");
    }
}

/// `scheduling.k8s.io/PriorityClass`
pub(super) fn priority_class(object: Field<'_>) {
    object_meta(object, Scope::Cluster, SUBDOMAIN);
    let (name, value) = (object.below(&["metadata", "name"]), object.at("value"));
    if name.text().starts_with("system-") {
        system_priority(object, name);
    } else if value.int().is_some_and(|v| v > HIGHEST_PRIORITY) {
        value.forbidden(&format!("maximum allowed value of a user defined priority is {HIGHEST_PRIORITY}"));
    }
    object.at("preemptionPolicy").one_of_not_empty(&["PreemptLowerPriority", "Never"]);
}

fn system_priority(object: Field<'_>, name: Field<'_>) {
    let reserved = "priority class names with 'system-' prefix are reserved for system use only. error: ";
    let error = match SYSTEM_PRIORITIES.iter().find(|(n, _)| *n == name.text()) {
        None => format!("{} is not a known system priority class", name.text()),
        Some((_, value)) if object.at("value").int().unwrap_or(0) != *value => {
            format!("value of {} PriorityClass must be {value}", name.text())
        }
        Some(_) if object.at("globalDefault").is_true() => {
            format!("globalDefault of {} PriorityClass must be false", name.text())
        }
        Some(_) => return,
    };
    name.forbidden(&format!("{reserved}{error}"));
}

/// `node.k8s.io/RuntimeClass`
pub(super) fn runtime_class(object: Field<'_>) {
    generic_object_meta(object, Scope::Cluster, SUBDOMAIN);
    object.at("handler").check_required(dns_label);
    limits_only(object.below(&["overhead", "podFixed"]), object.at("overhead"));
    let scheduling = object.at("scheduling");
    labels(scheduling.at("nodeSelector"));
    tolerations(scheduling.at("tolerations"));
    let mut seen = BTreeSet::new();
    for toleration in scheduling.at("tolerations").items() {
        let key = ["key", "operator", "value", "effect"].map(|n| toleration.at(n).text());
        if !seen.insert(key) {
            toleration.duplicate();
        }
    }
}

/// `coordination.k8s.io/Lease`
pub(super) fn lease(object: Field<'_>) {
    generic_object_meta(object, Scope::Namespaced, SUBDOMAIN);
    let spec = object.at("spec");
    let (duration, transitions) = (spec.at("leaseDurationSeconds"), spec.at("leaseTransitions"));
    if duration.int().is_some_and(|d| d <= 0) {
        duration.invalid("must be greater than 0");
    }
    transitions.nonnegative();
}

/// `certificates.k8s.io/CertificateSigningRequest`
pub(super) fn signing_request(object: Field<'_>) {
    object_meta(object, Scope::Cluster, |_| Vec::new());
    let spec = object.at("spec");
    signed_request(spec.at("request"));
    let (usages, seconds) = (spec.at("usages"), spec.at("expirationSeconds"));
    if usages.len() == 0 {
        usages.required("");
    }
    let mut seen = BTreeSet::new();
    for usage in usages.items() {
        usage.one_of(USAGES);
        if !seen.insert(usage.text()) {
            usage.duplicate();
        }
    }
    let signer = spec.at("signerName");
    if signer.text() == "kubernetes.io/legacy-unknown" {
        signer.invalid("the legacy signerName is not allowed via this API version");
    } else if signer.has_text("") {
        signer_name(signer);
    }
    if seconds.int().is_some_and(|s| s < 600) {
        seconds.invalid("may not specify a duration less than 600 seconds (10 minutes)");
    }
}

/// A request for a certificate in PEM; its signature is not looked at.
fn signed_request(request: Field<'_>) {
    let text = request.text();
    let decoded = base64::engine::general_purpose::STANDARD.decode(text.replace(['\n', '\r'], "")).unwrap_or_default();
    let block = x509_parser::pem::parse_x509_pem(&decoded).ok().map(|(_, block)| block);
    match block.filter(|b| b.label == "CERTIFICATE REQUEST") {
        None => request.invalid("PEM block type must be CERTIFICATE REQUEST"),
        Some(block) if X509CertificationRequest::from_der(&block.contents).is_err() => {
            request.invalid("asn1: syntax error");
        }
        Some(_) => {}
    }
}

fn signer_name(signer: Field<'_>) {
    let Some((domain, path)) = signer.text().split_once('/').filter(|(_, p)| !p.contains('/')) else {
        let detail = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
        return signer.invalid(detail);
    };
    let check = |segment: &str, format: fn(&str) -> Vec<String>| {
        if let Some(label) = segment.split('.').find(|l| !format(l).is_empty()) {
            for message in format(label) {
                let detail = format!("validating label {}: {message}", quote(label));
                signer.invalid_as(quote(segment), &detail);
            }
        }
    };
    if domain.len() > 253 {
        signer.too_long(253);
    }
    check(domain, dns_label);
    if !domain.contains('.') {
        signer.invalid_as(quote(domain), "should be a domain with at least two segments separated by dots");
    }
    check(path, dns_subdomain);
    if signer.text().len() > 571 {
        signer.too_long(571);
    }
}

/// `apiregistration.k8s.io/APIService`
pub(super) fn api_service(object: Field<'_>) {
    let spec = object.at("spec");
    let (group, version, service) = (spec.at("group"), spec.at("version"), spec.at("service"));
    generic_object_meta(object, Scope::Cluster, path_segment);
    let (name, wanted) = (object.below(&["metadata", "name"]), format!("{}.{}", version.text(), group.text()));
    if !name.text().is_empty() && path_segment(name.text()).is_empty() && name.text() != wanted {
        name.invalid(&format!("must be `spec.version+\".\"+spec.group`: {}", quote(&wanted)));
    }
    if group.text().is_empty() && version.text() != "v1" {
        group.required("only v1 may have an empty group and it better be legacy kube");
    }
    group.check_if_any(dns_subdomain);
    dns1035_label(version.text()).iter().for_each(|m| version.invalid_as(quote(version.text()), m));
    for (field, most) in [("groupPriorityMinimum", 20000), ("versionPriority", 1000)] {
        spec.at(field).in_range(1, most, &format!("must be positive and less than {most}"));
    }
    let (bundle, insecure) = (spec.at("caBundle"), spec.at("insecureSkipTLSVerify"));
    if !service.is_set() {
        if !bundle.text().is_empty() {
            bundle.invalid("local APIServices may not have a caBundle");
        }
        if insecure.is_true() {
            insecure.invalid("local APIServices may not have insecureSkipTLSVerify");
        }
        return;
    }
    service.at("namespace").has_text("");
    service.at("name").has_text("");
    if service.at("port").is_set() {
        let detail = format!("port is not valid: {}", range_message(1, 65535));
        service.at("port").in_range(1, 65535, &detail);
    }
    if insecure.is_true() && !bundle.text().is_empty() {
        insecure.invalid("may not be true if caBundle is present");
    }
}
