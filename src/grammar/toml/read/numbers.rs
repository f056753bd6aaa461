//! Numbers, dates and times.

use super::super::LOCAL;
use super::scan::{is_digit, quote_rune};
use super::{Item, Read, Reader};
use crate::gonum::{NumError, parse_float, parse_int};
use crate::grammar::gotime::Zone;
use crate::grammar::gotime::object::time_value;
use crate::grammar::layout;
use crate::value::Value;
use crate::value::fmt::go_quote;

impl Reader<'_> {
    pub(super) fn signed_number(&mut self) -> Read<Value> {
        match self.scan.next()? {
            Some(c @ ('i' | 'n')) => {
                let (a, b) = if c == 'i' { ('n', 'f') } else { ('a', 'n') };
                if !self.scan.accept(a)? || !self.scan.accept(b)? {
                    let current = String::from_utf8_lossy(self.scan.current()).into_owned();
                    return self.scan.fail(format!("invalid float: '{current}'"));
                }
                let item = self.item();
                return float(&item);
            }
            Some('0') => {
                if let Some(base @ ('b' | 'o' | 'x')) = self.scan.peek()? {
                    let current = String::from_utf8_lossy(self.scan.current()).into_owned();
                    return self.scan.fail(format!("cannot use sign with non-decimal numbers: '{current}{base}'"));
                }
            }
            Some('1'..='9') => {}
            Some('.') => {
                return self.scan.fail("floats must start with a digit, not '.'".into());
            }
            c => {
                return self.scan.fail(format!("expected a digit but got {}", quote_rune(c)));
            }
        }
        self.decimal()
    }

    /// Digits and underscores, then perhaps the rest of a float.
    fn decimal(&mut self) -> Read<Value> {
        match self.run(|c| is_digit(c) || c == '_')? {
            Some('.' | 'e' | 'E') => self.rest_of_float(),
            _ => {
                self.scan.backup();
                integer(&self.item())
            }
        }
    }

    fn rest_of_float(&mut self) -> Read<Value> {
        self.run(|c| is_digit(c) || matches!(c, '_' | '.' | '-' | '+' | 'e' | 'E'))?;
        self.scan.backup();
        float(&self.item())
    }

    pub(super) fn number_or_date(&mut self) -> Read<Value> {
        if self.scan.next()? == Some('0') {
            let base = match self.scan.next()? {
                Some(c @ ('b' | 'o' | 'x')) => Some(c),
                Some('_') => return self.decimal(),
                Some('.' | 'e' | 'E') => return self.rest_of_float(),
                Some(c) if is_digit(c) => None,
                _ => {
                    self.scan.backup();
                    return integer(&self.item());
                }
            };
            if let Some(base) = base {
                return self.based(base);
            }
        }
        match self.run(is_digit)? {
            Some('-' | ':') => {
                self.run(|c| is_digit(c) || matches!(c, '-' | ':' | 'T' | 't' | ' ' | '.' | 'Z' | 'z' | '+'))?;
                self.scan.backup();
                let item = self.item();
                self.date(&item)
            }
            Some('_') => self.decimal(),
            Some('.' | 'e' | 'E') => self.rest_of_float(),
            _ => {
                self.scan.backup();
                integer(&self.item())
            }
        }
    }

    fn based(&mut self, base: char) -> Read<Value> {
        let (radix, words) = match base {
            'b' => (2, "a binary"),
            'o' => (8, "an octal"),
            _ => (16, "a hexadecimal"),
        };
        let next = self.scan.peek()?;
        if !next.is_some_and(|c| c.is_digit(radix)) {
            let current = String::from_utf8_lossy(self.scan.current()).into_owned();
            return self.scan.fail(format!("not {words} number: '{current}{}'", next.unwrap_or('\0')));
        }
        self.run(|c| c.is_digit(radix) || c == '_')?;
        self.scan.backup();
        integer(&self.item())
    }

    fn date(&self, item: &Item<'_>) -> Read<Value> {
        let text: Vec<u8> = item
            .text
            .trim_ascii()
            .iter()
            .map(|c| match c {
                b'z' => b'Z',
                b't' | b' ' => b'T',
                c => *c,
            })
            .collect();
        let layouts: [(&[u8], Option<usize>); 7] = [
            (b"2006-01-02T15:04:05.999999999Z07:00", None),
            (b"2006-01-02T15:04:05.999999999", Some(0)),
            (b"2006-01-02", Some(1)),
            (b"15:04:05.999999999", Some(2)),
            (b"2006-01-02T15:04Z07:00", None),
            (b"2006-01-02T15:04", Some(0)),
            (b"15:04", Some(2)),
        ];
        for (layout, local) in layouts {
            let zone = match local {
                Some(i) => Zone::Fixed(LOCAL[i].to_owned(), self.zones.offset),
                None => Zone::Local(self.zones.local.clone()),
            };
            if let Ok(time) = layout::parse::parse(layout, &text, &zone) {
                if lacks_leading_zero(&text, layout) {
                    break;
                }
                return Ok(time_value(time, self.zones.local.clone()));
            }
        }
        item.bad(format!("invalid datetime: {}", go_quote(&text)))
    }
}

