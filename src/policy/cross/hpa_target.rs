//! An autoscaler whose target does not exist, or that is not alone.

use super::{Found, Rule, Scene};
use crate::finding::Severity;

pub const RULE: Rule = Rule {
    id: "cross/hpa-target",
    severity: Severity::Error,
    title: "Autoscalers have a target, and a target one autoscaler",
    why: "An autoscaler without a target scales nothing; two on one target fight.",
    remedy: "Name the workload in scaleTargetRef; keep one of the autoscalers.",
    references: &[],
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
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: ledger}
spec: {minReplicas: 2, maxReplicas: 6, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: ledgr}}
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
    for (index, scaler) in scene.of("HorizontalPodAutoscaler").chain(scene.of("ScaledObject")) {
        let Some(target) = scaler.root().at(&["spec", "scaleTargetRef"]) else { continue };
        let text = |key: &str| target.str_at(&[key]);
        let (kind, name) = (text("kind").unwrap_or("Deployment"), text("name").unwrap_or_default());
        let known = matches!(kind, "Deployment" | "StatefulSet" | "ReplicaSet" | "Rollout");
        if known && scene.named(kind, name, &scaler.namespace).is_none() {
            let message = format!("there is no {kind} {name:?} in these manifests");
            found.add(index, "spec.scaleTargetRef.name", message);
        }
    }
    for w in &scene.workloads {
        let scalers = scene.scalers(w.object);
        for (index, _) in scalers.iter().skip(1) {
            let message = format!("{} {} is scaled by {} autoscalers", w.object.kind, w.object.name, scalers.len());
            found.add(*index, "spec.scaleTargetRef", message);
        }
    }
}
