//! `matches`, `find`, `findAll`: Go's regular expressions.

use std::sync::Arc;

use super::super::eval::Fail;
use super::super::value::Value;
use super::Outcome;
use crate::grammar::regex::{GoRegex, shared};

/// A compiled pattern.
///
/// # Errors
/// In Go's words.
pub fn compiled(pattern: &str) -> Result<Arc<GoRegex>, String> {
    shared(pattern.as_bytes())
}

fn both<'v>(args: &'v [Value<'_>]) -> Result<(&'v str, Arc<GoRegex>), Fail> {
    let (Some(text), Some(pattern)) = (args.first().and_then(Value::as_str), args.get(1).and_then(Value::as_str))
    else {
        return Err(Fail::overload());
    };
    compiled(pattern).map(|regex| (text, regex)).map_err(Fail::new)
}

fn text<'a>(found: &[u8]) -> Value<'a> {
    Value::text(String::from_utf8_lossy(found))
}

/// `s.matches(pattern)`, anywhere in the text.
pub fn matches<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    both(args).map(|(text, regex)| Value::Bool(regex.is_match(text.as_bytes())))
}

/// `s.find(pattern)`: the first match or nothing.
pub fn find<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    both(args).map(|(s, regex)| text(regex.find(s.as_bytes()).unwrap_or_default()))
}

/// `s.findAll(pattern)`, `s.findAll(pattern, n)`
pub fn find_all<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let (s, regex) = both(args)?;
    let n = match args.get(2) {
        None => -1,
        Some(Value::Int(n)) => *n,
        Some(_) => return Err(Fail::overload()),
    };
    let found = regex.find_all(s.as_bytes(), n);
    Ok(Value::list(found.into_iter().map(|range| text(&s.as_bytes()[range])).collect()))
}
