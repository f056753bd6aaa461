//! Nothing secret reaches a report. The model of a diff is made of [`Text`] and [`Value`], and a text is made only here:
//! out of one that the [`Redactor`] has searched. What is secret in it stands there as a keyed hash, `[secret 1f9a03c2]`,
//! that tells changed from same and says nothing else; the key is random in each run.
//!
//! Secret is what the objects of kind Secret hold in `data` and `stringData`, on either side; what
//! `kubectl.kubernetes.io/last-applied-configuration` says; the fields that are [`Tainted`], because a value
//! that reaches a Secret reaches them too; and every place where one of those values stands as it is, in base64, in
//! JSON or in a URL ([`needles`]).

pub mod flow;
mod needles;
mod value;

use std::collections::HashSet;
use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::finding::KubeObject;
use crate::yaml::node::{Data as Plain, Node};
use needles::Needles;

pub use value::{Data, Entry, Text, Value};

/// The annotation in which kubectl keeps all that was applied, secrets too.
pub(super) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// A side of the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Which {
    /// What is there.
    Old,
    /// What will be.
    New,
    /// What the cluster has.
    Live,
}

/// Finds secrets and puts hashes in their place.
pub struct Redactor {
    key: [u8; 32],
    needles: Needles,
    /// Whether everything is shown as it is.
    reveals: bool,
}

/// Fields of one comparison that are hidden whatever they say, because a secret value reached them: side, object, byte
/// offset of the value.
#[derive(Clone, Debug, Default)]
pub struct Tainted(HashSet<(Which, usize, u32)>);

impl Tainted {
    /// Hides the value that stands at a byte offset of an object's document.
    pub fn insert(&mut self, side: Which, object: usize, offset: u32) {
        self.0.insert((side, object, offset));
    }

    /// Hides what others hide, too.
    pub fn extend<'t>(&mut self, others: impl IntoIterator<Item = &'t Tainted>) {
        others.into_iter().for_each(|other| self.0.extend(&other.0));
    }
}

impl fmt::Debug for Redactor {
    /// Says nothing of what it looks for.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").finish_non_exhaustive()
    }
}

impl Redactor {
    /// A redactor that knows the secrets of these objects. `key` must be random and never leave the process.
    pub fn new<'o>(key: [u8; 32], objects: impl Iterator<Item = &'o KubeObject>) -> Redactor {
        let mut needles = Needles::default();
        objects.for_each(|o| collect(o, &mut needles));
        needles.build();
        Redactor { key, needles, reveals: false }
    }

    /// One that hides nothing, for a person who asked for it in front of a terminal.
    pub fn revealing() -> Redactor {
        Redactor { key: [0; 32], needles: Needles::default(), reveals: true }
    }

    /// Further texts that are secret, for instance values that reach a Secret through a template.
    pub fn learn<'t>(&mut self, texts: impl Iterator<Item = &'t str>) {
        let mut texts = texts.peekable();
        if texts.peek().is_some() {
            texts.for_each(|t| self.needles.add(t));
            self.needles.build();
        }
    }

    /// A text with everything secret in it replaced.
    pub fn text(&self, text: &str) -> Text {
        if self.reveals {
            return Text::shown(text.into());
        }
        match self.needles.replace(text, |found| self.hash(found.as_bytes())) {
            Some(redacted) => Text::redacted(redacted.into()),
            None => Text::shown(text.into()),
        }
    }

    /// An object with everything secret in it replaced. `side` and `index` say which one it is of those that `tainted`
    /// names.
    pub fn object(&self, object: &KubeObject, tainted: &Tainted, side: Which, index: usize) -> Value {
        let mut walk = Walk { redactor: self, tainted, at: (side, index), secret: Secrecy::No };
        let is_secret = is_secret(object);
        let root = object.root();
        let Plain::Map(entries) = &root.data else { return walk.value(root) };
        let entries = entries.iter().map(|e| {
            walk.secret = match &*e.key {
                "data" if is_secret => Secrecy::Base64,
                "stringData" if is_secret => Secrecy::Plain,
                _ => Secrecy::No,
            };
            walk.entry(e)
        });
        Value { data: Data::Map(entries.collect()), offset: root.offset }
    }

    /// What stands in place of a secret: `[secret 1f9a03c2]`.
    fn hash(&self, secret: &[u8]) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else { return "[secret]".into() };
        mac.update(secret);
        let hash: String = mac.finalize().into_bytes().iter().take(4).map(|b| format!("{b:02x}")).collect();
        format!("[secret {hash}]")
    }
}

