//! TOML as BurntSushi/toml v1.6.0 writes it; reading is in [`read`]. Start reading at [`write()`].

pub mod read;

use super::gotime::Zone;
use super::gotime::object::{DurationObject, TimeObject};
use super::layout;
use super::{duration, gotime::Time};
use crate::gonum::format_float;
use crate::stack;
use crate::value::bounds;
use crate::value::{Encoded, HelmVersion, IntKind, List, Map, MapKind, Object, Str, Value};

/// An entry of a map, or a field of a struct with its place in it.
struct Entry {
    key: Str,
    value: Value,
    place: usize,
}

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
    let mut writer = Writer { out: Vec::new(), helm, left: MOST };
    writer.encode(&[], value).map_err(Failure::Error)?;
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

/// What the encoder sees in an object.
enum Seen {
    /// A time, a duration, a number or what its MarshalText says.
    Scalar,
    List(Value),
    Struct(Vec<Entry>),
}

fn seen(o: &dyn Object) -> Seen {
    if let Some(list) = o.as_list() {
        return Seen::List(Value::List(list.clone()));
    }
    let marshals = matches!(o.json(), Ok(Encoded::Value(Value::Str(_))) | Err(_));
    if marshals || o.number().is_some() {
        return Seen::Scalar;
    }
    let mut entries = Vec::new();
    add_fields(o, None, &mut entries);
    Seen::Struct(entries)
}

/// The exported fields, those of an embedded struct in its place.
fn add_fields(o: &dyn Object, outer: Option<usize>, entries: &mut Vec<Entry>) {
    for (i, field) in o.fields().into_iter().enumerate().filter(|(_, f)| f.exported) {
        let place = outer.unwrap_or(i);
        match &field.value {
            Value::Object(inner) if field.embedded => add_fields(&**inner, Some(place), entries),
            _ => entries.push(Entry { key: Str::from(field.name), value: field.value, place }),
        }
    }
}

/// The entries of a map.
fn of_map(map: &Map) -> Vec<Entry> {
    let entries = map.entries();
    let all = entries.iter().map(|(key, slot)| {
        // A file without content is a nil slice to Go, which is left out.
        let none = map.kind() == MapKind::Files && slot.value.is_nil();
        Entry { key: key.clone(), value: if none { Value::Nil } else { slot.value.clone() }, place: 0 }
    });
    all.collect()
}

/// What a value is to TOML, as far as the writer has to know.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Nil,
    Plain,
    Table,
    Tables,
}

/// `left` bounds the values looked at: lists are looked into again at every level.
fn shape(value: &Value, left: &mut usize) -> Result<Shape, String> {
    *left = left.saturating_sub(1);
    if *left == 0 || stack::is_low() {
        return Err("toml: nesting too deep".to_owned());
    }
    Ok(match value {
        Value::Nil => Shape::Nil,
        Value::Complex(..) => return Err("unsupported type: complex128".to_owned()),
        Value::Map(m) if m.is_nil() => Shape::Nil,
        Value::Map(_) => Shape::Table,
        Value::List(l) if l.nil => Shape::Nil,
        Value::Bytes(b) if b.is_nil() => Shape::Nil,
        Value::List(l) => list_shape(l, left)?,
        Value::Object(o) => match seen(&**o) {
            Seen::List(list) => shape(&list, left)?,
            Seen::Struct(_) => Shape::Table,
            Seen::Scalar => Shape::Plain,
        },
        _ => Shape::Plain,
    })
}

/// An array of tables is one that has nothing else.
fn list_shape(list: &List, left: &mut usize) -> Result<Shape, String> {
    let mut tables = !list.items.is_empty();
    for slot in &list.items {
        match shape(&slot.value, left)? {
            Shape::Nil => return Err("toml: cannot encode array with nil element".to_owned()),
            found => tables &= found == Shape::Table,
        }
    }
    Ok(if tables { Shape::Tables } else { Shape::Plain })
}

struct Writer {
    out: Vec<u8>,
    helm: HelmVersion,
    /// Values that may still be looked at for their shape.
    left: usize,
}

