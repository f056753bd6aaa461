//! All comparisons of a run: the secrets of all sides first, for no text may show a secret of any, then each comparison, on
//! all cores. Start reading at [`compared`].

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

use super::against::Against;
use super::args::DiffArgs;
use super::compared::{Compared, Comparer, Gathered};
use super::drift::Asked;
use super::jobs::{Done, Job};
use super::run::{Run, Sides, secrets_of};
use crate::cli::progress::Progress;
use crate::cli::session::{Failed, Found as Project, error, usage};
use crate::diff::fold::Report;
use crate::diff::ignore::Ignore;
use crate::diff::secrets::Redactor;
use crate::fleet::IgnoreRule;
use crate::parallel;

/// Compares all jobs, on all cores.
pub(super) fn compared(run: &Run<'_>, jobs: &[Job], project: &Project) -> Result<(Report, Option<u8>), Failed> {
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
                gathered.take(compared.unwrap_or_else(|| comparer.compare(&Done::aborted(&done.job))));
            };
            parallel::in_order(&held, parallel::cores(), |done| comparer.compare(done), compared);
        }
        None => {
            let work = |job: &Job| comparer.compare(&Done::new(job, run.both(job)));
            parallel::in_order(jobs, parallel::cores(), work, |job, compared| {
                progress.add(1);
                gathered.take(compared.unwrap_or_else(|| comparer.compare(&Done::aborted(job))));
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
            Some(Found::Sides(sides)) => Done::new(job, *sides),
            Some(Found::Secrets(found)) => return secrets.extend(found),
            None => Done::aborted(job),
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
