//! `plimsoll graph`: what it says of a small chart, in every form; and that nothing in a name breaks a form.

use std::path::{Path, PathBuf};
use std::process::Command;

use plimsoll::graph::{Graph, Node, objects};
use plimsoll::report::graph as report;
use plimsoll::routes::Release;

fn site() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/routes/site")
}

fn graph(form: &str) -> String {
    let out = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["graph", "chart", "-o", form])
        .current_dir(site())
        .output()
        .expect("plimsoll starts");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).expect("is UTF-8")
}

#[test]
fn a_chart_is_drawn() {
    for (form, file) in [("mermaid", "graph.mmd"), ("dot", "graph.dot")] {
        let (found, path) = (graph(form), site().join(file));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &found).expect("can be written");
        }
        assert_eq!(found, std::fs::read_to_string(&path).unwrap_or_default(), "{file} (UPDATE=1 writes it)");
    }
    let data: serde_json::Value = serde_json::from_str(&graph("json")).expect("is JSON");
    assert_eq!(data["nodes"]["Service default/beta"]["isMissing"], true);
    assert_eq!(data["nodes"]["Secret default/shop-tls"]["isMissing"], false);
}

/// Everything that a Pod names or that names it, across two releases.
#[test]
fn uses_are_found_across_charts() {
    let text = r#"
apiVersion: batch/v1
kind: CronJob
metadata: {name: end-of-day}
spec:
  jobTemplate:
    spec:
      template:
        metadata: {labels: {app: eod}}
        spec:
          serviceAccountName: eod
          priorityClassName: payments
          imagePullSecrets: [{name: pull}]
          initContainers: [{name: i, envFrom: [{configMapRef: {name: shared}}]}]
          containers:
          - name: c
            env:
            - {name: A, valueFrom: {secretKeyRef: {name: gone, key: a}}}
            - {name: B, valueFrom: {secretKeyRef: {name: perhaps, key: b, optional: true}}}
          volumes:
          - {name: v, persistentVolumeClaim: {claimName: files}}
          - {name: p, projected: {sources: [{secret: {name: keys}}]}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: eod}
spec:
  podSelector: {matchLabels: {app: eod}}
  egress: [{to: [{podSelector: {matchLabels: {app: db}}, namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: data}}}]}]
"#;
    let other = r#"
apiVersion: v1
kind: ConfigMap
metadata: {name: shared, namespace: pay}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: k, namespace: pay}
spec: {target: {name: keys}, secretStoreRef: {name: vault, kind: ClusterSecretStore}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec: {serviceName: db, template: {metadata: {labels: {app: db}}, spec: {containers: []}}}
"#;
    let (eod, _) = plimsoll::lint::objects::of_file("a.yaml", text);
    let (data, _) = plimsoll::lint::objects::of_file("b.yaml", other);
    let mut graph = Graph::default();
    let release = |chart, namespace, objects| Release { chart, namespace, objects };
    objects::add(&mut graph, &[release("eod", "pay", &eod), release("data", "data", &data)]);
    let missing: Vec<&str> = graph.nodes.iter().filter(|(_, n)| n.is_missing).map(|(k, _)| k.as_str()).collect();
    let wanted = [
        "ClusterSecretStore vault",
        "PersistentVolumeClaim pay/files",
        "PriorityClass payments",
        "Secret pay/gone",
        "Secret pay/pull",
        "Service data/db",
        "ServiceAccount pay/eod",
    ];
    assert_eq!(missing, wanted);
    let shown: Vec<String> = graph.edges.iter().map(|e| format!("{} | {} | {}", e.from, e.how, e.to)).collect();
    for edge in [
        "CronJob pay/end-of-day | reads | ConfigMap pay/shared",
        "CronJob pay/end-of-day | mounts | Secret pay/keys",
        "ExternalSecret pay/k | makes | Secret pay/keys",
        "NetworkPolicy pay/eod | isolates | CronJob pay/end-of-day",
        "NetworkPolicy pay/eod | allows to | StatefulSet data/db",
    ] {
        assert!(shown.iter().any(|s| s == edge), "{edge} is not in\n{}", shown.join("\n"));
    }
}

#[test]
fn nothing_in_a_name_is_markup() {
    let mut graph = Graph::default();
    let name = "\"]; x --> y\n</script><b>&#".to_owned();
    let node = Node {
        kind: "Chart".into(),
        name: name.clone(),
        namespace: String::new(),
        chart: "a\"]\nb".into(),
        is_missing: true,
    };
    graph.add("k".into(), node);
    graph.link("k", "k", "how\"|");
    let mermaid = report::mermaid(&graph);
    assert_eq!(mermaid.lines().count(), 6, "{mermaid}");
    assert!(!mermaid.contains("</") && !mermaid.contains("\"]; x"), "{mermaid}");
    assert_eq!(report::dot(&graph).lines().count(), 9, "{}", report::dot(&graph));
    let page = report::page("<i>", &graph).expect("the page's template is fine");
    assert!(!page.contains("</script><b>") && !page.contains("<i>"));
}
