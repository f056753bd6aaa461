//! Go's time layouts: writing and reading times by an example (Go 1.26 `time/format.go`).

use jiff::civil::{Date, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};

/// One element of a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Element {
    LongMonth,
    Month,
    NumMonth,
    ZeroMonth,
    LongWeekday,
    Weekday,
    Day,
    UnderDay,
    ZeroDay,
    UnderYearDay,
    ZeroYearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    LongYear,
    Year,
    PmUpper,
    PmLower,
    ZoneName,
    /// Zone as numbers: `Z` for UTC, colons, seconds, hours only.
    Zone { z: bool, colon: bool, seconds: bool, short: bool },
    /// Fraction of a second: digits, whether trailing zeros go.
    Fraction { digits: u8, trim: bool, comma: bool },
}

const MONTHS: [&str; 12] = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
];
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// The first element of a layout: text before it, the element, the rest.
fn next(layout: &str) -> Option<(&str, Element, &str)> {
    let bytes = layout.as_bytes();
    for i in 0..bytes.len() {
        if !layout.is_char_boundary(i) {
            continue;
        }
        if let Some((element, n)) = element(&layout[i..]) {
            return Some((&layout[..i], element, &layout[i + n..]));
        }
    }
    None
}

fn element(s: &str) -> Option<(Element, usize)> {
    use Element::*;
    let zone = |z, colon, seconds, short| Zone { z, colon, seconds, short };
    let table: &[(&str, Element)] = match s.as_bytes().first()? {
        b'J' => &[("January", LongMonth)],
        b'M' => &[("Monday", LongWeekday)],
        b'0' => &[
            ("002", ZeroYearDay),
            ("01", ZeroMonth),
            ("02", ZeroDay),
            ("03", ZeroHour12),
            ("04", ZeroMinute),
            ("05", ZeroSecond),
            ("06", Year),
        ],
        b'1' => &[("15", Hour), ("1", NumMonth)],
        b'2' => &[("2006", LongYear), ("2", Day)],
        b'_' => &[("_2006", LongYear), ("__2", UnderYearDay), ("_2", UnderDay)],
        b'3' => &[("3", Hour12)],
        b'4' => &[("4", Minute)],
        b'5' => &[("5", Second)],
        b'P' => &[("PM", PmUpper)],
        b'p' => &[("pm", PmLower)],
        _ => &[],
    };
    if s.starts_with("_2006") {
        // The underscore is text here.
        return None;
    }
    if let Some((text, e)) = table.iter().find(|(t, _)| s.starts_with(t)) {
        return Some((*e, text.len()));
    }
    let lower_follows = |n: usize| s.as_bytes().get(n).is_some_and(u8::is_ascii_lowercase);
    if s.starts_with("Jan") && !lower_follows(3) {
        return Some((Month, 3));
    }
    if s.starts_with("Mon") && !lower_follows(3) {
        return Some((Weekday, 3));
    }
    if s.starts_with("MST") {
        return Some((ZoneName, 3));
    }
    let zones = [
        ("-07:00:00", zone(false, true, true, false)),
        ("-070000", zone(false, false, true, false)),
        ("-07:00", zone(false, true, false, false)),
        ("-0700", zone(false, false, false, false)),
        ("-07", zone(false, false, false, true)),
        ("Z07:00:00", zone(true, true, true, false)),
        ("Z070000", zone(true, false, true, false)),
        ("Z07:00", zone(true, true, false, false)),
        ("Z0700", zone(true, false, false, false)),
        ("Z07", zone(true, false, false, true)),
    ];
    if let Some((text, e)) = zones.iter().find(|(t, _)| s.starts_with(t)) {
        return Some((*e, text.len()));
    }
    fraction(s)
}

/// `.000` or `,999`: as long as the same digit repeats and no other digit follows.
fn fraction(s: &str) -> Option<(Element, usize)> {
    let b = s.as_bytes();
    let comma = match b[0] {
        b'.' => false,
        b',' => true,
        _ => return None,
    };
    let digit = *b.get(1).filter(|c| matches!(c, b'0' | b'9'))?;
    let n = b[1..].iter().take_while(|c| **c == digit).count();
    if b.get(1 + n).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    Some((Element::Fraction { digits: n.min(255) as u8, trim: digit == b'9', comma }, 1 + n))
}

