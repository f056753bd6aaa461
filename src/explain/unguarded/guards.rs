//! What is expected to be missing: keys that a condition around has asked for.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::paths::{Path, VALUES};
use super::{Known, Set, Walk};
use crate::stack;
use crate::template::ast::{Command, ExprKind, List, Node, Pipe, Tree};

/// What a guard is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Covers {
    /// The key and all that is below it: of a map that may be empty any key may be missing.
    Below,
    /// The key alone: layers say what is below it.
    Itself,
}

/// A key that was asked for around here, and so is expected to be missing.
pub(super) type Guard = (Path, Covers);

/// The guards around here.
#[derive(Default)]
pub(super) struct Guards {
    /// Each with the number of the row of guards that ends with it.
    row: Vec<(Guard, u32)>,
    /// How often each is in the row.
    count: HashMap<Guard, u32, RandomState>,
    /// Rows by the one before and the guard at their end.
    rows: HashMap<(u32, Guard), u32, RandomState>,
}

impl Guards {
    pub(super) fn push(&mut self, guard: Guard) {
        let next = self.rows.len() as u32 + 1;
        let row = *self.rows.entry((self.number(), guard)).or_insert(next);
        self.row.push((guard, row));
        *self.count.entry(guard).or_default() += 1;
    }

    /// The same for the same guards in the same order.
    pub(super) fn number(&self) -> u32 {
        self.row.last().map_or(0, |(_, row)| *row)
    }

    pub(super) fn len(&self) -> usize {
        self.row.len()
    }

    pub(super) fn truncate(&mut self, length: usize) {
        for (guard, _) in self.row.drain(length..) {
            self.count.entry(guard).and_modify(|n| *n -= 1);
        }
    }

    pub(super) fn has(&self, path: Path, covers: Covers) -> bool {
        self.count.get(&(path, covers)).is_some_and(|n| *n > 0)
    }
}

impl Walk<'_> {
    /// What is executed from here on expects that this is missing.
    pub(super) fn guard(&mut self, path: Path) {
        let covers = if self.set(path) == Set::Above { Covers::Itself } else { Covers::Below };
        self.guards.push((path, covers));
    }

    pub(super) fn is_guarded(&self, path: Path) -> bool {
        let mut around = std::iter::successors(Some(path), |p| self.paths.above(*p));
        self.guards.has(path, Covers::Itself) || around.any(|p| self.guards.has(p, Covers::Below))
    }

    /// The keys that a condition asks for.
    pub(super) fn mentioned(&mut self, tree: &Tree, pipe: &Pipe, dot: &Known) -> Vec<Path> {
        let reports = std::mem::replace(&mut self.reports, false);
        let variables = self.variables.clone();
        let mut found = Vec::new();
        for command in &*pipe.commands {
            self.mentions_of(tree, command, dot, &mut found);
        }
        self.variables = variables;
        self.reports = reports;
        found
    }

    fn mentions_of(&mut self, tree: &Tree, command: &Command, dot: &Known, out: &mut Vec<Path>) {
        if stack::is_low() {
            return;
        }
        let mut base: Option<Path> = None;
        for arg in &*command.args {
            let value = match &arg.kind {
                ExprKind::Pipe(pipe) => {
                    pipe.commands.iter().for_each(|c| self.mentions_of(tree, c, dot, out));
                    Known::Nothing
                }
                ExprKind::Chain(inner, _) => {
                    if let ExprKind::Pipe(pipe) = &inner.kind {
                        pipe.commands.iter().for_each(|c| self.mentions_of(tree, c, dot, out));
                    }
                    self.operand(tree, arg, dot)
                }
                _ => self.operand(tree, arg, dot),
            };
            match (value, base) {
                (Known::Values(path), _) => {
                    out.extend(Some(path).filter(|p| *p != VALUES));
                    base = Some(path);
                }
                // `hasKey .Values "a"`, `get .Values "a"`, `index .Values "a"`
                (Known::Text(key), Some(path)) => out.push(self.paths.step(path, &key)),
                _ => {}
            }
        }
    }
}

/// Whether what is executed here refuses to render.
pub(super) fn fails(list: &List) -> bool {
    let calls_fail = |pipe: &Pipe| {
        let mut functions = pipe.commands.iter().flat_map(|c| c.args.first());
        functions.any(|f| matches!(&f.kind, ExprKind::Function(f) if f.name() == "fail"))
    };
    list.nodes.iter().any(|node| matches!(node, Node::Action(pipe) if calls_fail(pipe)))
}
