//! Texts that are written of maps and lists (`toYaml`, `toJson`): which stretch of them is which entry.

use super::flow::{ALL, HEAD, KEY};
use super::record::{Node, Recorder, Ref};
use crate::span::Pos;
use crate::stack;
use crate::value::{Slot, Value};
use crate::yaml::{self, Marked, yaml_marks};

/// An entry or item in a text.
struct Start {
    /// Where it begins.
    at: usize,
    /// What is known of it.
    of: Ref,
    /// Whether it holds others.
    holds: bool,
    /// Where the value begins behind a key.
    value: Option<usize>,
}

impl Recorder {
    /// `toYaml`: each entry leads to where it stands.
    pub(super) fn yaml(&mut self, args: &[Value], whole: Ref, result: &[u8], pretty: bool) {
        let marks = match args.first() {
            Some(v @ (Value::Map(_) | Value::List(_))) => yaml_marks(v, pretty),
            _ => Vec::new(),
        };
        let entries =
            marks.iter().enumerate().filter(|(_, m)| m.what == Marked::Key || result.get(m.offset) == Some(&b'-'));
        let starts: Vec<Start> = entries
            .map(|(i, m)| Start {
                at: m.offset,
                of: if m.pos.is_known() { Ref(m.pos.0) } else { whole },
                holds: m.holds,
                value: marks.get(i + 1).filter(|_| m.what == Marked::Key).map(|value| value.offset),
            })
            .collect();
        self.stretches(&starts, whole, result);
    }

    /// `toPrettyJson`: each entry and item begins a line; the other lines close a bracket.
    pub(super) fn json(&mut self, args: &[Value], whole: Ref, result: &[u8]) -> Option<()> {
        let mut slots = Vec::new();
        in_order(args.first()?, &mut slots);
        let lines = memchr::memchr_iter(b'\n', result).map(|n| n + 1);
        let opening = lines.filter(|at| {
            let first = result[*at..].iter().find(|c| **c != b' ');
            !matches!(first, None | Some(b'}' | b']'))
        });
        let starts: Vec<usize> = opening.collect();
        if starts.len() != slots.len() {
            return None;
        }
        let starts: Vec<Start> = starts
            .into_iter()
            .zip(slots)
            .map(|(at, (slot, holds))| {
                let of = if slot.is_known() { slot } else { whole };
                Start { at, of, holds, value: behind_key(result, at) }
            })
            .collect();
        self.stretches(&starts, whole, result);
        Some(())
    }

    /// `toJson`: what it wrote is read again for where its entries stand.
    pub(super) fn one_line_json(&mut self, value: &Value, whole: Ref, result: &[u8]) -> Option<()> {
        let again = match value {
            Value::Map(_) => yaml::to_value(result, Pos(1)).ok()?,
            Value::List(_) => yaml::to_list(result, Pos(1)).ok()?,
            _ => Value::Nil,
        };
        let mut starts = Vec::new();
        in_pairs(value, &again, &mut |slot, at, holds| {
            let of = if slot.is_known() { slot } else { whole };
            starts.push(Start { at, of, holds, value: behind_key(result, at) });
        });
        starts.sort_unstable_by_key(|s| s.at);
        self.stretches(&starts, whole, result);
        Some(())
    }

    /// Stretches that begin at these offsets; what is before the first is part of the whole.
    fn stretches(&mut self, starts: &[Start], whole: Ref, result: &[u8]) {
        let length = result.len();
        // The blanks before an entry belong to it.
        let first = starts.first().map_or(length, |s| line_start(result, s.at));
        if first > 0 {
            self.seg(first.min(length), whole, if starts.is_empty() { ALL } else { HEAD });
        }
        for (i, start) in starts.iter().enumerate() {
            let end = starts.get(i + 1).map_or(length, |s| line_start(result, s.at)).min(length);
            if start.holds {
                self.seg(end, start.of, HEAD);
                continue;
            }
            // Places stand for their keys too.
            let mut of = start.of;
            if let (Some(node), Some(value)) = (self.node(of), start.value.filter(|v| *v < end)) {
                self.seg(value, of, KEY);
                of = if let Node::Entry { of, .. } = node { of } else { of };
            }
            if self.block_lines(start, of, end, result).is_none() {
                self.seg(end, of, ALL);
            }
        }
    }

    /// A text of several lines that stands there as a block up to `end`: each line is its own.
    fn block_lines(&mut self, start: &Start, of: Ref, end: usize, result: &[u8]) -> Option<()> {
        let head = start.value.unwrap_or(start.at + 1);
        let first = head + memchr::memchr(b'\n', result.get(head..end)?)? + 1;
        let mark = result[head..first].trim_ascii();
        if !matches!(mark, b"|" | b"|-" | b"|+") {
            return None;
        }
        self.seg(first, of, ALL);
        let indent = result[first..end].split(|c| *c == b'\n').find(|line| !line.trim_ascii().is_empty());
        let indent = indent.map_or(0, |line| line.iter().take_while(|c| **c == b' ').count());
        let (mut at, mut text) = (first, 0);
        for line in result[first..end].split_inclusive(|c| *c == b'\n') {
            let blanks = indent.min(line.iter().take_while(|c| **c == b' ').count());
            if blanks > 0 {
                self.seg(at + blanks, Ref::NONE, 0);
            }
            at += line.len();
            self.seg(at, of, text as u32);
            text += line.len() - blanks;
        }
        Some(())
    }
}

/// Where the value begins in JSON behind the key at `at`; nothing for an item.
fn behind_key(text: &[u8], at: usize) -> Option<usize> {
    let (mut n, mut in_key) = (at, false);
    loop {
        match text.get(n)? {
            b'\\' if in_key => n += 1,
            b'"' => in_key = !in_key,
            b':' if !in_key => return Some(n + 1),
            b' ' if !in_key && text.get(at) != Some(&b'"') => {}
            _ if in_key => {}
            _ => return None,
        }
        n += 1;
    }
}

/// The start of the line if there are nothing but blanks before `at`, otherwise `at`.
fn line_start(text: &[u8], at: usize) -> usize {
    let blanks = text[..at.min(text.len())].iter().rev().take_while(|c| **c == b' ').count();
    let start = at.saturating_sub(blanks);
    if start == 0 || text.get(start - 1) == Some(&b'\n') { start } else { at }
}

/// What is known of each slot of `value`, with the offset at which it stands in the text that `read` was read from, and
/// whether it holds others.
fn in_pairs(value: &Value, read: &Value, put: &mut impl FnMut(Ref, usize, bool)) {
    if stack::is_low() {
        return;
    }
    let mut pair = |slot: &Slot, read: &Slot| {
        if read.pos.is_known() {
            put(Ref(slot.pos.0), read.pos.0 as usize - 1, slot.value.has_slots());
        }
        in_pairs(&slot.value, &read.value, put);
    };
    match (value, read) {
        (Value::Map(map), Value::Map(read)) => {
            for (key, read) in read.entries().iter() {
                if let Some(slot) = map.slot(key) {
                    pair(&slot, read);
                }
            }
        }
        (Value::List(list), Value::List(read)) => list.items.iter().zip(&read.items).for_each(|(s, r)| pair(s, r)),
        _ => {}
    }
}

/// The slots of a value and whether they hold others, each before those inside of it.
fn in_order(value: &Value, out: &mut Vec<(Ref, bool)>) {
    if stack::is_low() {
        return;
    }
    value.each_slot(|slot| {
        out.push((Ref(slot.pos.0), slot.value.has_slots()));
        in_order(&slot.value, out);
    });
}
