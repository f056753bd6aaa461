//! What a configuration file may hold, as data: one description that [`check`] judges a document by, with a place and
//! the closest known name for everything that is wrong, and that [`json_schema`] makes editors understand.

use serde_json::{Value as Json, json};

use super::place::{Fault, Lines, did_you_mean};
use crate::yaml::node::{Data, Document, Node};

/// What a node may be.
pub enum Shape {
    /// A text; numbers and booleans count as what is written, so that `1.30` stays `1.30`.
    Text,
    /// `true` or `false`.
    Flag,
    /// One of a few words, each with what it means.
    OneOf(&'static [(&'static str, &'static str)]),
    /// A list.
    List(&'static Shape),
    /// A map with any keys.
    Map(&'static Shape),
    /// A map with these keys.
    Object(&'static Object),
    /// A text, or a map with these keys that says more.
    TextOr(&'static Object),
}

/// The keys that a map may have.
pub struct Object {
    /// The known keys.
    pub fields: &'static [Field],
    /// What any other key is, if it may be there: always a text.
    pub others: Option<&'static str>,
}

/// A key.
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub shape: Shape,
    /// Whether it must be there.
    pub required: bool,
    /// What it is for, as editors show it.
    pub doc: &'static str,
}

/// A document that is judged.
struct Judge<'a> {
    file: &'a str,
    text: &'a str,
    lines: Lines,
    faults: Vec<Fault>,
}

/// All that is wrong with a document, in its order.
pub fn check(file: &str, text: &str, document: &Document, shape: &'static Shape) -> Vec<Fault> {
    let mut judge = Judge { file, text, lines: Lines::of(text), faults: Vec::new() };
    for duplicate in &document.duplicates {
        judge.fault(duplicate.offset, format!("{} is given twice", duplicate.path));
    }
    if !document.root.is_null() {
        judge.node(&document.root, shape, "the file");
    }
    if let Some(offset) = second_document(text) {
        judge.fault(offset, "a second document begins here; one is expected".into());
    }
    judge.faults.sort();
    judge.faults
}

/// Where a second document begins, which YAML's readers pass over.
fn second_document(text: &str) -> Option<u32> {
    let is_content = |line: &str| !line.trim_end().is_empty() && !line.starts_with(['#', '%']);
    let mut lines = text.lines().skip_while(|line| !is_content(line));
    lines.next()?;
    let mark = lines.find(|line| line.trim_end() == "---" || line.starts_with("--- "))?;
    u32::try_from(mark.as_ptr() as usize - text.as_ptr() as usize).ok()
}

impl Judge<'_> {
    fn fault(&mut self, offset: u32, message: String) {
        let at = self.lines.place(offset as usize);
        self.faults.push(Fault { file: self.file.to_owned(), at, message });
    }

    fn expected(&mut self, node: &Node, path: &str, what: &str) {
        let line = self.text.get(node.offset as usize..).and_then(|t| t.lines().next()).unwrap_or_default();
        let hint = if matches!(node.data, Data::Map(_)) { unquoted(line) } else { "" };
        self.fault(node.offset, format!("{path} must be {what}, not {}{hint}", kind(node)));
    }

    fn node(&mut self, node: &Node, shape: &'static Shape, path: &str) {
        match shape {
            Shape::Text if is_scalar(node) => {}
            Shape::Text => self.expected(node, path, "a text"),
            Shape::Flag if node.as_bool().is_some() => {}
            Shape::Flag => self.expected(node, path, "true or false"),
            Shape::OneOf(words) => self.one_of(node, words, path),
            Shape::List(of) => match &node.data {
                Data::List(items) => {
                    for (i, item) in items.iter().enumerate() {
                        self.node(item, of, &format!("{path}[{i}]"));
                    }
                }
                _ => self.expected(node, path, "a list"),
            },
            Shape::Map(of) => match &node.data {
                Data::Map(entries) => {
                    // An entry without anything is one with nothing special.
                    for e in entries.iter().filter(|e| !e.value.is_null()) {
                        self.node(&e.value, of, &below(path, &e.key));
                    }
                }
                _ => self.expected(node, path, "a map"),
            },
            Shape::Object(object) => self.object(node, object, path, "a map"),
            Shape::TextOr(_) if is_scalar(node) => {}
            Shape::TextOr(object) => self.object(node, object, path, "a text or a map"),
        }
    }

    fn one_of(&mut self, node: &Node, words: &[(&'static str, &str)], path: &str) {
        // YAML takes `off` for false.
        let said = scalar(node, self.text);
        if said.as_deref().is_some_and(|s| words.iter().any(|(w, _)| *w == s)) {
            return;
        }
        let known: Vec<&str> = words.iter().map(|(w, _)| *w).collect();
        let near = said.as_deref().map(|s| did_you_mean(s, known.iter().copied())).unwrap_or_default();
        let said = said.unwrap_or_else(|| kind(node).to_owned());
        self.fault(node.offset, format!("{path} must be one of {}, not {said}{near}", known.join(", ")));
    }

    fn object(&mut self, node: &Node, object: &'static Object, path: &str, what: &str) {
        let Data::Map(entries) = &node.data else {
            return self.expected(node, path, what);
        };
        let names = || object.fields.iter().map(|f| f.name);
        for e in entries {
            let path = below(path, &e.key);
            if let Some(field) = object.fields.iter().find(|f| *f.name == *e.key) {
                if !e.value.is_null() {
                    self.node(&e.value, &field.shape, &path);
                }
                continue;
            }
            let near = did_you_mean(&e.key, names());
            match object.others {
                // One letter off a known key is that key, misspelt.
                Some(_) if names().all(|n| strsim::damerau_levenshtein(n, &e.key) > 2 || n.len() < 6) => {
                    self.node(&e.value, &Shape::Text, &path);
                }
                _ => self.fault(
                    e.key_offset,
                    format!("unknown key {path}{near} (known: {})", names().collect::<Vec<_>>().join(", ")),
                ),
            }
        }
        for field in object.fields.iter().filter(|f| f.required) {
            if node.get(field.name).is_none_or(Node::is_null) {
                self.fault(node.offset, format!("{path} must have {}: {}", field.name, field.doc));
            }
        }
    }
}

/// What to do about a line with a placeholder that YAML takes for a map.
pub fn unquoted(line: &str) -> &'static str {
    let is_quoted = |before: &str| before.ends_with(['"', '\'']);
    match line.split_once('{') {
        Some((before, rest)) if !is_quoted(before.trim_end()) && !rest.contains(':') && rest.contains('}') => {
            "; a text with a placeholder stands in quotes: \"{chart}\""
        }
        _ => "",
    }
}

fn below(path: &str, key: &str) -> String {
    if path == "the file" { key.to_owned() } else { format!("{path}.{key}") }
}

fn is_scalar(node: &Node) -> bool {
    !matches!(node.data, Data::Null | Data::List(_) | Data::Map(_))
}

fn kind(node: &Node) -> &'static str {
    match node.data {
        Data::Null => "nothing",
        Data::Bool(_) => "true or false",
        Data::Int(_) | Data::Uint(_) | Data::Float(_) => "a number",
        Data::Str(_) => "a text",
        Data::List(_) => "a list",
        Data::Map(_) => "a map",
    }
}

/// The text of a scalar, numbers and booleans as they are written.
pub fn scalar(node: &Node, text: &str) -> Option<String> {
    match &node.data {
        Data::Str(s) => Some(s.to_string()),
        Data::Null | Data::List(_) | Data::Map(_) => None,
        _ => {
            let rest = text.get(node.offset as usize..)?;
            let end = rest.find([',', '}', ']', '\n', '\r', ' ', '\t']).unwrap_or(rest.len());
            Some(rest[..end].to_owned())
        }
    }
}

/// The JSON Schema (draft 2020-12) of a shape.
pub fn json_schema(shape: &Shape) -> Json {
    match shape {
        Shape::Text => json!({ "type": ["string", "number", "boolean"] }),
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::OneOf(words) => {
            let each: Vec<Json> = words.iter().map(|(w, doc)| json!({ "const": w, "description": doc })).collect();
            json!({ "oneOf": each })
        }
        Shape::List(of) => json!({ "type": "array", "items": json_schema(of) }),
        Shape::Map(of) => json!({ "type": "object", "additionalProperties": or_null(json_schema(of)) }),
        Shape::Object(object) => object_schema(object),
        Shape::TextOr(object) => json!({ "anyOf": [{ "type": "string" }, object_schema(object)] }),
    }
}

/// A key without anything is as good as absent.
fn or_null(schema: Json) -> Json {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

fn object_schema(object: &Object) -> Json {
    let property = |f: &Field| {
        let mut schema = if f.required { json_schema(&f.shape) } else { or_null(json_schema(&f.shape)) };
        schema["description"] = f.doc.into();
        (f.name.to_owned(), schema)
    };
    let properties: serde_json::Map<String, Json> = object.fields.iter().map(property).collect();
    let mut schema = json!({ "type": "object", "properties": properties });
    schema["additionalProperties"] = match object.others {
        Some(doc) => {
            let mut others = json_schema(&Shape::Text);
            others["description"] = doc.into();
            others
        }
        None => false.into(),
    };
    let required: Vec<&str> = object.fields.iter().filter(|f| f.required).map(|f| f.name).collect();
    if !required.is_empty() {
        schema["required"] = required.into();
    }
    schema
}
