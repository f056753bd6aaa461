//! `plimsoll diff`: what would change. Renders charts, reads what they are compared with ([`against`]), and hands both
//! sides to [`crate::diff`]. Everything is rendered before anything is compared: what is a secret in one chart is one in
//! all of them. Start reading at [`run()`].

mod against;
mod all;
pub mod args;
mod compared;
mod drift;
mod elsewhere;
mod findings;
pub(super) mod git;
mod glance;
mod jobs;
mod live;
mod reuse;
mod run;
mod scene;
mod sides;
mod values;

use std::io::{IsTerminal, Write};

use super::args::SceneArgs;
use super::exit;
use super::pager;
use super::session::{Charts, Failed, Found, Output, deliver, error, outputs, project, usage};
use crate::diff::fold::Report;
use crate::fleet::{Project, Release};
use crate::report::diff::{View, formats, write};
use against::{Against, Texts};
use args::{Colour, DiffArgs};
use elsewhere::There;
use findings::Checker;
use glance::judge_alike;
use live::Wanted;
use run::Run;

/// Runs the command.
pub(super) fn run(args: &DiffArgs) -> u8 {
    match diff(args) {
        Ok(status) => status,
        Err((status, text)) => {
            let _ = std::io::stderr().write_all(text.as_bytes());
            status
        }
    }
}

fn diff(args: &DiffArgs) -> Result<u8, Failed> {
    let outputs = outputs(&args.output, &formats().collect::<Vec<_>>(), "html")?;
    if args.show_secrets && !(std::io::stdout().is_terminal() && outputs.iter().all(|o| o.1.is_none())) {
        return Err(usage("--show-secrets is for a terminal only: nothing secret goes into a file or a pipe".into()));
    }
    let project = project()?;
    let jobs = jobs::jobs(args, &project)?;
    let scene = repeatable(&args.scene);
    let wanted = || {
        if let Some(stored) = jobs.iter().map(|j| j.stored.clone()).collect::<Option<Vec<Wanted>>>() {
            return Ok(stored);
        }
        let all: Option<Vec<Release>> = jobs.iter().map(|j| j.release.clone()).collect();
        let what = "what to compare the manifests with? --against FILE, or - for standard input";
        live::wanted(&scene, &args.connect, &all.ok_or_else(|| usage(what.into()))?)
    };
    if args.list {
        return match super::print(live::list(args, &wanted()?)?.as_bytes()) {
            true => Ok(exit::OK),
            false => Err(error("standard output is closed".into())),
        };
    }
    let against = Against::of(args, &jobs, &project, wanted)?;
    if matches!(against, Against::Files(ref path) if jobs.len() > 1 && !path.contains('{')) {
        return Err(usage(format!(
            "{} is one set of manifests, and there are {} charts and environments to compare: name one of each, or \
             write {{chart}}, {{env}} or {{cluster}} into --against",
            against.label(),
            jobs.len()
        )));
    }
    let checker = Checker::new(&scene)?;
    let plan =
        |project: &Found| if args.no_lint || args.values_only { Ok(None) } else { checker.plan(project).map(Some) };
    let new_plan = plan(&project)?;
    // The policies of another revision judge what it had.
    let old_plan = match &against {
        Against::Git { project, .. } => plan(project).ok().flatten(),
        _ => None,
    };
    let plans = new_plan.as_ref().map(|new| (old_plan.as_ref().unwrap_or(new), new));
    // The cluster that templates see where no release says which.
    let cluster = match &against {
        Against::Release(_) => None,
        _ if !args.live => None,
        _ => Some(super::cluster::connect(&args.connect)?),
    };
    let root = match &against {
        Against::Git { revision, .. } => revision.root().to_owned(),
        _ => std::env::current_dir().unwrap_or_default(),
    };
    let none = Project::none(&root);
    let projects = match &against {
        Against::Git { project, .. } => vec![(**project).as_ref().unwrap_or(&none)],
        Against::Files(_) => project.as_ref().into_iter().chain([&none]).collect(),
        _ => Vec::new(),
    };
    let there = There::new(projects, root);
    let (charts, texts) = (Charts::default(), Texts::new(&args.connect));
    let judges_alike = match &against {
        Against::Git { project: old, .. } => judge_alike((**old).as_ref(), project.as_ref()),
        _ => true,
    };
    let run = Run { args, scene: &scene, against: &against, there, charts, cluster, texts, plans, judges_alike };
    let (report, failed) = all::compared(&run, &jobs, &project)?;
    // A shard without releases has a report to join, too.
    if failed.is_none() || !report.cells.is_empty() {
        let shown =
            Shown { lines: args.lines, side_by_side: args.side_by_side, colour: args.color, pager: !args.no_pager };
        print(&shown, &outputs, &report)?;
    }
    Ok(match (failed, args.detailed_exitcode && report.differs()) {
        (Some(status), _) => status,
        (None, true) => exit::CHANGES,
        (None, false) => exit::OK,
    })
}

/// The scene with clock and randomness pinned: what differs by chance on both sides is no change.
fn repeatable(scene: &SceneArgs) -> SceneArgs {
    let mut scene = scene.clone();
    scene.engine.seed.get_or_insert(0);
    scene.engine.now.get_or_insert_with(|| jiff::Timestamp::now().to_string());
    scene
}

/// How a report is shown to a person.
pub(super) struct Shown {
    lines: i64,
    side_by_side: bool,
    colour: Colour,
    pager: bool,
}

impl Default for Shown {
    fn default() -> Shown {
        Shown { lines: 3, side_by_side: false, colour: Colour::Auto, pager: true }
    }
}

/// Writes a report in all of its forms.
pub(super) fn print(shown: &Shown, outputs: &[Output], report: &Report) -> Result<(), Failed> {
    for (format, file) in outputs {
        let terminal = file.is_none() && std::io::stdout().is_terminal();
        let colour = match shown.colour {
            Colour::Always => file.is_none(),
            Colour::Auto => terminal && std::env::var_os("NO_COLOR").is_none(),
            Colour::Never => false,
        };
        let view = View {
            report,
            context: usize::try_from(shown.lines).ok(),
            colour,
            width: if terminal { width() } else { 0 },
            side_by_side: shown.side_by_side,
        };
        let text = write(format, &view).unwrap_or_default();
        if !(terminal && format == "text" && shown.pager && pager::page(&text)) {
            deliver(file.as_deref(), |out| out.write_all(text.as_bytes()))?;
        }
    }
    Ok(())
}

/// Columns of the terminal.
fn width() -> usize {
    let said = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    said.or_else(|| Some(terminal_size::terminal_size()?.0.0.into())).unwrap_or(120)
}
