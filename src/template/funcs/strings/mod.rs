//! Sprig's strings (sprig v3.3.0 `strings.go`, on Masterminds/goutils v1.1.1 and huandu/xstrings v1.5.0). Most work on
//! bytes, as Go's do: `trunc` may cut a rune, `nospace` turns other text than ASCII into something else.

mod cases;
mod words;

use super::cast::{int, string, strval, text};
use crate::template::func::{Func, FuncCx, FuncResult, Ty};
use crate::value::fmt::go_quote;
use crate::value::{HelmVersion, ListKind, Map, MapKind, Slot, Str, Value, decode_rune, is_space};

/// The functions of this family.
pub const FUNCS: &[Func] = &[
    Func::new("abbrev", &[Ty::Int, Ty::Str], |_, a| words::abbreviate(a, 0, int(a, 0), 1)),
    Func::new("abbrevboth", &[Ty::Int, Ty::Int, Ty::Str], |_, a| words::abbreviate(a, int(a, 0), int(a, 1), 2)),
    Func::new("camelcase", &[Ty::Str], |_, a| Ok(Value::string(cases::pascal(text(a, 0))))),
    Func::variadic("cat", &[], Ty::Any, cat),
    Func::new("contains", &[Ty::Str, Ty::Str], |_, a| {
        Ok(Value::Bool(memchr::memmem::find(text(a, 1), text(a, 0)).is_some()))
    }),
    Func::new("hasPrefix", &[Ty::Str, Ty::Str], |_, a| Ok(Value::Bool(text(a, 1).starts_with(text(a, 0))))),
    Func::new("hasSuffix", &[Ty::Str, Ty::Str], |_, a| Ok(Value::Bool(text(a, 1).ends_with(text(a, 0))))),
    Func::new("hello", &[], |_, _| Ok(Value::string("Hello!"))),
    Func::new("indent", &[Ty::Int, Ty::Str], |_, a| indent(a, &[])),
    Func::new("nindent", &[Ty::Int, Ty::Str], |_, a| indent(a, b"\n")),
    Func::new("initials", &[Ty::Str], |_, a| Ok(Value::string(words::initials(text(a, 0))))),
    Func::new("join", &[Ty::Str, Ty::Any], join),
    Func::new("kebabcase", &[Ty::Str], |_, a| Ok(Value::string(cases::lower_with(text(a, 0), '-')))),
    Func::new("lower", &[Ty::Str], |_, a| Ok(Value::string(cases::map_runes(text(a, 0), cases::to_lower)))),
    Func::new("nospace", &[Ty::Str], |_, a| Ok(Value::string(words::without_spaces(text(a, 0))))),
    Func::new("plural", &[Ty::Str, Ty::Str, Ty::Int], |_, a| Ok(a[usize::from(int(a, 2) != 1)].clone())),
    Func::variadic("quote", &[], Ty::Any, quote),
    Func::new("repeat", &[Ty::Int, Ty::Str], repeat),
    Func::new("replace", &[Ty::Str, Ty::Str, Ty::Str], |_, a| {
        Ok(Value::string(replace(text(a, 2), text(a, 0), text(a, 1))))
    }),
    Func::new("snakecase", &[Ty::Str], |_, a| Ok(Value::string(cases::lower_with(text(a, 0), '_')))),
    Func::new("sortAlpha", &[Ty::Any], sort_alpha),
    Func::new("split", &[Ty::Str, Ty::Str], |_, a| Ok(numbered(split(text(a, 1), text(a, 0), -1)))),
    Func::new("splitList", &[Ty::Str, Ty::Str], |_, a| Ok(Value::strings(split(text(a, 1), text(a, 0), -1)))),
    Func::new("splitn", &[Ty::Str, Ty::Int, Ty::Str], |_, a| Ok(numbered(split(text(a, 2), text(a, 0), int(a, 1))))),
    Func::variadic("squote", &[], Ty::Any, squote),
    Func::new("substr", &[Ty::Int, Ty::Int, Ty::Str], substr),
    Func::new("swapcase", &[Ty::Str], |_, a| Ok(Value::string(cases::swap(text(a, 0))))),
    Func::new("title", &[Ty::Str], |_, a| Ok(Value::string(cases::title(text(a, 0))))),
    Func::new("toString", &[Ty::Any], |cx, a| Ok(Value::Str(strval(&a[0], cx.helm)))),
    Func::new("toStrings", &[Ty::Any], |cx, a| Ok(to_strings(&a[0], cx.helm))),
    Func::new("trim", &[Ty::Str], |_, a| Ok(Value::string(trim_by(text(a, 0), is_space)))),
    Func::new("trimAll", &[Ty::Str, Ty::Str], trim_all),
    Func::new("trimall", &[Ty::Str, Ty::Str], trim_all),
    Func::new("trimPrefix", &[Ty::Str, Ty::Str], |_, a| {
        Ok(Value::string(text(a, 1).strip_prefix(text(a, 0)).unwrap_or(text(a, 1))))
    }),
    Func::new("trimSuffix", &[Ty::Str, Ty::Str], trim_suffix),
    Func::new("trunc", &[Ty::Int, Ty::Str], trunc),
    Func::new("untitle", &[Ty::Str], |_, a| Ok(Value::string(cases::untitle(text(a, 0))))),
    Func::new("upper", &[Ty::Str], |_, a| Ok(Value::string(cases::map_runes(text(a, 0), cases::to_upper)))),
    Func::new("wrap", &[Ty::Int, Ty::Str], |_, a| words::wrap(text(a, 1), int(a, 0), b"", false)),
    Func::new("wrapWith", &[Ty::Int, Ty::Str, Ty::Str], |_, a| words::wrap(text(a, 2), int(a, 0), text(a, 1), true)),
];

