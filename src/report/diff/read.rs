//! Back from `json` to the report, so that those of several runs become one. What the format leaves out is gone: of an
//! object that changed there are only the fields that differ.

use serde::Deserialize;

use super::json::VERSION;
use crate::diff::drift::{FieldDrift, Kind, ObjectDrift};
use crate::diff::fold::{Cell, Folded, Report};
use crate::diff::secrets::{Text, Value};
use crate::diff::{Change, FieldChange, FieldKind, FieldPath, ObjectChange, ObjectId, Source};

#[derive(Deserialize)]
struct Document {
    version: u32,
    releases: Vec<Cell>,
    changes: Vec<Reported>,
}

#[derive(Deserialize)]
struct Reported {
    object: ObjectId,
    change: String,
    hooks: Vec<Text>,
    ignored: Option<Text>,
    fields: Vec<Field>,
    places: Vec<Place>,
    from: Option<ObjectId>,
    value: Option<Value>,
    drift: Option<Box<ObjectDrift>>,
}

#[derive(Deserialize)]
struct Place {
    release: usize,
    object: ObjectId,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Field {
    path: FieldPath,
    kind: FieldKind,
    old: Value,
    new: Value,
    old_source: Option<Source>,
    new_source: Option<Source>,
    ignored: Option<Text>,
    drift: Option<Box<FieldDrift>>,
}

/// Reads what `json` wrote.
///
/// # Errors
/// Where it stands (line and column), and what is wrong with it.
pub fn read(text: &str) -> Result<Report, String> {
    let document: Document =
        serde_json::from_str(text).map_err(|e| format!("{}:{}: no diff report in JSON: {e}", e.line(), e.column()))?;
    if document.version != VERSION {
        return Err(format!("1:1: a diff report of version {}; this plimsoll reads {VERSION}", document.version));
    }
    let changes = document.changes.into_iter().map(|c| folded(c, document.releases.len())).collect::<Result<_, _>>()?;
    Ok(Report { cells: document.releases, changes })
}

fn folded(read: Reported, releases: usize) -> Result<Folded, String> {
    let name = read.object.to_string();
    let wrong = |what: &str| Err(format!("1:1: no diff report in JSON: {name}: {what}"));
    if read.places.is_empty() || read.places.iter().any(|p| p.release >= releases) {
        return wrong("it is in none of the releases");
    }
    let kind = read.drift.as_ref().map(|d| d.kind);
    let change = match (&*read.change, kind, read.from) {
        ("added", None, _) | ("drifted", Some(Kind::Unknown), _) => Change::Added,
        ("removed", None, _) | ("drifted", Some(Kind::Deleted), _) => Change::Removed,
        ("changed", None, _) | ("drifted", Some(Kind::Edited), _) => Change::Changed,
        ("renamed", None, Some(from)) => Change::Renamed { from },
        (other, ..) => return wrong(&format!("no change is called {other:?}")),
    };
    let (old, new) = match change {
        Change::Removed => (read.value, None),
        _ => (None, read.value),
    };
    Ok(Folded {
        change: ObjectChange {
            id: read.object,
            hooks: read.hooks,
            change,
            old,
            new,
            fields: read.fields.into_iter().map(field).collect(),
            ignored: read.ignored,
            drift: read.drift,
            schema: None,
            index: (None, None),
        },
        places: read.places.into_iter().map(|p| (p.release, p.object)).collect(),
    })
}

/// `null` is a value, but on the side that has none.
fn field(read: Field) -> FieldChange {
    FieldChange {
        path: read.path,
        kind: read.kind,
        old: (read.kind != FieldKind::Added).then_some(read.old),
        new: (read.kind != FieldKind::Removed).then_some(read.new),
        old_source: read.old_source,
        new_source: read.new_source,
        ignored: read.ignored,
        drift: read.drift,
    }
}
