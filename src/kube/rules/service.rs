//! Services, Endpoints and EndpointSlices (pkg/apis/core and discovery of Kubernetes 1.36).

use std::collections::BTreeSet;

use super::addresses::{Address, endpoint_ip, legacy_cidr, legacy_ip, strict_ip};
use super::containers::PROTOCOLS;
use super::field::{Field, IntOrText};
use super::formats::{dns_label, dns_subdomain, dns1035_label, label_value, qualified_name, range_message};
use super::metadata::{NameFormat, SUBDOMAIN, Scope, labels, object_meta};
use super::probes::port_number_or_name;
use super::quote;

const TYPES: &[&str] = &["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const SOURCE_RANGES: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";
const HINTS: &str = "service.kubernetes.io/topology-aware-hints";
const MODE: &str = "service.kubernetes.io/topology-mode";
const LOAD_BALANCER_ONLY: &str = "may only be used when `type` is 'LoadBalancer'";
const POLICIES: &[&str] = &["Cluster", "Local"];
/// The longest that clients may stay with an endpoint: a day.
const MAX_AFFINITY: i64 = 86400;

/// `v1/Service`
pub(super) fn service(object: Field<'_>) {
    let spec = object.at("spec");
    let kind = spec.at("type").text_or("ClusterIP");
    // Addresses are handed out first; where that fails the server says nothing else.
    let before = spec.found();
    if ["ClusterIP", "NodePort", "LoadBalancer"].contains(&kind) {
        cluster_ips(spec);
    }
    if spec.found() > before {
        return;
    }
    object_meta(object, Scope::Namespaced, service_name(object));
    if !TYPES.contains(&kind) {
        cluster_ips(spec);
    }
    topology_annotations(object.below(&["metadata", "annotations"]));
    type_and_name(spec, kind);
    ports(spec, kind);
    labels(spec.at("selector"));
    session_affinity(spec);
    for address in spec.at("externalIPs").items() {
        let before = address.found();
        legacy_ip(address);
        if address.found() == before {
            endpoint_ip(address);
        }
    }
    spec.at("type").one_of_or_default(TYPES);
    load_balancer(object, spec, kind);
    traffic(spec, kind);
    if spec.found() == before {
        stack(spec);
    }
}

fn topology_annotations(annotations: Field<'_>) {
    let given = |key: &str| annotations.entries().find(|(k, _)| *k == key).map(|(_, v)| v);
    if let (Some(mode), Some(hints)) = (given(MODE), given(HINTS))
        && mode.text() != hints.text()
    {
        mode.invalid(&format!("must match annotations[{HINTS}] when both are specified"));
    }
}

fn is_headless(spec: Field<'_>) -> bool {
    let all = spec.at("clusterIPs");
    match all.len() {
        0 => spec.at("clusterIP").text() == "None",
        1 => all.index(0).text() == "None",
        _ => false,
    }
}

fn type_and_name(spec: Field<'_>, kind: &str) {
    let addresses = spec.at("clusterIPs");
    if spec.at("ports").len() == 0 && !is_headless(spec) && kind != "ExternalName" {
        spec.at("ports").required("");
    }
    match kind {
        "LoadBalancer" | "NodePort" if is_headless(spec) => {
            let detail = format!("may not be set to 'None' for {kind} services");
            addresses.index(0).invalid_as(quote("None"), &detail);
        }
        "ExternalName" => {
            let given = !spec.at("clusterIP").text().is_empty() || addresses.len() > 0;
            for (name, given) in [
                ("clusterIPs", given),
                ("ipFamilies", spec.at("ipFamilies").len() > 0),
                ("ipFamilyPolicy", spec.at("ipFamilyPolicy").is_set()),
            ] {
                if given {
                    spec.at(name).forbidden("may not be set for ExternalName services");
                }
            }
            let name = spec.at("externalName");
            match name.text().strip_suffix('.').unwrap_or(name.text()) {
                "" => name.required(""),
                text => dns_subdomain(text).iter().for_each(|m| name.invalid_as(quote(text), m)),
            }
        }
        _ => {}
    }
}

fn ports(spec: Field<'_>, kind: &str) {
    let list = spec.at("ports");
    let (mut names, mut node_ports, mut numbers) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for port in list.items() {
        let (name, number, target) = (port.at("name"), port.at("port"), port.at("targetPort"));
        let protocol = port.at("protocol").text_or("TCP");
        if name.text().is_empty() {
            if list.len() > 1 {
                name.required("");
            }
        } else {
            name.check(dns_label);
            if !names.insert(name.text()) {
                name.duplicate();
            }
        }
        number.in_range(1, 65535, &range_message(1, 65535));
        port.at("protocol").one_of_or_default(PROTOCOLS);
        match target.int_or_text() {
            None | Some(IntOrText::Int(0) | IntOrText::Text("")) => {
                let given = number.int().unwrap_or(0);
                if !(1..=65535).contains(&given) {
                    target.invalid_as(given, &range_message(1, 65535));
                }
            }
            Some(_) => port_number_or_name(target),
        }
        if port.at("appProtocol").is_set() {
            port.at("appProtocol").check(qualified_name);
        }
        if let Some(node) = port.at("nodePort").int().filter(|n| *n != 0) {
            if kind == "ClusterIP" {
                port.at("nodePort").forbidden("may not be used when `type` is 'ClusterIP'");
            }
            if !node_ports.insert((protocol, node)) {
                port.at("nodePort").duplicate();
            }
        }
        if !numbers.insert((protocol, number.int().unwrap_or(0))) {
            port.duplicate();
        }
    }
}

fn session_affinity(spec: Field<'_>) {
    spec.at("sessionAffinity").one_of_or_default(&["ClientIP", "None"]);
    let timeout = spec.below(&["sessionAffinityConfig", "clientIP", "timeoutSeconds"]);
    let in_range = |t: i64| 0 < t && t <= MAX_AFFINITY;
    if spec.at("sessionAffinity").text() == "ClientIP" && timeout.int().is_some_and(|t| !in_range(t)) {
        timeout.invalid(&format!("must be greater than 0 and less than {MAX_AFFINITY}"));
    }
}

fn load_balancer(object: Field<'_>, spec: Field<'_>, kind: &str) {
    let ranges = spec.at("loadBalancerSourceRanges").named(spec.at("LoadBalancerSourceRanges"));
    let annotation = object.below(&["metadata", "annotations"]).key(SOURCE_RANGES);
    let balanced = kind == "LoadBalancer";
    if ranges.len() > 0 {
        if !balanced {
            ranges.forbidden(LOAD_BALANCER_ONLY);
        }
        ranges.items().for_each(|range| legacy_cidr(range, range.text().trim()));
    } else if annotation.is_set() {
        if !balanced {
            annotation.forbidden(LOAD_BALANCER_ONLY);
        }
        let text = annotation.text().trim();
        text.split(',').filter(|_| !text.is_empty()).for_each(|range| legacy_cidr(annotation, range.trim()));
    }
    for name in ["allocateLoadBalancerNodePorts", "loadBalancerClass"] {
        if spec.at(name).is_set() && !balanced {
            spec.at(name).forbidden(LOAD_BALANCER_ONLY);
        }
    }
    if balanced && spec.at("loadBalancerClass").is_set() {
        spec.at("loadBalancerClass").check(qualified_name);
    }
}

fn traffic(spec: Field<'_>, kind: &str) {
    let external = spec.at("externalTrafficPolicy");
    let reachable =
        ["LoadBalancer", "NodePort"].contains(&kind) || kind == "ClusterIP" && spec.at("externalIPs").len() > 0;
    if reachable {
        external.one_of_or_default(POLICIES);
    } else if !external.text().is_empty() {
        external.invalid("may only be set for externally-accessible services");
    }
    let check = spec.at("healthCheckNodePort");
    let port = check.int().unwrap_or(0);
    if kind == "LoadBalancer" && external.text() == "Local" {
        if port != 0 {
            check.in_range(1, 65535, &range_message(1, 65535));
        }
    } else if port != 0 {
        check.invalid("may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'");
    }
    spec.at("internalTrafficPolicy").one_of(POLICIES);
    let distribution = spec.at("trafficDistribution");
    if distribution.since(34) {
        distribution.one_of(&["PreferClose", "PreferSameZone", "PreferSameNode"]);
    } else if distribution.since(31) {
        distribution.one_of(&["PreferClose"]);
    }
}

/// How services may be called: since 1.36 a digit may come first.
pub(super) fn service_name(field: Field<'_>) -> NameFormat {
    if field.since(36) { dns_label } else { dns1035_label }
}

/// What the server says once all else is right: several addresses or families are no single stack.
fn stack(spec: Field<'_>) {
    let policy = spec.at("ipFamilyPolicy");
    if policy.text() != "SingleStack" || spec.at("type").text() == "ExternalName" {
        return;
    }
    for (list, what) in [("clusterIPs", "cluster IPs"), ("ipFamilies", "IP families")] {
        if spec.at(list).len() == 2 {
            let detail = format!("must be 'RequireDualStack' or 'PreferDualStack' when multiple {what} are specified");
            policy.invalid(&detail);
        }
    }
}

fn cluster_ips(spec: Field<'_>) {
    let (single, all, families) = (spec.at("clusterIP"), spec.at("clusterIPs"), spec.at("ipFamilies"));
    if single.text().is_empty() {
        if all.len() > 0 {
            all.invalid("must be empty when `clusterIP` is not specified");
        }
    } else if all.len() > 0 && all.index(0).text() != single.text() {
        all.invalid("first value must match `clusterIP`");
    }
    let mut seen = BTreeSet::new();
    for family in families.items() {
        family.one_of(&["IPv4", "IPv6"]);
        if !seen.insert(family.text()) {
            family.duplicate();
        }
    }
    spec.at("ipFamilyPolicy").one_of(&["PreferDualStack", "RequireDualStack", "SingleStack"]);
    let given: Vec<Field<'_>> = match all.len() {
        0 if single.text().is_empty() => Vec::new(),
        0 => vec![single.named(all.index(0))],
        _ => all.items().collect(),
    };
    let before = spec.found();
    for (i, address) in given.iter().enumerate() {
        match (i, address.text()) {
            (0, "None") if given.len() > 1 => all.invalid("'None' must be the first and only value"),
            (0, "None") => {}
            _ => legacy_ip(*address),
        }
    }
    let invalid = spec.found() > before;
    if given.len() > 2 {
        all.invalid("may only hold up to 2 values");
    }
    if invalid {
        return;
    }
    let is_v6 = |f: &Field<'_>| Address::parse(f.text()).is_some_and(|a| a.is_v6());
    if given.len() > 1 && (given.iter().all(is_v6) || !given.iter().any(is_v6)) {
        all.invalid("may specify no more than one IP for each IP family");
    }
    if given.iter().all(|a| a.text() != "None") {
        for (i, (address, family)) in given.iter().zip(families.items()).enumerate() {
            let wanted = family.text();
            if wanted == "IPv4" && is_v6(address) || wanted == "IPv6" && !is_v6(address) {
                address.invalid(&format!("expected an {wanted} value as indicated by `ipFamilies[{i}]`"));
            }
        }
    }
}

