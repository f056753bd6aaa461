//! The reports of a lint run: `testdata/report/odd.*` holds what every format makes of findings with everything odd in
//! them. `UPDATE=1 cargo test report` writes those files anew; SARIF and JUnit are judged by their schemas as well.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use plimsoll::finding::{Finding, Resource, Scope, Severity, Spot, ValuesSpot, Waived};
use plimsoll::report::lint::{Checked, RuleInfo, Run, formats, write};
use serde_json::Value;

fn spot(file: &str, line: usize, column: usize) -> Spot {
    Spot { file: file.into(), line, column }
}

fn scopes(pairs: &[(&str, &str)]) -> Vec<Scope> {
    pairs.iter().map(|(e, v)| Scope { kube_version: (*v).into(), ..Scope::at(e) }).collect()
}

fn finding(rule: &str, severity: Severity, message: &str, spot: Spot) -> Finding {
    Finding {
        rule: rule.into(),
        severity,
        message: message.into(),
        spot,
        path: String::new(),
        resource: Resource::default(),
        template: None,
        values: None,
        chart: "charts/ledger".into(),
        env: String::new(),
        scopes: Vec::new(),
        remedy: None,
        url: None,
        fingerprint: format!("{:08x}", rule.len() * 7919 + message.len()),
        waived: None,
    }
}

fn deployment(name: &str) -> Resource {
    Resource { api_version: "apps/v1".into(), kind: "Deployment".into(), namespace: "pay".into(), name: name.into() }
}

const TEMPLATE: &str = "charts/ledger/templates/deployment.yaml";
const VALUES: &str = "charts/ledger/values-prod.yaml";

fn odd() -> Vec<Finding> {
    let plain = Finding {
        path: "spec.template.spec.containers[0].image".into(),
        resource: deployment("ledger"),
        template: Some(spot(TEMPLATE, 5, 11)),
        values: Some(ValuesSpot { key: "image.tag".into(), spot: spot(VALUES, 3, 8) }),
        env: "prod".into(),
        scopes: scopes(&[("prod", "1.35"), ("prod", "1.36")]),
        remedy: Some("Pin the tag, or better the digest.".into()),
        url: Some("https://kubernetes.io/docs/concepts/containers/images/#image-names".into()),
        ..finding(
            "fintech/latest-tag",
            Severity::Error,
            "the image registry.example/ledger:latest has no fixed tag",
            spot(TEMPLATE, 5, 11),
        )
    };
    let hostile = Finding {
        resource: deployment("a|b,<img src=x onerror=alert(1)>"),
        values: Some(ValuesSpot {
            key: "naïve.\"ключ\"".into(), spot: spot("values, with % odd:name.yaml", 1, 9)
        }),
        env: "staging".into(),
        scopes: scopes(&[("dev", ""), ("staging", "")]),
        remedy: Some("Say `</script>`, *bold*, [a](javascript:alert(1)) or\n::warning::so".into()),
        url: Some("javascript:alert(1)".into()),
        ..finding(
            "schema/pattern",
            Severity::Warning,
            "\"quoted\" & 'so' ]]> %0A\r\n::error::injected\n@everyone #1 \u{1b}[31mred\u{7} \u{202e}over\u{0} \
             \u{1f980} | pipe",
            spot("charts/ledger/templates/naïve ☃.yaml", 2, 14),
        )
    };
    let long = Finding {
        resource: deployment("ledger"),
        path: "metadata.annotations.x".into(),
        scopes: scopes(&[("dev", "1.36"), ("prod", "1.36"), ("staging", "1.36")]),
        ..finding("schema/too-long", Severity::Info, &"long ".repeat(2000), spot("charts/ledger/long.yaml", 1, 5001))
    };
    let waived = Finding {
        waived: Some(Waived { reason: "until PAY-17 <is> done\n".into(), by: "waiver" }),
        resource: deployment("ledger"),
        env: "prod".into(),
        scopes: scopes(&[("prod", "")]),
        ..finding("fintech/two-replicas", Severity::Error, "one replica only", spot(TEMPLATE, 3, 3))
    };
    let annotated = Finding {
        waived: Some(Waived { reason: "batch".into(), by: "annotation" }),
        resource: deployment("worker"),
        env: "dev".into(),
        ..finding("fintech/two-replicas", Severity::Error, "one replica only", spot(TEMPLATE, 3, 3))
    };
    // Nothing but words: no file, no chart, no object.
    let bare = Finding {
        chart: String::new(),
        fingerprint: String::new(),
        ..finding("waiver/expired", Severity::Warning, "the waiver is over", Spot::default())
    };
    let twin = Finding { spot: spot("/srv/elsewhere/x.yaml", 99, 1), resource: deployment("other"), ..plain.clone() };
    let helm = finding("helm/icon", Severity::Info, "icon is recommended", spot("charts/ledger/Chart.yaml", 1, 1));
    vec![hostile, plain, long, waived, annotated, bare, twin, helm]
}

