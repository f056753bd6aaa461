//! Argo CD's Applications, and the templates of ApplicationSets.

use std::path::Path;

use super::{Draft, DraftChart, environment_in, is_chart, local};
use crate::yaml::node::Node;

/// Takes over an Application or ApplicationSet; `at` is its file and line.
pub(super) fn read(root_node: &Node, at: &str, root: &Path, draft: &mut Draft) {
    let name = root_node.at(&["metadata", "name"]).and_then(Node::as_str).unwrap_or_default();
    let is_set = root_node.get("kind").and_then(Node::as_str) == Some("ApplicationSet");
    let spec = if is_set { root_node.at(&["spec", "template", "spec"]) } else { root_node.get("spec") };
    let Some(spec) = spec else { return };
    let single = spec.get("source").into_iter();
    for source in single.chain(spec.get("sources").map(Node::items).unwrap_or_default()) {
        let text = |key: &str| source.get(key).and_then(Node::as_str).unwrap_or_default();
        if !text("chart").is_empty() {
            draft.left.push(format!(
                "{at}: {name}: the chart {} of {} is not in this repository",
                text("chart"),
                text("repoURL")
            ));
            continue;
        }
        if text("path").contains("{{") {
            draft.left.push(format!("{at}: {name}: the path {} is made by a generator", text("path")));
            continue;
        }
        let Some(path) = local(text("path"), root, root, is_chart) else {
            if source.get("helm").is_some() {
                draft.left.push(format!("{at}: {name}: there is no chart at {:?} here", text("path")));
            }
            continue;
        };
        take(source, spec, (name, at), path, is_set, root, draft);
    }
}

fn take(
    source: &Node,
    spec: &Node,
    (name, at): (&str, &str),
    path: String,
    is_set: bool,
    root: &Path,
    draft: &mut Draft,
) {
    let helm = source.get("helm");
    let chart = root.join(&path);
    let mut entry = DraftChart { path: path.clone(), ..DraftChart::default() };
    let files = helm.and_then(|h| h.get("valueFiles")).map(Node::items).unwrap_or_default();
    for file in files.iter().filter_map(Node::as_str) {
        // Behind a leading slash stands the repository.
        let (from, below) = file.strip_prefix('/').map_or((chart.as_path(), file), |below| (root, below));
        match local(below, from, root, Path::is_file) {
            Some(file) => entry.layers.push(file),
            None => draft.left.push(format!("{at}: {name}: there is no values file {file:?} here")),
        }
    }
    for key in ["values", "valuesObject", "parameters", "fileParameters"] {
        if helm.and_then(|h| h.get(key)).is_some_and(|n| !n.is_null()) {
            draft
                .left
                .push(format!("{at}: {name}: helm.{key} stands in the Application itself; put it into a values file"));
        }
    }
    let plain = |text: Option<&str>| text.filter(|t| !t.is_empty() && !t.contains("{{")).map(str::to_owned);
    let release = helm.and_then(|h| h.get("releaseName")).and_then(Node::as_str);
    entry.release_name = plain(release.or(Some(name).filter(|_| !is_set)));
    entry.namespace = plain(spec.at(&["destination", "namespace"]).and_then(Node::as_str));
    let place = entry.layers.last().and_then(|f| environment_in(f)).or_else(|| environment_in(name));
    if let Some(env) = place {
        draft.environments.entry(env.clone()).or_default();
        entry.environments.push(env);
    }
    draft.sources.push(format!("Argo CD: {at}"));
    draft.charts.push(entry);
}
