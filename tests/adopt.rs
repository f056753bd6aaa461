//! `plimsoll init` on repositories of helmfile, Argo CD and Flux: what it wrote renders what those tools render
//! (testdata/adopt, recorded by .ci/adopt.py), and what it could not take over is named with its place.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

fn testdata(case: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/adopt").join(case)
}

/// A copy of a repository.
fn copied(case: &str) -> TempDir {
    let (dir, from) = (tempfile::tempdir().expect("a temporary directory"), testdata(case).join("repo"));
    for entry in walkdir::WalkDir::new(&from).into_iter().map(|e| e.expect("it is readable")) {
        let to = dir.path().join(entry.path().strip_prefix(&from).expect("it is below"));
        match entry.file_type().is_dir() {
            true => fs::create_dir_all(to).expect("it is writable"),
            false => _ = fs::copy(entry.path(), to).expect("it is writable"),
        }
    }
    dir
}

fn run(dir: &Path, args: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    let output = command.args(args).current_dir(dir).output().expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

/// What each release renders, by namespace and name.
fn rendered(dir: &Path) -> BTreeMap<String, String> {
    let (_, matrix, err) = run(dir, &["matrix", "-o", "json"]);
    let matrix: Vec<serde_json::Value> = serde_json::from_str(&matrix).unwrap_or_else(|e| panic!("{e}: {err}"));
    let (status, out, err) = run(dir, &["render", "--all"]);
    assert_eq!((status, err.as_str()), (0, ""));
    let texts: Vec<&str> = out.split("# Release: ").skip(1).filter_map(|t| t.split_once('\n')).map(|t| t.1).collect();
    assert_eq!(texts.len(), matrix.len());
    let name = |r: &serde_json::Value| {
        let said = |key: &str| r[key].as_str().unwrap_or_default().to_owned();
        format!("{}--{}", said("namespace"), said("release"))
    };
    matrix.iter().zip(texts).map(|(r, text)| (name(r), text.to_owned())).collect()
}

/// Runs init in a copy, compares what comes out with what the tool renders, and returns the copy with what was said.
fn check(case: &str) -> (TempDir, String) {
    let dir = copied(case);
    let (status, said, err) = run(dir.path(), &["init"]);
    assert_eq!((status, err.as_str()), (0, ""), "{said}");
    let ours = rendered(dir.path());
    let mut count = 0;
    for file in fs::read_dir(testdata(case).join("expected")).expect("it was recorded").flatten() {
        let name = file.path().file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let expected = fs::read_to_string(file.path()).expect("it is readable");
        assert_eq!(ours.get(&name).map(|t| t.trim_end()), Some(expected.trim_end()), "{case} {name}\n{said}");
        count += 1;
    }
    assert!(count >= 4, "{case} has few releases");
    (dir, said)
}

#[test]
fn adopt_helmfile_with_its_templates() {
    let (dir, said) = check("helmfile");
    assert!(said.starts_with("wrote plimsoll.yaml: 6 releases of 2 charts in dev, prod\n"), "{said}");
    let file = fs::read_to_string(dir.path().join("plimsoll.yaml")).expect("it was written");
    assert!(file.contains("file: \"values/{env}/web-{env}.yaml\", optional: true"), "{file}");
    let values = fs::read_to_string(dir.path().join("plimsoll-values/prod/api.yaml")).expect("it was written");
    assert!(values.starts_with("# From helmfile.yaml.gotmpl:16: api\n"), "{values}");
}

#[test]
fn adopt_application_sets_with_their_generators() {
    let (_, said) = check("argocd");
    let left =
        "apps/plain.yaml:23: remote: the chart postgresql of https://charts.example.com is not in this repository";
    assert!(said.contains(left), "{said}");
    // Those that charts print are placed at the line of the template that printed them.
    let printed = "fleet/root/templates/more.yaml:24: database: the chart postgresql";
    assert!(said.contains(printed), "{said}");
    assert!(said.contains("Argo CD: fleet/root/templates/apps.yaml:3: front-one, ledger-one\n"), "{said}");
}

/// A chart that prints an Application of itself, each time with another value, doesn't go on forever.
#[test]
fn adopt_apps_of_apps_end() {
    let dir = copied("argocd");
    fs::remove_dir_all(dir.path().join("apps")).expect("it is there");
    let app = dir.path().join("fleet/nested/templates/app.yaml");
    let text = fs::read_to_string(&app).expect("it is there").replace("charts/api", "fleet/nested");
    fs::write(&app, text.replace("value: {{ .Values.team }}", "value: x").replace("owner", "team")).expect("written");
    let text = fs::read_to_string(&app).expect("it is there");
    fs::write(&app, text.replace("value: x", "value: \"{{ .Values.team }}x\"")).expect("written");
    let (status, said, err) = run(dir.path(), &["init"]);
    assert_eq!((status, err.as_str()), (0, ""), "{said}");
    assert!(said.contains("apps of apps nest too deep here; what it prints is not read"), "{said}");
    // One that can't be rendered says why, and where.
    fs::write(&app, "kind: Application # argoproj.io/\n{{ fail \"no\" }}\n").expect("written");
    let (_, said, _) = run(dir.path(), &["init", "--force"]);
    let why = "fleet/nested: what it deploys is not read, because it can't be rendered: execution error at (nested/templates/app.yaml:2:3): no";
    assert!(said.contains(why), "{said}");
}

#[test]
fn adopt_helm_releases_of_flux() {
    let (_, said) = check("flux");
    assert!(said.contains("apps/prod/api.yaml:35: podinfo: the chart podinfo of the repository podinfo"), "{said}");
    // Patched releases are placed where they stand, and nothing is said of what is a patch or a deleted object.
    assert!(said.contains("Flux: deploy/base/ledger/release.yaml:1: prod-ledger, staging-ledger\n"), "{said}");
    assert!(!said.contains("ledger-values.yaml") && !said.contains("trash"), "{said}");
}

/// What is left of kustomizations is named with its line, where they deploy releases.
#[test]
fn adopt_says_what_is_left_of_kustomizations() {
    let more = "replacements: []\nvars: [{name: x}]\npatches:\n  - path: gone.yaml\n  - target: {kind: HelmRelease}\n    patch: '[{op: remove, path: /spec/nothing}]'\n";
    let one = |spec: &str| {
        format!(
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: one, namespace: x}}\nspec: {{{spec}}}\n"
        )
    };
    for (file, text, said) in [
        (
            "deploy/base/ledger/more.yaml",
            String::new(),
            "deploy/base/ledger/kustomization.yaml:8: vars is not taken over",
        ),
        (
            "deploy/base/ledger/more.yaml",
            String::new(),
            "deploy/base/ledger/kustomization.yaml:9: there is no patch gone.yaml here",
        ),
        (
            "deploy/base/ledger/more.yaml",
            String::new(),
            "deploy/base/ledger/kustomization.yaml:9: the patch can't be applied: ",
        ),
        ("one.yaml", one("path: nowhere"), "one.yaml:1: one: there is no folder \"nowhere\" here"),
        (
            "one.yaml",
            one("path: deploy/plain, postBuild: {substituteFrom: [{kind: Secret, name: s}]}"),
            "one.yaml:1: one: spec.postBuild takes variables from the Secret s, which is in the cluster only",
        ),
        (
            "one.yaml",
            one(
                "path: deploy/plain, postBuild: {substitute: {a: b}}, patches: [{target: {kind: HelmRelease}, patch: '{spec: {values: {x: \"${a?\"}}}'}]",
            ),
            "one.yaml:1: one: spec.postBuild.substitute in deploy/plain/web.yaml:1: bad substitution: ${a?",
        ),
        (
            "one.yaml",
            one("path: deploy/plain, patches: [{target: {name: '('}, patch: '{a: 1}'}]"),
            "one.yaml:1: the patch can't be applied: target.name: \"(\" is no expression",
        ),
    ] {
        let dir = copied("flux");
        fs::write(dir.path().join(file), text).expect("it is writable");
        let base = dir.path().join("deploy/base/ledger/kustomization.yaml");
        let all = fs::read_to_string(&base).expect("it is there") + more;
        fs::write(&base, all).expect("it is writable");
        let (_, out, err) = run(dir.path(), &["init"]);
        let file = fs::read_to_string(dir.path().join("plimsoll.yaml")).unwrap_or_default();
        assert!(file.contains(said), "{said}\n{out}{err}{file}");
    }
}

