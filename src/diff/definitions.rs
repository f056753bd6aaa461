//! Custom kinds: their definitions say what the items of their lists are told apart by. They come with a chart (in crds/
//! or rendered), on either side.

use std::sync::Arc;

use super::Side;
use crate::finding::KubeObject;
use crate::kube::schema::Shape;
use crate::yaml::node::{Document, Node};

/// The schema of a custom kind, in the definition that has it.
#[derive(Clone, Debug)]
pub struct Schema {
    definition: Arc<Document>,
    version: String,
}

impl Schema {
    /// The schema of an object's kind: by the new side's definitions, then by the old one's. Nothing for built-in kinds.
    pub(super) fn of(object: &KubeObject, old: &Side, new: &Side) -> Option<Schema> {
        if Shape::of(&object.api_version, &object.kind).is_some() {
            return None;
        }
        let all = [new, old].into_iter().flat_map(|s| s.definitions.iter().chain(s.objects.iter().map(|o| &o.object)));
        let definition = all.into_iter().find(|d| defines(d, object))?;
        Some(Schema { definition: definition.document.clone(), version: object.version().to_owned() })
    }

    /// What it says.
    fn shape(&self) -> Option<Shape<'_>> {
        let versions = self.definition.root.at(&["spec", "versions"])?.items();
        let own = versions.iter().find(|v| v.get("name").and_then(Node::as_str) == Some(&self.version))?;
        Some(Shape::of_schema(own.at(&["schema", "openAPIV3Schema"])?))
    }
}

/// The shape of a kind, built in or with a schema.
pub(super) fn shape<'s>(api_version: &str, kind: &str, schema: Option<&'s Schema>) -> Option<Shape<'s>> {
    Shape::of(api_version, kind).or_else(|| schema?.shape())
}

fn defines(definition: &KubeObject, object: &KubeObject) -> bool {
    let says = |path: &[&str], text: &str| definition.root().at(path).and_then(Node::as_str) == Some(text);
    definition.kind == "CustomResourceDefinition"
        && says(&["spec", "names", "kind"], &object.kind)
        && says(&["spec", "group"], object.group())
}
