//! Cases: Go's simple Unicode mappings, goutils' words and xstrings v1.5.0's camel, snake and kebab.

use unicode_general_category::{GeneralCategory, get_general_category};

use crate::value::{decode_rune, is_space};

fn category(c: char) -> GeneralCategory {
    get_general_category(c)
}

/// `unicode.ToUpper`: the simple mapping, so that ß stays.
pub(super) fn to_upper(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_uppercase();
    }
    let mut mapped = c.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(u), None) => u,
        // Letters with a iota below, whose full mapping is two letters, have a single capital too.
        _ => match c {
            '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => {
                char::from_u32(c as u32 + 8).unwrap_or(c)
            }
            '\u{1fb3}' => '\u{1fbc}',
            '\u{1fc3}' => '\u{1fcc}',
            '\u{1ff3}' => '\u{1ffc}',
            _ => c,
        },
    }
}

/// `unicode.ToTitle`: [`to_upper`] but for the digraphs and Georgian.
fn to_title(c: char) -> char {
    match c {
        '\u{1c4}'..='\u{1c6}' => '\u{1c5}',
        '\u{1c7}'..='\u{1c9}' => '\u{1c8}',
        '\u{1ca}'..='\u{1cc}' => '\u{1cb}',
        '\u{1f1}'..='\u{1f3}' => '\u{1f2}',
        '\u{10d0}'..='\u{10ff}' => c,
        c => to_upper(c),
    }
}

/// `unicode.ToLower`
pub(super) fn to_lower(c: char) -> char {
    let mut mapped = c.to_lowercase();
    match (mapped.next(), mapped.next()) {
        (Some(l), None) => l,
        // The only one with a longer full mapping: İ.
        (Some(l), Some(_)) => l,
        _ => c,
    }
}

fn is_upper(c: char) -> bool {
    category(c) == GeneralCategory::UppercaseLetter
}

fn is_lower(c: char) -> bool {
    category(c) == GeneralCategory::LowercaseLetter
}

fn is_title(c: char) -> bool {
    category(c) == GeneralCategory::TitlecaseLetter
}

fn is_letter(c: char) -> bool {
    use GeneralCategory::*;
    matches!(category(c), UppercaseLetter | LowercaseLetter | TitlecaseLetter | ModifierLetter | OtherLetter)
}

fn is_number(c: char) -> bool {
    use GeneralCategory::*;
    matches!(category(c), DecimalNumber | LetterNumber | OtherNumber)
}

fn is_punctuation(c: char) -> bool {
    use GeneralCategory::*;
    matches!(
        category(c),
        ConnectorPunctuation
            | DashPunctuation
            | OpenPunctuation
            | ClosePunctuation
            | InitialPunctuation
            | FinalPunctuation
            | OtherPunctuation
    )
}

/// Runes of a text, invalid bytes as U+FFFD.
fn runes(s: &[u8]) -> Vec<char> {
    let mut out = Vec::with_capacity(s.len());
    let mut rest = s;
    while let Some((c, w)) = decode_rune(rest) {
        out.push(c);
        rest = &rest[w..];
    }
    out
}

/// `strings.Map` with a mapping of runes; ASCII fast.
pub(super) fn map_runes(s: &[u8], map: fn(char) -> char) -> Vec<u8> {
    if s.is_ascii() {
        return s.iter().map(|b| map(char::from(*b)) as u8).collect();
    }
    runes(s).into_iter().map(map).collect::<String>().into_bytes()
}

/// `strings.Title`: a letter behind a separator becomes a capital.
pub(super) fn title(s: &[u8]) -> String {
    let mut previous = ' ';
    runes(s)
        .into_iter()
        .map(|c| {
            let separated = is_separator(previous);
            previous = c;
            if separated { to_title(c) } else { c }
        })
        .collect()
}

