//! Compares `kube::rules` with the verdicts of a real API server in testdata/apiserver, whose format is described in
//! testdata/README.md. `APISERVER_VERDICTS=DIR` takes other files, `APISERVER_VERBOSE=TEXT` shows where the two differ
//! in the files whose name has this text.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use plimsoll::finding::{KubeObject, Problem, Severity, Text};
use plimsoll::kube::rules;
use plimsoll::kube::schema::Schemas;
use plimsoll::yaml::node::Document;
use serde_json::{Map, Value};

/// A case: an object after some edits, and what the server said of it.
pub struct Case {
    kind: (String, String),
    /// The object's name and the edits.
    pub name: String,
    /// The object before the edits.
    pub before: String,
    /// The object after them.
    pub text: String,
    /// What the server said.
    pub verdict: Verdict,
}

/// What the server said.
#[derive(Debug)]
pub enum Verdict {
    /// It is fine.
    Accepted,
    /// Refused before validation: what cannot be decoded, unknown fields, what a cluster lacks.
    Otherwise(String),
    /// The fields that it names, with its words.
    Invalid(Vec<(String, String)>),
}

/// What came of a family of cases.
#[derive(Default)]
struct Tally {
    refused: usize,
    found: usize,
    named: usize,
    exact: usize,
    accepted: usize,
    wrong: Vec<String>,
    missed: Vec<String>,
    elsewhere: Vec<String>,
    undecodable: usize,
    undecodable_found: usize,
}

fn cases() -> Vec<(String, Vec<Case>)> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/apiserver");
    let root = std::env::var_os("APISERVER_VERDICTS").map_or(own, std::path::PathBuf::from);
    let mut paths: Vec<_> = fs::read_dir(root).expect("it is there").map(|e| e.expect("readable").path()).collect();
    paths.sort();
    let name = |p: &Path| p.file_stem().expect("a file").to_string_lossy().into_owned();
    paths.iter().map(|p| (name(p), read(&fs::read_to_string(p).expect("UTF-8")))).collect()
}

/// The cases of a file.
pub fn read(text: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    for section in text.split("-- object ").skip(1) {
        let (name, rest) = section.split_once(" --\n").expect("a name");
        let (object, lines) = rest.split_once("-- cases --\n").expect("cases");
        let base: Value = Document::parse(object.as_bytes()).expect("YAML").root.to_json();
        let kind = |key: &str| base[key].as_str().unwrap_or_default().to_owned();
        let mut lines = lines.lines().peekable();
        while let Some(edits) = lines.next() {
            let mut verdict = Vec::new();
            while let Some(line) = lines.next_if(|l| l.starts_with("    ")) {
                verdict.push(&line[4..]);
            }
            let text = if edits == "=" { object.to_owned() } else { apply(&base, edits).to_string() };
            cases.push(Case {
                kind: (kind("apiVersion"), kind("kind")),
                name: format!("{name}: {edits}"),
                before: object.to_owned(),
                text,
                verdict: verdict_of(&verdict),
            });
        }
    }
    cases
}

fn verdict_of(lines: &[&str]) -> Verdict {
    match lines {
        ["ok"] => Verdict::Accepted,
        [head, causes @ ..] if head.starts_with("422") => Verdict::Invalid(
            causes.iter().filter_map(|c| c.split_once(": ")).map(|(f, m)| (f.to_owned(), m.to_owned())).collect(),
        ),
        other => Verdict::Otherwise(other.join(" ")),
    }
}

/// The object after edits like `spec.replicas = -1 ;; spec.selector -`.
fn apply(base: &Value, edits: &str) -> Value {
    let mut root = base.clone();
    for edit in edits.split(" ;; ") {
        match edit.split_once(" = ") {
            Some((path, value)) => {
                let value = serde_json::from_str(&expand(value)).unwrap_or_else(|e| panic!("{edit}: {e}"));
                change(&mut root, &steps(path), Some(value));
            }
            None => change(&mut root, &steps(edit.strip_suffix(" -").expect("an edit")), None),
        }
    }
    root
}

/// Writes out `@@300:a@@`.
fn expand(value: &str) -> String {
    let mut parts = value.split("@@");
    let mut text = parts.next().unwrap_or_default().to_owned();
    while let (Some(inner), Some(after)) = (parts.next(), parts.next()) {
        let (count, what) = inner.split_once(':').expect("a count");
        text += &what.repeat(count.parse().expect("a number"));
        text += after;
    }
    text
}

fn steps(path: &str) -> Vec<&str> {
    let (mut steps, mut rest) = (Vec::new(), path);
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let (key, after) = inner.split_once(']').expect("a bracket");
            steps.push(key);
            rest = after.strip_prefix('.').unwrap_or(after);
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            steps.push(&rest[..end]);
            rest = rest[end..].strip_prefix('.').unwrap_or(&rest[end..]);
        }
    }
    steps
}

