//! What the formats say alike: titles, counts, where a change holds, where a field is set.

use std::collections::BTreeSet;

use crate::diff::fold::{Cell, Counts, Folded, Report};
use crate::diff::secrets::Text;
use crate::diff::{Change, FieldChange, ObjectChange, Place, Source};
pub(super) use crate::report::words::{escape, number, one_line, visible, workflow_command};

/// One character for what becomes of an object.
pub(super) fn sign(change: &ObjectChange) -> char {
    match change.change {
        _ if change.drift.is_some() => '!',
        Change::Added => '+',
        Change::Removed => '-',
        Change::Changed => '~',
        Change::Renamed { .. } => '>',
        Change::Unchanged => '=',
    }
}

/// One word for it.
pub(super) fn verb(change: &ObjectChange) -> &'static str {
    match change.change {
        _ if change.drift.is_some() => "drifted",
        Change::Added => "added",
        Change::Removed => "removed",
        Change::Changed => "changed",
        Change::Renamed { .. } => "renamed",
        Change::Unchanged => "unchanged",
    }
}

/// The object: `Deployment/ledger in pay`, `Deployment/new (was Deployment/old)`, `Job/x, hook pre-install`.
pub(super) fn object(change: &ObjectChange) -> String {
    let mut text = change.id.to_string();
    if let Change::Renamed { from } = &change.change {
        match from.namespace == change.id.namespace {
            true => text.push_str(&format!(" (was {}/{})", from.kind, from.name)),
            false => text.push_str(&format!(" (was {from})")),
        }
    }
    if !change.hooks.is_empty() {
        let hooks: Vec<&str> = change.hooks.iter().map(Text::as_str).collect();
        text.push_str(&format!(", hook {}", hooks.join(", ")));
    }
    if let Some(drift) = &change.drift {
        text.push_str(&format!(", {}", super::drift::object(change, drift)));
    }
    one_line(&text)
}

/// `1 added, 2 changed`, or `no changes`.
pub(super) fn counts(counts: &Counts) -> String {
    let all = [
        (counts.added, "added"),
        (counts.changed, "changed"),
        (counts.renamed, "renamed"),
        (counts.removed, "removed"),
    ];
    let said: Vec<String> = all.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    let mut text = if said.is_empty() { "no changes".to_owned() } else { said.join(", ") };
    for (n, what) in [(counts.unchanged, "unchanged"), (counts.ignored, "ignored"), (counts.drifted, "drifted")] {
        if n > 0 {
            text.push_str(&format!(", {n} {what}"));
        }
    }
    text
}

/// All cells' counts.
pub(super) fn total(report: &Report) -> Counts {
    let mut total = Counts::default();
    for counts in report.cells.iter().map(|c| &c.counts) {
        total.added += counts.added;
        total.removed += counts.removed;
        total.changed += counts.changed;
        total.renamed += counts.renamed;
        total.unchanged += counts.unchanged;
        total.ignored += counts.ignored;
        total.drifted += counts.drifted;
    }
    total
}

/// What one comparison is about: `ledger in prod on np-aws`; empty for plain manifests.
pub(super) fn cell(cell: &Cell) -> String {
    let mut text = cell.chart.to_string();
    if !cell.release.is_empty() && cell.release != cell.chart {
        text.push_str(&format!(" as {}", cell.release));
    }
    for (word, name) in [("in", &cell.environment), ("on", &cell.cluster)] {
        if let Some(name) = name {
            text.push_str(&format!(" {word} {name}"));
        }
    }
    one_line(&text)
}

/// What all comparisons are about: `ledger in prod`, or `390 releases of 130 charts in 3 environments`.
pub(super) fn subject(report: &Report) -> String {
    if let [only] = &report.cells[..] {
        return cell(only);
    }
    let mut text = number(report.cells.len(), "release");
    for (word, what, of) in DIMENSIONS {
        let names: BTreeSet<&Text> = report.cells.iter().filter_map(of).collect();
        if !names.is_empty() {
            text.push_str(&format!(" {word} {}", number(names.len(), what)));
        }
    }
    text
}

/// What is compared with what: `git:main → working tree`; several where the comparisons differ in it.
pub(super) fn sides(report: &Report) -> String {
    let all: BTreeSet<(&str, &str)> = report.cells.iter().map(|c| (c.old.as_str(), c.new.as_str())).collect();
    let first: Vec<String> = all.iter().take(3).map(|(old, new)| one_line(&format!("{old} → {new}"))).collect();
    let more = all.len().saturating_sub(first.len());
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    first.join("; ") + &more
}

