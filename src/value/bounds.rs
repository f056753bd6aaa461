//! Bounds for writers of values: maps can contain themselves, and one value can stand in another many times over, so
//! that a small template asks for an endless or exponentially long text.

use std::collections::HashSet;

use crate::stack;

/// The longest text that a writer makes, in bytes.
pub const LONGEST: usize = 512 << 20;
/// How deep values nest in YAML, where indentation grows with the depth. Its reader has the same bound.
pub const DEEPEST: usize = 10_000;
/// Levels from which on containers are remembered. Source: Go 1.26 `encoding/json/encode.go` startDetectCyclesAfter.
const UNSUSPICIOUS: usize = 1000;

/// The lists and maps around the place that a writer is at.
#[derive(Debug, Default)]
pub struct Ancestors {
    level: usize,
    deep: HashSet<usize>,
}

/// Why a writer must not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The container is within itself.
    Cycle,
    /// The stack is nearly used up.
    Depth,
    /// The text is longer than [`LONGEST`].
    Length,
}

impl Ancestors {
    /// So many containers that are never entered again.
    pub fn within(level: usize) -> Ancestors {
        Ancestors { level, deep: HashSet::new() }
    }

    /// Enters a container, told apart by its address, with so many bytes written.
    ///
    /// # Errors
    /// When the writer has to give up.
    pub fn enter(&mut self, address: usize, written: usize) -> Result<(), Refusal> {
        self.level += 1;
        if self.level > UNSUSPICIOUS && !self.deep.insert(address) {
            return Err(Refusal::Cycle);
        }
        match written {
            _ if stack::is_low() => Err(Refusal::Depth),
            n if n > LONGEST => Err(Refusal::Length),
            _ => Ok(()),
        }
    }

    /// Leaves the container that was entered last.
    pub fn leave(&mut self, address: usize) {
        if self.level > UNSUSPICIOUS {
            self.deep.remove(&address);
        }
        self.level -= 1;
    }

    /// How many containers there are around.
    pub fn level(&self) -> usize {
        self.level
    }
}