fn change(node: &mut Value, steps: &[&str], value: Option<Value>) {
    let Some((step, rest)) = steps.split_first() else {
        *node = value.unwrap_or(Value::Null);
        return;
    };
    if node.is_null() {
        *node = if *step == "+" { Value::Array(Vec::new()) } else { Value::Object(Map::new()) };
    }
    match node {
        Value::Array(items) => {
            if *step == "+" {
                items.push(Value::Null);
            }
            let i = if *step == "+" { items.len() - 1 } else { step.parse().expect("an index") };
            if rest.is_empty() && value.is_none() {
                items.remove(i);
            } else {
                change(&mut items[i], rest, value);
            }
        }
        Value::Object(fields) => {
            if rest.is_empty() && value.is_none() {
                fields.remove(*step);
            } else {
                change(fields.entry(*step).or_insert(Value::Null), rest, value);
            }
        }
        other => panic!("no field {step} in {other}"),
    }
}

/// What the rules say, and what the schemas say.
fn problems(schemas: &Schemas, text: &str) -> (Vec<Problem>, Vec<Problem>) {
    let source = Arc::new(Text { name: "object.yaml".into(), line: 1, text: text.to_owned() });
    let document = Document::parse(text.as_bytes()).expect("it was sent as YAML");
    let object = KubeObject::new(source, document);
    let shape = schemas.check(&object).into_iter().filter(|p| p.severity == Severity::Error);
    (rules::check(&object, schemas.minor()), shape.collect())
}

fn judge(schemas: &Schemas, case: &Case, tally: &mut Tally) {
    let (found, shape) = problems(schemas, &case.text);
    let said = || found.iter().map(|p| format!("{}: {}", p.path, p.message)).collect::<Vec<_>>().join(" | ");
    match &case.verdict {
        Verdict::Accepted => {
            tally.accepted += 1;
            for (half, all) in [("rules", &found), ("schemas", &shape)] {
                if let Some(p) = all.first() {
                    tally.wrong.push(format!("{}\n      {half}: {}: {}", case.name, p.path, p.message));
                }
            }
        }
        Verdict::Otherwise(why) => {
            if !why.contains("not found") && !why.contains("no PriorityClass") && !why.contains("Panic") {
                tally.undecodable += 1;
                tally.undecodable_found += usize::from(!shape.is_empty() || !found.is_empty());
                if shape.is_empty() && found.is_empty() {
                    tally.missed.push(format!("{}\n      server: {why}", case.name));
                }
            }
        }
        Verdict::Invalid(causes) => {
            tally.refused += 1;
            let theirs: BTreeSet<&str> = causes.iter().map(|c| &*c.0).collect();
            let ours: BTreeSet<&str> = found.iter().map(|p| &*p.path).collect();
            tally.found += usize::from(!found.is_empty());
            tally.exact += usize::from(ours == theirs);
            if ours.iter().any(|f| theirs.contains(f)) {
                tally.named += 1;
            } else if found.is_empty() {
                tally.missed.push(format!("{}\n      server: {causes:?}", case.name));
            }
            if !found.is_empty() && ours != theirs {
                tally.elsewhere.push(format!("{}\n      server: {causes:?}\n      we: {}", case.name, said()));
            }
        }
    }
}

fn share(part: usize, of: usize) -> f64 {
    part as f64 * 100.0 / (of.max(1)) as f64
}

#[test]
fn apiserver_verdicts_are_ours() {
    let verbose = std::env::var("APISERVER_VERBOSE").unwrap_or_default();
    let mut all = Tally::default();
    let schemas = Schemas::embedded("1.36").expect("it is embedded");
    for (family, cases) in cases() {
        let mut tally = Tally::default();
        cases.iter().for_each(|case| judge(&schemas, case, &mut tally));
        println!(
            "{family:>14}: {:4} refused, {:5.1} % found, {:5.1} % named, {:5.1} % exact; {:4} accepted, {} wrong",
            tally.refused,
            share(tally.found, tally.refused),
            share(tally.named, tally.refused),
            share(tally.exact, tally.refused),
            tally.accepted,
            tally.wrong.len()
        );
        if !verbose.is_empty() && family.contains(&verbose) {
            for (what, list) in [("WRONG", &tally.wrong), ("MISSED", &tally.missed), ("ELSEWHERE", &tally.elsewhere)] {
                list.iter().for_each(|l| println!("   {what} {l}"));
            }
        }
        all.refused += tally.refused;
        all.found += tally.found;
        all.named += tally.named;
        all.exact += tally.exact;
        all.undecodable += tally.undecodable;
        all.undecodable_found += tally.undecodable_found;
        all.accepted += tally.accepted;
        all.wrong.extend(tally.wrong.iter().map(|w| format!("{family}: {w}")));
    }
    let (found, named) = (share(all.found, all.refused), share(all.named, all.refused));
    let exact = share(all.exact, all.refused);
    println!("{} refused by validation: {found:.2} % found, {named:.2} % named, {exact:.2} % exact", all.refused);
    println!("{} refused before it, of which {} are found", all.undecodable, all.undecodable_found);
    println!("{} accepted, of which {} are refused here", all.accepted, all.wrong.len());
    assert!(all.refused + all.accepted >= 1500, "too few cases");
    assert!(all.wrong.is_empty(), "accepted, but refused by us:\n{}", all.wrong.join("\n"));
    assert!(found >= 99.0 && named >= 99.0, "{found:.2} % found, {named:.2} % named");
    assert!(share(all.undecodable_found, all.undecodable) >= 99.0, "{} not found", all.undecodable);
}

