//! From a stretch of a file's output back through the record to what it is made of.
//!
//! [`Walk`] goes down from a buffer: through the pieces that cover the stretch, through functions that pass their
//! arguments on, to positions of inputs. What a whole value depends on is worked out once and kept ([`Total`]).

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::flow::{ALL, HEAD, KEY};
use super::record::{Kind, Node, Piece, Recorder, Ref, Seg, Target, Wrote};
use crate::span::Pos;
use crate::stack;
use crate::template::trace::Branching;

/// What something goes back to, by its number in the memo.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Leaf {
    /// A position of an input, and where it was read from.
    Place(Pos, Ref),
    /// The key of what stands at a position.
    Key(Pos, Ref),
    /// Something that was looked for and isn't there.
    Absent(Ref),
    /// An object that isn't in the values: `Release.Name`, `Chart.Version`.
    Object(Ref),
    /// A chart's file, by the number of its name.
    File(u32),
}

/// All that a value depends on, as sorted numbers of leaves.
#[derive(Debug, Default)]
pub(super) struct Total {
    /// What it is made of.
    pub content: Vec<u32>,
    /// What decided that.
    pub decided: Vec<u32>,
}

/// What was worked out already.
#[derive(Debug, Default)]
pub(super) struct Memo {
    pub leaves: Vec<Leaf>,
    numbers: HashMap<Leaf, u32, RandomState>,
    totals: HashMap<Ref, Arc<Total>, RandomState>,
    branches: HashMap<u32, Arc<Vec<u32>>, RandomState>,
}

/// How a piece goes back to a leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Use {
    pub leaf: u32,
    /// Functions on the way, the outermost first.
    pub functions: Vec<u16>,
    /// Whether a function on the way keeps no map of its pieces.
    pub whole: bool,
    /// Which byte of the text is the first one, where that is known.
    pub first: Option<u32>,
}

/// Steps that one question may take; what is beyond is left out, and said to be.
const BUDGET: usize = 100_000;

/// Leaves that one answer may have.
const MOST_LEAVES: usize = 256;

/// Calls that are followed to the place that wrote a byte.
const MOST_CALLS: usize = 10_000;

/// How much an answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// Also what decided it.
    Full,
    /// Only what it is made of, which is found several times as fast.
    Brief,
}

/// Answers one question.
pub(super) struct Walk<'r> {
    record: &'r Recorder,
    memo: &'r mut Memo,
    detail: Detail,
    budget: usize,
    functions: Vec<u16>,
    /// What the stretch is made of, in the order it is printed.
    pub uses: Vec<Use>,
    /// What decided it.
    pub decided: Vec<u32>,
}

fn add(into: &mut Vec<u32>, more: &[u32]) {
    into.extend_from_slice(more);
    into.sort_unstable();
    into.dedup();
    into.truncate(MOST_LEAVES);
}

