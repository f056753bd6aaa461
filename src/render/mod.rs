//! Chart and values to manifests, as Helm's install in client mode does it (helm v4.3.1 `pkg/action/{install,action}.go`,
//! `pkg/engine/engine.go`). Start reading at [`render`].

mod ahead;
pub mod capabilities;
mod context;
mod lint;
mod snippet;

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, mpsc};

use typed_arena::Arena;

use crate::chart::Chart;
use crate::chart::node::{Node, Process};
use crate::diag::log::Log;
use crate::grammar::semver::{Constraints, Version};
use crate::manifest::{Manifest, Sorted, kind_order, sort_file};
use crate::parallel;
use crate::span::SourceMap;
use crate::template::error::ExecError;
use crate::template::exec::{Exec, Templates};
use crate::template::func::FuncCx;
use crate::template::jinja;
use crate::template::parse::{FuncScope, ParseError, Trees};
use crate::template::parsed::Parsed;
use crate::template::trace::{Tracer, Untraced};
use crate::value::{HelmVersion, Map, Value, shared};
use crate::world::World;
use crate::yaml::YamlError;

pub use capabilities::KubeVersion;
pub use lint::{Linted, render_for_lint};
pub use snippet::{render_files, render_files_within};

/// What a render is for.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whose behaviour is reproduced.
    pub helm: HelmVersion,
    /// `.Release.Name`
    pub name: String,
    /// `.Release.Namespace`
    pub namespace: String,
    /// `--is-upgrade`
    pub is_upgrade: bool,
    /// `.Release.Revision`
    pub revision: i64,
    /// `.Capabilities.KubeVersion`
    pub kube_version: KubeVersion,
    /// API versions besides the default ones.
    pub api_versions: Vec<String>,
    /// What a live cluster serves: then these are all, and neither defaults nor `api_versions` count.
    pub served: Option<Arc<Vec<String>>>,
    /// Whether CRDs are part of the manifests.
    pub include_crds: bool,
    /// Whether values are checked against the charts' schemas.
    pub check_schema: bool,
    /// Whether `getHostByName` may ask the network.
    pub dns: bool,
    /// How many threads may work on it.
    pub threads: Threads,
    /// Whether the process ends after this render, so that its memory need not be given back piece by piece.
    pub last: bool,
}

/// How many threads work on one render. What it prints is the same with any number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Threads {
    /// All cores where the chart is large enough for that to pay, otherwise one.
    #[default]
    Auto,
    /// So many, at least one, however small the chart is.
    Exactly(usize),
}

impl Threads {
    /// The number for a chart with so many bytes of templates.
    fn count(self, bytes: usize) -> usize {
        match self {
            Threads::Auto if bytes >= WORTH_THREADS => parallel::cores(),
            Threads::Auto => 1,
            Threads::Exactly(n) => n.max(1),
        }
    }
}

/// A finished render.
#[derive(Clone, Debug, Default)]
pub struct Rendered {
    /// CRD files with their paths, if they were asked for.
    pub crds: Vec<(String, String)>,
    /// Manifests in the order of their installation.
    pub manifests: Vec<Manifest>,
    /// Hooks with their events, in the order of their kinds.
    pub hooks: Vec<(Manifest, Vec<&'static str>)>,
    /// Output of NOTES.txt files, by path.
    pub notes: BTreeMap<String, String>,
    /// What a post-renderer made of CRDs and manifests.
    pub replaced: Option<String>,
}

impl Rendered {
    /// All documents: manifests, then hooks.
    pub fn documents(&self) -> impl Iterator<Item = &Manifest> {
        self.manifests.iter().chain(self.hooks.iter().map(|(m, _)| m))
    }
}

/// Why a render failed.
#[derive(Debug)]
pub enum RenderError {
    /// Before the release existed: Helm prints the text alone.
    Early(String),
    /// The chart does not suit the Kubernetes version, or another check of the release failed.
    Release(String),
    /// A template does not parse.
    Parse(ParseError),
    /// A template failed: its file, and why.
    Exec(String, Box<ExecError>),
    /// A rendered document is no YAML: its template, all files as rendered, and why.
    Yaml {
        /// The template.
        path: String,
        /// The document's problem.
        error: YamlError,
        /// What all templates printed.
        files: BTreeMap<String, String>,
    },
}

impl RenderError {
    /// Helm's text behind `Error: `, without the hint about --debug.
    pub fn helm_text(&self, helm: HelmVersion) -> String {
        match self {
            RenderError::Early(t) | RenderError::Release(t) => t.clone(),
            RenderError::Parse(e) => {
                let text = e.text();
                let message = text.rsplit(": ").next().unwrap_or_default();
                let location = text.split(": ").nth(1).unwrap_or_default();
                format!("parse error at ({location}): {message}")
            }
            RenderError::Exec(_, e) => e.helm_text(helm),
            RenderError::Yaml { path, error, .. } => format!("YAML parse error on {path}: {}", error.message),
        }
    }

