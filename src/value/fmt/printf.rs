//! The format string of `printf`: Go's verbs, flags, `*`, argument indexes and error forms.

use super::printer::{Flags, MAX_NUMBER, Printer};
use crate::value::{HelmVersion, Value, decode_rune};

/// `fmt.Sprintf`.
pub fn sprintf(format: &[u8], args: &[Value], helm: HelmVersion) -> Vec<u8> {
    let mut out = Vec::with_capacity(format.len() + 16);
    Formatter { format, args, helm, at: 0, arg: 0, reordered: false, good_index: true, after_index: false }
        .run(&mut out);
    out
}

struct Formatter<'a> {
    format: &'a [u8],
    args: &'a [Value],
    helm: HelmVersion,
    at: usize,
    arg: usize,
    reordered: bool,
    good_index: bool,
    after_index: bool,
}

fn put_char(out: &mut Vec<u8>, c: char) {
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

impl Formatter<'_> {
    fn run(mut self, out: &mut Vec<u8>) {
        while self.at < self.format.len() {
            self.good_index = true;
            let rest = &self.format[self.at..];
            let n = memchr::memchr(b'%', rest).unwrap_or(rest.len());
            out.extend_from_slice(&rest[..n]);
            self.at += n;
            if self.at >= self.format.len() {
                break;
            }
            self.at += 1;
            if !self.verb(out) {
                break;
            }
        }
        if !self.reordered && self.arg < self.args.len() {
            out.extend_from_slice(b"%!(EXTRA ");
            for (i, arg) in self.args[self.arg..].iter().enumerate() {
                if i > 0 {
                    out.extend_from_slice(b", ");
                }
                if arg.is_nil() {
                    out.extend_from_slice(b"<nil>");
                } else {
                    out.extend_from_slice(arg.type_name(self.helm).as_bytes());
                    out.push(b'=');
                    Printer::new(out, self.helm).arg(arg, 'v');
                }
            }
            out.push(b')');
        }
    }

    fn peek(&self) -> Option<u8> {
        self.format.get(self.at).copied()
    }

    /// One verb with its flags; false when the format ended before it.
    fn verb(&mut self, out: &mut Vec<u8>) -> bool {
        let mut flags = Flags::default();
        while let Some(c) = self.peek() {
            match c {
                b'#' => flags.sharp = true,
                b'0' => flags.zero = true,
                b'+' => flags.plus = true,
                b'-' => flags.minus = true,
                b' ' => flags.space = true,
                _ => break,
            }
            self.at += 1;
        }
        self.after_index = false;
        self.argument_index();
        self.width(&mut flags, out);
        if self.at + 1 < self.format.len() && self.peek() == Some(b'.') {
            self.precision(&mut flags, out);
        }
        if !self.after_index {
            self.argument_index();
        }
        let Some((verb, size)) = decode_rune(&self.format[self.at.min(self.format.len())..]) else {
            out.extend_from_slice(b"%!(NOVERB)");
            return false;
        };
        self.at += size;
        if verb == '%' {
            out.push(b'%');
        } else if !self.good_index {
            out.extend_from_slice(b"%!");
            put_char(out, verb);
            out.extend_from_slice(b"(BADINDEX)");
        } else if self.arg >= self.args.len() {
            out.extend_from_slice(b"%!");
            put_char(out, verb);
            out.extend_from_slice(b"(MISSING)");
        } else {
            if verb == 'v' || verb == 'w' {
                flags.sharp_v = std::mem::take(&mut flags.sharp);
                flags.plus_v = std::mem::take(&mut flags.plus);
            }
            let mut printer = Printer::new(out, self.helm);
            printer.flags = flags;
            printer.arg(&self.args[self.arg], verb);
            self.arg += 1;
        }
        true
    }

    fn width(&mut self, flags: &mut Flags, out: &mut Vec<u8>) {
        if self.peek() == Some(b'*') {
            self.at += 1;
            match self.int_argument() {
                Some(n) => {
                    if n < 0 {
                        flags.minus = true;
                        flags.zero = false;
                    }
                    flags.width = Some(n.unsigned_abs() as usize);
                }
                None => out.extend_from_slice(b"%!(BADWIDTH)"),
            }
            self.after_index = false;
            return;
        }
        flags.width = self.number();
        if self.after_index && flags.width.is_some() {
            self.good_index = false;
        }
    }

    fn precision(&mut self, flags: &mut Flags, out: &mut Vec<u8>) {
        self.at += 1;
        if self.after_index {
            self.good_index = false;
        }
        self.argument_index();
        if self.peek() == Some(b'*') {
            self.at += 1;
            let n = self.int_argument();
            flags.precision = n.and_then(|n| usize::try_from(n).ok());
            if flags.precision.is_none() {
                out.extend_from_slice(b"%!(BADPREC)");
            }
            self.after_index = false;
        } else {
            flags.precision = Some(self.number().unwrap_or(0));
        }
    }

    /// The next operand as a width or precision.
    fn int_argument(&mut self) -> Option<i64> {
        let arg = self.args.get(self.arg)?;
        self.arg += 1;
        match arg {
            Value::Int(n, _) if (-MAX_NUMBER..=MAX_NUMBER).contains(n) => Some(*n),
            _ => None,
        }
    }

    fn number(&mut self) -> Option<usize> {
        let mut n: Option<i64> = None;
        while let Some(c) = self.peek().filter(u8::is_ascii_digit) {
            let value = n.unwrap_or(0);
            if value > MAX_NUMBER {
                // Go gives up on the whole format here.
                self.at = self.format.len();
                return None;
            }
            n = Some(value * 10 + i64::from(c - b'0'));
            self.at += 1;
        }
        n.map(|n| n as usize)
    }

    /// `[3]` before a verb, width or precision.
    fn argument_index(&mut self) {
        if self.peek() != Some(b'[') {
            self.after_index = false;
            return;
        }
        self.reordered = true;
        let rest = &self.format[self.at..];
        // Go wants three bytes at least, so that a [] at the end is no index.
        let close = if rest.len() < 3 { None } else { memchr::memchr(b']', rest) };
        let index = close.and_then(|c| std::str::from_utf8(&rest[1..c]).ok()).and_then(|t| {
            let digits = !t.is_empty() && t.bytes().all(|c| c.is_ascii_digit());
            if digits { t.parse::<usize>().ok().filter(|n| *n <= MAX_NUMBER as usize) } else { None }
        });
        self.at += close.map_or(1, |c| c + 1);
        match index {
            Some(n) if n >= 1 && n <= self.args.len() => {
                self.arg = n - 1;
                self.after_index = true;
            }
            found => {
                self.good_index = false;
                self.after_index = close.is_some() && found.is_some();
            }
        }
    }
}
