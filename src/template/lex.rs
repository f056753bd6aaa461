//! The lexer of Go's template language: text and actions to tokens. Follows the rules (and error texts) of Go 1.26
//! `text/template/parse/lex.go`; positions are byte offsets, lines count from 1.

use memchr::memmem;
use unicode_general_category::{GeneralCategory, get_general_category};

use crate::value::decode_rune;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An error; the text is in [`Lexer::message`].
    Error,
    /// `true` or `false`
    Bool,
    /// An ASCII character that stands for itself, such as a comma.
    Char,
    /// `'a'`
    CharConstant,
    /// `1+2i`
    Complex,
    /// `=`
    Assign,
    /// `:=`
    Declare,
    /// End of the input
    Eof,
    /// `.name`
    Field,
    /// A name that is no keyword.
    Identifier,
    /// `{{`, trim marker included in what was skipped
    LeftDelim,
    /// `(`
    LeftParen,
    /// A number; imaginary ones too
    Number,
    /// `|`
    Pipe,
    /// Text in backquotes
    RawString,
    /// `}}`
    RightDelim,
    /// `)`
    RightParen,
    /// Blanks between operands
    Space,
    /// Text in double quotes
    String,
    /// Text outside of actions
    Text,
    /// `$` or `$name`
    Variable,
    /// `.`
    Dot,
    /// `block`
    Block,
    /// `break`
    Break,
    /// `continue`
    Continue,
    /// `define`
    Define,
    /// `else`
    Else,
    /// `end`
    End,
    /// `if`
    If,
    /// `nil`
    Nil,
    /// `range`
    Range,
    /// `template`
    Template,
    /// `with`
    With,
}

impl Kind {
    /// Whether the token is one of the language's keywords.
    pub fn is_keyword(self) -> bool {
        matches!(
            self,
            Kind::Dot
                | Kind::Block
                | Kind::Break
                | Kind::Continue
                | Kind::Define
                | Kind::Else
                | Kind::End
                | Kind::If
                | Kind::Nil
                | Kind::Range
                | Kind::Template
                | Kind::With
        )
    }
}

/// A token: `start..end` in the source.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Byte offset of its first byte.
    pub start: u32,
    /// Byte offset behind it.
    pub end: u32,
    /// Line it starts on.
    pub line: u32,
}

/// The lexer. After an error it gives only ends of input.
pub struct Lexer<'a> {
    input: &'a [u8],
    pos: usize,
    start: usize,
    line: u32,
    start_line: u32,
    paren_depth: u32,
    inside_action: bool,
    left: memmem::Finder<'static>,
    /// Text of the last error token.
    pub message: String,
}

const LEFT: &[u8] = b"{{";
const RIGHT: &[u8] = b"}}";

fn is_space(c: u8) -> bool {
    matches!(c, b' ' | b'\t' | b'\r' | b'\n')
}

/// Go's `unicode.IsLetter` or `unicode.IsDigit`, or an underscore.
fn is_alphanumeric(r: char) -> bool {
    if r.is_ascii() {
        return r == '_' || r.is_ascii_alphanumeric();
    }
    use GeneralCategory::*;
    matches!(
        get_general_category(r),
        UppercaseLetter | LowercaseLetter | TitlecaseLetter | ModifierLetter | OtherLetter | DecimalNumber
    )
}

/// Go's `%#U` of a rune: `U+0022 '"'`, the quoted part only for printable ones.
fn sharp_u(r: Option<char>) -> String {
    match r {
        None => "U+FFFFFFFFFFFFFFFF".into(),
        Some(r) if crate::value::fmt::is_print(r) => format!("U+{:04X} '{r}'", r as u32),
        Some(r) => format!("U+{:04X}", r as u32),
    }
}

fn has_left_trim(s: &[u8]) -> bool {
    s.len() >= 2 && s[0] == b'-' && is_space(s[1])
}

fn has_right_trim(s: &[u8]) -> bool {
    s.len() >= 2 && is_space(s[0]) && s[1] == b'-'
}

