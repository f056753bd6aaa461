//! Where a person mends a problem: the template's line that wrote the field, and the line of values behind it.

use std::path::Path;

use crate::explain::{Map, OriginKind, Place};
use crate::finding::{KubeObject, Spot, ValuesSpot};
use crate::manifest::Manifest;
use crate::yaml::node::{Node, Step, path_steps};

/// A chart's folder, and how the files in it are shown.
#[derive(Clone, Debug)]
pub struct ChartFolder<'a> {
    /// How the chart itself is shown.
    pub label: String,
    name: &'a str,
    folder: &'a Path,
    current: &'a Path,
}

impl<'a> ChartFolder<'a> {
    /// Of a chart with this name in a folder (or archive), shown to somebody in the working folder. Both paths are
    /// absolute.
    pub fn new(name: &'a str, folder: &'a Path, current: &'a Path) -> ChartFolder<'a> {
        ChartFolder { label: relative(folder, current), name, folder, current }
    }

    /// A file by its path from the chart's folder on, `templates/a.yaml`, or by its whole path.
    pub fn file(&self, path: &str) -> String {
        relative(&self.folder.join(path), self.current)
    }

    /// A file as a render names it: a template as Helm does, `ledger/templates/a.yaml`, anything else by its path.
    pub fn rendered(&self, name: &str) -> String {
        match name.strip_prefix(self.name).and_then(|rest| rest.strip_prefix('/')) {
            // It is a file where no archive is in between.
            Some(rest) if self.folder.join(rest).is_file() => self.file(rest),
            _ => relative(Path::new(name), self.current),
        }
    }

    fn spot(&self, place: &Place) -> Spot {
        Spot { file: self.rendered(&place.file), line: place.line, column: place.column }
    }
}

/// What is known of where the objects of a rendered chart come from.
pub struct Origins<'a> {
    /// The map of the render.
    pub map: &'a Map,
    /// The chart's files.
    pub folder: &'a ChartFolder<'a>,
    /// The document of each object.
    pub documents: &'a [&'a Manifest],
}

/// Where a field comes from.
#[derive(Default)]
pub struct Origin {
    /// The template's place, where one is known.
    pub template: Option<Spot>,
    /// The values line, where there is one.
    pub values: Option<ValuesSpot>,
}

impl Origins<'_> {
    /// Where the field of a problem comes from; of a field that isn't there, where what should hold it does. `index` is
    /// the object's.
    pub fn of(&self, index: usize, object: &KubeObject, path: &str) -> Origin {
        let Some(document) = self.documents.get(index) else { return Origin::default() };
        let (start, end) = range(object.root(), &path_steps(path), &document.content);
        let found = self.map.bytes(document, start..end);
        let template = found.template.as_ref().map(|p| self.folder.spot(p));
        let origin = found.values.iter().find(|o| o.kind == OriginKind::Value && o.place.is_some());
        let values =
            origin.and_then(|o| Some(ValuesSpot { key: o.key.to_string(), spot: self.folder.spot(o.place.as_ref()?) }));
        Origin { template, values }
    }
}

/// A path as people and programs want to see it: from the working folder, where it is below that, and the working folder
/// itself by its name.
pub fn relative(path: &Path, current: &Path) -> String {
    let shown = match path.strip_prefix(current) {
        Ok(below) if below.as_os_str().is_empty() => path.file_name().map_or(path, Path::new),
        Ok(below) => below,
        Err(_) => path,
    };
    shown.to_string_lossy().into_owned()
}

/// The bytes of a field's line: from its key or item, or from what it would stand in, to the end of that line.
fn range(root: &Node, steps: &[Step], text: &str) -> (usize, usize) {
    let (offset, _) = root.locate(steps);
    let start = (offset as usize).min(text.len());
    let end = text[start..].find('\n').map_or(text.len(), |n| start + n);
    (start, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_working_folder_has_a_name() {
        let current = Path::new("/repo/charts/ledger");
        assert_eq!(relative(current, current), "ledger");
        assert_eq!(relative(Path::new("/repo/charts/ledger/templates/a.yaml"), current), "templates/a.yaml");
        assert_eq!(relative(Path::new("/repo/charts/gateway"), current), "/repo/charts/gateway");
    }
}
