//! `plimsoll diff` from end to end. testdata/diff/*.txtar are repositories with what the command says of them: files
//! below `base/` are committed as `main`, the others lie over them in the working tree, and `gone` names those that were
//! deleted. Expectations are layouts of our own: `UPDATE=1 cargo test diffs` writes them anew; read the difference. The
//! rest are properties: that nothing secret is ever printed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::diff::diff;
use crate::txtar::{Case, parse};

fn run(program: &str, dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(program);
    command.args(args).current_dir(dir).env_clear().env("PATH", "/usr/bin:/bin").env("HOME", dir).env("TZ", "UTC");
    // Nothing above the repository says whose it is.
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    command.output().expect("the program starts")
}

fn plimsoll(dir: &Path, args: &[&str]) -> Output {
    run(env!("CARGO_BIN_EXE_plimsoll"), dir, args)
}

fn git(dir: &Path, args: &[&str]) {
    let who = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"];
    let done = run("git", dir, &[&who[..], args].concat());
    assert!(done.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&done.stderr));
}

fn write(dir: &Path, name: &str, data: &[u8]) {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().expect("a file has a folder")).expect("it is writable");
    fs::write(path, data).expect("it is writable");
}

/// Commits everything that is there.
fn commit(dir: &Path) {
    git(dir, &["init", "-q"]);
    git(dir, &["add", "-A"]);
    git(dir, &["commit", "-q", "--allow-empty", "-m", "base"]);
}

fn repository(case: &Case) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let files = || case.files.iter().filter(|f| !f.name.starts_with("expect/"));
    for (file, name) in files().filter_map(|f| Some((f, f.name.strip_prefix("base/")?))) {
        write(dir.path(), name, &file.data);
    }
    commit(dir.path());
    for file in files().filter(|f| !f.name.starts_with("base/")) {
        if file.name == "gone" {
            let names = String::from_utf8_lossy(&file.data).into_owned();
            names.lines().for_each(|n| fs::remove_file(dir.path().join(n)).expect("it was there"));
        } else {
            write(dir.path(), &file.name, &file.data);
        }
    }
    dir
}

/// What a run says; hashes of secrets are random, and numbered here by their first appearance.
fn said(dir: &Path, args: &[&str]) -> String {
    let done = plimsoll(dir, args);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&dir.display().to_string(), "$WORK");
    let mut all = format!("{}{}", text(&done.stdout), text(&done.stderr));
    all.push_str(&format!("exit {}\n", done.status.code().unwrap_or(-1)));
    let (mut out, mut known) = (String::new(), Vec::new());
    let mut rest = all.as_str();
    while let Some(at) = rest.find("[secret ") {
        let start = at + "[secret ".len();
        let hash = &rest[start..start + 8];
        let number = known.iter().position(|h| *h == hash).unwrap_or_else(|| {
            known.push(hash);
            known.len() - 1
        });
        out.push_str(&format!("{}#{}", &rest[..start], number + 1));
        rest = &rest[start + 8..];
    }
    out + rest
}

