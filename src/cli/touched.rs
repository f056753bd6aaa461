//! `--touched`: the charts that changed files belong to, so that a commit hook checks those and no others.
//!
//! Which charts of the project a file reaches is what `--changed-since` says of it ([`Changes`]). Beyond that a file
//! belongs to the chart around it, whether the project names that or not; a subchart in charts/ counts as its parent's, and
//! a library chart renders nothing itself.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::session::{Failed, Found, faults};
use crate::fleet::charts::{ChartHead, plain};
use crate::fleet::{Changes, Otherwise, Selection, matrix};

/// The charts that the files belong to, each once, in order. Files that belong to none are passed over.
///
/// # Errors
/// When the project file's globs are broken.
pub(super) fn charts(files: &[String], project: &Found) -> Result<Vec<String>, Failed> {
    let files: BTreeSet<PathBuf> = files.iter().filter_map(|f| Some(plain(&std::path::absolute(f).ok()?))).collect();
    let around = files.iter().filter_map(|f| chart_around(f)).map(|chart| ChartHead::read(&chart));
    let mut touched: BTreeSet<PathBuf> = around.filter(|c| !c.is_library).map(|c| c.path).collect();
    if let Some(project) = project.as_ref().filter(|p| !p.charts.is_empty()) {
        let all = Selection { otherwise: Otherwise::All, ..Selection::default() };
        match matrix(Some(project), &all, project.dir()) {
            Ok(mut matrix) => {
                Changes::new(files, Some(project)).keep_reached(&mut matrix);
                touched.extend(matrix.charts.into_iter().map(|c| c.chart.path.clone()));
            }
            // What doesn't resolve is reported by the lint of the charts: they are to be checked.
            Err(_) => touched.extend(project.members().map_err(faults)?.into_iter().map(|m| m.path)),
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
        touched_in(files, |_| {})
    }

    fn touched_in(files: &[&str], more: impl Fn(&Path)) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in FILES {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        more(dir.path());
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

    #[test]
    fn a_library_belongs_to_those_whose_charts_folder_links_to_it() {
        let link = |dir: &Path| {
            std::fs::create_dir_all(dir.join("apps/gateway/charts")).unwrap();
            std::os::unix::fs::symlink("../../../lib", dir.join("apps/gateway/charts/lib")).unwrap();
        };
        assert_eq!(touched_in(&["lib/templates/_x.tpl"], link), ["apps/gateway", "apps/ledger"]);
    }
}
