//! Rendered objects by name, and their fields by path.

use std::sync::Arc;

use super::map::Map;
use crate::manifest::Manifest;
use crate::render::Rendered;
use crate::yaml::node::{Data, Document, Node, Step, path_steps, path_text};

/// A rendered object.
pub struct Object<'r> {
    /// Its document.
    pub manifest: &'r Manifest,
    /// `kind`
    pub kind: String,
    /// `metadata.name`
    pub name: String,
    /// `metadata.namespace`, empty if it isn't said.
    pub namespace: String,
    /// All of it.
    pub document: Arc<Document>,
}

/// Where a field is in its document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// How it is written: `spec.containers[0].image`.
    pub path: String,
    /// Its key with its value, or the item.
    pub range: std::ops::Range<usize>,
    /// Its value alone.
    pub value: std::ops::Range<usize>,
    /// Whether the value is neither a map nor a list.
    pub is_scalar: bool,
}

/// Short names and plurals that kubectl knows.
const SHORT: &[(&str, &str)] = &[
    ("cj", "cronjob"),
    ("cm", "configmap"),
    ("crd", "customresourcedefinition"),
    ("deploy", "deployment"),
    ("ds", "daemonset"),
    ("hpa", "horizontalpodautoscaler"),
    ("ing", "ingress"),
    ("netpol", "networkpolicy"),
    ("networkpolicies", "networkpolicy"),
    ("ns", "namespace"),
    ("pc", "priorityclass"),
    ("pdb", "poddisruptionbudget"),
    ("po", "pod"),
    ("pv", "persistentvolume"),
    ("pvc", "persistentvolumeclaim"),
    ("rs", "replicaset"),
    ("sa", "serviceaccount"),
    ("sts", "statefulset"),
    ("svc", "service"),
];

