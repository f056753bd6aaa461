//! Functions that make maps and lists, change them, or look something up in them: their slots are given what is known
//! of the values in them, so that it is still known when they are read.

use std::collections::HashMap;
use std::rc::Rc;

use super::flow::Flow;
use super::record::{Key, Kind, MOST, Node, Range, Recorder, Ref};
use crate::span::Pos;
use crate::stack;
use crate::template::trace::Tracer;
use crate::value::compare::deep_equal;
use crate::value::{List, Map, Slot, Str, Value};
use crate::yaml;

/// Entries of one value that are looked at for a function that takes in all of it.
const MOST_SLOTS: usize = 4096;

impl Recorder {
    /// The call of a function that takes in all of its arguments, entry by entry.
    pub(super) fn deep(&mut self, name: u16, args: &[Value], tags: &[Ref]) -> Ref {
        let mut all = tags.to_vec();
        for arg in args.iter().filter(|_| self.args.len() < MOST) {
            slots_of(arg, &mut all);
        }
        let args = Range { start: self.args.len() as u32, len: all.len() as u32 };
        self.args.extend_from_slice(&all);
        self.push(Node::Call { name, kind: Kind::Whole, args })
    }

    pub(super) fn container(&mut self, name: u16, flow: Flow, tags: &[Ref], args: &[Value], result: &mut Value) -> Ref {
        match (flow, &mut *result) {
            (Flow::Dict, Value::Map(map)) => {
                for (i, pair) in args.chunks(2).enumerate() {
                    let tag = tags.get(2 * i + 1).copied().unwrap_or_default();
                    if let Value::Str(key) = &pair[0] {
                        let tag = self.entry(tag, tags[2 * i]);
                        tag_entry(map, key, tag);
                    }
                }
            }
            (Flow::Set, Value::Map(map)) => {
                let value = self.below_branch(tags[2]);
                let value = self.entry(value, tags[1]);
                if let Some(key) = args[1].as_str() {
                    tag_entry(map, key, value);
                }
                return tags[0];
            }
            (Flow::List, Value::List(list)) => {
                if let Some(list) = Rc::get_mut(list) {
                    list.items.iter_mut().zip(tags).for_each(|(slot, tag)| slot.pos = tag.as_pos());
                }
            }
            (Flow::Append | Flow::Prepend, Value::List(list)) => {
                if let Some(list) = Rc::get_mut(list) {
                    let added = if flow == Flow::Append { list.items.last_mut() } else { list.items.first_mut() };
                    if let Some(slot) = added {
                        slot.pos = tags[1].as_pos();
                    }
                }
            }
            (Flow::Keys, Value::List(list)) => {
                if let Some(list) = Rc::get_mut(list) {
                    list.items.iter_mut().for_each(|slot| slot.pos = self.key_at(tags, slot));
                }
            }
            (Flow::Sorted, Value::List(list)) => sorted(args, list),
            (Flow::Parse, _) => return self.parsed(name, tags, args, result),
            (Flow::Container, Value::Map(map)) => self.copied(tags, args, map),
            (Flow::Split(i), result) => self.split(usize::from(i), tags, args, result),
            _ => {}
        }
        self.call_node(name, Kind::Whole, tags)
    }

    /// What is known of a key that `keys` returned with the position of its entry.
    fn key_at(&mut self, tags: &[Ref], slot: &Slot) -> Pos {
        if !slot.pos.is_known() {
            return slot.pos;
        }
        let word = slot.value.as_str().map(|s| s.to_vec()).unwrap_or_default();
        let read = self.read(&tags.first().copied().unwrap_or_default(), &word, slot.pos, &slot.value);
        self.key(&read, slot.pos).as_pos()
    }

    /// What is known of an entry, with its key where that isn't the template's or would be taken for another one.
    fn entry(&mut self, of: Ref, key: Ref) -> Ref {
        let is_part = matches!(self.node(of), Some(Node::Part { .. }));
        if is_part || self.node(key).is_some() { self.push(Node::Entry { of, key }) } else { of }
    }

    /// The key that stands there in a text.
    pub(super) fn key_part(&mut self, of: Ref, key: Key) -> Ref {
        let end = key.start.saturating_add(u32::from(key.len));
        self.push(Node::Part { of, start: key.start, end, exact: true, key: Key::default() })
    }

    /// Entries without a position (`Release` and the other objects) still come from the map that they were copied from.
    fn copied(&mut self, tags: &[Ref], args: &[Value], map: &Map) {
        let unknown: Vec<Str> =
            map.entries().iter().filter(|(_, slot)| !slot.pos.is_known()).map(|(key, _)| key.clone()).collect();
        for key in unknown {
            // A map that is merged into has them all by now.
            let sources = args.iter().zip(tags).filter_map(|(arg, tag)| Some((arg.as_map()?, tag)));
            let holding = sources.filter_map(|(from, tag)| Some((from.same(map), from.slot(&key)?, tag)));
            let source = holding.filter(|(_, slot, _)| !slot.pos.is_known()).min_by_key(|(is_result, _, _)| *is_result);
            if let Some((_, slot, tag)) = source {
                let read = self.read(tag, &key, Pos::NONE, &slot.value);
                tag_entry(map, &key, read);
            }
        }
    }

