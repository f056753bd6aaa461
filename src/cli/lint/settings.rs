//! What the project file says of lint and is not there: files, and rules that nothing asks. Said at its line, before any
//! work.

use std::collections::BTreeSet;

use super::plan::Plan;
use super::reports;
use crate::cli::session::{Failed, Found as ProjectFile, faults};
use crate::fleet::{Fault, did_you_mean};
use crate::policy::builtin;

/// Files and folders of `lint:` that don't exist.
pub(super) fn files(project: &ProjectFile) -> Result<(), Failed> {
    let Some(project) = project else { return Ok(()) };
    let sets = builtin::sets();
    let is_missing = |key: &str, text: &str| {
        !(key == "policies" && sets.contains(&text)) && project.dir().join(text).symlink_metadata().is_err()
    };
    let missing = project.lint.files.iter().filter(|(key, file)| is_missing(key, &file.text));
    let told = missing.map(|(key, file)| {
        let message = match *key {
            "policies" => format!(
                "{} is no set of policies ({}), no folder and no file{}",
                file.text,
                sets.join(", "),
                did_you_mean(&file.text, sets.iter().copied())
            ),
            key => format!("lint.{key}: {} does not exist", file.text),
        };
        project.fault(file.at, message)
    });
    match told.collect::<Vec<Fault>>() {
        told if told.is_empty() => Ok(()),
        told => Err(faults(told)),
    }
}

/// Rules that the project file sets the severity of, in families and sets whose rules are all known, and that are none.
pub(super) fn rules(plan: &Plan<'_>) -> Result<(), Failed> {
    let Some(project) = &plan.project else { return Ok(()) };
    let rules = reports::rules(&plan.checks);
    let known: BTreeSet<&str> = rules.iter().map(|r| r.id.as_str()).collect();
    let family = |id: &str| id.split_once('/').map_or("", |(family, _)| family).to_owned();
    let families: BTreeSet<String> = known.iter().map(|id| family(id)).collect();
    let is_none = |text: &str| {
        let glob = glob::Pattern::new(text).ok();
        families.contains(&family(text)) && !known.iter().any(|id| glob.as_ref().is_some_and(|g| g.matches(id)))
    };
    let told = project.rules.iter().filter(|rule| is_none(&rule.text)).map(|rule| {
        let near = did_you_mean(&rule.text, known.iter().copied());
        project.fault(rule.at, format!("there is no rule {}{near}", rule.text))
    });
    match told.collect::<Vec<Fault>>() {
        told if told.is_empty() => Ok(()),
        told => Err(faults(told)),
    }
}
