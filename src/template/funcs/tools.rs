//! What helmfile (v1.8 `pkg/tmpl/context_funcs.go`) and Argo CD's ApplicationSets (v3.5 `applicationset/utils`) add to
//! Sprig's functions, for `plimsoll init`, which reads their templates. Charts don't have these.

use super::cast::{string, text};
use super::environment::variable;
use crate::template::func::{Func, FuncCx, FuncError, FuncResult, Ty};
use crate::value::{Map, Value};

/// helmfile's own functions; `get` is another than Sprig's, which is called `sprigGet` there.
pub const HELMFILE: &[Func] = &[
    Func::new("env", &[Ty::Str], |_, a| Ok(variable(text(a, 0)).unwrap_or_else(|| Value::string("")))),
    Func::new("requiredEnv", &[Ty::Str], required_env),
    Func::variadic("get", &[Ty::Str], Ty::Any, get),
    Func::new("getOrNil", &[Ty::Str, Ty::Any], |_, a| Ok(found(text(a, 0), &a[1]).unwrap_or_default())),
    Func::new("sprigGet", &[Ty::Map, Ty::Str], sprig_get),
    Func::new("setValueAtPath", &[Ty::Str, Ty::Any, Ty::Map], set_value_at_path),
    Func::new("readFile", &[Ty::Str], |cx, a| Ok(Value::string(cx.world.file(&path(a))?))),
    Func::new("isFile", &[Ty::Str], |cx, a| Ok(Value::Bool(cx.world.file(&path(a)).is_ok()))),
    Func::variadic("exec", &[Ty::Str], Ty::Any, |_, _| refused("exec starts a program")),
    Func::variadic("envExec", &[Ty::Any, Ty::Str], Ty::Any, |_, _| refused("envExec starts a program")),
    Func::new("fetchSecretValue", &[Ty::Str], |_, _| refused("fetchSecretValue asks a store of secrets")),
    Func::new("expandSecretRefs", &[Ty::Any], |_, _| refused("expandSecretRefs asks a store of secrets")),
];

/// The functions of ApplicationSets besides Sprig's and Helm's.
pub const ARGO: &[Func] = &[
    Func::new("normalize", &[Ty::Str], |_, a| Ok(Value::string(sanitized(&String::from_utf8_lossy(text(a, 0)))))),
    Func::new("slugify", &[Ty::Str], |_, a| Ok(Value::string(sanitized(&String::from_utf8_lossy(text(a, 0)))))),
];

/// A name for Kubernetes: lower case, with `-` for what may not be in one (`SanitizeName`).
pub fn sanitized(name: &str) -> String {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    let name: String = name.to_lowercase().chars().map(|c| if fits(c) { c } else { '-' }).take(253).collect();
    name.trim_matches(['-', '.']).to_owned()
}

fn refused(what: &str) -> FuncResult {
    Err(FuncError(format!("{what}, which plimsoll does not")))
}

fn path(args: &[Value]) -> String {
    String::from_utf8_lossy(text(args, 0)).into_owned()
}

fn required_env(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let missing = || FuncError(format!("required env var `{}` is not set", path(args)));
    variable(text(args, 0)).filter(|v| v.as_str().is_some_and(|s| !s.is_empty())).ok_or_else(missing)
}

/// What is at a path of dots; nothing where the path leads nowhere.
fn found(path: &[u8], from: &Value) -> Option<Value> {
    let keys = path.split(|c| *c == b'.').filter(|_| !path.is_empty());
    keys.into_iter().try_fold(from.clone(), |value, key| value.as_map()?.get(key))
}

/// `get PATH [DEFAULT] MAP`
fn get(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let (default, from) = match args {
        [_, from] => (None, from),
        [_, default, from] => (Some(default.clone()), from),
        _ => return Err("get takes a path, perhaps a default, and a map".into()),
    };
    found(text(args, 0), from).or(default).ok_or_else(|| FuncError(format!("no value exist for key {:?}", path(args))))
}

fn sprig_get(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    Ok(args[0].as_map().and_then(|m| m.get(text(args, 1))).unwrap_or_else(|| Value::string("")))
}

fn set_value_at_path(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let mut map = args[2].as_map().cloned().unwrap_or_default();
    let keys: Vec<&[u8]> = text(args, 0).split(|c| *c == b'.').collect();
    let Some((last, above)) = keys.split_last() else { return Ok(args[2].clone()) };
    for key in above {
        let below: Option<Map> = map.get(key).and_then(|v| v.as_map().cloned());
        map = below.ok_or_else(|| FuncError(format!("failed to set value at path {:?}", string(args, 0).to_text())))?;
    }
    map.insert(*last, args[1].clone());
    Ok(args[2].clone())
}
