//! Go's time layouts: `2006-01-02 15:04:05` and the like (Go 1.26 `time/format.go`). Formatting is here, reading in
//! [`parse`]; instants and zones are in [`super::gotime`]. Start reading at [`next_element`].

pub mod parse;

use super::gotime::{MONTHS, Time, WEEKDAYS};

/// An element of a layout.
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
    Upper,
    Lower,
    ZoneName,
    Offset(OffsetStyle),
    /// `.000`: so many digits behind this separator.
    Fraction0(usize, u8),
    /// `.999`: as many as needed.
    Fraction9(usize, u8),
}

/// How an offset from UTC is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct OffsetStyle {
    /// UTC is `Z`.
    z: bool,
    colon: bool,
    minutes: bool,
    seconds: bool,
}

/// The texts of offsets behind their `-` or `Z`, in the order in which they are tried.
const OFFSETS: [(&[u8], bool, bool, bool); 5] = [
    (b"070000", false, true, true),
    (b"07:00:00", true, true, true),
    (b"0700", false, true, false),
    (b"07:00", true, true, false),
    (b"07", false, false, false),
];

/// Go keeps the number of digits of a fraction in so many bits.
const FRACTION_DIGITS: usize = 0xfff;

/// The first element of a layout: where it starts and ends.
fn next_element(layout: &[u8]) -> Option<(usize, Element, usize)> {
    (0..layout.len()).find_map(|i| {
        let (skip, element, len) = element_at(&layout[i..])?;
        Some((i + skip, element, i + skip + len))
    })
}

fn lower_follows(rest: &[u8], at: usize) -> bool {
    rest.get(at).is_some_and(u8::is_ascii_lowercase)
}

/// The element that a text starts with: literal bytes before it, the element, its length.
fn element_at(s: &[u8]) -> Option<(usize, Element, usize)> {
    use Element::*;
    let found = match s {
        [b'J', b'a', b'n', b'u', b'a', b'r', b'y', ..] => (LongMonth, 7),
        [b'J', b'a', b'n', ..] if !lower_follows(s, 3) => (Month, 3),
        [b'M', b'o', b'n', b'd', b'a', b'y', ..] => (LongWeekday, 6),
        [b'M', b'o', b'n', ..] if !lower_follows(s, 3) => (Weekday, 3),
        [b'M', b'S', b'T', ..] => (ZoneName, 3),
        [b'0', d @ b'1'..=b'6', ..] => {
            ([ZeroMonth, ZeroDay, ZeroHour12, ZeroMinute, ZeroSecond, Year][usize::from(d - b'1')], 2)
        }
        [b'0', b'0', b'2', ..] => (ZeroYearDay, 3),
        [b'1', b'5', ..] => (Hour, 2),
        [b'1', ..] => (NumMonth, 1),
        [b'2', b'0', b'0', b'6', ..] => (LongYear, 4),
        [b'2', ..] => (Day, 1),
        // The underscore is a literal one here.
        [b'_', b'2', b'0', b'0', b'6', ..] => return Some((1, LongYear, 4)),
        [b'_', b'2', ..] => (UnderDay, 2),
        [b'_', b'_', b'2', ..] => (UnderYearDay, 3),
        [b'3', ..] => (Hour12, 1),
        [b'4', ..] => (Minute, 1),
        [b'5', ..] => (Second, 1),
        [b'P', b'M', ..] => (Upper, 2),
        [b'p', b'm', ..] => (Lower, 2),
        [lead @ (b'-' | b'Z'), rest @ ..] => {
            let (text, colon, minutes, seconds) = OFFSETS.iter().find(|o| rest.starts_with(o.0))?;
            let style = OffsetStyle { z: *lead == b'Z', colon: *colon, minutes: *minutes, seconds: *seconds };
            (Offset(style), 1 + text.len())
        }
        [separator @ (b'.' | b','), digit @ (b'0' | b'9'), ..] => {
            let n = s[1..].iter().take_while(|c| *c == digit).count();
            if s.get(1 + n).is_some_and(u8::is_ascii_digit) {
                return None;
            }
            let kept = n & FRACTION_DIGITS;
            (if *digit == b'0' { Fraction0(kept, *separator) } else { Fraction9(kept, *separator) }, 1 + n)
        }
        _ => return None,
    };
    Some((0, found.0, found.1))
}

