//! A workload that no NetworkPolicy covers.

use super::super::matching::Selector;
use super::{Found, Rule, Scene};
use crate::finding::Severity;

pub const RULE: Rule = Rule {
    id: "cross/network-policy-missing",
    severity: Severity::Warning,
    title: "Every workload is covered by a NetworkPolicy",
    why: "Without a policy every Pod of the cluster reaches it.",
    remedy: "Add a NetworkPolicy that selects its Pods.",
    references: &["PCI DSS 4.0 1.2.5", "PCI DSS 4.0 1.3.1"],
    bad: r#"apiVersion: apps/v1
kind: Deployment
metadata: {name: ledger}
spec:
  selector: {matchLabels: {app: ledger}}
  template:
    metadata: {labels: {app: ledger}}
    spec:
      containers: [{name: ledger, image: 'registry.example.com/ledger:1', ports: [{name: http, containerPort: 8080}]}]
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
spec: {podSelector: {matchLabels: {app: ledger}}, ingress: []}
"#,
    check,
};

fn check(scene: &Scene<'_>, found: &mut Found<'_>) {
    for w in &scene.workloads {
        let near = scene.of("NetworkPolicy").chain(scene.of("CiliumNetworkPolicy"));
        let covered = near.filter(|(_, p)| p.namespace == w.object.namespace).any(|(_, p)| {
            let spec = p.root().get("spec");
            let selector = spec.and_then(|s| s.get("podSelector").or_else(|| s.get("endpointSelector")));
            selector.is_some_and(|s| Selector::read(Some(s)).fits(w.labels))
        });
        if !covered {
            found.add(w.index, "", format!("no NetworkPolicy covers the Pods of {}", w.object.name));
        }
    }
}
