//! The evaluator: executes trees as Go 1.26 `text/template/exec.go` does, with Helm's `include`, `tpl` and the rest.
//!
//! [`Exec`] holds the state of one render; `walk` and `range` go through nodes, `eval` computes values, `call` calls
//! functions, `engine` has the functions that need the evaluator itself. What a value is known to Go as at compile time (an interface or its concrete type)
//! decides many error texts, so operands travel as [`Operand`]s.

mod call;
mod engine;
mod eval;
mod jinja;
mod range;
mod templates;
mod walk;

pub use engine::without_no_value;
pub use templates::Templates;

use std::collections::HashMap;

use foldhash::fast::RandomState;
use smallvec::SmallVec;
use typed_arena::Arena;

use super::ast::{Call, Command, Expr, Pipe, Tree};
use super::error::{ExecError, Frame, Link};
use super::func::FuncCx;
use super::parse::{FuncScope, Trees};
use super::trace::Tracer;
use crate::value::fmt::go_quote;
use crate::value::{HelmVersion, Slot, Str, Value, burial};

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
            let quoted = go_quote(name);
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

    /// Counts what a function made, so that texts and lists can't be doubled without end.
    fn made(&mut self, value: &Value) {
        let size = match value {
            Value::Str(s) => s.len(),
            Value::List(l) => l.items.len() * size_of::<Slot>(),
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
}

/// Arguments of a call, with their tags beside them.
struct Args<G> {
    values: SmallVec<[Value; 4]>,
    tags: SmallVec<[G; 4]>,
    /// Whether the first argument is no value at all, which `len` tells from nil.
    first_invalid: bool,
}
