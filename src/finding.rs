//! What a check says of an object: problems as the families of checks find them, findings as reports show them.
//! Start reading at [`Problem`].

use std::borrow::Cow;
use std::sync::Arc;

use crate::span::line_column;
use crate::yaml::node::{Document, Node, path_steps};

/// How bad it is. Ordered: an error is more than a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
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
