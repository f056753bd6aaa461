//! `plimsoll report merge`: one report of those that the shards of a run wrote as JSON.

mod shards;

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::Path;

use super::args::MergeArgs;
use super::diff::Shown;
use super::exit;
use super::lint::{reports, status};
use super::session::{Failed, Output, error, outputs, usage};
use crate::diff::fold::Report;
use crate::finding::{Finding, Scope};
use crate::lint::Checks;
use crate::policy::{Set, builtin};
use crate::report::lint::Run;

/// Runs the command.
pub(super) fn run(args: &MergeArgs) -> u8 {
    match merge(args) {
        Ok(status) => status,
        Err((status, text)) => {
            let _ = std::io::stderr().write_all(text.as_bytes());
            status
        }
    }
}

fn merge(args: &MergeArgs) -> Result<u8, Failed> {
    let mut texts = Vec::new();
    for file in &args.files {
        texts.push((file, std::fs::read_to_string(Path::new(file)).map_err(|e| usage(format!("open {file}: {e}")))?));
    }
    // Lint writes a list or a shard, diff another object.
    match texts.first() {
        Some((_, text)) if text.starts_with("{\"lintShard\"") => shards::of_lint(args, &texts),
        Some((_, text)) if text.trim_start().starts_with('{') => of_diff(args, &texts),
        _ => of_lint(args, &texts),
    }
}

/// A report, and the file that it was read from.
type Text<'a> = (&'a String, String);

fn of_diff(args: &MergeArgs, texts: &[Text<'_>]) -> Result<u8, Failed> {
    let outputs = outputs(&args.output, &crate::report::diff::formats().collect::<Vec<_>>(), "html")?;
    let mut known = HashMap::new();
    let mut reports = Vec::new();
    for (file, text) in texts {
        let report = crate::report::diff::read(text).map_err(|e| usage(format!("{file}:{e}")))?;
        for cell in report.cells.iter().filter(|c| !c.chart.is_empty()) {
            let name = (cell.new.clone(), cell.release.clone(), cell.namespace.clone());
            let place = (cell.environment.clone(), cell.cluster.clone());
            if let Some(other) = known.insert((name, place), file) {
                let name = crate::report::diff::release(cell);
                return Err(usage(format!("{file}: {name} is in {other}, too: a release may be in one report only")));
            }
        }
        reports.push(report);
    }
    let report = Report::joined(reports);
    super::diff::print(&Shown::default(), &outputs, &report)?;
    Ok(if args.detailed_exitcode && report.differs() { exit::CHANGES } else { exit::OK })
}

fn of_lint(args: &MergeArgs, texts: &[Text<'_>]) -> Result<u8, Failed> {
    if args.detailed_exitcode {
        return Err(usage("--detailed-exitcode is for reports of diff; findings fail by --fail-on".into()));
    }
    let outputs = outputs(&args.output, &crate::report::lint::formats().collect::<Vec<_>>(), "sarif")?;
    let found = joined(texts)?;
    let all = || found.iter();
    let mut charts: Vec<String> = all().map(|f| f.chart.clone()).filter(|c| !c.is_empty()).collect();
    let scopes = || all().flat_map(|f| &f.scopes);
    let mut places: Vec<String> = scopes().map(Scope::place).filter(|p| !p.is_empty()).collect();
    let mut versions: Vec<String> = scopes().map(|s| s.kube_version.clone()).filter(|v| !v.is_empty()).collect();
    for list in [&mut charts, &mut places, &mut versions] {
        list.sort();
        list.dedup();
    }
    let policies = builtin::read(&builtin::sets().into_iter().map(str::to_owned).collect::<Vec<_>>());
    let policies = policies.map_err(|e| error(e.to_string()))?;
    let set = Set::load(&policies, u32::MAX).ok();
    let rules = reports::rules(&Checks::new(&[], None, Vec::new(), set).map_err(usage)?);
    let run = Run {
        findings: &found,
        charts: &charts,
        environments: &places,
        versions: &versions,
        checked: 0,
        objects: &[],
        rules: &rules,
        texts: &|_| None,
        colour: false,
        width: 0,
    };
    written(&outputs, &run)?;
    Ok(status(args.fail_on, &found))
}

/// Writes the reports of a merged run.
fn written(outputs: &[Output], run: &Run<'_>) -> Result<(), Failed> {
    let current = std::env::current_dir().unwrap_or_default();
    let read = |file: &str| std::fs::read_to_string(current.join(file)).ok();
    reports::write_all(outputs, &Run { texts: &read, ..*run })
}

/// The findings of all reports; the same one of several shards once, with all places it holds in. A waiver is unused
/// only if no shard used it.
fn joined(files: &[Text<'_>]) -> Result<Vec<Finding>, Failed> {
    let read = |(file, text): &Text<'_>| {
        serde_json::from_str::<Vec<Finding>>(text)
            .map_err(|e| usage(format!("{file}:{}:{}: no lint report in JSON: {e}", e.line(), e.column())))
    };
    Ok(folded(files.iter().map(read).collect::<Result<_, _>>()?))
}

fn folded(reports: Vec<Vec<Finding>>) -> Vec<Finding> {
    let files = reports.len();
    let mut all: BTreeMap<String, (Finding, usize)> = BTreeMap::new();
    for found in reports {
        for finding in found {
            let key = format!("{}\0{}\0{:?}", finding.fingerprint, finding.message, finding.spot);
            match all.get_mut(&key) {
                Some((known, times)) => {
                    known.scopes.extend(finding.scopes);
                    known.scopes.sort();
                    known.scopes.dedup();
                    *times += 1;
                }
                None => {
                    all.insert(key, (finding, 1));
                }
            }
        }
    }
    let is_counted = |(f, times): &(Finding, usize)| f.rule != "waiver/unused" || *times == files;
    all.into_values().filter(is_counted).map(|(f, _)| f).collect()
}
