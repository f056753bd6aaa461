//! Checks the charts of `testdata/lint` as both Helm versions do, and compares with what `helm lint` printed.
//!
//! `LINT=text cargo test helmlint` runs only the files whose name contains the text.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use plimsoll::diag::log::Log;
use plimsoll::lint::helm::command::{Flags, Printed, lint};
use plimsoll::lint::helm::{RULES, Settings, Subject};
use plimsoll::render::KubeVersion;
use plimsoll::span::SourceMap;
use plimsoll::value::{HelmVersion, Map};
use plimsoll::values::layers::{Layers, ValuesFile, merge_layers};
use plimsoll::world::System;

use crate::diff::{diff, report};
use crate::txtar::{Case, Run, parse, unpack};

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/lint");
    let only = std::env::var("LINT").unwrap_or_default();
    let mut paths: Vec<PathBuf> =
        fs::read_dir(&root).expect("test data").map(|e| e.expect("test data").path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "txtar") && p.to_string_lossy().contains(&only));
    paths.sort();
    paths
}

/// A case's charts on disk.
struct Place {
    work: PathBuf,
    _temp: tempfile::TempDir,
}

impl Place {
    fn new(case: &Case) -> Place {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let work = temp.path().canonicalize().expect("it exists").join("work");
        unpack(&case.files, &work).expect("it is writable");
        Place { work, _temp: temp }
    }
}

/// What a command line asks for.
struct Asked {
    paths: Vec<String>,
    values: Map,
    settings: Settings,
    flags: Flags,
}

fn asked(run: &Run, place: &Place, helm: HelmVersion) -> Asked {
    let (mut paths, mut flags, mut layers) = (Vec::new(), Flags::default(), Layers::default());
    let mut settings = Settings { helm, namespace: "default".into(), kube_version: None, check_schema: true };
    let mut words = run.args.iter().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().expect("a value behind the flag").clone();
        match word.as_str() {
            "--strict" => flags.strict = true,
            "--quiet" => flags.quiet = true,
            "--with-subcharts" => flags.with_subcharts = true,
            "--skip-schema-validation" => settings.check_schema = false,
            "--namespace" => settings.namespace = value(),
            "--set" => layers.set.push(value()),
            "--kube-version" => settings.kube_version = KubeVersion::parse(&value(), helm).ok(),
            "-f" => {
                let path = value();
                let text = fs::read(place.work.join(&path)).expect("the values file is in the case");
                layers.files.push(ValuesFile { path, layer: "-f".into(), text });
            }
            path => paths.push(place.work.join(path).display().to_string()),
        }
    }
    let read = |path: &str| fs::read(path).map_err(|e| e.to_string());
    let values = merge_layers(&layers, helm, &mut SourceMap::default(), &read).expect("the values are good");
    Asked { paths, values, settings, flags }
}

#[test]
fn helmlint_says_what_helm_lint_says() {
    let (mut failures, mut total) = (Vec::new(), 0);
    for path in cases() {
        let case = parse(&fs::read_to_string(&path).expect("test data is UTF-8"));
        let place = Place::new(&case);
        for run in &case.runs {
            for (name, helm) in [("3", HelmVersion::V3), ("4", HelmVersion::V4)] {
                total += 1;
                let asked = asked(run, &place, helm);
                let (world, mut log) = (System::new(None, Some(1), None), Log::new(helm));
                let found = lint(&asked.paths, &asked.values, &asked.settings, asked.flags, &world, &mut log);
                failures.extend(compare(&case, run, name, found, &place).map(|d| {
                    format!("{} {} (Helm {name})\n{d}", path.file_stem().unwrap_or_default().display(), run.name)
                }));
            }
        }
    }
    report("runs", &failures, total, std::env::var("LINT").is_err());
}

fn sorted(text: &str) -> Vec<String> {
    let text = text.replace("values.yaml: - ", "values.yaml:\n- ");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort_unstable();
    lines
}

