//! `toToml` and `fromToml` (helm v4.3.1 `pkg/engine/funcs.go`).

use super::cast::text;
use crate::grammar::gotime::Zone;
use crate::grammar::toml::read::{Zones, read};
use crate::grammar::toml::{Failure, write};
use crate::span::Pos;
use crate::template::func::{Func, FuncCx, FuncResult, Ty};
use crate::value::{Map, Value};

/// The functions of this family.
pub const FUNCS: &[Func] = &[
    Func::new("toToml", &[Ty::Any], to_toml),
    Func::new("mustToToml", &[Ty::Any], must_to_toml).v4(),
    Func::new("fromToml", &[Ty::Str], from_toml),
];

/// The text, or the text of the error.
fn to_toml(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    match write(&args[0], cx.helm) {
        Ok(out) => Ok(Value::string(out)),
        Err(Failure::Error(e)) => Ok(Value::string(e)),
        Err(Failure::Panic(e)) => Err(e.into()),
    }
}

fn must_to_toml(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    match write(&args[0], cx.helm) {
        Ok(out) => Ok(Value::string(out)),
        Err(Failure::Error(e) | Failure::Panic(e)) => Err(e.into()),
    }
}

/// The table, or one with the key `Error`.
fn from_toml(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let local = cx.world.time_zone();
    let offset = Zone::Local(local.clone()).lookup(cx.world.now().as_second()).1;
    Ok(Value::Map(read(text(args, 0), Pos::NONE, &Zones { local, offset }).unwrap_or_else(|e| {
        let map = Map::default();
        map.insert("Error", Value::string(e));
        map
    })))
}
