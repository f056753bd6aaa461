//! What a diff found, in the formats that people, pipelines and pages read: one file per format, each a function from the
//! [`View`] to the whole text. To add a format, write such a file and name it in [`FORMATS`]. What differs, what counts
//! and what is secret has been decided before; what the formats say alike is in `words` (places, counts) and `said` (what
//! a change means, in sentences).

mod drift;
mod github;
mod html;
mod json;
mod markdown;
mod read;
mod said;
mod sides;
mod text;
mod words;

use crate::diff::fold::{Cell, Report};

pub use read::read;

/// A report, and how it is to be shown.
pub struct View<'a> {
    /// What was found.
    pub report: &'a Report,
    /// Lines shown around what differs; all of an object's where nothing is said.
    pub context: Option<usize>,
    /// Whether `text` may use ANSI colours.
    pub colour: bool,
    /// Columns of the terminal that `text` is for; 0 where it goes elsewhere.
    pub width: usize,
    /// Whether `text` sets both sides beside each other; needs a width.
    pub side_by_side: bool,
}

/// Writes a format.
type Writer = fn(&View<'_>) -> String;

/// All formats by name.
const FORMATS: &[(&str, Writer)] = &[
    ("text", text::write),
    ("markdown", markdown::write),
    ("json", json::write),
    ("html", html::write),
    ("github", github::write),
];

/// What a comparison is called: `ledger in prod on np-aws`.
pub fn release(cell: &Cell) -> String {
    words::cell(cell)
}

/// The names of the formats, for `--output`.
pub fn formats() -> impl Iterator<Item = &'static str> {
    FORMATS.iter().map(|f| f.0)
}

/// The report in a format, with a newline at the end if it isn't empty; `None` if there is no format of this name.
pub fn write(format: &str, view: &View<'_>) -> Option<String> {
    let (_, writer) = FORMATS.iter().find(|f| f.0 == format)?;
    Some(writer(view))
}
