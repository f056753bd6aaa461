//! The seam through which the evaluator can be watched: which piece of output came from which node, which value from
//! which place. Plain rendering uses [`Untraced`], whose calls compile to nothing.

use super::ast::{Expr, Tree};
use crate::span::Pos;
use crate::value::{HelmVersion, Map, Value};

/// What decides whether, or how often, a part of a template is executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Branching {
    /// `if`
    If,
    /// `with`
    With,
    /// `range`
    Range,
    /// `template`, which is a call rather than a decision
    Template,
}

/// Watches an evaluation. A `Tag` travels with each value from where it is read to where it is printed.
pub trait Tracer {
    /// What is known of a value beyond itself.
    type Tag: Clone + Default;

    /// A tracer for another thread that executes other files of the same render.
    fn elsewhere(&self) -> Self
    where
        Self: Sized;

    /// A render begins with these merged values of the root chart.
    fn begin(&mut self, values: &Map);

    /// A file begins to be executed: the tag of its dot.
    fn root(&mut self, name: &[u8]) -> Self::Tag;

    /// A literal.
    fn literal(&mut self, tree: &Tree, expr: &Expr) -> Self::Tag;

    /// A map entry or list item that was read, written at `pos` (nowhere if absent), out of a value tagged `from`.
    fn read(&mut self, from: &Self::Tag, key: &[u8], pos: Pos, value: &Value) -> Self::Tag;

    /// The key, rather than the value, of the entry that was read, with what its slot says of where it stands.
    fn key(&mut self, read: &Self::Tag, pos: Pos) -> Self::Tag;

    /// A function was called. Slots of a map or list that it made may be given positions.
    fn call(
        &mut self,
        name: &'static str,
        args: &[Value],
        tags: &[Self::Tag],
        result: &mut Value,
        helm: HelmVersion,
    ) -> Self::Tag;

    /// A variable is assigned, rather than declared.
    fn assign(&mut self, tag: &Self::Tag) -> Self::Tag;

    /// Output begins to go to a buffer of its own: a file, an `include`, or a `tpl` of the text tagged `text`.
    fn open(&mut self, tree: &Tree, text: Option<&Self::Tag>);

    /// That buffer ends and becomes a string, from which `<no value>` will be deleted where `cut` says so.
    fn close(&mut self, result: &[u8], cut: bool) -> Self::Tag;

    /// The file that [`Tracer::root`] began is done.
    fn finish(&mut self, name: &[u8], tag: Self::Tag);

    /// Literal text of a template was written: `start..end` of the tree's source.
    fn text(&mut self, tree: &Tree, start: u32, end: u32);

    /// A value was printed by the action at byte `pos` of the tree, as `len` bytes.
    fn print(&mut self, tree: &Tree, pos: u32, tag: &Self::Tag, value: &Value, len: usize);

    /// A template in the other dialect printed this.
    fn jinja(&mut self, tree: &Tree, printed: &[u8]);

    /// What follows is executed because of a value, or because that value was not (`taken` is false).
    fn enter(&mut self, how: Branching, tree: &Tree, pos: u32, tag: &Self::Tag, taken: bool);

    /// What [`Tracer::enter`] began ends.
    fn leave(&mut self);
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Untraced;

impl Tracer for Untraced {
    type Tag = ();
    fn elsewhere(&self) -> Untraced {
        Untraced
    }
    #[inline(always)]
    fn begin(&mut self, _: &Map) {}
    #[inline(always)]
    fn root(&mut self, _: &[u8]) {}
    #[inline(always)]
    fn literal(&mut self, _: &Tree, _: &Expr) {}
    #[inline(always)]
    fn read(&mut self, _: &(), _: &[u8], _: Pos, _: &Value) {}
    #[inline(always)]
    fn key(&mut self, _: &(), _: Pos) {}
    #[inline(always)]
    fn call(&mut self, _: &'static str, _: &[Value], _: &[()], _: &mut Value, _: HelmVersion) {}
    #[inline(always)]
    fn assign(&mut self, _: &()) {}
    #[inline(always)]
    fn open(&mut self, _: &Tree, _: Option<&()>) {}
    #[inline(always)]
    fn close(&mut self, _: &[u8], _: bool) {}
    #[inline(always)]
    fn finish(&mut self, _: &[u8], (): ()) {}
    #[inline(always)]
    fn text(&mut self, _: &Tree, _: u32, _: u32) {}
    #[inline(always)]
    fn print(&mut self, _: &Tree, _: u32, _: &(), _: &Value, _: usize) {}
    #[inline(always)]
    fn jinja(&mut self, _: &Tree, _: &[u8]) {}
    #[inline(always)]
    fn enter(&mut self, _: Branching, _: &Tree, _: u32, _: &(), _: bool) {}
    #[inline(always)]
    fn leave(&mut self) {}
}
