//! Reading TOML with the rules and the error texts of BurntSushi/toml v1.6.0. The text is walked once: [`Reader`]
//! understands values and keys, [`tables`] where they belong, [`scan`] the characters.

mod numbers;
mod scan;
mod strings;
mod tables;

use jiff::tz::TimeZone;

use crate::span::Pos;
use crate::stack;
use crate::value::fmt::go_quote;
use crate::value::{Map, Slot, Str, Value};
use numbers::float;
use scan::{Mark, Scan, is_newline, is_white, quote_rune, rune_or_eof};
use strings::unescape;
use tables::{Kind, Tables};

/// What times without a zone are given.
pub struct Zones {
    /// The local zone.
    pub local: TimeZone,
    /// Its offset today, which local dates and times are read with.
    pub offset: i32,
}

/// `toml.Unmarshal` into a map. `base` is the position of the first byte.
///
/// # Errors
/// With the library's text.
pub fn read(text: &[u8], base: Pos, zones: &Zones) -> Result<Map, String> {
    let skipped = match text {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => 2,
        [0xef, 0xbb, 0xbf, ..] => 3,
        _ => 0,
    };
    let text = &text[skipped..];
    if text[..text.len().min(6)].contains(&0) {
        return Err(
            "toml: line 1: files cannot contain NULL bytes; probably using UTF-16; TOML files must be UTF-8".into()
        );
    }
    let mut reader = Reader { scan: Scan::new(text), tables: Tables::default(), base: base.offset(skipped), zones };
    match reader.document() {
        Ok(()) => Ok(reader.tables.root),
        Err(bad) => Err(reader.error_text(&bad)),
    }
}

/// What went wrong on which line; the last key is known to the reader.
pub(super) struct Bad {
    line: i64,
    message: String,
}

type Read<T> = Result<T, Bad>;

struct Reader<'a> {
    scan: Scan<'a>,
    tables: Tables,
    base: Pos,
    zones: &'a Zones,
}

/// A piece of text that stands for a value or a key.
struct Item<'a> {
    text: &'a [u8],
    mark: Mark,
}

impl Item<'_> {
    fn bad<T>(&self, message: String) -> Read<T> {
        Err(Bad { line: self.mark.line, message })
    }

    fn quoted(&self) -> String {
        go_quote(self.text)
    }
}

impl<'a> Reader<'a> {
    fn error_text(&self, bad: &Bad) -> String {
        let key = self.tables.current();
        if key.is_empty() {
            return format!("toml: line {}: {}", bad.line, bad.message);
        }
        let key = go_quote(&key);
        format!("toml: line {} (last key {key}): {}", bad.line, bad.message)
    }

    fn document(&mut self) -> Read<()> {
        loop {
            self.scan.ignore();
            let c = self.scan.next()?;
            match c {
                None => return Ok(()),
                Some(c) if is_white(c) || is_newline(c) => continue,
                Some('#') => {
                    self.comment()?;
                    continue;
                }
                Some('[') => self.table_header()?,
                Some(_) => {
                    self.scan.backup();
                    self.top_pair()?;
                }
            }
            if !self.line_end()? {
                return Ok(());
            }
        }
    }

    /// What follows a pair or a header; false at the end of the text.
    fn line_end(&mut self) -> Read<bool> {
        loop {
            match self.scan.next()? {
                None => return Ok(false),
                Some('#') => {
                    self.comment()?;
                    return Ok(true);
                }
                Some(c) if is_white(c) => {}
                Some(c) if is_newline(c) => return Ok(true),
                c => {
                    return self.scan.fail(format!(
                        "expected a top-level item to end with a newline, comment, or EOF, but got {} instead",
                        quote_rune(c)
                    ));
                }
            }
        }
    }

    fn comment(&mut self) -> Read<()> {
        self.scan.ignore();
        loop {
            match self.scan.next()? {
                Some(c) if !is_newline(c) => {}
                _ => {
                    self.scan.backup();
                    return Ok(());
                }
            }
        }
    }

    fn table_header(&mut self) -> Read<()> {
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
    fn item(&mut self) -> Item<'a> {
        let item = Item { text: self.scan.current(), mark: self.scan.mark() };
        self.scan.ignore();
        item
    }

