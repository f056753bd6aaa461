//! Reading TOML with the rules and the error texts of BurntSushi/toml v1.6.0. The text is walked once: [`Reader`]
//! understands values and keys, [`tables`] where they belong, [`scan`] the characters.

mod scan;
mod tables;

use jiff::tz::TimeZone;

use super::super::gonum::{NumError, parse_float, parse_int};
use super::super::gotime::Zone;
use super::super::gotime::object::time_value;
use super::super::layout;
use super::LOCAL;
use crate::span::Pos;
use crate::stack;
use crate::value::fmt::go_quote;
use crate::value::{Map, Slot, Str, Value};
use scan::{Mark, Scan, is_digit, is_newline, is_white, quote_rune, rune_or_eof};
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
        String::from_utf8_lossy(&go_quote(self.text)).into_owned()
    }
}

impl<'a> Reader<'a> {
    fn error_text(&self, bad: &Bad) -> String {
        let key = self.tables.current();
        if key.is_empty() {
            return format!("toml: line {}: {}", bad.line, bad.message);
        }
        let key = go_quote(&key);
        format!("toml: line {} (last key {}): {}", bad.line, String::from_utf8_lossy(&key), bad.message)
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
                let word = go_quote(word.as_bytes());
                self.scan.fail(format!("expected value but found {} instead", String::from_utf8_lossy(&word)))
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

    fn double_quoted(&mut self) -> Read<Value> {
        if self.scan.accept('"')? {
            if self.scan.accept('"')? {
                self.scan.ignore();
                let item = self.multiline('"')?;
                let text = strip_escaped_newlines(strip_first_newline(item.text));
                return Ok(Value::string(unescape(&item, &text)?));
            }
            self.scan.backup();
        }
        self.scan.ignore();
        let (item, escaped) = self.basic_string()?;
        Ok(if escaped { Value::string(unescape(&item, item.text)?) } else { Value::string(item.text) })
    }

    fn single_quoted(&mut self) -> Read<Value> {
        if self.scan.accept('\'')? {
            if self.scan.accept('\'')? {
                self.scan.ignore();
                let item = self.multiline('\'')?;
                return Ok(Value::string(strip_first_newline(item.text)));
            }
            self.scan.backup();
        }
        self.scan.ignore();
        Ok(Value::string(self.raw_string()?.text))
    }

    fn basic_string(&mut self) -> Read<(Item<'a>, bool)> {
        let mut escaped = false;
        loop {
            match self.scan.next()? {
                None => return self.scan.fail("unexpected EOF; expected '\"'".into()),
                Some(c) if is_newline(c) => {
                    return self.scan.fail_previous_line("strings cannot contain newlines".into());
                }
                Some('\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some('"') => break,
                Some(_) => {}
            }
        }
        Ok((self.closed(1)?, escaped))
    }

    fn raw_string(&mut self) -> Read<Item<'a>> {
        loop {
            match self.scan.next()? {
                None => return self.scan.fail("unexpected EOF; expected \"'\"".into()),
                Some(c) if is_newline(c) => {
                    return self.scan.fail_previous_line("strings cannot contain newlines".into());
                }
                Some('\'') => return self.closed(1),
                Some(_) => {}
            }
        }
    }

    /// The item before the quotes that were just read.
    fn closed(&mut self, quotes: usize) -> Read<Item<'a>> {
        for _ in 0..quotes {
            self.scan.backup();
        }
        let item = self.item();
        for _ in 0..quotes {
            self.scan.next()?;
        }
        self.scan.ignore();
        Ok(item)
    }

