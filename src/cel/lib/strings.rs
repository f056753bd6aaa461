//! Strings: the standard library's and cel-go's `ext/strings.go` version 2. Positions count characters.

use super::super::eval::Fail;
use super::super::value::{List, Map, Text, Value};
use super::{Outcome, convert, time};
use crate::gonum::format_float;
use crate::value::fmt::go_quote;

/// A value as error messages show it (Go's `%v`).
pub fn shown(value: &Value<'_>) -> String {
    match value {
        Value::Str(s) => s.to_string(),
        Value::Int(i) => i.to_string(),
        Value::Uint(u) => u.to_string(),
        Value::Bool(b) => b.to_string(),
        Value::Double(d) => convert::double_text(*d),
        Value::Null => "null".into(),
        other => other.type_name().into(),
    }
}

fn string<'v>(args: &'v [Value<'_>], i: usize) -> Result<&'v str, Fail> {
    args.get(i).and_then(Value::as_str).ok_or_else(Fail::overload)
}

fn integer(args: &[Value<'_>], i: usize) -> Result<i64, Fail> {
    match args.get(i) {
        Some(Value::Int(n)) => Ok(*n),
        _ => Err(Fail::overload()),
    }
}

/// `s.contains(t)`
pub fn contains<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(string(args, 0)?.contains(string(args, 1)?)))
}

/// `s.startsWith(t)`
pub fn starts_with<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(string(args, 0)?.starts_with(string(args, 1)?)))
}

/// `s.endsWith(t)`
pub fn ends_with<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(string(args, 0)?.ends_with(string(args, 1)?)))
}

/// Part of a text: borrowed if the whole is.
fn part<'a>(whole: &Value<'a>, from: usize, to: usize) -> Outcome<'a> {
    match whole {
        Value::Str(Text::Borrowed(s)) => Ok(Value::Str(Text::Borrowed(&s[from..to]))),
        Value::Str(Text::Shared(s)) => Ok(Value::text(&s[from..to])),
        _ => Err(Fail::overload()),
    }
}

/// Byte offset of a character, which may be the end.
fn offset(s: &str, chars: i64) -> Option<usize> {
    let n = usize::try_from(chars).ok()?;
    if s.is_ascii() {
        return (n <= s.len()).then_some(n);
    }
    s.char_indices().map(|(i, _)| i).chain([s.len()]).nth(n)
}

fn out_of_range(i: i64) -> Fail {
    Fail::new(format!("index out of range: {i}"))
}

/// `s.charAt(i)`
pub fn char_at<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let (s, i) = (string(args, 0)?, integer(args, 1)?);
    let from = offset(s, i).ok_or_else(|| out_of_range(i))?;
    let length = s[from..].chars().next().map_or(0, char::len_utf8);
    part(&args[0], from, from + length)
}

/// `s.substring(start)`, `s.substring(start, end)`
pub fn substring<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let (s, start) = (string(args, 0)?, integer(args, 1)?);
    let end = if args.len() > 2 { Some(integer(args, 2)?) } else { None };
    if let Some(end) = end.filter(|end| start > *end) {
        return Err(Fail::new(format!("invalid substring range. start: {start}, end: {end}")));
    }
    let from = offset(s, start).ok_or_else(|| out_of_range(start))?;
    let to = end.map_or(Ok(s.len()), |e| offset(s, e).ok_or_else(|| out_of_range(e)))?;
    part(&args[0], from, to)
}

/// `s.indexOf(t)`, `s.indexOf(t, from)`, `list.indexOf(x)`
pub fn index_of<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    if let [Value::List(l), x] = args {
        return Ok(Value::Int(l.iter().position(|v| v.equals(x)).map_or(-1, |i| i as i64)));
    }
    let (s, t) = (string(args, 0)?, string(args, 1)?);
    let from = if args.len() > 2 { integer(args, 2)? } else { 0 };
    if t.is_empty() {
        return Ok(Value::Int(from));
    }
    if from < 0 {
        return Err(out_of_range(from));
    }
    let Some(start) = offset(s, from) else { return Ok(Value::Int(-1)) };
    let found = s[start..].find(t).map_or(-1, |i| s[..start + i].chars().count() as i64);
    Ok(Value::Int(found))
}

