//! URLs as Go's net/url reads and writes them (Go 1.26 `net/url/url.go`), as far as `urlParse`, `urlJoin` and
//! `urlquery` show.

use super::netip::{self, Address};
use crate::value::fmt::go_quote;

/// A URL in Go's parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Url {
    /// `http`
    pub scheme: String,
    /// What follows the scheme where that is no path: `mailto:x`.
    pub opaque: Vec<u8>,
    /// User and password as written out again, escaped.
    pub userinfo: Option<String>,
    /// Host with port.
    pub host: Vec<u8>,
    /// The path, decoded.
    pub path: Vec<u8>,
    /// The path as written, where its encoding is not the default one.
    pub raw_path: Vec<u8>,
    /// Behind the question mark, as written.
    pub query: Vec<u8>,
    /// A question mark with nothing behind it.
    pub force_query: bool,
    /// Behind the hash, decoded.
    pub fragment: Vec<u8>,
    /// `scheme:/path` without an authority.
    pub omit_host: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Path,
    Host,
    Zone,
    UserPassword,
    QueryComponent,
    Fragment,
}

fn should_escape(c: u8, mode: Mode) -> bool {
    if c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.' | b'~') {
        return false;
    }
    if matches!(mode, Mode::Host | Mode::Zone)
        && matches!(
            c,
            b'!' | b'$'
                | b'&'
                | b'\''
                | b'('
                | b')'
                | b'*'
                | b'+'
                | b','
                | b';'
                | b'='
                | b':'
                | b'['
                | b']'
                | b'<'
                | b'>'
                | b'"'
        )
    {
        return false;
    }
    match (c, mode) {
        (b'$' | b'&' | b'+' | b',' | b'/' | b':' | b';' | b'=' | b'?' | b'@', Mode::Path) => c == b'?',
        (b'$' | b'&' | b'+' | b',' | b';' | b'=', Mode::UserPassword) => false,
        (b'$' | b'&' | b'+' | b',' | b'/' | b':' | b';' | b'=' | b'?' | b'@', Mode::Fragment) => false,
        (b'!' | b'(' | b')' | b'*', Mode::Fragment) => false,
        _ => true,
    }
}

fn escape(s: &[u8], mode: Mode) -> Vec<u8> {
    let mut out = Vec::with_capacity(s.len());
    for c in s {
        match *c {
            b' ' if mode == Mode::QueryComponent => out.push(b'+'),
            c if should_escape(c, mode) => out.extend_from_slice(format!("%{c:02X}").as_bytes()),
            c => out.push(c),
        }
    }
    out
}

/// `url.QueryEscape`
pub fn query_escape(s: &[u8]) -> Vec<u8> {
    escape(s, Mode::QueryComponent)
}

/// `url.PathUnescape`
///
/// # Errors
/// With Go's text.
pub fn path_unescape(s: &[u8]) -> Result<Vec<u8>, String> {
    unescape(s, Mode::Path)
}

fn unescape(s: &[u8], mode: Mode) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(s.len());
    let mut i = 0;
    while i < s.len() {
        match s[i] {
            b'%' => {
                let digits = s.get(i + 1..i + 3).and_then(|d| std::str::from_utf8(d).ok());
                let Some(byte) = digits.and_then(|d| u8::from_str_radix(d, 16).ok().filter(|_| !d.starts_with('+')))
                else {
                    let shown = &s[i..(i + 3).min(s.len())];
                    return Err(format!("invalid URL escape {}", go_quote(shown)));
                };
                if mode == Mode::Host && byte < 0x80 && &s[i..i + 3] != b"%25" {
                    return Err(format!("invalid URL escape {}", go_quote(&s[i..i + 3])));
                }
                let plain = byte == b' ' || !should_escape(byte, Mode::Host);
                if mode == Mode::Zone && !plain && &s[i..i + 3] != b"%25" {
                    return Err(format!("invalid URL escape {}", go_quote(&s[i..i + 3])));
                }
                out.push(byte);
                i += 3;
            }
            c => {
                if matches!(mode, Mode::Host | Mode::Zone) && c < 0x80 && should_escape(c, mode) {
                    return Err(format!("invalid character {} in host name", go_quote(&s[i..=i])));
                }
                out.push(c);
                i += 1;
            }
        }
    }
    Ok(out)
}

