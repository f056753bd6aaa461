//! Walking lists of nodes: what they print, where they branch, the variables they set.

use super::super::ast::*;
use super::super::trace::{Branching, Tracer};
use super::{At, Exec, Flow, MAX_TEMPLATE_DEPTH, Operand, Outcome};
use crate::stack;
use crate::value::compare::truth;
use crate::value::fmt::{go_quote, print_in_place};
use crate::value::{Str, Value};

impl<'t, T: Tracer> Exec<'t, '_, T> {
    pub(super) fn walk_list(&mut self, dot: &Operand<T::Tag>, list: &'t List) -> Outcome<Flow> {
        if stack::is_low() {
            return Err(self.error("templates are nested too deeply: the stack is used up"));
        }
        for node in &*list.nodes {
            self.steps += 1;
            let flow = match node {
                Node::Text { start, end } => {
                    let tree = self.tree.expect("a tree is being walked");
                    self.out.extend_from_slice(&tree.source.text[*start as usize..*end as usize]);
                    self.tracer.text(tree, *start, *end);
                    Flow::Normal
                }
                Node::Action(pipe) => {
                    self.at = At::Pipe(pipe);
                    let operand = self.pipeline(dot, pipe)?;
                    if pipe.decl.is_empty() {
                        self.print(pipe, &operand);
                    }
                    Flow::Normal
                }
                Node::If(branch) => self.if_or_with(dot, branch, false)?,
                Node::With(branch) => self.if_or_with(dot, branch, true)?,
                Node::Range(branch) => self.range(dot, branch)?,
                Node::Template(call) => {
                    self.template(dot, call)?;
                    Flow::Normal
                }
                Node::Break => Flow::Break,
                Node::Continue => Flow::Continue,
                Node::Jinja => {
                    self.jinja(&dot.value)?;
                    Flow::Normal
                }
            };
            if flow != Flow::Normal {
                return Ok(flow);
            }
        }
        self.check_limits()?;
        Ok(Flow::Normal)
    }

    pub(super) fn print(&mut self, pipe: &'t Pipe, operand: &Operand<T::Tag>) {
        let before = self.out.len();
        match &operand.value {
            Value::Nil => self.out.extend_from_slice(b"<no value>"),
            Value::Str(s) => self.out.extend_from_slice(s),
            other => print_in_place(&mut self.out, other, self.cx.helm),
        }
        let tree = self.tree.expect("a tree is being walked");
        self.tracer.print(tree, pipe.pos, &operand.tag, &operand.value, self.out.len() - before);
    }

    pub(super) fn if_or_with(&mut self, dot: &Operand<T::Tag>, branch: &'t Branch, with: bool) -> Outcome<Flow> {
        let mark = self.vars.len();
        let operand = self.pipeline(dot, &branch.pipe)?;
        let holds = truth(&operand.value);
        self.enter(if with { Branching::With } else { Branching::If }, branch.pipe.pos, &operand.tag, holds);
        let flow = if holds {
            self.walk_list(if with { &operand } else { dot }, &branch.list)?
        } else if let Some(otherwise) = &branch.otherwise {
            self.walk_list(dot, otherwise)?
        } else {
            Flow::Normal
        };
        self.tracer.leave();
        self.vars.truncate(mark);
        Ok(flow)
    }

    pub(super) fn enter(&mut self, how: Branching, pos: u32, tag: &T::Tag, taken: bool) {
        let tree = self.tree.expect("a tree is being walked");
        self.tracer.enter(how, tree, pos, tag, taken);
    }

    pub(super) fn template(&mut self, dot: &Operand<T::Tag>, call: &'t Call) -> Outcome<()> {
        self.at = At::Call(call);
        let Some(tree) = self.lookup(&call.name) else {
            let quoted = go_quote(&call.name);
            return Err(self.error(format!("template {quoted} not defined")));
        };
        if self.depth == MAX_TEMPLATE_DEPTH {
            return Err(self.error(format!("exceeded maximum template depth ({MAX_TEMPLATE_DEPTH})")));
        }
        let data = match &call.pipe {
            Some(pipe) => self.pipeline(dot, pipe)?,
            None => Operand::default(),
        };
        self.depth += 1;
        self.enter(Branching::Template, call.pos, &data.tag, true);
        let done = self.run(tree, data);
        self.tracer.leave();
        self.depth -= 1;
        done
    }

    pub(super) fn set_variable(&mut self, name: &Str, operand: Operand<T::Tag>) -> Outcome<()> {
        match self.vars[self.var_base..].iter_mut().rev().find(|v| v.name == *name) {
            Some(v) => {
                v.operand = Operand { tag: self.tracer.assign(&operand.tag), ..operand };
                Ok(())
            }
            None => Err(self.error(format!("undefined variable: {}", name.to_text()))),
        }
    }

    pub(super) fn variable(&self, name: &Str) -> Outcome<Operand<T::Tag>> {
        match self.vars[self.var_base..].iter().rev().find(|v| v.name == *name) {
            Some(v) => Ok(v.operand.clone()),
            None => Err(self.error(format!("undefined variable: {}", name.to_text()))),
        }
    }
}
