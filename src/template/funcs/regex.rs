//! Sprig's regular expressions (sprig v3.3.0 `regex.go`). The plain forms panic on a bad expression, the must forms
//! return the error; `regexMatch` keeps silent.

use std::sync::Arc;

use super::cast::{int, text};
use crate::grammar::regex::{GoRegex, compile_panic, quote_meta};
use crate::template::func::{Func, FuncCx, FuncError, Ty};
use crate::value::{ListKind, Str, Value};

/// The functions of this family.
pub const FUNCS: &[Func] = &[
    Func::new("regexMatch", &[Ty::Str, Ty::Str], |cx, a| {
        Ok(Value::Bool(cx.regexes.get(text(a, 0)).is_ok_and(|re| re.is_match(text(a, 1)))))
    }),
    Func::new("mustRegexMatch", &[Ty::Str, Ty::Str], |cx, a| Ok(Value::Bool(must(cx, a)?.is_match(text(a, 1))))),
    Func::new("regexFindAll", &[Ty::Str, Ty::Str, Ty::Int], |cx, a| Ok(find_all(&*panicking(cx, a)?, a))),
    Func::new("mustRegexFindAll", &[Ty::Str, Ty::Str, Ty::Int], |cx, a| Ok(find_all(&*must(cx, a)?, a))),
    Func::new("regexFind", &[Ty::Str, Ty::Str], |cx, a| Ok(find(&*panicking(cx, a)?, a))),
    Func::new("mustRegexFind", &[Ty::Str, Ty::Str], |cx, a| Ok(find(&*must(cx, a)?, a))),
    Func::new("regexReplaceAll", &[Ty::Str, Ty::Str, Ty::Str], |cx, a| {
        Ok(Value::string(panicking(cx, a)?.replace_all(text(a, 1), text(a, 2))))
    }),
    Func::new("mustRegexReplaceAll", &[Ty::Str, Ty::Str, Ty::Str], |cx, a| {
        Ok(Value::string(must(cx, a)?.replace_all(text(a, 1), text(a, 2))))
    }),
    Func::new("regexReplaceAllLiteral", &[Ty::Str, Ty::Str, Ty::Str], |cx, a| {
        Ok(Value::string(panicking(cx, a)?.replace_all_literal(text(a, 1), text(a, 2))))
    }),
    Func::new("mustRegexReplaceAllLiteral", &[Ty::Str, Ty::Str, Ty::Str], |cx, a| {
        Ok(Value::string(must(cx, a)?.replace_all_literal(text(a, 1), text(a, 2))))
    }),
    Func::new("regexSplit", &[Ty::Str, Ty::Str, Ty::Int], |cx, a| Ok(split(&*panicking(cx, a)?, a))),
    Func::new("mustRegexSplit", &[Ty::Str, Ty::Str, Ty::Int], |cx, a| Ok(split(&*must(cx, a)?, a))),
    Func::new("regexQuoteMeta", &[Ty::Str], |_, a| Ok(Value::string(quote_meta(text(a, 0))))),
];

fn must(cx: &mut FuncCx<'_>, args: &[Value]) -> Result<Arc<GoRegex>, FuncError> {
    Ok(cx.regexes.get(text(args, 0))?)
}

fn panicking(cx: &mut FuncCx<'_>, args: &[Value]) -> Result<Arc<GoRegex>, FuncError> {
    let source = text(args, 0);
    cx.regexes.get(source).map_err(|e| compile_panic(source, &e).into())
}

fn find_all(re: &GoRegex, args: &[Value]) -> Value {
    let s = text(args, 1);
    let all: Vec<Str> = re.find_all(s, int(args, 2)).into_iter().map(|m| Str::from(&s[m])).collect();
    if all.is_empty() {
        return Value::nil_list(ListKind::Strings);
    }
    Value::strings(all)
}

fn split(re: &GoRegex, args: &[Value]) -> Value {
    match re.split(text(args, 1), int(args, 2)) {
        Some(parts) => Value::strings(parts.into_iter().map(Str::from)),
        None => Value::nil_list(ListKind::Strings),
    }
}

fn find(re: &GoRegex, args: &[Value]) -> Value {
    Value::string(re.find(text(args, 1)).unwrap_or_default())
}