    /// Whether Helm adds its hint about --debug.
    pub fn has_hint(&self) -> bool {
        !matches!(self, RenderError::Early(_))
    }
}

/// Renders a chart with the user's values.
///
/// # Errors
/// As [`RenderError`] says.
pub fn render(
    chart: &Chart,
    values: &Map,
    options: &Options,
    world: &dyn World,
    sources: &mut SourceMap,
    log: &mut Log,
) -> Result<Rendered, RenderError> {
    let (rendered, _) = render_traced(chart, values, options, world, sources, log, Untraced)?;
    Ok(rendered)
}

/// As [`render`], watched by a tracer, which is returned with those of the other threads.
///
/// # Errors
/// As [`render`].
#[allow(clippy::too_many_arguments, reason = "the arguments of render and the tracer")]
pub fn render_traced<T: Tracer + Send>(
    chart: &Chart,
    values: &Map,
    options: &Options,
    world: &dyn World,
    sources: &mut SourceMap,
    log: &mut Log,
    tracer: T,
) -> Result<(Rendered, Vec<T>), RenderError> {
    // A render that failed on this thread may have left it as if templates still ran.
    shared::set_executing(false);
    if let Some(given) = ahead::helpers(chart, values, options, world, sources) {
        return ahead::render(chart, values, options, world, sources, log, given, tracer);
    }
    let prepared = Prepared::new(chart, values, options, sources, log)?;
    let templates = prepared.parse(sources)?;
    let (evaluated, tracer) = prepared.evaluate(&templates, options, world, tracer)?;
    if options.last {
        std::mem::forget(templates);
    }
    Ok((finish(prepared, evaluated, chart, options, log)?, vec![tracer]))
}

/// What follows the execution of templates.
fn finish(
    prepared: Prepared<'_>,
    evaluated: Vec<Evaluated>,
    chart: &Chart,
    options: &Options,
    log: &mut Log,
) -> Result<Rendered, RenderError> {
    check_read(chart)?;
    let mut rendered = collect(evaluated, options.helm, log)?;
    if options.include_crds {
        collect_crds(&prepared.root, &mut rendered.crds);
        check_read(chart)?;
    }
    if options.last {
        std::mem::forget(prepared);
    }
    Ok(rendered)
}

/// A chart with its values, ready to be parsed and evaluated: the stages of a render, one by one.
pub struct Prepared<'c> {
    root: Rc<Node<'c>>,
    context: context::Context,
    values: Map,
    helm: HelmVersion,
    threads: Threads,
}

impl<'c> Prepared<'c> {
    /// Merges the values, enables the dependencies, checks the schemas and builds what templates see.
    ///
    /// # Errors
    /// [`RenderError::Early`] and [`RenderError::Release`].
    pub fn new(
        chart: &'c Chart,
        values: &Map,
        options: &Options,
        sources: &mut SourceMap,
        log: &mut Log,
    ) -> Result<Self, RenderError> {
        let helm = options.helm;
        let root = Node::build(chart, helm, sources).map_err(RenderError::Early)?;
        let mut process = Process { helm, log };
        process.dependencies(&root, values).map_err(|e| {
            RenderError::Early(match helm {
                HelmVersion::V3 => e,
                HelmVersion::V4 => format!("chart dependencies processing failed: {e}"),
            })
        })?;
        let merged = process.coalesce(&root, values).map_err(RenderError::Early)?;
        if options.check_schema {
            crate::chart::validate::check(&root, &merged, helm, process.log).map_err(RenderError::Early)?;
        }
        check_kube_version(chart, options)?;
        let context = context::build(&root, merged.clone(), options);
        Ok(Prepared { root, context, values: merged, helm, threads: options.threads })
    }

    /// The merged values of the root chart.
    pub fn values(&self) -> &Map {
        &self.values
    }

    /// Parses all templates into one namespace.
    ///
    /// # Errors
    /// [`RenderError::Parse`]
    pub fn parse(&self, sources: &mut SourceMap) -> Result<Templates, RenderError> {
        parse_all(&self.context.files, &self.root.chart.parsed, self.helm, self.threads, sources)
    }

