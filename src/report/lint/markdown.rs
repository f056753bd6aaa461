//! `markdown`: for the comment on a pull or merge request: counts, and a table that unfolds. Findings hold text of
//! strangers, so nothing in them is markup, mentions anybody or refers to an issue.

use std::cmp::Reverse;
use std::fmt::Write;
use std::io;

use super::Run;
use super::words::{self, Counts, place, shortened};
use crate::finding::{Finding, Severity};
use crate::report::words::{escape, link};

/// GitHub takes comments of 65,536 characters; what comes after the table needs some of them.
const LONGEST: usize = 60_000;
/// Of a message, which may hold a whole certificate.
const LONGEST_MESSAGE: usize = 400;

pub(super) fn write(run: &Run<'_>, findings: &[&Finding], out: &mut dyn io::Write) -> io::Result<()> {
    out.write_all(report(run, findings).as_bytes())
}

fn report(run: &Run<'_>, findings: &[&Finding]) -> String {
    let counts = Counts::of(findings.iter().copied());
    let mark = if counts.errors > 0 {
        "❌"
    } else if counts.warnings > 0 {
        "⚠️"
    } else {
        "✅"
    };
    let mut out = format!("### {mark} plimsoll lint: {}\n\n{}\n", counts.text(), escape(&words::checked(run)));
    let mut counted: Vec<&&Finding> = findings.iter().filter(|f| f.waived.is_none()).collect();
    counted.sort_by_key(|f| Reverse(f.severity));
    if counted.is_empty() {
        return out;
    }
    out.push_str("\n<details>\n<summary>Findings</summary>\n\n");
    out.push_str("| | Rule | Where | What |\n|---|---|---|---|\n");
    let mut left = LONGEST.saturating_sub(out.chars().count());
    for (n, finding) in counted.iter().enumerate() {
        let row = row(run, finding);
        let length = row.chars().count();
        if length > left {
            let _ = writeln!(out, "\n… and {} more.", counted.len() - n);
            break;
        }
        left -= length;
        out.push_str(&row);
    }
    out.push_str("\n</details>\n");
    out
}

fn row(run: &Run<'_>, finding: &Finding) -> String {
    let mark = match finding.severity {
        Severity::Error => "❌ error",
        Severity::Warning => "⚠️ warning",
        Severity::Info => "ℹ️ info",
    };
    let rule = escape(&finding.rule);
    let rule = match finding.url.as_deref().and_then(link) {
        Some(url) => format!("[{rule}]({url})"),
        None => rule,
    };
    let spot = place(finding);
    let mut place = vec![escape(&format!("{}:{}", spot.file, spot.line))];
    place.extend(words::value_place(finding).map(|v| escape(&v)));
    let mut what = vec![escape(&shortened(&finding.message, LONGEST_MESSAGE))];
    let about = [words::subject(finding), finding.scope_text(run.environments, run.versions)];
    what.extend(
        about
            .iter()
            .filter(|a| !a.is_empty())
            .map(|a| format!("<sub>{}</sub>", escape(&shortened(a, LONGEST_MESSAGE)))),
    );
    what.extend(finding.remedy.iter().map(|r| format!("💡 {}", escape(&shortened(r, LONGEST_MESSAGE)))));
    format!("| {mark} | {rule} | {} | {} |\n", place.join("<br>"), what.join("<br>"))
}
