//! A NetworkPolicy whose selector fits no Pod template.

use super::super::matching::Selector;
use super::{Found, Rule, Scene};
use crate::finding::Severity;

pub const RULE: Rule = Rule {
    id: "cross/network-policy-target",
    severity: Severity::Warning,
    title: "NetworkPolicies select Pods of the release",
    why: "A policy for nobody leaves open what it was meant to close.",
    remedy: "Make podSelector equal to the labels of a Pod template.",
    references: &["PCI DSS 4.0 1.2.5"],
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
spec: {podSelector: {matchLabels: {app: ledgr}}}
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
metadata: {name: ledger}
spec: {podSelector: {matchLabels: {app: ledger}}}
"#,
    check,
};

fn check(scene: &Scene<'_>, found: &mut Found<'_>) {
    for (index, policy) in scene.of("NetworkPolicy") {
        let selector = Selector::read(policy.root().at(&["spec", "podSelector"]));
        if !selector.is_empty() && scene.selected(&policy.namespace, &selector).next().is_none() {
            found.add(index, "spec.podSelector", "the NetworkPolicy selects no Pod template of these manifests");
        }
    }
}
