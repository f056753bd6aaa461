//! `text`: for people at a terminal and for logs: what the change means, then each object's lines as YAML, with where to
//! edit what behind them. On a terminal with colours, words that differ stand out; with room, both sides stand beside each
//! other.

use std::fmt::Write;
use std::ops::Range;

use anstyle::{AnsiColor, Style};
use similar::{ChangeTag, TextDiff};

use super::View;
use super::drift;
use super::said::{Said, said};
use super::sides;
use super::words::{self, cells, counts, one_line, origin, scope, sides as both, sign, subject, total, visible};
use crate::diff::fold::Folded;
use crate::diff::lines::{Line, Mark, hunks, layout};
use crate::diff::{Change, ObjectChange};
use crate::finding::Severity;

/// Below this, two columns are no help.
const NARROWEST_SIDES: usize = 100;

pub(super) fn write(view: &View<'_>) -> String {
    let ink = Ink { colour: view.colour };
    let mut out = head(view, ink);
    // What was done already stands behind what is going to be done.
    for is_drift in [false, true] {
        let counted = view.report.changes.iter().filter(|f| f.change.counts() && f.change.drift.is_some() == is_drift);
        counted.for_each(|folded| object(view, ink, folded, &mut out));
    }
    apart(view, ink, &mut out);
    ignored(view, ink, &mut out);
    out
}

/// Colours, or none.
#[derive(Clone, Copy)]
pub(super) struct Ink {
    colour: bool,
}

impl Ink {
    /// The text in a style.
    pub(super) fn paint(self, style: Style, text: &str) -> String {
        if !self.colour || text.is_empty() {
            return text.to_owned();
        }
        format!("{}{text}{}", style.render(), style.render_reset())
    }

    fn dim(self, text: &str) -> String {
        self.paint(Style::new().dimmed(), text)
    }
}

/// The colour of what becomes of something.
pub(super) fn style(mark: Mark) -> Style {
    match mark {
        Mark::Same => Style::new(),
        Mark::Removed => AnsiColor::Red.on_default(),
        Mark::Added => AnsiColor::Green.on_default(),
    }
}

fn head(view: &View<'_>, ink: Ink) -> String {
    let report = view.report;
    let mut out = String::new();
    let what = match subject(report) {
        subject if subject.is_empty() => String::new(),
        subject => format!("{subject}: "),
    };
    let title = format!("{what}{}", counts(&total(report)));
    let _ = writeln!(out, "{}", ink.paint(Style::new().bold(), &title));
    let _ = writeln!(out, "{}", ink.dim(&both(report)));
    for note in words::notes(report) {
        let _ = writeln!(out, "note: {note}");
    }
    let said = said(report);
    if !said.is_empty() {
        out.push('\n');
    }
    for said in &said {
        sentence(view, ink, said, &mut out);
    }
    out
}

fn sentence(view: &View<'_>, ink: Ink, said: &Said, out: &mut String) {
    let colour = match said.topic.severity() {
        Severity::Error => AnsiColor::Red.on_default().bold(),
        Severity::Warning => AnsiColor::Yellow.on_default(),
        Severity::Info => AnsiColor::Cyan.on_default(),
    };
    let topic = ink.paint(colour, &format!("{:>8}", said.topic.name()));
    let text = said.with_scope(view.report);
    let _ = writeln!(out, "{topic}  {text}");
    if let Some(place) = &said.place {
        let _ = writeln!(out, "{:>8}  {}", "", ink.dim(&format!("at {}", words::place(place))));
    }
    if let Some(remedy) = &said.remedy {
        let _ = writeln!(out, "{:>8}  {}", "", ink.dim(&format!("→ {remedy}")));
    }
}

fn object(view: &View<'_>, ink: Ink, folded: &Folded, out: &mut String) {
    let change = &folded.change;
    let title = format!("{} {}", sign(change), words::object(change));
    let title = words::with_scope(&title, &scope(view.report, &cells(folded)));
    let _ = writeln!(out, "\n{}", ink.paint(Style::new().bold(), &title));
    let lines = layout(change);
    for (n, range) in hunks(&lines, view.context).into_iter().enumerate() {
        if range.start > 0 || n > 0 {
            let _ = writeln!(out, "{}", ink.dim(&format!("  @ {}", trail(change, &lines[range.clone()]))));
        }
        match view.side_by_side && view.width >= NARROWEST_SIDES {
            true => sides::write(view, ink, change, &lines[range], out),
            false => unified(ink, change, &lines, range, out),
        }
    }
}

/// Where a stretch of lines is: the path of the first field in it that differs.
fn trail(change: &ObjectChange, lines: &[Line]) -> String {
    let field = lines.iter().find_map(|l| l.field).and_then(|i| change.fields.get(i));
    field.map(|f| one_line(&f.path.to_string())).unwrap_or_default()
}

