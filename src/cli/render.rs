//! `plimsoll render`: the preview of charts in an environment.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::args::{ErrorFormat, RenderArgs};
use super::exit;
use crate::chart::load::{load, os_error};
use crate::diag::log::Log;
use crate::env::{Project, find_project, resolve};
use crate::render::capabilities::DEFAULT_KUBE_VERSION;
use crate::render::{KubeVersion, Options, RenderError, render};
use crate::span::SourceMap;
use crate::value::HelmVersion;
use crate::value::kept;
use crate::values::layers::{Layers, ValuesFile, merge_layers};

/// One chart's result: what to print, what to say.
struct Outcome {
    text: Result<String, String>,
    log: Vec<String>,
    status: u8,
}

/// Runs the command.
pub(super) fn run(args: &RenderArgs) -> u8 {
    let current = std::env::current_dir().unwrap_or_default();
    let project = match find_project(&current) {
        Ok(p) => p,
        Err(e) => return fail(&e),
    };
    let charts = match charts(args, &current, project.as_ref()) {
        Ok(c) => c,
        Err(e) => return fail(&e),
    };
    // Every chart has a thread with a stack of its own: rendering recurses as deep as templates do.
    let outcomes: Vec<Outcome> = charts
        .par_iter()
        .map(|chart| {
            crate::stack::with_stack(|| render_one(args, chart, project.as_ref())).unwrap_or(Outcome {
                text: Err(format!("{}: the render was aborted", chart.display())),
                log: Vec::new(),
                status: exit::ERROR,
            })
        })
        .collect();
    let mut status = exit::OK;
    let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    for outcome in outcomes {
        let mut errors = String::new();
        outcome.log.iter().for_each(|l| errors.push_str(&format!("{l}\n")));
        match outcome.text {
            Ok(text) => {
                let text = if colour { coloured(&text) } else { text };
                if !super::print(text.as_bytes()) {
                    return exit::ERROR;
                }
            }
            Err(e) => errors.push_str(&e),
        }
        let _ = std::io::stderr().write_all(&kept::bytes(&errors));
        status = status.max(outcome.status);
    }
    status
}

fn fail(message: &str) -> u8 {
    let _ = writeln!(std::io::stderr(), "Error: {message}");
    exit::USAGE
}

/// The charts asked for, those of the project file, or the one in the current folder.
fn charts(args: &RenderArgs, current: &Path, project: Option<&(PathBuf, Project)>) -> Result<Vec<PathBuf>, String> {
    if !args.charts.is_empty() {
        return Ok(args.charts.iter().map(PathBuf::from).collect());
    }
    if let Some((dir, project)) = project.filter(|(_, p)| !p.charts.is_empty()) {
        let mut found = Vec::new();
        for pattern in &project.charts {
            let full = dir.join(pattern).display().to_string();
            let paths = glob::glob(&full).map_err(|e| format!("the glob {pattern:?} of the project file: {e}"))?;
            found.extend(paths.flatten().filter(|p| p.join("Chart.yaml").is_file()));
        }
        found.sort();
        found.dedup();
        if found.is_empty() {
            return Err(format!("the globs of the project file find no chart: {}", project.charts.join(", ")));
        }
        return Ok(found);
    }
    if current.join("Chart.yaml").is_file() {
        return Ok(vec![current.to_owned()]);
    }
    Err("which chart? Name one, or run this in a chart's folder or below a plimsoll.yaml with charts".into())
}

fn render_one(args: &RenderArgs, chart: &Path, project: Option<&(PathBuf, Project)>) -> Outcome {
    let helm = HelmVersion::from(args.engine.helm_version);
    let mut log = Log::new(helm);
    let (text, status) = match try_render(args, chart, project, helm, &mut log) {
        Ok(text) => (Ok(text), exit::OK),
        Err((status, e)) => (Err(e), status),
    };
    Outcome { text, log: log.take(), status }
}

type Failed = (u8, String);

fn usage(e: String) -> Failed {
    (exit::USAGE, format!("Error: {e}\n"))
}

fn try_render(
    args: &RenderArgs,
    path: &Path,
    project: Option<&(PathBuf, Project)>,
    helm: HelmVersion,
    log: &mut Log,
) -> Result<String, Failed> {
    let path = std::path::absolute(path).map_err(|e| usage(e.to_string()))?;
    if !path.exists() {
        return Err(usage(format!("chart {} not found", path.display())));
    }
    let resolved = match &args.env {
        Some(env) => resolve(env, &path, project).map_err(usage)?,
        None => Default::default(),
    };
    let mut sources = SourceMap::default();
    let mut files = Vec::new();
    for file in &resolved.files {
        let text = std::fs::read(file).map_err(|e| usage(format!("open {}: {}", file.display(), os_error(&e))))?;
        let layer = args.env.clone().unwrap_or_default();
        files.push(ValuesFile { path: file.display().to_string(), layer, text });
    }
    let user = super::template::layers(&args.values).map_err(usage)?;
    files.extend(user.files);
    let layers = Layers { files, ..user };
    let values = merge_layers(&layers, helm, &mut sources, &|p| super::template::read_values(p)).map_err(usage)?;
    let error = |e: String| (exit::ERROR, format!("Error: {e}\n"));
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
        name: name.clone(),
        namespace: args.namespace.clone().or(settings.namespace).unwrap_or_else(|| "default".into()),
        is_upgrade: false,
        kube_version,
        api_versions,
        include_crds: args.include_crds,
        check_schema: !args.skip_schema_validation,
        dns: args.engine.enable_dns,
        last: true,
    };
    let world = super::world::system(&args.engine).map_err(usage)?;
    let rendered = render(&chart, &values, &options, &world, &mut sources, log)
        .map_err(|e| (exit::ERROR, shown(args, &e, helm)))?;
    match &args.output_dir {
        Some(dir) => {
            let mut said = String::new();
            super::world::write_files(dir, dir, &rendered, |_| true, &mut said).map_err(error)?;
            Ok(said + "\n")
        }
        None => Ok(rendered.text(|_| true)),
    }
}

fn shown(args: &RenderArgs, e: &RenderError, helm: HelmVersion) -> String {
    match args.engine.error_format {
        Some(ErrorFormat::Helm) => format!("Error: {}\n", e.helm_text(helm)),
        _ => crate::report::rich::render_error(e, helm),
    }
}

/// YAML for a terminal: keys, comments and separators apart.
fn coloured(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for line in text.lines() {
        let body = line.trim_start();
        if body.starts_with('#') || line.starts_with("---") {
            out.push_str(&format!("\x1b[2m{line}\x1b[0m"));
        } else if let Some((key, rest)) = line
            .split_once(':')
            .filter(|(k, r)| (r.is_empty() || r.starts_with(' ')) && !k.contains(['"', '\'', '{', '|']))
        {
            out.push_str(&format!("\x1b[36m{key}\x1b[0m:{rest}"));
        } else {
            out.push_str(line);
        }
        out.push('\n');
    }
    out
}
