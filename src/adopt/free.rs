//! Charts that no tool deploys: their environments are those that they have files for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::fold::{Found, NO_ENVIRONMENT};
use super::{Draft, DraftChart, environment_in};
use crate::fleet::charts::{ChartHead, plain};
use crate::fleet::environments_of;

/// A chart that is nobody's, with the environments of its own files.
struct Free<'a> {
    chart: &'a ChartHead,
    environments: Vec<String>,
    /// Whether it has files that are no environment's.
    has_more: bool,
    /// Whether another chart has the same name.
    is_twin: bool,
}

/// Adds the charts that no release names: all of a folder by one glob, where it finds no others and nothing has to be said
/// of one alone.
pub(super) fn add(charts: &[ChartHead], found: &[Found], root: &Path, draft: &mut Draft) {
    let named: BTreeSet<PathBuf> = found.iter().map(|f| plain(&root.join(&f.chart))).collect();
    let all: Vec<&ChartHead> = charts.iter().filter(|c| !c.is_library).collect();
    let is_twin = |c: &ChartHead| all.iter().any(|o| o.name == c.name && o.path != c.path);
    let mut free: Vec<Free<'_>> = all
        .iter()
        .filter(|c| !named.contains(&c.path))
        .map(|&chart| Free {
            chart,
            environments: environments_of(&chart.path),
            has_more: false,
            is_twin: is_twin(chart),
        })
        .collect();
    only_environments(&mut free, root, draft);
    free.iter().flat_map(|f| &f.environments).for_each(|env| _ = draft.environments.entry(env.clone()).or_default());
    let is_sparse = is_sparse(&free) || !found.is_empty();
    let mut folders: BTreeMap<&Path, Vec<&Free<'_>>> = BTreeMap::new();
    for chart in &free {
        folders.entry(chart.chart.path.parent().unwrap_or(root)).or_default().push(chart);
    }
    for (folder, charts) in folders {
        let here = all.iter().filter(|c| c.path.parent() == Some(folder)).count();
        let is_usual = |c: &Free<'_>| !c.is_twin && !c.has_more;
        let is_alike = charts.iter().all(|c| is_usual(c) && (!is_sparse || c.environments == charts[0].environments));
        let items: Vec<(String, &Free<'_>)> = match charts.len() > 1 && charts.len() == here && is_alike {
            true => vec![(format!("{}/*", relative(folder, root)).trim_start_matches("./").to_owned(), charts[0])],
            false => charts.into_iter().map(|c| (relative(&c.chart.path, root), c)).collect(),
        };
        draft.charts.extend(items.into_iter().map(|(path, chart)| item(path, chart, is_sparse)));
    }
    let has_default = draft.charts.iter().any(|c| c.environments == [NO_ENVIRONMENT]);
    match !draft.environments.is_empty() || found.iter().any(|f| f.env.is_some()) {
        true if has_default => _ = draft.environments.entry(NO_ENVIRONMENT.to_owned()).or_default(),
        true => {}
        false => draft.charts.iter_mut().for_each(|c| c.environments.clear()),
    }
}

/// One chart, or those of a folder.
fn item(path: String, free: &Free<'_>, is_sparse: bool) -> DraftChart {
    let environments = match (is_sparse, free.environments.is_empty()) {
        (false, _) => Vec::new(),
        (true, false) => free.environments.clone(),
        (true, true) => vec![NO_ENVIRONMENT.to_owned()],
    };
    let release_name = free.is_twin.then(|| path.replace('/', "-")).filter(|n| n != ".");
    DraftChart { path, release_name, environments, without_own: free.has_more, ..DraftChart::default() }
}

/// Leaves the names that are environments: usual words, and what several charts, or the only one, have files for. A
/// values-minikube.yaml of one chart of many is an example.
fn only_environments(free: &mut [Free<'_>], root: &Path, draft: &mut Draft) {
    let mut charts: BTreeMap<String, usize> = BTreeMap::new();
    free.iter().flat_map(|f| &f.environments).for_each(|env| *charts.entry(env.clone()).or_default() += 1);
    let is_alone = free.len() == 1;
    for chart in free {
        let path = relative(&chart.chart.path, root);
        let before = chart.environments.len();
        chart.environments.retain(|env| {
            let is_one = is_alone || charts[env] > 1 || environment_in(env).is_some();
            if !is_one && !draft.environments.contains_key(env) {
                draft.leave(format!("{path}: its values for {env:?}: no other chart has such an environment"));
            }
            is_one
        });
        chart.has_more = chart.environments.is_empty() && before > 0;
    }
}

/// Whether charts have files for few of the environments only: then they are released there, and not in all.
fn is_sparse(free: &[Free<'_>]) -> bool {
    let with: Vec<&Free<'_>> = free.iter().filter(|f| !f.environments.is_empty()).collect();
    let names: BTreeSet<&String> = with.iter().flat_map(|f| &f.environments).collect();
    with.len() * names.len() > 2 * with.iter().map(|f| f.environments.len()).sum::<usize>()
}

fn relative(path: &Path, root: &Path) -> String {
    let below = path.strip_prefix(root).unwrap_or(path).display().to_string();
    if below.is_empty() { ".".to_owned() } else { below }
}
