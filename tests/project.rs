//! The project file from end to end: errors before any work, selectors, shards, what a change reaches, init, merged
//! reports, the KRM function.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A repository with two charts that share a library chart, in two environments, one with two clusters.
fn fleet() -> TempDir {
    let template = "kind: ConfigMap\napiVersion: v1\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  who: {{ .Values.who }}\n  kube: {{ .Capabilities.KubeVersion.Minor | quote }}\n";
    let chart = |name: &str| {
        format!(
            "apiVersion: v2\nname: {name}\nversion: 1.0.0\ndependencies:\n  - {{name: lib, version: 1.0.0, repository: 'file://../lib'}}\n"
        )
    };
    let dir = tempfile::tempdir().expect("a temporary directory");
    let put = |name: &str, text: &str| {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("it is writable");
        fs::write(path, text).expect("it is writable");
    };
    for name in ["api", "web"] {
        put(&format!("charts/{name}/Chart.yaml"), &chart(name));
        put(&format!("charts/{name}/values.yaml"), "who: chart\n");
        put(&format!("charts/{name}/templates/a.yaml"), template);
        for (file, text) in
            [("Chart.yaml", "apiVersion: v2\nname: lib\nversion: 1.0.0\ntype: library\n"), ("values.yaml", "")]
        {
            put(&format!("charts/{name}/charts/lib/{file}"), text);
        }
    }
    put("charts/lib/Chart.yaml", "apiVersion: v2\nname: lib\nversion: 1.0.0\ntype: library\n");
    put("envs/company.yaml", "who: company\n");
    put("envs/np.yaml", "who: np\n");
    put("envs/prod/web.yaml", "who: web-prod\n");
    put("plimsoll.yaml", PROJECT);
    dir
}

const PROJECT: &str = r#"charts: [charts/*]
layers:
  - envs/company.yaml
  - {file: "envs/{country}.yaml", optional: true}
  - {file: "envs/{env}/{chart}.yaml", optional: true}
namespace: "{chart}-{env}"
environments:
  dev:
  prod:
    clusters:
      np-aws: {country: np, kubeVersion: "1.35"}
      id-gcp: {country: id}
"#;

fn run(dir: &Path, args: &[&str]) -> (i32, String, String) {
    run_with(dir, args, "")
}

fn run_with(dir: &Path, args: &[&str], input: &str) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.args(args).current_dir(dir).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    // One that fails early doesn't read its input.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

fn who(text: &str) -> Vec<&str> {
    text.lines().filter_map(|l| l.strip_prefix("  who: ")).collect()
}

#[test]
fn project_layers_and_versions_differ_by_cluster() {
    let dir = fleet();
    let (status, out, err) = run(dir.path(), &["render", "--all"]);
    assert_eq!((status, err.as_str()), (0, ""));
    assert_eq!(who(&out), ["company", "np", "company", "company", "web-prod", "web-prod"]);
    let heads: Vec<&str> = out.lines().filter(|l| l.starts_with("# Release")).collect();
    assert_eq!(heads[..3], ["# Release: api in dev", "# Release: api in prod/np-aws", "# Release: api in prod/id-gcp"]);
    assert_eq!(out.matches("kube: \"35\"").count(), 2);
    let (_, out, _) = run(dir.path(), &["render", "--cluster", "np-aws", "--chart", "w*"]);
    assert_eq!(who(&out), ["web-prod"]);
    let (_, out, _) = run(dir.path(), &["render", "--chart", "web"]);
    assert_eq!(who(&out), ["chart"], "without environment a chart has its own values");
}

#[test]
fn project_matrix_is_a_table_data_and_a_ci_matrix() {
    let dir = fleet();
    let (_, out, _) = run(dir.path(), &["matrix"]);
    assert!(out.ends_with("6 releases: 2 charts in 3 places\n"), "{out}");
    assert!(out.contains("web    prod         np-aws   web      web-prod   1.35        envs/company.yaml envs/np.yaml envs/prod/web.yaml"), "{out}");
    let (_, out, _) = run(dir.path(), &["matrix", "-o", "github"]);
    let jobs: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(jobs["include"][2], serde_json::json!({ "env": "prod", "cluster": "np-aws" }));
    let (_, out, _) = run(dir.path(), &["matrix", "-o", "gitlab", "--shards", "2"]);
    assert_eq!(out, "plimsoll:\n  parallel:\n    matrix:\n      - {\"SHARD\":\"1/2\"}\n      - {\"SHARD\":\"2/2\"}\n");
}

