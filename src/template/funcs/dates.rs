//! Sprig's dates (sprig v3.3.0 `date.go`) on Go's time.Time and time.Duration.

use std::any::Any;
use std::rc::Rc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};

use super::cast::text;
use crate::grammar::layout::{format, parse, zero};
use crate::template::func::{Func, FuncCx, FuncResult, Ty};
use crate::value::{IntKind, Object, Value};

/// The functions of this family.
pub const FUNCS: &[Func] = &[
    Func::new("now", &[], |cx, _| {
        Ok(time_value(cx.world.now().to_zoned(cx.world.time_zone()), cx.world.clock_is_real()))
    }),
    Func::new("ago", &[Ty::Any], ago),
    Func::new("date", &[Ty::Str, Ty::Any], |cx, a| {
        let zone = cx.world.time_zone();
        Ok(in_zone(cx, a, zone))
    }),
    Func::new("dateInZone", &[Ty::Str, Ty::Any, Ty::Str], date_in_zone),
    Func::new("date_in_zone", &[Ty::Str, Ty::Any, Ty::Str], date_in_zone),
    Func::new("dateModify", &[Ty::Str, Ty::Time], date_modify),
    Func::new("date_modify", &[Ty::Str, Ty::Time], date_modify),
    Func::new("mustDateModify", &[Ty::Str, Ty::Time], must_date_modify),
    Func::new("must_date_modify", &[Ty::Str, Ty::Time], must_date_modify),
    Func::new("duration", &[Ty::Any], duration),
    Func::new("durationRound", &[Ty::Any], duration_round),
    Func::new("htmlDate", &[Ty::Any], |cx, a| {
        let zone = cx.world.time_zone();
        Ok(Value::string(format(&time_of(cx, &a[0]).with_time_zone(zone), "2006-01-02")))
    }),
    Func::new("htmlDateInZone", &[Ty::Any, Ty::Str], |cx, a| {
        let zone = zone_by_name(text(a, 1));
        Ok(Value::string(format(&time_of(cx, &a[0]).with_time_zone(zone), "2006-01-02")))
    }),
    Func::new("toDate", &[Ty::Str, Ty::Str], |cx, a| Ok(time_value(read(cx, a).unwrap_or_else(zero), false))),
    Func::new("mustToDate", &[Ty::Str, Ty::Str], must_to_date),
    Func::new("unixEpoch", &[Ty::Time], |_, a| {
        Ok(Value::string(as_time(&a[0]).map_or(0, |t| t.timestamp().as_second()).to_string()))
    }),
];

/// `time.Time`
#[derive(Debug)]
pub struct Time {
    /// The instant, in its zone.
    pub at: Zoned,
    /// From a real clock: printed with Go's monotonic reading.
    monotonic: bool,
}

/// `time.Duration`, in nanoseconds.
#[derive(Debug)]
pub struct Duration(pub i64);

/// A `time.Time`.
pub fn time_value(at: Zoned, monotonic: bool) -> Value {
    Value::Object(Rc::new(Time { at, monotonic }))
}

/// A `time.Duration`.
pub fn duration_value(nanoseconds: i64) -> Value {
    Value::Object(Rc::new(Duration(nanoseconds)))
}

fn as_time(v: &Value) -> Option<&Zoned> {
    match v {
        Value::Object(o) => o.as_any().downcast_ref::<Time>().map(|t| &t.at),
        _ => None,
    }
}

/// The nanoseconds of a `time.Duration`.
pub fn as_duration(v: &Value) -> Option<i64> {
    match v {
        Value::Object(o) => o.as_any().downcast_ref::<Duration>().map(|d| d.0),
        _ => None,
    }
}

/// A time, or seconds since the epoch as an integer; everything else means now.
fn time_of(cx: &FuncCx<'_>, v: &Value) -> Zoned {
    if let Some(t) = as_time(v) {
        return t.clone();
    }
    let zone = cx.world.time_zone();
    match v {
        Value::Int(n, IntKind::Int | IntKind::Int64 | IntKind::Int32) => {
            Timestamp::from_second(*n).map_or_else(|_| zero(), |t| t.to_zoned(zone))
        }
        _ => cx.world.now().to_zoned(zone),
    }
}

fn zone_by_name(name: &[u8]) -> TimeZone {
    match String::from_utf8_lossy(name).as_ref() {
        "" | "UTC" => TimeZone::UTC,
        "Local" => TimeZone::system(),
        name => TimeZone::get(name).unwrap_or(TimeZone::UTC),
    }
}

