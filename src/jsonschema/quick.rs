//! The common case, judged without compiling anything: a schema of plain keywords and values that fit it. Whatever is
//! not certain (a keyword not listed here, a value that does not fit) is left to the full validator.

use crate::value::{Map, Value};

/// Keywords that judge, refer or are restricted by the metaschema, and are not handled here: a schema with one of them
/// is the full validator's.
const FULL: &[&[u8]] = &[
    b"$anchor",
    b"$defs",
    b"$dynamicAnchor",
    b"$dynamicRef",
    b"$id",
    b"$recursiveAnchor",
    b"$recursiveRef",
    b"$ref",
    b"$vocabulary",
    b"additionalItems",
    b"const",
    b"contains",
    b"contentEncoding",
    b"contentMediaType",
    b"contentSchema",
    b"definitions",
    b"dependencies",
    b"dependentRequired",
    b"dependentSchemas",
    b"else",
    b"exclusiveMaximum",
    b"exclusiveMinimum",
    b"format",
    b"id",
    b"if",
    b"maxContains",
    b"maxLength",
    b"maxProperties",
    b"minContains",
    b"minLength",
    b"minProperties",
    b"multipleOf",
    b"not",
    b"oneOf",
    b"pattern",
    b"patternProperties",
    b"prefixItems",
    b"propertyNames",
    b"then",
    b"unevaluatedItems",
    b"unevaluatedProperties",
];

/// The drafts whose rules for the keywords handled here are the same.
const DRAFTS: &[&[u8]] = &[
    b"http://json-schema.org/schema",
    b"http://json-schema.org/draft-04/schema",
    b"http://json-schema.org/draft-06/schema",
    b"http://json-schema.org/draft-07/schema",
    b"https://json-schema.org/draft-07/schema",
    b"https://json-schema.org/draft/2019-09/schema",
    b"https://json-schema.org/draft/2020-12/schema",
];

/// Whether the values certainly fit the schema, and the schema certainly is one.
pub fn fits(schema: &Value, values: &Value) -> bool {
    let Some(root) = schema.as_map() else { return false };
    let known = match root.get(b"$schema") {
        None => true,
        Some(Value::Str(named)) => {
            let named = named.strip_suffix(b"#").unwrap_or(&named);
            DRAFTS.contains(&named)
        }
        Some(_) => false,
    };
    known && is_plain(root, true) && holds(root, values)
}

fn is_plain(schema: &Map, root: bool) -> bool {
    schema.entries().iter().all(|(key, slot)| keyword_is_plain(key, &slot.value, root))
}

fn plain_schema(value: &Value) -> bool {
    value.as_map().is_some_and(|m| is_plain(m, false))
}

/// Whether a keyword means the same in every draft and has a value that its metaschema allows.
fn keyword_is_plain(key: &[u8], value: &Value, root: bool) -> bool {
    match key {
        b"$schema" => root,
        b"title" | b"description" | b"$comment" => matches!(value, Value::Str(_)),
        b"readOnly" | b"writeOnly" | b"deprecated" => matches!(value, Value::Bool(_)),
        b"uniqueItems" => matches!(value, Value::Bool(false)),
        b"examples" => matches!(value, Value::List(_)),
        b"properties" => value.as_map().is_some_and(|m| m.entries().values().all(|s| plain_schema(&s.value))),
        b"additionalProperties" => matches!(value, Value::Bool(_)) || plain_schema(value),
        b"items" => plain_schema(value),
        b"anyOf" | b"allOf" => non_empty(value).is_some_and(|l| l.iter().all(plain_schema)),
        b"minimum" | b"maximum" => matches!(value, Value::Float(_)),
        b"minItems" | b"maxItems" => matches!(value, Value::Float(f) if *f >= 0.0 && f.fract() == 0.0),
        b"enum" => non_empty(value).is_some_and(|l| distinct(&l)),
        b"required" => non_empty(value).is_some_and(|l| l.iter().all(|v| v.as_str().is_some()) && distinct(&l)),
        b"type" => match value {
            Value::Str(s) => is_type(s),
            list => non_empty(list)
                .is_some_and(|l| l.iter().all(|v| v.as_str().is_some_and(|s| is_type(s))) && distinct(&l)),
        },
        key => !FULL.contains(&key),
    }
}

fn is_type(name: &[u8]) -> bool {
    matches!(name, b"array" | b"boolean" | b"integer" | b"null" | b"number" | b"object" | b"string")
}

fn non_empty(value: &Value) -> Option<Vec<Value>> {
    let items: Vec<Value> = value.as_list()?.items.iter().map(|s| s.value.clone()).collect();
    (!items.is_empty()).then_some(items)
}

fn distinct(items: &[Value]) -> bool {
    let scalar = |v: &Value| !matches!(v, Value::Map(_) | Value::List(_));
    items.len() < 100 && items.iter().enumerate().all(|(i, v)| scalar(v) && !items[..i].iter().any(|o| same(o, v)))
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Float(f) => Some(*f),
        Value::Int(n, _) => Some(*n as f64),
        _ => None,
    }
}

/// Equality of two scalars.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Nil, Value::Nil) => true,
        _ => matches!((number(a), number(b)), (Some(a), Some(b)) if a == b),
    }
}

/// Whether the value certainly fits; the schema is plain.
fn holds(schema: &Map, value: &Value) -> bool {
    schema.entries().iter().all(|(key, slot)| keyword_holds(schema, key, &slot.value, value))
}

