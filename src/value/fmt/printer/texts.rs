//! Strings and bytes.

use super::super::quote::{self, Printable};
use super::Printer;
use crate::value::{IntKind, List, ListKind, Room, Value};

impl Printer<'_> {
    pub(super) fn cut<'b>(&self, s: &'b [u8]) -> &'b [u8] {
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

    pub(super) fn string(&mut self, s: &[u8], value: &Value, verb: char) {
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

    pub(super) fn quoted(&mut self, s: &[u8]) {
        let s = self.cut(s);
        if self.flags.sharp && quote::can_backquote(s) {
            let text = [b"`", s, b"`"].concat();
            return self.pad(&text);
        }
        let printable = if self.flags.plus { Printable::Ascii } else { Printable::Unicode };
        self.pad(quote::quote_with(s, printable).as_bytes());
    }

    pub(super) fn hex(&mut self, s: &[u8], verb: char) {
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

    pub(super) fn bytes(&mut self, b: &[u8], value: &Value, verb: char) {
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
}
