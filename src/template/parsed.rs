//! Templates that were parsed already. All renders of one chart share what the parser made of each of its texts; what a
//! render has of its own is where the texts stand in its source map. Start reading at [`Parsed::parse`].

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use foldhash::fast::RandomState;

use super::ast::{Tree, TreeSource};
use super::parse::{FuncScope, ParseError, Trees, parse};
use crate::value::Str;

/// What was parsed of one chart. Can be shared between threads; clones are one and the same.
#[derive(Clone, Default)]
pub struct Parsed(Arc<Mutex<HashMap<Str, Known, RandomState>>>);

/// A text with its trees.
struct Known {
    source: Arc<TreeSource>,
    scope: FuncScope,
    trees: Trees,
}

impl fmt::Debug for Parsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Parsed")
    }
}

impl Parsed {
    /// Parses a text, or takes what came of it before.
    ///
    /// # Errors
    /// As [`parse`].
    pub fn parse(&self, source: Arc<TreeSource>, scope: FuncScope) -> Result<Trees, ParseError> {
        if let Some(trees) = self.known(&source, scope) {
            return Ok(trees);
        }
        let trees = parse(source.clone(), scope)?;
        let known = Known { source: source.clone(), scope, trees: trees.clone() };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(source.name.clone(), known);
        Ok(trees)
    }

    fn known(&self, source: &Arc<TreeSource>, scope: FuncScope) -> Option<Trees> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.get(&source.name).filter(|k| k.scope == scope && k.source.text == source.text)?;
        if known.source.pos == source.pos {
            return Some(known.trees.clone());
        }
        let moved = |tree: &Tree| Tree { name: tree.name.clone(), source: source.clone(), root: tree.root.clone() };
        Some(known.trees.iter().map(|(name, tree)| (name.clone(), Arc::new(moved(tree)))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::Pos;
    use crate::value::HelmVersion;

    #[test]
    fn what_was_parsed_is_shared_and_stands_where_it_is_asked_for() {
        let source = |text: &str, pos| Arc::new(TreeSource { name: "c/templates/a".into(), text: text.into(), pos });
        let scope = FuncScope::Chart(HelmVersion::V4);
        let parsed = Parsed::default();
        let get =
            |source| parsed.parse(source, scope).expect("a template").remove(&b"c/templates/a"[..]).expect("a tree");
        let (first, moved) = (get(source("{{ .a }}", Pos(1))), get(source("{{ .a }}", Pos(9))));
        assert!(Arc::ptr_eq(&first.root, &moved.root));
        assert_eq!((first.source.pos, moved.source.pos), (Pos(1), Pos(9)));
        let other = get(source("{{ .b }}", Pos(1)));
        assert!(!Arc::ptr_eq(&first.root, &other.root));
        assert!(parsed.parse(source("{{", Pos(1)), scope).is_err());
    }
}
