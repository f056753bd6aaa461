//! Diff: two sides of objects in, a model of what differs out. Nothing here reads files, asks a cluster or prints.
//!
//! [`compare`] matches objects by identity ([`identity`]), compares what is inside of them ([`fields`]: list items by
//! their merge keys, quantities by their meaning, texts by their lines) and says nothing of formatting and of the order
//! of keys. Everything in the model went through [`secrets::Redactor`] first: a report has no way to a plain secret,
//! because the model's texts ([`secrets::Text`]) are made nowhere else. What changes mean for a cluster is in
//! [`meaning`], the same changes of many charts and environments become one in [`fold`], and [`lines`] lays an object
//! out as YAML with both sides' lines. Start reading at [`ObjectChange`].

mod definitions;
pub mod drift;
mod ends;
pub mod fields;
pub mod fold;
pub mod identity;
pub mod ignore;
pub mod lines;
mod lists;
pub mod meaning;
pub mod secrets;
pub mod values;

use std::collections::HashMap;
use std::fmt;

use crate::finding::KubeObject;
use secrets::{Redactor, Tainted, Text, Value};

pub use definitions::Schema;
pub use ends::Ends;
pub use fields::{FieldChange, FieldKind, FieldPath, FieldStep};
pub use identity::ObjectId;

/// One side of a comparison: what is there now, or what will be.
pub struct Side {
    /// Its objects, hooks among them, in any order.
    pub objects: Vec<SideObject>,
    /// The namespace of objects that say none.
    pub namespace: String,
    /// Definitions of custom kinds that are not compared themselves.
    pub definitions: Vec<KubeObject>,
}

/// An object of a side.
pub struct SideObject {
    /// The object, as it was rendered or read.
    pub object: KubeObject,
    /// The events that it is a hook of (`pre-install`, `test`); empty for ordinary manifests.
    pub hooks: Vec<String>,
}

impl fmt::Debug for Side {
    /// Names only: the objects hold plain secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.objects.iter().map(|o| format!("{}/{}", o.object.kind, o.object.name.len()));
        f.debug_list().entries(names).finish()
    }
}

/// What becomes of an object.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// Only the new side has it.
    Added,
    /// Only the old side has it.
    Removed,
    /// Both have it, and it differs in what it says.
    Changed,
    /// Both have it and it says the same.
    Unchanged,
    /// It goes away, and one that is nearly the same comes under another name: for a cluster it is a removal and an
    /// addition.
    Renamed {
        /// What it was called.
        from: ObjectId,
    },
}

/// What happens to one object.
#[derive(Clone, Debug)]
pub struct ObjectChange {
    /// What it is called: on the new side, or on the old one where it is removed.
    pub id: ObjectId,
    /// The events that it is a hook of, on the new side if it is there; empty for ordinary manifests.
    pub hooks: Vec<Text>,
    /// What becomes of it.
    pub change: Change,
    /// All of it on the old side; nothing for added and for unchanged ones.
    pub old: Option<Value>,
    /// All of it on the new side; nothing for removed and for unchanged ones.
    pub new: Option<Value>,
    /// What differs inside, in the order of the new side; empty unless changed or renamed.
    pub fields: Vec<FieldChange>,
    /// Why it does not count, where a rule or a flag says so: then it counts neither for the exit status nor for what
    /// the change means.
    pub ignored: Option<Text>,
    /// What is said of an object that the cluster has otherwise than its release: then the old side is the release as it
    /// is stored, and the new side the live object without what is not by hand.
    pub drift: Option<Box<drift::ObjectDrift>>,
    /// What a definition says of it, where its kind is a custom one.
    pub schema: Option<Schema>,
    /// Number of the object in [`Side::objects`] of the old and the new side.
    pub index: (Option<usize>, Option<usize>),
}

impl ObjectChange {
    /// Whether it counts: it differs, and in something that no rule ignores.
    pub fn counts(&self) -> bool {
        self.ignored.is_none()
            && match self.change {
                Change::Unchanged => false,
                Change::Changed => self.fields.iter().any(FieldChange::counts),
                Change::Added | Change::Removed | Change::Renamed { .. } => true,
            }
    }
}

