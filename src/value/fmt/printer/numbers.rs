//! Integers, floats and complex numbers.

use super::super::quote::{self, Printable};
use super::Printer;
use crate::gonum::format_float;
use crate::value::{IntKind, Value};

impl Printer<'_> {
    pub(super) fn int(&mut self, n: i64, kind: IntKind, value: &Value, verb: char) {
        let signed = !kind.is_unsigned();
        let u = n as u64;
        match verb {
            'v' if self.flags.sharp_v && !signed => {
                let sharp = std::mem::replace(&mut self.flags.sharp, true);
                self.integer(u, 16, false, 'v');
                self.flags.sharp = sharp;
            }
            'v' | 'd' => self.integer(u, 10, signed, verb),
            'b' => self.integer(u, 2, signed, verb),
            'o' | 'O' => self.integer(u, 8, signed, verb),
            'x' | 'X' => self.integer(u, 16, signed, verb),
            'c' => {
                let c = u32::try_from(u).ok().and_then(char::from_u32).unwrap_or('\u{FFFD}');
                self.pad(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            'q' => {
                let c = u32::try_from(u).ok().and_then(char::from_u32).unwrap_or('\u{FFFD}');
                let printable = if self.flags.plus { Printable::Ascii } else { Printable::Unicode };
                self.pad(quote::quote_rune_with(c, printable).as_bytes());
            }
            'U' => self.unicode(u),
            _ => self.bad_verb(value, verb),
        }
    }

    pub(super) fn unicode(&mut self, u: u64) {
        let least = self.flags.precision.unwrap_or(4).max(4);
        let digits = format!("{u:X}");
        let mut text = format!("U+{}{digits}", "0".repeat(least.saturating_sub(digits.len())));
        if self.flags.sharp
            && let Some(c) = u32::try_from(u).ok().and_then(char::from_u32).filter(|c| quote::is_print(*c))
        {
            text.push_str(&format!(" '{c}'"));
        }
        self.pad_without_zeros(text.as_bytes());
    }

    pub(super) fn integer(&mut self, u: u64, base: u32, signed: bool, verb: char) {
        let negative = signed && (u as i64) < 0;
        let magnitude = if negative { u.wrapping_neg() } else { u };
        let f = self.flags;
        let mut least = 0;
        if let Some(p) = f.precision {
            least = p;
            if p == 0 && magnitude == 0 {
                let zero = std::mem::replace(&mut self.flags.zero, false);
                self.padding(f.width.unwrap_or(0));
                self.flags.zero = zero;
                return;
            }
        } else if let (true, false, Some(width)) = (f.zero, f.minus, f.width) {
            least = width.saturating_sub(usize::from(negative || f.plus || f.space));
        }
        let digits = match (base, verb) {
            (2, _) => format!("{magnitude:b}"),
            (8, _) => format!("{magnitude:o}"),
            (16, 'X') => format!("{magnitude:X}"),
            (16, _) => format!("{magnitude:x}"),
            _ => magnitude.to_string(),
        };
        let mut text = String::new();
        if negative {
            text.push('-');
        } else if f.plus {
            text.push('+');
        } else if f.space {
            text.push(' ');
        }
        let zeros = least.saturating_sub(digits.len());
        if verb == 'O' {
            text.push_str("0o");
        }
        if f.sharp {
            match base {
                2 => text.push_str("0b"),
                8 if zeros == 0 && !digits.starts_with('0') => text.push('0'),
                16 => text.push_str(if verb == 'X' { "0X" } else { "0x" }),
                _ => {}
            }
        }
        text.extend(std::iter::repeat_n('0', zeros));
        text.push_str(&digits);
        self.pad_without_zeros(text.as_bytes());
    }

    pub(super) fn float(&mut self, f: f64, value: &Value, verb: char) {
        match verb {
            'v' => self.float_as(f, 'g', None),
            'b' | 'g' | 'G' | 'x' | 'X' => self.float_as(f, verb, None),
            'f' | 'e' | 'E' => self.float_as(f, verb, Some(6)),
            'F' => self.float_as(f, 'f', Some(6)),
            _ => self.bad_verb(value, verb),
        }
    }

    pub(super) fn float_as(&mut self, v: f64, verb: char, precision: Option<usize>) {
        let f = self.flags;
        let precision = f.precision.or(precision);
        let mut number = format_float(v, verb, precision);
        if !number.starts_with(['-', '+']) {
            number.insert(0, '+');
        }
        if f.space && number.starts_with('+') && !f.plus {
            number.replace_range(..1, " ");
        }
        if !v.is_finite() {
            if v.is_nan() && !f.space && !f.plus {
                number.remove(0);
            }
            let shown = if number.starts_with('+') && !f.plus && !v.is_infinite() { &number[1..] } else { &number[..] };
            let shown = shown.to_owned();
            self.pad_without_zeros(shown.as_bytes());
            return;
        }
        if f.sharp && verb != 'b' {
            number = sharp_float(number, verb, precision);
        }
        if f.plus || !number.starts_with('+') {
            let width = f.width.unwrap_or(0);
            if f.zero && !f.minus && width > number.len() {
                self.out.push(number.as_bytes()[0]);
                self.padding(width - number.len());
                self.text(&number[1..]);
                return;
            }
            self.pad(number.as_bytes());
            return;
        }
        self.pad(&number.as_bytes()[1..]);
    }

    pub(super) fn complex(&mut self, re: f64, im: f64, value: &Value, verb: char) {
        if !matches!(verb, 'v' | 'b' | 'g' | 'G' | 'x' | 'X' | 'f' | 'F' | 'e' | 'E') {
            return self.bad_verb(value, verb);
        }
        self.text("(");
        self.float(re, value, verb);
        let plus = std::mem::replace(&mut self.flags.plus, true);
        self.float(im, value, verb);
        self.flags.plus = plus;
        self.text("i)");
    }

    pub(super) fn hex_address(&mut self, address: u64, lead: bool) {
        let sharp = std::mem::replace(&mut self.flags.sharp, lead);
        self.integer(address, 16, false, 'v');
        self.flags.sharp = sharp;
    }
}

/// Go's `#` flag on floats: always a decimal point, trailing zeros kept.
fn sharp_float(number: String, verb: char, precision: Option<usize>) -> String {
    let mut digits = match verb {
        'v' | 'g' | 'G' | 'x' => precision.map_or(6, |p| p as i64),
        _ => 0,
    };
    let tail_at = if matches!(verb, 'x' | 'X') { number.find(['p', 'P']) } else { number.find(['e', 'E', 'p', 'P']) };
    let (head, tail) = number.split_at(tail_at.unwrap_or(number.len()));
    let mut seen_nonzero = false;
    for c in head[1..].chars().filter(|c| *c != '.') {
        seen_nonzero |= c != '0';
        if seen_nonzero {
            digits -= 1;
        }
    }
    let mut out = head.to_owned();
    if !head.contains('.') {
        if head.len() == 2 && head.ends_with('0') {
            digits -= 1;
        }
        out.push('.');
    }
    out.extend(std::iter::repeat_n('0', usize::try_from(digits).unwrap_or(0)));
    out.push_str(tail);
    out
}
