//! `plimsoll diff --drift` and `--server` on releases that the real Helms made and that people and controllers changed
//! afterwards: what is found is what was done, who did it is who did it, and what is foretold of each field is what the
//! real upgrade makes of it. `RECORD=1` writes the server's answers to testdata/cluster/drift.json, for `cargo test`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::audit;
use crate::server::{Cluster, run};

const SIDECAR: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: pay-web, annotations: {mesh.example.com/injected: 'true'}}\nspec: {template: {spec: {containers: [{name: proxy, image: 'mesh:1'}]}}}\n";

/// What the upgrade sets; `colour` is what somebody set by hand already.
const NEXT: &str = "image=example.com/web:2,replicas=5,colour=green,legacy=false";

/// What was done by hand: object, field, who did it.
const BY_HAND: &[(&str, &str, &str)] = &[
    ("ConfigMap/pay-conf", "data.colour", "kubectl-patch"),
    ("ConfigMap/pay-conf", "data.legacy", "kubectl-patch"),
    ("ConfigMap/pay-conf", "data.more", "kubectl-patch"),
    ("ConfigMap/pay-conf", "data.other", ""),
    ("Deployment/pay-web", "spec.template.spec.containers[web].args[2]", "kubectl-patch"),
    ("Deployment/pay-web", "spec.template.spec.containers[web].env[COLOUR].value", "kubectl-set"),
    ("Deployment/pay-web", "spec.template.spec.containers[web].env[DB_PASSWORD].value", "kubectl-set"),
    ("Deployment/pay-web", "spec.template.spec.containers[web].env[EXTRA]", "kubectl-set"),
    ("Deployment/pay-web", "spec.template.spec.containers[web].image", "kubectl-set"),
    ("HorizontalPodAutoscaler/pay-h", "spec.maxReplicas", "kubectl-patch"),
    ("Ingress/pay-i", "spec.rules[a.example.com]", "kubectl-patch"),
    ("Ingress/pay-i", "spec.rules[b.example.com]", "kubectl-patch"),
    ("Secret/pay-s", "data.password", "kubectl-patch"),
    ("Service/pay-web", "metadata.annotations", "kubectl-annotate"),
];

/// What nobody should ever see.
const SECRETS: [&str; 3] = ["hunter2hunter2", "sup3rs3cret-new", "chang3d-by-hand"];

pub fn chart() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/cluster/shop")
}

pub fn check(server: &Cluster) {
    for helm in [4, 3] {
        let round = Round { server, helm, namespace: format!("pay{helm}") };
        round.install();
        round.nothing_drifted();
        round.by_hand();
        if helm == 4 && std::env::var_os("RECORD").is_some() {
            round.record();
        }
        let found = round.found();
        round.server_agrees();
        round.upgrade(&found);
    }
    println!("cluster: drift by hand and by controllers is told apart, and upgrades do what is foretold");
}

struct Round<'a> {
    server: &'a Cluster,
    helm: u8,
    namespace: String,
}

