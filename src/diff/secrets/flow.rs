//! Where secret values go in a render: the values that a Secret's data is made of taint every field that they reach.
//! Start reading at [`Flow::of`].

use std::collections::HashSet;
use std::sync::Arc;

use super::LAST_APPLIED;
use crate::explain::object::{Field, Object};
use crate::explain::{LineOrigin, Map, Origin, OriginKind};
use crate::span::Pos;

/// What the Secrets of one render are made of.
#[derive(Default)]
pub struct Flow {
    /// Keys of the values.
    keys: HashSet<Pos>,
    /// Files of the chart.
    files: HashSet<Arc<str>>,
}

impl Flow {
    /// Looks through the Secrets of a render.
    pub fn of(map: &Map, secrets: &[Object<'_>]) -> Flow {
        let mut flow = Flow::default();
        for object in secrets {
            let in_data = |f: &&Field| f.path.starts_with("data") || f.path.starts_with("stringData");
            for field in object.scalars().iter().filter(in_data) {
                let origin = map.bytes(object.manifest, field.value.clone());
                for value in origin.values.iter().filter(|v| !v.is_key) {
                    match value.kind {
                        OriginKind::Value => _ = flow.keys.insert(value.pos),
                        OriginKind::File => _ = flow.files.insert(value.key.clone()),
                        OriginKind::Literal | OriginKind::Object | OriginKind::Missing => {}
                    }
                }
            }
        }
        flow
    }

    /// Whether they are made of no values and files.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.files.is_empty()
    }

    /// The keys of the values that Secrets are made of.
    pub fn keys(&self) -> impl Iterator<Item = Pos> {
        self.keys.iter().copied()
    }

    /// Whether what is secret reached a field that comes from there. Names, labels and selectors say who an object is,
    /// and a checksum says no more than that something changed.
    pub fn reaches(&self, field: &Field, origin: &LineOrigin) -> bool {
        let is_secret = |o: &Origin| match o.kind {
            OriginKind::Value => !o.is_key && self.keys.contains(&o.pos),
            OriginKind::File => self.files.contains(&o.key),
            OriginKind::Literal | OriginKind::Object | OriginKind::Missing => false,
        };
        !names_something(&field.path) && origin.values.iter().any(|o| is_secret(o) && !is_checksum(field, o))
    }
}

fn names_something(path: &str) -> bool {
    let own = ["metadata.name", "metadata.namespace", "kind", "apiVersion"];
    own.contains(&path)
        || ["labels", "matchLabels", "selector"].iter().any(|k| path.split(['.', '[']).any(|step| step == *k))
        || [".name", "Name", ".namespace"].iter().any(|end| path.ends_with(end))
}

fn is_checksum(field: &Field, origin: &Origin) -> bool {
    let annotation = field.path.contains("annotations[") || field.path.contains("annotations.");
    annotation && !field.path.contains(LAST_APPLIED) && origin.functions.contains(&"sha256sum")
}

/// Texts under keys of values that are secret by their name, for errors of charts that print no Secret.
pub fn suspicious(key: &str) -> bool {
    let key = key.to_lowercase();
    let says = ["password", "passwd", "passphrase", "secret", "token", "credential", "privatekey", "apikey", "api_key"];
    says.iter().any(|s| key.contains(s)) || key.ends_with("key") || key.ends_with("pass") || key.ends_with("pwd")
}
