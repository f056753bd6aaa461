//! Who manages which field of a live object: `metadata.managedFields`, in the notation of server-side apply
//! (sigs.k8s.io/structured-merge-diff `fieldpath/serialize.go`).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// One writer of an object, with the fields that are its.
#[derive(Clone, Debug, PartialEq)]
pub struct Manager {
    /// `helm`, `kubectl-edit`, `kube-controller-manager`
    pub name: String,
    /// `Apply` or `Update`.
    pub operation: String,
    /// `status`, `scale`, or empty for the object itself.
    pub subresource: String,
    /// When it last wrote, RFC 3339.
    pub time: String,
    /// Its fields.
    fields: Fields,
}

/// A set of fields, as a tree.
#[derive(Clone, Debug, Default, PartialEq)]
struct Fields {
    /// The field itself, and not only something below.
    whole: bool,
    names: BTreeMap<String, Fields>,
    /// Items of a list by the values of their key fields.
    keyed: Vec<(Map<String, Value>, Fields)>,
    /// Items of a set by themselves.
    values: Vec<(Value, Fields)>,
    indices: BTreeMap<usize, Fields>,
}

/// A step into an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The value of a key.
    Key(String),
    /// An item of a list, counted from 0.
    Item(usize),
}

/// The managers of a live object.
pub fn managers(object: &Value) -> Vec<Manager> {
    let entries = object["metadata"]["managedFields"].as_array();
    let text = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
    let read = |entry: &Value| Manager {
        name: text(entry, "manager"),
        operation: text(entry, "operation"),
        subresource: text(entry, "subresource"),
        time: text(entry, "time"),
        fields: fields(&entry["fieldsV1"]),
    };
    entries.into_iter().flatten().map(read).collect()
}

impl Manager {
    /// Whether the field at a path of this object is this manager's: the field itself, something below it, or all of
    /// what it is a part of, as with lists that are only ever replaced as a whole.
    pub fn manages(&self, object: &Value, path: &[Step]) -> bool {
        let mut at = vec![&self.fields];
        let mut value = object;
        for step in path {
            // Nothing of it is told apart further down.
            if at.iter().any(|f| f.whole && f.is_leaf()) {
                return true;
            }
            at = at.into_iter().flat_map(|f| f.step(step, value)).collect();
            value = match step {
                Step::Key(key) => &value[key.as_str()],
                Step::Item(n) => &value[*n],
            };
        }
        !at.is_empty()
    }

    /// Whether the field at a path of this object is this manager's as a whole: nothing in it is told apart.
    pub fn manages_whole(&self, object: &Value, path: &[Step]) -> bool {
        (0..=path.len()).any(|n| self.ends_at(object, &path[..n]))
    }

    /// Whether nothing below a path is told apart: it is a scalar, a list or map that is only ever replaced as a whole,
    /// or one in which others have everything.
    pub fn ends_at(&self, object: &Value, path: &[Step]) -> bool {
        self.at(object, path).iter().any(|f| f.whole && f.is_leaf())
    }

    /// Whether the field at a path is named itself, whatever the object has there.
    pub fn names(&self, object: &Value, path: &[Step]) -> bool {
        !self.at(object, path).is_empty()
    }

    fn at<'m>(&'m self, object: &Value, path: &[Step]) -> Vec<&'m Fields> {
        let mut at = vec![&self.fields];
        let mut value = object;
        for step in path {
            at = at.into_iter().flat_map(|f| f.step(step, value)).collect();
            value = match step {
                Step::Key(key) => &value[key.as_str()],
                Step::Item(n) => &value[*n],
            };
        }
        at
    }
}

impl Fields {
    fn is_leaf(&self) -> bool {
        self.names.is_empty() && self.keyed.is_empty() && self.values.is_empty() && self.indices.is_empty()
    }

    /// What is below a step into `value`.
    fn step(&self, step: &Step, value: &Value) -> Vec<&Fields> {
        match step {
            Step::Key(key) => self.names.get(key).into_iter().collect(),
            Step::Item(n) => {
                let item = &value[*n];
                let keyed = self.keyed.iter().filter(|(keys, _)| keys.iter().all(|(k, v)| same_key(item, k, v)));
                let valued = self.values.iter().filter(|(v, _)| v == item);
                let indexed = self.indices.get(n);
                keyed.map(|(_, f)| f).chain(valued.map(|(_, f)| f)).chain(indexed).collect()
            }
        }
    }
}

