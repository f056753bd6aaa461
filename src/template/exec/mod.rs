//! The evaluator: executes trees as Go 1.26 `text/template/exec.go` does, with Helm's `include`, `tpl` and the rest.
//!
//! [`Exec`] holds the state of one render; `eval` computes values, `call` calls functions, `engine` has the functions
//! that need the evaluator itself. What a value is known to Go as at compile time (an interface or its concrete type)
//! decides many error texts, so operands travel as [`Operand`]s.

mod call;
mod engine;
mod eval;
mod jinja;

pub use engine::without_no_value;

use std::collections::HashMap;

use foldhash::fast::RandomState;
use smallvec::SmallVec;
use typed_arena::Arena;

use super::ast::*;
use super::error::{ExecError, Frame, Link, MissingPath};
use super::func::FuncCx;
use super::jinja::Dialect;
use super::parse::{FuncScope, Trees};
use super::trace::{Branching, Tracer};
use crate::stack;
use crate::value::fmt::{print_in_place, print_pointee};
use crate::value::{HelmVersion, IntKind, Str, Value};
use crate::value::{burial, kept};

/// Named templates: the trees of all files, later ones replacing earlier ones unless they are blank.
#[derive(Default)]
pub struct Templates {
    by_name: HashMap<Str, std::sync::Arc<Tree>, RandomState>,
    jinja: Option<Box<Dialect>>,
}

impl Templates {
    /// Adds the trees of one file. A tree that is only blanks and comments doesn't replace an existing one.
    pub fn add(&mut self, trees: Trees) {
        for (name, tree) in trees {
            if self.by_name.contains_key(&name) && tree.root.is_empty(&tree.source.text) {
                continue;
            }
            self.by_name.insert(name, tree);
        }
    }

    /// Adds the templates that are written in Jinja.
    pub fn add_jinja(&mut self, dialect: Dialect) {
        self.by_name.extend(dialect.trees().map(|tree| (tree.name.clone(), tree.into())));
        self.jinja = Some(Box::new(dialect));
    }

    /// The template of this name.
    pub fn get(&self, name: &[u8]) -> Option<&Tree> {
        self.by_name.get(name).map(|t| &**t)
    }
}

/// Limits on what a template may use up; the defaults are far beyond any real chart.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes that one buffer (a file's output, an `include`) may reach.
    pub output: usize,
    /// Bytes that all buffers, and all texts and lists that functions return, may have had together.
    pub total_output: usize,
    /// Actions that may be executed in all.
    pub steps: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { output: 512 << 20, total_output: 4 << 30, steps: 2_000_000_000 }
    }
}

/// A value as the evaluator holds it.
#[derive(Clone, Default)]
struct Operand<G> {
    value: Value,
    /// Whether Go knows it only as an `interface {}`. A nil that is not one is no value at all.
    iface: bool,
    tag: G,
}

impl<G> Operand<G> {
    fn is_valid(&self) -> bool {
        self.iface || !self.value.is_nil()
    }
}

struct Variable<G> {
    name: Str,
    operand: Operand<G>,
}

