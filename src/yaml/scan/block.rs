//! Block scalars: literal and folded.

use super::{Kind, Mark, Scanned, Scanner, Text};

impl Scanner<'_> {
    pub(super) fn block_scalar(&mut self, literal: bool) -> Scanned<()> {
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        let mark = self.mark;
        self.skip();
        let (chomping, increment) = self.block_header(mark)?;
        self.finish_line(mark)?;
        let mut indent = match increment {
            0 => 0,
            n if self.indent >= 0 => self.indent + n,
            n => n,
        };
        let start = self.scratch.len();
        let mut out = std::mem::take(&mut self.scratch);
        let done = self.block_lines(&mut out, &mut indent, literal, chomping, mark);
        self.scratch = out;
        done?;
        let text = Text { start: start as u32, end: self.scratch.len() as u32, scratch: true };
        self.push_text(Kind::BlockScalar, mark, text, Text::default());
        Ok(())
    }

    /// Chomping (-1, 0, 1) and indentation indicator (0 when absent) in either order.
    fn block_header(&mut self, mark: Mark) -> Scanned<(i8, i64)> {
        let (mut chomping, mut increment) = (0, 0);
        let chomp = |c| match c {
            b'+' => 1,
            b'-' => -1,
            _ => 0,
        };
        let mut first = true;
        for _ in 0..2 {
            let c = self.at(0);
            if chomping == 0 && chomp(c) != 0 {
                chomping = chomp(c);
                self.skip();
            } else if increment == 0 && c.is_ascii_digit() {
                if c == b'0' {
                    return self.error(mark, "found an indentation indicator equal to 0");
                }
                increment = i64::from(c - b'0');
                self.skip();
            } else if first {
                break;
            }
            first = false;
        }
        Ok((chomping, increment))
    }

    fn block_lines(
        &mut self,
        out: &mut Vec<u8>,
        indent: &mut i64,
        literal: bool,
        chomping: i8,
        mark: Mark,
    ) -> Scanned<()> {
        let mut leading_break = Vec::new();
        let mut trailing_breaks = Vec::new();
        let mut leading_blank = false;
        self.block_breaks(indent, &mut trailing_breaks, mark)?;
        while i64::from(self.mark.column) == *indent && !self.at_end() {
            let trailing_blank = self.blank_at(0);
            if !literal && !leading_blank && !trailing_blank && leading_break.first() == Some(&b'\n') {
                if trailing_breaks.is_empty() {
                    out.push(b' ');
                }
            } else {
                out.extend_from_slice(&leading_break);
            }
            leading_break.clear();
            out.append(&mut trailing_breaks);
            leading_blank = self.blank_at(0);
            let n = self.to_break();
            let at = self.offset();
            out.extend_from_slice(&self.src[at..at + n]);
            self.advance(n);
            if self.at_end() {
                // go-yaml reads a line break off the zero bytes behind the text as well: nothing.
                break;
            }
            self.read_line(&mut leading_break);
            self.block_breaks(indent, &mut trailing_breaks, mark)?;
        }
        if chomping != -1 {
            out.extend_from_slice(&leading_break);
        }
        if chomping == 1 {
            out.extend_from_slice(&trailing_breaks);
        }
        Ok(())
    }

    fn block_breaks(&mut self, indent: &mut i64, breaks: &mut Vec<u8>, mark: Mark) -> Scanned<()> {
        let mut max_indent = 0;
        loop {
            while (*indent == 0 || i64::from(self.mark.column) < *indent) && self.at(0) == b' ' {
                self.mark.offset += 1;
                self.mark.index += 1;
                self.mark.column += 1;
            }
            max_indent = max_indent.max(i64::from(self.mark.column));
            if (*indent == 0 || i64::from(self.mark.column) < *indent) && self.at(0) == b'\t' {
                return self.error(mark, "found a tab character where an indentation space is expected");
            }
            if !self.break_at(0) {
                break;
            }
            self.read_line(breaks);
        }
        if *indent == 0 {
            *indent = max_indent.max(self.indent + 1).max(1);
        }
        Ok(())
    }
}