fn keyword_holds(schema: &Map, key: &[u8], rule: &Value, value: &Value) -> bool {
    match key {
        b"type" => match rule {
            Value::Str(name) => has_type(value, name),
            list => list
                .as_list()
                .is_some_and(|l| l.items.iter().any(|s| s.value.as_str().is_some_and(|name| has_type(value, name)))),
        },
        b"properties" => match (rule.as_map(), value.as_map()) {
            (Some(rules), Some(map)) => map
                .entries()
                .iter()
                .all(|(k, s)| rules.get(k).is_none_or(|rule| rule.as_map().is_some_and(|rule| holds(rule, &s.value)))),
            _ => true,
        },
        b"additionalProperties" => match (rule, value.as_map()) {
            (Value::Bool(true), _) | (_, None) => true,
            (rule, Some(map)) => {
                let named = schema.get(b"properties");
                let is_named = |k: &[u8]| named.as_ref().and_then(Value::as_map).is_some_and(|n| n.contains(k));
                map.entries()
                    .iter()
                    .all(|(k, s)| is_named(k) || rule.as_map().is_some_and(|rule| holds(rule, &s.value)))
            }
        },
        b"items" => match (rule.as_map(), value.as_list()) {
            (Some(rule), Some(list)) => list.items.iter().all(|s| holds(rule, &s.value)),
            _ => true,
        },
        b"anyOf" => listed(rule, |r| r.iter().any(|r| r.as_map().is_some_and(|r| holds(r, value)))),
        b"allOf" => listed(rule, |r| r.iter().all(|r| r.as_map().is_some_and(|r| holds(r, value)))),
        b"enum" => listed(rule, |r| r.iter().any(|r| same(r, value))),
        b"required" => match value.as_map() {
            Some(map) => listed(rule, |r| r.iter().all(|r| r.as_str().is_some_and(|k| map.contains(k)))),
            None => true,
        },
        b"minimum" => {
            matches!((number(rule), number(value)), (Some(least), Some(n)) if n >= least) || number(value).is_none()
        }
        b"maximum" => {
            matches!((number(rule), number(value)), (Some(most), Some(n)) if n <= most) || number(value).is_none()
        }
        b"minItems" => value.as_list().is_none_or(|l| number(rule).is_some_and(|n| l.items.len() as f64 >= n)),
        b"maxItems" => value.as_list().is_none_or(|l| number(rule).is_some_and(|n| l.items.len() as f64 <= n)),
        _ => true,
    }
}

fn listed(rule: &Value, holds: impl Fn(&[Value]) -> bool) -> bool {
    non_empty(rule).is_some_and(|items| holds(&items))
}

fn has_type(value: &Value, name: &[u8]) -> bool {
    match (name, value) {
        (b"object", Value::Map(_)) | (b"array", Value::List(_)) | (b"string", Value::Str(_)) => true,
        (b"boolean", Value::Bool(_)) | (b"null", Value::Nil) | (b"number", Value::Float(_) | Value::Int(..)) => true,
        (b"integer", Value::Int(..)) => true,
        (b"integer", Value::Float(f)) => f.fract() == 0.0 && f.abs() < 9e15,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Json, compile, to_json};
    use super::*;
    use crate::grammar::gojson;
    use crate::span::Pos;

    /// What is certain here, the full validator must say too.
    #[test]
    fn nothing_is_certain_that_the_full_validator_refuses() {
        let pieces = [
            r#""type":"object""#,
            r#""type":["null","integer"]"#,
            r#""type":"string""#,
            r#""type":"nonsense""#,
            r#""type":"array""#,
            r#""minimum":2"#,
            r#""maximum":2"#,
            r#""minItems":1"#,
            r#""maxItems":1"#,
            r#""enum":["a",1,null]"#,
            r#""enum":[]"#,
            r#""required":["a"]"#,
            r#""required":true"#,
            r#""properties":{"a":{"type":"integer"}}"#,
            r#""additionalProperties":false"#,
            r#""additionalProperties":{"type":"string"}"#,
            r#""items":{"type":"integer"}"#,
            r#""items":[{}]"#,
            r#""anyOf":[{"type":"string"},{"minimum":1}]"#,
            r#""allOf":[{"type":"object"},{"required":["b"]}]"#,
            r#""title":3"#,
            r#""pattern":"^a"#,
            r#""x-other":[1]"#,
            r#""properties":{"a":true}"#,
            r#""$schema":"http://json-schema.org/draft-04/schema#""#,
            r#""uniqueItems":true"#,
            r#""format":"email""#,
        ];
        let values = [
            "null",
            "1",
            "2.5",
            r#""a""#,
            "true",
            "[]",
            "[1]",
            r#"["a",2]"#,
            "{}",
            r#"{"a":1}"#,
            r#"{"a":"x"}"#,
            r#"{"a":1,"b":"y"}"#,
            r#"{"b":2}"#,
        ];
        let mut certain = 0;
        for (i, a) in pieces.iter().enumerate() {
            for b in &pieces[i..] {
                let text = if a == b { format!("{{{a}}}") } else { format!("{{{a},{b}}}") };
                let Ok(schema) = gojson::parse(text.as_bytes(), Pos::NONE) else { continue };
                let json: Json = serde_json::from_str(&text).expect("read by the other reader");
                for value in values {
                    let value = gojson::parse(value.as_bytes(), Pos::NONE).expect("JSON");
                    if fits(&schema, &value) {
                        certain += 1;
                        let full = compile(&json, &Default::default()).unwrap_or_else(|e| panic!("{text}: {e}"));
                        assert!(full.is_valid(&to_json(&value)), "{text} does not hold for {value:?}");
                    }
                }
            }
        }
        assert!(certain > 500, "only {certain} cases were certain");
    }
}
