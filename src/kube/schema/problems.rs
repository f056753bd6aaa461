//! The problems of this family in the API server's words, with what to do about them. Start reading at
//! [`unknown_field`].

use super::path::Path;
use crate::finding::{Problem, Severity};
use crate::yaml::node::{Data, Node};

/// An error of this family.
pub(super) fn error(rule: &'static str, path: &Path<'_>, message: impl Into<String>) -> Problem {
    Problem::new(rule, Severity::Error, path.text(), message)
}

/// A field that the schema lacks, with the one that may be meant.
pub(super) fn unknown_field<'n>(path: &Path<'_>, name: &str, known: impl Iterator<Item = &'n str>) -> Problem {
    let path = path.key(name);
    let mut problem = error("schema/unknown-field", &path, format!("unknown field {:?}", path.text()));
    problem.remedy = closest(name, known).map(|meant| format!("did you mean {meant:?}?").into());
    problem
}

/// A required field that isn't there.
pub(super) fn required(path: &Path<'_>) -> Problem {
    error("schema/required", path, format!("{}: Required value", path.text()))
}

/// A value that isn't one of those allowed.
pub(super) fn unsupported<'n>(path: &Path<'_>, value: &str, allowed: impl Iterator<Item = &'n str>) -> Problem {
    let allowed: Vec<&str> = allowed.filter(|a| !a.is_empty()).collect();
    let listed: Vec<String> = allowed.iter().map(|a| format!("{a:?}")).collect();
    let message = format!("{}: Unsupported value: {value:?}: supported values: {}", path.text(), listed.join(", "));
    let mut problem = error("schema/enum", path, message);
    problem.remedy = closest(value, allowed.into_iter()).map(|meant| format!("did you mean {meant:?}?").into());
    problem
}

/// A value of a type that Go can't put into the field.
pub(super) fn wrong_type(path: &Path<'_>, node: &Node, go_type: &str) -> Problem {
    let field = match path {
        Path::Root => "an object".to_owned(),
        _ => format!("field {}", path.text()),
    };
    let mut problem = error(
        "schema/type",
        path,
        format!("cannot unmarshal {} into {field} of type {go_type}", json_kind(node, go_type)),
    );
    problem.remedy = match (&node.data, go_type) {
        (Data::Int(_) | Data::Uint(_) | Data::Float(_) | Data::Bool(_), "string") => Some("put it in quotes".into()),
        (Data::Str(text), "int32" | "int64") if text.parse::<i64>().is_ok() => Some("write it without quotes".into()),
        (Data::Str(text), "bool") if matches!(&**text, "true" | "false") => Some("write it without quotes".into()),
        _ => None,
    };
    problem
}

/// What Go calls a JSON value that doesn't fit.
fn json_kind(node: &Node, go_type: &str) -> String {
    let numeric = go_type.starts_with("int") || go_type == "float64";
    match &node.data {
        Data::Null => "null".to_owned(),
        Data::Bool(_) => "bool".to_owned(),
        Data::Int(i) if numeric => format!("number {i}"),
        Data::Uint(u) if numeric => format!("number {u}"),
        Data::Float(f) if numeric => format!("number {f}"),
        Data::Int(_) | Data::Uint(_) | Data::Float(_) => "number".to_owned(),
        Data::Str(_) => "string".to_owned(),
        Data::List(_) => "array".to_owned(),
        Data::Map(_) => "object".to_owned(),
    }
}

/// The name that is most like one that isn't known, if any is: of another case, or a few letters off.
pub(super) fn closest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let folded = name.to_lowercase();
    let distance = |other: &str| match other.to_lowercase() == folded {
        true => 0,
        false => strsim::osa_distance(name, other),
    };
    // Long names of untrusted input aren't worth the square.
    if name.len() > 100 {
        return None;
    }
    let best = known.map(|other| (distance(other), other)).min()?;
    (best.0 <= (name.chars().count() / 3).max(1)).then_some(best.1)
}