fn leading_space(s: &[u8]) -> usize {
    s.iter().take_while(|c| is_space(**c)).count()
}

impl<'a> Lexer<'a> {
    /// A lexer of `input`, which must be shorter than 4 GiB.
    pub fn new(input: &'a [u8]) -> Lexer<'a> {
        Lexer {
            input,
            pos: 0,
            start: 0,
            line: 1,
            start_line: 1,
            paren_depth: 0,
            inside_action: false,
            left: memmem::Finder::new(LEFT),
            message: String::new(),
        }
    }

    fn rest(&self) -> &'a [u8] {
        &self.input[self.pos.min(self.input.len())..]
    }

    fn peek(&self) -> Option<char> {
        decode_rune(self.rest()).map(|(r, _)| r)
    }

    fn next_rune(&mut self) -> Option<char> {
        if let Some(c @ (b' '..=b'~')) = self.rest().first() {
            self.pos += 1;
            return Some(char::from(*c));
        }
        let (r, w) = decode_rune(self.rest())?;
        self.pos += w;
        if r == '\n' {
            self.line += 1;
        }
        Some(r)
    }

    fn count_lines(&mut self, from: usize, to: usize) {
        let text = &self.input[from..to];
        let breaks = if text.len() < 16 {
            text.iter().filter(|c| **c == b'\n').count()
        } else {
            memchr::memchr_iter(b'\n', text).count()
        };
        self.line += breaks as u32;
    }

    fn token(&mut self, kind: Kind) -> Token {
        let token = Token { kind, start: self.start as u32, end: self.pos as u32, line: self.start_line };
        self.start = self.pos;
        self.start_line = self.line;
        token
    }

    fn ignore(&mut self) {
        self.count_lines(self.start, self.pos);
        self.start = self.pos;
        self.start_line = self.line;
    }

    fn error(&mut self, message: impl Into<String>) -> Token {
        self.message = message.into();
        let token = Token { kind: Kind::Error, start: self.start as u32, end: self.pos as u32, line: self.start_line };
        self.input = &[];
        self.pos = 0;
        self.start = 0;
        token
    }

    /// The next token.
    pub fn next_token(&mut self) -> Token {
        if self.inside_action { self.inside() } else { self.text() }
    }

    fn text(&mut self) -> Token {
        loop {
            let Some(x) = self.left.find(self.rest()) else {
                self.pos = self.input.len();
                if self.pos > self.start {
                    self.count_lines(self.start, self.pos);
                    return self.token(Kind::Text);
                }
                return self.token(Kind::Eof);
            };
            if x > 0 {
                self.pos += x;
                let mut trim = 0;
                if has_left_trim(&self.input[self.pos + 2..]) {
                    let text = &self.input[self.start..self.pos];
                    trim = text.iter().rev().take_while(|c| is_space(**c)).count();
                }
                self.pos -= trim;
                self.count_lines(self.start, self.pos);
                let token = self.token(Kind::Text);
                self.pos += trim;
                self.ignore();
                if token.end > token.start {
                    return token;
                }
            }
            match self.left_delim() {
                Some(token) => return token,
                None => continue,
            }
        }
    }

    /// At `{{`: the delimiter's token, or nothing after a comment was skipped.
    fn left_delim(&mut self) -> Option<Token> {
        self.pos += 2;
        let after = if has_left_trim(self.rest()) { 2 } else { 0 };
        if self.input[self.pos + after..].starts_with(b"/*") {
            self.pos += after;
            self.ignore();
            return self.comment();
        }
        let token = self.token(Kind::LeftDelim);
        self.inside_action = true;
        self.pos += after;
        self.ignore();
        self.paren_depth = 0;
        Some(token)
    }