#[test]
fn diffs_say_what_would_change() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/diff");
    let mut paths: Vec<PathBuf> =
        fs::read_dir(root).expect("it is there").map(|e| e.expect("readable").path()).collect();
    paths.sort();
    let update = std::env::var_os("UPDATE").is_some();
    let mut wrong = String::new();
    for path in paths {
        let text = fs::read_to_string(&path).expect("UTF-8");
        let case = parse(&text);
        let dir = repository(&case);
        let mut found: BTreeMap<String, String> = BTreeMap::new();
        for run in &case.runs {
            let args: Vec<&str> = run.args.iter().map(String::as_str).collect();
            found.insert(format!("expect/{}", run.name), said(dir.path(), &args));
        }
        if update {
            let inputs = text.split("-- expect/").next().unwrap_or_default();
            let expected: String = found.iter().map(|(name, said)| format!("-- {name} --\n{said}")).collect();
            fs::write(&path, format!("{inputs}{expected}")).expect("test data is writable");
            continue;
        }
        for (name, said) in found {
            let expected = case.files.iter().find(|f| f.name == name).map(|f| f.data.clone()).unwrap_or_default();
            if expected != said.as_bytes() {
                wrong.push_str(&format!("{} {name}\n{}", path.display(), diff(&expected, said.as_bytes())));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// A repeatable source of choices.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    /// A text that occurs nowhere else.
    fn mark(&mut self) -> String {
        let letters = b"abcdefghjkmnpqrstuvwxyz23456789";
        (0..12 + self.roll(20)).map(|_| letters[self.roll(letters.len())] as char).collect()
    }
}

/// Lines of templates that print `.Values.KEY`, in any object. The last ones turn it into something else, which only the
/// map of the render leads back to the Secret.
const PLAIN: &[&str] = &[
    "{{ .Values.KEY | quote }}",
    "{{ printf \"postgres://app:%s@db:5432/x\" .Values.KEY | quote }}",
    "{{ dict \"password\" .Values.KEY | toJson | quote }}",
    "{{ .Values.KEY | b64enc | quote }}",
    "{{ printf \"user:%s\" .Values.KEY | b64enc | quote }}",
    "{{ printf \"?p=%s\" (.Values.KEY | urlquery) | quote }}",
];
const TURNED: &[&str] = &[
    "{{ .Values.KEY | upper | quote }}",
    "{{ .Values.KEY | trunc 9 | quote }}",
    "{{ reverse (splitList \"\" .Values.KEY) | join \"\" | quote }}",
];

/// A chart whose Secret holds all `keys` and whose other objects print them too.
fn chart(dice: &mut Dice, dir: &Path, keys: &[&str], turned: bool) {
    let line = |dice: &mut Dice| {
        let all = if turned && dice.roll(2) == 0 { TURNED } else { PLAIN };
        all[dice.roll(all.len())].replace("KEY", keys[dice.roll(keys.len())])
    };
    let mut secret = String::from("apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n");
    secret.push_str("stringData:\n");
    keys.iter().for_each(|k| secret.push_str(&format!("  {k}: {{{{ .Values.{k} | quote }}}}\n")));
    secret.push_str(&format!("data:\n  other: {{{{ .Values.{} | b64enc }}}}\n", keys[0]));
    let mut other = String::from("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n  annotations:\n");
    other.push_str(&format!("    note: {}\n", line(dice)));
    other.push_str(&format!("    checksum/x: {{{{ .Values.{} | sha256sum }}}}\ndata:\n", keys[0]));
    (0..3).for_each(|i| other.push_str(&format!("  k{i}: {}\n", line(dice))));
    other.push_str(&format!("  file: |\n    a: 1\n    url: {}\n    b: 2\n", line(dice)));
    other.push_str(
        "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: a\n    image: a:1\n",
    );
    other.push_str(&format!("    args: [{}]\n    env:\n", line(dice)));
    (0..2).for_each(|i| other.push_str(&format!("    - {{name: E{i}, value: {}}}\n", line(dice))));
    write(dir, "chart/Chart.yaml", b"apiVersion: v2\nname: c\nversion: 0.1.0\n");
    write(dir, "chart/templates/secret.yaml", secret.as_bytes());
    write(dir, "chart/templates/other.yaml", other.as_bytes());
}

fn values(dice: &mut Dice, dir: &Path, keys: &[&str], marks: &mut Vec<String>) {
    let mut text = String::new();
    for key in keys {
        let mark = dice.mark();
        text.push_str(&format!("{key}: {mark}\n"));
        marks.push(mark);
    }
    write(dir, "chart/values.yaml", text.as_bytes());
}

/// Every form of a secret that a reader could use.
fn forms(mark: &str) -> Vec<String> {
    let mut all = vec![mark.to_owned(), mark.to_uppercase(), mark.chars().rev().collect(), mark[..9].to_owned()];
    for lead in ["", "user:"] {
        let packed = STANDARD.encode(format!("{lead}{mark}"));
        all.push(packed[packed.len() / 2 - 4..packed.len() / 2 + 4].to_owned());
    }
    all
}

const REPORTS: &[&str] = &["text", "markdown", "json", "html", "github"];

#[test]
fn nothing_secret_is_ever_reported() {
    for seed in 0..24 {
        let mut dice = Dice(seed * 7919 + 1);
        let dir = tempfile::tempdir().expect("a temporary folder");
        let (keys, mut marks) = (&["alpha", "beta", "gamma"][..1 + dice.roll(3)], Vec::new());
        let by_git = seed % 2 == 0;
        chart(&mut dice, dir.path(), keys, by_git);
        values(&mut dice, dir.path(), keys, &mut marks);
        commit(dir.path());
        let old = plimsoll(dir.path(), &["template", "r", "chart"]).stdout;
        write(dir.path(), "old.yaml", &old);
        values(&mut dice, dir.path(), keys, &mut marks);
        let against = if by_git { "git:HEAD" } else { "old.yaml" };
        let mut args = vec!["diff", "chart", "--against", against, "--detailed-exitcode", "-C", "-1"];
        // Every other revision is compared by its values.
        args.extend((seed % 4 == 0).then_some("--values-only"));
        let outputs: Vec<String> = REPORTS.iter().map(|f| format!("{f}=out.{f}")).collect();
        outputs.iter().for_each(|o| args.extend(["-o", o]));
        let done = plimsoll(dir.path(), &args);
        let errors = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(2), "seed {seed}: {errors}");
        let mut said = vec![("stderr".to_owned(), errors)];
        for format in REPORTS {
            let text = fs::read_to_string(dir.path().join(format!("out.{format}"))).expect("it was written");
            assert!(text.contains("secret") || *format == "github", "seed {seed}: {format} says nothing of secrets");
            said.push(((*format).to_owned(), text));
        }
        for (format, text) in said {
            let leak = marks.iter().flat_map(|m| forms(m)).find(|f| text.contains(f.as_str()));
            let line = leak.as_ref().and_then(|l| text.lines().find(|line| line.contains(l.as_str())));
            assert!(leak.is_none(), "seed {seed}: {format} says {leak:?}: {line:?}");
        }
    }
}

/// Both sides of these charts are more than a debug build holds, so that secrets are gathered before anything is compared.
#[test]
fn what_is_secret_in_one_chart_is_secret_in_all_of_a_large_fleet() {
    const CHARTS: usize = 12;
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mark = |n: usize| format!("hunter{n:02}-is-my-secret");
    let write_all = |padding: &str| {
        for n in 0..CHARTS {
            let name = format!("charts/c{n}");
            write(
                dir.path(),
                &format!("{name}/Chart.yaml"),
                format!("apiVersion: v2\nname: c{n}\nversion: 0.1.0\n").as_bytes(),
            );
            write(dir.path(), &format!("{name}/values.yaml"), format!("password: {}\n", mark(n)).as_bytes());
            let secret =
                "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {p: '{{ .Values.password | b64enc }}'}\n";
            write(dir.path(), &format!("{name}/templates/secret.yaml"), secret.as_bytes());
            // The secret of another chart.
            let other =
                format!("  url: https://u:{}@{padding}\n  long: {}\n", mark(CHARTS - 1 - n), padding.repeat(4000));
            let map = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: m}}\ndata:\n{other}");
            write(dir.path(), &format!("{name}/templates/map.yaml"), map.as_bytes());
        }
    };
    write(dir.path(), "plimsoll.yaml", b"charts: [charts/*]\n");
    write_all("before");
    commit(dir.path());
    write_all("behind");
    let done = plimsoll(dir.path(), &["diff", "--all", "--against", "git:HEAD", "-o", "json", "-C", "-1"]);
    let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    let leak = (0..CHARTS).flat_map(|n| forms(&mark(n))).find(|form| said.contains(form.as_str()));
    assert_eq!(leak, None);
    let report: serde_json::Value = serde_json::from_slice(&done.stdout).expect("it is JSON");
    assert_eq!(report["releases"].as_array().map(Vec::len), Some(CHARTS));
    assert!(said.contains("https://u:[secret "), "{said:.2000}");
}

