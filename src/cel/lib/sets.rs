//! Lists as sets.

use super::super::eval::Fail;
use super::super::value::{List, Value};
use super::Outcome;

fn within(small: &List<'_>, large: &List<'_>) -> bool {
    small.iter().all(|v| large.iter().any(|w| w.equals(&v)))
}

/// `sets.contains(a, b)`: all of `b` is in `a`.
pub fn contains<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match args {
        [Value::List(a), Value::List(b)] => Ok(Value::Bool(within(b, a))),
        _ => Err(Fail::overload()),
    }
}

/// `sets.equivalent(a, b)`
pub fn equivalent<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match args {
        [Value::List(a), Value::List(b)] => Ok(Value::Bool(within(a, b) && within(b, a))),
        _ => Err(Fail::overload()),
    }
}

/// `sets.intersects(a, b)`
pub fn intersects<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match args {
        [Value::List(a), Value::List(b)] => Ok(Value::Bool(a.iter().any(|v| b.iter().any(|w| w.equals(&v))))),
        _ => Err(Fail::overload()),
    }
}
