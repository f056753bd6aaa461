//! Operators and `size`.

use std::cmp::Ordering;

use super::super::eval::{self, Fail};
use super::super::value::{List, Value};
use super::{Outcome, time};

/// `==`
pub fn equal<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match args {
        [a, b] => Ok(Value::Bool(a.equals(b))),
        _ => Err(Fail::overload()),
    }
}

/// `!=`
pub fn not_equal<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match args {
        [a, b] => Ok(Value::Bool(!a.equals(b))),
        _ => Err(Fail::overload()),
    }
}

fn ordered<'a>(args: &[Value<'a>], fits: fn(Ordering) -> bool) -> Outcome<'a> {
    match args {
        [Value::Double(a), Value::Double(b)] if a.is_nan() || b.is_nan() => {
            Err(Fail::new("NaN values cannot be ordered"))
        }
        [a, b] => a.compare(b).map(|o| Value::Bool(fits(o))).ok_or_else(Fail::overload),
        _ => Err(Fail::overload()),
    }
}

/// `<`
pub fn less<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    ordered(args, Ordering::is_lt)
}

/// `<=`
pub fn less_equal<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    ordered(args, Ordering::is_le)
}

/// `>`
pub fn greater<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    ordered(args, Ordering::is_gt)
}

/// `>=`
pub fn greater_equal<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    ordered(args, Ordering::is_ge)
}

/// `in`
pub fn contained<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match args {
        [a, Value::List(list)] => Ok(Value::Bool(list.iter().any(|v| v.equals(a)))),
        [a, Value::Map(map)] => Ok(Value::Bool(map.get(a).is_some())),
        _ => Err(Fail::overload()),
    }
}

/// `!`
pub fn not<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match args {
        [Value::Bool(b)] => Ok(Value::Bool(!b)),
        _ => Err(Fail::overload()),
    }
}

fn int<'a>(result: Option<i64>) -> Outcome<'a> {
    result.map(Value::Int).ok_or(Fail::new("integer overflow"))
}

fn uint<'a>(result: Option<u64>) -> Outcome<'a> {
    result.map(Value::Uint).ok_or(Fail::new("unsigned integer overflow"))
}

/// `-x`
pub fn negate<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match args {
        [Value::Int(i)] => int(i.checked_neg()),
        [Value::Double(d)] => Ok(Value::Double(-d)),
        _ => Err(Fail::overload()),
    }
}

/// `+`
pub fn add<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match args {
        [Value::Int(a), Value::Int(b)] => int(a.checked_add(*b)),
        [Value::Uint(a), Value::Uint(b)] => uint(a.checked_add(*b)),
        [Value::Double(a), Value::Double(b)] => Ok(Value::Double(a + b)),
        [Value::Str(a), Value::Str(b)] => Ok(Value::text([&**a, &**b].concat())),
        [Value::Bytes(a), Value::Bytes(b)] => Ok(Value::Bytes([&**a, &**b].concat().into())),
        [Value::List(a), Value::List(b)] => {
            if a.len() + b.len() > 1_000_000 {
                return Err(Fail::new("operation cancelled: actual cost limit exceeded"));
            }
            Ok(Value::List(List::Values(a.iter().chain(b.iter()).collect())))
        }
        [Value::Timestamp(t), Value::Duration(d)] | [Value::Duration(d), Value::Timestamp(t)] => time::shift(*t, *d),
        [Value::Duration(a), Value::Duration(b)] => time::span(a.checked_add(*b)),
        _ => Err(Fail::overload()),
    }
}

/// `-`
pub fn subtract<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match args {
        [Value::Int(a), Value::Int(b)] => int(a.checked_sub(*b)),
        [Value::Uint(a), Value::Uint(b)] => uint(a.checked_sub(*b)),
        [Value::Double(a), Value::Double(b)] => Ok(Value::Double(a - b)),
        [Value::Timestamp(a), Value::Timestamp(b)] => {
            time::span(i64::try_from(a.as_nanosecond() - b.as_nanosecond()).ok())
        }
        [Value::Timestamp(t), Value::Duration(d)] => match d.checked_neg() {
            Some(d) => time::shift(*t, d),
            None => Err(Fail::new("integer overflow")),
        },
        [Value::Duration(a), Value::Duration(b)] => time::span(a.checked_sub(*b)),
        _ => Err(Fail::overload()),
    }
}

/// `*`
pub fn multiply<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match args {
        [Value::Int(a), Value::Int(b)] => int(a.checked_mul(*b)),
        [Value::Uint(a), Value::Uint(b)] => uint(a.checked_mul(*b)),
        [Value::Double(a), Value::Double(b)] => Ok(Value::Double(a * b)),
        _ => Err(Fail::overload()),
    }
}

/// `/`
pub fn divide<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match args {
        [Value::Int(_), Value::Int(0)] | [Value::Uint(_), Value::Uint(0)] => Err(Fail::new("division by zero")),
        [Value::Int(a), Value::Int(b)] => int(a.checked_div(*b)),
        [Value::Uint(a), Value::Uint(b)] => uint(a.checked_div(*b)),
        [Value::Double(a), Value::Double(b)] => Ok(Value::Double(a / b)),
        _ => Err(Fail::overload()),
    }
}

/// `%`
pub fn modulo<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match args {
        [Value::Int(_), Value::Int(0)] | [Value::Uint(_), Value::Uint(0)] => Err(Fail::new("modulus by zero")),
        [Value::Int(a), Value::Int(b)] => int(a.checked_rem(*b)),
        [Value::Uint(a), Value::Uint(b)] => uint(a.checked_rem(*b)),
        _ => Err(Fail::overload()),
    }
}

/// `a[b]`
pub fn index<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let [of, key] = args else { return Err(Fail::overload()) };
    let found = eval::index(of, key)?;
    match of {
        Value::Optional(_) => Ok(Value::Optional(found.map(Into::into))),
        _ => found.ok_or_else(|| eval::missing(of, key)),
    }
}

/// `a[?b]`
pub fn optional_index<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let [of, key] = args else { return Err(Fail::overload()) };
    Ok(Value::Optional(eval::index(of, key)?.map(Into::into)))
}

/// `size(x)`: characters, bytes, elements, entries.
pub fn size<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let size = match args {
        [Value::Str(s)] => s.chars().count(),
        [Value::Bytes(b)] => b.len(),
        [Value::List(l)] => l.len(),
        [Value::Map(m)] => m.len(),
        _ => return Err(Fail::overload()),
    };
    Ok(Value::Int(size as i64))
}
