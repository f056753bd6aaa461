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

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
        fs::write(path, text).expect("it is writable");
    }
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
fn what_is_off_is_left_over_only_where_environments_are_known() {
    let temp = unfit_chart();
    let off = "{{ if .Values.off }}\na: 1\n{{ end }}\n";
    fs::write(temp.path().join("unfit/templates/off.yaml"), off).expect("it is writable");
    let says = || lint(temp.path(), &["unfit", "--only", "helm"]).1.contains("templates/off.yaml prints no object");
    assert!(says());
    for file in fs::read_dir(temp.path().join("unfit")).expect("it is there").flatten() {
        if file.file_name().to_string_lossy().starts_with("values-") {
            fs::remove_file(file.path()).expect("it is there");
        }
    }
    assert!(!says());
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

#[test]
fn charts_know_the_definitions_of_other_charts_of_the_run() {
    const CRD: &str = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n\
        metadata: {name: widgets.example.com}\nspec:\n  group: example.com\n  scope: Namespaced\n\
        \x20 names: {kind: Widget, plural: widgets, singular: widget, listKind: WidgetList}\n\
        \x20 versions:\n  - name: v1\n    served: true\n    storage: true\n    schema:\n\
        \x20     openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}}}}}\n";
    let temp = tempfile::tempdir().expect("a temporary directory");
    let write = |file: &str, text: &str| {
        let path = temp.path().join(file);
        fs::create_dir_all(path.parent().expect("it has one")).expect("it is writable");
        fs::write(path, text).expect("it is writable");
    };
    for chart in ["ships", "renders", "uses"] {
        write(&format!("{chart}/Chart.yaml"), &format!("apiVersion: v2\nname: {chart}\nversion: 1.0.0\n"));
    }
    write("ships/crds/widget.yaml", CRD);
    write("renders/templates/widget.yaml", CRD);
    write(
        "uses/templates/a.yaml",
        "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a}\nspec: {size: large}\n",
    );
    let rules = |charts: &[&str]| -> Vec<String> {
        let (_, out, _) = lint(temp.path(), &[charts, &["--only", "schema", "-o", "json"]].concat());
        let all = findings(&out);
        all.iter().filter(|f| f["chart"] == "uses").filter_map(|f| Some(f["rule"].as_str()?.to_owned())).collect()
    };
    assert_eq!(rules(&["uses"]), ["schema/unchecked"]);
    assert_eq!(rules(&["uses", "ships"]), ["schema/type"]);
    assert_eq!(rules(&["renders", "uses"]), ["schema/type"]);
}

/// A project whose environments differ in what they should share, and with nulls.
const DIFFERING: &[(&str, &str)] = &[
    (
        "plimsoll.yaml",
        "charts: [pay]\nlint:\n  sameEverywhere: {values: [image.*, \"feature*\", limits], images: [reg.example.com/*]}\n\
         environments: {dev: {}, staging: {}, prod: {}}\n",
    ),
    ("pay/Chart.yaml", "apiVersion: v2\nname: pay\nversion: 1.0.0\n"),
    (
        "pay/values.yaml",
        "image: {name: reg.example.com/pay, tag: \"1.4\"}\nsidecar: \"2\"\nlimits: {a: 1, b: 2}\nfree: 1\nnone: {a: 1}\n\
         sub: {sizes: {x: 1}, name: null}\n",
    ),
    ("pay/values-dev.yaml", "free: 2\nfeature: {x: true}\nlimits: {a: null}\n"),
    ("pay/values-staging.yaml", "free: 3\nsub: {sizes: null}\n"),
    ("pay/values-prod.yaml", "image: {tag: \"1.3\"}\nsidecar: \"3\"\nnone: {a: null}\n"),
    ("pay/charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 1.0.0\n"),
    ("pay/charts/sub/values.yaml", "name: sub\nsizes: {x: 0, y: 0}\n"),
    (
        "pay/templates/pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: pay}\nspec:\n  containers:\n    - name: a\n      image: {{ .Values.image.name }}:\
         {{ .Values.image.tag }}\n    - name: b\n      image: reg.example.com/side:{{ .Values.sidecar }}\n    - name: c\n      \
         image: docker.io/other:{{ .Values.free }}\n",
    ),
];

