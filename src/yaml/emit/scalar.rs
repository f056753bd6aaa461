//! Scalars: which style one gets, and how each style is written.

use super::super::chars::{break_at, width};
use super::super::resolve::{Resolved, resolve};
use super::analysis::{analyze, is_base60, is_simple, printable_at};
use super::{BEST_WIDTH, Dialect, Emitter, Place, Style};

impl Emitter {
    pub(super) fn string_node(&mut self, s: &[u8], place: Place) {
        let key = place == Place::SimpleKey;
        let resolves = if is_simple(s) && !s.contains(&b'.') {
            // Words of this kind can only be booleans and null.
            !matches!(resolve(s), Resolved::Str)
        } else {
            !matches!(resolve(s), Resolved::Str) || is_base60(s)
        };
        if is_simple(s) && !resolves {
            self.as_is(s);
            return;
        }
        let analysis = analyze(s, self.dialect);
        let mut style = if s.contains(&b'\n') {
            Style::Literal
        } else if resolves {
            Style::Double
        } else {
            Style::Plain
        };
        if key && analysis.multiline {
            style = Style::Double;
        }
        if style == Style::Plain && (!analysis.plain || s.is_empty() && key) {
            style = Style::Single;
        }
        if style == Style::Single && !analysis.single {
            style = Style::Double;
        }
        if style == Style::Literal && (!analysis.block || key) {
            style = Style::Double;
        }
        let outer = self.indent;
        self.indent = if outer < 0 { 2 } else { outer + 2 };
        match style {
            Style::Plain => self.write_plain(s, !key),
            Style::Single => self.write_single(s, !key),
            Style::Double => self.write_double(s, !key),
            Style::Literal => self.write_literal(s),
        }
        self.indent = outer;
    }

    /// Whether the line is long enough to go on below at this space, which is neither first nor last.
    fn folds(&self, v: &[u8], i: usize) -> bool {
        self.dialect == Dialect::V2 && self.column > BEST_WIDTH && i > 0 && i < v.len() - 1
    }

    /// A space, or the line break in its place; before another space it stays.
    fn write_space(&mut self, v: &[u8], i: &mut usize, fold: bool) {
        if fold && v.get(*i + 1) != Some(&b' ') {
            self.write_indent();
            *i += 1;
        } else {
            self.write_char(v, i);
        }
    }

    fn write_plain(&mut self, v: &[u8], allow_breaks: bool) {
        if !v.is_empty() && !self.whitespace {
            self.put(b' ');
        }
        let mut spaces = false;
        let mut i = 0;
        while i < v.len() {
            // Plain scalars have no line breaks here.
            if v[i] == b' ' {
                let fold = allow_breaks && !spaces && self.folds(v, i);
                self.write_space(v, &mut i, fold);
                spaces = true;
            } else {
                self.write_char(v, &mut i);
                self.indention = false;
                spaces = false;
            }
        }
        self.whitespace = false;
        self.indention = false;
    }

    fn write_single(&mut self, v: &[u8], allow_breaks: bool) {
        self.indicator(b"'", true, false, false);
        let (mut spaces, mut breaks) = (false, false);
        let mut i = 0;
        while i < v.len() {
            if v[i] == b' ' {
                let fold = allow_breaks && !spaces && self.folds(v, i);
                self.write_space(v, &mut i, fold);
                spaces = true;
            } else if break_at(v, i) {
                if !breaks && v[i] == b'\n' {
                    self.put_break();
                }
                self.write_break(v, &mut i);
                self.indention = true;
                breaks = true;
            } else {
                if breaks {
                    self.write_indent();
                }
                if v[i] == b'\'' {
                    self.put(b'\'');
                }
                self.write_char(v, &mut i);
                self.indention = false;
                (spaces, breaks) = (false, false);
            }
        }
        self.indicator(b"'", false, false, false);
    }