fn in_zone(cx: &FuncCx<'_>, args: &[Value], zone: TimeZone) -> Value {
    let layout = String::from_utf8_lossy(text(args, 0)).into_owned();
    Value::string(format(&time_of(cx, &args[1]).with_time_zone(zone), &layout))
}

fn date_in_zone(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    Ok(in_zone(cx, args, zone_by_name(text(args, 2))))
}

fn shifted(args: &[Value]) -> Result<Value, String> {
    let d = parse_duration(text(args, 0))?;
    let t = as_time(&args[1]).cloned().unwrap_or_else(zero);
    let moved = t.checked_add(SignedDuration::from_nanos(d)).unwrap_or(t);
    Ok(time_value(moved, false))
}

fn date_modify(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    Ok(shifted(args).unwrap_or_else(|_| args[1].clone()))
}

fn must_date_modify(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    Ok(shifted(args)?)
}

fn read(cx: &FuncCx<'_>, args: &[Value]) -> Option<Zoned> {
    let (layout, value) = (String::from_utf8_lossy(text(args, 0)), String::from_utf8_lossy(text(args, 1)));
    parse(&layout, &value, &cx.world.time_zone())
}

fn must_to_date(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    match read(cx, args) {
        Some(t) => Ok(time_value(t, false)),
        None => {
            let quoted = |i| String::from_utf8_lossy(&crate::value::fmt::go_quote(text(args, i))).into_owned();
            Err(format!("parsing time {} as {}: cannot parse {} as {}", quoted(1), quoted(0), quoted(1), quoted(0)).into())
        }
    }
}

fn ago(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let then = time_of(cx, &args[0]);
    let seconds = cx.world.now().as_second() - then.timestamp().as_second();
    Ok(Value::string(duration_text(seconds.saturating_mul(1_000_000_000))))
}

fn duration(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let seconds = match &args[0] {
        Value::Str(s) => crate::grammar::gonum::parse_int(s, 10).unwrap_or(0),
        Value::Int(n, IntKind::Int64) => *n,
        _ => 0,
    };
    Ok(Value::string(duration_text(seconds.wrapping_mul(1_000_000_000))))
}

fn duration_round(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let d = match &args[0] {
        Value::Str(s) => parse_duration(s).unwrap_or(0),
        Value::Int(n, IntKind::Int64) => *n,
        v => match (as_duration(v), as_time(v)) {
            (Some(d), _) => d,
            (_, Some(t)) => {
                let nanos = cx.world.now().as_nanosecond() - t.timestamp().as_nanosecond();
                i64::try_from(nanos).unwrap_or(i64::MAX)
            }
            _ => 0,
        },
    };
    let u = d.unsigned_abs();
    const SECOND: u64 = 1_000_000_000;
    let units = [
        (365 * 86400 * SECOND, "y"),
        (30 * 86400 * SECOND, "mo"),
        (86400 * SECOND, "d"),
        (3600 * SECOND, "h"),
        (60 * SECOND, "m"),
        (SECOND, "s"),
    ];
    let text = units.iter().find(|(n, _)| u > *n).map_or("0s".to_owned(), |(n, unit)| format!("{}{unit}", u / n));
    Ok(Value::string(text))
}

/// `Duration.String`: `1h0m0s`, `1.5s`, `2µs`.
pub fn duration_text(d: i64) -> String {
    if d == 0 {
        return "0s".into();
    }
    let sign = if d < 0 { "-" } else { "" };
    let u = d.unsigned_abs();
    let with_fraction = |value: u64, unit: u64, name: &str| {
        let whole = value / unit;
        let rest = value % unit;
        let digits = unit.ilog10() as usize;
        let fraction = format!("{rest:0digits$}");
        let fraction = fraction.trim_end_matches('0');
        if rest == 0 { format!("{whole}{name}") } else { format!("{whole}.{fraction}{name}") }
    };
    let text = if u < 1_000 {
        format!("{u}ns")
    } else if u < 1_000_000 {
        with_fraction(u, 1_000, "µs")
    } else if u < 1_000_000_000 {
        with_fraction(u, 1_000_000, "ms")
    } else {
        let seconds = u / 1_000_000_000;
        let (h, m) = (seconds / 3600, seconds / 60 % 60);
        let s = with_fraction(u - (h * 3600 + m * 60) * 1_000_000_000, 1_000_000_000, "s");
        match (h, m) {
            (0, 0) => s,
            (0, m) => format!("{m}m{s}"),
            (h, m) => format!("{h}h{m}m{s}"),
        }
    };
    format!("{sign}{text}")
}

