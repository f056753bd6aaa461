//! Reads an expression as Go 1.26 `regexp/syntax` parses it, in the same order so that the same error comes first, and
//! writes it for the regex crate. Flags are written around the pieces that they matter for: Go lets a repetition
//! follow a change of flags, the crate doesn't.

mod class;
mod escape;
mod repeat;
mod written;

use crate::value::decode_rune;
use class::{Member, set_or_rune};
use repeat::repeat_count;
use written::{Group, Item};

/// An expression as the crate reads it.
pub(super) struct Translated {
    pub pattern: String,
    /// Names of the groups by number; the whole match is number 0.
    pub names: Vec<Vec<u8>>,
}

/// Expressions nested deeper are refused by Go.
const MAX_HEIGHT: usize = 1000;
/// How deep the written form of the deepest expression may nest: each level is wrapped twice at most.
pub(super) const MAX_NESTING_WRITTEN: u32 = 4 * MAX_HEIGHT as u32;
/// A class without members.
const NOTHING: &str = "[a&&b]";

/// Go's error text.
pub(super) fn error(what: &str, at: &[u8]) -> String {
    format!("error parsing regexp: {what}: `{}`", crate::value::kept::keep(at))
}

/// Translates an expression.
///
/// # Errors
/// With Go's text.
pub(super) fn translate(source: &[u8]) -> Result<Translated, String> {
    Parser::new(source).run()
}

#[derive(Clone, Copy, Default)]
struct Flags {
    fold: bool,
    multi_line: bool,
    dot_newline: bool,
    non_greedy: bool,
}

struct Parser<'a> {
    source: &'a [u8],
    rest: &'a [u8],
    flags: Flags,
    /// The whole expression first, then the open parentheses.
    groups: Vec<Group>,
    names: Vec<Vec<u8>>,
    /// Where the repetition started that was read just before.
    last_repeat: Option<&'a [u8]>,
}

/// What was read between two places.
fn between<'a>(from: &'a [u8], to: &[u8]) -> &'a [u8] {
    &from[..from.len() - to.len()]
}

fn next_rune(s: &[u8]) -> Result<(u32, &[u8]), String> {
    match decode_rune(s) {
        None => Ok((0xfffd, s)),
        Some(('\u{fffd}', 1)) => Err(error("invalid UTF-8", s)),
        Some((c, w)) => Ok((c as u32, &s[w..])),
    }
}

fn check_utf8(s: &[u8]) -> Result<(), String> {
    match std::str::from_utf8(s) {
        Ok(_) => Ok(()),
        Err(e) => Err(error("invalid UTF-8", &s[e.valid_up_to()..])),
    }
}

