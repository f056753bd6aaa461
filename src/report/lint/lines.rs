//! The lines that findings point at, read once per file.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::Run;
use crate::finding::Spot;

/// Texts of files by name, with where their lines begin.
pub(super) struct Lines<'a> {
    read: &'a dyn Fn(&str) -> Option<String>,
    files: RefCell<BTreeMap<String, Option<Rc<File>>>>,
}

/// One text.
pub(super) struct File {
    text: String,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(run: &Run<'a>) -> Lines<'a> {
        Lines { read: run.texts, files: RefCell::default() }
    }

    /// A file, if it can be had.
    pub(super) fn file(&self, name: &str) -> Option<Rc<File>> {
        if name.is_empty() {
            return None;
        }
        if let Some(known) = self.files.borrow().get(name) {
            return known.clone();
        }
        let file = (self.read)(name).map(|text| {
            let breaks = memchr::memchr_iter(b'\n', text.as_bytes()).map(|n| n + 1);
            let starts = std::iter::once(0).chain(breaks).collect();
            Rc::new(File { text, starts })
        });
        self.files.borrow_mut().insert(name.to_owned(), file.clone());
        file
    }

    /// The column of a place in characters, from 1; in bytes where the text can't be had.
    pub(super) fn character(&self, spot: &Spot) -> usize {
        let column = spot.column.max(1);
        let file = self.file(&spot.file);
        let Some(line) = file.as_ref().and_then(|f| f.line(spot.line)) else { return column };
        line.char_indices().take_while(|(at, _)| *at < column - 1).count() + 1
    }
}

impl File {
    /// A line by its number from 1, without its end.
    pub(super) fn line(&self, number: usize) -> Option<&str> {
        let start = *self.starts.get(number.checked_sub(1)?)?;
        let end = self.starts.get(number).map_or(self.text.len(), |next| next - 1);
        // An end of file after a newline is no line.
        let exists = start < self.text.len() || (number == 1 && !self.text.is_empty());
        exists.then(|| self.text[start..end].trim_end_matches('\r'))
    }

    /// The lines `around` before and after one, with their numbers; empty if there is no such line.
    pub(super) fn around(&self, number: usize, around: usize) -> Vec<(usize, &str)> {
        if self.line(number).is_none() {
            return Vec::new();
        }
        let first = number.saturating_sub(around).max(1);
        (first..=number + around).map_while(|n| Some((n, self.line(n)?))).collect()
    }
}

/// Of a long line, what stands near a byte offset, and where that offset is in it.
pub(super) fn cut(line: &str, offset: usize) -> (String, usize) {
    const BEFORE: usize = 80;
    const AFTER: usize = 120;
    let offset = (0..=offset.min(line.len())).rev().find(|n| line.is_char_boundary(*n)).unwrap_or(0);
    let (before, after) = line.split_at(offset);
    let left = match before.char_indices().rev().nth(BEFORE - 1) {
        Some((at, _)) if at > 0 => format!("…{}", &before[at..]),
        _ => before.to_owned(),
    };
    let right = match after.char_indices().nth(AFTER) {
        Some((at, _)) => format!("{}…", &after[..at]),
        None => after.to_owned(),
    };
    let at = left.len();
    (left + &right, at)
}