fn unified(ink: Ink, change: &ObjectChange, lines: &[Line], range: Range<usize>, out: &mut String) {
    let emphasis = if ink.colour { emphasis(&lines[range.clone()]) } else { Vec::new() };
    for (i, line) in lines[range.clone()].iter().enumerate() {
        let lead = match line.mark {
            Mark::Same => "  ",
            Mark::Removed => "- ",
            Mark::Added => "+ ",
        };
        let text = match emphasis.get(i).filter(|e| !e.is_empty()) {
            Some(words) => words.iter().map(|(strong, w)| word(ink, line.mark, *strong, w)).collect(),
            None => ink.paint(style(line.mark), &shown(line)),
        };
        let _ = write!(out, "{}{text}", ink.paint(style(line.mark), lead));
        if let Some(origin) = origin_behind(change, lines, range.start + i) {
            let _ = write!(out, "  {}", ink.dim(&format!("← {origin}")));
        }
        out.push('\n');
    }
}

/// A line that can be shown on a terminal.
pub(super) fn shown(line: &Line) -> String {
    visible(line.text.as_str()).replace('\n', "␊").replace('\t', "    ")
}

fn word(ink: Ink, mark: Mark, strong: bool, text: &str) -> String {
    let style = if strong { style(mark).bold().underline() } else { style(mark) };
    ink.paint(style, text)
}

/// Where the field of a line is set, on the last of its lines.
pub(super) fn origin_behind(change: &ObjectChange, lines: &[Line], at: usize) -> Option<String> {
    let field = lines.get(at)?.field?;
    if lines.get(at + 1).is_some_and(|next| next.field == Some(field)) {
        return None;
    }
    origin(change, change.fields.get(field)?)
}

/// The words of a line, each with whether it differs.
type Words = Vec<(bool, String)>;

/// The words of each line that has a counterpart on the other side; nothing for other lines.
fn emphasis(lines: &[Line]) -> Vec<Words> {
    let mut all: Vec<Words> = vec![Words::new(); lines.len()];
    for (old, new) in counterparts(lines) {
        let (a, b) = (shown(&lines[old]), shown(&lines[new]));
        let diff = TextDiff::from_words(&a, &b);
        if diff.ratio() < 0.3 {
            continue;
        }
        for change in diff.iter_all_changes() {
            let word = change.value().to_owned();
            match change.tag() {
                ChangeTag::Equal => {
                    all[old].push((false, word.clone()));
                    all[new].push((false, word));
                }
                ChangeTag::Delete => all[old].push((true, word)),
                ChangeTag::Insert => all[new].push((true, word)),
            }
        }
    }
    all
}

/// Pairs of lines that are the old and the new way to say the same: runs of removed and added lines of one field, where
/// both have the same length.
fn counterparts(lines: &[Line]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let run = |from: usize, mark: Mark| {
            let field = lines.get(from).map(|l| l.field);
            let same = |l: &&Line| l.mark == mark && Some(l.field) == field;
            lines[from.min(lines.len())..].iter().take_while(same).count()
        };
        let old = run(at, Mark::Removed);
        let new = run(at + old, Mark::Added);
        let one_field = lines.get(at).map(|l| l.field) == lines.get(at + old).map(|l| l.field);
        if old == new && one_field {
            pairs.extend((0..old).map(|i| (at + i, at + old + i)));
        }
        at += (old + new).max(1);
    }
    pairs
}

/// Fields of live objects that others own.
fn apart(view: &View<'_>, ink: Ink, out: &mut String) {
    let all = view.report.changes.iter().flat_map(|folded| {
        let scope = scope(view.report, &cells(folded));
        drift::apart(&folded.change).into_iter().map(move |text| words::with_scope(&text, &scope))
    });
    let lines: Vec<String> = all.map(|text| ink.dim(&format!("others': {text}"))).collect();
    if !lines.is_empty() {
        let _ = writeln!(out, "\n{}", lines.join("\n"));
    }
}

fn ignored(view: &View<'_>, ink: Ink, out: &mut String) {
    let mut reasons: Vec<String> = Vec::new();
    for folded in &view.report.changes {
        let change = &folded.change;
        let name = words::object(change);
        if let Some(reason) = &change.ignored {
            reasons.push(format!("ignored: {name}: {reason}"));
        } else if change.change == Change::Changed {
            let fields = change.fields.iter().filter_map(|f| Some((f, f.ignored.as_ref()?)));
            reasons.extend(fields.map(|(f, reason)| format!("ignored: {name} {}: {reason}", f.path)));
        }
    }
    if !reasons.is_empty() {
        out.push('\n');
    }
    for reason in reasons {
        let _ = writeln!(out, "{}", ink.dim(&one_line(&reason)));
    }
}
