//! What a check says of an object: problems as the families of checks find them, findings as reports show them.
//! Start reading at [`Problem`].

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::span::line_column;
use crate::yaml::node::{Document, Node, path_steps};

/// How bad it is. Ordered: an error is more than a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Should be mended.
    Warning,
    /// Must be mended.
    Error,
}

/// What a rule says of one object; where that is, is found by the object and the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The rule's identity, for instance `schema/unknown-field` or `fintech/no-latest-tag`.
    pub rule: Cow<'static, str>,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence that says what is wrong.
    pub message: String,
    /// The field as Kubernetes writes paths, `spec.containers[0].image`; empty for the object as a whole.
    pub path: String,
    /// What to do, where the rule knows it.
    pub remedy: Option<Cow<'static, str>>,
    /// Where to read more.
    pub url: Option<Cow<'static, str>>,
}

impl Problem {
    /// A problem with nothing but its words.
    pub fn new(
        rule: impl Into<Cow<'static, str>>,
        severity: Severity,
        path: impl Into<String>,
        message: impl Into<String>,
    ) -> Problem {
        let (rule, path, message) = (rule.into(), path.into(), message.into());
        Problem { rule, severity, message, path, remedy: None, url: None }
    }
}

/// A text that objects were read from.
#[derive(Clone, Debug)]
pub struct Text {
    /// Name of the file, for instance `ledger/templates/deployment.yaml`.
    pub name: String,
    /// Line of the file, from 1, on which `text` begins.
    pub line: usize,
    /// One document.
    pub text: String,
}

/// A Kubernetes object as a manifest says it. Can be shared between threads.
#[derive(Clone, Debug)]
pub struct KubeObject {
    /// Where it was read.
    pub source: Arc<Text>,
    /// `apiVersion`, empty if absent or no string.
    pub api_version: String,
    /// `kind`, likewise.
    pub kind: String,
    /// `metadata.name`, likewise.
    pub name: String,
    /// `metadata.namespace`, likewise; the release's namespace is not filled in.
    pub namespace: String,
    /// All of it, with positions in `source.text`.
    pub document: Arc<Document>,
}

impl KubeObject {
    /// Takes the head out of a document.
    pub fn new(source: Arc<Text>, document: Document) -> KubeObject {
        let text = |keys: &[&str]| document.root.at(keys).and_then(Node::as_str).unwrap_or_default().to_owned();
        KubeObject {
            source,
            api_version: text(&["apiVersion"]),
            kind: text(&["kind"]),
            name: text(&["metadata", "name"]),
            namespace: text(&["metadata", "namespace"]),
            document: Arc::new(document),
        }
    }

    /// The object's root.
    pub fn root(&self) -> &Node {
        &self.document.root
    }

    /// The keys that lead to the Pod that it makes others of, none to one that is a Pod; nothing for other kinds.
    pub fn template_keys(&self) -> Option<&'static [&'static str]> {
        match self.kind.as_str() {
            "Pod" => Some(&[]),
            "CronJob" => Some(&["spec", "jobTemplate", "spec", "template"]),
            "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job" | "Rollout" | "DeploymentConfig" => {
                Some(&["spec", "template"])
            }
            _ => None,
        }
    }

    /// The Pod that it makes others of, or that it is: a node with `metadata` and `spec`.
    pub fn template(&self) -> Option<&Node> {
        self.root().at(self.template_keys()?)
    }

    /// The group of `apiVersion`, empty for the core group.
    pub fn group(&self) -> &str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }

    /// The version of `apiVersion`.
    pub fn version(&self) -> &str {
        self.api_version.split_once('/').map_or(&self.api_version, |(_, version)| version)
    }

    /// Line in the file and column, both from 1, of a field, or of the closest one above it that exists.
    pub fn place(&self, path: &str) -> (usize, usize) {
        let (offset, _) = self.root().locate(&path_steps(path));
        self.place_at(offset)
    }

    /// Line in the file and column, both from 1, of a byte offset in the document.
    pub fn place_at(&self, offset: u32) -> (usize, usize) {
        let (line, column) = line_column(self.source.text.as_bytes(), offset as usize);
        (self.source.line + line - 1, column)
    }
}

/// A place in a file; line and column from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Spot {
    /// The file, relative to the working directory where it is below it.
    pub file: String,
    /// Line.
    pub line: usize,
    /// Column, in bytes.
    pub column: usize,
}

/// The line of a values file that an offending field came from.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct ValuesSpot {
    /// Path of the key, `image.tag`.
    pub key: String,
    /// The file, line and column.
    #[serde(flatten)]
    pub spot: Spot,
}

