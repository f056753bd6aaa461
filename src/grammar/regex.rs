//! Go's regular expressions (Go 1.26 `regexp`, `regexp/syntax`: RE2) on the regex crate: what Go writes differently is
//! translated, what Go refuses is refused with Go's words, matches are iterated as Go iterates them.

use std::collections::HashMap;
use std::rc::Rc;

use regex::bytes::{Captures, Regex, RegexBuilder};

use crate::value::fmt::go_quote;

/// Compiled expressions by source, a bounded number of them.
#[derive(Default)]
pub struct Cache {
    compiled: HashMap<Vec<u8>, Result<Rc<GoRegex>, String>>,
}

/// Expressions kept; when there are more, all are dropped.
const MAX_CACHED: usize = 1000;
/// Bytes a compiled expression may take.
const MAX_COMPILED: usize = 10 << 20;

impl Cache {
    /// The compiled expression.
    ///
    /// # Errors
    /// With Go's text, `error parsing regexp: ...`.
    pub fn get(&mut self, source: &[u8]) -> Result<Rc<GoRegex>, String> {
        if let Some(found) = self.compiled.get(source) {
            return found.clone();
        }
        if self.compiled.len() >= MAX_CACHED {
            self.compiled.clear();
        }
        let compiled = GoRegex::new(source).map(Rc::new);
        self.compiled.insert(source.to_vec(), compiled.clone());
        compiled
    }
}

/// One expression with Go's ways of matching.
pub struct GoRegex {
    regex: Regex,
}

impl GoRegex {
    fn new(source: &[u8]) -> Result<GoRegex, String> {
        let text = std::str::from_utf8(source)
            .map_err(|_| bad("invalid UTF-8", &String::from_utf8_lossy(source)))?;
        let translated = Translator::new(text).run()?;
        let regex = RegexBuilder::new(&translated)
            .size_limit(MAX_COMPILED)
            .dfa_size_limit(MAX_COMPILED)
            .build()
            .map_err(|e| match e {
                regex::Error::CompiledTooBig(_) => bad("expression too large", text),
                _ => bad("invalid or unsupported Perl syntax", text),
            })?;
        Ok(GoRegex { regex })
    }

    /// Whether the text has a match.
    pub fn is_match(&self, text: &[u8]) -> bool {
        self.regex.is_match(text)
    }

    /// The first match.
    pub fn find<'t>(&self, text: &'t [u8]) -> Option<&'t [u8]> {
        self.regex.find(text).map(|m| m.as_bytes())
    }

    /// Ranges of at most `n` matches, all for `n` below zero. An empty match next to the one before doesn't count.
    pub fn find_all(&self, text: &[u8], n: i64) -> Vec<std::ops::Range<usize>> {
        let limit = usize::try_from(n).unwrap_or(usize::MAX);
        let mut out = Vec::new();
        let (mut at, mut previous_end) = (0, None);
        while out.len() < limit && at <= text.len() {
            let Some(m) = self.regex.find_at(text, at) else {
                break;
            };
            let accepted = !(m.is_empty() && Some(m.start()) == previous_end);
            at = after(text, m.start(), m.end());
            previous_end = Some(m.end());
            if accepted {
                out.push(m.range());
            }
        }
        out
    }

    /// Replaces every match; `expand` appends the replacement.
    fn replace_with(
        &self,
        text: &[u8],
        mut expand: impl FnMut(&Captures<'_>, &mut Vec<u8>),
    ) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len());
        let (mut last_end, mut at) = (0, 0);
        while at <= text.len() {
            let Some(captures) = self.regex.captures_at(text, at) else {
                break;
            };
            let Some(m) = captures.get(0) else { break };
            out.extend_from_slice(&text[last_end..m.start()]);
            // An empty match right behind the one before is not replaced.
            if m.end() > last_end || m.start() == 0 {
                expand(&captures, &mut out);
            }
            last_end = m.end();
            at = after(text, at.max(m.start()), m.end()).max(at + usize::from(m.end() <= at));
        }
        out.extend_from_slice(&text[last_end..]);
        out
    }

    /// `ReplaceAllString`: `$1`, `${name}` and `$$` in the template are expanded.
    pub fn replace_all(&self, text: &[u8], template: &[u8]) -> Vec<u8> {
        self.replace_with(text, |captures, out| expand(template, captures, out))
    }

    /// `ReplaceAllLiteralString`
    pub fn replace_all_literal(&self, text: &[u8], replacement: &[u8]) -> Vec<u8> {
        self.replace_with(text, |_, out| out.extend_from_slice(replacement))
    }

    /// `Split`
    pub fn split<'t>(&self, text: &'t [u8], n: i64, source: &[u8]) -> Vec<&'t [u8]> {
        if n == 0 {
            return Vec::new();
        }
        if !source.is_empty() && text.is_empty() {
            return vec![text];
        }
        let limit = usize::try_from(n).unwrap_or(usize::MAX);
        let mut out = Vec::new();
        let (mut begin, mut end) = (0, 0);
        for m in self.find_all(text, n) {
            if n > 0 && out.len() + 1 == limit {
                break;
            }
            end = m.start;
            if m.end != 0 {
                out.push(&text[begin..end]);
            }
            begin = m.end;
        }
        if end != text.len() {
            out.push(&text[begin..]);
        }
        out
    }
}

