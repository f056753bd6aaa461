//! A chart's render as a side of a comparison: with the release that it would upgrade, with what the cluster answers to
//! its templates, and with what is kept of it for a report. Start reading at [`Setting::render`].

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use super::args::DiffArgs;
use super::reuse::Reuse;
use super::sides::{Origin, Prepared, wanted};
use crate::cli::args::SceneArgs;
use crate::cli::session::{Charts, Failed, Session, shown};
use crate::cluster::{Cluster, StoredRelease};
use crate::diag::log::Log;
use crate::diff::secrets::flow::{Flow, suspicious};
use crate::diff::secrets::held;
use crate::diff::{Differing, Side, SideObject};
use crate::explain::object::{Object, of_kind};
use crate::explain::{Map, OriginKind, Place as MapPlace};
use crate::finding::{KubeObject, Text};
use crate::fleet::Release;
use crate::kube::schema::Shape;
use crate::lint::definitions::{Source, shipped};
use crate::lint::locate::ChartFolder;
use crate::lint::objects;
use crate::manifest::Manifest;
use crate::render::Rendered;
use crate::span::Pos;
use crate::value::Value;
use crate::yaml;

/// What a chart is rendered with, besides its own values.
#[derive(Clone, Copy)]
pub(super) struct Setting<'a> {
    /// The flags.
    pub scene: &'a SceneArgs,
    /// The cluster that its templates see, if they see one.
    pub cluster: Option<&'a Arc<Cluster>>,
    /// The release that it upgrades, if it does, with the last revision's number.
    pub deployed: Option<(&'a StoredRelease, u64)>,
    /// What of that release's values goes on.
    pub reuse: Reuse,
    /// The charts that were loaded.
    pub charts: &'a Charts,
}

impl<'a> Setting<'a> {
    /// Nothing but flags.
    pub fn plain(scene: &'a SceneArgs, charts: &'a Charts) -> Setting<'a> {
        Setting { scene, cluster: None, deployed: None, reuse: Reuse::No, charts }
    }

    /// Opens a chart with its values.
    fn open(&self, release: &Release) -> Result<Session, Failed> {
        let engine = &self.scene.engine;
        let mut session = self.reuse.open(self.scene, release, self.deployed.map(|d| d.0), self.charts)?;
        if let Some((_, last)) = self.deployed {
            session.options.is_upgrade = true;
            session.options.revision = i64::try_from(last).unwrap_or(i64::MAX).saturating_add(1);
        }
        if let Some(cluster) = self.cluster {
            let said = (session.options.kube_version.clone(), session.options.api_versions.clone());
            session.go_live(cluster, engine)?;
            if self.scene.kube_version.is_some() {
                session.options.kube_version = said.0;
            }
            if let Some(served) = session.options.served.as_mut().filter(|_| !said.1.is_empty()) {
                Arc::make_mut(served).extend(said.1);
            }
        }
        Ok(session)
    }

    /// Renders a chart, watched.
    pub fn render(&self, release: &Release) -> Result<Scene, Broken> {
        let mut session = self.open(release)?;
        let helm = session.options.helm;
        match session.render_with_map(&mut Log::new(helm)) {
            Ok((rendered, map)) => Ok(Scene { session, rendered, map, folder: release.chart.path.clone() }),
            Err(e) => {
                let text = shown(&self.scene.engine, &e, helm);
                let plain = e.helm_text(helm);
                Err(Broken { failed: (crate::cli::exit::ERROR, text), plain, secrets: told_secrets(&session) })
            }
        }
    }

    /// Renders a chart without watching where anything comes from, or returns what may be secret in the error's text.
    pub fn look(&self, release: &Release) -> Result<Looked, Vec<String>> {
        let mut session = self.open(release).map_err(|_| Vec::new())?;
        match session.render(&mut Log::new(session.options.helm)) {
            Ok(rendered) => Ok(Looked { session, rendered }),
            Err(_) => Err(told_secrets(&session)),
        }
    }
}

/// A render that was not watched.
pub(super) struct Looked {
    pub(super) session: Session,
    pub(super) rendered: Rendered,
}

impl Looked {
    /// The texts that are secret in it.
    pub fn secrets(&self) -> Vec<String> {
        secrets(&self.rendered)
    }

    /// How many objects are compared, without those of CRD files.
    pub fn objects(&self, args: &DiffArgs) -> usize {
        of_documents(&self.rendered, args).len()
    }
}

