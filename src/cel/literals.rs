//! What goes wrong with constants is found when an expression is compiled, not when it runs: cel-go folds conversions,
//! compiles patterns and reads format strings then.

use super::CompileError;
use super::ast::{Call, Expr, Kind};
use super::eval::Native;
use super::lib::regexes;
use super::value::Value;

/// Checks the constant arguments of a call.
///
/// # Errors
/// With the place of the constant.
pub fn check(call: &Call, native: Native, pos: u32) -> Result<(), CompileError> {
    match &*call.name {
        // The pattern is the last argument of `matches` in both of its forms, and the first of the others.
        "matches" => call.args.last().map_or(Ok(()), pattern),
        "find" | "findAll" => call.args.first().map_or(Ok(()), pattern),
        "int" | "uint" | "double" | "bool" | "string" | "bytes" | "duration" | "timestamp" => match &call.args[..] {
            [arg] => run(native, &[arg], arg.pos),
            _ => Ok(()),
        },
        "format" => format(call, native, pos),
        _ => Ok(()),
    }
}

fn constant(expr: &Expr) -> Option<Value<'_>> {
    match &expr.kind {
        Kind::Literal(literal) => Some(super::eval::constant(literal)),
        _ => None,
    }
}

fn pattern(arg: &Expr) -> Result<(), CompileError> {
    let Some(Value::Str(text)) = constant(arg) else { return Ok(()) };
    regexes::compiled(&text).map(drop).map_err(|e| CompileError::new(e, arg.pos))
}

fn run(native: Native, args: &[&Expr], pos: u32) -> Result<(), CompileError> {
    let values: Option<Vec<Value<'_>>> = args.iter().map(|a| constant(a)).collect();
    match values.map(|v| native(&v)) {
        Some(Err(e)) => Err(CompileError::new(e.0, pos)),
        _ => Ok(()),
    }
}

/// A format string with a list of arguments: their number, and the types of those that are constants.
fn format(call: &Call, native: Native, pos: u32) -> Result<(), CompileError> {
    let (Some(target), [Expr { kind: Kind::List(items), .. }]) = (&call.target, &call.args[..]) else {
        return Ok(());
    };
    let (Some(pattern @ Value::Str(_)), true) = (constant(target), items.iter().all(|(optional, _)| !optional)) else {
        return Ok(());
    };
    super::lib::strings::count_clauses(&pattern, items.len()).map_err(|e| CompileError::new(e.0, pos))?;
    let mut values = Vec::with_capacity(items.len());
    for (i, (_, item)) in items.iter().enumerate() {
        let Some(value) = constant(item) else { return Ok(()) };
        values.push(value);
        // As long as arguments are missing, only that they are missing is fine.
        match native(&[pattern.clone(), Value::list(values.clone())]) {
            Err(e) if e.0 != format!("index {} out of range", i + 1) => return Err(CompileError::new(e.0, item.pos)),
            _ => {}
        }
    }
    Ok(())
}
