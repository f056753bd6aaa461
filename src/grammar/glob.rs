//! Two of Go's glob dialects: `filepath.Match` for .helmignore and --show-only, and gobwas/glob v0.2.3 for
//! `.Files.Glob`.

use crate::value::decode_rune;

/// What Go says of a broken pattern.
const BAD: &str = "syntax error in pattern";

/// Go's `filepath.Match` on a slash-separated name: `*` and `?` stay within a segment, `[...]` with `^`, `\` escapes.
/// The pattern is looked at only as far as the match gets, so that some broken ones go unnoticed, as in Go.
///
/// # Errors
/// `syntax error in pattern`
pub fn filepath_match(pattern: &str, name: &str) -> Result<bool, &'static str> {
    let (mut pattern, mut name) = (pattern.as_bytes(), name.as_bytes());
    if !pattern.iter().any(|c| matches!(c, b'*' | b'?' | b'[' | b'\\')) {
        return Ok(pattern == name);
    }
    while !pattern.is_empty() {
        let (star, chunk, rest) = scan_chunk(pattern);
        pattern = rest;
        if star && chunk.is_empty() {
            return Ok(!name.contains(&b'/'));
        }
        match match_chunk(chunk, name)? {
            Some(rest) if rest.is_empty() || !pattern.is_empty() => name = rest,
            _ if !star => return Ok(false),
            _ => match skip_to(chunk, name, pattern.is_empty())? {
                Some(rest) => name = rest,
                None => return Ok(false),
            },
        }
    }
    Ok(name.is_empty())
}

/// The star a pattern starts with, the part up to the next star, and the rest.
fn scan_chunk(pattern: &[u8]) -> (bool, &[u8], &[u8]) {
    let stars = pattern.iter().take_while(|c| **c == b'*').count();
    let pattern = &pattern[stars..];
    let (mut i, mut in_class) = (0, false);
    while i < pattern.len() {
        match pattern[i] {
            b'\\' if i + 1 < pattern.len() => i += 1,
            b'[' => in_class = true,
            b']' => in_class = false,
            b'*' if !in_class => break,
            _ => {}
        }
        i += 1;
    }
    (stars > 0, &pattern[..i.min(pattern.len())], &pattern[i.min(pattern.len())..])
}

/// What follows the first place behind the start of the segment where the chunk matches; up to the end if it is the
/// last one.
fn skip_to<'n>(chunk: &[u8], name: &'n [u8], last: bool) -> Result<Option<&'n [u8]>, &'static str> {
    for i in 0..name.iter().take_while(|c| **c != b'/').count() {
        if let Some(rest) = match_chunk(chunk, &name[i + 1..])?
            && (!last || rest.is_empty())
        {
            return Ok(Some(rest));
        }
    }
    Ok(None)
}

/// Matches a chunk without stars at the start of a name and gives what follows. Goes on to the end of the chunk when it
/// doesn't match, to find what is wrong with it.
fn match_chunk<'n>(mut chunk: &[u8], mut s: &'n [u8]) -> Result<Option<&'n [u8]>, &'static str> {
    let mut failed = false;
    while let Some(c) = chunk.first() {
        failed |= s.is_empty();
        match c {
            b'[' => {
                let (r, width) = if failed { ('\0', 0) } else { decode_rune(s).unwrap_or(('\0', 0)) };
                s = &s[width..];
                let (matched, rest) = match_class(&chunk[1..], r)?;
                failed |= !matched;
                chunk = rest;
            }
            b'?' => {
                if !failed {
                    failed = s[0] == b'/';
                    s = &s[decode_rune(s).map_or(0, |(_, w)| w)..];
                }
                chunk = &chunk[1..];
            }
            _ => {
                if *c == b'\\' {
                    chunk = &chunk[1..];
                }
                let c = chunk.first().ok_or(BAD)?;
                if !failed {
                    failed = *c != s[0];
                    s = &s[1..];
                }
                chunk = &chunk[1..];
            }
        }
    }
    Ok((!failed).then_some(s))
}

/// Whether a class, read behind its bracket, has this rune, and what follows the class.
fn match_class(class: &[u8], r: char) -> Result<(bool, &[u8]), &'static str> {
    let negated = class.first() == Some(&b'^');
    let mut rest = &class[usize::from(negated)..];
    let (mut found, mut first) = (false, true);
    loop {
        if rest.first() == Some(&b']') && !first {
            return Ok((found != negated, &rest[1..]));
        }
        first = false;
        let (low, after) = class_rune(rest)?;
        let mut high = low;
        rest = after;
        if rest[0] == b'-' {
            (high, rest) = class_rune(&rest[1..])?;
        }
        found |= (low..=high).contains(&r);
    }
}

/// A rune of a class, and what follows: something must.
fn class_rune(s: &[u8]) -> Result<(char, &[u8]), &'static str> {
    let s = match s {
        [] | [b'-' | b']', ..] => return Err(BAD),
        [b'\\', rest @ ..] => rest,
        _ => s,
    };
    match decode_rune(s) {
        None | Some(('\u{fffd}', 1)) => Err(BAD),
        Some((_, w)) if w == s.len() => Err(BAD),
        Some((c, w)) => Ok((c, &s[w..])),
    }
}

/// A pattern of gobwas/glob. It misjudges a few things that we don't: alternatives in braces of which one may be longer than
/// another (`a{**,b}`, `{a*,b?}.txt`), a single `?` or class against an empty name, and `?` beside letters beyond ASCII.
#[derive(Debug)]
pub struct Pattern {
    /// Alternatives are expanded: one list of pieces each.
    alternatives: Vec<Vec<Piece>>,
    separator: Option<char>,
}