/// Bytes that one string function may make.
const MAX_TEXT: usize = 256 << 20;

fn too_long(n: usize) -> String {
    format!("a text of {n} bytes is longer than the limit of {MAX_TEXT}")
}

/// Sprig's `strslice`: the items of a list as strings without the nils, or the value itself as the only one.
fn strings(v: &Value, helm: HelmVersion) -> Vec<Str> {
    match v {
        Value::Nil => Vec::new(),
        Value::List(l) => l.items.iter().filter(|s| !s.value.is_nil()).map(|s| strval(&s.value, helm)).collect(),
        Value::Object(o) if o.as_list().is_some() => {
            o.as_list().map(|l| l.items.iter().map(|s| strval(&s.value, helm)).collect()).unwrap_or_default()
        }
        Value::Bytes(b) => b.iter().map(|b| Str::from(b.to_string())).collect(),
        other => vec![strval(other, helm)],
    }
}

/// `toStrings`: a `[]string` is returned as it is, were it nil.
fn to_strings(v: &Value, helm: HelmVersion) -> Value {
    match v {
        Value::List(l) if l.kind == ListKind::Strings => v.clone(),
        _ => Value::strings(strings(v, helm)),
    }
}

fn cat(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let mut out = Vec::new();
    for (i, v) in args.iter().filter(|v| !v.is_nil()).enumerate() {
        if i > 0 {
            out.push(b' ');
        }
        crate::value::fmt::print_value(&mut out, v, cx.helm);
    }
    Ok(Value::string(out))
}

fn indent(args: &[Value], lead: &[u8]) -> FuncResult {
    let (n, text) = (int(args, 0), text(args, 1));
    let Ok(n) = usize::try_from(n) else { return Err("strings: negative Repeat count".into()) };
    let lines = 1 + memchr::memchr_iter(b'\n', text).count();
    let size = lead.len() + text.len() + n.saturating_mul(lines);
    if size > MAX_TEXT {
        return Err(too_long(size).into());
    }
    let mut out = Vec::with_capacity(size);
    out.extend_from_slice(lead);
    for (i, line) in text.split(|c| *c == b'\n').enumerate() {
        if i > 0 {
            out.push(b'\n');
        }
        out.resize(out.len() + n, b' ');
        out.extend_from_slice(line);
    }
    Ok(Value::string(out))
}

fn join(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let parts = strings(&args[1], cx.helm);
    let parts: Vec<&[u8]> = parts.iter().map(Str::as_bytes).collect();
    Ok(Value::string(parts.join(text(args, 0))))
}

fn quote(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let mut out = String::new();
    for (i, v) in args.iter().filter(|v| !v.is_nil()).enumerate() {
        if i > 0 {
            out.push(' ');
        }
        out.push_str(&go_quote(strval(v, cx.helm)));
    }
    Ok(Value::string(out))
}

fn squote(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let mut out = Vec::new();
    for (i, v) in args.iter().filter(|v| !v.is_nil()).enumerate() {
        if i > 0 {
            out.push(b' ');
        }
        out.push(b'\'');
        crate::value::fmt::print_value(&mut out, v, cx.helm);
        out.push(b'\'');
    }
    Ok(Value::string(out))
}

fn repeat(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let text = text(args, 1);
    let Ok(n) = usize::try_from(int(args, 0)) else { return Err("strings: negative Repeat count".into()) };
    match text.len().checked_mul(n) {
        Some(size) if size <= MAX_TEXT => Ok(Value::string(text.repeat(n))),
        size if size.is_none_or(|s| i64::try_from(s).is_err()) => Err("strings: Repeat output length overflow".into()),
        size => Err(too_long(size.unwrap_or(usize::MAX)).into()),
    }
}

