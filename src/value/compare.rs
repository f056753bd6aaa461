//! Truth, emptiness and deep equality of values, as Go's reflection and Sprig have them.

use super::{Map, Value};
use crate::stack;

/// What `if` makes of a value (Go 1.26 `text/template` isTrue).
pub fn truth(value: &Value) -> bool {
    match value {
        Value::Nil => false,
        Value::Bool(b) => *b,
        Value::Int(n, _) => *n != 0,
        Value::Float(f) => *f != 0.0,
        Value::Complex(re, im) => *re != 0.0 || *im != 0.0,
        Value::Str(s) => !s.is_empty(),
        Value::Bytes(b) => !b.is_empty(),
        Value::List(l) => !l.items.is_empty(),
        Value::Map(m) => !m.is_empty(),
        Value::Object(o) => o.truth(),
    }
}

/// Sprig's `empty` (sprig v3.3.0 `defaults.go`): as not [`truth`], but structs are never empty.
pub fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(o) => o.is_empty(),
        other => !truth(other),
    }
}

/// `reflect.DeepEqual`: types matter (an int is no int64), a nil list is no empty list, NaN is not itself.
pub fn deep_equal(a: &Value, b: &Value) -> bool {
    if stack::is_low() {
        return false;
    }
    match (a, b) {
        (Value::Nil, Value::Nil) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a, x), Value::Int(b, y)) => a == b && x == y,
        (Value::Float(a), Value::Float(b)) => a == b,
        (Value::Complex(a, b), Value::Complex(c, d)) => a == c && b == d,
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::Bytes(a), Value::Bytes(b)) => a == b,
        (Value::List(a), Value::List(b)) => {
            a.kind == b.kind
                && a.nil == b.nil
                && a.items.len() == b.items.len()
                && (std::rc::Rc::ptr_eq(a, b) && !a.items.is_empty()
                    || a.items.iter().zip(&b.items).all(|(x, y)| deep_equal(&x.value, &y.value)))
        }
        (Value::Map(a), Value::Map(b)) => a.kind() == b.kind() && maps_equal(a, b),
        (Value::Object(a), Value::Object(b)) => a.equals(&**b),
        _ => false,
    }
}

fn maps_equal(a: &Map, b: &Map) -> bool {
    if a.same(b) {
        return true;
    }
    let (a, b) = (a.entries(), b.entries());
    a.len() == b.len() && a.iter().zip(b.iter()).all(|((k, x), (l, y))| k == l && deep_equal(&x.value, &y.value))
}
