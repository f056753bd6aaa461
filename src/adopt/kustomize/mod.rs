//! What kustomize makes of the objects that say what is released (kustomize v5.8 `api/internal/target`): folders that
//! name each other, generated ConfigMaps, patches, namespaces, prefixes and suffixes. All other kinds are passed over. [`patches`] has
//! who a patch is for and what it does.

pub(super) mod patches;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json, json};

use super::{Config, Repository, data, parts};
use crate::fleet::charts::plain;
use crate::jsonschema::to_json;

/// So many kustomizations are built, each as often as it is named: small ones that name each other twice make any number.
const MAX_BUILDS: usize = 20_000;

/// The names of a folder's file.
const FILES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Keys that change objects in ways that are not followed here.
const NOT_TAKEN: [&str; 6] = ["generators", "helmCharts", "replacements", "transformers", "validators", "vars"];

/// Kinds that say what is released, and those that such objects refer to.
const KINDS: [&str; 6] = ["Application", "ApplicationSet", "ConfigMap", "HelmRelease", "Kustomization", "Secret"];

/// An object on its way through kustomizations.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    /// The object.
    pub value: Json,
    /// Its file and line.
    pub place: String,
    /// The names it had before prefixes and suffixes.
    pub names: Vec<String>,
    /// Where a generated one has its texts from, by key: paths below the root.
    pub files: BTreeMap<String, String>,
}

impl Resource {
    pub fn new(value: Json, place: String) -> Resource {
        Resource { value, place, names: Vec::new(), files: BTreeMap::new() }
    }

    /// A text of it, empty where there is none.
    pub fn text(&self, pointer: &str) -> &str {
        self.value.pointer(pointer).and_then(Json::as_str).unwrap_or_default()
    }

    /// Its kind.
    pub fn kind(&self) -> &str {
        self.text("/kind")
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.text("/metadata/name")
    }

    /// Whether it has, or had, a name.
    pub fn is_called(&self, name: &str) -> bool {
        self.name() == name || self.names.iter().any(|n| n == name)
    }

    /// Whether it says what is released.
    pub fn is_release(&self) -> bool {
        ["Application", "ApplicationSet", "HelmRelease"].contains(&self.kind())
    }

    fn set(&mut self, key: &str, text: &str) {
        let Some(object) = self.value.as_object_mut() else { return };
        let metadata = object.entry("metadata").or_insert_with(|| json!({}));
        if let Some(metadata) = metadata.as_object_mut() {
            metadata.insert(key.to_owned(), text.into());
        }
    }
}

/// Builds folders.
pub(super) struct Builder<'a> {
    repository: &'a Repository,
    files: BTreeMap<&'a Path, &'a Config>,
    /// Folders that are being built, each by the one before.
    above: Vec<PathBuf>,
    /// How many were built.
    count: usize,
    /// What can't be taken over of the builds since it was last taken.
    pub left: Vec<String>,
    /// Folders that were built.
    pub folders: BTreeSet<PathBuf>,
    /// Places of objects that were built.
    pub reached: BTreeSet<String>,
    /// Files of patches.
    pub patches: BTreeSet<PathBuf>,
}

impl<'a> Builder<'a> {
    pub fn new(repository: &'a Repository) -> Builder<'a> {
        let files = repository.configs.iter().map(|c| (c.path.as_path(), c)).collect();
        let (folders, reached, patches) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        Builder { repository, files, above: Vec::new(), count: 0, left: Vec::new(), folders, reached, patches }
    }

    /// The kustomization of a folder, if it has one.
    pub fn file_of(&self, folder: &Path) -> Option<&'a Config> {
        FILES.iter().find_map(|name| self.files.get(folder.join(name).as_path()).copied())
    }

    /// The folders that have a kustomization and that no other one names.
    pub fn roots(&self) -> Vec<PathBuf> {
        let mut named = BTreeSet::new();
        let mut all = BTreeSet::new();
        for config in self.repository.configs.iter().filter(|c| FILES.iter().any(|f| c.path.ends_with(f))) {
            let Some(folder) = config.path.parent() else { continue };
            let document = read(&config.text);
            let inner = ["resources", "bases", "components"].map(|key| strings(&document, key));
            named.extend(inner.iter().flatten().map(|path| plain(&folder.join(path))));
            if document["kind"] != "Component" {
                all.insert(folder.to_owned());
            }
        }
        all.difference(&named).cloned().collect()
    }