fn texts(file: &str) -> Option<String> {
    Some(match file {
        TEMPLATE => {
            "kind: Deployment\nspec:\n  replicas: 1\n  containers:\n  - image: {{ .Values.image.tag }}\n".into()
        }
        VALUES => "image:\n  name: ledger\n  tag: latest # не так\n".into(),
        "charts/ledger/templates/naïve ☃.yaml" => "# \u{1b}[2J\nключ: \"ш\" # here\n".into(),
        "charts/ledger/long.yaml" => format!("{}here{}\n", "x".repeat(5000), "y".repeat(5000)),
        "charts/ledger/Chart.yaml" => "name: ledger".into(),
        _ => return None,
    })
}

fn names(all: &[&str]) -> Vec<String> {
    all.iter().map(ToString::to_string).collect()
}

fn rules() -> Vec<RuleInfo> {
    let rule = |id: &str, references: &[&str]| RuleInfo {
        id: id.into(),
        severity: Severity::Error,
        title: "Images without a fixed tag".into(),
        description: "What `latest` means **changes**.".into(),
        remedy: "Pin <it>.".into(),
        references: names(references),
        url: Some("https://example.org/latest-tag".into()),
    };
    vec![rule("fintech/latest-tag", &["PCI DSS 4.0 6.3.2", "CIS 5.5.1"]), rule("fintech/two-replicas", &[])]
}

fn report(format: &str, findings: &[Finding], width: usize) -> String {
    let (charts, environments) = (names(&["charts/ledger", "charts/pay"]), names(&["dev", "prod", "staging"]));
    let versions = names(&["1.34", "1.35", "1.36"]);
    let rules = rules();
    let object = |chart: &str, place: &str, name: &str| Checked {
        chart: chart.into(),
        place: place.into(),
        resource: Resource {
            api_version: "v1".into(),
            kind: "Service".into(),
            namespace: "pay".into(),
            name: name.into(),
        },
    };
    let objects = [
        object("charts/pay", "prod", "fine"),
        object("charts/pay", "prod", "a&<b>"),
        object("charts/pay", "dev", "fine"),
    ];
    let run = Run {
        findings,
        objects: &objects,
        charts: &charts,
        environments: &environments,
        versions: &versions,
        checked: 12,
        rules: &rules,
        texts: &texts,
        colour: false,
        width,
    };
    assert!(formats().any(|f| f == format), "there is such a format");
    let mut out = Vec::new();
    write(format, &run, &mut out).expect("memory takes it");
    String::from_utf8(out).expect("it is text")
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/report")
}

fn expect(name: &str, text: &str) {
    let path = folder().join(name);
    let text = text.replace(concat!("\"", env!("CARGO_PKG_VERSION"), "\""), "\"VERSION\"");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &text).expect("testdata can be written");
    }
    let wanted = fs::read_to_string(&path).unwrap_or_default();
    assert!(wanted == text, "{name} is not what is expected: see what UPDATE=1 makes of it\n{text}");
}