/// What has to be said of comparisons, each thing once.
pub(super) fn notes(report: &Report) -> Vec<String> {
    let mut notes: Vec<(&Text, Vec<usize>)> = Vec::new();
    for (i, cell) in report.cells.iter().enumerate() {
        for note in &cell.notes {
            match notes.iter_mut().find(|(n, _)| *n == note) {
                Some((_, cells)) => cells.push(i),
                None => notes.push((note, vec![i])),
            }
        }
    }
    notes.iter().map(|(note, cells)| with_scope(&one_line(note), &scope(report, cells))).collect()
}

/// A sentence with where it holds behind it.
pub(super) fn with_scope(text: &str, scope: &str) -> String {
    if scope.is_empty() { text.to_owned() } else { format!("{text} ({scope})") }
}

/// Which comparisons have a change, by number.
pub(super) fn cells(folded: &Folded) -> Vec<usize> {
    folded.places.iter().map(|(cell, _)| *cell).collect()
}

fn chart(cell: &Cell) -> Option<&Text> {
    Some(&cell.chart).filter(|c| !c.is_empty())
}

fn environment(cell: &Cell) -> Option<&Text> {
    cell.environment.as_ref()
}

fn cluster(cell: &Cell) -> Option<&Text> {
    cell.cluster.as_ref()
}

/// What a comparison is known by.
type Name = fn(&Cell) -> Option<&Text>;

/// The word before a name, what it is the name of, and where it is kept.
const DIMENSIONS: [(&str, &str, Name); 3] =
    [("of", "chart", chart), ("in", "environment", environment), ("on", "cluster", cluster)];

/// Up to so many names are told, more are counted.
const NAMES: usize = 3;

/// Where something holds among the comparisons with these numbers; empty where there is only one to speak of.
/// `the same in 126 of 130 charts, in prod and staging`.
pub(super) fn scope(report: &Report, cells: &[usize]) -> String {
    let own: BTreeSet<usize> = cells.iter().copied().collect();
    if report.cells.len() <= 1 {
        return String::new();
    }
    if own.len() == report.cells.len() {
        return format!("the same in all {}", number(own.len(), "release"));
    }
    let mut said = Vec::new();
    let mut product = 1;
    for (word, what, of) in DIMENSIONS {
        let all: BTreeSet<&Text> = report.cells.iter().filter_map(of).collect();
        let here: BTreeSet<&Text> = own.iter().filter_map(|i| report.cells.get(*i)).filter_map(of).collect();
        product *= here.len().max(1);
        if all.len() <= 1 || here.is_empty() {
            continue;
        }
        let names: Vec<&str> = here.iter().map(|t| t.as_str()).collect();
        let word = if what == "chart" { "in" } else { word };
        said.push(match names.len() {
            n if n == all.len() => format!("{word} all {}", number(n, what)),
            n if n > NAMES => format!("{word} {n} of {}", number(all.len(), what)),
            _ => format!("{word} {}", names.join(", ")),
        });
    }
    let mut text = one_line(&said.join(", "));
    if product != own.len() {
        text.push_str(&format!("; {} of {}", own.len(), number(report.cells.len(), "release")));
    }
    text
}

/// `charts/ledger/values.yaml:3:8`; without a line where nothing but the file is known.
pub(super) fn place(place: &Place) -> String {
    match place.line {
        // An argument has no lines.
        _ if place.file.starts_with("--set") => one_line(&place.file),
        0 => one_line(&place.file),
        line => one_line(&format!("{}:{line}:{}", place.file, place.column)),
    }
}

/// Where a field comes from, first what a person edits: `values-prod.yaml:2:3 image.tag`.
pub(super) fn source(source: &Source) -> Option<String> {
    match (&source.values, &source.template) {
        // An argument may set several keys.
        (Some((key, at)), _) if at.file.starts_with("--set") => {
            let flag = at.file.split(' ').next().unwrap_or_default();
            Some(one_line(&format!("{flag} {key}")))
        }
        (Some((key, at)), _) => Some(one_line(&format!("{} {key}", place(at)))),
        (None, Some(at)) => Some(place(at)),
        (None, None) => None,
    }
}

/// Where a changed field comes from: what sets the new value; of what goes away, what had set it. Of values, both.
pub(super) fn origin(change: &ObjectChange, field: &FieldChange) -> Option<String> {
    if let Some(drift) = &field.drift {
        return Some(super::drift::field(drift));
    }
    let said = |source: &Option<Source>| match source.as_ref()?.values.as_ref() {
        // Its key is what the line says.
        Some((_, at)) if change.is_values() => Some(place(at)),
        _ => self::source(source.as_ref()?),
    };
    let (old, new) = (said(&field.old_source).map(|s| format!("was {s}")), said(&field.new_source));
    match (&field.new, old, new) {
        (Some(_), Some(old), Some(new)) if change.is_values() => Some(format!("{new}, {old}")),
        (None, old, new) => old.or(new),
        (_, old, new) => new.or(old),
    }
}
