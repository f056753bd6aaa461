//! Methods of map types that templates can call: `.Files` (helm v4.3.1 `pkg/engine/files.go`) and `.Values`
//! (`pkg/chart/common/values.go`).

use super::func::{FuncCx, FuncResult, Ty};
use crate::blob::Blob;
use crate::grammar::glob::Pattern;
use crate::value::{Entries, Map, MapKind, Slot, Str, Value};
use crate::yaml;

/// A method of a map type.
pub struct Method {
    /// Its name.
    pub name: &'static str,
    /// Types of its parameters.
    pub params: &'static [Ty],
    /// What it does.
    pub body: fn(&mut FuncCx<'_>, &Map, &[Value]) -> FuncResult,
}

const FILES: &[Method] = &[
    Method { name: "Get", params: &[Ty::Str], body: get },
    Method { name: "GetBytes", params: &[Ty::Str], body: get_bytes },
    Method { name: "Glob", params: &[Ty::Str], body: glob },
    Method { name: "AsConfig", params: &[], body: as_config },
    Method { name: "AsSecrets", params: &[], body: as_secrets },
    Method { name: "Lines", params: &[Ty::Str], body: lines },
];

const VALUES: &[Method] = &[
    Method { name: "YAML", params: &[], body: to_yaml },
    Method { name: "Table", params: &[Ty::Str], body: table },
    Method { name: "Encode", params: &[Ty::Writer], body: encode },
    Method { name: "AsMap", params: &[], body: as_map },
    Method { name: "PathValue", params: &[Ty::Str], body: path_value },
];

/// The method of this name that a map of this type has.
pub fn find(kind: MapKind, name: &[u8]) -> Option<&'static Method> {
    let methods = match kind {
        MapKind::Files => FILES,
        MapKind::Values => VALUES,
        MapKind::Any | MapKind::Strings => return None,
    };
    methods.iter().find(|m| m.name.as_bytes() == name)
}

fn text(args: &[Value]) -> &[u8] {
    args.first().and_then(|v| v.as_str()).map_or(&[], |s| s)
}

fn content(files: &Map, name: &[u8]) -> Blob {
    match files.get(name) {
        Some(Value::Bytes(b)) => b,
        _ => Vec::new().into(),
    }
}

fn get(_: &mut FuncCx<'_>, files: &Map, args: &[Value]) -> FuncResult {
    Ok(Value::string(&content(files, text(args))[..]))
}

fn get_bytes(_: &mut FuncCx<'_>, files: &Map, args: &[Value]) -> FuncResult {
    Ok(Value::Bytes(content(files, text(args))))
}

fn glob(_: &mut FuncCx<'_>, files: &Map, args: &[Value]) -> FuncResult {
    // A pattern that is none matches everything, as in Helm.
    let source = String::from_utf8_lossy(text(args)).into_owned();
    let pattern = Pattern::new(&source, Some('/')).or_else(|_| Pattern::new("**", None)).ok();
    let matching: Entries = files
        .entries()
        .iter()
        .filter(|(name, _)| pattern.as_ref().is_none_or(|p| p.matches(&name.to_text())))
        .map(|(name, slot)| (name.clone(), slot.clone()))
        .collect();
    Ok(Value::Map(Map::from_entries(MapKind::Files, matching)))
}

/// Go's `path.Base`.
fn base_name(path: &[u8]) -> &[u8] {
    let trimmed = path.iter().rposition(|c| *c != b'/').map_or(&path[..0], |n| &path[..=n]);
    if trimmed.is_empty() {
        return if path.is_empty() { b"." } else { b"/" };
    }
    trimmed.iter().rposition(|c| *c == b'/').map_or(trimmed, |n| &trimmed[n + 1..])
}

fn by_base_name(files: &Map, as_text: fn(&[u8]) -> Value) -> FuncResult {
    let map = Map::default();
    for (name, slot) in files.entries().iter() {
        if let Value::Bytes(b) = &slot.value {
            map.insert(base_name(name), Slot { value: as_text(b), pos: slot.pos });
        }
    }
    let mut out = yaml::to_yaml(&Value::Map(map)).unwrap_or_default();
    if out.last() == Some(&b'\n') {
        out.pop();
    }
    Ok(Value::string(out))
}

fn as_config(_: &mut FuncCx<'_>, files: &Map, _: &[Value]) -> FuncResult {
    by_base_name(files, |b| Value::string(b))
}

fn as_secrets(_: &mut FuncCx<'_>, files: &Map, _: &[Value]) -> FuncResult {
    by_base_name(files, |b| Value::string(data_encoding::BASE64.encode(b)))
}

fn lines(_: &mut FuncCx<'_>, files: &Map, args: &[Value]) -> FuncResult {
    let name = text(args);
    if !files.contains(name) {
        return Ok(Value::strings(Vec::<Str>::new()));
    }
    let content = content(files, name);
    let body = content.strip_suffix(b"\n").unwrap_or(&content);
    if content.is_empty() {
        return Ok(Value::strings(Vec::<Str>::new()));
    }
    Ok(Value::strings(body.split(|c| *c == b'\n')))
}

fn to_yaml(_: &mut FuncCx<'_>, values: &Map, _: &[Value]) -> FuncResult {
    Ok(Value::string(yaml::to_yaml(&Value::Map(values.clone()))?))
}

/// Needs a writer, and only nil can be given for one.
fn encode(_: &mut FuncCx<'_>, _: &Map, _: &[Value]) -> FuncResult {
    Err("runtime error: invalid memory address or nil pointer dereference".into())
}

fn table(_: &mut FuncCx<'_>, values: &Map, args: &[Value]) -> FuncResult {
    let mut at = values.clone();
    for key in text(args).split(|c| *c == b'.') {
        at = match at.get(key) {
            Some(Value::Map(m)) if matches!(m.kind(), MapKind::Any | MapKind::Values) => m,
            _ => {
                let quoted = crate::value::fmt::go_quote(key);
                return Err(format!("{quoted} is not a table").into());
            }
        };
    }
    Ok(Value::Map(at.as_kind(MapKind::Values)))
}

fn as_map(_: &mut FuncCx<'_>, values: &Map, _: &[Value]) -> FuncResult {
    if values.is_empty() {
        return Ok(Value::Map(Map::default()));
    }
    Ok(Value::Map(values.as_kind(MapKind::Any)))
}

fn path_value(cx: &mut FuncCx<'_>, values: &Map, args: &[Value]) -> FuncResult {
    let path = text(args);
    if path.is_empty() {
        return Err("YAML path cannot be empty".into());
    }
    let no_value = |key: &[u8]| {
        let quoted = crate::value::fmt::go_quote(key);
        format!("{quoted} is not a value")
    };
    let (parent, last) = match path.iter().rposition(|c| *c == b'.') {
        Some(n) => {
            (table(cx, values, &[Value::string(&path[..n])]).map_err(|_| no_value(&path[n + 1..]))?, &path[n + 1..])
        }
        None => (Value::Map(values.clone()), path),
    };
    match parent.as_map().and_then(|m| m.get(last)) {
        Some(Value::Map(_)) | None => Err(no_value(last).into()),
        Some(v) => Ok(v),
    }
}
