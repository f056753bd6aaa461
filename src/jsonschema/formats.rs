//! The formats that schemas up to draft 7 assert, with what is said of a text that has not the format (santhosh-tekuri/
//! jsonschema v6.0.3 `format.go`). Formats not listed in [`NAMES`] are not asserted. Dates, times and periods are in
//! [`super::times`], addresses in [`super::address`].

use super::address;
use super::times;
use crate::grammar::gourl::{Url, path_unescape};
use crate::grammar::regex::Cache;
use crate::value::fmt::go_quote_rune;

/// A check's answer: the library's words for what is wrong.
pub(super) type Checked = Result<(), String>;

/// All formats that are asserted.
pub(super) const NAMES: &[&str] = &[
    "date",
    "date-time",
    "duration",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "iri",
    "iri-reference",
    "json-pointer",
    "period",
    "regex",
    "relative-json-pointer",
    "semver",
    "time",
    "uri",
    "uri-reference",
    "uri-template",
    "uuid",
];

/// Formats that the crate knows and the library doesn't.
pub(super) const UNKNOWN: &[&str] = &["idn-email", "idn-hostname"];

/// Checks a text; formats that are not known fit any.
pub(super) fn check(format: &str, s: &str) -> Checked {
    match format {
        "date" => times::date(s),
        "date-time" => times::date_time(s),
        "duration" => times::duration(s),
        "email" => email(s),
        "hostname" => hostname(s),
        "ipv4" => address::ipv4(s),
        "ipv6" => address::ipv6(s),
        "json-pointer" => json_pointer(s),
        "period" => times::period(s),
        "regex" => Cache::default().get(s.as_bytes()).map(|_| ()),
        "relative-json-pointer" => relative_json_pointer(s),
        "semver" => semver(s),
        "time" => times::time(s),
        "uri" | "iri" => uri(s),
        "uri-reference" | "iri-reference" => uri_reference(s),
        "uri-template" => uri_template(s),
        "uuid" => uuid(s),
        _ => Ok(()),
    }
}

pub(super) fn fail(text: &str) -> Checked {
    Err(text.to_owned())
}

/// All characters are `allowed`.
fn all(s: &str, allowed: impl Fn(char) -> bool) -> Checked {
    match s.chars().find(|c| !allowed(*c)) {
        Some(c) => Err(format!("invalid character {}", go_quote_rune(c))),
        None => Ok(()),
    }
}

fn json_pointer(s: &str) -> Checked {
    if s.is_empty() {
        return Ok(());
    }
    let Some(rest) = s.strip_prefix('/') else { return fail("not starting with /") };
    for token in rest.split('/') {
        let mut parts = token.split('~');
        parts.next();
        if parts.any(|after| !after.starts_with(['0', '1'])) {
            return fail("~ must be followed by 0 or 1");
        }
    }
    Ok(())
}

fn relative_json_pointer(s: &str) -> Checked {
    let digits = s.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return fail("must start with non-negative integer");
    }
    if digits > 1 && s.starts_with('0') {
        return fail("starts with zero");
    }
    if &s[digits..] == "#" { Ok(()) } else { json_pointer(&s[digits..]) }
}

fn uuid(s: &str) -> Checked {
    const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];
    let groups: Vec<&str> = s.split('-').collect();
    if groups.len() != GROUPS.len() {
        return Err(format!("must have {} elements", GROUPS.len()));
    }
    for (i, (group, length)) in groups.iter().zip(GROUPS).enumerate() {
        if group.len() != length {
            return Err(format!("element {} must be {length} characters long", i + 1));
        }
        if let Some(c) = group.chars().find(|c| !c.is_ascii_hexdigit()) {
            return Err(format!("non-hex character {}", go_quote_rune(c)));
        }
    }
    Ok(())
}

fn hostname(s: &str) -> Checked {
    let s = s.strip_suffix('.').unwrap_or(s);
    if s.len() > 253 {
        return fail("more than 253 characters long");
    }
    for label in s.split('.') {
        if label.is_empty() || label.len() > 63 {
            return fail("label must be 1 to 63 characters long");
        }
        if label.starts_with('-') {
            return fail("label starts with hyphen");
        }
        if label.ends_with('-') {
            return fail("label ends with hyphen");
        }
        all(label, |c| c.is_ascii_alphanumeric() || c == '-')?;
    }
    Ok(())
}

