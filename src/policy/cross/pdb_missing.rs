//! Several replicas without a PodDisruptionBudget.

use super::super::matching::Selector;
use super::{Found, Rule, Scene, least_replicas};
use crate::finding::Severity;

pub const RULE: Rule = Rule {
    id: "cross/pdb-missing",
    severity: Severity::Warning,
    title: "Workloads with replicas have a PodDisruptionBudget",
    why: "Without a budget a drain of two nodes takes all replicas at once.",
    remedy: "Add a PodDisruptionBudget with maxUnavailable: 1 that selects the Pods.",
    references: &["PCI DSS 4.0 12.10.1"],
    bad: r#"apiVersion: apps/v1
kind: Deployment
metadata: {name: ledger}
spec:
  replicas: 3
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
  replicas: 3
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
    for w in scene.workloads.iter().filter(|w| matches!(&*w.object.kind, "Deployment" | "StatefulSet" | "Rollout")) {
        let scaled = scene.scalers(w.object).iter().map(|(_, o)| least_replicas(o).unwrap_or(1)).max();
        if scaled.or(w.replicas()).unwrap_or(1) < 2 {
            continue;
        }
        let mut budgets = scene.of("PodDisruptionBudget").filter(|(_, o)| o.namespace == w.object.namespace);
        if !budgets.any(|(_, o)| Selector::read(o.root().at(&["spec", "selector"])).fits(w.labels)) {
            found.add(w.index, "", format!("no PodDisruptionBudget covers {}", w.object.name));
        }
    }
}
