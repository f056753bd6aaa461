//! Positions: where in which input a piece of text stands.
//!
//! Every input that can be named to a person (a values file, a template, one `--set` argument) is given a stretch of
//! one shared 32-bit address space, as rustc's source map does. A [`Pos`] is then one number: small enough to sit in
//! each slot of each map and list, and enough to find file, line and column later. Start reading at [`SourceMap`].

use crate::blob::Blob;

/// A byte position in the address space of a [`SourceMap`]; zero means "nowhere known".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pos(pub u32);

impl Pos {
    /// The position of a value that no input is known for.
    pub const NONE: Pos = Pos(0);

    /// The position `offset` bytes further on; nowhere stays nowhere.
    #[must_use]
    pub fn offset(self, offset: usize) -> Pos {
        if self == Pos::NONE {
            return Pos::NONE;
        }
        u32::try_from(offset).ok().and_then(|o| self.0.checked_add(o)).map_or(Pos::NONE, Pos)
    }

    /// Whether this is a real position.
    pub fn is_known(self) -> bool {
        self != Pos::NONE
    }
}

/// A file of a [`SourceMap`], by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// One input: a file, or one command-line argument shown as if it were a file.
#[derive(Clone, Debug)]
pub struct Source {
    /// How the input is named to a person: a path, or for instance `--set image.tag=3`.
    pub name: String,
    /// Which layer of values it belongs to (`chart`, `prod`, `-f`, `--set`), empty for templates.
    pub layer: String,
    /// The text, as it was read.
    pub text: Blob,
    base: u32,
}

/// All inputs of one run with their stretches of the address space.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    sources: Vec<Source>,
}

/// A resolved position; `line` and `column` count from 1, `column` in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location<'a> {
    /// Name of the input.
    pub name: &'a str,
    /// Layer of the input.
    pub layer: &'a str,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, in bytes.
    pub column: usize,
}

impl SourceMap {
    /// Adds an input and returns the position of its first byte. Past 4 GiB in all, positions are lost, not wrong.
    pub fn add(&mut self, name: impl Into<String>, layer: impl Into<String>, text: impl Into<Blob>) -> Pos {
        let text = text.into();
        let base = self.sources.last().map_or(1, |s| s.base.saturating_add(s.text.len() as u32).saturating_add(1));
        if u32::try_from(text.len()).ok().and_then(|n| base.checked_add(n)).is_none() {
            return Pos::NONE;
        }
        self.sources.push(Source { name: name.into(), layer: layer.into(), text, base });
        Pos(base)
    }

    /// The input that holds `pos`, and the byte offset within it.
    pub fn find(&self, pos: Pos) -> Option<(FileId, usize)> {
        if !pos.is_known() {
            return None;
        }
        let i = self.sources.partition_point(|s| s.base <= pos.0).checked_sub(1)?;
        let offset = (pos.0 - self.sources[i].base) as usize;
        (offset <= self.sources[i].text.len()).then_some((FileId(i as u32), offset))
    }

    /// All inputs with the positions of their first bytes, in the order they were added.
    pub fn all(&self) -> impl Iterator<Item = (Pos, &Source)> {
        self.sources.iter().map(|s| (Pos(s.base), s))
    }

    /// The input numbered `file`.
    pub fn source(&self, file: FileId) -> &Source {
        &self.sources[file.0 as usize]
    }

    /// File, line and column of `pos`.
    pub fn location(&self, pos: Pos) -> Option<Location<'_>> {
        let (file, offset) = self.find(pos)?;
        let source = self.source(file);
        let (line, column) = line_column(&source.text, offset);
        Some(Location { name: &source.name, layer: &source.layer, line, column })
    }
}

/// Line and column (both from 1, column in bytes) of a byte offset in `text`.
pub fn line_column(text: &[u8], offset: usize) -> (usize, usize) {
    let before = &text[..offset.min(text.len())];
    let line = 1 + memchr::memchr_iter(b'\n', before).count();
    let column = 1 + before.len() - memchr::memrchr(b'\n', before).map_or(0, |i| i + 1);
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_lead_back_to_file_line_and_column() {
        let mut map = SourceMap::default();
        let a = map.add("a.yaml", "chart", "x: 1\ny: 2\n");
        let b = map.add("b.yaml", "prod", "z: 3");
        let at = map.location(a.offset(8)).expect("inside a.yaml");
        assert_eq!((at.name, at.line, at.column), ("a.yaml", 2, 4));
        let at = map.location(b).expect("start of b.yaml");
        assert_eq!((at.name, at.layer, at.line, at.column), ("b.yaml", "prod", 1, 1));
        assert_eq!(map.location(Pos::NONE), None);
    }
}