/// Charts that no changed file reaches are not looked for in the revision: through whatever a change comes, it is seen.
/// (With --include-crds all are looked at.)
#[test]
#[cfg(unix)]
fn a_change_is_seen_through_links_layers_and_libraries() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let at = dir.path();
    let chart = |folder: &str, more: &str| {
        let name = folder.rsplit('/').next().unwrap_or_default();
        write(
            at,
            &format!("{folder}/Chart.yaml"),
            format!("apiVersion: v2\nname: {name}\nversion: 0.1.0\n{more}").as_bytes(),
        );
        write(at, &format!("{folder}/values.yaml"), b"own: 1\n");
        let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {v: {{ .Values | toJson | quote }}}\n";
        write(at, &format!("{folder}/templates/map.yaml"), map.as_bytes());
    };
    let link = |to: &str, from: &str| std::os::unix::fs::symlink(to, at.join(from)).expect("links can be made");
    chart("charts/plain", "");
    chart("charts/alone", "");
    chart("charts/uses", "dependencies: [{name: library, version: 0.1.0, repository: 'file://../../library'}]\n");
    chart("library", "");
    fs::create_dir_all(at.join("charts/uses/charts")).expect("it can be made");
    link("../../../library", "charts/uses/charts/library");
    chart("charts/linked", "");
    write(at, "shared.yaml", b"shared: 1\n");
    fs::remove_file(at.join("charts/linked/values.yaml")).expect("it is there");
    link("../../shared.yaml", "charts/linked/values.yaml");
    chart("elsewhere/away", "");
    link("../elsewhere/away", "charts/away");
    write(at, "layers/prod.yaml", b"layer: 1\n");
    let project = "charts: [charts/*]\nlayers: ['layers/{env}.yaml', {file: 'layers/{chart}.yaml', optional: true}]\nenvironments: {prod: {}}\n";
    write(at, "plimsoll.yaml", project.as_bytes());
    write(at, "layers/alone.yaml", b"more: 1\n");
    write(at, "extra.yaml", b"extra: 1\n");
    commit(at);
    let run = |more: &[&str]| {
        let done = plimsoll(at, &[&["diff", "--all", "--against", "git:HEAD", "-o", "json"], more].concat());
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).expect("it is text")
    };
    let (project, off) = (project.replace("layers: [", "layers: ['extra.yaml', "), "layers/alone.yaml");
    let changes: [(&str, &str, usize); 9] = [
        ("README.md", "nothing", 0),
        ("charts/plain/values.yaml", "own: 2\n", 1),
        ("charts/plain/values-prod.yaml", "own: 2\n", 1),
        ("library/values.yaml", "own: 2\n", 1),
        ("shared.yaml", "shared: 2\n", 1),
        ("elsewhere/away/values.yaml", "own: 2\n", 1),
        ("layers/prod.yaml", "layer: 2\n", 5),
        ("plimsoll.yaml", &project, 5),
        (off, "", 1),
    ];
    for (file, text, differ) in changes {
        match file == off {
            true => fs::remove_file(at.join(file)).expect("it is there"),
            false => write(at, file, text.as_bytes()),
        }
        let said = run(&[]);
        assert_eq!(said, run(&["--include-crds"]), "{file}");
        let report: serde_json::Value = serde_json::from_str(&said).expect("it is JSON");
        let differs =
            |r: &&serde_json::Value| ["added", "removed", "changed"].iter().any(|kind| r["counts"][kind] != 0);
        let releases = report["releases"].as_array().expect("a list");
        assert_eq!((releases.len(), releases.iter().filter(differs).count()), (5, differ), "{file}: {said}");
        git(at, &["checkout", "--quiet", "--", "."]);
        git(at, &["clean", "--quiet", "-fd"]);
    }
}

