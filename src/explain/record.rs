//! The tracer that remembers: a graph of where each value and each piece of output came from.
//!
//! While a template runs only numbers are noted down: which buffer consists of which pieces, which call got which
//! arguments, which slot was read. What a line of output goes back to is worked out later, for the lines that somebody
//! asks about, by `resolve`. How functions pass on the pieces of their arguments is in `flow`.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::flow::Flow;
use super::jinja::guesses;
use super::keys::Keys;
use crate::span::Pos;
use crate::template::ast::{Expr, Tree};
use crate::template::trace::{Branching, Tracer};
use crate::value::{HelmVersion, Map, Str, Value};

/// From here on a number stands for a node, below it for a position of the source map.
const NODE: u32 = 1 << 31;

/// How much of each kind is remembered, far beyond any real chart; beyond that it is less, not something wrong.
pub(super) const MOST: usize = 1 << 25;

/// What is known of a value: nothing, the position of an input, or a node of the record. It fits into a slot's
/// [`Pos`], so that maps and lists made by templates lead back to what was put into them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ref(pub(super) u32);

/// What a [`Ref`] stands for.
pub(super) enum Target {
    Nothing,
    Place(Pos),
    Node(usize),
}

impl Ref {
    pub(super) const NONE: Ref = Ref(0);
    /// What a template made out of nothing, as opposed to what nothing is known of.
    pub(super) const MADE: Ref = Ref(NODE);

    pub(super) fn target(self) -> Target {
        match self.0 {
            0 => Target::Nothing,
            n if n & NODE == 0 => Target::Place(Pos(n)),
            n => Target::Node((n & !NODE) as usize),
        }
    }

    pub(super) fn is_known(self) -> bool {
        self.0 != 0
    }

    /// The position that a slot holding this is given.
    pub(super) fn as_pos(self) -> Pos {
        if self.is_known() { Pos(self.0) } else { Pos(Ref::MADE.0) }
    }
}

/// A stretch of one of the record's pools.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Range {
    pub start: u32,
    pub len: u32,
}

impl Range {
    pub fn of<T>(self, pool: &[T]) -> &[T] {
        &pool[self.start as usize..(self.start + self.len) as usize]
    }
}

/// How the result of a call goes back to its arguments.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// As a whole to all of them.
    Whole,
    /// It is this one of them, byte for byte; the others only decided that.
    Same(u8),
    /// Stretch by stretch; the first so many bytes of each stretch (quotes, indentation) are the function's own.
    Parts(Range, u16),
}

/// Where the key of a [`Node::Part`] stands in the same text.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Key {
    pub start: u32,
    pub len: u16,
}

/// A node of the record.
#[derive(Clone, Copy, Debug)]
pub(super) enum Node {
    /// The objects that a file is executed with.
    Root { file: u32 },
    /// What was read out of a map, list or object.
    Read { from: Ref, key: u32, pos: Pos, absent: bool },
    /// The key of what was read.
    Key { read: Ref },
    /// What a function returned.
    Call { name: u16, kind: Kind, args: Range },
    /// An entry that a template put into a map under a key that it computed.
    Entry { of: Ref, key: Ref },
    /// What a variable or an entry was given below a decision.
    Assigned { of: Ref, branch: u32 },
    /// What a template printed; `branches` are the decisions made meanwhile.
    Buffer { pieces: Range, text: Ref, branches: (u32, u32) },
    /// Some bytes of a text: a value that was read from it, byte for byte or (not `exact`) in other words.
    Part { of: Ref, start: u32, end: u32, exact: bool, key: Key },
    /// The content of a chart's file.
    File { name: u32 },
}

/// A stretch of a call's result, up to the byte `end`: the bytes of `of` from `shift` on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seg {
    pub end: u32,
    pub of: Ref,
    pub shift: u32,
}

/// What wrote a piece of a buffer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wrote {
    /// The template's text, from this position on; inside of a `tpl` an offset into its text.
    Text(u32),
    /// The action at this position (an offset, inside of a `tpl`), printing this.
    Print(u32, Ref),
}

/// A piece of a buffer, up to the byte `end`, written below the decision `branch`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub end: u32,
    pub branch: u32,
    pub wrote: Wrote,
}

/// A decision: what is executed below it depends on `tag`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Branch {
    pub parent: u32,
    pub how: Branching,
    pub at: Pos,
    pub tag: Ref,
}

/// A buffer that is being written.
struct Open {
    first: usize,
    length: u32,
    outer_branch: u32,
    branches: u32,
    text: Ref,
    is_tpl: bool,
}

/// A file that was executed, with the buffer that it printed.
pub(super) struct Done {
    pub name: Str,
    pub buffer: Ref,
}

