//! What objects waive of themselves, by annotations: ours (`plimsoll.dev/waive-RULE: reason`, a slash in the rule is a
//! dot there) and those of other linters, for the rules that find the same as their checks. kube-linter's are
//! `ignore-check.kube-linter.io/CHECK: reason` and `kube-linter.io/ignore-all: reason`, on the object; kube-score's is
//! `kube-score/ignore: a,b`, on the object or its Pod template.

use crate::finding::KubeObject;
use crate::yaml::node::Node;

/// A rule that an object doesn't want to be judged by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inline {
    /// The rule; `*` for all, `schema/*` for all of a family.
    pub rule: String,
    /// Why.
    pub reason: String,
}

impl Inline {
    /// Whether a rule is meant.
    pub fn fits(&self, rule: &str) -> bool {
        match self.rule.strip_suffix('*') {
            Some(family) => rule.starts_with(family),
            None => self.rule == rule,
        }
    }
}

/// What an object waives.
pub fn inline(object: &KubeObject) -> Vec<Inline> {
    let mut found = Vec::new();
    for (key, text) in annotations(object, &["metadata", "annotations"]) {
        if let Some(rule) = key.strip_prefix("plimsoll.dev/waive-") {
            found.push(Inline { rule: rule.replacen('.', "/", 1), reason: text.to_owned() });
        } else if let Some(check) = key.strip_prefix("ignore-check.kube-linter.io/") {
            found.extend(known_as(KUBE_LINTER, check, text));
        } else if key == "kube-linter.io/ignore-all" {
            found.push(Inline { rule: "*".into(), reason: text.to_owned() });
        }
    }
    let template = ["spec", "template", "metadata", "annotations"];
    let job_template = ["spec", "jobTemplate", "spec", "template", "metadata", "annotations"];
    for path in [&["metadata", "annotations"][..], &template, &job_template] {
        for (_, checks) in annotations(object, path).filter(|(key, _)| *key == "kube-score/ignore") {
            let reason = format!("kube-score/ignore: {checks}");
            found.extend(checks.split(',').flat_map(|check| known_as(KUBE_SCORE, check.trim(), &reason)));
        }
    }
    found
}

fn annotations<'o>(object: &'o KubeObject, path: &[&str]) -> impl Iterator<Item = (&'o str, &'o str)> {
    let all = object.root().at(path).map(Node::entries).unwrap_or_default();
    all.iter().map(|e| (&*e.key, e.value.as_str().unwrap_or_default()))
}

/// Checks of another linter, with the rules of ours that find the same.
type Table = &'static [(&'static str, &'static [&'static str])];

fn known_as(table: Table, check: &str, reason: &str) -> Vec<Inline> {
    let ours = table.iter().find(|(name, _)| *name == check).map(|(_, rules)| *rules).unwrap_or_default();
    ours.iter().map(|rule| Inline { rule: (*rule).to_owned(), reason: reason.to_owned() }).collect()
}

