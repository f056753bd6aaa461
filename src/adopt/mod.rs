//! `plimsoll init`: a project file from what is there. [`look`] gathers charts and what deploys them: [`helmfile`],
//! [`objects`] are what Argo CD and Flux deploy, as [`kustomize`] makes them; [`argo`] and [`flux`] find the releases that
//! those make, [`rendered`] those that charts print; [`fold`] makes few items of them, [`free`] adds the charts that none of
//! them names, and [`text`] writes it all down.

mod argo;
mod data;
mod expand;
mod flux;
mod fold;
mod folders;
mod free;
mod helmfile;
mod kustomize;
mod objects;
mod patch;
mod rendered;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::fleet::charts::{ChartHead, plain};
use crate::yaml::node::Document;
use fold::Found;
use objects::Object;

pub use text::write;

/// What a project file is to say.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// Items of `charts:`.
    pub charts: Vec<DraftChart>,
    /// Environments, with their clusters where there are several.
    pub environments: BTreeMap<String, BTreeSet<String>>,
    /// Layers of all charts, weakest first.
    pub layers: Vec<DraftLayer>,
    /// Values files to write, by their paths beside the project file.
    pub files: BTreeMap<String, String>,
    /// Where it comes from, for the file's head: a tool's file with its line, and the names that stand there.
    pub sources: Vec<(String, Vec<String>)>,
    /// What could not be taken over, with its place.
    pub left: Vec<String>,
    /// Charts whose charts/ lacks charts beside them that they depend on.
    pub lacking: Vec<PathBuf>,
}

impl Draft {
    /// Notes where something comes from.
    fn source(&mut self, place: String, name: &str) {
        let known = self.sources.iter().position(|(there, _)| *there == place);
        let at = known.unwrap_or_else(|| {
            self.sources.push((place, Vec::new()));
            self.sources.len() - 1
        });
        let names = &mut self.sources[at].1;
        if !name.is_empty() && !names.iter().any(|n| n == name) {
            names.push(name.to_owned());
        }
    }

    /// Says what could not be taken over, once.
    fn leave(&mut self, message: String) {
        if !self.left.contains(&message) {
            self.left.push(message);
        }
    }
}

/// One item of `charts:`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct DraftChart {
    /// Path, relative to the project file.
    pub path: String,
    /// Name of the release, unless it is the chart's.
    pub release_name: Option<String>,
    /// Namespace.
    pub namespace: Option<String>,
    /// The only environments.
    pub environments: Vec<String>,
    /// The only clusters.
    pub clusters: Vec<String>,
    /// Values files, weakest first.
    pub layers: Vec<DraftLayer>,
    /// Whether the chart's own files for environments don't count.
    pub without_own: bool,
}

/// One item of `layers:`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct DraftLayer {
    /// Path, relative to the project file.
    pub file: String,
    /// Whether it may be absent.
    pub optional: bool,
}

