//! The scanner: bytes to tokens, with libyaml's rules as go-yaml v2.4.4 `scannerc.go` has them. Scalars are slices of
//! the source where they stand there as they are, else pieces of a scratch buffer.

use std::collections::VecDeque;

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

/// Bytes of the character that starts with `lead`.
pub(super) fn width(lead: u8) -> usize {
    match lead {
        0..0x80 => 1,
        0x80..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    }
}

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

    fn break_at(&self, n: usize) -> bool {
        match self.at(n) {
            b'\n' | b'\r' => true,
            0xc2 => self.at(n + 1) == 0x85,
            0xe2 => self.at(n + 1) == 0x80 && matches!(self.at(n + 2), 0xa8 | 0xa9),
            _ => false,
        }
    }

    fn break_or_end_at(&self, n: usize) -> bool {
        self.at(n) == 0 || self.break_at(n)
    }

    fn blank_at(&self, n: usize) -> bool {
        matches!(self.at(n), b' ' | b'\t')
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

    fn key_is_valid(&mut self, i: usize) -> Scanned<bool> {
        let key = self.simple_keys[i];
        if !key.possible {
            return Ok(false);
        }
        if key.mark.line < self.mark.line || key.mark.index + 1024 < self.mark.index {
            if key.required {
                return self.error(key.mark, "could not find expected ':'");
            }
            self.simple_keys[i].possible = false;
            return Ok(false);
        }
        Ok(true)
    }

    fn next_token_number(&self) -> usize {
        self.parsed + self.tokens.len()
    }

    fn save_simple_key(&mut self) -> Scanned<()> {
        if self.simple_key_allowed {
            let required = self.flow_level == 0 && self.indent == i64::from(self.mark.column);
            let token_number = self.next_token_number();
            let key = SimpleKey { possible: true, forgotten: false, required, token_number, mark: self.mark };
            self.remove_simple_key()?;
            if let Some(last) = self.simple_keys.last_mut() {
                *last = key;
            }
        }
        Ok(())
    }

    fn remove_simple_key(&mut self) -> Scanned<()> {
        let Some(last) = self.simple_keys.last_mut() else { return Ok(()) };
        if last.possible && last.required {
            let mark = last.mark;
            return self.error(mark, "could not find expected ':'");
        }
        last.possible = false;
        Ok(())
    }

    fn roll_indent(&mut self, column: u32, number: Option<usize>, kind: Kind, mark: Mark) -> Scanned<()> {
        if self.flow_level > 0 || self.indent >= i64::from(column) {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = i64::from(column);
        if self.indents.len() > MAX_DEPTH {
            let context = self.simple_keys.last().map_or(mark, |k| k.mark);
            return self.error(context, "exceeded max depth of 10000");
        }
        let token = Token { kind, mark, text: Text::default(), handle: Text::default() };
        match number {
            Some(n) => self.insert(n, token),
            None => self.tokens.push_back(token),
        }
        Ok(())
    }

    /// Puts a token before the one of this number, or at the end where that one is gone.
    fn insert(&mut self, number: usize, token: Token) {
        match number.checked_sub(self.parsed) {
            Some(n) => self.tokens.insert(n, token),
            None => self.tokens.push_back(token),
        }
    }

    fn unroll_indent(&mut self, column: i64) {
        if self.flow_level > 0 {
            return;
        }
        while self.indent > column {
            self.push(Kind::BlockEnd, self.mark);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    fn at_document_indicator(&self) -> Option<Kind> {
        if self.mark.column != 0 {
            return None;
        }
        let kind = match (self.at(0), self.at(1), self.at(2)) {
            (b'-', b'-', b'-') => Kind::DocumentStart,
            (b'.', b'.', b'.') => Kind::DocumentEnd,
            _ => return None,
        };
        self.blank_or_end_at(3).then_some(kind)
    }

    fn fetch_next(&mut self) -> Scanned<()> {
        self.skip_to_next_token()?;
        self.unroll_indent(i64::from(self.mark.column));
        if self.at_end() || self.at(0) == 0 {
            return self.fetch_stream_end();
        }
        let c = self.at(0);
        if self.mark.column == 0 && c == b'%' {
            self.unroll_indent(-1);
            self.remove_simple_key()?;
            self.simple_key_allowed = false;
            return self.directive();
        }
        if let Some(kind) = self.at_document_indicator() {
            self.unroll_indent(-1);
            self.remove_simple_key()?;
            self.simple_key_allowed = false;
            let mark = self.mark;
            self.advance(3);
            self.push(kind, mark);
            return Ok(());
        }
        match c {
            b'[' => self.flow_start(Kind::FlowSequenceStart),
            b'{' => self.flow_start(Kind::FlowMappingStart),
            b']' => self.flow_end(Kind::FlowSequenceEnd),
            b'}' => self.flow_end(Kind::FlowMappingEnd),
            b',' => {
                self.remove_simple_key()?;
                self.simple_key_allowed = true;
                self.indicator(Kind::FlowEntry);
                Ok(())
            }
            b'-' if self.blank_or_end_at(1) => self.block_entry(),
            b'?' if self.flow_level > 0 || self.blank_or_end_at(1) => self.key(),
            b':' if self.flow_level > 0 || self.blank_or_end_at(1) => self.value(),
            b'*' => self.anchor(Kind::Alias),
            b'&' => self.anchor(Kind::Anchor),
            b'!' => self.tag(),
            b'|' if self.flow_level == 0 => self.block_scalar(true),
            b'>' if self.flow_level == 0 => self.block_scalar(false),
            b'\'' => self.quoted(true),
            b'"' => self.quoted(false),
            b'-' | b'?' | b':' => {
                let plain =
                    c == b'-' && !self.blank_at(1) || self.flow_level == 0 && c != b'-' && !self.blank_or_end_at(1);
                if plain { self.plain() } else { self.no_token() }
            }
            b'#' | b'|' | b'>' | b'%' | b'@' | b'`' | b'\t' => self.no_token(),
            _ => self.plain(),
        }
    }

    fn no_token(&self) -> Scanned<()> {
        self.error(self.mark, "found character that cannot start any token")
    }

    fn indicator(&mut self, kind: Kind) {
        let mark = self.mark;
        self.skip();
        self.push(kind, mark);
    }

    fn fetch_stream_end(&mut self) -> Scanned<()> {
        if self.mark.column != 0 {
            self.mark.column = 0;
            self.mark.line += 1;
        }
        self.unroll_indent(-1);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        self.push(Kind::StreamEnd, self.mark);
        Ok(())
    }

    fn flow_start(&mut self, kind: Kind) -> Scanned<()> {
        self.save_simple_key()?;
        let key = SimpleKey { token_number: self.next_token_number(), mark: self.mark, ..SimpleKey::default() };
        self.simple_keys.push(key);
        self.flow_level += 1;
        if self.flow_level > MAX_DEPTH {
            return self.error(self.mark, "exceeded max depth of 10000");
        }
        self.simple_key_allowed = true;
        self.indicator(kind);
        Ok(())
    }

    fn flow_end(&mut self, kind: Kind) -> Scanned<()> {
        self.remove_simple_key()?;
        if self.flow_level > 0 {
            self.flow_level -= 1;
            let inner = self.simple_keys.pop();
            // go-yaml forgets the key that begins with an empty collection: the level within has the same number.
            if let (Some(inner), Some(outer)) = (inner, self.simple_keys.last_mut()) {
                outer.forgotten |= inner.token_number == outer.token_number;
            }
        }
        self.simple_key_allowed = false;
        self.indicator(kind);
        Ok(())
    }

    fn block_entry(&mut self) -> Scanned<()> {
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return self.error(self.mark, "block sequence entries are not allowed in this context");
            }
            self.roll_indent(self.mark.column, None, Kind::BlockSequenceStart, self.mark)?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.indicator(Kind::BlockEntry);
        Ok(())
    }

    fn key(&mut self) -> Scanned<()> {
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return self.error(self.mark, "mapping keys are not allowed in this context");
            }
            self.roll_indent(self.mark.column, None, Kind::BlockMappingStart, self.mark)?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = self.flow_level == 0;
        self.indicator(Kind::Key);
        Ok(())
    }

    fn value(&mut self) -> Scanned<()> {
        let last = self.simple_keys.len() - 1;
        if self.key_is_valid(last)? {
            let key = self.simple_keys[last];
            let token = Token { kind: Kind::Key, mark: key.mark, text: Text::default(), handle: Text::default() };
            self.insert(key.token_number, token);
            self.roll_indent(key.mark.column, Some(key.token_number), Kind::BlockMappingStart, key.mark)?;
            self.simple_keys[last].possible = false;
            self.simple_key_allowed = false;
        } else {
            if self.flow_level == 0 {
                if !self.simple_key_allowed {
                    return self.error(self.mark, "mapping values are not allowed in this context");
                }
                self.roll_indent(self.mark.column, None, Kind::BlockMappingStart, self.mark)?;
            }
            self.simple_key_allowed = self.flow_level == 0;
        }
        self.indicator(Kind::Value);
        Ok(())
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

    fn slice(&self, start: Mark) -> Text {
        Text { start: start.offset, end: self.mark.offset, scratch: false }
    }

    fn anchor(&mut self, kind: Kind) -> Scanned<()> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let mark = self.mark;
        self.skip();
        let start = self.mark;
        while is_anchor_char(self.at(0)) {
            self.skip();
        }
        let text = self.slice(start);
        let ends =
            self.blank_or_end_at(0) || matches!(self.at(0), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if text.start == text.end || !ends {
            return self.error(mark, "did not find expected alphabetic or numeric character");
        }
        self.push_text(kind, mark, text, Text::default());
        Ok(())
    }

    fn directive(&mut self) -> Scanned<()> {
        let mark = self.mark;
        self.skip();
        let start = self.mark;
        while is_anchor_char(self.at(0)) {
            self.skip();
        }
        let name = self.slice(start);
        if name.start == name.end {
            return self.error(mark, "could not find expected directive name");
        }
        if !self.blank_or_end_at(0) {
            return self.error(mark, "found unexpected non-alphabetical character");
        }
        match self.bytes(name) {
            b"YAML" => self.version_directive(mark)?,
            b"TAG" => self.tag_directive(mark)?,
            _ => return self.error(mark, "found unknown directive name"),
        }
        self.skip_blanks();
        if self.at(0) == b'#' {
            self.skip_to_break();
        }
        if !self.break_or_end_at(0) {
            return self.error(mark, "did not find expected comment or line break");
        }
        if self.break_at(0) {
            self.skip_line();
        }
        Ok(())
    }

    fn skip_blanks(&mut self) {
        while self.blank_at(0) {
            self.skip();
        }
    }

    fn version_directive(&mut self, mark: Mark) -> Scanned<()> {
        self.skip_blanks();
        let major = self.version_number(mark)?;
        if self.at(0) != b'.' {
            return self.error(mark, "did not find expected digit or '.' character");
        }
        self.skip();
        let minor = self.version_number(mark)?;
        let handle = Text { start: major, end: minor, scratch: false };
        self.push_text(Kind::VersionDirective, mark, Text::default(), handle);
        Ok(())
    }

    fn version_number(&mut self, mark: Mark) -> Scanned<u32> {
        let (mut n, mut length) = (0u32, 0);
        while self.at(0).is_ascii_digit() {
            length += 1;
            if length > 2 {
                return self.error(mark, "found extremely long version number");
            }
            n = n * 10 + u32::from(self.at(0) - b'0');
            self.skip();
        }
        if length == 0 {
            return self.error(mark, "did not find expected version number");
        }
        Ok(n)
    }

    fn tag_directive(&mut self, mark: Mark) -> Scanned<()> {
        self.skip_blanks();
        let handle = self.tag_handle(true, mark)?;
        if !self.blank_at(0) {
            return self.error(mark, "did not find expected whitespace");
        }
        self.skip_blanks();
        let prefix = self.tag_uri(Text::default(), mark)?;
        if !self.blank_or_end_at(0) {
            return self.error(mark, "did not find expected whitespace or line break");
        }
        self.push_text(Kind::TagDirective, mark, prefix, handle);
        Ok(())
    }

    fn tag(&mut self) -> Scanned<()> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let mark = self.mark;
        let (handle, suffix);
        if self.at(1) == b'<' {
            self.advance(2);
            handle = Text::default();
            suffix = self.tag_uri(Text::default(), mark)?;
            if self.at(0) != b'>' {
                return self.error(mark, "did not find the expected '>'");
            }
            self.skip();
        } else {
            let first = self.tag_handle(false, mark)?;
            let bytes = self.bytes(first);
            if bytes.len() > 1 && bytes.starts_with(b"!") && bytes.ends_with(b"!") {
                handle = first;
                suffix = self.tag_uri(Text::default(), mark)?;
            } else {
                // The handle read so far is the start of the suffix; the handle itself is a lone "!".
                let uri = self.tag_uri(first, mark)?;
                let bang = Text { start: mark.offset, end: mark.offset + 1, scratch: false };
                if uri.start == uri.end {
                    (handle, suffix) = (Text::default(), bang);
                } else {
                    (handle, suffix) = (bang, uri);
                }
            }
        }
        if !self.blank_or_end_at(0) {
            return self.error(mark, "did not find expected whitespace or line break");
        }
        self.push_text(Kind::Tag, mark, suffix, handle);
        Ok(())
    }

    fn tag_handle(&mut self, directive: bool, mark: Mark) -> Scanned<Text> {
        if self.at(0) != b'!' {
            return self.error(mark, "did not find expected '!'");
        }
        let start = self.mark;
        self.skip();
        while is_anchor_char(self.at(0)) {
            self.skip();
        }
        if self.at(0) == b'!' {
            self.skip();
        } else if directive && self.slice(start).end - start.offset != 1 {
            return self.error(mark, "did not find expected '!'");
        }
        Ok(self.slice(start))
    }

    /// A tag's URI; `head` is a handle already read, of which all but the "!" belongs to it.
    fn tag_uri(&mut self, head: Text, mark: Mark) -> Scanned<Text> {
        let at = self.scratch.len();
        let mut has_tag = head.end > head.start;
        if head.end > head.start + 1 {
            let bytes = self.src[head.start as usize + 1..head.end as usize].to_vec();
            self.scratch.extend_from_slice(&bytes);
        }
        loop {
            let c = self.at(0);
            let uri = is_anchor_char(c)
                || matches!(
                    c,
                    b';' | b'/'
                        | b'?'
                        | b':'
                        | b'@'
                        | b'&'
                        | b'='
                        | b'+'
                        | b'$'
                        | b','
                        | b'.'
                        | b'%'
                        | b'!'
                        | b'~'
                        | b'*'
                        | b'\''
                        | b'('
                        | b')'
                        | b'['
                        | b']'
                );
            if !uri {
                break;
            }
            if c == b'%' {
                self.uri_escape(mark)?;
            } else {
                self.scratch.push(c);
                self.skip();
            }
            has_tag = true;
        }
        if !has_tag {
            return self.error(mark, "did not find expected tag URI");
        }
        Ok(Text { start: at as u32, end: self.scratch.len() as u32, scratch: true })
    }

    fn uri_escape(&mut self, mark: Mark) -> Scanned<()> {
        let mut left = 0;
        loop {
            let digits = (self.at(1) as char).to_digit(16).zip((self.at(2) as char).to_digit(16));
            let Some((high, low)) = digits.filter(|_| self.at(0) == b'%') else {
                return self.error(mark, "did not find URI escaped octet");
            };
            let octet = (high * 16 + low) as u8;
            if left == 0 {
                left = match octet {
                    0..0x80 => 1,
                    0xc0..0xe0 => 2,
                    0xe0..0xf0 => 3,
                    0xf0..0xf8 => 4,
                    _ => return self.error(mark, "found an incorrect leading UTF-8 octet"),
                };
            } else if octet & 0xc0 != 0x80 {
                return self.error(mark, "found an incorrect trailing UTF-8 octet");
            }
            self.scratch.push(octet);
            self.advance(3);
            left -= 1;
            if left == 0 {
                return Ok(());
            }
        }
    }

    fn block_scalar(&mut self, literal: bool) -> Scanned<()> {
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        let mark = self.mark;
        self.skip();
        let (chomping, increment) = self.block_header(mark)?;
        self.skip_blanks();
        if self.at(0) == b'#' {
            self.skip_to_break();
        }
        if !self.break_or_end_at(0) {
            return self.error(mark, "did not find expected comment or line break");
        }
        if self.break_at(0) {
            self.skip_line();
        }
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

    fn quoted(&mut self, single: bool) -> Scanned<()> {
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

    fn plain(&mut self) -> Scanned<()> {
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
