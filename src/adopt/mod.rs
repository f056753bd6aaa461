//! `plimsoll init`: a project file from what is there. [`look`] gathers charts and what deploys them into a [`Draft`];
//! [`helmfile`], [`argo`] and [`flux`] read what those tools are told; [`text`] writes it all down.

mod argo;
mod flux;
mod helmfile;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::fleet::charts::{ChartHead, plain};
use crate::fleet::environments_of;
use crate::yaml::node::{Document, Node};

pub use text::write;

/// What a project file is to say.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// Items of `charts:`.
    pub charts: Vec<DraftChart>,
    /// Environments, with layers of their own.
    pub environments: BTreeMap<String, Vec<String>>,
    /// Where it comes from, for the file's head.
    pub sources: Vec<String>,
    /// What could not be taken over, with its place.
    pub left: Vec<String>,
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
    /// Values files, weakest first.
    pub layers: Vec<String>,
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

/// Folders that hold no sources.
const SKIPPED: [&str; 4] = ["node_modules", "vendor", "target", "testdata"];

/// Larger files configure nothing.
const MAX_FILE: u64 = 1 << 20;

/// What there is below a folder: charts, and what deploys them.
pub fn look(root: &Path) -> Draft {
    let mut draft = Draft::default();
    let (charts, configs) = gather(root);
    for config in &configs {
        if config.name.rsplit('/').next().is_some_and(|n| n.starts_with("helmfile.y")) || in_helmfile_d(&config.name) {
            helmfile::read(config, root, &mut draft);
            continue;
        }
        for (line, document) in documents(&config.text) {
            let Ok(document) = document else { continue };
            let at = format!("{}:{line}", config.name);
            let said = |key: &str| document.root.get(key).and_then(Node::as_str).unwrap_or_default();
            match (said("kind"), said("apiVersion").split('/').next().unwrap_or_default()) {
                ("Application" | "ApplicationSet", "argoproj.io") => argo::read(&document.root, &at, root, &mut draft),
                ("HelmRelease", "helm.toolkit.fluxcd.io") => flux::read(&document.root, &at, config, root, &mut draft),
                _ => {}
            }
        }
    }
    add_charts(&charts, root, &mut draft);
    draft.charts.sort();
    draft.charts.dedup();
    draft
}

fn in_helmfile_d(name: &str) -> bool {
    name.contains("helmfile.d/")
}

/// Charts that no release names: all of a folder by one glob, where that finds no others.
fn add_charts(charts: &[ChartHead], root: &Path, draft: &mut Draft) {
    let named: BTreeSet<PathBuf> = draft.charts.iter().map(|c| plain(&root.join(&c.path))).collect();
    let mut folders: BTreeMap<PathBuf, Vec<&ChartHead>> = BTreeMap::new();
    for chart in charts.iter().filter(|c| !c.is_library) {
        folders.entry(chart.path.parent().unwrap_or(root).to_owned()).or_default().push(chart);
    }
    for (folder, charts) in folders {
        let free: Vec<_> = charts.iter().filter(|c| !named.contains(&c.path)).collect();
        let relative = |path: &Path| {
            let below = path.strip_prefix(root).unwrap_or(path).display().to_string();
            if below.is_empty() { ".".to_owned() } else { below }
        };
        match free.len() {
            0 => {}
            1 => draft.charts.push(DraftChart { path: relative(&free[0].path), ..DraftChart::default() }),
            _ if free.len() == charts.len() => {
                let below = relative(&folder);
                let path = if below == "." { "*".to_owned() } else { format!("{below}/*") };
                draft.charts.push(DraftChart { path, ..DraftChart::default() });
            }
            _ => draft
                .charts
                .extend(free.iter().map(|c| DraftChart { path: relative(&c.path), ..DraftChart::default() })),
        }
        // Environments come from the charts' own files as long as nobody declares some.
        let declared: Vec<String> = charts.iter().flat_map(|c| environments_of(&c.path)).collect();
        for env in declared {
            draft.environments.entry(env).or_default();
        }
    }
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
            } else if entry.path().join("Chart.yaml").is_file() {
                charts.push(ChartHead::read(entry.path()));
                walk.skip_current_dir();
            }
            continue;
        }
        let is_yaml = name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".yaml.gotmpl");
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
    let (mut found, mut line, mut begin, mut part) = (Vec::new(), 1, 1, String::new());
    let mut close = |part: &mut String, begin: usize| {
        if !part.trim().is_empty() {
            found.push((begin, Document::parse(part.as_bytes())));
        }
        part.clear();
    };
    for each in text.split_inclusive('\n') {
        if each.trim_end() == "---" {
            close(&mut part, begin);
            begin = line + 1;
        } else {
            part.push_str(each);
        }
        line += 1;
    }
    close(&mut part, begin);
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
