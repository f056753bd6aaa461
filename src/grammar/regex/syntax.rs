//! Reads an expression as Go 1.26 `regexp/syntax` parses it, in the same order so that the same error comes first, and
//! writes it for the regex crate. Flags are written around the pieces that they matter for: Go lets a repetition
//! follow a change of flags, the crate doesn't.

use super::unicode::class_name;
use crate::value::decode_rune;

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
/// How often something may be repeated, nested repetitions multiplied.
const MAX_REPEAT: u32 = 1000;
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

/// A piece of the written expression.
struct Item {
    text: String,
    /// Whether a repetition behind the text applies to all of it.
    atom: bool,
    /// Whether Go would merge it with literals beside it.
    literal: bool,
    height: usize,
    /// Product of the nested repeat counts.
    repeats: u32,
}

impl Item {
    fn atom(text: impl Into<String>) -> Item {
        Item { text: text.into(), atom: true, literal: false, height: 1, repeats: 1 }
    }

    fn literal(text: String) -> Item {
        Item { literal: true, ..Item::atom(text) }
    }

    fn wrapped(&self, open: &str, close: &str) -> String {
        format!("{open}{}{close}", self.text)
    }
}

/// An open parenthesis, or the whole expression.
struct Group {
    flags: Flags,
    captures: bool,
    alternatives: Vec<Item>,
    current: Vec<Item>,
}

impl Group {
    fn new(flags: Flags, captures: bool) -> Group {
        Group { flags, captures, alternatives: Vec::new(), current: Vec::new() }
    }

    /// The items since the last bar become one.
    fn concat(&mut self) -> Item {
        let items = std::mem::take(&mut self.current);
        if items.len() == 1 {
            return items.into_iter().next().unwrap_or_else(|| Item::atom("(?:)"));
        }
        let merged = items.iter().all(|i| i.literal);
        let height = items.iter().map(|i| i.height).max().unwrap_or(0) + usize::from(!merged || items.is_empty());
        let repeats = items.iter().map(|i| i.repeats).max().unwrap_or(1);
        let text: String = items.iter().map(|i| i.text.as_str()).collect();
        let text = if text.is_empty() { "(?:)".to_owned() } else { text };
        Item { text, atom: false, literal: false, height, repeats }
    }

    /// All of the group as one item without its parentheses.
    fn alternate(&mut self) -> Item {
        let last = self.concat();
        if self.alternatives.is_empty() {
            return last;
        }
        let mut items = std::mem::take(&mut self.alternatives);
        items.push(last);
        let height = 1 + items.iter().map(|i| i.height).max().unwrap_or(0);
        let repeats = items.iter().map(|i| i.repeats).max().unwrap_or(1);
        let texts: Vec<&str> = items.iter().map(|i| i.text.as_str()).collect();
        Item { text: texts.join("|"), atom: false, literal: false, height, repeats }
    }
}

/// What stands in a class.
enum Member {
    /// A set in the crate's syntax.
    Set(String),
    Rune(u32),
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

    fn counted(&mut self, low: u32, high: Option<u32>, after: &'a [u8]) -> Result<(), String> {
        if low > MAX_REPEAT || high.is_some_and(|h| h > MAX_REPEAT || low > h) {
            return Err(error("invalid repeat count", between(self.rest, after)));
        }
        let before = self.rest;
        let (text, count) = match high {
            None => (format!("{{{low},}}"), low),
            Some(high) if high == low => (format!("{{{low}}}"), high),
            Some(high) => (format!("{{{low},{high}}}"), high),
        };
        self.repeat(text, count, after)?;
        let repeats = self.group().current.last().map_or(1, |i| i.repeats);
        if (low >= 2 || count >= 2) && repeats > MAX_REPEAT {
            return Err(error("invalid repeat count", between(before, self.rest)));
        }
        if high == Some(0)
            && let Some(item) = self.group().current.last_mut()
        {
            item.repeats = 1;
        }
        Ok(())
    }