#[test]
fn what_should_be_the_same_everywhere_is_compared() {
    let temp = tempfile::tempdir().expect("a temporary directory");
    write(temp.path(), DIFFERING);
    let (_, out, err) = lint(temp.path(), &["--all", "--only", "helm", "--output", "json"]);
    assert_eq!(err, "");
    let all = findings(&out);
    let said = |rule: &str| -> Vec<String> {
        let of_rule = all.iter().filter(|f| f["rule"] == rule);
        let place = |f: &serde_json::Value| format!("{}:{}", f["file"].as_str().unwrap_or_default(), f["line"]);
        let environments = |f: &serde_json::Value| {
            let scopes = f["scopes"].as_array().into_iter().flatten();
            scopes.filter_map(|s| s["env"].as_str().map(str::to_owned)).collect::<Vec<_>>().join(",")
        };
        let text = |f| format!("{} [{}] {}", place(f), environments(f), f["message"].as_str().unwrap_or_default());
        of_rule.map(text).collect()
    };
    let everywhere = "[dev,prod,staging]";
    assert_eq!(
        said("helm/differs-between-environments"),
        [
            format!(
                "pay/templates/pod.yaml:7 {everywhere} the image reg.example.com/pay is not the same everywhere: \
                 1.4 in dev and staging, 1.3 in prod"
            ),
            format!(
                "pay/templates/pod.yaml:9 {everywhere} the image reg.example.com/side is not the same everywhere: \
                 2 in dev and staging, 3 in prod"
            ),
            format!(
                "pay/values-dev.yaml:2 {everywhere} feature.x is not the same everywhere: not set in prod and staging, \
                 true in dev"
            ),
            format!(
                "pay/values-dev.yaml:3 {everywhere} limits.a is not the same everywhere: 1 in prod and staging, not set in dev"
            ),
            format!(
                "pay/values-prod.yaml:1 {everywhere} image.tag is not the same everywhere: \"1.4\" in dev and staging, \
                 \"1.3\" in prod"
            ),
        ]
    );
    // So do the real programs: in staging both lose all that the subchart has.
    assert_eq!(
        said("helm/null-differs"),
        [
            "pay/values.yaml:6 [dev,prod] null means two things for sub.name: Helm 3 deletes the key, Helm 4 makes it sub"
        ]
    );
}

#[test]
fn a_list_of_what_should_be_the_same_is_read_first() {
    let temp = tempfile::tempdir().expect("a temporary directory");
    write(temp.path(), DIFFERING);
    for (said, expected) in [
        ("{values: [\"a[\"]}", "plimsoll.yaml:3:29: \"a[\" is no glob: "),
        ("{value: [a]}", "plimsoll.yaml:3:20: unknown key lint.sameEverywhere.value; did you mean \"values\"?"),
    ] {
        let text = format!("charts: [pay]\nlint:\n  sameEverywhere: {said}\n");
        fs::write(temp.path().join("plimsoll.yaml"), text).expect("it is writable");
        let (status, _, err) = lint(temp.path(), &["--all"]);
        assert_eq!(status, 3);
        assert!(err.starts_with(&format!("Error: {expected}")), "{err}");
    }
}

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ";

#[test]
fn objects_that_a_cluster_would_get_twice_are_found() {
    let temp = tempfile::tempdir().expect("a temporary directory");
    let hook = format!("{CONFIG_MAP}shared\n  annotations: {{helm.sh/hook: pre-install}}\n");
    let (own, shared) = (format!("{CONFIG_MAP}own\n"), format!("# shared\n{CONFIG_MAP}shared\n"));
    let elsewhere = format!("{CONFIG_MAP}shared\n  namespace: elsewhere\n");
    write(
        temp.path(),
        &[
            (
                "plimsoll.yaml",
                "charts: [{path: a, namespace: pay}, {path: b, namespace: pay}, {path: c, namespace: other}]\n\
                 environments: {dev: {}, prod: {clusters: {np: {}}}}\n",
            ),
            ("a/Chart.yaml", "apiVersion: v2\nname: a\nversion: 1.0.0\n"),
            ("a/templates/one.yaml", &own),
            ("a/templates/two.yaml", &format!("{own}---\n{hook}")),
            ("a/templates/shared.yaml", &shared),
            ("b/Chart.yaml", "apiVersion: v2\nname: b\nversion: 1.0.0\n"),
            (
                "b/templates/shared.yaml",
                &format!("{{{{ if ne .Release.Name \"x\" }}}}\n{shared}{{{{ end }}}}\n---\n{elsewhere}"),
            ),
            ("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n"),
            ("c/templates/shared.yaml", &shared),
        ],
    );
    let (status, out, err) = lint(temp.path(), &["--all", "--only", "helm", "--output", "json"]);
    assert_eq!((status, err.as_str()), (1, ""));
    let all = findings(&out);
    let said = |rule: &str| {
        let of_rule = all.iter().filter(|f| f["rule"] == rule);
        let text = |f: &serde_json::Value| {
            let scopes = f["scopes"].as_array().map_or(0, Vec::len);
            format!("{} {scopes} {}", f["file"].as_str().unwrap_or_default(), f["message"].as_str().unwrap_or_default())
        };
        of_rule.map(text).collect::<Vec<_>>()
    };
    assert_eq!(
        said("helm/duplicate-object"),
        [
            "a/templates/two.yaml 2 ConfigMap/own in pay is rendered twice: at a/templates/one.yaml:1, too; Helm 3 fails at \
          install, Helm 4 keeps one of them"
        ]
    );
    assert_eq!(
        said("helm/object-of-two-releases"),
        ["b/templates/shared.yaml 2 ConfigMap/shared in pay is also made by the release a of a at \
          a/templates/shared.yaml: Helm installs only one of them"]
    );
    // Alone it has nothing to collide with.
    let (_, out, _) = lint(temp.path(), &["--chart", "b", "--all-envs", "--only", "helm", "--output", "json"]);
    assert!(!out.contains("two-releases"), "{out}");
}
