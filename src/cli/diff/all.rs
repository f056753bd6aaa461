//! All comparisons of a run: the secrets of all sides first, for no text may show a secret of any, then each comparison, on
//! all cores. Start reading at [`compared`].

use std::collections::BTreeSet;
use std::io::Write;

use super::against::Against;
use super::args::DiffArgs;
use super::compared::{Compared, Comparer, Gathered};
use super::drift::Asked;
use super::glance::{Glance, Same};
use super::jobs::{Done, Job};
use super::run::{Run, secrets_of};
use crate::cli::progress::Progress;
use crate::cli::session::{Failed, Found as Project, error, usage};
use crate::diff::fold::Report;
use crate::diff::ignore::Ignore;
use crate::diff::secrets::Redactor;
use crate::fleet::IgnoreRule;
use crate::parallel;

/// Of so many jobs both sides are held in memory until the secrets of all are known. More are looked at first, and those
/// that differ are then rendered again. (Debug builds hold few, so that tests go both ways.)
const FEW: usize = if cfg!(debug_assertions) { 3 } else { 16 };

/// What is known of a job before it is compared.
enum Seen {
    /// Both sides say the same.
    Same(Same),
    /// Both sides.
    Held(Box<Done>),
    /// That they may differ: they are rendered when it is compared.
    Later,
}

/// Compares all jobs, on all cores.
pub(super) fn compared(run: &Run<'_>, jobs: &[Job], project: &Project) -> Result<(Report, Option<u8>), Failed> {
    let (args, against) = (run.args, run.against);
    let mut progress = Progress::at_the_end(jobs.len());
    let holds = jobs.len() <= FEW || args.asks_clusters();
    let (mut secrets, mut all) = (BTreeSet::new(), Vec::with_capacity(jobs.len()));
    parallel::in_order(
        jobs,
        parallel::cores(),
        |job| see(run, job, holds),
        |job, seen| {
            progress.add(1);
            let (told, seen) = seen.unwrap_or_else(|| (Vec::new(), Seen::Held(Box::new(Done::aborted(job)))));
            secrets.extend(told);
            all.push(seen);
        },
    );
    let held: Vec<&Done> =
        all.iter().filter_map(|seen| if let Seen::Held(done) = seen { Some(&**done) } else { None }).collect();
    let mut asked = match against {
        Against::Release(live) if args.asks_clusters() => Asked::ask(args, live, &held),
        _ => Asked::default(),
    };
    let mut redactor = redactor(args, &secrets, &asked)?;
    let more = asked.secrets(&held, &redactor);
    redactor.learn(more.iter().map(String::as_str));
    let ignore = ignore(args, project, &redactor)?;
    let comparer = Comparer { against, asked: &asked, ignore: &ignore, redactor: &redactor };
    progress.more(all.iter().filter(|seen| matches!(seen, Seen::Later)).count());
    let all: Vec<(&Job, Seen)> = jobs.iter().zip(all).collect();
    let compare = |(job, seen): &(&Job, Seen)| match seen {
        Seen::Same(same) => comparer.same(job, same),
        Seen::Held(done) => comparer.compare(done),
        Seen::Later => comparer.compare(&Done::new(job, run.both(job))),
    };
    let mut gathered = Gathered::default();
    parallel::in_order(&all, parallel::cores(), compare, |(job, seen), compared: Option<Compared>| {
        progress.add(usize::from(matches!(seen, Seen::Later)));
        gathered.take(compared.unwrap_or_else(|| comparer.compare(&Done::aborted(job))));
    });
    Ok(gathered.finish())
}

/// Looks at a job: what is secret on either side, and what else is known of it then.
fn see(run: &Run<'_>, job: &Job, holds: bool) -> (Vec<String>, Seen) {
    let glance = if holds && !run.against.is_untouched(job) { Glance::default() } else { run.glance(job) };
    match glance.same {
        Some(same) => (glance.secrets, Seen::Same(same)),
        None if holds => {
            let done = Done::new(job, run.both(job));
            (secrets_of(&done.sides), Seen::Held(Box::new(done)))
        }
        None => (glance.secrets, Seen::Later),
    }
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

fn ignore(args: &DiffArgs, project: &Project, redactor: &Redactor) -> Result<Ignore, Failed> {
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
