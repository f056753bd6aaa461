//! Two Ingresses that claim the same host and path.

use std::collections::HashMap;

use super::{Found, Rule, Scene, http_paths, meta};
use crate::finding::Severity;
use crate::yaml::node::Node;

pub const RULE: Rule = Rule {
    id: "cross/ingress-collision",
    severity: Severity::Error,
    title: "A host and path belong to one Ingress",
    why: "Which of two Ingresses wins depends on their age and on the controller.",
    remedy: "Take the path out of one of them.",
    references: &[],
    bad: r#"---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: a}
spec:
  rules:
  - host: pay.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: ledger, port: {name: web}}}}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: b}
spec:
  rules:
  - host: pay.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: ledger, port: {name: web}}}}]}
"#,
    good: r#"---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: a}
spec:
  rules:
  - host: pay.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: ledger, port: {name: web}}}}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: b}
spec:
  rules:
  - host: pay.example.com
    http: {paths: [{path: /b, pathType: Prefix, backend: {service: {name: ledger, port: {name: web}}}}]}
"#,
    check,
};

fn check(scene: &Scene<'_>, found: &mut Found<'_>) {
    let mut claims: HashMap<(String, String, String), usize> = HashMap::new();
    for (index, ingress) in scene.of("Ingress") {
        let text = |n: Option<&Node>| n.and_then(Node::as_str).unwrap_or_default().to_owned();
        let class = text(ingress.root().at(&["spec", "ingressClassName"]));
        let canary = meta(ingress, "annotations", "nginx.ingress.kubernetes.io/canary") == Some("true");
        for (at, rule, path) in http_paths(ingress).filter(|_| !canary) {
            let (host, route) = (text(rule.get("host")), text(path.get("path")));
            let first = *claims.entry((class.clone(), host.clone(), route.clone())).or_insert(index);
            if first != index {
                let message = format!("{host}{route} is claimed by the Ingress {}, too", scene.objects[first].name);
                found.add(index, format!("{at}.path"), message);
            }
        }
    }
}
