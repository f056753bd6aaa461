//! Writing YAML: the emitter that toYaml (go-yaml v2.4.4 behind a JSON pass) and toYamlPretty (go-yaml v3.0.5) share.
//! Here the values are walked; `scalar` picks styles, `through_json` is toYaml's detour, `writer` keeps the column. The
//! emitter's state and decisions are libyaml's, see go-yaml's `emitterc.go`.

mod analysis;
mod scalar;
mod sort;
mod through_json;
mod writer;

use super::chars::break_at;
use super::resolve::{Resolved, resolve};
use crate::gonum::{format_float, json_float};
use crate::grammar::gojson;
use crate::span::Pos;
use crate::value::bounds::{self, Ancestors};
use crate::value::{Encoded, HelmVersion, Map, MapKind, Object, Str, Value};
use sort::natural_sort;
use through_json::{UNREADABLE, key_through_json, reader_error, through_json};

/// What sigs.k8s.io/yaml's Marshal prints, with the newline at the end.
///
/// # Errors
/// With Go's text for what JSON or the YAML reader behind it refuses: NaN, control characters, very long keys.
pub fn to_yaml(value: &Value) -> Result<Vec<u8>, String> {
    let mut emitter = Emitter::new(Dialect::V2);
    match emitter.node(value, Place::Root) {
        Ok(()) => Ok(emitter.finish()),
        Err(e) if e == UNREADABLE => Err(reader_error(value)),
        Err(e) => Err(format!("error marshaling into JSON: {e}")),
    }
}

/// toYamlPretty: what go-yaml v3 prints with SetIndent(2), with the newline at the end.
///
/// # Errors
/// For what can't be encoded.
pub fn to_yaml_pretty(value: &Value) -> Result<Vec<u8>, String> {
    let mut emitter = Emitter::new(Dialect::V3);
    emitter.node(value, Place::Root)?;
    Ok(emitter.finish())
}

/// Where the entries and items of a value stand in what [`to_yaml`] (or, if `pretty`, [`to_yaml_pretty`]) prints
/// of it, in order; nothing for what can't be printed.
pub fn yaml_marks(value: &Value, pretty: bool) -> Vec<Mark> {
    let mut emitter = Emitter::new(if pretty { Dialect::V3 } else { Dialect::V2 });
    emitter.marks = Some(Vec::new());
    match emitter.node(value, Place::Root) {
        Ok(()) => emitter.marks.unwrap_or_default(),
        Err(_) => Vec::new(),
    }
}

/// Whose rules apply.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialect {
    /// sigs.k8s.io/yaml: lists at their key's indentation, long lines folded, values through JSON.
    V2,
    /// go-yaml v3 with an indentation of 2: lists indented, nothing folded, Go's values as they are.
    V3,
}

impl Dialect {
    /// How a number is written.
    fn float(self, f: f64) -> Result<String, String> {
        if self == Dialect::V3 {
            return Ok(match format_float(f, 'g', None).as_str() {
                "+Inf" => ".inf".into(),
                "-Inf" => "-.inf".into(),
                "NaN" => ".nan".into(),
                text => text.into(),
            });
        }
        let json = json_float(f).ok_or_else(|| format!("json: unsupported value: {}", format_float(f, 'g', None)))?;
        Ok(match resolve(json.as_bytes()) {
            Resolved::Int(n) => n.to_string(),
            Resolved::Uint(n) => n.to_string(),
            _ => format_float(f, 'g', None),
        })
    }
}

/// Where a node stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    Item,
    Value,
    SimpleKey,
    ComplexKey,
}

struct Emitter {
    out: Vec<u8>,
    dialect: Dialect,
    column: usize,
    whitespace: bool,
    indention: bool,
    indent: i64,
    /// Where entries and items begin, if somebody asked.
    marks: Option<Vec<Mark>>,
    around: Ancestors,
}

/// Where in an emitted text an entry's key, its value, or an item begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Byte offset in the text.
    pub offset: usize,
    /// The slot's position.
    pub pos: Pos,
    /// What begins.
    pub what: Marked,
    /// Whether it is, or is the key of, a map or list with something in it, which has marks of its own.
    pub holds: bool,
}