#[test]
fn another_namespace_is_another_object() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    write(dir.path(), "charts/c/Chart.yaml", b"apiVersion: v2\nname: c\nversion: 0.1.0\n");
    let map = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {a: b}\n";
    write(dir.path(), "charts/c/templates/map.yaml", map);
    write(dir.path(), "plimsoll.yaml", b"charts: [charts/*]\nnamespace: one\n");
    commit(dir.path());
    write(dir.path(), "plimsoll.yaml", b"charts: [charts/*]\nnamespace: two\n");
    let said = plimsoll(dir.path(), &["diff", "--all", "--against", "git:HEAD"]).stdout;
    let said = String::from_utf8_lossy(&said);
    assert!(said.contains("> ConfigMap/m in two (was ConfigMap/m in one)"), "{said}");
}

/// What stays the same is not looked at twice, unless it is judged by other policies.
#[test]
fn new_policies_find_something_in_what_stays_the_same() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    for n in 0..5 {
        let head = format!("apiVersion: v2\nname: c{n}\nversion: 0.1.0\n");
        write(dir.path(), &format!("charts/c{n}/Chart.yaml"), head.as_bytes());
        let pod =
            "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: 'x:latest'}]}\n";
        write(dir.path(), &format!("charts/c{n}/templates/pod.yaml"), pod.as_bytes());
    }
    let found = || {
        let done = plimsoll(dir.path(), &["diff", "--all", "--against", "git:HEAD", "-o", "json"]);
        let report: serde_json::Value = serde_json::from_slice(&done.stdout).expect("it is JSON");
        let releases = report["releases"].as_array().expect("a list").clone();
        assert!(releases.len() == 5 && releases.iter().all(|r| r["counts"]["unchanged"] == 1), "{report}");
        releases.iter().filter_map(|r| r["meaning"]["findings"].as_array()).map(Vec::len).sum::<usize>()
    };
    write(dir.path(), "plimsoll.yaml", b"charts: [charts/*]\nlint: {policies: []}\n");
    commit(dir.path());
    assert_eq!(found(), 0);
    write(dir.path(), "plimsoll.yaml", b"charts: [charts/*]\nlint: {policies: [fintech]}\n");
    assert!(found() > 0);
}

