//! The platform charts do what their README says: what they refuse, and what must fit together in what they render. That
//! they render as Helm does is `fleet`'s.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_yaml::Value;

const CHARTS: [&str; 9] = [
    "analytics",
    "document-store",
    "gateway",
    "identity",
    "logging",
    "monitoring",
    "networkpolicies",
    "rbac",
    "secrets",
];

/// What `plimsoll template` prints, or its error.
fn template(chart: &str, sets: &[&str]) -> Result<String, String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    let path = format!("charts/{chart}");
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["template", chart, &path, "--namespace", chart]);
    for set in sets {
        command.args(["--set", set]);
    }
    let output = command.output().expect("the program starts");
    match output.status.success() {
        true => Ok(String::from_utf8(output.stdout).expect("UTF-8")),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

fn objects(chart: &str, sets: &[&str]) -> Vec<Value> {
    let text = template(chart, sets).unwrap_or_else(|e| panic!("{chart}: {e}"));
    let documents = text.split("\n---\n").map(|d| serde_yaml::from_str(d).expect("YAML"));
    documents.filter(|d: &Value| !d.is_null()).collect()
}

/// The text below several keys, empty where there is none.
fn text<'v>(value: &'v Value, keys: &[&str]) -> &'v str {
    let found = keys.iter().try_fold(value, |v, key| v.get(key));
    found.and_then(Value::as_str).unwrap_or_default()
}

fn of_kind<'v>(all: &'v [Value], kind: &str) -> impl Iterator<Item = &'v Value> {
    all.iter().filter(move |o| text(o, &["kind"]) == kind)
}

#[test]
fn what_makes_no_sense_is_refused_in_words() {
    let long = "allow.prometheus-kafka leads from outside into kafka, which is in PCI scope";
    for (chart, sets, expected) in [
        ("networkpolicies", &["allow.prometheus-kafka.approved=null"][..], long),
        ("networkpolicies", &["allow.wallet-to-kafka.from.namespace=walet-api"], "\"walet-api\" is not listed"),
        (
            "networkpolicies",
            &["allow.x.ports={1}", "allow.x.from.labels.a=b", "allow.x.to.namespace=vault"],
            "allow.x: each end is a namespace, a cidr or everyNamespace",
        ),
        ("rbac", &["teams.web.groups.web=develper"], "there is no role \"develper\"; there are auditor, developer"),
        ("rbac", &["roles.viewer.includes={developer}"], "roles include each other: "),
        (
            "rbac",
            &[
                "breakGlass.INC-1.user=jane,breakGlass.INC-1.namespace=web,breakGlass.INC-1.role=operator,breakGlass.INC-1.reason=x",
            ],
            "missing property 'until'",
        ),
        (
            "gateway",
            &["routes.wallet.plugins={jwtt}"],
            "there is no plugin \"jwtt\"; there are acl-partners, jwt, mtls",
        ),
        ("gateway", &["routes.wallet.listener=apii"], "there is no listener \"apii\""),
        ("gateway", &["rateLimit.policy=redis"], "rateLimit.redis.host: where the counts are kept"),
        ("document-store", &["restore.enabled=true"], "restore.archive: the dump to bring back"),
        ("document-store", &["replicas=4"], "at '/replicas'"),
        ("secrets", &["externalSecrets.registry.store=valt"], "there is no store \"valt\""),
        ("monitoring", &["rules.paymets=true"], "there is no files/rules/paymets.yaml"),
    ] {
        let error = template(chart, sets).expect_err(&format!("{chart} {sets:?}"));
        assert!(error.contains(expected), "{chart} {sets:?}: {error}");
    }
}

#[test]
fn misspelt_keys_are_refused() {
    for chart in CHARTS {
        let error = template(chart, &["ownership.onwer=x"]).expect_err(chart);
        assert!(error.contains("'onwer' not allowed"), "{chart}: {error}");
        let error = template(chart, &["nonsense.key=1"]).expect_err(chart);
        assert!(error.contains("'nonsense' not allowed"), "{chart}: {error}");
    }
}

