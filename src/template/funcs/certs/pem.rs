//! PEM blocks as Go reads and writes them (Go 1.26 `encoding/pem`).

use crate::template::funcs::crypto::base64;

/// A block: what stands between the dashes, and what it holds.
pub struct Block {
    /// For instance `CERTIFICATE`.
    pub label: String,
    /// The decoded contents.
    pub bytes: Vec<u8>,
}

/// Writes a block, 64 characters a line.
pub fn encode(label: &str, bytes: &[u8]) -> String {
    let text = data_encoding::BASE64.encode(bytes);
    let mut out = format!("-----BEGIN {label}-----\n");
    for line in text.as_bytes().chunks(64) {
        out.extend(line.iter().map(|c| char::from(*c)));
        out.push('\n');
    }
    out.push_str(&format!("-----END {label}-----\n"));
    out
}

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"\n-----END ";
const DASHES: &[u8] = b"-----";

/// The first line without what is blank at its end, and the rest.
fn line(text: &[u8]) -> (&[u8], &[u8]) {
    let (line, rest) = match memchr::memchr(b'\n', text) {
        Some(n) => (&text[..n], &text[n + 1..]),
        None => (text, &text[text.len()..]),
    };
    let line = line.strip_suffix(b"\r").filter(|_| line.len() < text.len()).unwrap_or(line);
    let end = line.iter().rposition(|c| !matches!(c, b' ' | b'\t')).map_or(0, |n| n + 1);
    (&line[..end], rest)
}

/// Finds the first well-formed block; badly formed ones are skipped.
pub fn decode(text: &[u8]) -> Option<Block> {
    let mut rest = text;
    loop {
        // The last BEGIN before the first END counts, so that BEGIN lines without an END are skipped.
        let end = memchr::memmem::find(rest, END)?;
        let begin = memchr::memmem::rfind(&rest[..end], BEGIN).filter(|b| *b == 0 || rest[b - 1] == b'\n');
        if let Some(begin) = begin
            && let Some(found) = block(rest, begin + BEGIN.len(), end)?
        {
            return Some(found);
        }
        rest = &rest[end + END.len()..];
    }
}

/// The block whose label starts at `label_at` and whose end line's break is at `end`. The outer nothing: there can be no
/// other block either.
fn block(text: &[u8], label_at: usize, end: usize) -> Option<Option<Block>> {
    let (label_line, mut rest) = line(&text[label_at..]);
    let Some(label) = label_line.strip_suffix(DASHES) else { return Some(None) };
    let mut has_headers = false;
    loop {
        if rest.is_empty() {
            return None;
        }
        let (header, after) = line(rest);
        if !header.contains(&b':') {
            break;
        }
        has_headers = true;
        rest = after;
    }
    let at = text.len() - rest.len();
    // In a block without contents the break before the end line is the one behind the label.
    if at > end && (has_headers || at > end + 1) {
        return Some(None);
    }
    let trailer = &text[end + END.len()..];
    let Some(behind) = trailer.strip_prefix(label).and_then(|t| t.strip_prefix(DASHES)) else { return Some(None) };
    if !line(behind).0.is_empty() {
        return Some(None);
    }
    let contents: Vec<u8> = text[at.min(end)..end].iter().copied().filter(|c| !matches!(c, b' ' | b'\t')).collect();
    let Ok(bytes) = base64::decode(&contents) else { return Some(None) };
    Some(Some(Block { label: String::from_utf8_lossy(label).into_owned(), bytes }))
}
