//! What the commands about charts share: which charts, which environment, and a render's inputs, read.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::args::{EngineArgs, ErrorFormat, SceneArgs, SelectArgs};
use super::cluster;
use super::exit;
use crate::chart::Chart;
use crate::chart::load::{load, os_error};
use crate::cluster::Cluster;
use crate::diag::log::Log;
use crate::explain::{self, Layers};
use crate::fleet::charts::ChartHead;
use crate::fleet::{
    Changes, ChartReleases, Fault, Matrix, Otherwise, Project, Release, Selection, find_project, matrix,
};
use crate::lint;
use crate::render::capabilities::DEFAULT_KUBE_VERSION;
use crate::render::{KubeVersion, Options, Prepared, RenderError, Rendered, render};
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

/// Ends a command: prints what it found, then what was logged and why it failed; returns the exit status.
pub(super) fn finish(log: &mut Log, done: Result<(String, u8), Failed>) -> u8 {
    let mut said: String = log.take().iter().map(|l| format!("{l}\n")).collect();
    let status = match done {
        Ok((text, status)) if super::print(text.as_bytes()) => status,
        Ok(_) => exit::ERROR,
        Err((status, text)) => {
            said.push_str(&text);
            status
        }
    };
    let _ = std::io::stderr().write_all(said.as_bytes());
    status
}

/// As [`finish`] for what many charts gave: prints what there is, and then what failed, which is the status.
pub(super) fn finish_many(log: &mut Log, done: Result<(String, u8), Failed>, failed: Option<Failed>) -> u8 {
    let status = finish(log, done);
    match failed {
        Some((worse, text)) => {
            let _ = std::io::stderr().write_all(text.as_bytes());
            status.max(worse)
        }
        None => status,
    }
}

