//! Rendered text to manifests: splitting documents, the order of kinds, hooks (helm v4.3.1 and v3.22.0
//! `pkg/release/v1/util/{manifest,manifest_sorter,kind_sorter}.go`).

use crate::value::{HelmVersion, is_space};
use crate::yaml::{Head, YamlError, head};

/// A document with what is known of it.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The template it came from: `chart/templates/x.yaml`.
    pub path: String,
    /// Its text, as Helm keeps it.
    pub content: String,
    /// Where the text begins in what the template printed.
    pub start: usize,
    /// Its head.
    pub head: Head,
}

/// What a file's documents are.
#[derive(Clone, Debug, Default)]
pub struct Sorted {
    /// Ordinary manifests.
    pub manifests: Vec<Manifest>,
    /// Hooks, each with its events.
    pub hooks: Vec<(Manifest, Vec<&'static str>)>,
    /// Values of hook annotations that name no event: their manifests are dropped.
    pub unknown_hooks: Vec<String>,
}

/// Splits a text into documents as a Helm does; blank ones are dropped.
pub fn split(text: &str, helm: HelmVersion) -> Vec<&str> {
    match helm {
        HelmVersion::V3 => split_v3(text),
        HelmVersion::V4 => split_v4(text),
    }
}

/// `(?:^|\s*\n)---\s*` on the trimmed text, every piece trimmed.
fn split_v3(text: &str) -> Vec<&str> {
    let text = text.trim_matches(is_space);
    let mut out = Vec::new();
    let ascii = |c: char| matches!(c, '\t' | '\n' | '\u{c}' | '\r' | ' ');
    let mut push = |piece: &'_ str, range: std::ops::Range<usize>| {
        if !piece.trim_matches(is_space).is_empty() {
            out.push(range);
        }
    };
    let skip = |at: usize| text.len() - text[at..].trim_start_matches(ascii).len();
    let mut start = if text.starts_with("---") { skip(3) } else { 0 };
    let mut from = start;
    while let Some(n) = memchr::memmem::find(&text.as_bytes()[from..], b"\n---") {
        let at = from + n;
        push(&text[start..at], start..at);
        start = skip(at + 4);
        from = start;
    }
    push(&text[start..], start..text.len());
    out.into_iter().map(|r| text[r].trim_matches(is_space)).collect()
}

/// `(?m)^---[ \t]*`, every piece trimmed at its start only.
fn split_v4(text: &str) -> Vec<&str> {
    let text = text.trim_start_matches(is_space);
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut start = 0;
    let mut at = 0;
    loop {
        let line = if at == 0 && bytes.starts_with(b"---") && start == 0 {
            Some(0)
        } else {
            memchr::memchr_iter(b'\n', &bytes[at..])
                .find(|n| bytes[at + n + 1..].starts_with(b"---"))
                .map(|n| at + n + 1)
        };
        let piece = &text[start..line.unwrap_or(text.len())];
        let trimmed = piece.trim_start_matches(is_space);
        if !trimmed.is_empty() {
            out.push(trimmed);
        }
        let Some(line) = line else { return out };
        let rest = &text[line + 3..];
        start = text.len() - rest.trim_start_matches([' ', '\t']).len();
        at = line + 3;
    }
}

const EVENTS: &[(&str, &str)] = &[
    ("pre-install", "pre-install"),
    ("post-install", "post-install"),
    ("pre-delete", "pre-delete"),
    ("post-delete", "post-delete"),
    ("pre-upgrade", "pre-upgrade"),
    ("post-upgrade", "post-upgrade"),
    ("pre-rollback", "pre-rollback"),
    ("post-rollback", "post-rollback"),
    ("test", "test"),
    ("test-success", "test"),
];

/// Splits one rendered file, reads the heads, tells hooks from manifests.
///
/// # Errors
/// For a document that is no YAML.
pub fn sort_file(path: &str, text: &str, helm: HelmVersion) -> Result<Sorted, YamlError> {
    let mut sorted = Sorted::default();
    for content in split(text, helm) {
        let head = head(content.as_bytes(), helm)?;
        // The piece is a part of the text.
        let start = content.as_ptr() as usize - text.as_ptr() as usize;
        let manifest = Manifest { path: path.to_owned(), content: content.to_owned(), start, head };
        let hook = manifest
            .head
            .annotations
            .as_ref()
            .and_then(|a| a.iter().find(|(k, _)| k == "helm.sh/hook"))
            .map(|(_, v)| v.clone());
        let Some(hook) = hook else {
            sorted.manifests.push(manifest);
            continue;
        };
        let events: Option<Vec<&'static str>> = hook
            .split(',')
            .map(|e| {
                let e = e.trim_matches(is_space).to_lowercase();
                EVENTS.iter().find(|(name, _)| *name == e).map(|(_, event)| *event)
            })
            .collect();
        match events {
            Some(events) => sorted.hooks.push((manifest, events)),
            None => sorted.unknown_hooks.push(hook),
        }
    }
    Ok(sorted)
}

/// Kinds in the order of their installation.
const INSTALL_ORDER: &[&str] = &[
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
];

/// Kinds that Helm 4 adds at the end.
const INSTALL_ORDER_V4: &[&str] = &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// What manifests are sorted by: known kinds in their order, then the others by name.
pub fn kind_order(kind: &str, helm: HelmVersion) -> (usize, &str) {
    let known = INSTALL_ORDER.iter().position(|k| *k == kind).or_else(|| {
        let last = INSTALL_ORDER_V4.iter().position(|k| *k == kind)?;
        (helm == HelmVersion::V4).then_some(INSTALL_ORDER.len() + last)
    });
    match known {
        Some(n) => (n, ""),
        None => (usize::MAX, kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_split_as_either_helm_splits_them() {
        let text = "\n\n# lead\nkind: A\n\n\n---\n\nkind: B   \n   \n--- \n# only\n---\n\n";
        assert_eq!(split(text, HelmVersion::V3), ["# lead\nkind: A", "kind: B", "# only"]);
        assert_eq!(split(text, HelmVersion::V4), ["# lead\nkind: A\n\n\n", "kind: B   \n   \n", "# only\n"]);
        assert_eq!(split("---\n---\na: 1", HelmVersion::V3), ["---\na: 1"]);
        assert_eq!(split("-----BEGIN\nx", HelmVersion::V4), ["--BEGIN\nx"]);
        assert!(split("---\n", HelmVersion::V4).is_empty());
    }
}
