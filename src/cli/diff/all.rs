//! All comparisons of a run: the secrets of all sides first, for no text may show a secret of any, then each comparison, on
//! all cores. Start reading at [`compared`].

use std::collections::{BTreeSet, HashMap};
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

/// Compares all jobs, on all cores.
pub(super) fn compared(run: &Run<'_>, jobs: &[Job], project: &Project) -> Result<(Report, Option<u8>), Failed> {
    match jobs.len() <= FEW || run.args.asks_clusters() {
        true => few(run, jobs, project),
        false => many(run, jobs, project),
    }
}

/// Of so many jobs both sides are held in memory until the secrets of all are known. More are looked at first, and those
/// that differ are then rendered again. (Debug builds hold few, so that tests go both ways.)
const FEW: usize = if cfg!(debug_assertions) { 3 } else { 16 };

fn few(run: &Run<'_>, jobs: &[Job], project: &Project) -> Result<(Report, Option<u8>), Failed> {
    let (args, against) = (run.args, run.against);
    let mut progress = Progress::at_the_end(jobs.len());
    let (mut held, mut same, mut secrets) = (Vec::with_capacity(jobs.len()), HashMap::new(), BTreeSet::new());
    let work = |job: &Job| {
        let glance = if against.is_untouched(job) { run.glance(job) } else { Glance::default() };
        (glance.secrets, glance.same.map_or_else(|| Err(Box::new(run.both(job))), Ok))
    };
    parallel::in_order(jobs, parallel::cores(), work, |job, seen| {
        progress.add(1);
        let (told, found) = seen.unzip();
        secrets.extend(told.into_iter().flatten());
        let done = match found {
            Some(Ok(found)) => {
                same.insert(job.number, found);
                Done::same(job)
            }
            Some(Err(sides)) => Done::new(job, *sides),
            None => Done::aborted(job),
        };
        secrets.extend(secrets_of(&done.sides));
        held.push(done);
    });
    let mut asked = match against {
        Against::Release(live) if args.asks_clusters() => Asked::ask(args, live, &held),
        _ => Asked::default(),
    };
    let mut redactor = redactor(args, &secrets, &asked)?;
    let more = asked.secrets(&held, &redactor);
    redactor.learn(more.iter().map(String::as_str));
    let ignore = ignore(args, project, &redactor)?;
    let comparer = Comparer { against, asked: &asked, ignore: &ignore, redactor: &redactor };
    let mut gathered = Gathered::default();
    let compare = |done: &Done| match same.get(&done.job.number) {
        Some(same) => comparer.same(&done.job, same),
        None => comparer.compare(done),
    };
    parallel::in_order(&held, parallel::cores(), compare, |done, compared: Option<Compared>| {
        gathered.take(compared.unwrap_or_else(|| comparer.compare(&Done::aborted(&done.job))));
    });
    Ok(gathered.finish())
}

fn many(run: &Run<'_>, jobs: &[Job], project: &Project) -> Result<(Report, Option<u8>), Failed> {
    let mut progress = Progress::at_the_end(jobs.len());
    let (mut secrets, mut looked) = (BTreeSet::new(), Vec::with_capacity(jobs.len()));
    parallel::in_order(
        jobs,
        parallel::cores(),
        |job| run.glance(job),
        |_, glance: Option<Glance>| {
            progress.add(1);
            let glance = glance.unwrap_or_default();
            secrets.extend(glance.secrets);
            looked.push(glance.same);
        },
    );
    let looked: Vec<(&Job, Option<Same>)> = jobs.iter().zip(looked).collect();
    progress.more(looked.iter().filter(|(_, same)| same.is_none()).count());
    let asked = Asked::default();
    let redactor = redactor(run.args, &secrets, &asked)?;
    let ignore = ignore(run.args, project, &redactor)?;
    let comparer = Comparer { against: run.against, asked: &asked, ignore: &ignore, redactor: &redactor };
    let mut gathered = Gathered::default();
    let compare = |(job, same): &(&Job, Option<Same>)| match same {
        Some(same) => comparer.same(job, same),
        None => comparer.compare(&Done::new(job, run.both(job))),
    };
    parallel::in_order(&looked, parallel::cores(), compare, |(job, same), compared| {
        progress.add(usize::from(same.is_none()));
        gathered.take(compared.unwrap_or_else(|| comparer.compare(&Done::aborted(job))));
    });
    Ok(gathered.finish())
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