impl Url {
    /// `url.Parse`
    ///
    /// # Errors
    /// Go's text, `parse "...": ...`.
    pub fn parse(raw: &[u8]) -> Result<Url, String> {
        let (body, fragment) = match memchr::memchr(b'#', raw) {
            Some(n) => (&raw[..n], Some(&raw[n + 1..])),
            None => (raw, None),
        };
        let error = |e: String| format!("parse {}: {e}", go_quote(raw));
        let mut url = parse_body(body).map_err(|e| format!("parse {}: {e}", go_quote(body)))?;
        if let Some(fragment) = fragment {
            url.fragment = unescape(fragment, Mode::Fragment).map_err(error)?;
        }
        Ok(url)
    }

    /// `url.ParseRequestURI`: an absolute address or an absolute path; a hash is no fragment.
    ///
    /// # Errors
    /// Go's text, `parse "...": ...`.
    pub fn parse_request(raw: &[u8]) -> Result<Url, String> {
        let error = |e: String| format!("parse {}: {e}", go_quote(raw));
        if raw.is_empty() {
            return Err(error("empty url".into()));
        }
        let (scheme, _) = scheme(raw).map_err(error)?;
        if scheme.is_empty() && !raw.starts_with(b"/") && raw != b"*" {
            return Err(error("invalid URI for request".into()));
        }
        parse_body(raw).map_err(error)
    }

    /// `URL.String`
    pub fn text(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if !self.scheme.is_empty() {
            out.extend_from_slice(self.scheme.as_bytes());
            out.push(b':');
        }
        if !self.opaque.is_empty() {
            out.extend_from_slice(&self.opaque);
        } else {
            let path = self.escaped_path();
            let authority = !self.host.is_empty() || self.userinfo.is_some();
            if authority || !self.scheme.is_empty() && !self.omit_host {
                if !self.host.is_empty() || !self.path.is_empty() || self.userinfo.is_some() {
                    out.extend_from_slice(b"//");
                }
                if let Some(user) = &self.userinfo {
                    out.extend_from_slice(user.as_bytes());
                    out.push(b'@');
                }
                out.extend_from_slice(&escape(&self.host, Mode::Host));
            }
            if !path.is_empty() && path[0] != b'/' && !self.host.is_empty() {
                out.push(b'/');
            }
            if out.is_empty() && path.split(|c| *c == b'/').next().is_some_and(|s| s.contains(&b':')) {
                out.extend_from_slice(b"./");
            }
            out.extend_from_slice(&path);
        }
        if self.force_query || !self.query.is_empty() {
            out.push(b'?');
            out.extend_from_slice(&self.query);
        }
        if !self.fragment.is_empty() {
            out.push(b'#');
            out.extend_from_slice(&escape(&self.fragment, Mode::Fragment));
        }
        out
    }

    /// `URL.EscapedPath`
    pub fn escaped_path(&self) -> Vec<u8> {
        if valid_path_encoding(&self.raw_path) && unescape(&self.raw_path, Mode::Path).is_ok_and(|p| p == self.path) {
            return self.raw_path.clone();
        }
        if self.path == b"*" {
            return b"*".to_vec();
        }
        escape(&self.path, Mode::Path)
    }

    /// `URL.Port`: without the colon.
    pub fn port(&self) -> &[u8] {
        match memchr::memrchr(b':', &self.host) {
            Some(n) if valid_port(&self.host[n..]) => &self.host[n + 1..],
            _ => b"",
        }
    }

    /// `URL.Hostname`: the host without port and brackets.
    pub fn hostname(&self) -> &[u8] {
        let host = match memchr::memrchr(b':', &self.host) {
            Some(n) if valid_port(&self.host[n..]) => &self.host[..n],
            _ => &self.host,
        };
        host.strip_prefix(b"[").and_then(|h| h.strip_suffix(b"]")).unwrap_or(host)
    }
}

/// `validEncoded`: whether a path as written could be the encoding of one.
fn valid_path_encoding(s: &[u8]) -> bool {
    let fine = |c: &u8| b"!$&'()*+,;=:@[]%".contains(c) || !should_escape(*c, Mode::Path);
    !s.is_empty() && s.iter().all(fine)
}

/// `url.QueryUnescape`
///
/// # Errors
/// With Go's text.
pub fn query_unescape(s: &[u8]) -> Result<Vec<u8>, String> {
    let plus: Vec<u8> = s.iter().map(|c| if *c == b'+' { b' ' } else { *c }).collect();
    unescape(&plus, Mode::QueryComponent)
}