impl<'r> Walk<'r> {
    pub fn new(record: &'r Recorder, memo: &'r mut Memo, detail: Detail) -> Walk<'r> {
        Walk { record, memo, detail, budget: BUDGET, functions: Vec::new(), uses: Vec::new(), decided: Vec::new() }
    }

    /// Whether the question was too large to be answered in full.
    pub fn gave_up(&self) -> bool {
        self.budget == 0 || self.decided.len() >= MOST_LEAVES
    }

    fn leaf(&mut self, leaf: Leaf) -> u32 {
        if let Some(n) = self.memo.numbers.get(&leaf) {
            return *n;
        }
        let n = self.memo.leaves.len() as u32;
        self.memo.leaves.push(leaf.clone());
        self.memo.numbers.insert(leaf, n);
        n
    }

    fn used(&mut self, leaf: Leaf, whole: bool, first: Option<u32>) {
        let leaf = self.leaf(leaf);
        if let Some(known) = self.uses.iter_mut().find(|u| u.leaf == leaf) {
            known.whole &= whole;
            return;
        }
        if self.uses.len() >= MOST_LEAVES {
            self.budget = 0;
            return;
        }
        self.uses.push(Use { leaf, functions: self.functions.clone(), whole, first });
    }

    fn all_of(&mut self, r: Ref, whole: bool) {
        let total = self.total(r);
        for leaf in &total.content {
            let leaf = self.memo.leaves[*leaf as usize].clone();
            self.used(leaf, whole, None);
        }
        if self.detail == Detail::Full {
            add(&mut self.decided, &total.decided);
        }
    }

    /// The bytes `from..to` of what `r` stands for.
    pub fn bytes(&mut self, r: Ref, from: u32, to: u32) {
        if self.budget == 0 || stack::is_low() {
            self.budget = 0;
            return;
        }
        self.budget -= 1;
        let n = match r.target() {
            Target::Nothing => return,
            Target::Place(pos) => return self.used(Leaf::Place(pos, Ref::NONE), false, Some(from)),
            Target::Node(n) => n,
        };
        match self.record.nodes.get(n).copied() {
            Some(Node::Call { name, kind, args }) => {
                self.functions.push(name);
                self.call(kind, args.of(&self.record.args), from, to);
                self.functions.pop();
            }
            Some(Node::Assigned { of, branch }) => {
                self.bytes(of, from, to);
                self.below(branch);
            }
            Some(Node::Buffer { pieces, text, .. }) => self.pieces(pieces.of(&self.record.pieces), text, from, to),
            Some(Node::Read { pos, .. }) if pos.is_known() => self.used(Leaf::Place(pos, r), false, Some(from)),
            Some(Node::Part { of, start, end, exact: true, .. }) => {
                self.bytes(of, start.saturating_add(from).min(end), end.min(start.saturating_add(to)).max(start));
            }
            Some(Node::Part { of, start, end, .. }) => self.bytes(of, start, end),
            Some(Node::Entry { of, .. }) => self.bytes(of, from, to),
            _ => self.all_of(r, false),
        }
    }

    fn call(&mut self, kind: Kind, args: &[Ref], from: u32, to: u32) {
        match kind {
            Kind::Whole => args.iter().for_each(|a| self.all_of(*a, true)),
            Kind::Same(i) => {
                let i = usize::from(i);
                for (_, other) in args.iter().enumerate().filter(|(n, _)| *n != i) {
                    self.decides(*other);
                }
                if let Some(same) = args.get(i) {
                    self.bytes(*same, from, to);
                }
            }
            Kind::Parts(segs, skip) => {
                let segs = segs.of(&self.record.segs);
                let first = segs.partition_point(|s| s.end <= from);
                for (n, seg) in segs.iter().enumerate().skip(first) {
                    let start = if n == 0 { 0 } else { segs[n - 1].end };
                    if start >= to {
                        break;
                    }
                    if !seg.of.is_known() {
                        continue;
                    }
                    if seg.shift == ALL {
                        self.all_of(seg.of, false);
                        continue;
                    }
                    if seg.shift == HEAD {
                        self.head(seg.of);
                        continue;
                    }
                    if seg.shift == KEY {
                        self.key(seg.of, to <= seg.end);
                        continue;
                    }
                    let lead = start + u32::from(skip);
                    let inner = |at: u32| seg.shift + at.clamp(start, seg.end).saturating_sub(lead);
                    let (low, high) = (inner(from), inner(to));
                    if high > low || seg.end - start <= u32::from(skip) * 2 {
                        self.bytes(seg.of, low, high.max(low + 1));
                    }
                }
            }
        }
    }

    /// The key of an entry, which is asked about alone or with the value behind it.
    fn key(&mut self, r: Ref, alone: bool) {
        match self.record.node(r) {
            Some(Node::Entry { of, key }) => {
                self.all_of(key, false);
                if alone {
                    self.decides(of);
                }
            }
            Some(Node::Part { of, key, .. }) if key.len > 0 => {
                self.bytes(of, key.start, key.start.saturating_add(u32::from(key.len)));
                if alone {
                    self.decides(r);
                }
            }
            _ if alone => self.decides(r),
            _ => {}
        }
    }

    /// What stands before a map or list: where that is written, or what decided that it is there.
    fn head(&mut self, mut r: Ref) {
        for _ in 0..MOST_CALLS {
            r = match self.record.node(r) {
                Some(Node::Entry { of, key }) => {
                    self.all_of(key, false);
                    of
                }
                Some(Node::Assigned { of, branch }) => {
                    self.below(branch);
                    of
                }
                Some(Node::Part { .. }) => return self.key(r, true),
                Some(Node::Call { kind: Kind::Same(i), args, .. }) => {
                    let args = args.of(&self.record.args);
                    for (_, other) in args.iter().enumerate().filter(|(n, _)| *n != usize::from(i)) {
                        self.decides(*other);
                    }
                    args.get(usize::from(i)).copied().unwrap_or_default()
                }
                Some(Node::Read { pos, .. }) if pos.is_known() => return self.used(Leaf::Place(pos, r), false, None),
                Some(_) => return self.decides(r),
                None => return self.all_of(r, false),
            };
        }
    }

    /// What is asked about is there because of this decision.
    fn below(&mut self, branch: u32) {
        if self.detail == Detail::Full && branch != 0 {
            let because = self.because(branch);
            add(&mut self.decided, &because);
        }
    }

    fn decides(&mut self, r: Ref) {
        if self.detail == Detail::Brief {
            return;
        }
        let total = self.total(r);
        add(&mut self.decided, &total.content);
        add(&mut self.decided, &total.decided);
    }

    fn pieces(&mut self, pieces: &[Piece], text: Ref, from: u32, to: u32) {
        let first = pieces.partition_point(|p| p.end < from);
        for (n, piece) in pieces.iter().enumerate().skip(first) {
            let start = if n == 0 { 0 } else { pieces[n - 1].end };
            // What printed nothing belongs to where it stands.
            let is_empty = start == piece.end;
            if !is_empty && piece.end == from {
                continue;
            }
            if start > to || start == to && !is_empty {
                break;
            }
            self.below(piece.branch);
            let (low, high) = (from.max(start) - start, to.min(piece.end) - start);
            match piece.wrote {
                Wrote::Text(at) if text.is_known() => self.bytes(text, at + low, at + high),
                Wrote::Text(_) => {}
                Wrote::Print(at, tag) => {
                    if text.is_known() {
                        self.bytes(text, at, at + 1);
                    }
                    self.bytes(tag, low, high.max(u32::from(is_empty)));
                }
            }
        }
    }

    /// What a decision and those around it depend on.
    pub fn because(&mut self, branch: u32) -> Arc<Vec<u32>> {
        if branch == 0 {
            return Arc::default();
        }
        if let Some(known) = self.memo.branches.get(&branch) {
            return known.clone();
        }
        let Some(b) = self.record.branches.get(branch as usize).copied() else { return Arc::default() };
        let mut all = (*self.because(b.parent)).clone();
        if b.how != Branching::Template {
            let total = self.total(b.tag);
            add(&mut all, &total.content);
            add(&mut all, &total.decided);
        }
        let all = Arc::new(all);
        self.memo.branches.insert(branch, all.clone());
        all
    }

    /// All that a value depends on.
    pub fn total(&mut self, r: Ref) -> Arc<Total> {
        let n = match r.target() {
            Target::Nothing => return Arc::default(),
            Target::Place(pos) => {
                let leaf = self.leaf(Leaf::Place(pos, Ref::NONE));
                return Arc::new(Total { content: vec![leaf], decided: Vec::new() });
            }
            Target::Node(n) => n,
        };
        if let Some(known) = self.memo.totals.get(&r) {
            return known.clone();
        }
        if stack::is_low() {
            self.budget = 0;
            return Arc::default();
        }
        let mut total = Total::default();
        match self.record.nodes.get(n).copied() {
            Some(Node::Read { from, pos, absent, .. }) => return self.read(r, from, pos, absent),
            Some(Node::Key { read }) => match self.record.node(read) {
                Some(Node::Read { pos, .. }) if pos.is_known() => total.content.push(self.leaf(Leaf::Key(pos, read))),
                _ => self.merge(&mut total, read, true),
            },
            Some(Node::Call { kind, args, .. }) => {
                let args = args.of(&self.record.args);
                for (i, arg) in args.iter().enumerate() {
                    let is_content = !matches!(kind, Kind::Same(s) if usize::from(s) != i);
                    self.merge(&mut total, *arg, is_content);
                }
                if let Kind::Parts(segs, _) = kind {
                    self.merge_parts(&mut total, segs.of(&self.record.segs), args);
                }
            }
            Some(Node::Entry { of, key }) => {
                self.merge(&mut total, of, true);
                self.merge(&mut total, key, true);
            }
            Some(Node::Assigned { of, branch }) => {
                self.merge(&mut total, of, true);
                let because = self.because(branch);
                add(&mut total.decided, &because);
            }
            Some(Node::Buffer { pieces, text, branches }) => {
                self.merge(&mut total, text, true);
                for piece in pieces.of(&self.record.pieces) {
                    if let Wrote::Print(_, tag) = piece.wrote {
                        self.merge(&mut total, tag, true);
                    }
                }
                for branch in &self.record.branches[branches.0 as usize..branches.1 as usize] {
                    if branch.how != Branching::Template {
                        self.merge(&mut total, branch.tag, false);
                    }
                }
            }
            Some(Node::Part { of, start, end, .. }) => return self.part(r, of, start, end),
            Some(Node::File { name }) => total.content.push(self.leaf(Leaf::File(name))),
            Some(Node::Root { .. }) => total.content.push(self.leaf(Leaf::Object(r))),
            None => {}
        }
        self.keep(r, total)
    }

    fn keep(&mut self, r: Ref, total: Total) -> Arc<Total> {
        let total = Arc::new(total);
        self.memo.totals.insert(r, total.clone());
        total
    }

    fn merge(&mut self, into: &mut Total, r: Ref, is_content: bool) {
        let total = self.total(r);
        add(if is_content { &mut into.content } else { &mut into.decided }, &total.content);
        add(&mut into.decided, &total.decided);
    }

    /// What the pieces of a text are made of: entries that a template put into a map or list are known by them only.
    fn merge_parts(&mut self, into: &mut Total, segs: &[Seg], args: &[Ref]) {
        let is_made = |arg: &Ref| !matches!(self.record.node(*arg), None | Some(Node::Read { .. }));
        if !args.iter().any(is_made) {
            return;
        }
        let mut last = Ref::NONE;
        for seg in segs.iter().filter(|s| s.of.is_known()) {
            if std::mem::replace(&mut last, seg.of) != seg.of && into.content.len() < MOST_LEAVES {
                self.merge(into, seg.of, !matches!(seg.shift, HEAD | KEY));
            }
        }
    }

    fn read(&mut self, r: Ref, from: Ref, pos: Pos, absent: bool) -> Arc<Total> {
        let mut total = Total::default();
        let leaf = match () {
            () if pos.is_known() => Some(Leaf::Place(pos, r)),
            () if absent => Some(Leaf::Absent(r)),
            () if self.record.is_object(r) => Some(Leaf::Object(r)),
            () => None,
        };
        match leaf {
            Some(leaf) => total.content.push(self.leaf(leaf)),
            None => self.merge(&mut total, from, true),
        }
        self.keep(r, total)
    }

    /// A part of a text: what covers it, asked as a question of its own.
    fn part(&mut self, r: Ref, of: Ref, start: u32, end: u32) -> Arc<Total> {
        let (uses, decided, functions) =
            (std::mem::take(&mut self.uses), std::mem::take(&mut self.decided), std::mem::take(&mut self.functions));
        // It is kept, for whoever asks for all of it.
        let detail = std::mem::replace(&mut self.detail, Detail::Full);
        self.bytes(of, start, end);
        self.detail = detail;
        let found = std::mem::replace(&mut self.uses, uses);
        let decided = std::mem::replace(&mut self.decided, decided);
        self.functions = functions;
        let mut content: Vec<u32> = found.into_iter().map(|u| u.leaf).collect();
        add(&mut content, &[]);
        self.keep(r, Total { content, decided })
    }
}

