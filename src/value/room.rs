//! What lies in memory behind the last item of a list: Go's `slice` cuts up to a slice's capacity, which is often more
//! than its length. Source: Go 1.26 `runtime/slice.go` growslice, `runtime/msize.go` roundupsize.

use std::rc::Rc;

use super::{List, ListKind, Slot, Value};

/// How a list came about, as far as its capacity depends on it.
#[derive(Clone, Debug, Default)]
pub enum Room {
    /// In one piece of just its length.
    #[default]
    Exact,
    /// By appending item after item to nothing.
    Appended,
    /// With room for so many items.
    Capacity(usize),
    /// As a part of another list, from this item on.
    Part(Rc<List>, usize),
}

/// Go's sizes of small pieces of memory.
const SIZES: [usize; 67] = [
    8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320, 352, 384, 416, 448, 480,
    512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536, 1792, 2048, 2304, 2688, 3072, 3200, 3456, 4096, 4864,
    5376, 6144, 6528, 6784, 6912, 8192, 9472, 9728, 10240, 10880, 12288, 13568, 14336, 16384, 18432, 19072, 20480,
    21760, 24576, 27264, 28672, 32768,
];
/// Larger pieces are whole pages.
const PAGE: usize = 8192;

/// The memory that Go takes for so many bytes; pieces with pointers above 512 bytes have a header of 8.
fn rounded(bytes: usize, pointers: bool) -> usize {
    if bytes > 32_768 - 8 {
        return bytes.next_multiple_of(PAGE);
    }
    let header = if pointers && bytes > 512 { 8 } else { 0 };
    SIZES.iter().find(|s| **s >= bytes + header).map_or(bytes, |s| s - header)
}

/// The capacity that appending up to `length` items gives a slice of capacity `old`.
fn grown(old: usize, length: usize, kind: ListKind) -> usize {
    let (size, pointers) = if kind == ListKind::Ints { (8, false) } else { (16, true) };
    let mut capacity = old;
    if length > old.saturating_mul(2) {
        capacity = length;
    } else if old < 256 {
        capacity = old * 2;
    } else {
        while capacity < length {
            capacity += (capacity + 3 * 256) >> 2;
        }
    }
    rounded(capacity * size, pointers) / size
}

impl List {
    /// An address for telling lists apart.
    pub fn address(&self) -> usize {
        self.items.as_ptr().addr()
    }

    /// Go's `cap`.
    pub fn capacity(&self) -> usize {
        match &self.room {
            Room::Exact => self.items.len(),
            Room::Capacity(n) => *n,
            Room::Part(whole, from) => whole.capacity() - from,
            Room::Appended => {
                let mut capacity = 0;
                while capacity < self.items.len() {
                    capacity = grown(capacity, capacity + 1, self.kind);
                }
                capacity
            }
        }
    }

    /// The capacity of what `append` makes of a copy of this list with one item more.
    pub fn room_after_push(&self) -> Room {
        Room::Capacity(grown(self.items.len(), self.items.len() + 1, ListKind::Any))
    }

    /// The item at an index below the capacity: behind the length there is what the whole list holds, or nothing.
    fn reach(&self, i: usize) -> Slot {
        match (self.items.get(i), &self.room) {
            (Some(slot), _) => slot.clone(),
            (None, Room::Part(whole, from)) => whole.reach(from + i),
            (None, _) => match self.kind {
                ListKind::Strings => Value::string("").into(),
                ListKind::Ints => Value::int(0).into(),
                _ => Slot::default(),
            },
        }
    }

    /// Go's `list[from:to]`; nothing where that panics.
    pub fn cut(self: &Rc<List>, from: usize, to: usize) -> Option<List> {
        if from > to || to > self.capacity() {
            return None;
        }
        let items = (from..to).map(|i| self.reach(i)).collect();
        let room = match &self.room {
            Room::Part(whole, start) => Room::Part(whole.clone(), start + from),
            _ => Room::Part(self.clone(), from),
        };
        Some(List { kind: self.kind, nil: false, items, room })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn appended_lists_grow_as_go_lets_them() {
        let capacity = |n: usize| {
            let items = vec![Slot::default(); n];
            List { kind: ListKind::Any, nil: false, items, room: Room::Appended }.capacity()
        };
        assert_eq!([0, 1, 2, 3, 5, 9, 17, 33].map(capacity), [0, 1, 2, 4, 8, 16, 32, 64 + 7]);
    }
}
