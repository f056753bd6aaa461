//! Project files and charts as people get them wrong: what is wrong is said with its place, before any work, and nothing
//! that can't be read is left out in silence.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

const PROJECT: &str = r#"charts: [charts/*]
layers:
  - envs/company.yaml
namespace: "{chart}"
environments:
  dev: {strictness: warning}
  prod:
    clusters:
      np-aws: {country: np, kubeVersion: "1.35"}
      id-gcp: {country: id}
"#;

/// Two charts in three places.
fn fleet() -> TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for name in ["api", "web"] {
        put(&dir, &format!("charts/{name}/Chart.yaml"), format!("apiVersion: v2\nname: {name}\nversion: 1.0.0\n"));
        put(&dir, &format!("charts/{name}/values.yaml"), "replicas: 1\nunread: 1\n");
        let template = "kind: ConfigMap\napiVersion: v1\nmetadata:\n  name: {{ .Release.Name }}\ndata: {a: \"{{ .Values.replicas }}\"}\n";
        put(&dir, &format!("charts/{name}/templates/a.yaml"), template);
    }
    put(&dir, "envs/company.yaml", "replicas: 2\nglobal: {domain: example.com}\n");
    put(&dir, "plimsoll.yaml", PROJECT);
    dir
}

fn put(dir: &TempDir, name: &str, text: impl AsRef<[u8]>) {
    let path = dir.path().join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("it is writable");
    fs::write(path, text).expect("it is writable");
}

