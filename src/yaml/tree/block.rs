//! Steps of the grammar within block collections.

use super::super::scan::{Kind, Mark};
use super::{Builder, Parsed, Place, State};

impl Builder<'_> {
    pub(super) fn block_sequence(&mut self, context: Mark, first: bool) -> Parsed<()> {
        if first {
            self.skip();
        }
        let token = self.peek()?;
        match token.kind {
            Kind::BlockEntry => {
                self.skip();
                let next = self.peek()?;
                self.states.push(State::BlockSequence { context, first: false });
                self.node_unless(matches!(next.kind, Kind::BlockEntry | Kind::BlockEnd), next, Place::Block)
            }
            Kind::BlockEnd => self.end(),
            _ => self.error(context, "did not find expected '-' indicator", token.mark),
        }
    }

    pub(super) fn indentless_sequence(&mut self) -> Parsed<()> {
        let token = self.peek()?;
        if token.kind != Kind::BlockEntry {
            self.close();
            return Ok(());
        }
        self.skip();
        let next = self.peek()?;
        self.states.push(State::IndentlessSequence);
        let left_out = matches!(next.kind, Kind::BlockEntry | Kind::Key | Kind::Value | Kind::BlockEnd);
        self.node_unless(left_out, next, Place::Block)
    }

    pub(super) fn block_mapping_key(&mut self, context: Mark, first: bool) -> Parsed<()> {
        if first {
            self.skip();
        }
        let token = self.peek()?;
        match token.kind {
            Kind::Key => self.block_mapping_node(State::BlockMappingValue { context }),
            Kind::BlockEnd => self.end(),
            _ => self.error(context, "did not find expected key", token.mark),
        }
    }

    pub(super) fn block_mapping_value(&mut self, context: Mark) -> Parsed<()> {
        let token = self.peek()?;
        let then = State::BlockMappingKey { context, first: false };
        if token.kind != Kind::Value {
            self.states.push(then);
            self.empty(token.mark);
            return Ok(());
        }
        self.block_mapping_node(then)
    }

    /// The key or value behind its indicator.
    fn block_mapping_node(&mut self, then: State) -> Parsed<()> {
        self.skip();
        let next = self.peek()?;
        self.states.push(then);
        let left_out = matches!(next.kind, Kind::Key | Kind::Value | Kind::BlockEnd);
        self.node_unless(left_out, next, Place::BlockOrIndentless)
    }
}
