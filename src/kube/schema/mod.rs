//! The structural half of the API server's verdict: kinds, fields, types, formats, required fields and enumerations of
//! the built-in kinds of a version of Kubernetes, and of custom resources by their definitions. What the server checks
//! beyond the schema is left to others. Start reading at [`Schemas::check`].

mod bundle;
mod crd;
mod lifecycle;
mod path;
mod problems;
mod scalars;
mod shape;
mod strict;

use std::fmt;
use std::sync::Arc;

use crate::finding::{KubeObject, Problem, Severity};
use crate::yaml::node::{Data, Node};
use bundle::Builtin;
use crd::Found;
use path::Path;
use strict::Strict;

pub use crd::{Crds, Split, check_definition, default_problem, rule_problem};
pub use shape::{ListKeys, Shape, is_namespaced};

/// The schemas of one version of Kubernetes. Can be shared between threads; what a kind needs is read when its first
/// object is checked, and clones share that.
#[derive(Clone)]
pub struct Schemas {
    builtin: Arc<Builtin>,
    crds: Option<Arc<Crds>>,
    unchecked: Option<Severity>,
}

/// A version whose schemas aren't embedded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownVersion {
    given: String,
}

impl fmt::Display for UnknownVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known: Vec<String> = embedded_versions().collect();
        write!(f, "no schemas of Kubernetes {:?} are embedded, only of {}", self.given, known.join(", "))
    }
}

/// The versions of Kubernetes whose schemas are embedded, ascending: `1.30`, …
pub fn embedded_versions() -> impl Iterator<Item = String> {
    bundle::minors().iter().map(|minor| format!("1.{minor}"))
}

impl Schemas {
    /// The schemas of a version as users write it: `1.36`, `v1.36.2`, `1.36.2+k3s1`.
    ///
    /// # Errors
    /// If the version isn't embedded.
    pub fn embedded(version: &str) -> Result<Schemas, UnknownVersion> {
        let unknown = || UnknownVersion { given: version.to_owned() };
        let minor = minor_of(version).ok_or_else(unknown)?;
        let builtin = Arc::new(Builtin::new(minor).ok_or_else(unknown)?);
        Ok(Schemas { builtin, crds: None, unchecked: Some(Severity::Error) })
    }

    /// Where custom resources are defined.
    #[must_use]
    pub fn with_crds(mut self, crds: Arc<Crds>) -> Schemas {
        self.crds = Some(crds);
        self
    }

    /// What a custom resource without a known definition is: an error unless said here; nothing at all for `None`.
    #[must_use]
    pub fn missing(mut self, severity: Option<Severity>) -> Schemas {
        self.unchecked = severity;
        self
    }

    /// The version, `1.36`.
    pub fn version(&self) -> String {
        format!("1.{}", self.builtin.minor())
    }

    /// The minor version.
    pub fn minor(&self) -> u32 {
        self.builtin.minor()
    }

    /// Whether objects of a kind live in namespaces; nothing for kinds that aren't known.
    pub fn is_namespaced(&self, api_version: &str, kind: &str) -> Option<bool> {
        if let Some(found) = bundle::kind(api_version, kind).filter(|k| self.builtin.is_in(k.served)) {
            return Some(found.namespaced);
        }
        match &*self.crds.as_ref()?.find(api_version, kind) {
            Found::Resource(resource) => Some(resource.namespaced),
            _ => None,
        }
    }

    /// What is wrong with an object, in the order of its fields. Of CustomResourceDefinitions only the types of their
    /// fields are looked at: see [`check_definition`].
    pub fn check(&self, object: &KubeObject) -> Vec<Problem> {
        let mut found = Vec::new();
        for duplicate in &object.document.duplicates {
            let message = format!("duplicate field {:?}", duplicate.path);
            let mut problem = Problem::new("schema/duplicate-key", Severity::Error, duplicate.path.clone(), message);
            problem.remedy =
                Some("the server refuses it, and kubectl sends only the last one; keep one of them".into());
            found.push(problem);
        }
        self.root(object.root(), &Path::Root, None, &mut found);
        found
    }

