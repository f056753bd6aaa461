//! Optional values.

use super::super::eval::Fail;
use super::super::value::Value;
use super::Outcome;

/// `optional.of(x)`
pub fn of<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    args.first().cloned().map(Value::some).ok_or_else(Fail::overload)
}

/// `optional.none()`
pub fn none<'a>(_: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Optional(None))
}

/// `optional.ofNonZeroValue(x)`
pub fn of_non_zero<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let [v] = args else { return Err(Fail::overload()) };
    let zero = match v {
        Value::Null => true,
        Value::Bool(b) => !b,
        Value::Int(i) => *i == 0,
        Value::Uint(u) => *u == 0,
        Value::Double(d) => *d == 0.0,
        Value::Str(s) => s.is_empty(),
        Value::Bytes(b) => b.is_empty(),
        Value::Duration(d) => *d == 0,
        Value::List(l) => l.is_empty(),
        Value::Map(m) => m.is_empty(),
        Value::Optional(o) => o.is_none(),
        _ => false,
    };
    Ok(if zero { Value::Optional(None) } else { Value::some(v.clone()) })
}

/// `o.value()`
pub fn value<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match args {
        [Value::Optional(Some(v))] => Ok((**v).clone()),
        [Value::Optional(None)] => Err(Fail::new("optional.none() dereference")),
        _ => Err(Fail::overload()),
    }
}

/// `o.hasValue()`
pub fn has_value<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match args {
        [Value::Optional(o)] => Ok(Value::Bool(o.is_some())),
        _ => Err(Fail::overload()),
    }
}

/// `o.or(p)`
pub fn or<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match args {
        [Value::Optional(None), Value::Optional(other)] => Ok(Value::Optional(other.clone())),
        [Value::Optional(some), _] => Ok(Value::Optional(some.clone())),
        _ => Err(Fail::overload()),
    }
}

/// `o.orValue(x)`
pub fn or_value<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match args {
        [Value::Optional(Some(v)), _] => Ok((**v).clone()),
        [Value::Optional(None), other] => Ok(other.clone()),
        _ => Err(Fail::overload()),
    }
}

/// `optional.unwrap(list)`, `list.unwrapOpt()`: what the elements hold.
pub fn unwrap<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let [Value::List(l)] = args else { return Err(Fail::overload()) };
    let mut out = Vec::with_capacity(l.len());
    for value in l.iter() {
        match value {
            Value::Optional(inner) => out.extend(inner.map(|v| (*v).clone())),
            _ => return Err(Fail::overload()),
        }
    }
    Ok(Value::list(out))
}

/// `list.first()`
pub fn first<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match args {
        [Value::List(l)] => Ok(Value::Optional(l.get(0).map(Into::into))),
        _ => Err(Fail::overload()),
    }
}

/// `list.last()`
pub fn last<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match args {
        [Value::List(l)] => Ok(Value::Optional(l.len().checked_sub(1).and_then(|i| l.get(i)).map(Into::into))),
        _ => Err(Fail::overload()),
    }
}
