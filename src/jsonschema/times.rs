//! The formats `date`, `time`, `date-time`, `duration` and `period` (RFC 3339), in the words of santhosh-tekuri/
//! jsonschema v6.0.3 `format.go`.

use super::address::atoi;
use super::formats::{Checked, fail};
use crate::grammar::gotime::Zone;
use crate::grammar::layout;
use crate::value::fmt::go_quote_rune;

/// `2006-01-02`
pub(super) fn date(s: &str) -> Checked {
    layout::parse::parse(b"2006-01-02", s.as_bytes(), &Zone::Utc).map(|_| ())
}

/// `15:04:05.999Z` or with an offset.
pub(super) fn time(s: &str) -> Checked {
    let b = s.as_bytes();
    if b.len() < 9 {
        return fail("less than 9 characters long");
    }
    if b[2] != b':' || b[5] != b':' {
        return fail("missing colon in correct place");
    }
    let number = |from: usize| signed(&b[from..from + 2], "hour/min/sec");
    let (h, m, s) = (number(0)?, number(3)?, number(6)?);
    if h > 23 || m > 59 || s > 60 {
        return fail("hour/min/sec out of range");
    }
    let mut rest = &b[8..];
    if let Some(fraction) = rest.strip_prefix(b".") {
        let digits = fraction.iter().take_while(|c| c.is_ascii_digit()).count();
        if digits == 0 {
            return fail("no digits in second fraction");
        }
        rest = &fraction[digits..];
    }
    let minutes = h * 60 + m - offset(rest)?;
    let minutes = if minutes < 0 { minutes + 24 * 60 } else { minutes };
    if s >= 60 && (minutes / 60 != 23 || minutes % 60 != 59) {
        return fail("invalid leap second");
    }
    Ok(())
}

fn signed(text: &[u8], what: &str) -> Result<i64, String> {
    match atoi(text) {
        Ok(n) if n < 0 => Err(format!("non-positive {what}")),
        Ok(n) => Ok(n),
        Err(_) => Err(format!("invalid {what}")),
    }
}

/// `Z` or `+07:00`, in minutes.
fn offset(text: &[u8]) -> Result<i64, String> {
    if matches!(text, b"z" | b"Z") {
        return Ok(0);
    }
    if text.len() != 6 {
        return Err("offset must be 6 characters long".into());
    }
    let sign = match text[0] {
        b'+' => 1,
        b'-' => -1,
        _ => return Err("offset must begin with plus/minus".into()),
    };
    if text[3] != b':' {
        return Err("missing colon in offset in correct place".into());
    }
    let (h, m) = (signed(&text[1..3], "hour/min in offset")?, signed(&text[4..6], "hour/min in offset")?);
    if h > 23 || m > 59 {
        return Err("hour/min in offset out of range".into());
    }
    Ok(sign * (h * 60 + m))
}

/// A date, `T` and a time.
pub(super) fn date_time(s: &str) -> Checked {
    if s.len() < 20 {
        return fail("less than 20 characters long");
    }
    if !matches!(s.as_bytes()[10], b't' | b'T') {
        return fail("11th character must be t or T");
    }
    // The eleventh byte is ASCII, so the parts are texts.
    date(&s[..10]).map_err(|e| format!("invalid date element: {e}"))?;
    time(&s[11..]).map_err(|e| format!("invalid time element: {e}"))
}

/// `P1Y2M3DT4H5M6S` or `P7W`
pub(super) fn duration(s: &str) -> Checked {
    let Some(s) = s.strip_prefix('P') else { return fail("must start with P") };
    if s.is_empty() {
        return fail("nothing after P");
    }
    if let Some(weeks) = s.strip_suffix('W') {
        return match weeks {
            "" => fail("no number in week"),
            w if w.bytes().all(|c| c.is_ascii_digit()) => Ok(()),
            _ => fail("invalid week"),
        };
    }
    const UNITS: [&str; 2] = ["YMD", "HMS"];
    for (i, part) in s.split('T').enumerate() {
        if i != 0 && part.is_empty() {
            return fail("no time elements");
        }
        let Some(known) = UNITS.get(i) else { return fail("more than one T") };
        units(part, known)?;
    }
    Ok(())
}

fn units(mut s: &str, known: &str) -> Checked {
    let mut left = known;
    while !s.is_empty() {
        let digits = s.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return fail("missing number");
        }
        let Some(&unit) = s.as_bytes().get(digits) else { return fail("missing unit") };
        let Some(at) = left.bytes().position(|c| c == unit) else {
            let shown = go_quote_rune(unit.into());
            return Err(match known.as_bytes().contains(&unit) {
                true => format!("unit {shown} out of order"),
                false => format!("invalid unit {shown}"),
            });
        };
        left = &left[at + 1..];
        // The unit is one of ASCII's letters.
        s = &s[digits + 1..];
    }
    Ok(())
}

/// Two date-times, or one and a duration, with a slash between.
pub(super) fn period(s: &str) -> Checked {
    let Some((start, end)) = s.split_once('/') else { return fail("missing slash") };
    let part = |text: &str, which: &str| match text.starts_with('P') {
        true => duration(text).map_err(|e| format!("invalid {which} duration: {e}")),
        false => date_time(text).map_err(|e| format!("invalid {which} date-time: {e}")),
    };
    part(start, "start")?;
    if start.starts_with('P') {
        return date_time(end).map_err(|e| format!("invalid end date-time: {e}"));
    }
    part(end, "end")
}
