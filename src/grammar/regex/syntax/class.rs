//! Classes: `[...]`, and the escapes that stand for a set of runes.

use super::super::unicode::class_name;
use super::escape::rune_escape;
use super::written::Item;
use super::{NOTHING, Parser, between, check_utf8, error, next_rune};

/// What stands in a class.
pub(super) enum Member {
    /// A set in the crate's syntax.
    Set(String),
    Rune(u32),
}

impl Parser<'_> {
    pub(super) fn class(&mut self) -> Result<(), String> {
        let whole = self.rest;
        let mut s = &whole[1..];
        let negated = s.first() == Some(&b'^');
        if negated {
            s = &s[1..];
        }
        let mut text = String::new();
        let mut first = true;
        while first || s.first() != Some(&b']') {
            first = false;
            s = class_member(s, whole, &mut text)?;
        }
        let text = match (text.is_empty(), negated) {
            (true, false) => NOTHING.to_owned(),
            (true, true) => "[\\x00-\\x{10ffff}]".to_owned(),
            (false, false) => format!("[{text}]"),
            (false, true) => format!("[^{text}]"),
        };
        self.push(Item::atom(if self.flags.fold { format!("(?i:{text})") } else { text }));
        self.rest = &s[1..];
        Ok(())
    }
}

/// An escape that stands for a set or a rune.
pub(super) fn set_or_rune(s: &[u8]) -> Result<(Member, &[u8]), String> {
    let set = match s.get(1) {
        Some(b'd') => "[0-9]",
        Some(b'D') => "[^0-9]",
        Some(b's') => "[\\t\\n\\f\\r ]",
        Some(b'S') => "[^\\t\\n\\f\\r ]",
        Some(b'w') => "[0-9A-Za-z_]",
        Some(b'W') => "[^0-9A-Za-z_]",
        Some(b'p' | b'P') => return unicode_class(s),
        _ => {
            let (c, rest) = rune_escape(s)?;
            return Ok((Member::Rune(c), rest));
        }
    };
    Ok((Member::Set(set.to_owned()), &s[2..]))
}

/// One member of a class, written to `text`.
fn class_member<'a>(s: &'a [u8], whole: &[u8], text: &mut String) -> Result<&'a [u8], String> {
    if s.len() > 2
        && s.starts_with(b"[:")
        && let Some(n) = memchr::memmem::find(&s[2..], b":]")
    {
        let (name, rest) = s.split_at(n + 4);
        let Some(name) = posix_class(name) else { return Err(error("invalid character class range", name)) };
        text.push_str(name);
        return Ok(rest);
    }
    let (low, mut rest) = class_item(s, whole)?;
    let low = match low {
        Member::Set(set) => {
            text.push_str(&set);
            return Ok(rest);
        }
        Member::Rune(c) => c,
    };
    let mut high = low;
    if rest.len() >= 2 && rest[0] == b'-' && rest[1] != b']' {
        (high, rest) = class_rune(&rest[1..], whole)?;
        if high < low {
            return Err(error("invalid character class range", between(s, rest)));
        }
    }
    write_range(text, low, high);
    Ok(rest)
}

fn class_item<'a>(s: &'a [u8], whole: &[u8]) -> Result<(Member, &'a [u8]), String> {
    if let [b'\\', b'd' | b'D' | b's' | b'S' | b'w' | b'W' | b'p' | b'P', ..] = s {
        return set_or_rune(s);
    }
    let (c, rest) = class_rune(s, whole)?;
    Ok((Member::Rune(c), rest))
}

fn class_rune<'a>(s: &'a [u8], whole: &[u8]) -> Result<(u32, &'a [u8]), String> {
    match s.first() {
        None => Err(error("missing closing ]", whole)),
        Some(b'\\') => rune_escape(s),
        Some(_) => next_rune(s),
    }
}

/// Writes a range of runes without the surrogates, which no text has.
fn write_range(text: &mut String, low: u32, high: u32) {
    let low = if (0xd800..0xe000).contains(&low) { 0xe000 } else { low };
    let high = if (0xd800..0xe000).contains(&high) { 0xd7ff } else { high };
    if low < high {
        text.push_str(&format!("\\x{{{low:x}}}-\\x{{{high:x}}}"));
    } else if low == high {
        text.push_str(&format!("\\x{{{low:x}}}"));
    }
}

/// `[:alpha:]` and the like, `[:^alpha:]` for what is not.
fn posix_class(name: &[u8]) -> Option<&str> {
    const NAMES: &[&[u8]] = &[
        b"alnum", b"alpha", b"ascii", b"blank", b"cntrl", b"digit", b"graph", b"lower", b"print", b"punct", b"space",
        b"upper", b"word", b"xdigit",
    ];
    let bare = name.strip_prefix(b"[:")?.strip_suffix(b":]")?;
    let known = NAMES.contains(&bare.strip_prefix(b"^").unwrap_or(bare));
    known.then(|| std::str::from_utf8(name).ok()).flatten()
}

/// `\pL`, `\p{Greek}`, `\P{^Lu}`.
fn unicode_class(s: &[u8]) -> Result<(Member, &[u8]), String> {
    let mut negated = s[1] == b'P';
    let (c, mut rest) = next_rune(&s[2..])?;
    let name = if c == '{' as u32 {
        let Some(end) = memchr::memchr(b'}', s) else {
            check_utf8(s)?;
            return Err(error("invalid character class range", s));
        };
        rest = &s[end + 1..];
        check_utf8(&s[3..end])?;
        &s[3..end]
    } else {
        &between(s, rest)[2..]
    };
    let bare = name.strip_prefix(b"^");
    negated ^= bare.is_some();
    let Some(class) = class_name(bare.unwrap_or(name)) else {
        return Err(error("invalid character class range", between(s, rest)));
    };
    // The crate has no surrogates: nothing is one.
    let text = match (class.as_str(), negated) {
        ("gc=Cs", false) => NOTHING.to_owned(),
        ("gc=Cs", true) => "\\p{Any}".to_owned(),
        (class, negated) => format!("\\{}{{{class}}}", if negated { 'P' } else { 'p' }),
    };
    Ok((Member::Set(text), rest))
}