/// kube-linter 0.7 and 0.8. What the API server itself refuses (`mismatching-selector`) nobody can waive.
#[rustfmt::skip]
const KUBE_LINTER: Table = &[
    ("access-to-create-pods", &["cross/rbac-create-pods"]),
    ("access-to-secrets", &["cross/rbac-secrets"]),
    ("cluster-admin-role-binding", &["fintech/cluster-admin"]),
    ("dangling-horizontalpodautoscaler", &["cross/hpa-target"]),
    ("dangling-ingress", &["cross/ingress-backend"]),
    ("dangling-networkpolicy", &["cross/network-policy-target"]),
    ("dangling-networkpolicypeer-podselector", &["cross/network-policy-peer"]),
    ("dangling-service", &["cross/service-target"]),
    ("dangling-servicemonitor", &["cross/service-monitor-target"]),
    ("default-service-account", &["fintech/service-account"]),
    ("deprecated-service-account-field", &["kube-linter/deprecated-service-account-field"]),
    ("dnsconfig-options", &["kube-linter/dnsconfig-options"]),
    ("docker-sock", &["fintech/host-path"]),
    ("drop-net-raw-capability", &["fintech/capabilities"]),
    ("duplicate-env-var", &["kube-linter/duplicate-env-var"]),
    ("env-value-from", &["cross/config-reference"]),
    ("env-var-secret", &["fintech/secret-in-env"]),
    ("exposed-services", &["fintech/node-port", "fintech/load-balancer-sources"]),
    ("host-ipc", &["fintech/host-namespaces"]),
    ("host-network", &["fintech/host-namespaces"]),
    ("host-pid", &["fintech/host-namespaces"]),
    ("hpa-minimum-three-replicas", &["kube-linter/hpa-minimum-three-replicas"]),
    ("invalid-target-ports", &["cross/service-ports"]),
    ("job-ttl-seconds-after-finished", &["kube-linter/job-ttl-seconds-after-finished"]),
    ("latest-tag", &["fintech/no-latest-tag"]),
    ("liveness-port", &["kube-linter/liveness-port"]),
    ("minimum-three-replicas", &["kube-linter/minimum-three-replicas"]),
    ("no-anti-affinity", &["fintech/topology-spread"]),
    ("no-extensions-v1beta", &["schema/removed-api", "schema/deprecated-api"]),
    ("no-liveness-probe", &["fintech/liveness-probe"]),
    ("no-node-affinity", &["kube-linter/no-node-affinity"]),
    ("no-read-only-root-fs", &["fintech/read-only-root"]),
    ("no-readiness-probe", &["fintech/readiness-probe"]),
    ("no-rolling-update-strategy", &["kube-linter/no-rolling-update-strategy"]),
    ("non-existent-service-account", &["cross/missing-service-account"]),
    ("non-isolated-pod", &["cross/network-policy-missing"]),
    ("pdb-max-unavailable", &["cross/pdb-drain"]),
    ("pdb-min-available", &["cross/pdb-drain"]),
    ("pdb-unhealthy-pod-eviction-policy", &["kube-linter/pdb-unhealthy-pod-eviction-policy"]),
    ("priority-class-name", &["kube-linter/priority-class-name"]),
    ("privilege-escalation-container", &["fintech/privilege-escalation"]),
    ("privileged-container", &["fintech/privileged"]),
    ("privileged-ports", &["kube-linter/privileged-ports"]),
    ("read-secret-from-env-var", &["kube-linter/read-secret-from-env-var"]),
    ("readiness-port", &["kube-linter/readiness-port"]),
    ("required-annotation-email", &["kube-linter/required-annotation-email"]),
    ("required-label-owner", &["fintech/owner-labels"]),
    ("restart-policy", &["kube-linter/restart-policy"]),
    ("run-as-non-root", &["fintech/run-as-non-root"]),
    ("scc-deny-privileged-container", &["kube-linter/scc-deny-privileged-container"]),
    ("schema-validation", &["schema/*"]),
    ("sensitive-host-mounts", &["fintech/host-path"]),
    ("ssh-port", &["kube-linter/ssh-port"]),
    ("startup-port", &["kube-linter/startup-port"]),
    ("unsafe-proc-mount", &["pss-baseline/proc-mount"]),
    ("unsafe-sysctls", &["pss-baseline/sysctls"]),
    ("unset-cpu-requirements", &["fintech/cpu-requests", "kube-linter/cpu-limits"]),
    ("unset-memory-requirements", &["fintech/memory-requests", "fintech/memory-limits"]),
    ("use-namespace", &["kube-linter/use-namespace"]),
    ("wildcard-in-rules", &["fintech/rbac-wildcard"]),
    ("writable-host-mount", &["fintech/host-path"]),
];

