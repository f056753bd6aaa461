//! Keys, and the headers of tables.

use super::scan::{Mark, quote_rune};
use super::strings::unescape;
use super::tables::Kind;
use super::{Item, Read, Reader};
use crate::value::{Slot, Str, Value};

impl<'a> Reader<'a> {
    pub(super) fn table_header(&mut self) -> Read<()> {
        let array = self.scan.accept('[')?;
        let mut key = Vec::new();
        let mut first = None;
        loop {
            self.scan.skip_white()?;
            match self.scan.peek()? {
                None | Some(']') => {
                    return self.scan.fail("unexpected end of table name (table names cannot be empty)".into());
                }
                Some('.') => {
                    return self.scan.fail("unexpected table separator (table names cannot be empty)".into());
                }
                _ => {}
            }
            let (part, mark) = self.key_part()?;
            first.get_or_insert(mark);
            key.push((part, mark));
            self.scan.skip_white()?;
            match self.scan.next()? {
                Some('.') => self.scan.ignore(),
                Some(']') => break,
                c => {
                    return self
                        .scan
                        .fail(format!("expected '.' or ']' to end table name, but got {} instead", quote_rune(c)));
                }
            }
        }
        if array {
            match self.scan.next()? {
                Some(']') => {}
                c => {
                    return self.scan.fail(format!(
                        "expected end of table array name delimiter ']', but got {} instead",
                        quote_rune(c)
                    ));
                }
            }
        }
        self.tables.line = first.map_or(1, |m| m.line);
        let key: Vec<Slot> =
            key.into_iter().map(|(k, m)| Slot { value: Value::Str(k), pos: self.base.offset(m.start) }).collect();
        self.tables.enter(&key, array)?;
        self.tables.note(None, if array { Kind::Tables } else { Kind::Other });
        Ok(())
    }

    /// One part of a key: bare or quoted.
    fn key_part(&mut self) -> Read<(Str, Mark)> {
        match self.scan.peek()? {
            Some('"') => {
                self.scan.next()?;
                self.scan.ignore();
                let (item, escaped) = self.basic_string()?;
                let text = if escaped { unescape(&item, item.text)? } else { item.text.to_vec() };
                Ok((text.into(), item.mark))
            }
            Some('\'') => {
                self.scan.next()?;
                self.scan.ignore();
                let item = self.raw_string()?;
                Ok((item.text.into(), item.mark))
            }
            _ => {
                while self.scan.next()?.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {}
                self.scan.backup();
                let item = self.item();
                Ok((item.text.into(), item.mark))
            }
        }
    }

    /// The text since the last mark.
    pub(super) fn item(&mut self) -> Item<'a> {
        let item = Item { text: self.scan.current(), mark: self.scan.mark() };
        self.scan.ignore();
        item
    }

    /// A key up to and with its `=`.
    pub(super) fn key(&mut self) -> Read<Vec<Slot>> {
        self.scan.skip_white()?;
        match self.scan.peek()? {
            None | Some('=') => {
                return self.scan.fail("unexpected '=': key name appears blank".into());
            }
            Some('.') => {
                return self.scan.fail("unexpected '.': keys cannot start with a '.'".into());
            }
            _ => {}
        }
        let mut key: Vec<Slot> = Vec::new();
        loop {
            self.scan.skip_white()?;
            if !key.is_empty() {
                match self.scan.peek()? {
                    None | Some('=') => return self.scan.fail("unexpected '='".into()),
                    Some('.') => return self.scan.fail("unexpected '.'".into()),
                    _ => {}
                }
            }
            let (part, mark) = self.key_part()?;
            if key.is_empty() {
                self.tables.line = mark.line;
            }
            key.push(Slot { value: Value::Str(part), pos: self.base.offset(mark.start) });
            self.scan.skip_white()?;
            match self.scan.next()? {
                Some('.') => self.scan.ignore(),
                Some('=') => {
                    self.scan.ignore();
                    return Ok(key);
                }
                None => {
                    return self.scan.fail("unexpected EOF; expected key separator '='".into());
                }
                c => {
                    let message = format!("expected '.' or '=', but got {} instead", quote_rune(c));
                    return if c == Some('\n') {
                        self.scan.fail_previous_line(message)
                    } else {
                        self.scan.fail(message)
                    };
                }
            }
        }
    }
}