#[test]
fn project_errors_come_before_any_work_with_their_places() {
    let cases = [
        (
            "envs/company.yaml\n",
            "envs/compny.yaml\n",
            "plimsoll.yaml:3:5: the values file envs/compny.yaml does not exist; did you mean \"company.yaml\"?",
        ),
        (
            "{country}.yaml",
            "{contry}.yaml",
            "plimsoll.yaml:4:12: {contry} in \"envs/{contry}.yaml\" is no placeholder; did you mean \"country\"?",
        ),
        (
            "country: id",
            "region: x",
            "{country} in \"envs/{country}.yaml\" has no value: cluster id-gcp has no country",
        ),
        ("namespace: \"{chart}-{env}\"", "releaseName: one", "charts/api and charts/web have one release name \"one\""),
        ("charts/*", "chart/*", "plimsoll.yaml:1:10: chart/* finds no chart"),
        (
            "kubeVersion:",
            "kubeVerson:",
            "plimsoll.yaml:11:29: unknown key environments.prod.clusters.np-aws.kubeVerson; did you mean \"kubeVersion\"?",
        ),
        ("      id-gcp", "      np-aws", "plimsoll.yaml:12:7: environments.prod.clusters.np-aws is given twice"),
    ];
    for (from, to, said) in cases {
        let dir = fleet();
        fs::write(dir.path().join("plimsoll.yaml"), PROJECT.replace(from, to)).expect("it is writable");
        let (status, out, err) = run(dir.path(), &["render", "--all"]);
        assert!(status == 3 && out.is_empty() && err.contains(said), "{to}: {status}\n{err}");
    }
    let dir = fleet();
    let lib = "apiVersion: v2\nname: lib\nversion: 1.0.0\ntype: library\ndependencies:\n  - {name: web, version: 1.0.0, repository: 'file://../web'}\n";
    fs::write(dir.path().join("charts/lib/Chart.yaml"), lib).expect("it is writable");
    let (status, _, err) = run(dir.path(), &["lint", "--all"]);
    assert!(
        status == 3
            && err.contains("charts/web/Chart.yaml:5:45: charts depend on each other in a circle: lib → web → lib"),
        "{err}"
    );
    for (args, said) in [
        (["render", "--env", "prd"], "did you mean \"prod\"?"),
        (["render", "--cluster", "np-asw"], "did you mean \"np-aws\"?"),
        (["render", "--chart", "wbe"], "no chart is called \"wbe\"; did you mean \"web\"?"),
    ] {
        let (status, _, err) = run(fleet().path(), &args);
        assert!(status == 3 && err.contains(said), "{err}");
    }
}

#[test]
fn project_one_charts_failure_does_not_hide_the_others() {
    let dir = fleet();
    fs::write(dir.path().join("charts/api/templates/a.yaml"), "{{ fail \"no\" }}\n").expect("it is writable");
    let (status, out, err) = run(dir.path(), &["render", "--all"]);
    assert_eq!((status, who(&out).len()), (1, 3), "{err}");
    let said = "api in dev, api in prod/np-aws, api in prod/id-gcp:\n  × no\n   ╭─[api/templates/a.yaml:1:4]\n";
    assert!(err.starts_with(said), "{err}");
}