/// What a [`Mark`] stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marked {
    /// The key of an entry.
    Key,
    /// The value of an entry, or an item.
    Value,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// What a text allows, as libyaml's analysis finds.
struct Analysis {
    multiline: bool,
    plain: bool,
    single: bool,
    block: bool,
}

const BEST_WIDTH: usize = 80;

impl Emitter {
    fn new(dialect: Dialect) -> Emitter {
        Emitter {
            out: Vec::new(),
            dialect,
            column: 0,
            whitespace: true,
            indention: true,
            indent: -1,
            marks: None,
            around: Ancestors::default(),
        }
    }

    fn finish(mut self) -> Vec<u8> {
        self.indent = -1;
        self.write_indent();
        self.out
    }

    fn node(&mut self, value: &Value, place: Place) -> Result<(), String> {
        match value {
            Value::Nil => self.as_is(b"null"),
            Value::Bool(b) => self.as_is(if *b { b"true" } else { b"false" }),
            Value::Int(n, kind) if kind.is_unsigned() => self.as_is((*n as u64).to_string().as_bytes()),
            Value::Int(n, _) => self.as_is(n.to_string().as_bytes()),
            Value::Float(f) => {
                let text = self.dialect.float(*f)?;
                self.as_is(text.as_bytes());
            }
            Value::Complex(..) if self.dialect == Dialect::V3 => return Err("cannot marshal type: complex128".into()),
            Value::Complex(..) => return Err("json: unsupported type: complex128".into()),
            Value::Str(s) => self.string(s, place)?,
            Value::Bytes(b) if b.is_nil() && self.dialect == Dialect::V2 => self.as_is(b"null"),
            Value::Bytes(b) => self.bytes(b, place)?,
            Value::List(l) if l.nil && self.dialect == Dialect::V2 => self.as_is(b"null"),
            Value::List(l) if l.items.is_empty() => self.empty(b"[", b"]"),
            Value::List(l) => {
                self.enter(value, l.address())?;
                self.sequence(l.items.iter().map(|s| (&s.value, s.pos)), place)?;
                self.around.leave(l.address());
            }
            Value::Map(m) if m.is_nil() && self.dialect == Dialect::V2 => self.as_is(b"null"),
            Value::Map(m) if m.is_empty() => self.empty(b"{", b"}"),
            Value::Map(m) => {
                self.enter(value, m.address())?;
                self.mapping(m)?;
                self.around.leave(m.address());
            }
            Value::Object(o) => return self.object(&**o, place),
        }
        Ok(())
    }

    /// Into a container. What is nested too deeply for YAML's reader is too deep for its indentation, too.
    fn enter(&mut self, container: &Value, address: usize) -> Result<(), String> {
        // Helm 3 has no function that shows the text.
        self.around.enter(address, self.out.len()).map_err(|r| gojson::refusal(r, container, HelmVersion::V4))?;
        if self.around.level() > bounds::DEEPEST { Err("the value is nested too deeply".into()) } else { Ok(()) }
    }

    fn object(&mut self, object: &dyn Object, place: Place) -> Result<(), String> {
        if self.dialect == Dialect::V2 {
            return self.node(&object.json()?.into_value(), place);
        }
        match object.yaml_pretty()? {
            Encoded::Value(value) => self.node(&value, place)?,
            Encoded::Plain(text) => self.as_is(text.as_bytes()),
            Encoded::Record(entries) if entries.is_empty() => self.empty(b"{", b"}"),
            Encoded::Record(entries) => {
                return self.entries(entries.into_iter().map(|(k, v)| (k.into(), (v, Pos::NONE))).collect());
            }
        }
        Ok(())
    }

    fn empty(&mut self, open: &[u8], close: &[u8]) {
        self.indicator(open, true, true, false);
        self.indicator(close, false, false, false);
    }

    fn increase_indent(&mut self, indentless: bool) -> i64 {
        let outer = self.indent;
        if self.indent < 0 {
            self.indent = 0;
        } else if !indentless {
            self.indent += 2;
        }
        outer
    }

