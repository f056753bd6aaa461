//! Truth, emptiness and deep equality of values, as Go's reflection and Sprig have them.

use std::collections::HashSet;
use std::rc::Rc;

use super::{List, Map, Value};
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

/// `reflect.DeepEqual`: types matter (an int is no int64), a nil list is no empty list, NaN is not itself. Maps and lists
/// that are compared already, further out or before, count as equal, as in Go: a map may contain itself.
pub fn deep_equal(a: &Value, b: &Value) -> bool {
    Pairs::default().equal(a, b)
}

/// Nesting that is compared without remembering what was seen: nearly everything there is.
const SHALLOW: u32 = 16;

/// Pairs of maps and lists, by address, that are being or have been compared.
#[derive(Default)]
struct Pairs {
    depth: u32,
    seen: HashSet<(usize, usize)>,
}

impl Pairs {
    fn equal(&mut self, a: &Value, b: &Value) -> bool {
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
            (Value::Bytes(a), Value::Bytes(b)) => a == b && a.is_nil() == b.is_nil(),
            (Value::List(a), Value::List(b)) => self.lists(a, b),
            (Value::Map(a), Value::Map(b)) => a.kind() == b.kind() && self.maps(a, b),
            (Value::Object(a), Value::Object(b)) => a.equals(&**b),
            _ => false,
        }
    }

    fn lists(&mut self, a: &Rc<List>, b: &Rc<List>) -> bool {
        a.kind == b.kind
            && a.nil == b.nil
            && a.items.len() == b.items.len()
            && (Rc::ptr_eq(a, b) && !a.items.is_empty()
                || self.inside((Rc::as_ptr(a).addr(), Rc::as_ptr(b).addr()), |pairs| {
                    a.items.iter().zip(&b.items).all(|(x, y)| pairs.equal(&x.value, &y.value))
                }))
    }

    fn maps(&mut self, a: &Map, b: &Map) -> bool {
        if a.same(b) {
            return true;
        }
        let place = (a.address(), b.address());
        let (a, b) = (a.entries(), b.entries());
        let mut both = a.iter().zip(b.iter());
        a.len() == b.len()
            && self.inside(place, |pairs| both.all(|((k, x), (l, y))| k == l && pairs.equal(&x.value, &y.value)))
    }

    /// Compares what is inside of two containers, unless that was done or is being done.
    fn inside(&mut self, place: (usize, usize), all: impl FnOnce(&mut Pairs) -> bool) -> bool {
        if self.depth > SHALLOW && !self.seen.insert(place) {
            return true;
        }
        self.depth += 1;
        let equal = all(self);
        self.depth -= 1;
        equal
    }
}