    /// Executes the templates and splits what they print into documents.
    ///
    /// # Errors
    /// [`RenderError::Exec`]
    pub fn evaluate<T: Tracer>(
        &self,
        templates: &Templates,
        options: &Options,
        world: &dyn World,
        mut tracer: T,
    ) -> Result<(Vec<Evaluated>, T), RenderError> {
        tracer.begin(&self.values);
        let arena = Arena::new();
        let mut regexes = Default::default();
        let cx = FuncCx { helm: self.helm, world, dns: options.dns, regexes: &mut regexes };
        let mut exec = Exec::new(templates, &arena, FuncScope::Chart(self.helm), cx, tracer);
        let evaluated = evaluate(&mut exec, &self.context.files, self.helm, self.threads)?;
        let tracer = exec.into_tracer();
        if options.last {
            std::mem::forget((arena, regexes));
        }
        Ok((evaluated, tracer))
    }
}

/// Whether all files could be read that were looked at.
fn check_read(chart: &Chart) -> Result<(), RenderError> {
    let failed = |f: &&crate::chart::File| f.data.error().is_some();
    if let Some(f) = chart.templates.iter().chain(&chart.files).find(failed) {
        let path = f.data.path().unwrap_or(std::path::Path::new("")).display();
        let error = f.data.error().unwrap_or_default();
        return Err(RenderError::Early(format!("error reading {}: open {path}: {error}", f.name)));
    }
    chart.children.iter().try_for_each(|(_, child)| check_read(child))
}

fn check_kube_version(chart: &Chart, options: &Options) -> Result<(), RenderError> {
    let range = &chart.metadata.kube_version;
    let version = match options.helm {
        HelmVersion::V3 => &options.kube_version.version,
        HelmVersion::V4 => options.kube_version.comparable(),
    };
    if range.is_empty() {
        return Ok(());
    }
    let fits = match (Constraints::parse(range), Version::parse(version)) {
        (Ok(c), Ok(v)) => c.check(&v),
        _ => false,
    };
    if fits {
        return Ok(());
    }
    Err(RenderError::Release(format!(
        "chart requires kubeVersion: {range} which is incompatible with Kubernetes {version}"
    )))
}

/// Bytes of templates from which on the start of other threads pays.
const WORTH_THREADS: usize = 150 << 10;

fn text_bytes(files: &[context::TemplateFile]) -> usize {
    files.iter().map(|f| f.text.size_hint()).sum()
}

/// Parses all templates, on all cores, into one namespace in Helm's order.
fn parse_all(
    files: &[context::TemplateFile],
    parsed: &Parsed,
    helm: HelmVersion,
    threads: Threads,
    sources: &mut SourceMap,
) -> Result<Templates, RenderError> {
    use crate::template::ast::TreeSource;
    let many = threads.count(text_bytes(files)) > 1;
    if many {
        // One that can't be read says so later.
        let texts: Vec<_> = files.iter().map(|f| f.text.clone()).collect();
        parallel::map(&texts, |text| text.read_now().is_ok());
    }
    let with_positions: Vec<Arc<TreeSource>> = files
        .iter()
        .map(|f| {
            let pos = sources.add(&f.path, "", f.text.clone());
            Arc::new(TreeSource { name: f.path.as_str().into(), text: f.text.clone(), pos })
        })
        .collect();
    let scope = FuncScope::Chart(helm);
    let (jinja, with_positions): (Vec<_>, Vec<_>) =
        with_positions.into_iter().partition(|source| jinja::is_jinja(&source.name));
    let parse = |source: &Arc<TreeSource>| parsed.parse(source.clone(), scope);
    let parsed: Vec<Result<Trees, ParseError>> =
        if many { parallel::map(&with_positions, parse) } else { with_positions.iter().map(parse).collect() };
    let mut templates = Templates::default();
    for trees in parsed {
        templates.add(trees.map_err(RenderError::Parse)?);
    }
    if !jinja.is_empty() {
        templates.add_jinja(jinja::Dialect::compile(jinja, helm).map_err(RenderError::Parse)?);
    }
    Ok(templates)
}

/// A rendered file with its documents.
pub struct Evaluated {
    /// `chart/templates/x.yaml`
    pub path: String,
    /// What it printed.
    pub text: String,
    /// Its documents, or why they are no YAML.
    pub sorted: Result<Sorted, YamlError>,
}

/// Executes the templates in Helm's order. Where there are many, another thread looks at their documents meanwhile.
fn evaluate<T: Tracer>(
    exec: &mut Exec<'_, '_, T>,
    files: &[context::TemplateFile],
    helm: HelmVersion,
    threads: Threads,
) -> Result<Vec<Evaluated>, RenderError> {
    let mut all = Vec::with_capacity(files.len());
    if threads.count(text_bytes(files)) == 1 {
        for file in files.iter().filter(|f| !f.is_partial()) {
            let text = execute(exec, file)?;
            all.push(look_at(file.path.clone(), text, helm));
        }
    } else {
        let (send, receive) = mpsc::channel::<(String, String)>();
        all = std::thread::scope(|scope| {
            let look = scope.spawn(move || receive.into_iter().map(|(path, text)| look_at(path, text, helm)).collect());
            for file in files.iter().filter(|f| !f.is_partial()) {
                let text = execute(exec, file)?;
                // Nobody to receive it: the thread panicked, which joining it says.
                let _ = send.send((file.path.clone(), text));
            }
            drop(send);
            look.join().map_err(|_| RenderError::Early("looking at the documents failed".into()))
        })?;
    }
    all.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(all)
}