/// Whether this is a Secret.
fn is_secret(object: &KubeObject) -> bool {
    object.kind == "Secret" && object.group().is_empty()
}

/// Gathers what an object keeps secret.
fn collect(object: &KubeObject, needles: &mut Needles) {
    held(object).iter().for_each(|text| needles.add(text));
}

/// What a Secret holds, decoded; nothing of other kinds.
pub fn held(object: &KubeObject) -> Vec<String> {
    if !is_secret(object) {
        return Vec::new();
    }
    let values = |key: &str| object.root().get(key).map(Node::entries).unwrap_or_default().iter();
    let mut found: Vec<String> = values("stringData").map(|e| scalar_text(&e.value)).collect();
    for entry in values("data") {
        let text = scalar_text(&entry.value);
        match decoded(&text).map(String::from_utf8) {
            Some(Ok(plain)) => found.push(plain),
            // Keys and archives: their base64 is all there is to find.
            _ => found.push(text),
        }
    }
    found
}

/// The bytes of a Secret's `data`.
fn decoded(text: &str) -> Option<Vec<u8>> {
    use base64::Engine;
    let packed: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    base64::engine::general_purpose::STANDARD.decode(packed).ok()
}

/// A scalar as text.
fn scalar_text(node: &Node) -> String {
    match &node.data {
        Plain::Str(s) => s.to_string(),
        Plain::Int(i) => i.to_string(),
        Plain::Uint(u) => u.to_string(),
        Plain::Float(f) => f.to_string(),
        Plain::Bool(b) => b.to_string(),
        Plain::Null => String::new(),
        Plain::List(_) | Plain::Map(_) => node.to_json().to_string(),
    }
}

/// A copy of an object in the making.
struct Walk<'r> {
    redactor: &'r Redactor,
    tainted: &'r Tainted,
    at: (Which, usize),
    /// Inside of what is secret as a whole.
    secret: Secrecy,
}

/// How a secret is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Secrecy {
    No,
    Plain,
    Base64,
}

impl Walk<'_> {
    fn entry(&mut self, entry: &crate::yaml::node::Entry) -> Entry {
        let before = self.secret;
        if &*entry.key == LAST_APPLIED {
            self.secret = Secrecy::Plain;
        }
        let value = self.value(&entry.value);
        self.secret = before;
        Entry { key: self.redactor.text(&entry.key), key_offset: entry.key_offset, value }
    }

    fn value(&mut self, node: &Node) -> Value {
        let redactor = self.redactor;
        let tainted = self.tainted.0.contains(&(self.at.0, self.at.1, node.offset));
        let hidden = !redactor.reveals && (self.secret != Secrecy::No || tainted);
        let data = match &node.data {
            Plain::Null => Data::Null,
            Plain::List(items) if !crate::stack::is_low() => Data::List(items.iter().map(|i| self.value(i)).collect()),
            Plain::Map(entries) if !crate::stack::is_low() => {
                Data::Map(entries.iter().map(|e| self.entry(e)).collect())
            }
            _ if hidden => Data::Text(Text::redacted(redactor.hash(&self.plain(node)).into())),
            Plain::Str(s) => Data::Text(redactor.text(s)),
            Plain::Bool(b) => Data::Bool(*b),
            Plain::Int(_) | Plain::Uint(_) | Plain::Float(_) => self.number(node),
            Plain::List(_) | Plain::Map(_) => Data::Text(redactor.text("…")),
        };
        Value { data, offset: node.offset }
    }

    /// A number, unless its digits are a secret's.
    fn number(&self, node: &Node) -> Data {
        let text = self.redactor.text(&scalar_text(node));
        match node.data {
            _ if text.is_secret() => Data::Text(text),
            Plain::Int(i) => Data::Int(i),
            Plain::Uint(u) => Data::Uint(u),
            Plain::Float(f) => Data::Float(f),
            _ => Data::Null,
        }
    }

    /// What a hidden value is hashed as: the same secret in `data` and `stringData` has one hash.
    fn plain(&self, node: &Node) -> Vec<u8> {
        let text = scalar_text(node);
        decoded(&text).filter(|_| self.secret == Secrecy::Base64).unwrap_or(text.into_bytes())
    }
}
