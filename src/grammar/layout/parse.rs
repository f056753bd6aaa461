//! Reading times by a layout (Go 1.26 `time/format.go` parse).

use super::super::duration::{leading_int, quote};
use super::super::gotime::{MONTHS, Time, WEEKDAYS, Zone, days_in, is_leap};
use super::{Element, OffsetStyle, next_element};

/// Why an element can't be read.
enum Bad {
    /// The text is none.
    Value,
    /// The text is one, but its number is too large.
    Range(&'static str),
}

type Read<T> = Result<T, Bad>;

/// What was read so far. Month, day and day of the year may be missing.
struct Fields<'a> {
    rest: &'a [u8],
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    yday: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanos: i64,
    half: Option<Half>,
    utc: bool,
    offset: Option<i32>,
    zone: &'a [u8],
}

#[derive(Clone, Copy, PartialEq)]
enum Half {
    Am,
    Pm,
}

/// `time.ParseInLocation`: `zone` is meant where the text names none, and is asked for abbreviations and offsets.
///
/// # Errors
/// With Go's text.
pub fn parse(layout: &[u8], text: &[u8], zone: &Zone) -> Result<Time, String> {
    let mut f = Fields {
        rest: text,
        year: 0,
        month: None,
        day: None,
        yday: None,
        hour: 0,
        minute: 0,
        second: 0,
        nanos: 0,
        half: None,
        utc: false,
        offset: None,
        zone: b"",
    };
    let cannot = |value: &[u8], element: &[u8]| {
        let (text, layout) = (quote(text), quote(layout));
        format!("parsing time {text} as {layout}: cannot parse {} as {}", quote(value), quote(element))
    };
    let out_of_range = |what: &str| format!("parsing time {}: {what}", quote(text));
    let mut left = layout;
    loop {
        let next = next_element(left);
        let prefix = &left[..next.map_or(left.len(), |n| n.0)];
        f.rest = skip(f.rest, prefix).map_err(|at| cannot(at, prefix))?;
        let Some((start, element, end)) = next else {
            break;
        };
        let (name, hold) = (&left[start..end], f.rest);
        left = &left[end..];
        f.element(element, left).map_err(|bad| match bad {
            Bad::Range(what) => out_of_range(&format!("{what} out of range")),
            Bad::Value => cannot(hold, name),
        })?;
    }
    if !f.rest.is_empty() {
        return Err(out_of_range(&format!("extra text: {}", quote(f.rest))));
    }
    f.finish(zone).map_err(out_of_range)
}

/// Removes a literal prefix, where any run of blanks is as good as another. The error is what was left.
fn skip<'a>(mut value: &'a [u8], mut prefix: &[u8]) -> Result<&'a [u8], &'a [u8]> {
    while let Some(c) = prefix.first() {
        if *c == b' ' {
            if value.first().is_some_and(|v| *v != b' ') {
                return Err(value);
            }
            prefix = cut_blanks(prefix);
            value = cut_blanks(value);
            continue;
        }
        if value.first() != Some(c) {
            return Err(value);
        }
        prefix = &prefix[1..];
        value = &value[1..];
    }
    Ok(value)
}

fn cut_blanks(s: &[u8]) -> &[u8] {
    &s[s.iter().take_while(|c| **c == b' ').count()..]
}

fn digit(s: &[u8], i: usize) -> Option<i64> {
    s.get(i).filter(|c| c.is_ascii_digit()).map(|c| i64::from(c - b'0'))
}

/// One or two digits; exactly two where `fixed`.
fn two_digits(s: &[u8], fixed: bool) -> Read<(i64, &[u8])> {
    match (digit(s, 0), digit(s, 1)) {
        (Some(a), Some(b)) => Ok((a * 10 + b, &s[2..])),
        (Some(a), None) if !fixed => Ok((a, &s[1..])),
        _ => Err(Bad::Value),
    }
}

