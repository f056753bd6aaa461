//! TOML functions of Helm (helm v4.3.1 and v3.22.0 `pkg/engine/funcs.go`).

use super::cast::text;
use crate::grammar::toml::{decode, encode};
use crate::template::func::{Func, FuncCx, FuncResult, Ty};
use crate::value::{Map, Value};

/// The functions of this family.
pub const FUNCS: &[Func] = &[
    Func::new("toToml", &[Ty::Any], to_toml),
    Func::new("mustToToml", &[Ty::Any], |_, a| Ok(Value::string(encode(&a[0])?))).v4(),
    Func::new("fromToml", &[Ty::Str], from_toml),
];

/// An error is its text, as in Helm; nil panics.
fn to_toml(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    match encode(&args[0]) {
        Err(e) if args[0].is_nil() => Err(e.into()),
        Err(e) => Ok(Value::string(e)),
        Ok(text) => Ok(Value::string(text)),
    }
}

/// Failure is a map with the text under `Error`.
fn from_toml(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    Ok(Value::Map(decode(&String::from_utf8_lossy(text(args, 0))).unwrap_or_else(|e| {
        let map = Map::default();
        map.insert("Error", Value::string(e));
        map
    })))
}
