//! Helm 4's durations (helm v4.3.1 `pkg/engine/funcs.go`): anything that reads as one, in any unit.

use super::dates::{as_duration, duration_value, parse_duration, round_to};
use crate::grammar::gonum::{format_float, parse_float};
use crate::template::func::{Func, FuncCx, FuncResult, Ty};
use crate::value::{HelmVersion, IntKind, Value, is_space};

/// The functions of this family.
pub const FUNCS: &[Func] = &[
    Func::new("mustToDuration", &[Ty::Any], |_, a| Ok(duration_value(to_duration(&a[0])?))).v4(),
    Func::new("durationSeconds", &[Ty::Any], |_, a| Ok(float(a, 1e9))).v4(),
    Func::new("durationMilliseconds", &[Ty::Any], |_, a| Ok(int(a, 1_000_000))).v4(),
    Func::new("durationMicroseconds", &[Ty::Any], |_, a| Ok(int(a, 1_000))).v4(),
    Func::new("durationNanoseconds", &[Ty::Any], |_, a| Ok(int(a, 1))).v4(),
    Func::new("durationMinutes", &[Ty::Any], |_, a| Ok(float(a, 6e10))).v4(),
    Func::new("durationHours", &[Ty::Any], |_, a| Ok(float(a, 3.6e12))).v4(),
    Func::new("durationDays", &[Ty::Any], |_, a| Ok(float(a, 24.0 * 3.6e12))).v4(),
    Func::new("durationWeeks", &[Ty::Any], |_, a| Ok(float(a, 7.0 * 24.0 * 3.6e12))).v4(),
    Func::new("durationRoundTo", &[Ty::Any, Ty::Any], round).v4(),
    Func::new("durationTruncateTo", &[Ty::Any, Ty::Any], truncate).v4(),
];

const SECOND: i64 = 1_000_000_000;

/// asDuration
fn to_duration(v: &Value) -> Result<i64, String> {
    if let Some(d) = as_duration(v) {
        return Ok(d);
    }
    match v {
        Value::Str(s) => from_text(&s.to_text()),
        Value::Int(n, IntKind::Uint64) => {
            let n = *n as u64;
            i64::try_from(n).ok().and_then(|n| n.checked_mul(SECOND)).ok_or_else(|| format!("duration seconds overflow: {n}"))
        }
        Value::Int(n, _) => n.checked_mul(SECOND).ok_or_else(|| format!("duration seconds overflow: {n}")),
        Value::Float(f) => from_seconds(*f),
        Value::Nil => Err("unsupported duration type <nil>".into()),
        other => Err(format!("unsupported duration type {}", other.type_name(HelmVersion::V4))),
    }
}

fn from_text(text: &str) -> Result<i64, String> {
    let s = text.trim_matches(is_space);
    if s.is_empty() {
        return Err("empty duration".into());
    }
    if let Ok(d) = parse_duration(s.as_bytes()) {
        return Ok(d);
    }
    match parse_float(s.as_bytes()) {
        Ok(f) => from_seconds(f),
        Err(_) => Err(format!("could not parse duration {s:?}")),
    }
}

fn from_seconds(f: f64) -> Result<i64, String> {
    let shown = || format_float(f, 'g', None);
    if !f.is_finite() {
        return Err(format!("invalid duration seconds: {}", shown()));
    }
    let limit = i64::MAX as f64 / 1e9;
    if f.abs() > limit {
        return Err(format!("duration seconds overflow: {}", shown()));
    }
    Ok(super::cast::float_to_int(f * 1e9))
}

fn float(args: &[Value], unit: f64) -> Value {
    Value::Float(to_duration(&args[0]).unwrap_or(0) as f64 / unit)
}

fn int(args: &[Value], unit: i64) -> Value {
    Value::int64(to_duration(&args[0]).unwrap_or(0) / unit)
}

fn round(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let (Ok(d), Ok(m)) = (to_duration(&args[0]), to_duration(&args[1])) else { return Ok(duration_value(0)) };
    Ok(duration_value(round_to(d, m)))
}

fn truncate(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let (Ok(d), Ok(m)) = (to_duration(&args[0]), to_duration(&args[1])) else { return Ok(duration_value(0)) };
    Ok(duration_value(if m <= 0 { d } else { d - d % m }))
}