/// `strings.ReplaceAll`: an empty old text matches before every rune and at the end.
fn replace(text: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    if old.is_empty() {
        let mut at = 0;
        while let Some((_, w)) = decode_rune(&text[at..]) {
            out.extend_from_slice(new);
            out.extend_from_slice(&text[at..at + w]);
            at += w;
        }
        out.extend_from_slice(new);
        return out;
    }
    let mut from = 0;
    for n in memchr::memmem::find_iter(text, old) {
        out.extend_from_slice(&text[from..n]);
        out.extend_from_slice(new);
        from = n + old.len();
    }
    out.extend_from_slice(&text[from..]);
    out
}

fn sort_alpha(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    match &args[0] {
        Value::List(l) if l.nil && l.kind == ListKind::Strings => Ok(args[0].clone()),
        Value::List(_) | Value::Object(_) | Value::Bytes(_) => {
            let mut all = strings(&args[0], cx.helm);
            all.sort();
            Ok(Value::strings(all))
        }
        other => Ok(Value::strings([strval(other, cx.helm)])),
    }
}

/// `strings.SplitN`: `n` below zero for all parts, zero for none.
fn split(text: &[u8], separator: &[u8], n: i64) -> Vec<Str> {
    if n == 0 {
        return Vec::new();
    }
    let limit = usize::try_from(n).unwrap_or(usize::MAX);
    let mut out = Vec::new();
    let mut rest = text;
    if separator.is_empty() {
        while let Some((_, w)) = decode_rune(rest) {
            if out.len() + 1 == limit {
                break;
            }
            out.push(Str::from(&rest[..w]));
            rest = &rest[w..];
        }
        if !rest.is_empty() {
            out.push(rest.into());
        }
        return out;
    }
    while out.len() + 1 < limit
        && let Some(at) = memchr::memmem::find(rest, separator)
    {
        out.push(Str::from(&rest[..at]));
        rest = &rest[at + separator.len()..];
    }
    out.push(rest.into());
    out
}

/// Parts as the map `_0`, `_1`...
fn numbered(parts: Vec<Str>) -> Value {
    let map = Map::new(MapKind::Strings);
    for (i, part) in parts.into_iter().enumerate() {
        map.insert(format!("_{i}"), Slot::from(Value::Str(part)));
    }
    Value::Map(map)
}

fn out_of_range(from: i64, to: i64, len: usize) -> String {
    if to < 0 {
        return format!("runtime error: slice bounds out of range [:{to}]");
    }
    if to as u64 > len as u64 {
        return format!("runtime error: slice bounds out of range [:{to}] with length {len}");
    }
    format!("runtime error: slice bounds out of range [{from}:{to}]")
}

fn substr(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let (start, end, s) = (int(args, 0), int(args, 1), text(args, 2));
    let len = s.len() as i64;
    let (from, to) = match (start, end) {
        (from, to) if from < 0 => (0, to),
        (from, to) if to < 0 || to > len => (from, len),
        range => range,
    };
    if from > len && to == len {
        return Err(format!("runtime error: slice bounds out of range [{from}:{len}]").into());
    }
    match usize::try_from(from).ok().zip(usize::try_from(to).ok()).and_then(|(f, t)| s.get(f..t)) {
        Some(part) => Ok(Value::string(part)),
        None => Err(out_of_range(from, to, s.len()).into()),
    }
}

fn trim_by(s: &[u8], trimmed: impl Fn(char) -> bool) -> &[u8] {
    let mut s = s;
    while let Some((c, w)) = decode_rune(s) {
        if !trimmed(c) {
            break;
        }
        s = &s[w..];
    }
    while let Some((c, w)) = last_rune(s) {
        if !trimmed(c) {
            break;
        }
        s = &s[..s.len() - w];
    }
    s
}

fn last_rune(s: &[u8]) -> Option<(char, usize)> {
    let from = (1..=4.min(s.len())).find(|n| s[s.len() - n] & 0xc0 != 0x80)?;
    match decode_rune(&s[s.len() - from..]) {
        Some((c, w)) if w == from => Some((c, w)),
        _ => Some(('\u{FFFD}', 1)),
    }
}

fn trim_all(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let cut: Vec<char> = String::from_utf8_lossy(text(args, 0)).chars().collect();
    Ok(Value::string(trim_by(text(args, 1), |c| cut.contains(&c))))
}

fn trim_suffix(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    match text(args, 1).strip_suffix(text(args, 0)) {
        Some(head) if head.len() < text(args, 1).len() => Ok(Value::string(head)),
        _ => Ok(Value::Str(string(args, 1))),
    }
}

fn trunc(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let (n, s) = (int(args, 0), text(args, 1));
    let size = usize::try_from(n.unsigned_abs()).unwrap_or(usize::MAX);
    if s.len() <= size {
        return Ok(Value::Str(string(args, 1)));
    }
    Ok(Value::string(if n < 0 { &s[s.len() - size..] } else { &s[..size] }))
}
