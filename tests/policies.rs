//! The policies that come with the program: each compiles for every supported Kubernetes version, refuses its bad example
//! and accepts its good one.

use std::sync::Arc;

use plimsoll::finding::{KubeObject, Text};
use plimsoll::policy::{Context, Set, builtin, cross};
use plimsoll::yaml::node::Document;

/// An object of one document.
pub fn object(name: &str, text: &str) -> KubeObject {
    let document = Document::parse(text.as_bytes()).unwrap_or_else(|e| panic!("{name}: {e}"));
    KubeObject::new(Arc::new(Text { name: name.to_owned(), line: 1, text: text.to_owned() }), document)
}

/// A set of the program.
pub fn load(set: &str, minor: u32) -> Set {
    let texts = builtin::read(&[set.to_owned()]).expect("the set is built in");
    Set::load(&texts, minor)
        .unwrap_or_else(|errors| panic!("{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))
}

#[test]
fn every_policy_refuses_its_bad_example_and_accepts_its_good_one() {
    let mut wrong = Vec::new();
    for name in builtin::sets() {
        for minor in [30, 33, 36, 37] {
            let set = load(name, minor);
            assert!(!set.policies().is_empty());
            for policy in set.policies() {
                let page = &policy.page;
                let found = |text: &str| -> Vec<String> {
                    let problems = set.check(&object(&page.id, text), &Context::default());
                    let mine = problems.into_iter().filter(|p| p.rule == page.id);
                    mine.map(|p| format!("{}: {}", p.path, p.message)).collect()
                };
                let (bad, good) = (found(&page.bad), found(&page.good));
                if bad.is_empty() || bad.iter().any(|b| b.contains("resulted in error")) {
                    wrong.push(format!("1.{minor} {}: the bad example: {bad:?}", page.id));
                }
                if !good.is_empty() {
                    wrong.push(format!("1.{minor} {}: the good example: {good:?}", page.id));
                }
                if page.title.is_empty() || page.why.is_empty() || page.remedy.is_empty() {
                    wrong.push(format!("{}: title, why and remedy belong on its page", page.id));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn problems_are_at_the_container_they_are_about() {
    let set = load("fintech", 36);
    let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  template:\n    spec:\n      containers:\n      \
        - {name: a, image: 'x:1'}\n      - {name: b, image: x}\n";
    let object = object("a", text);
    let problems = set.check(&object, &Context::default());
    let found: Vec<&str> = problems.iter().filter(|p| p.rule == "fintech/no-latest-tag").map(|p| &*p.path).collect();
    assert_eq!(found, ["spec.template.spec.containers[1].image"]);
    assert_eq!(object.place(found[0]), (9, 19));
}

#[test]
fn a_policy_that_does_not_compile_is_an_error_at_its_place() {
    let text = "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {name: x}\nspec:\n  \
        matchConstraints:\n    resourceRules:\n    - {apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [pods]}\n  \
        validations:\n  - expression: object.spec.foo(1)\n  - expression: |\n      1 +\n        variables.y == 2\n  \
        - expression: '1'\n  nope: 1\n";
    let texts = [Text { name: "p/x.yaml".into(), line: 11, text: text.to_owned() }];
    let errors = Set::load(&texts, 36).expect_err("it is wrong");
    let shown: Vec<String> = errors.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(shown.join("\n"), @r###"
    p/x.yaml:24:3: unknown field "nope"
    p/x.yaml:19:32: compilation failed: undeclared reference to 'foo' (in container '')
    p/x.yaml:22:20: compilation failed: undefined field 'y'
    p/x.yaml:23:18: must evaluate to bool but got int
    "###);
}

#[derive(serde::Deserialize)]
struct Fixture {
    name: String,
    pod: String,
    allowed: std::collections::BTreeMap<String, bool>,
}

#[test]
fn pod_security_sets_say_what_pod_security_admission_says() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/pss/pods.json");
    let text = std::fs::read(path).expect("test data is readable");
    let fixtures: Vec<Fixture> = serde_json::from_slice(&text).expect("pods.json is JSON");
    assert!(fixtures.len() > 140);
    let mut wrong = Vec::new();
    for level in ["baseline", "restricted"] {
        let set = load(&format!("pss-{level}"), 36);
        for fixture in &fixtures {
            let problems = set.check(&object(&fixture.name, &fixture.pod), &Context::default());
            if problems.is_empty() != fixture.allowed[level] {
                let found: Vec<String> = problems.into_iter().map(|p| format!("{}: {}", p.rule, p.message)).collect();
                wrong.push(format!("{level} of {}: {found:?}", fixture.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[derive(serde::Deserialize)]
struct Judged {
    text: String,
    found: std::collections::BTreeMap<String, String>,
}

/// `.ci/apiserver` recorded what a real server says with all policies applied, of every object that it accepts.
#[test]
fn the_server_says_the_same_with_the_same_policies() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/policy/server.jsonl");
    let text = std::fs::read_to_string(path).expect("test data is readable");
    let sets: Vec<Set> =
        ["fintech", "kube-linter", "pss-baseline", "pss-restricted"].iter().map(|s| load(s, 36)).collect();
    let context = Context { namespace: "ns", ..Context::default() };
    let (mut objects, mut verdicts) = (0, 0);
    let mut wrong = Vec::new();
    for line in text.lines() {
        let judged: Judged = serde_json::from_str(line).expect("a line is JSON");
        let object = object("server", &judged.text);
        let mut ours = std::collections::BTreeMap::new();
        for problem in sets.iter().flat_map(|s| s.check(&object, &context)) {
            ours.entry(problem.rule.into_owned()).or_insert(problem.message);
        }
        objects += 1;
        verdicts += judged.found.len();
        let about = || judged.text.replace('\n', "\\n").chars().take(300).collect::<String>();
        for (rule, theirs) in &judged.found {
            match ours.remove(rule) {
                Some(mine) if mine.starts_with(theirs.as_str()) => {}
                Some(mine) => wrong.push(format!("{rule}: {mine:?}, the server {theirs:?}: {}", about())),
                None => wrong.push(format!("{rule}: nothing, the server {theirs:?}: {}", about())),
            }
        }
        wrong.extend(ours.iter().map(|(rule, mine)| format!("{rule}: {mine:?}, the server nothing: {}", about())));
    }
    assert!(objects > 300 && verdicts > 3000, "{objects} objects, {verdicts} verdicts");
    assert!(wrong.is_empty(), "{} of {verdicts}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_rule_of_the_table_of_kube_linters_checks_exists() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/policy/kube-linter.md");
    let text = std::fs::read_to_string(path).expect("test data is readable");
    let sets: Vec<Set> = builtin::sets().into_iter().map(|s| load(s, 36)).collect();
    let policies = sets.iter().flat_map(Set::policies).map(|p| &*p.page.id);
    let known: Vec<&str> = policies.chain(cross::RULES.iter().map(|r| r.id)).collect();
    let rows: Vec<&str> = text.lines().filter(|l| l.starts_with("| ") && !l.starts_with("| Check")).collect();
    assert!(rows.len() > 60);
    for row in rows {
        let rules = row.trim_matches('|').split_once(" | ").expect("two columns").1;
        for rule in rules.trim().split(", ") {
            assert!(rule == "schema" || known.contains(&rule), "{row}");
        }
    }
}

#[test]
fn every_cross_rule_refuses_its_bad_example_and_accepts_its_good_one() {
    assert!(cross::RULES.is_sorted_by_key(|r| r.id));
    for rule in cross::RULES {
        let found = |text: &str| {
            let mut texts = Vec::new();
            builtin::split(rule.id, text, &mut texts);
            let objects: Vec<KubeObject> = texts.iter().map(|t| object(rule.id, &t.text)).collect();
            let mine = cross::check(&objects).into_iter().filter(|(_, p)| p.rule == rule.id);
            mine.map(|(i, p)| (objects[i].kind.clone(), p.path, p.message)).collect::<Vec<_>>()
        };
        assert!(!found(rule.bad).is_empty(), "{} accepts its bad example", rule.id);
        assert_eq!(found(rule.good), [], "{} refuses its good example", rule.id);
        assert!(!rule.title.is_empty() && !rule.why.is_empty() && !rule.remedy.is_empty(), "{}", rule.id);
    }
}

/// What teams that run payments need, and the rules that see to it.
const FINTECH: &[(&str, &[&str])] = &[
    (
        "probes",
        &["fintech/liveness-probe", "fintech/readiness-probe", "fintech/startup-probe", "fintech/probes-differ"],
    ),
    ("requests and limits", &["fintech/cpu-requests", "fintech/memory-requests", "fintech/memory-limits"]),
    (
        "security contexts",
        &[
            "fintech/run-as-non-root",
            "fintech/privilege-escalation",
            "fintech/privileged",
            "fintech/capabilities",
            "fintech/seccomp",
            "fintech/read-only-root",
        ],
    ),
    ("images", &["fintech/no-latest-tag", "fintech/digest-pinned", "fintech/allowed-registries"]),
    (
        "replicas that a drain leaves",
        &["cross/single-replica", "cross/pdb-missing", "cross/pdb-drain", "cross/pdb-target"],
    ),
    ("zones", &["fintech/topology-spread", "fintech/cloud-storage-class"]),
    ("rollouts of payment paths", &["fintech/payment-path-max-unavailable", "cross/payment-path-rollout"]),
    ("shutting down in order", &["fintech/pre-stop", "fintech/grace-period", "fintech/nginx-php-fpm"]),
    ("changed configuration", &["fintech/config-checksum"]),
    ("autoscaling", &["fintech/hpa-bounds", "cross/hpa-replicas", "cross/hpa-target", "fintech/scaled-object"]),
    (
        "settlement",
        &[
            "fintech/cronjob-concurrency",
            "fintech/cronjob-starting-deadline",
            "fintech/cronjob-history",
            "fintech/job-active-deadline",
            "fintech/job-backoff-limit",
        ],
    ),
    (
        "secrets",
        &[
            "fintech/secret-in-env",
            "fintech/secret-in-args",
            "fintech/secret-in-configmap",
            "fintech/secret-literal",
            "cross/config-entropy",
        ],
    ),
    ("accounts", &["fintech/service-account", "fintech/service-account-token", "cross/missing-service-account"]),
    ("RBAC", &["fintech/rbac-wildcard", "fintech/cluster-admin", "fintech/rbac-escalate", "cross/rbac-secrets"]),
    ("NetworkPolicies", &["cross/default-deny", "fintech/network-policy-open", "cross/network-policy-missing"]),
    (
        "the way in",
        &["fintech/ingress-tls", "fintech/node-port", "fintech/load-balancer-sources", "fintech/sticky-sessions"],
    ),
    ("whose it is, and PCI scope", &["fintech/owner-labels", "cross/pci-namespace"]),
];

#[test]
fn the_fintech_set_has_what_payments_need() {
    let pages = plimsoll::policy::pages(&load("fintech", 36));
    for (what, rules) in FINTECH {
        for rule in *rules {
            let page = pages.iter().find(|(page, _)| page.id == *rule);
            let (page, _) = page.unwrap_or_else(|| panic!("{what}: there is no {rule}"));
            assert!(!page.why.is_empty() && !page.bad.is_empty() && !page.good.is_empty(), "{what}: {rule}");
        }
    }
}
