//! A PodDisruptionBudget whose selector fits no Pod template.

use super::super::matching::Selector;
use super::{Found, Rule, Scene};
use crate::finding::Severity;

pub const RULE: Rule = Rule {
    id: "cross/pdb-target",
    severity: Severity::Warning,
    title: "PodDisruptionBudgets select Pods of the release",
    why: "A budget for nobody protects nobody when a node drains.",
    remedy: "Make the selector equal to the labels of a Pod template.",
    references: &["PCI DSS 4.0 12.10.1"],
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
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: ledger}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: ledgr}}}
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
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: ledger}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: ledger}}}
"#,
    check,
};

fn check(scene: &Scene<'_>, found: &mut Found<'_>) {
    for (index, budget) in scene.of("PodDisruptionBudget") {
        let selector = Selector::read(budget.root().at(&["spec", "selector"]));
        if scene.selected(&budget.namespace, &selector).next().is_none() {
            found.add(index, "spec.selector", "the PodDisruptionBudget selects no Pod template of these manifests");
        }
    }
}
