//! Regular expressions of definitions, each compiled once: the same few stand in hundreds of fields (what a quantity
//! looks like, what a name looks like).

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use crate::grammar::regex::GoRegex;

type Compiled = Result<Arc<GoRegex>, String>;

static KNOWN: LazyLock<Mutex<HashMap<Box<str>, Compiled>>> = LazyLock::new(Mutex::default);

/// A pattern, or why it is none.
pub(super) fn compile(source: &str) -> Compiled {
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(compiled) = known().get(source) {
        return compiled.clone();
    }
    // Two threads that meet here do it twice, and mean the same.
    let compiled = GoRegex::new(source.as_bytes()).map(Arc::new);
    known().insert(source.into(), compiled.clone());
    compiled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_compiled_once() {
        let one = compile("^[a-z]+$").expect("a pattern");
        assert!(Arc::ptr_eq(&one, &compile("^[a-z]+$").expect("a pattern")));
        assert_eq!(compile("(").err(), compile("(").err());
        assert!(compile("(").is_err());
    }
}
