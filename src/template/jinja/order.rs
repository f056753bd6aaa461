//! The order and equality of Go's values in Jinja (`==`, `<`, `sort`, `unique`): numbers by their value whatever their
//! type, lists item by item, maps by keys and then values.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::rc::Rc;

use crate::stack;
use crate::value::fmt::to_bytes;
use crate::value::{HelmVersion, IntKind, List, Map, Value};

/// Compares two values. What contains itself is compared once.
pub fn compare(a: &Value, b: &Value) -> Ordering {
    Seen::default().compare(a, b)
}

/// Pairs of lists and maps, by address, that are being or have been compared.
#[derive(Default)]
struct Seen(HashSet<(usize, usize)>);

fn rank(value: &Value) -> u8 {
    match value {
        Value::Nil => 0,
        Value::Bool(_) => 1,
        Value::Int(..) | Value::Float(_) => 2,
        Value::Complex(..) => 3,
        Value::Str(_) => 4,
        Value::Bytes(_) => 5,
        Value::List(_) => 6,
        Value::Map(_) => 7,
        Value::Object(_) => 8,
    }
}

fn integer(n: i64, kind: IntKind) -> i128 {
    if kind == IntKind::Uint64 { i128::from(n as u64) } else { i128::from(n) }
}

fn float(value: &Value) -> f64 {
    match value {
        Value::Int(n, kind) => integer(*n, *kind) as f64,
        Value::Float(f) => *f,
        _ => 0.0,
    }
}

impl Seen {
    fn compare(&mut self, a: &Value, b: &Value) -> Ordering {
        if stack::is_low() {
            return Ordering::Equal;
        }
        match (a, b) {
            (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
            (Value::Int(a, x), Value::Int(b, y)) => integer(*a, *x).cmp(&integer(*b, *y)),
            (Value::Int(..) | Value::Float(_), Value::Int(..) | Value::Float(_)) => {
                let (a, b) = (float(a), float(b));
                if a == b { Ordering::Equal } else { a.total_cmp(&b) }
            }
            (Value::Complex(a, b), Value::Complex(c, d)) => a.total_cmp(c).then(b.total_cmp(d)),
            (Value::Str(a), Value::Str(b)) => a.cmp(b),
            (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
            (Value::List(a), Value::List(b)) => self.lists(a, b),
            (Value::Map(a), Value::Map(b)) => self.maps(a, b),
            (Value::Object(a), Value::Object(b)) if a.equals(&**b) => Ordering::Equal,
            (Value::Object(x), Value::Object(y)) => x.type_name().cmp(&y.type_name()).then_with(|| {
                let print = |v: &Value| to_bytes(v, HelmVersion::V4);
                print(a).cmp(&print(b))
            }),
            _ => rank(a).cmp(&rank(b)),
        }
    }

    fn lists(&mut self, a: &Rc<List>, b: &Rc<List>) -> Ordering {
        if Rc::ptr_eq(a, b) || !self.0.insert((Rc::as_ptr(a).addr(), Rc::as_ptr(b).addr())) {
            return Ordering::Equal;
        }
        let differs = a.items.iter().zip(&b.items).map(|(x, y)| self.compare(&x.value, &y.value)).find(|o| o.is_ne());
        differs.unwrap_or_else(|| a.items.len().cmp(&b.items.len()))
    }

    fn maps(&mut self, a: &Map, b: &Map) -> Ordering {
        if a.same(b) || !self.0.insert((a.address(), b.address())) {
            return Ordering::Equal;
        }
        let (a, b) = (a.entries(), b.entries());
        a.keys().cmp(b.keys()).then_with(|| {
            let differs = a.values().zip(b.values()).map(|(x, y)| self.compare(&x.value, &y.value)).find(|o| o.is_ne());
            differs.unwrap_or(Ordering::Equal)
        })
    }
}
