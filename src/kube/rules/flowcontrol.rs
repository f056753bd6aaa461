//! FlowSchemas and PriorityLevelConfigurations (pkg/apis/flowcontrol of Kubernetes 1.36).

use super::field::Field;
use super::formats::{dns_label, dns_subdomain};
use super::metadata::{SUBDOMAIN, Scope, object_meta};
use super::quote;

const VERBS: &[&str] = &["create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"];
/// The bits that the hash behind shuffle sharding has.
const HASH_BITS: f64 = 60.0;

/// `flowcontrol.apiserver.k8s.io/FlowSchema`
pub(super) fn flow_schema(object: Field<'_>) {
    object_meta(object, Scope::Cluster, SUBDOMAIN);
    let spec = object.at("spec");
    let (precedence, level) = (spec.at("matchingPrecedence"), spec.below(&["priorityLevelConfiguration", "name"]));
    match precedence.int_or(1000) {
        ..=0 => precedence.invalid("must be a positive value"),
        1 if object.below(&["metadata", "name"]).text() != "exempt" => {
            precedence.invalid("only the schema named 'exempt' may have matchingPrecedence 1");
        }
        10001.. => precedence.invalid("must not be greater than 10000"),
        _ => {}
    }
    let method = spec.at("distinguisherMethod");
    if method.is_set() && !["ByNamespace", "ByUser"].contains(&method.at("type").text()) {
        method.at("type").not_supported(&["ByNamespace", "ByUser"]);
    }
    if level.has_text("must reference a priority level") {
        level.check(dns_subdomain);
    }
    spec.at("rules").items().for_each(policy_rules);
}

fn policy_rules(rule: Field<'_>) {
    let (subjects, resources, urls) = (rule.at("subjects"), rule.at("resourceRules"), rule.at("nonResourceRules"));
    if subjects.len() == 0 {
        subjects.required("subjects must contain at least one value");
    }
    subjects.items().for_each(subject);
    if resources.len() == 0 && urls.len() == 0 {
        rule.required("at least one of resourceRules and nonResourceRules has to be non-empty");
    }
    resources.items().for_each(resource_rule);
    for rule in urls.items() {
        verbs(rule.at("verbs"));
        let paths = rule.at("nonResourceURLs");
        if members(paths, "nonResourceURLs must contain at least one value", "non-resource URLs") {
            paths.items().for_each(url_path);
        }
    }
}

fn subject(subject: Field<'_>) {
    let kinds = [("ServiceAccount", "serviceAccount"), ("User", "user"), ("Group", "group")];
    let kind = subject.at("kind").text();
    let Some((_, own)) = kinds.iter().find(|(k, _)| *k == kind) else {
        return subject.at("kind").not_supported_as(quote(kind), &["Group", "ServiceAccount", "User"]);
    };
    let field = subject.at(own);
    if !field.is_set() {
        field.required(&format!("{own} is required when subject kind is '{kind}'"));
    } else if field.at("name").has_text("") && kind == "ServiceAccount" && field.at("name").text() != "*" {
        field.at("name").check(dns_subdomain);
    }
    if field.is_set() && kind == "ServiceAccount" {
        let namespace = field.at("namespace");
        if namespace.has_text("must specify namespace for service account") {
            namespace.check(dns_label);
        }
    }
    for (other, name) in kinds.iter().filter(|(k, n)| *k != kind && subject.at(n).is_set()) {
        subject.at(name).forbidden(&format!("{name} is forbidden when subject kind is not '{other}'"));
    }
}

/// Says so if a list is empty or has more than its `*`; whether its members are to be looked at.
fn members(list: Field<'_>, empty: &str, what: &str) -> bool {
    let any = list.items().any(|i| i.text() == "*");
    if list.len() == 0 {
        list.required(empty);
    } else if any && list.len() > 1 {
        list.invalid(&format!("if '*' is present, must not specify other {what}"));
    }
    !any
}

fn verbs(verbs: Field<'_>) {
    let known = verbs.items().all(|v| VERBS.contains(&v.text()));
    if members(verbs, "verbs must contain at least one value", "verbs") && !known {
        verbs.not_supported(VERBS);
    }
}

