//! Sprig's defaults, types and conditions (sprig v3.3.0 `defaults.go`, `reflect.go`).

use super::cast::text;
use crate::template::func::{Func, FuncCx, FuncResult, Ty};
use crate::value::Value;
use crate::value::compare::{deep_equal, is_empty, truth};

/// The functions of this family.
pub const FUNCS: &[Func] = &[
    Func::variadic("all", &[], Ty::Any, |_, a| Ok(Value::Bool(!a.iter().any(is_empty)))),
    Func::variadic("any", &[], Ty::Any, |_, a| Ok(Value::Bool(!a.iter().all(is_empty)))),
    Func::variadic("coalesce", &[], Ty::Any, |_, a| Ok(a.iter().find(|v| !is_empty(v)).cloned().unwrap_or_default())),
    Func::new("deepEqual", &[Ty::Any, Ty::Any], |_, a| Ok(Value::Bool(deep_equal(&a[0], &a[1])))),
    Func::variadic("default", &[Ty::Any], Ty::Any, default),
    Func::new("empty", &[Ty::Any], |_, a| Ok(Value::Bool(is_empty(&a[0])))),
    Func::new("kindIs", &[Ty::Str, Ty::Any], |_, a| Ok(Value::Bool(a[1].kind_name().as_bytes() == text(a, 0)))),
    Func::new("kindOf", &[Ty::Any], |_, a| Ok(Value::string(a[0].kind_name()))),
    Func::new("ternary", &[Ty::Any, Ty::Any, Ty::Bool], |_, a| Ok(a[usize::from(!truth(&a[2]))].clone())),
    Func::new("typeIs", &[Ty::Str, Ty::Any], type_is),
    Func::new("typeIsLike", &[Ty::Str, Ty::Any], type_is_like),
    Func::new("typeOf", &[Ty::Any], |cx, a| Ok(Value::string(a[0].type_name(cx.helm)))),
];

fn default(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    Ok(match args.get(1) {
        Some(given) if !is_empty(given) => given.clone(),
        _ => args[0].clone(),
    })
}

fn type_is(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    Ok(Value::Bool(args[1].type_name(cx.helm).as_bytes() == text(args, 0)))
}

fn type_is_like(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let name = args[1].type_name(cx.helm);
    let target = text(args, 0);
    Ok(Value::Bool(name.as_bytes() == target || name.strip_prefix('*').is_some_and(|n| n.as_bytes() == target)))
}
