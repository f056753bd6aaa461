//! Flux's HelmReleases.

use std::path::Path;

use super::data::{at, has, items, map, merged, printed, read as read_yaml, text, write};
use super::fold::{Found, Values};
use super::{Config, Draft, DraftLayer, Object, environment_in, is_chart, local};
use crate::value::Value;

/// Takes over a HelmRelease.
pub(super) fn read(object: &Object<'_>, root: &Path, draft: &mut Draft) -> Option<Found> {
    let Object { value: release, place, config, env } = object;
    let said = |keys: &[&str]| text(release, keys);
    let name = said(&["metadata", "name"]);
    let label = format!("{place}: {name}");
    let chart = said(&["spec", "chart", "spec", "chart"]);
    if said(&["spec", "chart", "spec", "sourceRef", "kind"]) == "HelmRepository" {
        let from = said(&["spec", "chart", "spec", "sourceRef", "name"]);
        draft.leave(format!("{label}: the chart {chart} of the repository {from} is not in this repository"));
        return None;
    }
    if chart.is_empty() {
        // A patch over another HelmRelease, or a chartRef to an artifact.
        draft.leave(format!("{label}: it names no chart by a path"));
        return None;
    }
    let Some(path) = local(&chart, root, root, is_chart) else {
        draft.leave(format!("{label}: there is no chart at {chart:?} here"));
        return None;
    };
    let mut values = Vec::new();
    files(release, &label, &path, root, draft, &mut values);
    for from in items(release, &["spec", "valuesFrom"]) {
        match value_from(&from, config, root) {
            Ok(found) => values.push(found),
            Err(message) => draft.leave(format!("{label}: {message}")),
        }
    }
    if has(release, &["spec", "values"]) {
        values.push(Values::Text(format!("{label}: spec.values"), write(&at(release, &["spec", "values"]))));
    }
    if has(release, &["spec", "postRenderers"]) {
        draft.leave(format!("{label}: spec.postRenderers is not taken over"));
    }
    draft.source(format!("Flux: {place}"), &name);
    let first = |one: String, other: String| if one.is_empty() { other } else { one };
    let target = said(&["spec", "targetNamespace"]);
    // Without a name of its own, it is that of the HelmRelease, behind the namespace that it is put into.
    let named = if target.is_empty() { name.clone() } else { format!("{target}-{name}") };
    Some(Found {
        from: label.clone(),
        chart: path,
        name: first(said(&["spec", "releaseName"]), named),
        namespace: first(target, said(&["metadata", "namespace"])),
        env: env.clone().or_else(|| environment_in(&config.name)),
        cluster: None,
        values,
    })
}

/// `valuesFiles`, which stand in for the chart's values.yaml.
fn files(release: &Value, label: &str, chart: &str, root: &Path, draft: &mut Draft, values: &mut Vec<Values>) {
    let files: Vec<String> = items(release, &["spec", "chart", "spec", "valuesFiles"]).iter().map(printed).collect();
    let own = root.join(chart).join("values.yaml");
    for file in &files {
        match local(file, root, root, Path::is_file) {
            Some(file) if root.join(&file) == own => {}
            Some(file) => values.push(Values::File(DraftLayer { file, optional: false })),
            None => draft.leave(format!("{label}: there is no values file {file:?} here")),
        }
    }
    if !files.is_empty() && own.is_file() && !files.iter().any(|f| root.join(f) == own) {
        draft.leave(format!("{label}: valuesFiles leave out the chart's own values.yaml, which plimsoll always reads"));
    }
}

/// What one item of `valuesFrom` holds: a ConfigMap or Secret beside the HelmRelease, or the file that the kustomization
/// there makes it of.
fn value_from(from: &Value, config: &Config, root: &Path) -> Result<Values, String> {
    let (kind, name) = (text(from, &["kind"]), text(from, &["name"]));
    if has(from, &["targetPath"]) {
        return Err(format!("valuesFrom {name} with a targetPath is not taken over"));
    }
    let key = match text(from, &["valuesKey"]) {
        key if key.is_empty() => "values.yaml".to_owned(),
        key => key,
    };
    if let Some(file) = generated(&name, &key, config, root) {
        return Ok(Values::File(DraftLayer { file, optional: false }));
    }
    let documents = config.text.split("\n---").filter_map(|text| read_yaml(text).ok());
    let is_it = |d: &Value| text(d, &["kind"]) == kind && text(d, &["metadata", "name"]) == name;
    let found = documents.filter(is_it).map(|d| merged(&at(&d, &["data"]), &at(&d, &["stringData"])));
    let values = found.map(|data| text(&data, &[&key])).find(|t| kind == "ConfigMap" && !t.is_empty());
    let label = format!("{}: the {kind} {name}", config.name);
    values
        .map(|v| Values::Text(label, v))
        .ok_or_else(|| format!("values from the {kind} {name} are in the cluster only"))
}

/// The file that the kustomization beside a HelmRelease makes a key of a ConfigMap or Secret of.
fn generated(name: &str, key: &str, config: &Config, root: &Path) -> Option<String> {
    let folder = config.path.parent()?;
    let document = read_yaml(&std::fs::read_to_string(folder.join("kustomization.yaml")).ok()?).ok()?;
    let lists = ["configMapGenerator", "secretGenerator"];
    let generators: Vec<Value> = lists.iter().flat_map(|list| items(&document, &[list])).collect();
    let generator = generators.into_iter().find(|g| text(g, &["name"]) == name)?;
    let files: Vec<String> = items(&map([("g", generator)]), &["g", "files"]).iter().map(printed).collect();
    let named = files.iter().map(|f| f.split_once('=').unwrap_or((f.rsplit('/').next().unwrap_or(f), f)));
    let (_, file) = named.into_iter().find(|(k, _)| *k == key)?;
    local(file, folder, root, Path::is_file)
}
