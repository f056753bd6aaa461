//! `plimsoll report merge`: one report of those that the shards of a run wrote as JSON.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::Path;

use super::args::MergeArgs;
use super::lint::{reports, status};
use super::session::{Failed, error, outputs, usage};
use crate::finding::{Finding, Scope};
use crate::lint::Checks;
use crate::policy::{Set, builtin};
use crate::report::lint::{Run, write};

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
    let outputs = outputs(&args.output, &crate::report::lint::formats().collect::<Vec<_>>(), "sarif")?;
    let found = joined(&args.files)?;
    let all = || found.iter();
    let mut charts: Vec<String> = all().map(|f| f.chart.clone()).filter(|c| !c.is_empty()).collect();
    let scopes = || all().flat_map(|f| &f.scopes);
    let mut places: Vec<String> = scopes().map(Scope::place).filter(|p| !p.is_empty()).collect();
    let mut versions: Vec<String> = scopes().map(|s| s.kube_version.clone()).filter(|v| !v.is_empty()).collect();
    for list in [&mut charts, &mut places, &mut versions] {
        list.sort();
        list.dedup();
    }
    let texts = builtin::read(&builtin::sets().into_iter().map(str::to_owned).collect::<Vec<_>>());
    let texts = texts.map_err(|e| error(e.to_string()))?;
    let set = Set::load(&texts, u32::MAX).ok();
    let rules = reports::rules(&Checks::new(&[], None, Vec::new(), set).map_err(usage)?);
    let current = std::env::current_dir().unwrap_or_default();
    let read = |file: &str| std::fs::read_to_string(current.join(file)).ok();
    for (format, file) in &outputs {
        let terminal = file.is_none() && std::io::stdout().is_terminal();
        let run = Run {
            findings: &found,
            charts: &charts,
            environments: &places,
            versions: &versions,
            checked: 0,
            objects: &[],
            rules: &rules,
            texts: &read,
            colour: terminal && std::env::var_os("NO_COLOR").is_none(),
            width: if terminal { 100 } else { 0 },
        };
        let text = write(format, &run).unwrap_or_default();
        match file {
            Some(path) => std::fs::write(path, text).map_err(|e| error(format!("write {path}: {e}")))?,
            None if super::print(text.as_bytes()) => {}
            None => return Err(error("standard output is closed".into())),
        }
    }
    Ok(status(args.fail_on, &found))
}

/// The findings of all reports; the same one of several shards once, with all places it holds in. A waiver is unused
/// only if no shard used it.
fn joined(files: &[String]) -> Result<Vec<Finding>, Failed> {
    let mut all: BTreeMap<String, (Finding, usize)> = BTreeMap::new();
    for file in files {
        let text = std::fs::read_to_string(Path::new(file)).map_err(|e| usage(format!("open {file}: {e}")))?;
        let found: Vec<Finding> = serde_json::from_str(&text)
            .map_err(|e| usage(format!("{file}:{}:{}: no lint report in JSON: {e}", e.line(), e.column())))?;
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
    let is_counted = |(f, times): &(Finding, usize)| f.rule != "waiver/unused" || *times == files.len();
    Ok(all.into_values().filter(is_counted).map(|(f, _)| f).collect())
}
