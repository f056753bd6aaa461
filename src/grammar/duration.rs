//! Go's `time.Duration`: reading, printing and rounding (Go 1.26 `time/{format,time}.go`). A duration is its number of
//! nanoseconds; what templates do with one is in `template::funcs::{dates,durations}`.

/// Nanoseconds of a microsecond.
pub const MICROSECOND: i64 = 1_000;
/// Nanoseconds of a millisecond.
pub const MILLISECOND: i64 = 1_000_000;
/// Nanoseconds of a second.
pub const SECOND: i64 = 1_000_000_000;
/// Nanoseconds of a minute.
pub const MINUTE: i64 = 60 * SECOND;
/// Nanoseconds of an hour.
pub const HOUR: i64 = 60 * MINUTE;

/// The number that a duration may not reach.
const LIMIT: u64 = 1 << 63;

/// How package time quotes in its errors: everything but printable ASCII as `\xNN`.
pub fn quote(s: &[u8]) -> String {
    let mut out = String::from("\"");
    for c in s {
        match c {
            b'"' | b'\\' => {
                out.push('\\');
                out.push(char::from(*c));
            }
            b' '..=0x7f => out.push(char::from(*c)),
            c => out.push_str(&format!("\\x{c:02x}")),
        }
    }
    out.push('"');
    out
}

/// The digits that `s` starts with and the rest; nothing when the number is too large.
pub(super) fn leading_int(s: &[u8]) -> Option<(u64, &[u8])> {
    let n = s.iter().take_while(|c| c.is_ascii_digit()).count();
    let mut x = 0u64;
    for c in &s[..n] {
        if x > LIMIT / 10 {
            return None;
        }
        x = x * 10 + u64::from(c - b'0');
        if x > LIMIT {
            return None;
        }
    }
    Some((x, &s[n..]))
}

/// The digits behind a decimal point, their scale and the rest; digits past the precision are dropped.
fn leading_fraction(s: &[u8]) -> (u64, f64, &[u8]) {
    let n = s.iter().take_while(|c| c.is_ascii_digit()).count();
    let (mut x, mut scale) = (0u64, 1.0);
    for c in &s[..n] {
        if x > (LIMIT - 1) / 10 {
            break;
        }
        let y = x * 10 + u64::from(c - b'0');
        if y > LIMIT {
            break;
        }
        x = y;
        scale *= 10.0;
    }
    (x, scale, &s[n..])
}

fn unit_of(name: &[u8]) -> Option<u64> {
    Some(match name {
        b"ns" => 1,
        b"us" | b"\xc2\xb5s" | b"\xce\xbcs" => MICROSECOND as u64,
        b"ms" => MILLISECOND as u64,
        b"s" => SECOND as u64,
        b"m" => MINUTE as u64,
        b"h" => HOUR as u64,
        _ => return None,
    })
}

/// `time.ParseDuration`
///
/// # Errors
/// With Go's text.
pub fn parse(text: &[u8]) -> Result<i64, String> {
    let invalid = || format!("time: invalid duration {}", quote(text));
    let (negative, mut s) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if s == b"0" {
        return Ok(0);
    }
    if s.is_empty() {
        return Err(invalid());
    }
    let mut total = 0u64;
    while !s.is_empty() {
        let (part, rest) = parse_part(s, text)?;
        s = rest;
        total = total.checked_add(part).filter(|n| *n <= LIMIT).ok_or_else(invalid)?;
    }
    if negative {
        return Ok((total as i64).wrapping_neg());
    }
    i64::try_from(total).map_err(|_| invalid())
}

/// One number with its unit, and what follows it.
fn parse_part<'a>(s: &'a [u8], text: &[u8]) -> Result<(u64, &'a [u8]), String> {
    let invalid = || format!("time: invalid duration {}", quote(text));
    let (mut value, mut rest) = leading_int(s).ok_or_else(invalid)?;
    let mut digits = rest.len() < s.len();
    let (mut fraction, mut scale) = (0, 1.0);
    if let [b'.', tail @ ..] = rest {
        (fraction, scale, rest) = leading_fraction(tail);
        digits |= rest.len() < tail.len();
    }
    if !digits {
        return Err(invalid());
    }
    let n = rest.iter().take_while(|c| **c != b'.' && !c.is_ascii_digit()).count();
    if n == 0 {
        return Err(format!("time: missing unit in duration {}", quote(text)));
    }
    let (name, rest) = rest.split_at(n);
    let unit =
        unit_of(name).ok_or_else(|| format!("time: unknown unit {} in duration {}", quote(name), quote(text)))?;
    if value > LIMIT / unit {
        return Err(invalid());
    }
    value *= unit;
    if fraction > 0 {
        value += (fraction as f64 * (unit as f64 / scale)) as u64;
        if value > LIMIT {
            return Err(invalid());
        }
    }
    Ok((value, rest))
}

/// `Duration.String`
pub fn text(d: i64) -> String {
    let u = d.unsigned_abs();
    let sign = if d < 0 { "-" } else { "" };
    if u == 0 {
        return "0s".to_owned();
    }
    if u < SECOND as u64 {
        let (unit, places) = match u {
            0..1_000 => ("ns", 0),
            1_000..1_000_000 => ("µs", 3),
            _ => ("ms", 6),
        };
        return format!("{sign}{}{unit}", fixed(u, places));
    }
    let seconds = fixed(u % MINUTE as u64, 9);
    let (minutes, hours) = (u / MINUTE as u64 % 60, u / HOUR as u64);
    match (hours, minutes) {
        (0, 0) => format!("{sign}{seconds}s"),
        (0, m) => format!("{sign}{m}m{seconds}s"),
        (h, m) => format!("{sign}{h}h{m}m{seconds}s"),
    }
}

/// `n` with its last `places` digits behind the point, without trailing zeros there.
fn fixed(n: u64, places: usize) -> String {
    let scale = 10u64.pow(places as u32);
    let fraction = format!("{:0places$}", n % scale);
    let fraction = if places == 0 { "" } else { fraction.trim_end_matches('0') };
    if fraction.is_empty() { (n / scale).to_string() } else { format!("{}.{fraction}", n / scale) }
}

/// `Duration.Truncate`
pub fn truncate(d: i64, multiple: i64) -> i64 {
    if multiple <= 0 { d } else { d - d % multiple }
}

/// `Duration.Round`: half away from zero, saturating.
pub fn round(d: i64, multiple: i64) -> i64 {
    if multiple <= 0 {
        return d;
    }
    let rest = (d % multiple).unsigned_abs();
    let down = d - d % multiple;
    if rest + rest < multiple as u64 {
        down
    } else if d < 0 {
        down.saturating_sub(multiple)
    } else {
        down.saturating_add(multiple)
    }
}

/// The duration in a unit, as `Hours`, `Minutes` and `Seconds` compute it.
pub fn in_unit(d: i64, unit: i64) -> f64 {
    (d / unit) as f64 + (d % unit) as f64 / unit as f64
}
