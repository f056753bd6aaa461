//! Texts and numbers that Go reads with code of its own: quantities, times, durations, base64, int-or-string.
//! Each check says what is wrong in Go's words. Start reading at [`check`].

use super::bundle::Type;
use crate::grammar::gotime::Zone;
use crate::grammar::{duration, layout};
use crate::yaml::node::{Data, Node};

const RFC3339: &[u8] = b"2006-01-02T15:04:05Z07:00";
const RFC3339_MICRO: &[u8] = b"2006-01-02T15:04:05.000000Z07:00";

/// What is wrong with a value.
pub(super) enum Wrong {
    /// It is of another type: Go's name for the one it should have.
    Type(&'static str),
    /// It is of the right type and can't be read: why.
    Format(String),
}

/// Reads a value that is neither null nor of a type with something below it.
pub(super) fn check(ty: &Type, node: &Node) -> Result<(), Wrong> {
    match (ty, &node.data) {
        (Type::Str | Type::Enum(_), Data::Str(_)) => Ok(()),
        (Type::Str | Type::Enum(_), _) => Err(Wrong::Type("string")),
        (Type::Bool, Data::Bool(_)) => Ok(()),
        (Type::Bool, _) => Err(Wrong::Type("bool")),
        (Type::Int32, _) => integer(node, "int32").map(|_| ()),
        (Type::Int64, _) => integer(node, "int64").map(|_| ()),
        (Type::Float, Data::Int(_) | Data::Uint(_) | Data::Float(_)) => Ok(()),
        (Type::Float, _) => Err(Wrong::Type("float64")),
        (Type::IntOrString, Data::Str(_)) => Ok(()),
        (Type::IntOrString, _) => integer(node, "int32").map(|_| ()),
        (Type::Quantity, _) => quantity(node),
        (Type::Bytes, Data::Str(text)) => base64(text).map_err(Wrong::Format),
        (Type::Bytes, Data::List(items)) if items.iter().all(is_byte) => Ok(()),
        (Type::Bytes, _) => Err(Wrong::Type("[]uint8")),
        (Type::Time, Data::Str(text)) => time(RFC3339, text),
        (Type::MicroTime, Data::Str(text)) => time(RFC3339_MICRO, text),
        (Type::Duration, Data::Str(text)) => duration::parse(text.as_bytes()).map(|_| ()).map_err(Wrong::Format),
        (Type::Time | Type::MicroTime | Type::Duration, _) => Err(Wrong::Type("string")),
        _ => Ok(()),
    }
}

/// The integer of a node whose JSON Go reads as one: `2.0` in YAML is `2` in JSON.
fn integer(node: &Node, name: &'static str) -> Result<i64, Wrong> {
    let value = match node.data {
        Data::Int(i) => Some(i),
        Data::Float(f) if f.fract() == 0.0 && f.abs() < 9e18 => Some(f as i64),
        _ => None,
    };
    value.filter(|i| name != "int32" || i32::try_from(*i).is_ok()).ok_or(Wrong::Type(name))
}

fn is_byte(node: &Node) -> bool {
    matches!(node.data, Data::Int(0..=255))
}

fn time(layout: &[u8], text: &str) -> Result<(), Wrong> {
    layout::parse::parse(layout, text.as_bytes(), &Zone::Utc).map(|_| ()).map_err(Wrong::Format)
}

fn quantity(node: &Node) -> Result<(), Wrong> {
    let text = match &node.data {
        Data::Int(_) | Data::Uint(_) | Data::Float(_) => return Ok(()),
        Data::Str(text) => text.trim(),
        Data::Map(_) | Data::List(_) | Data::Bool(_) | Data::Null => "",
    };
    match is_quantity(text) {
        true => Ok(()),
        false => Err(Wrong::Format(
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'".to_owned(),
        )),
    }
}

/// Whether `resource.ParseQuantity` reads a text; the amount is of no interest here.
pub(super) fn is_quantity(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let unsigned = unsigned.trim_start_matches(|c: char| c.is_ascii_digit());
    let suffix = match unsigned.strip_prefix('.') {
        Some(rest) => rest.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => unsigned,
    };
    let known = ["", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    if known.contains(&suffix) {
        return !text.is_empty();
    }
    let Some(exponent) = suffix.strip_prefix(['e', 'E']) else { return false };
    // Go takes the exponent for an int64 and keeps 32 bits of it.
    let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) && exponent.parse::<i64>().is_ok()
}

/// Go's `base64.StdEncoding`, which passes over line breaks.
fn base64(text: &str) -> Result<(), String> {
    let corrupt = |at: usize| Err(format!("illegal base64 data at input byte {at}"));
    // How many characters count, and where the padding begins.
    let (mut count, mut padding) = (0usize, None);
    for (at, byte) in text.bytes().enumerate() {
        match (byte, padding) {
            (b'\r' | b'\n', _) => continue,
            (b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/', None) => {}
            (b'=', None) if count % 4 >= 2 => padding = Some(at),
            (b'=', Some(_)) if count % 4 == 3 => {}
            (_, Some(begin)) if count % 4 == 3 => return corrupt(begin),
            _ => return corrupt(at),
        }
        count += 1;
    }
    match (count % 4, padding) {
        (0, _) => Ok(()),
        (_, Some(_)) => corrupt(text.len()),
        (rest, None) => corrupt(text.len() - rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_what_go_takes_for_one() {
        for fine in ["0", "1", "100m", "1.5Gi", "1.", ".5", "12e6", "1E3", "1E", "-1", "+1k", "0.5", "1e-3", "m"] {
            assert!(is_quantity(fine), "{fine}");
        }
        for wrong in ["", "1 Gi", "1g", "1GB", "1kB", "abc", "1e", "1..2", "1Mib", "--1", "0x10"] {
            assert!(!is_quantity(wrong), "{wrong}");
        }
    }

    #[test]
    fn base64_is_checked_as_go_checks_it() {
        for fine in ["", "YQ==", "YWI=", "YWJj", "YW\nJj", "YQ=\n="] {
            assert_eq!(base64(fine), Ok(()), "{fine}");
        }
        let wrong = [
            ("Y", 0),
            ("YQ", 0),
            ("YQ=", 3),
            ("Y===", 1),
            ("YQ==YQ==", 4),
            ("a b", 1),
            ("pä==", 1),
            ("YWJjY", 4),
            ("YQ=x", 2),
            ("====", 0),
            ("YWJjYQ", 4),
        ];
        for (wrong, at) in wrong {
            assert_eq!(base64(wrong), Err(format!("illegal base64 data at input byte {at}")), "{wrong}");
        }
    }
}
