//! Base64 as Go's StdEncoding reads it (Go 1.26 `encoding/base64`): line breaks are skipped, padding is required, the
//! unused bits of the last character may be anything.

const fn value_of(c: u8) -> Option<u8> {
    match c {
        b'A'..=b'Z' => Some(c - b'A'),
        b'a'..=b'z' => Some(c - b'a' + 26),
        b'0'..=b'9' => Some(c - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

fn skip_breaks(s: &[u8], mut at: usize) -> usize {
    while matches!(s.get(at), Some(b'\n' | b'\r')) {
        at += 1;
    }
    at
}

/// Reads the padding whose first `=` stands right before `at`, behind `have` characters of a group of four. Returns
/// nothing if the text ends well, else the byte that Go complains about.
fn check_padding(s: &[u8], mut at: usize, have: usize) -> Option<usize> {
    if have < 2 {
        return Some(at - 1);
    }
    if have == 2 {
        at = skip_breaks(s, at);
        match s.get(at) {
            None => return Some(s.len()),
            Some(b'=') => at += 1,
            Some(_) => return Some(at - 1),
        }
    }
    at = skip_breaks(s, at);
    (at < s.len()).then_some(at)
}

/// `base64.StdEncoding.DecodeString`
///
/// # Errors
/// With Go's text.
pub fn decode(s: &[u8]) -> Result<Vec<u8>, String> {
    let corrupt = |at: usize| Err(format!("illegal base64 data at input byte {at}"));
    let mut out = Vec::with_capacity(s.len() / 4 * 3);
    let mut at = 0;
    loop {
        let (mut group, mut have) = ([0u8; 4], 0);
        while have < 4 {
            let Some(c) = s.get(at).copied() else {
                return if have == 0 { Ok(out) } else { corrupt(at - have) };
            };
            at += 1;
            if let Some(v) = value_of(c) {
                group[have] = v;
                have += 1;
            } else if c == b'=' {
                if let Some(at) = check_padding(s, at, have) {
                    return corrupt(at);
                }
                push(&mut out, group, have);
                return Ok(out);
            } else if !matches!(c, b'\n' | b'\r') {
                return corrupt(at - 1);
            }
        }
        push(&mut out, group, have);
    }
}

/// Appends the bytes that `have` characters of a group make.
fn push(out: &mut Vec<u8>, [a, b, c, d]: [u8; 4], have: usize) {
    let bytes = [a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d];
    out.extend_from_slice(&bytes[..have - 1]);
}
