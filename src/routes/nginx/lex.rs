//! Words of an nginx configuration, as `ngx_conf_read_token` (nginx 1.22.1 `src/core/ngx_conf_file.c`) reads them.

use super::Fault;

/// What ends a run of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// `;`: a simple directive.
    Semicolon,
    /// `{`: a block begins.
    Open,
    /// `}`: a block ends.
    Close,
    /// The file ends.
    File,
}

/// Words with the line of the first one, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// Without their quotes, escapes resolved.
    pub words: Vec<String>,
    /// Line of the first word, or of what ended the run.
    pub line: usize,
    /// What ended it.
    pub end: End,
}

/// Reads a file word by word.
pub struct Lexer<'a> {
    name: &'a str,
    text: &'a [u8],
    at: usize,
    line: usize,
}

impl<'a> Lexer<'a> {
    /// At the start of a file of this name.
    pub fn new(name: &'a str, text: &'a str) -> Lexer<'a> {
        Lexer { name, text: text.as_bytes(), at: 0, line: 1 }
    }

    /// The next directive's words, or the end of a block or of the file.
    ///
    /// # Errors
    /// For quotes and directives that do not end, and for what nginx calls unexpected.
    pub fn next_words(&mut self) -> Result<Words, Fault> {
        let mut words = Vec::new();
        let mut line = self.line;
        loop {
            self.skip_space();
            if words.is_empty() {
                line = self.line;
            }
            let end = match self.peek() {
                None => End::File,
                Some(b';') => End::Semicolon,
                Some(b'{') => End::Open,
                Some(b'}') => End::Close,
                Some(quote @ (b'"' | b'\'')) => {
                    words.push(self.quoted(quote)?);
                    continue;
                }
                Some(_) => {
                    words.push(self.bare());
                    continue;
                }
            };
            return self.ended(words, line, end);
        }
    }

    fn ended(&mut self, words: Vec<String>, line: usize, end: End) -> Result<Words, Fault> {
        let unexpected = match end {
            End::Semicolon | End::Open => words.is_empty(),
            End::Close | End::File => !words.is_empty(),
        };
        if unexpected {
            let what = match end {
                End::Semicolon => "unexpected \";\"",
                End::Open => "unexpected \"{\"",
                End::Close => "unexpected \"}\"",
                End::File => "unexpected end of file, expecting \";\" or \"}\"",
            };
            return Err(self.fault(what));
        }
        self.at += 1;
        Ok(Words { words, line, end })
    }

    /// What is wrong at the current line.
    pub fn fault(&self, message: &str) -> Fault {
        Fault { file: self.name.to_owned(), line: self.line, message: message.to_owned() }
    }

    /// Skips the text of a block whose content is another language (`content_by_lua_block`), behind its `{`.
    ///
    /// # Errors
    /// When it does not end.
    pub fn skip_foreign_block(&mut self) -> Result<(), Fault> {
        let mut depth = 1;
        while let Some(c) = self.peek() {
            match c {
                b'{' => depth += 1,
                b'}' => depth -= 1,
                b'"' | b'\'' => self.foreign_string(c),
                b'-' if self.text.get(self.at + 1) == Some(&b'-') => self.skip_line(),
                b'\n' => self.line += 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Ok(());
            }
        }
        Err(self.fault("unexpected end of file, expecting \"}\""))
    }

    /// To the closing quote, or the line's end where Lua's string ends at the latest.
    fn foreign_string(&mut self, quote: u8) {
        self.at += 1;
        while let Some(c) = self.peek().filter(|c| *c != quote) {
            if c == b'\n' {
                self.at -= 1;
                return;
            }
            self.at += if c == b'\\' { 2 } else { 1 };
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn skip_line(&mut self) {
        let rest = &self.text[self.at..];
        self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len()).saturating_sub(1);
    }

    fn skip_space(&mut self) {
        while let Some(c) = self.peek() {
            match c {
                b'\n' => self.line += 1,
                b' ' | b'\t' | b'\r' => {}
                b'#' => self.skip_line(),
                _ => return,
            }
            self.at += 1;
        }
    }

    fn quoted(&mut self, quote: u8) -> Result<String, Fault> {
        self.at += 1;
        let start = self.at;
        while let Some(c) = self.peek().filter(|c| *c != quote) {
            self.line += usize::from(c == b'\n');
            self.at += if c == b'\\' { 2 } else { 1 };
        }
        if self.peek().is_none() {
            return Err(self.fault("unexpected end of file, expecting \";\" or \"}\""));
        }
        let word = unescape(&self.text[start..self.at]);
        self.at += 1;
        match self.peek() {
            None | Some(b' ' | b'\t' | b'\r' | b'\n' | b';' | b'{' | b')') => Ok(word),
            Some(c) => Err(self.fault(&format!("unexpected \"{}\"", char::from(c)))),
        }
    }

    fn bare(&mut self) -> String {
        let start = self.at;
        while let Some(c) = self.peek() {
            match c {
                b' ' | b'\t' | b'\r' | b'\n' | b';' => break,
                b'$' if self.text.get(self.at + 1) == Some(&b'{') => self.at += 1,
                b'{' => break,
                b'\\' => {
                    let next = self.text.get(self.at + 1);
                    self.line += usize::from(next == Some(&b'\n'));
                    self.at += 1;
                }
                _ => {}
            }
            self.at += 1;
        }
        self.at = self.at.min(self.text.len());
        unescape(&self.text[start..self.at])
    }
}

