//! One operand under one verb: the half of Go's fmt below the format string.

use super::quote::{self, Printable};
use crate::gonum::format_float;
use crate::stack;
use crate::value::{HelmVersion, IntKind, List, ListKind, Map, MapKind, Object, Room, Value};

/// Flags, width and precision of one verb.
#[derive(Clone, Copy, Default)]
pub(super) struct Flags {
    pub plus: bool,
    pub minus: bool,
    pub sharp: bool,
    pub space: bool,
    pub zero: bool,
    pub plus_v: bool,
    pub sharp_v: bool,
    pub width: Option<usize>,
    pub precision: Option<usize>,
}

pub(super) struct Printer<'a> {
    pub out: &'a mut Vec<u8>,
    pub flags: Flags,
    helm: HelmVersion,
    depth: usize,
    /// Whether methods are out of reach: within private fields, and where an error is printed.
    plain: bool,
}

/// Widths and precisions above this are refused by Go.
pub(super) const MAX_NUMBER: i64 = 1_000_000;
/// Nothing more is printed behind this many bytes, more than the evaluator lets through: a wide verb on a long list.
const MAX_OUTPUT: usize = 512 << 20;
/// Where every value lies, says `%p`: in the heap, which Go 1.26 puts at random.
const ADDRESS: u64 = 0x2c93_7501_0000;
/// Values nested deeper than this (a map that holds itself) are cut.
const MAX_DEPTH: usize = 10_000;

fn rune_count(b: &[u8]) -> usize {
    b.utf8_chunks().map(|c| c.valid().chars().count() + c.invalid().len()).sum()
}

