//! The scanner: bytes to tokens, with libyaml's rules as go-yaml v2.4.4 `scannerc.go` has them. Scalars are slices of
//! the source where they stand there as they are, else pieces of a scratch buffer.

mod block;
mod flow;
mod properties;
mod tokens;

use std::collections::VecDeque;

use super::chars::{self, width};

/// A place in the source. `index` and `column` count characters, as libyaml does; all from 0.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mark {
    /// Byte offset.
    pub offset: u32,
    /// Character offset.
    pub index: u32,
    /// Line.
    pub line: u32,
    /// Column.
    pub column: u32,
}

/// Which stage found an error: their lines are counted differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The reader: characters that YAML doesn't have.
    Reader,
    /// The scanner.
    Scanner,
    /// The parser.
    Parser,
}

/// What is wrong, in libyaml's words.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Who found it.
    pub stage: Stage,
    /// The words.
    pub text: String,
    /// Where.
    pub mark: Mark,
    /// Where the construct began in which it was found.
    pub context: Mark,
}

/// The text of a scalar: `start..end` of the source or of the scratch buffer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Text {
    /// First byte.
    pub start: u32,
    /// Behind the last byte.
    pub end: u32,
    /// Whether it is in the scratch buffer.
    pub scratch: bool,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "libyaml's own names")]
pub enum Kind {
    StreamEnd,
    VersionDirective,
    TagDirective,
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias,
    Anchor,
    Tag,
    PlainScalar,
    QuotedScalar,
    BlockScalar,
}

/// A token.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Where it starts.
    pub mark: Mark,
    /// A scalar's text, an anchor's name, a tag's suffix or a directive's prefix.
    pub text: Text,
    /// A tag's handle; for the version directive major and minor as start and end.
    pub handle: Text,
}

#[derive(Clone, Copy, Default)]
struct SimpleKey {
    possible: bool,
    /// Not waited for any more, though still possible.
    forgotten: bool,
    required: bool,
    token_number: usize,
    mark: Mark,
}

/// Nesting that go-yaml allows, for flow collections and for indentation each.
const MAX_DEPTH: usize = 10_000;

/// The scanner of one text, which must be valid UTF-8 and shorter than 4 GiB.
pub struct Scanner<'a> {
    src: &'a [u8],
    ascii: bool,
    mark: Mark,
    /// Texts that had to be put together.
    pub scratch: Vec<u8>,
    tokens: VecDeque<Token>,
    parsed: usize,
    flow_level: usize,
    indent: i64,
    indents: Vec<i64>,
    simple_key_allowed: bool,
    simple_keys: Vec<SimpleKey>,
}

type Scanned<T> = Result<T, Box<Problem>>;

fn is_anchor_char(c: u8) -> bool {
    c.is_ascii_alphanumeric() || c == b'_' || c == b'-'
}

