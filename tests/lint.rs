//! The lint command from end to end: exit status, places, waivers, baseline, plain manifests.

use std::fs;
use std::path::Path;
use std::process::Command;

fn lint(dir: &Path, args: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.arg("lint").args(args).current_dir(dir).env_clear().env("PATH", "/usr/bin:/bin");
    let output = command.output().expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

fn findings(text: &str) -> Vec<serde_json::Value> {
    serde_json::from_str(text).expect("a report in JSON")
}

/// A chart with much to find, in a folder of its own so that no project file is above it.
fn unfit_chart() -> tempfile::TempDir {
    let temp = tempfile::tempdir().expect("a temporary directory");
    let files = [
        ("Chart.yaml", "apiVersion: v2\nname: unfit\nversion: 1.0.0\n"),
        ("values.yaml", "replicas: 2\nimage: registry.example.com/unfit:1.0.0\n"),
        ("values-dev.yaml", "replicas: 1\n"),
        ("values-prod.yaml", "replicas: 6\n"),
        (
            "templates/deployment.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: unfit\nspec:\n  replicas: {{ .Values.replicas }}\n  \
             selector: {matchLabels: {app: unfit}}\n  template:\n    metadata: {labels: {app: unfit}}\n    spec:\n      \
             containers:\n        - {name: unfit, image: {{ .Values.image }}}\n",
        ),
    ];
    for (name, text) in files {
        let path = temp.path().join("unfit").join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
        fs::write(path, text).expect("it is writable");
    }
    temp
}

#[test]
fn a_finding_leads_to_the_template_and_to_the_values() {
    let temp = unfit_chart();
    let (status, out, _) = lint(temp.path(), &["unfit", "--output", "json", "--kube-version", "1.36"]);
    assert_eq!(status, 1);
    let all = findings(&out);
    let one = all.iter().find(|f| f["rule"] == "cross/single-replica").expect("dev has one replica");
    assert_eq!(one["template"]["file"], "unfit/templates/deployment.yaml");
    assert_eq!(one["values"]["key"], "replicas");
    assert_eq!(one["values"]["file"], "unfit/values-dev.yaml");
    assert_eq!(one["env"], "dev");
    assert_eq!(lint(temp.path(), &["unfit", "--fail-on", "never"]).0, 0);
}

#[test]
fn baselines_and_waivers_take_findings_away() {
    let temp = unfit_chart();
    let path = |name: &str| temp.path().join(name).display().to_string();
    let (baseline, waivers) = (path("baseline.json"), path("waivers.yaml"));
    lint(temp.path(), &["unfit", "--write-baseline", &baseline]);
    assert_eq!(lint(temp.path(), &["unfit", "--baseline", &baseline, "--fail-on", "warning"]).0, 0);
    let entry = "{rule: fintech/owner-labels, owner: a, reason: b, expires: 2026-12-31}\n";
    fs::write(&waivers, format!("- {entry}- {}", entry.replace("owner-labels", "no-such"))).expect("it is writable");
    let at = |now: &str| {
        let (_, out, _) = lint(temp.path(), &["unfit", "--waivers", &waivers, "--now", now, "-o", "json"]);
        findings(&out).iter().map(|f| f["rule"].to_string()).collect::<Vec<_>>()
    };
    let has = |rules: &[String], rule: &str| rules.iter().any(|r| r.trim_matches('"') == rule);
    let in_time = at("2026-12-31T12:00:00Z");
    assert!(!has(&in_time, "fintech/owner-labels") && has(&in_time, "waiver/unused"), "{in_time:?}");
    let too_late = at("2027-01-01T12:00:00Z");
    assert!(has(&too_late, "fintech/owner-labels") && has(&too_late, "waiver/expired"), "{too_late:?}");
}

#[test]
fn what_nothing_reads_is_the_charts_or_everybodys() {
    let temp = unfit_chart();
    let values = "replicas: 2\nimage: registry.example.com/unfit:1.0.0\nspare: 1\nglobal: {own: 1}\n";
    fs::write(temp.path().join("unfit/values.yaml"), values).expect("it is writable");
    fs::write(temp.path().join("company.yaml"), "global: {regulator: nrb}\nmisspelt: 1\n").expect("it is writable");
    let (_, out, _) = lint(temp.path(), &["unfit", "-f", "company.yaml", "--only", "helm", "--output", "json"]);
    let all = findings(&out);
    let unread = all.iter().filter(|f| f["message"].as_str().is_some_and(|m| m.starts_with("no template reads")));
    let mut found: Vec<(&str, &str)> =
        unread.map(|f| (f["rule"].as_str().unwrap_or_default(), f["message"].as_str().unwrap_or_default())).collect();
    found.sort_unstable();
    let of = |key: &'static str| ("helm/unused-value", key);
    let expected =
        ["no template reads global.own", "no template reads misspelt", "no template reads spare"].map(of).to_vec();
    assert_eq!(found, expected);
}

#[test]
fn manifests_are_checked_without_a_chart() {
    let temp = tempfile::tempdir().expect("a temporary directory");
    let text = "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\nspec:\n  prots: []\n---\n- no object\n";
    fs::write(temp.path().join("a.yaml"), text).expect("it is writable");
    let args = ["--manifests", ".", "--kube-version", "1.36", "--only", "schema", "--output", "json"];
    let (status, out, _) = lint(temp.path(), &args);
    let all = findings(&out);
    let places: Vec<String> = all.iter().map(|f| format!("{}:{}:{}", f["rule"], f["line"], f["column"])).collect();
    assert_eq!(status, 1);
    assert!(places.contains(&"\"schema/unknown-field\":6:3".into()), "{places:?}");
    assert!(places.contains(&"\"schema/no-object\":8:1".into()), "{places:?}");
}

#[test]
fn the_chart_of_the_working_folder_has_its_folders_name() {
    let temp = unfit_chart();
    let chart = temp.path().join("unfit");
    for args in [&["."][..], &[]] {
        let (_, out, _) = lint(&chart, &[args, &["--output", "json"]].concat());
        let all = findings(&out);
        assert!(!all.is_empty() && all.iter().all(|f| f["chart"] == "unfit"), "{args:?}");
        assert!(all.iter().any(|f| f["file"] == "templates/deployment.yaml"), "{args:?}");
    }
}

#[test]
fn annotations_of_other_linters_are_honoured() {
    let temp = tempfile::tempdir().expect("a temporary directory");
    let rules = |annotations: &str| -> Vec<String> {
        let text = format!(
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n  annotations: {{{annotations}}}\n\
             spec:\n  type: NodePort\n  sessionAffinity: ClientIP\n  selector: {{app: a}}\n  ports: [{{port: 80}}]\n"
        );
        fs::write(temp.path().join("a.yaml"), text).expect("it is writable");
        let args = ["--manifests", "a.yaml", "--policies", "fintech,kube-linter", "--only", "policy", "-o", "json"];
        let all = findings(&lint(temp.path(), &args).1);
        all.iter().filter_map(|f| Some(f["rule"].as_str()?.to_owned())).collect()
    };
    let all = rules("");
    assert!(
        ["fintech/node-port", "fintech/sticky-sessions", "cross/service-target"]
            .iter()
            .all(|r| all.contains(&r.to_string())),
        "{all:?}"
    );
    let left = |gone: &[&str]| all.iter().filter(|r| !gone.contains(&r.as_str())).cloned().collect::<Vec<_>>();
    assert_eq!(rules("ignore-check.kube-linter.io/exposed-services: internal"), left(&["fintech/node-port"]));
    assert_eq!(
        rules("kube-score/ignore: 'service-type, service-targets-pod'"),
        left(&["fintech/node-port", "cross/service-target"])
    );
    assert_eq!(rules("plimsoll.dev/waive-fintech.sticky-sessions: old clients"), left(&["fintech/sticky-sessions"]));
    assert_eq!(rules("kube-linter.io/ignore-all: third party"), [""; 0]);
}

#[test]
fn wrong_usage_is_said_before_anything_runs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (args, said) in [
        (["charts/ledger", "--kube-version", "1.3"], "1.36"),
        (["charts/ledger", "--policies", "nonsense"], "fintech"),
        (["charts/ledger", "--output", "nonsense"], "sarif"),
    ] {
        let (status, _, err) = lint(root, &args);
        assert!(status == 3 && err.contains(said), "{args:?}: {status} {err}");
    }
}