impl<'a> Printer<'a> {
    pub fn new(out: &'a mut Vec<u8>, helm: HelmVersion) -> Printer<'a> {
        Printer { out, flags: Flags::default(), helm, depth: 0, plain: false }
    }

    fn padding(&mut self, n: usize) {
        let byte = if self.flags.zero && !self.flags.minus { b'0' } else { b' ' };
        self.out.resize(self.out.len() + n, byte);
    }

    fn pad(&mut self, text: &[u8]) {
        let width =
            self.flags.width.unwrap_or(0).saturating_sub(if self.flags.width.is_some() { rune_count(text) } else { 0 });
        if self.flags.minus {
            self.out.extend_from_slice(text);
            self.padding(width);
        } else {
            self.padding(width);
            self.out.extend_from_slice(text);
        }
    }

    fn pad_without_zeros(&mut self, text: &[u8]) {
        let zero = std::mem::replace(&mut self.flags.zero, false);
        self.pad(text);
        self.flags.zero = zero;
    }

    fn text(&mut self, s: &str) {
        self.out.extend_from_slice(s.as_bytes());
    }

    /// Prints the struct that a pointer points to.
    pub fn pointee(&mut self, object: &dyn Object) {
        self.depth += 1;
        self.fields(object, 'v');
        self.depth -= 1;
    }

    /// Prints one operand of a format, nil included.
    pub fn arg(&mut self, value: &Value, verb: char) {
        match (value, verb) {
            (Value::Nil, 'T' | 'v') => self.pad(b"<nil>"),
            (_, 'T') => {
                let name = value.type_name(self.helm);
                let name = self.cut(name.as_bytes());
                self.pad(name);
            }
            (Value::Nil, _) => self.bad_verb(value, verb),
            (Value::List(_) | Value::Map(_) | Value::Object(_), 'w') => self.bad_verb(value, verb),
            (_, 'p') => self.pointer(value),
            _ => self.value(value, verb),
        }
    }

    /// `%p`: Go prints the address. Ours is always the same one, so that the same input prints the same.
    fn pointer(&mut self, value: &Value) {
        let address = match value {
            Value::List(l) if l.nil => 0,
            Value::Map(m) if m.is_nil() => 0,
            Value::List(_) | Value::Map(_) | Value::Bytes(_) => ADDRESS,
            Value::Object(o) if o.is_nil() => 0,
            Value::Object(o) if matches!(o.kind(), "ptr" | "map" | "slice") => ADDRESS,
            _ => return self.bad_verb(value, 'p'),
        };
        self.hex_address(address, !self.flags.sharp);
    }

    fn bad_verb(&mut self, value: &Value, verb: char) {
        self.text("%!");
        self.out.extend_from_slice(verb.encode_utf8(&mut [0; 4]).as_bytes());
        if value.is_nil() {
            self.text("(<nil>)");
            return;
        }
        self.text("(");
        let name = value.type_name(self.helm);
        self.text(&name);
        self.text("=");
        // Go prints the value anew, without its methods.
        let (plain, depth) = (std::mem::replace(&mut self.plain, true), std::mem::replace(&mut self.depth, 0));
        self.value(value, 'v');
        (self.plain, self.depth) = (plain, depth);
        self.text(")");
    }

    fn value(&mut self, value: &Value, verb: char) {
        if self.out.len() > MAX_OUTPUT {
            return;
        }
        if self.depth > MAX_DEPTH || stack::is_low() {
            self.text("...");
            return;
        }
        self.depth += 1;
        match value {
            Value::Nil => self.text("<nil>"),
            Value::Bool(b) if matches!(verb, 't' | 'v') => self.pad(if *b { b"true" } else { b"false" }),
            Value::Bool(_) => self.bad_verb(value, verb),
            Value::Int(n, kind) => self.int(*n, *kind, value, verb),
            Value::Float(f) => self.float(*f, value, verb),
            Value::Complex(re, im) => self.complex(*re, *im, value, verb),
            Value::Str(s) => self.string(s, value, verb),
            Value::Bytes(b) => self.bytes(b, value, verb),
            Value::List(l) => self.list(l, value, verb),
            Value::Map(m) => self.map(m, verb),
            Value::Object(o) => self.object(&**o, value, verb),
        }
        self.depth -= 1;
    }

    fn int(&mut self, n: i64, kind: IntKind, value: &Value, verb: char) {
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

    fn unicode(&mut self, u: u64) {
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

    fn integer(&mut self, u: u64, base: u32, signed: bool, verb: char) {
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

    fn float(&mut self, f: f64, value: &Value, verb: char) {
        match verb {
            'v' => self.float_as(f, 'g', None),
            'b' | 'g' | 'G' | 'x' | 'X' => self.float_as(f, verb, None),
            'f' | 'e' | 'E' => self.float_as(f, verb, Some(6)),
            'F' => self.float_as(f, 'f', Some(6)),
            _ => self.bad_verb(value, verb),
        }
    }

    fn float_as(&mut self, v: f64, verb: char, precision: Option<usize>) {
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

    fn complex(&mut self, re: f64, im: f64, value: &Value, verb: char) {
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

    fn cut<'b>(&self, s: &'b [u8]) -> &'b [u8] {
        let Some(n) = self.flags.precision else { return s };
        let mut at = 0;
        for _ in 0..n {
            match crate::value::decode_rune(&s[at..]) {
                Some((_, w)) => at += w,
                None => break,
            }
        }
        &s[..at]
    }

    fn string(&mut self, s: &[u8], value: &Value, verb: char) {
        match verb {
            'v' if self.flags.sharp_v => self.quoted(s),
            'v' | 's' => {
                let s = self.cut(s);
                self.pad(s);
            }
            'x' | 'X' => self.hex(s, verb),
            'q' => self.quoted(s),
            _ => self.bad_verb(value, verb),
        }
    }

    fn quoted(&mut self, s: &[u8]) {
        let s = self.cut(s);
        if self.flags.sharp && quote::can_backquote(s) {
            let text = [b"`", s, b"`"].concat();
            return self.pad(&text);
        }
        let printable = if self.flags.plus { Printable::Ascii } else { Printable::Unicode };
        self.pad(quote::quote_with(s, printable).as_bytes());
    }

    fn hex(&mut self, s: &[u8], verb: char) {
        let f = self.flags;
        let s = &s[..f.precision.unwrap_or(s.len()).min(s.len())];
        if s.is_empty() {
            self.padding(f.width.unwrap_or(0));
            return;
        }
        let lead = if verb == 'X' { "0X" } else { "0x" };
        let mut text = String::new();
        if f.sharp {
            text.push_str(lead);
        }
        for (i, b) in s.iter().enumerate() {
            if f.space && i > 0 {
                text.push(' ');
                if f.sharp {
                    text.push_str(lead);
                }
            }
            text.push_str(&if verb == 'X' { format!("{b:02X}") } else { format!("{b:02x}") });
        }
        self.pad(text.as_bytes());
    }

    fn bytes(&mut self, b: &[u8], value: &Value, verb: char) {
        match verb {
            's' => {
                let b = self.cut(b);
                self.pad(b);
            }
            'x' | 'X' => self.hex(b, verb),
            'q' => self.quoted(b),
            'v' | 'd' if self.flags.sharp_v && matches!(value, Value::Bytes(b) if b.is_nil()) => {
                self.text("[]byte(nil)")
            }
            'v' | 'd' if self.flags.sharp_v => {
                self.text("[]byte{");
                for (i, b) in b.iter().enumerate() {
                    if i > 0 {
                        self.text(", ");
                    }
                    self.text(&format!("0x{b:x}"));
                }
                self.text("}");
            }
            'v' | 'd' => {
                self.text("[");
                for (i, b) in b.iter().enumerate() {
                    if i > 0 {
                        self.text(" ");
                    }
                    self.integer(u64::from(*b), 10, false, verb);
                }
                self.text("]");
            }
            _ => {
                let items: Vec<_> = b.iter().map(|b| Value::Int(i64::from(*b), IntKind::Uint8).into()).collect();
                let list = List { kind: ListKind::Any, nil: false, items, room: Room::Exact };
                self.list(&list, value, verb);
            }
        }
    }

    fn list(&mut self, list: &List, value: &Value, verb: char) {
        if self.flags.sharp_v {
            let name = value.type_name(self.helm);
            self.text(&name);
            if list.nil {
                return self.text("(nil)");
            }
            self.text("{");
            for (i, slot) in list.items.iter().enumerate() {
                if i > 0 {
                    self.text(", ");
                }
                self.inner(&slot.value, verb);
            }
            return self.text("}");
        }
        self.text("[");
        for (i, slot) in list.items.iter().enumerate() {
            if i > 0 {
                self.text(" ");
            }
            self.inner(&slot.value, verb);
        }
        self.text("]");
    }

    /// An item, which Go sees as an interface.
    fn inner(&mut self, value: &Value, verb: char) {
        match value {
            Value::Nil if self.flags.sharp_v => self.text("interface {}(nil)"),
            Value::Nil => self.text("<nil>"),
            v => self.value(v, verb),
        }
    }

    fn map(&mut self, map: &Map, verb: char) {
        let sharp = self.flags.sharp_v;
        if sharp {
            let name = Value::Map(map.clone()).type_name(self.helm);
            self.text(&name);
            if map.is_nil() {
                return self.text("(nil)");
            }
            self.text("{");
        } else {
            self.text("map[");
        }
        // Cloned, because an object's display may be anything.
        let entries: Vec<_> = map.entries().iter().map(|(k, s)| (k.clone(), s.value.clone())).collect();
        for (i, (k, v)) in entries.iter().enumerate() {
            if i > 0 {
                self.text(if sharp { ", " } else { " " });
            }
            let key = Value::Str(k.clone());
            self.value(&key, verb);
            self.text(":");
            match v {
                Value::Nil if matches!(map.kind(), MapKind::Files) => self.text("[]"),
                v => self.inner(v, verb),
            }
        }
        self.text(if sharp { "}" } else { "]" });
    }

    /// Go's handleMethods, then printValue.
    fn object(&mut self, object: &dyn Object, value: &Value, verb: char) {
        if !self.plain && self.method(object, verb) {
            return;
        }
        if let Some(n) = object.number() {
            return self.int(n, IntKind::Int64, value, verb);
        }
        if let Some(list) = object.as_list() {
            return self.list(list, value, verb);
        }
        if object.kind() != "ptr" {
            return self.fields(object, verb);
        }
        if self.depth == 1 && !object.is_nil() {
            self.text("&");
            self.depth += 1;
            self.fields(object, verb);
            self.depth -= 1;
            return;
        }
        self.inner_pointer(object, value, verb);
    }

    /// What a method of the object prints, if the verb asks for one that it has.
    fn method(&mut self, object: &dyn Object, verb: char) -> bool {
        if self.flags.sharp_v {
            let Some(text) = object.go_string() else { return false };
            let text = self.cut(&text);
            self.pad(text);
            return true;
        }
        match object.text().filter(|_| matches!(verb, 'v' | 's' | 'x' | 'X' | 'q')) {
            Some(text) => {
                self.string(&text, &Value::Nil, verb);
                true
            }
            None => false,
        }
    }

    fn fields(&mut self, object: &dyn Object, verb: char) {
        let (sharp, named) = (self.flags.sharp_v, self.flags.sharp_v || self.flags.plus_v);
        if sharp {
            let name = object.type_name();
            self.text(name.trim_start_matches('*'));
        }
        self.text("{");
        for (i, field) in object.fields().into_iter().enumerate() {
            if i > 0 {
                self.text(if sharp { ", " } else { " " });
            }
            if named {
                self.text(field.name);
                self.text(":");
            }
            // What Go can't take out as an interface has no methods, nor has anything in it.
            let outer = self.plain;
            self.plain |= !field.exported;
            self.inner(&field.value, verb);
            self.plain = outer;
        }
        self.text("}");
    }

    /// Go's fmtPointer: below the top a pointer is only its address, which is ours and always the same.
    fn inner_pointer(&mut self, object: &dyn Object, value: &Value, verb: char) {
        let address = if object.is_nil() { 0 } else { ADDRESS };
        match verb {
            'v' if self.flags.sharp_v => {
                let name = object.type_name();
                self.text(&format!("({name})("));
                if address == 0 {
                    self.text("nil");
                } else {
                    self.hex_address(address, true);
                }
                self.text(")");
            }
            'v' if address == 0 => self.pad(b"<nil>"),
            'v' => self.hex_address(address, !self.flags.sharp),
            'b' | 'o' | 'd' | 'x' | 'X' => self.int(address as i64, IntKind::Uint64, value, verb),
            _ => self.bad_verb(value, verb),
        }
    }

    fn hex_address(&mut self, address: u64, lead: bool) {
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
