//! Strings: basic, literal, multiline, with their escapes.

use super::scan::is_newline;
use super::{Item, Read, Reader};
use crate::value::Value;
use crate::value::fmt::go_quote;

impl<'a> Reader<'a> {
    pub(super) fn double_quoted(&mut self) -> Read<Value> {
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

    pub(super) fn single_quoted(&mut self) -> Read<Value> {
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

    pub(super) fn basic_string(&mut self) -> Read<(Item<'a>, bool)> {
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

    pub(super) fn raw_string(&mut self) -> Read<Item<'a>> {
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
                return self.scan.fail(format!("expected {words}, but got {got} instead"));
            }
        }
        Ok(())
    }

    pub(super) fn run(&mut self, more: impl Fn(char) -> bool) -> Read<Option<char>> {
        loop {
            match self.scan.next()? {
                Some(c) if more(c) => {}
                c => return Ok(c),
            }
        }
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

pub(super) fn unescape(item: &Item<'_>, s: &[u8]) -> Read<Vec<u8>> {
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