/// `v1/Endpoints`
pub(super) fn endpoints(object: Field<'_>) {
    object_meta(object, Scope::Namespaced, SUBDOMAIN);
    for subset in object.at("subsets").items() {
        let (ready, not_ready, ports) = (subset.at("addresses"), subset.at("notReadyAddresses"), subset.at("ports"));
        if ready.len() == 0 && not_ready.len() == 0 {
            subset.required("must specify `addresses` or `notReadyAddresses`");
        }
        for address in ready.items().chain(not_ready.items()) {
            legacy_ip(address.at("ip"));
            address.at("hostname").check_if_any(dns_label);
            if address.at("nodeName").is_set() {
                address.at("nodeName").check(dns_subdomain);
            }
            endpoint_ip(address.at("ip"));
        }
        for port in ports.items() {
            let name = port.at("name");
            if name.text().is_empty() && ports.len() > 1 {
                name.required("");
            }
            name.check_if_any(dns_label);
            port.at("port").in_range(1, 65535, &range_message(1, 65535));
            port.at("protocol").one_of_or_default(PROTOCOLS);
            if port.at("appProtocol").is_set() {
                port.at("appProtocol").check(qualified_name);
            }
        }
    }
}

/// `discovery.k8s.io/EndpointSlice`
pub(super) fn endpoint_slice(object: Field<'_>) {
    object_meta(object, Scope::Namespaced, SUBDOMAIN);
    let (kind, ports, endpoints) = (object.at("addressType"), object.at("ports"), object.at("endpoints"));
    if kind.has_text("") {
        kind.one_of(&["FQDN", "IPv4", "IPv6"]);
    }
    if ports.len() > 20000 {
        ports.too_many(20000);
    } else {
        slice_ports(ports);
    }
    if endpoints.len() > 1000 {
        return endpoints.too_many(1000);
    }
    for endpoint in endpoints.items() {
        slice_addresses(endpoint.at("addresses"), kind.text());
        if endpoint.at("nodeName").is_set() {
            endpoint.at("nodeName").check(dns_subdomain);
        }
        let topology = endpoint.at("deprecatedTopology");
        if topology.len() > 16 {
            topology.too_many(16);
        }
        labels(topology);
        if endpoint.at("hostname").is_set() {
            endpoint.at("hostname").check(dns_label);
        }
        hints(endpoint.at("hints"));
    }
}