    /// The pieces of a text, in their order.
    fn split(&mut self, i: usize, tags: &[Ref], args: &[Value], result: &mut Value) {
        let (Some(Value::Str(text)), Some(of)) = (args.get(i), tags.get(i).copied()) else { return };
        if self.node(of).is_none() {
            return;
        }
        let mut from = 0;
        let mut tag = |slot: &mut Slot| {
            let Some(piece) = slot.value.as_str() else { return };
            let Some(at) = memchr::memmem::find(&text[from..], piece).map(|n| from + n) else { return };
            from = at + piece.len();
            let (start, end) = (at as u32, from as u32);
            slot.pos = self.push(Node::Part { of, start, end, exact: true, key: Key::default() }).as_pos();
        };
        match result {
            Value::List(list) => {
                if let Some(list) = Rc::get_mut(list) {
                    list.items.iter_mut().for_each(tag);
                }
            }
            Value::Map(map) => {
                let mut entries = map.entries_mut();
                for n in 0..entries.len() {
                    if let Some(slot) = entries.get_mut(format!("_{n}").as_bytes()) {
                        tag(slot);
                    }
                }
            }
            _ => {}
        }
    }

    /// Maps and lists that were parsed out of a text: each slot is the part of the text that it was read from.
    fn parsed(&mut self, name: u16, tags: &[Ref], args: &[Value], result: &mut Value) -> Ref {
        let call = self.call_node(name, Kind::Same(0), tags);
        let Some(text) = args[0].as_str().filter(|_| call.is_known()) else { return call };
        let again = match result {
            Value::List(_) => yaml::to_list(text, Pos(1)),
            _ => yaml::to_value(text, Pos(1)),
        };
        if let Ok(again) = again {
            let mut starts = Vec::new();
            positions(&again, &mut starts);
            starts.sort_unstable();
            starts.dedup();
            let ends = starts.iter().enumerate().map(|(i, start)| {
                let next = starts.get(i + 1).map_or(text.len(), |n| *n as usize);
                part_end(text, *start as usize, next) as u32
            });
            let parts: HashMap<u32, u32> = starts.iter().copied().zip(ends).collect();
            self.tag_parts(&again, result, &Parts { text, of: call, ends: parts });
        }
        call
    }

    /// Gives the slots of `value` the parts of the text that those of `read`, which is the same value, stand at.
    fn tag_parts(&mut self, read: &Value, value: &mut Value, parts: &Parts<'_>) {
        if stack::is_low() {
            return;
        }
        let tag = |recorder: &mut Recorder, key: &[u8], from: &Slot, to: &mut Slot| {
            if from.pos.is_known() {
                to.pos = recorder.push(parts.at(from.pos.0 - 1, key, &from.value)).as_pos();
            }
            recorder.tag_parts(&from.value, &mut to.value, parts);
        };
        match (read, value) {
            (Value::Map(read), Value::Map(map)) => {
                for (key, from) in read.entries().iter() {
                    if let Some(to) = map.entries_mut().get_mut(key) {
                        tag(self, key, from, to);
                    }
                }
            }
            (Value::List(read), Value::List(list)) => {
                if let Some(list) = Rc::get_mut(list) {
                    read.items.iter().zip(&mut list.items).for_each(|(from, to)| tag(self, b"", from, to));
                }
            }
            _ => {}
        }
    }

    /// Whether a list has an item: if so it is that item that says so, otherwise all of them.
    pub(super) fn has(&mut self, name: u16, args: &[Value], tags: &[Ref], result: &Value) -> Ref {
        let found = match (result, args.get(1)) {
            (Value::Bool(true), Some(Value::List(list))) => list.items.iter().find(|s| deep_equal(&s.value, &args[0])),
            _ => None,
        };
        match found.filter(|s| s.pos.is_known()) {
            Some(slot) => self.call_node(name, Kind::Whole, &[tags[0], Ref(slot.pos.0), tags[1]]),
            None => self.deep(name, args, tags),
        }
    }

