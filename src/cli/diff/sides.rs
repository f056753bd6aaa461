//! The sides of a comparison: charts rendered, manifests read, each with what a report needs of it later. What is kept
//! of a render can leave its thread: objects, the fields that secrets reached, where fields come from.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use super::args::DiffArgs;
use super::findings::of_side;
use super::values::Given;
use crate::cli::args::SceneArgs;
use crate::cli::lint::plan::Plan;
use crate::cli::session::{Failed, Session, error, relative, shown};
use crate::diag::log::Log;
use crate::diff::secrets::flow::{Flow, suspicious};
use crate::diff::secrets::{Redactor, Which};
use crate::diff::{Place, Side, SideObject, Source, differing};
use crate::explain::object::Object;
use crate::explain::{Map, OriginKind, Place as MapPlace};
use crate::finding::{Finding, KubeObject};
use crate::fleet::Release;
use crate::lint::objects;
use crate::manifest::Manifest;
use crate::render::Rendered;
use crate::span::Pos;
use crate::value::{HelmVersion, Value};
use crate::yaml;

/// A render in progress: it stays on its thread.
pub(super) struct Scene {
    pub(super) session: Session,
    pub(super) rendered: Rendered,
    pub(super) map: Map,
    folder: std::path::PathBuf,
}

/// One side, finished.
pub(super) struct Prepared {
    /// The chart's name; empty for manifests.
    pub chart: String,
    /// The release's name.
    pub release: String,
    /// Its objects.
    pub side: Side,
    /// What lint says of it.
    pub findings: Vec<Finding>,
    /// Fields that secrets reached: object, byte offset.
    pub tainted: Vec<(usize, u32)>,
    /// Where fields come from, by object and byte offset of the value.
    pub origins: HashMap<(usize, u32), Origin>,
    /// What else may be secret: of a side that could not be had, and of values.
    pub secrets: Vec<String>,
    /// Secrets that are not compared themselves.
    pub known_secrets: Vec<KubeObject>,
    /// Its values, where nothing else is compared.
    pub given: Option<Box<Given>>,
}

/// Where a field comes from, not yet redacted.
#[derive(Clone, Default)]
pub(super) struct Origin {
    pub(super) template: Option<(String, usize, usize)>,
    pub(super) values: Option<(String, (String, usize, usize))>,
}

/// A side that cannot be had: the exit status, the text, and what in it may be secret.
pub(super) struct Broken {
    pub failed: Failed,
    /// The same on one line, without colours.
    pub plain: String,
    pub secrets: Vec<String>,
}

impl From<Prepared> for Half {
    fn from(prepared: Prepared) -> Half {
        Half::Read(Box::new(prepared))
    }
}

impl From<Failed> for Broken {
    fn from(failed: Failed) -> Broken {
        Broken { plain: failed.1.trim_start_matches("Error: ").trim_end().to_owned(), failed, secrets: Vec::new() }
    }
}

impl Scene {
    /// Renders a chart, watched.
    pub fn render(scene: &SceneArgs, release: &Release) -> Result<Scene, Broken> {
        let mut log = Log::new(HelmVersion::from(scene.engine.helm_version));
        let mut session = Session::open(scene, release, &mut log)?;
        let done = session.render_with_map(&mut log);
        let secrets = |session: &Session| {
            let mut found = Vec::new();
            secrets_by_name(&Value::Map(session.values.clone()), "", &mut found);
            let defaults = session.chart.values.as_ref().and_then(|v| yaml::to_value(v, Pos::NONE).ok());
            defaults.iter().for_each(|v| secrets_by_name(v, "", &mut found));
            found
        };
        match done {
            Ok((rendered, map)) => {
                let folder = release.chart.path.clone();
                Ok(Scene { session, rendered, map, folder })
            }
            Err(e) => {
                let text = shown(&scene.engine, &e, session.options.helm);
                let plain = e.helm_text(session.options.helm);
                Err(Broken { failed: (crate::cli::exit::ERROR, text), plain, secrets: secrets(&session) })
            }
        }
    }

