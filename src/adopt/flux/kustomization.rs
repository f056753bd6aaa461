//! Flux's Kustomizations (kustomize-controller v1.9, its module `pkg/kustomize`): each builds a folder, with patches, a
//! namespace and variables of its own; what it builds may hold others.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::{Value as Json, json};

use super::super::kustomize::patches::PLACE;
use super::super::kustomize::{Builder, Resource};
use super::super::{Config, Repository, data, environment_in, local};
use super::substitute::substitute;
use crate::jsonschema::to_json;

/// Kustomizations that build each other deeper than this are left.
const MAX_DEPTH: usize = 16;

/// The objects of one build, and where they go.
pub(in crate::adopt) struct Build {
    pub resources: Vec<Resource>,
    /// What could not be taken over of it.
    pub left: Vec<String>,
    pub env: Option<String>,
    pub cluster: Option<String>,
}

/// Builds all Kustomizations of a repository.
pub(in crate::adopt) fn builds(repository: &Repository, builder: &mut Builder<'_>, known: &[Resource]) -> Vec<Build> {
    let of_files: Vec<&Resource> = known.iter().filter(|r| is_kustomization(r)).collect();
    let mut all = All { repository, builder, known, done: BTreeSet::new(), builds: Vec::new() };
    // Those that no other one deploys are where it begins. In a circle, it begins with the first.
    let mut deployed = BTreeSet::new();
    for one in &of_files {
        let (resources, _) = all.build(one);
        let inner = resources.into_iter().filter(|r| is_kustomization(r) && r.place != one.place);
        deployed.extend(inner.map(|r| r.place));
    }
    let (inner, roots): (Vec<&Resource>, Vec<_>) = of_files.into_iter().partition(|k| deployed.contains(&k.place));
    for root in roots.into_iter().chain(inner) {
        if !all.done.contains(&root.place) {
            all.follow(root, (None, None), &mut Vec::new());
        }
    }
    all.builds
}

fn is_kustomization(resource: &Resource) -> bool {
    resource.kind() == "Kustomization" && resource.text("/apiVersion").starts_with("kustomize.toolkit.fluxcd.io/")
}

struct All<'a, 'b> {
    repository: &'a Repository,
    builder: &'a mut Builder<'b>,
    /// All objects of files.
    known: &'a [Resource],
    /// Places of Kustomizations that were followed.
    done: BTreeSet<String>,
    builds: Vec<Build>,
}

impl All<'_, '_> {
    /// Builds one, and those that it deploys; `above` are the places of those that deploy it.
    fn follow(&mut self, one: &Resource, outer: (Option<String>, Option<String>), above: &mut Vec<String>) {
        if above.len() > MAX_DEPTH || above.contains(&one.place) {
            return;
        }
        self.done.insert(one.place.clone());
        let (resources, left) = self.build(one);
        let file = one.place.rsplit_once(':').map_or(&*one.place, |(file, _)| file);
        let env = environment_in(one.text("/spec/path")).or(outer.0).or_else(|| environment_in(file));
        let cluster = cluster_in(one.text("/spec/path")).or(outer.1).or_else(|| cluster_in(file));
        above.push(one.place.clone());
        for inner in resources.iter().filter(|r| is_kustomization(r)) {
            self.follow(inner, (env.clone(), cluster.clone()), above);
        }
        above.pop();
        self.builds.push(Build { resources, left, env, cluster });
    }

    /// The objects that one builds, and what can't be taken over.
    fn build(&mut self, one: &Resource) -> (Vec<Resource>, Vec<String>) {
        let label = format!("{}: {}", one.place, one.name());
        let path = one.text("/spec/path");
        let Some(folder) =
            local(path.trim_start_matches('/'), &self.repository.root, &self.repository.root, |p| p.is_dir())
        else {
            return (Vec::new(), vec![format!("{label}: there is no folder {path:?} here")]);
        };
        let folder = self.repository.root.join(folder);
        let (document, config) = self.document(one, &folder);
        self.builder.left.clear();
        let mut resources = self.builder.kustomization(&folder, document, &config);
        let mut left = std::mem::take(&mut self.builder.left);
        match self.variables(one) {
            Ok(variables) => substitute_all(&mut resources, &variables, &label, &mut left),
            Err(messages) => left.extend(messages.into_iter().map(|m| format!("{label}: {m}"))),
        }
        (resources, left)
    }

