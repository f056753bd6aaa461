//! Patches of objects, as Kubernetes and kustomize apply them to kinds that they have no schema of: strategic merges
//! (apimachinery v0.36 `util/strategicpatch`; such kinds have no merge keys, so lists are replaced whole) and lists of
//! operations (RFC 6902).

use json_patch::Patch;
use serde_json::{Map, Value as Json};

/// The key that says what a patch does to a map, if not merge.
const DIRECTIVE: &str = "$patch";

/// How deep an object may be that operations make.
const MAX_DEPTH: usize = 256;

/// How many values it may have: a few operations that copy can double it each.
const MAX_VALUES: usize = 100_000;

/// Merges a patch into an object. It is empty afterwards where the patch deletes it.
///
/// # Errors
/// For a directive that there is none of.
pub(super) fn merge(object: &mut Json, patch: &Json) -> Result<(), String> {
    let Json::Object(patch) = patch else {
        *object = patch.clone();
        return Ok(());
    };
    match patch.get(DIRECTIVE).map(|d| d.as_str().unwrap_or_default()) {
        Some("delete") => {
            *object = Json::Object(Map::new());
            return Ok(());
        }
        Some("replace") => {
            *object = cleaned(&Json::Object(patch.clone()));
            return Ok(());
        }
        Some("merge") | None => {}
        Some(other) => return Err(format!("unknown directive {DIRECTIVE}: {other}")),
    }
    if !object.is_object() {
        *object = Json::Object(Map::new());
    }
    let Json::Object(into) = object else { return Ok(()) };
    if let Some(kept) = patch.get("$retainKeys").and_then(Json::as_array) {
        into.retain(|key, _| kept.iter().any(|k| k.as_str() == Some(key)));
    }
    for (key, value) in patch.iter().filter(|(key, _)| !key.starts_with('$')) {
        match (into.get_mut(key), value) {
            (_, Json::Null) => _ = into.remove(key),
            (Some(there @ Json::Object(_)), Json::Object(_)) => merge(there, value)?,
            (Some(there), _) => *there = cleaned(value),
            (None, _) => _ = into.insert(key.clone(), cleaned(value)),
        }
    }
    Ok(())
}

/// A patch where there is nothing to patch: without directives and nulls.
fn cleaned(value: &Json) -> Json {
    match value {
        Json::Object(map) => {
            let kept = map.iter().filter(|(key, value)| !key.starts_with('$') && !value.is_null());
            Json::Object(kept.map(|(key, value)| (key.clone(), cleaned(value))).collect())
        }
        other => other.clone(),
    }
}

/// Applies operations to an object.
///
/// # Errors
/// For what is no list of operations, the first operation that can't be applied, and copies that grow without end.
pub(super) fn operations(object: &mut Json, list: &Json) -> Result<(), String> {
    let patch: Patch = serde_json::from_value(list.clone()).map_err(|e| e.to_string())?;
    for operation in patch.0 {
        json_patch::patch(object, &[operation]).map_err(|e| e.to_string())?;
        let mut left = MAX_VALUES;
        if !is_sane(object, 0, &mut left) {
            return Err("it makes the object too large".into());
        }
    }
    Ok(())
}

/// Whether an object is no deeper and has no more values than any object of a cluster.
fn is_sane(value: &Json, depth: usize, left: &mut usize) -> bool {
    *left = left.saturating_sub(1);
    if depth > MAX_DEPTH || *left == 0 {
        return false;
    }
    match value {
        Json::Object(map) => map.values().all(|v| is_sane(v, depth + 1, left)),
        Json::Array(list) => list.iter().all(|v| is_sane(v, depth + 1, left)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// What apimachinery's StrategicMergePatch makes of objects without a schema.
    #[test]
    fn merges_as_kubernetes_does() {
        let object = json!({"a": {"b": 1, "c": [1, 2]}, "d": "x", "e": {"f": 1}});
        for (patch, expected) in [
            (json!({"a": {"b": null, "c": [3]}}), json!({"a": {"c": [3]}, "d": "x", "e": {"f": 1}})),
            (json!({"a": {"$patch": "replace", "z": 1}}), json!({"a": {"z": 1}, "d": "x", "e": {"f": 1}})),
            (
                json!({"a": {"$patch": "delete"}, "d": {"g": {"h": null}}}),
                json!({"a": {}, "d": {"g": {}}, "e": {"f": 1}}),
            ),
            (
                json!({"$retainKeys": ["a"], "n": {"o": null, "p": 1}}),
                json!({"a": {"b": 1, "c": [1, 2]}, "n": {"p": 1}}),
            ),
        ] {
            let mut merged = object.clone();
            assert_eq!(merge(&mut merged, &patch), Ok(()));
            assert_eq!(merged, expected, "{patch}");
        }
        assert!(merge(&mut object.clone(), &json!({"$patch": "melt"})).is_err());
    }

    #[test]
    fn operations_end() {
        let mut object = json!({"a": {}, "b": [1]});
        let done = operations(
            &mut object,
            &json!([{"op": "add", "path": "/a/x", "value": 2}, {"op": "remove", "path": "/b/0"}]),
        );
        assert_eq!((done, object.clone()), (Ok(()), json!({"a": {"x": 2}, "b": []})));
        let doubling: Vec<Json> =
            (0..100).map(|n| json!({"op": "copy", "from": "", "path": format!("/a/x{n}")})).collect();
        assert_eq!(operations(&mut object, &doubling.into()), Err("it makes the object too large".into()));
        assert!(operations(&mut object, &json!({"op": "add"})).is_err());
        assert!(operations(&mut object, &json!([{"op": "test", "path": "/a/x", "value": 3}])).is_err());
    }
}