impl Recorder {
    /// Whether this was read, step by step, out of what a file is executed with.
    pub(super) fn is_object(&self, mut r: Ref) -> bool {
        loop {
            match self.node(r) {
                Some(Node::Read { from, .. }) => r = from,
                Some(Node::Root { .. }) => return true,
                _ => return false,
            }
        }
    }

    /// Where the template stands that wrote the byte at `offset` of a buffer, and what called it, the outermost first.
    pub(super) fn wrote(&self, buffer: Ref, offset: u32) -> Option<(Pos, Vec<Pos>)> {
        let (mut r, mut offset) = (buffer, offset);
        let mut chain: Vec<Pos> = Vec::new();
        let mut place = None;
        for _ in 0..MOST_CALLS {
            match self.node(r)? {
                Node::Buffer { pieces, text, .. } => {
                    let pieces = pieces.of(&self.pieces);
                    let n = pieces.partition_point(|p| p.end <= offset);
                    let Some(piece) = pieces.get(n) else { return place.map(|p| (p, chain)) };
                    let start = if n == 0 { 0 } else { pieces[n - 1].end };
                    if text.is_known() {
                        return place.map(|p| (p, chain));
                    }
                    chain.extend(place.take());
                    chain.extend(self.callers(piece.branch));
                    match piece.wrote {
                        Wrote::Text(at) => return Some((Pos(at + (offset - start)), chain)),
                        Wrote::Print(at, tag) => {
                            place = Some(Pos(at));
                            (r, offset) = (tag, offset - start);
                        }
                    }
                    if self.leads_nowhere(r) {
                        return place.map(|p| (p, chain));
                    }
                }
                Node::Call { kind: Kind::Same(i), args, .. } => r = *args.of(&self.args).get(usize::from(i))?,
                Node::Call { kind: Kind::Parts(segs, skip), .. } => {
                    let segs = segs.of(&self.segs);
                    let n = segs.partition_point(|s| s.end <= offset);
                    let seg = segs.get(n).filter(|s| s.of.is_known() && s.shift < KEY);
                    let Some(seg) = seg else { return place.map(|p| (p, chain)) };
                    let start = if n == 0 { 0 } else { segs[n - 1].end };
                    (r, offset) = (seg.of, seg.shift + (offset - start).saturating_sub(u32::from(skip)));
                }
                Node::Assigned { of, .. } | Node::Entry { of, .. } => r = of,
                Node::Part { of, start, .. } => (r, offset) = (of, start + offset),
                _ => return place.map(|p| (p, chain)),
            }
            if self.leads_nowhere(r) {
                break;
            }
        }
        place.map(|p| (p, chain))
    }

    fn leads_nowhere(&self, r: Ref) -> bool {
        self.node(r).is_none()
    }

    /// Where `template` actions around a piece stand.
    fn callers(&self, mut branch: u32) -> Vec<Pos> {
        let mut found = Vec::new();
        while branch != 0 {
            let Some(b) = self.branches.get(branch as usize) else { break };
            if b.how == Branching::Template && b.at.is_known() {
                found.push(b.at);
            }
            branch = b.parent;
        }
        found.reverse();
        found
    }
}
