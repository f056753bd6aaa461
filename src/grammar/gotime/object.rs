//! The types of Go's package time as templates hold them: `time.Time`, `time.Duration`, `time.Month`, `time.Weekday`
//! and `*time.Location` with their methods (Go 1.26 `time/time.go`).

use std::any::Any;
use std::rc::Rc;

use jiff::tz::TimeZone;

use crate::grammar::duration::{self, HOUR, MICROSECOND, MILLISECOND, MINUTE, SECOND};
use crate::grammar::gotime::{MONTHS, Time, WEEKDAYS, Zone};
use crate::grammar::layout;
use crate::value::{Object, Value};

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
    name: &'static str,
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

    fn display(&self) -> Vec<u8> {
        self.time.text()
    }

    fn json(&self) -> Result<Value, String> {
        match self.time.rfc3339() {
            Ok(text) => Ok(Value::string(text)),
            Err(e) => Err(format!("json: error calling MarshalJSON for type time.Time: Time.MarshalJSON: {e}")),
        }
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

    fn display(&self) -> Vec<u8> {
        duration::text(self.0).into_bytes()
    }

    fn json(&self) -> Result<Value, String> {
        Ok(Value::int64(self.0))
    }

    fn yaml_pretty(&self) -> Result<Value, String> {
        Ok(Value::string(duration::text(self.0)))
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<DurationObject>().is_some_and(|o| o.0 == self.0)
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

fn named(type_name: &'static str, number: u32) -> Value {
    let name = match type_name {
        "time.Month" => MONTHS[number as usize - 1],
        _ => WEEKDAYS[number as usize],
    };
    Value::Object(Rc::new(Named { type_name, number: number.into(), name }))
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
        Ok(Value::string(self.name))
    }

    fn display(&self) -> Vec<u8> {
        self.name.as_bytes().to_vec()
    }

    fn json(&self) -> Result<Value, String> {
        Ok(Value::int(self.number))
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<Named>().is_some_and(|o| (o.type_name, o.number) == (self.type_name, self.number))
    }

    fn truth(&self) -> bool {
        self.number != 0
    }

    fn is_empty(&self) -> bool {
        self.number == 0
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Location {
    fn name(&self) -> String {
        match &self.0 {
            Zone::Utc => "UTC".into(),
            Zone::Local(_) => "Local".into(),
            Zone::Named(zone) => zone.iana_name().unwrap_or_default().into(),
            Zone::Fixed(name, _) => name.clone(),
        }
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
        Ok(Value::string(self.name()))
    }

    fn display(&self) -> Vec<u8> {
        self.name().into_bytes()
    }

    fn json(&self) -> Result<Value, String> {
        Ok(Value::Map(crate::value::Map::default()))
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<Location>().is_some_and(|o| o.0 == self.0)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
