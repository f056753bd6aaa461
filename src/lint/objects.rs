//! Objects out of texts: of a render's documents, and of plain manifests in files.

use std::sync::Arc;

use crate::finding::{KubeObject, Problem, Severity, Text};
use crate::manifest::Manifest;
use crate::render::Rendered;
use crate::span::line_column;
use crate::yaml::node::{Data, Document};

/// A document that is no object, with what is wrong: its text, the byte offset, the problem.
pub struct Broken {
    /// The document.
    pub source: Arc<Text>,
    /// Byte offset in it.
    pub offset: usize,
    /// What is wrong.
    pub problem: Problem,
}

impl Broken {
    /// Line in the file and column, both from 1.
    pub fn place(&self) -> (usize, usize) {
        let (line, column) = line_column(self.source.text.as_bytes(), self.offset);
        (self.source.line + line - 1, column)
    }
}

/// The objects of a kind in a render; other documents aren't read.
pub fn among(rendered: &Rendered, kind: &str) -> Vec<KubeObject> {
    let near = rendered.documents().filter(|m| m.head.kind == kind);
    near.filter_map(of_document).collect()
}

/// The objects of a render in the order of its documents, each with its document's index: manifests, then hooks.
pub fn of_render(rendered: &Rendered) -> Vec<(usize, KubeObject)> {
    let documents = rendered.documents().enumerate();
    documents.filter_map(|(i, m)| Some((i, of_document(m)?))).collect()
}

fn of_document(manifest: &Manifest) -> Option<KubeObject> {
    let source = Arc::new(Text { name: manifest.path.clone(), line: 1, text: manifest.content.clone() });
    // Rendering read it already.
    let document = Document::parse(manifest.content.as_bytes()).ok()?;
    matches!(document.root.data, Data::Map(_)).then(|| KubeObject::new(source, document))
}

/// The objects of a manifest file, and its documents that are none.
pub fn of_file(name: &str, text: &str) -> (Vec<KubeObject>, Vec<Broken>) {
    let (mut objects, mut broken) = (Vec::new(), Vec::new());
    for source in documents(name, text) {
        match Document::parse(source.text.as_bytes()) {
            Ok(document) => match document.root.data {
                // Nothing but comments.
                Data::Null => {}
                Data::Map(_) => items(&source, document, &mut objects),
                _ => {
                    let message = "the document is no object: a map with apiVersion and kind was expected";
                    let problem = Problem::new("schema/no-object", Severity::Error, "", message);
                    broken.push(Broken { source, offset: document.root.offset as usize, problem });
                }
            },
            Err(e) => {
                let offset = e.offset.unwrap_or(0);
                let problem = Problem::new("schema/yaml", Severity::Error, "", e.message);
                broken.push(Broken { source, offset, problem });
            }
        }
    }
    (objects, broken)
}

/// A `List` stands for its items.
fn items(source: &Arc<Text>, document: Document, objects: &mut Vec<KubeObject>) {
    let is_list = document.root.get("kind").and_then(|k| k.as_str()) == Some("List")
        && document.root.get("apiVersion").and_then(|k| k.as_str()) == Some("v1");
    if !is_list || !document.duplicates.is_empty() {
        objects.push(KubeObject::new(source.clone(), document));
        return;
    }
    for item in document.root.get("items").map(|i| i.items()).unwrap_or_default() {
        let inner = Document { root: item.clone(), duplicates: Vec::new() };
        objects.push(KubeObject::new(source.clone(), inner));
    }
}

/// The documents of a file, with the lines they begin on.
pub(super) fn documents(name: &str, text: &str) -> Vec<Arc<Text>> {
    let mut found = Vec::new();
    let (mut start, mut first) = (0, 1);
    let mut at = 0;
    let mut push = |from: usize, to: usize, line: usize| {
        let part = &text[from..to];
        if !part.trim().is_empty() {
            found.push(Arc::new(Text { name: name.to_owned(), line, text: part.to_owned() }));
        }
    };
    for (n, line) in text.split_inclusive('\n').enumerate() {
        if line.strip_prefix("---").is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n'])) {
            push(start, at, first);
            let content = line[3..].trim();
            // What stands behind the dashes belongs to the document, comments do no harm.
            let skip = if content.is_empty() { line.len() } else { 3 };
            start = at + skip;
            first = if content.is_empty() { n + 2 } else { n + 1 };
        }
        at += line.len();
    }
    push(start, text.len(), first);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_know_their_lines() {
        let text = "# lead\n---\nkind: A\n---\n--- # note\nkind: B\n---\n- no\n---\na: [\n";
        let (objects, broken) = of_file("x.yaml", text);
        let places: Vec<_> = objects.iter().map(|o| (o.kind.as_str(), o.place("kind"))).collect();
        assert_eq!(places, [("A", (3, 1)), ("B", (6, 1))]);
        let rules: Vec<_> = broken.iter().map(|b| &*b.problem.rule).collect();
        assert_eq!(rules, ["schema/no-object", "schema/yaml"]);
    }

    #[test]
    fn lists_are_their_items() {
        let (objects, _) = of_file("x", "apiVersion: v1\nkind: List\nitems:\n- kind: A\n- kind: B\n");
        assert_eq!(objects.iter().map(|o| &*o.kind).collect::<Vec<_>>(), ["A", "B"]);
    }
}