/// Kustomizations that deploy each other, and folders that name each other, come to an end.
#[test]
fn adopt_kustomizations_end() {
    let dir = copied("flux");
    let base = dir.path().join("deploy/base/ledger/kustomization.yaml");
    let all = fs::read_to_string(&base)
        .expect("it is there")
        .replace("[release.yaml]", "[release.yaml, ../ledger, ../../prod]");
    fs::write(&base, all).expect("it is writable");
    let root = dir.path().join("clusters/prod/root.yaml");
    let all = fs::read_to_string(&root).expect("it is there").replace("./clusters/prod", "./clusters");
    fs::write(&root, all.clone()).expect("it is writable");
    fs::write(dir.path().join("clusters/staging/root.yaml"), all).expect("it is writable");
    let (status, said, err) = run(dir.path(), &["init"]);
    assert_eq!((status, err.as_str()), (0, ""), "{said}");
    assert!(
        said.contains("deploy/base/ledger/kustomization.yaml:1: kustomizations name each other in a circle here"),
        "{said}"
    );
}

/// What init says of one file beside a chart.
fn said_of(name: &str, text: &str) -> String {
    let dir = copied("flux");
    fs::remove_dir_all(dir.path().join("apps")).expect("it is there");
    fs::write(dir.path().join(name), text).expect("it is writable");
    let (_, said, err) = run(dir.path(), &["init"]);
    said + &err
}

