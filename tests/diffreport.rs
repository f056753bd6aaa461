//! The reports of a diff: `testdata/report/diff/` holds two manifests with everything odd in them, and what every format
//! makes of them in two environments. `UPDATE=1 cargo test diffreport` writes those files anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use plimsoll::diff::fold::{Cell, Counts, Folder, Report, Signed};
use plimsoll::diff::meaning::{ImageMove, Meaning, NewFinding, Pods, Refusal, Restart, Risk, RiskKind, Total};
use plimsoll::diff::secrets::{Redactor, Tainted};
use plimsoll::diff::{Change, Place, Side, SideObject, Source, compare};
use plimsoll::finding::{KubeObject, Severity, Text};
use plimsoll::report::diff::{View, formats, read, write};
use plimsoll::yaml::node::Document;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/report/diff")
}

fn side(manifest: &str) -> Side {
    let objects = manifest.split("---\n").map(|text| {
        let document = Document::parse(text.as_bytes()).expect("the manifest reads");
        let source = Arc::new(Text { name: "manifest.yaml".into(), line: 1, text: text.into() });
        let object = KubeObject::new(source, document);
        let hooks = if object.kind == "Job" { vec!["pre-upgrade".to_owned()] } else { Vec::new() };
        SideObject { object, hooks }
    });
    Side { objects: objects.collect(), namespace: "pay".into(), definitions: Vec::new() }
}

fn odd() -> Report {
    let read = |name: &str| fs::read_to_string(folder().join(name)).expect("the manifest is there");
    let (old, new) = (side(&read("old.yaml")), side(&read("new.yaml")));
    let redactor = Redactor::new([7; 32], old.objects.iter().chain(&new.objects).map(|o| &o.object));
    let (mut report, mut folder) = (Report::default(), Folder::default());
    for environment in ["staging", "prod"] {
        let mut changes = compare(&old, &new, &redactor, &Tainted::default());
        if environment == "prod" {
            changes.retain(|c| c.id.kind.as_str() != "ConfigMap");
        }
        let place = Place { file: redactor.text("charts/ledger/values.yaml"), line: 3, column: 8 };
        for field in changes.iter_mut().flat_map(|c| &mut c.fields) {
            let values = Some((redactor.text("image.tag"), place.clone()));
            field.new_source = Some(Source { template: None, values });
        }
        let counts = Counts::of(&changes);
        let meaning = meaning(&changes, &redactor, &place);
        let cell = Cell {
            chart: redactor.text("ledger"),
            release: redactor.text("ledger"),
            namespace: redactor.text("pay"),
            environment: Some(redactor.text(environment)),
            cluster: None,
            old: redactor.text("git:main"),
            new: redactor.text("the working tree"),
            notes: vec![redactor.text("a note with hunter2-hunter2 in it")],
            counts,
            meaning,
        };
        let changes = Signed::all(&cell, changes);
        report.add(cell, changes, &mut folder);
    }
    report
}

fn meaning(changes: &[plimsoll::diff::ObjectChange], redactor: &Redactor, place: &Place) -> Meaning {
    let of = |kind: &str| changes.iter().find(|c| c.id.kind.as_str() == kind).expect("it changes").id.clone();
    let because =
        changes.iter().filter(|c| c.change == Change::Changed).flat_map(|c| &c.fields).map(|f| f.path.clone());
    Meaning {
        images: vec![ImageMove {
            object: of("Deployment"),
            container: "ledger".into(),
            old: Some(redactor.text("registry.example.com/ledger:1.2.0")),
            new: Some(redactor.text("registry.example.com/ledger:1.3.0")),
        }],
        restarts: vec![Restart { object: of("Deployment"), pods: Pods::Roll, because: because.collect() }],
        stale: vec![(of("Secret"), of("Deployment"))],
        sizes: Vec::new(),
        totals: vec![Total {
            what: "requests.memory".into(),
            old: "512Mi".into(),
            new: "2Gi".into(),
            difference: "+1536Mi".into(),
        }],
        refusals: vec![Refusal {
            object: of("Job"),
            field: "spec.template".into(),
            message: "field is immutable".into(),
            remedy: "Give the Job another name.".into(),
        }],
        risks: vec![Risk {
            kind: RiskKind::Data,
            object: of("PersistentVolumeClaim"),
            message: "its volume goes away".into(),
            remedy: "Keep it with helm.sh/resource-policy: keep.".into(),
        }],
        findings: vec![NewFinding {
            rule: "fintech/no-latest-tag".into(),
            severity: Severity::Error,
            message: redactor.text("the image has no tag: other-other-other\n::error::no"),
            object: "Deployment/ledger".into(),
            path: "spec.template".into(),
            place: Some(place.clone()),
            remedy: Some("Pin it.".into()),
        }],
    }
}

