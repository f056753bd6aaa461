//! YAML functions of Helm (helm v4.3.1 and v3.22.0 `pkg/engine/funcs.go`).

use crate::span::Pos;
use crate::template::func::{Func, FuncCx, FuncResult, Ty};
use crate::value::{Map, Slot, Str, Value};
use crate::yaml;

/// The functions of this family.
pub const FUNCS: &[Func] = &[
    Func::new("toYaml", &[Ty::Any], to_yaml),
    Func::new("mustToYaml", &[Ty::Any], must_to_yaml).v4(),
    Func::new("toYamlPretty", &[Ty::Any], to_yaml_pretty),
    Func::new("fromYaml", &[Ty::Str], from_yaml),
    Func::new("fromYamlArray", &[Ty::Str], from_yaml_array),
];

fn without_newline(mut text: Vec<u8>) -> Value {
    if text.last() == Some(&b'\n') {
        text.pop();
    }
    Value::string(text)
}

/// Failure is an empty text, as in Helm.
fn to_yaml(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    Ok(yaml::to_yaml(&args[0]).map_or(Value::string(""), without_newline))
}

fn must_to_yaml(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    Ok(without_newline(yaml::to_yaml(&args[0])?))
}

/// Failure is an empty text, but go-yaml panics on types that it doesn't know.
fn to_yaml_pretty(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    match yaml::to_yaml_pretty(&args[0]) {
        Ok(text) => Ok(without_newline(text)),
        Err(e) if e.starts_with("cannot marshal type") => Err(e.into()),
        Err(_) => Ok(Value::string("")),
    }
}

fn text(args: &[Value]) -> Str {
    args[0].as_str().cloned().unwrap_or_else(|| Str::from(""))
}

/// Failure is a map with the text under `Error`.
fn from_yaml(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    Ok(yaml::to_map(&text(args), Pos::NONE).unwrap_or_else(|e| {
        let map = Map::default();
        map.insert("Error", Value::string(e.message));
        Value::Map(map)
    }))
}

/// Failure is the text as the only item.
fn from_yaml_array(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    Ok(yaml::to_list(&text(args), Pos::NONE)
        .unwrap_or_else(|e| Value::list(vec![Slot::from(Value::string(e.message))])))
}