    /// All documents: manifests, then hooks.
    pub fn documents(&self) -> Vec<&Manifest> {
        self.rendered.manifests.iter().chain(self.rendered.hooks.iter().map(|(m, _)| m)).collect()
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
    fn objects(&self, args: &DiffArgs) -> Vec<(Option<usize>, SideObject)> {
        let manifests = self.rendered.manifests.len();
        let mut found = Vec::new();
        for (i, object) in objects::of_render(&self.rendered) {
            let hooks: Vec<String> = match i.checked_sub(manifests).and_then(|h| self.rendered.hooks.get(h)) {
                Some((_, events)) => events.iter().map(|e| (*e).to_owned()).collect(),
                None => Vec::new(),
            };
            if hooks.is_empty() || !args.no_hooks {
                found.push((Some(i), SideObject { object, hooks }));
            }
        }
        if args.include_crds {
            found.extend(self.crds().into_iter().map(|object| (None, SideObject { object, hooks: Vec::new() })));
        }
        found
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

    /// Keeps what is needed of the objects. `differs` tells for each whether it will be shown; `renamed` gives a file's
    /// name as a person may open it.
    fn keep(
        self,
        objects: Vec<(Option<usize>, SideObject)>,
        differs: &HashSet<usize>,
        name: &dyn Fn(&str) -> String,
    ) -> Prepared {
        let all = crate::explain::object::objects(&self.rendered);
        let flow = Flow::of(&self.map, all.iter());
        let by_document: HashMap<*const Manifest, &Object<'_>> =
            all.iter().map(|o| (std::ptr::from_ref(o.manifest), o)).collect();
        let documents = self.documents();
        let (mut tainted, mut origins) = (Vec::new(), HashMap::new());
        for (number, (document, _)) in objects.iter().enumerate().filter(|(n, _)| differs.contains(n)) {
            let object = document.and_then(|d| by_document.get(&std::ptr::from_ref(documents[d])));
            let Some(object) = object else { continue };
            for field in object.scalars() {
                let range = if field.value.is_empty() { field.range.clone() } else { field.value.clone() };
                let origin = self.map.bytes(object.manifest, range);
                let offset = u32::try_from(field.value.start).unwrap_or(u32::MAX);
                if flow.reaches(&field, &origin) {
                    tainted.push((number, offset));
                }
                let value = origin.values.iter().find(|o| o.kind == OriginKind::Value && o.place.is_some());
                let spot = |p: &MapPlace| (name(without_value(&self.file(p))), p.line, p.column);
                origins.insert(
                    (number, offset),
                    Origin {
                        template: origin.template.as_ref().map(spot),
                        values: value.and_then(|o| Some((o.key.to_string(), spot(o.place.as_ref()?)))),
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
            },
            findings: Vec::new(),
            tainted,
            origins,
            secrets: Vec::new(),
            known_secrets: Vec::new(),
            given: None,
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

/// How two sides are finished.
pub(super) struct Finish<'a> {
    /// The flags.
    pub args: &'a DiffArgs,
    /// The environment.
    pub env: Option<&'a str>,
    /// The checks of the old and of the new side, where lint is asked.
    pub plans: Option<(&'a Plan<'a>, &'a Plan<'a>)>,
    /// A file's name on the old side as a person may open it.
    pub old_file: &'a dyn Fn(&str) -> String,
}

impl Finish<'_> {
    /// Finishes both: what both say alike needs no origins.
    pub fn both(&self, old: Half, new: Half) -> (Prepared, Prepared) {
        let (old, new) = (Opened::of(old, self.args), Opened::of(new, self.args));
        let (differ_old, mut differ_new) = differing(&old.side, &new.side);
        if self.args.drift {
            // What stays the same here may have been edited there.
            differ_new = (0..new.side.objects.len()).collect();
        }
        let here = |file: &str| relative(file);
        let (before, after) = (self.plans.map(|p| p.0), self.plans.map(|p| p.1));
        (self.one(old, &differ_old, before, self.old_file), self.one(new, &differ_new, after, &here))
    }

    fn one(
        &self,
        opened: Opened,
        differ: &HashSet<usize>,
        plan: Option<&Plan<'_>>,
        name: &dyn Fn(&str) -> String,
    ) -> Prepared {
        let Opened { half, side, documents } = opened;
        let scene = match &half {
            Half::Rendered(scene) => Some(&**scene),
            Half::Read(_) => None,
        };
        let findings = plan.map(|p| of_side(p, scene, &side, &documents, self.env)).unwrap_or_default();
        match half {
            Half::Rendered(scene) => {
                let objects = documents.into_iter().zip(side.objects).collect();
                Prepared { findings, ..scene.keep(objects, differ, name) }
            }
            Half::Read(prepared) => Prepared { side, findings, ..*prepared },
        }
    }
}

/// A side with its objects taken out.
struct Opened {
    half: Half,
    side: Side,
    /// The document of each object; nothing for those that weren't rendered.
    documents: Vec<Option<usize>>,
}

impl Opened {
    fn of(mut half: Half, args: &DiffArgs) -> Opened {
        let (side, documents) = match &mut half {
            Half::Rendered(scene) => {
                let (documents, objects) = scene.objects(args).into_iter().unzip();
                (Side { objects, namespace: scene.session.options.namespace.clone() }, documents)
            }
            Half::Read(prepared) => {
                let empty = Side { objects: Vec::new(), namespace: prepared.side.namespace.clone() };
                let side = std::mem::replace(&mut prepared.side, empty);
                let documents = vec![None; side.objects.len()];
                (side, documents)
            }
        };
        Opened { half, side, documents }
    }
}

/// A side that is not finished yet.
pub(super) enum Half {
    /// A render.
    Rendered(Box<Scene>),
    /// Manifests.
    Read(Box<Prepared>),
}

impl From<Given> for Half {
    fn from(given: Given) -> Half {
        Half::Read(Box::new(Prepared { given: Some(Box::new(given)), ..Prepared::empty("") }))
    }
}

impl Half {
    /// Its values; none of manifests.
    pub fn values(self, name: &dyn Fn(&str) -> String) -> Given {
        match self {
            Half::Rendered(scene) => Given::of_scene(&scene, name),
            Half::Read(prepared) => match prepared.given {
                Some(given) => *given,
                None => Given::of_nothing(prepared.secrets),
            },
        }
    }

    /// The namespace of objects that say none.
    pub fn namespace(&self) -> &str {
        match self {
            Half::Rendered(scene) => &scene.session.options.namespace,
            Half::Read(prepared) => &prepared.side.namespace,
        }
    }
}

impl Prepared {
    /// A side without objects.
    pub fn empty(namespace: &str) -> Prepared {
        Prepared {
            chart: String::new(),
            release: String::new(),
            side: Side { objects: Vec::new(), namespace: namespace.to_owned() },
            findings: Vec::new(),
            tainted: Vec::new(),
            origins: HashMap::new(),
            secrets: Vec::new(),
            known_secrets: Vec::new(),
            given: None,
        }
    }

    /// Reads manifests; what is no object is an error with its place.
    pub fn read(args: &DiffArgs, namespace: &str, files: &[(String, String)]) -> Result<Prepared, Failed> {
        let mut prepared = Prepared::empty(namespace);
        for (name, text) in files {
            let (objects, broken) = objects::of_file(name, text);
            if let Some(b) = broken.first() {
                let (line, column) = crate::span::line_column(b.source.text.as_bytes(), b.offset);
                let line = b.source.line + line - 1;
                return Err(error(format!("{name}:{line}:{column}: {}", b.problem.message)));
            }
            for object in objects {
                let hooks = hook_events(&object);
                if hooks.is_empty() || !args.no_hooks {
                    prepared.place(&object);
                    prepared.side.objects.push(SideObject { object, hooks });
                }
            }
        }
        Ok(prepared)
    }

    /// Remembers the lines of a manifest file.
    fn place(&mut self, object: &KubeObject) {
        let number = self.side.objects.len();
        let mut todo = vec![object.root()];
        while let Some(node) = todo.pop() {
            todo.extend(node.items());
            todo.extend(node.entries().iter().map(|e| &e.value));
            if node.items().is_empty() && node.entries().is_empty() {
                let (line, column) = object.place_at(node.offset);
                let template = Some((relative(&object.source.name), line, column));
                self.origins.insert((number, node.offset), Origin { template, values: None });
            }
        }
    }

    /// The origin of what stands at an offset of an object, redacted.
    pub fn source(&self, redactor: &Redactor, object: usize, offset: u32) -> Option<Source> {
        let origin = self.origins.get(&(object, offset))?;
        let place = |(file, line, column): &(String, usize, usize)| Place {
            file: redactor.text(file),
            line: *line,
            column: *column,
        };
        Some(Source {
            template: origin.template.as_ref().map(place),
            values: origin.values.as_ref().map(|(key, spot)| (redactor.text(key), place(spot))),
        })
    }

    /// Tells the redactor what secrets reached.
    pub fn taint(&self, redactor: &mut Redactor, which: Which) {
        self.tainted.iter().for_each(|(object, offset)| redactor.taint(which, *object, *offset));
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

/// The events that an object is a hook of.
fn hook_events(object: &KubeObject) -> Vec<String> {
    let hook = object.root().at(&["metadata", "annotations", "helm.sh/hook"]);
    let events = hook.and_then(|h| h.as_str()).unwrap_or_default();
    events.split(',').map(str::trim).filter(|e| !e.is_empty()).map(str::to_owned).collect()
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