    /// The objects of a folder as its kustomization makes them; without one, those of all files below it.
    pub fn folder(&mut self, folder: &Path) -> Vec<Resource> {
        let Some(config) = self.file_of(folder) else { return self.below(folder) };
        self.kustomization(folder, read(&config.text), config)
    }

    /// What a kustomization in a folder makes; `config` is the file it is said to stand in.
    pub fn kustomization(&mut self, folder: &Path, document: Json, config: &Config) -> Vec<Resource> {
        let mut all = Vec::new();
        self.add(folder, &document, config, &mut all);
        all
    }

    /// All objects below a folder, as Flux takes them where there is no kustomization: folders with one are built.
    pub fn below(&mut self, folder: &Path) -> Vec<Resource> {
        self.folders.insert(folder.to_owned());
        let inside: Vec<&Config> =
            self.files.range(folder..).take_while(|(p, _)| p.starts_with(folder)).map(|(_, c)| *c).collect();
        let (mut all, mut built) = (Vec::new(), BTreeSet::new());
        for config in inside {
            let own = config.path.ancestors().skip(1).take_while(|a| a.starts_with(folder) && *a != folder);
            match own.filter(|a| self.file_of(a).is_some()).last().map(Path::to_owned) {
                Some(inner) if built.insert(inner.clone()) => all.extend(self.folder(&inner)),
                Some(_) => {}
                None => all.extend(self.file(config)),
            }
        }
        all
    }

    /// The objects of a file.
    pub fn file(&mut self, config: &Config) -> Vec<Resource> {
        let objects = resources(config);
        self.reached.extend(objects.iter().map(|o| o.place.clone()));
        objects
    }

    /// Adds what a kustomization names to what there is, and changes all of it.
    fn add(&mut self, folder: &Path, document: &Json, config: &Config, all: &mut Vec<Resource>) {
        self.folders.insert(folder.to_owned());
        self.count += 1;
        if self.above.iter().any(|f| f == folder) || self.count > MAX_BUILDS {
            return self.leave(config, "resources", "kustomizations name each other in a circle here");
        }
        self.above.push(folder.to_owned());
        self.followed(folder, document, config, all);
        self.above.pop();
    }

    /// What a kustomization names, and what it does with all of it.
    fn followed(&mut self, folder: &Path, document: &Json, config: &Config, all: &mut Vec<Resource>) {
        for path in ["resources", "bases"].iter().flat_map(|key| strings(document, key)) {
            let full = plain(&folder.join(&path));
            match self.files.get(full.as_path()) {
                Some(file) => all.extend(self.file(file)),
                None if full.is_dir() && full.starts_with(&self.repository.root) => {
                    all.extend(self.folder(&full));
                }
                None if path.contains("://") || path.starts_with("github.com/") => {
                    self.leave(config, "resources", &format!("the resource {path} is not in this repository"));
                }
                // What is no YAML file is none of ours.
                None => {}
            }
        }
        self.generate(folder, document, config, all);
        for path in strings(document, "components") {
            let inner = plain(&folder.join(&path));
            match self.file_of(&inner) {
                Some(file) => self.add(&inner, &read(&file.text), file, all),
                None => self.leave(config, "components", &format!("there is no component {path} here")),
            }
        }
        for key in NOT_TAKEN.iter().filter(|key| !document[**key].is_null()) {
            self.leave(config, key, &format!("{key} is not taken over"));
        }
        self.transform(folder, document, config, all);
    }