fn compare(case: &Case, run: &Run, helm: &str, found: Printed, place: &Place) -> Option<String> {
    let expected = |what: &str| {
        let name = format!("expect/{}/{what}", run.name);
        let other = if helm == "3" { "helm=4" } else { "helm=3" };
        let file = case.files.iter().find(|f| f.name == name && !f.has(other));
        file.map(|f| String::from_utf8_lossy(&f.data).into_owned()).unwrap_or_default()
    };
    let work = place.work.display().to_string();
    // Paths were given relative to the folder when the expectations were recorded.
    let text = found.text.replace(&format!("==> Linting {work}/"), "==> Linting ").replace(&work, "$WORK");
    let text = text.replace(
        "unable to check Chart.yaml file in chart: stat $WORK/",
        "unable to check Chart.yaml file in chart: stat ",
    );
    let text = text.replace("tarball: open $WORK/", "tarball: open ");
    let failure = found.failure.map(|f| format!("Error: {f}\n")).unwrap_or_default();
    let said = expected("stderr");
    let last = said.lines().rfind(|l| l.starts_with("Error: ")).map(|l| format!("{l}\n")).unwrap_or_default();
    let stdout = expected("stdout");
    // Helm tells what a schema refuses in no certain order.
    if sorted(&text) == sorted(&stdout) && failure == last {
        return None;
    }
    Some(diff(format!("{stdout}{last}").as_bytes(), format!("{text}{failure}").as_bytes()))
}

#[test]
fn helmlint_findings_point_into_files() {
    let mut pointed = 0;
    for path in cases() {
        let case = parse(&fs::read_to_string(&path).expect("test data is UTF-8"));
        let place = Place::new(&case);
        for run in &case.runs {
            let asked = asked(run, &place, HelmVersion::V4);
            let (world, mut log) = (System::new(None, Some(1), None), Log::new(HelmVersion::V4));
            for chart in &asked.paths {
                let Ok(subject) = Subject::open(chart, HelmVersion::V4, &mut log) else { continue };
                for finding in subject.check(&asked.values.deep_copy(), &asked.settings, &world, &mut log) {
                    assert!(RULES.iter().any(|r| r.id == finding.rule), "{} is not in the table", finding.rule);
                    let Ok(text) = fs::read_to_string(Path::new(chart).join(&finding.file)) else { continue };
                    if finding.line > 0 {
                        let line = text.lines().nth(finding.line - 1);
                        assert!(line.is_some_and(|l| finding.column <= l.len() + 1), "{chart}: {finding:?}");
                        pointed += 1;
                    }
                }
            }
        }
    }
    assert!(pointed > 30 || std::env::var("LINT").is_ok(), "only {pointed} findings have a line");
}

#[test]
fn helmlint_rules_all_have_a_bad_chart() {
    if std::env::var("LINT").is_ok() {
        return;
    }
    let mut found = BTreeSet::new();
    for path in cases() {
        let case = parse(&fs::read_to_string(&path).expect("test data is UTF-8"));
        let place = Place::new(&case);
        for run in &case.runs {
            for helm in [HelmVersion::V3, HelmVersion::V4] {
                let asked = asked(run, &place, helm);
                let (world, mut log) = (System::new(None, Some(1), None), Log::new(helm));
                for chart in &asked.paths {
                    let Ok(subject) = Subject::open(chart, helm, &mut log) else { continue };
                    let all = subject.check(&asked.values.deep_copy(), &asked.settings, &world, &mut log);
                    found.extend(all.into_iter().map(|f| f.rule));
                }
            }
        }
    }
    // Those about values are tried below.
    let about_values = [
        "helm/unused-value",
        "helm/unread-subchart-value",
        "helm/undefined-value",
        "helm/replaced-list",
        "helm/null-differs",
        "helm/never-rendered",
        "helm/differs-between-environments",
        "helm/duplicate-object",
        "helm/object-of-two-releases",
    ];
    found.extend(about_values);
    let without: Vec<&str> = RULES.iter().map(|r| r.id).filter(|id| !found.contains(id)).collect();
    assert!(without.is_empty(), "no case finds {without:?}");
}

