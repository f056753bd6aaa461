//! Go's YAML: what sigs.k8s.io/yaml v1.6.0 on go-yaml v2.4.4 reads (YAML 1.1, through JSON) and writes, byte for byte,
//! with the position of everything that is read.
//!
//! `scan` and `tree` are libyaml's scanner and parser, `resolve` types scalars, `decode` makes values, `target` reads
//! into Go's structs, `head` checks a rendered manifest, `emit` and `pretty` write.

mod decode;
mod emit;
mod head;
mod pretty;
mod resolve;
mod scan;
mod target;
mod tree;
mod values;

pub use decode::{to_list, to_map, to_value};
pub use emit::{Mark, Marked, to_yaml, yaml_marks};
pub use head::{Head, head};
pub use pretty::to_yaml_pretty;
pub use target::{Field, Struct, Target, decode_as};
pub use values::{load_values, merge_values};

use scan::{Problem, Stage};

/// Why a text is no YAML, or not the YAML that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlError {
    /// Go's text, for instance `error converting YAML to JSON: yaml: line 2: did not find expected key`.
    pub message: String,
    /// Byte offset of the problem, where it has one.
    pub offset: Option<usize>,
}

impl YamlError {
    fn yaml(message: impl std::fmt::Display, offset: Option<usize>) -> YamlError {
        YamlError { message: format!("error converting YAML to JSON: yaml: {message}"), offset }
    }

    fn conversion(message: impl std::fmt::Display, offset: Option<usize>) -> YamlError {
        YamlError { message: format!("error converting YAML to JSON: {message}"), offset }
    }

    fn json(message: impl std::fmt::Display) -> YamlError {
        YamlError { message: format!("error unmarshaling JSON: while decoding JSON: json: {message}"), offset: None }
    }
}

impl std::fmt::Display for YamlError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<Box<Problem>> for YamlError {
    /// go-yaml v2.4.4 `decode.go` fail: the line of the problem, one less for parser errors than an editor shows, or
    /// that of the context; no line on the first one.
    fn from(p: Box<Problem>) -> YamlError {
        let line = match (p.mark.line, p.context.line) {
            _ if p.stage == Stage::Reader => 0,
            (0, context) => context,
            (line, _) if p.stage == Stage::Scanner => line + 1,
            (line, _) => line,
        };
        let lead = if line == 0 { String::new() } else { format!("line {line}: ") };
        YamlError::yaml(format!("{lead}{}", p.text), Some(p.mark.offset as usize))
    }
}

/// The text without a byte order mark and as UTF-8: UTF-16 with a mark is understood, as go-yaml's reader does.
fn utf8(src: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    let decode = |rest: &[u8], big: bool| {
        let units = rest.chunks(2).map(|c| match c {
            [a, b] if big => u16::from_be_bytes([*a, *b]),
            [a, b] => u16::from_le_bytes([*a, *b]),
            _ => 0xfffd,
        });
        let text: String = char::decode_utf16(units).map(|r| r.unwrap_or('\u{fffd}')).collect();
        text.into_bytes()
    };
    match src {
        [0xef, 0xbb, 0xbf, rest @ ..] => rest.into(),
        [0xff, 0xfe, rest @ ..] => decode(rest, false).into(),
        [0xfe, 0xff, rest @ ..] => decode(rest, true).into(),
        _ => src.into(),
    }
}
