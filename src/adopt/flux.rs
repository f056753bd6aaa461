//! Flux's HelmReleases.

use std::path::Path;

use super::{Config, Draft, DraftChart, environment_in, is_chart, local};
use crate::yaml::node::{Document, Node};

/// Takes over a HelmRelease; `at` is its file and line.
pub(super) fn read(release: &Node, at: &str, config: &Config, root: &Path, draft: &mut Draft) {
    let text = |keys: &[&str]| release.at(keys).and_then(Node::as_str).unwrap_or_default();
    let name = text(&["metadata", "name"]);
    let chart = text(&["spec", "chart", "spec", "chart"]);
    if text(&["spec", "chart", "spec", "sourceRef", "kind"]) == "HelmRepository" {
        let from = text(&["spec", "chart", "spec", "sourceRef", "name"]);
        draft.left.push(format!("{at}: {name}: the chart {chart} of the repository {from} is not in this repository"));
        return;
    }
    if chart.is_empty() {
        // A patch over another HelmRelease, or a chartRef to an artifact.
        draft.left.push(format!("{at}: {name}: it names no chart by a path"));
        return;
    }
    let Some(path) = local(chart, root, root, is_chart) else {
        draft.left.push(format!("{at}: {name}: there is no chart at {chart:?} here"));
        return;
    };
    let mut entry = DraftChart { path: path.clone(), ..DraftChart::default() };
    let files = release.at(&["spec", "chart", "spec", "valuesFiles"]).map(Node::items).unwrap_or_default();
    for file in files.iter().filter_map(Node::as_str) {
        match local(file, root, root, Path::is_file) {
            Some(file) => entry.layers.push(file),
            None => draft.left.push(format!("{at}: {name}: there is no values file {file:?} here")),
        }
    }
    for from in release.at(&["spec", "valuesFrom"]).map(Node::items).unwrap_or_default() {
        let said = |key: &str| from.get(key).and_then(Node::as_str).unwrap_or_default();
        match generated(said("name"), config, root) {
            Some(file) => entry.layers.push(file),
            None => draft.left.push(format!(
                "{at}: {name}: values from the {} {} are in the cluster only",
                said("kind"),
                said("name")
            )),
        }
    }
    if release.at(&["spec", "values"]).is_some_and(|n| !n.entries().is_empty()) {
        draft
            .left
            .push(format!("{at}: {name}: spec.values stands in the HelmRelease itself; put it into a values file"));
    }
    let plain = |text: &str| Some(text.to_owned()).filter(|t| !t.is_empty());
    entry.release_name = plain(text(&["spec", "releaseName"])).or_else(|| plain(name));
    entry.namespace = plain(text(&["spec", "targetNamespace"])).or_else(|| plain(text(&["metadata", "namespace"])));
    if let Some(env) = environment_in(&config.name) {
        draft.environments.entry(env.clone()).or_default();
        entry.environments.push(env);
    }
    draft.sources.push(format!("Flux: {at}"));
    draft.charts.push(entry);
}

/// The file that the kustomization beside a HelmRelease makes a ConfigMap or Secret of.
fn generated(name: &str, config: &Config, root: &Path) -> Option<String> {
    let folder = config.path.parent()?;
    let text = std::fs::read(folder.join("kustomization.yaml")).ok()?;
    let document = Document::parse(&text).ok()?;
    let lists = ["configMapGenerator", "secretGenerator"];
    let generators = lists.iter().flat_map(|list| document.root.get(list).map(Node::items).unwrap_or_default());
    let generator = generators.into_iter().find(|g| g.get("name").and_then(Node::as_str) == Some(name))?;
    let file = generator.get("files").map(Node::items)?.first()?.as_str()?;
    local(file.rsplit('=').next().unwrap_or(file), folder, root, Path::is_file)
}
