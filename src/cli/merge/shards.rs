//! Shards of lint joined to what one run over everything says: what each knows, and the objects of two releases that no
//! shard could see alone.

use clap::{Args, FromArgMatches};

use super::super::args::{LintArgs, MergeArgs};
use super::super::lint::plan::Plan;
use super::super::lint::{status, today};
use super::super::session::{Failed, outputs, project, usage};
use super::{Text, folded, written};
use crate::finding::Finding;
use crate::lint::duplicates::{COLLISION, Owners};
use crate::lint::release::Tally;
use crate::lint::waivers::Waivers;
use crate::report::lint::{Run, Shard};

/// Writes the report; one that failed to load a chart fails this, too.
pub(super) fn of_lint(args: &MergeArgs, texts: &[Text<'_>]) -> Result<u8, Failed> {
    if args.detailed_exitcode {
        return Err(usage("--detailed-exitcode is for reports of diff; findings fail by --fail-on".into()));
    }
    let outputs = outputs(&args.output, &crate::report::lint::formats().collect::<Vec<_>>(), "sarif")?;
    let mut all = Shard::default();
    let mut reports = Vec::new();
    for (file, text) in texts {
        let shard = Shard::read(text).map_err(|e| usage(format!("{file}:{e}")))?;
        if let Some(chart) = shard.charts.iter().find(|c| all.charts.contains(*c)) {
            return Err(usage(format!("{file}: {chart} is in another file, too: a chart may be in one shard only")));
        }
        reports.push(add(&mut all, shard));
    }
    let mut found = folded(reports);
    among_shards(std::mem::take(&mut all.owners), &mut found)?;
    let list = |set: std::collections::BTreeSet<String>| set.into_iter().collect::<Vec<_>>();
    let (charts, environments, versions) = (list(all.charts), list(all.environments), list(all.versions));
    let run = Run {
        findings: &found,
        charts: &charts,
        environments: &environments,
        versions: &versions,
        checked: all.checked,
        objects: &all.objects,
        rules: &all.rules,
        texts: &|_| None,
        colour: false,
        width: 0,
    };
    written(&outputs, &run)?;
    match all.failed {
        Some(failed) => Err(failed),
        None => Ok(status(args.fail_on, &found)),
    }
}

/// Adds what a shard knows, but its findings.
fn add(all: &mut Shard, shard: Shard) -> Vec<Finding> {
    all.charts.extend(shard.charts);
    all.environments.extend(shard.environments);
    all.versions.extend(shard.versions);
    all.checked += shard.checked;
    all.objects.extend(shard.objects);
    all.owners.extend(shard.owners);
    for rule in shard.rules {
        if all.rules.iter().all(|r| r.id != rule.id) {
            all.rules.push(rule);
        }
    }
    if let Some((status, text)) = shard.failed {
        let (worst, said) = all.failed.take().unwrap_or_default();
        all.failed = Some((worst.max(status), said + &text));
    }
    shard.findings
}

/// Puts the objects of two releases among the findings, as the project file wants them: those of all shards, in place of
/// what each saw.
fn among_shards(owners: Vec<crate::lint::duplicates::MadeObjects>, found: &mut Vec<Finding>) -> Result<(), Failed> {
    let matches = LintArgs::augment_args(clap::Command::new("lint")).try_get_matches_from(["lint"]);
    let lint = matches.and_then(|m| LintArgs::from_arg_matches(&m)).map_err(|e| usage(e.to_string()))?;
    let plan = Plan::new(&lint, project()?)?;
    let mut tally = Tally::default();
    let collisions = Owners::read(owners).collisions(&|_, file| file.to_owned());
    tally.located(collisions, &plan.strictness());
    let mut collisions = tally.findings();
    if let Some((name, text)) = plan.file(None, |s| s.waivers.as_ref())? {
        let today = today(&lint)?;
        let mut waivers = Waivers::read(&name, &text).map_err(usage)?;
        waivers.apply(&mut collisions, today);
        let unused = waivers.findings(today);
        found
            .retain(|f| f.rule != "waiver/unused" || unused.iter().any(|u| u.message == f.message && u.spot == f.spot));
    }
    if let Some((name, text)) = plan.file(None, |s| s.baseline.as_ref())? {
        crate::lint::baseline::Baseline::read(&name, &text).map_err(usage)?.apply(&mut collisions);
    }
    found.retain(|f| f.rule != COLLISION);
    found.append(&mut collisions);
    Ok(())
}
