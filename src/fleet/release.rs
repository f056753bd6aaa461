//! One release: a chart in an environment on a cluster, with all that the project file says of it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::charts::ChartHead;
use super::conventions::files_of;
use super::place::{Fault, Placed, did_you_mean};
use super::placeholders::{Meaning, Unfilled};
use super::project::{ChartEntry, Cluster, Environment, Layer, Project, Settings};
use crate::kube::rules::is_subdomain;

/// A cell of the matrix.
#[derive(Clone, Debug, Default)]
pub struct Release {
    /// The chart.
    pub chart: Arc<ChartHead>,
    /// The environment, if there is one.
    pub env: Option<Arc<str>>,
    /// The cluster with its attributes, if there is one.
    pub cluster: Option<Arc<Cluster>>,
    /// Values files over the chart's own values.yaml, weakest first; those that are absent and may be are among them.
    pub layers: Vec<LayerFile>,
    /// Namespace.
    pub namespace: Option<String>,
    /// Name; the chart's where there is none.
    pub name: Option<String>,
    /// Kubernetes version.
    pub kube_version: Option<String>,
    /// API versions besides the default ones.
    pub api_versions: Vec<String>,
}

/// One values file of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerFile {
    /// The file.
    pub file: PathBuf,
    /// What the layer is called: `prod`, `np`, `company`.
    pub layer: String,
    /// Whether the file is there.
    pub exists: bool,
}

impl Release {
    /// The name of the release.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.chart.name)
    }

    /// The namespace of the release.
    pub fn namespace(&self) -> &str {
        self.namespace.as_deref().unwrap_or("default")
    }

    /// The environment's name, if there is one.
    pub fn env(&self) -> Option<&str> {
        self.env.as_deref()
    }

    /// The cluster's name, if there is one.
    pub fn cluster(&self) -> Option<&str> {
        self.cluster.as_ref().map(|c| c.name.text.as_str())
    }

    /// Environment and cluster in short: `prod/np-aws`, `prod`; empty where there is neither.
    pub fn place(&self) -> String {
        match (self.env(), self.cluster()) {
            (Some(env), Some(cluster)) => format!("{env}/{cluster}"),
            (one, other) => one.or(other).unwrap_or_default().to_owned(),
        }
    }

    /// The values files that are there, weakest first.
    pub fn files(&self) -> impl Iterator<Item = &LayerFile> {
        self.layers.iter().filter(|l| l.exists)
    }
}

/// Where a release is, before anything of it is resolved.
#[derive(Clone, Copy, Default)]
pub(super) struct Cell<'p> {
    pub env: Option<(&'p str, &'p Environment)>,
    pub cluster: Option<&'p Arc<Cluster>>,
}

/// Resolves releases of one project, and gathers what is wrong.
pub(super) struct Resolver<'p> {
    pub project: &'p Project,
    pub faults: BTreeSet<Fault>,
}

impl<'p> Resolver<'p> {
    /// The release of a chart in a cell.
    pub fn release(&mut self, chart: &Arc<ChartHead>, entry: Option<&ChartEntry>, cell: Cell<'_>) -> Release {
        let meaning =
            Meaning { chart: &chart.name, env: cell.env.map(|(name, _)| name), cluster: cell.cluster.map(|c| &**c) };
        let environment = cell.env.map(|(_, e)| e);
        let own = meaning.env.filter(|_| entry.is_none_or(|e| !e.without_own));
        let mut layers: Vec<LayerFile> = own.into_iter().flat_map(|env| by_convention(chart, env)).collect();
        let said = [
            Some(&self.project.layers),
            environment.map(|e| &e.layers),
            cell.cluster.map(|c| &c.layers),
            entry.map(|e| &e.layers),
        ];
        for layer in said.into_iter().flatten().flatten() {
            layers.extend(self.layer(layer, &meaning));
        }
        // The most special one first.
        let settings: Vec<&Settings> = [
            entry.map(|e| &e.settings),
            cell.cluster.map(|c| &c.settings),
            environment.map(|e| &e.settings),
            Some(&self.project.settings),
        ]
        .into_iter()
        .flatten()
        .collect();
        let first = |get: fn(&Settings) -> &Option<Placed>| settings.iter().find_map(|s| get(s).as_ref());
        let (namespace, name) = (first(|s| &s.namespace), first(|s| &s.release_name));
        Release {
            chart: chart.clone(),
            env: meaning.env.map(Arc::from),
            cluster: cell.cluster.cloned(),
            layers,
            namespace: namespace.and_then(|t| self.name(t, &meaning, "a namespace", 63)),
            name: name.and_then(|t| self.name(t, &meaning, "a release's name", 53)),
            kube_version: first(|s| &s.kube_version).map(|t| t.text.clone()),
            api_versions: settings.iter().rev().flat_map(|s| s.api_versions.clone()).collect(),
        }
    }

    /// A name, filled in, which Helm would take. A namespace has no dots either, which the API server says: Argo CD makes
    /// such names of files.
    fn name(&mut self, text: &Placed, meaning: &Meaning<'_>, what: &str, longest: usize) -> Option<String> {
        let name = self.fill(text, meaning)?;
        if !is_subdomain(&name) || name.len() > longest {
            let from = if name == text.text { String::new() } else { format!(", which {:?} gives", text.text) };
            let message = format!(
                "{name:?}{from}, can't be {what}: lower case letters, digits, - and ., a letter or digit at both ends, {longest} characters at most"
            );
            self.faults.insert(self.project.fault(text.at, message));
        }
        Some(name)
    }

    fn fill(&mut self, text: &Placed, meaning: &Meaning<'_>) -> Option<String> {
        match meaning.fill(&text.text) {
            Ok(filled) => Some(filled),
            Err(e) => {
                self.faults.insert(self.project.fault(text.at, e.message()));
                None
            }
        }
    }

    fn layer(&mut self, layer: &Layer, meaning: &Meaning<'_>) -> Option<LayerFile> {
        let text = &layer.file.text;
        let path = match meaning.fill(text) {
            Ok(path) => path,
            // What is optional, and about clusters, says nothing of a release that has none.
            Err(Unfilled::Beside(_)) if layer.optional => return None,
            Err(e) => {
                self.faults.insert(self.project.fault(layer.file.at, e.message()));
                return None;
            }
        };
        let file = super::charts::plain(&self.project.dir().join(&path));
        let exists = file.is_file();
        if !exists && !layer.optional {
            let message = match file.is_dir() {
                true => format!("the values file {path} is a folder"),
                false => format!(
                    "the values file {path} does not exist{}; write {{file: {text:?}, optional: true}} if it may be absent",
                    near(&file)
                ),
            };
            self.faults.insert(self.project.fault(layer.file.at, message));
        }
        Some(LayerFile { file, layer: meaning.label(text), exists })
    }
}

/// The file beside one that isn't there which may be meant.
pub(super) fn near(file: &std::path::Path) -> String {
    let folder = file.parent().and_then(|f| std::fs::read_dir(f).ok());
    let names: Vec<String> =
        folder.into_iter().flatten().flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    let wanted = file.file_name().unwrap_or_default().to_string_lossy();
    did_you_mean(&wanted, names.iter().map(String::as_str))
}

/// The chart's own files for an environment.
pub(super) fn by_convention(chart: &ChartHead, env: &str) -> Vec<LayerFile> {
    let files = files_of(&chart.path, env).into_iter();
    files.map(|file| LayerFile { file, layer: env.to_owned(), exists: true }).collect()
}