fn is_separator(c: char) -> bool {
    if c.is_ascii() {
        return !(c.is_ascii_alphanumeric() || c == '_');
    }
    if is_letter(c) || category(c) == GeneralCategory::DecimalNumber {
        return false;
    }
    is_space(c)
}

/// goutils' Uncapitalize: the first rune of each word.
pub(super) fn untitle(s: &[u8]) -> String {
    let mut next = true;
    runes(s)
        .into_iter()
        .map(|c| {
            if is_space(c) {
                next = true;
                return c;
            }
            if std::mem::take(&mut next) { to_lower(c) } else { c }
        })
        .collect()
}

/// goutils' SwapCase.
pub(super) fn swap(s: &[u8]) -> String {
    let mut whitespace = true;
    runes(s)
        .into_iter()
        .map(|c| {
            if is_upper(c) || is_title(c) {
                whitespace = false;
                to_lower(c)
            } else if is_lower(c) {
                if std::mem::take(&mut whitespace) { to_title(c) } else { to_upper(c) }
            } else {
                whitespace = is_space(c);
                c
            }
        })
        .collect()
}

fn is_connector(c: char) -> bool {
    c == '-' || c == '_' || is_space(c)
}

/// xstrings' ToPascalCase.
pub(super) fn pascal(s: &[u8]) -> String {
    let runes = runes(s);
    let mut out = String::new();
    let Some(start) = runes.iter().position(|c| !is_connector(*c)) else {
        // xstrings writes the last connector twice.
        return runes.iter().chain(runes.last()).collect();
    };
    out.extend(&runes[..start]);
    let mut first_upper = is_upper(runes[start]);
    let mut r0 = to_upper(runes[start]);
    for c in &runes[start + 1..] {
        let r1 = r0;
        r0 = *c;
        if is_connector(r0) && is_connector(r1) {
            out.push(r1);
            continue;
        }
        if is_connector(r1) {
            first_upper = is_upper(r0);
            r0 = to_upper(r0);
        } else {
            if first_upper {
                if is_upper(r0) {
                    r0 = to_lower(r0);
                } else {
                    first_upper = false;
                }
            }
            out.push(r1);
        }
    }
    out.push(r0);
    out
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Invalid,
    Number,
    Upper,
    Alphabet,
    Connector,
    Punctuation,
    Other,
}

/// xstrings' isAlphabet: letters that are not Chinese, Japanese or Korean.
fn is_alphabet(c: char) -> bool {
    is_letter(c) && !matches!(c, '\u{3400}'..='\u{4d85}' | '\u{4e00}'..='\u{9fcc}' | '\u{20000}'..='\u{2b81d}')
}

/// xstrings' nextValidRune: the next rune that is no U+FFFD, and its width with all those before it; `previous` if
/// there are only those.
fn next_valid(s: &[u8], previous: char) -> (char, usize) {
    let mut size = 0;
    while let Some((c, w)) = decode_rune(&s[size..]) {
        size += w;
        if c != '\u{FFFD}' {
            return (c, size);
        }
    }
    (previous, size)
}

/// How long the run is that starts with `before` bytes, the last rune of which is `c`: end, the rune after it and the
/// width of its last rune.
fn run(s: &[u8], before: usize, c: char, holds: impl Fn(char) -> bool) -> (usize, char, usize) {
    let (mut end, mut c, mut last) = (before, c, 0);
    while end < s.len() {
        let (next, size) = next_valid(&s[end..], c);
        c = next;
        if !holds(c) {
            break;
        }
        end += size;
        last = size;
    }
    (end, c, last)
}

