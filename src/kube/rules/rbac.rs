//! Roles and bindings (pkg/apis/rbac of Kubernetes 1.36), ServiceAccounts.

use super::field::Field;
use super::formats::{dns_subdomain, path_segment};
use super::metadata::{PATH_SEGMENT, SUBDOMAIN, Scope, label_selector, object_meta};
use super::quote;

const GROUP: &str = "rbac.authorization.k8s.io";

/// `rbac.authorization.k8s.io/Role`
pub(super) fn role(object: Field<'_>) {
    object_meta(object, Scope::Namespaced, PATH_SEGMENT);
    object.at("rules").items().for_each(|rule| policy_rule(rule, Scope::Namespaced));
}

/// `rbac.authorization.k8s.io/ClusterRole`
pub(super) fn cluster_role(object: Field<'_>) {
    object_meta(object, Scope::Cluster, PATH_SEGMENT);
    object.at("rules").items().for_each(|rule| policy_rule(rule, Scope::Cluster));
    let aggregation = object.at("aggregationRule");
    let selectors = aggregation.at("clusterRoleSelectors");
    if aggregation.is_set() && selectors.len() == 0 {
        selectors.required("at least one clusterRoleSelector required if aggregationRule is non-nil");
    }
    for selector in selectors.items() {
        let before = selector.found();
        label_selector(selector);
        if selector.found() > before {
            selector.invalid("invalid label selector.");
        }
    }
}

fn policy_rule(rule: Field<'_>, scope: Scope) {
    let (verbs, urls) = (rule.at("verbs"), rule.at("nonResourceURLs"));
    let (groups, resources, names) = (rule.at("apiGroups"), rule.at("resources"), rule.at("resourceNames"));
    if verbs.len() == 0 {
        verbs.required("verbs must contain at least one value");
    }
    if urls.len() > 0 {
        if scope == Scope::Namespaced {
            urls.invalid("namespaced rules cannot apply to non-resource URLs");
        }
        if [groups, resources, names].iter().any(|f| f.len() > 0) {
            urls.invalid("rules cannot apply to both regular resources and non-resource URLs");
        }
        return;
    }
    if groups.len() == 0 {
        groups.required("resource rules must supply at least one api group");
    }
    if resources.len() == 0 {
        resources.required("resource rules must supply at least one resource");
    }
}

/// `rbac.authorization.k8s.io/RoleBinding`
pub(super) fn role_binding(object: Field<'_>) {
    binding(object, Scope::Namespaced, &["Role", "ClusterRole"]);
}

/// `rbac.authorization.k8s.io/ClusterRoleBinding`
pub(super) fn cluster_role_binding(object: Field<'_>) {
    binding(object, Scope::Cluster, &["ClusterRole"]);
}

fn binding(object: Field<'_>, scope: Scope, kinds: &[&str]) {
    object_meta(object, scope, PATH_SEGMENT);
    let role = object.at("roleRef");
    role.at("apiGroup").one_of_or_default(&[GROUP]);
    let kind = role.at("kind");
    if !kinds.contains(&kind.text()) {
        kind.not_supported(kinds);
    }
    role.at("name").check_required(path_segment);
    object.at("subjects").items().for_each(|s| subject(s, scope));
}

fn subject(subject: Field<'_>, scope: Scope) {
    let (name, group, namespace) = (subject.at("name"), subject.at("apiGroup"), subject.at("namespace"));
    name.has_text("");
    match subject.at("kind").text() {
        "ServiceAccount" => {
            name.check_if_any(dns_subdomain);
            if !group.text().is_empty() {
                group.not_supported(&[""]);
            }
            if scope == Scope::Cluster && namespace.text().is_empty() {
                namespace.required("");
            }
        }
        "User" | "Group" => group.one_of_or_default(&[GROUP]),
        other => subject.at("kind").not_supported_as(quote(other), &["ServiceAccount", "User", "Group"]),
    }
}

/// `v1/ServiceAccount`
pub(super) fn service_account(object: Field<'_>) {
    object_meta(object, Scope::Namespaced, SUBDOMAIN);
}
