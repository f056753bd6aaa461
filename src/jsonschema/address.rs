//! The formats `ipv4` and `ipv6`: Go 1.26 `net/netip/netip.go` ParseAddr with its texts, and what santhosh-tekuri/
//! jsonschema v6.0.3 `format.go` adds to it.

use super::formats::Checked;
use crate::value::fmt::go_quote;

fn quoted(s: &[u8]) -> String {
    String::from_utf8_lossy(&go_quote(s)).into_owned()
}

/// Go's `strconv.Atoi`.
pub(super) fn atoi(text: &[u8]) -> Result<i64, String> {
    let error = |why: &str| format!("strconv.Atoi: parsing {}: {why}", quoted(text));
    let digits = text.strip_prefix(b"+").or(text.strip_prefix(b"-")).unwrap_or(text);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(error("invalid syntax"));
    }
    let parsed = std::str::from_utf8(text).ok().and_then(|t| t.parse().ok());
    parsed.ok_or_else(|| error("value out of range"))
}

/// Four decimals.
pub(super) fn ipv4(s: &str) -> Checked {
    let groups: Vec<&str> = s.split('.').collect();
    if groups.len() != 4 {
        return Err("expected four decimals".into());
    }
    for group in groups {
        if group.len() > 1 && group.starts_with('0') {
            return Err("leading zeros".into());
        }
        if !(0..=255).contains(&atoi(group.as_bytes())?) {
            return Err("decimal must be between 0 and 255".into());
        }
    }
    Ok(())
}

/// An address with colons and without a zone.
pub(super) fn ipv6(s: &str) -> Checked {
    if !s.contains(':') {
        return Err("missing colon".into());
    }
    let error = |(message, at): (&str, &[u8])| {
        let place = if at.is_empty() { String::new() } else { format!(" (at {})", quoted(at)) };
        format!("ParseAddr({}): {message}{place}", quoted(s.as_bytes()))
    };
    let zone = match s.bytes().find(|c| matches!(c, b'.' | b':' | b'%')) {
        Some(b'.') => return v4_fields(s.as_bytes()).map_err(error),
        Some(b'%') => return Err(error(("missing IPv6 address", b""))),
        _ => v6(s.as_bytes()).map_err(error)?,
    };
    if zone { Err("zone id is not a part of ipv6 address".into()) } else { Ok(()) }
}

/// What is wrong, and the rest of the text where Go names it.
type Wrong<'a> = (&'static str, &'a [u8]);

fn v4_fields(s: &[u8]) -> Result<(), Wrong<'_>> {
    let (mut value, mut digits, mut dots) = (0u32, 0, 0);
    for (i, c) in s.iter().enumerate() {
        match c {
            b'0'..=b'9' => {
                if digits == 1 && value == 0 {
                    return Err(("IPv4 field has octet with leading zero", b""));
                }
                value = value * 10 + u32::from(c - b'0');
                digits += 1;
                if value > 255 {
                    return Err(("IPv4 field has value >255", b""));
                }
            }
            b'.' => {
                if i == 0 || i + 1 == s.len() || s[i - 1] == b'.' {
                    return Err(("IPv4 field must have at least one digit", &s[i..]));
                }
                if dots == 3 {
                    return Err(("IPv4 address too long", b""));
                }
                (value, digits, dots) = (0, 0, dots + 1);
            }
            _ => return Err(("unexpected character", &s[i..])),
        }
    }
    if dots < 3 { Err(("IPv4 address too short", b"")) } else { Ok(()) }
}

/// Whether the address has a zone.
fn v6(text: &[u8]) -> Result<bool, Wrong<'_>> {
    let (mut s, zone) = match memchr::memchr(b'%', text) {
        Some(n) if n + 1 == text.len() => return Err(("zone must be a non-empty string", b"")),
        Some(n) => (&text[..n], true),
        None => (text, false),
    };
    let mut ellipsis = None;
    if let Some(rest) = s.strip_prefix(b"::") {
        (s, ellipsis) = (rest, Some(0));
        if s.is_empty() {
            return Ok(zone);
        }
    }
    let mut at = 0;
    while at < 16 {
        let digits = group(s)?;
        if s.get(digits) == Some(&b'.') {
            if ellipsis.is_none() && at != 12 {
                return Err(("embedded IPv4 address must replace the final 2 fields of the address", s));
            }
            if at + 4 > 16 {
                return Err(("too many hex fields to fit an embedded IPv4 at the end of the address", s));
            }
            v4_fields(s)?;
            (s, at) = (b"", at + 4);
            break;
        }
        at += 2;
        s = &s[digits..];
        match s {
            b"" => break,
            b":" => return Err(("colon must be followed by more characters", s)),
            [b':', ..] => s = &s[1..],
            _ => return Err(("unexpected character, want colon", s)),
        }
        if let Some(rest) = s.strip_prefix(b":") {
            if ellipsis.is_some() {
                return Err(("multiple :: in address", s));
            }
            (s, ellipsis) = (rest, Some(at));
            if s.is_empty() {
                break;
            }
        }
    }
    match (s.is_empty(), at < 16, ellipsis.is_some()) {
        (false, ..) => Err(("trailing garbage after address", s)),
        (_, true, false) => Err(("address string too short", b"")),
        (_, false, true) => Err(("the :: must expand to at least one field of zeros", b"")),
        _ => Ok(zone),
    }
}

/// The length of a group of hexadecimal digits.
fn group(s: &[u8]) -> Result<usize, Wrong<'_>> {
    let digits = s.iter().take_while(|c| c.is_ascii_hexdigit()).count();
    match digits {
        0 => Err(("each colon-separated field must have at least one digit", s)),
        1..=4 => Ok(digits),
        _ => Err(("each group must have 4 or less digits", s)),
    }
}