fn run(dir: &Path, args: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    let output = command.args(args).current_dir(dir).output().expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

/// What every command says that looks at the project, in one line for each fault.
fn faults(dir: &TempDir) -> Vec<String> {
    let (status, out, err) = run(dir.path(), &["matrix"]);
    assert!(status == 3 && out.is_empty(), "{status} {out}{err}");
    err.lines().map(|l| l.trim_start_matches("Error: ").to_owned()).collect()
}

#[test]
fn bad_texts_are_told_with_their_place() {
    let cases: [(&str, &str, &[&str]); 17] = [
        (
            "namespace: \"{chart}\"",
            "namespace: {chart}",
            &[
                "plimsoll.yaml:4:12: namespace must be a text, not a map; a text with a placeholder stands in quotes: \"{chart}\"",
            ],
        ),
        ("namespace: \"{chart}\"", "namespace: {{ chart }}", &["plimsoll.yaml:4:13: yaml: invalid map key"]),
        (
            "namespace: \"{chart}\"",
            "namespace: Pay_Ments",
            &["plimsoll.yaml:4:12: \"Pay_Ments\", can't be a namespace: lower case"],
        ),
        ("namespace: \"{chart}\"", "namespace: \"\"", &["plimsoll.yaml:4:12: \"\", can't be a namespace"]),
        (
            "namespace: \"{chart}\"",
            "releaseName: \"{chart}.\"",
            &[
                "plimsoll.yaml:4:14: \"api.\", which \"{chart}.\" gives, can't be a release's name",
                "plimsoll.yaml:4:14: \"web.\"",
            ],
        ),
        (
            "namespace: \"{chart}\"",
            "releaseName: one",
            &[
                "plimsoll.yaml:1:10: charts/api and charts/web have one release name \"one\" in namespace \"default\" of dev, prod/np-aws, prod/id-gcp; give",
            ],
        ),
        ("  dev:", "  a/b:", &["plimsoll.yaml:6:3: \"a/b\" is no name for environment"]),
        ("  dev:", "  \"..\":", &["plimsoll.yaml:6:3: \"..\" is no name for environment"]),
        ("      id-gcp:", "      \"id,gcp\":", &["plimsoll.yaml:10:7: \"id,gcp\" is no name for cluster"]),
        ("\"1.35\"", "latest", &["plimsoll.yaml:9:42: \"latest\" is no version of Kubernetes"]),
        ("envs/company.yaml", "envs", &["plimsoll.yaml:3:5: the values file envs is a folder"]),
        (
            "[charts/*]",
            "[charts/*, \"!charts/apii\"]",
            &["plimsoll.yaml:1:20: charts/apii takes no chart away; did you mean \"api\"?"],
        ),
        ("[charts/*]", "[]", &["plimsoll.yaml: it names no chart that is released"]),
        ("environments:", "---\nenvironments:", &["plimsoll.yaml:5:1: a second document begins here"]),
        (
            "environments:",
            "\tenvironments:",
            &["plimsoll.yaml:5:1: yaml: line 5: found character that cannot start any token"],
        ),
        (
            "kubeVersion: \"1.35\"",
            "env: test",
            &["plimsoll.yaml:9:34: {env} stands for the environment's name: call the attribute otherwise"],
        ),
        ("      id-gcp:", "      np-aws:", &["plimsoll.yaml:10:7: environments.prod.clusters.np-aws is given twice"]),
    ];
    for (from, to, said) in cases {
        let dir = fleet();
        assert!(PROJECT.contains(from), "{from}");
        put(&dir, "plimsoll.yaml", PROJECT.replace(from, to));
        let faults = faults(&dir);
        assert_eq!(faults.len(), said.len(), "{to}: {faults:#?}");
        for (fault, said) in faults.iter().zip(said) {
            assert!(fault.starts_with(said), "{to}: {fault}");
        }
    }
}

#[test]
fn bad_files_are_told_with_the_first_bad_byte() {
    let dir = fleet();
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(PROJECT.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    for (text, said) in [
        (b"charts: [charts/*]\nnamespace: caf\xe9\n".to_vec(), "plimsoll.yaml:2:15: the byte 0xe9 is no UTF-8"),
        (utf16, "plimsoll.yaml:1:1: the byte 0xff is no UTF-8"),
        (b"# nothing\n".to_vec(), "plimsoll.yaml: it names no chart that is released"),
        (Vec::new(), "plimsoll.yaml: it names no chart that is released"),
    ] {
        put(&dir, "plimsoll.yaml", text);
        assert!(faults(&dir)[0].starts_with(said), "{:?}", faults(&dir));
    }
    fs::remove_file(dir.path().join("plimsoll.yaml")).expect("it is there");
    fs::create_dir(dir.path().join("plimsoll.yaml")).expect("it can be made");
    assert_eq!(faults(&dir), ["plimsoll.yaml: this is a folder, not a file"]);
}

#[test]
fn a_mark_at_the_beginning_and_carriage_returns_move_no_column() {
    let dir = fleet();
    let wrong = PROJECT.replace("strictness", "strictnes");
    for text in [format!("\u{feff}{wrong}"), wrong.replace('\n', "\r\n")] {
        put(&dir, "plimsoll.yaml", text);
        let faults = faults(&dir);
        assert!(
            faults[0].starts_with("plimsoll.yaml:6:9: unknown key environments.dev.strictnes; did you mean"),
            "{faults:?}"
        );
    }
}

#[test]
fn a_big_project_file_is_read_in_time_that_grows_with_its_size() {
    let dir = fleet();
    let clusters: String = (0..20_000).map(|i| format!("      c{i}: {{country: np, region: ap-south-1}}\n")).collect();
    put(&dir, "plimsoll.yaml", format!("{PROJECT}{clusters}"));
    let began = std::time::Instant::now();
    let (status, out, _) = run(dir.path(), &["matrix", "--env", "dev"]);
    assert!(status == 0 && out.ends_with("2 releases: 2 charts in 1 place\n"), "{out}");
    // Looking from the first line for the place of each key takes minutes.
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}

#[test]
fn charts_that_are_none_are_not_left_out_in_silence() {
    let dir = fleet();
    put(&dir, "charts/old/values.yaml", "");
    put(&dir, "charts/old/templates/a.yaml", "");
    assert_eq!(faults(&dir), ["plimsoll.yaml:1:10: charts/old has values.yaml and templates/, but no Chart.yaml"]);
    fs::remove_dir_all(dir.path().join("charts/old")).expect("it is there");
    let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, dir.path().join(name)).expect("it can be made");
    link("../elsewhere/old", "charts/old");
    assert_eq!(faults(&dir), ["plimsoll.yaml:1:10: charts/old: no such file or directory"]);
    fs::remove_file(dir.path().join("charts/old")).expect("it is there");
    // A link that leads back to where it is.
    link("..", "charts/loop");
    put(&dir, "plimsoll.yaml", PROJECT.replace("charts/*", "charts/**"));
    let (_, out, _) = run(dir.path(), &["matrix"]);
    assert!(out.ends_with("6 releases: 2 charts in 3 places\n"), "{out}");
}

#[test]
fn what_is_no_chart_on_the_command_line_is_told_with_what_was_meant() {
    let dir = fleet();
    for (args, said) in [
        (
            ["lint", "charts"],
            "charts is no chart but a folder of charts (2): name them, charts/*, or let plimsoll init",
        ),
        (
            ["lint", "envs"],
            "envs is no chart: that is a folder with Chart.yaml, or an archive; lint and diff take manifests by --manifests",
        ),
        (["render", "envs/company.yaml"], "envs/company.yaml is no chart"),
        (["render", "charts/apii"], "chart charts/apii not found; did you mean \"api\"?"),
    ] {
        let (status, _, err) = run(dir.path(), &args);
        assert!(status == 3 && err.contains(said), "{status} {err}");
    }
    let (status, _, err) = run(dir.path(), &["lint", "--env", "dev", "--cluster", "np-aws"]);
    assert_eq!((status, err.as_str()), (3, "Error: cluster \"np-aws\" is in prod, not in dev\n"));
    let (status, out, _) = run(dir.path(), &["matrix", "--all", "--env", "prod"]);
    assert!(status == 0 && out.ends_with("4 releases: 2 charts in 2 places\n"), "{out}");
}

#[test]
fn a_failure_names_what_failed_once_and_hides_nothing() {
    let dir = fleet();
    put(&dir, "envs/company.yaml", "a: [\n");
    for command in ["render", "lint"] {
        let (status, _, err) = run(dir.path(), &[command, "--all"]);
        assert!(status == 3 && err.matches("failed to parse").count() == 1 && err.contains("api"), "{command}: {err}");
    }
    put(&dir, "envs/company.yaml", "replicas: 2\n");
    put(&dir, "charts/api/Chart.yaml", "apiVersion: v2\nversion: 1.0.0\n");
    for command in ["render", "lint", "images", "values", "routes"] {
        let (status, out, err) = run(dir.path(), &[command, "--all"]);
        let expected = "charts/api:\nError: validation: chart.metadata.name is required\n";
        let expected =
            if command == "render" { "api in dev, api in prod/np-aws, api in prod/id-gcp:\n" } else { expected };
        assert!(status == 1 && err.contains(expected), "{command}: {status} {err}");
        let others = if command == "render" || command == "values" { out.contains("web") } else { true };
        assert!(others, "{command}: {out}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_panic() {
    for words in
        [&["completion", "bash"][..], &["completion", "zsh"], &["man"], &["schema"], &["policy", "list"], &["--help"]]
    {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
        command.args(words).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!said.contains("panicked"), "{words:?}: {said}");
    }
}

#[test]
fn values_and_explain_look_at_many_charts() {
    let dir = fleet();
    let (status, out, err) = run(dir.path(), &["values", "--all", "--unused"]);
    let expected = ["api", "web"].map(|c| {
        format!("## charts/{c}\nNo template reads, in any environment:\n  unread  charts/{c}/values.yaml:2:1\n")
    });
    assert_eq!((status, out.as_str(), err.as_str()), (0, &*expected.concat(), ""), "globals are for all charts");
    let (_, out, _) = run(dir.path(), &["values", "--env", "dev", "-o", "json"]);
    let all: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(all[1]["chart"], "charts/web", "{out}");
    let (status, out, err) = run(dir.path(), &["explain", "--env", "dev", "configmap/web", "data.a"]);
    assert!(status == 0 && out.contains("replicas = 2  envs/company.yaml:1:1 (company)"), "{out}{err}");
    let (status, _, err) = run(dir.path(), &["explain", "--env", "dev", "configmap/wbe", "data.a"]);
    assert!(status == 1 && err.contains("no chart makes configmap/wbe; closest: configmap/web"), "{err}");
}

#[test]
fn settings_of_lint_that_name_nothing_are_told_at_their_line() {
    let dir = fleet();
    for (settings, said) in [
        (
            "policies: [fintec]",
            "plimsoll.yaml:11:19: fintec is no set of policies (fintech, kube-linter, pss-baseline, pss-restricted), no folder and no file; did you mean \"fintech\"?",
        ),
        ("crds: [schemas]", "plimsoll.yaml:11:15: lint.crds: schemas does not exist"),
        ("waivers: waivers.yaml", "plimsoll.yaml:11:17: lint.waivers: waivers.yaml does not exist"),
        (
            "rules: {fintech/no-latest-tagg: off}",
            "plimsoll.yaml:11:16: there is no rule fintech/no-latest-tagg; did you mean \"fintech/no-latest-tag\"?",
        ),
        ("rules: {\"helm/chart-*\": off, our/own: off, schema/type: off}", ""),
    ] {
        put(&dir, "plimsoll.yaml", format!("{PROJECT}lint: {{{settings}}}\n"));
        let (status, _, err) = run(dir.path(), &["lint", "--all"]);
        match said {
            "" => assert_eq!((status, err.as_str()), (0, "")),
            said => assert_eq!((status, err), (3, format!("Error: {said}\n"))),
        }
    }
}

#[test]
fn each_release_is_linted_for_its_clusters_version() {
    let dir = fleet();
    let project = PROJECT.replace("1.35", "1.31").replace("country: id", "country: id, kubeVersion: \"1.32\"");
    put(&dir, "plimsoll.yaml", &project);
    put(
        &dir,
        "charts/web/templates/b.yaml",
        "apiVersion: flowcontrol.apiserver.k8s.io/v1beta3\nkind: FlowSchema\nmetadata: {name: web}\nspec: {priorityLevelConfiguration: {name: web}}\n",
    );
    let lint = |args: &[&str]| run(dir.path(), &[&["lint", "--only", "schema"], args].concat());
    let (status, out, _) = lint(&["--cluster", "np-aws"]);
    assert!(status == 0 && out.contains("schema/deprecated-api") && out.ends_with("for Kubernetes 1.31\n"), "{out}");
    let (status, out, _) = lint(&["--env", "prod"]);
    assert!(
        status == 1
            && out.contains("removed in Kubernetes 1.32 (FlowSchema/web, apiVersion; in prod/id-gcp, from 1.32 on"),
        "{out}"
    );
    let (_, out, _) = lint(&["--env", "prod", "--kube-version", "1.33"]);
    assert!(out.contains("schema/removed-api") && out.ends_with("for Kubernetes 1.33\n"), "a flag is for all: {out}");
    put(&dir, "plimsoll.yaml", project.replace("1.31", "1.29"));
    let (status, _, err) = lint(&["--env", "prod"]);
    assert!(status == 3 && err.contains("plimsoll.yaml:9:42: no schemas of Kubernetes \"1.29\" are embedded"), "{err}");
}
