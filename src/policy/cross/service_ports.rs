//! A Service that sends to a port that its Pods don’t have.

use super::super::matching::Selector;
use super::{Found, Rule, Scene};
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
        let Some(labels) = service.root().at(&["spec", "selector"]).filter(|n| !n.entries().is_empty()) else {
            continue;
        };
        let selector = Selector::of_labels(labels);
        let selected = scene.workloads.iter().filter(|w| w.object.namespace == service.namespace);
        let selected: Vec<_> = selected.filter(|w| selector.fits(w.labels)).collect();
        let ports = service.root().at(&["spec", "ports"]).map(Node::items).unwrap_or_default();
        for (i, port) in ports.iter().enumerate() {
            let Some(name) = port.get("targetPort").and_then(Node::as_str) else { continue };
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
    let lists = ["containers", "initContainers"].into_iter().filter_map(|key| spec.get(key));
    let ports = lists.flat_map(Node::items).filter_map(|c| c.get("ports")).flat_map(Node::items);
    ports.filter_map(|p| p.get("name")).any(|n| n.as_str() == Some(name))
}
