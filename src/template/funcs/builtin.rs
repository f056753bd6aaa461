//! The built-in functions of text/template (Go 1.26 `text/template/funcs.go`) that need nothing of the evaluator.

use std::rc::Rc;

use crate::blob::Blob;
use crate::template::func::{Func, FuncCx, FuncResult, Ty};
use crate::value::compare::truth;
use crate::value::fmt::{is_print, print_in_place, sprint, sprintf, sprintln};
use crate::value::kept;
use crate::value::{HelmVersion, IntKind, MapKind, Value, decode_rune};

/// The functions of this family.
pub const FUNCS: &[Func] = &[
    Func::variadic("eq", &[Ty::Reflect], Ty::Reflect, eq),
    Func::new("ne", &[Ty::Reflect, Ty::Reflect], ne),
    Func::new("lt", &[Ty::Reflect, Ty::Reflect], lt),
    Func::new("le", &[Ty::Reflect, Ty::Reflect], le),
    Func::new("gt", &[Ty::Reflect, Ty::Reflect], gt),
    Func::new("ge", &[Ty::Reflect, Ty::Reflect], ge),
    Func::new("not", &[Ty::Reflect], not),
    Func::variadic("index", &[Ty::Reflect], Ty::Reflect, index),
    Func::variadic("print", &[], Ty::Any, print),
    Func::variadic("printf", &[Ty::Str], Ty::Any, printf),
    Func::variadic("println", &[], Ty::Any, println),
    Func::variadic("html", &[], Ty::Any, html),
    Func::variadic("js", &[], Ty::Any, js),
    Func::variadic("urlquery", &[], Ty::Any, urlquery),
];

/// What Go compares by: the basic kinds that comparisons know.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Basic {
    Other,
    Bool,
    Complex,
    Int,
    Float,
    Str,
    Uint,
}

fn basic(v: &Value) -> Basic {
    match v {
        Value::Bool(_) => Basic::Bool,
        Value::Int(_, k) if k.is_unsigned() => Basic::Uint,
        Value::Int(..) => Basic::Int,
        Value::Float(_) => Basic::Float,
        Value::Complex(..) => Basic::Complex,
        Value::Str(_) => Basic::Str,
        Value::Object(o) if o.number().is_some() => Basic::Int,
        _ => Basic::Other,
    }
}

fn int_of(v: &Value) -> i64 {
    match v {
        Value::Int(n, _) => *n,
        Value::Object(o) => o.number().unwrap_or(0),
        _ => 0,
    }
}

fn incompatible(a: &Value, b: &Value, helm: HelmVersion) -> String {
    format!("incompatible types for comparison: {} and {}", a.type_name(helm), b.type_name(helm))
}

fn is_nil(v: &Value) -> bool {
    match v {
        Value::Nil => true,
        Value::List(l) => l.nil,
        Value::Map(m) => m.is_nil(),
        Value::Bytes(b) => b.is_nil(),
        Value::Object(o) => o.is_nil(),
        _ => false,
    }
}

fn equal(a: &Value, b: &Value, helm: HelmVersion) -> Result<bool, String> {
    Ok(match (basic(a), basic(b)) {
        (Basic::Int, Basic::Uint) | (Basic::Uint, Basic::Int) => {
            let (int, uint) = if basic(a) == Basic::Int { (a, b) } else { (b, a) };
            int_of(int) >= 0 && int_of(int) == int_of(uint) && int_of(uint) >= 0
        }
        (x, y) if x != y => {
            if !a.is_nil() && !b.is_nil() {
                return Err(incompatible(a, b, helm));
            }
            false
        }
        (Basic::Int | Basic::Uint, _) => int_of(a) == int_of(b),
        (Basic::Other, _) => return equal_other(a, b, helm),
        _ => match (a, b) {
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => a == b,
            (Value::Str(a), Value::Str(b)) => a == b,
            (Value::Complex(a, b), Value::Complex(c, d)) => a == c && b == d,
            _ => false,
        },
    })
}

