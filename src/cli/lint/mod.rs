//! `plimsoll lint`: renders charts in their environments, or takes manifests, runs the families of checks over them, and
//! reports what they find. [`plan`] reads all that is needed before the first chart, [`charts`] (one by one: [`chart`]) and
//! [`manifests`] check, [`reports`] writes.

mod chart;
mod charts;
mod manifests;
pub(super) mod plan;
pub(super) mod reports;
mod settings;

use std::collections::BTreeSet;
use std::io::Write;

use super::args::{FailOn, LintArgs};
use super::exit;
use super::session::{Failed, error, outputs, project, usage};
use crate::finding::{Finding, Severity};
use crate::lint::baseline::Baseline;
use crate::lint::duplicates::MadeObjects;
use crate::lint::release::Tally;
use crate::lint::waivers::Waivers;
use crate::report::lint::{Checked, SHARD};
use plan::Plan;

/// What was checked.
#[derive(Default)]
struct Done {
    tally: Tally,
    /// The objects, where a report names them.
    objects: Vec<Checked>,
    /// Lines for standard error.
    said: BTreeSet<String>,
    /// The charts, as findings name them.
    charts: Vec<String>,
    environments: Vec<String>,
    /// The versions of Kubernetes.
    versions: Vec<String>,
    /// Which release makes which object, where a report says so.
    owners: Vec<MadeObjects>,
    /// The charts that could not be checked: exit status, and why.
    failed: Option<Failed>,
}

/// Runs the command.
pub(super) fn run(args: &LintArgs) -> u8 {
    match lint(args) {
        Ok(status) => status,
        Err((status, text)) => {
            let _ = std::io::stderr().write_all(text.as_bytes());
            status
        }
    }
}

/// Whether a waiver that nothing needs is needed nowhere: a part of a project says nothing of the rest of it.
fn sees_all(args: &LintArgs, plan: &Plan) -> bool {
    let select = &args.scene.select;
    let picks = [&args.charts, &args.manifests, &select.chart, &select.env, &select.cluster];
    plan.project.is_none() || (args.only.is_empty() && picks.iter().all(|p| p.is_empty()))
}

fn lint(args: &LintArgs) -> Result<u8, Failed> {
    let known: Vec<&str> = crate::report::lint::formats().chain([SHARD]).collect();
    let outputs = outputs(&args.output, &known, "sarif")?;
    let project = project()?;
    settings::files(&project)?;
    let plan = Plan::new(args, project)?;
    settings::rules(&plan)?;
    let today = today(args)?;
    let mut waivers = match plan.file(args.waivers.as_ref(), |s| s.waivers.as_ref())? {
        Some((name, text)) => Waivers::read(&name, &text).map_err(usage)?,
        None => Waivers::default(),
    };
    let baseline = match plan.file(args.baseline.as_ref(), |s| s.baseline.as_ref())? {
        Some((name, text)) => Some(Baseline::read(&name, &text).map_err(usage)?),
        None => None,
    };
    let mut done = if args.manifests.is_empty() { charts::lint(&plan)? } else { manifests::lint(&plan)? };
    let checked = done.tally.checked;
    let mut found = std::mem::take(&mut done.tally).findings();
    waivers.apply(&mut found, today);
    let about_waivers = waivers.findings(today).into_iter();
    found.extend(about_waivers.filter(|f| f.rule != "waiver/unused" || sees_all(args, &plan)));
    if let Some(path) = &args.write_baseline {
        std::fs::write(path, Baseline::of(&found).text()).map_err(|e| error(format!("write {path}: {e}")))?;
    }
    if let Some(baseline) = &baseline {
        baseline.apply(&mut found);
    }
    let said: String = done.said.iter().map(|l| format!("{l}\n")).collect();
    let _ = std::io::stderr().write_all(said.as_bytes());
    // Of nothing that could be checked there is no report, but for a shard that has to be joined.
    if done.failed.is_none() || checked > 0 || !found.is_empty() || outputs.iter().any(|o| o.0 == SHARD) {
        reports::write(&plan, &outputs, &found, &done, checked)?;
    }
    let status = match done.failed.take() {
        Some(failed) => Err(failed),
        None => Ok(status(args.fail_on, &found)),
    };
    // The process is about to end: its memory goes back in one piece.
    std::mem::forget((plan, done, found));
    status
}

/// The exit status that findings make.
pub(super) fn status(fail_on: FailOn, found: &[Finding]) -> u8 {
    let least = match fail_on {
        FailOn::Error => Severity::Error,
        FailOn::Warning => Severity::Warning,
        FailOn::Never => return exit::OK,
    };
    match found.iter().any(|f| f.waived.is_none() && f.severity >= least) {
        true => exit::ERROR,
        false => exit::OK,
    }
}

pub(super) fn today(args: &LintArgs) -> Result<jiff::civil::Date, Failed> {
    match &args.scene.engine.now {
        Some(text) => {
            let now: jiff::Timestamp = text.parse().map_err(|e| usage(format!("invalid --now {text:?}: {e}")))?;
            Ok(now.to_zoned(jiff::tz::TimeZone::UTC).date())
        }
        None => Ok(jiff::Zoned::now().date()),
    }
}