#[test]
fn adopt_says_where_and_why_something_is_left() {
    let release = "releases:\n  - name: a\n    chart: ./charts/api\n";
    let set = |generators: &str| {
        format!(
            "kind: ApplicationSet\napiVersion: argoproj.io/v1alpha1\nmetadata: {{name: set}}\nspec:\n  goTemplate: true\n  generators: [{generators}]\n  template: {{metadata: {{name: '{{{{.a}}}}'}}, spec: {{source: {{path: charts/api}}}}}}\n"
        )
    };
    for (file, text, said) in [
        (
            "helmfile.yaml.gotmpl",
            "a: 1\n\nb: {{ requiredEnv \"PLIMSOLL_IS_NOT_SET\" }}\n".to_owned(),
            "helmfile.yaml.gotmpl:3: error calling requiredEnv: required env var `PLIMSOLL_IS_NOT_SET` is not set",
        ),
        (
            "helmfile.yaml.gotmpl",
            "a: 1\n---\nb: {{ exec \"date\" (list) }}\n".to_owned(),
            "helmfile.yaml.gotmpl:3: error calling exec: exec starts a program, which plimsoll does not",
        ),
        (
            "helmfile.yaml",
            format!("{release}    values: [gone.yaml]\n"),
            "helmfile.yaml:2: a: there is no values file gone.yaml",
        ),
        ("helmfile.yaml", format!("{release}    secrets: [s.yaml]\n"), "helmfile.yaml:2: a: secrets is not taken over"),
        (
            "helmfile.yaml",
            format!("{release}    values: [../../etc/x.yaml]\n"),
            "helmfile.yaml:2: a: the values file ../../etc/x.yaml is outside of this folder",
        ),
        ("helmfile.yaml", "bases: [b.yaml]\n".to_owned(), "helmfile.yaml: there is no base b.yaml"),
        ("set.yaml", set("{list: {elements: [{b: 1}]}}"), "set.yaml:1: set: {{.a}}: a value is missing"),
        (
            "set.yaml",
            set("{list: {elements: [{a: x}]}}")
                .replace("path: charts/api", "path: charts/api, helm: {valuesObject: {b: {c: 1}}}")
                + "  templatePatch: 'spec: {source: {helm: {valuesObject: {b: {d: 2}}}}}'\n",
            "set.yaml:1: set: spec.templatePatch: Argo CD can't merge helm.valuesObject.b, which the template has, too",
        ),
        (
            "set.yaml",
            set("{list: {elements: [{a: x}]}}")
                .replace("path: charts/api", "path: charts/api, helm: {valueFiles: [gone.yaml]}"),
            "set.yaml:1: set: there is no values file \"charts/api/gone.yaml\" here",
        ),
        ("set.yaml", set("{clusters: {}}"), "set.yaml:1: set: the clusters are known to Argo CD only"),
        (
            "set.yaml",
            set("{pullRequest: {github: {}}}"),
            "set.yaml:1: set: the generator pullRequest asks what is not in this repository",
        ),
        (
            "set.yaml",
            set("{git: {files: [{path: 'x/*.yaml'}]}}"),
            "set.yaml:1: set: the git generator finds no file x/*.yaml here",
        ),
    ] {
        let all = said_of(file, &text);
        assert!(all.contains(said), "{said}\n{all}");
    }
}

#[test]
fn adopt_survives_files_that_include_themselves() {
    let said = said_of("helmfile.yaml", "bases: [helmfile.yaml]\nhelmfiles: [helmfile.yaml, {path: '*.yaml'}]\n");
    assert!(said.contains("wrote plimsoll.yaml: "), "{said}");
    let said = said_of("helmfile.yaml.gotmpl", "a: '{{ range until 100000000 }}x{{ end }}'\n");
    assert!(said.contains("helmfile.yaml.gotmpl:1: ") && said.contains("wrote plimsoll.yaml: "), "{said}");
}