/// `s.lastIndexOf(t)`, `s.lastIndexOf(t, from)`, `list.lastIndexOf(x)`
pub fn last_index_of<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    if let [Value::List(l), x] = args {
        let last = (0..l.len()).rev().find(|i| l.get(*i).is_some_and(|v| v.equals(x)));
        return Ok(Value::Int(last.map_or(-1, |i| i as i64)));
    }
    let (s, t) = (string(args, 0)?, string(args, 1)?);
    let length = s.chars().count() as i64;
    let from = match args.len() {
        2 if t.is_empty() => return Ok(Value::Int(length)),
        2 if s.len() < t.len() => return Ok(Value::Int(-1)),
        2 => length - 1,
        _ => integer(args, 2)?,
    };
    if t.is_empty() {
        return Ok(Value::Int(from));
    }
    if from < 0 {
        return Err(out_of_range(from));
    }
    if from >= length {
        return Ok(Value::Int(-1));
    }
    let limit = offset(s, from).unwrap_or(s.len()).saturating_add(t.len()).min(s.len());
    let limit = (limit..=s.len()).find(|i| s.is_char_boundary(*i)).unwrap_or(s.len());
    let found = s[..limit].rfind(t).map_or(-1, |i| s[..i].chars().count() as i64);
    Ok(Value::Int(found))
}

/// `s.lowerAscii()`
pub fn lower_ascii<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::text(string(args, 0)?.to_ascii_lowercase()))
}

/// `s.upperAscii()`
pub fn upper_ascii<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::text(string(args, 0)?.to_ascii_uppercase()))
}

/// `s.trim()`: Go's white space.
pub fn trim<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let s = string(args, 0)?;
    let trimmed = s.trim_start();
    let from = s.len() - trimmed.len();
    part(&args[0], from, from + trimmed.trim_end().len())
}

/// `s.replace(old, new)`, `s.replace(old, new, n)`
pub fn replace<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let (s, old, new) = (string(args, 0)?, string(args, 1)?, string(args, 2)?);
    let n = if args.len() > 3 { integer(args, 3)? } else { -1 };
    if s.len().saturating_mul(new.len().max(1)) > 10_000_000 {
        return Err(Fail::new("operation cancelled: actual cost limit exceeded"));
    }
    Ok(Value::text(match usize::try_from(n) {
        Ok(n) => s.replacen(old, new, n),
        Err(_) => s.replace(old, new),
    }))
}

/// `s.split(sep)`, `s.split(sep, n)` as Go's `strings.SplitN`.
pub fn split<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let (s, sep) = (string(args, 0)?, string(args, 1)?);
    let n = if args.len() > 2 { integer(args, 2)? } else { -1 };
    let most = usize::try_from(n).unwrap_or(usize::MAX);
    if most == 0 {
        return Ok(Value::list(Vec::new()));
    }
    let mut parts = Vec::new();
    if sep.is_empty() {
        let mut rest = s;
        while let Some(c) = rest.chars().next() {
            let length = if parts.len() + 1 == most { rest.len() } else { c.len_utf8() };
            parts.push(Value::text(&rest[..length]));
            rest = &rest[length..];
        }
    } else {
        let mut at = 0;
        for piece in s.splitn(most, sep) {
            parts.push(part(&args[0], at, at + piece.len())?);
            at += piece.len() + sep.len();
        }
    }
    Ok(Value::list(parts))
}

/// `list.join()`, `list.join(sep)`
pub fn join<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let Some(Value::List(l)) = args.first() else { return Err(Fail::overload()) };
    let sep = if args.len() > 1 { string(args, 1)? } else { "" };
    let mut out = String::new();
    for (i, value) in l.iter().enumerate() {
        if i > 0 {
            out.push_str(sep);
        }
        match value.as_str() {
            Some(s) => out.push_str(s),
            None => return Err(Fail::new(format!("join: invalid input: {}", shown(&value)))),
        }
        if out.len() > 10_000_000 {
            return Err(Fail::new("operation cancelled: actual cost limit exceeded"));
        }
    }
    Ok(Value::text(out))
}

/// `strings.quote(s)`
pub fn quote<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let mut out = String::from('"');
    for c in string(args, 0)?.chars() {
        match c {
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x0b' => out.push_str("\\v"),
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            c => out.push(c),
        }
    }
    out.push('"');
    Ok(Value::text(out))
}

