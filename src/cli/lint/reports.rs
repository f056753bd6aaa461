//! The reports that were asked for, each to its file.

use std::io::IsTerminal;

use super::Done;
use super::plan::Plan;
use crate::cli::session::{Failed, Output, deliver};
use crate::finding::Finding;
use crate::lint::{Checks, helm};
use crate::policy;
use crate::report::lint::{self, RuleInfo, Run, SHARD, Shard};

/// Writes them all.
pub(super) fn write(
    plan: &Plan<'_>,
    outputs: &[Output],
    findings: &[Finding],
    done: &Done,
    checked: usize,
) -> Result<(), Failed> {
    let rules = rules(&plan.checks);
    let texts = |file: &str| std::fs::read_to_string(plan.current.join(file)).ok();
    let run = Run {
        findings,
        charts: &done.charts,
        environments: &done.environments,
        versions: &done.versions,
        checked,
        objects: &done.objects,
        rules: &rules,
        texts: &texts,
        colour: false,
        width: 0,
    };
    each(outputs, &run, &|run| Some(shard(run, done)))
}

/// Writes a run in all formats that were asked for; colour and width are as each needs them.
pub(in crate::cli) fn write_all(outputs: &[Output], run: &Run<'_>) -> Result<(), Failed> {
    each(outputs, run, &|_| None)
}

fn each(outputs: &[Output], run: &Run<'_>, shard: &dyn Fn(&Run<'_>) -> Option<Shard>) -> Result<(), Failed> {
    for (format, file) in outputs {
        let terminal = file.is_none() && std::io::stdout().is_terminal();
        let run = Run {
            colour: terminal && std::env::var_os("NO_COLOR").is_none(),
            // Elsewhere than on a terminal each finding is one line.
            width: if terminal { 100 } else { 0 },
            ..*run
        };
        let shard = (format == SHARD).then(|| shard(&run)).flatten();
        deliver(file.as_deref(), |out| match shard {
            Some(shard) => out.write_all(shard.text().as_bytes()),
            None => lint::write(format, &run, out),
        })?;
    }
    Ok(())
}

/// All that the run knows.
fn shard(run: &Run<'_>, done: &Done) -> Shard {
    let set = |texts: &[String]| texts.iter().cloned().collect();
    let mut shard = Shard::of(run.findings);
    (shard.charts, shard.environments, shard.versions) = (set(run.charts), set(run.environments), set(run.versions));
    (shard.checked, shard.objects, shard.rules) = (run.checked, run.objects.to_vec(), run.rules.to_vec());
    (shard.owners, shard.failed) = (done.owners.clone(), done.failed.clone());
    shard
}

/// The rules that were asked.
pub(in crate::cli) fn rules(checks: &Checks) -> Vec<RuleInfo> {
    let helm = helm::RULES.iter().map(|rule| RuleInfo {
        id: rule.id.to_owned(),
        severity: rule.severity,
        title: rule.title.to_owned(),
        description: rule.description.to_owned(),
        remedy: rule.remedy.to_owned(),
        references: Vec::new(),
        url: None,
    });
    let pages = checks.policies.iter().flat_map(policy::pages).map(|(page, severity)| RuleInfo {
        id: page.id,
        severity,
        title: page.title,
        description: page.why,
        remedy: page.remedy,
        references: page.references,
        url: Some(page.url).filter(|u| !u.is_empty()),
    });
    helm.chain(pages).collect()
}
