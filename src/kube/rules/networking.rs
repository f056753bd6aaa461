//! Ingresses, IngressClasses, NetworkPolicies, IPAddresses, ServiceCIDRs (pkg/apis/networking of Kubernetes 1.36).

use super::addresses::{Address, Cidr, legacy_cidr, strict_cidr, strict_ip_text};
use super::containers::PROTOCOLS;
use super::field::{Field, IntOrText};
use super::formats::{
    dns_label, dns_subdomain, domain_prefixed_path, path_segment, port_name, range_message, wildcard_subdomain,
};
use super::metadata::{SUBDOMAIN, Scope, label_selector, object_meta};
use super::quote;
use super::service::service_name;

const CLASS_ANNOTATION: &str = "kubernetes.io/ingress.class";

/// `networking.k8s.io/Ingress`
pub(super) fn ingress(object: Field<'_>) {
    object_meta(object, Scope::Namespaced, SUBDOMAIN);
    let spec = object.at("spec");
    let (backend, rules, class) = (spec.at("defaultBackend"), spec.at("rules"), spec.at("ingressClassName"));
    if rules.len() == 0 && !backend.is_set() {
        spec.invalid_as("null", "either `defaultBackend` or `rules` must be specified");
    }
    if backend.is_set() {
        ingress_backend(backend);
    }
    rules.items().for_each(ingress_rule);
    for tls in spec.at("tls").items() {
        tls.at("hosts").items().for_each(|h| ingress_host(h, h.text()));
        tls.at("secretName").check_if_any(dns_subdomain);
    }
    if class.is_set() {
        class.check(dns_subdomain);
        let annotation = object.below(&["metadata", "annotations"]).at(CLASS_ANNOTATION);
        if annotation.is_set() && annotation.text() != class.text() {
            let at = annotation.named(object.at("annotations").at(CLASS_ANNOTATION));
            at.invalid("must match `ingressClassName` when both are specified");
        }
    }
}

fn ingress_host(at: Field<'_>, host: &str) {
    let errors = if host.contains('*') { wildcard_subdomain(host) } else { dns_subdomain(host) };
    errors.iter().for_each(|m| at.invalid_as(quote(host), m));
}

fn ingress_rule(rule: Field<'_>) {
    let host = rule.at("host");
    if !host.text().is_empty() {
        if Address::parse(host.text()).is_some() {
            host.invalid("must be a DNS name, not an IP address");
        }
        ingress_host(host, host.text());
    }
    let http = rule.at("http");
    if !http.is_set() {
        return;
    }
    if http.at("paths").len() == 0 {
        http.at("paths").required("");
    }
    http.at("paths").items().for_each(ingress_path);
}

fn ingress_path(entry: Field<'_>) {
    let (path, kind) = (entry.at("path"), entry.at("pathType"));
    if !kind.is_set() {
        return kind.required("pathType must be specified");
    }
    let text = path.text();
    let absolute = || path.invalid_as(quote(text), "must be an absolute path");
    match kind.text() {
        "Exact" | "Prefix" => {
            if !text.starts_with('/') {
                absolute();
            }
            for sequence in ["//", "/./", "/../", "%2f", "%2F"].iter().filter(|s| text.contains(**s)) {
                path.invalid(&format!("must not contain '{sequence}'"));
            }
            for suffix in ["/..", "/."].iter().filter(|s| text.ends_with(**s)) {
                path.invalid(&format!("cannot end with '{suffix}'"));
            }
        }
        "ImplementationSpecific" => {
            if !text.is_empty() && !text.starts_with('/') {
                absolute();
            }
        }
        _ => kind.not_supported(&["Exact", "ImplementationSpecific", "Prefix"]),
    }
    ingress_backend(entry.at("backend"));
}

fn ingress_backend(backend: Field<'_>) {
    let (resource, service) = (backend.at("resource"), backend.at("service"));
    match (resource.is_set(), service.is_set()) {
        (true, true) => backend.invalid_as(quote(""), "cannot set both resource and service backends"),
        (true, false) => typed_reference(resource),
        (false, true) => service_backend(backend, service),
        (false, false) => backend.invalid_as(quote(""), "resource or service backend is required"),
    }
}

fn service_backend(backend: Field<'_>, service: Field<'_>) {
    service.at("name").check_required(service_name(service));
    let (name, number) = (service.below(&["port", "name"]), service.below(&["port", "number"]));
    match (!name.text().is_empty(), number.int().is_some_and(|n| n != 0)) {
        (true, true) => backend.invalid_as(quote(""), "cannot set both port name & port number"),
        (true, false) => name.check(port_name),
        (false, true) => number.in_range(1, 65535, &range_message(1, 65535)),
        (false, false) => backend.required("port name or number is required"),
    }
}

/// Kind and name of an object of some group.
fn typed_reference(reference: Field<'_>) {
    if reference.at("apiGroup").is_set() {
        reference.at("apiGroup").check(dns_subdomain);
    }
    for name in ["kind", "name"] {
        reference.at(name).check_required(path_segment);
    }
}

