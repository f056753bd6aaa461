//! What may be printed how: characters, breaks, and which styles a scalar can stand in (`emitterc.go`'s analysis).

use super::super::chars::{blank_at, break_at, width};
use super::{Analysis, Dialect};

pub(super) fn printable_at(b: &[u8], i: usize) -> bool {
    match b[i] {
        b'\n' | b' '..=b'~' => true,
        0xc2 => b.get(i + 1).is_some_and(|c| *c >= 0xa0),
        0xc3..=0xec => true,
        0xed => b.get(i + 1).is_some_and(|c| *c < 0xa0),
        0xee => true,
        0xef => {
            let rest = (b.get(i + 1).copied().unwrap_or(0), b.get(i + 2).copied().unwrap_or(0));
            rest != (0xbb, 0xbf) && !(rest.0 == 0xbf && matches!(rest.1, 0xbe | 0xbf))
        }
        _ => false,
    }
}

/// Most texts are words without anything special: these are plain if they resolve to nothing else.
pub(super) fn is_simple(s: &[u8]) -> bool {
    s.len() <= 60
        && s.first().is_some_and(|c| c.is_ascii_alphabetic() || *c == b'/')
        && s.iter().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.' | b'/'))
}

pub(super) fn analyze(v: &[u8], dialect: Dialect) -> Analysis {
    if v.is_empty() {
        return Analysis { multiline: false, plain: true, single: true, block: false };
    }
    let mut indicators = v.starts_with(b"---") || v.starts_with(b"...");
    let (mut breaks, mut special, mut tabs) = (false, false, false);
    let (mut edge, mut trailing_space, mut break_space, mut space_break) = (false, false, false, false);
    let (mut previous_space, mut previous_break, mut preceded_by_blank) = (false, false, true);
    let mut i = 0;
    while i < v.len() {
        let w = width(v[i]);
        let followed_by_blank = i + w >= v.len() || blank_at(v, i + w);
        indicators |= match v[i] {
            b'#' | b',' | b'[' | b']' | b'{' | b'}' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"' | b'%' | b'@'
            | b'`'
                if i == 0 =>
            {
                true
            }
            b'?' | b'-' if i == 0 => followed_by_blank,
            b':' => followed_by_blank,
            b'#' => preceded_by_blank,
            _ => false,
        };
        if v[i] == b'\t' && dialect == Dialect::V3 {
            tabs = true;
        } else if !printable_at(v, i) {
            special = true;
        }
        let last = i + w >= v.len();
        if v[i] == b' ' {
            edge |= i == 0 || last;
            trailing_space |= last;
            break_space |= previous_break;
            (previous_space, previous_break) = (true, false);
        } else if break_at(v, i) {
            breaks = true;
            edge |= i == 0 || last;
            space_break |= previous_space;
            (previous_space, previous_break) = (false, true);
        } else {
            (previous_space, previous_break) = (false, false);
        }
        preceded_by_blank = blank_at(v, i) || break_at(v, i) || v[i] == 0;
        i += w;
    }
    let unquotable = space_break || special;
    Analysis {
        multiline: breaks,
        plain: !(edge || break_space || unquotable || tabs || breaks || indicators),
        single: !(break_space || unquotable || tabs),
        block: !(trailing_space || unquotable),
    }
}

/// `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`: quoted, because other readers take it for a number.
pub(super) fn is_base60(s: &[u8]) -> bool {
    let s = match s {
        [b'+' | b'-', rest @ ..] => rest,
        _ => s,
    };
    if !s.first().is_some_and(u8::is_ascii_digit) {
        return false;
    }
    let (s, fraction) = match memchr::memchr(b'.', s) {
        Some(n) => (&s[..n], &s[n + 1..]),
        None => (s, &[][..]),
    };
    let mut parts = s.split(|c| *c == b':');
    let first = parts.next().unwrap_or_default();
    let mut count = 0;
    let ok = parts.all(|p| {
        count += 1;
        matches!(p, [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9'])
    });
    ok && count > 0
        && first.iter().all(|c| c.is_ascii_digit() || *c == b'_')
        && fraction.iter().all(|c| c.is_ascii_digit() || *c == b'_')
}