    fn multiline(&mut self, quote: char) -> Read<Item<'a>> {
        loop {
            match self.scan.next()? {
                None => {
                    let wrapped = if quote == '"' { "'\"\"\"'" } else { "\"'''\"" };
                    return self.scan.fail(format!("unexpected EOF; expected {wrapped}"));
                }
                Some('\\') if quote == '"' => {
                    if !self.scan.next()?.is_some_and(is_newline) {
                        self.scan.backup();
                        self.escape()?;
                    }
                }
                Some(c) if c == quote => {
                    if !self.scan.accept(quote)? {
                        continue;
                    }
                    if !self.scan.accept(quote)? {
                        self.scan.backup();
                        continue;
                    }
                    if self.scan.peek()? != Some(quote) {
                        return self.closed(3);
                    }
                    // Up to two quotes may stand before the closing ones.
                    let five = [quote as u8; 5];
                    let escaped = [&b"\\"[..], &five].concat();
                    if self.scan.current().ends_with(&five)
                        && !(quote == '"' && self.scan.current().ends_with(&escaped))
                    {
                        let wrapped = if quote == '"' { "'\"\"\"\"\"\"'" } else { "\"''''''\"" };
                        return self.scan.fail(format!("unexpected {wrapped}"));
                    }
                    self.scan.backup();
                    self.scan.backup();
                }
                Some(_) => {}
            }
        }
    }

    /// Checks what follows a backslash.
    fn escape(&mut self) -> Read<()> {
        let (count, words) = match self.scan.next()? {
            Some('e' | 'b' | 't' | 'n' | 'f' | 'r' | '"' | ' ' | '\t' | '\\') => return Ok(()),
            Some('x') => (2, "two hexadecimal digits after '\\x'"),
            Some('u') => (4, "four hexadecimal digits after '\\u'"),
            Some('U') => (8, "eight hexadecimal digits after '\\U'"),
            c => {
                let message = format!("invalid escape in string '\\{}'", c.unwrap_or('\0'));
                return if c.is_none() { self.scan.fail_previous_line(message) } else { self.scan.fail(message) };
            }
        };
        for _ in 0..count {
            if !self.scan.next()?.is_some_and(|c| c.is_ascii_hexdigit()) {
                let got = go_quote(self.scan.current());
                return self.scan.fail(format!("expected {words}, but got {} instead", String::from_utf8_lossy(&got)));
            }
        }
        Ok(())
    }

    fn run(&mut self, more: impl Fn(char) -> bool) -> Read<Option<char>> {
        loop {
            match self.scan.next()? {
                Some(c) if more(c) => {}
                c => return Ok(c),
            }
        }
    }

    fn signed_number(&mut self) -> Read<Value> {
        match self.scan.next()? {
            Some(c @ ('i' | 'n')) => {
                let (a, b) = if c == 'i' { ('n', 'f') } else { ('a', 'n') };
                if !self.scan.accept(a)? || !self.scan.accept(b)? {
                    let current = String::from_utf8_lossy(self.scan.current()).into_owned();
                    return self.scan.fail(format!("invalid float: '{current}'"));
                }
                let item = self.item();
                return float(&item);
            }
            Some('0') => {
                if let Some(base @ ('b' | 'o' | 'x')) = self.scan.peek()? {
                    let current = String::from_utf8_lossy(self.scan.current()).into_owned();
                    return self.scan.fail(format!("cannot use sign with non-decimal numbers: '{current}{base}'"));
                }
            }
            Some('1'..='9') => {}
            Some('.') => {
                return self.scan.fail("floats must start with a digit, not '.'".into());
            }
            c => {
                return self.scan.fail(format!("expected a digit but got {}", quote_rune(c)));
            }
        }
        self.decimal()
    }

    /// Digits and underscores, then perhaps the rest of a float.
    fn decimal(&mut self) -> Read<Value> {
        match self.run(|c| is_digit(c) || c == '_')? {
            Some('.' | 'e' | 'E') => self.rest_of_float(),
            _ => {
                self.scan.backup();
                integer(&self.item())
            }
        }
    }

    fn rest_of_float(&mut self) -> Read<Value> {
        self.run(|c| is_digit(c) || matches!(c, '_' | '.' | '-' | '+' | 'e' | 'E'))?;
        self.scan.backup();
        float(&self.item())
    }

    fn number_or_date(&mut self) -> Read<Value> {
        if self.scan.next()? == Some('0') {
            let base = match self.scan.next()? {
                Some(c @ ('b' | 'o' | 'x')) => Some(c),
                Some('_') => return self.decimal(),
                Some('.' | 'e' | 'E') => return self.rest_of_float(),
                Some(c) if is_digit(c) => None,
                _ => {
                    self.scan.backup();
                    return integer(&self.item());
                }
            };
            if let Some(base) = base {
                return self.based(base);
            }
        }
        match self.run(is_digit)? {
            Some('-' | ':') => {
                self.run(|c| is_digit(c) || matches!(c, '-' | ':' | 'T' | 't' | ' ' | '.' | 'Z' | 'z' | '+'))?;
                self.scan.backup();
                let item = self.item();
                self.date(&item)
            }
            Some('_') => self.decimal(),
            Some('.' | 'e' | 'E') => self.rest_of_float(),
            _ => {
                self.scan.backup();
                integer(&self.item())
            }
        }
    }

    fn based(&mut self, base: char) -> Read<Value> {
        let (radix, words) = match base {
            'b' => (2, "a binary"),
            'o' => (8, "an octal"),
            _ => (16, "a hexadecimal"),
        };
        let next = self.scan.peek()?;
        if !next.is_some_and(|c| c.is_digit(radix)) {
            let current = String::from_utf8_lossy(self.scan.current()).into_owned();
            return self.scan.fail(format!("not {words} number: '{current}{}'", next.unwrap_or('\0')));
        }
        self.run(|c| c.is_digit(radix) || c == '_')?;
        self.scan.backup();
        integer(&self.item())
    }

    fn date(&self, item: &Item<'_>) -> Read<Value> {
        let text: Vec<u8> = item
            .text
            .trim_ascii()
            .iter()
            .map(|c| match c {
                b'z' => b'Z',
                b't' | b' ' => b'T',
                c => *c,
            })
            .collect();
        let layouts: [(&[u8], Option<usize>); 7] = [
            (b"2006-01-02T15:04:05.999999999Z07:00", None),
            (b"2006-01-02T15:04:05.999999999", Some(0)),
            (b"2006-01-02", Some(1)),
            (b"15:04:05.999999999", Some(2)),
            (b"2006-01-02T15:04Z07:00", None),
            (b"2006-01-02T15:04", Some(0)),
            (b"15:04", Some(2)),
        ];
        for (layout, local) in layouts {
            let zone = match local {
                Some(i) => Zone::Fixed(LOCAL[i].to_owned(), self.zones.offset),
                None => Zone::Local(self.zones.local.clone()),
            };
            if let Ok(time) = layout::parse::parse(layout, &text, &zone) {
                if lacks_leading_zero(&text, layout) {
                    break;
                }
                return Ok(time_value(time, self.zones.local.clone()));
            }
        }
        item.bad(format!("invalid datetime: {}", String::from_utf8_lossy(&go_quote(&text))))
    }
}

