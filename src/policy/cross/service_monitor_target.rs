//! A ServiceMonitor that selects no Service.

use super::super::matching::Selector;
use super::{Found, Rule, Scene};
use crate::finding::Severity;

pub const RULE: Rule = Rule {
    id: "cross/service-monitor-target",
    severity: Severity::Warning,
    title: "ServiceMonitors select Services of the release",
    why: "What is not scraped raises no alert.",
    remedy: "Make the selector equal to the labels of a Service.",
    references: &["PCI DSS 4.0 10.7.2", "kube-linter: dangling-servicemonitor"],
    bad: r#"---
apiVersion: v1
kind: Service
metadata: {name: ledger, labels: {app: ledger}}
spec: {selector: {app: ledger}, ports: [{port: 80}]}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: ledger}
spec: {selector: {matchLabels: {app: ledgr}}, endpoints: [{port: http}]}
"#,
    good: r#"---
apiVersion: v1
kind: Service
metadata: {name: ledger, labels: {app: ledger}}
spec: {selector: {app: ledger}, ports: [{port: 80}]}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: ledger}
spec: {selector: {matchLabels: {app: ledger}}, endpoints: [{port: http}]}
"#,
    check,
};

fn check(scene: &Scene<'_>, found: &mut Found<'_>) {
    for (index, monitor) in scene.of("ServiceMonitor") {
        let spec = monitor.root().get("spec");
        let selector = Selector::read(spec.and_then(|s| s.get("selector")));
        let anywhere = spec.is_some_and(|s| s.get("namespaceSelector").is_some());
        let mut near = scene.of("Service").filter(|(_, s)| anywhere || s.namespace == monitor.namespace);
        if !near.any(|(_, s)| selector.fits(s.root().at(&["metadata", "labels"]))) {
            found.add(index, "spec.selector", "the ServiceMonitor selects no Service of these manifests");
        }
    }
}
