//! The objects of Argo CD and Flux in a repository, as they are deployed: those that Flux's Kustomizations build, those of
//! overlays that nothing here deploys, and those that stand in files and nowhere else.

use std::collections::BTreeSet;
use std::path::Path;
use std::rc::Rc;

use super::flux::kustomization::{Build, builds};
use super::kustomize::{Builder, Resource, resources};
use super::{Draft, Repository, data, environment_in, helmfile};
use crate::value::Value;

/// An object that says what is released.
pub(super) struct Object<'r> {
    /// The object.
    pub value: Value,
    /// Its file and line.
    pub place: String,
    /// The environment of what deploys it, where that has one.
    pub env: Option<String>,
    /// The cluster of what deploys it, where that has one.
    pub cluster: Option<String>,
    /// What is deployed with it: ConfigMaps that it names.
    pub beside: Rc<Vec<Resource>>,
    /// The folder that is looked at.
    pub root: &'r Path,
}

impl Object<'_> {
    /// Whether a file holds a text.
    pub fn is_in_file(&self, file: &str, text: &str) -> bool {
        std::fs::read_to_string(self.root.join(file)).is_ok_and(|held| held == text)
    }
}

/// All objects of a repository.
pub(super) fn all<'r>(repository: &'r Repository, draft: &mut Draft) -> Vec<Object<'r>> {
    let is_group = |text: &str| ["argoproj.io/", "helm.toolkit.fluxcd.io/"].iter().any(|group| text.contains(group));
    if !repository.configs.iter().any(|c| is_group(&c.text)) {
        return Vec::new();
    }
    let configs = || repository.configs.iter().filter(|c| !helmfile::is_helmfile(&c.name));
    let known: Vec<Resource> = configs().flat_map(resources).collect();
    let mut builder = Builder::new(repository);
    let mut all = builds(repository, &mut builder, &known);
    let deployed: BTreeSet<String> = all.iter().flat_map(|b| &b.resources).map(|r| r.place.clone()).collect();
    for folder in builder.roots() {
        if let Some(build) =
            overlay(&folder, &mut builder).filter(|b| !b.resources.iter().any(|r| deployed.contains(&r.place)))
        {
            all.push(build);
        }
    }
    let mut objects = Vec::new();
    for build in all {
        // What could not be taken over of other objects is nobody's business.
        if build.resources.is_empty() || build.resources.iter().any(Resource::is_release) {
            build.left.iter().for_each(|message| draft.leave(message.clone()));
        }
        objects.extend(of_build(build, repository));
    }
    let is_left = |r: &&Resource| {
        let file = r.place.rsplit_once(':').map_or(&*r.place, |(file, _)| file);
        r.is_release() && !builder.reached.contains(&r.place) && !builder.patches.contains(&repository.root.join(file))
    };
    let beside = Rc::new(known.clone());
    objects.extend(known.iter().filter(is_left).map(|r| object(r, &beside, None, None, &repository.root)));
    objects
}

/// What a folder makes that nothing here deploys: its name says where it goes.
fn overlay(folder: &Path, builder: &mut Builder<'_>) -> Option<Build> {
    if builder.folders.contains(folder) {
        return None;
    }
    builder.left.clear();
    let resources = builder.folder(folder);
    let name = builder.file_of(folder).map(|c| c.name.clone()).unwrap_or_default();
    Some(Build { resources, left: std::mem::take(&mut builder.left), env: environment_in(&name), cluster: None })
}

fn of_build<'r>(build: Build, repository: &'r Repository) -> Vec<Object<'r>> {
    let Build { resources, env, cluster, .. } = build;
    let beside = Rc::new(resources);
    let releases = beside.iter().filter(|r| r.is_release());
    releases.map(|r| object(r, &beside, env.clone(), cluster.clone(), &repository.root)).collect()
}

fn object<'r>(
    resource: &Resource,
    beside: &Rc<Vec<Resource>>,
    env: Option<String>,
    cluster: Option<String>,
    root: &'r Path,
) -> Object<'r> {
    let value = data::read(&resource.value.to_string()).unwrap_or_default();
    Object { value, place: resource.place.clone(), env, cluster, beside: beside.clone(), root }
}
