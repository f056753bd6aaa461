//! Sprig's maps (sprig v3.3.0 `dict.go`), merging as dario.cat/mergo v1.0.1 does it.

use super::cast::{string, strval, text};
use crate::stack;
use crate::template::func::{Func, FuncCx, FuncError, FuncResult, Ty};
use crate::value::compare::truth;
use crate::value::{ListKind, Map, MapKind, Slot, Str, Value};

/// The functions of this family.
pub const FUNCS: &[Func] = &[
    Func::variadic("dict", &[], Ty::Any, dict),
    Func::new("get", &[Ty::Map, Ty::Str], |_, a| Ok(map(a, 0).get(text(a, 1)).unwrap_or_else(|| Value::string("")))),
    Func::new("set", &[Ty::Map, Ty::Str, Ty::Any], set),
    Func::new("unset", &[Ty::Map, Ty::Str], unset),
    Func::new("hasKey", &[Ty::Map, Ty::Str], |_, a| Ok(Value::Bool(map(a, 0).contains(text(a, 1))))),
    Func::variadic("pluck", &[Ty::Str], Ty::Map, pluck),
    Func::variadic("keys", &[], Ty::Map, keys),
    Func::variadic("pick", &[Ty::Map], Ty::Str, pick),
    Func::variadic("omit", &[Ty::Map], Ty::Str, omit),
    Func::new("values", &[Ty::Map], values),
    Func::variadic("merge", &[Ty::Map], Ty::Map, merge_all),
    Func::variadic("mustMerge", &[Ty::Map], Ty::Map, merge_all),
    Func::variadic("mergeOverwrite", &[Ty::Map], Ty::Map, merge_overwrite),
    Func::variadic("mustMergeOverwrite", &[Ty::Map], Ty::Map, merge_overwrite),
    Func::new("deepCopy", &[Ty::Any], deep_copy),
    Func::new("mustDeepCopy", &[Ty::Any], deep_copy),
    Func::variadic("dig", &[], Ty::Any, dig),
];

fn map(args: &[Value], i: usize) -> Map {
    args.get(i).and_then(|v| v.as_map().cloned()).unwrap_or_default()
}

fn dict(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let out = Map::default();
    for pair in args.chunks(2) {
        let value = pair.get(1).cloned().unwrap_or_else(|| Value::string(""));
        out.insert(strval(&pair[0], cx.helm), value);
    }
    Ok(Value::Map(out))
}

fn set(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let into = map(args, 0);
    if into.is_nil() {
        return Err("assignment to entry in nil map".into());
    }
    into.insert(string(args, 1), args[2].clone());
    Ok(args[0].clone())
}

fn unset(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    map(args, 0).remove(text(args, 1));
    Ok(args[0].clone())
}

fn pluck(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let found = args[1..].iter().filter_map(|m| m.as_map().and_then(|m| m.slot(text(args, 0))));
    Ok(Value::list(found.collect()))
}

/// In order of the keys, where Go's is random.
fn keys(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let all = args.iter().filter_map(|m| m.as_map());
    let slots = all.flat_map(|m| {
        m.entries().iter().map(|(k, s)| Slot { value: Value::Str(k.clone()), pos: s.pos }).collect::<Vec<_>>()
    });
    Ok(Value::list_of(ListKind::Strings, slots.collect()))
}

fn pick(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let from = map(args, 0);
    let out = Map::default();
    for key in args[1..].iter().filter_map(|v| v.as_str()) {
        if let Some(slot) = from.slot(key) {
            out.insert(key.clone(), slot);
        }
    }
    Ok(Value::Map(out))
}

fn omit(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let omitted: Vec<&Str> = args[1..].iter().filter_map(|v| v.as_str()).collect();
    let from = map(args, 0);
    let kept =
        from.entries().iter().filter(|(k, _)| !omitted.contains(k)).map(|(k, s)| (k.clone(), s.clone())).collect();
    Ok(Value::Map(kept))
}

/// In order of the keys, where Go's is random.
fn values(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let from = map(args, 0);
    let all = from.entries().values().cloned().collect();
    Ok(Value::list(all))
}

fn merge_all(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    merge_with(args, false)
}

fn merge_overwrite(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    merge_with(args, true)
}

fn merge_with(args: &[Value], overwrite: bool) -> FuncResult {
    let into = map(args, 0);
    for from in args[1..].iter().filter_map(|v| v.as_map()) {
        merge(&into, from, overwrite, 0, &mut { MOST })?;
    }
    Ok(args[0].clone())
}

/// Maps nested deeper than this (one that holds itself) are refused.
const MAX_DEPTH: usize = 10_000;
/// So are copies and mergers of more values than this.
const MOST: usize = 10_000_000;

