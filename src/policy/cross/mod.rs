//! Rules that need more than one object, one file each. Start at [`check`].

use crate::finding::{KubeObject, Problem};

/// What the rules say of objects that are applied together; the number is the object's place.
pub fn check(objects: &[KubeObject]) -> Vec<(usize, Problem)> {
    let _ = objects;
    Vec::new()
}
