//! Go's regular expressions (Go 1.26 `regexp`, `regexp/syntax`: RE2) on the regex crate: what Go writes differently is
//! translated and what Go refuses is refused with Go's words (see [`syntax`]), matches are iterated as Go iterates
//! them. Start reading at [`Cache::get`].

mod syntax;
mod unicode;

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use foldhash::fast::RandomState;
use regex::bytes::{Captures, Regex, RegexBuilder};

use crate::value::decode_rune;
use crate::value::fmt::{can_backquote, go_quote};
use unicode::is_name_rune;

/// Compiled expressions by source, a bounded amount of them.
#[derive(Default)]
pub struct Cache {
    compiled: HashMap<Vec<u8>, Result<Arc<GoRegex>, String>, RandomState>,
    weight: usize,
}

/// What the kept expressions may weigh; when they weigh more, all are dropped.
const MAX_WEIGHT: usize = 1000;
/// Weight of an expression that compiles to more than [`SMALL`] bytes.
const HEAVY: usize = 100;
/// Bytes that nearly all expressions stay below when compiled.
const SMALL: usize = 1 << 20;
/// Bytes a compiled expression may take.
const MAX_COMPILED: usize = 48 << 20;

impl Cache {
    /// The compiled expression, which is taken from those that all threads share ([`shared`]) where one doesn't have it.
    ///
    /// # Errors
    /// With Go's text, `error parsing regexp: ...`.
    pub fn get(&mut self, source: &[u8]) -> Result<Arc<GoRegex>, String> {
        self.get_or(source, shared)
    }

    fn get_or(
        &mut self,
        source: &[u8],
        compile: impl FnOnce(&[u8]) -> Result<Arc<GoRegex>, String>,
    ) -> Result<Arc<GoRegex>, String> {
        if let Some(found) = self.compiled.get(source) {
            return found.clone();
        }
        if self.weight >= MAX_WEIGHT {
            self.compiled.clear();
            self.weight = 0;
        }
        let compiled = compile(source);
        self.weight += compiled.as_ref().map_or(1, |r| r.weight);
        self.compiled.insert(source.to_vec(), compiled.clone());
        compiled
    }
}

/// The compiled expression, of those that all threads share.
///
/// # Errors
/// As [`Cache::get`].
pub fn shared(source: &[u8]) -> Result<Arc<GoRegex>, String> {
    static SHARED: LazyLock<Mutex<Cache>> = LazyLock::new(Mutex::default);
    let mut all = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    all.get_or(source, |source| GoRegex::new(source).map(Arc::new))
}

/// One expression with Go's ways of matching.
pub struct GoRegex {
    regex: Regex,
    /// Names of the groups by number, empty where there is none. Go lets groups share a name, the crate doesn't.
    names: Vec<Vec<u8>>,
    /// `\B` can match within a character of several bytes, where Go doesn't look.
    splits_runes: bool,
    source_is_empty: bool,
    weight: usize,
}

/// A text as the crate has to see it: Go takes each invalid byte for U+FFFD.
struct View<'t> {
    text: &'t [u8],
    seen: Cow<'t, [u8]>,
    /// Offset in `text` of each offset in `seen`, if they differ.
    offsets: Vec<usize>,
}

impl<'t> View<'t> {
    fn new(text: &'t [u8]) -> View<'t> {
        if std::str::from_utf8(text).is_ok() {
            return View { text, seen: Cow::Borrowed(text), offsets: Vec::new() };
        }
        let (mut seen, mut offsets) = (Vec::with_capacity(text.len() + 16), Vec::with_capacity(text.len() + 16));
        let mut at = 0;
        while let Some((c, w)) = decode_rune(&text[at..]) {
            seen.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            offsets.resize(seen.len(), at);
            at += w;
        }
        offsets.push(at);
        View { text, seen: Cow::Owned(seen), offsets }
    }

    fn real(&self, at: usize) -> usize {
        self.offsets.get(at).copied().unwrap_or(at)
    }

    fn slice(&self, range: Range<usize>) -> &'t [u8] {
        &self.text[self.real(range.start)..self.real(range.end)]
    }

