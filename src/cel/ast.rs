//! Expressions as trees: what [`super::parse`] makes, [`super::check`] resolves in place and [`super::eval`] runs. Macros
//! are nodes of their own and not the general comprehension of cel-go: that is shorter to check and faster to run.

use super::eval::Native;

/// An expression and where it begins.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: Kind,
    /// Byte offset in the expression's text.
    pub pos: u32,
}

/// The kinds of expression.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A constant.
    Literal(Literal),
    /// A name that the checker has not resolved yet.
    Ident(Box<str>),
    /// A macro's variable, by its place on the stack of locals.
    Local(usize),
    /// A declared variable, by its place in the environment, and its name.
    Global(usize, Box<str>),
    /// `variables.x`, by its place among the policy's variables.
    Variable(usize),
    /// A type used as a value.
    TypeName(Box<str>),
    /// `a.b`, and `a.?b`.
    Select {
        /// `a`
        operand: Box<Expr>,
        /// `b`
        field: Box<str>,
        /// With a question mark.
        optional: bool,
    },
    /// `has(a.b)`.
    Has {
        /// `a`
        operand: Box<Expr>,
        /// `b`
        field: Box<str>,
    },
    /// `f(x)`, `a.f(x)` and all operators but those below; the checker finds the function.
    Call(Box<Call>),
    /// `a && b && c`.
    And(Vec<Expr>),
    /// `a || b || c`.
    Or(Vec<Expr>),
    /// `a ? b : c`.
    Ternary(Box<[Expr; 3]>),
    /// `[a, ?b]`; the flag says optional.
    List(Vec<(bool, Expr)>),
    /// `{a: b, ?c: d}`.
    Map(Vec<(bool, Expr, Expr)>),
    /// `list.all(x, p)` and its kin.
    Loop(Box<Loop>),
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `null`
    Null,
    /// `true`
    Bool(bool),
    /// `1`
    Int(i64),
    /// `1u`
    Uint(u64),
    /// `1.5`
    Double(f64),
    /// `'x'`
    Str(Box<str>),
    /// `b'x'`
    Bytes(Box<[u8]>),
}

/// A call.
#[derive(Clone, Debug)]
pub struct Call {
    /// As cel-go names it: `_+_`, `size`, `sets.contains`.
    pub name: Box<str>,
    /// What stands before the dot.
    pub target: Option<Expr>,
    /// The arguments.
    pub args: Vec<Expr>,
    /// What runs it, once checked.
    pub native: Option<Native>,
}

/// What a macro does with each element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoopKind {
    /// All fulfil the body.
    All,
    /// One or more does.
    Exists,
    /// Just one does.
    ExistsOne,
    /// The elements that fulfil the filter.
    Filter,
    /// The list of bodies: `map` and `transformList`.
    List,
    /// The same keys with bodies as values.
    TransformMap,
    /// The entries that the bodies are.
    TransformMapEntry,
    /// The list, ordered by the bodies.
    SortBy,
    /// The optional of the body.
    OptMap,
    /// The body, which is an optional.
    OptFlatMap,
}

/// A macro with variables.
#[derive(Clone, Debug)]
pub struct Loop {
    /// Which one.
    pub kind: LoopKind,
    /// What it goes over.
    pub range: Expr,
    /// Its variables: one, or key and value.
    pub vars: Vec<Box<str>>,
    /// Elements to take.
    pub filter: Option<Expr>,
    /// What is done with them.
    pub body: Expr,
}

impl Expr {
    /// An expression of a kind.
    pub fn new(kind: Kind, pos: u32) -> Expr {
        Expr { kind, pos }
    }

    /// The call of an operator or a function.
    pub fn call(name: &str, target: Option<Expr>, args: Vec<Expr>, pos: u32) -> Expr {
        Expr::new(Kind::Call(Box::new(Call { name: name.into(), target, args, native: None })), pos)
    }

    /// `a.b.c` of identifiers alone, as a name.
    pub fn qualified(&self) -> Option<String> {
        match &self.kind {
            Kind::Ident(name) => Some(name.to_string()),
            Kind::Select { operand, field, optional: false } => Some(format!("{}.{field}", operand.qualified()?)),
            _ => None,
        }
    }
}
