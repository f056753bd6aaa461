//! A payment path that is rolled out all at once.

use super::{Found, Rule, Scene, is_payment_path};
use crate::finding::{KubeObject, Severity};

pub const RULE: Rule = Rule {
    id: "cross/payment-path-rollout",
    severity: Severity::Warning,
    title: "Payment paths are rolled out step by step",
    why: "A rolling update puts a bad version in front of all payments within minutes; a canary is stopped by its error rate.",
    remedy: "Use an Argo Rollout with a strategy, or a Flagger Canary that targets the Deployment.",
    references: &["PCI DSS 4.0 6.5.1"],
    bad: r#"apiVersion: apps/v1
kind: Deployment
metadata: {name: ledger, labels: {plimsoll.dev/payment-path: "true"}}
spec:
  selector: {matchLabels: {app: ledger}}
  template:
    metadata: {labels: {app: ledger}}
    spec:
      containers: [{name: ledger, image: 'registry.example.com/ledger:1', ports: [{name: http, containerPort: 8080}]}]
"#,
    good: r#"apiVersion: apps/v1
kind: Deployment
metadata: {name: ledger, labels: {plimsoll.dev/payment-path: "true"}}
spec:
  selector: {matchLabels: {app: ledger}}
  template:
    metadata: {labels: {app: ledger}}
    spec:
      containers: [{name: ledger, image: 'registry.example.com/ledger:1', ports: [{name: http, containerPort: 8080}]}]
---
apiVersion: flagger.app/v1beta1
kind: Canary
metadata: {name: ledger}
spec: {targetRef: {apiVersion: apps/v1, kind: Deployment, name: ledger}}
"#,
    check,
};

fn check(scene: &Scene<'_>, found: &mut Found<'_>) {
    for (index, deployment) in scene.of("Deployment").filter(|(_, d)| is_payment_path(d)) {
        let refers = |o: &KubeObject, key: &str| {
            let name = o.root().str_at(&["spec", key, "name"]);
            o.namespace == deployment.namespace && name == Some(&deployment.name)
        };
        let by_canary = scene.of("Canary").any(|(_, o)| refers(o, "targetRef"));
        if !by_canary && !scene.of("Rollout").any(|(_, o)| refers(o, "workloadRef")) {
            found.add(index, "spec.strategy", "a payment path without a Canary or a Rollout");
        }
    }
    for (index, rollout) in scene.of("Rollout").filter(|(_, r)| is_payment_path(r)) {
        let strategy = rollout.root().at(&["spec", "strategy"]);
        if strategy.is_none_or(|s| s.get("canary").or_else(|| s.get("blueGreen")).is_none()) {
            found.add(index, "spec.strategy", "a Rollout without a canary or blueGreen strategy");
        }
    }
}
