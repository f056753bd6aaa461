//! The parser: tokens to a flat tree of the first document, with libyaml's grammar as go-yaml v2.4.4 `parserc.go` has
//! it. Nodes stand in document order; each knows where its subtree ends, so nothing here recurses.
//!
//! Here is what a node is made of; `block` and `flow` are the steps within collections, `reader` says what libyaml's
//! reader refuses before its parser.

mod block;
mod flow;
mod reader;

use std::collections::HashMap;

use super::scan::{Kind, Mark, Problem, Scanner, Stage, Text, Token};

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A text.
    Scalar,
    /// A list; children are its items.
    Sequence,
    /// A map; children are key, value, key, value...
    Mapping,
    /// `*name`; `target` of the node it stands for.
    Alias,
}

/// A node.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// A scalar without quotes or tag, which is resolved to a type.
    pub implicit: bool,
    /// Byte offset where it starts.
    pub offset: u32,
    /// Index behind the last node of its subtree.
    pub end: u32,
    /// For an alias the node it stands for.
    pub target: u32,
    /// A scalar's text; an alias's name.
    pub text: Text,
    /// The full tag, empty where there is none.
    pub tag: Text,
}

/// The first document of a text.
pub struct Tree<'a> {
    scanner: Scanner<'a>,
    /// All nodes, the root first; empty for an empty text.
    pub nodes: Vec<Node>,
    /// Whether there is an alias anywhere.
    pub has_aliases: bool,
}

/// What an anchor, if any, names; `None` of a node without anchor.
type Anchors = HashMap<Vec<u8>, u32, foldhash::fast::RandomState>;

/// What the grammar expects next.
#[derive(Clone, Copy)]
enum State {
    BlockSequence { context: Mark, first: bool },
    IndentlessSequence,
    BlockMappingKey { context: Mark, first: bool },
    BlockMappingValue { context: Mark },
    FlowSequence { context: Mark, first: bool },
    FlowPairKey,
    FlowPairValue,
    FlowPairEnd,
    FlowMappingKey { context: Mark, first: bool },
    FlowMappingValue { context: Mark, empty: bool },
}

/// Whether block collections may stand here, and a list at its key's own indentation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Block,
    BlockOrIndentless,
    Flow,
}

type Parsed<T> = Result<T, Box<Problem>>;

struct Builder<'a> {
    scanner: Scanner<'a>,
    nodes: Vec<Node>,
    open: Vec<u32>,
    states: Vec<State>,
    anchors: Anchors,
    tags: Vec<(Vec<u8>, Vec<u8>)>,
    has_aliases: bool,
}

impl<'a> Tree<'a> {
    /// Parses the first document; what follows it is not looked at.
    ///
    /// # Errors
    /// With libyaml's words, and for an alias to an anchor that isn't there.
    pub fn parse(src: &'a [u8]) -> Parsed<Tree<'a>> {
        let mut b = Builder {
            scanner: Scanner::new(src),
            nodes: Vec::with_capacity(src.len() / 16),
            open: Vec::new(),
            states: Vec::new(),
            anchors: Anchors::default(),
            tags: Vec::new(),
            has_aliases: false,
        };
        let parsed = b.document();
        reader::check(src, b.scanner.offset(), parsed)?;
        Ok(Tree { scanner: b.scanner, nodes: b.nodes, has_aliases: b.has_aliases })
    }

    /// The bytes of a text.
    pub fn bytes(&self, text: Text) -> &[u8] {
        self.scanner.bytes(text)
    }

    /// Indexes of a node's children.
    pub fn children(&self, node: usize) -> impl Iterator<Item = usize> + '_ {
        let end = self.nodes[node].end as usize;
        let mut next = node + 1;
        std::iter::from_fn(move || {
            (next < end).then(|| {
                let this = next;
                next = self.nodes[this].end as usize;
                this
            })
        })
    }
}

impl<'a> Builder<'a> {
    fn peek(&mut self) -> Parsed<Token> {
        self.scanner.peek()
    }

    fn skip(&mut self) {
        self.scanner.skip_token();
    }