/// Package time reads numbers without their leading zeros, TOML does not.
fn lacks_leading_zero(text: &[u8], layout: &[u8]) -> bool {
    layout
        .iter()
        .enumerate()
        .take_while(|(_, c)| !matches!(c, b'.' | b'Z'))
        .any(|(i, c)| !c.is_ascii_digit() && text.get(i) != Some(c))
}

fn leading_zero(s: &[u8]) -> bool {
    match s {
        [b'0', second, ..] => !matches!(second, b'b' | b'o' | b'x'),
        [b'-' | b'+', b'0', _, ..] => true,
        _ => false,
    }
}

fn underscores_ok(s: &[u8]) -> bool {
    if matches!(s, b"nan" | b"+nan" | b"-nan" | b"inf" | b"+inf" | b"-inf") {
        return true;
    }
    let mut accept = false;
    for c in s {
        if *c == b'_' && !accept {
            return false;
        }
        accept = c.is_ascii_hexdigit();
    }
    accept
}

fn integer(item: &Item<'_>) -> Read<Value> {
    if !underscores_ok(item.text) {
        return item.bad(format!("Invalid integer {}: underscores must be surrounded by digits", item.quoted()));
    }
    if leading_zero(item.text) {
        return item.bad(format!("Invalid integer {}: cannot have leading zeroes", item.quoted()));
    }
    match parse_int(item.text, 0) {
        Ok(n) => Ok(Value::int64(n)),
        Err(NumError::Range | NumError::Syntax) => {
            item.bad(format!("{} is out of range for int64", String::from_utf8_lossy(item.text)))
        }
    }
}