    fn write_double(&mut self, v: &[u8], allow_breaks: bool) {
        self.indicator(b"\"", true, false, false);
        // libyaml looks for the mark at the start of the text wherever it is in it.
        let bom = v.starts_with(b"\xef\xbb\xbf");
        let mut spaces = false;
        let mut i = 0;
        while i < v.len() {
            if bom || !printable_at(v, i) || break_at(v, i) || matches!(v[i], b'"' | b'\\') {
                let w = width(v[i]).min(v.len() - i);
                let c = std::str::from_utf8(&v[i..i + w]).ok().and_then(|s| s.chars().next()).unwrap_or('\u{fffd}');
                self.write_escape(c);
                i += w;
                spaces = false;
            } else if v[i] == b' ' {
                if allow_breaks && !spaces && self.folds(v, i) {
                    self.write_indent();
                    if v[i + 1] == b' ' {
                        self.put(b'\\');
                    }
                    i += 1;
                } else {
                    self.write_char(v, &mut i);
                }
                spaces = true;
            } else {
                self.write_char(v, &mut i);
                spaces = false;
            }
        }
        self.indicator(b"\"", false, false, false);
    }

    fn write_escape(&mut self, c: char) {
        let short = match c {
            '\0' => "0",
            '\u{7}' => "a",
            '\u{8}' => "b",
            '\t' => "t",
            '\n' => "n",
            '\u{b}' => "v",
            '\u{c}' => "f",
            '\r' => "r",
            '\u{1b}' => "e",
            '"' => "\"",
            '\\' => "\\",
            '\u{85}' => "N",
            '\u{a0}' => "_",
            '\u{2028}' => "L",
            '\u{2029}' => "P",
            _ => "",
        };
        let text = match (short, c as u32) {
            ("", n @ 0..=0xff) => format!("\\x{n:02X}"),
            ("", n @ 0x100..=0xffff) => format!("\\u{n:04X}"),
            ("", n) => format!("\\U{n:08X}"),
            (s, _) => format!("\\{s}"),
        };
        self.out.extend_from_slice(text.as_bytes());
        self.column += text.len();
    }

    fn write_literal(&mut self, v: &[u8]) {
        self.indicator(b"|", true, false, false);
        if v[0] == b' ' || break_at(v, 0) {
            self.indicator(b"2", false, false, false);
        }
        let breaks_at_end = trailing_breaks(v);
        let hint: &[u8] = match breaks_at_end {
            0 => b"-",
            1 if v.len() > 1 && !only_one_break(v) => b"",
            _ => b"+",
        };
        if !hint.is_empty() {
            self.indicator(hint, false, false, false);
        }
        self.put_break();
        self.indention = true;
        self.whitespace = true;
        let mut breaks = true;
        let mut i = 0;
        while i < v.len() {
            if break_at(v, i) {
                self.write_break(v, &mut i);
                self.indention = true;
                breaks = true;
            } else {
                if breaks {
                    self.write_indent();
                }
                // The rest of the line at once.
                let n = memchr::memchr3(b'\n', b'\r', 0xe2, &v[i..]).unwrap_or(v.len() - i).max(1);
                let end = if v[i..].starts_with(&[0xe2]) { i + width(v[i]) } else { i + n };
                let end = end.min(v.len());
                let end = (i + 1..end).find(|j| break_at(v, *j)).unwrap_or(end);
                self.out.extend_from_slice(&v[i..end]);
                self.column += end - i;
                i = end;
                self.indention = false;
                breaks = false;
            }
        }
    }
}

/// Whether the text is nothing but a single line break.
fn only_one_break(v: &[u8]) -> bool {
    break_at(v, 0) && width(v[0]) >= v.len()
}

/// Line breaks at the end of the text, two at most.
fn trailing_breaks(v: &[u8]) -> usize {
    let mut end = v.len();
    let mut count = 0;
    while count < 2 && end > 0 {
        let mut i = end - 1;
        while i > 0 && v[i] & 0xc0 == 0x80 {
            i -= 1;
        }
        if !break_at(v, i) {
            break;
        }
        count += 1;
        end = i;
    }
    count
}
