//! Chart and values to manifests, as Helm's install in client mode does it (helm v4.3.1 `pkg/action/{install,action}.go`,
//! `pkg/engine/engine.go`). Start reading at [`render`].

mod ahead;
pub mod capabilities;
mod context;
mod evaluate;
mod lint;
mod parse;
mod prepared;
mod rendered;
mod snippet;
mod threads;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::chart::Chart;
use crate::diag::log::Log;
use crate::span::SourceMap;
use crate::template::error::ExecError;
use crate::template::parse::ParseError;
use crate::template::trace::{Tracer, Untraced};
use crate::value::{HelmVersion, Map, shared};
use crate::world::World;
use crate::yaml::YamlError;
use rendered::{collect, collect_crds};

pub use capabilities::KubeVersion;
pub use evaluate::Evaluated;
pub use lint::{Linted, render_for_lint};
pub use prepared::Prepared;
pub use rendered::{Rendered, document};
pub use snippet::{render_files, render_files_within};
pub use threads::Threads;

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

impl Options {
    /// For the installation of a release, as Helm does it where no flag says otherwise.
    pub fn of(name: &str, namespace: &str, kube_version: KubeVersion, helm: HelmVersion) -> Options {
        Options {
            helm,
            name: name.to_owned(),
            namespace: namespace.to_owned(),
            is_upgrade: false,
            revision: 1,
            kube_version,
            api_versions: Vec::new(),
            served: None,
            include_crds: false,
            check_schema: true,
            dns: false,
            threads: Threads::Auto,
            last: false,
        }
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
    /// A template failed.
    Exec(Box<ExecError>),
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
            RenderError::Exec(e) => e.helm_text(helm),
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
