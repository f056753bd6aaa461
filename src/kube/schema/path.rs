//! The way from an object's root to a field while it is walked; text is made of it only for a problem.

use crate::yaml::node::{Step, path_text};

/// A place in an object.
#[derive(Clone, Copy)]
pub(super) enum Path<'a> {
    Root,
    Key(&'a Path<'a>, &'a str),
    Index(&'a Path<'a>, usize),
}

impl<'a> Path<'a> {
    /// The place of a key in this map.
    pub fn key(&'a self, key: &'a str) -> Path<'a> {
        Path::Key(self, key)
    }

    /// The place of an item of this list.
    pub fn index(&'a self, i: usize) -> Path<'a> {
        Path::Index(self, i)
    }

    /// As Kubernetes writes it.
    pub fn text(&self) -> String {
        let (mut steps, mut at) = (Vec::new(), self);
        loop {
            at = match at {
                Path::Root => break,
                Path::Key(parent, key) => {
                    steps.push(Step::Key((*key).into()));
                    parent
                }
                Path::Index(parent, i) => {
                    steps.push(Step::Index(*i));
                    parent
                }
            };
        }
        path_text(steps.iter().rev())
    }
}
