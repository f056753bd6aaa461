//! Paths below `.Values` as numbers, which a walk compares and keeps by the thousand.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::super::keys::Step;
use crate::value::Str;

/// A path below `.Values`, by its number in [`Paths`].
pub(super) type Path = u32;

/// `.Values` itself.
pub(super) const VALUES: Path = 0;

/// The paths that templates name, each once.
pub(super) struct Paths {
    /// The path above each, and the last step; `.Values` has neither.
    steps: Vec<(Path, Str)>,
    below: HashMap<(Path, Str), Path, RandomState>,
}

impl Paths {
    pub(super) fn new() -> Paths {
        Paths { steps: vec![(VALUES, Str::from(""))], below: HashMap::default() }
    }

    pub(super) fn step(&mut self, from: Path, key: &Str) -> Path {
        let next = self.steps.len() as Path;
        let path = *self.below.entry((from, key.clone())).or_insert(next);
        if path == next {
            self.steps.push((from, key.clone()));
        }
        path
    }

    pub(super) fn join(&mut self, from: Path, keys: &[Str]) -> Path {
        keys.iter().fold(from, |path, key| self.step(path, key))
    }

    /// The path above; nothing for `.Values`.
    pub(super) fn above(&self, path: Path) -> Option<Path> {
        (path != VALUES).then(|| self.steps[path as usize].0)
    }

    pub(super) fn steps(&self, path: Path) -> Vec<Step> {
        let all = std::iter::successors(Some(path), |p| self.above(*p)).take_while(|p| *p != VALUES);
        let mut steps: Vec<Step> = all.map(|p| Step::Key(self.steps[p as usize].1.clone())).collect();
        steps.reverse();
        steps
    }
}
