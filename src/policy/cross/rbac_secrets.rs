//! A binding through which all Secrets can be read, made or taken away.

use super::{Found, Rule, Scene, grants};
use crate::finding::Severity;
use crate::yaml::node::Node;

pub const RULE: Rule = Rule {
    id: "cross/rbac-secrets",
    severity: Severity::Warning,
    title: "Nobody is bound to a role over all Secrets",
    why: "Who reads the Secrets of a namespace holds the keys of all that runs there; who makes them gets the token of any ServiceAccount, who deletes them stops what needs them.",
    remedy: "Name the Secrets in resourceNames, or take them out of the role.",
    references: &["PCI DSS 4.0 7.2.2", "PCI DSS 4.0 3.6.1", "CIS Kubernetes Benchmark 5.1.2"],
    bad: r#"---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: ledger}
rules: [{apiGroups: [''], resources: [secrets], verbs: [get, list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: ledger}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: ledger}
subjects: [{kind: ServiceAccount, name: ledger}]
"#,
    good: r#"---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: ledger}
rules: [{apiGroups: [''], resources: [configmaps], verbs: [get, list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: ledger}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: ledger}
subjects: [{kind: ServiceAccount, name: ledger}]
"#,
    check,
};

fn check(scene: &Scene<'_>, found: &mut Found<'_>) {
    for (index, _, role) in super::bound_roles(scene) {
        let rules = role.root().items_at(&["rules"]);
        let may = |verbs: &[&str]| rules.iter().any(|rule| is_over_secrets(rule, verbs));
        let what = match (may(READING), may(CHANGING)) {
            (true, _) => "reads",
            (false, true) => "makes or deletes",
            (false, false) => continue,
        };
        let message = format!("bound to {} {}, which {what} all Secrets", role.kind, role.name);
        found.add(index, "roleRef.name", message);
    }
}

const READING: &[&str] = &["get", "list", "watch", "*"];
const CHANGING: &[&str] = &["create", "delete", "deletecollection"];

fn is_over_secrets(rule: &Node, verbs: &[&str]) -> bool {
    grants(rule, "apiGroups", &["", "*"])
        && grants(rule, "resources", &["secrets", "*"])
        && grants(rule, "verbs", verbs)
        && rule.get("resourceNames").is_none_or(|n| n.items().is_empty())
}
