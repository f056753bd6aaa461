//! Every function of Go's dialect in Jinja, as a function and as a filter.
//!
//! `quote(x)` and `x | quote` are the same; a filter's value is the last argument, as in a pipeline of Go's dialect:
//! `Values.tag | default("latest")` calls `default "latest" .Values.tag`. Where Jinja has a function or filter of the
//! same name (`default`, `join`, `replace`, `trim`, `dict`, `round`, `slice`...), Helm's is the one that is called; Jinja's
//! tests (`is defined`, `is string`) are all there. Arguments are by position; only `dict(name="x")` takes names too.
//!
//! A value that is not there may go to the functions that are about that (`default`, `required`, `coalesce`, `empty` and
//! the like, see [`TAKES_MISSING`]); any other refuses it by name, where Go's dialect would go on with nil.

use minijinja::value::{Rest, ValueOrKwargs};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value as Jinja};
use scoped_tls_hkt::scoped_thread_local;

use super::value::{from_jinja, print, to_jinja};
use crate::template::ast::{EngineFunc, FuncRef};
use crate::template::error::ExecError;
use crate::template::funcs::FAMILIES;
use crate::template::methods;
use crate::template::parse::{FuncScope, find_function};
use crate::value::{HelmVersion, Value};

/// An argument of a call from Jinja.
pub struct Argument {
    /// The value.
    pub value: Value,
    /// Whether it is a number that Jinja made, which becomes what the parameter asks for, as a constant in Go does.
    pub adapts: bool,
}

/// What Jinja templates need of the evaluator of Go's dialect.
pub trait Evaluator {
    /// Calls a function with arguments that are not checked yet.
    ///
    /// # Errors
    /// Those of Go: arguments of a wrong number or type, and what the function itself refuses.
    fn call_function(&mut self, f: FuncRef, args: Vec<Argument>) -> Result<Value, Box<ExecError>>;

    /// Calls a method that the receiver has.
    ///
    /// # Errors
    /// As [`Evaluator::call_function`].
    fn call_method(&mut self, receiver: &Value, name: &str, args: Vec<Argument>) -> Result<Value, Box<ExecError>>;
}

scoped_thread_local!(static mut EVALUATOR: for<'a> &'a mut (dyn Evaluator + 'a));

/// Runs `work`, whose templates call functions through this evaluator.
pub fn with_evaluator<R>(evaluator: &mut dyn Evaluator, work: impl FnOnce() -> R) -> R {
    EVALUATOR.set(evaluator, work)
}

/// A failed call on its way through minijinja.
#[derive(Debug)]
pub struct Carried(pub Box<ExecError>);

impl std::fmt::Display for Carried {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.go_text())
    }
}

impl std::error::Error for Carried {}

/// Functions that are there to be given a value that is missing.
pub const TAKES_MISSING: &[&str] = &[
    "all", "and", "any", "coalesce", "default", "empty", "kindIs", "kindOf", "not", "or", "required", "ternary",
    "typeIs", "typeOf",
];

/// An environment with all functions and no templates.
pub fn environment(helm: HelmVersion) -> Environment<'static> {
    let mut env = Environment::new();
    // debug() would print all values there are.
    env.remove_global("debug");
    let names = FAMILIES.iter().flat_map(|f| f.iter()).map(|f| f.name);
    for name in names.chain(EngineFunc::ALL.map(EngineFunc::name)) {
        let Some(f) = find_function(name, FuncScope::Chart(helm)) else { continue };
        env.add_function(name, move |_: &mut State, args: Rest<ValueOrKwargs>| call(f, args, false));
        env.add_filter(name, move |_: &mut State, args: Rest<ValueOrKwargs>| call(f, args, true));
    }
    env.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    env.set_auto_escape_callback(|_| AutoEscape::None);
    env.set_formatter(write);
    // Errors have byte ranges and the names of what is undefined in this mode only.
    env.set_debug(true);
    env
}

/// What `{{ value }}` does.
fn write(out: &mut Output, state: &mut State, value: &Jinja) -> Result<(), Error> {
    if !matches!(state.auto_escape(), AutoEscape::None) {
        return minijinja::escape_formatter(out, state, value);
    }
    match value.as_str() {
        Some(text) => out.write_str(text)?,
        None => out.write_str(&print(value)?)?,
    }
    Ok(())
}

fn call(f: FuncRef, args: Rest<ValueOrKwargs>, filter: bool) -> Result<Jinja, Error> {
    let args: Vec<Jinja> = args.0.into_iter().map(ValueOrKwargs::into_value).collect();
    let mut arguments = arguments(f.name(), &args)?;
    if filter && !arguments.is_empty() {
        arguments.rotate_left(1);
    }
    evaluate(f.name(), |evaluator| evaluator.call_function(f, arguments))
}

/// Calls a method of a value; nothing if it has none of this name.
pub fn method(receiver: &Value, name: &str, args: &[Jinja]) -> Option<Result<Jinja, Error>> {
    let has = match receiver {
        Value::Map(map) => methods::find(map.kind(), name.as_bytes()).is_some(),
        Value::Object(object) => object.has_method(name),
        _ => false,
    };
    has.then(|| {
        let args = arguments(name, args)?;
        evaluate(name, |evaluator| evaluator.call_method(receiver, name, args))
    })
}

fn evaluate(
    name: &str,
    work: impl FnOnce(&mut dyn Evaluator) -> Result<Value, Box<ExecError>>,
) -> Result<Jinja, Error> {
    if !EVALUATOR.is_set() {
        return Err(Error::new(ErrorKind::InvalidOperation, format!("{name} can't be called here")));
    }
    match EVALUATOR.with(|evaluator| work(evaluator)) {
        Ok(value) => Ok(to_jinja(&value)),
        Err(e) => Err(Error::new(ErrorKind::InvalidOperation, format!("error calling {name}")).with_source(Carried(e))),
    }
}

fn arguments(name: &str, args: &[Jinja]) -> Result<Vec<Argument>, Error> {
    let mut out = Vec::with_capacity(args.len());
    for arg in args {
        if arg.is_undefined() && !TAKES_MISSING.contains(&name) {
            // minijinja's own error knows what is undefined; this is the way to have it.
            arg.get_attr("")?;
        }
        if !arg.is_kwargs() {
            let (value, adapts) = from_jinja(arg)?;
            out.push(Argument { value, adapts });
            continue;
        }
        if name != "dict" {
            let detail = format!("{name} takes its arguments by position, not by name");
            return Err(Error::new(ErrorKind::TooManyArguments, detail));
        }
        for key in arg.try_iter()? {
            let item = arg.get_item(&key)?;
            for part in [&key, &item] {
                out.push(Argument { value: from_jinja(part)?.0, adapts: false });
            }
        }
    }
    Ok(out)
}