    /// Patches, namespace, prefix and suffix, in kustomize's order.
    fn transform(&mut self, folder: &Path, document: &Json, config: &Config, all: &mut Vec<Resource>) {
        for patch in document["patchesStrategicMerge"].as_array().into_iter().flatten() {
            self.patch(&json!({"either": patch}), "patchesStrategicMerge", folder, config, all);
        }
        for patch in document["patches"].as_array().into_iter().flatten() {
            self.patch(patch, "patches", folder, config, all);
        }
        let said = |key: &str| document[key].as_str().unwrap_or_default();
        for resource in all.iter_mut() {
            if !said("namespace").is_empty() {
                resource.set("namespace", said("namespace"));
            }
            let (prefix, suffix) = (said("namePrefix"), said("nameSuffix"));
            if !(prefix.is_empty() && suffix.is_empty()) {
                let name = resource.name().to_owned();
                resource.set("name", &format!("{prefix}{name}{suffix}"));
                resource.names.push(name);
            }
        }
        for patch in document["patchesJson6902"].as_array().into_iter().flatten() {
            self.patch(patch, "patchesJson6902", folder, config, all);
        }
    }

    /// ConfigMaps and Secrets of files and literals.
    fn generate(&mut self, folder: &Path, document: &Json, config: &Config, all: &mut Vec<Resource>) {
        for (key, kind) in [("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")] {
            for generator in document[key].as_array().into_iter().flatten() {
                let mut made = Resource::new(json!({"kind": kind, "data": {}}), place(config, key));
                for field in ["name", "namespace"] {
                    made.set(field, generator[field].as_str().unwrap_or_default());
                }
                let mut data = Map::new();
                for literal in strings(generator, "literals") {
                    let (name, value) = literal.split_once('=').unwrap_or((&literal, ""));
                    data.insert(name.to_owned(), value.trim_matches(['"', '\'']).into());
                }
                for file in strings(generator, "files") {
                    let base = file.rsplit('/').next().unwrap_or(&file).to_owned();
                    let (name, path) = file.split_once('=').map_or((base, &*file), |(n, p)| (n.to_owned(), p));
                    let full = plain(&folder.join(path));
                    let inside = full.strip_prefix(&self.repository.root).map(|p| p.display().to_string());
                    match (inside, std::fs::read_to_string(&full)) {
                        (Ok(inside), Ok(text)) => {
                            data.insert(name.clone(), text.into());
                            made.files.insert(name, inside);
                        }
                        _ => self.leave(config, key, &format!("there is no file {path} here")),
                    }
                }
                let over = |r: &&mut Resource| r.kind() == kind && r.is_called(made.name());
                match (generator["behavior"].as_str(), all.iter_mut().find(over)) {
                    (Some("merge"), Some(there)) => {
                        if let Some(into) = there.value["data"].as_object_mut() {
                            into.extend(data);
                        }
                        there.files.extend(made.files);
                    }
                    (Some("replace"), Some(there)) => {
                        there.value["data"] = data.into();
                        there.files = made.files;
                    }
                    _ => {
                        made.value["data"] = data.into();
                        all.push(made);
                    }
                }
            }
        }
    }

    fn leave(&mut self, config: &Config, key: &str, message: &str) {
        self.left.push(format!("{}: {message}", place(config, key)));
    }
}

/// The objects of a file that count, with their places.
pub(super) fn resources(config: &Config) -> Vec<Resource> {
    // Most files are none of ours, and large.
    if !KINDS.iter().any(|kind| config.text.contains(kind)) {
        return Vec::new();
    }
    let objects = parts(&config.text).into_iter().filter_map(|(line, part)| {
        let resource = Resource::new(to_json(&data::read(&part).ok()?), format!("{}:{line}", config.name));
        let is_own = !resource.text("/apiVersion").starts_with("kustomize.config.k8s.io/");
        (KINDS.contains(&resource.kind()) && is_own).then_some(resource)
    });
    objects.collect()
}

/// A document, or null.
fn read(text: &str) -> Json {
    data::read(text).map(|v| to_json(&v)).unwrap_or_default()
}

/// The texts of a list.
fn strings(document: &Json, key: &str) -> Vec<String> {
    let list = document[key].as_array();
    list.into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect()
}

/// The line of a file's top-level key; of an object that stands for a file, its place.
fn place(config: &Config, key: &str) -> String {
    if config.text.is_empty() {
        return config.name.clone();
    }
    let is_key = |line: &str| line.strip_prefix(key).is_some_and(|rest| rest.starts_with(':'));
    let line = config.text.lines().position(is_key).map_or(1, |at| at + 1);
    format!("{}:{line}", config.name)
}
