//! The type of a plain scalar: YAML 1.1 as go-yaml v2.4.4 `resolve.go` has it.

use crate::gonum::{parse_float, parse_int, parse_uint};

/// What a scalar is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Resolved {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    /// Its own text; also timestamps, which stay text.
    Str,
    /// Its own text, but recognised as a date or time: quoted on the way out.
    Timestamp,
}

/// The type by the text alone, for a scalar without tag.
pub fn resolve(text: &[u8]) -> Resolved {
    let Some(first) = text.first() else { return Resolved::Null };
    match first {
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => word(text),
        b'.' => dotted(text),
        b'+' | b'-' | b'0'..=b'9' => number(text),
        _ => Resolved::Str,
    }
}

fn word(text: &[u8]) -> Resolved {
    match text {
        b"y" | b"Y" | b"yes" | b"Yes" | b"YES" | b"true" | b"True" | b"TRUE" | b"on" | b"On" | b"ON" => {
            Resolved::Bool(true)
        }
        b"n" | b"N" | b"no" | b"No" | b"NO" | b"false" | b"False" | b"FALSE" | b"off" | b"Off" | b"OFF" => {
            Resolved::Bool(false)
        }
        b"~" | b"null" | b"Null" | b"NULL" => Resolved::Null,
        _ => Resolved::Str,
    }
}

fn dotted(text: &[u8]) -> Resolved {
    match text {
        b".nan" | b".NaN" | b".NAN" => Resolved::Float(f64::NAN),
        b".inf" | b".Inf" | b".INF" => Resolved::Float(f64::INFINITY),
        _ => parse_float(text).map_or(Resolved::Str, Resolved::Float),
    }
}

fn number(text: &[u8]) -> Resolved {
    match text {
        b"+.inf" | b"+.Inf" | b"+.INF" => return Resolved::Float(f64::INFINITY),
        b"-.inf" | b"-.Inf" | b"-.INF" => return Resolved::Float(f64::NEG_INFINITY),
        _ => {}
    }
    if text.len() < 10 && text[0] != b'0' && text.iter().all(u8::is_ascii_digit) {
        // By far the most common number.
        return Resolved::Int(text.iter().fold(0, |n, c| n * 10 + i64::from(c - b'0')));
    }
    if is_timestamp(text) {
        return Resolved::Timestamp;
    }
    let plain: Vec<u8>;
    let text = if text.contains(&b'_') {
        plain = text.iter().copied().filter(|c| *c != b'_').collect();
        &plain[..]
    } else {
        text
    };
    if let Ok(n) = parse_int(text, 0) {
        return Resolved::Int(n);
    }
    if let Ok(n) = parse_uint(text, 0) {
        return Resolved::Uint(n);
    }
    if is_yaml_float(text)
        && let Ok(f) = parse_float(text)
    {
        return Resolved::Float(f);
    }
    // `0b-11` and the like, which only the second attempt of go-yaml takes.
    if let Some(digits) = text.strip_prefix(b"0b") {
        if let Ok(n) = parse_int(digits, 2) {
            return Resolved::Int(n);
        }
        if let Ok(n) = parse_uint(digits, 2) {
            return Resolved::Uint(n);
        }
    } else if let Some(digits) = text.strip_prefix(b"-0b")
        && let Ok(n) = parse_int(&[b"-", digits].concat(), 2)
    {
        return Resolved::Int(n);
    }
    Resolved::Str
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
pub fn is_yaml_float(text: &[u8]) -> bool {
    let digits = |s: &[u8]| s.iter().take_while(|c| c.is_ascii_digit()).count();
    let mut s = match text {
        [b'-' | b'+', rest @ ..] => rest,
        _ => text,
    };
    let whole = digits(s);
    s = &s[whole..];
    if let [b'.', rest @ ..] = s {
        let fraction = digits(rest);
        if whole == 0 && fraction == 0 {
            return false;
        }
        s = &rest[fraction..];
    } else if whole == 0 {
        return false;
    }
    if let [b'e' | b'E', rest @ ..] = s {
        let rest = match rest {
            [b'-' | b'+', r @ ..] => r,
            r => r,
        };
        let exponent = digits(rest);
        return exponent > 0 && exponent == rest.len();
    }
    s.is_empty()
}

/// Whether Go's time.Parse takes the text with one of the four layouts that go-yaml allows: a date, a date and a time
/// behind a blank, or RFC 3339 with short fields.
fn is_timestamp(text: &[u8]) -> bool {
    if text.len() < 8 || text[4] != b'-' || !text[..4].iter().all(u8::is_ascii_digit) {
        return false;
    }
    let year = text[..4].iter().fold(0u32, |n, c| n * 10 + u32::from(c - b'0'));
    timestamp(year, &text[5..]).is_some()
}

/// One or two digits.
fn short(s: &[u8]) -> Option<(u32, &[u8])> {
    let n = s.iter().take(2).take_while(|c| c.is_ascii_digit()).count();
    let value = s[..n].iter().fold(0, |v, c| v * 10 + u32::from(c - b'0'));
    (n > 0).then(|| (value, &s[n..]))
}

fn timestamp(year: u32, s: &[u8]) -> Option<()> {
    let (month, s) = short(s)?;
    let (day, s) = short(s.strip_prefix(b"-")?)?;
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    if !(1..=days).contains(&day) {
        return None;
    }
    let (separator, s) = match s {
        [] => return Some(()),
        [c, rest @ ..] => (*c, rest),
    };
    let (hour, s) = short(s)?;
    let (minute, s) = short(s.strip_prefix(b":")?)?;
    let (second, mut s) = short(s.strip_prefix(b":")?)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    if let [b'.' | b',', rest @ ..] = s {
        let n = rest.iter().take_while(|c| c.is_ascii_digit()).count();
        if n == 0 {
            return None;
        }
        s = &rest[n..];
    }
    match separator {
        b' ' => s.is_empty().then_some(()),
        b'T' | b't' => zone(s),
        _ => None,
    }
}

/// `Z` or `+07:00`.
fn zone(s: &[u8]) -> Option<()> {
    match s {
        b"Z" => Some(()),
        [b'+' | b'-', h1, h2, b':', m1, m2] if [h1, h2, m1, m2].iter().all(|c| c.is_ascii_digit()) => {
            let hour = (h1 - b'0') * 10 + (h2 - b'0');
            let minute = (m1 - b'0') * 10 + (m2 - b'0');
            (hour <= 24 && minute < 60).then_some(())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_have_the_types_of_yaml_1_1() {
        assert_eq!(resolve(b"0777"), Resolved::Int(511));
        assert_eq!(resolve(b"0o777"), Resolved::Int(511));
        assert_eq!(resolve(b"1_000"), Resolved::Int(1000));
        assert_eq!(resolve(b"089"), Resolved::Float(89.0));
        assert_eq!(resolve(b"on"), Resolved::Bool(true));
        assert_eq!(resolve(b"12:30"), Resolved::Str);
        assert_eq!(resolve(b"1e400"), Resolved::Str);
        assert_eq!(resolve(b"2001-01-01"), Resolved::Timestamp);
        assert_eq!(resolve(b"2001-13-01"), Resolved::Str);
        assert_eq!(resolve(b"tRue"), Resolved::Str);
    }
}
