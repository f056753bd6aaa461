//! Definitions of custom resources that come with charts: in crds/, or rendered. What a chart's objects need of them is
//! parsed when the first object of the kind is checked, once for all environments of the chart.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use super::Checks;
use super::locate::ChartFolder;
use super::objects;
use crate::chart::Chart;
use crate::finding::{KubeObject, Text};
use crate::kube::schema::Schemas;

/// The word that every definition has.
const KIND: &str = "CustomResourceDefinition";

/// Documents that may define kinds.
#[derive(Default)]
pub struct Definitions {
    sources: Vec<Arc<Text>>,
    /// The schemas with these definitions, by version.
    schemas: OnceLock<Vec<Schemas>>,
}

/// API version and kind of objects for which there is no schema.
pub type Unknown = BTreeSet<(String, String)>;

impl Definitions {
    /// Of documents; a later one wins over an earlier one that defines the same.
    pub fn new(sources: Vec<Arc<Text>>) -> Definitions {
        Definitions { sources, schemas: OnceLock::new() }
    }

    /// The documents.
    pub fn sources(&self) -> &[Arc<Text>] {
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
        self.sources.iter().for_each(|text| crds.add(text.clone()));
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
pub fn shipped(chart: &Chart, folder: &ChartFolder<'_>) -> Vec<Arc<Text>> {
    let mut found = Vec::new();
    for file in chart.crds() {
        let text = String::from_utf8_lossy(&file.data);
        found.extend(objects::documents(&folder.file(&file.name), &text).into_iter().filter(|t| t.text.contains(KIND)));
    }
    for (_, child) in &chart.children {
        found.extend(shipped(child, folder));
    }
    found
}

/// The definitions among rendered objects.
pub fn rendered(objects: &[KubeObject]) -> impl Iterator<Item = Arc<Text>> {
    objects.iter().filter(|o| o.kind == KIND).map(|o| o.source.clone())
}
