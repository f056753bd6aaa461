//! Both sides of an object beside each other, for wide terminals. Lines that are too long go on below; none is cut.

use std::fmt::Write;

use anstyle::Style;
use unicode_width::UnicodeWidthChar;

use super::View;
use super::text::{Ink, origin_behind, shown, style};
use crate::diff::ObjectChange;
use crate::diff::lines::{Line, Mark};

/// Writes a stretch of lines.
pub(super) fn write(view: &View<'_>, ink: Ink, change: &ObjectChange, lines: &[Line], out: &mut String) {
    let column = (view.width - 3) / 2;
    for (old, new) in rows(lines) {
        let side = |at: Option<usize>| at.map(|i| wrapped(&shown(&lines[i]), column)).unwrap_or_default();
        let (left, right) = (side(old), side(new));
        let mark = |at: Option<usize>| at.map_or(Style::new(), |i| style(lines[i].mark));
        for i in 0..left.len().max(right.len()) {
            let (text, width) = left.get(i).map_or(("", 0), |(t, w)| (t.as_str(), *w));
            let pad = " ".repeat(column - width.min(column));
            let _ = write!(out, "{}{pad} │ ", ink.paint(mark(old), text));
            let text = right.get(i).map_or("", |(t, _)| t.as_str());
            let _ = writeln!(out, "{}", ink.paint(mark(new), text));
        }
        let origin = [new, old].into_iter().flatten().find_map(|at| origin_behind(change, lines, at));
        if let Some(origin) = origin {
            let _ = writeln!(out, "{}", ink.paint(Style::new().dimmed(), &format!("    ← {origin}")));
        }
    }
}

/// Numbers of the lines that stand beside each other.
fn rows(lines: &[Line]) -> Vec<(Option<usize>, Option<usize>)> {
    let mut rows = Vec::new();
    let (mut removed, mut added) = (Vec::new(), Vec::new());
    for (i, line) in lines.iter().enumerate() {
        match line.mark {
            // What was removed before what is added now belongs to what went before.
            Mark::Removed if !added.is_empty() => {
                pair(&mut removed, &mut added, &mut rows);
                removed.push(i);
            }
            Mark::Removed => removed.push(i),
            Mark::Added => added.push(i),
            Mark::Same => {
                pair(&mut removed, &mut added, &mut rows);
                rows.push((Some(i), Some(i)));
            }
        }
    }
    pair(&mut removed, &mut added, &mut rows);
    rows
}

fn pair(removed: &mut Vec<usize>, added: &mut Vec<usize>, rows: &mut Vec<(Option<usize>, Option<usize>)>) {
    for i in 0..removed.len().max(added.len()) {
        rows.push((removed.get(i).copied(), added.get(i).copied()));
    }
    removed.clear();
    added.clear();
}

/// A text in pieces of at most `columns`, each with its own width.
fn wrapped(text: &str, columns: usize) -> Vec<(String, usize)> {
    let mut pieces = vec![(String::new(), 0)];
    for c in text.chars() {
        let width = c.width().unwrap_or(0);
        if pieces.last().is_some_and(|(_, used)| used + width > columns) {
            pieces.push((String::new(), 0));
        }
        if let Some((piece, used)) = pieces.last_mut() {
            piece.push(c);
            *used += width;
        }
    }
    pieces
}
