//! PCI-scoped workloads beside others in one namespace.

use super::{Found, Rule, Scene, meta};
use crate::finding::{KubeObject, Severity};

pub const RULE: Rule = Rule {
    id: "cross/pci-namespace",
    severity: Severity::Error,
    title: "PCI-scoped workloads share their namespace with nobody",
    why: "What shares a namespace with the cardholder environment is in its scope, with all audits that entails.",
    remedy: "Move one of them into a namespace of its own.",
    references: &["PCI DSS 4.0 1.2.6", "PCI DSS 4.0 12.5.2", "PCI DSS 4.0 A3.2.1"],
    bad: r#"---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ledger, namespace: payments, labels: {data-classification: pci}}
spec: {selector: {matchLabels: {app: ledger}}, template: {metadata: {labels: {app: ledger}}, spec: {containers: [{name: a, image: 'a:1'}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: blog, namespace: payments, labels: {data-classification: public}}
spec: {selector: {matchLabels: {app: blog}}, template: {metadata: {labels: {app: blog}}, spec: {containers: [{name: a, image: 'a:1'}]}}}
"#,
    good: r#"---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ledger, namespace: payments, labels: {data-classification: pci}}
spec: {selector: {matchLabels: {app: ledger}}, template: {metadata: {labels: {app: ledger}}, spec: {containers: [{name: a, image: 'a:1'}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: blog, namespace: blog, labels: {data-classification: public}}
spec: {selector: {matchLabels: {app: blog}}, template: {metadata: {labels: {app: blog}}, spec: {containers: [{name: a, image: 'a:1'}]}}}
"#,
    check,
};

fn check(scene: &Scene<'_>, found: &mut Found<'_>) {
    for w in scene.workloads.iter().filter(|w| !in_scope(w.object)) {
        let near = scene.workloads.iter().filter(|o| o.object.namespace == w.object.namespace);
        if let Some(scoped) = near.into_iter().find(|o| in_scope(o.object)) {
            let message = format!("shares its namespace with {}, which is in PCI scope", scoped.object.name);
            found.add(w.index, "metadata.namespace", message);
        }
    }
}

fn in_scope(object: &KubeObject) -> bool {
    meta(object, "labels", "data-classification") == Some("pci") || meta(object, "labels", "pci-scope") == Some("true")
}