    /// Width of the rune at an offset, 0 at the end.
    fn width(&self, at: usize) -> usize {
        self.seen.get(at..).and_then(decode_rune).map_or(0, |(_, w)| w)
    }

    fn splits_rune(&self, at: usize) -> bool {
        self.seen.get(at).is_some_and(|b| b & 0xc0 == 0x80)
    }
}

impl GoRegex {
    /// Compiles an expression for whoever keeps it; others go through a [`Cache`].
    ///
    /// # Errors
    /// With Go's text, `error parsing regexp: ...`.
    pub fn new(source: &[u8]) -> Result<GoRegex, String> {
        let parsed = syntax::translate(source)?;
        let build = |limit| {
            let mut builder = RegexBuilder::new(&parsed.pattern);
            builder.size_limit(limit).nest_limit(syntax::MAX_NESTING_WRITTEN).build()
        };
        let (regex, weight) = match build(SMALL) {
            Ok(regex) => (regex, 1),
            Err(_) => (build(MAX_COMPILED).map_err(|_| syntax::error("expression too large", source))?, HEAVY),
        };
        Ok(GoRegex {
            regex,
            weight,
            names: parsed.names,
            splits_runes: parsed.pattern.contains("\\B"),
            source_is_empty: source.is_empty(),
        })
    }

    fn find_at(&self, view: &View<'_>, mut at: usize) -> Option<Range<usize>> {
        loop {
            let found = self.regex.find_at(&view.seen, at)?;
            if !view.splits_rune(found.start()) {
                return Some(found.range());
            }
            at = found.start() + 1;
        }
    }

    fn captures_at<'v>(&self, view: &'v View<'_>, mut at: usize) -> Option<Captures<'v>> {
        loop {
            let found = self.regex.captures_at(&view.seen, at)?;
            let start = found.get(0)?.start();
            if !view.splits_rune(start) {
                return Some(found);
            }
            at = start + 1;
        }
    }

    /// Whether the text has a match.
    pub fn is_match(&self, text: &[u8]) -> bool {
        let view = View::new(text);
        if self.splits_runes { self.find_at(&view, 0).is_some() } else { self.regex.is_match(&view.seen) }
    }

    /// The first match.
    pub fn find<'t>(&self, text: &'t [u8]) -> Option<&'t [u8]> {
        let view = View::new(text);
        self.find_at(&view, 0).map(|m| view.slice(m))
    }

    /// `FindAllStringIndex`: ranges of at most `n` matches, all for `n` below zero. An empty match next to the one
    /// before doesn't count.
    pub fn find_all(&self, text: &[u8], n: i64) -> Vec<Range<usize>> {
        let view = View::new(text);
        let limit = usize::try_from(n).unwrap_or(usize::MAX);
        let mut out = Vec::new();
        let (mut at, mut previous_end) = (0, None);
        while out.len() < limit && at <= view.seen.len() {
            let Some(m) = self.find_at(&view, at) else { break };
            let mut accepted = true;
            if m.end == at {
                accepted = Some(m.start) != previous_end;
                at += view.width(at).max(1);
            } else {
                at = m.end;
            }
            previous_end = Some(m.end);
            if accepted {
                out.push(view.real(m.start)..view.real(m.end));
            }
        }
        out
    }

    /// Replaces every match; `expand` appends the replacement, given the text of a group.
    fn replace_with(&self, text: &[u8], mut expand: impl FnMut(Groups<'_, '_>, &mut Vec<u8>)) -> Vec<u8> {
        let view = View::new(text);
        let mut out = Vec::with_capacity(text.len());
        let (mut last_end, mut at) = (0, 0);
        while at <= view.seen.len() {
            let Some(captures) = self.captures_at(&view, at) else { break };
            let Some(m) = captures.get(0) else { break };
            out.extend_from_slice(view.slice(last_end..m.start()));
            // An empty match right behind the one before is not replaced.
            if m.end() > last_end || m.start() == 0 {
                expand(Groups { captures: &captures, view: &view, names: &self.names }, &mut out);
            }
            last_end = m.end();
            let further = at + view.width(at).max(1);
            at = if further > m.end() { further } else { m.end() };
        }
        out.extend_from_slice(view.slice(last_end..view.seen.len()));
        out
    }

    /// `ReplaceAllString`: `$1`, `${name}` and `$$` in the template are expanded.
    pub fn replace_all(&self, text: &[u8], template: &[u8]) -> Vec<u8> {
        self.replace_with(text, |groups, out| groups.expand(template, out))
    }

    /// `ReplaceAllLiteralString`
    pub fn replace_all_literal(&self, text: &[u8], replacement: &[u8]) -> Vec<u8> {
        self.replace_with(text, |_, out| out.extend_from_slice(replacement))
    }

    /// `Split`; nothing for `n` of zero.
    pub fn split<'t>(&self, text: &'t [u8], n: i64) -> Option<Vec<&'t [u8]>> {
        if n == 0 {
            return None;
        }
        if !self.source_is_empty && text.is_empty() {
            return Some(vec![text]);
        }
        let limit = usize::try_from(n).unwrap_or(usize::MAX);
        let mut out = Vec::new();
        let (mut begin, mut end) = (0, 0);
        for m in self.find_all(text, n) {
            if out.len() + 1 == limit {
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
        Some(out)
    }
}