    /// Checks an object that stands in a document or in a list's items; items of typed lists may leave out their type.
    fn root(&self, node: &Node, path: &Path<'_>, item_of: Option<(&str, &str)>, found: &mut Vec<Problem>) {
        let Data::Map(_) = &node.data else {
            return found.push(problems::wrong_type(path, node, "object"));
        };
        let before = found.len();
        let api_version = head(node, "apiVersion", "apiVersion", path, item_of.map(|l| l.0), found);
        let kind = head(node, "kind", "Kind", path, item_of.map(|l| l.1), found);
        let (Some(api_version), Some(kind)) = (api_version, kind) else { return };
        if found.len() > before {
            return;
        }
        if let Some(items) = list_items(node, kind) {
            let item = kind.strip_suffix("List").filter(|k| !k.is_empty()).map(|k| (api_version, k));
            let path = path.key("items");
            for (i, node) in items.iter().enumerate() {
                self.root(node, &path.index(i), item, found);
            }
            return;
        }
        self.object(node, api_version, kind, path, found);
    }

    fn object(&self, node: &Node, api_version: &str, kind: &str, path: &Path<'_>, found: &mut Vec<Problem>) {
        match bundle::kind(api_version, kind).filter(|k| self.builtin.is_in(k.served)) {
            Some(builtin) => {
                found.extend(lifecycle::deprecation(&self.builtin, builtin, path));
                if let Some(def) = self.builtin.def(builtin.def) {
                    Strict::new(&self.builtin, found).object(def, node, path);
                }
            }
            None => self.custom(node, api_version, kind, path, found),
        }
    }

    fn custom(&self, node: &Node, api_version: &str, kind: &str, path: &Path<'_>, found: &mut Vec<Problem>) {
        let unknown = || lifecycle::unknown(&self.builtin, api_version, kind, self.unchecked, path);
        let Some(crds) = &self.crds else { return found.extend(unknown()) };
        match &*crds.find(api_version, kind) {
            Found::Unknown => found.extend(unknown()),
            Found::Resource(resource) => resource.check(&self.builtin, node, path, found),
            Found::OtherVersions(versions) => found.push(lifecycle::other_versions(api_version, kind, versions, path)),
            Found::Broken(why) => {
                let message = format!("the definition of {api_version} {kind} can't be used: {why}");
                found.extend(self.unchecked.map(|s| Problem::new("schema/unchecked", s, path.text(), message)));
            }
        }
    }
}

/// The items of a list of objects; a kind that merely ends in `List` has none.
fn list_items<'n>(node: &'n Node, kind: &str) -> Option<&'n [Node]> {
    match node.get("items").map(|n| &n.data) {
        Some(Data::List(items)) if kind.ends_with("List") => Some(items),
        _ => None,
    }
}

/// A text at the head of an object, or what stands in for it.
fn head<'n>(
    node: &'n Node,
    key: &str,
    name: &str,
    path: &Path<'_>,
    default: Option<&'n str>,
    found: &mut Vec<Problem>,
) -> Option<&'n str> {
    let given = node.get(key).filter(|n| !n.is_null());
    match (given, given.and_then(Node::as_str), default) {
        (_, Some(text), _) if !text.is_empty() => Some(text),
        (Some(other), None, _) => {
            found.push(problems::wrong_type(&path.key(key), other, "string"));
            None
        }
        (_, _, Some(default)) => Some(default),
        _ => {
            found.push(problems::error("schema/missing-kind", path, format!("Object '{name}' is missing")));
            None
        }
    }
}

/// The minor version in `1.36`, `v1.36.2` and the like.
pub fn minor_of(version: &str) -> Option<u32> {
    let rest = version.strip_prefix('v').unwrap_or(version).strip_prefix("1.")?;
    let end = rest.find(['.', '+', '-']).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

#[cfg(test)]
mod tests;