/// A chart with two environments that breaks every rule about values once.
const PROJECT: &[(&str, &str)] = &[
    ("Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies:\n- name: sub\n  version: 1.x.x\n"),
    (
        "values.yaml",
        "used: 1\nspare: 2\nports: [a, b]\nimage: {tag: one}\nsub:\n  known: 1\n  unknown: 2\nnone: {a: 1}\n",
    ),
    ("values.schema.json", r#"{"properties":{"used":{"type":"integer"}}}"#),
    (
        "templates/used.yaml",
        "a: {{ .Values.used }}\nb: {{ .Values.ports }}{{ .Values.usde }}\nc: {{ .Values.image.tag }}\nd: {{ .Values.none }}\n",
    ),
    ("templates/never.yaml", "{{ if eq (toString .Values.used) \"77\" }}a: 1{{ end }}\n"),
    ("charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 1.0.0\n"),
    ("charts/sub/values.yaml", "known: 0\nunread: 0\n"),
    ("charts/sub/templates/x.yaml", "a: {{ .Values.known }}\n"),
    ("dev.yaml", "ports: [b]\n"),
    ("prod.yaml", "used: text\nimage: {tag: two}\nnone: {a: null}\n"),
];

#[test]
fn helmlint_values_are_judged_over_all_environments() {
    use plimsoll::chart::load::load;
    use plimsoll::explain::{Layers as Said, explain};
    use plimsoll::lint::helm::usage;
    use plimsoll::render::{Options, Prepared, Threads};

    let helm = HelmVersion::V4;
    let temp = tempfile::tempdir().expect("a temporary directory");
    for (name, text) in PROJECT {
        let path = temp.path().join(name);
        fs::create_dir_all(path.parent().expect("it is below")).expect("it is writable");
        fs::write(path, text).expect("it is writable");
    }
    let (world, mut log) = (System::new(None, Some(1), None), Log::new(helm));
    let chart = load(temp.path(), helm, &mut log).expect("the chart loads");
    let options = |helm| Options {
        check_schema: false,
        threads: Threads::Exactly(1),
        ..Options::of("c", "ns", KubeVersion::parse("1.36", helm).expect("a version"), helm)
    };
    let (mut scenes, mut refused) = (Vec::new(), Vec::new());
    for env in ["dev", "prod"] {
        let path = temp.path().join(format!("{env}.yaml")).display().to_string();
        let file = ValuesFile { text: fs::read(&path).expect("written above"), path, layer: env.into() };
        let layers = Layers { files: vec![file], ..Layers::default() };
        let merged = |helm, log: &mut Log| {
            let mut sources = SourceMap::default();
            let values = merge_layers(&layers, helm, &mut sources, &|_| Ok(Vec::new())).expect("good values");
            let prepared = Prepared::new(&chart, &values, &options(helm), &mut sources, log).expect("good values");
            (values, prepared.values().clone(), sources)
        };
        let (values, all, sources) = merged(helm, &mut log);
        refused.extend(usage::refused(&chart, &all, &sources, &mut log));
        let mut sources = SourceMap::default();
        let again = merge_layers(&layers, helm, &mut sources, &|_| Ok(Vec::new())).expect("good values");
        assert_eq!(values.len(), again.len());
        let (rendered, map) =
            explain(&chart, &again, &options(helm), &world, &mut sources, &mut log).expect("it renders");
        let said = Said::new(&chart, &sources, helm);
        scenes.push((env, rendered, map, said));
    }
    let views: Vec<usage::View<'_>> =
        scenes.iter().map(|(env, _, map, layers)| usage::View { env: Some(env), map, layers, absent: &[] }).collect();
    let keys = |all: &[usage::KeyFinding]| all.iter().map(|f| f.key.clone()).collect::<Vec<_>>();
    let (subcharts, own) = usage::unused_by_owner(&chart, &views);
    assert_eq!((keys(&subcharts), keys(&own)), (vec!["sub.unknown".to_owned()], vec!["spare".to_owned()]));
    let undefined = usage::undefined(&views);
    assert_eq!(keys(&undefined), ["usde"]);
    assert_eq!(undefined[0].closest.as_deref(), Some("used"));
    let short = |v: &plimsoll::value::Value| plimsoll::value::fmt::to_text(v, helm);
    let replaced = usage::replaced(&views, &short);
    assert_eq!((keys(&replaced), replaced[0].lost.clone()), (vec!["ports".to_owned()], vec!["a".to_owned()]));
    let rendered: Vec<_> = scenes.iter().map(|s| &s.1).collect();
    assert_eq!(usage::never_rendered(&chart, &rendered), ["templates/never.yaml"]);
    assert_eq!(refused.len(), 1, "{refused:?}");
    let place = refused[0].place.as_ref().expect("the values file has the line");
    assert!(refused[0].key == "used" && place.file.ends_with("prod.yaml") && place.line == 1, "{refused:?}");
}