#[test]
fn project_changes_reach_their_chart_layer_or_all() {
    let dir = fleet();
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(dir.path()).args(["-c", "user.name=a", "-c", "user.email=a@example.com"]).args(args);
        assert!(command.output().expect("git starts").status.success(), "{args:?}");
    };
    git(&["init", "-q", "-b", "main"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "a"]);
    let reached = |file: &str, text: &str| {
        let before = fs::read(dir.path().join(file)).ok();
        fs::write(dir.path().join(file), text).expect("it is writable");
        let (_, out, err) = run(dir.path(), &["matrix", "--changed-since", "main", "-o", "json"]);
        match before {
            Some(before) => fs::write(dir.path().join(file), before).expect("it is writable"),
            None => fs::remove_file(dir.path().join(file)).expect("it is there"),
        }
        let all: Vec<serde_json::Value> = serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}{err}"));
        let name = |r: &serde_json::Value| {
            let text = |key: &str| r[key].as_str().unwrap_or("-").to_owned();
            format!("{} {} {}", text("chart"), text("environment"), text("cluster"))
        };
        all.iter().map(name).collect::<Vec<_>>()
    };
    assert!(reached("README.md", "x").is_empty());
    assert_eq!(reached("charts/api/values.yaml", "who: x\n").len(), 3);
    assert_eq!(reached("envs/np.yaml", "who: x\n"), ["api prod np-aws", "web prod np-aws"]);
    assert_eq!(reached("envs/prod/api.yaml", "who: x\n"), ["api prod np-aws", "api prod id-gcp"], "a new layer");
    assert_eq!(reached("charts/lib/values.yaml", "a: 1\n").len(), 6, "a library reaches those that use it");
}

#[test]
fn project_shards_split_the_charts_and_reports_join_again() {
    let dir = fleet();
    let lint = |shard: &str, file: &str| {
        let output = format!("json={file}");
        run(dir.path(), &["lint", "--all", "--shard", shard, "-o", &output]);
    };
    run(dir.path(), &["lint", "--all", "-o", "json=whole.json"]);
    lint("1/2", "one.json");
    lint("2/2", "two.json");
    let count = |text: &str| serde_json::from_str::<Vec<serde_json::Value>>(text).expect("a report").len();
    let read = |name: &str| fs::read_to_string(dir.path().join(name)).expect("it was written");
    let (status, merged, _) = run(dir.path(), &["report", "merge", "one.json", "two.json", "-o", "json"]);
    assert!(count(&merged) > 0 && count(&merged) == count(&read("whole.json")), "{merged}");
    assert_eq!(status, 0, "warnings do not fail");
    let (_, sarif, _) =
        run(dir.path(), &["report", "merge", "one.json", "two.json", "-o", "sarif", "--fail-on", "never"]);
    assert!(sarif.contains("\"2.1.0\""), "{sarif}");
}

#[test]
fn project_diffs_of_shards_join_to_that_of_one_run() {
    let dir = fleet();
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(dir.path()).args(["-c", "user.name=a", "-c", "user.email=a@example.com"]).args(args);
        assert!(command.output().expect("git starts").status.success(), "{args:?}");
    };
    let put = |name: &str, text: &str| fs::write(dir.path().join(name), text).expect("it is writable");
    let deployment = |replicas: u8| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {{{{ .Release.Name }}}}}}\nspec:\n  replicas: {replicas}\n  \
             selector: {{matchLabels: {{a: b}}}}\n  template:\n    metadata: {{labels: {{a: b}}}}\n    spec:\n      containers:\n      \
             - {{name: c, image: 'i:1', resources: {{requests: {{cpu: 100m}}}}}}\n"
        )
    };
    let both = |file: &str, text: &str| {
        ["api", "web"].iter().for_each(|c| put(&format!("charts/{c}/templates/{file}"), text));
    };
    both("d.yaml", &deployment(2));
    git(&["init", "-q", "-b", "main"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "a"]);
    both("d.yaml", &deployment(3));
    both(
        "new.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \"{{ .Release.Name }}-new\"}\ndata: {a: \"line\\nline\"}\n",
    );
    put("envs/np.yaml", "who: newer\n");
    let diff = |more: &[&str]| {
        let (status, _, err) = run(dir.path(), &[&["diff", "--against", "git:main", "--no-lint"], more].concat());
        assert_eq!((status, err.as_str()), (0, ""));
    };
    diff(&["--all", "-o", "json=whole.json", "-o", "markdown=whole.md"]);
    diff(&["--all", "--chart", "api", "-o", "json=api.json"]);
    diff(&["--all", "--chart", "web", "-o", "json=web.json"]);
    // Both charts are the second's.
    diff(&["--all", "--shard", "1/2", "-o", "json=none.json"]);
    let read = |name: &str| fs::read_to_string(dir.path().join(name)).expect("it was written");
    let merge =
        |more: &[&str]| run(dir.path(), &[&["report", "merge", "web.json", "none.json", "api.json"], more].concat());
    let (status, json, err) = merge(&["-o", "json", "-o", "markdown=merged.md", "-o", "html=merged.html"]);
    assert_eq!((status, err.as_str()), (0, ""));
    assert_eq!(json, read("whole.json"), "folded again, whatever the order of the shards");
    assert_eq!(merge(&["-o", "github", "--detailed-exitcode"]).0, 2);
    let (_, text, _) = merge(&[]);
    assert!(text.contains("prod: requests.cpu 800m → 1200m (+400m)"), "{text}");
    assert!(text.contains("- spec.replicas: 2\n+ spec.replicas: 3  ← "), "{text}");
    let is_sentence = |l: &&str| l.starts_with("### ") || l.starts_with("- ") && l.contains("**");
    let sentences = |name: &str| read(name).lines().filter(is_sentence).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(sentences("merged.md"), sentences("whole.md"));
    let (status, _, err) = run(dir.path(), &["report", "merge", "web.json", "whole.json"]);
    assert!(status == 3 && err.contains("whole.json: web") && err.contains("is in web.json, too"), "{status} {err}");
    put("api.json", "{\"version\": 1,\n\"releases\": 3}");
    let (status, _, err) = merge(&[]);
    assert!(status == 3 && err.contains("api.json:2:13: no diff report in JSON"), "{status} {err}");
}

