//! A workload that sets replicas although an autoscaler does.

use super::{Found, Rule, Scene};
use crate::finding::Severity;

pub const RULE: Rule = Rule {
    id: "cross/hpa-replicas",
    severity: Severity::Error,
    title: "An autoscaled workload does not set replicas",
    why: "Every upgrade sets replicas back to what the chart says, in the middle of the day’s load.",
    remedy: "Leave spec.replicas out when the autoscaler is on.",
    references: &[],
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
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: ledger}
spec: {minReplicas: 2, maxReplicas: 6, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: ledger}}
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
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: ledger}
spec: {minReplicas: 2, maxReplicas: 6, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: ledger}}
"#,
    check,
};

fn check(scene: &Scene<'_>, found: &mut Found<'_>) {
    for w in scene.workloads.iter().filter(|w| w.replicas().is_some()) {
        if let Some((_, scaler)) = scene.scalers(w.object).first() {
            let message = format!("replicas is set, and {} {} scales it", scaler.kind, scaler.name);
            found.add(w.index, "spec.replicas", message);
        }
    }
}
