//! What the commands about charts share: which charts, which environment, and a render's inputs, read.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{EngineArgs, ErrorFormat, SceneArgs};
use super::cluster;
use super::exit;
use crate::chart::Chart;
use crate::chart::load::{load, os_error};
use crate::cluster::Cluster;
use crate::diag::log::Log;
use crate::env::{Project, environments_of, find_project, resolve};
use crate::explain::{self, Layers};
use crate::lint;
use crate::render::capabilities::DEFAULT_KUBE_VERSION;
use crate::render::{KubeVersion, Options, RenderError, Rendered};
use crate::span::SourceMap;
use crate::value::{HelmVersion, Map};
use crate::values::layers::{Layers as UserLayers, ValuesFile, merge_layers};
use crate::world::System;

/// An exit status, and what to say.
pub(super) type Failed = (u8, String);

/// Wrong usage.
pub(super) fn usage(e: String) -> Failed {
    (exit::USAGE, format!("Error: {e}\n"))
}

/// Something that failed.
pub(super) fn error(e: String) -> Failed {
    (exit::ERROR, format!("Error: {e}\n"))
}

/// The project file around the working folder, with its folder.
pub(super) type Found = Option<(PathBuf, Project)>;

/// Finds the project file.
pub(super) fn project() -> Result<Found, Failed> {
    find_project(&std::env::current_dir().unwrap_or_default()).map_err(usage)
}

/// The charts asked for, those of the project file, or the one in the current folder.
pub(super) fn charts(asked: &[String], project: &Found) -> Result<Vec<PathBuf>, Failed> {
    if !asked.is_empty() {
        return Ok(asked.iter().map(PathBuf::from).collect());
    }
    if let Some((dir, project)) = project.as_ref().filter(|(_, p)| !p.charts.is_empty()) {
        let mut found = Vec::new();
        for pattern in &project.charts {
            let full = dir.join(pattern).display().to_string();
            let paths =
                glob::glob(&full).map_err(|e| usage(format!("the glob {pattern:?} of the project file: {e}")))?;
            found.extend(paths.flatten().filter(|p| p.join("Chart.yaml").is_file()));
        }
        found.sort();
        found.dedup();
        if found.is_empty() {
            return Err(usage(format!("the globs of the project file find no chart: {}", project.charts.join(", "))));
        }
        return Ok(found);
    }
    let current = std::env::current_dir().unwrap_or_default();
    if current.join("Chart.yaml").is_file() {
        return Ok(vec![current]);
    }
    Err(usage("which chart? Name one, or run this in a chart's folder or below a plimsoll.yaml with charts".into()))
}

/// The one chart that a command is about.
pub(super) fn one_chart(asked: Option<&String>, project: &Found) -> Result<PathBuf, Failed> {
    let all = charts(asked.map(std::slice::from_ref).unwrap_or_default(), project)?;
    match &all[..] {
        [one] => Ok(one.clone()),
        many => {
            let names: Vec<String> = many.iter().map(|p| p.display().to_string()).collect();
            Err(usage(format!("which chart? There are {}", names.join(", "))))
        }
    }
}

/// The environments of a chart: the one asked for, or all that there are, or one without a name.
pub(super) fn environments(args: &SceneArgs, chart: &Path, project: &Found) -> Vec<Option<String>> {
    if args.env.is_some() {
        return vec![args.env.clone()];
    }
    let mut names = environments_of(chart);
    names.extend(project.iter().flat_map(|(_, p)| p.environments.keys().cloned()));
    names.sort();
    names.dedup();
    if names.is_empty() { vec![None] } else { names.into_iter().map(Some).collect() }
}

/// Everything that one render of one chart needs.
pub(super) struct Session {
    /// The chart.
    pub chart: Chart,
    /// The user's values.
    pub values: Map,
    /// What the render is for.
    pub options: Options,
    /// The inputs.
    pub sources: SourceMap,
    /// Clock, randomness, live objects.
    pub world: System,
}

