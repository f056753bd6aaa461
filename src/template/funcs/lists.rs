//! Sprig's lists (sprig v3.3.0 `list.go`). Items keep the position they were written at.

use std::rc::Rc;

use super::cast::int;
use crate::template::func::{Func, FuncCx, FuncError, FuncResult, Ty};
use crate::value::compare::{deep_equal, is_empty};
use crate::value::{HelmVersion, IntKind, List, ListKind, Room, Slot, Value};

/// The functions of this family.
pub const FUNCS: &[Func] = &[
    Func::variadic("list", &[], Ty::Any, list),
    Func::variadic("tuple", &[], Ty::Any, list),
    Func::new("append", &[Ty::Any, Ty::Any], push),
    Func::new("push", &[Ty::Any, Ty::Any], push),
    Func::new("mustAppend", &[Ty::Any, Ty::Any], push),
    Func::new("mustPush", &[Ty::Any, Ty::Any], push),
    Func::new("prepend", &[Ty::Any, Ty::Any], prepend),
    Func::new("mustPrepend", &[Ty::Any, Ty::Any], prepend),
    Func::new("chunk", &[Ty::Int, Ty::Any], chunk),
    Func::new("mustChunk", &[Ty::Int, Ty::Any], chunk),
    Func::new("first", &[Ty::Any], first),
    Func::new("mustFirst", &[Ty::Any], first),
    Func::new("last", &[Ty::Any], last),
    Func::new("mustLast", &[Ty::Any], last),
    Func::new("rest", &[Ty::Any], rest),
    Func::new("mustRest", &[Ty::Any], rest),
    Func::new("initial", &[Ty::Any], initial),
    Func::new("mustInitial", &[Ty::Any], initial),
    Func::new("reverse", &[Ty::Any], reverse),
    Func::new("mustReverse", &[Ty::Any], reverse),
    Func::new("compact", &[Ty::Any], compact),
    Func::new("mustCompact", &[Ty::Any], compact),
    Func::new("uniq", &[Ty::Any], uniq),
    Func::new("mustUniq", &[Ty::Any], uniq),
    Func::variadic("without", &[Ty::Any], Ty::Any, without),
    Func::variadic("mustWithout", &[Ty::Any], Ty::Any, without),
    Func::new("has", &[Ty::Any, Ty::Any], has),
    Func::new("mustHas", &[Ty::Any, Ty::Any], has),
    Func::variadic("slice", &[Ty::Any], Ty::Any, slice),
    Func::variadic("mustSlice", &[Ty::Any], Ty::Any, slice),
    Func::variadic("concat", &[], Ty::Any, concat),
    Func::new("shuffle", &[Ty::Str], shuffle),
];

/// What Go panics with when Sprig asks nil for its type.
pub const NIL_POINTER: &str = "runtime error: invalid memory address or nil pointer dereference";

/// Items of a list of any type; `what` names the function in the error.
fn items(v: &Value, what: &str, helm: HelmVersion) -> Result<Vec<Slot>, FuncError> {
    match v {
        Value::List(l) => Ok(l.items.clone()),
        Value::Bytes(b) => Ok(b.iter().map(|b| Value::Int(i64::from(*b), IntKind::Uint8).into()).collect()),
        Value::Object(o) if o.as_list().is_some() => Ok(o.as_list().map(|l| l.items.clone()).unwrap_or_default()),
        Value::Nil => Err(NIL_POINTER.into()),
        other => Err(format!("{what} {}", other.type_name(helm)).into()),
    }
}

/// As [`items`], where Sprig names the kind and not the type.
fn items_by_kind(v: &Value, what: &str, helm: HelmVersion) -> Result<Vec<Slot>, FuncError> {
    items(v, what, helm).map_err(|e| match v {
        Value::Nil => e,
        v => format!("{what} {}", v.kind_name()).into(),
    })
}

fn list(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    Ok(Value::list(args.iter().cloned().map(Slot::from).collect()))
}

fn push(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let items = items_by_kind(&args[0], "Cannot push on type", cx.helm)?;
    let mut list = List { kind: ListKind::Any, nil: false, items, room: Room::Exact };
    list.room = list.room_after_push();
    list.items.push(args[1].clone().into());
    Ok(Value::List(Rc::new(list)))
}

fn prepend(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let mut all = items_by_kind(&args[0], "Cannot prepend on type", cx.helm)?;
    all.insert(0, args[1].clone().into());
    Ok(Value::list(all))
}

