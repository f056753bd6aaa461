//! A workload with one replica and nothing that scales it.

use super::{Found, Rule, Scene};
use crate::finding::Severity;
use crate::yaml::node::Node;

pub const RULE: Rule = Rule {
    id: "cross/single-replica",
    severity: Severity::Warning,
    title: "Workloads have two replicas or more",
    why: "With one replica every rollout of a node is an outage.",
    remedy: "Set replicas to 2 or more, or scale it with minReplicas of 2 or more.",
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
"#,
    good: r#"apiVersion: apps/v1
kind: Deployment
metadata: {name: ledger}
spec:
  replicas: 2
  selector: {matchLabels: {app: ledger}}
  template:
    metadata: {labels: {app: ledger}}
    spec:
      containers: [{name: ledger, image: 'registry.example.com/ledger:1', ports: [{name: http, containerPort: 8080}]}]
"#,
    check,
};

fn check(scene: &Scene<'_>, found: &mut Found<'_>) {
    let scaled = |kind: &str| matches!(kind, "Deployment" | "StatefulSet" | "Rollout");
    for w in scene.workloads.iter().filter(|w| scaled(&w.object.kind)) {
        let runner = scene.runner(w.object);
        let replicas = runner.root().at(&["spec", "replicas"]).and_then(Node::as_i64).unwrap_or(1);
        // Nobody runs what is scaled to nothing.
        if replicas == 1 && scene.scalers(w.object).is_empty() {
            found.add(w.index, "spec.replicas", format!("{} has one replica", w.object.name));
        }
    }
}