/// `time.ParseDuration`
///
/// # Errors
/// With Go's text.
pub fn parse_duration(text: &[u8]) -> Result<i64, String> {
    let quoted = String::from_utf8_lossy(&crate::value::fmt::go_quote(text)).into_owned();
    let invalid = || format!("time: invalid duration {quoted}");
    let s = std::str::from_utf8(text).map_err(|_| invalid())?;
    let (negative, mut s) = match s.as_bytes().first() {
        Some(b'-') => (true, &s[1..]),
        Some(b'+') => (false, &s[1..]),
        _ => (false, s),
    };
    if s == "0" {
        return Ok(0);
    }
    if s.is_empty() {
        return Err(invalid());
    }
    let mut exact = 0i128;
    while !s.is_empty() {
        let whole = s.bytes().take_while(u8::is_ascii_digit).count();
        let mut rest = &s[whole..];
        let mut fraction = "";
        if let Some(body) = rest.strip_prefix('.') {
            let n = body.bytes().take_while(u8::is_ascii_digit).count();
            fraction = &body[..n];
            rest = &body[n..];
        }
        if whole == 0 && fraction.is_empty() {
            return Err(invalid());
        }
        let n = rest.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(rest.len());
        let unit: i128 = match &rest[..n] {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            "" => return Err(format!("time: missing unit in duration {quoted}")),
            unit => {
                let unit = String::from_utf8_lossy(&crate::value::fmt::go_quote(unit.as_bytes())).into_owned();
                return Err(format!("time: unknown unit {unit} in duration {quoted}"));
            }
        };
        let number: i128 = if whole == 0 { 0 } else { s[..whole].parse().map_err(|_| invalid())? };
        exact = exact.checked_add(number.checked_mul(unit).ok_or_else(invalid)?).ok_or_else(invalid)?;
        if !fraction.is_empty() {
            let f: f64 = format!("0.{fraction}").parse().unwrap_or(0.0);
            exact += (f * unit as f64) as i128;
        }
        s = &rest[n..];
    }
    let signed = if negative { -exact } else { exact };
    i64::try_from(signed).map_err(|_| invalid())
}

const TIME_METHODS: &[(&str, &str)] = &[
    ("Format", "s"),
    ("Unix", ""),
    ("UnixMilli", ""),
    ("UnixMicro", ""),
    ("UnixNano", ""),
    ("Year", ""),
    ("Month", ""),
    ("Day", ""),
    ("Hour", ""),
    ("Minute", ""),
    ("Second", ""),
    ("Nanosecond", ""),
    ("YearDay", ""),
    ("Weekday", ""),
    ("UTC", ""),
    ("Local", ""),
    ("IsZero", ""),
    ("String", ""),
    ("Add", "d"),
    ("AddDate", "iii"),
    ("Sub", "t"),
    ("Before", "t"),
    ("After", "t"),
    ("Equal", "t"),
    ("Compare", "t"),
];

impl Object for Time {
    fn type_name(&self) -> String {
        "time.Time".into()
    }

    fn has_method(&self, name: &str) -> bool {
        TIME_METHODS.iter().any(|m| m.0 == name)
    }

