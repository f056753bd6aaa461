//! Lists, maps and structs.

use super::{ADDRESS, Printer};
use crate::value::{IntKind, List, Map, MapKind, Object, Value};

impl Printer<'_> {
    pub(super) fn list(&mut self, list: &List, value: &Value, verb: char) {
        let (open, between, close) = if self.flags.sharp_v { ("{", ", ", "}") } else { ("[", " ", "]") };
        if self.flags.sharp_v {
            let name = value.type_name(self.helm);
            self.text(&name);
            if list.nil {
                return self.text("(nil)");
            }
        }
        self.text(open);
        for (i, slot) in list.items.iter().enumerate() {
            if i > 0 {
                self.text(between);
            }
            self.inner(&slot.value, verb);
        }
        self.text(close);
    }

    /// An item, which Go sees as an interface.
    pub(super) fn inner(&mut self, value: &Value, verb: char) {
        match value {
            Value::Nil if self.flags.sharp_v => self.text("interface {}(nil)"),
            Value::Nil => self.text("<nil>"),
            v => self.value(v, verb),
        }
    }

    pub(super) fn map(&mut self, map: &Map, verb: char) {
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
    pub(super) fn object(&mut self, object: &dyn Object, value: &Value, verb: char) {
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
    pub(super) fn method(&mut self, object: &dyn Object, verb: char) -> bool {
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

    pub(super) fn fields(&mut self, object: &dyn Object, verb: char) {
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
    pub(super) fn inner_pointer(&mut self, object: &dyn Object, value: &Value, verb: char) {
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
}
