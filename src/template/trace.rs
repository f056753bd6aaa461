//! The seam through which the evaluator can be watched: which piece of output came from which node, which value from
//! which place. Plain rendering uses [`Untraced`], whose calls compile to nothing.

use super::ast::{Expr, Tree};
use crate::span::Pos;
use crate::value::Value;

/// Watches an evaluation. A `Tag` travels with each value from where it is read to where it is printed.
pub trait Tracer {
    /// What is known of a value beyond itself.
    type Tag: Clone + Default;

    /// A literal, or dot and other values without history.
    fn literal(&mut self, tree: &Tree, expr: &Expr) -> Self::Tag;

    /// A map entry or list item that was read, written at `pos` (nowhere if absent), out of a value tagged `from`.
    fn read(&mut self, from: &Self::Tag, key: &[u8], pos: Pos, value: &Value) -> Self::Tag;

    /// A function was called.
    fn call(&mut self, name: &str, args: &[Value], tags: &[Self::Tag], result: &Value) -> Self::Tag;

    /// Output begins to go to a buffer of its own (`include`, `tpl`).
    fn open(&mut self);

    /// That buffer ends and becomes a string.
    fn close(&mut self, result: &[u8]) -> Self::Tag;

    /// Literal text of a template was written: `start..end` of the tree's source.
    fn text(&mut self, tree: &Tree, start: u32, end: u32);

    /// A value was printed by the action at byte `pos` of the tree, as `len` bytes.
    fn print(&mut self, tree: &Tree, pos: u32, tag: &Self::Tag, len: usize);
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Untraced;

impl Tracer for Untraced {
    type Tag = ();
    #[inline(always)]
    fn literal(&mut self, _: &Tree, _: &Expr) {}
    #[inline(always)]
    fn read(&mut self, _: &(), _: &[u8], _: Pos, _: &Value) {}
    #[inline(always)]
    fn call(&mut self, _: &str, _: &[Value], _: &[()], _: &Value) {}
    #[inline(always)]
    fn open(&mut self) {}
    #[inline(always)]
    fn close(&mut self, _: &[u8]) {}
    #[inline(always)]
    fn text(&mut self, _: &Tree, _: u32, _: u32) {}
    #[inline(always)]
    fn print(&mut self, _: &Tree, _: u32, _: &(), _: usize) {}
}
