//! `junit`: a test suite for each chart in each environment, a test case for each object and for each file that has
//! findings. It holds to
//! the strictest of the schemas in use (Ant's, by Windy Road), which wants a time and a host: they are always the same
//! here, so that the same findings make the same file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::io;

use super::Run;
use super::words::{self, Counts, environments, one_line, shortened, visible};
use crate::finding::{Finding, Resource, Severity, Spot};

/// Of the message that lists of failures show; the text of the failure holds all of it.
const LONGEST_MESSAGE: usize = 1000;

/// Chart and environment.
type Suite<'f> = (&'f str, String);

pub(super) fn write(run: &Run<'_>, findings: &[&Finding], out: &mut dyn io::Write) -> io::Result<()> {
    out.write_all(report(run, findings).as_bytes())
}

fn report(run: &Run<'_>, findings: &[&Finding]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    let mut objects: BTreeMap<Suite<'_>, BTreeSet<&Resource>> = BTreeMap::new();
    for o in run.objects {
        objects.entry((&o.chart, o.place.clone())).or_default().insert(&o.resource);
    }
    for (id, (key, findings)) in suites(run, findings).into_iter().enumerate() {
        let checked = objects.remove(&key).unwrap_or_default();
        suite(&mut out, run, id, key, &findings, &checked);
    }
    out.push_str("</testsuites>\n");
    out
}

/// All charts in all environments, and whatever else findings name. A finding that holds in several environments is in
/// several suites.
fn suites<'f>(run: &'f Run<'_>, findings: &[&'f Finding]) -> BTreeMap<Suite<'f>, Vec<&'f Finding>> {
    let mut suites: BTreeMap<Suite<'f>, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        for env in environments(finding) {
            suites.entry((finding.chart.as_str(), env)).or_default().push(finding);
        }
    }
    for chart in run.charts {
        if run.environments.is_empty() {
            suites.entry((chart, String::new())).or_default();
        }
        for env in run.environments {
            suites.entry((chart, env.clone())).or_default();
        }
    }
    if suites.is_empty() {
        suites.insert(("", String::new()), Vec::new());
    }
    suites
}

/// The objects that no finding is about, as test cases are named. A finding that holds in several environments names its
/// object's namespace in the first of them.
fn passing(checked: &BTreeSet<&Resource>, findings: &[&Finding]) -> Vec<String> {
    let head = |r: &'_ Resource| (r.api_version.clone(), r.kind.clone(), r.name.clone());
    let wrong: BTreeSet<_> = findings.iter().map(|f| head(&f.resource)).collect();
    checked.iter().filter(|r| !wrong.contains(&head(r))).map(|r| one_line(&r.to_string())).collect()
}

fn suite(
    out: &mut String,
    run: &Run<'_>,
    id: usize,
    (chart, env): Suite<'_>,
    findings: &[&Finding],
    checked: &BTreeSet<&Resource>,
) {
    let chart = if chart.is_empty() { "plimsoll" } else { chart };
    let name = if env.is_empty() { chart.to_owned() } else { format!("{chart}.{env}") };
    let mut cases: BTreeMap<String, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        cases.entry(case_name(finding)).or_default().push(finding);
    }
    let counts = |f: &[&Finding]| Counts::of(f.iter().copied());
    let fails = |f: &[&Finding]| counts(f).errors + counts(f).warnings > 0;
    let failures = cases.values().filter(|f| fails(f)).count();
    let skipped = cases.values().filter(|f| !fails(f) && counts(f).waived > 0).count();
    let fine = passing(checked, findings);
    let tests = (cases.len() + fine.len()).max(1);
    let _ = writeln!(
        out,
        r#"  <testsuite id="{id}" package="plimsoll.lint" name="{}" timestamp="1970-01-01T00:00:00" hostname="localhost" tests="{tests}" failures="{failures}" errors="0" skipped="{skipped}" time="0">"#,
        attribute(&name)
    );
    let _ = writeln!(out, "    <properties>");
    for (key, value) in [("chart", chart), ("environment", env.as_str())] {
        let _ = writeln!(out, r#"      <property name="{key}" value="{}"/>"#, attribute(value));
    }
    let _ = writeln!(out, "    </properties>");
    if cases.is_empty() && fine.is_empty() {
        case(out, run, &name, "no findings", &[]);
    }
    for (object, findings) in &cases {
        case(out, run, &name, object, findings);
    }
    for object in &fine {
        case(out, run, &name, object, &[]);
    }
    // A test case that passes has no place for a text.
    let passing = cases.values().filter(|f| !fails(f)).flatten();
    let infos: Vec<String> = passing.filter(|f| f.waived.is_none()).map(|f| told(run, f)).collect();
    let infos = content(&infos.join("\n"));
    let _ = writeln!(out, "    <system-out>{infos}</system-out>\n    <system-err></system-err>\n  </testsuite>");
}

