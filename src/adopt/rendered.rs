//! Apps of apps: charts whose templates print Argo CD's Applications and ApplicationSets, or HelmReleases of Flux. Each is
//! rendered as the release that it is, and what it prints is read as if it stood in a file.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::fold::{Found, Values};
use super::kustomize::Resource;
use super::objects::Object;
use super::{Draft, Repository, read_object};
use crate::chart::load::load;
use crate::chart::{Chart, File};
use crate::diag::log::Log;
use crate::explain::{Map as Origins, explain};
use crate::fleet::{environments_of, files_of};
use crate::jsonschema::to_json;
use crate::manifest::Manifest;
use crate::render::capabilities::DEFAULT_KUBE_VERSION;
use crate::render::{KubeVersion, Options};
use crate::span::SourceMap;
use crate::value::{HelmVersion, Map};
use crate::values::layers::{Layers, ValuesFile, merge_layers};
use crate::world::System;

/// How deep apps are followed into apps of apps.
const MAX_DEPTH: usize = 16;

/// How many releases are followed in all: a chart may print several Applications of itself.
const MAX_RELEASES: usize = 10_000;

/// What Argo CD renders charts with.
const HELM: HelmVersion = HelmVersion::V3;

/// Versions that a cluster of such charts serves.
const SERVED: [&str; 4] = [
    "argoproj.io/v1alpha1",
    "argoproj.io/v1alpha1/Application",
    "argoproj.io/v1alpha1/ApplicationSet",
    "helm.toolkit.fluxcd.io/v2",
];

/// Follows releases into the charts that print more of them.
pub(super) struct Follower<'a> {
    repository: &'a Repository,
    /// Charts by path, those that print releases.
    charts: BTreeMap<String, Option<Rc<Chart>>>,
    /// What was followed.
    seen: BTreeSet<Found>,
}

