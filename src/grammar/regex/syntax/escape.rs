//! Escapes that stand for one rune.

use super::{between, error, next_rune};

/// An escape that stands for one rune.
pub(super) fn rune_escape(s: &[u8]) -> Result<(u32, &[u8]), String> {
    let tail = &s[1..];
    if tail.is_empty() {
        return Err(error("trailing backslash at end of expression", b""));
    }
    let (c, rest) = next_rune(tail)?;
    let refused = |rest: &[u8]| Err(error("invalid escape sequence", between(s, rest)));
    let octal = |rest: &[u8]| rest.first().is_some_and(|d| (b'0'..=b'7').contains(d));
    let known = match u8::try_from(c).unwrap_or(b'e') {
        b'1'..=b'7' if !octal(rest) => return refused(rest),
        b'0'..=b'7' => {
            let n = 1 + rest.iter().take(2).take_while(|d| (b'0'..=b'7').contains(d)).count();
            let code = tail[..n].iter().fold(0, |code, d| code * 8 + u32::from(d - b'0'));
            return Ok((code, &tail[n..]));
        }
        b'x' => return hexadecimal(s, rest),
        b'a' => 7,
        b'f' => 0xc,
        b'n' => 0xa,
        b'r' => 0xd,
        b't' => 9,
        b'v' => 0xb,
        b if b.is_ascii() && !b.is_ascii_alphanumeric() => c,
        _ => return refused(rest),
    };
    Ok((known, rest))
}

/// What follows `\x`: two digits, or any number in braces.
fn hexadecimal<'a>(s: &'a [u8], mut rest: &'a [u8]) -> Result<(u32, &'a [u8]), String> {
    let refused = |rest: &[u8]| Err(error("invalid escape sequence", between(s, rest)));
    let digit = |c: u32| char::from_u32(c).and_then(|c| c.to_digit(16));
    if rest.is_empty() {
        return refused(rest);
    }
    let (c, after) = next_rune(rest)?;
    rest = after;
    if c != '{' as u32 {
        let (d, after) = next_rune(rest)?;
        return match (digit(c), digit(d)) {
            (Some(c), Some(d)) if !rest.is_empty() => Ok((c * 16 + d, after)),
            _ => refused(after),
        };
    }
    let mut code = None;
    while !rest.is_empty() {
        let (c, after) = next_rune(rest)?;
        rest = after;
        if c == '}' as u32 {
            return code.map_or_else(|| refused(rest), |code| Ok((code, rest)));
        }
        let Some(d) = digit(c) else { break };
        let next = code.unwrap_or(0) * 16 + d;
        if next > char::MAX as u32 {
            break;
        }
        code = Some(next);
    }
    refused(rest)
}