#[test]
fn project_schema_takes_what_the_reader_takes() {
    let (_, out, _) = run(Path::new("."), &["schema"]);
    let schema: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a JSON Schema");
    let value = |text: &str| serde_yaml::from_str::<serde_json::Value>(text).expect("YAML");
    let own = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("plimsoll.yaml")).expect("it is there");
    for good in [PROJECT, &own] {
        let errors: Vec<String> = validator.iter_errors(&value(good)).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
    for bad in ["chart: [a]", "layers: [{optional: true}]", "environments: {prod: {strictness: loud}}", "charts: a"] {
        assert!(!validator.is_valid(&value(bad)), "{bad}");
    }
}

#[test]
fn project_init_takes_over_what_is_there() {
    let dir = fleet();
    fs::remove_file(dir.path().join("plimsoll.yaml")).expect("it is there");
    let put = |name: &str, text: &str| fs::write(dir.path().join(name), text).expect("it is writable");
    put("charts/api/values-prod.yaml", "who: prod\n");
    let (status, out, _) = run(dir.path(), &["init"]);
    assert!(status == 0 && out.starts_with("wrote plimsoll.yaml: 2 releases of 2 charts in prod\n"), "{out}");
    let (_, out, _) = run(dir.path(), &["render", "--all"]);
    assert_eq!(who(&out), ["prod", "web-prod"], "the chart's own file, and envs/prod/web.yaml");
    let (status, _, err) = run(dir.path(), &["init"]);
    assert!(status == 3 && err.contains("--force"), "{err}");
    put(
        "app.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: shop}\nspec:\n  destination: {namespace: shop}\n  source: {repoURL: x, path: charts/web, helm: {valueFiles: [/envs/np.yaml], parameters: [{name: a, value: b}]}}\n",
    );
    put(
        "helmfile.yaml",
        "environments: {prod: {}}\nreleases:\n  - name: back\n    namespace: pay\n    chart: ./charts/api\n    values: ['envs/{{ .Environment.Name }}/web.yaml', {a: 1}]\n  - {name: db, chart: stable/postgresql}\n",
    );
    let (_, out, _) = run(dir.path(), &["init", "--force"]);
    assert!(out.contains("helmfile.yaml:7: db: the chart stable/postgresql is not in this repository"), "{out}");
    let (_, out, err) = run(dir.path(), &["render", "--all"]);
    assert_eq!((who(&out), err.as_str()), (vec!["web-prod", "np"], ""));
    let values = fs::read_to_string(dir.path().join("plimsoll-values/shop.yaml")).expect("it was written");
    assert_eq!(values, "# From app.yaml:1: shop: helm.parameters\na: b\n");
    let (_, out, _) = run(dir.path(), &["matrix"]);
    assert!(out.contains("back") && out.contains(" pay ") && out.contains("shop"), "{out}");
}

