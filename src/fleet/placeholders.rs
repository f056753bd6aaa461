//! `{chart}`, `{env}`, `{cluster}` and the clusters' attributes in paths and names.

use std::collections::BTreeSet;

use super::place::did_you_mean;
use super::project::{Cluster, Project};

/// What placeholders stand for in one release.
pub struct Meaning<'a> {
    /// `{chart}`
    pub chart: &'a str,
    /// `{env}`
    pub env: Option<&'a str>,
    /// `{cluster}` and its attributes.
    pub cluster: Option<&'a Cluster>,
}

/// Why a text can't be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfilled {
    /// A release without environment or cluster has nothing to put there.
    Beside(String),
    /// The cluster lacks the attribute that others have.
    Lacking(String),
}

impl Unfilled {
    /// The words.
    pub fn message(self) -> String {
        match self {
            Unfilled::Beside(m) | Unfilled::Lacking(m) => m,
        }
    }
}

/// The placeholders of a text, in order. One that is not closed is no placeholder.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name)
}

/// What is wrong with the placeholders of a text, given all that there are.
pub fn check(text: &str, known: &BTreeSet<&str>) -> Option<String> {
    if text.matches('{').count() != text.matches('}').count() {
        return Some(format!("{text:?} has a brace too many, or one that isn't closed"));
    }
    let name = names(text).find(|n| !known.contains(n))?;
    let near = did_you_mean(name, known.iter().copied());
    let all = known.iter().copied().collect::<Vec<_>>().join(", ");
    Some(format!(
        "{{{name}}} in {text:?} is no placeholder{near} (known: {all}; attributes of clusters are placeholders)"
    ))
}

/// All placeholders that a project has.
pub fn known(project: &Project) -> BTreeSet<&str> {
    let clusters = project.environments.values().flat_map(|e| &e.clusters);
    let attributes = clusters.flat_map(|c| c.attributes.keys().map(String::as_str));
    attributes.chain(["chart", "env", "cluster"]).collect()
}

impl Meaning<'_> {
    /// Fills in a text that was checked.
    ///
    /// # Errors
    /// As [`Unfilled`] says.
    pub fn fill(&self, text: &str) -> Result<String, Unfilled> {
        let mut out = text.to_owned();
        for name in names(text) {
            let value = self.value(name).ok_or_else(|| self.unfilled(name, text))?;
            out = out.replace(&format!("{{{name}}}"), value);
        }
        Ok(out)
    }

    /// What a layer is called in answers: the last placeholder but the chart, or the file's name.
    pub fn label(&self, text: &str) -> String {
        let last = names(text).filter(|n| *n != "chart").last();
        if let Some(value) = last.and_then(|name| self.value(name)) {
            return value.to_owned();
        }
        let name = text.rsplit('/').next().unwrap_or(text);
        name.split('.').next().unwrap_or(name).to_owned()
    }

    fn value(&self, name: &str) -> Option<&str> {
        let value = match name {
            "chart" => Some(self.chart),
            "env" => self.env,
            "cluster" => self.cluster.map(|c| c.name.text.as_str()),
            _ => self.cluster.and_then(|c| c.attributes.get(name)).map(|a| a.text.as_str()),
        };
        value.filter(|v| !v.is_empty())
    }

    fn unfilled(&self, name: &str, text: &str) -> Unfilled {
        match (name, self.cluster) {
            ("env", _) => Unfilled::Beside(format!("{{env}} in {text:?} has no value without an environment")),
            (_, None) => Unfilled::Beside(format!(
                "{{{name}}} in {text:?} has no value without a cluster{}",
                self.env.map(|e| format!(", and environment {e} has none")).unwrap_or_default()
            )),
            (_, Some(cluster)) => Unfilled::Lacking(format!(
                "{{{name}}} in {text:?} has no value: cluster {} has no {name}",
                cluster.name.text
            )),
        }
    }
}