fn slice_ports(ports: Field<'_>) {
    let mut names = BTreeSet::new();
    for port in ports.items() {
        port.at("name").check_if_any(dns_label);
        if !names.insert(port.at("name").text()) {
            port.at("name").duplicate_as(quote(port.at("name").text()));
        }
        port.at("protocol").one_of(PROTOCOLS);
        if port.at("appProtocol").is_set() {
            port.at("appProtocol").check(qualified_name);
        }
    }
}

fn slice_addresses(addresses: Field<'_>, kind: &str) {
    if addresses.len() == 0 {
        addresses.required("must contain at least 1 address");
    } else if addresses.len() > 100 {
        addresses.too_many(100);
    }
    for address in addresses.items() {
        let before = address.found();
        match kind {
            "IPv4" => legacy_ip(address),
            "IPv6" => strict_ip(address),
            "FQDN" => fully_qualified_domain(address),
            _ => {}
        }
        if address.found() > before || !["IPv4", "IPv6"].contains(&kind) {
            continue;
        }
        if Address::parse(address.text()).is_some_and(|a| a.is_v6() != (kind == "IPv6")) {
            addresses.invalid_as(quote(address.text()), &format!("must be an {kind} address"));
        }
        endpoint_ip(address);
    }
}

fn fully_qualified_domain(address: Field<'_>) {
    if !address.has_text("") {
        return;
    }
    let name = address.text().strip_suffix('.').unwrap_or(address.text());
    let errors = dns_subdomain(name);
    if !errors.is_empty() {
        address.invalid_as(quote(name), &errors.join(","));
    } else if !name.contains('.') {
        address.invalid_as(quote(name), "should be a domain with at least two segments separated by dots");
    } else if let Some(label) = name.split('.').find(|l| !dns_label(l).is_empty()) {
        address.invalid_as(quote(label), &dns_label(label).join(","));
    }
}

fn hints(hints: Field<'_>) {
    let formats: [(&str, NameFormat); 2] = [("forZones", label_value), ("forNodes", dns_subdomain)];
    for (list, format) in formats {
        let list = hints.at(list);
        if list.len() > 8 {
            return list.too_many(8);
        }
        let mut names = BTreeSet::new();
        for name in list.items().map(|i| i.at("name")) {
            if !names.insert(name.text()) {
                name.duplicate_as(quote(name.text()));
            }
            format(name.text()).iter().for_each(|m| name.invalid_as(quote(name.text()), m));
        }
    }
}