#[test]
fn odd_findings_in_every_format() {
    let files = [
        ("text", "odd.txt"),
        ("json", "odd.json"),
        ("sarif", "odd.sarif"),
        ("junit", "odd.xml"),
        ("github", "odd.github.txt"),
        ("gitlab", "odd.gitlab.json"),
        ("markdown", "odd.md"),
    ];
    for (format, file) in files {
        expect(file, &report(format, &odd(), 0));
    }
    expect("odd.terminal.txt", &report("text", &odd(), 100));
    let tested: Vec<&str> = files.iter().map(|f| f.0).chain(["html"]).collect();
    assert!(formats().all(|f| tested.contains(&f)), "a format without a test");
}

#[test]
fn no_order_of_findings_changes_a_report() {
    let mut turned = odd();
    turned.reverse();
    for format in formats() {
        assert_eq!(report(format, &odd(), 0), report(format, &turned, 0), "{format}");
    }
}

#[test]
fn a_clean_run_says_so() {
    assert_eq!(
        report("text", &[], 0),
        "no findings in 12 objects of 2 charts in 3 environments, for Kubernetes 1.34, 1.35, 1.36\n"
    );
    assert_eq!(report("json", &[], 0), "[]\n");
    assert_eq!(report("gitlab", &[], 0), "[]\n");
    assert_eq!(report("github", &[], 0), "");
    assert_eq!(report("junit", &[], 0).matches("<testcase ").count(), 7);
    assert!(report("markdown", &[], 0).starts_with("### ✅ plimsoll lint: no findings\n"));
    for format in ["sarif", "html"] {
        assert!(!report(format, &[], 0).is_empty(), "{format}");
    }
}

#[test]
fn json_has_the_fields_of_the_documentation() {
    let all: Vec<Value> = serde_json::from_str(&report("json", &odd(), 0)).expect("an array");
    assert_eq!(all.len(), 6, "waived findings are none");
    for finding in &all {
        for field in ["rule", "severity", "message", "file", "line", "column", "path", "chart", "env", "remedy", "url"]
        {
            assert!(finding.get(field).is_some(), "{field}");
        }
        for field in ["apiVersion", "kind", "namespace", "name"] {
            assert!(finding["resource"][field].is_string(), "{field}");
        }
    }
    let full = all.iter().find(|f| f["rule"] == "fintech/latest-tag" && f["line"] == 5).expect("it is there");
    assert_eq!(full["template"], serde_json::json!({"file": TEMPLATE, "line": 5, "column": 11}));
    assert_eq!(full["values"], serde_json::json!({"key": "image.tag", "file": VALUES, "line": 3, "column": 8}));
}

