//! Durations and moments.

use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};

use super::super::eval::Fail;
use super::super::value::Value;
use super::Outcome;
use crate::gonum::format_float;
use crate::grammar::duration as go;

/// A duration, unless it overflowed.
pub fn span<'a>(nanos: Option<i64>) -> Outcome<'a> {
    nanos.map(Value::Duration).ok_or(Fail::new("integer overflow"))
}

/// CEL's years are 1 to 9999.
fn bounded<'a>(t: Option<Timestamp>) -> Outcome<'a> {
    let year = |t: &Timestamp| t.to_zoned(TimeZone::UTC).year();
    t.filter(|t| (1..=9999).contains(&year(t))).map(Value::Timestamp).ok_or(Fail::new("timestamp overflow"))
}

/// A moment, moved.
pub fn shift<'a>(t: Timestamp, nanos: i64) -> Outcome<'a> {
    let moved = t.as_nanosecond() + i128::from(nanos);
    bounded(Timestamp::from_nanosecond(moved).ok())
}

/// `duration(x)`
pub fn duration<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match args {
        [Value::Duration(d)] => Ok(Value::Duration(*d)),
        [Value::Int(i)] => Ok(Value::Duration(*i)),
        [Value::Str(s)] => {
            let wrong = |_| Fail::new("type conversion error from 'string' to 'google.protobuf.Duration'");
            go::parse(s.as_bytes()).map(Value::Duration).map_err(wrong)
        }
        _ => Err(Fail::overload()),
    }
}

/// `timestamp(x)`
pub fn timestamp<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match args {
        [Value::Timestamp(t)] => Ok(Value::Timestamp(*t)),
        [Value::Int(i)] => bounded(Timestamp::from_second(*i).ok()),
        [Value::Str(s)] => {
            let wrong = Fail::new("type conversion error from 'string' to 'google.protobuf.Timestamp'");
            parse(s).ok_or(wrong).and_then(|t| bounded(Some(t)))
        }
        _ => Err(Fail::overload()),
    }
}

/// RFC 3339 as Go's `time.Parse` reads it: capital T and Z, seconds up to 59.
pub fn parse(s: &str) -> Option<Timestamp> {
    let bytes = s.as_bytes();
    let digit = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_digit);
    let digits = [0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18].into_iter().all(digit);
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if !digits || !marks.iter().all(|(i, c)| bytes.get(*i) == Some(c)) || &bytes[17..19] > b"59".as_slice() {
        return None;
    }
    let zone = s[19..].trim_start_matches(['.', ',', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    let zone_fits = zone == "Z" || (zone.len() == 6 && zone.as_bytes()[3] == b':');
    zone_fits.then(|| s.parse().ok()).flatten()
}

/// As `string(d)` has it.
pub fn duration_text(nanos: i64) -> String {
    let seconds = (nanos / 1_000_000_000) as f64 + (nanos % 1_000_000_000) as f64 / 1e9;
    format!("{}s", format_float(seconds, 'f', None))
}

/// As `string(t)` has it.
pub fn timestamp_text(t: Timestamp) -> String {
    t.to_string()
}

/// The moment in a zone: a name, or an offset like `-08:00`.
fn zoned(args: &[Value<'_>]) -> Result<Zoned, Fail> {
    let Some(Value::Timestamp(t)) = args.first() else { return Err(Fail::overload()) };
    let zone = match args.get(1) {
        None => TimeZone::UTC,
        Some(Value::Str(name)) => zone(name).ok_or_else(|| Fail::new(format!("unknown time zone {}", &**name)))?,
        Some(_) => return Err(Fail::overload()),
    };
    Ok(t.to_zoned(zone))
}

fn zone(name: &str) -> Option<TimeZone> {
    let Some((hours, minutes)) = name.split_once(':') else { return TimeZone::get(name).ok() };
    let hours: i32 = hours.parse().ok()?;
    let minutes: i32 = minutes.parse().ok()?;
    let signed = if name.starts_with('-') { -minutes } else { minutes };
    Offset::from_seconds(hours.checked_mul(3600)?.checked_add(signed.checked_mul(60)?)?).ok().map(TimeZone::fixed)
}

fn of_time<'a>(args: &[Value<'a>], get: fn(&Zoned) -> i64) -> Outcome<'a> {
    zoned(args).map(|z| Value::Int(get(&z)))
}

/// `t.getFullYear()`
pub fn full_year<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    of_time(args, |z| i64::from(z.year()))
}

/// `t.getMonth()`, from 0.
pub fn month<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    of_time(args, |z| i64::from(z.month()) - 1)
}

/// `t.getDayOfYear()`, from 0.
pub fn day_of_year<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    of_time(args, |z| i64::from(z.day_of_year()) - 1)
}

/// `t.getDayOfMonth()`, from 0.
pub fn day_of_month<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    of_time(args, |z| i64::from(z.day()) - 1)
}

/// `t.getDate()`, from 1.
pub fn date<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    of_time(args, |z| i64::from(z.day()))
}

/// `t.getDayOfWeek()`, Sunday is 0.
pub fn day_of_week<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    of_time(args, |z| i64::from(z.weekday().to_sunday_zero_offset()))
}

fn of_either<'a>(args: &[Value<'a>], get: fn(&Zoned) -> i64, unit: i64, modulo: i64) -> Outcome<'a> {
    match args {
        [Value::Duration(d)] => Ok(Value::Int(d / unit % modulo)),
        _ => of_time(args, get),
    }
}

/// `x.getHours()`
pub fn hours<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    of_either(args, |z| i64::from(z.hour()), 3_600_000_000_000, i64::MAX)
}

/// `x.getMinutes()`: all of a duration's.
pub fn minutes<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    of_either(args, |z| i64::from(z.minute()), 60_000_000_000, i64::MAX)
}

/// `x.getSeconds()`: all of a duration's.
pub fn seconds<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    of_either(args, |z| i64::from(z.second()), 1_000_000_000, i64::MAX)
}

/// `x.getMilliseconds()`: those beyond the second.
pub fn milliseconds<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    of_either(args, |z| i64::from(z.millisecond()), 1_000_000, i64::MAX)
}
