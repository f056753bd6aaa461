//! `markdown`: for the comment on a pull or merge request: counts, and a table that unfolds. Findings hold text of
//! strangers, so nothing in them is markup, mentions anybody or refers to an issue.

use std::cmp::Reverse;
use std::fmt::Write;

use super::Run;
use super::words::{self, Counts, one_line, place, shortened};
use crate::finding::{Finding, Severity};

/// GitHub takes comments of 65,536 characters; what comes after the table needs some of them.
const LONGEST: usize = 60_000;
/// Of a message, which may hold a whole certificate.
const LONGEST_MESSAGE: usize = 400;

pub(super) fn write(run: &Run<'_>, findings: &[&Finding]) -> String {
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

/// An address that can stand in a link.
fn link(url: &str) -> Option<String> {
    let web = url.starts_with("https://") || url.starts_with("http://");
    let plain = |c: char| c.is_ascii_graphic() && !"()<>[]|\\`\"".contains(c);
    (web && url.chars().all(plain)).then(|| url.to_owned())
}

/// One line in which nothing is markup.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // In a comment between sign and name, neither a person nor an issue is meant any more.
            '@' | '#' => out.extend([c.to_string().as_str(), "<!-- -->"]),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '!' | '|' | '~' | '$' | ':' => {
                out.extend(['\\', c]);
            }
            c => out.push(c),
        }
    }
    out
}