fn chunk(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let all = items_by_kind(&args[1], "Cannot chunk type", cx.helm)?;
    let size = int(args, 0);
    let bad = "runtime error: makeslice: len out of range";
    let size = match usize::try_from(size) {
        Ok(0) => return Err(bad.into()),
        Ok(size) => size,
        // What Sprig's sums in floats make of a negative size.
        Err(_) if all.len() == 1 && size < -1 => 1,
        Err(_) if all.len() > 1 && (all.len() - 1) as u64 <= size.unsigned_abs() => {
            return Ok(Value::list_of(ListKind::Lists, Vec::new()));
        }
        Err(_) => return Err(bad.into()),
    };
    let chunks = all.chunks(size).map(|c| Slot::from(Value::list(c.to_vec()))).collect();
    Ok(Value::list_of(ListKind::Lists, chunks))
}

fn first(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let all = items_by_kind(&args[0], "Cannot find first on type", cx.helm)?;
    Ok(all.into_iter().next().map(|s| s.value).unwrap_or_default())
}

fn last(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let all = items_by_kind(&args[0], "Cannot find last on type", cx.helm)?;
    Ok(all.into_iter().next_back().map(|s| s.value).unwrap_or_default())
}

fn rest(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let mut all = items_by_kind(&args[0], "Cannot find rest on type", cx.helm)?;
    if all.is_empty() {
        return Ok(Value::nil_list(ListKind::Any));
    }
    all.remove(0);
    Ok(Value::list(all))
}

fn initial(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let mut all = items_by_kind(&args[0], "Cannot find initial on type", cx.helm)?;
    if all.is_empty() {
        return Ok(Value::nil_list(ListKind::Any));
    }
    all.pop();
    Ok(Value::list(all))
}

fn reverse(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let mut all = items_by_kind(&args[0], "Cannot find reverse on type", cx.helm)?;
    all.reverse();
    Ok(Value::list(all))
}

fn compact(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let all = items_by_kind(&args[0], "Cannot compact on type", cx.helm)?;
    Ok(Value::appended(all.into_iter().filter(|s| !is_empty(&s.value)).collect()))
}

fn uniq(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let all = items_by_kind(&args[0], "Cannot find uniq on type", cx.helm)?;
    let mut kept: Vec<Slot> = Vec::new();
    for slot in all {
        if !kept.iter().any(|k| deep_equal(&k.value, &slot.value)) {
            kept.push(slot);
        }
    }
    Ok(Value::appended(kept))
}

fn without(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let all = items_by_kind(&args[0], "Cannot find without on type", cx.helm)?;
    let omitted = &args[1..];
    Ok(Value::appended(all.into_iter().filter(|s| !omitted.iter().any(|o| deep_equal(o, &s.value))).collect()))
}

fn has(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    if args[1].is_nil() {
        return Ok(Value::Bool(false));
    }
    let all = items_by_kind(&args[1], "Cannot find has on type", cx.helm)?;
    Ok(Value::Bool(all.iter().any(|s| deep_equal(&args[0], &s.value))))
}

fn slice(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    const OUT: &str = "reflect.Value.Slice: slice index out of bounds";
    let what = "list should be type of slice or array but";
    let all = items_by_kind(&args[0], what, cx.helm)?;
    if all.is_empty() {
        return Ok(Value::Nil);
    }
    let bound = |i: usize, default: usize| match args.get(i) {
        Some(v) => super::cast::to_int64(v),
        None => default as i64,
    };
    let (from, to) = (bound(1, 0), bound(2, all.len()));
    let list = match &args[0] {
        Value::List(list) => list.clone(),
        _ => Rc::new(List { kind: ListKind::Any, nil: false, items: all, room: Room::Exact }),
    };
    match (usize::try_from(from), usize::try_from(to), &args[0]) {
        (Ok(from), Ok(to), Value::Bytes(b)) => {
            b.get(from..to).map(|part| Value::Bytes(part.into())).ok_or_else(|| OUT.into())
        }
        (Ok(from), Ok(to), _) => list.cut(from, to).map(|l| Value::List(Rc::new(l))).ok_or_else(|| OUT.into()),
        _ => Err(OUT.into()),
    }
}

fn concat(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    if args.is_empty() {
        return Ok(Value::nil_list(ListKind::Any));
    }
    let mut all = Vec::new();
    for list in args {
        match items(list, "", cx.helm) {
            Ok(mut more) => all.append(&mut more),
            Err(e) if list.is_nil() => return Err(e),
            Err(_) => return Err(format!("Cannot concat type {} as list", list.kind_name()).into()),
        }
    }
    if all.is_empty() {
        return Ok(Value::nil_list(ListKind::Any));
    }
    Ok(Value::appended(all))
}

/// The runes of a text in random order (xstrings.Shuffle).
fn shuffle(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let mut runes: Vec<char> = String::from_utf8_lossy(super::cast::text(args, 0)).chars().collect();
    for i in (1..runes.len()).rev() {
        let mut bytes = [0; 8];
        cx.world.fill_random(&mut bytes);
        let j = (u64::from_le_bytes(bytes) % (i as u64 + 1)) as usize;
        runes.swap(i, j);
    }
    Ok(Value::string(runes.into_iter().collect::<String>()))
}
