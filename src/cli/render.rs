//! `plimsoll render`: the preview of charts in an environment.

use std::io::{IsTerminal, Write};
use std::path::Path;

use rayon::prelude::*;

use super::args::RenderArgs;
use super::exit;
use super::session::{Failed, Found, Session, charts, error, project, relative, shown};
use crate::diag::log::Log;
use crate::render::render;
use crate::report::{annotate, source_map};
use crate::value::HelmVersion;
use crate::value::kept;

/// One chart's result: what to print, what to say.
struct Outcome {
    text: Result<String, String>,
    log: Vec<String>,
    status: u8,
}

/// Runs the command.
pub(super) fn run(args: &RenderArgs) -> u8 {
    let found = project().and_then(|project| Ok((charts(&args.charts, &project)?, project)));
    let (charts, project) = match found {
        Ok(found) => found,
        Err((status, text)) => return fail(status, &text),
    };
    if args.source_map.is_some() && charts.len() > 1 {
        return fail(exit::USAGE, "Error: --source-map takes one chart\n");
    }
    // Every chart has a thread with a stack of its own: rendering recurses as deep as templates do.
    let outcomes: Vec<Outcome> = charts
        .par_iter()
        .map(|chart| {
            crate::stack::with_stack(|| render_one(args, chart, &project, charts.len() == 1)).unwrap_or(Outcome {
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

fn fail(status: u8, text: &str) -> u8 {
    let _ = std::io::stderr().write_all(text.as_bytes());
    status
}

fn render_one(args: &RenderArgs, chart: &Path, project: &Found, alone: bool) -> Outcome {
    let helm = HelmVersion::from(args.scene.engine.helm_version);
    let mut log = Log::new(helm);
    let (text, status) = match try_render(args, chart, project, alone, &mut log) {
        Ok(text) => (Ok(text), exit::OK),
        Err((status, e)) => (Err(e), status),
    };
    Outcome { text, log: log.take(), status }
}

fn try_render(args: &RenderArgs, path: &Path, project: &Found, alone: bool, log: &mut Log) -> Result<String, Failed> {
    let scene = &args.scene;
    let mut session = Session::open(scene, path, scene.env.as_deref(), project, log)?;
    session.options.last = true;
    session.options.threads = scene.engine.threads(alone);
    session.options.include_crds = args.include_crds;
    if args.annotate || args.source_map.is_some() {
        let done = mapped(args, &mut session, log);
        // The process is about to end: its memory goes back in one piece.
        std::mem::forget(session);
        return done;
    }
    let Session { chart, values, options, mut sources, world } = session;
    let rendered = render(&chart, &values, &options, &world, &mut sources, log)
        .map_err(|e| (exit::ERROR, shown(&scene.engine, &e, options.helm)))?;
    match &args.output_dir {
        Some(dir) => {
            let mut said = String::new();
            super::world::write_files(dir, dir, &rendered, |_| true, &mut said).map_err(error)?;
            Ok(said + "\n")
        }
        None => Ok(rendered.text(|_| true)),
    }
}

/// Renders with the map of where everything comes from.
fn mapped(args: &RenderArgs, session: &mut Session, log: &mut Log) -> Result<String, Failed> {
    let (rendered, map) = session.explain(&args.scene.engine, log)?;
    if let Some(file) = &args.source_map {
        let head = source_map::Head {
            chart: &session.chart.metadata.name,
            environment: args.scene.env.as_deref(),
            helm: session.options.helm,
            shown: &relative,
        };
        let text = source_map::write(&head, &rendered, &map, None);
        std::fs::write(file, text).map_err(|e| error(format!("{file}: {e}")))?;
    }
    let text = match (args.annotate, &args.output_dir) {
        (true, _) => annotate::annotated(&rendered, &map),
        (false, Some(dir)) => {
            let mut said = String::new();
            super::world::write_files(dir, dir, &rendered, |_| true, &mut said).map_err(error)?;
            said + "\n"
        }
        (false, None) => rendered.text(|_| true),
    };
    std::mem::forget((rendered, map));
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
