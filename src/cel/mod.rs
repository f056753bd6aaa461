//! The Common Expression Language as Kubernetes runs it (k8s.io/apiserver/pkg/cel over cel-go): parsed, type-checked
//! against what a Kubernetes version knows, and evaluated over [`crate::yaml::node::Node`] without copies. Knows no
//! policies. Start at [`Env::compile`], then [`Program::eval`].
//!
//! Everything is recorded from the real library: `testdata/cel/`.

pub mod ast;
mod check;
mod eval;
mod functions;
mod lex;
mod lib;
mod literals;
mod parse;
pub mod types;
pub mod value;

pub use eval::{Fail, Scope};
pub use lib::quantity::canonical as canonical_quantity;
pub use parse::is_reserved;
pub use types::Type;
pub use value::Value;

/// The newest minor version of Kubernetes whose libraries are known.
pub const LATEST: u32 = 37;

/// What an expression may use.
#[derive(Clone, Debug)]
pub struct Env {
    /// The minor version of Kubernetes: which functions and macros there are.
    pub minor: u32,
    /// The variables, `object` and so on.
    pub globals: Vec<(String, Type)>,
    /// What stands under `variables.`.
    pub variables: Vec<(String, Type)>,
    /// Whether `variables` can be named at all.
    pub has_variables: bool,
}

/// Why an expression does not compile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileError {
    /// In cel-go's words where it has any.
    pub message: String,
    /// Byte offset in the expression.
    pub offset: u32,
}

impl CompileError {
    fn new(message: impl Into<String>, offset: u32) -> CompileError {
        CompileError { message: message.into(), offset }
    }
}

/// A checked expression.
#[derive(Clone, Debug)]
pub struct Program {
    root: ast::Expr,
    /// The type of what it yields.
    pub output: Type,
}

impl Env {
    /// Parses and checks an expression.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn compile(&self, text: &str) -> Result<Program, CompileError> {
        let mut root = parse::parse(text, self.minor)?;
        let output = check::check(self, &mut root)?;
        Ok(Program { root, output })
    }
}

impl Program {
    /// Runs the expression.
    ///
    /// # Errors
    /// In cel-go's words, `no such key: x`.
    pub fn eval<'a>(&'a self, scope: &Scope<'a>) -> Result<Value<'a>, Fail> {
        eval::run(&self.root, scope)
    }
}
