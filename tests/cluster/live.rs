//! `lookup` and `.Capabilities` from the cluster: what plimsoll prints is what both Helms print.

use std::fs;

use crate::server::{Cluster, run};

const TEMPLATE: &str = r#"apiVersion: v1
kind: ConfigMap
metadata: {name: looked-up}
data:
  version: {{ .Capabilities.KubeVersion.Version }} {{ .Capabilities.KubeVersion }} {{ .Capabilities.KubeVersion.Minor }}
  has: {{ .Capabilities.APIVersions.Has "apps/v1/Deployment" }} {{ .Capabilities.APIVersions.Has "apps/v1beta1" }}
  all: {{ len .Capabilities.APIVersions }}
  versions: |
    {{- range (.Capabilities.APIVersions | sortAlpha) }}
    {{ . }}
    {{- end }}
  service: |
    {{ $s := lookup "v1" "Service" "default" "kubernetes" }}
    {{ toJson $s }}
    {{- range ($s.spec | default dict).ports }}
    {{ .port | kindOf }} {{ .port }}
    {{- end }}
  none: |
    {{ lookup "v1" "Service" "default" "nope" | toJson }} {{ lookup "v1" "Nope" "default" "nope" | toJson }}
    {{ lookup "v1" "Namespace" "ignored" "default" | keys | sortAlpha }} {{ lookup "v1" "Pod" "nowhere" "" | toJson | len }}
  lists: |
    {{ range (lookup "v1" "Namespace" "" "").items }}{{ .metadata.name }} {{ keys . | sortAlpha }} {{ end }}
    {{ keys (lookup "v1" "Nope" "" "") | sortAlpha }}
    {{ range (lookup "scale.example.com/v1" "Scaler" "" "").items }}{{ .metadata.name }} {{ .spec.minimum | kindOf }} {{ end }}
"#;

const UNKNOWN: &str = "a: {{ lookup \"nope.example.com/v1\" \"Nope\" \"default\" \"nope\" }}\n";

pub fn check(server: &Cluster) {
    let chart = server.folder().join("look");
    fs::create_dir_all(chart.join("templates")).unwrap();
    fs::write(chart.join("Chart.yaml"), "apiVersion: v2\nname: look\nversion: 0.1.0\nkubeVersion: \">=1.30.0-0\"\n")
        .unwrap();
    for (template, fine) in [(TEMPLATE, true), (UNKNOWN, false)] {
        fs::write(chart.join("templates/a.yaml"), template).unwrap();
        let path = chart.display().to_string();
        for (helm, flag) in [(4, "--dry-run=server"), (3, "--validate"), (3, "--dry-run=server")] {
            let mut theirs = server.helm(helm, "", &["template", "x", &path, flag, "--kube-version", "1.36.0"]);
            let ours = ["template", "x", &path, flag, "--kube-version", "1.36.0", "--helm-version", &helm.to_string()];
            let (theirs, ours) = (theirs.output().unwrap(), server.plimsoll(&ours).output().unwrap());
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let (printed, expected) = (text(&ours.stdout), text(&theirs.stdout));
            let other = printed.lines().zip(expected.lines()).find(|(a, b)| a != b);
            assert_eq!(other, None, "Helm {helm} {flag}");
            assert_eq!(printed.len(), expected.len(), "Helm {helm} {flag}: {}", text(&ours.stderr));
            assert_eq!(last_line(&text(&ours.stderr)), last_line(&text(&theirs.stderr)), "Helm {helm} {flag}");
            assert_eq!(ours.status.code(), theirs.status.code());
        }
        assert_eq!(server.plimsoll(&["render", "--live", &path]).output().unwrap().status.success(), fine);
    }
    // Values of the cluster are no wrong usage of the flags that pretend them.
    run(&mut server.plimsoll(&[
        "template",
        "x",
        &chart.with_file_name("charts/plain").display().to_string(),
        "--live",
    ]));
    println!("cluster: lookup and .Capabilities are as both Helms have them");
}

/// What Helm logs before the error differs in Helm's own lines.
fn last_line(text: &str) -> String {
    text.lines().find(|l| l.starts_with("Error: ")).unwrap_or_default().to_owned()
}