    /// A value that was found in a map or list.
    pub(super) fn looked_up(&mut self, name: u16, flow: Flow, args: &[Value], tags: &[Ref], result: &Value) -> Ref {
        let (from, keys, key_tags) = match flow {
            Flow::Dig if args.len() > 2 => (args.len() - 1, &args[..args.len() - 2], &tags[..args.len() - 2]),
            Flow::Get | Flow::Index | Flow::HasKey if args.len() > 1 => (0, &args[1..], &tags[1..]),
            Flow::First | Flow::Last => (0, &args[..0], &tags[..0]),
            _ => return self.call_node(name, Kind::Whole, tags),
        };
        let mut at = args[from].clone();
        let mut tag = tags[from];
        for key in keys {
            match slot(&at, key) {
                Some(slot) => {
                    let word = key.as_str().map(|k| k.to_vec()).unwrap_or_default();
                    tag = self.read(&tag, &word, slot.pos, &slot.value);
                    at = slot.value;
                }
                None if flow == Flow::Dig => {
                    return self.call_node(name, Kind::Same((args.len() - 2) as u8), tags);
                }
                None => {
                    let word = key.as_str().map(|k| k.to_vec()).unwrap_or_default();
                    tag = self.read(&tag, &word, Pos::NONE, &Value::Nil);
                    at = Value::Nil;
                }
            }
        }
        if let (Flow::First | Flow::Last, Value::List(list)) = (flow, &at) {
            let item = if flow == Flow::First { list.items.first() } else { list.items.last() };
            if let Some(slot) = item {
                tag = self.read(&tag, b"", slot.pos, result);
            }
        }
        if flow == Flow::HasKey {
            let all: Vec<Ref> = [tag].iter().chain(key_tags).copied().collect();
            return self.call_node(name, Kind::Whole, &all);
        }
        // A key that is itself computed decides what is found.
        if key_tags.iter().any(|t| self.node(*t).is_some()) {
            let all: Vec<Ref> = [tag].iter().chain(key_tags).copied().collect();
            return self.call_node(name, Kind::Same(0), &all);
        }
        tag
    }
}

/// A text that was read, and where its parts end by where they start.
struct Parts<'t> {
    text: &'t [u8],
    of: Ref,
    ends: HashMap<u32, u32>,
}

impl Parts<'_> {
    /// The part that begins at `start`, with its key in front of it unless it is an item.
    fn at(&self, start: u32, key: &[u8], value: &Value) -> Node {
        let end = self.ends.get(&start).copied().unwrap_or(start + 1);
        let part = self.text.get(start as usize..end as usize).unwrap_or_default();
        let (mut from, mut place) = (0, Key::default());
        if let Some(n) = memchr::memmem::find(part, key).filter(|n| !key.is_empty() && *n < 2) {
            place = Key { start: start + n as u32, len: u16::try_from(key.len()).unwrap_or(u16::MAX) };
            let behind = &part[n + key.len()..];
            let between = behind.iter().take_while(|c| b"\"': \t\r\n".contains(c)).count();
            from = n + key.len() + between;
        }
        let behind = &part[from..];
        let text = value.as_str().filter(|text| !text.is_empty());
        let found = text.and_then(|text| Some((memchr::memmem::find(behind, text)?, text.len())));
        let (from, to) = found.map_or((from, part.len()), |(at, len)| (from + at, from + at + len));
        let exact = found.is_some();
        Node::Part { of: self.of, start: start + from as u32, end: start + to as u32, exact, key: place }
    }
}

/// Where the part of a text ends that begins at `start`: what stands between it and the next one belongs to that one's
/// line, or to neither.
fn part_end(text: &[u8], start: usize, next: usize) -> usize {
    let part = text.get(start..next).unwrap_or_default();
    let is_between = |b: &u8| b.is_ascii_whitespace() || b"-,[]{}".contains(b);
    let kept = part.iter().rposition(|b| !is_between(b)).map_or(1, |last| last + 1);
    start + kept
}

/// Texts keep what is known of them when they are sorted.
fn sorted(args: &[Value], result: &mut Rc<List>) {
    let (Some(Value::List(given)), Some(result)) = (args.first(), Rc::get_mut(result)) else { return };
    let known: HashMap<&Str, Pos> = given.items.iter().filter_map(|s| Some((s.value.as_str()?, s.pos))).collect();
    for slot in &mut result.items {
        if let Some(pos) = slot.value.as_str().and_then(|s| known.get(s)) {
            slot.pos = *pos;
        }
    }
}

fn tag_entry(map: &Map, key: &[u8], tag: Ref) {
    if let Some(slot) = map.entries_mut().get_mut(key) {
        slot.pos = tag.as_pos();
    }
}

fn slot(value: &Value, key: &Value) -> Option<Slot> {
    match (value, key) {
        (Value::Map(map), Value::Str(key)) => map.slot(key),
        (Value::List(list), Value::Int(n, _)) => list.items.get(usize::try_from(*n).ok()?).cloned(),
        _ => None,
    }
}

/// What is known of the entries of a value, at any depth.
fn slots_of(value: &Value, out: &mut Vec<Ref>) {
    if out.len() > MOST_SLOTS || stack::is_low() {
        return;
    }
    value.each_slot(|slot| {
        if slot.pos.is_known() && !matches!(slot.value, Value::Map(_) | Value::List(_)) {
            out.push(Ref(slot.pos.0));
        }
        slots_of(&slot.value, out);
    });
}

fn positions(value: &Value, out: &mut Vec<u32>) {
    if stack::is_low() {
        return;
    }
    value.each_slot(|slot| {
        if slot.pos.is_known() {
            out.push(slot.pos.0 - 1);
        }
        positions(&slot.value, out);
    });
}
