//! An Ingress to a Service, or a port of one, that does not exist.

use super::{Found, Rule, Scene, http_paths};
use crate::finding::Severity;
use crate::yaml::node::Node;

pub const RULE: Rule = Rule {
    id: "cross/ingress-backend",
    severity: Severity::Error,
    title: "Ingresses send to ports that Services have",
    why: "The Ingress answers 503 for a path that nobody serves.",
    remedy: "Name a Service and a port of the manifests in the backend.",
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
  ports: [{name: web, port: 80, targetPort: http}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: a}
spec:
  rules:
  - host: pay.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: ledger, port: {name: http}}}}]}
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
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: a}
spec:
  rules:
  - host: pay.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: ledger, port: {name: web}}}}]}
"#,
    check,
};

fn check(scene: &Scene<'_>, found: &mut Found<'_>) {
    for (index, ingress) in scene.of("Ingress") {
        if let Some(backend) = ingress.root().at(&["spec", "defaultBackend", "service"]) {
            backend_of(scene, index, backend, "spec.defaultBackend.service", found);
        }
        for (at, _, path) in http_paths(ingress) {
            if let Some(backend) = path.at(&["backend", "service"]) {
                backend_of(scene, index, backend, &format!("{at}.backend.service"), found);
            }
        }
    }
}

fn backend_of(scene: &Scene<'_>, index: usize, backend: &Node, at: &str, found: &mut Found<'_>) {
    let name = backend.str_at(&["name"]).unwrap_or_default();
    let Some(service) = scene.named("Service", name, &scene.objects[index].namespace) else {
        return found.add(index, format!("{at}.name"), format!("there is no Service {name:?} in these manifests"));
    };
    let ports = service.root().items_at(&["spec", "ports"]);
    let wanted = backend.get("port");
    let (by_name, by_number) = (wanted.and_then(|w| w.get("name")), wanted.and_then(|w| w.get("number")));
    let fits = ports.iter().any(|p| match (by_name, by_number) {
        (Some(name), _) => p.str_at(&["name"]) == name.as_str(),
        (_, Some(number)) => p.get("port").and_then(Node::as_i64) == number.as_i64(),
        _ => true,
    });
    if !fits {
        let shown = by_name.and_then(Node::as_str).map(str::to_owned);
        let shown = shown.or_else(|| by_number.and_then(Node::as_i64).map(|n| n.to_string())).unwrap_or_default();
        found.add(index, format!("{at}.port"), format!("the Service {name} has no port {shown}"));
    }
}
