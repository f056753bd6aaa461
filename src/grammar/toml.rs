//! TOML as BurntSushi/toml v1.6.0 writes it; reading is in [`read`]. Start reading at [`write`].

pub mod read;

use super::gonum::format_float;
use super::gotime::Zone;
use super::gotime::object::{DurationObject, TimeObject};
use super::layout;
use super::{duration, gotime::Time};
use crate::stack;
use crate::value::{HelmVersion, IntKind, List, Map, MapKind, Object, Str, Value};

/// Keys with their values.
type Entries = Vec<(Str, Value)>;

/// Names of the zones that mark a time as TOML's local date-time, local date and local time.
pub const LOCAL: [&str; 3] = ["datetime-local", "date-local", "time-local"];

/// `toml.Encoder.Encode`
///
/// # Errors
/// With the library's text, or Go's where it panics.
pub fn write(value: &Value, helm: HelmVersion) -> Result<Vec<u8>, Failure> {
    if value.is_nil() {
        return Err(Failure::Panic("reflect: call of reflect.Value.Type on zero Value".to_owned()));
    }
    let mut writer = Writer { out: Vec::new(), helm };
    writer.encode(&[], &seen(value)?).map_err(Failure::Error)?;
    Ok(writer.out)
}

/// Why a value can't be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// An error of the library, which `toToml` returns as its text.
    Error(String),
    /// A panic of the library, which no function survives.
    Panic(String),
}

/// Whether a key needs no quotes.
fn is_bare(key: &[u8]) -> bool {
    !key.is_empty() && key.iter().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-'))
}

/// A string in double quotes.
fn quoted(text: &[u8]) -> Vec<u8> {
    let mut out = vec![b'"'];
    for c in text {
        match c {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            8 => out.extend_from_slice(b"\\b"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            12 => out.extend_from_slice(b"\\f"),
            b'\r' => out.extend_from_slice(b"\\r"),
            ..=0x1f | 0x7f => out.extend_from_slice(format!("\\u{c:04x}").as_bytes()),
            c => out.push(*c),
        }
    }
    out.push(b'"');
    out
}

fn key_part(key: &[u8]) -> Vec<u8> {
    if is_bare(key) { key.to_vec() } else { quoted(key) }
}

/// A key as `Key.String` prints it.
pub(super) fn key_text(key: &[Str]) -> Vec<u8> {
    key.iter().map(|k| key_part(k)).collect::<Vec<_>>().join(&b'.')
}

/// What the encoder makes of a struct: times and durations stay, others become what their marshallers say.
fn seen(value: &Value) -> Result<Value, Failure> {
    let Value::Object(o) = value else {
        return Ok(value.clone());
    };
    if let Some(list) = o.as_list() {
        return Ok(Value::List(list.clone()));
    }
    if o.as_any().is::<TimeObject>() || o.as_any().is::<DurationObject>() {
        return Ok(value.clone());
    }
    o.json().map_err(Failure::Error)
}

/// What a value is to TOML, as far as the writer has to know.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Nil,
    Plain,
    Table,
    Tables,
}

fn shape(value: &Value, helm: HelmVersion) -> Result<Shape, String> {
    if stack::is_low() {
        return Err("toml: nesting too deep".to_owned());
    }
    Ok(match value {
        Value::Nil => Shape::Nil,
        Value::Complex(..) => return Err("unsupported type: complex128".to_owned()),
        Value::Map(_) => Shape::Table,
        Value::List(l) if l.nil => Shape::Nil,
        Value::List(l) => list_shape(l, helm)?,
        Value::Object(o) => match seen(value) {
            Ok(v @ (Value::Map(_) | Value::List(_))) => shape(&v, helm)?,
            _ if o.kind() == "invalid" => Shape::Nil,
            _ => Shape::Plain,
        },
        _ => Shape::Plain,
    })
}

/// An array of tables is one that has nothing else.
fn list_shape(list: &List, helm: HelmVersion) -> Result<Shape, String> {
    let mut tables = !list.items.is_empty();
    for slot in &list.items {
        match shape(&slot.value, helm)? {
            Shape::Nil => return Err("toml: cannot encode array with nil element".to_owned()),
            found => tables &= found == Shape::Table,
        }
    }
    Ok(if tables { Shape::Tables } else { Shape::Plain })
}

struct Writer {
    out: Vec<u8>,
    helm: HelmVersion,
}

impl Writer {
    fn newline(&mut self) {
        if !self.out.is_empty() {
            self.out.push(b'\n');
        }
    }

    fn indent(&mut self, key: &[Str]) {
        self.out.resize(self.out.len() + 2 * key.len().saturating_sub(1), b' ');
    }

    fn encode(&mut self, key: &[Str], value: &Value) -> Result<(), String> {
        match (shape(value, self.helm)?, value) {
            (Shape::Nil, _) => Ok(()),
            (Shape::Tables, Value::List(l)) => self.tables(key, l),
            (_, Value::Map(m)) => self.table(key, m),
            (_, Value::Object(_)) => match seen(value) {
                Ok(v @ (Value::Map(_) | Value::List(_))) => self.encode(key, &v),
                _ => self.pair(key, value),
            },
            _ => self.pair(key, value),
        }
    }

    /// `key = value`, or the value alone for a document that is no table.
    fn pair(&mut self, key: &[Str], value: &Value) -> Result<(), String> {
        let Some(last) = key.last() else {
            return self.element(value);
        };
        self.indent(key);
        self.out.extend_from_slice(&key_part(last));
        self.out.extend_from_slice(b" = ");
        self.element(value)?;
        self.newline();
        Ok(())
    }

