//! Bytes that aren't UTF-8, kept in texts: Go's errors are bytes, ours are `String`s. A byte that is no UTF-8 becomes one of
//! the last 128 code points, which are private or no characters at all, and comes back when the text is written.

use std::borrow::Cow;

/// The code point for byte 0x80.
const FIRST: u32 = 0x10_ff80;

/// The text of any bytes.
pub fn keep(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            // These characters themselves are kept byte by byte, so that nothing else comes back for them.
            if u32::from(c) >= FIRST {
                keep_each(c.encode_utf8(&mut [0; 4]).as_bytes(), &mut text);
            } else {
                text.push(c);
            }
        }
        keep_each(chunk.invalid(), &mut text);
    }
    text
}

fn keep_each(bytes: &[u8], text: &mut String) {
    text.extend(bytes.iter().filter_map(|b| char::from_u32(FIRST + u32::from(*b) - 0x80)));
}

/// The bytes of a text, those that [`keep`] kept among them.
pub fn bytes(text: &str) -> Cow<'_, [u8]> {
    if text.chars().all(|c| u32::from(c) < FIRST) {
        return text.as_bytes().into();
    }
    let mut out = Vec::with_capacity(text.len());
    for c in text.chars() {
        match u32::from(c).checked_sub(FIRST) {
            Some(n) => out.push(n as u8 + 0x80),
            None => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_bytes_come_back() {
        let all: Vec<u8> = (0..=255).chain("é\u{10ff80}\u{10ffff}🎉".bytes()).collect();
        for from in 0..all.len() {
            assert_eq!(&*bytes(&keep(&all[from..])), &all[from..]);
        }
        assert_eq!(keep("plain é".as_bytes()), "plain é");
        assert_eq!(&*bytes("\u{10ffff}"), b"\xff");
    }
}
