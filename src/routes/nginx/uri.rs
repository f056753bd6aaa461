//! Request URIs as nginx takes them apart (`ngx_http_parse_complex_uri`) and writes them (`ngx_escape_uri`).

/// A request's URI, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uri {
    /// The path: decoded, dots resolved, several slashes made one.
    pub path: String,
    /// What follows the question mark.
    pub args: String,
    /// Whether there was something to decode.
    pub was_quoted: bool,
}

/// Takes a URI apart; nothing for what nginx answers 400.
pub fn parse(text: &str, merges_slashes: bool) -> Option<Uri> {
    let text = text.split('#').next().unwrap_or_default();
    let (raw, args) = text.split_once('?').unwrap_or((text, ""));
    if !raw.starts_with('/') {
        return None;
    }
    let decoded = decode(raw)?;
    let path = resolve(&decoded, merges_slashes)?;
    let was_quoted = raw.contains('%');
    Some(Uri { path, args: args.to_owned(), was_quoted })
}

fn decode(raw: &str) -> Option<String> {
    let bytes = raw.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        if bytes[i] == b'%' {
            let hex = std::str::from_utf8(bytes.get(i + 1..i + 3)?).ok()?;
            let byte = hex.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u8::from_str_radix(hex, 16).ok())??;
            out.push(Some(byte).filter(|b| *b != 0)?);
            i += 3;
        } else {
            out.push(bytes[i]);
            i += 1;
        }
    }
    Some(String::from_utf8_lossy(&out).into_owned())
}

/// Resolves `.` and `..`; nothing where they lead above the root.
fn resolve(path: &str, merges_slashes: bool) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    let mut ends_in_slash = false;
    let all: Vec<&str> = path.split('/').skip(1).collect();
    for (i, part) in all.iter().enumerate() {
        ends_in_slash = i + 1 == all.len() && matches!(*part, "" | "." | "..");
        match *part {
            "." => {}
            ".." => _ = parts.pop()?,
            "" if merges_slashes || i + 1 == all.len() => {}
            part => parts.push(part),
        }
    }
    let mut out = String::from("/");
    out.push_str(&parts.join("/"));
    if ends_in_slash && !out.ends_with('/') {
        out.push('/');
    }
    Some(out)
}

/// Writes a path as it goes to an upstream: what can't stand in a request line is quoted, and `%`, `?`, `#`.
pub fn escape(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            0..=b' ' | b'#' | b'%' | b'?' | 0x7f..=0xff => out.push_str(&format!("%{byte:02X}")),
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => out.push_str(&format!("%{byte:02X}")),
            b => out.push(char::from(b)),
        }
    }
    out
}

/// Writes a text that becomes part of arguments or of a redirect.
pub fn escape_args(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            0..=b' ' | b'%' | b'&' | b'+' | b'#' | b';' | b'?' | b'\\' | 0x7f..=0xff => {
                out.push_str(&format!("%{byte:02X}"));
            }
            b => out.push(char::from(b)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn paths_are_resolved() {
        let path = |text: &str| parse(text, true).map(|u| u.path);
        for (text, wanted) in [
            ("/a/../b", Some("/b")),
            ("/a//b/", Some("/a/b/")),
            ("/a/./", Some("/a/")),
            ("/a/..", Some("/")),
            ("/%61%2Fb?x=1#f", Some("/a/b")),
            ("/..", None),
            ("/%zz", None),
            ("/%00", None),
            ("x", None),
        ] {
            assert_eq!(path(text).as_deref(), wanted, "{text}");
        }
        assert_eq!(parse("/a//b", false).map(|u| u.path).as_deref(), Some("/a//b"));
    }
}
