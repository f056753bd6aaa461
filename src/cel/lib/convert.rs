//! Conversions: `int(x)`, `string(x)` and so on (cel-go `common/types`).

use super::super::eval::Fail;
use super::super::value::{Opaque, Text, Value};
use super::{Outcome, time};
use crate::gonum::{format_float, parse_float, parse_int, parse_uint};

/// `type(x)`
pub fn type_of<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match args {
        [v] => Ok(Value::Type(Text::Borrowed(v.type_name()))),
        _ => Err(Fail::overload()),
    }
}

/// `dyn(x)`
pub fn dynamic<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    args.first().cloned().ok_or_else(Fail::overload)
}

fn wrong(from: &Value<'_>, to: &str) -> Fail {
    Fail::new(format!("type conversion error from '{}' to '{to}'", from.type_name()))
}

/// `int(x)`
pub fn int<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let [v] = args else { return Err(Fail::overload()) };
    let overflow = Fail::new("integer overflow");
    Ok(Value::Int(match v {
        Value::Int(i) => *i,
        Value::Uint(u) => i64::try_from(*u).map_err(|_| overflow)?,
        Value::Double(d) if d.is_finite() && *d > i64::MIN as f64 && *d < i64::MAX as f64 => *d as i64,
        Value::Double(_) => return Err(overflow),
        Value::Str(s) => parse_int(s.as_bytes(), 10).map_err(|_| wrong(v, "int"))?,
        Value::Timestamp(t) => t.as_nanosecond().div_euclid(1_000_000_000) as i64,
        Value::Duration(d) => *d,
        _ => return Err(wrong(v, "int")),
    }))
}

/// `uint(x)`
pub fn uint<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let [v] = args else { return Err(Fail::overload()) };
    let overflow = Fail::new("unsigned integer overflow");
    Ok(Value::Uint(match v {
        Value::Uint(u) => *u,
        Value::Int(i) => u64::try_from(*i).map_err(|_| overflow)?,
        Value::Double(d) if *d >= 0.0 && *d < u64::MAX as f64 => *d as u64,
        Value::Double(_) => return Err(overflow),
        Value::Str(s) => parse_uint(s.as_bytes(), 10).map_err(|_| wrong(v, "uint"))?,
        _ => return Err(wrong(v, "uint")),
    }))
}

/// `double(x)`
pub fn double<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let [v] = args else { return Err(Fail::overload()) };
    Ok(Value::Double(match v {
        Value::Double(d) => *d,
        Value::Int(i) => *i as f64,
        Value::Uint(u) => *u as f64,
        Value::Str(s) => parse_float(s.as_bytes()).map_err(|_| wrong(v, "double"))?,
        _ => return Err(wrong(v, "double")),
    }))
}

/// `bool(x)`
pub fn boolean<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let [v] = args else { return Err(Fail::overload()) };
    match v {
        Value::Bool(b) => Ok(Value::Bool(*b)),
        Value::Str(s) => match &**s {
            "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(Value::Bool(true)),
            "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(Value::Bool(false)),
            _ => Err(wrong(v, "bool")),
        },
        _ => Err(wrong(v, "bool")),
    }
}

/// `bytes(x)`
pub fn bytes<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let [v] = args else { return Err(Fail::overload()) };
    match v {
        Value::Bytes(b) => Ok(Value::Bytes(b.clone())),
        Value::Str(s) => Ok(Value::Bytes(s.as_bytes().into())),
        _ => Err(wrong(v, "bytes")),
    }
}

/// `string(x)`
pub fn string<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let [v] = args else { return Err(Fail::overload()) };
    Ok(match v {
        Value::Str(_) => v.clone(),
        Value::Bool(b) => Value::text(b.to_string()),
        Value::Int(i) => Value::text(i.to_string()),
        Value::Uint(u) => Value::text(u.to_string()),
        Value::Double(d) => Value::text(double_text(*d)),
        Value::Bytes(b) => match std::str::from_utf8(b) {
            Ok(s) => Value::text(s),
            Err(_) => return Err(Fail::new("invalid UTF-8 in bytes, cannot convert to string")),
        },
        Value::Duration(d) => Value::text(time::duration_text(*d)),
        Value::Timestamp(t) => Value::text(time::timestamp_text(*t)),
        Value::Type(t) => Value::Str(t.clone()),
        Value::Opaque(o) => match &**o {
            Opaque::Ip(ip) => Value::text(ip.to_string()),
            Opaque::Cidr(ip, bits) => Value::text(format!("{ip}/{bits}")),
            _ => return Err(wrong(v, "string")),
        },
        _ => return Err(wrong(v, "string")),
    })
}

/// Go's `%g`.
pub fn double_text(d: f64) -> String {
    match d {
        d if d.is_nan() => "NaN".into(),
        f64::INFINITY => "+Inf".into(),
        f64::NEG_INFINITY => "-Inf".into(),
        d => format_float(d, 'g', None),
    }
}
