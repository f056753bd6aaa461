//! What the plugin says an upgrade would change is what Helm's own upgrade does, with each way to go on with values: a
//! chart that keeps a generated password, prints its revision, and gets new defaults.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::server::{Cluster, run};

const TEMPLATE: &str = r#"apiVersion: v1
kind: Secret
metadata: {name: kept}
data:
  {{- $old := (lookup "v1" "Secret" .Release.Namespace "kept").data | default dict }}
  password: {{ $old.password | default (randAlphaNum 12 | b64enc) }}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: said}
data:
  revision: {{ .Release.Revision | quote }}
  upgrade: {{ .Release.IsUpgrade | quote }}
  colour: {{ .Values.colour }}
  shape: {{ .Values.shape }}
  more: {{ .Values.more | default "none" }}
  tokens: {{ .Values.tokens | toJson | quote }}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: hooked, annotations: {helm.sh/hook: pre-upgrade}}
data: {colour: {{ .Values.colour }}}
"#;

/// A chart with these defaults.
fn chart(folder: &Path, name: &str, defaults: &str) -> PathBuf {
    let chart = folder.join(name);
    fs::create_dir_all(chart.join("templates")).unwrap();
    fs::write(chart.join("Chart.yaml"), "apiVersion: v2\nname: kept\nversion: 1.0.0\n").unwrap();
    fs::write(chart.join("values.yaml"), defaults).unwrap();
    fs::write(chart.join("templates/a.yaml"), TEMPLATE).unwrap();
    chart
}

/// Ways to go on with values, as Helm and helm-diff both take them.
const WAYS: &[&[&str]] = &[
    &[],
    &["--set", "colour=green"],
    &["--reuse-values", "--set", "colour=green"],
    &["--reset-values"],
    &["--reset-values", "--set", "tokens.b=2"],
    &["--reset-then-reuse-values", "--set", "tokens.b=2"],
];

pub fn check(server: &Cluster) {
    let old = chart(server.folder(), "kept-1", "colour: red\nshape: round\ntokens: {a: 1}\n");
    let new = chart(server.folder(), "kept-2", "colour: blue\nshape: square\nmore: some\ntokens: {c: 3}\n");
    for version in [3, 4] {
        let namespace = format!("upgrade-{version}");
        let helm = |arguments: &[&str]| run(server.helm(version, "", arguments).args(["-n", &namespace]));
        let (old, new) = (old.display().to_string(), new.display().to_string());
        helm(&["install", "kept", &old, "--create-namespace", "--set", "shape=oval,tokens.z=9"]);
        for way in WAYS {
            let dry = helm(&[&["upgrade", "kept", &new, "--dry-run=server", "-o", "json"], *way].concat());
            let mut release: Value = serde_json::from_str(dry.trim_start_matches(|c| c != '{')).unwrap();
            // Helm 3 keeps them beside the release.
            let release = release.get_mut("release").map(Value::take).unwrap_or(release);
            let mut text = release["manifest"].as_str().unwrap().to_owned();
            for hook in release["hooks"].as_array().unwrap() {
                text.push_str(&format!("---\n{}\n", hook["manifest"].as_str().unwrap()));
            }
            let file = server.folder().join("dry.yaml");
            fs::write(&file, text).unwrap();
            let stored = format!("release:{namespace}/kept");
            let expected = changes(
                server,
                &["diff", "--manifests", &file.display().to_string(), "--against", &stored, "-n", &namespace, "-ojson"],
            );
            let ours = [&["helm-diff", "upgrade", "kept", &new, "-n", &namespace, "--output", "json"], *way].concat();
            assert_eq!(changes(server, &ours), expected, "Helm {version} {way:?}");
            assert!(!expected.is_empty());
        }
        let values =
            ["diff", &new, "--name", "kept", "-n", &namespace, "--values-only", "--set", "shape=flat", "-ojson"];
        let said: Vec<String> =
            changes(server, &values).iter().map(|c| format!("{} {} {}", c[1], c[3], c[4])).collect();
        let expected = [
            "\"shape\" \"oval\" \"flat\"",
            "\"tokens.z\" \"secret\" null",
            "\"colour\" \"red\" \"blue\"",
            "\"more\" null \"some\"",
            "\"shape\" \"round\" \"square\"",
        ];
        assert!(expected.iter().all(|e| said.contains(&(*e).to_owned())), "{said:?}");
        let gone = server.plimsoll(&["helm-diff", "upgrade", "nope", &new, "-n", &namespace]).output().unwrap();
        assert_eq!(gone.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&gone.stderr).contains("--allow-unreleased"));
    }
    println!("cluster: upgrades are shown as both Helms would make them");
}

/// What differs: object, path, kind, old and new value. Secrets' hashes differ from run to run.
fn changes(server: &Cluster, arguments: &[&str]) -> Vec<Value> {
    let report: Value = serde_json::from_str(&run(&mut server.plimsoll(arguments))).unwrap();
    let plain = |v: &Value| if v.to_string().contains("[secret ") { json!("secret") } else { v.clone() };
    let of = |change: &Value| {
        let fields = change["fields"].as_array().unwrap().iter();
        let object = &change["object"];
        fields.map(|f| json!([object, f["path"], f["kind"], plain(&f["old"]), plain(&f["new"])])).collect::<Vec<_>>()
    };
    let mut all: Vec<Value> = report["changes"].as_array().unwrap().iter().flat_map(of).collect();
    all.sort_by_key(Value::to_string);
    all
}
