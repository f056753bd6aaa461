//! Two of Go's glob dialects: `filepath.Match` for .helmignore and --show-only, and gobwas/glob v0.2.3 for
//! `.Files.Glob`.

/// Go's `filepath.Match` on a slash-separated name: `*` and `?` stay within a segment, `[...]` with `^`, `\` escapes.
///
/// # Errors
/// `syntax error in pattern`
pub fn filepath_match(pattern: &str, name: &str) -> Result<bool, &'static str> {
    const BAD: &str = "syntax error in pattern";
    let p: Vec<char> = pattern.chars().collect();
    let n: Vec<char> = name.chars().collect();
    // Go finds a broken class only when it gets there; checking first costs nothing and errs on its side.
    let tokens = tokens(&p).ok_or(BAD)?;
    let (mut t, mut i) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        let matched = match tokens.get(t) {
            None => i == n.len(),
            Some(Token::Star) => {
                star = Some((t + 1, i));
                t += 1;
                continue;
            }
            Some(token) => n.get(i).is_some_and(|c| token.matches(*c)),
        };
        if matched {
            if t == tokens.len() {
                return Ok(true);
            }
            t += 1;
            i += 1;
            continue;
        }
        match star {
            Some((after, from)) if n.get(from).is_some_and(|c| *c != '/') => {
                star = Some((after, from + 1));
                t = after;
                i = from + 1;
            }
            _ => return Ok(false),
        }
    }
}

enum Token {
    Star,
    Any,
    Char(char),
    Class(bool, Vec<(char, char)>),
}

impl Token {
    fn matches(&self, c: char) -> bool {
        match self {
            Token::Star => true,
            Token::Any => c != '/',
            Token::Char(p) => *p == c,
            Token::Class(negated, ranges) => ranges.iter().any(|(a, b)| (*a..=*b).contains(&c)) != *negated,
        }
    }
}

fn tokens(p: &[char]) -> Option<Vec<Token>> {
    let mut out = Vec::new();
    let mut i = 0;
    while i < p.len() {
        match p[i] {
            '*' => {
                if !matches!(out.last(), Some(Token::Star)) {
                    out.push(Token::Star);
                }
                i += 1;
            }
            '?' => {
                out.push(Token::Any);
                i += 1;
            }
            '\\' => {
                out.push(Token::Char(*p.get(i + 1)?));
                i += 2;
            }
            '[' => {
                let (token, next) = class(p, i + 1)?;
                out.push(token);
                i = next;
            }
            c => {
                out.push(Token::Char(c));
                i += 1;
            }
        }
    }
    Some(out)
}

fn class(p: &[char], mut i: usize) -> Option<(Token, usize)> {
    let negated = p.get(i) == Some(&'^');
    if negated {
        i += 1;
    }
    let mut ranges = Vec::new();
    loop {
        if p.get(i) == Some(&']') && !ranges.is_empty() {
            return Some((Token::Class(negated, ranges), i + 1));
        }
        let (low, next) = class_char(p, i)?;
        i = next;
        let mut high = low;
        if p.get(i) == Some(&'-') {
            (high, i) = class_char(p, i + 1)?;
        }
        ranges.push((low, high));
    }
}

fn class_char(p: &[char], i: usize) -> Option<(char, usize)> {
    match p.get(i)? {
        '-' | ']' => None,
        '\\' => Some((*p.get(i + 1)?, i + 2)),
        c => Some((*c, i + 1)),
    }
    .filter(|(_, next)| *next < p.len())
}

/// A pattern of gobwas/glob.
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
    while let Some(c) = p.get(*at).copied() {
        *at += 1;
        match c {
            '\\' => {
                let escaped = p.get(*at).copied().ok_or("unexpected end of input")?;
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
    if nested {
        return Err("unexpected end of input".into());
    }
    Ok(current)
}

fn bracket(p: &[char], at: &mut usize) -> Result<Piece, String> {
    let end = "unexpected end of input";
    let not = p.get(*at) == Some(&'!');
    if not {
        *at += 1;
    }
    if let (Some(low), Some('-'), Some(high), Some(']')) = (p.get(*at), p.get(*at + 1), p.get(*at + 2), p.get(*at + 3))
    {
        if high < low {
            return Err("hi character should be greater than lo".into());
        }
        *at += 4;
        return Ok(Piece::Range(not, *low, *high));
    }
    let mut list = Vec::new();
    loop {
        let c = p.get(*at).copied().ok_or(end)?;
        *at += 1;
        match c {
            ']' if !list.is_empty() => return Ok(Piece::List(not, list)),
            '\\' => {
                list.push(p.get(*at).copied().ok_or(end)?);
                *at += 1;
            }
            c => list.push(c),
        }
    }
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