fn view(report: &Report) -> View<'_> {
    View { report, context: Some(1), colour: false, width: 0, side_by_side: false }
}

fn expect(name: &str, text: &str) {
    let path = folder().join(name);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, text).expect("the folder is writable");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, expected, "{} differs; UPDATE=1 writes it", path.display());
}

#[test]
fn every_format_says_what_it_said() {
    let report = odd();
    for format in formats().filter(|f| *f != "html") {
        expect(&format!("report.{format}"), &write(format, &view(&report)).expect("the format exists"));
    }
    let wide = View { colour: true, width: 120, side_by_side: true, ..view(&report) };
    expect("report.sides", &write("text", &wide).expect("the format exists"));
    let colours = View { colour: true, width: 80, ..view(&report) };
    expect("report.colours", &write("text", &colours).expect("the format exists"));
}

#[test]
fn what_is_read_from_json_is_written_as_it_was() {
    let report = odd();
    let json = write("json", &view(&report)).expect("the format exists");
    let again = read(&json).expect("it was written by the same program");
    assert_eq!(write("json", &view(&again)).as_ref(), Some(&json));
    assert_eq!(write("github", &view(&again)), write("github", &view(&report)));
    let joined = Report::joined(vec![again]);
    assert_eq!(write("json", &view(&joined)), Some(json));
    expect("report.joined", &write("text", &view(&joined)).expect("the format exists"));
}

#[test]
fn no_format_holds_a_secret_or_markup() {
    let report = odd();
    for format in formats() {
        let text = write(format, &view(&report)).expect("the format exists");
        for secret in ["hunter2", "other-other", "stays-as-it-is"] {
            assert!(!text.contains(secret), "{format} shows {secret}");
        }
        if format == "html" {
            if let Some(page) = std::env::var_os("DIFF_PAGE") {
                fs::write(page, &text).expect("the page can be written");
            }
            assert_eq!(text.matches("</script>").count(), 2, "only the page's own scripts end");
        }
        if format == "github" {
            assert!(text.lines().all(|l| l.starts_with("::") && !l.contains("\u{1b}")));
            assert!(!text.contains("\n::error::no"));
        }
    }
}

#[test]
fn a_comment_fits_and_says_what_it_folded() {
    let redactor = Redactor::revealing();
    let object = |i: usize, value: &str| {
        let data: String = (0..40).map(|k| format!("  key-{k}: {value} {i}\n")).collect();
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: config-{i}}}\ndata:\n{data}")
    };
    let text = |n: usize, value: &str| (0..n).map(|i| object(i, value)).collect::<Vec<_>>().join("---\n");
    for (n, named) in [(3, true), (400, true), (3000, false)] {
        let changes = compare(&side(&text(n, "old")), &side(&text(n, "new")), &redactor, &Tainted::default());
        let mut report = Report::default();
        let cell = Cell { counts: Counts::of(&changes), ..Cell::default() };
        let changes = Signed::all(&cell, changes);
        report.add(cell, changes, &mut Folder::default());
        let comment = write("markdown", &view(&report)).expect("the format exists");
        assert!(comment.chars().count() <= 65_536, "{n}: {}", comment.chars().count());
        assert_eq!(comment.matches("<details>").count(), comment.matches("</details>").count());
        assert_eq!(comment.contains("not named"), !named, "{n}");
        assert_eq!(comment.contains("less detail"), n > 3, "{n}");
        let names = (0..n).filter(|i| comment.contains(&format!("ConfigMap/config-{i}"))).count();
        assert!(names == n || !named, "{n}: {names}");
    }
}
