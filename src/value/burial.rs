//! Dropping lists and maps that are nested very deeply: a loop in a template can put a list into a list millions of
//! times, and dropping one within the other would use up the stack. Where the stack gets low, the rest waits until
//! [`drop_waiting`]; everywhere else a drop costs one comparison more.

use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;

use super::entries::Kind;
use super::{List, Slot};
use crate::stack;

/// What a list or map held.
#[expect(dead_code, reason = "held to be dropped")]
enum Remains {
    List(Vec<Slot>),
    Map(Kind),
}

thread_local! {
    static ANY_WAITING: Cell<bool> = const { Cell::new(false) };
    static WAITING: RefCell<Vec<ManuallyDrop<Remains>>> = const { RefCell::new(Vec::new()) };
}

#[cold]
fn wait(remains: Remains) {
    // A thread that ends drops no deep values any more, and leaves alone what still waits.
    let _ = WAITING.try_with(|waiting| {
        waiting.borrow_mut().push(ManuallyDrop::new(remains));
        ANY_WAITING.set(true);
    });
}

/// Drops what had no stack for it. Call it where little of the stack is used.
pub fn drop_waiting() {
    if ANY_WAITING.replace(false) {
        // Each step drops a level at least: what is still too deep comes back.
        while let Some(remains) = WAITING.with_borrow_mut(Vec::pop) {
            drop(ManuallyDrop::into_inner(remains));
        }
        ANY_WAITING.set(false);
    }
}

impl Drop for List {
    #[inline]
    fn drop(&mut self) {
        if stack::is_low() && !self.items.is_empty() {
            wait(Remains::List(std::mem::take(&mut self.items)));
        }
    }
}

impl Drop for Kind {
    #[inline]
    fn drop(&mut self) {
        if stack::is_low() && !matches!(self, Kind::Row(row) if row.is_empty()) {
            wait(Remains::Map(std::mem::replace(self, Kind::Row(Vec::new()))));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::value::{List, ListKind, Map, Room, Slot, Value};

    fn deep(levels: usize) -> Value {
        let mut value = Value::int(1);
        for i in 0..levels {
            value = if i % 3 == 0 {
                Value::Map(Map::from_iter([("k".into(), Slot::from(value))]))
            } else {
                let items = vec![Slot::from(value), Value::string("beside").into()];
                Value::List(List { kind: ListKind::Any, nil: false, items, room: Room::Exact }.into())
            };
        }
        value
    }

    #[test]
    fn deep_values_drop_on_a_small_stack() {
        let work = || {
            drop(deep(1_000_000));
            assert!(super::ANY_WAITING.get());
            super::drop_waiting();
            assert!(super::WAITING.with_borrow(Vec::is_empty));
        };
        std::thread::Builder::new().stack_size(2 << 20).spawn(work).expect("a thread").join().expect("no overflow");
    }
}
