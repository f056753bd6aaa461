//! `markdown`: for the comment on a pull or merge request. GitHub takes 65,536 characters: what doesn't fit is folded to
//! less, object by object from the end, and what was folded is said; nothing is cut off in silence. Worst comes first.

use std::fmt::Write;

use super::View;
use super::said::{Said, said};
use super::words::{self, cells, counts, escape, number, origin, scope, sides, sign, subject, total, visible};
use crate::diff::ObjectChange;
use crate::diff::fold::Folded;
use crate::diff::lines::{Line, Mark, hunks, layout};
use crate::finding::Severity;

/// All of a comment, with room for what a bot adds.
const LONGEST: usize = 65_000;
/// Of what the changes mean.
const LONGEST_MEANING: usize = 25_000;
/// What the last sentences need.
const TAIL: usize = 600;

pub(super) fn write(view: &View<'_>) -> String {
    let mut out = head(view);
    let said = said(view.report);
    meaning(view, &said, &mut out);
    objects(view, &mut out);
    out
}

fn head(view: &View<'_>) -> String {
    let report = view.report;
    let title = match subject(report) {
        subject if subject.is_empty() => counts(&total(report)),
        subject => format!("{subject}: {}", counts(&total(report))),
    };
    let mut out = format!("### plimsoll diff: {}\n\n{}\n", escape(&title), escape(&sides(report)));
    for note in words::notes(report) {
        let _ = writeln!(out, "\n> {}", escape(&note));
    }
    out
}

fn meaning(view: &View<'_>, said: &[Said], out: &mut String) {
    if said.is_empty() {
        return;
    }
    out.push('\n');
    let said_in_all = said.len();
    let mut used = 0;
    for (n, said) in said.iter().enumerate() {
        let mark = match said.topic.severity() {
            Severity::Error => "❌",
            Severity::Warning => "⚠️",
            Severity::Info => "ℹ️",
        };
        let text = said.with_scope(view.report);
        let mut line = format!("- {mark} **{}** {}", said.topic.name(), escape(&text));
        if let Some(place) = &said.place {
            line.push_str(&format!("<br>{}", escape(&words::place(place))));
        }
        if let Some(remedy) = &said.remedy {
            line.push_str(&format!("<br>💡 {}", escape(remedy)));
        }
        used += line.chars().count() + 1;
        if used > LONGEST_MEANING {
            let _ = writeln!(out, "- … and {} like these: `plimsoll diff --output json` has them all", said_in_all - n);
            return;
        }
        let _ = writeln!(out, "{line}");
    }
}

/// How much of an object is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// With the lines around.
    Context,
    /// What differs.
    Lines,
    /// The names of the fields.
    Fields,
    /// Its name.
    Name,
}

fn objects(view: &View<'_>, out: &mut String) {
    let changed: Vec<&Folded> = view.report.changes.iter().filter(|f| is_shown(&f.change)).collect();
    if changed.is_empty() {
        return;
    }
    let room = LONGEST.saturating_sub(out.chars().count() + TAIL);
    let mut blocks: Vec<(Depth, String)> =
        changed.iter().map(|f| (Depth::Context, block(view, f, Depth::Context))).collect();
    let mut size: usize = blocks.iter().map(|(_, b)| b.chars().count()).sum();
    // Each step folds from the end, so that what comes first keeps most.
    for depth in [Depth::Lines, Depth::Fields, Depth::Name] {
        for (folded, slot) in changed.iter().zip(&mut blocks).rev() {
            if size <= room {
                break;
            }
            let smaller = block(view, folded, depth);
            let (before, after) = (slot.1.chars().count(), smaller.chars().count());
            if after < before {
                size = size - before + after;
                *slot = (depth, smaller);
            }
        }
    }
    let mut left = room;
    let mut unnamed = 0;
    for (_, block) in &blocks {
        match left.checked_sub(block.chars().count()) {
            Some(rest) => {
                left = rest;
                out.push_str(block);
            }
            None => unnamed += 1,
        }
    }
    let folded =
        blocks.iter().filter(|(depth, _)| !matches!(depth, Depth::Context)).count() - unnamed.min(blocks.len());
    tail(folded, unnamed, out);
}

fn tail(folded: usize, unnamed: usize, out: &mut String) {
    if folded + unnamed == 0 {
        return;
    }
    let mut parts = Vec::new();
    if folded > 0 {
        parts.push(format!("{} shown in less detail", number(folded, "object")));
    }
    if unnamed > 0 {
        parts.push(format!("{} not named", number(unnamed, "more object")));
    }
    let _ = writeln!(
        out,
        "\n{} to fit into a comment; `plimsoll diff --output html=diff.html` shows everything.",
        parts.join(" and ")
    );
}

fn block(view: &View<'_>, folded: &Folded, depth: Depth) -> String {
    let change = &folded.change;
    let title = format!("{} {} {}", sign_mark(sign(change)), words::verb(change), words::object(change));
    let title = escape(&words::with_scope(&title, &scope(view.report, &cells(folded))));
    if depth == Depth::Name {
        return format!("- {title}\n");
    }
    let mut out = format!("\n<details><summary>{title}</summary>\n\n");
    if depth != Depth::Fields {
        let lines = layout(change);
        let context = if depth == Depth::Context { view.context } else { Some(0) };
        fenced(&lines, context, &mut out);
    }
    for field in change.fields.iter().filter(|f| f.counts()) {
        let path = escape(&field.path.to_string());
        match origin(change, field) {
            Some(from) => out.push_str(&format!("- {path} ← {}\n", escape(&from))),
            None if depth == Depth::Fields => out.push_str(&format!("- {path}\n")),
            None => {}
        }
    }
    for apart in super::drift::apart(change) {
        out.push_str(&format!("- others': {}\n", escape(&apart)));
    }
    out.push_str("\n</details>\n");
    out
}

/// Whether an object has a place in the comment: it counts, or others own something of it.
fn is_shown(change: &ObjectChange) -> bool {
    change.counts() || change.ignored.is_none() && change.drift.as_ref().is_some_and(|d| !d.apart.is_empty())
}

fn sign_mark(sign: char) -> &'static str {
    match sign {
        '+' => "🟢",
        '-' => "🔴",
        '>' => "🔵",
        '!' => "🟠",
        _ => "🟡",
    }
}

/// Lines in a fence that none of them can end.
fn fenced(lines: &[Line], context: Option<usize>, out: &mut String) {
    let longest = lines.iter().map(|l| backticks(l.text.as_str())).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let _ = writeln!(out, "{fence}diff");
    for (n, range) in hunks(lines, context).into_iter().enumerate() {
        if n > 0 {
            out.push_str("@@\n");
        }
        for line in &lines[range] {
            let lead = match line.mark {
                Mark::Same => ' ',
                Mark::Removed => '-',
                Mark::Added => '+',
            };
            let _ = writeln!(out, "{lead} {}", visible(line.text.as_str()).replace('\n', "␊"));
        }
    }
    let _ = writeln!(out, "{fence}");
}

/// The longest run of backticks.
fn backticks(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}