/// Where the next match may start: behind this one, a rune further if it was empty.
fn after(text: &[u8], start: usize, end: usize) -> usize {
    if end > start {
        return end;
    }
    end + crate::value::decode_rune(&text[end.min(text.len())..]).map_or(1, |(_, w)| w)
}

/// Go's `Expand`: `$name` takes the longest name there is, a name that is no group is empty.
fn expand(template: &[u8], captures: &Captures<'_>, out: &mut Vec<u8>) {
    let mut rest = template;
    while let Some(n) = memchr::memchr(b'$', rest) {
        out.extend_from_slice(&rest[..n]);
        rest = &rest[n + 1..];
        if let [b'$', tail @ ..] = rest {
            out.push(b'$');
            rest = tail;
            continue;
        }
        let Some((name, tail)) = group_name(rest) else {
            out.push(b'$');
            continue;
        };
        rest = tail;
        let group = match name.parse::<usize>() {
            Ok(i) if !name.starts_with('0') || name == "0" => captures.get(i),
            _ => captures.name(name),
        };
        if let Some(m) = group {
            out.extend_from_slice(m.as_bytes());
        }
    }
    out.extend_from_slice(rest);
}

fn group_name(s: &[u8]) -> Option<(&str, &[u8])> {
    let braced = s.first() == Some(&b'{');
    let body = if braced { &s[1..] } else { s };
    let text = std::str::from_utf8(body).unwrap_or_default();
    let n = text
        .find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(text.len());
    if n == 0 {
        return None;
    }
    let name = &text[..n];
    match (braced, body.get(n)) {
        (true, Some(b'}')) => Some((name, &body[n + 1..])),
        (true, _) => None,
        (false, _) => Some((name, &body[n..])),
    }
}

fn bad(what: &str, at: &str) -> String {
    format!("error parsing regexp: {what}: `{at}`")
}

/// Go's `regexp: Compile(...)` panic around an error of the parser.
pub fn compile_panic(source: &[u8], error: &str) -> String {
    let shown = match std::str::from_utf8(source) {
        Ok(s)
            if !s.contains('`')
                && !s
                    .chars()
                    .any(|c| c < ' ' && c != '\t' || c == '\u{7f}' || c == '\u{feff}') =>
        {
            format!("`{s}`")
        }
        _ => String::from_utf8_lossy(&go_quote(source)).into_owned(),
    };
    format!("regexp: Compile({shown}): {error}")
}

/// `regexp.QuoteMeta`
pub fn quote_meta(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for b in text {
        if br"\.+*?()|[]{}^$".contains(b) {
            out.push(b'\\');
        }
        out.push(*b);
    }
    out
}

/// Rewrites Go's syntax into the crate's, and finds what Go refuses.
struct Translator<'a> {
    source: &'a str,
    rest: &'a str,
    out: String,
    depth: usize,
    /// Whether what stands before can be repeated, and where it starts.
    atom: Option<usize>,
    /// Whether the last thing was a repetition, which can't be repeated again.
    repeated: Option<&'a str>,
}

const MAX_REPEAT: u32 = 1000;
const MAX_NESTING: usize = 1000;

