//! The detour that toYaml takes: values become JSON, which the YAML reader reads again before anything is written.

use std::borrow::Cow;

use crate::grammar::gojson;
use crate::span::Pos;
use crate::value::{HelmVersion, Str, Value};

/// Stands for what the YAML reader says of the JSON in between.
pub(super) const UNREADABLE: &str = "the JSON is no YAML";

/// What the reader says of it.
pub(super) fn reader_error(value: &Value) -> String {
    let json = gojson::marshal(value, gojson::Html::Escaped, HelmVersion::V4).unwrap_or_default();
    match super::super::to_value(&json, Pos::NONE) {
        Ok(_) => UNREADABLE.into(),
        Err(e) => e.message.trim_start_matches("error converting YAML to JSON: ").to_owned(),
    }
}

/// What a string becomes on its way through JSON and the YAML reader.
pub(super) fn through_json(s: &[u8]) -> Result<Cow<'_, [u8]>, String> {
    if s.iter().all(|c| matches!(c, 0..0x7f)) {
        return Ok(Cow::Borrowed(s));
    }
    let text = crate::value::valid_text(s);
    if text.chars().any(|c| matches!(c, '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}')) {
        return Err(UNREADABLE.into());
    }
    if text.contains('\u{85}') {
        return Ok(Cow::Owned(fold_next_lines(&text).into_bytes()));
    }
    Ok(match text {
        Cow::Borrowed(_) => Cow::Borrowed(s),
        Cow::Owned(t) => Cow::Owned(t.into_bytes()),
    })
}

/// U+0085 stands unescaped in Go's JSON and is a line break to the reader: blanks around it go, one becomes a space,
/// further ones become newlines.
fn fold_next_lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(n) = rest.find('\u{85}') {
        let before = &rest[..n];
        out.push_str(before.trim_end_matches([' ', '\t']));
        let mut breaks = 0;
        rest = &rest[n..];
        loop {
            let trimmed = rest.trim_start_matches([' ', '\t']);
            match trimmed.strip_prefix('\u{85}') {
                Some(r) => {
                    breaks += 1;
                    rest = r;
                }
                None => {
                    rest = trimmed;
                    break;
                }
            }
        }
        if breaks == 1 {
            out.push(' ');
        } else {
            out.extend(std::iter::repeat_n('\n', breaks - 1));
        }
    }
    out.push_str(rest);
    out
}

/// What a key becomes.
pub(super) fn key_through_json(key: &Str) -> Result<Str, String> {
    let text = through_json(key)?;
    // A quoted key in Go's JSON must end within 1024 characters to be one to the YAML reader, on its line.
    if text.len() > 1000 {
        let json = gojson::quoted(key, true);
        if String::from_utf8_lossy(&json).chars().count() > 1024 {
            return Err(UNREADABLE.into());
        }
    }
    if memchr::memmem::find(key, "\u{85}".as_bytes()).is_some() {
        return Err(UNREADABLE.into());
    }
    Ok(match text {
        Cow::Borrowed(_) => key.clone(),
        Cow::Owned(t) => t.into(),
    })
}
