//! Fields that a secret reaches in the new render hold a secret on the other sides too, whatever stands there: somebody
//! may have edited a password.

use super::super::Side;
use super::super::identity::key;
use super::super::secrets::{Redactor, Which};
use super::live::{LiveSide, State};
use crate::yaml::node::{Data, Node};

pub(super) use super::super::secrets::LAST_APPLIED;

/// A step into a document; items are found again by their name, where they have one.
#[derive(Clone, Copy)]
enum Hop<'n> {
    Key(&'n str),
    Item(usize, Option<&'n str>),
}

/// Hides what stands where a secret reaches the new side's objects (number, byte offset), on the two other sides.
pub fn taint(redactor: &mut Redactor, tainted: &[(usize, u32)], new: &Side, stored: &Side, live: &LiveSide) {
    for (number, offset) in tainted.iter().filter(|(n, _)| *n < new.objects.len()) {
        let mut path = Vec::new();
        if !search(new.objects[*number].object.root(), *offset, &mut path) {
            continue;
        }
        let own = key(new, *number, true);
        for i in (0..stored.objects.len()).filter(|i| key(stored, *i, true) == own) {
            if let Some(found) = follow(stored.objects[i].object.root(), &path) {
                redactor.taint(Which::Old, i, found.offset);
            }
            let State::Object(at) = live.of_stored(i) else { continue };
            if let Some(found) = follow(live.side.objects[at].object.root(), &path) {
                redactor.taint(Which::Live, at, found.offset);
                if let Data::Str(text) = &found.data {
                    redactor.learn(std::iter::once(&**text));
                }
            }
        }
    }
}

/// Finds the scalar at an offset.
fn search<'n>(node: &'n Node, offset: u32, path: &mut Vec<Hop<'n>>) -> bool {
    if crate::stack::is_low() {
        return false;
    }
    for entry in node.entries() {
        path.push(Hop::Key(&entry.key));
        if search(&entry.value, offset, path) {
            return true;
        }
        path.pop();
    }
    for (n, item) in node.items().iter().enumerate() {
        path.push(Hop::Item(n, item.get("name").and_then(Node::as_str)));
        if search(item, offset, path) {
            return true;
        }
        path.pop();
    }
    node.offset == offset && node.entries().is_empty() && node.items().is_empty()
}

fn follow<'n>(root: &'n Node, path: &[Hop<'_>]) -> Option<&'n Node> {
    path.iter().try_fold(root, |node, hop| match hop {
        Hop::Key(key) => node.get(key),
        Hop::Item(n, None) => node.items().get(*n),
        Hop::Item(_, Some(name)) => {
            node.items().iter().find(|i| i.get("name").and_then(Node::as_str) == Some(name))
        }
    })
}
