//! `plimsoll render`: the preview of charts in an environment.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;

use super::args::RenderArgs;
use super::cluster;
use super::exit;
use super::failures::Failures;
use super::progress::Progress;
use super::session::{Failed, Session, error, project, relative, releases, shown};
use super::spread::Loader;
use crate::cluster::Cluster;
use crate::diag::log::Log;
use crate::fleet::{ChartReleases, Matrix, Otherwise, Release};
use crate::parallel;
use crate::render::render;
use crate::report::{annotate, source_map};
use crate::value::HelmVersion;
use crate::value::kept;

/// One chart's result: what to print and what to say, release by release.
#[derive(Default)]
struct Outcome {
    text: String,
    said: String,
    failed: Vec<(String, Failed)>,
}

/// What all charts share.
struct Plan<'a> {
    args: &'a RenderArgs,
    cluster: Option<Arc<Cluster>>,
    /// Whether there is one release and no more, which may have all threads and never frees its memory.
    is_alone: bool,
    /// Whether releases of several environments or clusters are told apart.
    is_many: bool,
}

/// Runs the command.
pub(super) fn run(args: &RenderArgs) -> u8 {
    let found = project()
        .and_then(|project| releases(&args.charts, &args.scene.select, Otherwise::Bare, &project))
        .and_then(|matrix| check(args, &matrix).map(|()| matrix));
    let matrix = match found {
        Ok(matrix) => matrix,
        Err((status, text)) => return fail(status, &text),
    };
    let cluster = match args.live.live.then(|| cluster::connect(&args.live.connect)).transpose() {
        Ok(cluster) => cluster,
        Err((status, text)) => return fail(status, &text),
    };
    let count = matrix.releases().count();
    let plan = Plan { args, cluster, is_alone: count == 1, is_many: matrix.places().len() > 1 };
    let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let mut progress = Progress::new(count);
    let (mut failures, mut open) = (Failures::default(), true);
    let take = |chart: &ChartReleases, outcome: Option<Outcome>| {
        let outcome = outcome.unwrap_or_else(|| Outcome {
            failed: vec![(relative(&chart.chart.path.display().to_string()), error("the render was aborted".into()))],
            ..Outcome::default()
        });
        let text = if colour { coloured(&outcome.text) } else { outcome.text };
        open = open && super::print(text.as_bytes());
        progress.aside(|| std::io::stderr().write_all(&kept::bytes(&outcome.said)).unwrap_or_default());
        outcome.failed.into_iter().for_each(|(of, failed)| failures.add(of, failed));
        progress.add(chart.releases.len());
    };
    parallel::in_order(&matrix.charts, parallel::cores(), |chart| render_chart(&plan, chart), take);
    drop(progress);
    match failures.all(count > 1) {
        Some((status, text)) => fail(status, &text),
        None if open => exit::OK,
        None => exit::ERROR,
    }
}

fn check(args: &RenderArgs, matrix: &Matrix) -> Result<(), Failed> {
    match matrix.releases().count() {
        // A change may reach nothing, a part have no chart.
        0 if args.scene.select.changed_since.is_none() && args.scene.select.shard.is_none() => {
            Err((exit::USAGE, "Error: no release is picked\n".into()))
        }
        2.. if args.source_map.is_some() => {
            Err((exit::USAGE, "Error: --source-map takes one chart in one place\n".into()))
        }
        _ => Ok(()),
    }
}

fn fail(status: u8, text: &str) -> u8 {
    let _ = std::io::stderr().write_all(text.as_bytes());
    status
}

/// Renders all releases of a chart, which is loaded once; a release that fails doesn't hide the others.
fn render_chart(plan: &Plan<'_>, chart: &ChartReleases) -> Outcome {
    let mut outcome = Outcome::default();
    let mut log = Log::new(HelmVersion::from(plan.args.scene.engine.helm_version));
    let mut loader = Loader::default();
    for release in &chart.releases {
        let session = loader.open(&plan.args.scene, release, &mut log);
        let done = session.and_then(|session| render_one(plan, session, release, &mut log));
        log.take().iter().for_each(|l| outcome.said.push_str(&format!("{l}\n")));
        match done {
            Ok(text) => outcome.text.push_str(&text),
            Err(failed) => {
                let of = match release.place() {
                    place if place.is_empty() => release.name().to_owned(),
                    place => format!("{} in {place}", release.name()),
                };
                outcome.failed.push((of, failed));
            }
        }
    }
    outcome
}

fn render_one(plan: &Plan<'_>, mut session: Session, release: &Release, log: &mut Log) -> Result<String, Failed> {
    let scene = &plan.args.scene;
    if let Some(cluster) = &plan.cluster {
        session.go_live(cluster, &scene.engine)?;
    }
    session.options.last = plan.is_alone;
    session.options.threads = scene.engine.threads(plan.is_alone);
    session.options.include_crds = plan.args.include_crds;
    // A comment tells releases of several places apart.
    let head = match plan.is_many && plan.args.output_dir.is_none() {
        true => format!("# Release: {} in {}\n", release.name(), release.place()),
        false => String::new(),
    };
    if plan.args.annotate || plan.args.source_map.is_some() {
        return Ok(head + &mapped(plan, session, release, log)?);
    }
    let Session { chart, values, options, mut sources, world } = session;
    let rendered = render(&chart, &values, &options, &world, &mut sources, log)
        .map_err(|e| (exit::ERROR, shown(&scene.engine, &e, options.helm)))?;
    if plan.is_alone {
        // The process is about to end: its memory goes back in one piece.
        std::mem::forget((chart, values, sources));
    }
    match &plan.args.output_dir {
        Some(dir) => written(plan, dir, release, &rendered),
        None => Ok(head + &rendered.text(|_| true)),
    }
}

/// Writes files below the folder, those of several environments and clusters apart.
fn written(
    plan: &Plan<'_>,
    dir: &str,
    release: &Release,
    rendered: &crate::render::Rendered,
) -> Result<String, Failed> {
    let below = match plan.is_many {
        true => Path::new(dir).join(release.place()).display().to_string(),
        false => dir.to_owned(),
    };
    let mut said = String::new();
    super::world::write_files(&below, &below, rendered, |_| true, &mut said).map_err(error)?;
    Ok(said + "\n")
}

/// Renders with the map of where everything comes from.
fn mapped(plan: &Plan<'_>, mut session: Session, release: &Release, log: &mut Log) -> Result<String, Failed> {
    let args = plan.args;
    let (rendered, map) = session.explain(&args.scene.engine, log)?;
    if let Some(file) = &args.source_map {
        let head = source_map::Head {
            chart: &session.chart.metadata.name,
            environment: release.env(),
            helm: session.options.helm,
            shown: &relative,
        };
        let text = source_map::write(&head, &rendered, &map, None);
        std::fs::write(file, text).map_err(|e| error(format!("{file}: {e}")))?;
    }
    let text = match (args.annotate, &args.output_dir) {
        (true, _) => annotate::annotated(&rendered, &map),
        (false, Some(dir)) => written(plan, dir, release, &rendered)?,
        (false, None) => rendered.text(|_| true),
    };
    if plan.is_alone {
        // The process is about to end: its memory goes back in one piece.
        std::mem::forget((session, rendered, map));
    }
    Ok(text)
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
