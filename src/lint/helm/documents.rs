//! The documents of a rendered file or a CRD file, as Kubernetes' decoder reads them one by one into Helm's small struct
//! (apimachinery v0.37.1 `pkg/util/yaml/decoder.go`): as JSON where the text begins with a brace, otherwise, or where
//! that fails, as YAML.

use crate::grammar::gojson;
use crate::span::Pos;
use crate::value::{HelmVersion, Map, Value, is_space};
use crate::yaml::{Field, Head, Struct, Target, decode_as, ordinary_head};

/// What Helm's lint reads of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Object {
    /// `apiVersion`
    pub api_version: String,
    /// `kind`
    pub kind: String,
    /// `metadata.name`
    pub name: String,
}

/// What became of a document.
#[derive(Debug)]
pub(super) enum Outcome {
    /// An object.
    Object(Object),
    /// Null, or only comments.
    Nothing,
    /// Go's text; no document is read after it.
    Failed(String),
}

/// A document.
#[derive(Debug)]
pub(super) struct Document {
    /// Line of the text on which it begins, from 1.
    pub line: usize,
    /// What became of it.
    pub outcome: Outcome,
}

const METADATA: Struct = Struct {
    name: "k8sYamlMetadata",
    go_type: "rules.k8sYamlMetadata",
    fields: &[Field { key: "Namespace", target: Target::Str }, Field { key: "Name", target: Target::Str }],
};

const FIELDS: &[Field] = &[
    Field { key: "apiVersion", target: Target::Str },
    Field { key: "Kind", target: Target::Str },
    Field { key: "Metadata", target: Target::Struct(&METADATA) },
];

static V3: Struct = Struct { name: "K8sYamlStruct", go_type: "rules.K8sYamlStruct", fields: FIELDS };
static V4: Struct = Struct { name: "k8sYamlStruct", go_type: "rules.k8sYamlStruct", fields: FIELDS };

/// The documents of a text.
pub(super) struct Documents<'t> {
    text: &'t str,
    at: usize,
    target: Target,
    /// How many objects were read as JSON; nothing once the text is read as YAML.
    json: Option<usize>,
    failed: bool,
}

impl<'t> Documents<'t> {
    pub fn new(text: &'t str, helm: HelmVersion) -> Documents<'t> {
        let json = text.trim_start_matches(is_space).starts_with('{').then_some(0);
        let target = if helm == HelmVersion::V3 { Target::Struct(&V3) } else { Target::Struct(&V4) };
        Documents { text, at: 0, target, json, failed: false }
    }

    fn read(&self, text: &[u8]) -> Outcome {
        if let Some(Head { api_version, kind, name, .. }) = ordinary_head(text) {
            return Outcome::Object(Object { api_version, kind, name });
        }
        match decode_as(text, Pos::NONE, &self.target) {
            Ok(Value::Map(map)) => Outcome::Object(object(&map)),
            Ok(_) => Outcome::Nothing,
            Err(e) => Outcome::Failed(e.message),
        }
    }

    /// The next object of a stream of JSON, or why it is none; nothing at the end.
    fn next_json(&mut self) -> Option<Result<Outcome, String>> {
        let rest = &self.text.as_bytes()[self.at..];
        match gojson::parse_prefix(rest, Pos::NONE) {
            Ok(None) => None,
            Ok(Some((_, length))) => {
                let outcome = self.read(&rest[..length]);
                self.at += length;
                Some(match outcome {
                    Outcome::Failed(e) => {
                        Err(e.strip_prefix("error unmarshaling JSON: while decoding JSON: ").unwrap_or(&e).to_owned())
                    }
                    read => Ok(read),
                })
            }
            Err(e) if e.message == "unexpected end of JSON input" => Some(Err("unexpected EOF".into())),
            Err(e) => Some(Err(format!("json: offset {}: {}", self.at + e.offset + 1, e.message))),
        }
    }

    /// The next document of YAML; nothing at the end.
    fn next_yaml(&mut self) -> Option<(usize, Outcome)> {
        let mut buffer = String::new();
        let start = self.at;
        loop {
            let rest = &self.text[self.at..];
            if rest.is_empty() {
                break;
            }
            let line = rest.split_inclusive('\n').next().unwrap_or(rest);
            self.at += line.len();
            let line = line.strip_suffix('\n').unwrap_or(line);
            if let Some(behind) = line.strip_prefix("---") {
                let behind = behind.trim_matches(is_space);
                if !behind.is_empty() && !behind.starts_with('#') {
                    return Some((start, Outcome::Failed(format!("invalid Yaml document separator: {behind}"))));
                }
                if !buffer.is_empty() {
                    break;
                }
            } else {
                buffer.push_str(line.strip_suffix('\r').unwrap_or(line));
                buffer.push('\n');
            }
        }
        (!buffer.is_empty()).then(|| (start, self.read(buffer.as_bytes())))
    }

    /// The line on which what stands from `start` on begins.
    fn line(&self, start: usize) -> usize {
        let mut line = 1 + memchr::memchr_iter(b'\n', &self.text.as_bytes()[..start]).count();
        for text in self.text[start..].lines() {
            if !text.trim().is_empty() && !text.starts_with("---") && !text.starts_with('#') {
                break;
            }
            line += 1;
        }
        line
    }
}

fn object(map: &Map) -> Object {
    let text = |map: &Map, key: &[u8]| {
        map.get(key).and_then(|v| v.as_str().map(|s| s.to_text().into_owned())).unwrap_or_default()
    };
    let name = match map.get(b"Metadata") {
        Some(Value::Map(metadata)) => text(&metadata, b"Name"),
        _ => String::new(),
    };
    Object { api_version: text(map, b"apiVersion"), kind: text(map, b"Kind"), name }
}

impl Iterator for Documents<'_> {
    type Item = Document;

    fn next(&mut self) -> Option<Document> {
        if self.failed {
            return None;
        }
        let mut first_error = None;
        if let Some(count) = self.json {
            let start = self.at;
            match self.next_json()? {
                Ok(outcome) => {
                    self.json = Some(count + 1);
                    return Some(Document { line: self.line(start), outcome });
                }
                Err(e) if count > 1 => {
                    self.failed = true;
                    return Some(Document { line: self.line(start), outcome: Outcome::Failed(e) });
                }
                Err(e) => first_error = Some(e),
            }
            // Blanks up to the end of the line are left over from JSON.
            self.json = None;
            self.at = start;
            let blanks = self.text[start..].find(|c: char| !is_space(c) || c == '\n').unwrap_or_default();
            self.at += blanks + usize::from(self.text[start + blanks..].starts_with('\n'));
        }
        let (start, outcome) = self.next_yaml()?;
        self.failed = matches!(outcome, Outcome::Failed(_));
        let outcome = match (outcome, first_error) {
            (Outcome::Failed(_), Some(e)) => Outcome::Failed(e),
            (outcome, _) => outcome,
        };
        Some(Document { line: self.line(start), outcome })
    }
}
