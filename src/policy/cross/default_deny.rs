//! A namespace with NetworkPolicies but without one that denies by default.

use std::collections::BTreeSet;

use super::super::matching::Selector;
use super::{Found, Rule, Scene};
use crate::finding::Severity;
use crate::yaml::node::Node;

pub const RULE: Rule = Rule {
    id: "cross/default-deny",
    severity: Severity::Info,
    title: "Namespaces deny ingress by default",
    why: "Policies add up what is allowed; what none of them mentions stays open without a default-deny policy.",
    remedy: "Add a NetworkPolicy with an empty podSelector, policyTypes [Ingress] and no ingress.",
    references: &["PCI DSS 4.0 1.3.1", "NSA Kubernetes Hardening Guide: network policies"],
    bad: r#"apiVersion: apps/v1
kind: Deployment
metadata: {name: ledger}
spec:
  selector: {matchLabels: {app: ledger}}
  template:
    metadata: {labels: {app: ledger}}
    spec:
      containers: [{name: ledger, image: 'registry.example.com/ledger:1', ports: [{name: http, containerPort: 8080}]}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: ledger}
spec: {podSelector: {matchLabels: {app: ledger}}, ingress: [{}]}
"#,
    good: r#"apiVersion: apps/v1
kind: Deployment
metadata: {name: ledger}
spec:
  selector: {matchLabels: {app: ledger}}
  template:
    metadata: {labels: {app: ledger}}
    spec:
      containers: [{name: ledger, image: 'registry.example.com/ledger:1', ports: [{name: http, containerPort: 8080}]}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny}
spec: {podSelector: {}, policyTypes: [Ingress]}
"#,
    check,
};

fn check(scene: &Scene<'_>, found: &mut Found<'_>) {
    let mut seen = BTreeSet::new();
    for (index, policy) in scene.of("NetworkPolicy") {
        if !seen.insert(&policy.namespace) {
            continue;
        }
        let mut near = scene.of("NetworkPolicy").filter(|(_, p)| p.namespace == policy.namespace);
        if !near.any(|(_, p)| p.root().get("spec").is_some_and(denies)) {
            found.add(index, "", "no NetworkPolicy of these manifests denies ingress to the namespace by default");
        }
    }
}

fn denies(spec: &Node) -> bool {
    let types = spec.items_at(&["policyTypes"]);
    let ingress = types.is_empty() || types.iter().any(|t| t.as_str() == Some("Ingress"));
    let rules = spec.items_at(&["ingress"]);
    ingress && rules.is_empty() && Selector::read(spec.get("podSelector")).is_empty()
}