impl<'a> Translator<'a> {
    fn new(source: &'a str) -> Translator<'a> {
        Translator {
            source,
            rest: source,
            out: String::new(),
            depth: 0,
            atom: None,
            repeated: None,
        }
    }

    fn run(mut self) -> Result<String, String> {
        while let Some(c) = self.rest.chars().next() {
            match c {
                '(' => self.group()?,
                ')' => {
                    if self.depth == 0 {
                        return Err(bad("unexpected )", self.source));
                    }
                    self.depth -= 1;
                    self.take(1);
                    self.out.push(')');
                    self.atom = Some(0);
                    self.repeated = None;
                }
                '|' => {
                    self.take(1);
                    self.out.push('|');
                    self.atom = None;
                    self.repeated = None;
                }
                '[' => self.class()?,
                '\\' => self.escape()?,
                '*' | '+' | '?' => self.repeat(1)?,
                '{' => match repeat_count(self.rest) {
                    Some((low, high, n)) => {
                        if low > MAX_REPEAT || high.is_some_and(|h| h > MAX_REPEAT || h < low) {
                            return Err(bad("invalid repeat count", &self.rest[..n]));
                        }
                        self.repeat(n)?;
                    }
                    None => self.literal("\\{", 1),
                },
                '^' | '$' => {
                    self.take(1);
                    // Without (?m) Go's $ is the end of the text only, as the crate's is.
                    self.out.push(c);
                    self.atom = Some(0);
                    self.repeated = None;
                }
                '}' => self.literal("\\}", 1),
                ']' => self.literal("\\]", 1),
                '.' => self.literal(".", 1),
                c => {
                    let text = c.to_string();
                    self.literal(&regex::escape(&text), c.len_utf8());
                }
            }
        }
        if self.depth > 0 {
            return Err(bad("missing closing )", self.source));
        }
        Ok(self.out)
    }

    fn take(&mut self, n: usize) -> &'a str {
        let (head, tail) = self.rest.split_at(n);
        self.rest = tail;
        head
    }

    fn literal(&mut self, text: &str, n: usize) {
        self.take(n);
        self.out.push_str(text);
        self.atom = Some(0);
        self.repeated = None;
    }

    fn repeat(&mut self, n: usize) -> Result<(), String> {
        let before = self.rest;
        let op = self.take(n);
        if let Some(first) = self.repeated {
            let end = first.len() - self.rest.len();
            return Err(bad("invalid nested repetition operator", &first[..end]));
        }
        if self.atom.is_none() {
            return Err(bad("missing argument to repetition operator", op));
        }
        self.out.push_str(&op.replace("{,", "{0,"));
        if self.rest.starts_with('?') {
            self.take(1);
            self.out.push('?');
        }
        self.repeated = Some(before);
        Ok(())
    }