/// Go's appendInt: the width is without the sign.
fn number(out: &mut Vec<u8>, n: i64, width: usize) {
    if n < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(format!("{:0width$}", n.unsigned_abs()).as_bytes());
}

/// `Time.Format`
pub fn format(time: &Time, mut layout: &[u8]) -> Vec<u8> {
    let (date, clock) = time.civil();
    let mut out = Vec::with_capacity(layout.len() + 10);
    while let Some((start, element, end)) = next_element(layout) {
        out.extend_from_slice(&layout[..start]);
        layout = &layout[end..];
        let hour12 = i64::from((clock.hour + 11) % 12 + 1);
        let (month, weekday) = (MONTHS[date.month as usize - 1], WEEKDAYS[date.weekday as usize]);
        let half = if clock.hour >= 12 { *b"pm" } else { *b"am" };
        match element {
            Element::Year => number(&mut out, (date.year % 100).abs(), 2),
            Element::LongYear => number(&mut out, date.year, 4),
            Element::Month => out.extend_from_slice(&month.as_bytes()[..3]),
            Element::LongMonth => out.extend_from_slice(month.as_bytes()),
            Element::NumMonth => number(&mut out, date.month.into(), 0),
            Element::ZeroMonth => number(&mut out, date.month.into(), 2),
            Element::Weekday => out.extend_from_slice(&weekday.as_bytes()[..3]),
            Element::LongWeekday => out.extend_from_slice(weekday.as_bytes()),
            Element::Day => number(&mut out, date.day.into(), 0),
            Element::UnderDay => out.extend_from_slice(format!("{:2}", date.day).as_bytes()),
            Element::ZeroDay => number(&mut out, date.day.into(), 2),
            Element::UnderYearDay => out.extend_from_slice(format!("{:3}", date.yday).as_bytes()),
            Element::ZeroYearDay => number(&mut out, date.yday.into(), 3),
            Element::Hour => number(&mut out, clock.hour.into(), 2),
            Element::Hour12 => number(&mut out, hour12, 0),
            Element::ZeroHour12 => number(&mut out, hour12, 2),
            Element::Minute => number(&mut out, clock.minute.into(), 0),
            Element::ZeroMinute => number(&mut out, clock.minute.into(), 2),
            Element::Second => number(&mut out, clock.second.into(), 0),
            Element::ZeroSecond => number(&mut out, clock.second.into(), 2),
            Element::Upper => out.extend_from_slice(&half.map(|c| c.to_ascii_uppercase())),
            Element::Lower => out.extend_from_slice(&half),
            Element::ZoneName if !clock.zone.is_empty() => out.extend_from_slice(clock.zone.as_bytes()),
            Element::ZoneName => {
                let style = OffsetStyle { z: false, colon: false, minutes: true, seconds: false };
                offset(&mut out, clock.offset, style);
            }
            Element::Offset(style) => offset(&mut out, clock.offset, style),
            Element::Fraction0(n, separator) => {
                out.push(separator);
                out.extend_from_slice(&format!("{:09}", time.nanos).as_bytes()[..n.min(9)]);
            }
            Element::Fraction9(n, separator) if n > 0 && time.nanos > 0 => {
                let digits = format!("{:09}", time.nanos);
                let digits = digits[..n.min(9)].trim_end_matches('0');
                if !digits.is_empty() {
                    out.push(separator);
                    out.extend_from_slice(digits.as_bytes());
                }
            }
            Element::Fraction9(..) => {}
        }
    }
    out.extend_from_slice(layout);
    out
}

fn offset(out: &mut Vec<u8>, seconds: i32, style: OffsetStyle) {
    if seconds == 0 && style.z {
        out.push(b'Z');
        return;
    }
    let minutes = seconds / 60;
    out.push(if minutes < 0 { b'-' } else { b'+' });
    // Less than a minute west prints a plus, and with seconds their sign too, as in Go.
    let rest = if minutes < 0 { -i64::from(seconds) } else { i64::from(seconds) };
    let minutes = i64::from(minutes).abs();
    number(out, minutes / 60, 2);
    if style.colon {
        out.push(b':');
    }
    if style.minutes {
        number(out, minutes % 60, 2);
    }
    if style.seconds {
        if style.colon {
            out.push(b':');
        }
        number(out, rest % 60, 2);
    }
}
