//! A chart as lint looks at it: its files one by one, as they are, and the whole of it as it loads.

use std::cell::OnceCell;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use super::HelmFinding;
use crate::blob::Blob;
use crate::chart::load::{from_files, load_any, os_error};
use crate::chart::node::Node;
use crate::chart::{Chart, File, archive};
use crate::diag::log::Log;
use crate::grammar::gopath::clean;
use crate::span::{SourceMap, line_column};
use crate::value::HelmVersion;
use crate::yaml::node::{Document, path_steps};

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing.
    Missing,
    /// A folder.
    Folder,
    /// Anything else.
    File,
}

/// Where a chart's files are.
#[derive(Debug)]
enum Files {
    /// On disk.
    Folder(PathBuf),
    /// In an archive that was read.
    Archive(Vec<File>),
}

impl Files {
    /// The files, and how Helm names where they are.
    fn at(path: &str, helm: HelmVersion) -> Result<(String, Files), String> {
        if path.ends_with(".tgz") || path.ends_with(".tar.gz") {
            let src = fs::read(path).map_err(|e| format!("unable to open tarball: open {path}: {}", os_error(&e)))?;
            let files = archive::read(&src, helm).map_err(|e| format!("unable to extract tarball: {}", e.text()))?;
            return Ok((path.to_owned(), Files::Archive(files)));
        }
        let file = clean(&format!("{path}/Chart.yaml"));
        fs::metadata(&file)
            .map_err(|e| format!("unable to check Chart.yaml file in chart: stat {file}: {}", os_error(&e)))?;
        let folder = std::path::absolute(path).map_err(|e| e.to_string())?;
        let folder = PathBuf::from(clean(&folder.to_string_lossy()));
        Ok((folder.display().to_string(), Files::Folder(folder)))
    }
}

/// A chart to be checked.
#[derive(Debug)]
pub struct Subject {
    files: Files,
    /// The folder's absolute path, which Helm names in messages; an archive's path as given.
    pub path: String,
    /// The chart, or why it doesn't load.
    pub chart: Result<Arc<Chart>, String>,
    /// What the rules say that look at no values, once they were asked: of Chart.yaml, of dependencies, of crds/.
    pub(super) fixed: [OnceCell<Vec<HelmFinding>>; 3],
}

impl Subject {
    /// Looks at a chart's folder, or reads an archive.
    ///
    /// # Errors
    /// With Helm's text, where there is no Chart.yaml or the archive can't be read.
    pub fn open(path: &str, helm: HelmVersion, log: &mut Log) -> Result<Subject, String> {
        let (path, files) = Files::at(path, helm)?;
        let chart = match &files {
            Files::Folder(folder) => load_any(folder, helm, log),
            Files::Archive(files) => from_files(files.clone(), helm, log),
        };
        let chart = chart.map(Arc::new).and_then(|c| readable(c, helm));
        Ok(Subject { files, path, chart, fixed: Default::default() })
    }

    /// As [`Subject::open`], of a chart that was loaded from there.
    ///
    /// # Errors
    /// As [`Subject::open`].
    pub fn of(path: &str, chart: Arc<Chart>, helm: HelmVersion) -> Result<Subject, String> {
        let (path, files) = Files::at(path, helm)?;
        Ok(Subject { files, path, chart: readable(chart, helm), fixed: Default::default() })
    }

    /// What stands at a path within the chart.
    pub(super) fn kind(&self, name: &str) -> Kind {
        match &self.files {
            Files::Folder(dir) => match fs::metadata(dir.join(name)) {
                Ok(m) if m.is_dir() => Kind::Folder,
                Ok(_) => Kind::File,
                Err(_) => Kind::Missing,
            },
            Files::Archive(files) => {
                let below = format!("{name}/");
                let found = |f: &&File| f.name == name || f.name.starts_with(&below);
                match files.iter().find(found) {
                    Some(f) if f.name == name => Kind::File,
                    Some(_) => Kind::Folder,
                    None => Kind::Missing,
                }
            }
        }
    }

    /// A file's content, or Go's words for why there is none.
    pub(super) fn read(&self, name: &str) -> Result<Blob, String> {
        match &self.files {
            Files::Folder(dir) => {
                let path = dir.join(name);
                fs::read(&path).map(Blob::from).map_err(|e| {
                    // A folder can be opened, it only can't be read.
                    let what = if e.kind() == std::io::ErrorKind::IsADirectory { "read" } else { "open" };
                    format!("{what} {}: {}", path.display(), os_error(&e))
                })
            }
            Files::Archive(files) => {
                let found = files.iter().find(|f| f.name == name).map(|f| f.data.clone());
                found.ok_or_else(|| format!("open {}/{name}: no such file or directory", self.path))
            }
        }
    }

    /// Line and column of a key in a YAML file of the chart, or of the closest one above it; nowhere where the file
    /// can't be read or the path is empty.
    pub(super) fn place(&self, file: &str, path: &str) -> (usize, usize) {
        self.read(file).map_or((0, 0), |text| place_in(&text, path))
    }
}

/// Line and column of a key in a text, or of the closest one above it that there is.
pub(super) fn place_in(text: &[u8], path: &str) -> (usize, usize) {
    let Ok(document) = Document::parse(text) else { return (0, 0) };
    let (offset, found) = document.root.locate(&path_steps(path));
    if found == 0 { (0, 0) } else { line_column(text, offset as usize) }
}

/// Helm reads values when it loads a chart, not when it renders it.
fn readable(chart: Arc<Chart>, helm: HelmVersion) -> Result<Arc<Chart>, String> {
    Node::build(&chart, helm, &mut SourceMap::default()).map(drop)?;
    Ok(chart)
}