    /// Repeats the item before; `count` is how often at most, 1 where there is no bound.
    fn repeat(&mut self, op: String, count: u32, mut after: &'a [u8]) -> Result<(), String> {
        let before = self.rest;
        let mut lazy = self.flags.non_greedy;
        if let [b'?', tail @ ..] = after {
            after = tail;
            lazy = !lazy;
        }
        if let Some(first) = self.last_repeat {
            return Err(error("invalid nested repetition operator", between(first, after)));
        }
        let Some(item) = self.group().current.pop() else {
            return Err(error("missing argument to repetition operator", between(before, after)));
        };
        let body = if item.atom { item.text } else { item.wrapped("(?:", ")") };
        let lazy = if lazy { "?" } else { "" };
        let repeated = Item {
            text: format!("{body}{op}{lazy}"),
            atom: false,
            literal: false,
            height: item.height + 1,
            repeats: item.repeats.saturating_mul(count.max(1)),
        };
        self.check(&repeated)?;
        self.push(repeated);
        self.rest = after;
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
                let (member, rest) = self.set_or_rune(s)?;
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

    /// An escape that stands for a set or a rune.
    fn set_or_rune(&self, s: &'a [u8]) -> Result<(Member, &'a [u8]), String> {
        let set = match s.get(1) {
            Some(b'd') => "[0-9]",
            Some(b'D') => "[^0-9]",
            Some(b's') => "[\\t\\n\\f\\r ]",
            Some(b'S') => "[^\\t\\n\\f\\r ]",
            Some(b'w') => "[0-9A-Za-z_]",
            Some(b'W') => "[^0-9A-Za-z_]",
            Some(b'p' | b'P') => return unicode_class(s),
            _ => {
                let (c, rest) = rune_escape(s)?;
                return Ok((Member::Rune(c), rest));
            }
        };
        Ok((Member::Set(set.to_owned()), &s[2..]))
    }

    fn class(&mut self) -> Result<(), String> {
        let whole = self.rest;
        let mut s = &whole[1..];
        let negated = s.first() == Some(&b'^');
        if negated {
            s = &s[1..];
        }
        let mut text = String::new();
        let mut first = true;
        while first || s.first() != Some(&b']') {
            first = false;
            s = self.class_member(s, whole, &mut text)?;
        }
        let text = match (text.is_empty(), negated) {
            (true, false) => NOTHING.to_owned(),
            (true, true) => "[\\x00-\\x{10ffff}]".to_owned(),
            (false, false) => format!("[{text}]"),
            (false, true) => format!("[^{text}]"),
        };
        self.push(Item::atom(if self.flags.fold { format!("(?i:{text})") } else { text }));
        self.rest = &s[1..];
        Ok(())
    }

    /// One member of a class, written to `text`.
    fn class_member(&self, s: &'a [u8], whole: &[u8], text: &mut String) -> Result<&'a [u8], String> {
        if s.len() > 2
            && s.starts_with(b"[:")
            && let Some(n) = memchr::memmem::find(&s[2..], b":]")
        {
            let (name, rest) = s.split_at(n + 4);
            let Some(name) = posix_class(name) else { return Err(error("invalid character class range", name)) };
            text.push_str(name);
            return Ok(rest);
        }
        let (low, mut rest) = self.class_item(s, whole)?;
        let low = match low {
            Member::Set(set) => {
                text.push_str(&set);
                return Ok(rest);
            }
            Member::Rune(c) => c,
        };
        let mut high = low;
        if rest.len() >= 2 && rest[0] == b'-' && rest[1] != b']' {
            (high, rest) = class_rune(&rest[1..], whole)?;
            if high < low {
                return Err(error("invalid character class range", between(s, rest)));
            }
        }
        write_range(text, low, high);
        Ok(rest)
    }

    fn class_item(&self, s: &'a [u8], whole: &[u8]) -> Result<(Member, &'a [u8]), String> {
        if let [b'\\', b'd' | b'D' | b's' | b'S' | b'w' | b'W' | b'p' | b'P', ..] = s {
            return self.set_or_rune(s);
        }
        let (c, rest) = class_rune(s, whole)?;
        Ok((Member::Rune(c), rest))
    }
}

fn class_rune<'a>(s: &'a [u8], whole: &[u8]) -> Result<(u32, &'a [u8]), String> {
    match s.first() {
        None => Err(error("missing closing ]", whole)),
        Some(b'\\') => rune_escape(s),
        Some(_) => next_rune(s),
    }
}

/// Writes a range of runes without the surrogates, which no text has.
fn write_range(text: &mut String, low: u32, high: u32) {
    let low = if (0xd800..0xe000).contains(&low) { 0xe000 } else { low };
    let high = if (0xd800..0xe000).contains(&high) { 0xd7ff } else { high };
    if low < high {
        text.push_str(&format!("\\x{{{low:x}}}-\\x{{{high:x}}}"));
    } else if low == high {
        text.push_str(&format!("\\x{{{low:x}}}"));
    }
}

/// `[:alpha:]` and the like, `[:^alpha:]` for what is not.
fn posix_class(name: &[u8]) -> Option<&str> {
    const NAMES: &[&[u8]] = &[
        b"alnum", b"alpha", b"ascii", b"blank", b"cntrl", b"digit", b"graph", b"lower", b"print", b"punct", b"space",
        b"upper", b"word", b"xdigit",
    ];
    let bare = name.strip_prefix(b"[:")?.strip_suffix(b":]")?;
    let known = NAMES.contains(&bare.strip_prefix(b"^").unwrap_or(bare));
    known.then(|| std::str::from_utf8(name).ok()).flatten()
}

/// `\pL`, `\p{Greek}`, `\P{^Lu}`.
fn unicode_class(s: &[u8]) -> Result<(Member, &[u8]), String> {
    let mut negated = s[1] == b'P';
    let (c, mut rest) = next_rune(&s[2..])?;
    let name = if c == '{' as u32 {
        let Some(end) = memchr::memchr(b'}', s) else {
            check_utf8(s)?;
            return Err(error("invalid character class range", s));
        };
        rest = &s[end + 1..];
        check_utf8(&s[3..end])?;
        &s[3..end]
    } else {
        &between(s, rest)[2..]
    };
    let bare = name.strip_prefix(b"^");
    negated ^= bare.is_some();
    let Some(class) = class_name(bare.unwrap_or(name)) else {
        return Err(error("invalid character class range", between(s, rest)));
    };
    // The crate has no surrogates: nothing is one.
    let text = match (class.as_str(), negated) {
        ("gc=Cs", false) => NOTHING.to_owned(),
        ("gc=Cs", true) => "\\p{Any}".to_owned(),
        (class, negated) => format!("\\{}{{{class}}}", if negated { 'P' } else { 'p' }),
    };
    Ok((Member::Set(text), rest))
}

/// An escape that stands for one rune.
fn rune_escape(s: &[u8]) -> Result<(u32, &[u8]), String> {
    let tail = &s[1..];
    if tail.is_empty() {
        return Err(error("trailing backslash at end of expression", b""));
    }
    let (c, rest) = next_rune(tail)?;
    let refused = |rest: &[u8]| Err(error("invalid escape sequence", between(s, rest)));
    let octal = |rest: &[u8]| rest.first().is_some_and(|d| (b'0'..=b'7').contains(d));
    let known = match u8::try_from(c).unwrap_or(b'e') {
        b'1'..=b'7' if !octal(rest) => return refused(rest),
        b'0'..=b'7' => {
            let n = 1 + rest.iter().take(2).take_while(|d| (b'0'..=b'7').contains(d)).count();
            let code = tail[..n].iter().fold(0, |code, d| code * 8 + u32::from(d - b'0'));
            return Ok((code, &tail[n..]));
        }
        b'x' => return hexadecimal(s, rest),
        b'a' => 7,
        b'f' => 0xc,
        b'n' => 0xa,
        b'r' => 0xd,
        b't' => 9,
        b'v' => 0xb,
        b if b.is_ascii() && !b.is_ascii_alphanumeric() => c,
        _ => return refused(rest),
    };
    Ok((known, rest))
}

/// What follows `\x`: two digits, or any number in braces.
fn hexadecimal<'a>(s: &'a [u8], mut rest: &'a [u8]) -> Result<(u32, &'a [u8]), String> {
    let refused = |rest: &[u8]| Err(error("invalid escape sequence", between(s, rest)));
    let digit = |c: u32| char::from_u32(c).and_then(|c| c.to_digit(16));
    if rest.is_empty() {
        return refused(rest);
    }
    let (c, after) = next_rune(rest)?;
    rest = after;
    if c != '{' as u32 {
        let (d, after) = next_rune(rest)?;
        return match (digit(c), digit(d)) {
            (Some(c), Some(d)) if !rest.is_empty() => Ok((c * 16 + d, after)),
            _ => refused(after),
        };
    }
    let mut code = None;
    while !rest.is_empty() {
        let (c, after) = next_rune(rest)?;
        rest = after;
        if c == '}' as u32 {
            return code.map_or_else(|| refused(rest), |code| Ok((code, rest)));
        }
        let Some(d) = digit(c) else { break };
        let next = code.unwrap_or(0) * 16 + d;
        if next > char::MAX as u32 {
            break;
        }
        code = Some(next);
    }
    refused(rest)
}

/// `{2}`, `{2,}`, `{2,3}` at the start of a text, and what follows. Anything else is literal text to Go.
fn repeat_count(s: &[u8]) -> Option<(u32, Option<u32>, &[u8])> {
    let (low, s) = number(&s[1..])?;
    let (high, s) = match s {
        [b',', b'}', ..] => (None, &s[1..]),
        [b',', s @ ..] => number(s).map(|(n, s)| (Some(n), s))?,
        s => (Some(low), s),
    };
    // A bound that is too big makes the whole count too big.
    let low = if high == Some(u32::MAX) { u32::MAX } else { low };
    s.strip_prefix(b"}").map(|rest| (low, high, rest))
}

/// A decimal number without leading zeros; a big one is the biggest.
fn number(s: &[u8]) -> Option<(u32, &[u8])> {
    let n = s.iter().take_while(|c| c.is_ascii_digit()).count();
    if n == 0 || n > 1 && s[0] == b'0' {
        return None;
    }
    let value = std::str::from_utf8(&s[..n]).ok()?.parse().unwrap_or(u32::MAX);
    Some((value, &s[n..]))
}