/// `Time.Format`
pub fn format(t: &Zoned, layout: &str) -> String {
    let mut out = String::new();
    let mut rest = layout;
    while let Some((text, element, tail)) = next(rest) {
        out.push_str(text);
        write(&mut out, t, element);
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// The zone's abbreviation as Go has it: `UTC`, `CET`, or numbers where there is none.
pub fn zone_name(t: &Zoned) -> String {
    if t.time_zone() == &TimeZone::UTC {
        return "UTC".into();
    }
    let info = t.time_zone().to_offset_info(t.timestamp());
    info.abbreviation().to_owned()
}

fn write(out: &mut String, t: &Zoned, e: Element) {
    use Element::*;
    let hour12 = match t.hour() % 12 {
        0 => 12,
        h => h,
    };
    let month = MONTHS[(t.month() - 1).clamp(0, 11) as usize];
    let day = DAYS[t.weekday().to_sunday_zero_offset().clamp(0, 6) as usize];
    let text = match e {
        LongMonth => month.to_owned(),
        Month => month[..3].to_owned(),
        NumMonth => t.month().to_string(),
        ZeroMonth => format!("{:02}", t.month()),
        LongWeekday => day.to_owned(),
        Weekday => day[..3].to_owned(),
        Day => t.day().to_string(),
        UnderDay => format!("{:>2}", t.day()),
        ZeroDay => format!("{:02}", t.day()),
        UnderYearDay => format!("{:>3}", t.day_of_year()),
        ZeroYearDay => format!("{:03}", t.day_of_year()),
        Hour => format!("{:02}", t.hour()),
        Hour12 => hour12.to_string(),
        ZeroHour12 => format!("{hour12:02}"),
        Minute => t.minute().to_string(),
        ZeroMinute => format!("{:02}", t.minute()),
        Second => t.second().to_string(),
        ZeroSecond => format!("{:02}", t.second()),
        LongYear => format!("{:04}", t.year()),
        Year => format!("{:02}", t.year().rem_euclid(100)),
        PmUpper => if t.hour() >= 12 { "PM" } else { "AM" }.to_owned(),
        PmLower => if t.hour() >= 12 { "pm" } else { "am" }.to_owned(),
        ZoneName => zone_name(t),
        Zone { z, colon, seconds, short } => zone_text(t.offset().seconds(), z, colon, seconds, short),
        Fraction { digits, trim, comma } => fraction_text(t.subsec_nanosecond(), digits, trim, comma),
    };
    out.push_str(&text);
}

fn zone_text(offset: i32, z: bool, colon: bool, seconds: bool, short: bool) -> String {
    if z && offset == 0 {
        return "Z".into();
    }
    let a = offset.abs();
    let (h, m, s) = (a / 3600, a / 60 % 60, a % 60);
    let sign = if offset < 0 { '-' } else { '+' };
    let sep = if colon { ":" } else { "" };
    match (short, seconds) {
        (true, _) => format!("{sign}{h:02}"),
        (_, false) => format!("{sign}{h:02}{sep}{m:02}"),
        (_, true) => format!("{sign}{h:02}{sep}{m:02}{sep}{s:02}"),
    }
}

fn fraction_text(nanoseconds: i32, digits: u8, trim: bool, comma: bool) -> String {
    let mut text = format!("{nanoseconds:09}");
    text.truncate(usize::from(digits.min(9)));
    while text.len() < usize::from(digits) {
        text.push('0');
    }
    if trim {
        text.truncate(text.trim_end_matches('0').len());
        if text.is_empty() {
            return text;
        }
    }
    format!("{}{text}", if comma { ',' } else { '.' })
}

/// What was read so far.
#[derive(Default)]
struct Parts {
    year: Option<i16>,
    month: Option<i8>,
    day: Option<i8>,
    year_day: Option<i16>,
    hour: i8,
    minute: i8,
    second: i8,
    nanosecond: i32,
    pm: Option<bool>,
    offset: Option<i32>,
    zone: Option<String>,
}

/// `time.ParseInLocation`; nothing where Go gives an error.
pub fn parse(layout: &str, value: &str, local: &TimeZone) -> Option<Zoned> {
    let mut parts = Parts::default();
    let (mut layout, mut value) = (layout, value);
    while let Some((text, element, tail)) = next(layout) {
        value = skip(value, text)?;
        value = read(&mut parts, element, value, tail)?;
        layout = tail;
    }
    let rest = skip(value, layout)?;
    if !rest.is_empty() {
        return None;
    }
    build(parts, local)
}

/// Text of the layout: runs of blanks match any number of them.
fn skip<'v>(mut value: &'v str, mut text: &str) -> Option<&'v str> {
    while let Some(c) = text.chars().next() {
        if c == ' ' {
            if !value.is_empty() && !value.starts_with(' ') {
                return None;
            }
            text = text.trim_start_matches(' ');
            value = value.trim_start_matches(' ');
            continue;
        }
        value = value.strip_prefix(c)?;
        text = &text[c.len_utf8()..];
    }
    Some(value)
}

