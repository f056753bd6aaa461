//! Go's `time.Time`: an instant with a zone, and the calendar (Go 1.26 `time/{time,zoneinfo}.go`). Layouts are in
//! [`super::layout`]. All arithmetic wraps as Go's does, so that no number of seconds can break it.

pub mod object;

use jiff::Timestamp;
use jiff::tz::{self, TimeZone};

use super::duration::SECOND;

/// Seconds from 0001-01-01 to 1970-01-01.
const YEAR_ONE: i64 = -62_135_596_800;

/// Days from Go's absolute zero to 1970-01-01; it counts from there without a sign.
const ABSOLUTE_DAYS: u64 = 730_692_556 * 146_097 + 306 + 719_162;

/// Seconds of 400 years, in which the calendar repeats, days of the week included.
const CALENDAR_CYCLE: i64 = 146_097 * 86_400;

/// A time zone.
#[derive(Clone, Debug, PartialEq)]
pub enum Zone {
    /// `time.UTC`
    Utc,
    /// `time.Local`
    Local(TimeZone),
    /// One loaded by name.
    Named(TimeZone),
    /// One made up for an offset or an abbreviation that was read; the name may be empty.
    Fixed(String, i32),
}

impl Zone {
    /// Whether this is UTC, be it as what `Local` means: Go has one place for both then.
    pub fn is_utc(&self) -> bool {
        match self {
            Zone::Utc => true,
            Zone::Local(zone) => zone.iana_name() == Some("UTC"),
            _ => false,
        }
    }

    /// Go's name of the place.
    pub fn name(&self) -> String {
        match self {
            Zone::Utc => "UTC".into(),
            Zone::Local(_) if self.is_utc() => "UTC".into(),
            Zone::Local(_) => "Local".into(),
            Zone::Named(zone) => zone.iana_name().unwrap_or_default().into(),
            Zone::Fixed(name, _) => name.clone(),
        }
    }

    /// `time.LoadLocation`; `local` is the zone that `Local` means.
    pub fn load(name: &[u8], local: &TimeZone) -> Option<Zone> {
        let name = std::str::from_utf8(name).ok()?;
        match name {
            "" | "UTC" => return Some(Zone::Utc),
            "Local" => return Some(Zone::Local(local.clone())),
            _ => {}
        }
        // jiff ignores the case of names, Go's zones are files.
        let zone = tz::db().get(name).ok()?;
        (zone.iana_name() == Some(name)).then_some(Zone::Named(zone))
    }

    /// Abbreviation, offset in seconds and whether it is summer time at an instant.
    pub fn lookup(&self, unix: i64) -> (String, i32, bool) {
        let zone = match self {
            Zone::Utc => return ("UTC".to_owned(), 0, false),
            Zone::Fixed(name, offset) => return (name.clone(), *offset, false),
            Zone::Local(zone) | Zone::Named(zone) => zone,
        };
        // Past what jiff knows the rules go on repeating with the calendar, every 400 years.
        let last = Timestamp::MAX.as_second() - CALENDAR_CYCLE;
        let unix = if unix > last { last - CALENDAR_CYCLE + (unix - last) % CALENDAR_CYCLE } else { unix };
        let at = Timestamp::from_second(unix.max(Timestamp::MIN.as_second()));
        let info = zone.to_offset_info(at.unwrap_or(Timestamp::UNIX_EPOCH));
        (info.abbreviation().to_owned(), info.offset().seconds(), info.dst().is_dst())
    }

    /// The offset that an abbreviation has in this zone, preferably at a local time.
    pub(super) fn offset_of(&self, name: &str, local_unix: i64) -> Option<i32> {
        let (Zone::Local(zone) | Zone::Named(zone)) = self else {
            return None;
        };
        let mut offsets: Vec<i32> = Vec::new();
        let start = zone.to_offset_info(Timestamp::MIN);
        if start.abbreviation() == name {
            offsets.push(start.offset().seconds());
        }
        // Rules repeat for ever: the last that a zone's table spells out are those of 2037.
        let end = Timestamp::from_second(2_145_916_800).unwrap_or(Timestamp::MAX);
        for t in zone.following(Timestamp::MIN).take_while(|t| t.timestamp() < end) {
            let offset = t.offset().seconds();
            if t.abbreviation() == name && !offsets.contains(&offset) {
                offsets.push(offset);
            }
        }
        for offset in &offsets {
            let (found, at, _) = self.lookup(local_unix.wrapping_sub(i64::from(*offset)));
            if found == name {
                return Some(at);
            }
        }
        offsets.first().copied()
    }
}

