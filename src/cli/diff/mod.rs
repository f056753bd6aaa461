//! `plimsoll diff`: what would change. Renders charts, reads what they are compared with ([`against`]), and hands both
//! sides to [`crate::diff`]. Everything is rendered before anything is compared: what is a secret in one chart is one in
//! all of them. Start reading at [`run()`].

mod against;
pub mod args;
mod compared;
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
use std::sync::atomic::{AtomicBool, Ordering};

use super::args::SceneArgs;
use super::cluster::RELEASE;
use super::exit;
use super::pager;
use super::progress::Progress;
use super::session::{Charts, Failed, Found, Output, deliver, error, outputs, project, releases, usage};
use crate::diff::fold::Report;
use crate::diff::ignore::Ignore;
use crate::diff::secrets::Redactor;
use crate::fleet::{IgnoreRule, Otherwise, Project, Release};
use crate::parallel;
use crate::report::diff::{View, formats, write};
use against::{Against, Texts};
use args::{Colour, DiffArgs};
use compared::{Compared, Comparer, Gathered};
use drift::Asked;
use elsewhere::There;
use findings::Checker;
use live::Wanted;
use run::{Run, Sides, secrets_of};
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
    let root = std::env::current_dir().unwrap_or_default();
    let (none, none_there);
    let there = match &against {
        Against::Git { revision, project } => {
            none_there = Project::none(revision.root());
            There::new([(**project).as_ref().unwrap_or(&none_there)], revision.root().to_owned())
        }
        Against::Files(_) => {
            none = Project::none(&root);
            There::new(project.as_ref().into_iter().chain([&none]), root)
        }
        _ => There::new([], root),
    };
    let (charts, texts) = (Charts::default(), Texts::new(&args.connect));
    let run = Run { args, scene: &scene, against: &against, there, charts, cluster, texts, plans };
    let (report, failed) = compared(&run, &jobs, &project)?;
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

/// Compares all jobs, on all cores.
fn compared(run: &Run<'_>, jobs: &[Job], project: &Found) -> Result<(Report, Option<u8>), Failed> {
    let (args, against) = (run.args, run.against);
    let mut progress = Progress::at_the_end(jobs.len());
    let (secrets, held) = gather(run, jobs, &mut progress);
    let mut asked = match (against, &held) {
        (Against::Release(live), Some(done)) if args.asks_clusters() => Asked::ask(args, live, done),
        _ => Asked::default(),
    };
    let mut redactor = redactor(args, &secrets, &asked)?;
    let more = held.as_ref().map(|done| asked.secrets(done, &redactor)).unwrap_or_default();
    redactor.learn(more.iter().map(String::as_str));
    let ignore = ignore(args, project, &redactor)?;
    let comparer = Comparer { against, asked: &asked, ignore: &ignore, redactor: &redactor };
    let mut gathered = Gathered::default();
    match held {
        Some(held) => {
            let compared = |done: &Done, compared: Option<Compared>| {
                gathered.take(compared.unwrap_or_else(|| comparer.compare(&aborted(&done.job))));
            };
            parallel::in_order(&held, parallel::cores(), |done| comparer.compare(done), compared);
        }
        None => {
            let work = |job: &Job| comparer.compare(&done(job, run.both(job)));
            parallel::in_order(jobs, parallel::cores(), work, |job, compared| {
                progress.add(1);
                gathered.take(compared.unwrap_or_else(|| comparer.compare(&aborted(job))));
            });
        }
    }
    Ok(gathered.finish())
}

/// Both sides of releases are held in memory until the secrets of all are known, for no text may show a secret of any. Of
/// more than fit in so many bytes, only the secrets are gathered first, and each is rendered once more to be compared.
/// (Debug builds hold few, so that tests go both ways.)
const HELD: usize = if cfg!(debug_assertions) { 64 << 10 } else { 8 << 20 };

/// The secrets of all jobs, and both sides of each, where they could be held.
fn gather(run: &Run<'_>, jobs: &[Job], progress: &mut Progress) -> (BTreeSet<String>, Option<Vec<Done>>) {
    enum Found {
        Sides(Box<Sides>),
        Secrets(Vec<String>),
    }
    let holds = AtomicBool::new(true);
    let (mut secrets, mut held, mut bytes) = (BTreeSet::new(), Vec::new(), 0);
    let work = |job: &Job| match holds.load(Ordering::Relaxed) {
        true => Found::Sides(Box::new(run.both(job))),
        false => Found::Secrets(run.secrets(job)),
    };
    parallel::in_order(jobs, parallel::cores(), work, |job, found| {
        progress.add(1);
        let done = match found {
            Some(Found::Sides(sides)) => done(job, *sides),
            Some(Found::Secrets(found)) => return secrets.extend(found),
            None => aborted(job),
        };
        secrets.extend(secrets_of(&done.sides));
        if !holds.load(Ordering::Relaxed) {
            return;
        }
        bytes += done.sides.as_ref().map_or(0, |(old, new)| old.size() + new.size());
        held.push(done);
        if bytes > HELD && held.len() > 1 && !run.args.asks_clusters() {
            holds.store(false, Ordering::Relaxed);
            held = Vec::new();
            progress.more(jobs.len());
        }
    });
    (secrets, holds.into_inner().then_some(held))
}

fn done(job: &Job, (sides, notes): Sides) -> Done {
    Done { job: job.clone(), sides, notes }
}

/// A job whose work ended before it was done.
fn aborted(job: &Job) -> Done {
    let name = job.chart().map(|c| c.display().to_string()).unwrap_or_default();
    done(job, (Err(error(format!("{name}: the render was aborted")).into()), Vec::new()))
}

/// One redactor for everything: with a random key, it knows the secrets of all sides.
fn redactor(args: &DiffArgs, secrets: &BTreeSet<String>, asked: &Asked) -> Result<Redactor, Failed> {
    if args.show_secrets {
        return Ok(Redactor::revealing());
    }
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|e| error(format!("no randomness to hide secrets with: {e}")))?;
    let mut redactor = Redactor::new(key, asked.objects_of_clusters());
    redactor.learn(secrets.iter().map(String::as_str));
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
