//! The types of Go's package time as templates hold them: `time.Time`, `time.Duration`, `time.Month`, `time.Weekday`
//! and `*time.Location` with their methods (Go 1.26 `time/time.go`).

use std::any::Any;
use std::rc::Rc;

use jiff::tz::TimeZone;

use crate::grammar::duration::{self, HOUR, MICROSECOND, MILLISECOND, MINUTE, SECOND};
use crate::grammar::gotime::{MONTHS, Time, WEEKDAYS, Zone};
use crate::grammar::layout;
use crate::value::{Encoded, Field, IntKind, NilPointer, Object, Value};

/// A `time.Time`.
#[derive(Debug)]
pub struct TimeObject {
    /// The time.
    pub time: Time,
    /// What `Local` means.
    local: TimeZone,
}

/// A `time.Duration` in nanoseconds.
#[derive(Debug)]
pub struct DurationObject(pub i64);

/// A `time.Month` or a `time.Weekday`.
#[derive(Debug)]
struct Named {
    type_name: &'static str,
    number: i64,
}

/// A `*time.Location`.
#[derive(Debug)]
struct Location(Zone);

/// A time; `local` is what `Local` means.
pub fn time_value(time: Time, local: TimeZone) -> Value {
    Value::Object(Rc::new(TimeObject { time, local }))
}

/// A duration.
pub fn duration_value(nanoseconds: i64) -> Value {
    Value::Object(Rc::new(DurationObject(nanoseconds)))
}

/// The argument of a method, of a type that is known to be right.
fn argument<T: 'static>(args: &[Value]) -> Result<&T, String> {
    match args.first() {
        Some(Value::Object(o)) => o.as_any().downcast_ref::<T>().ok_or("wrong type for value".to_owned()),
        _ => Err("wrong type for value".to_owned()),
    }
}

fn int(args: &[Value], i: usize) -> i64 {
    match args.get(i) {
        Some(Value::Int(n, _)) => *n,
        _ => 0,
    }
}

const TIME_METHODS: &[(&str, &str)] = &[
    ("Add", "d"),
    ("AddDate", "iii"),
    ("After", "t"),
    ("Before", "t"),
    ("Clock", ""),
    ("Compare", "t"),
    ("Date", ""),
    ("Day", ""),
    ("Equal", "t"),
    ("Format", "s"),
    ("Hour", ""),
    ("ISOWeek", ""),
    ("In", "a"),
    ("IsDST", ""),
    ("IsZero", ""),
    ("Local", ""),
    ("Location", ""),
    ("Minute", ""),
    ("Month", ""),
    ("Nanosecond", ""),
    ("Round", "d"),
    ("Second", ""),
    ("String", ""),
    ("Sub", "t"),
    ("Truncate", "d"),
    ("UTC", ""),
    ("Unix", ""),
    ("UnixMicro", ""),
    ("UnixMilli", ""),
    ("UnixNano", ""),
    ("Weekday", ""),
    ("Year", ""),
    ("YearDay", ""),
    ("Zone", ""),
];

impl TimeObject {
    fn same_local(&self, time: Time) -> Value {
        time_value(time, self.local.clone())
    }

    /// The methods that have a time, a duration or a place among their arguments.
    fn call_with(&self, name: &str, args: &[Value]) -> Result<Value, String> {
        let t = &self.time;
        Ok(match name {
            "Add" => self.same_local(t.add(argument::<DurationObject>(args)?.0)),
            "Round" => self.same_local(t.round(argument::<DurationObject>(args)?.0)),
            "Truncate" => self.same_local(t.truncate(argument::<DurationObject>(args)?.0)),
            "In" => match argument::<Location>(args) {
                Ok(place) => self.same_local(t.within(place.0.clone())),
                Err(_) => return Err("time: missing Location in call to Time.In".to_owned()),
            },
            "Sub" => duration_value(t.sub(&argument::<TimeObject>(args)?.time)),
            "Compare" => Value::int(t.compare(&argument::<TimeObject>(args)?.time) as i64),
            "Before" => Value::Bool(t.compare(&argument::<TimeObject>(args)?.time).is_lt()),
            "After" => Value::Bool(t.compare(&argument::<TimeObject>(args)?.time).is_gt()),
            "Equal" => Value::Bool(t.compare(&argument::<TimeObject>(args)?.time).is_eq()),
            "Zone" | "ISOWeek" => {
                return Err(format!(
                    "invalid function signature for {name}: second return value should be error; is int"
                ));
            }
            _ => {
                return Err(format!("function {name} has 3 return values; should be 1 or 2"));
            }
        })
    }

