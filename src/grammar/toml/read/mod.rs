//! Reading TOML with the rules and the error texts of BurntSushi/toml v1.6.0. The text is walked once: [`Reader`]
//! understands values, `keys` keys, [`tables`] where they belong, [`scan`] the characters.

mod collections;
mod keys;
mod numbers;
mod scan;
mod strings;
mod tables;

use jiff::tz::TimeZone;

use crate::span::Pos;
use crate::stack;
use crate::value::fmt::go_quote;
use crate::value::{Map, Slot, Value};
use numbers::float;
use scan::{Mark, Scan, is_newline, is_white, quote_rune};
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
            match self.significant()? {
                None => return Ok(()),
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

    /// Over blanks, line ends and comments, and over the character behind them.
    fn significant(&mut self) -> Read<Option<char>> {
        loop {
            self.scan.ignore();
            match self.scan.next()? {
                Some(c) if is_white(c) || is_newline(c) => {}
                Some('#') => self.comment()?,
                c => return Ok(c),
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
}