/// The node visited last, which an error is put at.
#[derive(Clone, Copy)]
enum At<'t> {
    Nothing,
    Expr(&'t Expr),
    Command(&'t Command),
    Pipe(&'t Pipe),
    Call(&'t Call),
}

type Outcome<T> = Result<T, Box<ExecError>>;

/// How a list of nodes ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Normal,
    Break,
    Continue,
}

/// The state of one render.
pub struct Exec<'t, 'w, T: Tracer> {
    templates: &'t Templates,
    arena: &'t Arena<Trees>,
    tpl_cache: HashMap<Str, &'t Trees, RandomState>,
    /// Templates that enclosing `tpl` calls define, innermost last.
    overlays: Vec<&'t Trees>,
    include_depth: HashMap<Str, u32, RandomState>,
    scope: FuncScope,
    cx: FuncCx<'w>,
    limits: Limits,
    produced: usize,
    steps: u64,
    out: Vec<u8>,
    vars: Vec<Variable<T::Tag>>,
    var_base: usize,
    tree: Option<&'t Tree>,
    at: At<'t>,
    depth: u32,
    /// In lint mode `required` and `fail` give "" instead of failing.
    lint: bool,
    tracer: T,
}

/// `template` calls nested this deep are refused by Go.
const MAX_TEMPLATE_DEPTH: u32 = 100_000;

impl<'t, 'w, T: Tracer> Exec<'t, 'w, T> {
    /// An evaluator over parsed templates. `arena` keeps what `tpl` parses.
    pub fn new(templates: &'t Templates, arena: &'t Arena<Trees>, scope: FuncScope, cx: FuncCx<'w>, tracer: T) -> Self {
        Exec {
            templates,
            arena,
            tpl_cache: HashMap::default(),
            overlays: Vec::new(),
            include_depth: HashMap::default(),
            scope,
            cx,
            limits: Limits::default(),
            produced: 0,
            steps: 0,
            out: Vec::new(),
            vars: Vec::new(),
            var_base: 0,
            tree: None,
            at: At::Nothing,
            depth: 0,
            lint: false,
            tracer,
        }
    }

    /// The same evaluator with other limits.
    #[must_use]
    pub fn within(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The same evaluator in `helm lint`'s mode, where `required` and `fail` stop nothing.
    #[must_use]
    pub fn lenient(mut self) -> Self {
        self.lint = true;
        self
    }

    /// Executes the template `name` with `data` as dot, and returns what it printed.
    ///
    /// # Errors
    /// With the chain of frames for whatever Go refuses at run time, and when a limit is reached.
    pub fn execute(&mut self, name: &[u8], data: Value) -> Result<Vec<u8>, Box<ExecError>> {
        burial::drop_waiting();
        self.include_depth.clear();
        self.out.clear();
        let tree = self.template_named(name)?;
        let tag = self.tracer.root(name);
        let mark = self.start(tree, Operand { value: data, iface: false, tag }, None)?;
        let tag = self.tracer.close(&self.out[mark..], true);
        self.tracer.finish(name, tag);
        Ok(std::mem::take(&mut self.out))
    }

    /// How much of the limits on the whole render was used: bytes produced, and actions.
    pub fn used(&self) -> (usize, u64) {
        (self.produced, self.steps)
    }

    /// Counts what another evaluator of the same render used.
    pub fn add_used(&mut self, (produced, steps): (usize, u64)) {
        self.produced = self.produced.saturating_add(produced);
        self.steps = self.steps.saturating_add(steps);
    }

    /// Whether the limits on the whole render hold.
    pub fn is_within_limits(&self) -> bool {
        self.produced <= self.limits.total_output && self.steps <= self.limits.steps
    }

    /// The tracer, with what it saw.
    pub fn into_tracer(self) -> T {
        self.tracer
    }

    fn helm(&self) -> HelmVersion {
        self.cx.helm
    }

    fn lookup(&self, name: &[u8]) -> Option<&'t Tree> {
        let mut blank = None;
        for trees in self.overlays.iter().rev() {
            // Nearly all texts given to tpl define nothing but themselves.
            if trees.len() == 1 && name != b"gotpl" {
                continue;
            }
            if let Some(tree) = trees.get(name) {
                if !tree.root.is_empty(&tree.source.text) {
                    return Some(tree);
                }
                blank = blank.or(Some(&**tree));
            }
        }
        self.templates.get(name).or(blank)
    }

    fn template_named(&self, name: &[u8]) -> Outcome<&'t Tree> {
        self.lookup(name).ok_or_else(|| {
            let quoted = crate::value::fmt::go_quote(name);
            ExecError::plain(format!("template: no template {quoted} associated with template \"gotpl\""))
        })
    }

    /// Executes a named template into a text of its own, as ExecuteTemplate does.
    fn execute_template(&mut self, name: &[u8], data: Operand<T::Tag>) -> Outcome<(Str, T::Tag)> {
        let tree = self.template_named(name)?;
        let mark = self.start(tree, data, None)?;
        let text = Str::from(&self.out[mark..]);
        let tag = self.tracer.close(&self.out[mark..], false);
        self.out.truncate(mark);
        Ok((text, tag))
    }

    /// As [`Exec::execute_template`], with what Go prints for missing values left out.
    fn execute_tpl(&mut self, tree: &'t Tree, data: Operand<T::Tag>, text: &T::Tag) -> Outcome<(Str, T::Tag)> {
        let mark = self.start(tree, data, Some(text))?;
        let text = match engine::missing_value(&self.out[mark..]) {
            None => Str::from(&self.out[mark..]),
            Some(_) => without_no_value(self.out[mark..].to_vec()).into(),
        };
        let tag = self.tracer.close(&self.out[mark..], true);
        self.out.truncate(mark);
        Ok((text, tag))
    }

    /// Runs a tree at the end of the buffer, and returns where its output begins there.
    fn start(&mut self, tree: &'t Tree, data: Operand<T::Tag>, text: Option<&T::Tag>) -> Outcome<usize> {
        let mark = self.out.len();
        let outer_depth = std::mem::replace(&mut self.depth, 0);
        self.tracer.open(tree, text);
        let done = self.run(tree, data);
        self.depth = outer_depth;
        if let Err(e) = done {
            self.out.truncate(mark);
            return Err(e);
        }
        self.produced = self.produced.saturating_add(self.out.len() - mark);
        Ok(mark)
    }

    /// Walks a tree with variables of its own; output goes to the current buffer.
    fn run(&mut self, tree: &'t Tree, data: Operand<T::Tag>) -> Outcome<()> {
        let outer = (self.tree, self.at, self.var_base, self.vars.len());
        self.tree = Some(tree);
        self.at = At::Nothing;
        self.var_base = self.vars.len();
        // Execute takes its data as an interface and looks inside.
        let dot = Operand { iface: false, ..data };
        self.vars.push(Variable { name: Str::from("$"), operand: dot.clone() });
        let done = self.walk_list(&dot, &tree.root);
        self.vars.truncate(outer.3);
        (self.tree, self.at, self.var_base, _) = outer;
        done.map(|_| ())
    }

    /// An error at the node visited last. `message` is Go's text.
    #[cold]
    fn error(&self, message: impl Into<String>) -> Box<ExecError> {
        Box::new(ExecError { links: vec![self.frame(message.into())], user_message: None, missing: None })
    }

    fn frame(&self, message: String) -> Link {
        let Some(tree) = self.tree else { return Link::Text(message) };
        let mut node = String::new();
        let offset = match self.at {
            At::Nothing => 0,
            At::Expr(e) => {
                e.write(&tree.source.text, &mut node);
                e.pos
            }
            At::Command(c) => {
                c.write(&tree.source.text, &mut node);
                c.pos
            }
            At::Pipe(p) => {
                p.write(&tree.source.text, &mut node);
                p.pos
            }
            At::Call(c) => {
                c.write(&tree.source.text, &mut node);
                c.pos
            }
        };
        Link::Frame(Frame { source: tree.source.clone(), offset, template: tree.name.clone(), node, message })
    }

    /// An operand of the current tree as source.
    fn written(&self, expr: &Expr) -> String {
        let mut out = String::new();
        expr.write(self.tree.map_or(&[], |t| &t.source.text), &mut out);
        out
    }

    fn walk_list(&mut self, dot: &Operand<T::Tag>, list: &'t List) -> Outcome<Flow> {
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

    /// Counts what a function made, so that texts and lists can't be doubled without end.
    fn made(&mut self, value: &Value) {
        let size = match value {
            Value::Str(s) => s.len(),
            Value::List(l) => l.items.len() * size_of::<crate::value::Slot>(),
            _ => 0,
        };
        self.produced = self.produced.saturating_add(size);
    }

    fn check_limits(&self) -> Outcome<()> {
        if self.out.len() > self.limits.output {
            return Err(self.error(format!("the output is larger than the limit of {} bytes", self.limits.output)));
        }
        if self.produced > self.limits.total_output {
            let limit = self.limits.total_output;
            return Err(self.error(format!("texts and lists are larger than the limit of {limit} bytes in all")));
        }
        if self.steps > self.limits.steps {
            return Err(self.error(format!("more than {} actions were executed", self.limits.steps)));
        }
        Ok(())
    }

    fn print(&mut self, pipe: &'t Pipe, operand: &Operand<T::Tag>) {
        let before = self.out.len();
        match &operand.value {
            Value::Nil => self.out.extend_from_slice(b"<no value>"),
            Value::Str(s) => self.out.extend_from_slice(s),
            other => print_in_place(&mut self.out, other, self.cx.helm),
        }
        let tree = self.tree.expect("a tree is being walked");
        self.tracer.print(tree, pipe.pos, &operand.tag, &operand.value, self.out.len() - before);
    }

    fn if_or_with(&mut self, dot: &Operand<T::Tag>, branch: &'t Branch, with: bool) -> Outcome<Flow> {
        let mark = self.vars.len();
        let operand = self.pipeline(dot, &branch.pipe)?;
        let holds = crate::value::compare::truth(&operand.value);
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

    fn enter(&mut self, how: Branching, pos: u32, tag: &T::Tag, taken: bool) {
        let tree = self.tree.expect("a tree is being walked");
        self.tracer.enter(how, tree, pos, tag, taken);
    }

    fn range(&mut self, dot: &Operand<T::Tag>, branch: &'t Branch) -> Outcome<Flow> {
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
                    if !self.one_iteration(branch, self.index(i), item)? {
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

    fn iterate_list(&mut self, list: &crate::value::List, over: &Operand<T::Tag>, branch: &'t Branch) -> Outcome<bool> {
        let iface = list.kind == crate::value::ListKind::Any;
        for (i, slot) in list.items.iter().enumerate() {
            let tag = self.tracer.read(&over.tag, b"", slot.pos, &slot.value);
            let item = Operand { value: slot.value.clone(), iface, tag };
            if !self.one_iteration(branch, self.index(i), item)? {
                break;
            }
        }
        Ok(!list.items.is_empty())
    }

    fn index(&self, i: usize) -> Operand<T::Tag> {
        Operand { value: Value::int(i as i64), ..Operand::default() }
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

    fn template(&mut self, dot: &Operand<T::Tag>, call: &'t Call) -> Outcome<()> {
        self.at = At::Call(call);
        let Some(tree) = self.lookup(&call.name) else {
            let quoted = crate::value::fmt::go_quote(&call.name);
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

    fn set_variable(&mut self, name: &Str, operand: Operand<T::Tag>) -> Outcome<()> {
        match self.vars[self.var_base..].iter_mut().rev().find(|v| v.name == *name) {
            Some(v) => {
                v.operand = Operand { tag: self.tracer.assign(&operand.tag), ..operand };
                Ok(())
            }
            None => Err(self.error(format!("undefined variable: {}", name.to_text()))),
        }
    }

    fn variable(&self, name: &Str) -> Outcome<Operand<T::Tag>> {
        match self.vars[self.var_base..].iter().rev().find(|v| v.name == *name) {
            Some(v) => Ok(v.operand.clone()),
            None => Err(self.error(format!("undefined variable: {}", name.to_text()))),
        }
    }

    fn missing(&self, path: &[Str], absent: usize, parent: &Value) -> MissingPath {
        let siblings = match parent {
            Value::Map(m) => m.entries().keys().map(|k| k.to_text().into_owned()).collect(),
            _ => Vec::new(),
        };
        MissingPath { path: path.iter().map(|p| p.to_text().into_owned()).collect(), absent, siblings }
    }
}

/// Arguments of a call, with their tags beside them.
struct Args<G> {
    values: SmallVec<[Value; 4]>,
    tags: SmallVec<[G; 4]>,
    /// Whether the first argument is no value at all, which `len` tells from nil.
    first_invalid: bool,
}