    /// The kustomization of the folder with what Flux adds to it.
    fn document(&mut self, one: &Resource, folder: &std::path::Path) -> (Json, Config) {
        let own = self.builder.file_of(folder);
        let read = |c: &Config| data::read(&c.text).map(|v| to_json(&v)).unwrap_or_default();
        let mut document = match own {
            Some(config) => read(config),
            // Without one, Flux writes one of all files.
            None => json!({"resources": ["."]}),
        };
        let spec = &one.value["spec"];
        for (from, to) in [("targetNamespace", "namespace"), ("namePrefix", "namePrefix"), ("nameSuffix", "nameSuffix")]
        {
            if let (Some(text), Some(into)) = (spec[from].as_str(), document.as_object_mut()) {
                into.insert(to.into(), text.into());
            }
        }
        for key in ["patches", "patchesStrategicMerge", "patchesJson6902", "components"] {
            let (Some(more), Some(into)) = (spec[key].as_array(), document.as_object_mut()) else { continue };
            let list = into.entry(key).or_insert_with(|| json!([]));
            if let Some(list) = list.as_array_mut() {
                list.extend(more.iter().map(|m| given(m, key, &one.place)));
            }
        }
        let (name, path, text) = match own {
            Some(config) => (config.name.clone(), config.path.clone(), config.text.clone()),
            None => (one.place.clone(), PathBuf::new(), String::new()),
        };
        (document, Config { path, name, text })
    }

    /// The variables of `postBuild`: those of ConfigMaps that are here, then its own.
    fn variables(&self, one: &Resource) -> Result<BTreeMap<String, String>, Vec<String>> {
        let post_build = &one.value["spec"]["postBuild"];
        let (mut all, mut missing) = (BTreeMap::new(), Vec::new());
        for from in post_build["substituteFrom"].as_array().into_iter().flatten() {
            let said = |key: &str| from[key].as_str().unwrap_or_default();
            let namespace = one.text("/metadata/namespace");
            let is_it = |r: &&Resource| {
                let of = r.text("/metadata/namespace");
                r.kind() == said("kind") && r.is_called(said("name")) && (of == namespace || of.is_empty())
            };
            // Several clusters have one of this name: it is the one that stands nearest.
            let near = |r: &&Resource| r.place.bytes().zip(one.place.bytes()).take_while(|(a, b)| a == b).count();
            let nearest = self.known.iter().filter(is_it).max_by_key(near);
            match nearest.filter(|r| r.kind() == "ConfigMap") {
                Some(found) => all.extend(texts(&found.value["data"])),
                None if from["optional"] == true => {}
                None => missing.push(format!(
                    "spec.postBuild takes variables from the {} {}, which is in the cluster only",
                    said("kind"),
                    said("name")
                )),
            }
        }
        all.extend(texts(&post_build["substitute"]));
        if missing.is_empty() { Ok(all) } else { Err(missing) }
    }
}

/// A patch or component of a Kustomization as one of a folder, where it says its own place.
fn given(item: &Json, key: &str, place: &str) -> Json {
    match (key, item) {
        ("patches" | "patchesJson6902", Json::Object(patch)) => {
            let mut patch = patch.clone();
            patch.insert(PLACE.to_owned(), place.into());
            patch.into()
        }
        // As a text: it names no file.
        ("patchesStrategicMerge", patch) => format!("{patch}\n").into(),
        _ => item.clone(),
    }
}

/// The texts of a map, in one line each, as Flux substitutes them.
fn texts(map: &Json) -> impl Iterator<Item = (String, String)> {
    let entries = map.as_object().into_iter().flatten();
    entries.filter_map(|(k, v)| Some((k.clone(), v.as_str()?.replace('\n', ""))))
}

fn substitute_all(
    resources: &mut [Resource],
    variables: &BTreeMap<String, String>,
    label: &str,
    left: &mut Vec<String>,
) {
    const DISABLED: &str = "kustomize.toolkit.fluxcd.io/substitute";
    if variables.is_empty() {
        return;
    }
    for resource in resources {
        let metadata = &resource.value["metadata"];
        if ["labels", "annotations"].iter().any(|of| metadata[*of][DISABLED] == "disabled") {
            continue;
        }
        let text = data::read(&resource.value.to_string()).map(|v| data::write(&v));
        let done = text.and_then(|t| substitute(&t, variables)).and_then(|t| data::read(&t));
        match done {
            Ok(value) => resource.value = to_json(&value),
            Err(e) => left.push(format!("{label}: spec.postBuild.substitute in {}: {e}", resource.place)),
        }
    }
}

/// The name of a cluster in a path: the folder below `clusters`.
fn cluster_in(path: &str) -> Option<String> {
    let mut parts = path.split('/').skip_while(|p| *p != "clusters" && *p != "cluster").skip(1);
    parts.next().filter(|name| !name.is_empty() && !name.contains('.')).map(str::to_owned)
}