    fn nanos(&self, per_second: i64) -> Value {
        let part = i64::from(self.time.nanos) / (SECOND / per_second);
        Value::int64(self.time.unix.wrapping_mul(per_second).wrapping_add(part))
    }
}

impl Object for TimeObject {
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
        let t = &self.time;
        let (date, clock) = t.civil();
        Ok(match name {
            "Year" => Value::int(date.year),
            "Month" => named("time.Month", date.month),
            "Day" => Value::int(date.day.into()),
            "YearDay" => Value::int(date.yday.into()),
            "Weekday" => named("time.Weekday", date.weekday),
            "Hour" => Value::int(clock.hour.into()),
            "Minute" => Value::int(clock.minute.into()),
            "Second" => Value::int(clock.second.into()),
            "Nanosecond" => Value::int(t.nanos.into()),
            "Unix" => Value::int64(t.unix),
            "UnixMilli" => self.nanos(1_000),
            "UnixMicro" => self.nanos(1_000_000),
            "UnixNano" => self.nanos(SECOND),
            "UTC" => self.same_local(t.within(Zone::Utc)),
            "Local" => self.same_local(t.within(Zone::Local(self.local.clone()))),
            "Location" => Value::Object(Rc::new(Location(t.zone.clone()))),
            "AddDate" => self.same_local(t.add_date(int(args, 0), int(args, 1), int(args, 2))),
            "IsZero" => Value::Bool(t.is_zero()),
            "IsDST" => Value::Bool(t.zone.lookup(t.unix).2),
            "Format" => Value::string(layout::format(t, args.first().and_then(|a| a.as_str()).map_or(&[], |s| s))),
            "String" => Value::string(t.text()),
            _ => return self.call_with(name, args),
        })
    }

    fn fields(&self) -> Vec<Field> {
        let t = &self.time;
        // Seconds since the year 1; a reading of the monotonic clock takes their place, they move to 1885's count.
        let since_year_1 = t.unix.wrapping_add(62_135_596_800);
        let (wall, ext) = match t.mono {
            Some(mono) => (1 << 63 | (since_year_1 - 59_453_308_800) << 30 | i64::from(t.nanos), mono),
            None => (i64::from(t.nanos), since_year_1),
        };
        let place = match &t.zone {
            zone if zone.is_utc() => Value::Object(Rc::new(NilPointer("*time.Location"))),
            zone => Value::Object(Rc::new(Location(zone.clone()))),
        };
        vec![
            Field::private("wall", Value::Int(wall, IntKind::Uint64)),
            Field::private("ext", Value::int64(ext)),
            Field::private("loc", place),
        ]
    }

    fn text(&self) -> Option<Vec<u8>> {
        Some(self.time.text())
    }

    fn go_string(&self) -> Option<Vec<u8>> {
        Some(self.time.go_string())
    }

    fn json(&self) -> Result<Encoded, String> {
        match self.time.rfc3339() {
            Ok(text) => Ok(Encoded::Value(Value::string(text))),
            Err(e) => Err(format!("json: error calling MarshalJSON for type time.Time: Time.MarshalJSON: {e}")),
        }
    }

    fn yaml_pretty(&self) -> Result<Encoded, String> {
        let text = layout::format(&self.time, b"2006-01-02T15:04:05.999999999Z07:00");
        Ok(Encoded::Plain(String::from_utf8_lossy(&text).into_owned()))
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<TimeObject>().is_some_and(|o| {
            let (a, b) = (&self.time, &o.time);
            (a.unix, a.nanos, a.mono) == (b.unix, b.nanos, b.mono) && a.zone == b.zone
        })
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

const DURATION_METHODS: &[(&str, &str)] = &[
    ("Abs", ""),
    ("Hours", ""),
    ("Microseconds", ""),
    ("Milliseconds", ""),
    ("Minutes", ""),
    ("Nanoseconds", ""),
    ("Round", "d"),
    ("Seconds", ""),
    ("String", ""),
    ("Truncate", "d"),
];

impl Object for DurationObject {
    fn type_name(&self) -> String {
        "time.Duration".into()
    }

    fn kind(&self) -> &'static str {
        "int64"
    }

    fn has_method(&self, name: &str) -> bool {
        DURATION_METHODS.iter().any(|m| m.0 == name)
    }

    fn method_params(&self, name: &str) -> Option<&'static str> {
        DURATION_METHODS.iter().find(|m| m.0 == name).map(|m| m.1)
    }

    fn call(&self, name: &str, args: &[Value]) -> Result<Value, String> {
        let d = self.0;
        Ok(match name {
            "Abs" => duration_value(d.checked_abs().unwrap_or(i64::MAX)),
            "Hours" => Value::Float(duration::in_unit(d, HOUR)),
            "Minutes" => Value::Float(duration::in_unit(d, MINUTE)),
            "Seconds" => Value::Float(duration::in_unit(d, SECOND)),
            "Milliseconds" => Value::int64(d / MILLISECOND),
            "Microseconds" => Value::int64(d / MICROSECOND),
            "Nanoseconds" => Value::int64(d),
            "Round" => duration_value(duration::round(d, argument::<DurationObject>(args)?.0)),
            "Truncate" => duration_value(duration::truncate(d, argument::<DurationObject>(args)?.0)),
            _ => Value::string(duration::text(d)),
        })
    }

    fn number(&self) -> Option<i64> {
        Some(self.0)
    }

    fn with_number(&self, n: i64) -> Value {
        duration_value(n)
    }

    fn text(&self) -> Option<Vec<u8>> {
        Some(duration::text(self.0).into_bytes())
    }

    fn json(&self) -> Result<Encoded, String> {
        Ok(Encoded::Value(Value::int64(self.0)))
    }

    fn yaml_pretty(&self) -> Result<Encoded, String> {
        Ok(Encoded::Value(Value::string(duration::text(self.0))))
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<DurationObject>().is_some_and(|o| o.0 == self.0)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn named(type_name: &'static str, number: u32) -> Value {
    Value::Object(Rc::new(Named { type_name, number: number.into() }))
}

impl Named {
    fn name(&self) -> String {
        let (names, first): (&[&str], i64) = if self.type_name == "time.Month" { (&MONTHS, 1) } else { (&WEEKDAYS, 0) };
        let found = usize::try_from(self.number - first).ok().and_then(|i| names.get(i));
        let short = self.type_name.trim_start_matches("time.");
        found.map_or_else(|| format!("%!{short}({})", self.number as u64), |name| (*name).to_owned())
    }
}

impl Object for Named {
    fn type_name(&self) -> String {
        self.type_name.into()
    }

    fn kind(&self) -> &'static str {
        "int"
    }

    fn has_method(&self, name: &str) -> bool {
        name == "String"
    }

    fn call(&self, _: &str, _: &[Value]) -> Result<Value, String> {
        Ok(Value::string(self.name()))
    }

    fn number(&self) -> Option<i64> {
        Some(self.number)
    }

    fn with_number(&self, n: i64) -> Value {
        Value::Object(Rc::new(Named { type_name: self.type_name, number: n }))
    }

    fn text(&self) -> Option<Vec<u8>> {
        Some(self.name().into_bytes())
    }

    fn json(&self) -> Result<Encoded, String> {
        Ok(Encoded::Value(Value::int(self.number)))
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<Named>().is_some_and(|o| (o.type_name, o.number) == (self.type_name, self.number))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Object for Location {
    fn type_name(&self) -> String {
        "*time.Location".into()
    }

    fn kind(&self) -> &'static str {
        "ptr"
    }

    fn has_method(&self, name: &str) -> bool {
        name == "String"
    }

    fn call(&self, _: &str, _: &[Value]) -> Result<Value, String> {
        Ok(Value::string(self.0.name()))
    }

    fn text(&self) -> Option<Vec<u8>> {
        Some(self.0.name().into_bytes())
    }

    fn json(&self) -> Result<Encoded, String> {
        Ok(Encoded::Record(Vec::new()))
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<Location>().is_some_and(|o| o.0 == self.0)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