    fn comment(&mut self) -> Option<Token> {
        self.pos += 2;
        let Some(x) = memmem::find(self.rest(), b"*/") else {
            return Some(self.error("unclosed comment"));
        };
        self.pos += x + 2;
        let (delim, trim) = self.at_right_delim();
        if !delim {
            return Some(self.error("comment ends before closing delimiter"));
        }
        self.count_lines(self.start, self.pos);
        self.start = self.pos;
        self.start_line = self.line;
        if trim {
            self.pos += 2;
        }
        self.pos += 2;
        if trim {
            self.pos += leading_space(self.rest());
        }
        self.ignore();
        None
    }

    fn at_right_delim(&self) -> (bool, bool) {
        let rest = self.rest();
        if has_right_trim(rest) && rest[2..].starts_with(RIGHT) {
            return (true, true);
        }
        (rest.starts_with(RIGHT), false)
    }

    fn right_delim(&mut self) -> Token {
        let (_, trim) = self.at_right_delim();
        if trim {
            self.pos += 2;
            self.ignore();
        }
        self.pos += 2;
        let token = self.token(Kind::RightDelim);
        if trim {
            self.pos += leading_space(self.rest());
            self.ignore();
        }
        self.inside_action = false;
        token
    }

    fn inside(&mut self) -> Token {
        if self.at_right_delim().0 {
            if self.paren_depth == 0 {
                return self.right_delim();
            }
            return self.error("unclosed left paren");
        }
        let before = (self.pos, self.line);
        let Some(r) = self.next_rune() else {
            return self.error("unclosed action");
        };
        match r {
            ' ' | '\t' | '\r' | '\n' => {
                (self.pos, self.line) = before;
                self.space()
            }
            '=' => self.token(Kind::Assign),
            ':' => {
                if self.next_rune() == Some('=') {
                    self.token(Kind::Declare)
                } else {
                    self.error("expected :=")
                }
            }
            '|' => self.token(Kind::Pipe),
            '"' => self.quoted(b'"', Kind::String, "unterminated quoted string"),
            '`' => self.raw_string(),
            '$' => self.field_or_variable(Kind::Variable),
            '\'' => self.quoted(b'\'', Kind::CharConstant, "unterminated character constant"),
            '.' if self.rest().first().is_some_and(|c| !c.is_ascii_digit()) => self.field_or_variable(Kind::Field),
            '.' | '+' | '-' | '0'..='9' => {
                self.pos = before.0;
                self.number()
            }
            r if is_alphanumeric(r) => {
                self.pos = before.0;
                self.identifier()
            }
            '(' => {
                self.paren_depth += 1;
                self.token(Kind::LeftParen)
            }
            ')' => match self.paren_depth.checked_sub(1) {
                Some(depth) => {
                    self.paren_depth = depth;
                    self.token(Kind::RightParen)
                }
                None => self.error("unexpected right paren"),
            },
            r if r.is_ascii() && (' '..='~').contains(&r) => self.token(Kind::Char),
            r => self.error(format!("unrecognized character in action: {}", sharp_u(Some(r)))),
        }
    }

    /// Blanks; the last one may belong to a closing ` -}}`.
    fn space(&mut self) -> Token {
        let n = leading_space(self.rest());
        let last = self.pos + n - 1;
        if has_right_trim(&self.input[last..]) && self.input[last + 2..].starts_with(RIGHT) {
            if n == 1 {
                return self.right_delim();
            }
            self.count_lines(self.pos, last);
            self.pos = last;
            return self.token(Kind::Space);
        }
        let to = self.pos + n;
        self.count_lines(self.pos, to);
        self.pos = to;
        self.token(Kind::Space)
    }

    fn skip_alphanumeric(&mut self) {
        let ascii = self.rest().iter().take_while(|c| c.is_ascii_alphanumeric() || **c == b'_').count();
        self.pos += ascii;
        if self.rest().first().is_none_or(u8::is_ascii) {
            return;
        }
        while let Some((r, w)) = decode_rune(self.rest()) {
            if !is_alphanumeric(r) {
                break;
            }
            self.pos += w;
        }
    }

