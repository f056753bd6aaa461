//! The process's environment: Sprig's functions that Helm takes away from charts, and leaves to `--name-template`.

use super::cast::text;
use crate::template::func::{Func, Ty};
use crate::value::Value;

/// What `--name-template` has besides the functions of charts.
pub const NAME_TEMPLATE: &[Func] = &[
    Func::new("env", &[Ty::Str], |_, a| Ok(variable(text(a, 0)).unwrap_or_else(|| Value::string("")))),
    Func::new("expandenv", &[Ty::Str], |_, a| Ok(Value::string(expanded(text(a, 0))))),
];

/// A variable that is set.
pub(super) fn variable(name: &[u8]) -> Option<Value> {
    std::env::var(String::from_utf8_lossy(name).as_ref()).ok().map(Value::string)
}

/// `os.ExpandEnv`: `$NAME` and `${NAME}` become the variable's text.
fn expanded(s: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(s.len());
    let mut rest = s;
    while let Some(at) = memchr::memchr(b'$', rest).filter(|at| at + 1 < rest.len()) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        let (name, length) = shell_name(rest);
        match variable(name) {
            _ if name.is_empty() && length == 0 => out.push(b'$'),
            Some(Value::Str(value)) => out.extend_from_slice(&value),
            _ => {}
        }
        rest = &rest[length..];
    }
    out.extend_from_slice(rest);
    out
}

/// The name that a text starts with, and how many bytes it takes with its braces; no name where they are wrong.
fn shell_name(s: &[u8]) -> (&[u8], usize) {
    let is_special = |c: &u8| matches!(c, b'*' | b'#' | b'$' | b'@' | b'!' | b'?' | b'-' | b'0'..=b'9');
    match s {
        [b'{', c, b'}', ..] if is_special(c) => (&s[1..2], 3),
        [b'{', rest @ ..] => match memchr::memchr(b'}', rest) {
            Some(0) => (&[], 2),
            Some(end) => (&rest[..end], end + 2),
            None => (&[], 1),
        },
        [c, ..] if is_special(c) => (&s[..1], 1),
        _ => {
            let length = s.iter().take_while(|c| c.is_ascii_alphanumeric() || **c == b'_').count();
            (&s[..length], length)
        }
    }
}
