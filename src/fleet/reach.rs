//! What a change can reach: the releases whose chart, library charts, layers or policies are among changed files.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::charts::{ChartHead, plain};
use super::matrix::Matrix;
use super::project::Project;
use super::release::Release;

/// Changed files, absolute and without `.` and `..`.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    files: BTreeSet<PathBuf>,
    /// Whether the project file, or what `lint:` names in it, is among them.
    is_all: bool,
}

impl Changes {
    /// Changed files of a project.
    pub fn new(files: impl IntoIterator<Item = PathBuf>, project: Option<&Project>) -> Changes {
        let files: BTreeSet<PathBuf> = files.into_iter().map(|f| plain(&f)).collect();
        let is_all = project.is_some_and(|project| {
            let lint = &project.lint;
            let named = lint.policies.iter().flatten().chain(&lint.crds).chain(&lint.waivers).chain(&lint.baseline);
            let named: Vec<PathBuf> = named.map(|n| plain(&project.dir().join(n))).collect();
            files.iter().any(|f| *f == project.file || named.iter().any(|n| f.starts_with(n)))
        });
        Changes { files, is_all }
    }

    /// Leaves the releases that a change reaches, and the charts that have some.
    pub fn keep_reached(&self, matrix: &mut Matrix) {
        let mut known = HashMap::new();
        for chart in &mut matrix.charts {
            let whole = self.is_all || folders(&chart.chart, &mut known).iter().any(|f| self.has_below(f));
            chart.releases.retain(|release| whole || self.reaches_layer(release));
        }
        matrix.charts.retain(|c| !c.releases.is_empty());
    }

    /// Whether each of some releases is surely as it was: no change reaches it, and nothing of it is a link, behind which
    /// changes are not seen, or outside of `top`, the folder that the changes are of.
    pub fn miss<'r>(&self, releases: impl IntoIterator<Item = &'r Release>, top: &Path) -> Vec<bool> {
        let (mut known, mut charts) = (HashMap::new(), HashMap::new());
        let Ok(real) = top.canonicalize() else { return releases.into_iter().map(|_| false).collect() };
        let is_plain = |path: &Path| {
            let below = path.strip_prefix(top).ok();
            below.is_some_and(|below| !path.exists() || path.canonicalize().is_ok_and(|is| is == real.join(below)))
        };
        let mut is_missed = |chart: &ChartHead| {
            let folders = folders(chart, &mut known);
            folders.iter().all(|f| is_plain(f) && !self.has_below(f) && !self.has_above(f) && !has_links(f))
        };
        let missed = releases.into_iter().map(|release| {
            let chart = *charts.entry(release.chart.path.clone()).or_insert_with(|| is_missed(&release.chart));
            !self.is_all && chart && !self.reaches_layer(release) && release.layers.iter().all(|l| is_plain(&l.file))
        });
        missed.collect()
    }

    /// Whether a folder around this one is among the changed files: a submodule.
    fn has_above(&self, folder: &Path) -> bool {
        folder.ancestors().any(|f| self.files.contains(f))
    }

    /// Whether a layer of a release is changed; one that is absent may have been taken away.
    fn reaches_layer(&self, release: &Release) -> bool {
        release.layers.iter().any(|l| self.files.contains(&l.file))
    }

    fn has_below(&self, folder: &Path) -> bool {
        self.files.range(folder.to_owned()..).next().is_some_and(|f| f.starts_with(folder))
    }
}

/// The folders that a chart is made of: its own, those of charts it depends on by `file://`, and those that links in
/// charts/ lead to.
fn folders(chart: &ChartHead, known: &mut HashMap<PathBuf, Vec<PathBuf>>) -> BTreeSet<PathBuf> {
    let (mut found, mut open) = (BTreeSet::new(), vec![chart.path.clone()]);
    while let Some(folder) = open.pop() {
        if !found.insert(folder.clone()) {
            continue;
        }
        let uses = known.entry(folder).or_insert_with_key(|folder| {
            let head = ChartHead::read(folder);
            head.beside.into_iter().map(|(path, _)| path).chain(links(folder)).collect()
        });
        open.extend(uses.iter().cloned());
    }
    found
}

/// Whether there are links in a chart besides those in charts/.
fn has_links(folder: &Path) -> bool {
    let below = walkdir::WalkDir::new(folder).into_iter().flatten();
    let mut links = below.filter(|e| e.path_is_symlink());
    links.any(|e| e.path().parent() != Some(&folder.join("charts")))
}

/// The folders that a chart at a path is made of.
pub fn folders_of(path: &Path) -> BTreeSet<PathBuf> {
    folders(&ChartHead::read(path), &mut HashMap::new())
}

/// Where the links in charts/ of a chart lead.
fn links(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder.join("charts")) else { return Vec::new() };
    let links = entries.flatten().map(|e| e.path()).filter(|p| p.is_symlink());
    links.filter_map(|p| Some(plain(&folder.join("charts").join(std::fs::read_link(p).ok()?)))).collect()
}