/// `s.format(args)`
pub fn format<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let [Value::Str(pattern), Value::List(values)] = args else { return Err(Fail::overload()) };
    let mut out = String::new();
    let mut used = 0;
    let mut rest: &str = pattern;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(behind) = rest.strip_prefix('%') {
            out.push('%');
            rest = behind;
            continue;
        }
        let (precision, behind) = precision(rest)?;
        let Some(verb) = behind.chars().next() else {
            return Err(Fail::new("unexpected end of string"));
        };
        rest = &behind[verb.len_utf8()..];
        let value = values.get(used).ok_or_else(|| Fail::new(format!("index {used} out of range")))?;
        used += 1;
        out.push_str(&clause(&value, verb, precision)?);
        if out.len() > 10_000_000 {
            return Err(Fail::new("operation cancelled: actual cost limit exceeded"));
        }
    }
    out.push_str(rest);
    if used < values.len() {
        return Err(Fail::new(format!(
            "too many arguments supplied to string.format (expected {used}, got {})",
            values.len()
        )));
    }
    Ok(Value::text(out))
}

/// Whether a format string has as many clauses as there are arguments, and none that is unknown.
///
/// # Errors
/// In cel-go's words.
pub fn count_clauses(pattern: &Value<'_>, args: usize) -> Result<(), Fail> {
    let mut used = 0;
    let mut rest = pattern.as_str().unwrap_or_default();
    while let Some(at) = rest.find('%') {
        rest = &rest[at + 1..];
        if let Some(behind) = rest.strip_prefix('%') {
            rest = behind;
            continue;
        }
        let (_, behind) = precision(rest)?;
        match behind.chars().next() {
            None => return Err(Fail::new("unexpected end of string")),
            Some(verb) if !"sdfebxXo".contains(verb) => {
                let message = format!("could not parse formatting clause: unrecognized formatting clause \"{verb}\"");
                return Err(Fail::new(message));
            }
            Some(verb) => rest = &behind[verb.len_utf8()..],
        }
        used += 1;
    }
    match used.cmp(&args) {
        std::cmp::Ordering::Greater => Err(Fail::new(format!("index {args} out of range"))),
        std::cmp::Ordering::Less => {
            let message = format!("too many arguments supplied to string.format (expected {used}, got {args})");
            Err(Fail::new(message))
        }
        std::cmp::Ordering::Equal => Ok(()),
    }
}

fn precision(rest: &str) -> Result<(Option<usize>, &str), Fail> {
    let Some(behind) = rest.strip_prefix('.') else { return Ok((None, rest)) };
    let end = behind.find(|c: char| !c.is_ascii_digit()).unwrap_or(behind.len());
    let digits: usize = behind[..end].parse().map_err(|_| Fail::new("error while parsing precision"))?;
    match digits <= 1000 {
        true => Ok((Some(digits), &behind[end..])),
        false => Err(Fail::new("precision is too large")),
    }
}

fn unfit(verb: &str, takes: &str, value: &Value<'_>) -> Fail {
    let found = value.type_name();
    Fail::new(format!("error during formatting: {verb} can only be used on {takes}, was given {found}"))
}

fn clause(value: &Value<'_>, verb: char, precision: Option<usize>) -> Result<String, Fail> {
    match verb {
        's' => plain(value),
        'd' => match value {
            Value::Int(_) | Value::Uint(_) => Ok(shown(value)),
            _ => Err(unfit("decimal clause", "integers", value)),
        },
        'f' | 'e' => floating(value, verb, precision.unwrap_or(6)),
        'b' => match value {
            Value::Bool(b) => Ok(u8::from(*b).to_string()),
            Value::Int(i) => Ok(signed(*i, |n| format!("{n:b}"))),
            Value::Uint(u) => Ok(format!("{u:b}")),
            _ => Err(unfit("binary clause", "integers and bools", value)),
        },
        'o' => match value {
            Value::Int(i) => Ok(signed(*i, |n| format!("{n:o}"))),
            Value::Uint(u) => Ok(format!("{u:o}")),
            _ => Err(unfit("octal clause", "integers", value)),
        },
        'x' | 'X' => {
            let text = match value {
                Value::Int(i) => signed(*i, |n| format!("{n:x}")),
                Value::Uint(u) => format!("{u:x}"),
                Value::Str(s) => s.bytes().map(|b| format!("{b:02x}")).collect(),
                Value::Bytes(s) => s.iter().map(|b| format!("{b:02x}")).collect(),
                _ => return Err(unfit("hex clause", "integers, byte buffers, and strings", value)),
            };
            Ok(if verb == 'X' { text.to_uppercase() } else { text })
        }
        other => {
            Err(Fail::new(format!("could not parse formatting clause: unrecognized formatting clause \"{other}\"")))
        }
    }
}

