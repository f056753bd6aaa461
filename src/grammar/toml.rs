//! TOML as BurntSushi/toml v1.6.0 writes it; reading is toml_edit's.

use toml_edit::{Item, Value as Toml};

use crate::grammar::gonum::format_float;
use crate::stack;
use crate::value::{Map, Slot, Str, Value};

/// `toml.Encoder.Encode`: scalars before tables, keys in byte order, tables two blanks deeper.
///
/// # Errors
/// With Go's text.
pub fn encode(value: &Value) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    match value {
        Value::Nil => return Err("reflect: call of reflect.Value.Type on zero Value".into()),
        Value::Map(m) => table(&mut out, m, &mut Vec::new())?,
        Value::Object(o) => match o.json()? {
            Value::Map(m) => table(&mut out, &m, &mut Vec::new())?,
            _ => return Err("toml: top-level values must be Go maps or structs".into()),
        },
        _ => return Err("toml: top-level values must be Go maps or structs".into()),
    }
    Ok(out)
}

fn bare(key: &[u8]) -> bool {
    !key.is_empty() && key.iter().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-'))
}

fn key_text(key: &Str) -> String {
    if bare(key) { key.to_text().into_owned() } else { string(&key.to_text()) }
}

fn string(s: &str) -> String {
    let mut out = String::from("\"");
    for c in s.chars() {
        match c {
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c < ' ' || c == '\u{7f}' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn is_table(v: &Value) -> bool {
    match v {
        Value::Map(_) => true,
        Value::List(l) => !l.items.is_empty() && l.items.iter().all(|s| matches!(s.value, Value::Map(_))),
        _ => false,
    }
}

fn table(out: &mut Vec<u8>, map: &Map, path: &mut Vec<String>) -> Result<(), String> {
    if stack::is_low() {
        return Err("toml: values are nested too deeply".into());
    }
    let indent = "  ".repeat(path.len().saturating_sub(1));
    let entries: Vec<(Str, Value)> = map.entries().iter().map(|(k, s)| (k.clone(), s.value.clone())).collect();
    for (key, value) in entries.iter().filter(|(_, v)| !is_table(v) && !v.is_nil()) {
        out.extend_from_slice(format!("{indent}{} = ", key_text(key)).as_bytes());
        out.extend_from_slice(inline(value)?.as_bytes());
        out.push(b'\n');
    }
    for (key, value) in entries.iter().filter(|(_, v)| is_table(v)) {
        path.push(key_text(key));
        let name = path.join(".");
        let indent = "  ".repeat(path.len() - 1);
        match value {
            Value::Map(m) => {
                if path.len() == 1 && !out.is_empty() {
                    out.push(b'\n');
                }
                out.extend_from_slice(format!("{indent}[{name}]\n").as_bytes());
                table(out, m, path)?;
            }
            Value::List(l) => {
                for item in &l.items {
                    if !out.is_empty() && !out.ends_with(b"\n\n") {
                        out.push(b'\n');
                    }
                    out.extend_from_slice(format!("{indent}[[{name}]]\n").as_bytes());
                    if let Value::Map(m) = &item.value {
                        table(out, m, path)?;
                    }
                }
            }
            _ => {}
        }
        path.pop();
    }
    Ok(())
}

fn float(f: f64) -> String {
    if f.is_nan() {
        return "nan".into();
    }
    if f.is_infinite() {
        return if f > 0.0 { "inf".into() } else { "-inf".into() };
    }
    let text = format_float(f, 'g', None);
    if text.contains(['.', 'e']) { text } else { format!("{text}.0") }
}

fn inline(v: &Value) -> Result<String, String> {
    Ok(match v {
        Value::Nil => return Err("toml: cannot encode array with nil element".into()),
        Value::Bool(b) => b.to_string(),
        Value::Int(n, k) if k.is_unsigned() => (*n as u64).to_string(),
        Value::Int(n, _) => n.to_string(),
        Value::Float(f) => float(*f),
        Value::Str(s) => string(&s.to_text()),
        Value::Bytes(b) => {
            let items: Vec<String> = b.iter().map(u8::to_string).collect();
            format!("[{}]", items.join(", "))
        }
        Value::List(l) => {
            let items: Result<Vec<String>, String> = l.items.iter().map(|s| inline(&s.value)).collect();
            format!("[{}]", items?.join(", "))
        }
        Value::Map(m) => {
            let mut parts = Vec::new();
            for (k, s) in m.entries().iter().filter(|(_, s)| !s.value.is_nil()) {
                parts.push(format!("{} = {}", key_text(k), inline(&s.value)?));
            }
            format!("{{{}}}", parts.join(", "))
        }
        Value::Object(o) => match o.type_name().as_str() {
            "time.Time" => o.json()?.as_str().map(|s| s.to_text().into_owned()).unwrap_or_default(),
            _ => inline(&o.json()?)?,
        },
        Value::Complex(..) => return Err("unsupported type for key '': complex128".into()),
    })
}

/// `toml.Unmarshal` into a map: integers are int64.
///
/// # Errors
/// With a text in the form of Go's, `toml: line N: ...`.
pub fn decode(text: &str) -> Result<Map, String> {
    let document: toml_edit::DocumentMut = text.parse().map_err(|e: toml_edit::TomlError| {
        let at = e.span().map_or(0, |s| s.start);
        let (line, _) = crate::span::line_column(text.as_bytes(), at);
        let key =
            text[..at.min(text.len())].lines().last().and_then(|l| l.split_once('=')).map(|(k, _)| k.trim().to_owned());
        let last = key.map(|k| format!(" (last key {k:?})")).unwrap_or_default();
        let message = if text[at.min(text.len())..].trim().is_empty() {
            "unexpected EOF; expected value".to_owned()
        } else {
            e.message().replace('\n', "; ")
        };
        format!("toml: line {line}{last}: {message}")
    })?;
    Ok(from_table(document.as_table()))
}

fn from_table(table: &toml_edit::Table) -> Map {
    let map = Map::default();
    for (key, item) in table {
        map.insert(key, Slot::from(from_item(item)));
    }
    map
}

fn from_item(item: &Item) -> Value {
    match item {
        Item::None => Value::Nil,
        Item::Value(v) => from_value(v),
        Item::Table(t) => Value::Map(from_table(t)),
        Item::ArrayOfTables(a) => {
            let items = a.iter().map(|t| Slot::from(Value::Map(from_table(t)))).collect();
            Value::list_of(crate::value::ListKind::Maps, items)
        }
    }
}

fn from_value(v: &Toml) -> Value {
    match v {
        Toml::String(s) => Value::string(s.value().as_str()),
        Toml::Integer(i) => Value::int64(*i.value()),
        Toml::Float(f) => Value::Float(*f.value()),
        Toml::Boolean(b) => Value::Bool(*b.value()),
        Toml::Datetime(d) => Value::string(d.value().to_string()),
        Toml::Array(a) => Value::list(a.iter().map(|v| Slot::from(from_value(v))).collect()),
        Toml::InlineTable(t) => {
            let map = Map::default();
            for (k, v) in t {
                map.insert(k, Slot::from(from_value(v)));
            }
            Value::Map(map)
        }
    }
}
