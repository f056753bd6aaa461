//! A variable of the environment from a key that does not exist.

use super::{Found, Rule, Scene, containers};
use crate::finding::Severity;
use crate::yaml::node::Node;

pub const RULE: Rule = Rule {
    id: "cross/config-reference",
    severity: Severity::Warning,
    title: "Keys that the environment is taken from exist",
    why: "A missing key keeps the container from starting: CreateContainerConfigError.",
    remedy: "Make the name and the key those of a ConfigMap or Secret, or mark it optional.",
    references: &["kube-linter: env-value-from"],
    bad: r#"apiVersion: apps/v1
kind: Deployment
metadata: {name: ledger}
spec:
  selector: {matchLabels: {app: ledger}}
  template:
    metadata: {labels: {app: ledger}}
    spec:
      containers: [{name: ledger, image: 'registry.example.com/ledger:1', env: [{name: HOST, valueFrom: {configMapKeyRef: {name: ledger, key: hots}}}]}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: ledger}
data: {host: db}
"#,
    good: r#"apiVersion: apps/v1
kind: Deployment
metadata: {name: ledger}
spec:
  selector: {matchLabels: {app: ledger}}
  template:
    metadata: {labels: {app: ledger}}
    spec:
      containers: [{name: ledger, image: 'registry.example.com/ledger:1', env: [{name: HOST, valueFrom: {configMapKeyRef: {name: ledger, key: host}}}]}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: ledger}
data: {host: db}
"#,
    check,
};

fn check(scene: &Scene<'_>, found: &mut Found<'_>) {
    for w in &scene.workloads {
        for (at, c) in containers(w.spec) {
            for (e, env) in c.items_at(&["env"]).iter().enumerate() {
                let at = format!("{}spec.{at}.env[{e}].valueFrom", w.at);
                variable(scene, w.index, env, &at, found);
            }
        }
    }
}

/// Only of what is part of the manifests can be said that a key is missing.
fn variable(scene: &Scene<'_>, index: usize, env: &Node, at: &str, found: &mut Found<'_>) {
    let namespace = &scene.objects[index].namespace;
    for (field, kind) in [("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")] {
        let Some(source) = env.at(&["valueFrom", field]) else { continue };
        let text = |key: &str| source.str_at(&[key]).unwrap_or_default();
        let (name, key) = (text("name"), text("key"));
        let optional = source.get("optional").and_then(Node::as_bool) == Some(true);
        let Some(holder) = scene.named(kind, name, namespace).filter(|_| !optional) else { continue };
        let has = |part: &str| holder.root().get(part).is_some_and(|d| d.get(key).is_some());
        if !["data", "binaryData", "stringData"].into_iter().any(has) {
            found.add(index, format!("{at}.{field}.key"), format!("{kind} {name} has no key {key:?}"));
        }
    }
}