    fn method_params(&self, name: &str) -> Option<&'static str> {
        TIME_METHODS.iter().find(|m| m.0 == name).map(|m| m.1)
    }

    fn call(&self, name: &str, args: &[Value]) -> Result<Value, String> {
        let t = &self.at;
        let other = args.first().and_then(as_time);
        let order = other.map(|o| t.timestamp().cmp(&o.timestamp()));
        Ok(match name {
            "Format" => Value::string(format(t, &String::from_utf8_lossy(text(args, 0)))),
            "Unix" => Value::int64(t.timestamp().as_second()),
            "UnixMilli" => Value::int64(t.timestamp().as_millisecond()),
            "UnixMicro" => Value::int64(t.timestamp().as_microsecond()),
            "UnixNano" => Value::int64(i64::try_from(t.timestamp().as_nanosecond()).unwrap_or(0)),
            "Year" => Value::int(i64::from(t.year())),
            "Month" => Value::string(format(t, "January")),
            "Day" => Value::int(i64::from(t.day())),
            "Hour" => Value::int(i64::from(t.hour())),
            "Minute" => Value::int(i64::from(t.minute())),
            "Second" => Value::int(i64::from(t.second())),
            "Nanosecond" => Value::int(i64::from(t.subsec_nanosecond())),
            "YearDay" => Value::int(i64::from(t.day_of_year())),
            "Weekday" => Value::string(format(t, "Monday")),
            "UTC" => time_value(t.with_time_zone(TimeZone::UTC), self.monotonic),
            "Local" => time_value(t.with_time_zone(TimeZone::system()), self.monotonic),
            "IsZero" => Value::Bool(t.timestamp() == zero().timestamp()),
            "String" => Value::string(self.display()),
            "Add" => {
                let d = args.first().and_then(as_duration).unwrap_or(0);
                time_value(t.checked_add(SignedDuration::from_nanos(d)).unwrap_or_else(|_| t.clone()), false)
            }
            "AddDate" => {
                let n = |i: usize| super::cast::int(args, i);
                let moved = t
                    .checked_add(jiff::Span::new().years(n(0)).months(n(1)).days(n(2)))
                    .unwrap_or_else(|_| t.clone());
                time_value(moved, false)
            }
            "Sub" => {
                let nanos = other.map_or(0, |o| t.timestamp().as_nanosecond() - o.timestamp().as_nanosecond());
                duration_value(i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX }))
            }
            "Before" => Value::Bool(order.is_some_and(std::cmp::Ordering::is_lt)),
            "After" => Value::Bool(order.is_some_and(std::cmp::Ordering::is_gt)),
            "Equal" => Value::Bool(order.is_some_and(std::cmp::Ordering::is_eq)),
            _ => Value::int(order.map_or(0, |o| o as i64)),
        })
    }

    fn display(&self) -> Vec<u8> {
        let mut out = format(&self.at, "2006-01-02 15:04:05.999999999 -0700 MST");
        if self.monotonic {
            // The reading counts from the start of the process, which no two runs share.
            out.push_str(" m=+0.000000001");
        }
        out.into_bytes()
    }

    fn json(&self) -> Result<Value, String> {
        Ok(Value::string(format(&self.at, "2006-01-02T15:04:05.999999999Z07:00")))
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<Time>().is_some_and(|o| o.at == self.at)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Object for Duration {
    fn type_name(&self) -> String {
        "time.Duration".into()
    }

    fn kind(&self) -> &'static str {
        "int64"
    }

    fn has_method(&self, name: &str) -> bool {
        matches!(
            name,
            "Hours" | "Minutes" | "Seconds" | "Milliseconds" | "Microseconds" | "Nanoseconds" | "String" | "Abs"
                | "Round" | "Truncate"
        )
    }

    fn method_params(&self, name: &str) -> Option<&'static str> {
        Some(if matches!(name, "Round" | "Truncate") { "d" } else { "" })
    }

    fn call(&self, name: &str, args: &[Value]) -> Result<Value, String> {
        let d = self.0;
        let m = args.first().and_then(as_duration).unwrap_or(0);
        Ok(match name {
            "Hours" => Value::Float(d as f64 / 3.6e12),
            "Minutes" => Value::Float(d as f64 / 6e10),
            "Seconds" => Value::Float(d as f64 / 1e9),
            "Milliseconds" => Value::int64(d / 1_000_000),
            "Microseconds" => Value::int64(d / 1_000),
            "Nanoseconds" => Value::int64(d),
            "Abs" => duration_value(d.saturating_abs()),
            "Round" => duration_value(round_to(d, m)),
            "Truncate" => duration_value(if m <= 0 { d } else { d - d % m }),
            _ => Value::string(duration_text(d)),
        })
    }

    fn display(&self) -> Vec<u8> {
        duration_text(self.0).into_bytes()
    }

    fn json(&self) -> Result<Value, String> {
        Ok(Value::int64(self.0))
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<Duration>().is_some_and(|o| o.0 == self.0)
    }

    fn truth(&self) -> bool {
        self.0 != 0
    }

    fn is_empty(&self) -> bool {
        self.0 == 0
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// `Duration.Round`: half away from zero.
pub fn round_to(d: i64, m: i64) -> i64 {
    if m <= 0 {
        return d;
    }
    let r = (d % m).abs();
    let down = if d < 0 { d + r } else { d - r };
    if r + r < m {
        return down;
    }
    if d < 0 { down.saturating_sub(m) } else { down.saturating_add(m) }
}
