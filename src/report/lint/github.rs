//! `github`: workflow commands that GitHub Actions turns into annotations. It shows ten of each level per step, so the
//! worst come first.

use std::cmp::Reverse;

use super::Run;
use super::lines::Lines;
use super::words::{self, place, visible};
use crate::finding::{Finding, Severity};

pub(super) fn write(run: &Run<'_>, findings: &[&Finding]) -> String {
    let mut counted: Vec<&&Finding> = findings.iter().filter(|f| f.waived.is_none()).collect();
    counted.sort_by_key(|f| Reverse(f.severity));
    let lines = Lines::new(run);
    counted.iter().map(|f| command(run, f, &lines)).collect()
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
    // Without a file it is shown with the run as a whole.
    let place = match spot.file.as_str() {
        "." => String::new(),
        file => format!("file={},line={},col={column},", property(file), spot.line),
    };
    format!("::{level} {place}title={}::{}\n", property(&finding.rule), data(&text.join("\n")))
}

/// The text of a command: nothing in it may end its line, or colour the log.
fn data(text: &str) -> String {
    visible(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property's value, which ends at a comma or a colon too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