/// A key that has a default may be missing in the item: `protocol` of ports is always written, so that it isn't here.
fn same_key(item: &Value, key: &str, value: &Value) -> bool {
    &item[key] == value
}

/// Reads `fieldsV1`. What isn't understood is skipped: it only says who wrote what.
fn fields(tree: &Value) -> Fields {
    let mut found = Fields::default();
    for (key, below) in tree.as_object().into_iter().flatten() {
        match key.split_once(':') {
            Some(("f", name)) => drop(found.names.insert(name.to_owned(), child(below))),
            Some(("k", json)) => {
                if let Ok(keys) = serde_json::from_str(json) {
                    found.keyed.push((keys, child(below)));
                }
            }
            Some(("v", json)) => {
                if let Ok(value) = serde_json::from_str(json) {
                    found.values.push((value, child(below)));
                }
            }
            Some(("i", number)) => {
                if let Ok(n) = number.parse() {
                    found.indices.insert(n, child(below));
                }
            }
            _ if key == "." => found.whole = true,
            _ => {}
        }
    }
    found
}

/// An empty object stands for the field itself.
fn child(tree: &Value) -> Fields {
    let mut below = fields(tree);
    below.whole |= tree.as_object().is_some_and(Map::is_empty);
    below
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn path(text: &str) -> Vec<Step> {
        let step = |s: &str| s.parse().map_or_else(|_| Step::Key(s.to_owned()), Step::Item);
        text.split('/').map(step).collect()
    }

    #[test]
    fn fields_are_found_through_keys_values_and_atoms() {
        let object = json!({
            "metadata": {"finalizers": ["a", "b"], "managedFields": [
                {"manager": "helm", "operation": "Apply", "fieldsV1": {
                    "f:spec": {"f:replicas": {}, "f:selector": {}, "f:template": {"f:spec": {"f:containers": {
                        "k:{\"name\":\"web\"}": {".": {}, "f:image": {}, "f:name": {}}}}}}}},
                {"manager": "hpa", "operation": "Update", "subresource": "scale", "fieldsV1": {"f:spec": {"f:replicas": {}}}},
                {"manager": "mesh", "operation": "Update", "fieldsV1": {
                    "f:metadata": {"f:finalizers": {".": {}, "v:\"b\"": {}}},
                    "f:spec": {"f:template": {"f:spec": {"f:containers": {"k:{\"name\":\"proxy\"}": {".": {}, "f:image": {}}}}}}}},
            ]},
            "spec": {"replicas": 2, "selector": {"matchLabels": {"a": "b"}}, "template": {"spec": {"containers": [
                {"name": "proxy", "image": "p"}, {"name": "web", "image": "w", "tty": false}]}}}
        });
        let managers = managers(&object);
        let of = |at: &str| {
            let path = path(at);
            let found: Vec<&str> = managers.iter().filter(|m| m.manages(&object, &path)).map(|m| &*m.name).collect();
            found.join(" ")
        };
        assert_eq!(of("spec/replicas"), "helm hpa");
        assert_eq!(of("spec/selector/matchLabels/a"), "helm");
        assert_eq!(of("spec/template/spec/containers/0/image"), "mesh");
        assert_eq!(of("spec/template/spec/containers/1/image"), "helm");
        assert_eq!(of("spec/template/spec/containers/1/tty"), "");
        assert_eq!(of("spec/template/spec/containers/0"), "mesh");
        assert_eq!(of("metadata/finalizers/1"), "mesh");
        assert_eq!(of("metadata/finalizers/0"), "");
        assert_eq!((&*managers[1].subresource, &*managers[0].operation), ("scale", "Apply"));
    }

    #[test]
    fn what_is_no_notation_is_skipped() {
        let odd = json!({"metadata": {"managedFields": [
            {"fieldsV1": {"f:a": 1, "k:nonsense": {}, "i:x": {}, "": {}, "z": []}}, 3, null]}, "a": {"b": 1}});
        let managers = managers(&odd);
        assert_eq!(managers.len(), 3);
        assert!(managers[0].manages(&odd, &path("a")));
        assert!(!managers[0].manages(&odd, &path("a/b")));
    }
}
