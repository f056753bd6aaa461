//! The characters of a TOML text, with the line counting of BurntSushi/toml v1.6.0 `lex.go`, which its error texts
//! depend on.

use super::{Bad, Read};
use crate::value::fmt::go_quote_rune;

/// Where an item starts, and the line that its end is on.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    pub start: usize,
    pub line: i64,
}

pub(super) struct Scan<'a> {
    text: &'a [u8],
    start: usize,
    pos: usize,
    line: i64,
    at_end: bool,
    /// Widths of the last characters, the latest first.
    widths: [usize; 4],
}

pub(super) fn is_white(c: char) -> bool {
    c == ' ' || c == '\t'
}

pub(super) fn is_newline(c: char) -> bool {
    c == '\n' || c == '\r'
}

pub(super) fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

/// A character as Go's `%q` shows a rune; the end of the text is a zero.
pub(super) fn quote_rune(c: Option<char>) -> String {
    go_quote_rune(c.unwrap_or('\0'))
}

pub(super) fn rune_or_eof(c: Option<char>) -> String {
    c.map_or_else(|| "end of file".to_owned(), |c| format!("'{c}'"))
}

impl<'a> Scan<'a> {
    pub fn new(text: &'a [u8]) -> Scan<'a> {
        Scan { text, start: 0, pos: 0, line: 1, at_end: false, widths: [0; 4] }
    }

    /// The next character; nothing at the end, from where one step back is a step too.
    pub fn next(&mut self) -> Read<Option<char>> {
        let Some(first) = self.text.get(self.pos) else {
            self.at_end = true;
            return Ok(None);
        };
        if *first == b'\n' {
            self.line += 1;
        }
        let (c, width) = crate::value::decode_rune(&self.text[self.pos..]).unwrap_or(('\u{fffd}', 1));
        if c == '\u{fffd}' && width == 1 {
            return self.fail(format!("invalid UTF-8 byte: 0x{first:02x}"));
        }
        let lone_return = c == '\r' && self.text.get(self.pos + 1) != Some(&b'\n');
        if lone_return || c.is_ascii_control() && !matches!(c, '\t' | '\r' | '\n') {
            return self.fail(format!("TOML files cannot contain control characters: '0x{:02x}'", c as u32));
        }
        self.widths.rotate_right(1);
        self.widths[0] = width;
        self.pos += width;
        Ok(Some(c))
    }

    /// One step back, four in a row at most.
    pub fn backup(&mut self) {
        if self.at_end {
            self.at_end = false;
            return;
        }
        self.pos = self.pos.saturating_sub(self.widths[0]);
        self.widths.rotate_left(1);
        self.widths[3] = 0;
        if self.text.get(self.pos) == Some(&b'\n') {
            self.line -= 1;
        }
    }

    pub fn peek(&mut self) -> Read<Option<char>> {
        let c = self.next()?;
        self.backup();
        Ok(c)
    }

    pub fn accept(&mut self, wanted: char) -> Read<bool> {
        if self.next()? == Some(wanted) {
            return Ok(true);
        }
        self.backup();
        Ok(false)
    }

    /// Forgets the text before this point.
    pub fn ignore(&mut self) {
        self.start = self.pos;
    }

    pub fn skip_white(&mut self) -> Read<()> {
        while self.next()?.is_some_and(is_white) {}
        self.backup();
        self.ignore();
        Ok(())
    }

    /// The text since it was last forgotten.
    pub fn current(&self) -> &'a [u8] {
        &self.text[self.start.min(self.pos)..self.pos]
    }

    pub fn mark(&self) -> Mark {
        Mark { start: self.start, line: self.line }
    }

    pub fn fail<T>(&self, message: String) -> Read<T> {
        let behind_newline = self.at_end && self.pos > 0 && self.text[self.pos - 1] == b'\n';
        Err(Bad { line: self.line - i64::from(behind_newline), message })
    }

    pub fn fail_previous_line<T>(&self, message: String) -> Read<T> {
        Err(Bad { line: self.line - 1, message })
    }
}
