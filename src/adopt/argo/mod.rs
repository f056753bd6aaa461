//! Argo CD's Applications and ApplicationSets (v3.5 `reposerver/repository`, `applicationset`): each source that is a chart
//! of this repository is a release. [`generators`] has the parameters that ApplicationSets are filled in with.

mod generators;

use std::collections::BTreeMap;
use std::path::Path;

use super::data::{self, at, has, items, map, mapped, printed, text, write};
use super::expand::Expander;
use super::fold::{Found, OWN, Values};
use super::objects::Object;
use super::patch::merge;
use super::{Draft, DraftLayer, Repository, environment_in, is_chart, local};
use crate::jsonschema::to_json;
use crate::span::Pos;
use crate::template::parse::FuncScope;
use crate::value::{HelmVersion, Map, Value};
use crate::values::strvals::{Kind, parse_into};
use generators::Generators;
use serde_json::Value as Json;

/// Parameters that say which environment an Application is of.
const ENVIRONMENT_KEYS: [&str; 4] = ["environment", "env", "stage", "envName"];

/// Takes over an Application or ApplicationSet.
pub(super) fn read(object: &Object<'_>, repository: &Repository, draft: &mut Draft) -> Vec<Found> {
    let Repository { root, configs, .. } = repository;
    let set = &object.value;
    let name = text(set, &["metadata", "name"]);
    let label = format!("{}: {name}", object.place);
    let outer = object.env.as_ref();
    if text(set, &["kind"]) != "ApplicationSet" {
        return Taker { label: &label, root, outer, draft }.application(set, None);
    }
    let is_go = text(set, &["spec", "goTemplate"]) == "true";
    let expander = Expander { scope: FuncScope::Argo, folder: root, root };
    let generators = Generators { is_go, expander: &expander, configs, root };
    let (mut all, mut found) = (Vec::new(), Vec::new());
    for generator in items(set, &["spec", "generators"]) {
        match generators.params(&generator, &map([])) {
            Ok(params) => all.extend(params),
            Err(message) => draft.leave(format!("{label}: {message}")),
        }
    }
    let template = at(set, &["spec", "template"]);
    let patch = text(set, &["spec", "templatePatch"]);
    for params in &all {
        let made = mapped(&template, &mut |t| generators.fill(t, params));
        match made.and_then(|application| patched(application, &patch, params, &generators)) {
            Ok(application) => {
                let mut taker = Taker { label: &label, root, outer, draft };
                found.extend(taker.application(&application, environment_of(params)));
            }
            Err(message) => draft.leave(format!("{label}: {message}")),
        }
    }
    found
}

/// An Application with the set's templatePatch applied, which may change all but the project.
fn patched(application: Value, patch: &str, params: &Value, generators: &Generators<'_>) -> Result<Value, String> {
    if patch.is_empty() {
        return Ok(application);
    }
    let about = |e: String| format!("spec.templatePatch: {e}");
    let filled = generators.fill(patch, params).map_err(about)?;
    let patch = to_json(&data::read(&filled).map_err(about)?);
    let mut changed = to_json(&application);
    if let Some(key) = clash(&changed, &patch) {
        return Err(about(format!("Argo CD can't merge helm.valuesObject.{key}, which the template has, too")));
    }
    merge(&mut changed, &patch).map_err(about)?;
    data::read(&changed.to_string())
}

/// A key of the values that an Application and its patch both have as maps, or as lists: these have no schema, and Argo CD
/// merges nothing below them.
fn clash<'p>(application: &Json, patch: &'p Json) -> Option<&'p String> {
    let there = application.pointer("/spec/source/helm/valuesObject")?;
    let is_both = |key: &str, value: &Json| match there.get(key) {
        Some(other) => other.is_object() && value.is_object() || other.is_array() && value.is_array(),
        None => false,
    };
    let given = patch.pointer("/spec/source/helm/valuesObject")?.as_object();
    let given = given.filter(|given| !given.contains_key("$patch"))?;
    given.iter().find(|(key, value)| is_both(key, value)).map(|(key, _)| key)
}

/// The environment that parameters name.
fn environment_of(params: &Value) -> Option<String> {
    let inner = ["", "values"].into_iter().flat_map(|folder| ENVIRONMENT_KEYS.map(|key| (folder, key)));
    let said = inner.map(|(folder, key)| match folder {
        "" => text(params, &[key]),
        folder => text(params, &[folder, key]) + &text(params, &[&format!("{folder}.{key}")]),
    });
    let is_name = |s: &String| !s.is_empty() && s.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    said.into_iter().find(is_name)
}

struct Taker<'a> {
    label: &'a str,
    root: &'a Path,
    /// The environment of what deploys the Application.
    outer: Option<&'a String>,
    draft: &'a mut Draft,
}

