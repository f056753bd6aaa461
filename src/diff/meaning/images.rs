//! Images that move.

use super::ImageMove;
use super::workload::{containers, template_of};
use crate::diff::ObjectChange;
use crate::diff::secrets::{Text, Value};

/// The containers of a changed object that get another image.
pub(super) fn moves(change: &ObjectChange) -> Vec<ImageMove> {
    let (Some(path), Some(old), Some(new)) = (template_of(change), &change.old, &change.new) else { return Vec::new() };
    let images = |side: &Value| -> Vec<(Text, Text)> {
        let template = side.at(path);
        let all = template.map(containers).unwrap_or_default();
        all.into_iter().filter_map(|(name, c)| Some((name, c.get("image")?.as_text()?.clone()))).collect()
    };
    let (before, after) = (images(old), images(new));
    let find =
        |side: &[(Text, Text)], name: &Text| side.iter().find(|(n, _)| n == name).map(|(_, image)| image.clone());
    let mut found = Vec::new();
    let mut add = |container: &Text, old: Option<Text>, new: Option<Text>| {
        if old != new {
            found.push(ImageMove { object: change.id.clone(), container: container.clone(), old, new });
        }
    };
    after.iter().for_each(|(name, image)| add(name, find(&before, name), Some(image.clone())));
    for (name, image) in before.iter().filter(|(name, _)| find(&after, name).is_none()) {
        add(name, Some(image.clone()), None);
    }
    found
}