/// A `time.Time`.
#[derive(Clone, Debug)]
pub struct Time {
    /// Seconds since 1970-01-01 UTC.
    pub unix: i64,
    /// Nanoseconds within the second.
    pub nanos: u32,
    /// The zone that it is shown in.
    pub zone: Zone,
    /// The reading of the monotonic clock that a time from `now` carries.
    pub mono: Option<i64>,
}

/// A date of the calendar; `yday` counts from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    /// Year, 0 and below before our era.
    pub year: i64,
    /// Month from 1.
    pub month: u32,
    /// Day from 1.
    pub day: u32,
    /// Day of the year from 1.
    pub yday: u32,
    /// Day of the week from Sunday = 0.
    pub weekday: u32,
}

/// A time of day with the zone in effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Hour
    pub hour: u32,
    /// Minute
    pub minute: u32,
    /// Second
    pub second: u32,
    /// Abbreviation of the zone.
    pub zone: String,
    /// Offset of the zone in seconds.
    pub offset: i32,
}

/// Whether a year has 366 days.
pub fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days of a month of a year.
pub fn days_in(month: i64, year: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a date; month and day may be out of their ranges.
fn days_from_civil(year: i64, month: i64, day: i64) -> i128 {
    let months = i128::from(month) - 1;
    let year = i128::from(year) + months.div_euclid(12);
    let month = months.rem_euclid(12) + 1;
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + i128::from(day) - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> Date {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year + i64::from(month <= 2);
    let yday = i128::from(days) - days_from_civil(year, 1, 1) + 1;
    Date { year, month: month as u32, day: day as u32, yday: yday as u32, weekday: (days + 4).rem_euclid(7) as u32 }
}

impl Time {
    /// The zero time, which package time returns with its errors.
    pub fn zero() -> Time {
        Time { unix: YEAR_ONE, nanos: 0, zone: Zone::Utc, mono: None }
    }

    /// `time.Unix(seconds, 0)` in a zone.
    pub fn from_unix(unix: i64, zone: Zone) -> Time {
        Time { unix, nanos: 0, zone, mono: None }
    }

    /// `time.Date`: fields out of their ranges carry over. `clock` is hour, minute, second.
    pub fn from_civil(date: [i64; 3], clock: [i64; 3], nanos: i64, zone: Zone) -> Time {
        let [hour, minute, second] = clock.map(i128::from);
        let nanos = i128::from(nanos);
        let second = second + nanos.div_euclid(i128::from(SECOND));
        let days = days_from_civil(date[0], date[1], date[2]);
        let mut unix = (days * 86_400 + hour * 3_600 + minute * 60 + second) as i64;
        let guess = zone.lookup(unix).1;
        if guess != 0 {
            let offset = zone.lookup(unix.wrapping_sub(i64::from(guess))).1;
            unix = unix.wrapping_sub(i64::from(offset));
        }
        Time { unix, nanos: nanos.rem_euclid(i128::from(SECOND)) as u32, zone, mono: None }
    }

    /// The date and time of day that the zone shows.
    pub fn civil(&self) -> (Date, Clock) {
        let (zone, offset, _) = self.zone.lookup(self.unix);
        let seconds = (self.unix.wrapping_add(i64::from(offset)) as u64).wrapping_add(ABSOLUTE_DAYS * 86_400);
        let date = civil_from_days((seconds / 86_400) as i64 - ABSOLUTE_DAYS as i64);
        let of_day = (seconds % 86_400) as u32;
        (date, Clock { hour: of_day / 3_600, minute: of_day / 60 % 60, second: of_day % 60, zone, offset })
    }

    /// The same instant in another zone.
    #[must_use]
    pub fn within(&self, zone: Zone) -> Time {
        Time { unix: self.unix, nanos: self.nanos, zone, mono: None }
    }

    /// `Time.Add`
    #[must_use]
    pub fn add(&self, d: i64) -> Time {
        let nanos = i64::from(self.nanos) + d % SECOND;
        Time {
            unix: self.unix.wrapping_add(d / SECOND).wrapping_add(nanos.div_euclid(SECOND)),
            nanos: nanos.rem_euclid(SECOND) as u32,
            zone: self.zone.clone(),
            mono: self.mono.and_then(|m| m.checked_add(d)),
        }
    }

    /// `Time.Sub`: saturates.
    pub fn sub(&self, other: &Time) -> i64 {
        let seconds = i128::from(self.unix) - i128::from(other.unix);
        let nanos = seconds * i128::from(SECOND) + i128::from(self.nanos) - i128::from(other.nanos);
        nanos.clamp(i64::MIN.into(), i64::MAX.into()) as i64
    }

    /// Order in time.
    pub fn compare(&self, other: &Time) -> std::cmp::Ordering {
        (self.unix, self.nanos).cmp(&(other.unix, other.nanos))
    }

    /// `Time.AddDate`
    #[must_use]
    pub fn add_date(&self, years: i64, months: i64, days: i64) -> Time {
        let (d, c) = self.civil();
        let date =
            [d.year.wrapping_add(years), i64::from(d.month).wrapping_add(months), i64::from(d.day).wrapping_add(days)];
        let clock = [c.hour, c.minute, c.second].map(i64::from);
        Time::from_civil(date, clock, i64::from(self.nanos), self.zone.clone())
    }

    /// Nanoseconds since the last multiple of `d` after the zero time.
    fn past_multiple(&self, d: i64) -> i64 {
        let seconds = i128::from(self.unix.wrapping_sub(YEAR_ONE));
        let nanos = seconds * i128::from(SECOND) + i128::from(self.nanos);
        nanos.rem_euclid(i128::from(d)) as i64
    }

    /// `Time.Truncate`
    #[must_use]
    pub fn truncate(&self, d: i64) -> Time {
        let plain = self.within(self.zone.clone());
        if d <= 0 { plain } else { plain.add(-self.past_multiple(d)) }
    }

    /// `Time.Round`
    #[must_use]
    pub fn round(&self, d: i64) -> Time {
        let plain = self.within(self.zone.clone());
        if d <= 0 {
            return plain;
        }
        let past = self.past_multiple(d);
        if (past as u64) * 2 < d as u64 { plain.add(-past) } else { plain.add(d - past) }
    }

    /// Whether this is the zero time.
    pub fn is_zero(&self) -> bool {
        self.unix == YEAR_ONE && self.nanos == 0
    }

    /// `Time.String`
    pub fn text(&self) -> Vec<u8> {
        let mut out = super::layout::format(self, b"2006-01-02 15:04:05.999999999 -0700 MST");
        if let Some(m) = self.mono {
            let (sign, u) = (if m < 0 { '-' } else { '+' }, m.unsigned_abs());
            out.extend_from_slice(format!(" m={sign}{}.{:09}", u / 1_000_000_000, u % 1_000_000_000).as_bytes());
        }
        out
    }

    /// `Time.GoString`: the call that makes it.
    pub fn go_string(&self) -> Vec<u8> {
        let (date, clock) = self.civil();
        let month = MONTHS[date.month as usize - 1];
        let place = match &self.zone {
            Zone::Utc => "time.UTC".to_owned(),
            Zone::Local(_) if self.zone.is_utc() => "time.UTC".to_owned(),
            Zone::Local(_) => "time.Local".to_owned(),
            Zone::Named(_) | Zone::Fixed(..) => format!("time.Location({:?})", self.zone.name()),
        };
        let (h, m, s) = (clock.hour, clock.minute, clock.second);
        let text =
            format!("time.Date({}, time.{month}, {}, {h}, {m}, {s}, {}, {place})", date.year, date.day, self.nanos);
        text.into_bytes()
    }

    /// `Time.MarshalText`: RFC 3339.
    ///
    /// # Errors
    /// Where RFC 3339 has no such year or offset.
    pub fn rfc3339(&self) -> Result<String, &'static str> {
        let text = super::layout::format(self, b"2006-01-02T15:04:05.999999999Z07:00");
        let text = String::from_utf8_lossy(&text).into_owned();
        if text.as_bytes().get(4) != Some(&b'-') {
            return Err("year outside of range [0,9999]");
        }
        if self.zone.lookup(self.unix).1.unsigned_abs() >= 24 * 3_600 {
            return Err("timezone hour outside of range [0,23]");
        }
        Ok(text)
    }
}

/// Names of the months.
pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Names of the days of the week.
pub const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
