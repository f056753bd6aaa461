//! Values as objects that can be compared: what the user gave, and the chart's defaults. Unlike in objects of Kubernetes,
//! a null says something in them (it takes a default away), and each key is a change of its own.

use std::sync::Arc;

use super::{FieldPath, FieldStep, ObjectChange, Side};
use crate::finding::{KubeObject, Text};
use crate::yaml::node::{Data, Document, Node};

/// The kind that values are compared as. They have no `apiVersion`, unlike everything that a cluster has.
const KIND: &str = "Values";
/// What the user gave over the chart's defaults: Helm's word for it.
pub const USER_SUPPLIED: &str = "user-supplied";
/// The chart's own values, with those of its subcharts.
pub const DEFAULTS: &str = "defaults";

/// Values as an object.
pub fn object(name: &str, root: Node) -> KubeObject {
    KubeObject {
        source: Arc::new(Text { name: name.to_owned(), line: 1, text: String::new() }),
        api_version: String::new(),
        kind: KIND.to_owned(),
        name: name.to_owned(),
        namespace: String::new(),
        document: Arc::new(Document { root, duplicates: Vec::new() }),
    }
}

/// Whether an object holds values.
pub(super) fn is_values(object: &KubeObject) -> bool {
    object.api_version.is_empty() && object.kind == KIND
}

impl ObjectChange {
    /// Whether it is of values, not of an object of a cluster.
    pub fn is_values(&self) -> bool {
        self.id.api_version.is_empty() && self.id.kind.as_str() == KIND
    }
}

/// Marks the defaults that change and that the user's values stand over on both sides: nothing comes of them.
pub fn mark_overridden(changes: &mut [ObjectChange], old: &Side, new: &Side) {
    let given = |side: &Side| {
        let object = side.objects.iter().find(|o| is_values(&o.object) && o.object.name == USER_SUPPLIED);
        object.map(|o| o.object.document.clone())
    };
    let (Some(before), Some(after)) = (given(old), given(new)) else { return };
    for change in changes.iter_mut().filter(|c| c.is_values() && c.id.name.as_str() == DEFAULTS) {
        for field in change.fields.iter_mut().filter(|f| f.ignored.is_none()) {
            if stands_over(&before.root, &field.path) && stands_over(&after.root, &field.path) {
                field.ignored = Some("what the user gives counts instead, before and after".into());
            }
        }
    }
}

/// Whether values set a key themselves: a map is merged with the defaults, anything else stands in their place.
fn stands_over(values: &Node, path: &FieldPath) -> bool {
    let mut node = values;
    for step in &path.0 {
        let FieldStep::Key(key) = step else { break };
        match node.get(key) {
            Some(inner) => node = inner,
            None => return false,
        }
        if !matches!(node.data, Data::Map(_)) {
            return true;
        }
    }
    false
}
