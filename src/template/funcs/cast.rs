//! Conversions of spf13/cast v1.7.0, which Sprig's arithmetic is made of, and small helpers of the families.

use crate::gonum::{NumError, parse_float, parse_int};
use crate::value::fmt::to_bytes;
use crate::value::{HelmVersion, IntKind, Object, Str, Value};

/// The string of a `Ty::Str` argument.
pub fn text(args: &[Value], i: usize) -> &[u8] {
    args.get(i).and_then(|v| v.as_str()).map_or(&[], |s| s)
}

/// The string of a `Ty::Str` argument, shared.
pub fn string(args: &[Value], i: usize) -> Str {
    args.get(i).and_then(|v| v.as_str().cloned()).unwrap_or_else(|| Str::from(""))
}

/// The integer of a `Ty::Int` argument.
pub fn int(args: &[Value], i: usize) -> i64 {
    match args.get(i) {
        Some(Value::Int(n, _)) => *n,
        _ => 0,
    }
}

/// Sprig's `strval`: strings and bytes as they are, everything else as it prints.
pub fn strval(v: &Value, helm: HelmVersion) -> Str {
    match v {
        Value::Str(s) => s.clone(),
        Value::Bytes(b) => Str::from(&b[..]),
        other => to_bytes(other, helm).into(),
    }
}

/// Drops a decimal point followed by nothing but zeros (one at least).
fn without_zero_fraction(s: &[u8]) -> &[u8] {
    let trimmed = s.len() - s.iter().rev().take_while(|c| **c == b'0').count();
    match s.get(..trimmed) {
        Some([head @ .., b'.']) if trimmed < s.len() => head,
        _ => s,
    }
}

/// `strconv.ParseInt` where the error is ignored: a number too large is the largest.
pub fn parse_int_clamped(s: &[u8], base: u32) -> i64 {
    match parse_int(s, base) {
        Ok(n) => n,
        Err(NumError::Range) if s.starts_with(b"-") => i64::MIN,
        Err(NumError::Range) => i64::MAX,
        Err(NumError::Syntax) => 0,
    }
}

/// `cast.ToInt64`
pub fn to_int64(v: &Value) -> i64 {
    match v {
        Value::Bool(b) => i64::from(*b),
        Value::Int(n, _) => *n,
        Value::Float(f) => float_to_int(*f),
        Value::Str(s) => parse_int(without_zero_fraction(s), 0).unwrap_or(0),
        Value::Object(o) => calendar_number(&**o),
        _ => 0,
    }
}

/// The number of a `time.Month` or `time.Weekday`, the only named types that cast knows.
fn calendar_number(object: &dyn Object) -> i64 {
    object.number().filter(|_| object.kind() == "int").unwrap_or(0)
}

/// Go's conversion on amd64: what does not fit becomes the smallest integer.
pub fn float_to_int(f: f64) -> i64 {
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&f) { f as i64 } else { i64::MIN }
}

/// `cast.ToFloat64`
pub fn to_float64(v: &Value) -> f64 {
    match v {
        Value::Bool(b) => f64::from(u8::from(*b)),
        Value::Int(n, IntKind::Uint64) => *n as u64 as f64,
        Value::Int(n, _) => *n as f64,
        Value::Float(f) => *f,
        Value::Str(s) => parse_float(s).unwrap_or(0.0),
        Value::Object(o) => calendar_number(&**o) as f64,
        _ => 0.0,
    }
}