fn execute<T: Tracer>(exec: &mut Exec<'_, '_, T>, file: &context::TemplateFile) -> Result<String, RenderError> {
    context::set_template(file);
    let out = exec
        .execute(file.path.as_bytes(), Value::Map(file.context.clone()))
        .map_err(|e| RenderError::Exec(file.path.clone(), e))?;
    let out = crate::template::exec::without_no_value(out);
    Ok(match String::from_utf8(out) {
        Ok(text) => text,
        Err(e) => String::from_utf8_lossy(e.as_bytes()).into_owned(),
    })
}

fn look_at(path: String, text: String, helm: HelmVersion) -> Evaluated {
    let notes = path.ends_with("NOTES.txt");
    let sorted = if notes { Ok(Sorted::default()) } else { sort_file(&path, &text, helm) };
    Evaluated { path, text, sorted }
}

/// Sorts documents into manifests and hooks by kind.
fn collect(evaluated: Vec<Evaluated>, helm: HelmVersion, log: &mut Log) -> Result<Rendered, RenderError> {
    let mut rendered = Rendered::default();
    if let Some(bad) = evaluated.iter().find(|e| e.sorted.is_err()) {
        let error = bad.sorted.as_ref().err().cloned().unwrap_or(YamlError { message: String::new(), offset: None });
        let path = bad.path.clone();
        let files = evaluated.into_iter().map(|e| (e.path, e.text)).collect();
        return Err(RenderError::Yaml { path, error, files });
    }
    for file in evaluated {
        if file.path.ends_with("NOTES.txt") {
            rendered.notes.insert(file.path, file.text);
            continue;
        }
        let Ok(sorted) = file.sorted else { continue };
        for hook in &sorted.unknown_hooks {
            match helm {
                HelmVersion::V3 => {
                    let line = format!("manifest_sorter.go:199: info: skipping unknown hook: {hook:?}");
                    log.bare(line);
                }
                HelmVersion::V4 => log.slog("INFO", "skipping unknown hooks", &[("hookTypes", hook)]),
            }
        }
        rendered.manifests.extend(sorted.manifests);
        rendered.hooks.extend(sorted.hooks);
    }
    rendered.manifests.sort_by(|a, b| kind_order(&a.head.kind, helm).cmp(&kind_order(&b.head.kind, helm)));
    rendered.hooks.sort_by(|a, b| kind_order(&a.0.head.kind, helm).cmp(&kind_order(&b.0.head.kind, helm)));
    Ok(rendered)
}

/// The CRDs of a chart, then those of its subcharts.
fn collect_crds(node: &Node<'_>, out: &mut Vec<(String, String)>) {
    for f in node.chart.crds() {
        out.push((format!("{}/{}", node.full_path(), f.name), String::from_utf8_lossy(&f.data).into_owned()));
    }
    for child in node.children.borrow().iter() {
        collect_crds(child, out);
    }
}

/// Helm's text of one document: its source, then its content.
pub fn document(path: &str, content: &str) -> String {
    format!("---\n# Source: {path}\n{content}\n")
}

impl Rendered {
    /// What `helm template` prints, hooks among it unless they are left out by `keep_hook`.
    pub fn text(&self, keep_hook: impl Fn(&[&'static str]) -> bool) -> String {
        let size = self.manifests.iter().map(|m| m.content.len() + m.path.len() + 16).sum::<usize>();
        let mut body = String::with_capacity(size + 1024);
        let mut put = |path: &str, content: &str| {
            for part in ["---\n# Source: ", path, "\n", content, "\n"] {
                body.push_str(part);
            }
        };
        self.crds.iter().for_each(|(path, content)| put(path, content));
        self.manifests.iter().for_each(|m| put(&m.path, &m.content));
        body.push_str(self.replaced.as_deref().unwrap_or_default());
        let end = body.trim_end_matches(crate::value::is_space).len();
        body.truncate(end);
        let lead = body.len() - body.trim_start_matches(crate::value::is_space).len();
        body.drain(..lead);
        body.push('\n');
        for (m, _) in self.hooks.iter().filter(|h| keep_hook(&h.1)) {
            body.push_str(&document(&m.path, &m.content));
        }
        body
    }
}
