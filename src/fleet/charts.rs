//! Which charts there are, and the little that is asked of each before it is loaded: name, kind, and the charts beside it
//! that it uses. Whether a Chart.yaml is right is found when the chart is loaded.

use std::collections::{BTreeSet, HashSet};
use std::path::{Component, Path, PathBuf};

use super::place::{Fault, Place, did_you_mean};
use super::project::{ChartEntry, Project};
use crate::chart::archive;
use crate::chart::load::os_error;
use crate::value::HelmVersion;
use crate::yaml::node::{Document, Node};

/// A chart, by its Chart.yaml.
#[derive(Clone, Debug, Default)]
pub struct ChartHead {
    /// Its folder or archive, absolute, without `.` and `..`.
    pub path: PathBuf,
    /// Its name, or that of the folder where it says none.
    pub name: String,
    /// Whether it only has templates for others.
    pub is_library: bool,
    /// Dependencies by `file://`: the folders, and where they are declared.
    pub beside: Vec<(PathBuf, Place)>,
}

impl ChartHead {
    /// Reads the head of a chart.
    pub fn read(path: &Path) -> ChartHead {
        let path = plain(path);
        let text = match path.is_dir() {
            true => std::fs::read_to_string(path.join("Chart.yaml")).unwrap_or_default(),
            false => in_archive(&path).unwrap_or_default(),
        };
        let root = Document::parse(text.as_bytes()).map(|d| d.root);
        let root = root.as_ref();
        let said = |key: &str| root.ok().and_then(|r| r.get(key)).and_then(Node::as_str).unwrap_or_default();
        let stem = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let name = if said("name").is_empty() { stem } else { said("name").to_owned() };
        let dependencies = root.ok().and_then(|r| r.get("dependencies")).map(Node::items).unwrap_or_default();
        let beside = dependencies.iter().filter_map(|d| {
            let repository = d.get("repository")?;
            let folder = repository.as_str()?.strip_prefix("file://")?;
            Some((plain(&path.join(folder)), Place::of(&text, repository.offset as usize)))
        });
        let (is_library, beside) = (said("type") == "library", beside.collect());
        ChartHead { path, name, is_library, beside }
    }
}

/// Chart.yaml of an archive.
fn in_archive(path: &Path) -> Option<String> {
    let files = archive::read(&std::fs::read(path).ok()?, HelmVersion::V4).ok()?;
    let file = files.iter().find(|f| f.name == "Chart.yaml")?;
    Some(String::from_utf8_lossy(&file.data).into_owned())
}

/// The path without `.` and `..`, so that paths compare by their text.
pub fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// A chart of the project file, with the item that named it.
#[derive(Clone, Debug)]
pub struct Member<'p> {
    /// Its folder or archive.
    pub path: PathBuf,
    /// The item of `charts:`.
    pub entry: &'p ChartEntry,
}