impl<'r> Object<'r> {
    fn new(manifest: &'r Manifest) -> Option<Object<'r>> {
        Some(Object::of(manifest, Arc::new(Document::parse(manifest.content.as_bytes()).ok()?)))
    }

    /// A document that was read.
    pub fn of(manifest: &'r Manifest, document: Arc<Document>) -> Object<'r> {
        let text = |keys: &[&str]| document.root.at(keys).and_then(Node::as_str).unwrap_or_default().to_owned();
        let (kind, name, namespace) = (text(&["kind"]), text(&["metadata", "name"]), text(&["metadata", "namespace"]));
        Object { manifest, kind, name, namespace, document }
    }

    /// How it is asked for: `deployment/web`.
    pub fn label(&self) -> String {
        format!("{}/{}", self.kind.to_lowercase(), self.name)
    }

    /// Whether somebody who writes this means it: `Deployment/web`, `deploy/web`, `deployments/web`.
    pub fn is_called(&self, asked: &str) -> bool {
        let (kind, name) = asked.split_once('/').unwrap_or(("", asked));
        let kind = kind.to_lowercase();
        let own = self.kind.to_lowercase();
        let short = SHORT.iter().find(|(s, _)| *s == kind).map(|(_, k)| *k);
        let singular = kind.strip_suffix("es").into_iter().chain(kind.strip_suffix('s'));
        let fits = kind.is_empty() || kind == own || short == Some(&own) || singular.into_iter().any(|k| k == own);
        fits && name == self.name
    }

    /// A field by its path; an item of a list can be named by its number or its `name`.
    pub fn field(&self, path: &str) -> Option<Field> {
        let mut node = &self.document.root;
        let mut start = node.offset;
        let mut end = self.manifest.content.len();
        let mut written = Vec::new();
        for step in path_steps(path) {
            let (step, offset, next, inner) = step_into(node, &step)?;
            (start, end, node) = (offset, next.map_or(end, |n| n as usize), inner);
            written.push(step);
        }
        let range = start as usize..self.trimmed(start as usize, end);
        let value = (node.offset as usize).max(range.start)..range.end.max(node.offset as usize);
        Some(Field {
            path: path_text(&written),
            range,
            value,
            is_scalar: !matches!(node.data, Data::Map(_) | Data::List(_)),
        })
    }

    /// The text that a scalar field holds, if it is one.
    pub fn text(&self, field: &Field) -> Option<String> {
        let mut node = &self.document.root;
        for step in path_steps(&field.path) {
            (_, _, _, node) = step_into(node, &step)?;
        }
        node.as_str().map(str::to_owned)
    }

    /// The end of what begins at `start`, without the blanks (and a following item's dash) behind it.
    fn trimmed(&self, start: usize, end: usize) -> usize {
        let text = self.manifest.content.get(start..end).unwrap_or_default();
        let trimmed = text.trim_end_matches([' ', '\n', '\t', '\r']);
        let trimmed = match trimmed.strip_suffix('-') {
            Some(before) if before.ends_with([' ', '\n']) && end < self.manifest.content.len() => before.trim_end(),
            _ => trimmed,
        };
        start + trimmed.len()
    }

    /// The paths of all scalar fields.
    pub fn scalars(&self) -> Vec<Field> {
        let mut found = Vec::new();
        let end = self.manifest.content.len();
        self.walk(&self.document.root, 0, end, &mut Vec::new(), &mut found);
        found
    }

    fn walk(&self, node: &Node, start: usize, end: usize, path: &mut Vec<Step>, out: &mut Vec<Field>) {
        if crate::stack::is_low() {
            return;
        }
        let entries = node.entries();
        for (i, entry) in entries.iter().enumerate() {
            let next = entries.get(i + 1).map_or(end, |e| e.key_offset as usize);
            path.push(Step::Key(entry.key.clone()));
            self.walk(&entry.value, entry.key_offset as usize, next, path, out);
            path.pop();
        }
        let items = node.items();
        for (i, item) in items.iter().enumerate() {
            let next = items.get(i + 1).map_or(end, |e| e.offset as usize);
            path.push(Step::Index(i));
            self.walk(item, item.offset as usize, next, path, out);
            path.pop();
        }
        if !matches!(node.data, Data::Map(_) | Data::List(_)) && end > start {
            let range = start..self.trimmed(start, end);
            let value = (node.offset as usize).max(start)..range.end.max(node.offset as usize);
            out.push(Field { path: path_text(path.iter()), range, value, is_scalar: true });
        }
    }
}

/// One step down: the step as it is best written, where the entry begins, where the next one does, and what is there.
fn step_into<'n>(node: &'n Node, step: &Step) -> Option<(Step, u32, Option<u32>, &'n Node)> {
    let items = node.items();
    let index = match step {
        Step::Index(i) if node.entries().is_empty() => *i,
        Step::Key(name) if !items.is_empty() => items.iter().position(|item| item.str_at(&["name"]) == Some(name))?,
        Step::Index(_) | Step::Key(_) => {
            let key = match step {
                Step::Key(key) => key.clone(),
                Step::Index(i) => i.to_string().into(),
            };
            let entries = node.entries();
            let n = entries.iter().position(|e| e.key == key)?;
            let next = entries.get(n + 1).map(|e| e.key_offset);
            return Some((Step::Key(key), entries[n].key_offset, next, &entries[n].value));
        }
    };
    let item = items.get(index)?;
    Some((Step::Index(index), item.offset, items.get(index + 1).map(|i| i.offset), item))
}

/// The objects of CRD files, see [`Map::crds`].
pub fn crds(map: &Map) -> Vec<Object<'_>> {
    map.crds().iter().filter_map(Object::new).collect()
}

/// All objects of a render that are YAML, in the order of its documents.
pub fn objects(rendered: &Rendered) -> Vec<Object<'_>> {
    rendered.documents().filter_map(Object::new).collect()
}

/// Those of a kind.
pub fn of_kind<'r>(rendered: &'r Rendered, kind: &str) -> Vec<Object<'r>> {
    let near = rendered.documents().filter(|m| m.head.kind == kind);
    near.filter_map(Object::new).collect()
}