/// Between `least` and `most` digits.
fn digits(value: &str, least: usize, most: usize) -> Option<(i32, &str)> {
    let n = value.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if n < least {
        return None;
    }
    Some((value[..n].parse().ok()?, &value[n..]))
}

fn named<'v>(value: &'v str, names: &[&str], length: Option<usize>) -> Option<(usize, &'v str)> {
    names.iter().enumerate().find_map(|(i, name)| {
        let name = &name[..length.unwrap_or(name.len())];
        let head = value.get(..name.len())?;
        head.eq_ignore_ascii_case(name).then(|| (i, &value[name.len()..]))
    })
}

fn read<'v>(p: &mut Parts, e: Element, value: &'v str, tail: &str) -> Option<&'v str> {
    use Element::*;
    let small = |n: i32| i8::try_from(n).ok();
    Some(match e {
        LongMonth | Month => {
            let (i, rest) = named(value, &MONTHS, (e == Month).then_some(3))?;
            p.month = small(i as i32 + 1);
            rest
        }
        LongWeekday | Weekday => named(value, &DAYS, (e == Weekday).then_some(3))?.1,
        NumMonth | ZeroMonth => {
            let (n, rest) = digits(value, if e == ZeroMonth { 2 } else { 1 }, 2)?;
            p.month = small(n).filter(|m| (1..=12).contains(m));
            p.month?;
            rest
        }
        Day | UnderDay | ZeroDay => {
            let value = if e == UnderDay { value.strip_prefix(' ').unwrap_or(value) } else { value };
            let (n, rest) = digits(value, if e == ZeroDay { 2 } else { 1 }, 2)?;
            p.day = small(n);
            rest
        }
        UnderYearDay | ZeroYearDay => {
            let value = if e == UnderYearDay { value.trim_start_matches(' ') } else { value };
            let (n, rest) = digits(value, if e == ZeroYearDay { 3 } else { 1 }, 3)?;
            p.year_day = i16::try_from(n).ok();
            rest
        }
        Hour => {
            let (n, rest) = digits(value, 1, 2)?;
            p.hour = small(n).filter(|h| (0..24).contains(h))?;
            rest
        }
        Hour12 | ZeroHour12 => {
            let (n, rest) = digits(value, if e == ZeroHour12 { 2 } else { 1 }, 2)?;
            p.hour = small(n).filter(|h| (0..=12).contains(h))?;
            rest
        }
        Minute | ZeroMinute => {
            let (n, rest) = digits(value, if e == ZeroMinute { 2 } else { 1 }, 2)?;
            p.minute = small(n).filter(|m| (0..60).contains(m))?;
            rest
        }
        Second | ZeroSecond => {
            let (n, mut rest) = digits(value, if e == ZeroSecond { 2 } else { 1 }, 2)?;
            p.second = small(n).filter(|s| (0..60).contains(s))?;
            // A fraction is read even where the layout has none.
            let asked = matches!(next(tail), Some(("", Fraction { .. }, _)));
            if !asked && rest.len() >= 2 && rest.starts_with(['.', ',']) && rest.as_bytes()[1].is_ascii_digit() {
                rest = read_fraction(p, rest)?;
            }
            rest
        }
        LongYear => {
            let (n, rest) = digits(value, 4, 4)?;
            p.year = i16::try_from(n).ok();
            rest
        }
        Year => {
            let (n, rest) = digits(value, 2, 2)?;
            p.year = i16::try_from(if n >= 69 { n + 1900 } else { n + 2000 }).ok();
            rest
        }
        PmUpper | PmLower => {
            let (am, pm) = if e == PmUpper { ("AM", "PM") } else { ("am", "pm") };
            p.pm = Some(value.starts_with(pm));
            value.strip_prefix(pm).or_else(|| value.strip_prefix(am))?
        }
        ZoneName => {
            let n = value.bytes().take_while(u8::is_ascii_uppercase).count();
            if !(3..=5).contains(&n) {
                return None;
            }
            p.zone = Some(value[..n].to_owned());
            &value[n..]
        }
        Zone { z, colon, seconds, short } => read_zone(p, value, z, colon, seconds, short)?,
        Fraction { trim: true, .. } if !value.starts_with(['.', ',']) => value,
        Fraction { trim, digits: n, .. } => {
            let rest = read_fraction(p, value)?;
            let used = value.len() - rest.len() - 1;
            if !trim && used != usize::from(n) {
                return None;
            }
            rest
        }
    })
}