/// Kong looks for a route's plugins in the route's own namespace.
#[test]
fn plugins_of_routes_are_where_the_routes_are() {
    for kind in ["gateway", "ingress"] {
        let sets = ["wallet", "partners", "login"].map(|route| format!("routes.{route}.kind={kind}"));
        let all = objects("gateway", &sets.each_ref().map(String::as_str));
        let place = |o: &Value, name: &str| format!("{}/{name}", text(o, &["metadata", "namespace"]));
        let there: BTreeSet<String> =
            of_kind(&all, "KongPlugin").map(|p| place(p, text(p, &["metadata", "name"]))).collect();
        let routes = of_kind(&all, "HTTPRoute").chain(of_kind(&all, "Ingress"));
        let wanted: BTreeSet<String> = routes
            .flat_map(|r| {
                let names = text(r, &["metadata", "annotations", "konghq.com/plugins"]).split(',');
                names.map(|name| place(r, name)).collect::<Vec<_>>()
            })
            .collect();
        assert_eq!(wanted, there, "{kind}");
        assert!(wanted.contains("wallet-api/mtls") && wanted.contains("identity/rate-limit-login"), "{wanted:?}");
    }
}

#[test]
fn each_dump_that_is_brought_back_has_a_job_of_its_own() {
    let job = |archive: &str| -> Vec<String> {
        let all = objects("document-store", &["restore.enabled=true", &format!("restore.archive={archive}")]);
        let names = of_kind(&all, "Job").map(|j| text(j, &["metadata", "name"]).to_owned());
        names.filter(|n| n.contains("restore")).collect()
    };
    let (one, other) = (job("daily-1.archive.gz"), job("daily-2.archive.gz"));
    assert!(one.len() == 1 && other.len() == 1 && one != other, "{one:?} {other:?}");
    let usual = objects("document-store", &[]);
    assert!(of_kind(&usual, "Job").all(|j| text(j, &["metadata", "name"]) == "document-store-setup"));
    assert!(
        of_kind(&usual, "PersistentVolumeClaim")
            .all(|c| { text(c, &["metadata", "annotations", "helm.sh/resource-policy"]) == "keep" })
    );
}

#[test]
fn each_objective_has_seven_windows_and_four_alerts() {
    let all = objects("monitoring", &[]);
    let mut groups = 0;
    for rule in of_kind(&all, "PrometheusRule") {
        for group in rule["spec"]["groups"].as_sequence().expect("groups") {
            let name = text(group, &["name"]);
            let rules = group["rules"].as_sequence().expect("rules");
            let mut windows: BTreeMap<&str, usize> = BTreeMap::new();
            for rule in rules {
                *windows.entry(if text(rule, &["record"]).is_empty() { "alert" } else { "record" }).or_default() += 1;
            }
            if name.starts_with("slo-") {
                groups += 1;
                assert_eq!(windows, BTreeMap::from([("alert", 4), ("record", 7)]), "{name}");
            }
        }
    }
    // Four services, three of them with an objective for latency.
    assert_eq!(groups, 7);
    let quiet = template("monitoring", &["paging=false"]).expect("renders");
    assert!(!quiet.contains("severity: page"), "nobody is woken where paging is off");
}

#[test]
fn dashboards_are_json_with_panels() {
    let all = objects("monitoring", &[]);
    let boards: Vec<&Value> = of_kind(&all, "ConfigMap").collect();
    assert_eq!(boards.len(), 3);
    for board in boards {
        for (name, json) in board["data"].as_mapping().expect("data") {
            let parsed: serde_json::Value = serde_json::from_str(json.as_str().expect("text")).expect("JSON");
            assert!(parsed["panels"].as_array().is_some_and(|p| p.len() > 3), "{name:?}");
        }
    }
}

/// A team's access ends where its time is over also in a cluster that stands by.
#[test]
fn what_each_cluster_has_to_do_runs_where_it_stands_by() {
    let suspended = |chart: &str| -> BTreeSet<String> {
        let all = objects(chart, &["global.standby.enabled=true"]);
        let jobs = of_kind(&all, "CronJob").chain(of_kind(&all, "ScheduledSparkApplication"));
        let stopped = jobs.filter(|j| j["spec"]["suspend"].as_bool() == Some(true));
        stopped.map(|j| text(j, &["metadata", "name"]).to_owned()).collect()
    };
    assert_eq!(suspended("rbac"), BTreeSet::new());
    assert_eq!(suspended("secrets"), BTreeSet::new());
    assert_eq!(suspended("analytics").len(), 2);
    assert_eq!(suspended("document-store").len(), 2);
}