#[test]
fn sarif_is_valid() {
    let schema = fs::read_to_string(folder().join("sarif-schema-2.1.0.json")).expect("the schema");
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    let judge = jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema");
    for findings in [odd(), Vec::new()] {
        let log: Value = serde_json::from_str(&report("sarif", &findings, 0)).expect("JSON");
        let wrong: Vec<String> = judge.iter_errors(&log).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        let results = log["runs"][0]["results"].as_array().expect("an array");
        let names: std::collections::BTreeSet<&str> =
            results.iter().filter_map(|r| r["partialFingerprints"]["plimsoll/v1"].as_str()).collect();
        assert_eq!(names.len(), findings.len(), "each has a fingerprint of its own");
        for result in results {
            let rule = &log["runs"][0]["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap_or(99) as usize];
            assert_eq!(rule["id"], result["ruleId"]);
        }
    }
}

#[test]
fn junit_is_valid() {
    let xml = report("junit", &odd(), 0);
    let bad = |c: char| (c < ' ' && c != '\n') || c == '\u{fffe}' || c == '\u{ffff}';
    assert!(!xml.contains(bad) && !xml.contains("]]>"), "no XML");
    // Without xmllint, only the golden file speaks.
    if Command::new("xmllint").arg("--version").output().is_err() {
        return;
    }
    let scratch = tempfile::tempdir().expect("a folder");
    for (name, findings) in [("odd.xml", odd()), ("clean.xml", Vec::new())] {
        let file = scratch.path().join(name);
        fs::write(&file, report("junit", &findings, 0)).expect("it can be written");
        for schema in ["junit-ant.xsd", "junit-4.xsd", "junit-10.xsd"] {
            let mut judge = Command::new("xmllint");
            judge.args(["--nonet", "--noout", "--schema"]).arg(folder().join(schema)).arg(&file);
            let judged = judge.output().expect("xmllint runs");
            assert!(judged.status.success(), "{schema}: {}", String::from_utf8_lossy(&judged.stderr));
        }
    }
}

#[test]
fn gitlab_fingerprints_are_unique() {
    let issues: Vec<Value> = serde_json::from_str(&report("gitlab", &odd(), 0)).expect("an array");
    let names: std::collections::BTreeSet<String> = issues.iter().map(|i| i["fingerprint"].to_string()).collect();
    assert_eq!(names.len(), issues.len());
    let scale = ["info", "minor", "major", "critical", "blocker"];
    assert!(issues.iter().all(|i| scale.contains(&i["severity"].as_str().unwrap_or_default())));
}

#[test]
fn a_command_of_github_is_one_line_and_the_worst_comes_first() {
    let text = report("github", &odd(), 0);
    assert!(
        text.lines().all(|l| l.starts_with("::error ") || l.starts_with("::warning ") || l.starts_with("::notice "))
    );
    let rank = |l: &str| ["::error", "::warning", "::notice"].iter().position(|p| l.starts_with(p));
    assert!(text.lines().map(rank).is_sorted());
    assert_eq!(text.lines().count(), 6);
}

#[test]
fn a_comment_fits() {
    let many: Vec<Finding> = (0..2000)
        .map(|n| finding("fintech/x", Severity::Warning, &"ж|".repeat(300), spot("charts/x.yaml", n + 1, 1)))
        .collect();
    let text = report("markdown", &many, 0);
    assert!(text.chars().count() < 65_536, "{}", text.chars().count());
    assert!(text.contains(" more.\n\n</details>"));
    let rows: Vec<&str> = text.lines().filter(|l| l.starts_with("| ⚠️")).collect();
    assert!(rows.iter().all(|r| r.replace("\\|", "").matches('|').count() == 5), "a cell that isn't closed");
}

#[test]
fn nothing_in_a_finding_is_markup_of_the_page() {
    let page = report("html", &odd(), 0);
    let (before, after) = page.split_once("<script id=\"data\" type=\"application/json\">").expect("the data");
    let (data, after) = after.split_once("</script>").expect("its end");
    assert!(!data.contains('<'));
    let data: Value = serde_json::from_str(data).expect("JSON");
    let all = data["findings"].as_array().expect("an array");
    assert_eq!(all.len(), odd().len(), "waived ones too");
    assert!(all.iter().all(|f| !f["url"].as_str().unwrap_or_default().starts_with("javascript:")));
    assert!(all.iter().any(|f| f["object"].as_str().is_some_and(|o| o.contains("<img src=x"))));
    for text in [before, after] {
        assert!(!text.contains("onerror") && !text.contains("src=") && !text.contains("://"), "asks the network");
    }
    if let Some(path) = std::env::var_os("PAGE") {
        fs::write(path, &page).expect("the page can be written");
    }
}

#[test]
fn where_a_finding_holds() {
    let all = names(&["dev", "prod", "staging"]);
    let kube = names(&["1.34", "1.35", "1.36"]);
    let text = |pairs: &[(&str, &str)], versions: &[String]| {
        Finding { scopes: scopes(pairs), ..finding("r", Severity::Info, "m", Spot::default()) }
            .scope_text(&all, versions)
    };
    assert_eq!(text(&[("prod", "1.35"), ("prod", "1.36")], &kube), "in prod, from 1.35 on");
    assert_eq!(text(&[("prod", "1.34"), ("prod", "1.36")], &kube), "in prod, with 1.34, 1.36");
    assert_eq!(text(&[("dev", ""), ("prod", ""), ("staging", "")], &kube), "in all environments");
    assert_eq!(text(&[("", "1.36")], &[]), "with 1.36", "a version nobody asked for");
}
