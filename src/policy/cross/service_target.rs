//! A Service whose selector fits no Pod template.

use super::{Found, Rule, Scene};
use crate::finding::Severity;

pub const RULE: Rule = Rule {
    id: "cross/service-target",
    severity: Severity::Warning,
    title: "Services select Pods of the release",
    why: "A Service that selects nothing answers nothing; a label was renamed on one side only.",
    remedy: "Make the selector equal to the labels of a Pod template.",
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
apiVersion: v1
kind: Service
metadata: {name: ledger}
spec:
  selector: {app: ledgr}
  ports: [{name: web, port: 80, targetPort: http}]
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
apiVersion: v1
kind: Service
metadata: {name: ledger}
spec:
  selector: {app: ledger}
  ports: [{name: web, port: 80, targetPort: http}]
"#,
    check,
};

fn check(scene: &Scene<'_>, found: &mut Found<'_>) {
    for (index, service) in scene.of("Service") {
        if scene.behind(service).is_some_and(|selected| selected.is_empty()) {
            found.add(index, "spec.selector", "the Service selects no Pod template of these manifests");
        }
    }
}
