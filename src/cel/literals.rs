//! What Kubernetes checks of constants when it compiles, since 1.29: patterns, durations, moments.

use super::CompileError;
use super::ast::{Call, Kind, Literal};
use super::lib::{regexes, time};
use super::value::{Text, Value};

/// Checks the constant arguments of a call.
///
/// # Errors
/// With the place of the constant.
pub fn check(call: &Call) -> Result<(), CompileError> {
    // The pattern is the last argument of `matches` in both of its forms, and the first of the others.
    let place = if &*call.name == "matches" { call.args.len().saturating_sub(1) } else { 0 };
    let Some(arg) = call.args.get(place) else { return Ok(()) };
    let Kind::Literal(Literal::Str(text)) = &arg.kind else { return Ok(()) };
    let value = [Value::Str(Text::Borrowed(text))];
    let wrong = match &*call.name {
        "matches" | "find" | "findAll" => regexes::compiled(text).err().map(|_| "matches"),
        "duration" => time::duration(&value).err().map(|_| "duration"),
        _ => time::timestamp(&value).err().map(|_| "timestamp"),
    };
    match wrong {
        Some(what) => Err(CompileError::new(format!("invalid {what} argument"), arg.pos)),
        None => Ok(()),
    }
}