/// Whether mergo takes a value for empty.
fn is_blank(v: &Value) -> bool {
    match v {
        Value::Object(_) => false,
        other => !truth(other),
    }
}

fn plain(v: &Value) -> Option<&Map> {
    v.as_map().filter(|m| m.kind() != MapKind::Files)
}

/// Puts a slot into a map that may hold nothing but strings.
fn put(into: &Map, key: Str, slot: Slot, from: &Map) -> Result<(), FuncError> {
    if into.kind() == MapKind::Strings && from.kind() != MapKind::Strings {
        return Err("reflect.Value.SetMapIndex: value of type interface {} is not assignable to type string".into());
    }
    into.insert(key, slot);
    Ok(())
}

/// mergo's deepMerge of two maps: keys that are missing or empty in `into` come from `from`, maps are merged.
fn merge(into: &Map, from: &Map, overwrite: bool, depth: usize, left: &mut usize) -> Result<(), FuncError> {
    if depth > MAX_DEPTH || stack::is_low() {
        return Err("maps are nested too deeply to be merged".into());
    }
    if into.same(from) {
        return Ok(());
    }
    let less = left.checked_sub(from.len() + 1);
    *left = less.ok_or_else(|| FuncError::from("the maps are too large to be merged"))?;
    let entries: Vec<(Str, Slot)> = from.entries().iter().map(|(k, s)| (k.clone(), s.clone())).collect();
    for (key, slot) in entries {
        let existing = into.slot(&key);
        match (&existing, &slot.value) {
            (Some(old), new) if plain(&old.value).is_some() && plain(new).is_some() => {
                if let (Some(old), Some(new)) = (plain(&old.value), plain(new)) {
                    merge(old, new, overwrite, depth + 1, left)?;
                    if old.is_empty() {
                        // mergo still takes it for empty, and takes over the other map itself.
                        put(into, key, slot.clone(), from)?;
                    }
                }
            }
            (None, Value::Nil) if !overwrite => {}
            (None, _) => put(into, key, slot, from)?,
            (Some(_), Value::Nil) if !overwrite => {}
            (Some(_), _) if overwrite => put(into, key, slot, from)?,
            (Some(old), _) if is_blank(&old.value) => put(into, key, slot, from)?,
            (Some(_), _) => {}
        }
    }
    Ok(())
}

fn deep_copy(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    if args[0].is_nil() {
        // copystructure's result is looked at without a check.
        return Err("reflect: call of reflect.Value.Type on zero Value".into());
    }
    copyable(&args[0], 0, &mut { MOST })?;
    Ok(args[0].deep_copy())
}

/// Whether a copy would be neither too deep nor too large: one map can be in a small value a billion times.
fn copyable(v: &Value, depth: usize, left: &mut usize) -> Result<(), FuncError> {
    if depth > MAX_DEPTH || stack::is_low() {
        return Err("the value is nested too deeply to be copied".into());
    }
    *left = left.checked_sub(1).ok_or_else(|| FuncError::from("the value is too large to be copied"))?;
    match v {
        Value::Map(m) => m.entries().values().try_for_each(|s| copyable(&s.value, depth + 1, left)),
        Value::List(l) => l.items.iter().try_for_each(|s| copyable(&s.value, depth + 1, left)),
        _ => Ok(()),
    }
}

fn dig(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    if args.len() < 3 {
        return Err("dig needs at least three arguments".into());
    }
    let as_map = |v: &Value| match v {
        Value::Map(m) if m.kind() == MapKind::Any => Ok(m.clone()),
        other => {
            let name = if other.is_nil() { "nil".to_owned() } else { other.type_name(cx.helm) };
            Err(FuncError(format!("interface conversion: interface {{}} is {name}, not map[string]interface {{}}")))
        }
    };
    let n = args.len();
    let mut at = as_map(&args[n - 1])?;
    let default = &args[n - 2];
    let as_key = |key: &Value| match key {
        Value::Str(key) => Ok(key.clone()),
        other => {
            let name = if other.is_nil() { "nil".to_owned() } else { other.type_name(cx.helm) };
            Err(FuncError(format!("interface conversion: interface {{}} is {name}, not string")))
        }
    };
    // All keys have to be strings, also those that are never reached.
    let path: Vec<Str> = args[..n - 2].iter().map(as_key).collect::<Result<_, _>>()?;
    for (i, key) in path.iter().enumerate() {
        match at.get(key) {
            None => return Ok(default.clone()),
            Some(v) if i + 1 == path.len() => return Ok(v),
            Some(v) => at = as_map(&v)?,
        }
    }
    Ok(default.clone())
}