impl Session {
    /// Reads a chart and the values of an environment.
    pub fn open(
        args: &SceneArgs,
        chart: &Path,
        env: Option<&str>,
        project: &Found,
        log: &mut Log,
    ) -> Result<Session, Failed> {
        let helm = HelmVersion::from(args.engine.helm_version);
        let path = std::path::absolute(chart).map_err(|e| usage(e.to_string()))?;
        if !path.exists() {
            return Err(usage(format!("chart {} not found", path.display())));
        }
        let resolved = match env {
            Some(env) => resolve(env, &path, project.as_ref()).map_err(usage)?,
            None => Default::default(),
        };
        let mut sources = SourceMap::default();
        let layers = user_layers(args, env, &resolved.files)?;
        let values = merge_layers(&layers, helm, &mut sources, &|p| super::template::read_values(p)).map_err(usage)?;
        let chart = load(&path, helm, log).map_err(error)?;
        super::template::check_chart(&chart, helm, log).map_err(error)?;
        let settings = resolved.settings;
        let kube = args.kube_version.clone().or(settings.kube_version).unwrap_or_else(|| DEFAULT_KUBE_VERSION.into());
        let kube_version =
            KubeVersion::parse(&kube, helm).map_err(|e| usage(format!("invalid kube version '{kube}': {e}")))?;
        let name = args.name.clone().or(settings.release_name).unwrap_or_else(|| chart.metadata.name.clone());
        let mut api_versions = settings.api_versions;
        api_versions.extend(args.api_versions.iter().cloned());
        let options = Options {
            helm,
            name,
            namespace: args.namespace.clone().or(settings.namespace).unwrap_or_else(|| "default".into()),
            is_upgrade: false,
            kube_version,
            api_versions,
            served: None,
            include_crds: false,
            check_schema: !args.skip_schema_validation,
            dns: args.engine.enable_dns,
            threads: args.engine.threads(false),
            last: false,
        };
        let world = super::world::system(&args.engine).map_err(usage)?;
        Ok(Session { chart, values, options, sources, world })
    }

    /// Lets templates see a cluster.
    pub fn go_live(&mut self, cluster: &Arc<Cluster>, engine: &EngineArgs) -> Result<(), Failed> {
        let world = cluster::show(cluster, cluster::Seen::ALL, engine, &mut self.options);
        if let Some(world) = world.map_err(|e| cluster::failed(&e))? {
            self.world = world;
        }
        Ok(())
    }

    /// Renders, watched.
    pub fn render_with_map(&mut self, log: &mut Log) -> Result<(Rendered, explain::Map), RenderError> {
        explain::explain(&self.chart, &self.values, &self.options, &self.world, &mut self.sources, log)
    }

    /// As [`Session::render_with_map`], with the error's text as it was asked for.
    pub fn explain(&mut self, engine: &EngineArgs, log: &mut Log) -> Result<(Rendered, explain::Map), Failed> {
        self.render_with_map(log).map_err(|e| (exit::ERROR, shown(engine, &e, self.options.helm)))
    }

    /// What each layer says of a key.
    pub fn layers(&self) -> Layers {
        Layers::new(&self.chart, &self.sources, self.options.helm)
    }
}

/// The files of an environment, then what the user gave.
fn user_layers(args: &SceneArgs, env: Option<&str>, paths: &[PathBuf]) -> Result<UserLayers, Failed> {
    let mut files = Vec::new();
    for file in paths {
        let text = std::fs::read(file).map_err(|e| usage(format!("open {}: {}", file.display(), os_error(&e))))?;
        let layer = env.unwrap_or_default().to_owned();
        files.push(ValuesFile { path: file.display().to_string(), layer, text });
    }
    let user = super::template::layers(&args.values).map_err(usage)?;
    files.extend(user.files);
    Ok(UserLayers { files, ..user })
}

/// The text of a failed render.
pub(super) fn shown(engine: &EngineArgs, e: &RenderError, helm: HelmVersion) -> String {
    match engine.error_format {
        Some(ErrorFormat::Helm) => format!("Error: {}\n", e.helm_text(helm)),
        _ => crate::report::rich::render_error(e, helm),
    }
}

/// A path as somebody in the working folder writes it.
pub(super) fn relative(path: &str) -> String {
    lint::locate::relative(Path::new(path), &std::env::current_dir().unwrap_or_default())
}
