//! The charts of this repository in every environment and cluster: what the real Helm prints (testdata/fleet/helm.txt,
//! written by .ci/fleet.py), and what it is that makes a cluster passive.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use sha2::{Digest, Sha256};

/// A line of helm.txt.
struct Release {
    helm4: String,
    helm3: String,
    path: String,
    cluster: String,
    namespace: String,
    kube_version: String,
    files: Vec<String>,
}

fn releases() -> Vec<Release> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/fleet/helm.txt");
    let text = std::fs::read_to_string(file).expect("helm.txt");
    let release = |line: &str| {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let [helm4, helm3, path, _, cluster, namespace, kube_version, files] =
            <[String; 8]>::try_from(words).expect("eight words");
        let files = files.split(',').map(str::to_owned).collect();
        Release { helm4, helm3, path, cluster, namespace, kube_version, files }
    };
    text.lines().map(release).collect()
}

/// What `plimsoll template` prints with the release's layers and those of `more`.
fn template(release: &Release, helm: &str, more: &[&str]) -> String {
    let name = release.path.rsplit('/').next().unwrap_or_default();
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["template", name, &release.path]);
    command.args(["--namespace", &release.namespace, "--kube-version", &release.kube_version, "--helm-version", helm]);
    for file in release.files.iter().map(String::as_str).chain(more.iter().copied()) {
        command.args(["--values", file]);
    }
    let output = command.output().expect("the program starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{} in {}: {said}", release.path, release.cluster);
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn differs_from_helm(release: &Release) -> Option<String> {
    for (helm, expected) in [("4", &release.helm4), ("3", &release.helm3)] {
        let found = Sha256::digest(template(release, helm, &[]));
        let found: String = found.iter().map(|b| format!("{b:02x}")).collect();
        if found != *expected {
            return Some(format!("{} in {}, Helm {helm}", release.path, release.cluster));
        }
    }
    None
}

#[test]
fn every_release_is_what_helm_prints() {
    let all = releases();
    assert!(all.len() >= 66, "{}", all.len());
    let (left, right) = all.split_at(all.len() / 2);
    let differing: Vec<String> = std::thread::scope(|s| {
        let halves = [left, right].map(|h| s.spawn(move || h.iter().filter_map(differs_from_helm).collect::<Vec<_>>()));
        halves.into_iter().flat_map(|h| h.join().expect("the half is rendered")).collect()
    });
    assert!(differing.is_empty(), "{differing:#?}");
}

/// The lines but for those that say how much runs; which of those there are is added to `kinds`.
fn without_size(text: &str, kinds: &mut BTreeSet<String>) -> Vec<String> {
    const PAUSED: &str = "autoscaling.keda.sh/paused-replicas";
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let key = line.trim_start().split(": ").next().unwrap_or_default();
        match key {
            "replicas" | "minReplicas" | "suspend" => lines.push(format!("{key}: …")),
            PAUSED => {
                kinds.insert(PAUSED.into());
                // Nothing else annotates a ScaledObject.
                assert_eq!(lines.pop().as_deref(), Some("  annotations:"), "{line}");
            }
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

#[test]
fn nothing_but_size_makes_a_cluster_passive() {
    let (mut sizes, mut paused) = (0, BTreeSet::new());
    for active in releases().iter().filter(|r| r.cluster == "np-aws") {
        let serving = template(active, "4", &[]);
        let standing_by = template(active, "4", &["environments/roles/passive.yaml"]);
        sizes += usize::from(serving != standing_by);
        assert_eq!(
            without_size(&serving, &mut paused),
            without_size(&standing_by, &mut paused),
            "{} is something else where it is passive",
            active.path
        );
    }
    assert!(sizes >= 6 && paused.len() == 1, "{sizes} charts, {paused:?}");
}

#[test]
fn one_layer_promotes_a_passive_cluster() {
    let all = releases();
    // The two clusters of a country, by the words that only name them.
    let pairs = [
        ("np-aws", "np-gcp", [("np-gcp", "np-aws"), ("asia-south1", "ap-south-1"), ("gcp", "aws")]),
        ("id-gcp", "id-aws", [("id-aws", "id-gcp"), ("ap-southeast-3", "asia-southeast2"), ("aws", "gcp")]),
    ];
    for (active, passive, words) in pairs {
        for release in all.iter().filter(|r| r.cluster == active) {
            let twin = all.iter().find(|r| r.cluster == passive && r.path == release.path).expect("a twin");
            let mut promoted = template(twin, "4", &["environments/roles/active.yaml"]);
            for (from, to) in words {
                promoted = promoted.replace(from, to);
            }
            let mut serving = template(release, "4", &[]);
            for (from, to) in words {
                serving = serving.replace(from, to);
            }
            assert_eq!(promoted, serving, "{} in {passive}, promoted", release.path);
        }
    }
}

#[test]
fn a_misspelt_key_is_refused() {
    for (chart, key) in [
        ("wallet-api", "api.keda.minReplcas=3"),
        ("web", "php.childern=3"),
        ("settlement", "jobs.netting.shedule=x"),
        ("core-banking", "transfers.imgae.tag=1"),
        ("notifications", "channels.sms.kedda.minReplicas=1"),
        ("merchant-portal", "backend.ressources.limits.memory=1Gi"),
        ("ledger", "config.loglevel=info"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
        let path = format!("charts/{chart}");
        command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["template", chart, &path, "--set", key]);
        let output = command.output().expect("the program starts");
        let said = String::from_utf8_lossy(&output.stderr);
        let last =
            key.split('=').next().and_then(|k| k.split('.').find(|k| said.contains(&format!("'{k}' not allowed"))));
        assert!(!output.status.success() && last.is_some(), "{chart} {key}: {said}");
    }
}