fn three_digits(s: &[u8], fixed: bool) -> Read<(i64, &[u8])> {
    let n = s.iter().take(3).take_while(|c| c.is_ascii_digit()).count();
    if n == 0 || fixed && n != 3 {
        return Err(Bad::Value);
    }
    Ok((s[..n].iter().fold(0, |x, c| x * 10 + i64::from(c - b'0')), &s[n..]))
}

/// Package time's own atoi, which knows signs.
fn atoi(s: &[u8]) -> Read<i64> {
    let (negative, digits) = match s {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, s),
    };
    match leading_int(digits) {
        Some((n, [])) => Ok(if negative { (n as i64).wrapping_neg() } else { n as i64 }),
        _ => Err(Bad::Value),
    }
}

/// The name that a text starts with, whatever its case.
fn name<'a>(s: &'a [u8], names: &[&str], len: Option<usize>) -> Read<(i64, &'a [u8])> {
    for (i, name) in names.iter().enumerate() {
        let name = &name.as_bytes()[..len.unwrap_or(name.len())];
        if s.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name)) {
            return Ok((i as i64, &s[name.len()..]));
        }
    }
    Err(Bad::Value)
}

/// A separator and digits, `len` bytes in all.
fn nanoseconds(s: &[u8], len: usize) -> Read<i64> {
    if !matches!(s.first(), Some(b'.' | b',')) {
        return Err(Bad::Value);
    }
    let len = len.min(10);
    match atoi(&s[1..len])? {
        ..0 => Err(Bad::Range("fractional second")),
        n => Ok(n * 10i64.pow(10 - len as u32)),
    }
}

fn starts_fraction(s: &[u8]) -> bool {
    matches!(s, [b'.' | b',', d, ..] if d.is_ascii_digit())
}

fn fraction_len(s: &[u8]) -> usize {
    1 + s[1..].iter().take_while(|c| c.is_ascii_digit()).count()
}

/// Length of the abbreviation that a text starts with.
fn zone_name_len(s: &[u8]) -> Option<usize> {
    if s.len() < 3 {
        return None;
    }
    if s.starts_with(b"ChST") || s.starts_with(b"MeST") {
        return Some(4);
    }
    if let Some(rest) = s.strip_prefix(b"GMT") {
        return Some(3 + signed_offset_len(rest));
    }
    if matches!(s[0], b'+' | b'-') {
        return Some(signed_offset_len(s)).filter(|n| *n > 0);
    }
    match s.iter().take(6).take_while(|c| c.is_ascii_uppercase()).count() {
        5 if s[4] == b'T' => Some(5),
        4 if s[3] == b'T' || s.starts_with(b"WITA") => Some(4),
        3 => Some(3),
        _ => None,
    }
}

/// Length of a signed number up to 23, or zero.
fn signed_offset_len(s: &[u8]) -> usize {
    let [b'+' | b'-', digits @ ..] = s else {
        return 0;
    };
    match leading_int(digits) {
        Some((n, rest)) if rest.len() < digits.len() && n <= 23 => s.len() - rest.len(),
        _ => 0,
    }
}

impl<'a> Fields<'a> {
    fn two(&mut self, fixed: bool, below: i64, what: &'static str) -> Read<i64> {
        let (n, rest) = two_digits(self.rest, fixed)?;
        self.rest = rest;
        if n < below { Ok(n) } else { Err(Bad::Range(what)) }
    }

