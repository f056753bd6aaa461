//! Whether the schema of a custom resource is structural: each field has a type, and logic on top of it adds none
//! (k8s.io/apiextensions-apiserver v0.36, pkg/apiserver/schema and apis/apiextensions/validation).

use std::collections::BTreeSet;

use super::field::Field;
use super::quote;
use crate::grammar::regex::GoRegex;
use crate::kube::schema::{default_problem, rule_problem};
use crate::yaml::node::Data;

const TYPES: &[&str] = &["array", "boolean", "integer", "number", "object", "string"];
/// Deeper schemas are not looked at.
const MAX_DEPTH: usize = 200;
/// What logic may not say.
const NOT_IN_LOGIC: &[(&str, &str)] = &[
    ("type", "must be empty to be structural"),
    ("additionalProperties", "must be undefined to be structural"),
    ("default", "must be undefined to be structural"),
    ("title", "must be empty to be structural"),
    ("description", "must be empty to be structural"),
    ("nullable", "must be false to be structural"),
    ("x-kubernetes-preserve-unknown-fields", "must be false to be structural"),
    ("x-kubernetes-embedded-resource", "must be false to be structural"),
    ("x-kubernetes-int-or-string", "must be false to be structural"),
    ("x-kubernetes-list-map-keys", "must be empty to be structural"),
    ("x-kubernetes-list-type", "must be undefined to be structural"),
    ("x-kubernetes-map-type", "must be undefined to be structural"),
    ("x-kubernetes-validations", "must be empty to be structural"),
];

/// Where in a schema a part of it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Root,
    Item,
    Field,
}

/// The schema of a version.
pub(super) fn root(schema: Field<'_>) {
    if !schema.is_set() {
        return;
    }
    if schema.at("nullable").is_true() {
        schema.at("nullable").forbidden("nullable cannot be true at the root");
    }
    let before = schema.found();
    part(schema, Level::Root, MAX_DEPTH);
    // What isn't structural can't be asked.
    if schema.found() == before {
        contents(schema, Level::Root, MAX_DEPTH);
    }
}

/// Defaults, and whether rules compile.
fn contents(schema: Field<'_>, level: Level, depth: usize) {
    let Some(node) = schema.node().filter(|n| n.as_bool().is_none() && depth > 0) else { return };
    let default = schema.at("default");
    if let Some(said) = default.node().and_then(|value| default_problem(node, value)) {
        default.invalid(&said);
    }
    for rule in schema.at("x-kubernetes-validations").items() {
        let is_optional = rule.at("optionalOldSelf").is_true();
        if let Some(said) = rule_problem(node, rule.at("rule").text(), is_optional, level == Level::Root) {
            rule.at("rule").invalid_as(rule.shown(), &said);
        }
        let path = rule.at("fieldPath");
        if path.is_set() && matches!(field_at(schema, path.text()), Some(None)) {
            path.invalid("must be a valid path");
        }
    }
    schema.at("properties").entries().for_each(|(_, property)| contents(property, Level::Field, depth - 1));
    contents(schema.at("items"), Level::Item, depth - 1);
    contents(schema.at("additionalProperties"), Level::Field, depth - 1);
}

/// The schema of a field by a path like `.spec.a`, nothing inside where there is none; nothing at all where the path has
/// brackets, which isn't judged.
pub(super) fn field_at<'a>(schema: Field<'a>, path: &'a str) -> Option<Option<Field<'a>>> {
    if path.contains(['[', '\'']) {
        return None;
    }
    let below = |at: Field<'a>, name| Some(at.at("properties").key(name)).filter(|f| f.is_set());
    Some(path.strip_prefix('.').and_then(|names| names.split('.').try_fold(schema, below)))
}