/// Where something was written, for a person to open. All of it went through the redactor: the "file" of an argument is
/// `--set key`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Place {
    /// The file, relative to the working folder where it is below it; of a git revision, with its name before it
    /// (`main:charts/web/values.yaml`).
    pub file: Text,
    /// Line, from 1; 0 where nothing but the file is known.
    pub line: usize,
    /// Column, from 1, in bytes.
    pub column: usize,
}

/// Where a line of one side comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Source {
    /// The template's line, or the line of the manifest file.
    pub template: Option<Place>,
    /// The key of the values behind it (`image.tag`), with the line that sets it.
    pub values: Option<(Text, Place)>,
}

/// Compares two sides. The result is sorted: by kind in the order of installation, then by namespace and name.
pub fn compare(old: &Side, new: &Side, redactor: &Redactor, tainted: &Tainted) -> Vec<ObjectChange> {
    let pairs = identity::pairs(old, new);
    let mut found: Vec<ObjectChange> = pairs.iter().map(|pair| object(pair, old, new, redactor, tainted)).collect();
    // What the user gives stands before the defaults.
    if !found.iter().all(ObjectChange::is_values) {
        found.sort_by(|a, b| a.id.order().cmp(&b.id.order()));
    }
    found
}

/// The objects of either side, by their numbers, that do not say the same on the other: those that a report may show.
pub fn differing(old: &Side, new: &Side) -> (Differing, Differing) {
    let (mut gone, mut come) = (Differing::new(), Differing::new());
    for pair in identity::pairs(old, new) {
        let (mut there, mut here) = (Ends::All, Ends::All);
        if let (Some(a), Some(b), false) = (pair.old, pair.new, pair.renamed) {
            let (a, b) = (old.objects[a].object.root(), new.objects[b].object.root());
            if fields::says_the_same(a, b) {
                continue;
            }
            (there, here) = ends::apart(a, b);
        }
        gone.extend(pair.old.map(|number| (number, there)));
        come.extend(pair.new.map(|number| (number, here)));
    }
    (gone, come)
}

/// Objects of a side by their numbers, with what of them differs.
pub type Differing = HashMap<usize, Ends>;

fn object(pair: &identity::Pair, old: &Side, new: &Side, redactor: &Redactor, tainted: &Tainted) -> ObjectChange {
    let before = pair.old.map(|i| (&old.objects[i], i, &old.namespace, secrets::Which::Old));
    let after = pair.new.map(|i| (&new.objects[i], i, &new.namespace, secrets::Which::New));
    let Some((main, _, namespace, _)) = after.or(before) else { return ObjectChange::none() };
    let id = ObjectId::of(&main.object, namespace, redactor);
    let hooks = main.hooks.iter().map(|h| redactor.text(h)).collect();
    let mut change = ObjectChange { id, hooks, index: (pair.old, pair.new), ..ObjectChange::none() };
    if let (Some((a, ..)), Some((b, ..))) = (before, after)
        && !pair.renamed
        && !values::is_values(&main.object)
        && fields::says_the_same(a.object.root(), b.object.root())
    {
        return change;
    }
    let shown = |side: Option<(&SideObject, usize, &String, secrets::Which)>| {
        side.map(|(o, i, _, which)| redactor.object(&o.object, tainted, which, i))
    };
    (change.old, change.new) = (shown(before), shown(after));
    change.change = match (&before, &after) {
        (None, _) => Change::Added,
        (_, None) => Change::Removed,
        (Some((a, _, namespace, _)), _) if pair.renamed => {
            Change::Renamed { from: ObjectId::of(&a.object, namespace, redactor) }
        }
        _ => Change::Changed,
    };
    if let (Some(a), Some(b)) = (&change.old, &change.new) {
        change.schema = Schema::of(&main.object, old, new);
        change.fields = fields::changes(&main.object, change.schema.as_ref(), a, b);
        if change.fields.is_empty() && change.change == Change::Changed {
            return ObjectChange { change: Change::Unchanged, old: None, new: None, ..change };
        }
    }
    change
}

impl ObjectChange {
    fn none() -> ObjectChange {
        ObjectChange {
            id: ObjectId::default(),
            hooks: Vec::new(),
            change: Change::Unchanged,
            old: None,
            new: None,
            fields: Vec::new(),
            ignored: None,
            drift: None,
            schema: None,
            index: (None, None),
        }
    }
}