    fn take(&mut self, n: usize) -> Read<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(n).ok_or(Bad::Value)?;
        self.rest = rest;
        Ok(head)
    }

    fn element(&mut self, element: Element, layout: &[u8]) -> Read<()> {
        match element {
            Element::Year => {
                let year = atoi(self.take(2)?)?;
                self.year = if year >= 69 { year + 1900 } else { year + 2000 };
            }
            Element::LongYear => {
                digit(self.rest, 0).ok_or(Bad::Value)?;
                self.year = atoi(self.take(4)?)?;
            }
            Element::Month | Element::LongMonth => {
                let len = (element == Element::Month).then_some(3);
                let (i, rest) = name(self.rest, &MONTHS, len)?;
                (self.month, self.rest) = (Some(i + 1), rest);
            }
            Element::NumMonth | Element::ZeroMonth => match self.two(element == Element::ZeroMonth, 13, "month")? {
                0 => return Err(Bad::Range("month")),
                n => self.month = Some(n),
            },
            Element::Weekday => self.rest = name(self.rest, &WEEKDAYS, Some(3))?.1,
            Element::LongWeekday => self.rest = name(self.rest, &WEEKDAYS, None)?.1,
            Element::Day | Element::UnderDay | Element::ZeroDay => {
                if element == Element::UnderDay {
                    self.rest = self.rest.strip_prefix(b" ").unwrap_or(self.rest);
                }
                self.day = Some(self.two(element == Element::ZeroDay, i64::MAX, "day")?);
            }
            Element::UnderYearDay | Element::ZeroYearDay => {
                for _ in 0..2 * usize::from(element == Element::UnderYearDay) {
                    self.rest = self.rest.strip_prefix(b" ").unwrap_or(self.rest);
                }
                let (n, rest) = three_digits(self.rest, element == Element::ZeroYearDay)?;
                (self.yday, self.rest) = (Some(n), rest);
            }
            Element::Hour => self.hour = self.two(false, 24, "hour")?,
            Element::Hour12 | Element::ZeroHour12 => {
                self.hour = self.two(element == Element::ZeroHour12, 13, "hour")?;
            }
            Element::Minute | Element::ZeroMinute => {
                self.minute = self.two(element == Element::ZeroMinute, 60, "minute")?;
            }
            Element::Second | Element::ZeroSecond => {
                return self.seconds(element == Element::ZeroSecond, layout);
            }
            Element::Upper | Element::Lower => {
                let (pm, am) = if element == Element::Upper { (b"PM", b"AM") } else { (b"pm", b"am") };
                self.half = Some(match self.take(2)? {
                    s if s == pm => Half::Pm,
                    s if s == am => Half::Am,
                    _ => return Err(Bad::Value),
                });
            }
            Element::Offset(style) => return self.offset(style),
            Element::ZoneName => {
                if let Some(rest) = self.rest.strip_prefix(b"UTC") {
                    (self.utc, self.rest) = (true, rest);
                } else {
                    let n = zone_name_len(self.rest).ok_or(Bad::Value)?;
                    self.zone = self.take(n)?;
                }
            }
            Element::Fraction0(digits, _) => {
                let text = self.take(1 + digits)?;
                self.nanos = nanoseconds(text, text.len())?;
            }
            Element::Fraction9(..) => {
                if starts_fraction(self.rest) {
                    let text = self.take(fraction_len(self.rest))?;
                    self.nanos = nanoseconds(text, text.len())?;
                }
            }
        }
        Ok(())
    }

    /// Seconds, which may have a fraction even where the layout has none.
    fn seconds(&mut self, fixed: bool, layout: &[u8]) -> Read<()> {
        self.second = self.two(fixed, 60, "second")?;
        let expected =
            next_element(layout).is_some_and(|n| matches!(n.1, Element::Fraction0(..) | Element::Fraction9(..)));
        if starts_fraction(self.rest) && !expected {
            let text = self.take(fraction_len(self.rest))?;
            self.nanos = nanoseconds(text, text.len())?;
        }
        Ok(())
    }

    fn offset(&mut self, style: OffsetStyle) -> Read<()> {
        if let (true, [b'Z', rest @ ..]) = (style.z, self.rest) {
            (self.utc, self.rest) = (true, rest);
            return Ok(());
        }
        let step = if style.colon { 3 } else { 2 };
        let len = 3 + step * (usize::from(style.minutes) + usize::from(style.seconds));
        let s = self.rest.get(..len).ok_or(Bad::Value)?;
        if style.colon && (s[3] != b':' || style.seconds && s[6] != b':') {
            return Err(Bad::Value);
        }
        self.rest = &self.rest[len..];
        let part = |wanted: bool, end: usize| {
            if wanted { two_digits(&s[end - 2..end], true) } else { Ok((0, &s[..0])) }
        };
        // Go checks ranges before it looks at what went wrong: a number that was read counts.
        let mut numbers = [0; 3];
        let mut bad = false;
        for (i, wanted) in [true, style.minutes, style.seconds].into_iter().enumerate() {
            match part(wanted, 3 + step * i) {
                Ok((n, _)) => numbers[i] = n,
                Err(_) => {
                    bad = true;
                    break;
                }
            }
        }
        let [hours, minutes, seconds] = numbers;
        if seconds > 60 {
            return Err(Bad::Range("time zone offset second"));
        }
        if minutes > 60 {
            return Err(Bad::Range("time zone offset minute"));
        }
        if hours > 24 {
            return Err(Bad::Range("time zone offset hour"));
        }
        let total = ((hours * 60 + minutes) * 60 + seconds) as i32;
        self.offset = Some(match s[0] {
            _ if bad => return Err(Bad::Value),
            b'+' => total,
            b'-' => -total,
            _ => return Err(Bad::Value),
        });
        Ok(())
    }

    /// Month and day from the day of the year.
    fn resolve_year_day(&mut self) -> Result<(), &'static str> {
        let Some(mut yday) = self.yday else {
            self.month = self.month.or(Some(1));
            self.day = self.day.or(Some(1));
            return Ok(());
        };
        let leap_day = is_leap(self.year) && yday == 31 + 29;
        if is_leap(self.year) && yday > 31 + 29 {
            yday -= 1;
        }
        if !(1..=365).contains(&yday) {
            return Err("day-of-year out of range");
        }
        let (mut month, mut day) = (1, yday);
        while day > days_in(month, 1) {
            day -= days_in(month, 1);
            month += 1;
        }
        if leap_day {
            (month, day) = (2, 29);
        }
        if self.month.is_some_and(|m| m != month) {
            return Err("day-of-year does not match month");
        }
        if self.day.is_some_and(|d| d != day) {
            return Err("day-of-year does not match day");
        }
        (self.month, self.day) = (Some(month), Some(day));
        Ok(())
    }

    fn finish(mut self, zone: &Zone) -> Result<Time, &'static str> {
        match self.half {
            Some(Half::Pm) if self.hour < 12 => self.hour += 12,
            Some(Half::Am) if self.hour == 12 => self.hour = 0,
            _ => {}
        }
        self.resolve_year_day()?;
        let (month, day) = (self.month.unwrap_or(1), self.day.unwrap_or(1));
        if day < 1 || day > days_in(month, self.year) {
            return Err("day out of range");
        }
        let at = |zone: Zone| {
            let clock = [self.hour, self.minute, self.second];
            Time::from_civil([self.year, month, day], clock, self.nanos, zone)
        };
        let name = String::from_utf8_lossy(self.zone).into_owned();
        if self.utc {
            return Ok(at(Zone::Utc));
        }
        // Go marks a missing offset as -1, which `-00:00:01` is too.
        if let Some(offset) = self.offset.filter(|o| *o != -1) {
            let mut time = at(Zone::Utc);
            time.unix -= i64::from(offset);
            let (found, current, _) = zone.lookup(time.unix);
            let local = current == offset && (name.is_empty() || found == name);
            time.zone = if local { zone.clone() } else { Zone::Fixed(name, offset) };
            return Ok(time);
        }
        if name.is_empty() {
            return Ok(at(zone.clone()));
        }
        let mut time = at(Zone::Utc);
        if let Some(offset) = zone.offset_of(&name, time.unix) {
            time.unix -= i64::from(offset);
            time.zone = zone.clone();
            return Ok(time);
        }
        let hours = self.zone.strip_prefix(b"GMT").and_then(|h| atoi(h).ok()).unwrap_or(0);
        time.zone = Zone::Fixed(name, hours as i32 * 3_600);
        Ok(time)
    }
}