/// helmfiles of before 1 are templates as a whole, and a chart's repository may be this one.
#[test]
fn adopt_old_helmfiles_and_published_charts() {
    let file = "environments: {prod: {}}\nreleases:\n  - name: api\n    namespace: x\n    chart: stable/api\n    values: ['{{ .Environment.Name }}-{{`{{ .Release.Name }}`}}.yaml']\n";
    let dir = copied("helmfile");
    fs::remove_file(dir.path().join("helmfile.yaml.gotmpl")).expect("it is there");
    fs::write(dir.path().join("helmfile.yaml"), file).expect("it is writable");
    fs::write(dir.path().join("prod-api.yaml"), "replicas: 6\n").expect("it is writable");
    let (_, said, err) = run(dir.path(), &["init"]);
    assert!(said.contains("taken over from the charts of this repository, for those of stable: api\n"), "{said}{err}");
    let (_, out, err) = run(dir.path(), &["render", "--env", "prod", "--chart", "api"]);
    assert!(out.contains("replicas: 6"), "{out}{err}");
}

/// Charts that use charts beside them, which nobody has put into charts/ yet: init says what to type.
#[test]
fn adopt_charts_that_lack_others() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let depends = "dependencies: [{name: lib, version: 1.0.0, repository: \"file://../lib\"}]\n";
    for (name, more) in [("lib", "type: library\n"), ("api", depends), ("web", depends), ("cron", "")] {
        let templates = dir.path().join(name).join("templates");
        fs::create_dir_all(&templates).expect("it is writable");
        let chart = format!("apiVersion: v2\nname: {name}\nversion: 1.0.0\n{more}");
        fs::write(templates.join("../Chart.yaml"), chart).expect("it is writable");
    }
    fs::write(dir.path().join("lib/templates/_a.tpl"), "{{ define \"lib.a\" }}a: b{{ end }}").expect("written");
    fs::write(dir.path().join("api/templates/a.yaml"), "{{ include \"lib.a\" . }}\n").expect("written");
    let (_, said, _) = run(dir.path(), &["init"]);
    let next = "next: plimsoll dependency build --all (2 charts lack charts that stand beside them), plimsoll matrix";
    assert!(said.contains(next), "{said}");
    let (status, out, err) = run(dir.path(), &["dependency", "build", "--all"]);
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    assert!(out.starts_with("api:\nSaving 1 charts\n") && out.contains("\nweb:\n"), "{out}");
    let (status, out, err) = run(dir.path(), &["render", "--all"]);
    assert!(status == 0 && out.contains("a: b"), "{out}{err}");
    let (_, said, _) = run(dir.path(), &["init", "--force"]);
    assert!(said.contains("next: plimsoll matrix, "), "{said}");
    // One that fails doesn't hide the others.
    fs::remove_dir_all(dir.path().join("api/charts")).expect("it is there");
    let (status, out, err) = run(dir.path(), &["dependency", "build", "gone", "api"]);
    assert!(status == 1 && err.starts_with("gone:\nError: ") && out.contains("api:\nSaving 1 charts"), "{out}{err}");
}

/// A folder of charts and nothing else: names, environments and examples that are none.
#[test]
fn adopt_charts_alone() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let chart = |path: &str, name: &str, files: &[&str]| {
        let folder = dir.path().join(path);
        fs::create_dir_all(folder.join("templates")).expect("it is writable");
        fs::write(folder.join("Chart.yaml"), format!("apiVersion: v2\nname: {name}\nversion: 1.0.0\n"))
            .expect("written");
        for file in files {
            fs::create_dir_all(folder.join(file).parent().expect("a folder")).expect("it is writable");
            fs::write(folder.join(file), "a: 1\n").expect("it is writable");
        }
    };
    chart("pay/api", "api", &["values-prod.yaml", "values-staging.yaml"]);
    chart("pay/web", "web", &["values-minikube.yaml"]);
    chart("shop/api", "api", &["envs/prod.yaml"]);
    let (_, said, _) = run(dir.path(), &["init"]);
    assert!(said.contains("6 releases of 3 charts in prod, staging\n"), "{said}");
    assert!(said.contains("pay/web: its values for \"minikube\": no other chart has such an environment"), "{said}");
    let (status, out, err) = run(dir.path(), &["matrix"]);
    assert!(status == 0 && out.contains("pay-api") && out.contains("shop-api"), "{out}{err}");
}
