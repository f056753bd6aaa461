//! A NetworkPolicy that lets in Pods that do not exist.

use super::super::matching::Selector;
use super::{Found, Rule, Scene};
use crate::finding::Severity;
use crate::yaml::node::Node;

pub const RULE: Rule = Rule {
    id: "cross/network-policy-peer",
    severity: Severity::Info,
    title: "Peers of NetworkPolicies exist",
    why: "A peer whose label was renamed is kept out, or the rule is left over.",
    remedy: "Make the selector equal to the labels of a Pod template, or remove the rule.",
    references: &["kube-linter: dangling-networkpolicypeer-podselector"],
    bad: r#"apiVersion: apps/v1
kind: Deployment
metadata: {name: ledger}
spec:
  selector: {matchLabels: {app: ledger}}
  template:
    metadata: {labels: {app: ledger}}
    spec:
      containers: [{name: ledger, image: 'registry.example.com/ledger:1'}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: ledger}
spec: {podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: gateway}}}]}]}
"#,
    good: r#"apiVersion: apps/v1
kind: Deployment
metadata: {name: ledger}
spec:
  selector: {matchLabels: {app: ledger}}
  template:
    metadata: {labels: {app: ledger}}
    spec:
      containers: [{name: ledger, image: 'registry.example.com/ledger:1'}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: ledger}
spec: {podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: ledger}}}]}]}
"#,
    check,
};

fn check(scene: &Scene<'_>, found: &mut Found<'_>) {
    for (index, policy) in scene.of("NetworkPolicy") {
        for (rules, peers) in [("ingress", "from"), ("egress", "to")] {
            let list = policy.root().items_at(&["spec", rules]);
            for (r, rule) in list.iter().enumerate() {
                for (p, peer) in rule.items_at(&[peers]).iter().enumerate() {
                    if is_dangling(scene, &policy.namespace, peer) {
                        let path = format!("spec.{rules}[{r}].{peers}[{p}].podSelector");
                        found.add(index, path, "the peer selects no Pod template of these manifests");
                    }
                }
            }
        }
    }
}

fn is_dangling(scene: &Scene<'_>, namespace: &str, peer: &Node) -> bool {
    let Some(selector) = peer.get("podSelector").map(|s| Selector::read(Some(s))) else { return false };
    let elsewhere = peer.get("namespaceSelector").is_some();
    !elsewhere && !selector.is_empty() && scene.selected(namespace, &selector).next().is_none()
}
