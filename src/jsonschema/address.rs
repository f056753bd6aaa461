//! The formats `ipv4` and `ipv6` (santhosh-tekuri/jsonschema v6.0.3 `format.go`).

use super::formats::Checked;
use crate::grammar::netip::{self, Address};
use crate::value::fmt::go_quote;

/// Go's `strconv.Atoi`.
pub(super) fn atoi(text: &[u8]) -> Result<i64, String> {
    let error = |why: &str| format!("strconv.Atoi: parsing {}: {why}", go_quote(text));
    let digits = text.strip_prefix(b"+").or(text.strip_prefix(b"-")).unwrap_or(text);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(error("invalid syntax"));
    }
    let parsed = std::str::from_utf8(text).ok().and_then(|t| t.parse().ok());
    parsed.ok_or_else(|| error("value out of range"))
}

/// Four decimals.
pub(super) fn ipv4(s: &str) -> Checked {
    let groups: Vec<&str> = s.split('.').collect();
    if groups.len() != 4 {
        return Err("expected four decimals".into());
    }
    for group in groups {
        if group.len() > 1 && group.starts_with('0') {
            return Err("leading zeros".into());
        }
        if !(0..=255).contains(&atoi(group.as_bytes())?) {
            return Err("decimal must be between 0 and 255".into());
        }
    }
    Ok(())
}

/// An address with colons and without a zone.
pub(super) fn ipv6(s: &str) -> Checked {
    if !s.contains(':') {
        return Err("missing colon".into());
    }
    match netip::parse(s.as_bytes())? {
        Address::V6 { zone: true } => Err("zone id is not a part of ipv6 address".into()),
        _ => Ok(()),
    }
}
