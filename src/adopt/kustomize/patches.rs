//! Who a patch of a kustomization is for, and what it does.

use std::path::Path;

use regex::Regex;
use serde_json::Value as Json;

use super::super::patch::{merge, operations};
use super::super::{Config, data, parts};
use super::{Builder, Resource, place};
use crate::fleet::charts::plain;
use crate::jsonschema::to_json;

/// The key of a patch that says where it stands, where that is not the kustomization's file.
pub(in crate::adopt) const PLACE: &str = " place";

/// The objects that a patch is for (kustomize `types.Selector`): texts are whole regular expressions.
struct Target {
    texts: Vec<(&'static str, Regex)>,
    labels: Vec<(&'static str, String)>,
}

impl Target {
    fn new(target: &Json) -> Result<Target, String> {
        let mut texts = Vec::new();
        for key in ["group", "version", "kind", "name", "namespace"] {
            let Some(text) = target[key].as_str().filter(|t| !t.is_empty()) else { continue };
            texts.push((
                key,
                Regex::new(&format!("^(?:{text})$")).map_err(|_| format!("target.{key}: {text:?} is no expression"))?,
            ));
        }
        let selectors = [("labels", "labelSelector"), ("annotations", "annotationSelector")];
        let labels = selectors.into_iter().filter_map(|(of, key)| Some((of, target[key].as_str()?.to_owned())));
        Ok(Target { texts, labels: labels.collect() })
    }

    /// The object that a patch names itself.
    fn named(patch: &Json) -> Result<Target, String> {
        let (group, _) = group_version(patch["apiVersion"].as_str().unwrap_or_default());
        let mut texts = vec![("group", group.to_owned())];
        for (key, pointer) in [("kind", "/kind"), ("name", "/metadata/name"), ("namespace", "/metadata/namespace")] {
            let text = patch.pointer(pointer).and_then(Json::as_str);
            texts.extend(text.map(|t| (key, t.to_owned())));
        }
        let exact = |(key, text): (&'static str, String)| {
            Regex::new(&format!("^{}$", regex::escape(&text))).map(|r| (key, r)).map_err(|e| e.to_string())
        };
        let texts = texts.into_iter().map(exact).collect::<Result<_, _>>()?;
        Ok(Target { texts, labels: Vec::new() })
    }

    fn fits(&self, resource: &Resource) -> bool {
        let (group, version) = group_version(resource.text("/apiVersion"));
        let is_text = |(key, regex): &(&str, Regex)| match *key {
            "group" => regex.is_match(group),
            "version" => regex.is_match(version),
            "kind" => regex.is_match(resource.kind()),
            "name" => regex.is_match(resource.name()) || resource.names.iter().any(|n| regex.is_match(n)),
            _ => regex.is_match(resource.text("/metadata/namespace")),
        };
        let is_labelled = |(of, selector): &(&str, String)| {
            selector.split(',').all(|one| requirement(one.trim(), &resource.value["metadata"][*of]))
        };
        self.texts.iter().all(is_text) && self.labels.iter().all(is_labelled)
    }
}

/// One requirement of a selector: `a=b`, `a!=b`, `a`, `!a`.
fn requirement(text: &str, labels: &Json) -> bool {
    let label = |key: &str| labels[key.trim()].as_str();
    if let Some((key, value)) = text.split_once("!=") {
        return label(key) != Some(value.trim());
    }
    match (text.split_once('='), text.strip_prefix('!')) {
        (Some((key, value)), _) => label(key) == Some(value.trim_start_matches('=').trim()),
        (None, Some(key)) => label(key).is_none(),
        (None, None) => label(text).is_some(),
    }
}

fn group_version(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

impl Builder<'_> {
    /// Applies one item of `patches`, `patchesJson6902` or `patchesStrategicMerge` (`either` a path or a text).
    pub(super) fn patch(&mut self, patch: &Json, key: &str, folder: &Path, config: &Config, all: &mut Vec<Resource>) {
        let mut at = patch[PLACE].as_str().map_or_else(|| place(config, key), str::to_owned);
        let given = ["patch", "path", "either"].map(|k| &patch[k]);
        let [inline, path, either] = given.map(Json::as_str);
        let file = path.or(either.filter(|e| !e.contains('\n'))).map(|p| (p, plain(&folder.join(p))));
        let text = match (inline, file) {
            (Some(text), _) => text.to_owned(),
            (None, Some((path, full))) => match std::fs::read_to_string(&full) {
                Ok(text) if full.starts_with(&self.repository.root) => {
                    at = format!("{}:1", full.strip_prefix(&self.repository.root).unwrap_or(&full).display());
                    self.patches.insert(full);
                    text
                }
                _ => return self.left.push(format!("{at}: there is no patch {path} here")),
            },
            (None, None) if given[0].is_array() => given[0].to_string(),
            (None, None) => either.unwrap_or_default().to_owned(),
        };
        for (_, part) in parts(&text) {
            let done = data::read(&part).and_then(|p| apply(&to_json(&p), &patch["target"], all));
            if let Err(message) = done {
                self.left.push(format!("{at}: the patch can't be applied: {message}"));
            }
        }
    }
}

/// Applies a patch to the objects that it is for: a list of operations, or an object to merge.
fn apply(patch: &Json, target: &Json, all: &mut Vec<Resource>) -> Result<(), String> {
    let chosen = if target.is_object() { Target::new(target)? } else { Target::named(patch)? };
    let mut merged = patch.clone();
    // It stays what it is called.
    if let Some(merged) = merged.as_object_mut() {
        ["apiVersion", "kind"].iter().for_each(|key| _ = merged.remove(*key));
    }
    if let Some(metadata) = merged.get_mut("metadata").and_then(Json::as_object_mut) {
        ["name", "namespace"].iter().for_each(|key| _ = metadata.remove(*key));
    }
    let mut done = Ok(());
    all.retain_mut(|resource| {
        if done.is_err() || !chosen.fits(resource) {
            return true;
        }
        done = match patch {
            Json::Array(_) => operations(&mut resource.value, patch),
            _ => merge(&mut resource.value, &merged),
        };
        // A patch that deletes the object leaves nothing of it.
        resource.value.as_object().is_some_and(|o| !o.is_empty())
    });
    done.map_err(|e| e.replace('\n', " "))
}
