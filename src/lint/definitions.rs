//! Definitions of custom resources that come with charts: in crds/, or rendered. What a chart's objects need of them is
//! parsed when the first object of the kind is checked, once for all environments of the chart.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use super::Checks;
use super::locate::ChartFolder;
use super::objects;
use crate::blob::Blob;
use crate::chart::{Chart, File};
use crate::finding::{KubeObject, Text};
use crate::kube::schema::Schemas;

/// The word that every definition has.
const KIND: &str = "CustomResourceDefinition";

/// What may define kinds.
#[derive(Clone)]
pub enum Source {
    /// One document.
    Document(Arc<Text>),
    /// A file by its name, not looked at yet.
    File(Arc<str>, Blob),
}

impl Source {
    /// Whether a word stands in it.
    pub fn has(&self, word: &str) -> bool {
        match self {
            Source::Document(text) => text.text.contains(word),
            Source::File(_, data) => memchr::memmem::find(data, word.as_bytes()).is_some(),
        }
    }

    /// The documents that may be definitions.
    pub fn documents(&self) -> Vec<Arc<Text>> {
        match self {
            Source::Document(text) => vec![text.clone()],
            Source::File(name, data) => definitions_in(name, data),
        }
    }
}

/// All that may define kinds.
#[derive(Default)]
pub struct Definitions {
    sources: Vec<Source>,
    /// The schemas with these definitions, by version.
    schemas: OnceLock<Vec<Schemas>>,
}

/// API version and kind of objects for which there is no schema.
pub type Unknown = BTreeSet<(String, String)>;

impl Definitions {
    /// Of documents and files; a later one wins over an earlier one that defines the same.
    pub fn new(sources: Vec<Source>) -> Definitions {
        Definitions { sources, schemas: OnceLock::new() }
    }

    /// The documents and files.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// The schemas of all versions with these definitions and those among the objects.
    pub(super) fn schemas<'a>(&'a self, checks: &'a Checks, objects: &[KubeObject]) -> Cow<'a, [Schemas]> {
        if objects.iter().any(|o| o.kind == KIND) {
            return Cow::Owned(self.compile(checks, objects));
        }
        match self.sources.is_empty() {
            true => Cow::Borrowed(&checks.schemas),
            false => Cow::Borrowed(self.schemas.get_or_init(|| self.compile(checks, &[]))),
        }
    }

    fn compile(&self, checks: &Checks, objects: &[KubeObject]) -> Vec<Schemas> {
        let mut crds = checks.known_to_all();
        for source in &self.sources {
            match source {
                Source::Document(text) => crds.add(text.clone()),
                Source::File(name, data) => {
                    let name = name.clone();
                    crds.add_file(data.clone(), Box::new(move |data| definitions_in(&name, data)));
                }
            }
        }
        objects.iter().for_each(|o| crds.add_object(o));
        let crds = Arc::new(crds);
        checks.schemas.iter().map(|s| s.clone().with_crds(crds.clone())).collect()
    }

    /// Whether any of some kinds is defined here.
    pub fn define(&self, checks: &Checks, unknown: &Unknown) -> bool {
        let schemas = self.schemas(checks, &[]);
        unknown.iter().any(|(version, kind)| schemas.iter().any(|s| s.is_namespaced(version, kind).is_some()))
    }
}

/// The kinds of objects that no version of Kubernetes has and nobody has defined.
pub fn unknown(schemas: &[Schemas], objects: &[KubeObject]) -> Unknown {
    let is_unknown = |o: &&KubeObject| schemas.iter().all(|s| s.is_namespaced(&o.api_version, &o.kind).is_none());
    let found = objects.iter().filter(|_| !schemas.is_empty()).filter(is_unknown);
    found.map(|o| (o.api_version.clone(), o.kind.clone())).collect()
}

/// The definitions in crds/ of a chart and its subcharts. Broken ones are findings where they are rendered; here they
/// only fail to define anything.
pub fn shipped(chart: &Chart, folder: &ChartFolder<'_>) -> Vec<Source> {
    let file = |f: &File| Source::File(folder.file(&f.name).into(), f.data.clone());
    let mut found: Vec<Source> = chart.crds().map(file).collect();
    for (_, child) in &chart.children {
        found.extend(shipped(child, folder));
    }
    found
}

/// The documents of a file that may be definitions.
fn definitions_in(name: &str, data: &Blob) -> Vec<Arc<Text>> {
    let mut found = objects::documents(name, &String::from_utf8_lossy(data));
    found.retain(|t| t.text.contains(KIND));
    found
}

/// The definitions among rendered objects.
pub fn rendered(objects: &[KubeObject]) -> impl Iterator<Item = Source> {
    objects.iter().filter(|o| o.kind == KIND).map(|o| Source::Document(o.source.clone()))
}
