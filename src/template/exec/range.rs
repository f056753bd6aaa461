//! `range`: over lists, maps, numbers and bytes.

use super::super::ast::Branch;
use super::super::trace::{Branching, Tracer};
use super::{Exec, Flow, Operand, Outcome, eval};
use crate::value::fmt::print_pointee;
use crate::value::{IntKind, List, ListKind, Value, kept};

impl<'t, T: Tracer> Exec<'t, '_, T> {
    pub(super) fn range(&mut self, dot: &Operand<T::Tag>, branch: &'t Branch) -> Outcome<Flow> {
        let outer = self.vars.len();
        let operand = self.pipeline(dot, &branch.pipe)?;
        self.enter(Branching::Range, branch.pipe.pos, &operand.tag, true);
        let ran = self.iterate(&operand, branch)?;
        self.tracer.leave();
        let mut flow = Flow::Normal;
        if !ran && let Some(otherwise) = &branch.otherwise {
            self.enter(Branching::Range, branch.pipe.pos, &operand.tag, false);
            flow = self.walk_list(dot, otherwise)?;
            self.tracer.leave();
            // A break in there belongs to the range around this one, says the parser; the evaluator ends this one.
            if flow == Flow::Break {
                flow = Flow::Normal;
            }
        }
        self.vars.truncate(outer);
        Ok(flow)
    }

    /// Runs the body for each item; false when there was none.
    fn iterate(&mut self, over: &Operand<T::Tag>, branch: &'t Branch) -> Outcome<bool> {
        match &over.value {
            Value::Int(n, kind) => {
                let count = if kind.is_unsigned() { *n as u64 } else { (*n).max(0) as u64 };
                self.iterate_numbers(over, count, |i| Value::Int(i, *kind), branch)
            }
            Value::Object(o) if o.number().is_some() => {
                let count = o.number().unwrap_or(0).max(0) as u64;
                self.iterate_numbers(over, count, |i| o.with_number(i), branch)
            }
            Value::List(list) => self.iterate_list(list, over, branch),
            Value::Object(o) if o.as_list().is_some() => {
                let list = o.as_list().cloned().expect("just seen");
                self.iterate_list(&list, over, branch)
            }
            Value::Bytes(bytes) => {
                for (i, b) in bytes.iter().enumerate() {
                    let item = Operand {
                        value: Value::Int(i64::from(*b), IntKind::Uint8),
                        iface: false,
                        tag: over.tag.clone(),
                    };
                    if !self.one_iteration(branch, index(i), item)? {
                        break;
                    }
                }
                Ok(!bytes.is_empty())
            }
            Value::Map(map) => {
                let iface = eval::holds_interfaces(map.kind());
                let entries: Vec<_> = map.entries().iter().map(|(k, s)| (k.clone(), s.clone())).collect();
                let any = !entries.is_empty();
                for (key, slot) in entries {
                    let tag = self.tracer.read(&over.tag, &key, slot.pos, &slot.value);
                    let item = Operand { value: slot.value, iface, tag };
                    let tag = self.tracer.key(&item.tag, slot.pos);
                    let key = Operand { value: Value::Str(key), iface: false, tag };
                    if !self.one_iteration(branch, key, item)? {
                        break;
                    }
                }
                Ok(any)
            }
            Value::Nil => Ok(false),
            other => {
                let mut text = b"range can't iterate over ".to_vec();
                print_pointee(&mut text, other, self.cx.helm);
                Err(self.error(kept::keep(&text)))
            }
        }
    }

    fn iterate_numbers(
        &mut self,
        over: &Operand<T::Tag>,
        count: u64,
        number: impl Fn(i64) -> Value,
        branch: &'t Branch,
    ) -> Outcome<bool> {
        if branch.pipe.decl.len() > 1 {
            let mut text = b"can't use ".to_vec();
            print_pointee(&mut text, &over.value, self.cx.helm);
            text.extend_from_slice(b" to iterate over more than one variable");
            return Err(self.error(kept::keep(&text)));
        }
        for i in 0..count {
            let item = Operand { value: number(i as i64), iface: false, tag: over.tag.clone() };
            if !self.one_iteration(branch, Operand::default(), item)? {
                break;
            }
        }
        Ok(count > 0)
    }

    fn iterate_list(&mut self, list: &List, over: &Operand<T::Tag>, branch: &'t Branch) -> Outcome<bool> {
        let iface = list.kind == ListKind::Any;
        for (i, slot) in list.items.iter().enumerate() {
            let tag = self.tracer.read(&over.tag, b"", slot.pos, &slot.value);
            let item = Operand { value: slot.value.clone(), iface, tag };
            if !self.one_iteration(branch, index(i), item)? {
                break;
            }
        }
        Ok(!list.items.is_empty())
    }

    /// One turn of a range; false after `break`.
    fn one_iteration(&mut self, branch: &'t Branch, index: Operand<T::Tag>, item: Operand<T::Tag>) -> Outcome<bool> {
        let pipe = &branch.pipe;
        let mark = self.vars.len();
        match (pipe.decl.len(), pipe.assigns) {
            (0, _) => {}
            (1, true) => self.set_variable(&pipe.decl[0], item.clone())?,
            (1, false) => self.vars[mark - 1].operand = item.clone(),
            (_, true) => {
                self.set_variable(&pipe.decl[0], index)?;
                self.set_variable(&pipe.decl[1], item.clone())?;
            }
            (_, false) => {
                self.vars[mark - 1].operand = item.clone();
                self.vars[mark - 2].operand = index;
            }
        }
        let flow = self.walk_list(&item, &branch.list)?;
        self.vars.truncate(mark);
        Ok(flow != Flow::Break)
    }
}

/// The number of an item.
fn index<G: Default>(i: usize) -> Operand<G> {
    Operand { value: Value::int(i as i64), ..Operand::default() }
}
