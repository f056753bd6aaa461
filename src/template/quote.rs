//! Go's string and character literals: `strconv.Unquote` and `strconv.UnquoteChar` (Go 1.26 `strconv/quote.go`).

/// The bytes of a literal in double or back quotes; nothing when Go says `invalid syntax`.
pub fn unquote(literal: &[u8]) -> Option<Vec<u8>> {
    let (&quote, rest) = literal.split_first()?;
    let (&last, body) = rest.split_last()?;
    if last != quote {
        return None;
    }
    if quote == b'`' {
        return (!body.contains(&b'`')).then(|| body.iter().copied().filter(|c| *c != b'\r').collect());
    }
    if quote != b'"' || body.contains(&b'\n') {
        return None;
    }
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while !rest.is_empty() {
        match memchr::memchr2(b'\\', b'"', rest) {
            None => {
                out.extend_from_slice(rest);
                break;
            }
            Some(n) => {
                out.extend_from_slice(&rest[..n]);
                rest = unquote_char(&rest[n..], b'"', &mut out)?.1;
            }
        }
    }
    Some(out)
}

/// Decodes the first character of `text` (an escape, or a rune), appends its bytes to `out` and returns its code point
/// and the rest.
pub fn unquote_char<'a>(text: &'a [u8], quote: u8, out: &mut Vec<u8>) -> Option<(u32, &'a [u8])> {
    let first = *text.first()?;
    if first == quote && (quote == b'\'' || quote == b'"') {
        return None;
    }
    if first != b'\\' {
        let (r, w) = crate::value::decode_rune(text)?;
        out.extend_from_slice(&text[..w]);
        return Some((r as u32, &text[w..]));
    }
    let escape = *text.get(1)?;
    let rest = &text[2..];
    let simple = match escape {
        b'a' => Some(7),
        b'b' => Some(8),
        b'f' => Some(12),
        b'n' => Some(10),
        b'r' => Some(13),
        b't' => Some(9),
        b'v' => Some(11),
        b'\\' => Some(b'\\'),
        b'\'' | b'"' if escape == quote => Some(escape),
        _ => None,
    };
    if let Some(byte) = simple {
        out.push(byte);
        return Some((u32::from(byte), rest));
    }
    match escape {
        b'x' => numeric(rest, 2, 16, true, out),
        b'u' => numeric(rest, 4, 16, false, out),
        b'U' => numeric(rest, 8, 16, false, out),
        b'0'..=b'7' => numeric(&text[1..], 3, 8, true, out),
        _ => None,
    }
}

fn numeric<'a>(text: &'a [u8], digits: usize, base: u32, byte: bool, out: &mut Vec<u8>) -> Option<(u32, &'a [u8])> {
    let mut n = 0u32;
    for c in text.get(..digits)? {
        n = n.checked_mul(base)?.checked_add((*c as char).to_digit(base)?)?;
    }
    if byte {
        out.push(u8::try_from(n).ok()?);
    } else {
        let c = char::from_u32(n)?;
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
    Some((n, &text[digits..]))
}

#[cfg(test)]
mod tests {
    use super::unquote;

    #[test]
    fn escapes_are_those_of_go() {
        assert_eq!(unquote(br#""a\tb\x41\u00e9\101""#).as_deref(), Some("a\tbA\u{e9}A".as_bytes()));
        assert_eq!(unquote(b"`a\r\nb`").as_deref(), Some(&b"a\nb"[..]));
        assert_eq!(unquote(br#""\q""#), None);
        assert_eq!(unquote(br#""\'""#), None);
        assert_eq!(unquote(br#""\xff""#).as_deref(), Some(&[0xff][..]));
    }
}