/// One match, to expand a template with.
struct Groups<'a, 't> {
    captures: &'a Captures<'a>,
    view: &'a View<'t>,
    names: &'a [Vec<u8>],
}

impl Groups<'_, '_> {
    fn number(&self, i: usize) -> Option<&[u8]> {
        self.captures.get(i).map(|m| self.view.slice(m.range()))
    }

    /// The first group of this name that took part in the match.
    fn named(&self, name: &[u8]) -> Option<&[u8]> {
        (1..self.names.len()).filter(|i| self.names[*i] == name).find_map(|i| self.number(i))
    }

    /// Go's `Expand`: `$name` takes the longest name there is, a name that is no group is empty.
    fn expand(&self, template: &[u8], out: &mut Vec<u8>) {
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
            let group = match group_number(name) {
                Some(i) => self.number(i),
                None => self.named(name),
            };
            out.extend_from_slice(group.unwrap_or_default());
        }
        out.extend_from_slice(rest);
    }
}

/// A name of digits without leading zeros, below Go's bound.
fn group_number(name: &[u8]) -> Option<usize> {
    if !name.iter().all(u8::is_ascii_digit) || name.len() > 1 && name[0] == b'0' || name.len() > 9 {
        return None;
    }
    std::str::from_utf8(name).ok()?.parse().ok()
}

/// The name that follows a `$`, and what follows the name.
fn group_name(s: &[u8]) -> Option<(&[u8], &[u8])> {
    let (braced, body) = match s {
        [b'{', body @ ..] => (true, body),
        _ => (false, s),
    };
    let mut n = 0;
    while let Some((c, w)) = decode_rune(&body[n..])
        && is_name_rune(c)
    {
        n += w;
    }
    let (name, tail) = body.split_at(n);
    match (braced, tail) {
        _ if n == 0 => None,
        (true, [b'}', tail @ ..]) => Some((name, tail)),
        (true, _) => None,
        (false, _) => Some((name, tail)),
    }
}

/// Go's `regexp: Compile(...)` panic around an error of the parser.
pub fn compile_panic(source: &[u8], error: &str) -> String {
    let shown = if can_backquote(source) { format!("`{}`", String::from_utf8_lossy(source)) } else { go_quote(source) };
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
        assert_eq!(re.split(b"pizza", -1), Some(vec![&b"pi"[..], b"a"]));
        for refused in ["[", "a++", "(?x)a", "a{1001}", "(?=a)", "\\8"] {
            assert!(cache.get(refused.as_bytes()).is_err(), "{refused}");
        }
        assert!(cache.get(b"a{,2}").is_ok() && cache.get(b"[[a]").is_ok());
    }

    #[test]
    fn expressions_are_bounded() {
        let mut cache = Cache::default();
        let deep = "(?:".repeat(5000) + &")*".repeat(5000);
        assert!(cache.get(deep.as_bytes()).is_err());
        let wide = "(\\pL{1,30}\\PN){30}".repeat(40);
        assert!(cache.get(wide.as_bytes()).is_err_and(|e| e.contains("expression too large")));
    }
}