    #[cold]
    fn error<T>(&self, context: Mark, text: &str, mark: Mark) -> Parsed<T> {
        Err(Box::new(Problem { stage: Stage::Parser, text: text.into(), mark, context }))
    }

    fn document(&mut self) -> Parsed<()> {
        let mut token = self.peek()?;
        match token.kind {
            Kind::StreamEnd => return Ok(()),
            Kind::VersionDirective | Kind::TagDirective | Kind::DocumentStart => {
                self.directives()?;
                token = self.peek()?;
                if token.kind != Kind::DocumentStart {
                    return self.error(Mark::default(), "did not find expected <document start>", token.mark);
                }
                self.skip();
                token = self.peek()?;
                if matches!(
                    token.kind,
                    Kind::VersionDirective
                        | Kind::TagDirective
                        | Kind::DocumentStart
                        | Kind::DocumentEnd
                        | Kind::StreamEnd
                ) {
                    self.empty(token.mark);
                    return self.document_end();
                }
            }
            _ => {}
        }
        self.node(Place::Block)?;
        while let Some(state) = self.states.pop() {
            self.step(state)?;
        }
        self.document_end()
    }

    /// go-yaml looks at the token behind the document: an error there is an error of the document.
    fn document_end(&mut self) -> Parsed<()> {
        self.peek().map(|_| ())
    }

    fn directives(&mut self) -> Parsed<()> {
        let mut version = false;
        loop {
            let token = self.peek()?;
            match token.kind {
                Kind::VersionDirective => {
                    if version {
                        return self.error(Mark::default(), "found duplicate %YAML directive", token.mark);
                    }
                    if (token.handle.start, token.handle.end) != (1, 1) {
                        return self.error(Mark::default(), "found incompatible YAML document", token.mark);
                    }
                    version = true;
                }
                Kind::TagDirective => {
                    let handle = self.scanner.bytes(token.handle).to_vec();
                    let prefix = self.scanner.bytes(token.text).to_vec();
                    if self.tags.iter().any(|(h, _)| *h == handle) {
                        return self.error(Mark::default(), "found duplicate %TAG directive", token.mark);
                    }
                    self.tags.push((handle, prefix));
                }
                _ => return Ok(()),
            }
            self.skip();
        }
    }

    fn push(&mut self, kind: NodeKind, mark: Mark, text: Text, tag: Text, implicit: bool) -> u32 {
        let index = self.nodes.len() as u32;
        self.nodes.push(Node { kind, implicit, offset: mark.offset, end: index + 1, target: 0, text, tag });
        index
    }

    fn empty(&mut self, mark: Mark) {
        self.push(NodeKind::Scalar, mark, Text::default(), Text::default(), true);
    }

    fn close(&mut self) {
        if let Some(open) = self.open.pop() {
            self.nodes[open as usize].end = self.nodes.len() as u32;
        }
    }

    fn node(&mut self, place: Place) -> Parsed<()> {
        let mut token = self.peek()?;
        if token.kind == Kind::Alias {
            return self.alias(token);
        }
        let start = token.mark;
        let (mut anchor, mut tag): (Option<Text>, Option<Token>) = (None, None);
        loop {
            match token.kind {
                Kind::Anchor if anchor.is_none() => anchor = Some(token.text),
                Kind::Tag if tag.is_none() => tag = Some(token),
                _ => break,
            }
            self.skip();
            token = self.peek()?;
        }
        let tag_text = match tag {
            Some(tag) => self.full_tag(tag, start)?,
            None => Text::default(),
        };
        let tag_bytes_len = tag_text.end - tag_text.start;
        let bang = tag_bytes_len == 1;
        let begin = |b: &mut Self, kind, state: State| {
            let index = b.push(kind, start, Text::default(), tag_text, tag_bytes_len == 0);
            b.open.push(index);
            b.states.push(state);
            index
        };
        let index = match (token.kind, place) {
            (Kind::BlockEntry, Place::BlockOrIndentless) => begin(self, NodeKind::Sequence, State::IndentlessSequence),
            (Kind::PlainScalar | Kind::QuotedScalar | Kind::BlockScalar, _) => {
                let implicit = tag_bytes_len == 0 && token.kind == Kind::PlainScalar || bang;
                self.skip();
                self.push(NodeKind::Scalar, start, token.text, tag_text, implicit)
            }
            (Kind::FlowSequenceStart, _) => {
                begin(self, NodeKind::Sequence, State::FlowSequence { context: token.mark, first: true })
            }
            (Kind::FlowMappingStart, _) => {
                begin(self, NodeKind::Mapping, State::FlowMappingKey { context: token.mark, first: true })
            }
            (Kind::BlockSequenceStart, Place::Block | Place::BlockOrIndentless) => {
                begin(self, NodeKind::Sequence, State::BlockSequence { context: token.mark, first: true })
            }
            (Kind::BlockMappingStart, Place::Block | Place::BlockOrIndentless) => {
                begin(self, NodeKind::Mapping, State::BlockMappingKey { context: token.mark, first: true })
            }
            _ if anchor.is_some() || tag.is_some() => {
                self.push(NodeKind::Scalar, start, Text::default(), tag_text, tag_bytes_len == 0)
            }
            _ => return self.error(start, "did not find expected node content", token.mark),
        };
        if let Some(anchor) = anchor {
            let name = self.scanner.bytes(anchor).to_vec();
            self.anchors.insert(name, index);
        }
        Ok(())
    }

