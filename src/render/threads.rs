//! How many threads one render is worth.

use super::context::TemplateFile;
use crate::parallel;

/// How many threads work on one render. What it prints is the same with any number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Threads {
    /// All cores where the chart is large enough for that to pay, otherwise one.
    #[default]
    Auto,
    /// So many, at least one, however small the chart is.
    Exactly(usize),
}

impl Threads {
    /// The number for a chart with so many bytes of templates.
    pub(super) fn count(self, bytes: usize) -> usize {
        match self {
            Threads::Auto if bytes >= WORTH_THREADS => parallel::cores(),
            Threads::Auto => 1,
            Threads::Exactly(n) => n.max(1),
        }
    }
}

/// Bytes of templates from which on the start of other threads pays.
const WORTH_THREADS: usize = 150 << 10;

pub(super) fn text_bytes(files: &[TemplateFile]) -> usize {
    files.iter().map(|f| f.text.size_hint()).sum()
}