/// kube-score 1.20.
#[rustfmt::skip]
const KUBE_SCORE: Table = &[
    ("deployment-strategy", &["kube-linter/no-rolling-update-strategy"]),
    ("deployment-replicas", &["cross/single-replica", "kube-linter/minimum-three-replicas"]),
    ("ingress-targets-service", &["cross/ingress-backend"]),
    ("cronjob-has-deadline", &["fintech/cronjob-starting-deadline"]),
    ("container-resources", &["fintech/cpu-requests", "fintech/memory-requests", "fintech/memory-limits", "kube-linter/cpu-limits"]),
    ("container-image-tag", &["fintech/no-latest-tag"]),
    ("environment-variable-key-duplication", &["kube-linter/duplicate-env-var"]),
    ("statefulset-has-poddisruptionbudget", &["cross/pdb-missing"]),
    ("deployment-has-poddisruptionbudget", &["cross/pdb-missing"]),
    ("pod-networkpolicy", &["cross/network-policy-missing"]),
    ("networkpolicy-targets-pod", &["cross/network-policy-target"]),
    ("pod-probes", &["fintech/liveness-probe", "fintech/readiness-probe"]),
    ("pod-probes-identical", &["fintech/probes-differ"]),
    ("container-security-context-user-group-id", &["fintech/run-as-non-root"]),
    ("container-security-context-privileged", &["fintech/privileged"]),
    ("container-security-context-readonlyrootfilesystem", &["fintech/read-only-root"]),
    ("container-seccomp-profile", &["fintech/seccomp"]),
    ("service-targets-pod", &["cross/service-target"]),
    ("service-type", &["fintech/node-port"]),
    ("stable-version", &["schema/deprecated-api"]),
    ("deployment-has-host-podantiaffinity", &["fintech/topology-spread"]),
    ("statefulset-has-host-podantiaffinity", &["fintech/topology-spread"]),
    ("deployment-targeted-by-hpa-does-not-have-replicas-configured", &["cross/hpa-replicas"]),
    ("horizontalpodautoscaler-has-target", &["cross/hpa-target"]),
    ("horizontalpodautoscaler-replicas", &["fintech/hpa-bounds", "kube-linter/hpa-minimum-three-replicas"]),
    ("pod-topology-spread-constraints", &["fintech/topology-spread"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::helm;
    use crate::lint::objects::of_file;
    use crate::policy::{Set, builtin, cross};

    fn waived(annotations: &str) -> Vec<String> {
        let text = format!("apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  annotations: {{{annotations}}}\n");
        let (objects, _) = of_file("a.yaml", &text);
        inline(&objects[0]).into_iter().map(|i| format!("{}: {}", i.rule, i.reason)).collect()
    }

    #[test]
    fn annotations_of_all_three_are_read() {
        assert_eq!(waived("plimsoll.dev/waive-fintech.no-latest-tag: pinned"), ["fintech/no-latest-tag: pinned"]);
        assert_eq!(waived("kube-linter.io/ignore-all: old"), ["*: old"]);
        assert_eq!(waived("ignore-check.kube-linter.io/ssh-port: it is ssh"), ["kube-linter/ssh-port: it is ssh"]);
        assert_eq!(waived("ignore-check.kube-linter.io/no-such: x, other: y"), [""; 0]);
        assert_eq!(
            waived("kube-score/ignore: \"service-type, pod-probes-identical\""),
            [
                "fintech/node-port: kube-score/ignore: service-type, pod-probes-identical",
                "fintech/probes-differ: kube-score/ignore: service-type, pod-probes-identical"
            ]
        );
    }

    #[test]
    fn kube_score_is_heard_in_the_pod_template_too() {
        let text = "kind: Deployment\nspec: {template: {metadata: {annotations: {kube-score/ignore: service-type}}}}\n";
        assert_eq!(inline(&of_file("a.yaml", text).0[0])[0].rule, "fintech/node-port");
        let text = "kind: Deployment\nspec: {template: {metadata: {annotations: {kube-linter.io/ignore-all: x}}}}\n";
        assert_eq!(inline(&of_file("a.yaml", text).0[0]), []);
    }

    #[test]
    fn families_are_meant_as_a_whole() {
        let all = Inline { rule: "schema/*".into(), reason: String::new() };
        assert!(all.fits("schema/type") && !all.fits("server/invalid") && !all.fits("schemata"));
    }

    #[test]
    fn the_table_for_people_says_the_same() {
        let text = include_str!("../../testdata/policy/kube-linter.md");
        let rows = text.lines().filter_map(|l| l.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "));
        for (check, rules) in rows.filter(|(check, rules)| *check != "Check" && !rules.contains("schema")) {
            let ours = known_as(KUBE_LINTER, check, "");
            assert_eq!(ours.iter().map(|i| &*i.rule).collect::<Vec<_>>().join(", "), rules, "{check}");
        }
    }

    #[test]
    fn every_rule_of_the_tables_exists() {
        let names: Vec<String> = builtin::sets().into_iter().map(str::to_owned).collect();
        let set =
            Set::load(&builtin::read(&names).expect("they are built in"), crate::cel::LATEST).expect("they compile");
        let known = |rule: &str| {
            rule.starts_with("schema/")
                || set.policies().iter().any(|p| p.page.id == rule)
                || cross::RULES.iter().any(|r| r.id == rule)
                || helm::RULES.iter().any(|r| r.id == rule)
        };
        for (check, rules) in KUBE_LINTER.iter().chain(KUBE_SCORE) {
            let unknown: Vec<_> = rules.iter().filter(|r| !known(r)).collect();
            assert!(unknown.is_empty(), "{check}: {unknown:?}");
        }
    }
}
