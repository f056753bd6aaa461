//! `plimsoll diff --drift` against answers that a real API server gave (`RECORD=1 .ci/run cluster` writes them to
//! testdata/cluster/drift.json): a release of testdata/cluster/shop, made by Helm 4 and edited by hand afterwards. The
//! report's layout is ours: `UPDATE=1 cargo test drift` writes it anew; read the difference.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::diff::diff;
use crate::faults::{Server, kubeconfig, ok, serve, status};

/// What the release, and those who edited it, keep secret.
const SECRETS: [&str; 3] = ["hunter2hunter2", "sup3rs3cret-new", "chang3d-by-hand"];

const NEXT: &str = "image=example.com/web:2,replicas=5,colour=green,legacy=false";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn recorded() -> Server {
    let text = std::fs::read_to_string(root().join("testdata/cluster/drift.json")).unwrap();
    let answers: Value = serde_json::from_str(&text).unwrap();
    serve(move |path, _| match &answers[path] {
        Value::Null => status(404, "not found"),
        body => ok(body.clone()),
    })
}

/// Runs the program where there is no project file but the one given.
fn plimsoll(server: &Server, project: &str, arguments: &[&str]) -> Output {
    let (dir, config) = kubeconfig(&format!("http://127.0.0.1:{}", server.port), "");
    if !project.is_empty() {
        std::fs::write(dir.path().join("plimsoll.yaml"), project).unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.args(["diff", "--no-lint"]).args(arguments).current_dir(dir.path());
    command.env("KUBECONFIG", config).env_remove("HELM_DRIVER").output().unwrap()
}

fn shop() -> String {
    root().join("testdata/cluster/shop").display().to_string()
}

fn upgrade(server: &Server, project: &str, arguments: &[&str]) -> Output {
    let chart = shop();
    let all = [&[&*chart, "--name", "pay", "-n", "pay4", "--drift", "--set", NEXT][..], arguments].concat();
    plimsoll(server, project, &all)
}

fn text(out: &Output) -> String {
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let errors = String::from_utf8_lossy(&out.stderr).into_owned();
    for secret in SECRETS {
        assert!(!text.contains(secret) && !errors.contains(secret), "{secret}");
    }
    assert!(out.status.code() != Some(4) && errors.is_empty(), "{errors}");
    text
}

/// Hashes have another key in every run.
fn steady(text: &str) -> String {
    let hash = regex::Regex::new(r"\[secret [0-9a-f]{8}\]").unwrap();
    hash.replace_all(text, "[secret]").replace(&format!("{}/", root().display()), "")
}

#[test]
fn what_was_edited_by_hand_is_told_with_what_becomes_of_it() {
    let server = recorded();
    let printed = steady(&text(&upgrade(&server, "", &["-C", "1"])));
    let path: PathBuf = root().join("testdata/cluster/drift.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &printed).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    assert!(printed == expected, "{}", diff(expected.as_bytes(), printed.as_bytes()));
    // The release by itself: the same drift, and no change.
    let alone = text(&plimsoll(&server, "", &["--drift", "release:pay4/pay"]));
    assert!(alone.starts_with("shop as pay: no changes, 11 unchanged, 8 drifted\n"), "{alone}");
    let reads = server.seen.lock().unwrap().clone();
    assert!(reads.iter().all(|path| !path.contains("dryRun")), "{reads:?}");
}

#[test]
fn every_format_tells_it_and_none_tells_a_secret() {
    let server = recorded();
    for format in ["text", "markdown", "json", "html", "github"] {
        let said = text(&upgrade(&server, "", &["-o", format]));
        for part in ["drift", "kubectl-patch", "kube-controller-manager", "pay-gone", "conflict"] {
            assert!(said.contains(part), "{format} says nothing of {part}:\n{said}");
        }
    }
    let said = text(&upgrade(&server, "", &["-o", "json"]));
    let json: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(json["releases"][0]["counts"]["drifted"], 8);
    let schema = serde_json::from_str(include_str!("../docs/diff.schema.json")).unwrap();
    let wrong: Vec<String> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(&json).map(|e| e.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    let again = plimsoll::report::diff::read(&said).unwrap();
    let view =
        plimsoll::report::diff::View { report: &again, context: None, colour: false, width: 0, side_by_side: false };
    assert_eq!(plimsoll::report::diff::write("json", &view), Some(said));
}

#[test]
fn the_exit_status_counts_drift_unless_a_rule_takes_it_out() {
    let server = recorded();
    let status = |project: &str, arguments: &[&str]| {
        plimsoll(&server, project, &[&["--drift", "--detailed-exitcode"], arguments].concat()).status.code()
    };
    assert_eq!(status("", &["release:pay4/pay"]), Some(2));
    let rules =
        "diff:\n  ignore:\n  - {manager: kubectl-*, reason: an incident}\n  - {kind: ConfigMap, reason: known}\n";
    assert_eq!(status(rules, &["release:pay4/pay"]), Some(0));
    let said = text(&plimsoll(&server, rules, &["--drift", "release:pay4/pay"]));
    assert!(said.contains("ignored: Deployment/pay-web in pay4") && said.contains(": an incident"), "{said}");
    assert_eq!(status("", &["release:pay4"]), Some(3));
    assert_eq!(status("", &["release:pay4/pay", &shop()]), Some(3));
    let down = serve(|_, _| crate::faults::status(403, "no"));
    assert_eq!(plimsoll(&down, "", &["--drift", "release:pay4/pay"]).status.code(), Some(4));
}

#[test]
fn what_may_not_be_looked_at_is_said_and_the_rest_is_told() {
    let text_of = |refused: &'static str| {
        let answers: Value =
            serde_json::from_str(&std::fs::read_to_string(root().join("testdata/cluster/drift.json")).unwrap())
                .unwrap();
        let server = serve(move |path, _| match &answers[path] {
            _ if path.contains(refused) && !path.contains("owner%3Dhelm") => {
                status(403, "ingresses is forbidden: User \"dev\" cannot get resource")
            }
            Value::Null => status(404, "not found"),
            body => ok(body.clone()),
        });
        text(&plimsoll(&server, "", &["--drift", "release:pay4/pay"]))
    };
    let said = text_of("/ingresses");
    assert!(said.contains("note: Ingress pay4/pay-i can't be looked at"), "{said}");
    assert!(said.contains("11 unchanged, 7 drifted"), "{said}");
}
