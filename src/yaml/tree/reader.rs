//! What go-yaml's reader refuses: control characters, and bytes that are no UTF-8.

use super::super::chars::width;
use super::super::scan::{Mark, Problem, Stage};
use super::Parsed;

/// Bytes that go-yaml's reader takes at a time: a bad character shows only when its piece is read.
const READ_AHEAD: usize = 512;

/// Puts the reader's complaint about a character before what the parser found behind it, having come to `reached`.
pub(super) fn check(src: &[u8], reached: usize, parsed: Parsed<()>) -> Parsed<()> {
    let plain = src.is_ascii() && !src.iter().any(|c| *c < b' ' && !matches!(c, b'\n' | b'\t' | b'\r') || *c == 0x7f);
    if plain {
        return parsed;
    }
    let Some((at, text)) = bad_character(src) else { return parsed };
    if at > reached + READ_AHEAD {
        return parsed;
    }
    let (line, column) = crate::span::line_column(src, at);
    let mark = Mark { offset: at as u32, index: at as u32, line: line as u32 - 1, column: column as u32 - 1 };
    Err(Box::new(Problem { stage: Stage::Reader, text, mark, context: Mark::default() }))
}

/// The first character that YAML's reader refuses, and its words.
fn bad_character(src: &[u8]) -> Option<(usize, String)> {
    let mut at = 0;
    for chunk in src.utf8_chunks() {
        let valid = chunk.valid();
        if let Some((i, _)) = valid.char_indices().find(
            |(_, c)| !matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..),
        ) {
            return Some((at + i, "control characters are not allowed".into()));
        }
        at += valid.len();
        if let Some(first) = chunk.invalid().first() {
            let words = match first {
                0x80..0xc0 | 0xf8.. => "invalid leading UTF-8 octet",
                _ if src.len() - at < width(*first) => "incomplete UTF-8 octet sequence",
                _ => match src.get(at + 1) {
                    Some(c) if c & 0xc0 == 0x80 && chunk.invalid().len() == 1 => "invalid length of a UTF-8 sequence",
                    _ => "invalid trailing UTF-8 octet",
                },
            };
            return Some((at, words.into()));
        }
    }
    None
}
