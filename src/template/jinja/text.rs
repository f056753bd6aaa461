//! Go strings as Jinja's: minijinja knows only UTF-8, Go's strings are bytes (`trunc` may cut a character).
//!
//! A byte that is no UTF-8 becomes a character at the very end of Unicode, U+10FF00 plus the byte, and goes back to that
//! byte when the text leaves Jinja, as Python's `surrogateescape` does it. Where a text already has one of these
//! characters, its own bytes are treated likewise, so that every text comes back as it was.

use std::borrow::Cow;

/// What all characters U+10FF80 to U+10FFFF begin with.
const LEAD: [u8; 2] = [0xF4, 0x8F];
const BASE: u32 = 0x10_FF00;

/// The number of the byte that a character stands for.
fn stands_for(c: char) -> Option<u8> {
    u32::from(c).checked_sub(BASE).and_then(|n| u8::try_from(n).ok()).filter(|b| *b >= 0x80)
}

fn has_stand_in(text: &[u8]) -> bool {
    memchr::memmem::find_iter(text, &LEAD).any(|at| matches!(text.get(at + 2), Some(0xBE | 0xBF)))
}

/// Any bytes as a text that [`decode`] turns back into them.
pub fn encode(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes)
        && !has_stand_in(bytes)
    {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(bytes.len() + bytes.len() / 2);
    let byte = |out: &mut String, b: u8| out.extend(char::from_u32(BASE + u32::from(b)));
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match stands_for(c) {
                None => out.push(c),
                Some(_) => c.encode_utf8(&mut [0; 4]).bytes().for_each(|b| byte(&mut out, b)),
            }
        }
        chunk.invalid().iter().for_each(|b| byte(&mut out, *b));
    }
    Cow::Owned(out)
}

/// The bytes that [`encode`] was given.
pub fn decode(text: &str) -> Cow<'_, [u8]> {
    if !has_stand_in(text.as_bytes()) {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut out = Vec::with_capacity(text.len());
    for c in text.chars() {
        match stands_for(c) {
            Some(b) => out.push(b),
            None => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back() {
        let texts: [&[u8]; 6] = [
            b"",
            "añ€😀".as_bytes(),
            b"\xff\x00a\xc3",
            "\u{10ff80}\u{10ffff}\u{10ff7f}".as_bytes(),
            b"\xf4\x8f\xbe",
            b"\xf4\x8f",
        ];
        for text in texts {
            let encoded = encode(text);
            assert_eq!(&*decode(&encoded), text);
        }
        assert_eq!(encode(b"a\xffb").chars().count(), 3);
    }
}