fn resource_rule(rule: Field<'_>) {
    verbs(rule.at("verbs"));
    members(rule.at("apiGroups"), "resource rules must supply at least one api group", "api groups");
    members(rule.at("resources"), "resource rules must supply at least one resource", "resources");
    let namespaces = rule.at("namespaces");
    if namespaces.len() == 0 {
        if !rule.at("clusterScope").is_true() {
            let detail = "resource rules that are not cluster scoped must supply at least one namespace";
            namespaces.required(detail);
        }
    } else if members(namespaces, "", "namespaces") {
        for namespace in namespaces.items() {
            for message in dns_label(namespace.text()) {
                let detail = format!("each member of this list must be '*' or a DNS-1123 label; {message}");
                namespace.invalid(&detail);
            }
        }
    }
}

fn url_path(path: Field<'_>) {
    let text = path.text();
    let stars = text.matches('*').count();
    if text.is_empty() {
        path.invalid("must not be empty");
    } else if text == "/" {
    } else if !text.starts_with('/') {
        path.invalid("must start with slash");
    } else if text.contains(' ') {
        path.invalid("must not contain white-space");
    } else if text.contains("//") {
        path.invalid("must not contain double slash");
    } else if stars > 1 || stars == 1 && !text.ends_with("/*") {
        path.invalid("wildcard can only do suffix matching");
    }
}

/// `flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration`
pub(super) fn priority_level(object: Field<'_>) {
    object_meta(object, Scope::Cluster, SUBDOMAIN);
    let spec = object.at("spec");
    let (kind, limited, exempt) = (spec.at("type"), spec.at("limited"), spec.at("exempt"));
    if (object.below(&["metadata", "name"]).text() == "exempt") != (kind.text() == "Exempt") {
        kind.invalid_as(quote(kind.text()), "must be 'Exempt' if and only if `name` is 'exempt'");
    }
    match kind.text() {
        "Exempt" => {
            if limited.is_set() {
                limited.forbidden("must be nil if the type is not Limited");
            }
            shares(exempt);
        }
        "Limited" => {
            if exempt.is_set() {
                exempt.forbidden("must be nil if the type is Limited");
            }
            if limited.is_set() {
                shares(limited);
                limit_response(limited.at("limitResponse"));
            } else {
                limited.required("must not be empty when type is Limited");
            }
        }
        "" => kind.required(""),
        _ => kind.not_supported(&["Exempt", "Limited"]),
    }
}

fn shares(level: Field<'_>) {
    let (nominal, lendable, borrowing) =
        (level.at("nominalConcurrencyShares"), level.at("lendablePercent"), level.at("borrowingLimitPercent"));
    if nominal.int().is_some_and(|n| n < 0) {
        nominal.invalid("must be a non-negative integer");
    }
    if lendable.int().is_some_and(|l| !(0..=100).contains(&l)) {
        lendable.invalid("must be between 0 and 100, inclusive");
    }
    if borrowing.int().is_some_and(|b| b < 0) {
        borrowing.invalid("if specified, must be a non-negative integer");
    }
}

fn limit_response(response: Field<'_>) {
    let (kind, queuing) = (response.at("type"), response.at("queuing"));
    match kind.text() {
        "Reject" => {
            if queuing.is_set() {
                queuing.forbidden("must be nil if limited.limitResponse.type is not Limited");
            }
        }
        "Queue" => match queuing.is_set() {
            true => queues(queuing),
            false => queuing.required("must not be empty if limited.limitResponse.type is Limited"),
        },
        "" => kind.required(""),
        _ => kind.not_supported(&["Queue", "Reject"]),
    }
}

fn queues(queuing: Field<'_>) {
    let (length, queues, hand) = (queuing.at("queueLengthLimit"), queuing.at("queues"), queuing.at("handSize"));
    if length.int_or(50) <= 0 {
        length.invalid("must be positive");
    }
    let (deck, size) = (queues.int_or(64), hand.int_or(8));
    if deck <= 0 {
        queues.invalid("must be positive");
    } else if deck > 10_000_000 {
        queues.invalid("must not be greater than 10000000");
    }
    if size <= 0 {
        hand.invalid("must be positive");
    } else if size > deck {
        hand.invalid_as(size, &format!("should not be greater than queues ({deck})"));
    } else if entropy_bits(deck, size) > HASH_BITS {
        let detail =
            format!("required entropy bits of deckSize {deck} and handSize {size} should not be greater than 60");
        hand.invalid_as(size, &detail);
    }
}

/// The bits that it takes to deal a hand.
fn entropy_bits(deck: i64, hand: i64) -> f64 {
    (deck.max(1).ilog2() as f64 + if deck.count_ones() == 1 { 0.0 } else { (deck as f64).log2().fract() }) * hand as f64
}
