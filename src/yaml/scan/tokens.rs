//! Which token comes next, what the indentation begins and ends, and where a key that needs no `?` may stand.

use super::{Kind, MAX_DEPTH, Mark, Scanned, Scanner, SimpleKey, Text, Token};

impl Scanner<'_> {
    pub(super) fn key_is_valid(&mut self, i: usize) -> Scanned<bool> {
        let key = self.simple_keys[i];
        if !key.possible {
            return Ok(false);
        }
        if key.mark.line < self.mark.line || key.mark.index + 1024 < self.mark.index {
            if key.required {
                return self.error(key.mark, "could not find expected ':'");
            }
            self.simple_keys[i].possible = false;
            return Ok(false);
        }
        Ok(true)
    }

    fn next_token_number(&self) -> usize {
        self.parsed + self.tokens.len()
    }

    pub(super) fn save_simple_key(&mut self) -> Scanned<()> {
        if self.simple_key_allowed {
            let required = self.flow_level == 0 && self.indent == i64::from(self.mark.column);
            let token_number = self.next_token_number();
            let key = SimpleKey { possible: true, forgotten: false, required, token_number, mark: self.mark };
            self.remove_simple_key()?;
            if let Some(last) = self.simple_keys.last_mut() {
                *last = key;
            }
        }
        Ok(())
    }

    pub(super) fn remove_simple_key(&mut self) -> Scanned<()> {
        let Some(last) = self.simple_keys.last_mut() else { return Ok(()) };
        if last.possible && last.required {
            let mark = last.mark;
            return self.error(mark, "could not find expected ':'");
        }
        last.possible = false;
        Ok(())
    }

    fn roll_indent(&mut self, column: u32, number: Option<usize>, kind: Kind, mark: Mark) -> Scanned<()> {
        if self.flow_level > 0 || self.indent >= i64::from(column) {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = i64::from(column);
        if self.indents.len() > MAX_DEPTH {
            let context = self.simple_keys.last().map_or(mark, |k| k.mark);
            return self.error(context, "exceeded max depth of 10000");
        }
        let token = Token { kind, mark, text: Text::default(), handle: Text::default() };
        match number {
            Some(n) => self.insert(n, token),
            None => self.tokens.push_back(token),
        }
        Ok(())
    }

    /// Puts a token before the one of this number, or at the end where that one is gone.
    fn insert(&mut self, number: usize, token: Token) {
        match number.checked_sub(self.parsed) {
            Some(n) => self.tokens.insert(n, token),
            None => self.tokens.push_back(token),
        }
    }

    fn unroll_indent(&mut self, column: i64) {
        if self.flow_level > 0 {
            return;
        }
        while self.indent > column {
            self.push(Kind::BlockEnd, self.mark);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    pub(super) fn at_document_indicator(&self) -> Option<Kind> {
        if self.mark.column != 0 {
            return None;
        }
        let kind = match (self.at(0), self.at(1), self.at(2)) {
            (b'-', b'-', b'-') => Kind::DocumentStart,
            (b'.', b'.', b'.') => Kind::DocumentEnd,
            _ => return None,
        };
        self.blank_or_end_at(3).then_some(kind)
    }

    pub(super) fn fetch_next(&mut self) -> Scanned<()> {
        self.skip_to_next_token()?;
        self.unroll_indent(i64::from(self.mark.column));
        if self.at_end() || self.at(0) == 0 {
            return self.fetch_stream_end();
        }
        let c = self.at(0);
        if self.mark.column == 0 && c == b'%' {
            self.unroll_indent(-1);
            self.remove_simple_key()?;
            self.simple_key_allowed = false;
            return self.directive();
        }
        if let Some(kind) = self.at_document_indicator() {
            self.unroll_indent(-1);
            self.remove_simple_key()?;
            self.simple_key_allowed = false;
            let mark = self.mark;
            self.advance(3);
            self.push(kind, mark);
            return Ok(());
        }
        match c {
            b'[' => self.flow_start(Kind::FlowSequenceStart),
            b'{' => self.flow_start(Kind::FlowMappingStart),
            b']' => self.flow_end(Kind::FlowSequenceEnd),
            b'}' => self.flow_end(Kind::FlowMappingEnd),
            b',' => {
                self.remove_simple_key()?;
                self.simple_key_allowed = true;
                self.indicator(Kind::FlowEntry);
                Ok(())
            }
            b'-' if self.blank_or_end_at(1) => self.block_entry(),
            b'?' if self.flow_level > 0 || self.blank_or_end_at(1) => self.key(),
            b':' if self.flow_level > 0 || self.blank_or_end_at(1) => self.value(),
            b'*' => self.anchor(Kind::Alias),
            b'&' => self.anchor(Kind::Anchor),
            b'!' => self.tag(),
            b'|' if self.flow_level == 0 => self.block_scalar(true),
            b'>' if self.flow_level == 0 => self.block_scalar(false),
            b'\'' => self.quoted(true),
            b'"' => self.quoted(false),
            b'-' | b'?' | b':' => {
                let plain =
                    c == b'-' && !self.blank_at(1) || self.flow_level == 0 && c != b'-' && !self.blank_or_end_at(1);
                if plain { self.plain() } else { self.no_token() }
            }
            b'#' | b'|' | b'>' | b'%' | b'@' | b'`' | b'\t' => self.no_token(),
            _ => self.plain(),
        }
    }

    fn no_token(&self) -> Scanned<()> {
        self.error(self.mark, "found character that cannot start any token")
    }

    pub(super) fn indicator(&mut self, kind: Kind) {
        let mark = self.mark;
        self.skip();
        self.push(kind, mark);
    }

    fn fetch_stream_end(&mut self) -> Scanned<()> {
        if self.mark.column != 0 {
            self.mark.column = 0;
            self.mark.line += 1;
        }
        self.unroll_indent(-1);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        self.push(Kind::StreamEnd, self.mark);
        Ok(())
    }

    fn flow_start(&mut self, kind: Kind) -> Scanned<()> {
        self.save_simple_key()?;
        let key = SimpleKey { token_number: self.next_token_number(), mark: self.mark, ..SimpleKey::default() };
        self.simple_keys.push(key);
        self.flow_level += 1;
        if self.flow_level > MAX_DEPTH {
            return self.error(self.mark, "exceeded max depth of 10000");
        }
        self.simple_key_allowed = true;
        self.indicator(kind);
        Ok(())
    }

    fn flow_end(&mut self, kind: Kind) -> Scanned<()> {
        self.remove_simple_key()?;
        if self.flow_level > 0 {
            self.flow_level -= 1;
            let inner = self.simple_keys.pop();
            // go-yaml forgets the key that begins with an empty collection: the level within has the same number.
            if let (Some(inner), Some(outer)) = (inner, self.simple_keys.last_mut()) {
                outer.forgotten |= inner.token_number == outer.token_number;
            }
        }
        self.simple_key_allowed = false;
        self.indicator(kind);
        Ok(())
    }

    fn block_entry(&mut self) -> Scanned<()> {
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return self.error(self.mark, "block sequence entries are not allowed in this context");
            }
            self.roll_indent(self.mark.column, None, Kind::BlockSequenceStart, self.mark)?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.indicator(Kind::BlockEntry);
        Ok(())
    }

    pub(super) fn key(&mut self) -> Scanned<()> {
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return self.error(self.mark, "mapping keys are not allowed in this context");
            }
            self.roll_indent(self.mark.column, None, Kind::BlockMappingStart, self.mark)?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = self.flow_level == 0;
        self.indicator(Kind::Key);
        Ok(())
    }

    fn value(&mut self) -> Scanned<()> {
        let last = self.simple_keys.len() - 1;
        if self.key_is_valid(last)? {
            let key = self.simple_keys[last];
            let token = Token { kind: Kind::Key, mark: key.mark, text: Text::default(), handle: Text::default() };
            self.insert(key.token_number, token);
            self.roll_indent(key.mark.column, Some(key.token_number), Kind::BlockMappingStart, key.mark)?;
            self.simple_keys[last].possible = false;
            self.simple_key_allowed = false;
        } else {
            if self.flow_level == 0 {
                if !self.simple_key_allowed {
                    return self.error(self.mark, "mapping values are not allowed in this context");
                }
                self.roll_indent(self.mark.column, None, Kind::BlockMappingStart, self.mark)?;
            }
            self.simple_key_allowed = self.flow_level == 0;
        }
        self.indicator(Kind::Value);
        Ok(())
    }
}