fn part(schema: Field<'_>, level: Level, depth: usize) {
    if !schema.is_set() || depth == 0 {
        return;
    }
    let kind = schema.at("type");
    let (items, additional) = (schema.at("items"), schema.at("additionalProperties"));
    if kind.text() == "array" && !items.is_set() {
        items.required("must be specified");
    }
    part(items, Level::Item, depth - 1);
    for (_, property) in schema.at("properties").entries() {
        part(property, Level::Field, depth - 1);
    }
    if additional.is_set() {
        if level == Level::Root {
            additional.forbidden("must not be used at the root");
        }
        if additional.node().is_some_and(|n| n.as_bool().is_none()) {
            part(additional, Level::Field, depth - 1);
        }
        if schema.at("properties").len() > 0 && additional.flag() != Some(true) {
            additional.forbidden("additionalProperties and properties are mutual exclusive");
        }
    }
    own_type(schema, kind, level);
    extensions(schema, kind);
    logic(schema, depth - 1);
    validations(schema.at("x-kubernetes-validations"));
    pattern(schema.at("pattern"));
}

fn pattern(pattern: Field<'_>) {
    if let Err(error) = GoRegex::new(pattern.text().as_bytes()) {
        pattern.invalid(&format!("must be a valid regular expression, but isn't: {error}"));
    }
}

fn own_type(schema: Field<'_>, kind: Field<'_>, level: Level) {
    let flag = |name: &'static str| schema.at(name).is_true();
    let free = flag("x-kubernetes-int-or-string") || flag("x-kubernetes-preserve-unknown-fields");
    if !kind.text().is_empty() && !TYPES.contains(&kind.text()) {
        kind.not_supported(TYPES);
    }
    if flag("x-kubernetes-embedded-resource") && kind.text() != "object" {
        let detail = "must be object if x-kubernetes-embedded-resource is true";
        if kind.text().is_empty() { kind.required(detail) } else { kind.invalid(detail) }
    } else if kind.text().is_empty() && !free {
        kind.required(match level {
            Level::Root => "must not be empty at the root",
            Level::Item => "must not be empty for specified array items",
            Level::Field => "must not be empty for specified object fields",
        });
    }
    if level == Level::Root && !matches!(kind.text(), "" | "object") {
        kind.invalid("must be object at the root");
    }
    if level == Level::Root || flag("x-kubernetes-embedded-resource") {
        for name in ["kind", "apiVersion"] {
            let property = schema.at("properties").key(name);
            if property.is_set() && property.at("type").text() != "string" {
                property.at("type").invalid_as(quote(property.at("type").text()), "must be string");
            }
        }
        let metadata = schema.at("properties").key("metadata");
        if level == Level::Root && says_more(metadata) {
            let detail = "must not specify anything other than name and generateName, but metadata is implicitly \
                          specified";
            metadata.forbidden(detail);
        }
        if metadata.is_set() && metadata.at("type").text() != "object" {
            metadata.at("type").invalid_as(quote(metadata.at("type").text()), "must be object");
        }
    }
    if schema.at("uniqueItems").is_true() {
        let detail = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
        schema.at("uniqueItems").forbidden(detail);
    }
}

/// Whether the schema of an object's metadata says more than that it is an object with a name.
fn says_more(metadata: Field<'_>) -> bool {
    let entries = metadata.node().map_or(&[][..], |n| n.entries());
    entries.iter().any(|e| match &*e.key {
        "type" | "default" => false,
        "properties" => e.value.entries().iter().any(|p| !["name", "generateName"].contains(&&*p.key)),
        _ => !matches!(&e.value.data, Data::Null | Data::Bool(false)) && e.value.as_str() != Some(""),
    })
}

fn extensions(schema: Field<'_>, kind: Field<'_>) {
    let (preserve, either) =
        (schema.at("x-kubernetes-preserve-unknown-fields"), schema.at("x-kubernetes-int-or-string"));
    let (map, list) = (schema.at("x-kubernetes-map-type"), schema.at("x-kubernetes-list-type"));
    if preserve.flag() == Some(false) {
        preserve.invalid("must be true or undefined");
    }
    if either.is_true() && preserve.is_true() {
        preserve.invalid("must be false if x-kubernetes-int-or-string is true");
    }
    for (extension, wanted, name) in
        [(map, "object", "x-kubernetes-map-type"), (list, "array", "x-kubernetes-list-type")]
    {
        if extension.is_set() && kind.text() != wanted {
            let detail = format!("must be {wanted} if {name} is specified");
            if kind.text().is_empty() { kind.required(&detail) } else { kind.invalid(&detail) }
        }
    }
    map.one_of(&["atomic", "granular"]);
    list.one_of(&["atomic", "set", "map"]);
    list_map_keys(schema, list);
}

