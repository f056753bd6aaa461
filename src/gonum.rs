//! Numbers as Go's strconv reads and writes them (Go 1.26 `strconv/{atoi,atof,ftoa}.go`).

/// Why a text is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumError {
    /// `invalid syntax`
    Syntax,
    /// `value out of range`
    Range,
}

impl NumError {
    /// Go's words.
    pub fn text(self) -> &'static str {
        match self {
            NumError::Syntax => "invalid syntax",
            NumError::Range => "value out of range",
        }
    }
}

/// Whether underscores stand only between digits, or between a base prefix and a digit.
fn underscores_ok(s: &[u8]) -> bool {
    let s = s.strip_prefix(b"-").or(s.strip_prefix(b"+")).unwrap_or(s);
    let (hex, mut previous, rest) = match s {
        [b'0', p, rest @ ..] if b"bBoOxX".contains(p) => (matches!(p, b'x' | b'X'), b'0', rest),
        _ => (false, b'^', s),
    };
    for c in rest {
        let digit = c.is_ascii_digit() || hex && c.is_ascii_hexdigit();
        if digit {
            previous = b'0';
        } else if *c == b'_' {
            if previous != b'0' {
                return false;
            }
            previous = b'_';
        } else {
            if previous == b'_' {
                return false;
            }
            previous = b'!';
        }
    }
    previous != b'_'
}

/// `strconv.ParseUint(s, base, 64)`; base 0 means that the text's prefix decides.
///
/// # Errors
/// As Go's.
pub fn parse_uint(s: &[u8], base: u32) -> Result<u64, NumError> {
    let (radix, digits) = match (base, s) {
        (_, []) => return Err(NumError::Syntax),
        (0, [b'0', b'x' | b'X', rest @ ..]) if !rest.is_empty() => (16, rest),
        (0, [b'0', b'o' | b'O', rest @ ..]) if !rest.is_empty() => (8, rest),
        (0, [b'0', b'b' | b'B', rest @ ..]) if !rest.is_empty() => (2, rest),
        (0, [b'0', rest @ ..]) if !rest.is_empty() => (8, rest),
        (0, _) => (10, s),
        (base, _) => (base, s),
    };
    let mut n = 0u64;
    let mut underscores = false;
    let mut overflow = false;
    for c in digits {
        if *c == b'_' && base == 0 {
            underscores = true;
            continue;
        }
        let d = (*c as char).to_digit(radix).ok_or(NumError::Syntax)?;
        match n.checked_mul(u64::from(radix)).and_then(|n| n.checked_add(u64::from(d))) {
            Some(next) => n = next,
            None => overflow = true,
        }
        if overflow {
            return Err(NumError::Range);
        }
    }
    if underscores && !underscores_ok(s) {
        return Err(NumError::Syntax);
    }
    Ok(n)
}

/// `strconv.ParseInt(s, base, 64)`.
///
/// # Errors
/// As Go's.
pub fn parse_int(s: &[u8], base: u32) -> Result<i64, NumError> {
    let (negative, digits) = match s {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, s),
    };
    let u = parse_uint(digits, base)?;
    match (negative, u) {
        (false, u) => i64::try_from(u).map_err(|_| NumError::Range),
        (true, u) if u <= 1 << 63 => Ok((u as i64).wrapping_neg()),
        _ => Err(NumError::Range),
    }
}

/// `strconv.ParseFloat(s, 64)`.
///
/// # Errors
/// As Go's; a number too large is out of range.
pub fn parse_float(s: &[u8]) -> Result<f64, NumError> {
    let text = std::str::from_utf8(s).map_err(|_| NumError::Syntax)?;
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let lower = unsigned.to_ascii_lowercase();
    match lower.as_str() {
        "inf" | "infinity" => return Ok(if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY }),
        "nan" if unsigned == text => return Ok(f64::NAN),
        _ => {}
    }
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return Err(NumError::Syntax);
    }
    let clean = if text.contains('_') {
        if !underscores_ok(s) {
            return Err(NumError::Syntax);
        }
        std::borrow::Cow::Owned(text.replace('_', ""))
    } else {
        std::borrow::Cow::Borrowed(text)
    };
    if lower.starts_with("0x") {
        return parse_hex_float(&clean);
    }
    let f: f64 = clean.parse().map_err(|_| NumError::Syntax)?;
    if f.is_infinite() { Err(NumError::Range) } else { Ok(f) }
}

