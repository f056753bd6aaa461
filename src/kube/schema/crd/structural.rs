//! What the API server refuses in the schema of a CustomResourceDefinition: it must be structural
//! (apiextensions-apiserver v0.37 `pkg/apiserver/schema/validation.go` and `pkg/apis/apiextensions/validation`).
//! Start reading at [`check`].

use crate::finding::Problem;
use crate::grammar::regex;
use crate::kube::schema::path::Path;
use crate::kube::schema::problems::{error, required, unsupported};
use crate::stack;
use crate::yaml::node::Node;

const RULE: &str = "schema/broken-crd";
const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];
/// Parts of JSON Schema that a definition may not use.
const UNSUPPORTED: [&str; 7] =
    ["$ref", "$schema", "id", "definitions", "dependencies", "patternProperties", "additionalItems"];
/// What may not be said below `allOf`, `anyOf`, `oneOf` and `not`.
const NOT_NESTED: [&str; 9] = [
    "additionalProperties",
    "default",
    "title",
    "description",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-list-type",
    "x-kubernetes-map-type",
];

/// What a schema describes.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Level {
    /// The object itself.
    Root,
    /// An item of a list.
    Item,
    /// A value of a map.
    Field,
}

/// Reports what is wrong with a schema and those below it.
pub(super) fn check(node: &Node, level: Level, path: &Path<'_>, found: &mut Vec<Problem>) {
    if stack::is_low() {
        return found.push(error(RULE, path, "the schema is nested too deep"));
    }
    common(node, path, found);
    types(node, level, path, found);
    lists(node, path, found);
    if node.get("properties").is_some_and(|p| !p.entries().is_empty()) && node.get("additionalProperties").is_some() {
        let path = path.key("additionalProperties");
        found.push(error(RULE, &path, "additionalProperties and properties are mutual exclusive"));
    }
    if level == Level::Root && node.get("additionalProperties").is_some() {
        let path = path.key("additionalProperties");
        found.push(error(RULE, &path, "must not be used at the root"));
    }
    let properties = path.key("properties");
    for entry in node.get("properties").map(Node::entries).unwrap_or_default() {
        check(&entry.value, Level::Field, &properties.key(&entry.key), found);
    }
    if let Some(inner) = node.get("additionalProperties").filter(|n| n.as_bool().is_none()) {
        check(inner, Level::Field, &path.key("additionalProperties"), found);
    }
    if let Some(inner) = node.get("items").filter(|n| n.items().is_empty()) {
        check(inner, Level::Item, &path.key("items"), found);
    }
    junctors(node, path, found);
}

/// What holds for schemas everywhere.
fn common(node: &Node, path: &Path<'_>, found: &mut Vec<Problem>) {
    for name in UNSUPPORTED {
        if node.get(name).is_some_and(|n| !n.is_null()) {
            found.push(error(
                RULE,
                &path.key(name),
                format!("{}: Forbidden: {name} is not supported", path.key(name).text()),
            ));
        }
    }
    if node.get("uniqueItems").and_then(Node::as_bool) == Some(true) {
        let path = path.key("uniqueItems");
        let why = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
        found.push(error(RULE, &path, format!("{}: Forbidden: {why}", path.text())));
    }
    if let Some(Err(why)) = node.str_at(&["pattern"]).map(|p| regex::shared(p.as_bytes())) {
        let path = path.key("pattern");
        let why = format!("{}: Invalid value: must be a valid regular expression, but isn't: {why}", path.text());
        found.push(error(RULE, &path, why));
    }
}

fn types(node: &Node, level: Level, path: &Path<'_>, found: &mut Vec<Problem>) {
    let set = |key: &str| node.get(key).and_then(Node::as_bool) == Some(true);
    let path = path.key("type");
    let untyped = set("x-kubernetes-int-or-string") || set("x-kubernetes-preserve-unknown-fields");
    match node.str_at(&["type"]).filter(|t| !t.is_empty()) {
        Some(ty) if !TYPES.contains(&ty) => {
            let mut problem = unsupported(&path, ty, TYPES.into_iter());
            problem.rule = RULE.into();
            found.push(problem);
        }
        Some(ty) if level == Level::Root && ty != "object" => {
            let why = format!("{}: Invalid value: {ty:?}: must be object at the root", path.text());
            found.push(error(RULE, &path, why));
        }
        Some(ty) if set("x-kubernetes-embedded-resource") && ty != "object" => {
            let why = "must be object if x-kubernetes-embedded-resource is true";
            found.push(error(RULE, &path, format!("{}: Invalid value: {ty:?}: {why}", path.text())));
        }
        None if !untyped => {
            let why = match level {
                Level::Root => "must not be empty at the root",
                Level::Item => "must not be empty for specified array items",
                Level::Field => "must not be empty for specified object fields",
            };
            found.push(error(RULE, &path, format!("{}: Required value: {why}", path.text())));
        }
        _ => {}
    }
}

