//! The structural half of the schema family against what a real server said: `testdata/structure`. Nothing that the
//! server accepts may be refused; what it can't decode, and every custom resource that it refuses, must be refused at
//! the right field; and what is refused here for other reasons must name a field that the server names, too.

use std::path::Path;
use std::sync::Arc;

use plimsoll::finding::{KubeObject, Problem, Severity, Text};
use plimsoll::kube::schema::{Crds, Schemas};
use plimsoll::yaml::node::{Document, Step, path_steps, path_text};
use serde_json::Value;

/// The version that the verdicts were recorded from.
const VERSION: &str = "1.36";

#[test]
fn built_in_kinds_are_judged_as_the_server_judges_them() {
    let tally = run("builtin.txt");
    assert!(tally.wrong.is_empty(), "{} of {}:\n{}", tally.wrong.len(), tally.all, tally.wrong.join("\n"));
    assert!(tally.all > 7000, "only {} verdicts", tally.all);
}

#[test]
fn custom_resources_are_judged_as_the_server_judges_them() {
    let tally = run("custom.txt");
    assert!(tally.wrong.is_empty(), "{} of {}:\n{}", tally.wrong.len(), tally.all, tally.wrong.join("\n"));
    assert!(tally.all > 400, "only {} verdicts", tally.all);
}

#[derive(Default)]
struct Tally {
    all: usize,
    wrong: Vec<String>,
}

fn run(name: &str) -> Tally {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/structure").join(name);
    let text = std::fs::read_to_string(path).expect("it is there");
    let (mut crds, mut tally) = (Crds::new(), Tally::default());
    let parts: Vec<&str> = text.split("\n-- ").skip(1).collect();
    for definition in parts.iter().filter_map(|p| p.strip_prefix("definition --\n")) {
        crds.add(Arc::new(Text { name: "crd.yaml".into(), line: 1, text: definition.into() }));
    }
    let schemas = Schemas::embedded(VERSION).expect("it is embedded").with_crds(Arc::new(crds));
    for pair in parts.windows(2) {
        let (Some(object), Some(verdicts)) =
            (pair[0].strip_prefix("object --\n"), pair[1].strip_prefix("verdicts --\n"))
        else {
            continue;
        };
        let root = Document::parse(object.as_bytes()).expect("it is YAML").root.to_json();
        for line in verdicts.lines().filter(|l| !l.is_empty()) {
            let columns: Vec<&str> = line.split('\t').collect();
            tally.all += 1;
            let found = check(&schemas, &edited(&root, columns[0]));
            if let Err(why) = compare(columns[0], &columns[1..], &found, name == "custom.txt") {
                let kind = root["kind"].as_str().unwrap_or_default();
                tally.wrong.push(format!("{kind} {}: {why}; found {}", columns[0], shown(&found)));
            }
        }
    }
    tally
}

fn check(schemas: &Schemas, value: &Value) -> Vec<Problem> {
    let text = value.to_string();
    let document = Document::parse(text.as_bytes()).expect("JSON is YAML");
    let source = Arc::new(Text { name: "object.yaml".into(), line: 1, text });
    let found = schemas.check(&KubeObject::new(source, document));
    found.into_iter().filter(|p| p.severity == Severity::Error).collect()
}

fn shown(found: &[Problem]) -> String {
    found.iter().map(|p| format!("[{} {}]", p.rule, p.message)).collect()
}

fn compare(edit: &str, verdict: &[&str], found: &[Problem], custom: bool) -> Result<(), String> {
    let path = normal(edit.split(" = ").next().unwrap_or_default().trim_end_matches(" -"));
    let near = |p: &Problem| p.path.starts_with(&path) || path.starts_with(&p.path);
    match verdict {
        ["ok"] if !found.is_empty() => Err("the server accepts it".into()),
        // A crash is no verdict, and admission plugins ask for other objects.
        ["ok" | "crashed"] | ["403", ..] => Ok(()),
        ["400", message] => match message.split_once("unknown field \"").and_then(|(_, rest)| rest.split('"').next()) {
            Some(field) if !found.iter().any(|p| p.path == normal(field)) => Err(format!("unknown: {field}")),
            None if !found.iter().any(near) => Err((*message).to_owned()),
            _ => Ok(()),
        },
        ["422", fields @ ..] => {
            let fields: Vec<String> = fields.iter().map(|f| normal(f.trim_start_matches(['!', '=']))).collect();
            // Names and finalizers are the business of the rules beyond the schema.
            let custom = custom && !fields.iter().all(|f| f.starts_with("metadata"));
            let named = |p: &Problem| fields.iter().any(|f| is_same_place(f, &p.path) || f == "<nil>");
            match found.iter().any(named) || found.is_empty() && !custom {
                true => Ok(()),
                false => Err(format!("the server names {fields:?}")),
            }
        }
        _ => Err(format!("no verdict: {verdict:?}")),
    }
}

/// Ends of fields that the server takes for each other, ours first.
const MIXED_UP: &[(&str, &str)] = &[
    ("service.name", "service.namespace"),
    ("service.namespace", "service.name"),
    ("additionalPrinterColumns[0].jsonPath", "additionalPrinterColumns[0].JSONPath"),
    // A DaemonSet without a selector is said to have one that doesn't match.
    ("spec.selector", "spec.template.metadata.labels"),
];

/// Whether two paths lead to the same field: the server leaves out a step in places, and speaks of definitions with
/// one version as if what it says stood at the top.
fn is_same_place(server: &str, ours: &str) -> bool {
    let last = |path: &str| path_steps(path).into_iter().rfind(|s| matches!(s, Step::Key(_)));
    let mixed_up = MIXED_UP.iter().any(|(a, b)| ours.ends_with(a) && server.ends_with(b));
    ours.starts_with(server) || last(server) == last(ours) || mixed_up
}

fn normal(path: &str) -> String {
    path_text(&path_steps(path))
}

/// The value after an edit, `PATH -` or `PATH = JSON`.
fn edited(root: &Value, edit: &str) -> Value {
    let mut root = root.clone();
    if edit.is_empty() {
        return root;
    }
    let (path, new) = match edit.split_once(" = ") {
        Some((path, new)) => (path, Some(serde_json::from_str(new).expect("it is JSON"))),
        None => (edit.trim_end_matches(" -"), None),
    };
    let steps = path_steps(path);
    let (last, way) = steps.split_last().expect("it has a path");
    let at = way.iter().fold(&mut root, |at, step| match step {
        Step::Key(key) => &mut at[&**key],
        Step::Index(i) => &mut at[*i],
    });
    match (last, new) {
        (Step::Key(key), Some(new)) => at[&**key] = new,
        (Step::Index(i), Some(new)) => at[*i] = new,
        (Step::Key(key), None) => drop(at.as_object_mut().expect(edit).shift_remove(&**key)),
        (Step::Index(i), None) => drop(at.as_array_mut().expect(edit).remove(*i)),
    }
    root
}