    #[inline]
    fn mark(&mut self, pos: Pos, what: Marked, value: &Value) {
        if let Some(marks) = &mut self.marks {
            marks.push(Mark { offset: self.out.len(), pos, what, holds: value.has_slots() });
        }
    }

    fn sequence<'v>(&mut self, items: impl Iterator<Item = (&'v Value, Pos)>, place: Place) -> Result<(), String> {
        let in_mapping = matches!(place, Place::Value | Place::SimpleKey | Place::ComplexKey);
        let indentless = self.dialect == Dialect::V2 && in_mapping && !self.indention;
        let outer = self.increase_indent(indentless);
        for (item, pos) in items {
            self.write_indent();
            self.mark(pos, Marked::Value, item);
            self.indicator(b"-", true, false, true);
            self.node(item, Place::Item)?;
        }
        self.indent = outer;
        Ok(())
    }

    fn mapping(&mut self, map: &Map) -> Result<(), String> {
        let mut entries: Vec<(Str, (Value, Pos))> = Vec::with_capacity(map.len());
        for (k, s) in map.entries().iter() {
            let value = match &s.value {
                Value::Nil if map.kind() == MapKind::Files => Value::list(Vec::new()),
                v => v.clone(),
            };
            let key = if self.dialect == Dialect::V2 { key_through_json(k)? } else { k.clone() };
            entries.push((key, (value, s.pos)));
        }
        natural_sort(&mut entries, self.dialect);
        self.entries(entries)
    }

    fn entries(&mut self, entries: Vec<(Str, (Value, Pos))>) -> Result<(), String> {
        let outer = self.increase_indent(false);
        for (key, (value, pos)) in &entries {
            self.write_indent();
            self.mark(*pos, Marked::Key, value);
            if self.is_simple_key(key) {
                self.key_node(key, Place::SimpleKey);
                self.indicator(b":", false, false, false);
            } else {
                self.indicator(b"?", true, false, true);
                self.key_node(key, Place::ComplexKey);
                self.write_indent();
                self.indicator(b":", true, false, true);
            }
            self.mark(*pos, Marked::Value, value);
            self.node(value, Place::Value)?;
        }
        self.indent = outer;
        Ok(())
    }

    fn is_simple_key(&self, key: &[u8]) -> bool {
        key.len() <= 128 && !(0..key.len()).any(|i| break_at(key, i))
    }

    /// A scalar that stands as it is: numbers, booleans, null.
    fn as_is(&mut self, text: &[u8]) {
        if !self.whitespace {
            self.put(b' ');
        }
        self.out.extend_from_slice(text);
        self.column += text.len();
        self.whitespace = false;
        self.indention = false;
    }

    fn bytes(&mut self, b: &[u8], place: Place) -> Result<(), String> {
        if self.dialect == Dialect::V2 {
            let text = data_encoding::BASE64.encode(b);
            self.string_node(text.as_bytes(), place);
            return Ok(());
        }
        let items: Vec<Value> = b.iter().map(|b| Value::int(i64::from(*b))).collect();
        if items.is_empty() {
            self.empty(b"[", b"]");
            return Ok(());
        }
        self.sequence(items.iter().map(|v| (v, Pos::NONE)), place)
    }

    fn string(&mut self, s: &Str, place: Place) -> Result<(), String> {
        if self.dialect == Dialect::V2 {
            self.string_node(&through_json(s)?, place);
        } else {
            self.key_node(s, place);
        }
        Ok(())
    }

    /// A string that needs no detour through JSON: V2's keys have had theirs.
    fn key_node(&mut self, s: &[u8], place: Place) {
        if self.dialect == Dialect::V3 && std::str::from_utf8(s).is_err() {
            // go-yaml v3 tags what is not UTF-8 as binary, in lines of 70 characters.
            let text = data_encoding::BASE64.encode(s);
            self.indicator(b"!!binary", true, false, false);
            self.string_node(text.as_bytes(), place);
        } else {
            self.string_node(s, place);
        }
    }
}