    fn identifier(&mut self) -> Token {
        self.skip_alphanumeric();
        if !self.at_terminator() {
            let r = self.peek();
            return self.error(format!("bad character {}", sharp_u(r)));
        }
        let kind = match &self.input[self.start..self.pos] {
            b"block" => Kind::Block,
            b"break" => Kind::Break,
            b"continue" => Kind::Continue,
            b"define" => Kind::Define,
            b"else" => Kind::Else,
            b"end" => Kind::End,
            b"if" => Kind::If,
            b"nil" => Kind::Nil,
            b"range" => Kind::Range,
            b"template" => Kind::Template,
            b"with" => Kind::With,
            b"true" | b"false" => Kind::Bool,
            _ => Kind::Identifier,
        };
        self.token(kind)
    }

    fn field_or_variable(&mut self, kind: Kind) -> Token {
        if self.at_terminator() {
            return self.token(if kind == Kind::Variable { Kind::Variable } else { Kind::Dot });
        }
        self.skip_alphanumeric();
        if !self.at_terminator() {
            let r = self.peek();
            return self.error(format!("bad character {}", sharp_u(r)));
        }
        self.token(kind)
    }

    fn at_terminator(&self) -> bool {
        match self.rest().first() {
            None => true,
            Some(c) => {
                is_space(*c) || matches!(c, b'.' | b',' | b'|' | b':' | b')' | b'(') || self.rest().starts_with(RIGHT)
            }
        }
    }

    fn quoted(&mut self, quote: u8, kind: Kind, unterminated: &'static str) -> Token {
        loop {
            match self.rest().first() {
                Some(b'\\') if self.rest().get(1).is_some_and(|c| *c != b'\n') => self.pos += 2,
                Some(c) if *c == quote => {
                    self.pos += 1;
                    return self.token(kind);
                }
                None | Some(b'\n' | b'\\') => return self.error(unterminated),
                Some(_) => self.pos += 1,
            }
        }
    }

    fn raw_string(&mut self) -> Token {
        let Some(n) = memchr::memchr(b'`', self.rest()) else {
            return self.error("unterminated raw quoted string");
        };
        let to = self.pos + n + 1;
        self.count_lines(self.pos, to);
        self.pos = to;
        self.token(Kind::RawString)
    }

    fn number(&mut self) -> Token {
        if !self.scan_number() {
            return self.bad_number();
        }
        if matches!(self.peek(), Some('+' | '-')) {
            if !self.scan_number() || self.input[self.pos - 1] != b'i' {
                return self.bad_number();
            }
            return self.token(Kind::Complex);
        }
        self.token(Kind::Number)
    }

    fn bad_number(&mut self) -> Token {
        let text = crate::value::fmt::go_quote(&self.input[self.start..self.pos]);
        self.error(format!("bad number syntax: {text}"))
    }

    fn accept(&mut self, valid: &[u8]) -> bool {
        let ok = self.rest().first().is_some_and(|c| valid.contains(c));
        if ok {
            self.pos += 1;
        }
        ok
    }

    fn accept_run(&mut self, valid: &[u8]) {
        while self.accept(valid) {}
    }

    fn scan_number(&mut self) -> bool {
        self.accept(b"+-");
        let mut digits: &[u8] = b"0123456789_";
        if self.accept(b"0") {
            if self.accept(b"xX") {
                digits = b"0123456789abcdefABCDEF_";
            } else if self.accept(b"oO") {
                digits = b"01234567_";
            } else if self.accept(b"bB") {
                digits = b"01_";
            }
        }
        self.accept_run(digits);
        if self.accept(b".") {
            self.accept_run(digits);
        }
        if digits.len() == 11 && self.accept(b"eE") || digits.len() == 23 && self.accept(b"pP") {
            self.accept(b"+-");
            self.accept_run(b"0123456789_");
        }
        self.accept(b"i");
        if self.peek().is_some_and(is_alphanumeric) {
            self.next_rune();
            return false;
        }
        true
    }
}