/// `0x1.8p3`: mantissa in hexadecimal, a binary exponent that must be there.
fn parse_hex_float(text: &str) -> Result<f64, NumError> {
    let negative = text.starts_with('-');
    let body = text.trim_start_matches(['+', '-']);
    let body = body.get(2..).ok_or(NumError::Syntax)?;
    let (mantissa, exponent) = body.split_once(['p', 'P']).ok_or(NumError::Syntax)?;
    let exponent: i64 = exponent.parse().map_err(|_| NumError::Syntax)?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return Err(NumError::Syntax);
    }
    let mut m = 0u128;
    let mut shift = 0i64;
    let mut sticky = false;
    for (i, c) in whole.chars().chain(fraction.chars()).enumerate() {
        let d = u128::from(c.to_digit(16).ok_or(NumError::Syntax)?);
        let in_fraction = i >= whole.len();
        if m >> 120 == 0 {
            m = m << 4 | d;
            shift -= if in_fraction { 4 } else { 0 };
        } else {
            sticky |= d != 0;
            shift += if in_fraction { 0 } else { 4 };
        }
    }
    if m == 0 {
        return Ok(if negative { -0.0 } else { 0.0 });
    }
    let f = scale(m | u128::from(sticky), exponent.saturating_add(shift));
    if f.is_infinite() {
        return Err(NumError::Range);
    }
    Ok(if negative { -f } else { f })
}

/// `m * 2^e`, correctly rounded: a 128-bit integer rounds once on its way to f64, and powers of two are exact as long
/// as the result is normal.
fn scale(m: u128, e: i64) -> f64 {
    let e = e.clamp(-5000, 5000) as i32;
    let top = 127 - m.leading_zeros() as i32;
    if top + e >= -1022 {
        let mut f = m as f64;
        let mut e = e;
        while e > 900 {
            f *= 2f64.powi(900);
            e -= 900;
        }
        while e < -900 {
            f *= 2f64.powi(-900);
            e += 900;
        }
        return f * 2f64.powi(e);
    }
    // Subnormal: drop the bits below 2^-1074 with rounding to even, then scale exactly.
    let drop = -1074 - e;
    if drop > 127 {
        return 0.0;
    }
    let kept = m >> drop;
    let rest = m & ((1u128 << drop) - 1);
    let half = 1u128 << (drop - 1);
    let up = rest > half || rest == half && kept & 1 == 1;
    (kept + u128::from(up)) as f64 * f64::from_bits(1)
}