/// Remembers an evaluation, see the module.
#[derive(Default)]
pub struct Recorder {
    pub(super) nodes: Vec<Node>,
    pub(super) args: Vec<Ref>,
    pub(super) segs: Vec<Seg>,
    pub(super) pieces: Vec<Piece>,
    pub(super) branches: Vec<Branch>,
    pub(super) files: Vec<Done>,
    pub(super) words: Vec<Str>,
    pub(super) names: Vec<&'static str>,
    pub(super) keys: Keys,
    writing: Vec<Piece>,
    open: Vec<Open>,
    branch: u32,
    /// Decisions entered that are too many to be remembered.
    unremembered: usize,
    word_numbers: HashMap<Str, u32, RandomState>,
    /// What was read before, so that it is remembered once: by where from, position and key.
    reads: HashMap<(Ref, Pos, u32), Ref, RandomState>,
    /// The objects of each chart, which its files share.
    roots: HashMap<Vec<u8>, Ref, RandomState>,
    /// By the address of a name, which is that of a table's entry.
    pub(super) flows: HashMap<usize, (u16, Flow), RandomState>,
}

impl Recorder {
    /// A record of nothing yet.
    pub fn new() -> Recorder {
        // Branch 0 is "always".
        let always = Branch { parent: 0, how: Branching::Template, at: Pos::NONE, tag: Ref::NONE };
        // Node 0 is what is known to come from nowhere.
        let nothing = Node::Part { of: Ref::NONE, start: 0, end: 0, exact: true, key: Key::default() };
        Recorder { branches: vec![always], nodes: vec![nothing], ..Recorder::default() }
    }

    pub(super) fn push(&mut self, node: Node) -> Ref {
        let n = self.nodes.len();
        if n >= MOST {
            return Ref::NONE;
        }
        self.nodes.push(node);
        Ref(NODE | n as u32)
    }

    pub(super) fn node(&self, r: Ref) -> Option<Node> {
        match r.target() {
            Target::Node(n) => self.nodes.get(n).copied(),
            _ => None,
        }
    }

    pub(super) fn word(&mut self, text: &[u8]) -> u32 {
        if let Some(n) = self.word_numbers.get(text) {
            return *n;
        }
        let (n, word) = (self.words.len() as u32, Str::from(text));
        self.words.push(word.clone());
        self.word_numbers.insert(word, n);
        n
    }

    /// Where something at byte `at` of a tree stands; an offset where the tree has no position.
    fn place(tree: &Tree, at: u32) -> u32 {
        if tree.source.pos.is_known() { tree.source.pos.offset(at as usize).0 } else { at }
    }

    fn write(&mut self, length: usize, wrote: Wrote) {
        let Some(open) = self.open.last_mut() else { return };
        open.length = open.length.saturating_add(u32::try_from(length).unwrap_or(u32::MAX));
        if self.writing.len() + self.pieces.len() >= MOST {
            // The piece before takes it in.
            if let Some(last) = self.writing[open.first..].last_mut() {
                last.end = open.length;
            }
            return;
        }
        self.writing.push(Piece { end: open.length, branch: self.branch, wrote });
    }

    /// What is assigned below a decision depends on that decision too.
    pub(super) fn below_branch(&mut self, of: Ref) -> Ref {
        if self.branch == 0 { of } else { self.push(Node::Assigned { of, branch: self.branch }) }
    }
}

/// Whether the action at `pos` takes the blanks before it away.
fn is_joined(tree: &Tree, pos: u32) -> bool {
    let before = tree.source.text.get(..pos as usize).unwrap_or_default();
    before.trim_ascii_end().ends_with(b"{{-")
}

/// Takes what is deleted from a buffer out of the ends of its pieces.
fn cut_out(pieces: &mut [Piece], result: &[u8]) {
    const CUT: &[u8] = b"<no value>";
    let size = CUT.len() as u32;
    let mut cuts = memchr::memmem::find_iter(result, CUT).map(|at| at as u32).peekable();
    let mut gone = 0;
    for piece in pieces {
        while cuts.next_if(|at| at + size <= piece.end).is_some() {
            gone += size;
        }
        // One that reaches into the next piece takes its first part from this one.
        let partly = cuts.peek().map_or(0, |at| piece.end.saturating_sub(*at));
        piece.end -= gone + partly;
    }
}

impl Tracer for Recorder {
    type Tag = Ref;

    fn elsewhere(&self) -> Recorder {
        Recorder::new()
    }

    fn begin(&mut self, values: &Map) {
        self.keys = Keys::of(values);
    }