fn equal_other(a: &Value, b: &Value, helm: HelmVersion) -> Result<bool, String> {
    let kinds_differ = a.kind_name() != b.kind_name() && !a.is_nil() && !b.is_nil();
    if kinds_differ {
        let (ta, tb) = (a.type_name(helm), b.type_name(helm));
        return Err(format!(
            "non-comparable types {}: {ta}, {tb}: {}",
            reflect_s(a, helm),
            kept::keep(&sprintf(b"%v", std::slice::from_ref(b), helm))
        ));
    }
    if is_nil(a) || is_nil(b) {
        return Ok(is_nil(a) == is_nil(b));
    }
    match b {
        Value::Map(_) | Value::List(_) | Value::Bytes(_) => {
            Err(format!("non-comparable type {}: {}", reflect_s(b, helm), b.type_name(helm)))
        }
        Value::Object(o) if !o.is_comparable() => {
            Err(format!("non-comparable type {}: {}", reflect_s(b, helm), b.type_name(helm)))
        }
        Value::Object(o) => match a {
            Value::Object(a) if o.kind() == "ptr" => Ok(Rc::ptr_eq(a, o)),
            Value::Object(a) => Ok(a.equals(&**o)),
            _ => Ok(false),
        },
        _ => Ok(false),
    }
}

/// A value under `%s`, as Go prints the values in these errors.
fn reflect_s(v: &Value, helm: HelmVersion) -> String {
    kept::keep(&sprintf(b"%s", std::slice::from_ref(v), helm))
}

