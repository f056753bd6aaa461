//! Cases: Go's simple Unicode mappings, goutils' words and xstrings v1.5.0's camel, snake and kebab.

use unicode_general_category::{GeneralCategory, get_general_category};

use crate::value::{decode_rune, is_space};

fn category(c: char) -> GeneralCategory {
    get_general_category(c)
}

/// `unicode.ToUpper`: the simple mapping, so that ß stays.
pub(super) fn to_upper(c: char) -> char {
    let mut mapped = c.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(u), None) => u,
        _ => c,
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
            if separated { to_upper(c) } else { c }
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
                whitespace = false;
                to_upper(c)
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
        return runes.into_iter().collect();
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

/// xstrings' isAlphabet: letters of a script with cases.
fn is_alphabet(c: char) -> bool {
    is_letter(c) && (is_upper(c) || is_lower(c) || is_title(c))
}

fn run(s: &[char], from: usize, holds: impl Fn(char) -> bool) -> usize {
    from + s[from..].iter().take_while(|c| holds(**c)).count()
}

/// xstrings' nextWord: what the text starts with and how long that is.
fn next_word(s: &[char]) -> (Word, usize) {
    let Some(&c) = s.first() else { return (Word::Invalid, 0) };
    if c == '\u{FFFD}' {
        return (Word::Invalid, 1);
    }
    if is_connector(c) {
        return (Word::Connector, run(s, 1, is_connector));
    }
    if is_punctuation(c) {
        return (Word::Punctuation, run(s, 1, is_punctuation));
    }
    let lower = |c: char| is_alphabet(c) && !is_upper(c);
    if is_upper(c) {
        return match s.get(1) {
            Some(&second) if is_upper(second) => {
                let end = run(s, 2, is_upper);
                // In HTTPStatus the S belongs to the next word.
                let next_is_letter = s.get(end).is_some_and(|c| is_alphabet(*c));
                (Word::Upper, if next_is_letter { end - 1 } else { end })
            }
            Some(&second) if is_alphabet(second) => (Word::Upper, run(s, 2, lower)),
            _ => (Word::Upper, 1),
        };
    }
    if is_alphabet(c) {
        return (Word::Alphabet, run(s, 1, lower));
    }
    if is_number(c) {
        return (Word::Number, run(s, 1, is_number));
    }
    let other = |c: char| !(is_connector(c) || is_alphabet(c) || is_number(c) || is_punctuation(c));
    (Word::Other, run(s, 1, other))
}

struct Words<'a> {
    rest: &'a [char],
    kind: Word,
    word: &'a [char],
    out: String,
    connector: char,
}

impl Words<'_> {
    fn next(&mut self) {
        let (kind, n) = next_word(self.rest);
        (self.word, self.rest) = self.rest.split_at(n);
        self.kind = kind;
    }

    fn write(&mut self, kind: Word, word: &[char]) {
        if kind != Word::Upper && kind != Word::Connector {
            self.out.extend(word);
            return;
        }
        for c in word {
            self.out.push(if is_connector(*c) {
                self.connector
            } else if is_upper(*c) {
                to_lower(*c)
            } else {
                *c
            });
        }
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
pub(super) fn lower_with(s: &[u8], connector: char) -> String {
    let runes = runes(s);
    let mut w = Words { rest: &runes, kind: Word::Invalid, word: &[], out: String::new(), connector };
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
                    w.out.push(connector);
                }
            }
            Word::Connector => w.write(previous, last),
            Word::Punctuation => {}
            _ if w.kind != Word::Number => {
                if w.joins() {
                    w.out.push(connector);
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
                        w.out.push(connector);
                    }
                } else {
                    // Small letters follow the number: http_2xx.
                    w.out.push(connector);
                    w.write(Word::Number, number);
                    w.write_run();
                    if w.kind != Word::Invalid && w.joins() {
                        w.out.push(connector);
                    }
                }
            }
        }
    }
    let (kind, word) = (w.kind, w.word);
    w.write(kind, word);
    w.out
}