fn parse_body(raw: &[u8]) -> Result<Url, String> {
    if raw.iter().any(|c| *c < b' ' || *c == 0x7f) {
        return Err("net/url: invalid control character in URL".into());
    }
    let mut url = Url::default();
    if raw == b"*" {
        url.path = b"*".to_vec();
        return Ok(url);
    }
    let (scheme, mut rest) = scheme(raw)?;
    url.scheme = scheme.to_lowercase();
    if rest.ends_with(b"?") && memchr::memchr_iter(b'?', rest).count() == 1 {
        url.force_query = true;
        rest = &rest[..rest.len() - 1];
    } else if let Some(n) = memchr::memchr(b'?', rest) {
        url.query = rest[n + 1..].to_vec();
        rest = &rest[..n];
    }
    if !rest.starts_with(b"/") {
        if !url.scheme.is_empty() {
            url.opaque = rest.to_vec();
            return Ok(url);
        }
        let first = rest.split(|c| *c == b'/').next().unwrap_or_default();
        if first.contains(&b':') {
            return Err("first path segment in URL cannot contain colon".into());
        }
    }
    let authority = (!url.scheme.is_empty() || !rest.starts_with(b"///")).then(|| rest.strip_prefix(b"//")).flatten();
    if let Some(body) = authority {
        let n = memchr::memchr(b'/', body).unwrap_or(body.len());
        parse_authority(&mut url, &body[..n])?;
        rest = &body[n..];
    } else if !url.scheme.is_empty() && rest.starts_with(b"/") {
        url.omit_host = true;
    }
    url.path = unescape(rest, Mode::Path)?;
    if escape(&url.path, Mode::Path) != rest {
        url.raw_path = rest.to_vec();
    }
    Ok(url)
}

fn scheme(raw: &[u8]) -> Result<(String, &[u8]), String> {
    for (i, c) in raw.iter().enumerate() {
        match c {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if i > 0 => {}
            b':' if i == 0 => return Err("missing protocol scheme".into()),
            b':' => return Ok((String::from_utf8_lossy(&raw[..i]).into_owned(), &raw[i + 1..])),
            _ => break,
        }
    }
    Ok((String::new(), raw))
}

fn parse_authority(url: &mut Url, authority: &[u8]) -> Result<(), String> {
    let (user, host) = match memchr::memrchr(b'@', authority) {
        Some(n) => (Some(&authority[..n]), &authority[n + 1..]),
        None => (None, authority),
    };
    url.host = parse_host(&url.scheme, host)?;
    let Some(user) = user else { return Ok(()) };
    if !user.iter().all(|c| c.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(c)) {
        return Err("net/url: invalid userinfo".into());
    }
    let again = |s: &[u8]| unescape(s, Mode::UserPassword).map(|s| escape(&s, Mode::UserPassword));
    let text = match memchr::memchr(b':', user) {
        Some(n) => [&again(&user[..n])?[..], b":", &again(&user[n + 1..])?].concat(),
        None => again(user)?,
    };
    url.userinfo = Some(String::from_utf8_lossy(&text).into_owned());
    Ok(())
}

/// Whether this is nothing, or a colon and digits.
fn valid_port(p: &[u8]) -> bool {
    p.is_empty() || p[0] == b':' && p[1..].iter().all(u8::is_ascii_digit)
}

/// An address in brackets, perhaps with a zone behind `%25` (RFC 6874), perhaps with a port.
fn parse_ip_literal(host: &[u8]) -> Result<Vec<u8>, String> {
    let Some(n) = memchr::memrchr(b']', host) else { return Err("missing ']' in host".into()) };
    let (name, port) = (&host[1..n], &host[n + 1..]);
    if !valid_port(port) {
        return Err(format!("invalid port {} after host", go_quote(port)));
    }
    let zone = memchr::memmem::find(name, b"%25").unwrap_or(name.len());
    let address = unescape(&name[..zone], Mode::Host)?;
    let zone = unescape(&name[zone..], Mode::Zone)?;
    match netip::parse(&[&address[..], &zone].concat()).map_err(|e| format!("invalid host: {e}"))? {
        Address::V4 => return Err("invalid IP-literal".into()),
        Address::V6 { .. } => {}
    }
    Ok([b"[", &address[..], &zone, b"]", port].concat())
}

fn parse_host(scheme: &str, host: &[u8]) -> Result<Vec<u8>, String> {
    match memchr::memrchr(b'[', host) {
        Some(0) => return parse_ip_literal(host),
        Some(_) => return Err("invalid IP-literal".into()),
        None => {}
    }
    // Lists of hosts with ports are known from databases, so only HTTP is strict.
    let strict = matches!(scheme, "http" | "https");
    let colon = if strict { memchr::memchr(b':', host) } else { memchr::memrchr(b':', host) };
    if let Some(n) = colon
        && !valid_port(&host[n..])
    {
        return Err(format!("invalid port {} after host", go_quote(&host[n..])));
    }
    unescape(host, Mode::Host)
}
