//! A Service that sends to a port that its Pods don’t have.

use super::{Found, Rule, Scene, containers};
use crate::finding::Severity;
use crate::yaml::node::Node;

pub const RULE: Rule = Rule {
    id: "cross/service-ports",
    severity: Severity::Error,
    title: "Services send to ports that their Pods have",
    why: "A named target port that no container declares gives a Service without endpoints.",
    remedy: "Name a port of the container in targetPort, or declare it there.",
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
  selector: {app: ledger}
  ports: [{name: web, port: 80, targetPort: web}]
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
        let Some(selected) = scene.behind(service) else { continue };
        for (i, port) in service.root().items_at(&["spec", "ports"]).iter().enumerate() {
            let Some(name) = port.str_at(&["targetPort"]) else { continue };
            if !selected.is_empty() && !selected.iter().any(|w| declares(w.spec, name)) {
                let message = format!("no container of the selected Pods has a port {name:?}");
                found.add(index, format!("spec.ports[{i}].targetPort"), message);
            }
        }
    }
}

fn declares(spec: &Node, name: &str) -> bool {
    // A number in quotes is no name, and needs no declaration.
    if name.bytes().all(|b| b.is_ascii_digit()) {
        return true;
    }
    containers(spec).flat_map(|(_, c)| c.items_at(&["ports"])).any(|p| p.str_at(&["name"]) == Some(name))
}
