//! Addresses of the web, as Go's `net/url` reads them (k8s.io/apiserver `pkg/cel/library/urls.go`).

use std::rc::Rc;

use super::super::eval::Fail;
use super::super::value::{Opaque, Table, Value};
use super::Outcome;
use crate::grammar::gourl::{Url, query_unescape};

/// An address that was parsed.
#[derive(Debug)]
pub struct ParsedUrl {
    url: Url,
    /// As it is written in normal form.
    pub text: Vec<u8>,
}

fn parse(value: Option<&Value<'_>>) -> Result<Result<Url, String>, Fail> {
    let text = value.and_then(Value::as_str).ok_or_else(Fail::overload)?;
    Ok(Url::parse_request(text.as_bytes()))
}

/// `url(s)`
pub fn url<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match parse(args.first())? {
        Ok(url) => {
            let text = url.text();
            Ok(Value::Opaque(Rc::new(Opaque::Url(ParsedUrl { url, text }))))
        }
        Err(e) => Err(Fail::new(format!("URL parse error during conversion from string: {e}"))),
    }
}

/// `isURL(s)`
pub fn is_url<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(parse(args.first())?.is_ok()))
}

fn part<'a>(args: &[Value<'a>], get: fn(&Url) -> Vec<u8>) -> Outcome<'a> {
    match args.first() {
        Some(Value::Opaque(o)) => match &**o {
            Opaque::Url(u) => Ok(Value::text(String::from_utf8_lossy(&get(&u.url)))),
            _ => Err(Fail::overload()),
        },
        _ => Err(Fail::overload()),
    }
}

/// `u.getScheme()`
pub fn scheme<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    part(args, |u| u.scheme.clone().into())
}

/// `u.getHost()`
pub fn host<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    part(args, |u| u.host.clone())
}

/// `u.getHostname()`
pub fn hostname<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    part(args, |u| u.hostname().to_vec())
}

/// `u.getPort()`
pub fn port<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    part(args, |u| u.port().to_vec())
}

/// `u.getEscapedPath()`
pub fn escaped_path<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    part(args, Url::escaped_path)
}

/// `u.getQuery()`: lists of values by key.
pub fn query<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let Some(Value::Opaque(o)) = args.first() else { return Err(Fail::overload()) };
    let Opaque::Url(u) = &**o else { return Err(Fail::overload()) };
    let mut found: Vec<(String, Vec<Value<'a>>)> = Vec::new();
    for pair in u.url.query.split(|c| *c == b'&').filter(|p| !p.is_empty() && !p.contains(&b';')) {
        let at = memchr::memchr(b'=', pair).unwrap_or(pair.len());
        let decode = |s: &[u8]| query_unescape(s).map(|s| String::from_utf8_lossy(&s).into_owned());
        // Go drops pairs that it cannot decode.
        let (Ok(key), Ok(value)) = (decode(&pair[..at]), decode(pair.get(at + 1..).unwrap_or_default())) else {
            continue;
        };
        match found.iter_mut().find(|f| f.0 == key) {
            Some(entry) => entry.1.push(Value::text(value)),
            None => found.push((key, vec![Value::text(value)])),
        }
    }
    let mut table = Table::default();
    for (key, values) in found {
        table.insert(Value::text(key), Value::list(values))?;
    }
    Ok(Value::table(table))
}
