//! A binding through which Secrets can be read.

use super::{Found, Rule, Scene};
use crate::finding::Severity;
use crate::yaml::node::Node;

pub const RULE: Rule = Rule {
    id: "cross/rbac-secrets",
    severity: Severity::Warning,
    title: "Nobody is bound to a role that reads all Secrets",
    why: "Who reads the Secrets of a namespace holds the keys of all that runs there.",
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
    for (index, binding) in scene.of("RoleBinding").chain(scene.of("ClusterRoleBinding")) {
        let text = |key: &str| binding.root().at(&["roleRef", key]).and_then(Node::as_str).unwrap_or_default();
        let (kind, name) = (text("kind"), text("name"));
        let role = scene
            .objects
            .iter()
            .find(|o| o.kind == kind && o.name == name && (kind == "ClusterRole" || o.namespace == binding.namespace));
        let rules = role.and_then(|r| r.root().get("rules")).map(Node::items).unwrap_or_default();
        if rules.iter().any(reads_secrets) {
            let message = format!("bound to {kind} {name}, which reads all Secrets");
            found.add(index, "roleRef.name", message);
        }
    }
}

fn reads_secrets(rule: &Node) -> bool {
    let has = |key: &str, wanted: &[&str]| {
        let items = rule.get(key).map(Node::items).unwrap_or_default();
        items.iter().filter_map(Node::as_str).any(|i| wanted.contains(&i))
    };
    has("apiGroups", &["", "*"])
        && has("resources", &["secrets", "*"])
        && has("verbs", &["get", "list", "watch", "*"])
        && rule.get("resourceNames").is_none_or(|n| n.items().is_empty())
}