impl Project {
    /// The charts of the project file, libraries among them, by path. A chart that items name without a glob is there
    /// once for each of them; globs add those that no such item names.
    ///
    /// # Errors
    /// For a glob that is broken or finds no chart.
    pub fn members(&self) -> Result<Vec<Member<'_>>, Vec<Fault>> {
        let (mut members, mut faults) = (Vec::new(), Vec::new());
        let (mut seen, mut taken) = (HashSet::new(), HashSet::new());
        let is_glob = |e: &&ChartEntry| e.path.text.contains(['*', '?', '[']);
        // Those that are named stand before those that are only found.
        let (globs, names): (Vec<_>, Vec<_>) = self.charts.iter().partition(is_glob);
        for entry in names.iter().chain(&globs) {
            let (pattern, away) = match entry.path.text.strip_prefix('!') {
                Some(pattern) => (pattern, true),
                None => (entry.path.text.as_str(), false),
            };
            match self.found(pattern) {
                Err(message) => faults.push(self.fault(entry.path.at, message)),
                Ok(found) if away && found.is_empty() => {
                    faults.push(self.fault(entry.path.at, self.nothing_found(pattern, "takes no chart away")));
                }
                Ok(found) if away => taken.extend(found),
                Ok(found) if found.is_empty() => {
                    faults.push(self.fault(entry.path.at, self.nothing_found(pattern, "finds no chart")));
                }
                Ok(found) => {
                    for path in found {
                        if seen.insert(path.clone()) || !is_glob(entry) {
                            members.push(Member { path, entry });
                        }
                    }
                }
            }
        }
        members.retain(|m| !taken.contains(&m.path));
        members.sort_by(|a, b| a.path.cmp(&b.path));
        if faults.is_empty() { Ok(members) } else { Err(faults) }
    }

    /// The charts that a glob finds; none within another chart's charts/, and one that links lead to again only once.
    fn found(&self, pattern: &str) -> Result<Vec<PathBuf>, String> {
        let full = self.dir().join(pattern).display().to_string();
        let paths = glob::glob(&full).map_err(|e| format!("{pattern:?} is no glob: {e}"))?;
        let (mut found, mut known) = (Vec::new(), BTreeSet::new());
        for path in paths {
            let path = plain(&path.map_err(|e| format!("{pattern}: {e}"))?);
            if !is_subchart(&path)
                && is_chart(&path, self.dir())?
                && known.insert(path.canonicalize().unwrap_or_else(|_| path.clone()))
            {
                found.push(path);
            }
        }
        Ok(found)
    }

    fn nothing_found(&self, pattern: &str, what: &str) -> String {
        let path = self.dir().join(pattern);
        let parent = path.parent().unwrap_or(Path::new("."));
        if path.is_dir() {
            return format!("{pattern} is no chart: it has no Chart.yaml");
        }
        let names: Vec<String> = std::fs::read_dir(parent)
            .map(|d| d.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect())
            .unwrap_or_default();
        let wanted = path.file_name().unwrap_or_default().to_string_lossy();
        format!("{pattern} {what}{}", did_you_mean(&wanted, names.iter().map(String::as_str)))
    }
}

/// Whether a path is a chart. What looks like one and can't be read is told rather than left out.
fn is_chart(path: &Path, dir: &Path) -> Result<bool, String> {
    let shown = || path.strip_prefix(dir).unwrap_or(path).display().to_string();
    let unreadable = |e: std::io::Error| format!("{}: {}", shown(), os_error(&e));
    match path.metadata() {
        // A link to nothing: what was a chart may be elsewhere now.
        Err(e) if path.is_symlink() => return Err(unreadable(e)),
        Err(_) => return Ok(false),
        Ok(m) if !m.is_dir() => return Ok(path.extension().is_some_and(|e| e == "tgz")),
        Ok(_) => {}
    }
    match path.join("Chart.yaml").metadata() {
        Ok(m) => Ok(m.is_file()),
        Err(e) if e.kind() == std::io::ErrorKind::PermissionDenied => Err(unreadable(e)),
        Err(_) if path.join("values.yaml").is_file() && path.join("templates").is_dir() => {
            Err(format!("{} has values.yaml and templates/, but no Chart.yaml", shown()))
        }
        Err(_) => Ok(false),
    }
}

/// Whether a path is in the charts/ of another chart.
fn is_subchart(path: &Path) -> bool {
    let parent = path.parent().filter(|p| p.ends_with("charts")).and_then(Path::parent);
    parent.is_some_and(|p| p.join("Chart.yaml").is_file())
}

/// The dependencies by `file://` that lead back to where they come from, each cycle once.
pub fn cycles<'h>(heads: impl IntoIterator<Item = &'h ChartHead>) -> Vec<Fault> {
    let mut walk = Walk::default();
    for head in heads {
        walk.visit(head);
    }
    walk.faults
}

/// A search through dependencies, depth first.
#[derive(Default)]
struct Walk {
    done: BTreeSet<PathBuf>,
    open: Vec<PathBuf>,
    faults: Vec<Fault>,
}

impl Walk {
    fn visit(&mut self, head: &ChartHead) {
        if !self.done.insert(head.path.clone()) || crate::stack::is_low() {
            return;
        }
        self.open.push(head.path.clone());
        for (path, at) in &head.beside {
            if let Some(from) = self.open.iter().position(|p| p == path) {
                let names = self.open[from..].iter().chain([path]).map(|p| short(p)).collect::<Vec<_>>();
                let file = head.path.join("Chart.yaml").display().to_string();
                let message = format!("charts depend on each other in a circle: {}", names.join(" → "));
                self.faults.push(Fault { file, at: *at, message });
            } else if !self.done.contains(path) {
                self.visit(&ChartHead::read(path));
            }
        }
        self.open.pop();
    }
}

fn short(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
