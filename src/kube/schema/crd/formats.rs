//! The formats of texts that the API server asserts for custom resources (kube-openapi `pkg/validation/strfmt` and
//! apiextensions-apiserver `pkg/apiserver/validation/formats.go`). Formats not listed here, and those whose check
//! amounts to a checksum (`isbn`, `creditcard`), are not asserted. Start reading at [`holds`].

use std::sync::OnceLock;

use regex::Regex;

use crate::grammar::gotime::Zone;
use crate::grammar::gourl::Url;
use crate::grammar::netip::{self, Address};
use crate::grammar::{duration, layout};

/// Formats that are regular expressions.
const PATTERNS: &[(&str, &str)] = &[
    ("bsonobjectid", r"^[0-9a-fA-F]{24}$"),
    ("uuid", r"(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$"),
    ("uuid3", r"(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$"),
    ("uuid4", r"(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$"),
    ("uuid5", r"(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$"),
    ("ssn", r"^\d{3}[- ]?\d{2}[- ]?\d{4}$"),
    ("hexcolor", r"^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$"),
    ("byte", r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$"),
    (
        "mac",
        r"^[0-9a-fA-F]{2}([:-])[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){4}(([:-][0-9a-fA-F]{2}){2}|([:-][0-9a-fA-F]{2}){14})?$|^([0-9a-fA-F]{4}\.){2,9}[0-9a-fA-F]{4}$",
    ),
    (
        "hostname",
        r"^([a-zA-Z0-9\p{S}\p{L}]((-?[a-zA-Z0-9\p{S}\p{L}]{0,62})?)|([a-zA-Z0-9\p{S}\p{L}](([a-zA-Z0-9-\p{S}\p{L}]{0,61}[a-zA-Z0-9\p{S}\p{L}])?)(\.)){1,}([a-zA-Z\p{L}]){2,63})$",
    ),
    ("k8sshortname", r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"),
    ("k8slongname", r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"),
    ("datetime", r"^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](.[0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))$"),
    (
        "duration",
        r"(?i)(\d+)\s*(nanos|nanoseconds|ns|nano|micros|microseconds|µs|us|millis|milliseconds|ms|milli|seconds|secs|s|sec|minutes|mins|m|min|hours|hrs|h|hr|days|d|weeks|wks|w|wk)",
    ),
];

/// Units of durations, with their nanoseconds; longer names before those that they begin with.
const UNITS: &[(&[&str], i64)] = &[
    (&["nano", "ns"], 1),
    (&["micro", "µs", "us"], 1_000),
    (&["milli", "ms"], 1_000_000),
    (&["sec", "s"], 1_000_000_000),
    (&["min", "m"], 60_000_000_000),
    (&["h"], 3_600_000_000_000),
    (&["d"], 86_400_000_000_000),
    (&["w"], 604_800_000_000_000),
];

/// The version that brought in the formats of Kubernetes' own names.
const NAMES_SINCE: u32 = 34;

/// Whether a text has a format, in a minor version of Kubernetes; any text has a format that isn't asserted.
pub(super) fn holds(format: &str, text: &str, minor: u32) -> bool {
    let name = format.replace('-', "");
    match &*name {
        "datetime" => is_date_time(text),
        "date" => is_date(text),
        "duration" => nanoseconds(text).is_some(),
        "uri" => text.starts_with('/') || Url::parse(text.as_bytes()).is_ok_and(|_| has_scheme(text)),
        // Go parses whole addresses with display names; only what can be none is refused.
        "email" => text.contains('@') && !text.starts_with('@') && !text.ends_with('@'),
        "hostname" => text.len() <= 255 && text.split('.').all(|p| p.len() <= 63) && matches("hostname", text),
        "ipv4" => is_address(text) && text.contains('.'),
        "ipv6" => is_address(text) && text.contains(':'),
        "cidr" => is_cidr(text),
        "k8sshortname" => minor < NAMES_SINCE || text.len() <= 63 && matches("k8sshortname", text),
        "k8slongname" => minor < NAMES_SINCE || text.len() <= 253 && matches("k8slongname", text),
        name => matches(name, text),
    }
}

fn matches(name: &str, text: &str) -> bool {
    static COMPILED: [OnceLock<Option<Regex>>; PATTERNS.len()] = [const { OnceLock::new() }; PATTERNS.len()];
    let Some(at) = PATTERNS.iter().position(|p| p.0 == name) else { return true };
    let regex = COMPILED[at].get_or_init(|| Regex::new(PATTERNS[at].1).ok());
    regex.as_ref().is_none_or(|r| r.is_match(text))
}

/// A duration as Go writes it or in words, `3 days`.
pub(super) fn nanoseconds(text: &str) -> Option<i64> {
    if let Ok(nanos) = duration::parse(text.as_bytes()) {
        return Some(nanos);
    }
    static WORDS: OnceLock<Option<Regex>> = OnceLock::new();
    let regex = WORDS.get_or_init(|| Regex::new(PATTERNS.iter().find(|p| p.0 == "duration")?.1).ok()).as_ref()?;
    let mut sum = None;
    for found in regex.captures_iter(text) {
        let (count, unit): (i64, _) = (found[1].parse().ok()?, found[2].to_lowercase());
        let (_, length) = UNITS.iter().find(|u| u.0.iter().any(|name| unit == *name || unit.starts_with(u.0[0])))?;
        sum = Some(count.checked_mul(*length)?.checked_add(sum.unwrap_or(0))?);
    }
    sum
}

fn is_date(text: &str) -> bool {
    layout::parse::parse(b"2006-01-02", text.as_bytes(), &Zone::Utc).is_ok()
}

fn is_date_time(text: &str) -> bool {
    let lower = text.to_lowercase();
    lower.split_once('t').is_some_and(|(date, time)| {
        // What follows a second `t` is not looked at.
        is_date(date) && matches("datetime", time.split('t').next().unwrap_or_default())
    })
}

fn has_scheme(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, _)| scheme.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// An address as Go read it before 1.17: leading zeros in IPv4 are fine.
fn is_address(text: &str) -> bool {
    let trimmed: Vec<&str> = text
        .split('.')
        .map(|part| match part.trim_start_matches('0') {
            "" if part.is_empty() => "",
            "" => "0",
            rest => rest,
        })
        .collect();
    let plain = if text.contains(':') { text.to_owned() } else { trimmed.join(".") };
    netip::parse(plain.as_bytes()).is_ok_and(|a| a != Address::V6 { zone: true })
}

fn is_cidr(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    let most = if address.contains(':') { 128 } else { 32 };
    let digits = !length.is_empty() && length.len() <= 3 && length.bytes().all(|b| b.is_ascii_digit());
    digits && is_address(address) && length.parse::<u32>().is_ok_and(|l| l <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        for (name, pattern) in PATTERNS {
            assert!(Regex::new(pattern).is_ok(), "{name}");
        }
    }

    #[test]
    fn formats_are_asserted_as_the_server_does() {
        let cases = [
            ("date-time", "2026-11-21T09:00:00Z", true),
            ("date-time", "2026-11-21 09:00:00", false),
            ("date-time", "2026-11-21T25:00:00Z", false),
            ("date", "2026-02-30", false),
            ("duration", "1h30m", true),
            ("duration", "3 days", true),
            ("duration", "soon", false),
            ("ipv4", "10.0.0.01", true),
            ("ipv4", "10.0.0.256", false),
            ("ipv6", "::1", true),
            ("cidr", "10.0.0.0/33", false),
            ("cidr", "10.0.0.0/8", true),
            ("uuid", "c9a8b1de-2f4b-4d8e-9c3f-1a2b3c4d5e6f", true),
            ("uuid", "x", false),
            ("uri", "https://example.com/x", true),
            ("uri", "example", false),
            ("byte", "YQ==", true),
            ("byte", "YQ", false),
            ("hostname", "db.example.com", true),
            ("hostname", "-x", false),
            ("mac", "00:1b:44:11:3a:b7", true),
            ("mac", "00:1b", false),
            ("colour", "anything", true),
        ];
        for (format, text, fine) in cases {
            assert_eq!(holds(format, text, 36), fine, "{format} {text}");
        }
        assert!(holds("k8s-short-name", "No", 33) && !holds("k8s-short-name", "No", 34));
    }
}