/// Package time reads numbers without their leading zeros, TOML does not.
fn lacks_leading_zero(text: &[u8], layout: &[u8]) -> bool {
    layout
        .iter()
        .enumerate()
        .take_while(|(_, c)| !matches!(c, b'.' | b'Z'))
        .any(|(i, c)| !c.is_ascii_digit() && text.get(i) != Some(c))
}

fn leading_zero(s: &[u8]) -> bool {
    match s {
        [b'0', second, ..] => !matches!(second, b'b' | b'o' | b'x'),
        [b'-' | b'+', b'0', _, ..] => true,
        _ => false,
    }
}

fn underscores_ok(s: &[u8]) -> bool {
    if matches!(s, b"nan" | b"+nan" | b"-nan" | b"inf" | b"+inf" | b"-inf") {
        return true;
    }
    let mut accept = false;
    for c in s {
        if *c == b'_' && !accept {
            return false;
        }
        accept = c.is_ascii_hexdigit();
    }
    accept
}

fn integer(item: &Item<'_>) -> Read<Value> {
    if !underscores_ok(item.text) {
        return item.bad(format!("Invalid integer {}: underscores must be surrounded by digits", item.quoted()));
    }
    if leading_zero(item.text) {
        return item.bad(format!("Invalid integer {}: cannot have leading zeroes", item.quoted()));
    }
    match parse_int(item.text, 0) {
        Ok(n) => Ok(Value::int64(n)),
        Err(NumError::Range | NumError::Syntax) => {
            item.bad(format!("{} is out of range for int64", String::from_utf8_lossy(item.text)))
        }
    }
}

pub(super) fn float(item: &Item<'_>) -> Read<Value> {
    let mut parts = item.text.split(|c| matches!(c, b'.' | b'e' | b'E')).filter(|p| !p.is_empty()).peekable();
    let zero = parts.peek().is_some_and(|p| leading_zero(p));
    if !parts.all(underscores_ok) {
        return item.bad(format!("Invalid float {}: underscores must be surrounded by digits", item.quoted()));
    }
    if zero {
        return item.bad(format!("Invalid float {}: cannot have leading zeroes", item.quoted()));
    }
    let mut after = item.text.split(|c| *c == b'.').skip(1);
    if !after.all(|p| p.first().is_some_and(u8::is_ascii_digit)) {
        return item.bad(format!("Invalid float {}: '.' must be followed by one or more digits", item.quoted()));
    }
    let text: Vec<u8> = item.text.iter().copied().filter(|c| *c != b'_').collect();
    let value = match &text[..] {
        b"nan" | b"+nan" => Ok(f64::NAN),
        b"-nan" => Ok(-f64::NAN),
        text => parse_float(text),
    };
    match value {
        Ok(f) => Ok(Value::Float(f)),
        Err(NumError::Range) => item.bad(format!("{} is out of range for float64", String::from_utf8_lossy(item.text))),
        Err(NumError::Syntax) => item.bad(format!("Invalid float value: {}", item.quoted())),
    }
}
