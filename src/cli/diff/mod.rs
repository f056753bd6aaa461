//! `plimsoll diff`: what would change. Renders charts, reads what they are compared with ([`against`]), and hands both
//! sides to [`crate::diff`]. Everything is rendered before anything is compared: what is a secret in one chart is one in
//! all of them. Start reading at [`run`].

mod against;
pub mod args;
mod drift;
mod elsewhere;
mod findings;
pub(super) mod git;
mod live;
mod reuse;
mod run;
mod scene;
mod sides;
mod values;

use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::path::Path;

use super::args::SceneArgs;
use super::cluster::RELEASE;
use super::exit;
use super::pager;
use super::progress::Progress;
use super::session::{Failed, Found, Output, error, outputs, project, relative, releases, usage};
use crate::diff::fold::{Cell, Counts, Folder, Report};
use crate::diff::ignore::Ignore;
use crate::diff::meaning::{self, Meaning};
use crate::diff::secrets::{Redactor, Which};
use crate::diff::values::mark_overridden;
use crate::diff::{FieldPath, ObjectChange, compare};
use crate::fleet::{IgnoreRule, Otherwise, Release};
use crate::parallel;
use crate::report::diff::{View, formats, write};
use against::{Against, Texts};
use args::{Colour, DiffArgs};
use drift::Asked;
use findings::{Checker, brought};
use live::Wanted;
use run::{Run, Sides};
use scene::Broken;
use sides::Prepared;

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

/// A chart in an environment, or plain manifests.
#[derive(Clone)]
struct Job {
    number: usize,
    release: Option<Release>,
    /// A release that is looked at by itself.
    stored: Option<Wanted>,
}

impl Job {
    fn chart(&self) -> Option<&Path> {
        self.release.as_ref().map(|r| r.chart.path.as_path())
    }

    fn env(&self) -> Option<&str> {
        self.release.as_ref().and_then(Release::env)
    }
}

/// A job with both sides, or why there are none.
struct Done {
    job: Job,
    sides: Result<(Prepared, Prepared), Broken>,
    notes: Vec<String>,
}

