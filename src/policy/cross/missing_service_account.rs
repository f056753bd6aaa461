//! A workload whose ServiceAccount does not exist.

use super::{Found, Rule, Scene};
use crate::finding::Severity;
use crate::yaml::node::Node;

pub const RULE: Rule = Rule {
    id: "cross/missing-service-account",
    severity: Severity::Error,
    title: "The ServiceAccount of a workload exists",
    why: "Without it no Pod is made, and the release hangs without an event on the Deployment.",
    remedy: "Render the ServiceAccount, or name one that exists.",
    references: &["PCI DSS 4.0 7.2.5"],
    bad: r#"apiVersion: apps/v1
kind: Deployment
metadata: {name: ledger}
spec:
  selector: {matchLabels: {app: ledger}}
  template:
    metadata: {labels: {app: ledger}}
    spec:
      serviceAccountName: ledgr
      containers: [{name: ledger, image: 'registry.example.com/ledger:1', ports: [{name: http, containerPort: 8080}]}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: ledger}
"#,
    good: r#"apiVersion: apps/v1
kind: Deployment
metadata: {name: ledger}
spec:
  selector: {matchLabels: {app: ledger}}
  template:
    metadata: {labels: {app: ledger}}
    spec:
      serviceAccountName: ledger
      containers: [{name: ledger, image: 'registry.example.com/ledger:1', ports: [{name: http, containerPort: 8080}]}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: ledger}
"#,
    check,
};

fn check(scene: &Scene<'_>, found: &mut Found<'_>) {
    for w in &scene.workloads {
        let Some(name) = account(w.spec) else { continue };
        if !matches!(name, "" | "default") && scene.named("ServiceAccount", name, &w.object.namespace).is_none() {
            let message = format!("there is no ServiceAccount {name:?} in these manifests");
            found.add(w.index, format!("{}spec.serviceAccountName", w.at), message);
        }
    }
}

/// The field, or its deprecated alias.
fn account(spec: &Node) -> Option<&str> {
    ["serviceAccountName", "serviceAccount"].into_iter().find_map(|key| spec.str_at(&[key]))
}