#[test]
fn project_krm_renders_into_a_resource_list() {
    let list = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: [{kind: A, apiVersion: v1}]\nfunctionConfig:\n  apiVersion: plimsoll.dev/v1alpha1\n  kind: RenderChart\n  metadata: {name: x}\n  spec: {chart: charts/web, environment: prod, cluster: np-aws, releaseName: r, values: {who: inline}}\n";
    let dir = fleet();
    let (status, out, err) = run_with(dir.path(), &["krm"], list);
    let out: serde_json::Value = serde_yaml::from_str(&out).unwrap_or_else(|e| panic!("{e}: {err}"));
    assert_eq!((status, out["items"][0]["kind"].as_str()), (0, Some("A")));
    assert_eq!(out["items"][1]["data"]["who"], "inline");
    assert_eq!(out["items"][1]["metadata"]["name"], "r");
    let (status, _, err) = run_with(dir.path(), &["krm"], &list.replace("releaseName", "relaseName"));
    assert!(status == 3 && err.contains("did you mean \"releaseName\"?"), "{err}");
}

#[test]
fn project_shards_of_lint_join_to_what_one_run_says() {
    let dir = fleet();
    let put = |name: &str, text: &str| fs::write(dir.path().join(name), text).expect("it is writable");
    let shared = "kind: ConfigMap\napiVersion: v1\nmetadata: {name: shared, namespace: pay}\n";
    let latest = "kind: Pod\napiVersion: v1\nmetadata: {name: p}\nspec: {containers: [{name: a, image: 'x:latest'}]}\n";
    for chart in ["api", "web"] {
        put(&format!("charts/{chart}/templates/shared.yaml"), shared);
        put(&format!("charts/{chart}/templates/pod.yaml"), latest);
    }
    let waiver = |rule: &str| format!("- {{rule: {rule}, owner: a, reason: b, expires: 2999-12-31}}\n");
    let waived = ["helm/object-of-two-releases", "fintech/no-latest-tag", "fintech/no-such-thing"].map(waiver);
    put("waivers.yaml", &waived.concat());
    put("plimsoll.yaml", &format!("{PROJECT}lint: {{waivers: waivers.yaml, rules: {{fintech/owner-labels: off}}}}\n"));
    let formats = ["text", "json", "sarif", "junit", "github", "gitlab", "html", "markdown"];
    let to = |folder: &str| {
        fs::create_dir(dir.path().join(folder)).expect("it can be made");
        formats.iter().flat_map(|f| ["-o".to_owned(), format!("{f}={folder}/{f}")]).collect::<Vec<_>>()
    };
    let outputs = to("whole");
    let whole =
        run(dir.path(), &[&["lint", "--all"], &*outputs.iter().map(String::as_str).collect::<Vec<_>>()].concat());
    let files: Vec<String> = (1..=7).map(|i| format!("{i}.json")).collect();
    for (i, file) in files.iter().enumerate() {
        let (shard, output) = (format!("{}/7", i + 1), format!("shard={file}"));
        run(dir.path(), &["lint", "--all", "--shard", &shard, "--fail-on", "never", "-o", &output]);
    }
    let outputs = to("merged");
    let words = ["report", "merge"].into_iter().chain(files.iter().chain(&outputs).map(String::as_str));
    let merged = run(dir.path(), &words.collect::<Vec<_>>());
    assert_eq!((merged.0, merged.2.as_str()), (whole.0, ""));
    let read = |name: String| fs::read_to_string(dir.path().join(name)).expect("it was written");
    for format in formats {
        assert_eq!(read(format!("merged/{format}")), read(format!("whole/{format}")), "{format}");
    }
    let (text, sarif) = (read("merged/text".into()), read("merged/sarif".into()));
    assert!(text.contains("3 waived in 18 objects of 2 charts") && text.contains("waiver/unused"), "{text}");
    assert!(sarif.contains("ConfigMap/shared in pay is also made by"), "{sarif}");
    let (status, _, err) = run(
        dir.path(),
        &["report", "merge", "1.json", "1.json", "2.json", "3.json", "4.json", "5.json", "6.json", "7.json"],
    );
    let known = fs::read_to_string(dir.path().join("1.json")).expect("it was written").contains("charts/");
    assert!(!known || status == 3 && err.contains("is in another file, too"), "{err}");
}
