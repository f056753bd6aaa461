//! The tree of a parsed template. Positions are byte offsets into the tree's text; how a node reads back as source
//! (for error messages) is in the `Display`-like `write_*` methods, which follow Go 1.26 `text/template/parse/node.go`.

use std::sync::Arc;

use super::func::Func;
use crate::blob::Blob;
use crate::span::Pos;
use crate::value::Str;

/// One parsed template: a file, a `define`, a `block` or the text of a `tpl` call.
#[derive(Debug)]
pub struct Tree {
    /// The name it is looked up by.
    pub name: Str,
    /// The text it was parsed from, with its name.
    pub source: Arc<TreeSource>,
    /// What it consists of, shared by all that were made of the same text.
    pub root: Arc<List>,
}

/// The text that one or several trees were parsed from.
#[derive(Debug)]
pub struct TreeSource {
    /// The name that error messages give: a file's path, or `gotpl` for text given to `tpl`.
    pub name: Str,
    /// The text.
    pub text: Blob,
    /// Where the text starts in the source map; nowhere for `tpl` texts.
    pub pos: Pos,
}

/// A sequence of nodes.
#[derive(Debug, Default)]
pub struct List {
    /// The nodes in order.
    pub nodes: Box<[Node]>,
}

/// A statement.
#[derive(Debug)]
pub enum Node {
    /// Text as it stands: `start..end` of the source.
    Text {
        /// First byte.
        start: u32,
        /// Behind the last byte.
        end: u32,
    },
    /// `{{ pipeline }}`
    Action(Pipe),
    /// `{{ if }}`
    If(Box<Branch>),
    /// `{{ with }}`
    With(Box<Branch>),
    /// `{{ range }}`
    Range(Box<Branch>),
    /// `{{ template "name" pipeline }}`, also what a `block` leaves behind
    Template(Box<Call>),
    /// `{{ break }}`
    Break,
    /// `{{ continue }}`
    Continue,
    /// All of a template in the other dialect, see `template::jinja`
    Jinja,
}

/// `{{ if pipe }} list {{ else }} otherwise {{ end }}`, likewise `with` and `range`.
#[derive(Debug)]
pub struct Branch {
    /// The pipeline in the head.
    pub pipe: Pipe,
    /// What follows when it holds.
    pub list: List,
    /// What follows otherwise.
    pub otherwise: Option<List>,
}

/// `{{ template "name" pipe }}`
#[derive(Debug)]
pub struct Call {
    /// Position of the name.
    pub pos: u32,
    /// Name of the template.
    pub name: Str,
    /// Its argument.
    pub pipe: Option<Pipe>,
}

/// Commands joined by `|`, with the variables they declare or assign.
#[derive(Debug)]
pub struct Pipe {
    /// Where it starts.
    pub pos: u32,
    /// Whether the variables are assigned (`=`) rather than declared (`:=`).
    pub assigns: bool,
    /// The variables, at most two, with `$`.
    pub decl: Box<[Str]>,
    /// The commands, at least one.
    pub commands: Box<[Command]>,
}

/// A function with its arguments, or a single operand.
#[derive(Debug)]
pub struct Command {
    /// Where it starts.
    pub pos: u32,
    /// The words, at least one.
    pub args: Box<[Expr]>,
}

/// An operand.
#[derive(Debug)]
pub struct Expr {
    /// Where it stands; for a chain of fields where its second part stands, as in Go.
    pub pos: u32,
    /// What it is.
    pub kind: ExprKind,
}

/// What an operand is.
#[derive(Debug)]
pub enum ExprKind {
    /// `.`
    Dot,
    /// `nil`
    Nil,
    /// `true`, `false`
    Bool(bool),
    /// A number or character
    Number(Box<Number>),
    /// A string: its value, and how many bytes it takes up in the source
    Str(Str, u32),
    /// `.a.b`
    Field(Box<[Str]>),
    /// `$x.a.b`: the first part is the variable with `$`
    Variable(Box<[Str]>),
    /// A function's name
    Function(FuncRef),
    /// `(pipeline).a.b` and the like
    Chain(Box<Expr>, Box<[Str]>),
    /// `(pipeline)`
    Pipe(Box<Pipe>),
}

/// A function as the parser found it.
#[derive(Clone, Copy)]
pub enum FuncRef {
    /// One of the tables.
    Table(&'static Func),
    /// One that needs the engine.
    Engine(EngineFunc),
}

impl FuncRef {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            FuncRef::Table(f) => f.name,
            FuncRef::Engine(f) => f.name(),
        }
    }
}

