//! `--touched`: the charts that changed files belong to, so that a commit hook checks those and no others.
//!
//! A file belongs to the chart around it; a subchart in charts/ counts as its parent's. A library chart belongs to the
//! charts of the project that depend on it, for it renders nothing itself. Values files outside of charts belong to the
//! charts whose environments read them, and the project file with what `lint:` names in it to all charts.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::session::{Failed, Found, faults};
use crate::fleet::charts::{ChartHead, plain};
use crate::fleet::{Otherwise, PROJECT_FILE, Project, Selection, matrix};

/// The charts that the files belong to, each once, in order. Files that belong to none are passed over.
///
/// # Errors
/// When the project file's globs are broken.
pub(super) fn charts(files: &[String], project: &Found) -> Result<Vec<String>, Failed> {
    let known: Vec<ChartHead> = match project {
        Some(p) if !p.charts.is_empty() => {
            p.members().map_err(faults)?.iter().map(|m| ChartHead::read(&m.path)).collect()
        }
        _ => Vec::new(),
    };
    let mut touched = BTreeSet::new();
    for file in files {
        let Ok(file) = std::path::absolute(file).map(|f| plain(&f)) else { continue };
        match chart_around(&file) {
            Some(chart) => touched.extend(renderable(ChartHead::read(&chart), &known)),
            None => touched.extend(
                known.iter().filter(|c| !c.is_library && reads(c, &file, project.as_ref())).map(|c| c.path.clone()),
            ),
        }
    }
    Ok(touched.into_iter().map(|path| path.display().to_string()).collect())
}

/// The chart that holds a file, and isn't itself in another's charts/.
fn chart_around(file: &Path) -> Option<PathBuf> {
    let is_chart = |d: &&Path| d.join("Chart.yaml").is_file();
    let mut chart = file.ancestors().skip(1).find(is_chart)?;
    while let Some(parent) = chart.parent().filter(|p| p.ends_with("charts")).and_then(Path::parent) {
        match is_chart(&parent) {
            true => chart = parent,
            false => break,
        }
    }
    Some(chart.to_owned())
}

/// The chart, with those that depend on it as a neighbour; a library only has the latter.
fn renderable(chart: ChartHead, known: &[ChartHead]) -> Vec<PathBuf> {
    let mut reached = vec![&chart];
    let mut next = 0;
    while next < reached.len() {
        let on = &reached[next].path;
        let depends = |k: &&ChartHead| k.beside.iter().any(|(path, _)| path == on);
        let more: Vec<&ChartHead> =
            known.iter().filter(|k| depends(k) && reached.iter().all(|r| r.path != k.path)).collect();
        reached.extend(more);
        next += 1;
    }
    reached.into_iter().filter(|c| !c.is_library).map(|c| c.path.clone()).collect()
}

/// Whether the lint of a chart reads a file that no chart holds.
fn reads(chart: &ChartHead, file: &Path, project: Option<&Project>) -> bool {
    let Some(project) = project else { return false };
    let lint = &project.lint;
    let named = lint.policies.iter().flatten().chain(&lint.crds).chain(&lint.waivers).chain(&lint.baseline);
    let is_named = |n: &String| file.starts_with(plain(&project.dir().join(n)));
    if file == plain(&project.dir().join(PROJECT_FILE)) || named.into_iter().any(is_named) {
        return true;
    }
    let selection = Selection { paths: vec![chart.path.clone()], otherwise: Otherwise::All, ..Selection::default() };
    match matrix(Some(project), &selection, project.dir()) {
        Ok(matrix) => matrix.releases().any(|r| r.layers.iter().any(|l| l.file == file)),
        // What doesn't resolve is reported by the lint of the chart: it is one of those to check.
        Err(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::find_project;

    const FILES: [(&str, &str); 9] = [
        (
            "plimsoll.yaml",
            "charts: ['apps/*', lib]\nenvironments: {prod: {layers: [{file: 'envs/{chart}/prod.yaml', optional: true}]}}\nlint: {waivers: waivers.yaml}\n",
        ),
        ("waivers.yaml", ""),
        ("envs/ledger/prod.yaml", ""),
        ("apps/ledger/Chart.yaml", "name: ledger\ndependencies: [{name: lib, repository: 'file://../../lib'}]\n"),
        ("apps/ledger/templates/a/b.yaml", ""),
        ("apps/ledger/charts/db/Chart.yaml", "name: db\n"),
        ("apps/gateway/Chart.yaml", "name: gateway\n"),
        ("lib/Chart.yaml", "name: lib\ntype: library\n"),
        ("README.md", ""),
    ];

    fn touched(files: &[&str]) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in FILES {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let project = find_project(dir.path()).unwrap();
        let files: Vec<String> = files.iter().map(|f| dir.path().join(f).display().to_string()).collect();
        let found = charts(&files, &project).unwrap();
        found.iter().map(|c| Path::new(c).strip_prefix(dir.path()).unwrap().display().to_string()).collect()
    }

    #[test]
    fn files_belong_to_the_outermost_chart() {
        assert_eq!(touched(&["apps/ledger/templates/a/b.yaml"]), ["apps/ledger"]);
        assert_eq!(touched(&["apps/ledger/charts/db/values.yaml", "apps/ledger/../ledger/x"]), ["apps/ledger"]);
        assert_eq!(touched(&["apps/ledger/gone/file.txt"]), ["apps/ledger"]);
        assert_eq!(touched(&["README.md", "apps/README.md"]), [""; 0]);
        assert_eq!(touched(&[]), [""; 0]);
    }

    #[test]
    fn values_outside_belong_to_the_charts_that_read_them() {
        assert_eq!(touched(&["envs/ledger/prod.yaml"]), ["apps/ledger"]);
        assert_eq!(touched(&["envs/ledger/other.yaml"]), [""; 0]);
    }

    #[test]
    fn the_project_file_and_what_it_names_belong_to_all() {
        assert_eq!(touched(&["plimsoll.yaml"]), ["apps/gateway", "apps/ledger"]);
        assert_eq!(touched(&["waivers.yaml"]), ["apps/gateway", "apps/ledger"]);
    }

    #[test]
    fn a_library_belongs_to_those_that_depend_on_it() {
        assert_eq!(touched(&["lib/templates/_x.tpl"]), ["apps/ledger"]);
    }
}