fn email(s: &str) -> Checked {
    if s.len() > 254 {
        return fail("more than 255 characters long");
    }
    let Some((local, domain)) = s.rsplit_once('@') else { return fail("missing @") };
    if local.len() > 64 {
        return fail("local part more than 64 characters long");
    }
    match local.strip_prefix('"').and_then(|l| l.strip_suffix('"')) {
        Some(quoted) if quoted.contains(['\\', '"']) => {
            return fail("backslash and quote are not allowed within quoted local part");
        }
        Some(_) => {}
        None => local_part(local)?,
    }
    if let Some(literal) = domain.strip_prefix('[').and_then(|d| d.strip_suffix(']')) {
        return match literal.strip_prefix("IPv6:") {
            Some(v6) => address::ipv6(v6).map_err(|e| format!("invalid ipv6 address: {e}")),
            None => address::ipv4(literal).map_err(|e| format!("invalid ipv4 address: {e}")),
        };
    }
    hostname(domain).map_err(|e| format!("invalid domain: {e}"))
}

fn local_part(local: &str) -> Checked {
    if local.starts_with('.') {
        return fail("starts with dot");
    }
    if local.ends_with('.') {
        return fail("ends with dot");
    }
    if local.contains("..") {
        return fail("consecutive dots");
    }
    all(local, |c| c.is_ascii_alphanumeric() || ".!#$%&'*+-/=?^_`{|}~".contains(c))
}

fn parse_url(s: &str) -> Result<Url, String> {
    let url = Url::parse(s.as_bytes())?;
    let host = url.hostname();
    if host.contains(&b':') {
        if !url.host.contains(&b'[') || !url.host.contains(&b']') {
            return Err("ipv6 address not enclosed in brackets".into());
        }
        address::ipv6(&String::from_utf8_lossy(host)).map_err(|e| format!("invalid ipv6 address: {e}"))?;
    }
    Ok(url)
}

fn uri(s: &str) -> Checked {
    match parse_url(s)?.scheme.is_empty() {
        true => fail("relative url"),
        false => Ok(()),
    }
}

fn uri_reference(s: &str) -> Checked {
    if s.contains('\\') {
        return fail("contains \\");
    }
    parse_url(s).map(|_| ())
}

fn uri_template(s: &str) -> Checked {
    let url = parse_url(s)?;
    for token in url.raw_path.split(|c| *c == b'/') {
        let decoded = path_unescape(token).map_err(|e| format!("percent decode failed: {e}"))?;
        let mut open = false;
        for c in decoded.into_iter().filter(|c| matches!(c, b'{' | b'}')) {
            if (c == b'{') == open {
                return fail("nested curly braces");
            }
            open = !open;
        }
        if open {
            return fail("no matching closing brace");
        }
    }
    Ok(())
}

fn semver(s: &str) -> Checked {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let (s, build) = s.split_once('+').map_or((s, None), |(s, b)| (s, Some(b)));
    if build == Some("") {
        return fail("build is empty");
    }
    for id in build.iter().flat_map(|b| b.split('.')) {
        if id.is_empty() {
            return fail("build identifier is empty");
        }
        all(id, word).map_err(|e| format!("{e} in build identifier"))?;
    }
    let (core, pre) = s.split_once('-').map_or((s, None), |(s, p)| (s, Some(p)));
    for id in pre.iter().flat_map(|p| p.split('.')) {
        if id.is_empty() {
            return fail("pre-release identifier is empty");
        }
        all(id, word).map_err(|e| format!("{e} in pre-release identifier"))?;
        if id.len() > 1 && id.starts_with('0') && id.bytes().all(|c| c.is_ascii_digit()) {
            return fail("pre-release numeric identifier starts with zero");
        }
    }
    version_core(core)
}

fn version_core(s: &str) -> Checked {
    let numbers: Vec<&str> = s.split('.').collect();
    if numbers.len() != 3 {
        return fail("versionCore must have 3 numbers separated by dot");
    }
    for (number, name) in numbers.iter().zip(["major", "minor", "patch"]) {
        if number.is_empty() {
            return Err(format!("{name} is empty"));
        }
        if number.len() > 1 && number.starts_with('0') {
            return Err(format!("{name} starts with zero"));
        }
        if !number.bytes().all(|c| c.is_ascii_digit()) {
            return Err(format!("{name} contains non-digit"));
        }
    }
    Ok(())
}
