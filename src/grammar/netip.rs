//! Internet addresses as Go reads them (Go 1.26 `net/netip/netip.go` ParseAddr).

use crate::value::fmt::go_quote;

/// What an address turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// `1.2.3.4`
    V4,
    /// `::1`, and whether a zone follows.
    V6 {
        /// As in `fe80::1%eth0`.
        zone: bool,
    },
}

/// Reads an address.
///
/// # Errors
/// With Go's text, `ParseAddr("x"): ...`.
pub fn parse(s: &[u8]) -> Result<Address, String> {
    let error = |(message, at): Wrong<'_>| {
        let place = if at.is_empty() { String::new() } else { format!(" (at {})", go_quote(at)) };
        format!("ParseAddr({}): {message}{place}", go_quote(s))
    };
    match s.iter().find(|c| matches!(c, b'.' | b':' | b'%')) {
        Some(b'.') => v4_fields(s).map(|()| Address::V4).map_err(error),
        Some(b':') => v6(s).map(|zone| Address::V6 { zone }).map_err(error),
        Some(_) => Err(error(("missing IPv6 address", b""))),
        None => Err(error(("unable to parse IP", b""))),
    }
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