fn list_map_keys(schema: Field<'_>, list: Field<'_>) {
    let (keys, items) = (schema.at("x-kubernetes-list-map-keys"), schema.at("items"));
    if keys.len() > 0 && list.text() != "map" {
        let detail = "must be map if x-kubernetes-list-map-keys is non-empty";
        if list.is_set() { list.invalid(detail) } else { list.required(detail) }
    }
    if list.text() != "map" {
        return;
    }
    if keys.len() == 0 {
        keys.required("must not be empty if x-kubernetes-list-type is map");
    }
    if !items.is_set() {
        return items.required("must have a schema if x-kubernetes-list-type is map");
    }
    if items.at("type").text() != "object" {
        let detail = "must be object if parent array's x-kubernetes-list-type is map";
        return items.at("type").invalid_as(quote(items.at("type").text()), detail);
    }
    let (mut seen, required) = (BTreeSet::new(), items.at("required").item_texts());
    for key in keys.items() {
        let property = items.at("properties").key(key.text());
        if !property.is_set() {
            keys.invalid("entries must all be names of item properties");
        } else if ["array", "object"].contains(&property.at("type").text()) {
            let detail = "must be a scalar type if parent array's x-kubernetes-list-type is map";
            property.at("type").invalid_as(quote("object"), detail);
        }
        if !seen.insert(key.text()) {
            keys.invalid("must not contain duplicate entries");
        }
        let needed = required.contains(key.text());
        let default = property.at("default").is_set();
        if property.is_set() && !needed && !default {
            property.at("default").required(
                "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
            );
        }
    }
}

/// `allOf` and its like may only narrow what the schema says already.
fn logic(schema: Field<'_>, depth: usize) {
    let free = schema.at("x-kubernetes-int-or-string").is_true();
    for name in ["anyOf", "allOf", "oneOf"] {
        for branch in schema.at(name).items() {
            // The usual way to say that both a number and a text will do.
            let both = |b: Field<'_>| b.at("anyOf").items().all(|i| is_scalar_type(i)) && b.at("anyOf").len() == 2;
            if free && (name == "anyOf" && is_scalar_type(branch) || name == "allOf" && both(branch)) {
                continue;
            }
            nested(branch, depth);
        }
    }
    if schema.at("not").is_set() {
        nested(schema.at("not"), depth);
    }
}

fn is_scalar_type(branch: Field<'_>) -> bool {
    branch.len() == 1 && ["integer", "string"].contains(&branch.at("type").text())
}

fn nested(branch: Field<'_>, depth: usize) {
    if depth == 0 {
        return;
    }
    for (name, detail) in NOT_IN_LOGIC {
        let field = branch.at(name);
        let says = match field.node().map(|n| &n.data) {
            None | Some(Data::Bool(false)) => false,
            Some(Data::Str(text)) => !text.is_empty(),
            Some(Data::List(items)) => !items.is_empty(),
            Some(_) => true,
        };
        if says {
            field.forbidden(detail);
        }
    }
    if branch.at("items").is_set() {
        nested(branch.at("items"), depth - 1);
    }
    for (name, property) in branch.at("properties").entries() {
        if name == "metadata" {
            property.forbidden("must not be specified in a nested context");
        }
        nested(property, depth - 1);
    }
    logic(branch, depth - 1);
    pattern(branch.at("pattern"));
}

fn validations(rules: Field<'_>) {
    for rule in rules.items() {
        let (text, message) = (rule.at("rule"), rule.at("message"));
        let (trimmed, said) = (text.text().trim(), message.text().trim());
        if trimmed.is_empty() {
            text.required("rule is not specified");
        } else if !message.text().is_empty() && said.is_empty() {
            message.invalid("must be non-empty if specified");
        } else if said.contains(['\n', '\r']) {
            message.invalid("must not contain line breaks");
        } else if trimmed.contains(['\n', '\r']) && said.is_empty() {
            message.required("message must be specified if rule contains line breaks");
        }
        let expression = rule.at("messageExpression");
        if !expression.text().is_empty() && expression.text().trim().is_empty() {
            expression.required("messageExpression must be non-empty if specified");
        }
        let reasons = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];
        rule.at("reason").one_of(&reasons);
    }
}
