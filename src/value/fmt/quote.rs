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
pub fn go_quote(text: impl AsRef<[u8]>) -> String {
    quote_with(text.as_ref(), Printable::Unicode)
}

/// The character as a Go literal in single quotes.
pub fn go_quote_rune(c: char) -> String {
    quote_rune_with(c, Printable::Unicode)
}

pub(super) fn quote_rune_with(c: char, printable: Printable) -> String {
    let mut out = String::from('\'');
    escape_char(&mut out, c, '\'', printable);
    out.push('\'');
    out
}

pub(super) fn quote_with(text: &[u8], printable: Printable) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            escape_char(&mut out, c, '"', printable);
        }
        for b in chunk.invalid() {
            out.push_str(&format!("\\x{b:02x}"));
        }
    }
    out.push('"');
    out
}

fn escape_char(out: &mut String, c: char, quote: char, printable: Printable) {
    if c == quote || c == '\\' {
        out.push('\\');
        out.push(c);
        return;
    }
    if is_print(c) && (c.is_ascii() || printable == Printable::Unicode) {
        out.push(c);
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
        out.push_str(short);
        return;
    }
    let n = c as u32;
    let text = match n {
        0..0x20 | 0x7f => format!("\\x{n:02x}"),
        0..0x10000 => format!("\\u{n:04x}"),
        _ => format!("\\U{n:08x}"),
    };
    out.push_str(&text);
}

/// Whether a text can stand in back quotes unchanged (`%#q`).
pub fn can_backquote(text: &[u8]) -> bool {
    match std::str::from_utf8(text) {
        Ok(s) => !s.chars().any(|c| c == '`' || c == '\u{FEFF}' || c == '\u{7f}' || (c < ' ' && c != '\t')),
        Err(_) => false,
    }
}
