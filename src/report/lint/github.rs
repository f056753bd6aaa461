//! `github`: workflow commands that GitHub Actions turns into annotations. It shows ten of each level per step, so the
//! worst come first.

use std::cmp::Reverse;
use std::io::{self, Write};

use super::Run;
use super::lines::Lines;
use super::words::{self, place};
use crate::finding::{Finding, Severity};
use crate::report::words::workflow_command;

pub(super) fn write(run: &Run<'_>, findings: &[&Finding], out: &mut dyn Write) -> io::Result<()> {
    let mut counted: Vec<&&Finding> = findings.iter().filter(|f| f.waived.is_none()).collect();
    counted.sort_by_key(|f| Reverse(f.severity));
    let lines = Lines::new(run);
    counted.iter().try_for_each(|f| out.write_all(command(run, f, &lines).as_bytes()))
}

fn command(run: &Run<'_>, finding: &Finding, lines: &Lines<'_>) -> String {
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let spot = place(finding);
    let column = lines.character(&spot);
    let scope = finding.scope_text(run.environments, run.versions);
    let remedy = finding.remedy.as_ref().map(|r| format!("Remedy: {r}"));
    let mut text = vec![finding.message.clone(), words::subject(finding), scope];
    text.extend(words::value_place(finding));
    text.extend(remedy);
    text.extend(finding.url.clone());
    text.retain(|t| !t.is_empty());
    let at = (spot.file != ".").then_some((spot.file.as_str(), spot.line, column));
    workflow_command(level, &finding.rule, at, &text.join("\n"))
}