/// What the Secrets of a render hold.
fn secrets(rendered: &Rendered) -> Vec<String> {
    objects::among(rendered, "Secret").iter().flat_map(held).collect()
}

/// The objects of a render with their documents' numbers, as the flags want them.
fn of_documents(rendered: &Rendered, args: &DiffArgs) -> Vec<(usize, SideObject)> {
    let manifests = rendered.manifests.len();
    let with_hooks = objects::of_render(rendered).into_iter().map(|(i, object)| {
        let hooks = i.checked_sub(manifests).and_then(|h| rendered.hooks.get(h));
        let hooks = hooks.map(|(_, events)| events.iter().map(|e| (*e).to_owned()).collect()).unwrap_or_default();
        (i, SideObject { object, hooks })
    });
    with_hooks.filter(|(_, o)| wanted(&o.hooks, args)).collect()
}

/// What is secret in the values by its name.
fn told_secrets(session: &Session) -> Vec<String> {
    let mut found = Vec::new();
    secrets_by_name(&Value::Map(session.values.clone()), "", &mut found);
    let defaults = session.chart.values.as_ref().and_then(|v| yaml::to_value(v, Pos::NONE).ok());
    defaults.iter().for_each(|v| secrets_by_name(v, "", &mut found));
    found
}

/// A render in progress: it stays on its thread.
pub(super) struct Scene {
    pub(super) session: Session,
    pub(super) rendered: Rendered,
    pub(super) map: Map,
    folder: std::path::PathBuf,
}

/// A side that cannot be had: the exit status, the text, and what in it may be secret.
pub(super) struct Broken {
    pub failed: Failed,
    /// The same on one line, without colours.
    pub plain: String,
    pub secrets: Vec<String>,
}

impl From<Failed> for Broken {
    fn from(failed: Failed) -> Broken {
        Broken { plain: failed.1.trim_start_matches("Error: ").trim_end().to_owned(), failed, secrets: Vec::new() }
    }
}

impl Scene {
    /// All documents: manifests, then hooks.
    pub fn documents(&self) -> Vec<&Manifest> {
        self.rendered.documents().collect()
    }

    /// The chart's name.
    pub fn chart(&self) -> &str {
        &self.session.chart.metadata.name
    }

    /// The chart's folder, absolute.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where everything comes from.
    pub fn map(&self) -> &Map {
        &self.map
    }

    /// Its objects with their documents' numbers, as the flags want them.
    pub(super) fn objects(&self, args: &DiffArgs) -> Vec<(Option<usize>, SideObject)> {
        let documents = of_documents(&self.rendered, args).into_iter();
        let mut found: Vec<_> = documents.map(|(i, object)| (Some(i), object)).collect();
        if args.include_crds {
            found.extend(self.crds().into_iter().map(|object| (None, SideObject { object, hooks: Vec::new() })));
        }
        found
    }

    /// The texts that are secret in it.
    pub fn secrets(&self) -> Vec<String> {
        secrets(&self.rendered)
    }

    /// The files in crds/ of the chart and its subcharts, unread.
    pub fn definition_files(&self) -> Vec<Source> {
        shipped(&self.session.chart, &ChartFolder::new(self.chart(), self.folder(), Path::new("")))
    }

    /// The definitions of those kinds that are no built-in ones.
    fn definitions(&self, kinds: &HashSet<&str>) -> Vec<KubeObject> {
        let files = if kinds.is_empty() { Vec::new() } else { self.definition_files() };
        let near = files.iter().filter(|f| kinds.iter().any(|kind| f.has(kind))).flat_map(Source::documents);
        let may_define = |text: &Arc<Text>| kinds.iter().any(|kind| text.text.contains(kind));
        near.filter(may_define).flat_map(|text| objects::of_file(&text.name, &text.text).0).collect()
    }

    /// The definitions in crds/ of the chart and its subcharts.
    pub fn crds(&self) -> Vec<KubeObject> {
        fn of(chart: &crate::chart::Chart, found: &mut Vec<KubeObject>) {
            for file in chart.crds() {
                found.extend(objects::of_file(&file.name, &String::from_utf8_lossy(&file.data)).0);
            }
            chart.children.iter().for_each(|(_, child)| of(child, found));
        }
        let mut found = Vec::new();
        of(&self.session.chart, &mut found);
        found
    }

