//! Flux's HelmReleases. [`kustomization`] builds what its Kustomizations deploy, [`substitute`](mod@substitute) has their variables.

pub(super) mod kustomization;
mod substitute;

use std::path::Path;

use super::data::{at, has, items, printed, text, write};
use super::fold::{Found, Values};
use super::kustomize::Resource;
use super::objects::Object;
use super::{Draft, DraftLayer, environment_in, is_chart, local};
use crate::value::Value;

/// Takes over a HelmRelease.
pub(super) fn read(object: &Object<'_>, root: &Path, draft: &mut Draft) -> Option<Found> {
    let Object { value: release, place, .. } = object;
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
        match value_from(&from, object) {
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
        env: object.env.clone().or_else(|| environment_in(place)),
        cluster: object.cluster.clone(),
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

/// What one item of `valuesFrom` holds: a ConfigMap that is deployed with the HelmRelease, or the file that it is made of.
fn value_from(from: &Value, object: &Object<'_>) -> Result<Values, String> {
    let (kind, name) = (text(from, &["kind"]), text(from, &["name"]));
    if has(from, &["targetPath"]) {
        return Err(format!("valuesFrom {name} with a targetPath is not taken over"));
    }
    let key = match text(from, &["valuesKey"]) {
        key if key.is_empty() => "values.yaml".to_owned(),
        key => key,
    };
    let namespace = text(&object.value, &["metadata", "namespace"]);
    let is_it = |r: &&Resource| {
        let of = r.text("/metadata/namespace");
        r.kind() == kind && r.is_called(&name) && (of.is_empty() || namespace.is_empty() || of == namespace)
    };
    let found = object.beside.iter().find(is_it);
    let held = found.and_then(|r| r.value["data"][&key].as_str());
    let file = found.and_then(|r| Some(DraftLayer { file: r.files.get(&key)?.clone(), optional: false }));
    match (found, held, file) {
        // The file itself, unless variables or patches changed what was read from it.
        (Some(_), Some(held), Some(layer)) if object.is_in_file(&layer.file, held) => Ok(Values::File(layer)),
        (Some(r), Some(held), _) if kind == "ConfigMap" => {
            Ok(Values::Text(format!("{}: the {kind} {name}", r.place), held.to_owned()))
        }
        _ => Err(format!("values from the {kind} {name} are in the cluster only")),
    }
}
