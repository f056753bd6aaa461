//! Abbreviating, wrapping and the like: Masterminds/goutils v1.1.1, byte by byte.

use super::super::cast::text;
use crate::template::func::FuncResult;
use crate::value::{Value, is_space};

/// `AbbreviateFull`; where goutils refuses its arguments Sprig gives an empty text.
pub(super) fn abbreviate(args: &[Value], offset: i64, width: i64, at: usize) -> FuncResult {
    if at == 1 && width < 4 || at == 2 && (width < 4 || offset > 0 && width < 7) {
        return Ok(args[at].clone());
    }
    Ok(Value::string(abbreviated(text(args, at), offset, width).unwrap_or_default()))
}

fn abbreviated(s: &[u8], offset: i64, width: i64) -> Option<Vec<u8>> {
    let len = s.len() as i64;
    if s.is_empty() || width < 4 {
        return if s.is_empty() { Some(Vec::new()) } else { None };
    }
    if len <= width {
        return Some(s.to_vec());
    }
    let mut offset = offset.min(len);
    if len - offset < width - 3 {
        offset = len - (width - 3);
    }
    let keep = (width - 3) as usize;
    if offset <= 4 {
        return Some([&s[..keep], b"..."].concat());
    }
    if width < 7 {
        return None;
    }
    if offset + width - 3 < len {
        let rest = abbreviated(&s[offset as usize..], 0, width - 3).unwrap_or_default();
        return Some([b"...", &rest[..]].concat());
    }
    Some([b"...", &s[s.len() - keep..]].concat())
}

/// The first byte of each word, each written as the rune of that number.
pub(super) fn initials(s: &[u8]) -> String {
    let mut out = String::new();
    let mut gap = true;
    for b in s {
        let c = char::from(*b);
        if is_space(c) {
            gap = true;
        } else if gap {
            out.push(c);
            gap = false;
        }
    }
    out
}

/// Every byte that is no space, each written as the rune of that number; a text without spaces stays as it is.
pub(super) fn without_spaces(s: &[u8]) -> Vec<u8> {
    let kept: String = s.iter().map(|b| char::from(*b)).filter(|c| !is_space(*c)).collect();
    if kept.chars().count() == s.len() { s.to_vec() } else { kept.into_bytes() }
}

/// `WrapCustom`
pub(super) fn wrap(s: &[u8], width: i64, newline: &[u8], long_words: bool) -> FuncResult {
    let newline = if newline.is_empty() { &b"\n"[..] } else { newline };
    let width = usize::try_from(width.max(1)).unwrap_or(1);
    let mut out = Vec::with_capacity(s.len() + s.len() / width.max(8));
    let mut at = 0;
    while s.len() - at > width {
        if s[at] == b' ' {
            at += 1;
            continue;
        }
        let window = &s[at..at + width + 1];
        if let Some(n) = memchr::memrchr(b' ', window) {
            out.extend_from_slice(&s[at..at + n]);
            out.extend_from_slice(newline);
            at += n + 1;
        } else if long_words {
            out.extend_from_slice(&s[at..at + width]);
            out.extend_from_slice(newline);
            at += width;
        } else {
            match memchr::memchr(b' ', &s[at + width..]) {
                None => {
                    out.extend_from_slice(&s[at..]);
                    at = s.len();
                }
                Some(n) => {
                    out.extend_from_slice(&s[at..at + width + n]);
                    out.extend_from_slice(newline);
                    at += width + n + 1;
                }
            }
        }
    }
    out.extend_from_slice(&s[at..]);
    Ok(Value::string(out))
}