    fn alias(&mut self, token: Token) -> Parsed<()> {
        self.skip();
        let name = self.scanner.bytes(token.text);
        let Some(target) = self.anchors.get(name).copied() else {
            let text = format!("unknown anchor '{}' referenced", String::from_utf8_lossy(name));
            // go-yaml says this without a line.
            return Err(Box::new(Problem {
                stage: Stage::Parser,
                text,
                mark: Mark { line: 0, ..token.mark },
                context: Mark::default(),
            }));
        };
        let index = self.push(NodeKind::Alias, token.mark, token.text, Text::default(), false);
        self.nodes[index as usize].target = target;
        self.has_aliases = true;
        Ok(())
    }

    fn full_tag(&mut self, tag: Token, start: Mark) -> Parsed<Text> {
        let handle = self.scanner.bytes(tag.handle);
        if handle.is_empty() {
            return Ok(tag.text);
        }
        let prefix = match self.tags.iter().find(|(h, _)| h == handle) {
            Some((_, prefix)) => prefix.clone(),
            None if handle == b"!" => b"!".to_vec(),
            None if handle == b"!!" => b"tag:yaml.org,2002:".to_vec(),
            None => return self.error(start, "found undefined tag handle", tag.mark),
        };
        let suffix = self.scanner.bytes(tag.text).to_vec();
        let at = self.scanner.scratch.len() as u32;
        self.scanner.scratch.extend_from_slice(&prefix);
        self.scanner.scratch.extend_from_slice(&suffix);
        Ok(Text { start: at, end: self.scanner.scratch.len() as u32, scratch: true })
    }

    /// One step of the grammar, where the node before is complete.
    fn step(&mut self, state: State) -> Parsed<()> {
        match state {
            State::BlockSequence { context, first } => self.block_sequence(context, first),
            State::IndentlessSequence => self.indentless_sequence(),
            State::BlockMappingKey { context, first } => self.block_mapping_key(context, first),
            State::BlockMappingValue { context } => self.block_mapping_value(context),
            State::FlowSequence { context, first } => self.flow_sequence(context, first),
            State::FlowPairKey => self.flow_pair_key(),
            State::FlowPairValue => self.flow_pair_value(),
            State::FlowPairEnd => {
                self.close();
                Ok(())
            }
            State::FlowMappingKey { context, first } => self.flow_mapping_key(context, first),
            State::FlowMappingValue { context, empty } => self.flow_mapping_value(context, empty),
        }
    }

    /// The node that is due, or an empty one where `next` says that it is left out.
    fn node_unless(&mut self, left_out: bool, next: Token, place: Place) -> Parsed<()> {
        if left_out {
            self.empty(next.mark);
            return Ok(());
        }
        self.node(place)
    }

    /// Over the token that ends a collection.
    fn end(&mut self) -> Parsed<()> {
        self.skip();
        self.close();
        Ok(())
    }
}