    fn tables(&mut self, key: &[Str], list: &List) -> Result<(), String> {
        if key.is_empty() {
            return Err("toml: top-level values must be Go maps or structs".to_owned());
        }
        for slot in &list.items {
            let item = seen(&slot.value).unwrap_or_default();
            let Value::Map(map) = &item else { continue };
            self.newline();
            self.header(key, b"[[", b"]]");
            self.entries(key, map)?;
        }
        Ok(())
    }

    fn header(&mut self, key: &[Str], open: &[u8], close: &[u8]) {
        self.indent(key);
        self.out.extend_from_slice(open);
        self.out.extend_from_slice(&key_text(key));
        self.out.extend_from_slice(close);
        self.out.push(b'\n');
    }

    fn table(&mut self, key: &[Str], map: &Map) -> Result<(), String> {
        if key.len() == 1 {
            self.newline();
        }
        if !key.is_empty() {
            self.header(key, b"[", b"]");
        }
        self.entries(key, map)
    }

    /// The entries in the order of writing: plain ones, then tables.
    fn sorted(&self, map: &Map) -> Result<(Entries, Entries), String> {
        let (mut plain, mut tables) = (Vec::new(), Vec::new());
        for (k, slot) in map.entries().iter() {
            // A file without content is a nil slice to Go, which is left out.
            let value =
                if map.kind() == MapKind::Files && slot.value.is_nil() { Value::Nil } else { slot.value.clone() };
            match shape(&value, self.helm)? {
                Shape::Table | Shape::Tables => tables.push((k.clone(), value)),
                Shape::Nil => plain.push((k.clone(), Value::Nil)),
                Shape::Plain => plain.push((k.clone(), value)),
            }
        }
        Ok((plain, tables))
    }

    fn entries(&mut self, key: &[Str], map: &Map) -> Result<(), String> {
        let (plain, tables) = self.sorted(map)?;
        for (k, value) in plain.iter().chain(&tables) {
            if !value.is_nil() {
                let mut key = key.to_vec();
                key.push(k.clone());
                self.encode(&key, value)?;
            }
        }
        Ok(())
    }

    fn inline(&mut self, map: &Map) -> Result<(), String> {
        let (plain, tables) = self.sorted(map)?;
        let count = plain.len() + tables.len();
        self.out.push(b'{');
        for (i, (k, value)) in plain.iter().chain(&tables).enumerate() {
            if value.is_nil() {
                continue;
            }
            self.out.extend_from_slice(&key_part(k));
            self.out.extend_from_slice(b" = ");
            self.element(value)?;
            // The comma before an entry that is nil stays, as in the original.
            if i + 1 < count {
                self.out.extend_from_slice(b", ");
            }
        }
        self.out.push(b'}');
        Ok(())
    }

    fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn element(&mut self, value: &Value) -> Result<(), String> {
        if stack::is_low() {
            return Err("toml: nesting too deep".to_owned());
        }
        match value {
            Value::Bool(b) => self.text(if *b { "true" } else { "false" }),
            Value::Int(n, IntKind::Uint64) => self.text(&(*n as u64).to_string()),
            Value::Int(n, _) => self.text(&n.to_string()),
            Value::Float(f) => self.text(&float(*f)),
            Value::Str(s) => {
                let text = quoted(s);
                self.out.extend_from_slice(&text);
            }
            Value::Bytes(b) => {
                let numbers: Vec<String> = b.iter().map(u8::to_string).collect();
                self.text(&format!("[{}]", numbers.join(", ")));
            }
            Value::List(l) => {
                self.out.push(b'[');
                for (i, slot) in l.items.iter().enumerate() {
                    if i > 0 {
                        self.out.extend_from_slice(b", ");
                    }
                    self.element(&slot.value)?;
                }
                self.out.push(b']');
            }
            Value::Map(m) => return self.inline(m),
            Value::Object(o) => return self.object(&**o, value),
            Value::Nil | Value::Complex(..) => {
                return Err(format!("unexpected type: {}", value.type_name(self.helm)));
            }
        }
        Ok(())
    }

    fn object(&mut self, object: &dyn Object, value: &Value) -> Result<(), String> {
        if let Some(time) = object.as_any().downcast_ref::<TimeObject>() {
            let text = time_text(&time.time);
            self.out.extend_from_slice(&text);
        } else if let Some(d) = object.as_any().downcast_ref::<DurationObject>() {
            let text = quoted(duration::text(d.0).as_bytes());
            self.out.extend_from_slice(&text);
        } else {
            match seen(value) {
                Ok(v) => return self.element(&v),
                Err(Failure::Error(e) | Failure::Panic(e)) => return Err(e),
            }
        }
        Ok(())
    }
}

fn time_text(time: &Time) -> Vec<u8> {
    const LAYOUTS: [&[u8]; 3] = [b"2006-01-02T15:04:05.999999999", b"2006-01-02", b"15:04:05.999999999"];
    if let Zone::Fixed(name, _) = &time.zone
        && let Some(i) = LOCAL.iter().position(|l| l == name)
    {
        return layout::format(&time.within(Zone::Utc), LAYOUTS[i]);
    }
    layout::format(time, b"2006-01-02T15:04:05.999999999Z07:00")
}

/// A float with a point or an exponent.
fn float(f: f64) -> String {
    if f.is_nan() || f.is_infinite() {
        let sign = if f.is_sign_negative() { "-" } else { "" };
        return format!("{sign}{}", if f.is_nan() { "nan" } else { "inf" });
    }
    let text = format_float(f, 'g', None);
    if text.contains(['e', '.']) { text } else { text + ".0" }
}