    fn group(&mut self) -> Result<(), String> {
        self.depth += 1;
        if self.depth > MAX_NESTING {
            return Err(bad("expression nests too deeply", self.source));
        }
        self.atom = None;
        self.repeated = None;
        if !self.rest.starts_with("(?") {
            self.take(1);
            self.out.push('(');
            return Ok(());
        }
        let named = self
            .rest
            .strip_prefix("(?P<")
            .or_else(|| self.rest.strip_prefix("(?<"));
        if let Some(body) = named
            && !body.starts_with(['=', '!'])
        {
            let Some(n) = body.find('>') else {
                return Err(bad("invalid named capture", self.rest));
            };
            let name = &body[..n];
            let lead = self.rest.len() - body.len();
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                return Err(bad("invalid named capture", &self.rest[..lead + n + 1]));
            }
            if self.out.contains(&format!("(?P<{name}>")) {
                return Err(bad("duplicate capture group name", name));
            }
            self.out.push_str(&format!("(?P<{name}>"));
            self.take(lead + n + 1);
            return Ok(());
        }
        self.flags()
    }

    fn flags(&mut self) -> Result<(), String> {
        let body = &self.rest[2..];
        let n = body
            .find(|c: char| !"imsU-".contains(c))
            .unwrap_or(body.len());
        let flags = &body[..n];
        let end = body[n..].chars().next();
        let valid = !flags.ends_with('-') && flags.matches('-').count() <= 1;
        match end {
            Some(':') if valid => {
                self.out.push_str(&format!("(?{flags}:"));
            }
            Some(')') if valid && !flags.is_empty() => {
                self.out.push_str(&format!("(?{flags})"));
                self.depth -= 1;
            }
            None => return Err(bad("missing closing )", self.source)),
            Some(c) => {
                return Err(bad(
                    "invalid or unsupported Perl syntax",
                    &self.rest[..2 + n + c.len_utf8()],
                ));
            }
        }
        self.take(2 + n + 1);
        Ok(())
    }

    fn escape(&mut self) -> Result<(), String> {
        let Some(c) = self.rest[1..].chars().next() else {
            return Err("error parsing regexp: trailing backslash at end of expression: ``".into());
        };
        match c {
            'A' => self.literal("\\A", 2),
            'z' => self.literal("\\z", 2),
            'b' => self.literal("(?-u:\\b)", 2),
            'B' => self.literal("(?-u:\\B)", 2),
            'Q' => {
                let body = &self.rest[2..];
                let (text, n) = match body.find("\\E") {
                    Some(n) => (&body[..n], n + 4),
                    None => (body, body.len() + 2),
                };
                if text.is_empty() {
                    self.take(n);
                } else {
                    self.literal(&regex::escape(text), n);
                }
            }
            _ => {
                let (set, n) = self.class_escape(self.rest)?;
                let text = match set {
                    Set::Class(c) => c,
                    Set::Char(c) => regex::escape(&c.to_string()),
                };
                self.literal(&text, n);
            }
        }
        Ok(())
    }

    /// An escape that stands for a character or a set of them, and its length.
    fn class_escape(&self, s: &str) -> Result<(Set, usize), String> {
        let mut chars = s[1..].chars();
        let Some(c) = chars.next() else {
            return Err("error parsing regexp: trailing backslash at end of expression: ``".into());
        };
        let class = |c: &str| Ok((Set::Class(c.to_owned()), 2));
        let char = |c: char| Ok((Set::Char(c), 2));
        match c {
            'd' => class("[0-9]"),
            'D' => class("[^0-9]"),
            's' => class("[\\t\\n\\x0c\\r ]"),
            'S' => class("[^\\t\\n\\x0c\\r ]"),
            'w' => class("[0-9A-Za-z_]"),
            'W' => class("[^0-9A-Za-z_]"),
            'a' => char('\u{7}'),
            'f' => char('\u{c}'),
            't' => char('\t'),
            'n' => char('\n'),
            'r' => char('\r'),
            'v' => char('\u{b}'),
            'p' | 'P' => {
                let body = &s[2..];
                let (name, n) = match body.strip_prefix('{') {
                    Some(b) => match b.find('}') {
                        Some(n) => (&b[..n], n + 4),
                        None => return Err(bad("invalid character class range", s)),
                    },
                    None => match body.chars().next() {
                        Some(c) => (&body[..c.len_utf8()], 2 + c.len_utf8()),
                        None => return Err(bad("invalid character class range", s)),
                    },
                };
                let (negated, bare) = match name.strip_prefix('^') {
                    Some(b) => (c == 'p', b),
                    None => (c == 'P', name),
                };
                let bare = if bare == "Any" { "Any" } else { bare };
                let text = format!("\\{}{{{bare}}}", if negated { 'P' } else { 'p' });
                if Regex::new(&text).is_err() {
                    return Err(bad("invalid character class range", &s[..n]));
                }
                Ok((Set::Class(text), n))
            }
            '1'..='7' if !s[2..].starts_with(|c: char| ('0'..='7').contains(&c)) => {
                Err(bad("invalid escape sequence", &s[..2]))
            }
            '0'..='7' => {
                let n = s[1..]
                    .chars()
                    .take(3)
                    .take_while(|c| ('0'..='7').contains(c))
                    .count();
                let code = u32::from_str_radix(&s[1..1 + n], 8).unwrap_or(0);
                Ok((Set::Char(char::from_u32(code).unwrap_or('\u{fffd}')), 1 + n))
            }
            'x' => {
                let body = &s[2..];
                let (digits, n) = match body.strip_prefix('{') {
                    Some(b) => {
                        let end = b
                            .find('}')
                            .ok_or_else(|| bad("invalid escape sequence", s))?;
                        (&b[..end], end + 4)
                    }
                    None => (
                        body.get(..2)
                            .ok_or_else(|| bad("invalid escape sequence", s))?,
                        4,
                    ),
                };
                let code = u32::from_str_radix(digits, 16)
                    .ok()
                    .and_then(char::from_u32);
                match code {
                    Some(c) => Ok((Set::Char(c), n)),
                    None => Err(bad("invalid escape sequence", &s[..n.min(s.len())])),
                }
            }
            c if c.is_ascii_punctuation() => char(c),
            c => Err(bad("invalid escape sequence", &s[..1 + c.len_utf8()])),
        }
    }

    fn class(&mut self) -> Result<(), String> {
        let whole = self.rest;
        let mut s = &whole[1..];
        let mut text = String::from("[");
        if let Some(r) = s.strip_prefix('^') {
            text.push('^');
            s = r;
        }
        let mut first = true;

        loop {
            let Some(c) = s.chars().next() else {
                return Err(bad("missing closing ]", whole));
            };
            if c == ']' && !first {
                break;
            }
            if c == '-' && !first && !s[1..].starts_with(']') {
                // A dash may only stand first, last or in a range.
                let next = s[1..].chars().next().map_or(1, |c| 1 + c.len_utf8());
                return Err(bad("invalid character class range", &s[..next]));
            }
            first = false;
            if let Some(n) = s.starts_with("[:").then(|| s.find(":]")).flatten() {
                let name = &s[..n + 2];
                if Regex::new(&format!("[{name}]")).is_err() {
                    return Err(bad("invalid character class range", name));
                }
                text.push_str(name);
                s = &s[n + 2..];

                continue;
            }
            let start = s;
            let (low, rest) = self.class_item(s)?;
            s = rest;
            match low {
                Set::Class(c) => text.push_str(&c),
                Set::Char(low) => {
                    let mut high = low;
                    if s.starts_with('-') && !s[1..].starts_with(']') && s.len() > 1 {
                        let (h, rest) = self.class_item(&s[1..])?;
                        let Set::Char(h) = h else {
                            return Err(bad(
                                "invalid character class range",
                                &start[..start.len() - rest.len()],
                            ));
                        };
                        high = h;
                        s = rest;
                        if high < low {
                            return Err(bad(
                                "invalid character class range",
                                &start[..start.len() - s.len()],
                            ));
                        }
                    }
                    text.push_str(&class_char(low));
                    if high != low {
                        text.push('-');
                        text.push_str(&class_char(high));
                    }
                }
            }
        }
        text.push(']');
        let n = whole.len() - s.len() + 1;
        self.literal(&text, n);
        Ok(())
    }

    fn class_item<'s>(&self, s: &'s str) -> Result<(Set, &'s str), String> {
        if s.starts_with('\\') {
            let (set, n) = self.class_escape(s)?;
            return Ok((set, &s[n..]));
        }
        match s.chars().next() {
            Some(c) => Ok((Set::Char(c), &s[c.len_utf8()..])),
            None => Err(bad("missing closing ]", self.rest)),
        }
    }
}

