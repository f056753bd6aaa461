//! What the schemas say of a field besides what is allowed there, for whoever compares objects: what list items are told
//! apart by, and what is an amount or a time. Start reading at [`Shape::of`].

use std::sync::OnceLock;

use super::bundle::{self, Builtin, Def, Field, Type};
use crate::yaml::node::Node;

/// What the items of a list are told apart by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListKeys<'s> {
    /// By what they are: no item is there twice.
    Set,
    /// By the values of these keys.
    By(Vec<&'s str>),
}

/// A field, or an object as a whole: of a built-in kind, or of one that a definition describes.
#[derive(Clone, Copy)]
pub struct Shape<'s> {
    at: At<'s>,
    keys: Option<&'static bundle::ListKeys>,
}

#[derive(Clone, Copy)]
enum At<'s> {
    Def(&'static Def),
    Type(&'static Type),
    /// A schema of a definition, as it is written there.
    Schema(&'s Node),
}

/// The schemas of the newest version that is embedded.
fn newest() -> Option<&'static Builtin> {
    static NEWEST: OnceLock<Option<Builtin>> = OnceLock::new();
    NEWEST.get_or_init(|| Builtin::new(*bundle::minors().last()?)).as_ref()
}

/// Whether objects of a built-in kind live in namespaces; nothing for other kinds.
pub fn is_namespaced(api_version: &str, kind: &str) -> Option<bool> {
    bundle::kind(api_version, kind).map(|k| k.namespaced)
}

/// What the pattern of an amount has in definitions that controller-gen made.
const QUANTITY: &str = "([KMGTPE]i)";

impl<'s> Shape<'s> {
    /// The shape of a kind; nothing for kinds that aren't built in.
    pub fn of(api_version: &str, kind: &str) -> Option<Shape<'s>> {
        let def = newest()?.def(bundle::kind(api_version, kind)?.def)?;
        Some(Shape { at: At::Def(def), keys: None })
    }

    /// The shape that an `openAPIV3Schema` gives.
    pub fn of_schema(schema: &'s Node) -> Shape<'s> {
        Shape { at: At::Schema(schema), keys: None }
    }

    /// A field of an object.
    pub fn field(self, name: &str) -> Option<Shape<'s>> {
        let def = match self.at {
            At::Def(def) => def,
            At::Type(Type::Object(number) | Type::Or(_, number)) => newest()?.def(*number)?,
            At::Type(Type::Map(values)) => return Some(Shape { at: At::Type(values), keys: None }),
            At::Type(_) => return None,
            At::Schema(schema) => {
                let named = schema.get("properties").and_then(|p| p.get(name));
                return named.or_else(|| schema.get("additionalProperties")).map(Shape::of_schema);
            }
        };
        let Field { ty, keys, .. } = def.field(name)?;
        Some(Shape { at: At::Type(ty), keys: keys.as_ref() })
    }

    /// The items of a list.
    pub fn item(self) -> Option<Shape<'s>> {
        match self.at {
            At::Type(Type::List(items)) => Some(Shape { at: At::Type(items), keys: None }),
            At::Schema(schema) => schema.get("items").map(Shape::of_schema),
            _ => None,
        }
    }

    /// What the items of this list are told apart by; nothing where only their order does.
    pub fn list_keys(self) -> Option<ListKeys<'s>> {
        let At::Schema(schema) = self.at else {
            return self.keys.map(|keys| match keys {
                bundle::ListKeys::Set => ListKeys::Set,
                bundle::ListKeys::By(keys) => ListKeys::By(keys.clone()),
            });
        };
        match schema.str_at(&["x-kubernetes-list-type"])? {
            "set" => Some(ListKeys::Set),
            "map" => {
                let keys = schema.get("x-kubernetes-list-map-keys")?.items();
                Some(ListKeys::By(keys.iter().filter_map(Node::as_str).collect()))
            }
            _ => None,
        }
    }

    /// Whether it is an amount, `500m`.
    pub fn is_quantity(self) -> bool {
        match self.at {
            At::Schema(schema) => schema.str_at(&["pattern"]).is_some_and(|p| p.contains(QUANTITY)),
            at => matches!(at, At::Type(Type::Quantity)),
        }
    }

    /// Whether it is a time span, `90s`.
    pub fn is_duration(self) -> bool {
        matches!(self.at, At::Type(Type::Duration))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(path: &[&str]) -> Option<Vec<&'static str>> {
        let mut shape = Shape::of("apps/v1", "Deployment")?;
        for step in path {
            shape = if *step == "[]" { shape.item()? } else { shape.field(step)? };
        }
        match shape.list_keys()? {
            ListKeys::Set => Some(Vec::new()),
            ListKeys::By(keys) => Some(keys),
        }
    }

    #[test]
    fn lists_know_their_keys() {
        let pod = ["spec", "template", "spec"];
        let below = |rest: &[&'static str]| keys(&[&pod[..], rest].concat());
        assert_eq!(below(&["containers"]), Some(vec!["name"]));
        assert_eq!(below(&["containers", "[]", "ports"]), Some(vec!["containerPort", "protocol"]));
        assert_eq!(below(&["containers", "[]", "volumeMounts"]), Some(vec!["mountPath"]));
        assert_eq!(below(&["tolerations"]), None);
        assert_eq!(keys(&["metadata", "finalizers"]), Some(vec![]));
    }

    #[test]
    fn amounts_are_known() {
        let limits = ["spec", "template", "spec", "containers"]
            .iter()
            .try_fold(Shape::of("apps/v1", "Deployment").expect("it is built in"), |shape, key| shape.field(key));
        let limits = limits.and_then(Shape::item).and_then(|c| c.field("resources")?.field("limits")?.field("cpu"));
        assert!(limits.is_some_and(Shape::is_quantity));
    }
}