fn float(item: &Item<'_>) -> Read<Value> {
    let mut parts = item.text.split(|c| matches!(c, b'.' | b'e' | b'E')).filter(|p| !p.is_empty()).peekable();
    let zero = parts.peek().is_some_and(|p| leading_zero(p));
    if !parts.all(underscores_ok) {
        return item.bad(format!("Invalid float {}: underscores must be surrounded by digits", item.quoted()));
    }
    if zero {
        return item.bad(format!("Invalid float {}: cannot have leading zeroes", item.quoted()));
    }
    let mut after = item.text.split(|c| *c == b'.').skip(1);
    if !after.all(|p| p.first().is_some_and(u8::is_ascii_digit)) {
        return item.bad(format!("Invalid float {}: '.' must be followed by one or more digits", item.quoted()));
    }
    let text: Vec<u8> = item.text.iter().copied().filter(|c| *c != b'_').collect();
    let value = match &text[..] {
        b"nan" | b"+nan" => Ok(f64::NAN),
        b"-nan" => Ok(-f64::NAN),
        text => parse_float(text),
    };
    match value {
        Ok(f) => Ok(Value::Float(f)),
        Err(NumError::Range) => item.bad(format!("{} is out of range for float64", String::from_utf8_lossy(item.text))),
        Err(NumError::Syntax) => item.bad(format!("Invalid float value: {}", item.quoted())),
    }
}

fn strip_first_newline(s: &[u8]) -> &[u8] {
    s.strip_prefix(b"\n").or(s.strip_prefix(b"\r\n")).unwrap_or(s)
}

/// Drops backslashes at line ends with all the white space behind them.
fn strip_escaped_newlines(s: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(s.len());
    let mut i = 0;
    while i < s.len() {
        if s[i] != b'\\' {
            out.push(s[i]);
            i += 1;
            continue;
        }
        if s.get(i + 1) == Some(&b'\\') {
            out.extend_from_slice(b"\\\\");
            i += 2;
            continue;
        }
        let n = s[i + 1..].iter().take_while(|c| matches!(c, b' ' | b'\t' | b'\r' | b'\n')).count();
        if s[i + 1..i + 1 + n].contains(&b'\n') {
            i += 1 + n;
        } else {
            out.push(b'\\');
            i += 1;
        }
    }
    out
}

fn unescape(item: &Item<'_>, s: &[u8]) -> Read<Vec<u8>> {
    let mut out = Vec::with_capacity(s.len());
    let mut i = 0;
    while i < s.len() {
        if s[i] != b'\\' {
            out.push(s[i]);
            i += 1;
            continue;
        }
        let code = s.get(i + 1).copied().unwrap_or(0);
        let digits = match code {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            _ => 0,
        };
        i += 2;
        let plain = match code {
            b'b' => 8,
            b't' => b'\t',
            b'n' => b'\n',
            b'f' => 12,
            b'r' => b'\r',
            b'e' => 27,
            b'"' | b'\\' => code,
            _ if digits > 0 => {
                let hex = s.get(i..i + digits).and_then(|h| std::str::from_utf8(h).ok()).unwrap_or_default();
                let Some(c) = u32::from_str_radix(hex, 16).ok().and_then(char::from_u32) else {
                    return item.bad(format!("Escaped character '\\u{hex}' is not valid UTF-8."));
                };
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                i += digits;
                continue;
            }
            c => return item.bad(format!("invalid escape: '\\{}'", char::from(c))),
        };
        out.push(plain);
    }
    Ok(out)
}