/// Shortest decimal digits that read back as `f` (finite, not negative), and the position of the decimal point: the
/// value is `0.DIGITS * 10^point`.
pub fn shortest_digits(f: f64) -> (String, i32) {
    let text = format!("{f:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if f == 0.0 { ("0".into(), 1) } else { (digits, exponent + 1) }
}

fn exponent_text(e: i32) -> String {
    format!("{}{:02}", if e < 0 { '-' } else { '+' }, e.abs())
}

/// `strconv.FormatFloat(f, verb, precision, 64)` with no precision for the shortest text that reads back. Verbs: e E f
/// g G x X b.
pub fn format_float(f: f64, verb: char, precision: Option<usize>) -> String {
    if f.is_nan() {
        return "NaN".into();
    }
    if f.is_infinite() {
        return if f > 0.0 { "+Inf".into() } else { "-Inf".into() };
    }
    let sign = if f.is_sign_negative() { "-" } else { "" };
    let a = f.abs();
    let body = match verb {
        'f' => match precision {
            Some(p) => {
                let exact = p.min(MAX_DIGITS);
                format!("{a:.exact$}") + &"0".repeat(p - exact)
            }
            None => format!("{a}"),
        },
        'e' | 'E' => format_e(a, verb, precision),
        'x' | 'X' => format_hex(a, verb, precision),
        'b' => {
            let bits = a.to_bits();
            let (m, e) = match bits >> 52 {
                0 => (bits, -1074),
                e => (bits & ((1 << 52) - 1) | 1 << 52, e as i32 - 1075),
            };
            format!("{m}p{}{}", if e < 0 { '-' } else { '+' }, e.abs())
        }
        _ => format_g(a, verb, precision),
    };
    format!("{sign}{body}")
}

/// No float has more digits than this behind its point; Rust formats no more than 65,535.
const MAX_DIGITS: usize = 1100;

fn format_e(a: f64, verb: char, precision: Option<usize>) -> String {
    let exact = precision.map(|p| p.min(MAX_DIGITS));
    let text = match exact {
        Some(p) => format!("{a:.p$e}"),
        None => format!("{a:e}"),
    };
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let zeros = "0".repeat(precision.unwrap_or(0) - exact.unwrap_or(0));
    format!("{mantissa}{zeros}{verb}{}", exponent_text(exponent.parse().unwrap_or(0)))
}

fn format_g(a: f64, verb: char, precision: Option<usize>) -> String {
    let (digits, point) = match precision {
        None => shortest_digits(a),
        Some(p) => {
            let p = (p.max(1) - 1).min(MAX_DIGITS);
            let text = format!("{a:.p$e}");
            let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
            let digits = digits.trim_end_matches('0');
            let point = exponent.parse::<i32>().unwrap_or(0) + 1;
            (if digits.is_empty() { "0".to_owned() } else { digits.to_owned() }, if a == 0.0 { 1 } else { point })
        }
    };
    let count = digits.len() as i32;
    let threshold = match precision {
        // Go decides as if the precision were 6.
        None => 6,
        Some(p) => {
            let p = p.max(1) as i32;
            if p > count && count >= point { count } else { p }
        }
    };
    let exponent = point - 1;
    if exponent < -4 || exponent >= threshold {
        let e = if verb == 'G' { 'E' } else { 'e' };
        let (first, rest) = digits.split_at(1);
        let dot = if rest.is_empty() { "" } else { "." };
        return format!("{first}{dot}{rest}{e}{}", exponent_text(exponent));
    }
    if point <= 0 {
        return format!("0.{}{digits}", "0".repeat(point.unsigned_abs() as usize));
    }
    if count <= point {
        return format!("{digits}{}", "0".repeat((point - count) as usize));
    }
    let (whole, fraction) = digits.split_at(point as usize);
    format!("{whole}.{fraction}")
}

fn format_hex(a: f64, verb: char, precision: Option<usize>) -> String {
    let bits = a.to_bits();
    let (mut m, mut e) = match bits >> 52 {
        0 => (bits << 8, -1022),
        e => ((bits & ((1 << 52) - 1) | 1 << 52) << 8, e as i32 - 1023),
    };
    if m == 0 {
        e = 0;
    } else {
        while m & 1 << 60 == 0 {
            m <<= 1;
            e -= 1;
        }
    }
    if let Some(p) = precision
        && p < 15
    {
        let shift = p * 4;
        let extra = (m << shift) & ((1 << 60) - 1);
        m >>= 60 - shift;
        if extra | (m & 1) > 1 << 59 {
            m += 1;
        }
        m <<= 60 - shift;
        if m & 1 << 61 != 0 {
            m >>= 1;
            e += 1;
        }
    }
    let first = m >> 60 & 1;
    let mut fraction = format!("{:015x}", m & ((1 << 60) - 1));
    match precision {
        None => fraction.truncate(fraction.trim_end_matches('0').len()),
        Some(p) => {
            fraction.truncate(p);
            while fraction.len() < p {
                fraction.push('0');
            }
        }
    }
    let dot = if fraction.is_empty() { "" } else { "." };
    let text = format!("0x{first}{dot}{fraction}p{}", exponent_text(e));
    if verb == 'X' { text.to_uppercase() } else { text }
}

/// A float as encoding/json writes it: plain between 1e-6 and 1e21, else with an exponent without leading zeros.
/// Nothing for NaN and infinities.
pub fn json_float(f: f64) -> Option<String> {
    if !f.is_finite() {
        return None;
    }
    let a = f.abs();
    if a != 0.0 && !(1e-6..1e21).contains(&a) {
        let text = format_float(f, 'e', None);
        // Go cleans e-09 up to e-9.
        return Some(match text.split_once("e-0") {
            Some((mantissa, exponent)) => format!("{mantissa}e-{exponent}"),
            None => text,
        });
    }
    Some(format_float(f, 'f', None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_print_as_go_prints_them() {
        for (f, v) in [(1e6, "1e+06"), (100000.0, "100000"), (1234567.0, "1.234567e+06"), (0.0001, "0.0001")] {
            assert_eq!(format_float(f, 'g', None), v);
        }
        assert_eq!(format_float(0.00001, 'g', None), "1e-05");
        assert_eq!(format_float(-0.0, 'g', None), "-0");
        assert_eq!(format_float(1e6, 'e', Some(6)), "1.000000e+06");
        assert_eq!(format_float(1.5, 'x', None), "0x1.8p+00");
        for verb in ['e', 'f', 'x'] {
            assert_eq!(format_float(1.0, verb, Some(1_000_000)).matches('0').count() / 1000, 1000);
        }
        assert_eq!(format_float(1.5, 'g', Some(1_000_000)), "1.5");
        assert_eq!(json_float(1e21).as_deref(), Some("1e+21"));
        assert_eq!(json_float(0.0000001).as_deref(), Some("1e-7"));
    }

    #[test]
    fn integers_follow_their_prefix() {
        assert_eq!(parse_int(b"012", 0), Ok(10));
        assert_eq!(parse_int(b"-0b11", 0), Ok(-3));
        assert_eq!(parse_int(b"1_000", 0), Ok(1000));
        assert_eq!(parse_int(b"1__0", 0), Err(NumError::Syntax));
        assert_eq!(parse_int(b"012", 10), Ok(12));
        assert_eq!(parse_int(b"9223372036854775808", 10), Err(NumError::Range));
        assert_eq!(parse_float(b"0x1p-2"), Ok(0.25));
        assert_eq!(parse_float(b"1e400"), Err(NumError::Range));
    }
}
