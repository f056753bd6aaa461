//! Go's `path` and `path/filepath` (which are the same where slashes separate).

use super::cast::text;
use crate::grammar::gopath::clean_bytes;
use crate::template::func::{Func, FuncCx, FuncResult, Ty};
use crate::value::Value;

/// The functions of this family.
pub const FUNCS: &[Func] = &[
    Func::new("base", &[Ty::Str], base),
    Func::new("osBase", &[Ty::Str], base),
    Func::new("dir", &[Ty::Str], dir),
    Func::new("osDir", &[Ty::Str], dir),
    Func::new("clean", &[Ty::Str], |_, a| Ok(Value::string(clean_bytes(text(a, 0))))),
    Func::new("osClean", &[Ty::Str], |_, a| Ok(Value::string(clean_bytes(text(a, 0))))),
    Func::new("ext", &[Ty::Str], ext),
    Func::new("osExt", &[Ty::Str], ext),
    Func::new("isAbs", &[Ty::Str], |_, a| Ok(Value::Bool(text(a, 0).starts_with(b"/")))),
    Func::new("osIsAbs", &[Ty::Str], |_, a| Ok(Value::Bool(text(a, 0).starts_with(b"/")))),
];

fn base(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let path = text(args, 0);
    if path.is_empty() {
        return Ok(Value::string("."));
    }
    let Some(end) = path.iter().rposition(|c| *c != b'/') else { return Ok(Value::string("/")) };
    let path = &path[..=end];
    Ok(Value::string(path.iter().rposition(|c| *c == b'/').map_or(path, |n| &path[n + 1..])))
}

fn dir(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let path = text(args, 0);
    let parent = path.iter().rposition(|c| *c == b'/').map_or(&path[..0], |n| &path[..=n]);
    Ok(Value::string(clean_bytes(parent)))
}

fn ext(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let path = text(args, 0);
    let name = path.iter().rposition(|c| *c == b'/').map_or(path, |n| &path[n + 1..]);
    Ok(Value::string(name.iter().rposition(|c| *c == b'.').map_or(&name[..0], |n| &name[n..])))
}