/// `networking.k8s.io/IngressClass`
pub(super) fn ingress_class(object: Field<'_>) {
    object_meta(object, Scope::Cluster, SUBDOMAIN);
    let (controller, parameters) = (object.below(&["spec", "controller"]), object.below(&["spec", "parameters"]));
    if controller.text().len() > 250 {
        controller.too_long(250);
    }
    if controller.has_text("") {
        domain_prefixed_path(controller.text()).iter().for_each(|(shown, m)| controller.invalid_as(shown, m));
    }
    if !parameters.is_set() {
        return;
    }
    typed_reference(parameters);
    let (scope, namespace) = (parameters.at("scope"), parameters.at("namespace"));
    match if scope.is_set() { scope.text() } else { "Cluster" } {
        "Namespace" => match namespace.is_set() {
            true => namespace.check(dns_label),
            false => namespace.required("`parameters.scope` is set to 'Namespace'"),
        },
        "Cluster" => {
            if namespace.is_set() {
                namespace.forbidden("`parameters.scope` is set to 'Cluster'");
            }
        }
        _ => scope.not_supported(&["Cluster", "Namespace"]),
    }
}

/// `networking.k8s.io/NetworkPolicy`
pub(super) fn network_policy(object: Field<'_>) {
    object_meta(object, Scope::Namespaced, SUBDOMAIN);
    let spec = object.at("spec");
    label_selector(spec.at("podSelector"));
    for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
        for rule in spec.at(direction).items() {
            rule.at("ports").items().for_each(policy_port);
            rule.at(peers).items().for_each(policy_peer);
        }
    }
    let types = spec.at("policyTypes");
    if types.len() > 2 {
        return types.invalid("may not specify more than two policyTypes");
    }
    types.items().for_each(|kind| kind.one_of(&["Ingress", "Egress"]));
}

fn policy_port(entry: Field<'_>) {
    let (port, end) = (entry.at("port"), entry.at("endPort"));
    if entry.at("protocol").is_set() && !PROTOCOLS.contains(&entry.at("protocol").text()) {
        entry.at("protocol").not_supported(&["TCP", "UDP", "SCTP"]);
    }
    match port.int_or_text() {
        Some(IntOrText::Int(number)) => {
            port.in_range(1, 65535, &range_message(1, 65535));
            if let Some(last) = end.int() {
                if last < number {
                    end.invalid_as(number, "must be greater than or equal to `port`");
                }
                end.in_range(1, 65535, &range_message(1, 65535));
            }
        }
        Some(IntOrText::Text(_)) => {
            if end.is_set() {
                end.invalid("may not be specified when `port` is non-numeric");
            }
            port.check(port_name);
        }
        None if end.is_set() => end.invalid("may not be specified when `port` is not specified"),
        None => {}
    }
}

fn policy_peer(peer: Field<'_>) {
    let (pods, namespaces, block) = (peer.at("podSelector"), peer.at("namespaceSelector"), peer.at("ipBlock"));
    label_selector(pods);
    label_selector(namespaces);
    if block.is_set() {
        ip_block(block);
        if pods.is_set() || namespaces.is_set() {
            peer.forbidden("may not specify both ipBlock and another peer");
        }
    } else if !pods.is_set() && !namespaces.is_set() {
        peer.required("must specify a peer");
    }
}

fn ip_block(block: Field<'_>) {
    let cidr = block.at("cidr");
    if !cidr.has_text("") {
        return;
    }
    legacy_cidr(cidr, cidr.text());
    let Some(range) = Cidr::parse(cidr.text()) else { return };
    for except in block.at("except").items() {
        legacy_cidr(except, except.text());
        let subset = |inner: &Cidr| range.contains(inner) && range.mask() < inner.mask();
        if Cidr::parse(except.text()).is_some_and(|inner| !subset(&inner)) {
            except.invalid("must be a strict subset of `cidr`");
        }
    }
}

/// `networking.k8s.io/IPAddress`
pub(super) fn ip_address(object: Field<'_>) {
    object_meta(object, Scope::Cluster, strict_ip_text);
    let parent = object.below(&["spec", "parentRef"]);
    if !parent.is_set() {
        return parent.required("");
    }
    parent.at("group").check_if_any(dns_subdomain);
    parent.at("resource").check_required(path_segment);
    parent.at("name").check_required(path_segment);
    parent.at("namespace").check_if_any(path_segment);
}

/// `networking.k8s.io/ServiceCIDR`
pub(super) fn service_cidr(object: Field<'_>) {
    object_meta(object, Scope::Cluster, SUBDOMAIN);
    let cidrs = object.below(&["spec", "cidrs"]);
    match cidrs.len() {
        0 => return cidrs.required("at least one CIDR required"),
        1 | 2 => cidrs.items().for_each(strict_cidr),
        _ => return cidrs.invalid("may only hold up to 2 values"),
    }
    let families: Vec<bool> = cidrs.items().filter_map(|c| Some(Cidr::parse(c.text())?.address.is_v6())).collect();
    if matches!(families[..], [a, b] if a == b) {
        cidrs.invalid("may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64");
    }
}
