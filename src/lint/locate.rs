//! Where a person mends a problem: the template's line that wrote the field, and the line of values behind it.

use std::path::{Path, PathBuf};

use crate::explain::{Map, OriginKind, Place};
use crate::finding::{KubeObject, Spot, ValuesSpot};
use crate::manifest::Manifest;
use crate::yaml::node::{Node, Step, path_steps};

/// What is known of one rendered chart.
pub struct Origins<'a> {
    /// The map of the render.
    pub map: &'a Map,
    /// The chart's name, with which its templates' names begin.
    pub chart: &'a str,
    /// The chart's folder.
    pub folder: &'a Path,
    /// The working folder, which paths are shown relative to.
    pub current: &'a Path,
}

/// Where a field comes from.
pub struct Origin {
    /// The template's place, where one is known.
    pub template: Option<Spot>,
    /// The values line, where there is one.
    pub values: Option<ValuesSpot>,
}

impl Origins<'_> {
    /// Where the field of a problem comes from; of a field that isn't there, where what should hold it does.
    pub fn of(&self, object: &KubeObject, manifest: &Manifest, path: &str) -> Origin {
        let (start, end) = range(object.root(), &path_steps(path), &manifest.content);
        let found = self.map.bytes(manifest, start..end);
        let template = found.template.as_ref().map(|p| self.spot(p));
        let origin = found.values.iter().find(|o| o.kind == OriginKind::Value && o.place.is_some());
        let values =
            origin.and_then(|o| Some(ValuesSpot { key: o.key.to_string(), spot: self.spot(o.place.as_ref()?) }));
        Origin { template, values }
    }

    fn spot(&self, place: &Place) -> Spot {
        let file = match place.file.strip_prefix(self.chart).and_then(|rest| rest.strip_prefix('/')) {
            // A template is named as Helm names it; it is a file where no archive is in between.
            Some(rest) if self.folder.join(rest).is_file() => relative(&self.folder.join(rest), self.current),
            _ => relative(Path::new(&*place.file), self.current),
        };
        Spot { file, line: place.line, column: place.column }
    }
}

/// A path as people and programs want to see it: from the working folder, where it is below that.
pub fn relative(path: &Path, current: &Path) -> String {
    let below = path.strip_prefix(current).map(Path::to_owned).unwrap_or_else(|_| PathBuf::from(path));
    below.to_string_lossy().into_owned()
}

/// The bytes of a field's line: from its key or item, or from what it would stand in, to the end of that line.
fn range(root: &Node, steps: &[Step], text: &str) -> (usize, usize) {
    let (offset, _) = root.locate(steps);
    let start = (offset as usize).min(text.len());
    let end = text[start..].find('\n').map_or(text.len(), |n| start + n);
    (start, end)
}