fn lists(node: &Node, path: &Path<'_>, found: &mut Vec<Problem>) {
    let is_array = node.str_at(&["type"]) == Some("array");
    match node.get("items") {
        None if is_array => found.push(broken(required(&path.key("items")))),
        Some(items) if !items.items().is_empty() => {
            let path = path.key("items");
            let why = format!("{}: Forbidden: items must be a schema object and not an array", path.text());
            found.push(error(RULE, &path, why));
        }
        _ => {}
    }
    let keys = node.items_at(&["x-kubernetes-list-map-keys"]);
    let list_type = node.get("x-kubernetes-list-type");
    match list_type.and_then(Node::as_str) {
        Some("map") if keys.is_empty() => found.push(broken(required(&path.key("x-kubernetes-list-map-keys")))),
        Some("atomic" | "set" | "map") | None => {}
        Some(other) => {
            let path = path.key("x-kubernetes-list-type");
            found.push(broken(unsupported(&path, other, ["atomic", "map", "set"].into_iter())));
        }
    }
    if list_type.is_some_and(|t| !t.is_null()) && !is_array {
        let path = path.key("type");
        found.push(error(
            RULE,
            &path,
            format!("{}: Invalid value: must be array if x-kubernetes-list-type is specified", path.text()),
        ));
    }
    let properties = node.get("items").and_then(|i| i.get("properties"));
    for key in keys.iter().filter_map(Node::as_str) {
        if properties.is_none_or(|p| p.get(key).is_none()) {
            let path = path.key("x-kubernetes-list-map-keys");
            let why = format!("{}: Invalid value: {key:?}: entries must all be names of item properties", path.text());
            found.push(error(RULE, &path, why));
        }
    }
}

fn junctors(node: &Node, path: &Path<'_>, found: &mut Vec<Problem>) {
    for name in ["allOf", "anyOf", "oneOf"] {
        let path = path.key(name);
        for (i, inner) in node.items_at(&[name]).iter().enumerate() {
            nested(inner, node, &path.index(i), found);
        }
    }
    if let Some(inner) = node.get("not") {
        nested(inner, node, &path.key("not"), found);
    }
}

/// A schema below a junctor may only validate.
fn nested(node: &Node, owner: &Node, path: &Path<'_>, found: &mut Vec<Problem>) {
    if stack::is_low() {
        return found.push(error(RULE, path, "the schema is nested too deep"));
    }
    common(node, path, found);
    for name in NOT_NESTED.into_iter().filter(|name| node.get(name).is_some()) {
        let path = path.key(name);
        found.push(error(RULE, &path, format!("{}: Forbidden: must be undefined to be structural", path.text())));
    }
    // `anyOf: [{type: integer}, {type: string}]` is how int-or-string has always been written.
    let int_or_string = owner.get("x-kubernetes-int-or-string").and_then(Node::as_bool) == Some(true);
    if node.get("type").is_some() && !int_or_string {
        let path = path.key("type");
        found.push(error(RULE, &path, format!("{}: Forbidden: must be empty to be structural", path.text())));
    }
    let properties = path.key("properties");
    for entry in node.get("properties").map(Node::entries).unwrap_or_default() {
        nested(&entry.value, &entry.value, &properties.key(&entry.key), found);
    }
    if let Some(items) = node.get("items") {
        nested(items, items, &path.key("items"), found);
    }
    for name in ["allOf", "anyOf", "oneOf"] {
        let path = path.key(name);
        for (i, inner) in node.items_at(&[name]).iter().enumerate() {
            nested(inner, owner, &path.index(i), found);
        }
    }
    if let Some(not) = node.get("not") {
        nested(not, not, &path.key("not"), found);
    }
}

fn broken(mut problem: Problem) -> Problem {
    problem.rule = RULE.into();
    problem
}
