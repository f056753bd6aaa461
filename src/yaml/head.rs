//! The head of a rendered manifest: what Helm reads of each document (helm v4.3.1
//! `pkg/release/v1/util/manifest.go`), which is also its only check that the document is YAML at all.

use super::decode::{Decoder, Scalar};
use super::target::{Field, Struct, Target, convert};
use super::tree::{NodeKind, Tree};
use super::{YamlError, utf8};
use crate::span::Pos;
use crate::value::{HelmVersion, Value};

/// What Helm knows of a manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// `apiVersion`
    pub api_version: String,
    /// `kind`
    pub kind: String,
    /// `metadata.name`
    pub name: String,
    /// `metadata.annotations`, in order of their keys; `None` where there is no metadata at all.
    pub annotations: Option<Vec<(String, String)>>,
}

const ANNOTATIONS: Target = Target::Map(&Target::Str, "map[string]string");

const METADATA: Struct = Struct {
    name: "",
    go_type: "struct { Name string \"json:\\\"name\\\"\"; Annotations map[string]string \"json:\\\"annotations\\\"\" }",
    fields: &[Field { key: "name", target: Target::Str }, Field { key: "annotations", target: ANNOTATIONS }],
};

const FIELDS: &[Field] = &[
    Field { key: "apiVersion", target: Target::Str },
    Field { key: "kind", target: Target::Str },
    Field { key: "metadata", target: Target::Struct(&METADATA) },
];

static V3: Struct = Struct { name: "SimpleHead", go_type: "releaseutil.SimpleHead", fields: FIELDS };
static V4: Struct = Struct { name: "SimpleHead", go_type: "util.SimpleHead", fields: FIELDS };

/// Checks a document as Helm does and reads its head.
///
/// # Errors
/// With Go's text for whatever Helm refuses.
pub fn head(src: &[u8], helm: HelmVersion) -> Result<Head, YamlError> {
    let text = utf8(src)?;
    let tree = Tree::parse(&text)?;
    if tree.nodes.is_empty() {
        return Ok(Head::default());
    }
    if !tree.has_aliases
        && let Some(head) = plain_head(&tree)?
    {
        return Ok(head);
    }
    let raw = Decoder::new(&tree, Pos::NONE, false).document()?;
    let target = if helm == HelmVersion::V3 { Target::Struct(&V3) } else { Target::Struct(&V4) };
    Ok(from_value(&convert(raw, &target)?))
}

/// The head of an ordinary document. Nothing where it has to be looked at with all rules, which may refuse it.
pub fn ordinary(src: &[u8]) -> Option<Head> {
    let text = utf8(src).ok()?;
    let tree = Tree::parse(&text).ok().filter(|t| !t.nodes.is_empty() && !t.has_aliases)?;
    plain_head(&tree).ok()?
}

fn text(value: Option<Value>) -> String {
    value.and_then(|v| v.as_str().map(|s| s.to_text().into_owned())).unwrap_or_default()
}

fn from_value(value: &Value) -> Head {
    let Some(map) = value.as_map() else { return Head::default() };
    let metadata = map.get(b"metadata").and_then(|m| m.as_map().cloned());
    let annotations = metadata.as_ref().map(|m| match m.get(b"annotations") {
        Some(Value::Map(a)) => {
            a.entries().iter().map(|(k, v)| (k.to_text().into_owned(), text(Some(v.value.clone())))).collect()
        }
        _ => Vec::new(),
    });
    Head {
        api_version: text(map.get(b"apiVersion")),
        kind: text(map.get(b"kind")),
        name: text(metadata.and_then(|m| m.get(b"name"))),
        annotations,
    }
}

