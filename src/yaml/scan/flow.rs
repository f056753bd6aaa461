//! Quoted and plain scalars.

use super::super::chars::width;
use super::{Kind, Mark, Scanned, Scanner, Text};

impl Scanner<'_> {
    pub(super) fn quoted(&mut self, single: bool) -> Scanned<()> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let mark = self.mark;
        self.skip();
        if let Some(text) = self.quoted_slice(single) {
            self.push_text(Kind::QuotedScalar, mark, text, Text::default());
            return Ok(());
        }
        let start = self.scratch.len();
        let mut out = std::mem::take(&mut self.scratch);
        let done = self.quoted_lines(&mut out, single, mark);
        self.scratch = out;
        done?;
        let text = Text { start: start as u32, end: self.scratch.len() as u32, scratch: true };
        self.push_text(Kind::QuotedScalar, mark, text, Text::default());
        Ok(())
    }

    /// The common case: a quoted text on one line without escapes is a slice of the source.
    fn quoted_slice(&mut self, single: bool) -> Option<Text> {
        let rest = &self.src[self.offset()..];
        let quote = if single { b'\'' } else { b'"' };
        let n = if single { memchr::memchr2(quote, b'\n', rest)? } else { memchr::memchr3(quote, b'\n', b'\\', rest)? };
        if rest[n] != quote || single && rest.get(n + 1) == Some(&quote) {
            return None;
        }
        if memchr::memchr(b'\r', &rest[..n]).is_some() || !self.ascii && (0..n).any(|i| self.break_at(i)) {
            return None;
        }
        let start = self.mark;
        self.advance(n);
        let text = self.slice(start);
        self.skip();
        Some(text)
    }

    fn quoted_lines(&mut self, out: &mut Vec<u8>, single: bool, mark: Mark) -> Scanned<()> {
        let quote = if single { b'\'' } else { b'"' };
        let mut whitespaces = Vec::new();
        let mut leading_break = Vec::new();
        let mut trailing_breaks = Vec::new();
        loop {
            if self.at_document_indicator().is_some() {
                return self.error(mark, "found unexpected document indicator");
            }
            if self.at_end() || self.at(0) == 0 {
                return self.error(mark, "found unexpected end of stream");
            }
            let mut leading_blanks = false;
            while !self.blank_or_end_at(0) {
                let c = self.at(0);
                if single && c == b'\'' && self.at(1) == b'\'' {
                    out.push(b'\'');
                    self.advance(2);
                } else if c == quote {
                    break;
                } else if !single && c == b'\\' && self.break_at(1) {
                    self.skip();
                    self.skip_line();
                    leading_blanks = true;
                    break;
                } else if !single && c == b'\\' {
                    self.escape(out, mark)?;
                } else {
                    let at = self.offset();
                    out.extend_from_slice(&self.src[at..(at + width(c)).min(self.src.len())]);
                    self.skip();
                }
            }
            if self.at(0) == quote {
                break;
            }
            while self.blank_at(0) || self.break_at(0) {
                if self.blank_at(0) {
                    if !leading_blanks {
                        whitespaces.push(self.at(0));
                    }
                    self.skip();
                } else if leading_blanks {
                    self.read_line(&mut trailing_breaks);
                } else {
                    whitespaces.clear();
                    self.read_line(&mut leading_break);
                    leading_blanks = true;
                }
            }
            if leading_blanks {
                fold(out, &mut leading_break, &mut trailing_breaks);
            } else {
                out.append(&mut whitespaces);
            }
        }
        self.skip();
        Ok(())
    }

    fn escape(&mut self, out: &mut Vec<u8>, mark: Mark) -> Scanned<()> {
        let simple: &[u8] = match self.at(1) {
            b'0' => b"\0",
            b'a' => b"\x07",
            b'b' => b"\x08",
            b't' | b'\t' => b"\t",
            b'n' => b"\n",
            b'v' => b"\x0b",
            b'f' => b"\x0c",
            b'r' => b"\r",
            b'e' => b"\x1b",
            b' ' => b" ",
            b'"' => b"\"",
            b'\'' => b"'",
            b'\\' => b"\\",
            b'N' => b"\xc2\x85",
            b'_' => b"\xc2\xa0",
            b'L' => b"\xe2\x80\xa8",
            b'P' => b"\xe2\x80\xa9",
            b'x' | b'u' | b'U' => b"",
            _ => return self.error(mark, "found unknown escape character"),
        };
        if !simple.is_empty() {
            out.extend_from_slice(simple);
            self.advance(2);
            return Ok(());
        }
        let length = match self.at(1) {
            b'x' => 2,
            b'u' => 4,
            _ => 8,
        };
        self.advance(2);
        let mut code = 0u32;
        for k in 0..length {
            let Some(d) = (self.at(k) as char).to_digit(16) else {
                return self.error(mark, "did not find expected hexdecimal number");
            };
            code = code.wrapping_shl(4) | d;
        }
        let Some(c) = char::from_u32(code) else {
            return self.error(mark, "found invalid Unicode character escape code");
        };
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        self.advance(length);
        Ok(())
    }

    /// Bytes of a plain scalar from here up to a blank, a break or what ends it.
    fn plain_run(&self) -> usize {
        let rest = &self.src[self.offset()..];
        let flow = self.flow_level > 0;
        let mut n = 0;
        while let Some(&c) = rest.get(n) {
            match c {
                b' ' | b'\t' | b'\n' | b'\r' | 0 => break,
                b':' if self.blank_or_end_at(n + 1) => break,
                b',' | b'?' | b'[' | b']' | b'{' | b'}' if flow => break,
                0xc2 | 0xe2 if self.break_at(n) => break,
                _ => n += 1,
            }
        }
        n
    }

    pub(super) fn plain(&mut self) -> Scanned<()> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let mark = self.mark;
        let indent = self.indent + 1;
        let mut text = Text { start: mark.offset, end: mark.offset, scratch: false };
        let mut end = mark;
        let mut leading_blanks = false;
        let mut leading_break = Vec::new();
        let mut trailing_breaks = Vec::new();
        // While the text has no line break in it, it is a slice of the source with its blanks.
        let mut owned: Option<Vec<u8>> = None;
        let mut whitespace_from = mark;
        let mut has_whitespace = false;
        loop {
            if self.at_document_indicator().is_some() || self.at(0) == b'#' {
                break;
            }
            let n = self.plain_run();
            if n > 0 {
                if leading_blanks {
                    let out = owned.get_or_insert_with(|| self.src[mark.offset as usize..end.offset as usize].to_vec());
                    fold(out, &mut leading_break, &mut trailing_breaks);
                    leading_blanks = false;
                } else if has_whitespace && let Some(out) = &mut owned {
                    out.extend_from_slice(&self.src[whitespace_from.offset as usize..self.offset()]);
                }
                has_whitespace = false;
                let at = self.offset();
                if let Some(out) = &mut owned {
                    out.extend_from_slice(&self.src[at..at + n]);
                }
                self.advance(n);
                end = self.mark;
            }
            if !(self.blank_at(0) || self.break_at(0)) {
                break;
            }
            while self.blank_at(0) || self.break_at(0) {
                if self.blank_at(0) {
                    if leading_blanks && i64::from(self.mark.column) < indent && self.at(0) == b'\t' {
                        return self.error(mark, "found a tab character that violates indentation");
                    }
                    if !leading_blanks && !has_whitespace {
                        whitespace_from = self.mark;
                        has_whitespace = true;
                    }
                    self.skip();
                } else if leading_blanks {
                    self.read_line(&mut trailing_breaks);
                } else {
                    has_whitespace = false;
                    self.read_line(&mut leading_break);
                    leading_blanks = true;
                }
            }
            if self.flow_level == 0 && i64::from(self.mark.column) < indent {
                break;
            }
        }
        match owned {
            None => text.end = end.offset,
            Some(out) => {
                text = Text {
                    start: self.scratch.len() as u32,
                    end: (self.scratch.len() + out.len()) as u32,
                    scratch: true,
                };
                self.scratch.extend_from_slice(&out);
            }
        }
        self.push_text(Kind::PlainScalar, mark, text, Text::default());
        if leading_blanks {
            self.simple_key_allowed = true;
        }
        Ok(())
    }
}

/// Joins two lines of a flow scalar: one break is a space, further ones stay.
fn fold(out: &mut Vec<u8>, leading: &mut Vec<u8>, trailing: &mut Vec<u8>) {
    if leading.first() == Some(&b'\n') {
        if trailing.is_empty() {
            out.push(b' ');
        } else {
            out.extend_from_slice(trailing);
        }
    } else {
        out.extend_from_slice(leading);
        out.extend_from_slice(trailing);
    }
    leading.clear();
    trailing.clear();
}