#[derive(Clone, Debug)]
enum Piece {
    Text(char),
    Single,
    Any,
    Super,
    List(bool, Vec<char>),
    Range(bool, char, char),
}

/// Alternatives of all braces together that we expand; no chart comes near.
const MAX_ALTERNATIVES: usize = 1024;

impl Pattern {
    /// Compiles a pattern; `*`, `?` and classes don't match the separator.
    ///
    /// # Errors
    /// Where the pattern is none.
    pub fn new(pattern: &str, separator: Option<char>) -> Result<Pattern, String> {
        let chars: Vec<char> = pattern.chars().collect();
        let mut at = 0;
        let alternatives = sequence(&chars, &mut at, false)?;
        Ok(Pattern { alternatives, separator })
    }

    /// Whether all of the text matches.
    pub fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        self.alternatives.iter().any(|a| self.alternative_matches(a, &text))
    }

    fn alternative_matches(&self, pieces: &[Piece], text: &[char]) -> bool {
        // One bit per piece reached, so that no pattern takes more than its length times the text's.
        let mut reached = vec![false; pieces.len() + 1];
        reached[0] = true;
        skip_empty(&mut reached, pieces);
        for c in text {
            let mut next = vec![false; pieces.len() + 1];
            for (i, piece) in pieces.iter().enumerate().filter(|(i, _)| reached[*i]) {
                let separator = self.separator == Some(*c);
                match piece {
                    Piece::Any if !separator => next[i] = true,
                    Piece::Super => next[i] = true,
                    Piece::Any => {}
                    Piece::Single => next[i + 1] |= !separator,
                    Piece::Text(p) => next[i + 1] |= p == c,
                    Piece::List(not, list) => next[i + 1] |= list.contains(c) != *not,
                    Piece::Range(not, low, high) => next[i + 1] |= (*low..=*high).contains(c) != *not,
                }
            }
            skip_empty(&mut next, pieces);
            reached = next;
        }
        reached[pieces.len()]
    }
}

fn skip_empty(reached: &mut [bool], pieces: &[Piece]) {
    for (i, piece) in pieces.iter().enumerate() {
        if reached[i] && matches!(piece, Piece::Any | Piece::Super) {
            reached[i + 1] = true;
        }
    }
}

fn sequence(p: &[char], at: &mut usize, nested: bool) -> Result<Vec<Vec<Piece>>, String> {
    let mut done: Vec<Vec<Piece>> = Vec::new();
    let mut current: Vec<Vec<Piece>> = vec![Vec::new()];
    let push = |current: &mut Vec<Vec<Piece>>, piece: Piece| {
        for c in current.iter_mut() {
            c.push(piece.clone());
        }
    };
    // The library takes a NUL for the end.
    while let Some(c) = p.get(*at).copied().filter(|c| *c != '\0') {
        *at += 1;
        match c {
            '\u{fffd}' => return Err("could not read rune".into()),
            '\\' => {
                // Nothing is escaped at the end, and that is fine.
                let Some(escaped) = p.get(*at).copied() else { break };
                *at += 1;
                push(&mut current, Piece::Text(escaped));
            }
            '*' if p.get(*at) == Some(&'*') => {
                *at += 1;
                push(&mut current, Piece::Super);
            }
            '*' => push(&mut current, Piece::Any),
            '?' => push(&mut current, Piece::Single),
            '[' => {
                let piece = bracket(p, at)?;
                push(&mut current, piece);
            }
            '{' => {
                let inner = sequence(p, at, true)?;
                if current.len() * inner.len() > MAX_ALTERNATIVES {
                    return Err("too many alternatives".into());
                }
                current = current
                    .iter()
                    .flat_map(|head| inner.iter().map(move |tail| [&head[..], &tail[..]].concat()))
                    .collect();
            }
            '}' if nested => {
                done.append(&mut current);
                return Ok(done);
            }
            ',' if nested => {
                done.append(&mut current);
                current = vec![Vec::new()];
            }
            c => push(&mut current, Piece::Text(c)),
        }
    }
    // Braces may stay open.
    done.append(&mut current);
    Ok(done)
}

/// A class, read behind its bracket: one range, or characters of which only the closing bracket needs an escape.
fn bracket(p: &[char], at: &mut usize) -> Result<Piece, String> {
    let next = |at: &mut usize| {
        let c = p.get(*at).copied().filter(|c| *c != '\0').ok_or("unexpected end of input");
        *at += 1;
        c
    };
    let mut c = next(at)?;
    let not = c == '!';
    if not {
        c = next(at)?;
    }
    if p.get(*at) == Some(&'-') {
        *at += 1;
        let high = next(at)?;
        if next(at)? != ']' {
            return Err("expected close range character".into());
        }
        if high < c {
            return Err(format!("hi character '{high}' should be greater than lo '{c}'"));
        }
        return Ok(Piece::Range(not, c, high));
    }
    let mut list = Vec::new();
    while c != ']' {
        list.push(if c == '\\' { next(at)? } else { c });
        c = next(at)?;
    }
    if list.is_empty() {
        return Err("could not parse range".into());
    }
    Ok(Piece::List(not, list))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_bound_stars() {
        assert_eq!(filepath_match("templates/*.yaml", "templates/a.yaml"), Ok(true));
        assert_eq!(filepath_match("templates/*", "templates/a/b.yaml"), Ok(false));
        assert_eq!(filepath_match("[^a]*", "bcd"), Ok(true));
        assert!(filepath_match("[", "a").is_err());
        let p = Pattern::new("**/{a,b}*.yaml", Some('/')).expect("a pattern");
        assert!(p.matches("x/y/a1.yaml") && p.matches("x/b.yaml") && !p.matches("a.yaml"));
    }
}
