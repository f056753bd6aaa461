//! A PodDisruptionBudget that lets no node drain.

use super::super::matching::Selector;
use super::{Found, Rule, Scene, Workload, least_replicas};
use crate::finding::Severity;
use crate::yaml::node::Node;

pub const RULE: Rule = Rule {
    id: "cross/pdb-drain",
    severity: Severity::Error,
    title: "PodDisruptionBudgets let a node drain",
    why: "A budget that allows no disruption stops every upgrade of a node until somebody deletes it, by force and at night.",
    remedy: "Set maxUnavailable: 1, or minAvailable below the number of replicas.",
    references: &["PCI DSS 4.0 6.3.3"],
    bad: r#"apiVersion: apps/v1
kind: Deployment
metadata: {name: ledger}
spec:
  replicas: 2
  selector: {matchLabels: {app: ledger}}
  template:
    metadata: {labels: {app: ledger}}
    spec:
      containers: [{name: ledger, image: 'registry.example.com/ledger:1', ports: [{name: http, containerPort: 8080}]}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: ledger}
spec: {minAvailable: 2, selector: {matchLabels: {app: ledger}}}
"#,
    good: r#"apiVersion: apps/v1
kind: Deployment
metadata: {name: ledger}
spec:
  replicas: 2
  selector: {matchLabels: {app: ledger}}
  template:
    metadata: {labels: {app: ledger}}
    spec:
      containers: [{name: ledger, image: 'registry.example.com/ledger:1', ports: [{name: http, containerPort: 8080}]}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: ledger}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: ledger}}}
"#,
    check,
};

fn check(scene: &Scene<'_>, found: &mut Found<'_>) {
    for (index, budget) in scene.of("PodDisruptionBudget") {
        let Some(spec) = budget.root().get("spec") else { continue };
        let text = |key: &str| spec.get(key).map(amount);
        if matches!(text("maxUnavailable").as_deref(), Some("0" | "0%")) {
            found.add(index, "spec.maxUnavailable", "maxUnavailable is 0: no node that runs these Pods can drain");
        }
        let Some(least) = text("minAvailable") else { continue };
        if least == "100%" {
            found.add(index, "spec.minAvailable", "minAvailable is 100%: no node that runs these Pods can drain");
        }
        let selector = Selector::read(spec.get("selector"));
        for w in scene.selected(&budget.namespace, &selector).filter(|w| w.is_lasting()) {
            let replicas = lowest(scene, w);
            if wanted(&least, replicas).is_some_and(|n| n >= replicas) {
                let name = &w.object.name;
                let message =
                    format!("minAvailable {least} leaves none of the {replicas} replicas of {name} to a drain");
                found.add(index, "spec.minAvailable", message);
            }
        }
    }
}

fn amount(node: &Node) -> String {
    node.as_str().map_or_else(|| node.as_i64().unwrap_or_default().to_string(), str::to_owned)
}

/// How many replicas an amount asks for; a share is rounded up, as the disruption controller does.
fn wanted(amount: &str, replicas: i64) -> Option<i64> {
    match amount.strip_suffix('%') {
        Some(share) => share.parse::<i64>().ok()?.checked_mul(replicas)?.checked_add(99).map(|n| n / 100),
        None => amount.parse().ok(),
    }
}

/// The fewest replicas that there may be.
fn lowest(scene: &Scene<'_>, w: &Workload<'_>) -> i64 {
    let scaled = scene.scalers(w.object).first().and_then(|(_, o)| least_replicas(o));
    scaled.or(w.replicas()).unwrap_or(1)
}
