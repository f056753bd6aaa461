//! How a custom resource looks to its CEL rules: types declared by the schema and values read by it (k8s.io/apiserver
//! v0.37 `pkg/cel/common`). Lists that are sets or maps are compared in order here. Start reading at [`value_of`].

use std::borrow::Cow;
use std::rc::Rc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::schema::{Additional, CrdSchema};
use crate::cel::value::{Map, Table, Text};
use crate::cel::{Type, Value, is_reserved};
use crate::stack;
use crate::yaml::node::{Data, Entry, Node};

/// The name of a field in an expression; nothing if it can't be named.
fn escaped(name: &str) -> Option<Cow<'_, str>> {
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if is_reserved(name) {
        return Some(format!("__{name}__").into());
    }
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/')) {
        return None;
    }
    if !name.contains(['.', '-', '/']) && !name.contains("__") {
        return Some(name.into());
    }
    let text = name.replace("__", "__underscores__");
    Some(text.replace('.', "__dot__").replace('-', "__dash__").replace('/', "__slash__").into())
}

/// The type of values of a schema; `name` tells objects of different schemas apart.
pub(super) fn declared(schema: &CrdSchema, is_root: bool, name: &str) -> Type {
    if schema.int_or_string || stack::is_low() {
        return Type::Dyn;
    }
    match (&*schema.ty, schema.format.as_deref()) {
        ("object", _) => match &schema.additional {
            Some(Additional::Schema(inner)) => {
                Type::map(Type::String, declared(inner, inner.embedded, &format!("{name}.@values")))
            }
            _ => object(schema, is_root, name),
        },
        ("array", _) => match &schema.items {
            Some(inner) => Type::list(declared(inner, inner.embedded, &format!("{name}.@items"))),
            None => Type::Dyn,
        },
        ("string", Some("byte")) => Type::Bytes,
        ("string", Some("duration")) => Type::Duration,
        ("string", Some("date" | "date-time")) => Type::Timestamp,
        ("string", _) => Type::String,
        ("boolean", _) => Type::Bool,
        ("number", _) => Type::Double,
        ("integer", _) => Type::Int,
        _ => Type::Dyn,
    }
}

fn object(schema: &CrdSchema, is_root: bool, name: &str) -> Type {
    let mut fields: Vec<(Cow<'_, str>, Type)> = Vec::new();
    for (property, inner) in &schema.properties {
        let Some(field) = escaped(property) else { continue };
        // What has no schema of its own can't be named.
        if inner.ty.is_empty() && !inner.int_or_string {
            continue;
        }
        let ty = declared(inner, inner.embedded, &format!("{name}.{field}"));
        fields.push((field, ty));
    }
    if is_root {
        fields.retain(|f| !matches!(&*f.0, "apiVersion" | "kind" | "metadata"));
        let meta = [("name", Type::String), ("generateName", Type::String)];
        fields.push(("apiVersion".into(), Type::String));
        fields.push(("kind".into(), Type::String));
        fields.push(("metadata".into(), Type::object(&format!("{name}.metadata"), &meta)));
    }
    let fields: Vec<(&str, Type)> = fields.iter().map(|(name, ty)| (&**name, ty.clone())).collect();
    Type::object(name, &fields)
}

/// A value as its schema has it.
pub(super) fn value_of<'a>(node: &'a Node, schema: &CrdSchema, is_root: bool) -> Value<'a> {
    if stack::is_low() {
        return Value::Null;
    }
    match &node.data {
        Data::Map(entries) => Value::Map(Map::Values(Rc::new(table(entries, schema, is_root)))),
        Data::List(items) => match &schema.items {
            Some(inner) => Value::list(items.iter().map(|i| value_of(i, inner, inner.embedded)).collect()),
            None => Value::of(node),
        },
        Data::Int(i) if &*schema.ty == "number" => Value::Double(*i as f64),
        Data::Float(f) if &*schema.ty != "number" && f.fract() == 0.0 && f.abs() < 9e18 => Value::Int(*f as i64),
        Data::Str(text) if &*schema.ty == "string" => formatted(text, schema).unwrap_or_else(|| Value::of(node)),
        _ => Value::of(node),
    }
}

fn table<'a>(entries: &'a [Entry], schema: &CrdSchema, is_root: bool) -> Table<'a> {
    let mut table = Table::default();
    for entry in entries {
        let is_head = is_root && matches!(&*entry.key, "apiVersion" | "kind" | "metadata");
        let (key, value) = match (schema.property(&entry.key), schema.field(&entry.key)) {
            _ if is_head => (Some(Cow::Borrowed(&*entry.key)), Value::of(&entry.value)),
            (Some(inner), _) => (escaped(&entry.key), value_of(&entry.value, inner, inner.embedded)),
            (None, Some(inner)) => (Some(Cow::Borrowed(&*entry.key)), value_of(&entry.value, inner, inner.embedded)),
            (None, None) => continue,
        };
        let key = match key {
            Some(Cow::Borrowed(key)) => Value::Str(Text::Borrowed(key)),
            Some(Cow::Owned(key)) => Value::text(key),
            None => continue,
        };
        // A text is a key like any other, so that this can't fail.
        let _ = table.insert(key, value);
    }
    table
}

/// A text that has a format which CEL has a type for.
fn formatted<'a>(text: &str, schema: &CrdSchema) -> Option<Value<'a>> {
    Some(match schema.format.as_deref()? {
        "byte" => Value::Bytes(STANDARD.decode(text).ok()?.into()),
        "duration" => Value::Duration(super::formats::nanoseconds(text)?),
        "date" => Value::Timestamp(format!("{text}T00:00:00Z").parse().ok()?),
        "date-time" => Value::Timestamp(text.parse().ok()?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_as_the_server_escapes_them() {
        let cases = [
            ("spec", Some("spec")),
            ("namespace", Some("__namespace__")),
            ("a.b", Some("a__dot__b")),
            ("a-b", Some("a__dash__b")),
            ("a/b", Some("a__slash__b")),
            ("a__b", Some("a__underscores__b")),
            ("1a", None),
            ("a b", None),
            ("", None),
        ];
        for (name, expected) in cases {
            assert_eq!(escaped(name).as_deref(), expected, "{name}");
        }
    }
}
