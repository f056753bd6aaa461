//! One operand under one verb: the half of Go's fmt below the format string.

mod composites;
mod numbers;
mod texts;

use crate::stack;
use crate::value::{HelmVersion, Object, Value};

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
}
