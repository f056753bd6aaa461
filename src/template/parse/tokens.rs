//! Tokens one after the other, as Go's parser takes them and puts them back, and what is said of one that doesn't fit.

use super::super::lex::{Kind, Token};
use super::{ParseError, Parsed, Parser};
use crate::value::fmt::go_quote;

impl<'a> Parser<'a> {
    pub(super) fn next(&mut self) -> Token {
        let s = &mut self.state;
        if s.peeked > 0 {
            s.peeked -= 1;
        } else {
            s.tokens[0] = self.lexer.next_token();
        }
        s.tokens[s.peeked]
    }

    pub(super) fn backup(&mut self) {
        self.state.peeked += 1;
    }

    pub(super) fn peek(&mut self) -> Token {
        let s = &mut self.state;
        if s.peeked > 0 {
            return s.tokens[s.peeked - 1];
        }
        s.peeked = 1;
        s.tokens[0] = self.lexer.next_token();
        s.tokens[0]
    }

    pub(super) fn next_non_space(&mut self) -> Token {
        loop {
            let token = self.next();
            if token.kind != Kind::Space {
                return token;
            }
        }
    }

    pub(super) fn peek_non_space(&mut self) -> Token {
        let token = self.next_non_space();
        self.backup();
        token
    }

    pub(super) fn value(&self, token: Token) -> &'a [u8] {
        &self.text[token.start as usize..token.end as usize]
    }

    pub(super) fn error<T>(&self, message: impl Into<String>) -> Parsed<T> {
        let at = self.state.tokens[0];
        Err(ParseError { source: self.source.clone(), line: at.line, offset: at.start, message: message.into() })
    }

    /// How Go's item prints: keywords in angle brackets, long texts cut.
    pub(super) fn describe(&self, token: Token) -> String {
        if token.kind == Kind::Eof {
            return "EOF".into();
        }
        if token.kind == Kind::Error {
            return self.lexer.message.clone();
        }
        let value = self.value(token);
        if token.kind.is_keyword() {
            return format!("<{}>", String::from_utf8_lossy(value));
        }
        if value.len() > 10 {
            let text = String::from_utf8_lossy(value);
            let head: String = text.chars().take(10).collect();
            return format!("{}...", go_quote(head));
        }
        go_quote(value)
    }

    pub(super) fn unexpected<T>(&self, token: Token, context: &str) -> Parsed<T> {
        if token.kind == Kind::Error {
            let mut message = self.lexer.message.clone();
            if self.state.action_line != 0 && self.state.action_line != token.line {
                let place = format!("{}:{}", self.source.name.to_text(), self.state.action_line);
                let lead = if message.ends_with(" action") { " started at " } else { " in action started at " };
                message.push_str(lead);
                message.push_str(&place);
            }
            return self.error(message);
        }
        let what = self.describe(token);
        self.error(format!("unexpected {what} in {context}"))
    }

    pub(super) fn expect(&mut self, kind: Kind, context: &str) -> Parsed<Token> {
        let token = self.next_non_space();
        if token.kind != kind {
            return self.unexpected(token, context);
        }
        Ok(token)
    }
}
