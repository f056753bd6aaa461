//! Steps of the grammar within flow collections.

use super::super::scan::{Kind, Mark, Text, Token};
use super::{Builder, NodeKind, Parsed, Place, State};

impl Builder<'_> {
    pub(super) fn flow_sequence(&mut self, context: Mark, first: bool) -> Parsed<()> {
        let Some(token) = self.flow_entry(context, first, Kind::FlowSequenceEnd)? else { return Ok(()) };
        self.states.push(State::FlowSequence { context, first: false });
        if token.kind == Kind::Key {
            self.skip();
            let index = self.push(NodeKind::Mapping, token.mark, Text::default(), Text::default(), true);
            self.open.push(index);
            self.states.push(State::FlowPairKey);
            return Ok(());
        }
        self.node(Place::Flow)
    }

    pub(super) fn flow_pair_key(&mut self) -> Parsed<()> {
        let token = self.peek()?;
        self.states.push(State::FlowPairValue);
        let left_out = matches!(token.kind, Kind::Value | Kind::FlowEntry | Kind::FlowSequenceEnd);
        if left_out {
            // libyaml skips the token here, and so does go-yaml.
            self.skip();
        }
        self.node_unless(left_out, token, Place::Flow)
    }

    pub(super) fn flow_pair_value(&mut self) -> Parsed<()> {
        let token = self.peek()?;
        self.states.push(State::FlowPairEnd);
        self.flow_value(token, token.kind == Kind::Value, Kind::FlowSequenceEnd)
    }

    pub(super) fn flow_mapping_key(&mut self, context: Mark, first: bool) -> Parsed<()> {
        let Some(token) = self.flow_entry(context, first, Kind::FlowMappingEnd)? else { return Ok(()) };
        if token.kind == Kind::Key {
            self.skip();
            let next = self.peek()?;
            self.states.push(State::FlowMappingValue { context, empty: false });
            let left_out = matches!(next.kind, Kind::Value | Kind::FlowEntry | Kind::FlowMappingEnd);
            return self.node_unless(left_out, next, Place::Flow);
        }
        self.states.push(State::FlowMappingValue { context, empty: true });
        self.node(Place::Flow)
    }

    pub(super) fn flow_mapping_value(&mut self, context: Mark, empty: bool) -> Parsed<()> {
        let token = self.peek()?;
        self.states.push(State::FlowMappingKey { context, first: false });
        self.flow_value(token, !empty && token.kind == Kind::Value, Kind::FlowMappingEnd)
    }

    /// The token that the next entry begins with; nothing where the collection is at its `end`.
    fn flow_entry(&mut self, context: Mark, first: bool, end: Kind) -> Parsed<Option<Token>> {
        if first {
            self.skip();
        }
        let mut token = self.peek()?;
        if !first && token.kind != end {
            if token.kind != Kind::FlowEntry {
                let sequence = end == Kind::FlowSequenceEnd;
                let expected =
                    if sequence { "did not find expected ',' or ']'" } else { "did not find expected ',' or '}'" };
                return self.error(context, expected, token.mark);
            }
            self.skip();
            token = self.peek()?;
        }
        if token.kind == end {
            self.end()?;
            return Ok(None);
        }
        Ok(Some(token))
    }

    /// The value of a pair, where there is one behind its `:`.
    fn flow_value(&mut self, token: Token, given: bool, end: Kind) -> Parsed<()> {
        if given {
            self.skip();
            let next = self.peek()?;
            if next.kind != Kind::FlowEntry && next.kind != end {
                return self.node(Place::Flow);
            }
        }
        self.empty(token.mark);
        Ok(())
    }
}