fn read_fraction<'v>(p: &mut Parts, value: &'v str) -> Option<&'v str> {
    let body = value.strip_prefix(['.', ','])?;
    let n = body.bytes().take_while(u8::is_ascii_digit).count();
    if n == 0 || n > 18 {
        return None;
    }
    let mut text = body[..n].to_owned();
    text.truncate(9);
    while text.len() < 9 {
        text.push('0');
    }
    p.nanosecond = text.parse().ok()?;
    Some(&body[n..])
}

fn read_zone<'v>(p: &mut Parts, value: &'v str, z: bool, colon: bool, seconds: bool, short: bool) -> Option<&'v str> {
    if z && let Some(rest) = value.strip_prefix('Z') {
        p.offset = Some(0);
        return Some(rest);
    }
    let (sign, body) = match value.chars().next()? {
        '+' => (1, &value[1..]),
        '-' => (-1, &value[1..]),
        _ => return None,
    };
    let (h, mut rest) = digits(body, 2, 2)?;
    let mut total = h * 3600;
    let mut unit = |factor: i32, rest: &mut &'v str| -> Option<()> {
        let body: &'v str = if colon { rest.strip_prefix(':')? } else { *rest };
        let (n, r) = digits(body, 2, 2)?;
        total += n * factor;
        *rest = r;
        Some(())
    };
    if !short {
        unit(60, &mut rest)?;
        if seconds {
            unit(1, &mut rest)?;
        }
    }
    p.offset = Some(sign * total);
    Some(rest)
}

fn build(p: Parts, local: &TimeZone) -> Option<Zoned> {
    let mut hour = p.hour;
    match p.pm {
        Some(true) if hour < 12 => hour += 12,
        Some(false) if hour == 12 => hour = 0,
        _ => {}
    }
    let year = p.year.unwrap_or(0);
    let date = match p.year_day {
        Some(n) => Date::new(year, 1, 1).ok()?.checked_add(jiff::Span::new().days(i64::from(n) - 1)).ok()?,
        None => Date::new(year, p.month.unwrap_or(1), p.day.unwrap_or(1)).ok()?,
    };
    let time = Time::new(hour, p.minute, p.second, p.nanosecond).ok()?;
    let civil = date.to_datetime(time);
    let zone = match (p.offset, p.zone.as_deref()) {
        (Some(0), _) => TimeZone::UTC,
        (Some(o), _) => {
            let fixed = TimeZone::fixed(Offset::from_seconds(o).ok()?);
            // A local zone that has this offset then is taken for it, as in Go.
            let t = civil.to_zoned(fixed.clone()).ok()?;
            if local.to_offset(t.timestamp()).seconds() == o { local.clone() } else { fixed }
        }
        (None, Some("UTC")) => TimeZone::UTC,
        // An abbreviation that isn't known has no offset.
        (None, Some(_)) => TimeZone::UTC,
        (None, None) => local.clone(),
    };
    civil.to_zoned(zone).ok()
}

/// Go's zero time, 1 January of year 1.
pub fn zero() -> Zoned {
    Date::constant(1, 1, 1).to_zoned(TimeZone::UTC).unwrap_or_else(|_| Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_write_and_read() {
        let t = parse("2006-01-02T15:04:05Z07:00", "2026-03-04T05:06:07.5Z", &TimeZone::UTC).expect("a time");
        assert_eq!(format(&t, "Mon Jan _2 15:04:05 MST 2006"), "Wed Mar  4 05:06:07 UTC 2026");
        assert_eq!(format(&t, "02/01/06 3pm .000 -0700 002"), "04/03/26 5am .500 +0000 063");
        assert!(parse("2006-01-02", "2020-02-30", &TimeZone::UTC).is_none());
    }
}
