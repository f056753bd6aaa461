//! A binding through which Pods can be made.

use super::{Found, Rule, Scene};
use crate::finding::Severity;
use crate::yaml::node::Node;

pub const RULE: Rule = Rule {
    id: "cross/rbac-create-pods",
    severity: Severity::Warning,
    title: "Nobody but deployers is bound to a role that makes Pods",
    why: "Who makes Pods runs them with any ServiceAccount and any Secret of the namespace.",
    remedy: "Take create on Pods and workloads out of the role.",
    references: &["PCI DSS 4.0 7.2.2", "CIS Kubernetes Benchmark 5.1.4", "kube-linter: access-to-create-pods"],
    bad: r#"apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: ledger}
rules: [{apiGroups: ['', apps], resources: [pods, deployments], verbs: [create]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: ledger}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: ledger}
subjects: [{kind: ServiceAccount, name: ledger}]
"#,
    good: r#"apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: ledger}
rules: [{apiGroups: ['', apps], resources: [pods, deployments], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: ledger}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: ledger}
subjects: [{kind: ServiceAccount, name: ledger}]
"#,
    check,
};

const WORKLOADS: &[&str] =
    &["pods", "deployments", "statefulsets", "replicasets", "cronjobs", "jobs", "daemonsets", "*"];

fn check(scene: &Scene<'_>, found: &mut Found<'_>) {
    for (index, binding, role) in super::bound_roles(scene) {
        let rules = role.root().items_at(&["rules"]);
        let makes = |r: &&Node| super::grants(r, "resources", WORKLOADS) && super::grants(r, "verbs", &["create", "*"]);
        if rules.iter().any(|r| makes(&r)) {
            let message = format!("{} is bound to {} {}, which makes Pods", binding.name, role.kind, role.name);
            found.add(index, "roleRef.name", message);
        }
    }
}