impl std::fmt::Debug for FuncRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Functions that need the engine itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineFunc {
    /// `include NAME DATA`
    Include,
    /// `tpl TEXT DATA`
    Tpl,
    /// `required MESSAGE VALUE`
    Required,
    /// `fail MESSAGE`
    Fail,
    /// `lookup APIVERSION KIND NAMESPACE NAME`
    Lookup,
    /// `and`, which stops at the first false argument
    And,
    /// `or`, which stops at the first true argument
    Or,
    /// `call`
    Call,
    /// `len`, which tells a nil literal from a nil value
    Len,
}

impl EngineFunc {
    /// All of them.
    pub const ALL: [EngineFunc; 9] = [
        EngineFunc::Include,
        EngineFunc::Tpl,
        EngineFunc::Required,
        EngineFunc::Fail,
        EngineFunc::Lookup,
        EngineFunc::And,
        EngineFunc::Or,
        EngineFunc::Call,
        EngineFunc::Len,
    ];

    /// Its name in templates.
    pub fn name(self) -> &'static str {
        match self {
            EngineFunc::Include => "include",
            EngineFunc::Tpl => "tpl",
            EngineFunc::Required => "required",
            EngineFunc::Fail => "fail",
            EngineFunc::Lookup => "lookup",
            EngineFunc::And => "and",
            EngineFunc::Or => "or",
            EngineFunc::Call => "call",
            EngineFunc::Len => "len",
        }
    }
}

/// A number, kept under every type that can hold it, as Go's ideal constants are.
#[derive(Debug, Default)]
pub struct Number {
    /// Its value if it is integral and fits.
    pub int: Option<i64>,
    /// Its value as an unsigned integer.
    pub uint: Option<u64>,
    /// Its value as a float.
    pub float: Option<f64>,
    /// Real and imaginary part of a complex constant.
    pub complex: Option<(f64, f64)>,
    /// How it was written.
    pub text: Box<str>,
}

fn push_path(out: &mut String, path: &[Str]) {
    for part in path {
        out.push('.');
        out.push_str(&part.to_text());
    }
}

impl Expr {
    /// Appends the operand as source; `text` is what it was parsed from.
    pub fn write(&self, text: &[u8], out: &mut String) {
        match &self.kind {
            ExprKind::Dot => out.push('.'),
            ExprKind::Nil => out.push_str("nil"),
            ExprKind::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
            ExprKind::Number(n) => out.push_str(&n.text),
            ExprKind::Str(_, length) => {
                let start = self.pos as usize;
                let written = text.get(start..start + *length as usize).unwrap_or_default();
                out.push_str(&String::from_utf8_lossy(written));
            }
            ExprKind::Field(path) => push_path(out, path),
            ExprKind::Variable(path) => {
                out.push_str(&path[0].to_text());
                push_path(out, &path[1..]);
            }
            ExprKind::Function(f) => out.push_str(f.name()),
            ExprKind::Chain(node, path) => {
                if let ExprKind::Pipe(pipe) = &node.kind {
                    out.push('(');
                    pipe.write(text, out);
                    out.push(')');
                } else {
                    node.write(text, out);
                }
                push_path(out, path);
            }
            ExprKind::Pipe(pipe) => pipe.write(text, out),
        }
    }
}

impl Command {
    /// Appends the command as source, blanks normalised.
    pub fn write(&self, text: &[u8], out: &mut String) {
        for (i, arg) in self.args.iter().enumerate() {
            if i > 0 {
                out.push(' ');
            }
            if let ExprKind::Pipe(pipe) = &arg.kind {
                out.push('(');
                pipe.write(text, out);
                out.push(')');
            } else {
                arg.write(text, out);
            }
        }
    }
}

impl Pipe {
    /// Appends the pipeline as source, blanks normalised.
    pub fn write(&self, text: &[u8], out: &mut String) {
        if !self.decl.is_empty() {
            for (i, v) in self.decl.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                out.push_str(&v.to_text());
            }
            out.push_str(if self.assigns { " = " } else { " := " });
        }
        for (i, command) in self.commands.iter().enumerate() {
            if i > 0 {
                out.push_str(" | ");
            }
            command.write(text, out);
        }
    }
}

impl Call {
    /// Appends the action as source.
    pub fn write(&self, text: &[u8], out: &mut String) {
        out.push_str("{{template ");
        out.push_str(&crate::value::fmt::go_quote(&self.name));
        if let Some(pipe) = &self.pipe {
            out.push(' ');
            pipe.write(text, out);
        }
        out.push_str("}}");
    }
}

impl List {
    /// Whether there is nothing but blank text and comments, so that a `define` with it doesn't replace another.
    pub fn is_empty(&self, text: &[u8]) -> bool {
        self.nodes.iter().all(|n| match n {
            Node::Text { start, end } => {
                let bytes = &text[*start as usize..*end as usize];
                match std::str::from_utf8(bytes) {
                    Ok(s) => s.chars().all(crate::value::is_space),
                    Err(_) => false,
                }
            }
            _ => false,
        })
    }
}