impl Round<'_> {
    fn kubectl(&self, arguments: &[&str]) -> String {
        run(self.server.kubectl(arguments).args(["-n", &self.namespace]))
    }

    fn diff(&self, arguments: &[&str]) -> Value {
        let chart = chart().display().to_string();
        let helm = self.helm.to_string();
        let mut command = self.server.plimsoll(&["diff"]);
        if arguments.first() != Some(&"release") {
            command.args([&*chart, "--name", "pay", "-n", &self.namespace, "--helm-version", &helm]);
            command.args(arguments);
        } else {
            command.arg(format!("release:{}/pay", self.namespace)).args(&arguments[1..]);
        }
        let text = run(command.args(["--no-lint", "-o", "json"]));
        SECRETS.iter().for_each(|s| assert!(!text.contains(s), "{s}"));
        serde_json::from_str(&text).unwrap()
    }

    fn install(&self) {
        let chart = chart().display().to_string();
        let arguments = ["install", "pay", &chart, "-n", &self.namespace, "--create-namespace"];
        run(&mut self.server.helm(self.helm, "", &arguments));
    }

    /// What the server and Helm make of a release is no drift, and there is nothing else yet.
    fn nothing_drifted(&self) {
        for arguments in [&["--drift"][..], &["--drift", "--server"], &["release", "--drift"]] {
            let report = self.diff(arguments);
            assert_eq!(report["differs"], false, "Helm {}: {report:#}", self.helm);
            assert_eq!(report["changes"], json!([]), "Helm {}", self.helm);
        }
        let before = audit::requests(self.server).len();
        self.diff(&["release", "--drift"]);
        // The release, discovery in two, and a list for each of ten kinds.
        assert_eq!(audit::settled(self.server, before + 13), before + 13);
    }

    fn by_hand(&self) {
        let k = |arguments: &[&str]| drop(self.kubectl(arguments));
        k(&["set", "image", "deployment/pay-web", "web=example.com/web:hotfix"]);
        k(&["set", "env", "deployment/pay-web", "EXTRA=1", "COLOUR=blue", "DB_PASSWORD=sup3rs3cret-new"]);
        let debug = r#"[{"op":"add","path":"/spec/template/spec/containers/0/args/-","value":"--debug"}]"#;
        k(&["patch", "deployment", "pay-web", "--type=json", "-p", debug]);
        k(&["annotate", "service/pay-web", "example.com/by=hand"]);
        k(&["delete", "configmap/pay-gone"]);
        let data = r#"{"data":{"colour":"green","other":null,"more":"m","legacy":"no"}}"#;
        k(&["patch", "configmap", "pay-conf", "-p", data]);
        k(&["patch", "secret", "pay-s", "-p", r#"{"stringData":{"password":"chang3d-by-hand"}}"#]);
        let host = r#"[{"op":"replace","path":"/spec/rules/0/host","value":"b.example.com"}]"#;
        k(&["patch", "ingress", "pay-i", "--type=json", "-p", host]);
        k(&["patch", "hpa", "pay-h", "-p", r#"{"spec":{"maxReplicas":20}}"#]);
        k(&["rollout", "restart", "statefulset/pay-db"]);
        // A mesh and an autoscaler.
        let sidecar = self.server.folder().join("pay-sidecar.yaml");
        std::fs::write(&sidecar, SIDECAR).unwrap();
        k(&["apply", "--server-side", "--field-manager=mesh-injector", "-f", &sidecar.display().to_string()]);
        let scale = ["--subresource=scale", "--field-manager=kube-controller-manager", "--type=merge"];
        k(&[&["patch", "deployment", "pay-web", "-p", r#"{"spec":{"replicas":7}}"#], &scale[..]].concat());
        // Somebody copies an object with all that is written on it.
        let copy =
            self.kubectl(&["get", "configmap", "pay-conf", "-o", "json"]).replace("\"pay-conf\"", "\"pay-copy\"");
        let file = self.server.folder().join("pay-copy.json");
        std::fs::write(&file, copy).unwrap();
        k(&["create", "-f", &file.display().to_string()]);
    }

    fn found(&self) -> Value {
        let report = self.diff(&["--drift", "--set", NEXT]);
        let mut found = Vec::new();
        for (name, change) in drifted(&report) {
            for field in change["fields"].as_array().unwrap() {
                let managers = field["drift"]["managers"].as_array().unwrap();
                let who = managers.first().and_then(Value::as_str).unwrap_or_default();
                found.push((name.clone(), field["path"].as_str().unwrap().to_owned(), who.to_owned()));
            }
        }
        found.sort();
        let expected: Vec<_> =
            BY_HAND.iter().map(|(o, f, w)| ((*o).to_owned(), (*f).to_owned(), (*w).to_owned())).collect();
        assert_eq!(found, expected, "Helm {}", self.helm);
        let kinds: BTreeMap<String, String> =
            drifted(&report).map(|(name, c)| (name, c["drift"]["kind"].as_str().unwrap().to_owned())).collect();
        assert_eq!((&*kinds["ConfigMap/pay-gone"], &*kinds["ConfigMap/pay-copy"]), ("deleted", "unknown"));
        let apart: Vec<String> = drifted(&report)
            .flat_map(|(_, c)| c["drift"]["apart"].as_array().unwrap().clone())
            .map(|a| format!("{} {}", a["path"].as_str().unwrap(), a["managers"][0].as_str().unwrap_or_default()))
            .collect();
        for theirs in [
            "spec.replicas kube-controller-manager (scale)",
            "spec.template.spec.containers[proxy] mesh-injector",
            "metadata.annotations[mesh.example.com/injected] mesh-injector",
            "spec.template.metadata.annotations[kubectl.kubernetes.io/restartedAt] kubectl-rollout",
        ] {
            assert!(apart.contains(&theirs.to_owned()), "Helm {}: {theirs}: {apart:?}", self.helm);
        }
        assert_eq!(apart.len(), 4, "Helm {}: {apart:?}", self.helm);
        assert_eq!(report["differs"], true);
        report
    }

    /// What is foretold to be a conflict the server says is one, and nothing else.
    fn server_agrees(&self) {
        let report = self.diff(&["--drift", "--server", "--set", NEXT]);
        let refused = report["releases"][0]["meaning"]["refusals"].as_array().unwrap();
        let mut fields: Vec<String> = refused
            .iter()
            .map(|r| format!("{} {}", r["object"]["name"].as_str().unwrap(), r["field"].as_str().unwrap()))
            .collect();
        fields.sort();
        let expected: &[&str] = match self.helm {
            3 => &[],
            _ => &[
                "pay-h spec.maxReplicas",
                "pay-i spec.rules",
                "pay-web spec.replicas",
                "pay-web spec.template.spec.containers[name=\"web\"].args",
                "pay-web spec.template.spec.containers[name=\"web\"].env[name=\"COLOUR\"].value",
                "pay-web spec.template.spec.containers[name=\"web\"].env[name=\"DB_PASSWORD\"].value",
                "pay-web spec.template.spec.containers[name=\"web\"].image",
            ],
        };
        assert_eq!(fields, expected, "Helm {}", self.helm);
    }

    /// The real upgrade makes of every field what was foretold.
    fn upgrade(&self, report: &Value) {
        let chart = chart().display().to_string();
        let arguments = ["upgrade", "pay", &chart, "-n", &self.namespace, "--set", NEXT];
        let conflicts = drifted(report).any(|(_, c)| fates(&c).any(|(_, fate, ..)| fate == "conflict"));
        assert_eq!(conflicts, self.helm == 4);
        if conflicts {
            let out = self.server.helm(self.helm, "", &arguments).output().unwrap();
            let said = String::from_utf8_lossy(&out.stderr).into_owned();
            assert!(!out.status.success() && said.contains("conflict"), "{said}");
            run(self.server.helm(self.helm, "", &arguments).arg("--force-conflicts"));
        } else {
            run(&mut self.server.helm(self.helm, "", &arguments));
        }
        let mut checked = 0;
        for (name, change) in drifted(report).filter(|(name, _)| !name.starts_with("Secret/")) {
            let (kind, object) = name.split_once('/').unwrap();
            let get = ["get", kind, object, "--ignore-not-found", "-o", "json"];
            let live: Value = serde_json::from_str(&self.kubectl(&get)).unwrap_or_default();
            match change["drift"]["kind"].as_str() {
                Some("deleted") => assert!(!live.is_null(), "{name} is made again"),
                Some("unknown") => assert!(!live.is_null(), "{name} stays"),
                _ => {}
            }
            for (path, fate, hand, next) in fates(&change) {
                let now = at(&live, &path);
                let place = format!("Helm {}: {name} {path} {fate}: {now}", self.helm);
                match &*fate {
                    "same" | "kept" if hand.is_object() => assert!(!now.is_null(), "{place}"),
                    "same" | "kept" => assert_eq!(now, hand, "{place}"),
                    "overwritten" | "conflict" if next.is_array() || path.contains("DB_PASSWORD") => {}
                    "overwritten" | "conflict" => assert_eq!(now, next, "{place}"),
                    "restored" => assert!(!now.is_null(), "{place}"),
                    "removed" | "gone" => assert!(now.is_null(), "{place}"),
                    other => panic!("{other}"),
                }
                checked += 1;
            }
        }
        println!("cluster: Helm {}: {checked} fields became what was foretold", self.helm);
    }

    /// The answers to all that plimsoll asks, for a server that plays this one.
    fn record(&self) {
        let before = audit::requests(self.server).len();
        self.diff(&["--drift", "--set", NEXT]);
        std::thread::sleep(std::time::Duration::from_millis(800));
        let mut answers = serde_json::Map::new();
        for (_, address) in audit::requests(self.server).split_off(before) {
            let text = self.server.kubectl(&["get", "--raw", &address]).output().unwrap();
            // What is not there is not answered.
            if let Ok(body) = serde_json::from_slice(&text.stdout) {
                answers.insert(address.clone(), small(body));
            }
        }
        for version in
            ["v1", "apps/v1", "batch/v1", "autoscaling/v2", "networking.k8s.io/v1", "rbac.authorization.k8s.io/v1"]
        {
            let root = if version == "v1" { "/api/v1".to_owned() } else { format!("/apis/{version}") };
            let text = run(&mut self.server.kubectl(&["get", "--raw", &root]));
            answers.insert(root.clone(), small(serde_json::from_str(&text).unwrap()));
        }
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/cluster/drift.json");
        std::fs::write(path, format!("{:#}\n", Value::Object(answers))).unwrap();
    }
}

/// An answer without what is not needed of it: kinds and groups that no object is of.
fn small(mut body: Value) -> Value {
    const GROUPS: [&str; 5] = ["apps", "batch", "autoscaling", "networking.k8s.io", "rbac.authorization.k8s.io"];
    for group in body.get_mut("groups").and_then(Value::as_array_mut).into_iter().flatten() {
        let preferred = group["preferredVersion"].clone();
        group["versions"] = json!([preferred]);
    }
    if let Some(groups) = body.get_mut("groups").and_then(Value::as_array_mut) {
        groups.retain(|g| GROUPS.contains(&g["name"].as_str().unwrap()));
    }
    for resource in body.get_mut("resources").and_then(Value::as_array_mut).into_iter().flatten() {
        let keys = ["name", "kind", "namespaced", "singularName", "verbs"];
        resource.as_object_mut().unwrap().retain(|key, _| keys.contains(&&**key));
    }
    body
}

/// The objects that drifted, by kind and name.
fn drifted(report: &Value) -> impl Iterator<Item = (String, Value)> {
    let all = report["changes"].as_array().unwrap().iter().filter(|c| c["change"] == "drifted");
    let name =
        |c: &Value| format!("{}/{}", c["object"]["kind"].as_str().unwrap(), c["object"]["name"].as_str().unwrap());
    all.map(|c| (name(c), c.clone())).collect::<Vec<_>>().into_iter()
}

/// Of each field of an object: its path, its fate, what was made by hand, what comes next.
fn fates(change: &Value) -> impl Iterator<Item = (String, String, Value, Value)> {
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    let fields = change["fields"].as_array().unwrap().iter();
    let by_hand =
        fields.map(|f| (text(&f["path"]), text(&f["drift"]["fate"]), f["new"].clone(), f["drift"]["next"].clone()));
    by_hand.collect::<Vec<_>>().into_iter()
}

/// A field of a live object by the path of a report.
fn at(object: &Value, path: &str) -> Value {
    let mut value = object.clone();
    for step in path.replace('[', ".[").split('.').filter(|s| !s.is_empty()).fold(Vec::<String>::new(), joined) {
        value = match step.strip_prefix('[').map(|s| s.trim_end_matches(']')) {
            Some(name) => match &value {
                Value::Array(items) => {
                    let named = items.iter().find(|i| i["name"] == name || i["host"] == name);
                    let numbered = || items.get(name.parse::<usize>().ok()?);
                    named.or_else(numbered).cloned().unwrap_or_default()
                }
                other => other[name].clone(),
            },
            None => value[&*step].clone(),
        };
    }
    value
}

/// Dots inside of brackets part nothing.
fn joined(mut steps: Vec<String>, step: &str) -> Vec<String> {
    match steps.last_mut().filter(|s| s.starts_with('[') && !s.ends_with(']')) {
        Some(open) => open.push_str(&format!(".{step}")),
        None => steps.push(step.to_owned()),
    }
    steps
}
