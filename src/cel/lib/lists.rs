//! Lists: Kubernetes' own functions and cel-go's `ext/lists.go`.

use std::cmp::Ordering;

use super::super::eval::Fail;
use super::super::value::{List, Value};
use super::{Outcome, operators};

fn list<'v, 'a>(args: &'v [Value<'a>]) -> Result<&'v List<'a>, Fail> {
    match args.first() {
        Some(Value::List(l)) => Ok(l),
        _ => Err(Fail::overload()),
    }
}

/// `l.isSorted()`
pub fn is_sorted<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let mut before: Option<Value<'a>> = None;
    for now in list(args)?.iter() {
        if let Some(before) = before
            && before.compare(&now).ok_or_else(Fail::overload)? == Ordering::Greater
        {
            return Ok(Value::Bool(false));
        }
        before = Some(now);
    }
    Ok(Value::Bool(true))
}

/// `l.sum()`; an empty list of unknown type has the sum 0.
pub fn sum<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let mut sum: Option<Value<'a>> = None;
    for now in list(args)?.iter() {
        sum = Some(match sum {
            None => now,
            Some(before) => operators::add(&[before, now])?,
        });
    }
    match sum {
        None => Ok(Value::Int(0)),
        Some(v @ (Value::Int(_) | Value::Uint(_) | Value::Double(_) | Value::Duration(_))) => Ok(v),
        Some(_) => Err(Fail::overload()),
    }
}

fn extreme<'a>(args: &[Value<'a>], name: &str, prefer: Ordering) -> Outcome<'a> {
    let mut best: Option<Value<'a>> = None;
    for now in list(args)?.iter() {
        best = Some(match best {
            None => now,
            Some(best) if best.compare(&now).ok_or_else(Fail::overload)? == prefer => now,
            Some(best) => best,
        });
    }
    best.ok_or_else(|| Fail::new(format!("{name} called on empty list")))
}

/// `l.min()`
pub fn min<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    extreme(args, "min", Ordering::Greater)
}

/// `l.max()`
pub fn max<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    extreme(args, "max", Ordering::Less)
}

/// `l.slice(start, end)`
pub fn slice<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let [Value::List(l), Value::Int(start), Value::Int(end)] = args else { return Err(Fail::overload()) };
    let wrong = |why: &str| Err(Fail::new(format!("cannot slice({start}, {end}), {why}")));
    if *start < 0 || *end < 0 {
        return wrong("negative indexes not supported");
    }
    if start > end {
        return wrong("start index must be less than or equal to end index");
    }
    if (l.len() as i64) < *end {
        return wrong(&format!("list is length {}", l.len()));
    }
    Ok(Value::list((*start..*end).filter_map(|i| l.get(i as usize)).collect()))
}

fn flat<'a>(l: &List<'a>, depth: i64, out: &mut Vec<Value<'a>>) -> Result<(), Fail> {
    if crate::stack::is_low() {
        return Err(Fail::new("expression recursion limit exceeded"));
    }
    for value in l.iter() {
        match value {
            Value::List(inner) if depth > 0 => flat(&inner, depth - 1, out)?,
            other => out.push(other),
        }
    }
    Ok(())
}

/// `l.flatten()`, `l.flatten(depth)`
pub fn flatten<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let depth = match args.get(1) {
        None => 1,
        Some(Value::Int(d)) if *d < 0 => return Err(Fail::new("level must be non-negative")),
        Some(Value::Int(d)) => *d,
        Some(_) => return Err(Fail::overload()),
    };
    let mut out = Vec::new();
    flat(list(args)?, depth, &mut out)?;
    Ok(Value::list(out))
}

/// `l.sort()`
pub fn sort<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let values: Vec<Value<'a>> = list(args)?.iter().collect();
    let keys = values.clone();
    sort_by(values, &keys)
}

/// `l.sortBy(x, key)` with the keys at hand.
pub fn sort_by<'a>(values: Vec<Value<'a>>, keys: &[Value<'a>]) -> Outcome<'a> {
    let Some(first) = keys.first() else { return Ok(Value::list(values)) };
    if first.compare(first).is_none() && !matches!(first, Value::Double(_)) {
        return Err(Fail::new("list elements must be comparable"));
    }
    if keys.iter().any(|k| k.type_name() != first.type_name()) {
        return Err(Fail::new("list elements must have the same type"));
    }
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| keys[*a].compare(&keys[*b]).unwrap_or(Ordering::Equal));
    Ok(Value::list(order.into_iter().map(|i| values[i].clone()).collect()))
}

/// `lists.range(n)`
pub fn range<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match args {
        [Value::Int(n)] if *n > 1_000_000 => Err(Fail::new("operation cancelled: actual cost limit exceeded")),
        [Value::Int(n)] => Ok(Value::list((0..*n).map(Value::Int).collect())),
        _ => Err(Fail::overload()),
    }
}

/// `l.reverse()`
pub fn reverse<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let mut values: Vec<Value<'a>> = list(args)?.iter().collect();
    values.reverse();
    Ok(Value::list(values))
}

/// `l.distinct()`
pub fn distinct<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let l = list(args)?;
    if l.len() > 1000 {
        // The square of that is what an expression may cost.
        return Err(Fail::new("operation cancelled: actual cost limit exceeded"));
    }
    let mut out: Vec<Value<'a>> = Vec::new();
    for value in l.iter() {
        if !out.iter().any(|v| v.equals(&value)) {
            out.push(value);
        }
    }
    Ok(Value::list(out))
}