fn signed(i: i64, digits: fn(u64) -> String) -> String {
    let text = digits(i.unsigned_abs());
    if i < 0 { format!("-{text}") } else { text }
}

fn floating(value: &Value<'_>, verb: char, precision: usize) -> Result<String, Fail> {
    let d = match value {
        Value::Double(d) => *d,
        Value::Str(s) if matches!(&**s, "NaN" | "Infinity" | "-Infinity") => return Ok(s.to_string()),
        _ if verb == 'f' => return Err(unfit("fixed-point clause", "doubles", value)),
        _ => return Err(unfit("scientific clause", "doubles", value)),
    };
    Ok(match d {
        d if d.is_nan() => "NaN".into(),
        f64::INFINITY => "∞".into(),
        f64::NEG_INFINITY => "-∞".into(),
        d if verb == 'e' => {
            // The locale en_US writes exponents this way, and cel-go takes the precision for a width.
            let text = format_float(d, 'e', Some(6));
            match text.split_once('e') {
                Some((mantissa, exponent)) => format!("{mantissa}×10{}", superscript(exponent)),
                None => text,
            }
        }
        d => grouped(&format_float(d, 'f', Some(precision))),
    })
}

/// Thousands with commas, as the locale en_US has them.
fn grouped(text: &str) -> String {
    let (number, fraction) = text.split_at(text.find('.').unwrap_or(text.len()));
    let (sign, digits) = number.split_at(usize::from(number.starts_with('-')));
    let mut out = sign.to_owned();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out + fraction
}

fn superscript(exponent: &str) -> String {
    let digit = |c| match c {
        '0' => '⁰',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '4' => '⁴',
        '5' => '⁵',
        '6' => '⁶',
        '7' => '⁷',
        '8' => '⁸',
        '9' => '⁹',
        '-' => '⁻',
        c => c,
    };
    exponent.trim_start_matches('+').chars().map(digit).collect()
}

fn plain(value: &Value<'_>) -> Result<String, Fail> {
    if crate::stack::is_low() {
        return Err(Fail::new("expression recursion limit exceeded"));
    }
    Ok(match value {
        Value::Null => "null".into(),
        Value::List(l) => listed(l)?,
        Value::Map(m) => mapped(m)?,
        Value::Duration(d) => time::duration_text(*d),
        Value::Timestamp(t) => time::timestamp_text(*t),
        Value::Type(t) => t.to_string(),
        Value::Bytes(b) => String::from_utf8_lossy(b).into_owned(),
        Value::Optional(_) | Value::Opaque(_) => {
            let takes = "strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps";
            return Err(unfit("string clause", takes, value));
        }
        other => shown(other),
    })
}

fn quoted(value: &Value<'_>) -> Result<String, Fail> {
    let text = match value {
        Value::Double(d) if d.is_finite() => return Ok(grouped(&format_float(*d, 'f', Some(6)))),
        other => plain(other)?,
    };
    Ok(match value {
        Value::Str(_) | Value::Double(_) => go_quote(&text),
        Value::Bytes(_) => format!("b{}", go_quote(&text)),
        Value::Duration(_) => format!("duration({})", go_quote(&text)),
        Value::Timestamp(_) => format!("timestamp({})", go_quote(&text)),
        _ => text,
    })
}

fn listed(l: &List<'_>) -> Result<String, Fail> {
    let parts = l.iter().map(|v| quoted(&v)).collect::<Result<Vec<_>, _>>()?;
    Ok(format!("[{}]", parts.join(", ")))
}

fn mapped(m: &Map<'_>) -> Result<String, Fail> {
    let mut pairs = Vec::with_capacity(m.len());
    for (key, value) in m.iter() {
        pairs.push((quoted(&key)?, quoted(&value)?));
    }
    pairs.sort();
    let parts: Vec<String> = pairs.into_iter().map(|(k, v)| format!("{k}:{v}")).collect();
    Ok(format!("{{{}}}", parts.join(", ")))
}