    fn root(&mut self, name: &[u8]) -> Ref {
        let file = self.files.len() as u32;
        self.files.push(Done { name: name.into(), buffer: Ref::NONE });
        let chart = memchr::memmem::find(name, b"/templates/").map_or(name, |n| &name[..n]);
        if let Some(root) = self.roots.get(chart) {
            return *root;
        }
        let root = self.push(Node::Root { file });
        self.roots.insert(chart.to_vec(), root);
        root
    }

    fn literal(&mut self, tree: &Tree, expr: &Expr) -> Ref {
        Ref(tree.source.pos.offset(expr.pos as usize).0)
    }

    fn read(&mut self, from: &Ref, key: &[u8], pos: Pos, value: &Value) -> Ref {
        // Put there by a template: the slot holds its tag.
        if pos.0 & NODE != 0 {
            return match self.node(Ref(pos.0)) {
                Some(Node::Entry { of, .. }) => of,
                _ => Ref(pos.0),
            };
        }
        // A position has one key.
        let word = if pos.is_known() { 0 } else { self.word(key) };
        let absent = value.is_nil() && !pos.is_known();
        let known = (*from, pos, word << 1 | u32::from(absent));
        if let Some(read) = self.reads.get(&known) {
            return *read;
        }
        let key = self.word(key);
        let read = self.push(Node::Read { from: *from, key, pos, absent });
        self.reads.insert(known, read);
        read
    }

    fn key(&mut self, read: &Ref, pos: Pos) -> Ref {
        match self.node(Ref(pos.0)) {
            Some(Node::Entry { key, .. }) => key,
            Some(Node::Part { of, key, .. }) if key.len > 0 => self.key_part(of, key),
            // The template has it as it stands.
            Some(_) => Ref::MADE,
            None => self.push(Node::Key { read: *read }),
        }
    }

    fn call(&mut self, name: &'static str, args: &[Value], tags: &[Ref], result: &mut Value, helm: HelmVersion) -> Ref {
        self.called(name, args, tags, result, helm)
    }

    fn assign(&mut self, tag: &Ref) -> Ref {
        self.below_branch(*tag)
    }

    fn open(&mut self, tree: &Tree, text: Option<&Ref>) {
        self.open.push(Open {
            first: self.writing.len(),
            length: 0,
            outer_branch: std::mem::replace(&mut self.branch, 0),
            branches: self.branches.len() as u32,
            text: text.copied().unwrap_or_default(),
            is_tpl: !tree.source.pos.is_known(),
        });
    }

    fn close(&mut self, result: &[u8], cut: bool) -> Ref {
        let Some(open) = self.open.pop() else { return Ref::NONE };
        if cut {
            cut_out(&mut self.writing[open.first..], result);
        }
        let pieces = Range { start: self.pieces.len() as u32, len: (self.writing.len() - open.first) as u32 };
        self.pieces.extend(self.writing.drain(open.first..));
        self.branch = open.outer_branch;
        let branches = (open.branches, self.branches.len() as u32);
        let text = if open.is_tpl { open.text } else { Ref::NONE };
        self.push(Node::Buffer { pieces, text, branches })
    }

    fn finish(&mut self, _: &[u8], tag: Ref) {
        if let Some(file) = self.files.last_mut() {
            file.buffer = tag;
        }
    }

    fn text(&mut self, tree: &Tree, start: u32, end: u32) {
        if start == end {
            return;
        }
        self.write((end - start) as usize, Wrote::Text(Recorder::place(tree, start)));
    }

    fn print(&mut self, tree: &Tree, pos: u32, tag: &Ref, value: &Value, len: usize) {
        // An empty text says something of the line that it was printed to, unless it is joined to the one before.
        if len == 0 && (!tag.is_known() || is_joined(tree, pos)) {
            return;
        }
        let mut tag = *tag;
        if value.has_slots() {
            let (print, _) = self.flow("print");
            tag = self.deep(print, std::slice::from_ref(value), &[tag]);
        }
        self.write(len, Wrote::Print(Recorder::place(tree, pos), tag));
    }

    fn jinja(&mut self, tree: &Tree, printed: &[u8]) {
        for (length, at) in guesses(&tree.source.text, printed) {
            self.write(length, Wrote::Print(Recorder::place(tree, at), Ref::NONE));
        }
    }

    fn enter(&mut self, how: Branching, tree: &Tree, pos: u32, tag: &Ref, _: bool) {
        let at = if tree.source.pos.is_known() { tree.source.pos.offset(pos as usize) } else { Pos::NONE };
        if self.branches.len() >= MOST {
            self.unremembered += 1;
            return;
        }
        let parent = self.branch;
        self.branch = self.branches.len() as u32;
        self.branches.push(Branch { parent, how, at, tag: *tag });
    }

    fn leave(&mut self) {
        if self.unremembered > 0 {
            self.unremembered -= 1;
            return;
        }
        self.branch = self.branches[self.branch as usize].parent;
    }
}