enum Set {
    Class(String),
    Char(char),
}

fn class_char(c: char) -> String {
    format!("\\x{{{:x}}}", c as u32)
}

/// `{2}`, `{2,}`, `{2,3}` at the start of a text: bounds and length. Anything else is literal text to Go.
fn repeat_count(s: &str) -> Option<(u32, Option<u32>, usize)> {
    let n = s.find('}')?;
    let body = &s[1..n];
    let number = |t: &str| {
        let plain = !t.is_empty()
            && t.bytes().all(|c| c.is_ascii_digit())
            && (t == "0" || !t.starts_with('0'));
        plain.then(|| t.parse().unwrap_or(u32::MAX))
    };
    match body.split_once(',') {
        None => number(body).map(|n2| (n2, Some(n2), n + 1)),
        Some((low, "")) => number(low).map(|l| (l, None, n + 1)),
        Some((low, high)) => Some((number(low)?, Some(number(high)?), n + 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_are_those_of_go() {
        let mut cache = Cache::default();
        let re = cache.get(b"a*").expect("valid");
        assert_eq!(re.replace_all(b"baac", b"x"), b"xbxcx");
        assert_eq!(re.find_all(b"baac", -1), [0..0, 1..3, 4..4]);
        let re = cache.get(b"a(x*)b").expect("valid");
        assert_eq!(re.replace_all(b"-ab-axxb-", b"${1}W"), b"-W-xxW-");
        assert_eq!(re.replace_all(b"-ab-axxb-", b"$1W"), b"---");
        let re = cache.get(b"z+").expect("valid");
        assert_eq!(re.split(b"pizza", -1, b"z+"), [&b"pi"[..], b"a"]);
        for refused in ["[", "a++", "(?x)a", "a{1001}", "(?=a)", "\\8"] {
            assert!(cache.get(refused.as_bytes()).is_err(), "{refused}");
        }
        assert!(cache.get(b"a{,2}").is_ok() && cache.get(b"[[a]").is_ok());
    }
}