    /// A key up to and with its `=`.
    fn key(&mut self) -> Read<Vec<Slot>> {
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

    fn top_pair(&mut self) -> Read<()> {
        let outer = self.tables.context.clone();
        let key = self.key()?;
        self.pair(&key)?;
        self.tables.context = outer;
        self.tables.key = None;
        Ok(())
    }

    /// Reads the value of a key and puts it where it belongs.
    fn pair(&mut self, key: &[Slot]) -> Read<()> {
        let Some((last, parents)) = key.split_last() else {
            return Ok(());
        };
        self.tables.key = last.value.as_str().cloned();
        for part in parents {
            let mut context = self.tables.context.clone();
            context.push(part.clone());
            self.tables.imply(&context);
            self.tables.enter(&context, false)?;
        }
        let (value, kind) = self.value(false)?;
        self.tables.set(last, value)?;
        self.tables.note(self.tables.key.clone(), kind);
        Ok(())
    }

    fn value(&mut self, in_array: bool) -> Read<(Value, Kind)> {
        if stack::is_low() {
            return self.scan.fail("nesting too deep".into());
        }
        self.scan.skip_white()?;
        let c = self.scan.next()?;
        let value = match c {
            Some('0'..='9') => {
                self.scan.backup();
                self.number_or_date()?
            }
            Some('[') => return self.array(),
            Some('{') => return self.inline_table(in_array),
            Some('"') => self.double_quoted()?,
            Some('\'') => self.single_quoted()?,
            Some('.') => {
                return self.scan.fail("floats must start with a digit, not '.'".into());
            }
            Some('-' | '+') => self.signed_number()?,
            Some(c) => {
                let word = matches!(c, 'i' | 'n')
                    && (self.scan.accept('n')? && self.scan.accept('f')?
                        || self.scan.accept('a')? && self.scan.accept('n')?);
                if word {
                    let item = self.item();
                    float(&item)?
                } else if c.is_alphabetic() {
                    self.scan.backup();
                    self.word()?
                } else if c == '\n' {
                    let message = format!("expected value but found {} instead", quote_rune(Some(c)));
                    return self.scan.fail_previous_line(message);
                } else {
                    return self.scan.fail(format!("expected value but found {} instead", quote_rune(Some(c))));
                }
            }
            None => return self.scan.fail("unexpected EOF; expected value".into()),
        };
        Ok((value, Kind::Other))
    }

    fn word(&mut self) -> Read<Value> {
        let mut word = String::new();
        loop {
            match self.scan.next()? {
                Some(c) if c.is_alphabetic() => word.push(c),
                _ => {
                    self.scan.backup();
                    break;
                }
            }
        }
        match word.as_str() {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => {
                let word = go_quote(word);
                self.scan.fail(format!("expected value but found {word} instead"))
            }
        }
    }

    fn array(&mut self) -> Read<(Value, Kind)> {
        self.tables.note(self.tables.key.clone(), Kind::Array);
        let mut items = Vec::new();
        'items: loop {
            self.scan.ignore();
            match self.scan.next()? {
                Some(c) if is_white(c) || is_newline(c) => continue,
                Some('#') => {
                    self.comment()?;
                    continue;
                }
                Some(',') => return self.scan.fail("unexpected comma".into()),
                Some(']') => break,
                _ => self.scan.backup(),
            }
            let pos = self.base.offset(self.scan.mark().start);
            items.push(Slot { value: self.value(true)?.0, pos });
            loop {
                self.scan.ignore();
                match self.scan.next()? {
                    Some(c) if is_white(c) || is_newline(c) => {}
                    Some('#') => self.comment()?,
                    Some(',') => continue 'items,
                    Some(']') => break 'items,
                    c => {
                        return self.scan.fail(format!(
                            "expected a comma (',') or array terminator (']'), but got {}",
                            rune_or_eof(c)
                        ));
                    }
                }
            }
        }
        self.scan.ignore();
        Ok((Value::list(items), Kind::Array))
    }

    fn inline_table(&mut self, in_array: bool) -> Read<(Value, Kind)> {
        let top = Map::default();
        let (outer_context, outer_key) = (self.tables.context.clone(), self.tables.key.take());
        let own = Slot { value: Value::Str(outer_key.clone().unwrap_or_else(|| "".into())), pos: Pos::NONE };
        let mut context = outer_context.clone();
        context.push(own);
        self.tables.context = context.clone();
        self.tables.imply(&context);
        self.tables.enter(&context, in_array)?;
        'pairs: loop {
            self.scan.ignore();
            match self.scan.next()? {
                Some(c) if is_white(c) || is_newline(c) => continue,
                Some('#') => {
                    self.comment()?;
                    continue;
                }
                Some(',') => return self.scan.fail("unexpected comma".into()),
                Some('}') => break,
                _ => self.scan.backup(),
            }
            let key = self.key()?;
            self.pair_in(&key, &top)?;
            self.tables.context = context.clone();
            loop {
                self.scan.ignore();
                match self.scan.next()? {
                    Some(c) if is_white(c) || is_newline(c) => {}
                    Some('#') => self.comment()?,
                    Some(',') => {
                        self.scan.ignore();
                        self.scan.skip_white()?;
                        if self.scan.peek()? != Some('}') {
                            continue 'pairs;
                        }
                    }
                    Some('}') => break 'pairs,
                    c => {
                        return self.scan.fail(format!(
                            "expected a comma or an inline table terminator '}}', but got {} instead",
                            rune_or_eof(c)
                        ));
                    }
                }
            }
        }
        self.scan.ignore();
        self.tables.context = outer_context;
        self.tables.key = outer_key;
        Ok((Value::Map(top), Kind::Other))
    }

    /// As [`Reader::pair`], for the pairs of an inline table, which is also built by itself.
    fn pair_in(&mut self, key: &[Slot], top: &Map) -> Read<()> {
        let Some((last, parents)) = key.split_last() else {
            return Ok(());
        };
        self.pair(key)?;
        // What was set, as the tables have it: a dotted key there is the same table as here.
        let Some(value) = self.tables.get_current() else {
            return Ok(());
        };
        let mut hash = top.clone();
        for part in parents {
            let Some(name) = part.value.as_str() else {
                continue;
            };
            let next = match hash.get(name) {
                Some(Value::Map(m)) => m,
                Some(_) => {
                    return self.tables.fail(format!("{} is not a table", self.tables.context_quoted()));
                }
                None => {
                    let map = Map::default();
                    hash.insert(name.clone(), Slot { value: Value::Map(map.clone()), pos: part.pos });
                    map
                }
            };
            hash = next;
        }
        if let Some(name) = last.value.as_str() {
            hash.insert(name.clone(), Slot { value, pos: last.pos });
        }
        Ok(())
    }
}
