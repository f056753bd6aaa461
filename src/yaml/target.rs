//! Reading into Go's structs: sigs.k8s.io/yaml turns numbers and booleans into strings where the field is one, then
//! encoding/json checks the types, with its own error texts.

use super::decode::{Decoder, finite, float32_text, json_name};
use super::tree::Tree;
use super::{YamlError, utf8};
use crate::span::Pos;
use crate::value::{Entries, IntKind, List, Map, MapKind, Room, Slot, Str, Value};

/// A Go type to read into.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// `interface {}`
    Any,
    /// `string`
    Str,
    /// `bool`
    Bool,
    /// `[]T`, with Go's name of the slice type.
    List(&'static Target, &'static str),
    /// `map[string]T`, with Go's name of the map type.
    Map(&'static Target, &'static str),
    /// A struct or a pointer to one.
    Struct(&'static Struct),
}

/// A Go struct.
#[derive(Debug)]
pub struct Struct {
    /// Its bare name, which errors name fields by; empty for anonymous ones.
    pub name: &'static str,
    /// Its full name, for errors about the whole.
    pub go_type: &'static str,
    /// Its fields.
    pub fields: &'static [Field],
}

/// A field: its JSON key and its type.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The JSON key.
    pub key: &'static str,
    /// The type.
    pub target: Target,
}

impl Target {
    fn go_type(&self) -> &'static str {
        match self {
            Target::Any => "interface {}",
            Target::Str => "string",
            Target::Bool => "bool",
            Target::List(_, t) | Target::Map(_, t) => t,
            Target::Struct(s) => s.go_type,
        }
    }
}

/// Reads the first document of `src` into a type. The value has the canonical keys of the structs; absent fields are
/// absent, nulls too.
///
/// # Errors
/// With Go's text.
pub fn decode_as(src: &[u8], base: Pos, target: &Target) -> Result<Value, YamlError> {
    let text = utf8(src)?;
    let tree = Tree::parse(&text)?;
    if tree.nodes.is_empty() {
        return Ok(Value::Nil);
    }
    let raw = Decoder::new(&tree, base, false).document()?;
    convert(raw, target)
}

/// A value read without a type, into one.
pub(super) fn convert(raw: Value, target: &Target) -> Result<Value, YamlError> {
    let coerced = finite(coerce(raw, Some(target)), Pos::NONE)?;
    let mut reader = Reader { first_error: None, path: Vec::new(), context: None };
    let value = reader.read(&coerced, target);
    match reader.first_error {
        Some(e) => Err(YamlError::json(e)),
        None => Ok(value),
    }
}

fn field<'s>(s: &'s Struct, key: &[u8]) -> Option<&'s Field> {
    s.fields
        .iter()
        .find(|f| f.key.as_bytes() == key)
        .or_else(|| s.fields.iter().find(|f| f.key.as_bytes().eq_ignore_ascii_case(key)))
}

/// Numbers and booleans become strings where the target is a string; other numbers become float64.
fn coerce(value: Value, target: Option<&Target>) -> Value {
    match value {
        Value::Int(i, kind) => match target {
            Some(Target::Str) if kind == IntKind::Uint64 => Value::string((i as u64).to_string()),
            Some(Target::Str) => Value::string(i.to_string()),
            _ if kind == IntKind::Uint64 => Value::Float(i as u64 as f64),
            _ => Value::Float(i as f64),
        },
        Value::Float(f) if matches!(target, Some(Target::Str)) => Value::string(float32_text(f)),
        Value::Bool(b) if matches!(target, Some(Target::Str)) => Value::string(if b { "true" } else { "false" }),
        Value::List(list) => {
            let item = match target {
                Some(Target::List(t, _)) => Some(*t),
                _ => None,
            };
            let items = list.items.iter().map(|s| Slot { value: coerce(s.value.clone(), item), pos: s.pos }).collect();
            Value::list(items)
        }
        Value::Map(map) => {
            let entries: Entries = map
                .entries()
                .iter()
                .map(|(k, s)| {
                    let inner = match target {
                        Some(Target::Map(t, _)) => Some(*t),
                        Some(Target::Struct(st)) => field(st, k).map(|f| &f.target),
                        _ => None,
                    };
                    (k.clone(), Slot { value: coerce(s.value.clone(), inner), pos: s.pos })
                })
                .collect();
            Value::Map(Map::from_entries(MapKind::Any, entries))
        }
        other => other,
    }
}

/// encoding/json's decoder: goes on after a wrong type, and reports the first.
struct Reader {
    first_error: Option<String>,
    path: Vec<&'static str>,
    context: Option<&'static str>,
}

impl Reader {
    fn wrong(&mut self, value: &Value, target: &Target) {
        if self.first_error.is_some() {
            return;
        }
        let what = json_name(value);
        let into = match self.context {
            Some(name) => format!("struct field {name}.{}", self.path.join(".")),
            None => "value".to_owned(),
        };
        self.first_error = Some(format!("cannot unmarshal {what} into Go {into} of type {}", target.go_type()));
    }

    fn read(&mut self, value: &Value, target: &Target) -> Value {
        match (target, value) {
            (_, Value::Nil) | (Target::Any, _) | (Target::Str, Value::Str(_)) | (Target::Bool, Value::Bool(_)) => {
                value.clone()
            }
            (Target::List(item, _), Value::List(list)) => {
                let items: Vec<Slot> =
                    list.items.iter().map(|s| Slot { value: self.read(&s.value, item), pos: s.pos }).collect();
                Value::List(std::rc::Rc::new(List { kind: list.kind, nil: false, items, room: Room::Exact }))
            }
            (Target::Map(item, _), Value::Map(map)) => {
                let entries: Entries = map
                    .entries()
                    .iter()
                    .map(|(k, s)| (k.clone(), Slot { value: self.read(&s.value, item), pos: s.pos }))
                    .collect();
                Value::Map(Map::from_entries(MapKind::Any, entries))
            }
            (Target::Struct(st), Value::Map(map)) => self.read_struct(map, st),
            _ => {
                self.wrong(value, target);
                Value::Nil
            }
        }
    }

    fn read_struct(&mut self, map: &Map, st: &'static Struct) -> Value {
        let mut entries = Entries::new();
        let outer = self.context.replace(st.name);
        for (key, slot) in map.entries().iter() {
            let Some(f) = field(st, key) else { continue };
            self.path.push(f.key);
            let value = self.read(&slot.value, &f.target);
            self.path.pop();
            if !value.is_nil() {
                entries.insert(Str::from(f.key), Slot { value, pos: slot.pos });
            }
        }
        self.context = outer;
        Value::Map(Map::from_entries(MapKind::Any, entries))
    }
}