impl<'a> Parser<'a> {
    fn new(source: &'a [u8]) -> Parser<'a> {
        Parser {
            source,
            rest: source,
            flags: Flags::default(),
            groups: vec![Group::new(Flags::default(), false)],
            names: vec![Vec::new()],
            last_repeat: None,
        }
    }

    fn run(mut self) -> Result<Translated, String> {
        while let Some(c) = self.rest.first() {
            let before = self.rest;
            let repeated = self.element(*c)?;
            self.last_repeat = repeated.then_some(before);
        }
        let [whole] = &mut self.groups[..] else { return Err(error("missing closing )", self.source)) };
        let whole = whole.alternate();
        self.check(&whole)?;
        Ok(Translated { pattern: whole.text, names: self.names })
    }

    fn check(&self, item: &Item) -> Result<(), String> {
        if item.height > MAX_HEIGHT { Err(error("expression nests too deeply", self.source)) } else { Ok(()) }
    }

    fn group(&mut self) -> &mut Group {
        self.groups.last_mut().expect("the whole expression is never closed")
    }

    fn push(&mut self, item: Item) {
        self.group().current.push(item);
    }

    fn put(&mut self, text: &str, rest: &'a [u8]) {
        self.push(Item::atom(text));
        self.rest = rest;
    }

    /// One element of the syntax; whether it was a repetition.
    fn element(&mut self, c: u8) -> Result<bool, String> {
        let tail = &self.rest[1..];
        match c {
            b'(' if tail.first() == Some(&b'?') => self.perl_group()?,
            b'(' => {
                self.open(Vec::new());
                self.rest = tail;
            }
            b')' => self.close()?,
            b'|' => {
                let item = self.group().concat();
                self.group().alternatives.push(item);
                self.rest = tail;
            }
            b'^' => self.put(if self.flags.multi_line { "(?m:^)" } else { "\\A" }, tail),
            b'$' => self.put(if self.flags.multi_line { "(?m:$)" } else { "\\z" }, tail),
            b'.' => self.put(if self.flags.dot_newline { "(?s:.)" } else { "." }, tail),
            b'[' => self.class()?,
            b'*' | b'+' | b'?' => {
                self.repeat((c as char).to_string(), 1, tail)?;
                return Ok(true);
            }
            b'{' => match repeat_count(self.rest) {
                Some((low, high, after)) => {
                    self.counted(low, high, after)?;
                    return Ok(true);
                }
                None => {
                    self.literal('{' as u32);
                    self.rest = tail;
                }
            },
            b'\\' => self.escape()?,
            _ => {
                let (c, rest) = next_rune(self.rest)?;
                self.literal(c);
                self.rest = rest;
            }
        }
        Ok(false)
    }

    fn literal(&mut self, c: u32) {
        let Some(c) = char::from_u32(c) else { return self.push(Item::atom(NOTHING)) };
        let text = regex::escape(c.encode_utf8(&mut [0; 4]));
        let folds = self.flags.fold && c.is_alphabetic();
        self.push(Item::literal(if folds { format!("(?i:{text})") } else { text }));
    }

    /// Opens a capturing group.
    fn open(&mut self, name: Vec<u8>) {
        self.names.push(name);
        self.groups.push(Group::new(self.flags, true));
    }

    fn close(&mut self) -> Result<(), String> {
        if self.groups.len() == 1 {
            return Err(error("unexpected )", self.source));
        }
        let Some(mut group) = self.groups.pop() else { return Ok(()) };
        self.flags = group.flags;
        let mut item = group.alternate();
        if group.captures {
            item = Item { text: item.wrapped("(", ")"), atom: true, literal: false, height: item.height + 1, ..item };
        } else if !item.atom {
            item = Item { text: item.wrapped("(?:", ")"), atom: true, ..item };
        }
        self.check(&item)?;
        self.push(item);
        self.rest = &self.rest[1..];
        Ok(())
    }

    /// `(?...`: a named group, or flags with or without a group.
    fn perl_group(&mut self) -> Result<(), String> {
        let s = self.rest;
        let lead = if s.len() > 4 && s.starts_with(b"(?P<") {
            4
        } else if s.len() > 3 && s.starts_with(b"(?<") {
            3
        } else {
            return self.flags();
        };
        let Some(end) = memchr::memchr(b'>', s) else {
            check_utf8(s)?;
            return Err(error("invalid named capture", s));
        };
        let name = s.get(lead..end).unwrap_or_default();
        check_utf8(name)?;
        if name.is_empty() || !name.iter().all(|c| c.is_ascii_alphanumeric() || *c == b'_') {
            return Err(error("invalid named capture", &s[..=end]));
        }
        self.open(name.to_vec());
        self.rest = &s[end + 1..];
        Ok(())
    }

    fn flags(&mut self) -> Result<(), String> {
        let s = self.rest;
        let mut rest = &s[2..];
        let mut flags = self.flags;
        let (mut set, mut seen) = (true, false);
        while !rest.is_empty() {
            let (c, tail) = next_rune(rest)?;
            rest = tail;
            match u8::try_from(c).unwrap_or(0) {
                b'i' => flags.fold = set,
                b'm' => flags.multi_line = set,
                b's' => flags.dot_newline = set,
                b'U' => flags.non_greedy = set,
                b'-' if set => {
                    (set, seen) = (false, false);
                    continue;
                }
                end @ (b':' | b')') if set || seen => {
                    if end == b':' {
                        self.groups.push(Group::new(self.flags, false));
                    }
                    self.flags = flags;
                    self.rest = rest;
                    return Ok(());
                }
                _ => break,
            }
            seen = true;
        }
        Err(error("invalid or unsupported Perl syntax", between(s, rest)))
    }

    fn escape(&mut self) -> Result<(), String> {
        let s = self.rest;
        let tail = s.get(2..).unwrap_or_default();
        match s.get(1) {
            Some(b'A') => self.put("\\A", tail),
            Some(b'b') => self.put("(?-u:\\b)", tail),
            Some(b'B') => self.put("(?-u:\\B)", tail),
            Some(b'z') => self.put("\\z", tail),
            Some(b'C') => return Err(error("invalid escape sequence", &s[..2])),
            Some(b'Q') => {
                let (mut text, after) = match memchr::memmem::find(tail, b"\\E") {
                    Some(n) => (&tail[..n], &tail[n + 2..]),
                    None => (tail, &tail[tail.len()..]),
                };
                while !text.is_empty() {
                    let (c, rest) = next_rune(text)?;
                    self.literal(c);
                    text = rest;
                }
                self.rest = after;
            }
            _ => {
                let (member, rest) = set_or_rune(s)?;
                match member {
                    Member::Set(set) if self.flags.fold => self.push(Item::atom(format!("(?i:{set})"))),
                    Member::Set(set) => self.push(Item::atom(set)),
                    Member::Rune(c) => self.literal(c),
                }
                self.rest = rest;
            }
        }
        Ok(())
    }
}
