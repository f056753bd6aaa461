//! The templates that can be called by name.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::super::ast::Tree;
use super::super::jinja::Dialect;
use super::super::parse::Trees;
use crate::value::Str;

/// Named templates: the trees of all files, later ones replacing earlier ones unless they are blank.
#[derive(Default)]
pub struct Templates {
    by_name: HashMap<Str, Arc<Tree>, RandomState>,
    jinja: Option<Box<Dialect>>,
}

impl Templates {
    /// Adds the trees of one file. A tree that is only blanks and comments doesn't replace an existing one.
    pub fn add(&mut self, trees: Trees) {
        for (name, tree) in trees {
            if self.by_name.contains_key(&name) && tree.root.is_empty(&tree.source.text) {
                continue;
            }
            self.by_name.insert(name, tree);
        }
    }

    /// Adds the templates that are written in Jinja.
    pub fn add_jinja(&mut self, dialect: Dialect) {
        self.by_name.extend(dialect.trees().map(|tree| (tree.name.clone(), tree.into())));
        self.jinja = Some(Box::new(dialect));
    }

    /// The dialect of those that are written in Jinja.
    pub(super) fn jinja(&self) -> Option<&Dialect> {
        self.jinja.as_deref()
    }

    /// The template of this name.
    pub fn get(&self, name: &[u8]) -> Option<&Tree> {
        self.by_name.get(name).map(|t| &**t)
    }
}
