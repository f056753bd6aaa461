//! Fields that the schema of a custom resource lacks, which the API server drops, or reports when it is strict
//! (apiextensions-apiserver v0.37 `pkg/apiserver/schema/pruning` and `objectmeta`). Start reading at [`check`].

use super::schema::{Additional, CrdSchema};
use crate::finding::Problem;
use crate::kube::schema::bundle::Builtin;
use crate::kube::schema::path::Path;
use crate::kube::schema::problems::{required, unknown_field, wrong_type};
use crate::kube::schema::strict::Strict;
use crate::stack;
use crate::yaml::node::{Data, Node};

/// Reports unknown fields of a value, and what is wrong with `metadata` of the object and of those embedded in it.
pub(super) fn check(builtin: &Builtin, node: &Node, schema: &CrdSchema, path: &Path<'_>, found: &mut Vec<Problem>) {
    Pruner { builtin, found }.object(node, schema, path, true);
}

struct Pruner<'p> {
    builtin: &'p Builtin,
    found: &'p mut Vec<Problem>,
}

impl Pruner<'_> {
    fn value(&mut self, node: &Node, schema: &CrdSchema, path: &Path<'_>) {
        if stack::is_low() {
            return;
        }
        match &node.data {
            Data::Map(_) => {
                self.object(node, schema, path, schema.embedded);
                if schema.embedded {
                    self.embedded(node, path);
                }
            }
            Data::List(items) => {
                for (i, item) in items.iter().enumerate() {
                    match &schema.items {
                        Some(inner) => self.value(item, inner, &path.index(i)),
                        None if schema.preserve => {}
                        None => self.unspecified(item, &path.index(i)),
                    }
                }
            }
            _ => {}
        }
    }

    fn object(&mut self, node: &Node, schema: &CrdSchema, path: &Path<'_>, is_resource: bool) {
        for entry in node.entries() {
            let below = path.key(&entry.key);
            if is_resource && self.is_head(&entry.key, &entry.value, &below) {
                continue;
            }
            match (schema.property(&entry.key), &schema.additional) {
                (Some(inner), _) => self.value(&entry.value, inner, &below),
                (None, Some(Additional::Schema(inner))) => self.value(&entry.value, inner, &below),
                (None, Some(Additional::Allowed(_))) if !schema.preserve => self.unspecified(&entry.value, &below),
                (None, None) if !schema.preserve => {
                    let known = schema.properties.iter().map(|p| &*p.0);
                    self.found.push(unknown_field(path, &entry.key, known));
                }
                _ => {}
            }
        }
    }

    /// An object within another says what it is.
    fn embedded(&mut self, node: &Node, path: &Path<'_>) {
        for key in ["apiVersion", "kind"] {
            if node.get(key).is_none_or(|n| n.as_str() == Some("")) {
                self.found.push(required(&path.key(key)));
            }
        }
    }

    /// Checks the fields that every object has.
    fn is_head(&mut self, key: &str, value: &Node, path: &Path<'_>) -> bool {
        match key {
            "apiVersion" | "kind" => {
                if value.as_str().is_none() {
                    self.found.push(wrong_type(path, value, "string"));
                }
                true
            }
            "metadata" => {
                if let Some(def) = self.builtin.object_meta().filter(|_| !value.is_null()) {
                    Strict::new(self.builtin, self.found).object(def, value, path);
                }
                true
            }
            _ => false,
        }
    }

    /// A value without any schema may have no fields.
    fn unspecified(&mut self, node: &Node, path: &Path<'_>) {
        if stack::is_low() {
            return;
        }
        for entry in node.entries() {
            self.found.push(unknown_field(path, &entry.key, std::iter::empty()));
        }
        for (i, item) in node.items().iter().enumerate() {
            self.unspecified(item, &path.index(i));
        }
    }
}