#[test]
fn apiserver_kinds_with_rules_have_cases() {
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for case in cases().into_iter().flat_map(|c| c.1) {
        *counts.entry(case.kind).or_default() += 1;
    }
    assert!(counts.len() >= 40, "{} kinds", counts.len());
    let poor: Vec<_> = rules::kinds()
        .filter(|(version, kind)| counts.get(&(version.clone(), (*kind).to_owned())).is_none_or(|n| *n < 5))
        .collect();
    assert!(poor.is_empty(), "kinds with rules but few cases: {poor:?}");
}

/// A pod with one container, before which and in which something else may stand.
fn pod(spec: &str, container: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {{{spec}containers: [{{name: a, image: b{container}}}]}}\n"
    )
}

/// What became allowed in which minor version, and the field that versions before it refuse: the feature gates in
/// pkg/features/kube_features.go of each version, and what the validators do without them.
fn newly_allowed() -> Vec<(u32, &'static str, String)> {
    let service = |name: &str, spec: &str| {
        format!("apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{ports: [{{port: 80}}]{spec}}}\n")
    };
    let hpa = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\nspec:\n  scaleTargetRef: \
               {apiVersion: apps/v1, kind: Deployment, name: a}\n  minReplicas: 0\n  maxReplicas: 2\n  metrics: [{type: \
               External, external: {metric: {name: q}, target: {type: Value, value: 1}}}]\n";
    vec![
        (32, "spec.containers[0].env[0].name", pod("", ", env: [{name: 1A}]")),
        (33, "spec.dnsConfig.searches[0]", pod("dnsConfig: {searches: [_a.b]}, ", "")),
        (33, "spec.containers[0].lifecycle.preStop.sleep", pod("", ", lifecycle: {preStop: {sleep: {seconds: 0}}}")),
        (34, "spec.trafficDistribution", service("a", ", trafficDistribution: PreferSameNode")),
        (35, "spec.volumes[0]", pod("volumes: [{name: v, image: {reference: c}}], ", "")),
        (35, "spec.containers[0].restartPolicy", pod("", ", restartPolicy: Always")),
        (
            35,
            "spec.initContainers[0].restartPolicy",
            pod("initContainers: [{name: i, image: c, restartPolicy: Never}], ", ""),
        ),
        (
            35,
            "spec.containers[0].env[0].valueFrom",
            pod(
                "volumes: [{name: v, emptyDir: {}}], ",
                ", env: [{name: A, valueFrom: {fileKeyRef: {volumeName: v, path: p, key: K}}}]",
            ),
        ),
        (36, "metadata.name", service("1a", "")),
        (37, "spec.minReplicas", hpa.to_owned()),
    ]
}

#[test]
fn what_became_allowed_is_refused_before() {
    for (since, path, text) in newly_allowed() {
        for minor in 31..=37 {
            let schemas = Schemas::embedded(&format!("1.{minor}")).expect("it is embedded");
            let found = problems(&schemas, &text).0;
            let paths: Vec<&str> = found.iter().map(|p| &*p.path).collect();
            let expected = if minor < since { vec![path] } else { Vec::new() };
            assert_eq!(paths, expected, "1.{minor}: {text}\n{found:?}");
        }
    }
}

#[test]
fn what_became_stricter_was_accepted_before() {
    let text = pod("hostAliases: [{ip: 010.0.0.1, hostnames: [a]}], ", "");
    for minor in 31..=37 {
        let schemas = Schemas::embedded(&format!("1.{minor}")).expect("it is embedded");
        assert_eq!(problems(&schemas, &text).0.is_empty(), minor < 36, "1.{minor}");
    }
}
