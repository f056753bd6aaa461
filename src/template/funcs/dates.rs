//! Sprig's dates (sprig v3.3.0 `date.go`). The objects that they return are in `grammar::gotime::object`, Go's layouts in
//! `grammar::layout`.

use super::cast::{parse_int_clamped, text};
use crate::grammar::duration::{self, HOUR, MINUTE, SECOND};
use crate::grammar::gotime::object::{TimeObject, time_value};
use crate::grammar::gotime::{Time, Zone};
use crate::grammar::layout;
use crate::template::func::{Func, FuncCx, FuncResult, Ty};
use crate::value::{IntKind, Value};

/// The functions of this family.
pub const FUNCS: &[Func] = &[
    Func::new("now", &[], |cx, _| Ok(time_value(now(cx), cx.world.time_zone()))),
    Func::new("date", &[Ty::Str, Ty::Any], |cx, a| Ok(in_zone(cx, text(a, 0), &a[1], b"Local"))),
    Func::new("dateInZone", &[Ty::Str, Ty::Any, Ty::Str], date_in_zone),
    Func::new("date_in_zone", &[Ty::Str, Ty::Any, Ty::Str], date_in_zone),
    Func::new("htmlDate", &[Ty::Any], |cx, a| Ok(in_zone(cx, HTML, &a[0], b"Local"))),
    Func::new("htmlDateInZone", &[Ty::Any, Ty::Str], |cx, a| Ok(in_zone(cx, HTML, &a[0], text(a, 1)))),
    Func::new("dateModify", &[Ty::Str, Ty::Time], date_modify),
    Func::new("date_modify", &[Ty::Str, Ty::Time], date_modify),
    Func::new("mustDateModify", &[Ty::Str, Ty::Time], must_date_modify),
    Func::new("must_date_modify", &[Ty::Str, Ty::Time], must_date_modify),
    Func::new("ago", &[Ty::Any], ago),
    Func::new("duration", &[Ty::Any], duration_text),
    Func::new("durationRound", &[Ty::Any], duration_round),
    Func::new("toDate", &[Ty::Str, Ty::Str], to_date),
    Func::new("mustToDate", &[Ty::Str, Ty::Str], must_to_date),
    Func::new("unixEpoch", &[Ty::Time], unix_epoch),
];

/// The layout of `htmlDate`.
const HTML: &[u8] = b"2006-01-02";

/// The monotonic clock as a template sees it: a render has only just begun.
const MONOTONIC: i64 = 1;

/// `time.Now()`
fn now(cx: &FuncCx<'_>) -> Time {
    let at = cx.world.now();
    let nanos = at.subsec_nanosecond();
    let borrow = i64::from(nanos < 0);
    Time {
        unix: at.as_second() - borrow,
        nanos: (nanos + borrow as i32 * SECOND as i32) as u32,
        zone: Zone::Local(cx.world.time_zone()),
        mono: cx.world.clock_is_real().then_some(MONOTONIC),
    }
}

/// The time in a `Ty::Any` argument.
fn time_of(v: &Value) -> Option<&Time> {
    match v {
        Value::Object(o) => o.as_any().downcast_ref::<TimeObject>().map(|t| &t.time),
        _ => None,
    }
}

/// A time or a number of seconds; anything else is now.
fn moment(cx: &FuncCx<'_>, v: &Value) -> Time {
    match v {
        Value::Int(n, IntKind::Int | IntKind::Int64 | IntKind::Int32) => Time::from_unix(*n, Zone::Utc),
        v => time_of(v).cloned().unwrap_or_else(|| now(cx)),
    }
}

fn in_zone(cx: &FuncCx<'_>, layout: &[u8], date: &Value, zone: &[u8]) -> Value {
    let zone = Zone::load(zone, &cx.world.time_zone()).unwrap_or(Zone::Utc);
    Value::string(layout::format(&moment(cx, date).within(zone), layout))
}

fn date_in_zone(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    Ok(in_zone(cx, text(args, 0), &args[1], text(args, 2)))
}

fn date_modify(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    Ok(must_date_modify(cx, args).unwrap_or_else(|_| args[1].clone()))
}

fn must_date_modify(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let by = duration::parse(text(args, 0))?;
    let time = time_of(&args[1]).ok_or("wrong type for value; expected time.Time")?;
    Ok(time_value(time.add(by), cx.world.time_zone()))
}

fn ago(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let then = match &args[0] {
        Value::Int(_, IntKind::Int32) => now(cx),
        v => moment(cx, v),
    };
    Ok(Value::string(duration::text(duration::round(now(cx).sub(&then), SECOND))))
}

fn duration_text(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let seconds = match &args[0] {
        Value::Str(s) => parse_int_clamped(s, 10),
        Value::Int(n, IntKind::Int64) => *n,
        _ => 0,
    };
    Ok(Value::string(duration::text(seconds.wrapping_mul(SECOND))))
}

/// Sprig's rough durations: the largest unit that fits more than once.
fn duration_round(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let d = match &args[0] {
        Value::Str(s) => duration::parse(s).unwrap_or(0),
        Value::Int(n, IntKind::Int64) => *n,
        v => time_of(v).map_or(0, |t| now(cx).sub(t)),
    };
    let units =
        [("y", 365 * 24 * HOUR), ("mo", 30 * 24 * HOUR), ("d", 24 * HOUR), ("h", HOUR), ("m", MINUTE), ("s", SECOND)];
    let u = d.unsigned_abs();
    let found = units.iter().find(|(_, unit)| u > *unit as u64);
    Ok(Value::string(found.map_or_else(|| "0s".to_owned(), |(name, unit)| format!("{}{name}", u / *unit as u64))))
}

fn to_date(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    Ok(must_to_date(cx, args).unwrap_or_else(|_| time_value(Time::zero(), cx.world.time_zone())))
}

fn must_to_date(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let local = cx.world.time_zone();
    let time = layout::parse::parse(text(args, 0), text(args, 1), &Zone::Local(local.clone()))?;
    Ok(time_value(time, local))
}

fn unix_epoch(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    Ok(Value::string(time_of(&args[0]).map_or(0, |t| t.unix).to_string()))
}
