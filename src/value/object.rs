//! Structs, pointers to structs and named types with methods, as templates, fmt and the encoders see them.

use std::any::Any;
use std::rc::Rc;

use super::{IntKind, List, Map, Slot, Value};

/// A field of a struct as reflection sees it.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its Go name.
    pub name: &'static str,
    /// What it holds.
    pub value: Value,
    /// Whether code outside its package may look at it; fmt may print it in any case, but calls none of its methods.
    pub exported: bool,
    /// Whether the field is an embedded struct, whose fields are also those of the outer one.
    pub embedded: bool,
}

impl Field {
    /// An exported field.
    pub fn new(name: &'static str, value: Value) -> Field {
        Field { name, value, exported: true, embedded: false }
    }

    /// A field that only its package may use.
    pub fn private(name: &'static str, value: Value) -> Field {
        Field { exported: false, ..Field::new(name, value) }
    }

    /// An embedded struct.
    pub fn embedded(name: &'static str, value: Value) -> Field {
        Field { embedded: true, ..Field::new(name, value) }
    }
}

/// What an encoder makes of an object.
#[derive(Clone, Debug)]
pub enum Encoded {
    /// The same as of this value.
    Value(Value),
    /// Keys with values in the order of the struct's fields.
    Record(Vec<(String, Value)>),
    /// A text that stands as it is, for instance a time in YAML.
    Plain(String),
}

impl Encoded {
    /// The value that a reader of the encoding would get: records are maps, whose keys are sorted.
    pub fn into_value(self) -> Value {
        match self {
            Encoded::Value(value) => value,
            Encoded::Record(entries) => {
                let map: Map = entries.into_iter().map(|(k, v)| (k.into(), Slot::from(v))).collect();
                Value::Map(map)
            }
            Encoded::Plain(text) => Value::string(text),
        }
    }
}

/// What a struct, or a named type with methods, can do in a template.
pub trait Object: std::fmt::Debug {
    /// Go's name of the type (`%T`), for instance `time.Time` or `*semver.Version`.
    fn type_name(&self) -> String;

    /// Go's kind: `struct`, `ptr`, `int64`, `slice`...
    fn kind(&self) -> &'static str {
        "struct"
    }

    /// The fields of the struct, or of the one that is pointed to, in Go's order.
    fn fields(&self) -> Vec<Field> {
        Vec::new()
    }

    /// A field by its Go name, be it that of an embedded struct.
    fn field(&self, name: &str) -> Option<Slot> {
        let fields = self.fields();
        if let Some(found) = fields.iter().find(|f| f.name == name && f.exported) {
            return Some(found.value.clone().into());
        }
        fields.iter().filter(|f| f.embedded).find_map(|f| match &f.value {
            Value::Object(inner) => inner.field(name),
            _ => None,
        })
    }

    /// Whether the type has this method.
    fn has_method(&self, _name: &str) -> bool {
        false
    }

    /// The items, where the kind is a slice with methods (`.Capabilities.APIVersions`).
    fn as_list(&self) -> Option<&Rc<List>> {
        None
    }

    /// The number, where the kind is an integer.
    fn number(&self) -> Option<i64> {
        None
    }

    /// Another number of the same type.
    fn with_number(&self, n: i64) -> Value {
        Value::Int(n, IntKind::Int64)
    }

    /// Whether this is a nil pointer.
    fn is_nil(&self) -> bool {
        false
    }

    /// Parameter types of a method where they are worth checking: one letter each, `s` string, `i` int, `a` any,
    /// `t` time.Time, `d` time.Duration, `v` *semver.Version; nothing leaves the check to [`Object::call`].
    fn method_params(&self, _name: &str) -> Option<&'static str> {
        Some("")
    }

    /// Calls a method that [`Object::has_method`] announced. The error is Go's text.
    fn call(&self, name: &str, _args: &[Value]) -> Result<Value, String> {
        Err(format!("no method {name}"))
    }

    /// What the method String says, where the type has one that an interface finds.
    fn text(&self) -> Option<Vec<u8>> {
        None
    }

    /// As [`Object::text`], where the evaluator holds the variable itself and so finds the pointer's methods too.
    fn text_in_place(&self) -> Option<Vec<u8>> {
        self.text()
    }

    /// What the method GoString says, which `%#v` prints.
    fn go_string(&self) -> Option<Vec<u8>> {
        None
    }

    /// The value as an interface holds it, where that differs: a copy, whose pointer's methods are out of reach.
    fn in_interface(&self) -> Option<Value> {
        None
    }

    /// Sprig's deepCopy, where it differs from the value: private fields are not copied.
    fn deep_copy(&self) -> Option<Value> {
        None
    }

    /// What encoding/json sees.
    fn json(&self) -> Result<Encoded, String>;

    /// What go-yaml v3 sees (toYamlPretty): fields by their lower-case names.
    fn yaml_pretty(&self) -> Result<Encoded, String> {
        if let Some(n) = self.number() {
            return Ok(Encoded::Value(Value::int64(n)));
        }
        if let Some(list) = self.as_list() {
            return Ok(Encoded::Value(Value::List(list.clone())));
        }
        let exported = self.fields().into_iter().filter(|f| f.exported);
        Ok(Encoded::Record(exported.map(|f| (f.name.to_lowercase(), f.value)).collect()))
    }

    /// Go's deep equality with another object.
    fn equals(&self, other: &dyn Object) -> bool;

    /// Whether Go's `==` is defined for the type.
    fn is_comparable(&self) -> bool {
        match self.kind() {
            "struct" => self.fields().iter().all(|f| match &f.value {
                Value::List(_) | Value::Map(_) | Value::Bytes(_) => false,
                Value::Object(o) => o.is_comparable(),
                _ => true,
            }),
            kind => !matches!(kind, "slice" | "map"),
        }
    }

    /// The truth of the value in `if`: structs are true.
    fn truth(&self) -> bool {
        self.number().is_none_or(|n| n != 0) && self.as_list().is_none_or(|l| !l.items.is_empty()) && !self.is_nil()
    }

    /// Sprig's `empty`: whether this is the zero value of its type where Sprig looks.
    fn is_empty(&self) -> bool {
        !self.truth()
    }

    /// The concrete type, for functions that take only theirs (dates, certificates).
    fn as_any(&self) -> &dyn Any;
}

/// A nil pointer of the type of this name.
#[derive(Debug)]
pub struct NilPointer(pub &'static str);

impl Object for NilPointer {
    fn type_name(&self) -> String {
        self.0.into()
    }

    fn kind(&self) -> &'static str {
        "ptr"
    }

    fn is_nil(&self) -> bool {
        true
    }

    fn json(&self) -> Result<Encoded, String> {
        Ok(Encoded::Value(Value::Nil))
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<NilPointer>().is_some_and(|o| o.0 == self.0)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