fn diff(args: &DiffArgs) -> Result<u8, Failed> {
    let outputs = outputs(&args.output, &formats().collect::<Vec<_>>(), "html")?;
    if args.show_secrets && !(std::io::stdout().is_terminal() && outputs.iter().all(|o| o.1.is_none())) {
        return Err(usage("--show-secrets is for a terminal only: nothing secret goes into a file or a pipe".into()));
    }
    let project = project()?;
    let jobs = jobs(args, &project)?;
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
    let against = Against::of(args, wanted)?;
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
    let texts = Texts::new(&args.connect);
    let run = Run { args, scene: &scene, against: &against, project: &project, cluster, texts, plans };
    let mut done: Vec<Done> = Vec::with_capacity(jobs.len());
    let mut progress = Progress::at_the_end(jobs.len());
    let take = |job: &Job, sides: Option<Sides>| {
        progress.add(1);
        let name = job.chart().map(|c| c.display().to_string()).unwrap_or_default();
        let aborted = || (Err(error(format!("{name}: the render was aborted")).into()), Vec::new());
        let (sides, notes) = sides.unwrap_or_else(aborted);
        done.push(Done { job: job.clone(), sides, notes });
    };
    parallel::in_order(&jobs, parallel::cores(), |job| run.both(job), take);
    drop(progress);
    let asked = match &against {
        Against::Release(live) if args.drift || args.server => Asked::ask(args, live, &done),
        _ => Asked::default(),
    };
    for done in &mut done {
        if let Some(failed) = asked.failed.get(&done.job.number) {
            done.sides = Err(failed.clone().into());
        }
    }
    let mut redactor = redactor(args, &done, &asked)?;
    let ignore = ignore(args, &project, &redactor)?;
    let (report, failed) = compare_all(done, &By { against: &against, asked: &asked, ignore: &ignore }, &mut redactor);
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

/// What is to be compared, chart by chart.
fn jobs(args: &DiffArgs, project: &Found) -> Result<Vec<Job>, Failed> {
    if !args.manifests.is_empty() {
        return Ok(vec![Job { number: 0, release: None, stored: None }]);
    }
    let patterns: Vec<&str> = args.charts.iter().filter_map(|c| c.strip_prefix(RELEASE)).collect();
    if args.drift && !patterns.is_empty() {
        if patterns.len() < args.charts.len() {
            return Err(usage("either charts or release:NAMESPACE/NAME, not both".into()));
        }
        let stored = live::stored(args, &patterns)?.into_iter().enumerate();
        return Ok(stored.map(|(number, w)| Job { number, release: None, stored: Some(w) }).collect());
    }
    let otherwise = if args.all_envs { Otherwise::All } else { Otherwise::Bare };
    let matrix = releases(&args.charts, &args.scene.select, otherwise, project)?;
    let jobs = matrix.releases().enumerate();
    Ok(jobs.map(|(number, r)| Job { number, release: Some(r.clone()), stored: None }).collect())
}

/// The scene with clock and randomness pinned: what differs by chance on both sides is no change.
fn repeatable(scene: &SceneArgs) -> SceneArgs {
    let mut scene = scene.clone();
    scene.engine.seed.get_or_insert(0);
    scene.engine.now.get_or_insert_with(|| jiff::Timestamp::now().to_string());
    scene
}

/// One redactor for everything: with a random key, it knows the secrets of all sides.
fn redactor(args: &DiffArgs, done: &[Done], asked: &Asked) -> Result<Redactor, Failed> {
    if args.show_secrets {
        return Ok(Redactor::revealing());
    }
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|e| error(format!("no randomness to hide secrets with: {e}")))?;
    let sides = || done.iter().filter_map(|d| d.sides.as_ref().ok()).flat_map(|(a, b)| [a, b]);
    let objects = sides().flat_map(|p| p.side.objects.iter().map(|o| &o.object).chain(&p.known_secrets));
    let mut redactor = Redactor::new(key, objects.chain(asked.objects_of_clusters()));
    let broken = done.iter().filter_map(|d| d.sides.as_ref().err()).flat_map(|b| &b.secrets);
    redactor.learn(broken.chain(sides().flat_map(|p| &p.secrets)).map(String::as_str));
    Ok(redactor)
}

fn ignore(args: &DiffArgs, project: &Found, redactor: &Redactor) -> Result<Ignore, Failed> {
    let rules: &[IgnoreRule] = project.as_ref().map_or(&[], |p| &p.diff.ignore);
    let mut ignore = Ignore::new(rules, redactor).map_err(usage)?;
    let of_managers: Vec<String> =
        (0..rules.len()).filter(|i| rules[*i].manager.is_some()).map(|i| format!("diff.ignore[{i}]")).collect();
    if !of_managers.is_empty() && !args.drift {
        let text = format!(
            "Warning: {} cannot apply: who manages a field stands in live objects, which --drift looks at\n",
            of_managers.join(", ")
        );
        let _ = std::io::stderr().write_all(redactor.text(&text).as_bytes());
    }
    for kind in &args.suppress {
        ignore.suppress(kind).map_err(usage)?;
    }
    for path in &args.ignore {
        ignore.path(path).map_err(usage)?;
    }
    if args.ignore_chart_version {
        ignore.chart_version();
    }
    Ok(ignore)
}

/// What all comparisons share.
struct By<'a> {
    against: &'a Against,
    asked: &'a Asked,
    ignore: &'a Ignore,
}

