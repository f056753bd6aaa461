//! Go's YAML: what sigs.k8s.io/yaml v1.6.0 on go-yaml v2.4.4 reads (YAML 1.1, through JSON) and writes, byte for byte,
//! with the position of everything that is read.
//!
//! `scan` and `tree` are libyaml's scanner and parser, `resolve` types scalars, `decode` makes values, `target` reads
//! into Go's structs, `head` checks a rendered manifest, `node` keeps documents as plain data, `emit` writes.

mod chars;
mod decode;
mod emit;
mod head;
pub mod node;
mod resolve;
mod scan;
mod target;
mod tree;
mod values;

pub use decode::{to_list, to_map, to_value};
pub use emit::{Mark, Marked, to_yaml, to_yaml_pretty, yaml_marks};
pub use head::{Head, head, ordinary as ordinary_head};
pub use target::{Field, Struct, Target, decode_as};
pub use values::{documents, load_values, merge_values};

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
fn utf8(src: &[u8]) -> Result<std::borrow::Cow<'_, [u8]>, YamlError> {
    Ok(match src {
        [0xef, 0xbb, 0xbf, rest @ ..] => rest.into(),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes)?.into(),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes)?.into(),
        _ => src.into(),
    })
}

fn utf16(src: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Vec<u8>, YamlError> {
    let (pairs, rest) = src.as_chunks::<2>();
    let mut out = String::with_capacity(src.len());
    for c in char::decode_utf16(pairs.iter().map(|p| unit(*p))) {
        match c {
            Ok(c) => out.push(c),
            Err(e) if e.unpaired_surrogate() >= 0xdc00 => {
                return Err(YamlError::yaml("unexpected low surrogate area", None));
            }
            Err(_) => return Err(YamlError::yaml("expected low surrogate area", None)),
        }
    }
    if rest.is_empty() { Ok(out.into_bytes()) } else { Err(YamlError::yaml("incomplete UTF-16 character", None)) }
}
