//! What a template function is: a name, typed parameters and a body. The engine converts and checks arguments
//! against the parameter types as Go's reflection does, so that bodies can rely on them.

use crate::value::{HelmVersion, Value};
use crate::world::World;

/// A parameter type: Go's static type of a function's parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ty {
    /// `interface {}`
    Any,
    /// `string`
    Str,
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `uint32`
    Uint32,
    /// `float64`
    Float,
    /// `map[string]interface {}`
    Map,
    /// `[]interface {}`
    List,
    /// `time.Time`
    Time,
    /// `time.Duration`
    Duration,
    /// `sprig.certificate`
    Certificate,
    /// `*semver.Version`
    Version,
    /// `io.Writer`, which no value of a template is
    Writer,
    /// `reflect.Value`: any argument, also the untyped nil that is no value at all (the built-ins of text/template).
    Reflect,
}

/// What a function may use besides its arguments.
pub struct FuncCx<'a> {
    /// Whose behaviour is reproduced.
    pub helm: HelmVersion,
    /// Clock, randomness, live objects.
    pub world: &'a dyn World,
    /// Whether `getHostByName` may ask the network.
    pub dns: bool,
    /// Compiled regular expressions of this render, see `funcs::regex`.
    pub regexes: &'a mut crate::grammar::regex::Cache,
}

/// An error of a function: Go's text, without the position, which the engine adds. Go's panics are errors too, with
/// the text that Go prints for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FuncError(pub String);

impl<S: Into<String>> From<S> for FuncError {
    fn from(s: S) -> FuncError {
        FuncError(s.into())
    }
}

/// What a function body returns.
pub type FuncResult = Result<Value, FuncError>;

/// A function body. `args` has at least as many values as the function has fixed parameters, each of the declared
/// type (a [`Ty::Any`] argument may be nil).
pub type Body = fn(&mut FuncCx<'_>, &[Value]) -> FuncResult;

/// Which Helm has a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// Both.
    Both,
    /// Helm 4 only; Helm 3 says `function "x" not defined`.
    V4,
}

/// One function.
pub struct Func {
    /// Its name in templates.
    pub name: &'static str,
    /// Types of the fixed parameters.
    pub params: &'static [Ty],
    /// Type of the variadic parameter, if there is one.
    pub variadic: Option<Ty>,
    /// What it does.
    pub body: Body,
    /// Which Helm has it.
    pub since: Since,
}

impl Func {
    /// A function of both Helm versions with fixed parameters.
    pub const fn new(name: &'static str, params: &'static [Ty], body: Body) -> Func {
        Func { name, params, variadic: None, body, since: Since::Both }
    }

    /// A function of both Helm versions whose last parameter is variadic.
    pub const fn variadic(name: &'static str, params: &'static [Ty], rest: Ty, body: Body) -> Func {
        Func { name, params, variadic: Some(rest), body, since: Since::Both }
    }

    /// The same function, in Helm 4 only.
    #[must_use]
    pub const fn v4(mut self) -> Func {
        self.since = Since::V4;
        self
    }
}
