//! `--touched`: the charts that changed files belong to, so that a commit hook checks those and no others.
//!
//! A file belongs to the chart around it; a subchart in charts/ counts as its parent's. A library chart belongs to the
//! charts of the project that depend on it, for it renders nothing itself. Values files outside of charts belong to the
//! charts whose environments read them, and the project file with what `lint:` names in it to all charts.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use super::session::{self, Failed, Found};
use crate::env::{PROJECT_FILE, environments_of, resolve};

/// What this asks of a Chart.yaml. Whether it is right is found when it is linted.
#[derive(Default, Deserialize)]
struct ChartFile {
    #[serde(default, rename = "type")]
    chart_type: String,
    #[serde(default)]
    dependencies: Vec<DependencyOn>,
}

#[derive(Deserialize)]
struct DependencyOn {
    #[serde(default)]
    repository: String,
}

/// The charts that the files belong to, each once, in order. Files that belong to none are passed over.
///
/// # Errors
/// When the project file's globs are broken.
pub(super) fn charts(files: &[String], project: &Found) -> Result<Vec<PathBuf>, Failed> {
    let known = match project {
        Some((_, p)) if !p.charts.is_empty() => session::charts(&[], project)?,
        _ => Vec::new(),
    };
    let mut touched = BTreeSet::new();
    for file in files {
        let Ok(file) = std::path::absolute(file).map(|f| plain(&f)) else { continue };
        match chart_around(&file) {
            Some(chart) => touched.extend(renderable(chart, &known)),
            None => touched.extend(
                known.iter().filter(|chart| reads(chart, &file, project)).flat_map(|c| renderable(plain(c), &[])),
            ),
        }
    }
    Ok(touched.into_iter().collect())
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
fn renderable(chart: PathBuf, known: &[PathBuf]) -> Vec<PathBuf> {
    let mut reached = vec![chart];
    let mut next = 0;
    while next < reached.len() {
        let on = reached[next].clone();
        let more: Vec<PathBuf> =
            known.iter().map(|k| plain(k)).filter(|k| !reached.contains(k) && depends(k, &on)).collect();
        reached.extend(more);
        next += 1;
    }
    reached.retain(|c| read(c).chart_type != "library");
    reached
}

fn depends(chart: &Path, on: &Path) -> bool {
    let beside = |d: &DependencyOn| d.repository.strip_prefix("file://").is_some_and(|p| plain(&chart.join(p)) == on);
    read(chart).dependencies.iter().any(beside)
}

fn read(chart: &Path) -> ChartFile {
    let text = std::fs::read_to_string(chart.join("Chart.yaml")).unwrap_or_default();
    serde_yaml::from_str(&text).unwrap_or_default()
}

/// Whether the lint of a chart reads a file that no chart holds.
fn reads(chart: &Path, file: &Path, project: &Found) -> bool {
    let Some((dir, settings)) = project else { return false };
    let lint = &settings.lint;
    let named = lint.policies.iter().flatten().chain(&lint.crds).chain(&lint.waivers).chain(&lint.baseline);
    if file == plain(&dir.join(PROJECT_FILE)) || named.into_iter().any(|n| file.starts_with(plain(&dir.join(n)))) {
        return true;
    }
    let mut names = environments_of(chart);
    names.extend(settings.environments.keys().cloned());
    // An environment that doesn't resolve is reported by the lint of the chart: it is one of those to check.
    names.iter().any(|env| match resolve(env, chart, project.as_ref()) {
        Ok(resolved) => resolved.files.iter().any(|f| plain(f) == file),
        Err(_) => true,
    })
}

/// The path without `.` and `..`, so that paths compare by their text.
fn plain(path: &Path) -> PathBuf {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::find_project;

    const FILES: [(&str, &str); 9] = [
        (
            "plimsoll.yaml",
            "charts: ['apps/*', lib]\nenvironments: {prod: {values: ['envs/{chart}/prod.yaml']}}\nlint: {waivers: waivers.yaml}\n",
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
        found.iter().map(|c| c.strip_prefix(dir.path()).unwrap().display().to_string()).collect()
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
