//! Go's `strconv.Quote`, which `%q` and `quote` print with.

use unicode_general_category::{GeneralCategory, get_general_category};

/// Go's `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols and the ASCII space.
pub fn is_print(r: char) -> bool {
    if r.is_ascii() {
        return (' '..='~').contains(&r);
    }
    use GeneralCategory::*;
    !matches!(
        get_general_category(r),
        Control | Format | Surrogate | PrivateUse | Unassigned | LineSeparator | ParagraphSeparator | SpaceSeparator
    )
}

/// How characters that Go would print as they are get written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Printable {
    /// All of Unicode.
    Unicode,
    /// ASCII only; the rest is escaped (`%+q`).
    Ascii,
}

/// The text as a Go literal in double quotes.
pub fn go_quote(text: &[u8]) -> Vec<u8> {
    quote_with(text, b'"', Printable::Unicode)
}

pub(super) fn quote_with(text: &[u8], quote: u8, printable: Printable) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 2);
    out.push(quote);
    for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            escape_char(&mut out, c, quote, printable);
        }
        for b in chunk.invalid() {
            out.extend_from_slice(format!("\\x{b:02x}").as_bytes());
        }
    }
    out.push(quote);
    out
}

pub(super) fn escape_char(out: &mut Vec<u8>, c: char, quote: u8, printable: Printable) {
    if c == quote as char || c == '\\' {
        out.push(b'\\');
        out.push(c as u8);
        return;
    }
    if is_print(c) && (c.is_ascii() || printable == Printable::Unicode) {
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        return;
    }
    let short = match c {
        '\u{7}' => "\\a",
        '\u{8}' => "\\b",
        '\u{c}' => "\\f",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\u{b}' => "\\v",
        _ => "",
    };
    if !short.is_empty() {
        out.extend_from_slice(short.as_bytes());
        return;
    }
    let n = c as u32;
    let text = match n {
        0..0x20 | 0x7f => format!("\\x{n:02x}"),
        0..0x10000 => format!("\\u{n:04x}"),
        _ => format!("\\U{n:08x}"),
    };
    out.extend_from_slice(text.as_bytes());
}

/// Whether a text can stand in back quotes unchanged (`%#q`).
pub fn can_backquote(text: &[u8]) -> bool {
    match std::str::from_utf8(text) {
        Ok(s) => !s.chars().any(|c| c == '`' || c == '\u{FEFF}' || c == '\u{7f}' || (c < ' ' && c != '\t')),
        Err(_) => false,
    }
}