/// Writes an output to a file, or to standard output. A reader that has enough is no error.
///
/// # Errors
/// If it can't be written.
pub(super) fn deliver(
    file: Option<&str>,
    write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<(), Failed> {
    let Some(path) = file else {
        let mut out = BufWriter::new(std::io::stdout().lock());
        return match write(&mut out).and_then(|()| out.flush()) {
            Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(error("standard output is closed".into())),
            _ => Ok(()),
        };
    };
    let written = File::create(path).map(BufWriter::new).and_then(|mut out| write(&mut out).and_then(|()| out.flush()));
    written.map_err(|e| error(format!("write {path}: {e}")))
}

/// A format, and the file it goes to: standard output where none is named.
pub(super) type Output = (String, Option<String>);

/// What `--output` asks for; text where nothing is asked. `known` are the formats there are, `example` one that goes to a
/// file.
pub(super) fn outputs(asked: &[String], known: &[&str], example: &str) -> Result<Vec<Output>, Failed> {
    let mut outputs = Vec::new();
    for output in asked {
        let (format, file) = match output.split_once('=') {
            Some((format, file)) => (format, Some(file.to_owned())),
            None => (output.as_str(), None),
        };
        if !known.contains(&format) {
            return Err(usage(format!("there is no report {format:?}, only {}", known.join(", "))));
        }
        outputs.push((format.to_owned(), file));
    }
    if outputs.is_empty() {
        outputs.push(("text".to_owned(), None));
    }
    match outputs.iter().filter(|(_, file)| file.is_none()).count() {
        0 | 1 => Ok(outputs),
        _ => Err(usage(format!(
            "only one report can go to standard output; give the others files: --output {example}=FILE"
        ))),
    }
}

/// The project file around the working folder.
pub(super) type Found = Option<Project>;

/// Finds the project file.
pub(super) fn project() -> Result<Found, Failed> {
    find_project(&current()).map_err(faults)
}

fn current() -> PathBuf {
    std::env::current_dir().unwrap_or_default()
}

/// What is wrong with a project, each on a line.
pub(super) fn faults(faults: Vec<Fault>) -> Failed {
    let line = |f: Fault| format!("Error: {}\n", Fault { file: relative(&f.file), ..f });
    (exit::USAGE, faults.into_iter().map(line).collect())
}

/// The releases that selectors and named charts pick.
///
/// # Errors
/// With everything that can be known to be wrong before a chart is loaded.
pub(super) fn releases(
    charts: &[String],
    select: &SelectArgs,
    otherwise: Otherwise,
    project: &Found,
) -> Result<Matrix, Failed> {
    let selection = Selection {
        paths: charts.iter().map(PathBuf::from).collect(),
        charts: select.chart.clone(),
        envs: select.env.clone(),
        clusters: select.cluster.clone(),
        otherwise: if select.all || select.changed_since.is_some() { Otherwise::All } else { otherwise },
        shard: select.shard,
    };
    let mut matrix = matrix(project.as_ref(), &selection, &current()).map_err(faults)?;
    if let Some(revision) = &select.changed_since {
        let files = super::changed::changed_since(revision).map_err(usage)?;
        Changes::new(files, project.as_ref()).keep_reached(&mut matrix);
    }
    Ok(matrix)
}

/// The one chart that a command is about, with its releases.
pub(super) fn one_chart(
    chart: Option<&String>,
    select: &SelectArgs,
    otherwise: Otherwise,
    project: &Found,
) -> Result<ChartReleases, Failed> {
    let mut matrix = releases(chart.map(std::slice::from_ref).unwrap_or_default(), select, otherwise, project)?;
    match &matrix.charts[..] {
        [_] => Ok(matrix.charts.remove(0)),
        [] => Err(usage("no release is picked".into())),
        many => {
            let names: Vec<String> = many.iter().map(|c| relative(&c.chart.path.display().to_string())).collect();
            Err(usage(format!("which chart? There are {}; --chart picks one", names.join(", "))))
        }
    }
}

/// Everything that one render of one chart needs.
pub(super) struct Session {
    /// The chart.
    pub chart: Arc<Chart>,
    /// The user's values.
    pub values: Map,
    /// What the render is for.
    pub options: Options,
    /// The inputs.
    pub sources: SourceMap,
    /// Clock, randomness, live objects.
    pub world: System,
}

/// Loads a chart, once for all its releases.
///
/// # Errors
/// With Helm's text.
pub(super) fn open_chart(args: &SceneArgs, chart: &ChartHead, log: &mut Log) -> Result<Arc<Chart>, Failed> {
    let helm = HelmVersion::from(args.engine.helm_version);
    let loaded = load(&chart.path, helm, log).map_err(error)?;
    super::template::check_chart(&loaded, helm, log).map_err(error)?;
    Ok(Arc::new(loaded))
}

/// Charts that were loaded a moment ago: the releases of one mostly come one after the other, on several threads.
#[derive(Default)]
pub(super) struct Charts(Mutex<VecDeque<(PathBuf, Arc<OnceLock<Opened>>)>>);

type Opened = Result<Arc<Chart>, Failed>;

impl Charts {
    /// So many are kept.
    const RECENT: usize = 8;

    /// As [`open_chart`], without what it logs.
    ///
    /// # Errors
    /// With Helm's text.
    pub fn open(&self, args: &SceneArgs, chart: &ChartHead) -> Result<Arc<Chart>, Failed> {
        let opened = {
            let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let known = recent.iter().find(|(path, _)| *path == chart.path).map(|(_, opened)| opened.clone());
            known.unwrap_or_else(|| {
                let opened = Arc::<OnceLock<Opened>>::default();
                recent.truncate(Charts::RECENT - 1);
                recent.push_front((chart.path.clone(), opened.clone()));
                opened
            })
        };
        let open = || open_chart(args, chart, &mut Log::new(HelmVersion::from(args.engine.helm_version)));
        opened.get_or_init(open).clone()
    }
}

impl Session {
    /// Reads a chart and the values of a release.
    pub fn open(args: &SceneArgs, release: &Release, log: &mut Log) -> Result<Session, Failed> {
        Session::open_over(args, release, Vec::new(), || open_chart(args, &release.chart, log))
    }

    /// As [`Session::open`], with values below those of the release.
    pub fn open_over(
        args: &SceneArgs,
        release: &Release,
        base: Vec<ValuesFile>,
        chart: impl FnOnce() -> Result<Arc<Chart>, Failed>,
    ) -> Result<Session, Failed> {
        // What is wrong with the values is said before what is wrong with the chart.
        let values = Session::values(args, release, base)?;
        Session::with(args, release, chart()?, values)
    }

    /// Reads the values of a release of a chart that was loaded.
    pub fn of(args: &SceneArgs, release: &Release, chart: Arc<Chart>) -> Result<Session, Failed> {
        let values = Session::values(args, release, Vec::new())?;
        Session::with(args, release, chart, values)
    }

    fn values(args: &SceneArgs, release: &Release, base: Vec<ValuesFile>) -> Result<(Map, SourceMap), Failed> {
        let helm = HelmVersion::from(args.engine.helm_version);
        let mut sources = SourceMap::default();
        let layers = user_layers(args, release, base)?;
        let values = merge_layers(&layers, helm, &mut sources, &|p| super::template::read_values(p)).map_err(usage)?;
        Ok((values, sources))
    }

    fn with(
        args: &SceneArgs,
        release: &Release,
        chart: Arc<Chart>,
        (values, sources): (Map, SourceMap),
    ) -> Result<Session, Failed> {
        let helm = HelmVersion::from(args.engine.helm_version);
        let said = args.kube_version.as_ref().or(release.kube_version.as_ref());
        let kube = said.map_or(DEFAULT_KUBE_VERSION, String::as_str);
        let kube_version =
            KubeVersion::parse(kube, helm).map_err(|e| usage(format!("invalid kube version '{kube}': {e}")))?;
        let name = args.name.as_ref().or(release.name.as_ref()).unwrap_or(&chart.metadata.name);
        let namespace = args.namespace.as_deref().unwrap_or(release.namespace());
        let mut api_versions = release.api_versions.clone();
        api_versions.extend(args.api_versions.iter().cloned());
        let options = Options {
            api_versions,
            check_schema: !args.skip_schema_validation,
            dns: args.engine.enable_dns,
            threads: args.engine.threads(false),
            ..Options::of(name, namespace, kube_version, helm)
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

    /// Renders.
    pub fn render(&mut self, log: &mut Log) -> Result<Rendered, RenderError> {
        render(&self.chart, &self.values, &self.options, &self.world, &mut self.sources, log)
    }

    /// Renders, watched.
    pub fn render_with_map(&mut self, log: &mut Log) -> Result<(Rendered, explain::Map), RenderError> {
        explain::explain(&self.chart, &self.values, &self.options, &self.world, &mut self.sources, log)
    }

    /// As [`Session::render_with_map`], with the error's text as it was asked for.
    pub fn explain(&mut self, engine: &EngineArgs, log: &mut Log) -> Result<(Rendered, explain::Map), Failed> {
        self.render_with_map(log).map_err(|e| (exit::ERROR, shown(engine, &e, self.options.helm)))
    }

    /// The values of this session's release merged with the chart's as a version of Helm does it.
    pub fn merged(&self, args: &SceneArgs, release: &Release, helm: HelmVersion) -> Result<Map, Failed> {
        let mut sources = SourceMap::default();
        let layers = user_layers(args, release, Vec::new())?;
        let values = merge_layers(&layers, helm, &mut sources, &|p| super::template::read_values(p)).map_err(usage)?;
        let options = Options { helm, check_schema: false, ..self.options.clone() };
        let prepared = Prepared::new(&self.chart, &values, &options, &mut sources, &mut Log::new(helm));
        Ok(prepared.map_err(|e| error(e.helm_text(helm)))?.values().clone())
    }

    /// What each layer says of a key.
    pub fn layers(&self) -> Layers {
        Layers::new(&self.chart, &self.sources, self.options.helm)
    }
}

/// What stands below, the files of a release, then what the user gave.
fn user_layers(args: &SceneArgs, release: &Release, base: Vec<ValuesFile>) -> Result<UserLayers, Failed> {
    let mut files = base;
    for layer in release.files() {
        let file = layer.file.display().to_string();
        let text = std::fs::read(&layer.file).map_err(|e| usage(format!("open {file}: {}", os_error(&e))))?;
        files.push(ValuesFile { path: file, layer: layer.layer.clone(), text });
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
    lint::locate::relative(Path::new(path), &current())
}