impl<'a> Follower<'a> {
    /// One that has followed nothing yet.
    pub fn new(repository: &'a Repository) -> Follower<'a> {
        Follower { repository, charts: BTreeMap::new(), seen: BTreeSet::new() }
    }

    /// The releases that charts print which some releases are of, and those that these print, and so on.
    pub fn follow(&mut self, releases: &[Found], draft: &mut Draft) -> Vec<Found> {
        let (mut all, mut level) = (Vec::new(), releases.to_vec());
        for depth in 0.. {
            let mut next = Vec::new();
            for release in level {
                let Some(chart) = self.chart(&release.chart).filter(|_| !self.seen.contains(&release.bare())) else {
                    continue;
                };
                if depth == MAX_DEPTH || self.seen.len() == MAX_RELEASES {
                    let which = &release.from;
                    draft.leave(format!("{which}: apps of apps nest too deep here; what it prints is not read"));
                    continue;
                }
                next.extend(self.printed(&chart, &release, draft));
                self.seen.insert(release.bare());
            }
            if next.is_empty() {
                break;
            }
            all.extend(next.iter().cloned());
            level = next;
        }
        all
    }

    /// The same for charts that nobody releases here: somebody does so by hand, in their environments.
    pub fn follow_free(&mut self, found: &[Found], draft: &mut Draft) -> Vec<Found> {
        let (mut all, root) = (Vec::new(), &self.repository.root);
        for head in self.repository.charts.iter().filter(|c| !c.is_library) {
            let Some(chart) = super::local(".", &head.path, root, super::is_chart) else { continue };
            if found.iter().any(|f| f.chart == chart) || self.chart(&chart).is_none() {
                continue;
            }
            let environments = environments_of(&head.path).into_iter().map(Some);
            let environments: Vec<Option<String>> = environments.collect();
            for env in if environments.is_empty() { vec![None] } else { environments } {
                let files = env.iter().flat_map(|env| files_of(&head.path, env));
                let files = files.filter_map(|f| Some(f.strip_prefix(root).ok()?.display().to_string()));
                let values = files.map(|file| Values::File(super::DraftLayer { file, optional: false })).collect();
                let (chart, name) = (chart.clone(), head.name.clone());
                let release =
                    Found { from: chart.clone(), chart, name, namespace: "argocd".into(), env, cluster: None, values };
                all.extend(self.follow(&[release], draft));
            }
        }
        all
    }

    /// A chart, if it prints releases.
    fn chart(&mut self, path: &str) -> Option<Rc<Chart>> {
        let root = &self.repository.root;
        let known = self.charts.entry(path.to_owned()).or_insert_with(|| {
            let chart = load(&root.join(path), HELM, &mut Log::new(HELM)).ok()?;
            prints_releases(&chart).then(|| Rc::new(chart))
        });
        known.clone()
    }

    /// The releases that one prints.
    fn printed(&self, chart: &Chart, release: &Found, draft: &mut Draft) -> Vec<Found> {
        let (documents, origins) = match self.render(chart, release) {
            Ok(rendered) => rendered,
            Err(e) => {
                let from = &release.from;
                draft.leave(format!("{from}: what it deploys is not read, because it can't be rendered: {e}"));
                return Vec::new();
            }
        };
        let json = |d: &Manifest| to_json(&super::data::read(&d.content).unwrap_or_default());
        let beside = Rc::new(documents.iter().map(|d| Resource::new(json(d), d.path.clone())).collect::<Vec<_>>());
        let mut all = Vec::new();
        for document in documents.iter().filter(|d| is_release(&d.head.kind)) {
            let Ok(value) = super::data::read(&document.content) else { continue };
            let (file, line) = self.place(chart, release, document, &origins);
            let (place, env, beside) = (format!("{file}:{line}"), release.env.clone(), beside.clone());
            let object = Object { value, place, env, cluster: None, beside, root: &self.repository.root };
            all.extend(read_object(&object, self.repository, draft));
        }
        all
    }

    fn render(&self, chart: &Chart, release: &Found) -> Result<(Vec<Manifest>, Origins), String> {
        let mut sources = SourceMap::default();
        let values = self.values(release, &mut sources)?;
        let kube_version = KubeVersion::parse(DEFAULT_KUBE_VERSION, HELM)?;
        let options = Options {
            api_versions: SERVED.map(str::to_owned).into(),
            ..Options::of(&release.name, &release.namespace, kube_version, HELM)
        };
        let world = System::new(None, None, None);
        let (rendered, origins) = explain(chart, &values, &options, &world, &mut sources, &mut Log::new(HELM))
            .map_err(|e| e.helm_text(HELM))?;
        let hooks = rendered.hooks.into_iter().map(|(hook, _)| hook);
        Ok((rendered.manifests.into_iter().chain(hooks).collect(), origins))
    }

    fn values(&self, release: &Found, sources: &mut SourceMap) -> Result<Map, String> {
        let mut files = Vec::new();
        for value in &release.values {
            let (path, text) = match value {
                Values::Text(from, text) => (from.clone(), text.clone().into_bytes()),
                Values::File(layer) => match std::fs::read(self.repository.root.join(&layer.file)) {
                    Ok(text) => (layer.file.clone(), text),
                    Err(_) if layer.optional => continue,
                    Err(e) => return Err(format!("{}: {e}", layer.file)),
                },
            };
            files.push(ValuesFile { path, layer: String::new(), text });
        }
        let layers = Layers { files, ..Layers::default() };
        merge_layers(&layers, HELM, sources, &|file| Err(format!("{file} is not read here")))
    }

    /// The template that printed a document, below the root, and the line.
    fn place(&self, chart: &Chart, release: &Found, document: &Manifest, origins: &Origins) -> (String, usize) {
        let template = origins.line(document, 1).template;
        let (file, line) = template.map_or((document.path.clone(), 1), |p| (p.file.to_string(), p.line));
        let below = file.strip_prefix(&chart.metadata.name).and_then(|f| f.strip_prefix('/')).unwrap_or(&file);
        (format!("{}/{below}", release.chart).trim_start_matches("./").to_owned(), line)
    }
}

/// Whether an object of a kind is, or makes, a release.
fn is_release(kind: &str) -> bool {
    ["Application", "ApplicationSet", "HelmRelease"].contains(&kind)
}

/// Whether templates of a chart, or of one within it, speak of such objects.
fn prints_releases(chart: &Chart) -> bool {
    let has = |file: &File, word: &str| memchr::memmem::find(&file.data, word.as_bytes()).is_some();
    let speaks = |file: &File| {
        has(file, "argoproj.io/") && has(file, "Application")
            || has(file, "helm.toolkit.fluxcd.io/") && has(file, "HelmRelease")
    };
    chart.templates.iter().any(speaks) || chart.children.iter().any(|(_, child)| prints_releases(child))
}