/// Tables nested deeper than this are refused: every header repeats the names of all tables around it.
const DEEPEST: usize = 2_000;
/// Values looked at in one document.
const MOST: usize = 100_000_000;

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
        match value {
            Value::Nil => Ok(()),
            Value::Complex(..) => {
                Err(format!("unsupported type for key '{}': complex128", String::from_utf8_lossy(&key_text(key))))
            }
            Value::List(l) if !l.nil && list_shape(l, &mut self.left)? == Shape::Tables => self.tables(key, l),
            Value::Map(m) => self.table(key, of_map(m)),
            Value::Object(o) => match seen(&**o) {
                Seen::List(list) => self.encode(key, &list),
                Seen::Struct(entries) => self.table(key, entries),
                Seen::Scalar => self.pair(key, value),
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
            let entries = match &slot.value {
                Value::Map(map) => of_map(map),
                Value::Object(o) => match seen(&**o) {
                    Seen::Struct(entries) => entries,
                    _ => continue,
                },
                _ => continue,
            };
            self.newline();
            self.header(key, b"[[", b"]]");
            self.entries(key, entries)?;
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

    fn table(&mut self, key: &[Str], entries: Vec<Entry>) -> Result<(), String> {
        if key.len() == 1 {
            self.newline();
        }
        if !key.is_empty() {
            self.header(key, b"[", b"]");
        }
        self.entries(key, entries)
    }

    /// The entries in the order of writing: plain ones, then tables.
    fn ordered(&mut self, entries: Vec<Entry>) -> Result<Vec<Entry>, String> {
        let (mut plain, mut tables) = (Vec::new(), Vec::new());
        for mut entry in entries {
            match shape(&entry.value, &mut self.left)? {
                Shape::Table | Shape::Tables => tables.push(entry),
                Shape::Nil => {
                    entry.value = Value::Nil;
                    plain.push(entry);
                }
                Shape::Plain => plain.push(entry),
            }
        }
        plain.append(&mut tables);
        Ok(plain)
    }

    fn entries(&mut self, key: &[Str], entries: Vec<Entry>) -> Result<(), String> {
        if key.len() > DEEPEST || self.out.len() > bounds::LONGEST {
            return Err("toml: the value is nested too deeply or too long".to_owned());
        }
        for entry in self.ordered(entries)?.iter().filter(|e| !e.value.is_nil()) {
            let mut key = key.to_vec();
            key.push(entry.key.clone());
            self.encode(&key, &entry.value)?;
        }
        Ok(())
    }

    fn inline(&mut self, entries: Vec<Entry>, is_struct: bool) -> Result<(), String> {
        let entries = self.ordered(entries)?;
        let last = entries.len().saturating_sub(1);
        self.out.push(b'{');
        for (i, entry) in entries.iter().enumerate().filter(|(_, e)| !e.value.is_nil()) {
            self.out.extend_from_slice(&key_part(&entry.key));
            self.out.extend_from_slice(b" = ");
            self.element(&entry.value)?;
            // As in the original: the comma before an entry that is nil stays, and a struct's fields count by their
            // place in it, private ones included.
            if (if is_struct { entry.place } else { i }) != last {
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
        if stack::is_low() || self.out.len() > bounds::LONGEST {
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
            Value::Map(m) => return self.inline(of_map(m), false),
            Value::Object(o) => return self.object(&**o),
            Value::Nil | Value::Complex(..) => {
                return Err(format!("unexpected type: {}", value.type_name(self.helm)));
            }
        }
        Ok(())
    }

    fn object(&mut self, object: &dyn Object) -> Result<(), String> {
        if let Some(time) = object.as_any().downcast_ref::<TimeObject>() {
            let text = time_text(&time.time);
            self.out.extend_from_slice(&text);
            return Ok(());
        }
        if let Some(d) = object.as_any().downcast_ref::<DurationObject>() {
            let text = quoted(duration::text(d.0).as_bytes());
            self.out.extend_from_slice(&text);
            return Ok(());
        }
        match seen(object) {
            Seen::List(list) => self.element(&list),
            Seen::Struct(entries) => self.inline(entries, true),
            Seen::Scalar => match object.json()? {
                Encoded::Value(value) => self.element(&value),
                other => self.element(&other.into_value()),
            },
        }
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