/// Resolves what nginx resolves: escaped quotes and backslashes, `\t`, `\r`, `\n`; all else keeps its backslash.
fn unescape(raw: &[u8]) -> String {
    let mut out = Vec::with_capacity(raw.len());
    let mut i = 0;
    while i < raw.len() {
        let plain = match (raw[i], raw.get(i + 1)) {
            (b'\\', Some(c @ (b'"' | b'\'' | b'\\'))) => Some(*c),
            (b'\\', Some(b't')) => Some(b'\t'),
            (b'\\', Some(b'r')) => Some(b'\r'),
            (b'\\', Some(b'n')) => Some(b'\n'),
            _ => None,
        };
        out.push(plain.unwrap_or(raw[i]));
        i += if plain.is_some() { 2 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<(Vec<String>, usize, End)> {
        let mut lexer = Lexer::new("f", text);
        let mut out = Vec::new();
        loop {
            let words = lexer.next_words().expect("is well-formed");
            let end = words.end;
            out.push((words.words, words.line, end));
            if end == End::File {
                return out;
            }
        }
    }

    #[test]
    fn words_end_where_nginx_ends_them() {
        let text = "# c\nlocation ~ \"^/a{2}\\.php$\" { # more\n  set $x ${y}z; return 200 'a b';}\n";
        let expected: Vec<(Vec<String>, usize, End)> = vec![
            (vec!["location".into(), "~".into(), "^/a{2}\\.php$".into()], 2, End::Open),
            (vec!["set".into(), "$x".into(), "${y}z".into()], 3, End::Semicolon),
            (vec!["return".into(), "200".into(), "a b".into()], 3, End::Semicolon),
            (vec![], 3, End::Close),
            (vec![], 4, End::File),
        ];
        assert_eq!(all(text), expected);
    }

    #[test]
    fn what_nginx_refuses_is_refused() {
        for (text, line, part) in [
            ("a b", 1, "end of file"),
            (";", 1, "unexpected \";\""),
            ("\n{", 2, "unexpected \"{\""),
            ("a \"b\n", 2, "end of file"),
            ("a \"b\"c;", 1, "unexpected \"c\""),
            ("a\\", 1, "end of file"),
        ] {
            let fault = Lexer::new("f", text).next_words().expect_err(text);
            assert_eq!(fault.line, line, "{text}");
            assert!(fault.message.contains(part), "{text}: {}", fault.message);
        }
    }
}