/// The object that a finding is about; all empty where it is about a chart or a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// `apiVersion`
    pub api_version: String,
    /// `kind`
    pub kind: String,
    /// `metadata.namespace`, or the release's.
    pub namespace: String,
    /// `metadata.name`
    pub name: String,
}

impl std::fmt::Display for Resource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.namespace.as_str() {
            "" => write!(f, "{}/{}", self.kind, self.name),
            namespace => write!(f, "{}/{} in {namespace}", self.kind, self.name),
        }
    }
}

/// Where a finding holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Scope {
    /// The environment, empty where there is none.
    pub env: String,
    /// The cluster, empty where there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cluster: String,
    /// The version of Kubernetes, empty for rules that don't depend on it.
    pub kube_version: String,
}

impl Scope {
    /// Of a release, by its environment and cluster in short, as [`Scope::place`] writes them.
    pub fn at(place: &str) -> Scope {
        let (env, cluster) = place.split_once('/').unwrap_or((place, ""));
        Scope { env: env.to_owned(), cluster: cluster.to_owned(), kube_version: String::new() }
    }

    /// Environment and cluster in short: `prod/np-aws`, `prod`; empty where there is neither.
    pub fn place(&self) -> String {
        match self.cluster.as_str() {
            "" => self.env.clone(),
            cluster => format!("{}/{cluster}", self.env),
        }
    }
}

/// Why a finding doesn't count.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Waived {
    /// The reason that was written down.
    pub reason: String,
    /// `waiver`, `annotation` or `baseline`.
    pub by: &'static str,
}

/// A problem with all that a report says of it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The rule's identity, for instance `schema/unknown-field`.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence that says what is wrong.
    pub message: String,
    /// Where a person looks first: the template's line, or that of the manifest or file itself.
    #[serde(flatten)]
    pub spot: Spot,
    /// The field as Kubernetes writes paths; empty for the whole.
    pub path: String,
    /// The object.
    pub resource: Resource,
    /// The place in a template that wrote the field.
    pub template: Option<Spot>,
    /// The values line that a person edits.
    pub values: Option<ValuesSpot>,
    /// The chart's folder or archive, empty for plain manifests.
    pub chart: String,
    /// The first environment it holds in.
    pub env: String,
    /// All it holds in, sorted.
    pub scopes: Vec<Scope>,
    /// What to do.
    pub remedy: Option<String>,
    /// Where to read more.
    pub url: Option<String>,
    /// Stable identity over moved lines: a hash in hexadecimal.
    pub fingerprint: String,
    /// Why it doesn't count, if it doesn't; such a one is in no report that is read again.
    #[serde(skip_deserializing)]
    pub waived: Option<Waived>,
}

impl Finding {
    /// Where it holds, in words: `prod, staging/np-aws from 1.35 on`; empty where that says nothing. `places` are all
    /// that were looked at, environments with their clusters: one of which all clusters are meant goes without them.
    pub fn scope_text(&self, places: &[String], versions: &[String]) -> String {
        let held: BTreeSet<String> = self.scopes.iter().map(Scope::place).filter(|s| !s.is_empty()).collect();
        let kube: BTreeSet<&String> = self.scopes.iter().map(|s| &s.kube_version).filter(|s| !s.is_empty()).collect();
        let mut text = String::new();
        if !held.is_empty() && places.len() > 1 {
            text = match held.len() == places.len() {
                true => "in all environments".into(),
                false => format!("in {}", whole_environments(&held, places).join(", ")),
            };
        }
        if kube.is_empty() || kube.len() == versions.len() {
            return text;
        }
        let holds: Vec<bool> = versions.iter().map(|v| kube.contains(v)).collect();
        let first = holds.iter().position(|h| *h);
        let names: Vec<&str> = kube.iter().map(|v| v.as_str()).collect();
        let version = match first {
            Some(n) if holds[n..].iter().all(|h| *h) => format!("from {} on", versions[n]),
            _ => format!("with {}", names.join(", ")),
        };
        if text.is_empty() { version } else { format!("{text}, {version}") }
    }
}

/// The places, an environment of which all clusters are among them by its name alone.
fn whole_environments(held: &BTreeSet<String>, places: &[String]) -> Vec<String> {
    let env = |place: &str| place.split_once('/').map_or(place, |(env, _)| env).to_owned();
    let is_whole = |name: &str| places.iter().filter(|p| env(p) == name).all(|p| held.contains(p));
    let mut names: Vec<String> =
        held.iter().map(|place| Some(env(place)).filter(|e| is_whole(e)).unwrap_or_else(|| place.clone())).collect();
    names.dedup();
    names
}