/// A YAML file that is no part of a chart.
pub(super) struct Config {
    /// Its path, absolute.
    pub path: PathBuf,
    /// Its path, relative to the folder that is looked at.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// What is looked at.
pub(super) struct Repository {
    /// The folder.
    pub root: PathBuf,
    /// The charts below it.
    pub charts: Vec<ChartHead>,
    /// The files below it that are in none.
    pub configs: Vec<Config>,
}

/// Folders that hold no sources.
const SKIPPED: [&str; 4] = ["node_modules", "vendor", "target", "testdata"];

/// Larger files configure nothing.
const MAX_FILE: u64 = 1 << 20;

/// What there is below a folder: charts, and what deploys them.
pub fn look(root: &Path) -> Draft {
    let mut draft = Draft::default();
    let (charts, configs) = gather(root);
    let repository = Repository { root: root.to_owned(), charts, configs };
    let mut found = helmfile::read(&repository, &mut draft);
    for object in objects::all(&repository, &mut draft) {
        found.extend(read_object(&object, &repository, &mut draft));
    }
    let mut follower = rendered::Follower::new(&repository);
    found.extend(follower.follow(&found, &mut draft));
    found.extend(follower.follow_free(&found, &mut draft));
    let Repository { charts, configs, .. } = repository;
    draft.lacking = charts.iter().filter(|c| !c.is_library && is_lacking(c)).map(|c| c.path.clone()).collect();
    if found.is_empty() {
        let names = charts.iter().map(|c| c.name.as_str()).collect();
        let (layers, environments) = folders::layers(&configs, &names);
        draft.layers = layers;
        draft.environments.extend(environments.into_iter().map(|env| (env, BTreeSet::new())));
    }
    free::add(&charts, &found, root, &mut draft);
    fold::fold(found, root, &mut draft);
    draft.charts.sort();
    draft.charts.dedup();
    draft
}

/// The releases that an object makes.
fn read_object(object: &Object<'_>, repository: &Repository, draft: &mut Draft) -> Vec<Found> {
    let group = data::text(&object.value, &["apiVersion"]);
    match (&*data::text(&object.value, &["kind"]), group.split('/').next().unwrap_or_default()) {
        ("Application" | "ApplicationSet", "argoproj.io") => argo::read(object, repository, draft),
        ("HelmRelease", "helm.toolkit.fluxcd.io") => flux::read(object, &repository.root, draft).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Whether a chart depends on one beside it that its charts/ doesn't have: as a folder, a link or an archive.
fn is_lacking(chart: &ChartHead) -> bool {
    let there = std::fs::read_dir(chart.path.join("charts")).into_iter().flatten().flatten();
    let there: Vec<String> = there.map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    chart.beside.iter().any(|(folder, _)| {
        let name = ChartHead::read(folder).name;
        let is_it = |file: &String| *file == name || file.strip_prefix(&name).is_some_and(|rest| rest.starts_with('-'));
        !there.iter().any(is_it)
    })
}

/// The charts below a folder, and the YAML files that are in none.
fn gather(root: &Path) -> (Vec<ChartHead>, Vec<Config>) {
    let (mut charts, mut configs) = (Vec::new(), Vec::new());
    let mut walk = walkdir::WalkDir::new(root).max_depth(12).sort_by_file_name().into_iter();
    while let Some(entry) = walk.next() {
        let Ok(entry) = entry else { continue };
        let name = entry.file_name().to_string_lossy();
        if entry.file_type().is_dir() {
            if entry.depth() > 0 && (name.starts_with('.') || SKIPPED.contains(&&*name)) {
                walk.skip_current_dir();
            } else if is_chart(entry.path()) {
                charts.push(ChartHead::read(entry.path()));
                walk.skip_current_dir();
            }
            continue;
        }
        let is_yaml = [".yaml", ".yml", ".yaml.gotmpl", ".yml.gotmpl"].iter().any(|e| name.ends_with(e));
        if !is_yaml || entry.metadata().is_ok_and(|m| m.len() > MAX_FILE) {
            continue;
        }
        let Ok(bytes) = std::fs::read(entry.path()) else { continue };
        let relative = entry.path().strip_prefix(root).unwrap_or(entry.path()).display().to_string();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        configs.push(Config { path: entry.path().to_owned(), name: relative, text });
    }
    (charts, configs)
}

/// The documents of a text with the lines they begin on.
pub fn documents(text: &str) -> Vec<(usize, Result<Document, crate::yaml::YamlError>)> {
    parts(text).into_iter().map(|(line, part)| (line, Document::parse(part.as_bytes()))).collect()
}

/// The texts between separators, but empty ones, with the lines they begin on.
fn parts(text: &str) -> Vec<(usize, String)> {
    let (mut found, mut begin, mut part) = (Vec::new(), 1, String::new());
    for (number, line) in text.split_inclusive('\n').chain(["---"]).enumerate() {
        if line.trim_end() != "---" {
            part.push_str(line);
            continue;
        }
        if !part.trim().is_empty() {
            found.push((begin, std::mem::take(&mut part)));
        }
        part.clear();
        begin = number + 2;
    }
    found
}

/// A path from a file's folder, as the project file writes it; nothing if it leaves the folder that is looked at or
/// isn't there. `is_there` decides what counts: a chart's folder, a file.
pub(super) fn local(path: &str, from: &Path, root: &Path, is_there: fn(&Path) -> bool) -> Option<String> {
    let full = plain(&from.join(path));
    let below = full.strip_prefix(plain(root)).ok().filter(|_| is_there(&full))?;
    let text = below.display().to_string();
    Some(if text.is_empty() { ".".to_owned() } else { text })
}

/// Whether a folder is a chart.
pub(super) fn is_chart(path: &Path) -> bool {
    path.join("Chart.yaml").is_file()
}

/// The environment that a path or name speaks of, if it is one of the usual words.
pub(super) fn environment_in(text: &str) -> Option<String> {
    const WORDS: [&str; 14] = [
        "dev",
        "development",
        "test",
        "testing",
        "qa",
        "uat",
        "int",
        "integration",
        "stage",
        "staging",
        "preprod",
        "prod",
        "production",
        "sandbox",
    ];
    let lower = text.to_lowercase();
    lower.split(|c: char| !c.is_ascii_alphanumeric()).rev().find(|w| WORDS.contains(w)).map(str::to_owned)
}
