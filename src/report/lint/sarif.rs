//! `sarif`: SARIF 2.1.0, as GitHub's code scanning and Azure DevOps read it. Rules are told in full, waived findings are
//! suppressed results, and fingerprints stay the same when lines move.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::lines::Lines;
use super::words::{self, fingerprints, visible};
use super::{RuleInfo, Run, pretty};
use crate::finding::{Finding, Severity, Spot};

/// Nobody reads more of it.
const LONGEST_CATEGORY: usize = 120;

pub(super) fn write(run: &Run<'_>, findings: &[&Finding], out: &mut dyn Write) -> io::Result<()> {
    let (rules, numbers) = rules(run, findings);
    let lines = Lines::new(run);
    let results: Vec<Value> = findings
        .iter()
        .zip(fingerprints(findings))
        .map(|(f, name)| result(run, f, &name, numbers.get(f.rule.as_str()).copied(), &lines))
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "plimsoll",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules,
            } },
            "automationDetails": { "id": category(run) },
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": { "%SRCROOT%": { "description": { "text": "The root of the repository" } } },
            "results": results,
        }],
    });
    pretty(&log, out)
}

/// What tells the uploads of one commit apart: GitHub takes all before the last slash, and lets a later upload of the
/// same category replace the earlier one.
fn category(run: &Run<'_>) -> String {
    let mut parts = vec!["plimsoll", "lint"];
    if let [chart] = run.charts {
        parts.push(chart.trim_matches(['.', '/']));
    }
    let environments = run.environments.join("+");
    parts.push(&environments);
    parts.retain(|p| !p.is_empty());
    let text: String = parts.join("/").chars().take(LONGEST_CATEGORY).collect();
    visible(&text) + "/"
}

/// The rules that were asked and those that only findings name, with their places in the list.
fn rules<'f>(run: &'f Run<'_>, findings: &[&'f Finding]) -> (Vec<Value>, BTreeMap<&'f str, usize>) {
    let (mut rules, mut numbers) = (Vec::new(), BTreeMap::new());
    for info in run.rules {
        numbers.entry(info.id.as_str()).or_insert_with(|| {
            rules.push(rule(info));
            rules.len() - 1
        });
    }
    for finding in findings {
        numbers.entry(finding.rule.as_str()).or_insert_with(|| {
            rules.push(json!({ "id": finding.rule, "shortDescription": { "text": finding.rule } }));
            rules.len() - 1
        });
    }
    (rules, numbers)
}

fn rule(info: &RuleInfo) -> Value {
    let or_id = |text: &str| if text.is_empty() { info.id.clone() } else { text.to_owned() };
    let title = or_id(&info.title);
    let description = if info.description.is_empty() { &title } else { &info.description };
    let mut help = description.clone();
    for (head, text) in [("How to mend it", info.remedy.clone()), ("References", info.references.join(", "))] {
        if !text.is_empty() {
            help.push_str(&format!("\n\n**{head}:** {text}"));
        }
    }
    let mut rule = json!({
        "id": info.id,
        "shortDescription": { "text": title },
        "fullDescription": { "text": description },
        "help": { "text": help.replace("**", ""), "markdown": help },
        "defaultConfiguration": { "level": level(info.severity) },
        "properties": { "tags": tags(info), "precision": "high", "problem.severity": problem(info.severity) },
    });
    if let (Some(url), Value::Object(fields)) = (&info.url, &mut rule) {
        fields.insert("helpUri".into(), json!(url));
    }
    rule
}

/// The family and the references; GitHub takes 20 of them, and SARIF each of them once.
fn tags(info: &RuleInfo) -> Vec<&str> {
    let mut tags = vec!["kubernetes", info.id.split('/').next().unwrap_or_default()];
    for reference in &info.references {
        if !tags.contains(&reference.as_str()) {
            tags.push(reference);
        }
    }
    tags.dedup();
    tags.truncate(20);
    tags
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// GitHub's own scale.
fn problem(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "recommendation",
    }
}

fn result(run: &Run<'_>, finding: &Finding, name: &str, number: Option<usize>, lines: &Lines<'_>) -> Value {
    let mut text = finding.message.clone();
    let scope = finding.scope_text(run.environments, run.versions);
    for more in [words::subject(finding), scope].iter().filter(|m| !m.is_empty()) {
        text.push_str(&format!("\n{more}"));
    }
    if let Some(remedy) = &finding.remedy {
        text.push_str(&format!("\nRemedy: {remedy}"));
    }
    let mut result = json!({
        "ruleId": finding.rule,
        "ruleIndex": number,
        "level": level(finding.severity),
        "message": { "text": text },
        "locations": [location(&words::place(finding), lines, finding)],
        "relatedLocations": related(finding, lines),
        "partialFingerprints": { "plimsoll/v1": name, "primaryLocationLineHash": name },
        "properties": { "chart": finding.chart, "environments": words::environments(finding), "path": finding.path },
    });
    if let (Some(waived), Value::Object(fields)) = (&finding.waived, &mut result) {
        let kind = if waived.by == "annotation" { "inSource" } else { "external" };
        let justification = format!("{} ({})", waived.reason, waived.by);
        let suppression = json!({ "kind": kind, "status": "accepted", "justification": justification });
        fields.insert("suppressions".into(), json!([suppression]));
    }
    result
}

fn location(spot: &Spot, lines: &Lines<'_>, finding: &Finding) -> Value {
    let mut location = json!({ "physicalLocation": physical(spot, lines) });
    let object = words::object(finding);
    if let (false, Value::Object(fields)) = (object.is_empty(), &mut location) {
        let full = if finding.path.is_empty() { object.clone() } else { format!("{object}.{}", finding.path) };
        let logical = json!({ "name": object, "fullyQualifiedName": full, "kind": "resource" });
        fields.insert("logicalLocations".into(), json!([logical]));
    }
    location
}

/// The line of values and the template's, where they aren't the place itself.
fn related(finding: &Finding, lines: &Lines<'_>) -> Vec<Value> {
    let values = finding.values.as_ref().map(|v| (&v.spot, format!("The value comes from {}", v.key)));
    let template = finding.template.as_ref().map(|t| (t, "The template that prints it".to_owned()));
    let others = values.into_iter().chain(template).filter(|(spot, _)| **spot != finding.spot && !spot.file.is_empty());
    let shown = |(n, (spot, text)): (usize, (&Spot, String))| json!({ "id": n + 1, "physicalLocation": physical(spot, lines), "message": { "text": text } });
    others.enumerate().map(shown).collect()
}

fn physical(spot: &Spot, lines: &Lines<'_>) -> Value {
    let mut artifact = Map::new();
    artifact.insert("uri".into(), json!(uri(&spot.file)));
    if !spot.file.starts_with('/') {
        artifact.insert("uriBaseId".into(), json!("%SRCROOT%"));
    }
    json!({
        "artifactLocation": artifact,
        "region": { "startLine": spot.line.max(1), "startColumn": lines.character(spot) },
    })
}

/// A path as a reference of RFC 3986; what is no file of the repository becomes a `file:` address.
fn uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    let mut text = String::with_capacity(path.len());
    if path.starts_with('/') {
        text.push_str("file://");
    }
    for byte in path.strip_prefix("./").unwrap_or(&path).bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => text.push(char::from(byte)),
            byte => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}