/// The object, or the file where a finding is about no object.
fn case_name(finding: &Finding) -> String {
    let object = words::object(finding);
    one_line(&if object.is_empty() { words::place(finding).file } else { object })
}

/// One failure that says everything, because readers of JUnit look at the first alone; skipped if all is waived.
fn case(out: &mut String, run: &Run<'_>, suite: &str, name: &str, findings: &[&Finding]) {
    let (class, name) = (attribute(suite), attribute(name));
    let _ = write!(out, r#"    <testcase classname="{class}" name="{name}" time="0""#);
    let (waived, counted): (Vec<&Finding>, Vec<&Finding>) = findings.iter().partition(|f| f.waived.is_some());
    let worst = counted.iter().filter(|f| f.severity > Severity::Info).max_by_key(|f| f.severity);
    let all: Vec<String> = counted.iter().chain(&waived).map(|f| told(run, f)).collect();
    let text = content(&all.join("\n"));
    let _ = match worst {
        Some(worst) => {
            let (kind, message) =
                (words::severity(worst.severity), attribute(&shortened(&message(&counted), LONGEST_MESSAGE)));
            writeln!(out, ">\n      <failure type=\"{kind}\" message=\"{message}\">{text}</failure>\n    </testcase>")
        }
        None if !waived.is_empty() => writeln!(out, ">\n      <skipped>{text}</skipped>\n    </testcase>"),
        None => writeln!(out, "/>"),
    };
}

fn message(findings: &[&Finding]) -> String {
    match findings {
        [one] => format!("{}: {}", one.rule, one.message),
        all => {
            let rules: BTreeSet<&str> = all.iter().map(|f| f.rule.as_str()).collect();
            let rules: Vec<&str> = rules.into_iter().collect();
            format!("{}: {}", Counts::of(all.iter().copied()).text(), rules.join(", "))
        }
    }
}

fn told(run: &Run<'_>, finding: &Finding) -> String {
    let Spot { file, line, column } = words::place(finding);
    let severity = words::severity(finding.severity);
    let mut text = format!("{file}:{line}:{column}: {severity} {}: {}\n", finding.rule, finding.message);
    let scope = finding.scope_text(run.environments, run.versions);
    let facts = [
        ("field", Some(finding.path.clone())),
        ("values", words::value_place(finding)),
        ("holds", Some(scope)),
        ("remedy", finding.remedy.clone()),
        ("see", finding.url.clone()),
        ("waived", finding.waived.as_ref().map(|w| format!("{} ({})", w.reason, w.by))),
    ];
    for (name, fact) in facts {
        if let Some(fact) = fact.filter(|f| !f.is_empty()) {
            let _ = writeln!(text, "  {name}: {fact}");
        }
    }
    text
}

/// Text between tags. What XML 1.0 can't hold becomes the replacement character.
fn content(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            // Only in `]]>` it has to be, but anywhere it may be.
            '>' => out.push_str("&gt;"),
            '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'.. => out.push(c),
            _ => out.push('\u{fffd}'),
        }
    }
    out
}

/// The value of an attribute, in which newlines and tabs would become blanks.
fn attribute(text: &str) -> String {
    content(text).replace('"', "&quot;").replace('\n', "&#10;").replace('\t', "&#9;")
}