/// xstrings' nextWord: what the text starts with and how long that is.
fn next_word(s: &[u8]) -> (Word, usize) {
    let (c, n) = next_valid(s, '\u{FFFD}');
    let lower = |c: char| is_alphabet(c) && !is_upper(c);
    if c == '\u{FFFD}' {
        (Word::Invalid, n)
    } else if is_connector(c) {
        (Word::Connector, run(s, n, c, is_connector).0)
    } else if is_punctuation(c) {
        (Word::Punctuation, run(s, n, c, is_punctuation).0)
    } else if is_upper(c) {
        (Word::Upper, upper_word(s, c, n))
    } else if is_alphabet(c) {
        (Word::Alphabet, run(s, n, c, lower).0)
    } else if is_number(c) {
        (Word::Number, run(s, n, c, is_number).0)
    } else {
        let other = |c: char| !(is_connector(c) || is_alphabet(c) || is_number(c) || is_punctuation(c));
        (Word::Other, run(s, n, c, other).0)
    }
}

/// Length of the word that starts with a capital of `n` bytes.
fn upper_word(s: &[u8], c: char, n: usize) -> usize {
    if n == s.len() {
        return n;
    }
    let (second, size) = next_valid(&s[n..], c);
    if is_upper(second) {
        let (end, next, last) = run(s, n + size, second, is_upper);
        let last = if last == 0 { size } else { last };
        // In HTTPStatus the S belongs to the next word.
        return if end < s.len() && is_alphabet(next) { end - last } else { end };
    }
    if is_alphabet(second) {
        return run(s, n + size, second, |c| is_alphabet(c) && !is_upper(c)).0;
    }
    n
}

struct Words<'a> {
    rest: &'a [u8],
    kind: Word,
    word: &'a [u8],
    out: Vec<u8>,
    connector: char,
}

impl Words<'_> {
    fn next(&mut self) {
        let (kind, n) = next_word(self.rest);
        (self.word, self.rest) = self.rest.split_at(n);
        self.kind = kind;
    }

    fn write(&mut self, kind: Word, word: &[u8]) {
        if kind != Word::Upper && kind != Word::Connector {
            self.out.extend_from_slice(word);
            return;
        }
        for c in runes(word) {
            let c = match c {
                c if is_connector(c) => self.connector,
                c if is_upper(c) => to_lower(c),
                c => c,
            };
            self.out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }

    fn connect(&mut self) {
        self.out.push(self.connector as u8);
    }

    /// Words and numbers that stick together.
    fn write_run(&mut self) {
        while matches!(self.kind, Word::Alphabet | Word::Number) && !self.word.is_empty() {
            let (kind, word) = (self.kind, self.word);
            self.write(kind, word);
            self.next();
        }
    }

    fn joins(&self) -> bool {
        !matches!(self.kind, Word::Connector | Word::Punctuation)
    }
}

/// xstrings' ToSnakeCase and ToKebabCase.
pub(super) fn lower_with(s: &[u8], connector: char) -> Vec<u8> {
    let mut w = Words { rest: s, kind: Word::Invalid, word: &[], out: Vec::with_capacity(s.len() + 8), connector };
    w.next();
    while !w.rest.is_empty() {
        if w.kind != Word::Connector {
            let (kind, word) = (w.kind, w.word);
            w.write(kind, word);
        }
        let (previous, last) = (w.kind, w.word);
        w.next();
        match previous {
            Word::Number => {
                w.write_run();
                if w.kind != Word::Invalid && w.joins() {
                    w.connect();
                }
            }
            Word::Connector => w.write(previous, last),
            Word::Punctuation => {}
            _ if w.kind != Word::Number => {
                if w.joins() {
                    w.connect();
                }
            }
            _ if w.rest.is_empty() => {}
            _ => {
                let number = w.word;
                w.next();
                if w.kind != Word::Alphabet {
                    // The number is part of the word before it: bld4_floor.
                    w.write(Word::Number, number);
                    if w.joins() {
                        w.connect();
                    }
                } else {
                    // Small letters follow the number: http_2xx.
                    w.connect();
                    w.write(Word::Number, number);
                    w.write_run();
                    if w.kind != Word::Invalid && w.joins() {
                        w.connect();
                    }
                }
            }
        }
    }
    let (kind, word) = (w.kind, w.word);
    w.write(kind, word);
    w.out
}
