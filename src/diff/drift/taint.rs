//! Where a secret stands on one side, a secret stands on the others, whatever it is: somebody may have edited a password.
//! What only the live object has is secret by its name.

use super::super::Side;
use super::super::identity::key;
use super::super::secrets::flow::suspicious;
use super::super::secrets::{Redactor, Tainted, Which};
use super::live::{LiveSide, State};
use crate::yaml::node::{Data, Node};

pub(super) use super::super::secrets::LAST_APPLIED;

/// A step into a document; items are found again by their name, where they have one.
#[derive(Clone, Copy)]
enum Hop<'n> {
    Key(&'n str),
    Item(usize, Option<&'n str>),
}

/// Hides what stands where a secret reaches the new side's objects (number, byte offset), on the two other sides; and on
/// the live side what stands where the stored one says something secret, or under a name that says so. Returns that, and
/// the live side's texts among it.
pub fn taint(
    redactor: &Redactor,
    reached: &[(usize, u32)],
    new: &Side,
    stored: &Side,
    live: &LiveSide,
) -> (Tainted, Vec<String>) {
    let (mut tainted, mut texts) = by_stored(redactor, stored, live);
    for (number, offset) in reached.iter().filter(|(n, _)| *n < new.objects.len()) {
        let mut path = Vec::new();
        if !search(new.objects[*number].object.root(), *offset, &mut path) {
            continue;
        }
        let own = key(new, *number, true);
        for i in (0..stored.objects.len()).filter(|i| key(stored, *i, true) == own) {
            if let Some(found) = follow(stored.objects[i].object.root(), &path) {
                tainted.insert(Which::Old, i, found.offset);
            }
            let State::Object(at) = live.of_stored(i) else { continue };
            if let Some(found) = follow(live.side.objects[at].object.root(), &path) {
                tainted.insert(Which::Live, at, found.offset);
                if let Data::Str(text) = &found.data {
                    texts.push(text.to_string());
                }
            }
        }
    }
    (tainted, texts)
}

fn by_stored(redactor: &Redactor, stored: &Side, live: &LiveSide) -> (Tainted, Vec<String>) {
    let (mut tainted, mut texts) = (Tainted::default(), Vec::new());
    for i in 0..stored.objects.len() {
        let State::Object(at) = live.of_stored(i) else { continue };
        let root = live.side.objects[at].object.root();
        let mut secret = Vec::new();
        secret_scalars(stored.objects[i].object.root(), redactor, &mut Vec::new(), &mut |path| {
            secret.extend(follow(root, path));
        });
        suspicious_scalars(root, "", &mut secret);
        for node in secret {
            if let Data::Str(text) = &node.data {
                tainted.insert(Which::Live, at, node.offset);
                texts.push(text.to_string());
            }
        }
    }
    (tainted, texts)
}

/// Calls `say` with the path of each scalar that holds something secret.
fn secret_scalars<'n>(node: &'n Node, redactor: &Redactor, path: &mut Vec<Hop<'n>>, say: &mut dyn FnMut(&[Hop<'n>])) {
    if crate::stack::is_low() {
        return;
    }
    if matches!(&node.data, Data::Str(text) if redactor.text(text).is_secret()) {
        say(path);
    }
    for entry in node.entries() {
        path.push(Hop::Key(&entry.key));
        secret_scalars(&entry.value, redactor, path, say);
        path.pop();
    }
    for (n, item) in node.items().iter().enumerate() {
        path.push(Hop::Item(n, item.get("name").and_then(Node::as_str)));
        secret_scalars(item, redactor, path, say);
        path.pop();
    }
}

/// Values of variables, and of keys of `data`, whose name says that they are secret.
fn suspicious_scalars<'n>(node: &'n Node, under: &str, found: &mut Vec<&'n Node>) {
    if crate::stack::is_low() {
        return;
    }
    let named = node.get("name").and_then(Node::as_str).filter(|name| suspicious(name));
    found.extend(node.get("value").filter(|_| named.is_some()));
    for entry in node.entries() {
        if under == "data" && suspicious(&entry.key) {
            found.push(&entry.value);
        }
        suspicious_scalars(&entry.value, &entry.key, found);
    }
    node.items().iter().for_each(|item| suspicious_scalars(item, under, found));
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
        Hop::Item(_, Some(name)) => node.items().iter().find(|i| i.get("name").and_then(Node::as_str) == Some(name)),
    })
}