#[test]
fn errors_say_nothing_secret() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mark = "hunter2-is-my-secret";
    write(dir.path(), "chart/Chart.yaml", b"apiVersion: v2\nname: c\nversion: 0.1.0\n");
    write(dir.path(), "chart/values.yaml", format!("db: {{password: {mark}}}\n").as_bytes());
    let template = "a: {{ fail (printf \"bad password %s\" .Values.db.password) }}\n";
    write(dir.path(), "chart/templates/a.yaml", template.as_bytes());
    commit(dir.path());
    for format in ["helm", "rich"] {
        let done = plimsoll(dir.path(), &["diff", "chart", "--against", "git:HEAD", "--error-format", format]);
        let errors = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.code() == Some(1) && errors.contains("bad password"), "{errors}");
        assert!(!errors.contains(mark), "{errors}");
    }
}

#[test]
fn secrets_are_shown_on_terminals_only() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    write(dir.path(), "a.yaml", b"apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n");
    let done = plimsoll(dir.path(), &["diff", "--manifests", "a.yaml", "--against", "a.yaml", "--show-secrets"]);
    assert_eq!(done.status.code(), Some(3));
}

/// What the documented shape says is wrong with a report.
fn wrong_with(report: &serde_json::Value) -> Vec<String> {
    let schema = serde_json::from_str(include_str!("../docs/diff.schema.json")).expect("the schema is JSON");
    let schema = jsonschema::validator_for(&schema).expect("the schema is one");
    schema.iter_errors(report).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

#[test]
fn json_has_the_shape_that_is_documented() {
    let mut reports = vec![include_str!("../testdata/report/diff/report.json").to_owned()];
    for case in ["branch", "values", "rollout", "custom"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("testdata/diff/{case}.txtar"));
        let case = parse(&fs::read_to_string(path).expect("it is there"));
        let dir = repository(&case);
        for run in &case.runs {
            let own = run.args.iter().map(String::as_str).filter(|a| !matches!(*a, "-o" | "json" | "markdown"));
            let done = plimsoll(dir.path(), &own.chain(["-o", "json"]).collect::<Vec<_>>());
            reports.extend(Some(String::from_utf8(done.stdout).expect("it is text")).filter(|t| !t.is_empty()));
        }
    }
    assert!(reports.len() > 12, "{}", reports.len());
    for text in reports {
        let report = serde_json::from_str(&text).expect("it is JSON");
        assert_eq!(wrong_with(&report), Vec::<String>::new(), "{text}");
    }
    let nothing =
        wrong_with(&serde_json::json!({"version": 2, "differs": false, "releases": [], "changes": [], "x": 1}));
    assert_eq!(nothing.len(), 2, "{nothing:?}");
}