    /// Keeps what is needed of the objects. `differs` tells for each what of it may be shown; `name` gives a file's
    /// name as a person may open it.
    pub(super) fn keep(
        self,
        objects: Vec<(Option<usize>, SideObject)>,
        differs: &Differing,
        name: &dyn Fn(&str) -> String,
    ) -> Prepared {
        let differing =
            || objects.iter().enumerate().filter_map(|(n, (d, o))| Some((n, differs.get(&n)?, d, &o.object)));
        let custom = |o: &&KubeObject| Shape::of(&o.api_version, &o.kind).is_none();
        let definitions = self.definitions(&differing().map(|d| d.3).filter(custom).map(|o| &*o.kind).collect());
        let documents = self.documents();
        let seen = |document: &Option<usize>, object: &KubeObject| {
            document.map(|d| Object::of(documents[d], object.document.clone()))
        };
        let flow = Flow::of(&self.map, &of_kind(&self.rendered, "Secret"));
        let (mut tainted, mut origins) = (Vec::new(), HashMap::new());
        let mut names = Names { scene: &self, name, known: HashMap::new() };
        for (number, ends, document, object) in differing() {
            let Some(object) = seen(document, object) else { continue };
            for field in object.scalars() {
                let offset = u32::try_from(field.value.start).unwrap_or(u32::MAX);
                if flow.is_empty() && !ends.has(offset) {
                    continue;
                }
                let range = if field.value.is_empty() { field.range.clone() } else { field.value.clone() };
                let origin = self.map.bytes(object.manifest, range);
                if flow.reaches(&field, &origin) {
                    tainted.push((number, offset));
                }
                let value = origin.values.iter().find(|o| o.kind == OriginKind::Value && o.place.is_some());
                origins.insert(
                    (number, offset),
                    Origin {
                        template: origin.template.as_ref().map(|p| names.spot(p)),
                        values: value.and_then(|o| Some((o.key.to_string(), names.spot(o.place.as_ref()?)))),
                    },
                );
            }
        }
        Prepared {
            chart: self.chart().to_owned(),
            release: self.session.options.name.clone(),
            side: Side {
                objects: objects.into_iter().map(|(_, o)| o).collect(),
                namespace: self.session.options.namespace.clone(),
                definitions,
            },
            findings: Vec::new(),
            tainted,
            origins,
            secrets: Vec::new(),
            known_secrets: Vec::new(),
            given: None,
            is_read: false,
        }
    }

    /// The file of a place: templates are named as Helm names them.
    fn file(&self, place: &MapPlace) -> String {
        let chart = self.chart();
        match place.file.strip_prefix(chart).and_then(|rest| rest.strip_prefix('/')) {
            Some(rest) if self.folder.join(rest).is_file() => self.folder.join(rest).display().to_string(),
            _ => place.file.to_string(),
        }
    }
}

/// The files of a scene as a person may open them.
struct Names<'a> {
    scene: &'a Scene,
    name: &'a dyn Fn(&str) -> String,
    known: HashMap<Arc<str>, String>,
}

impl Names<'_> {
    fn spot(&mut self, place: &MapPlace) -> (String, usize, usize) {
        let name = || (self.name)(without_value(&self.scene.file(place)));
        let file = self.known.entry(place.file.clone()).or_insert_with(name).clone();
        (file, place.line, place.column)
    }
}

/// The name of a source of values without what an argument sets: `--set db.pin` of `--set db.pin=4711`, which may be too
/// short a secret to be found.
pub(super) fn without_value(name: &str) -> &str {
    match name.split_once('=') {
        Some((flag, _)) if flag.starts_with("--set") => flag,
        _ => name,
    }
}

/// The texts below keys that are secret by their name.
fn secrets_by_name(value: &Value, key: &str, found: &mut Vec<String>) {
    if crate::stack::is_low() {
        return;
    }
    if let Some(map) = value.as_map() {
        for (key, slot) in map.entries().iter() {
            secrets_by_name(&slot.value, &key.to_text(), found);
        }
    }
    if let Some(list) = value.as_list() {
        list.items.iter().for_each(|slot| secrets_by_name(&slot.value, key, found));
    }
    if let Some(text) = value.as_str().filter(|_| suspicious(key)) {
        found.push(text.to_text().into_owned());
    }
}
