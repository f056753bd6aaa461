//! The durations of Helm 4 (helm v4.3.1 `pkg/engine/funcs.go`): anything that can be read as a duration, in a unit.

use super::cast::float_to_int;
use crate::gonum::parse_float;
use crate::grammar::duration::{self, HOUR, MICROSECOND, MILLISECOND, MINUTE, SECOND};
use crate::grammar::gotime::object::{DurationObject, duration_value};
use crate::template::func::{Func, FuncCx, FuncResult, Ty};
use crate::value::fmt::{go_quote, to_text};
use crate::value::{HelmVersion, IntKind, Value, decode_rune, is_space};

/// The functions of this family.
pub const FUNCS: &[Func] = &[
    Func::new("mustToDuration", &[Ty::Any], |cx, a| Ok(duration_value(as_duration(&a[0], cx.helm)?))).v4(),
    Func::new("durationSeconds", &[Ty::Any], |cx, a| float(cx, a, |d| duration::in_unit(d, SECOND))).v4(),
    Func::new("durationMinutes", &[Ty::Any], |cx, a| float(cx, a, |d| duration::in_unit(d, MINUTE))).v4(),
    Func::new("durationHours", &[Ty::Any], |cx, a| float(cx, a, |d| duration::in_unit(d, HOUR))).v4(),
    Func::new("durationDays", &[Ty::Any], |cx, a| float(cx, a, |d| duration::in_unit(d, HOUR) / 24.0)).v4(),
    Func::new("durationWeeks", &[Ty::Any], |cx, a| float(cx, a, |d| duration::in_unit(d, HOUR) / 24.0 / 7.0)).v4(),
    Func::new("durationMilliseconds", &[Ty::Any], |cx, a| whole(cx, a, MILLISECOND)).v4(),
    Func::new("durationMicroseconds", &[Ty::Any], |cx, a| whole(cx, a, MICROSECOND)).v4(),
    Func::new("durationNanoseconds", &[Ty::Any], |cx, a| whole(cx, a, 1)).v4(),
    Func::new("durationRoundTo", &[Ty::Any, Ty::Any], |cx, a| to_multiple(cx, a, duration::round)).v4(),
    Func::new("durationTruncateTo", &[Ty::Any, Ty::Any], |cx, a| to_multiple(cx, a, duration::truncate)).v4(),
];

fn trim(s: &[u8]) -> &[u8] {
    let (mut at, mut start, mut end) = (0, s.len(), 0);
    while let Some((c, w)) = decode_rune(&s[at..]) {
        if !is_space(c) {
            start = start.min(at);
            end = at + w;
        }
        at += w;
    }
    s.get(start..end).unwrap_or_default()
}

fn from_seconds(seconds: i64) -> Result<i64, String> {
    seconds.checked_mul(SECOND).ok_or_else(|| format!("duration seconds overflow: {seconds}"))
}

fn from_float(seconds: f64, helm: HelmVersion) -> Result<i64, String> {
    let shown = |f: f64| to_text(&Value::Float(f), helm);
    if !seconds.is_finite() {
        return Err(format!("invalid duration seconds: {}", shown(seconds)));
    }
    let limit = i64::MAX as f64;
    if seconds.abs() > limit / SECOND as f64 {
        return Err(format!("duration seconds overflow: {}", shown(seconds)));
    }
    let nanos = seconds * SECOND as f64;
    if nanos.abs() > limit {
        return Err(format!("duration nanoseconds overflow: {}", shown(nanos)));
    }
    Ok(float_to_int(nanos))
}

/// A duration as it is, a text as Go writes durations or as a number of seconds, any number as seconds.
fn as_duration(v: &Value, helm: HelmVersion) -> Result<i64, String> {
    match v {
        Value::Nil => Err("invalid duration".to_owned()),
        Value::Str(s) => {
            let trimmed = trim(s);
            if trimmed.is_empty() {
                return Err("empty duration".to_owned());
            }
            if let Ok(d) = duration::parse(trimmed) {
                return Ok(d);
            }
            match parse_float(trimmed) {
                Ok(f) => from_float(f, helm),
                Err(_) => Err(format!("could not parse duration {}", go_quote(s))),
            }
        }
        Value::Int(n, IntKind::Uint64) if *n < 0 => Err(format!("duration seconds overflow: {}", *n as u64)),
        Value::Int(n, _) => from_seconds(*n),
        Value::Float(f) => from_float(*f, helm),
        Value::Object(o) => match (o.as_any().downcast_ref::<DurationObject>(), o.number()) {
            (Some(d), _) => Ok(d.0),
            (None, Some(n)) => from_seconds(n),
            _ => Err(format!("unsupported duration type {}", o.type_name())),
        },
        v => Err(format!("unsupported duration type {}", v.type_name(helm))),
    }
}

fn float(cx: &mut FuncCx<'_>, args: &[Value], convert: fn(i64) -> f64) -> FuncResult {
    Ok(Value::Float(as_duration(&args[0], cx.helm).map_or(0.0, convert)))
}

fn whole(cx: &mut FuncCx<'_>, args: &[Value], unit: i64) -> FuncResult {
    Ok(Value::int64(as_duration(&args[0], cx.helm).map_or(0, |d| d / unit)))
}

/// A duration that can't be read is zero, a multiple that can't changes nothing.
fn to_multiple(cx: &mut FuncCx<'_>, args: &[Value], round: fn(i64, i64) -> i64) -> FuncResult {
    let Ok(d) = as_duration(&args[0], cx.helm) else {
        return Ok(duration_value(0));
    };
    Ok(duration_value(as_duration(&args[1], cx.helm).map_or(d, |multiple| round(d, multiple))))
}
