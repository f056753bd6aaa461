//! A hook that needs an object which is made only after it.

use super::{Found, Rule, Scene, containers, meta};
use crate::finding::{KubeObject, Severity};
use crate::yaml::node::Node;

pub const RULE: Rule = Rule {
    id: "cross/hook-order",
    severity: Severity::Error,
    title: "Hooks use only what is there when they run",
    why: "A pre-install hook runs before the objects of the release exist: its Pod waits for a ConfigMap that never comes, and the release times out.",
    remedy: "Make the object a hook of no higher weight, or the hook a post-install one.",
    references: &[],
    bad: r#"apiVersion: batch/v1
kind: Job
metadata: {name: migrate, annotations: {helm.sh/hook: pre-install}}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: migrate, image: 'registry.example.com/migrate:1', envFrom: [{configMapRef: {name: ledger}}]}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: ledger}
data: {host: db}
"#,
    good: r#"apiVersion: batch/v1
kind: Job
metadata: {name: migrate, annotations: {helm.sh/hook: post-install}}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: migrate, image: 'registry.example.com/migrate:1', envFrom: [{configMapRef: {name: ledger}}]}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: ledger}
data: {host: db}
---
apiVersion: batch/v1
kind: Job
metadata: {name: check, annotations: {helm.sh/hook: pre-install}}
spec:
  template:
    spec:
      serviceAccountName: check
      restartPolicy: Never
      containers: [{name: check, image: 'registry.example.com/check:1'}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: check, annotations: {helm.sh/hook: pre-install}}
"#,
    check,
};

fn check(scene: &Scene<'_>, found: &mut Found<'_>) {
    for w in &scene.workloads {
        let Some((early, weight)) = early(w.object) else { continue };
        for (kind, name, path) in uses(w.spec) {
            let Some(needed) = scene.named(kind, &name, &w.object.namespace) else { continue };
            // Of one weight, Helm makes what Pods use before Pods.
            let in_time = self::early(needed).is_some_and(|(_, own)| own <= weight);
            if !in_time {
                let message = format!("the {early} hook uses {kind} {name}, which is made after it");
                found.add(w.index, format!("{}spec.{path}", w.at), message);
            }
        }
    }
}

/// The first of an object's hooks that runs before the release is there, and its weight.
fn early(object: &KubeObject) -> Option<(&str, i64)> {
    let hooks = meta(object, "annotations", "helm.sh/hook")?;
    let first = hooks.split(',').map(str::trim).find(|h| *h == "pre-install")?;
    let weight = meta(object, "annotations", "helm.sh/hook-weight").and_then(|w| w.parse().ok()).unwrap_or(0);
    Some((first, weight))
}

/// ConfigMaps, Secrets and the ServiceAccount that a Pod cannot start without: kind, name, path below its spec.
fn uses(spec: &Node) -> Vec<(&'static str, String, String)> {
    let mut found = vec![("ServiceAccount", Some(spec), "serviceAccountName", "serviceAccountName".to_owned())];
    for (i, volume) in spec.items_at(&["volumes"]).iter().enumerate() {
        found.push(("ConfigMap", volume.get("configMap"), "name", format!("volumes[{i}].configMap")));
        found.push(("Secret", volume.get("secret"), "secretName", format!("volumes[{i}].secret")));
    }
    for (at, c) in containers(spec) {
        for (e, source) in c.items_at(&["envFrom"]).iter().enumerate() {
            let at = format!("{at}.envFrom[{e}]");
            found.push(("ConfigMap", source.get("configMapRef"), "name", at.clone()));
            found.push(("Secret", source.get("secretRef"), "name", at));
        }
    }
    let needed = found.into_iter().filter_map(|(kind, node, key, path)| {
        let node = node.filter(|n| n.get("optional").and_then(Node::as_bool) != Some(true))?;
        Some((kind, node.str_at(&[key])?.to_owned(), path))
    });
    needed.collect()
}