/// Compares what there is; what failed is said, and its status returned.
fn compare_all(done: Vec<Done>, by: &By<'_>, redactor: &mut Redactor) -> (Report, Option<u8>) {
    let (mut report, mut folder, mut failed) = (Report::default(), Folder::default(), None);
    let mut said = BTreeSet::new();
    for Done { job, sides, notes } in done {
        match sides {
            Ok((old, new)) => {
                let (cell, changes) = compare_one(&job, &old, &new, &notes, by, redactor);
                report.add(cell, changes, &mut folder);
            }
            Err(Broken { failed: (status, text), .. }) => {
                failed = failed.max(Some(status));
                let of = job.chart().map(|c| relative(&c.display().to_string())).unwrap_or_default();
                let place = job.release.as_ref().map(Release::place).unwrap_or_default();
                let env = if place.is_empty() { place } else { format!(" in {place}") };
                let text = text.strip_prefix("Error: ").unwrap_or(&text);
                let place = if of.is_empty() { String::new() } else { format!("{of}{env}: ") };
                said.insert(redactor.text(&by.against.shown(&format!("Error: {place}{text}"))).to_string());
            }
        }
    }
    let said: String = said.into_iter().collect();
    let _ = std::io::stderr().write_all(said.as_bytes());
    (report, failed)
}

fn compare_one(
    job: &Job,
    old: &Prepared,
    new: &Prepared,
    notes: &[String],
    by: &By<'_>,
    redactor: &mut Redactor,
) -> (Cell, Vec<ObjectChange>) {
    redactor.forget_fields();
    old.taint(redactor, Which::Old);
    new.taint(redactor, Which::New);
    let mut changes = compare(&old.side, &new.side, redactor);
    for change in &mut changes {
        let (a, b) = change.index;
        for field in &mut change.fields {
            let source = |side: &Prepared, index: Option<usize>, value: &Option<crate::diff::secrets::Value>| {
                side.source(redactor, index?, value.as_ref()?.first_offset())
            };
            field.old_source = source(old, a, &field.old);
            field.new_source = source(new, b, &field.new);
        }
    }
    by.ignore.apply(&mut changes, &|_, _| None);
    mark_overridden(&mut changes, &old.side, &new.side);
    let mut meaning = meaning::of(&changes, &old.side, &new.side);
    let mut drifted = by.asked.drift(job, old, new, redactor);
    by.ignore.apply(&mut drifted.changes, &writer);
    changes.extend(drifted.changes);
    meaning.refusals = by.asked.refusals(job, &new.side, meaning.refusals, redactor);
    meaning.refusals.extend(drifted.taken);
    let chart = if new.chart.is_empty() { &old.chart } else { &new.chart };
    let label = match job.chart() {
        Some(chart) => relative(&chart.display().to_string()),
        None if job.stored.is_some() => "its live objects".into(),
        None => "the new manifests".into(),
    };
    let more = by.asked.notes.get(&job.number).into_iter().flatten();
    let cell = Cell {
        chart: redactor.text(chart),
        release: redactor.text(&new.release),
        namespace: redactor.text(&new.side.namespace),
        environment: job.env().map(|e| redactor.text(e)),
        cluster: job.release.as_ref().and_then(Release::cluster).map(|c| redactor.text(c)),
        old: redactor.text(&by.against.label()),
        new: redactor.text(&label),
        notes: notes.iter().chain(more).map(|n| redactor.text(n)).collect(),
        counts: Counts::of(&changes),
        meaning: Meaning { findings: brought(&old.findings, &new.findings, redactor), ..meaning },
    };
    (cell, changes)
}

/// Who wrote a field that drifted.
fn writer(change: &ObjectChange, path: &FieldPath) -> Option<String> {
    let field = change.fields.iter().find(|f| f.path == *path)?;
    field.drift.as_ref()?.managers.first().map(ToString::to_string)
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
        match file {
            Some(path) => std::fs::write(path, text).map_err(|e| error(format!("write {path}: {e}")))?,
            None if terminal && format == "text" && shown.pager && pager::page(&text) => {}
            None if super::print(text.as_bytes()) => {}
            None => return Err(error("standard output is closed".into())),
        }
    }
    Ok(())
}

/// Columns of the terminal.
fn width() -> usize {
    let said = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    said.or_else(|| Some(terminal_size::terminal_size()?.0.0.into())).unwrap_or(120)
}