fn eq(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    if args.len() < 2 {
        return Err("missing argument for comparison".into());
    }
    for other in &args[1..] {
        if equal(&args[0], other, cx.helm)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

fn ne(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    Ok(Value::Bool(!equal(&args[0], &args[1], cx.helm)?))
}

fn less(a: &Value, b: &Value, helm: HelmVersion) -> Result<bool, String> {
    const BAD: &str = "invalid type for comparison";
    let (x, y) = (basic(a), basic(b));
    if x == Basic::Other || y == Basic::Other {
        return Err(BAD.into());
    }
    Ok(match (x, y) {
        (Basic::Int, Basic::Uint) => int_of(a) < 0 || (int_of(a) as u64) < int_of(b) as u64,
        (Basic::Uint, Basic::Int) => int_of(b) >= 0 && (int_of(a) as u64) < int_of(b) as u64,
        (x, y) if x != y => return Err(incompatible(a, b, helm)),
        (Basic::Bool | Basic::Complex, _) => return Err(BAD.into()),
        (Basic::Uint, _) => (int_of(a) as u64) < int_of(b) as u64,
        (Basic::Int, _) => int_of(a) < int_of(b),
        _ => match (a, b) {
            (Value::Float(a), Value::Float(b)) => a < b,
            (Value::Str(a), Value::Str(b)) => a < b,
            _ => false,
        },
    })
}

fn less_or_equal(a: &Value, b: &Value, helm: HelmVersion) -> Result<bool, String> {
    Ok(less(a, b, helm)? || equal(a, b, helm)?)
}

fn lt(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    Ok(Value::Bool(less(&args[0], &args[1], cx.helm)?))
}

fn le(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    Ok(Value::Bool(less_or_equal(&args[0], &args[1], cx.helm)?))
}

fn gt(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    Ok(Value::Bool(!less_or_equal(&args[0], &args[1], cx.helm)?))
}

fn ge(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    Ok(Value::Bool(!less(&args[0], &args[1], cx.helm)?))
}

fn not(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    Ok(Value::Bool(!truth(&args[0])))
}

fn index_number(index: &Value, len: usize, helm: HelmVersion) -> Result<usize, String> {
    let n = match index {
        Value::Int(n, _) => *n,
        Value::Object(o) if o.number().is_some() => o.number().unwrap_or_default(),
        Value::Nil => return Err("cannot index slice/array with nil".into()),
        other => return Err(format!("cannot index slice/array with type {}", other.type_name(helm))),
    };
    match usize::try_from(n) {
        Ok(i) if i < len => Ok(i),
        // Go lets the length itself through and then panics.
        Ok(i) if i == len => Err("reflect: slice index out of range".into()),
        _ => Err(format!("index out of range: {n}")),
    }
}

fn index(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let mut item = args[0].clone();
    if item.is_nil() {
        return Err("index of untyped nil".into());
    }
    for i in &args[1..] {
        item = match &item {
            Value::Nil => return Err("index of nil pointer".into()),
            Value::Str(s) => {
                let n =
                    index_number(i, s.len(), cx.helm).map_err(|e| e.replace("slice index out", "string index out"))?;
                Value::Int(i64::from(s[n]), IntKind::Uint8)
            }
            Value::Bytes(b) => Value::Int(i64::from(b[index_number(i, b.len(), cx.helm)?]), IntKind::Uint8),
            Value::List(l) => l.items[index_number(i, l.items.len(), cx.helm)?].value.clone(),
            Value::Object(o) if o.as_list().is_some() => {
                let l = o.as_list().cloned().expect("just seen");
                l.items[index_number(i, l.items.len(), cx.helm)?].value.clone()
            }
            Value::Map(m) => match i {
                Value::Str(key) => m.get(key).unwrap_or_else(|| match m.kind() {
                    MapKind::Strings => Value::string(""),
                    MapKind::Files => Value::Bytes(Blob::nil()),
                    _ => Value::Nil,
                }),
                Value::Nil => return Err("value is nil; should be of type string".into()),
                other => return Err(format!("value has type {}; should be string", other.type_name(cx.helm)).into()),
            },
            // Pointers are followed.
            other => {
                let name = other.type_name(cx.helm);
                return Err(format!("can't index item of type {}", name.trim_start_matches('*')).into());
            }
        };
    }
    Ok(item)
}

fn print(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    Ok(Value::string(sprint(args, cx.helm)))
}

fn printf(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let format = args[0].as_str().map_or(&[][..], |s| s);
    Ok(Value::string(sprintf(format, &args[1..], cx.helm)))
}

fn println(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    Ok(Value::string(sprintln(args, cx.helm)))
}

/// The arguments as one text: a lone string as it is, else as `print` has them.
fn joined(args: &[Value], helm: HelmVersion) -> Vec<u8> {
    match args {
        [Value::Str(s)] => s.to_vec(),
        // A nil among them prints as the evaluator would print it.
        _ => {
            let no_value = Value::string("<no value>");
            let mut out = Vec::new();
            let mut previous_is_string = true;
            for v in args.iter().map(|v| if v.is_nil() { &no_value } else { v }) {
                let is_string = matches!(v, Value::Str(_));
                if !is_string && !previous_is_string {
                    out.push(b' ');
                }
                print_in_place(&mut out, v, helm);
                previous_is_string = is_string;
            }
            out
        }
    }
}

fn html(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let mut out = Vec::new();
    for b in joined(args, cx.helm) {
        match b {
            0 => out.extend_from_slice("\u{FFFD}".as_bytes()),
            b'"' => out.extend_from_slice(b"&#34;"),
            b'\'' => out.extend_from_slice(b"&#39;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            b => out.push(b),
        }
    }
    Ok(Value::string(out))
}

fn js(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let text = joined(args, cx.helm);
    let mut out = Vec::new();
    let mut at = 0;
    while let Some((c, w)) = decode_rune(&text[at..]) {
        match c {
            '\\' => out.extend_from_slice(b"\\\\"),
            '\'' => out.extend_from_slice(b"\\'"),
            '"' => out.extend_from_slice(b"\\\""),
            '<' | '>' | '&' | '=' | '\0'..' ' => out.extend_from_slice(format!("\\u{:04X}", c as u32).as_bytes()),
            c if c.is_ascii() || is_print(c) => out.extend_from_slice(&text[at..at + w]),
            c => out.extend_from_slice(format!("\\u{:04X}", c as u32).as_bytes()),
        }
        at += w;
    }
    Ok(Value::string(out))
}

fn urlquery(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let text = joined(args, cx.helm);
    Ok(Value::string(crate::grammar::gourl::query_escape(&text)))
}