impl<'a> Scanner<'a> {
    /// A scanner at the start of `src`.
    pub fn new(src: &'a [u8]) -> Scanner<'a> {
        Scanner {
            src,
            ascii: src.is_ascii(),
            mark: Mark::default(),
            scratch: Vec::new(),
            tokens: VecDeque::new(),
            parsed: 0,
            flow_level: 0,
            indent: -1,
            indents: Vec::new(),
            simple_key_allowed: true,
            simple_keys: vec![SimpleKey::default()],
        }
    }

    /// The bytes of a text.
    pub fn bytes(&self, text: Text) -> &[u8] {
        let of = if text.scratch { &self.scratch[..] } else { self.src };
        &of[text.start as usize..text.end as usize]
    }

    /// Byte offset that has been reached.
    pub fn offset(&self) -> usize {
        self.mark.offset as usize
    }

    /// The next token, left in place.
    pub fn peek(&mut self) -> Scanned<Token> {
        self.fetch_more()?;
        Ok(self.tokens[0])
    }

    /// Takes the token that [`Scanner::peek`] showed.
    pub fn skip_token(&mut self) {
        self.tokens.pop_front();
        self.parsed += 1;
    }

    #[inline]
    fn at(&self, n: usize) -> u8 {
        self.src.get(self.mark.offset as usize + n).copied().unwrap_or(0)
    }

    #[inline]
    fn at_end(&self) -> bool {
        self.mark.offset as usize >= self.src.len()
    }

    #[inline]
    fn break_at(&self, n: usize) -> bool {
        chars::break_at(self.src, self.offset() + n)
    }

    fn break_or_end_at(&self, n: usize) -> bool {
        self.at(n) == 0 || self.break_at(n)
    }

    fn blank_at(&self, n: usize) -> bool {
        chars::blank_at(self.src, self.offset() + n)
    }

    fn blank_or_end_at(&self, n: usize) -> bool {
        self.blank_at(n) || self.break_or_end_at(n)
    }

    /// One character further, not a line break.
    #[inline]
    fn skip(&mut self) {
        let w = width(self.at(0));
        self.mark.offset += w as u32;
        self.mark.index += 1;
        self.mark.column += 1;
    }

    /// `n` bytes further within a line.
    #[inline]
    fn advance(&mut self, n: usize) {
        let start = self.mark.offset as usize;
        let chars =
            if self.ascii { n } else { self.src[start..start + n].iter().filter(|c| **c & 0xc0 != 0x80).count() };
        self.mark.offset += n as u32;
        self.mark.index += chars as u32;
        self.mark.column += chars as u32;
    }

    fn skip_line(&mut self) {
        if self.at(0) == b'\r' && self.at(1) == b'\n' {
            self.mark.offset += 2;
            self.mark.index += 2;
        } else {
            self.mark.offset += width(self.at(0)) as u32;
            self.mark.index += 1;
        }
        self.mark.column = 0;
        self.mark.line += 1;
    }

    /// Appends the line break as libyaml normalises it.
    fn read_line(&mut self, out: &mut Vec<u8>) {
        match self.at(0) {
            0xe2 => out.extend_from_slice(&[0xe2, 0x80, self.at(2)]),
            _ => out.push(b'\n'),
        }
        self.skip_line();
    }

    #[cold]
    fn error<T>(&self, context: Mark, text: &str) -> Scanned<T> {
        Err(Box::new(Problem { stage: Stage::Scanner, text: text.into(), mark: self.mark, context }))
    }

    fn push(&mut self, kind: Kind, mark: Mark) {
        self.push_text(kind, mark, Text::default(), Text::default());
    }

    fn push_text(&mut self, kind: Kind, mark: Mark, text: Text, handle: Text) {
        self.tokens.push_back(Token { kind, mark, text, handle });
    }

    fn fetch_more(&mut self) -> Scanned<()> {
        loop {
            if !self.tokens.is_empty() {
                // The head may yet turn out to be a key, before which tokens would have to be put.
                let parsed = self.parsed;
                // The token numbers of the levels' keys ascend.
                let from = self.simple_keys.partition_point(|k| k.token_number < parsed);
                let same = self.simple_keys[from..].iter().take_while(|k| k.token_number == parsed);
                let Some(i) = same.clone().position(|k| k.possible && !k.forgotten).map(|n| from + n) else {
                    return Ok(());
                };
                if !self.key_is_valid(i)? {
                    return Ok(());
                }
            }
            self.fetch_next()?;
        }
    }

    fn skip_to_next_token(&mut self) -> Scanned<()> {
        loop {
            if self.mark.column == 0 && self.src[self.offset().min(self.src.len())..].starts_with(b"\xef\xbb\xbf") {
                self.skip();
            }
            let tabs = self.flow_level > 0 || !self.simple_key_allowed;
            let mut n = 0;
            while self.at(n) == b' ' || tabs && self.at(n) == b'\t' {
                n += 1;
            }
            self.mark.offset += n as u32;
            self.mark.index += n as u32;
            self.mark.column += n as u32;
            if self.at(0) == b'#' {
                self.skip_to_break();
            }
            if !self.break_at(0) {
                return Ok(());
            }
            self.skip_line();
            if self.flow_level == 0 {
                self.simple_key_allowed = true;
            }
        }
    }

    /// To the end of the line.
    fn skip_to_break(&mut self) {
        let n = self.to_break();
        self.advance(n);
    }

    /// Bytes up to the next line break or the end.
    fn to_break(&self) -> usize {
        let rest = &self.src[self.offset()..];
        if self.ascii {
            return memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        }
        let line = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        if rest[..line].is_ascii() {
            return line;
        }
        let mut n = 0;
        while n < rest.len() && !self.break_at(n) {
            n += width(rest[n]);
        }
        n.min(rest.len())
    }

    fn skip_blanks(&mut self) {
        while self.blank_at(0) {
            self.skip();
        }
    }

    /// To the next line, over blanks and a comment.
    fn finish_line(&mut self, context: Mark) -> Scanned<()> {
        self.skip_blanks();
        if self.at(0) == b'#' {
            self.skip_to_break();
        }
        if !self.break_or_end_at(0) {
            return self.error(context, "did not find expected comment or line break");
        }
        if self.break_at(0) {
            self.skip_line();
        }
        Ok(())
    }

    /// Over letters, digits, `_` and `-`, which anchors and directives have their names of.
    fn name(&mut self) -> Text {
        let start = self.mark;
        while is_anchor_char(self.at(0)) {
            self.skip();
        }
        self.slice(start)
    }

    fn slice(&self, start: Mark) -> Text {
        Text { start: start.offset, end: self.mark.offset, scratch: false }
    }
}
