//! CEL's tokens.

use super::CompileError;
use super::ast::Literal;

/// A token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Token<'t> {
    /// A name or a word like `true`.
    Ident(&'t str),
    /// Digits, with `0x` and `u`.
    Int(&'t str),
    /// A number with a fraction or an exponent.
    Float(&'t str),
    /// What stands between the quotes.
    Str {
        /// The text.
        text: &'t str,
        /// With `r`.
        raw: bool,
        /// With `b`.
        bytes: bool,
    },
    /// Punctuation, and `in`.
    Symbol(&'static str),
    /// Nothing more.
    End,
}

impl Token<'_> {
    /// For error messages.
    pub fn describe(&self) -> String {
        match self {
            Token::Ident(t) | Token::Int(t) | Token::Float(t) => format!("'{t}'"),
            Token::Symbol(t) => format!("'{t}'"),
            Token::Str { .. } => "a string".to_owned(),
            Token::End => "the end of the expression".to_owned(),
        }
    }
}

const SYMBOLS: &[&str] = &[
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":", ".", ",", "(", ")", "[", "]",
    "{", "}",
];

/// Reads tokens one by one.
pub struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    /// From the start.
    pub fn new(text: &'t str) -> Lexer<'t> {
        Lexer { text, at: 0 }
    }

    fn skip(&mut self) {
        loop {
            let rest = &self.text[self.at..];
            let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n', '\x0c']);
            self.at += rest.len() - trimmed.len();
            if !trimmed.starts_with("//") {
                return;
            }
            self.at += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    /// The next token and where it begins.
    ///
    /// # Errors
    /// A character or a string that CEL does not have.
    pub fn next(&mut self) -> Result<(Token<'t>, u32), CompileError> {
        self.skip();
        let rest = &self.text[self.at..];
        let pos = self.at as u32;
        let Some(first) = rest.chars().next() else { return Ok((Token::End, pos)) };
        if let Some((token, length)) = string(rest, pos)? {
            self.at += length;
            return Ok((token, pos));
        }
        if first.is_ascii_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
            self.at += end;
            let token = match &rest[..end] {
                "in" => Token::Symbol("in"),
                word => Token::Ident(word),
            };
            return Ok((token, pos));
        }
        let after_dot = rest.strip_prefix('.').is_some_and(|r| r.starts_with(|c: char| c.is_ascii_digit()));
        if first.is_ascii_digit() || after_dot {
            let (token, length) = number(rest);
            self.at += length;
            return Ok((token, pos));
        }
        match SYMBOLS.iter().find(|s| rest.starts_with(**s)) {
            Some(symbol) => {
                self.at += symbol.len();
                Ok((Token::Symbol(symbol), pos))
            }
            None => Err(CompileError::new(format!("Syntax error: token recognition error at: '{first}'"), pos)),
        }
    }
}

fn number(rest: &str) -> (Token<'_>, usize) {
    let bytes = rest.as_bytes();
    let digits = |from: usize| from + bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    if rest.starts_with("0x") || rest.starts_with("0X") {
        let mut end = 2 + bytes[2..].iter().take_while(|b| b.is_ascii_hexdigit()).count();
        end += usize::from(matches!(bytes.get(end), Some(b'u' | b'U')));
        return (Token::Int(&rest[..end]), end);
    }
    let mut end = digits(0);
    let mut float = false;
    if bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit) {
        (end, float) = (digits(end + 1), true);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        if bytes.get(end + 1 + sign).is_some_and(u8::is_ascii_digit) {
            (end, float) = (digits(end + 1 + sign), true);
        }
    }
    if float {
        return (Token::Float(&rest[..end]), end);
    }
    end += usize::from(matches!(bytes.get(end), Some(b'u' | b'U')));
    (Token::Int(&rest[..end]), end)
}

/// A string with its prefix and its quotes, and how long all that is.
fn string(rest: &str, pos: u32) -> Result<Option<(Token<'_>, usize)>, CompileError> {
    let prefix = rest.bytes().take(2).take_while(|b| matches!(b, b'r' | b'R' | b'b' | b'B')).count();
    let (head, body) = rest.split_at(prefix);
    let Some(quote) = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|q| body.starts_with(q)) else { return Ok(None) };
    let has = |letter: char| head.contains([letter, letter.to_ascii_uppercase()]);
    let (raw, bytes) = (has('r'), has('b'));
    let inner = &body[quote.len()..];
    let unclosed = || CompileError::new("Syntax error: a string is not closed", pos);
    let mut at = 0;
    loop {
        let left = &inner[at..];
        if left.starts_with(quote) {
            let length = prefix + quote.len() * 2 + at;
            return Ok(Some((Token::Str { text: &inner[..at], raw, bytes }, length)));
        }
        let mut chars = left.chars();
        match chars.next() {
            None => return Err(unclosed()),
            Some('\n' | '\r') if quote.len() == 1 => return Err(unclosed()),
            Some('\\') if !raw => at += 1 + chars.next().map_or(0, char::len_utf8),
            Some(c) => at += c.len_utf8(),
        }
    }
}

/// What a string stands for.
///
/// # Errors
/// An escape that CEL does not have.
pub fn unescape(text: &str, raw: bool, bytes: bool, pos: u32) -> Result<Literal, CompileError> {
    let wrong = || CompileError::new("invalid string literal: unable to unescape string", pos);
    let mut out: Vec<u8> = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if c != '\\' || raw {
            // Go reads a text whose lines end in CR LF as it stands.
            out.extend_from_slice(&rest.as_bytes()[..c.len_utf8()]);
            rest = &rest[c.len_utf8()..];
            continue;
        }
        let (value, length) = escape(&rest[1..]).ok_or_else(wrong)?;
        match value {
            Escape::Byte(b) if bytes => out.push(b),
            Escape::Byte(b) => out.extend_from_slice(char::from(b).encode_utf8(&mut [0; 4]).as_bytes()),
            Escape::Char(_) if bytes => return Err(wrong()),
            Escape::Char(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        rest = &rest[1 + length..];
    }
    match bytes {
        true => Ok(Literal::Bytes(out.into())),
        false => String::from_utf8(out).map(|s| Literal::Str(s.into())).map_err(|_| wrong()),
    }
}

enum Escape {
    Byte(u8),
    Char(char),
}

/// The escape behind a backslash, and its length.
fn escape(rest: &str) -> Option<(Escape, usize)> {
    let first = rest.chars().next()?;
    let simple = |b: u8| Some((Escape::Byte(b), 1));
    let hex = |n: usize| u32::from_str_radix(rest.get(1..1 + n)?, 16).ok();
    match first {
        'a' => simple(7),
        'b' => simple(8),
        'f' => simple(12),
        'n' => simple(10),
        'r' => simple(13),
        't' => simple(9),
        'v' => simple(11),
        '\\' | '\'' | '"' | '`' | '?' => simple(first as u8),
        'x' | 'X' => Some((Escape::Byte(hex(2)? as u8), 3)),
        'u' => Some((Escape::Char(char::from_u32(hex(4)?)?), 5)),
        'U' => Some((Escape::Char(char::from_u32(hex(8)?)?), 9)),
        '0'..='3' => Some((Escape::Byte(u8::from_str_radix(rest.get(..3)?, 8).ok()?), 3)),
        _ => None,
    }
}