impl Taker<'_> {
    fn leave(&mut self, message: String) {
        self.draft.leave(format!("{}: {message}", self.label));
    }

    /// The releases of an Application: one for each of its sources that is a chart.
    fn application(&mut self, application: &Value, env: Option<String>) -> Vec<Found> {
        let single = Some(at(application, &["spec", "source"])).filter(|s| !s.is_nil());
        let sources: Vec<Value> = single.into_iter().chain(items(application, &["spec", "sources"])).collect();
        let mut found = Vec::new();
        for source in &sources {
            let chart = text(source, &["chart"]);
            if !chart.is_empty() {
                let from = text(source, &["repoURL"]);
                self.leave(format!("the chart {chart} of {from} is not in this repository"));
                continue;
            }
            let path = text(source, &["path"]);
            let Some(chart) = local(&path, self.root, self.root, is_chart) else {
                if has(source, &["helm"]) {
                    self.leave(format!("there is no chart at {path:?} here"));
                }
                continue;
            };
            match self.values(source, &chart) {
                Ok(values) => found.push(self.release(application, source, chart, values, env.clone())),
                Err(message) => self.leave(message),
            }
        }
        if !found.is_empty() {
            let (place, name) = self.label.rsplit_once(": ").unwrap_or((self.label, ""));
            self.draft.source(format!("Argo CD: {place}"), name);
        }
        found
    }

    /// The values of a source, in Argo CD's order: files, values, parameters.
    fn values(&mut self, source: &Value, chart: &str) -> Result<Vec<Values>, String> {
        let helm = at(source, &["helm"]);
        let is_optional = text(&helm, &["ignoreMissingValueFiles"]) == "true";
        let mut values = Vec::new();
        for file in items(&helm, &["valueFiles"]).iter().map(printed) {
            self.value_file(&file, chart, is_optional, &mut values)?;
        }
        // valuesObject wins over values.
        let inline = match at(&helm, &["valuesObject"]) {
            Value::Nil => text(&helm, &["values"]),
            object => write(&object),
        };
        if !inline.trim().is_empty() {
            values.push(Values::Text(format!("{}: helm.values", self.label), inline));
        }
        let set = self.parameters(&helm)?;
        if !set.is_empty() {
            values.push(Values::Text(format!("{}: helm.parameters", self.label), write(&Value::Map(set))));
        }
        for (key, what) in
            [("fileParameters", "fileParameters"), ("kubeVersion", "kubeVersion"), ("apiVersions", "apiVersions")]
        {
            if has(&helm, &[key]) {
                self.leave(format!("helm.{what} is not taken over"));
            }
        }
        Ok(values)
    }

    /// # Errors
    /// For a file of this repository that isn't there: Argo CD renders nothing without it.
    fn value_file(
        &mut self,
        file: &str,
        chart: &str,
        is_optional: bool,
        values: &mut Vec<Values>,
    ) -> Result<(), String> {
        if file.contains("://") {
            self.leave(format!("the values {file} are not in this repository"));
            return Ok(());
        }
        let folder = self.root.join(chart);
        // Behind a leading slash, and behind the name of another source, stands a repository: this one, where it has it.
        let (from, below) = match (file.strip_prefix('/'), file.strip_prefix('$').and_then(|f| f.split_once('/'))) {
            (Some(below), _) | (None, Some((_, below))) => (self.root, below),
            _ => (folder.as_path(), file),
        };
        if let Some(file) = local(below, from, self.root, Path::is_file) {
            values.push(Values::File(DraftLayer { file, optional: is_optional }));
            return Ok(());
        }
        let full = crate::fleet::charts::plain(&from.join(below));
        match full.strip_prefix(self.root) {
            Ok(path) if is_optional => {
                values.push(Values::File(DraftLayer { file: path.display().to_string(), optional: true }));
            }
            Ok(path) if !file.starts_with('$') => {
                return Err(format!("there is no values file {:?} here", path.display().to_string()));
            }
            Ok(_) => self.leave(format!("the values {file} are not in this repository")),
            Err(_) => self.leave(format!("the values file {file:?} is outside of this folder")),
        }
        Ok(())
    }

    fn parameters(&mut self, helm: &Value) -> Result<Map, String> {
        // Argo CD passes them in no order of its own; the last of a name counts.
        let mut named = BTreeMap::new();
        for parameter in items(helm, &["parameters"]) {
            let kind = if text(&parameter, &["forceString"]) == "true" { Kind::String } else { Kind::Typed };
            named.insert(text(&parameter, &["name"]), (kind, text(&parameter, &["value"])));
        }
        let into = Map::default();
        for (name, (kind, value)) in named {
            if name.contains('[') {
                self.leave(format!("the parameter {name} changes an item of a list; put the list into a values file"));
                continue;
            }
            // As Argo CD does: commas separate nothing, unless it is a list in braces.
            let value = if value.starts_with('{') && value.ends_with('}') { value } else { value.replace(',', "\\,") };
            parse_into(&format!("{name}={value}"), kind, &into, Pos::NONE, HelmVersion::V4, &|_| Ok(Vec::new()))?;
        }
        Ok(into)
    }

    fn release(
        &self,
        application: &Value,
        source: &Value,
        chart: String,
        values: Vec<Values>,
        env: Option<String>,
    ) -> Found {
        let destination = at(application, &["spec", "destination"]);
        let name = text(application, &["metadata", "name"]);
        let release = text(source, &["helm", "releaseName"]);
        let of_helm = text(source, &["helm", "namespace"]);
        let of_files = values.iter().rev().find_map(|v| match v {
            Values::File(layer) => environment_in(&layer.file),
            Values::Text(..) => None,
        });
        let cluster = [text(&destination, &["name"]), host(&text(&destination, &["server"]))];
        Found {
            from: self.label.to_owned(),
            chart,
            env: env.or(of_files).or_else(|| self.outer.cloned()).or_else(|| environment_in(&name)),
            name: if release.is_empty() { name } else { release },
            namespace: if of_helm.is_empty() { text(&destination, &["namespace"]) } else { of_helm },
            cluster: cluster.into_iter().find(|c| !c.is_empty()),
            values,
        }
    }
}

/// What a cluster at an address is called: Argo CD's own, or the first part of the host's name.
fn host(server: &str) -> String {
    let host = server.split("://").last().unwrap_or_default().split(['/', ':']).next().unwrap_or_default();
    match host {
        "kubernetes.default.svc" => OWN.into(),
        host if host.chars().all(|c| c.is_ascii_digit() || c == '.') => host.replace('.', "-"),
        host => host.split('.').next().unwrap_or_default().to_owned(),
    }
}