/// The head of an ordinary document, where every key is a text and nothing needs converting: no value is built. Nothing
/// where the document has to be looked at with all rules.
fn plain_head(tree: &Tree<'_>) -> Result<Option<Head>, YamlError> {
    if tree.nodes[0].kind != NodeKind::Mapping {
        return Ok(None);
    }
    let decoder = Decoder::new(tree, Pos::NONE, false);
    let mut is_key = KeyTracker::default();
    for (i, n) in tree.nodes.iter().enumerate() {
        let key = is_key.visit(i as u32, n.kind == NodeKind::Mapping, n.end);
        match n.kind {
            NodeKind::Scalar => {
                let suspicious = n.implicit && tree.bytes(n.text) == b"<<" || n.tag.end > n.tag.start;
                if suspicious {
                    return Ok(None);
                }
                if n.implicit {
                    match decoder.scalar(i)? {
                        Scalar::Float(f) if !f.is_finite() => return Ok(None),
                        Scalar::Null | Scalar::Uint(_) if key => return Ok(None),
                        _ => {}
                    }
                }
            }
            _ if key => return Ok(None),
            _ => {}
        }
    }
    let mut head = Head::default();
    let mut children = tree.children(0);
    while let (Some(key), Some(value)) = (children.next(), children.next()) {
        let name = tree.bytes(tree.nodes[key].text);
        if name.eq_ignore_ascii_case(b"apiversion") || name.eq_ignore_ascii_case(b"kind") {
            let Some(text) = plain_text(tree, value) else { return Ok(None) };
            match name {
                b"apiVersion" => head.api_version = text,
                b"kind" => head.kind = text,
                _ => return Ok(None),
            }
        } else if name.eq_ignore_ascii_case(b"metadata") {
            if name != b"metadata" || tree.nodes[value].kind != NodeKind::Mapping || head.annotations.is_some() {
                return Ok(None);
            }
            match plain_metadata(tree, value) {
                Some((name, annotations)) => {
                    head.name = name;
                    head.annotations = Some(annotations);
                }
                None => return Ok(None),
            }
        }
    }
    Ok(Some(head))
}

type Metadata = (String, Vec<(String, String)>);

fn plain_metadata(tree: &Tree<'_>, node: usize) -> Option<Metadata> {
    let (mut name, mut annotations) = (String::new(), Vec::new());
    let mut children = tree.children(node);
    while let (Some(key), Some(value)) = (children.next(), children.next()) {
        let k = tree.bytes(tree.nodes[key].text);
        if k.eq_ignore_ascii_case(b"name") {
            if k != b"name" {
                return None;
            }
            name = plain_text(tree, value)?;
        } else if k.eq_ignore_ascii_case(b"namespace") {
            if k != b"namespace" {
                return None;
            }
            plain_text(tree, value)?;
        } else if k.eq_ignore_ascii_case(b"annotations") {
            if k != b"annotations" || tree.nodes[value].kind != NodeKind::Mapping || !annotations.is_empty() {
                return None;
            }
            let mut entries = tree.children(value);
            while let (Some(key), Some(value)) = (entries.next(), entries.next()) {
                annotations.push((plain_text(tree, key)?, plain_text(tree, value)?));
            }
        }
    }
    annotations.sort();
    annotations.windows(2).all(|w| w[0].0 != w[1].0).then_some((name, annotations))
}

/// A scalar that is a text by itself.
fn plain_text(tree: &Tree<'_>, node: usize) -> Option<String> {
    let n = &tree.nodes[node];
    if n.kind != NodeKind::Scalar {
        return None;
    }
    match Decoder::new(tree, Pos::NONE, false).scalar(node) {
        Ok(Scalar::Str(s)) => Some(s.to_text().into_owned()),
        _ => None,
    }
}

/// Tells keys from values while nodes are visited in document order.
#[derive(Default)]
struct KeyTracker {
    /// Open collections: where they end, whether they are mappings, children so far.
    open: Vec<(u32, bool, u32)>,
}

impl KeyTracker {
    fn visit(&mut self, index: u32, mapping: bool, end: u32) -> bool {
        while self.open.last().is_some_and(|o| o.0 <= index) {
            self.open.pop();
        }
        let key = self.open.last_mut().is_some_and(|(_, is_mapping, children)| {
            *children += 1;
            *is_mapping && *children % 2 == 1
        });
        if end > index + 1 {
            self.open.push((end, mapping, 0));
        }
        key
    }
}
