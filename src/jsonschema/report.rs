//! The text of a failed validation: a tree of causes, as santhosh-tekuri/jsonschema v6.0.3 prints it, built from the
//! crate's flat list by the path each error was evaluated on.

use std::collections::BTreeMap;

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use serde_json::Value as Json;

use super::formats;

/// A schema that was applied somewhere, with what failed in it.
#[derive(Default)]
struct Applied {
    /// Pointer of the value it was applied to.
    at: String,
    causes: Vec<Cause>,
    /// Which of the keywords that end an evaluation failed.
    stopped: Option<usize>,
    /// Whether a reference led here.
    referred: bool,
    /// Whether this only holds the branches of a keyword.
    branches: bool,
}

enum Cause {
    /// An error of a keyword, with nested ones.
    Error(String, String, Vec<Applied>),
    /// A schema below, by its step.
    Below(String, Applied),
}

struct Line {
    depth: usize,
    at: String,
    message: String,
}

/// Helm's report: one line per error, nested ones indented.
pub(super) fn text(errors: &[ValidationError<'_>], schema: &Json) -> String {
    let root = tree(errors, schema, "");
    let mut lines = Vec::new();
    // A lone cause is seen through, down to where there are several.
    let mut top = &root;
    while let [Cause::Below(_, below)] = &top.causes[..]
        && !below.referred
    {
        top = below;
    }
    top.causes.iter().for_each(|c| print_cause(c, 0, &mut lines));
    let mut out = String::new();
    for l in lines {
        out.push_str(&format!("{}- at '{}': {}\n", "  ".repeat(l.depth), l.at, l.message));
    }
    out
}

fn print(a: &Applied, depth: usize, lines: &mut Vec<Line>) {
    if a.branches || a.causes.len() == 1 {
        return a.causes.iter().for_each(|c| print_cause(c, depth, lines));
    }
    lines.push(Line { depth, at: a.at.clone(), message: "validation failed".into() });
    a.causes.iter().for_each(|c| print_cause(c, depth + 1, lines));
}

fn print_cause(c: &Cause, depth: usize, lines: &mut Vec<Line>) {
    match c {
        Cause::Below(_, below) => print(below, depth, lines),
        Cause::Error(at, message, nested) => {
            lines.push(Line { depth, at: at.clone(), message: message.clone() });
            nested.iter().for_each(|n| print(n, depth + 1, lines));
        }
    }
}

/// Builds the tree of one schema's application. `base` is the evaluation path that leads to it.
fn tree(errors: &[ValidationError<'_>], schema: &Json, base: &str) -> Applied {
    let mut root = Applied::default();
    if let Some(first) = errors.first() {
        root.at = prefix(&first.instance_path().to_string(), 0);
    }
    let mut required: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for e in errors {
        if let Kind::Required { property } = e.kind() {
            let name = property.as_str().unwrap_or_default().to_owned();
            required.entry(e.evaluation_path().to_string()).or_default().push(name);
        }
    }
    let mut told = Vec::new();
    for e in errors {
        let path = e.evaluation_path().to_string();
        if let Kind::Required { .. } = e.kind() {
            if told.contains(&path) {
                continue;
            }
            told.push(path.clone());
        }
        let names = required.get(&path).map_or(&[][..], Vec::as_slice);
        if path.ends_with("/dependencies") || path.ends_with("/dependentRequired") {
            for text in dependencies(e, schema) {
                insert_as(&mut root, e, path.strip_prefix(base).unwrap_or(&path), text, Vec::new());
            }
            continue;
        }
        insert(&mut root, e, schema, path.strip_prefix(base).unwrap_or(&path), names);
    }
    root
}

/// The first `n` segments of a pointer.
fn prefix(pointer: &str, n: usize) -> String {
    let mut out = String::new();
    for s in pointer.split('/').skip(1).take(n) {
        out.push('/');
        out.push_str(s);
    }
    out
}

/// What is said of a keyword's properties that need others: the crate has one flat list for all of them.
fn dependencies(e: &ValidationError<'_>, schema: &Json) -> Vec<String> {
    let Some(Json::Object(all)) = schema.pointer(&e.schema_path().to_string()) else { return vec![e.to_string()] };
    let Json::Object(instance) = e.instance().as_ref() else { return Vec::new() };
    let mut out = Vec::new();
    for (property, needed) in all.iter().filter(|(property, _)| instance.contains_key(*property)) {
        let needed = needed.as_array().into_iter().flatten().filter_map(Json::as_str);
        let missing: Vec<String> = needed.filter(|n| !instance.contains_key(*n)).map(quoted).collect();
        if !missing.is_empty() {
            out.push(format!("properties {} required, if {} exists", missing.join(", "), quoted(property)));
        }
    }
    out
}

fn insert(root: &mut Applied, e: &ValidationError<'_>, schema: &Json, path: &str, required: &[String]) {
    let message = match required {
        [_, _, ..] => {
            let all: Vec<String> = required.iter().map(|n| quoted(n)).collect();
            format!("missing properties {}", all.join(", "))
        }
        _ => message(e, schema),
    };
    insert_as(root, e, path, message, nested(e, schema));
}

fn insert_as(root: &mut Applied, e: &ValidationError<'_>, path: &str, message: String, nested: Vec<Applied>) {
    let instance = e.instance_path().to_string();
    let steps: Vec<&str> = path.split('/').skip(1).collect();
    let mut at = root;
    let (mut i, mut depth) = (0, 0);
    while i + 1 < steps.len() {
        let (taken, consumed, wrapper) = match steps[i] {
            "properties" | "patternProperties" => (2, 1, None),
            "additionalProperties" | "unevaluatedProperties" | "contains" => (1, 1, None),
            "items" | "prefixItems" => {
                let numbered = steps[i + 1].parse::<usize>().is_ok();
                (if numbered { 2 } else { 1 }, 1, None)
            }
            "allOf" => (2, 0, Some("'allOf' failed")),
            "then" | "else" | "$ref" | "$dynamicRef" | "$recursiveRef" | "not" => (1, 0, None),
            "dependentSchemas" | "dependencies" => (2, 0, None),
            _ => (1, 0, None),
        };
        if i + taken >= steps.len() && taken > 1 {
            break;
        }
        depth += consumed;
        let pointer = prefix(&instance, depth);
        // Nothing more is evaluated once one of the keywords that end it failed.
        if at.stopped.is_some() {
            return;
        }
        if let Some(text) = wrapper {
            at = child(at, format!("{}/", steps[i]), &pointer, Some(text));
        }
        // Values of an array are told apart by their index.
        let key = format!("{}{pointer}", steps[i..i + taken].join("/"));
        at = child(at, key, &pointer, None);
        at.referred = matches!(steps[i], "$ref" | "$dynamicRef" | "$recursiveRef");
        i += taken;
    }
    // The library stops at the first of these.
    const STOPS: [&str; 3] = ["type", "const", "enum"];
    let keyword = steps.last().copied().unwrap_or_default();
    let rank = STOPS.iter().position(|k| *k == keyword);
    if at.stopped.is_some_and(|had| rank.is_none_or(|r| r > had)) {
        return;
    }
    if let Some(r) = rank {
        at.stopped = Some(r);
        at.causes.clear();
    }
    at.causes.push(Cause::Error(instance, message, nested));
}

/// The schema below, made if it isn't there; `text` makes it an error of its own with what is below it nested.
fn child<'a>(at: &'a mut Applied, key: String, pointer: &str, text: Option<&str>) -> &'a mut Applied {
    if let Some(text) = text {
        let found = at.causes.iter().position(|c| matches!(c, Cause::Error(p, m, _) if m == text && p == pointer));
        let i = found.unwrap_or_else(|| {
            at.causes.push(Cause::Error(
                pointer.to_owned(),
                text.to_owned(),
                vec![Applied { at: pointer.to_owned(), branches: true, ..Applied::default() }],
            ));
            at.causes.len() - 1
        });
        match &mut at.causes[i] {
            Cause::Error(_, _, nested) => return &mut nested[0],
            Cause::Below(_, below) => return below,
        }
    }
    let found = at.causes.iter().position(|c| matches!(c, Cause::Below(k, _) if *k == key));
    let i = found.unwrap_or_else(|| {
        at.causes.push(Cause::Below(key, Applied { at: pointer.to_owned(), ..Applied::default() }));
        at.causes.len() - 1
    });
    match &mut at.causes[i] {
        Cause::Below(_, below) => below,
        Cause::Error(_, _, nested) => &mut nested[0],
    }
}

fn nested(e: &ValidationError<'_>, schema: &Json) -> Vec<Applied> {
    match e.kind() {
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            let base = e.evaluation_path().to_string();
            context
                .iter()
                .enumerate()
                .map(|(i, errors)| {
                    let mut a = tree(errors, schema, &format!("{base}/{i}"));
                    a.at = e.instance_path().to_string();
                    a
                })
                .collect()
        }
        _ => Vec::new(),
    }
}

pub(super) fn quoted(s: &str) -> String {
    format!("'{}'", s.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// A number as the English printer of golang.org/x/text has it.
fn number(n: &Json) -> String {
    let text = n.to_string();
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |d| ("-", d));
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(w, f)| (w, Some(f)));
    if !whole.bytes().all(|c| c.is_ascii_digit()) {
        return text;
    }
    let mut grouped = String::new();
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(c);
    }
    match fraction.map(|f| f.trim_end_matches('0')).filter(|f| !f.is_empty()) {
        Some(f) => format!("{sign}{grouped}.{f}"),
        None => format!("{sign}{grouped}"),
    }
}

fn display(v: &Json) -> String {
    match v {
        Json::Null => "<nil>".into(),
        Json::String(s) => quoted(s),
        Json::Number(_) => number(v),
        other => other.to_string(),
    }
}

fn type_of(v: &Json) -> &'static str {
    match v {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}

/// The types in the library's order.
const TYPES: [&str; 7] = ["null", "boolean", "number", "integer", "string", "array", "object"];

/// The schema's own `type`, in the order in which the library names types.
fn wanted(e: &ValidationError<'_>, schema: &Json) -> String {
    let found = schema.pointer(&e.schema_path().to_string());
    let names: Vec<&str> = match found {
        Some(Json::String(s)) => vec![s],
        Some(Json::Array(a)) => a.iter().filter_map(Json::as_str).collect(),
        // A metaschema's, which isn't at hand.
        _ => {
            return match e.kind() {
                Kind::Type { kind: TypeKind::Single(one) } => one.to_string(),
                Kind::Type { kind: TypeKind::Multiple(all) } => {
                    let mut names: Vec<String> = all.iter().map(|t| t.to_string()).collect();
                    names.sort_by_key(|n| TYPES.iter().position(|t| t == n));
                    names.join(" or ")
                }
                _ => e.to_string(),
            };
        }
    };
    TYPES.iter().filter(|t| names.contains(t)).copied().collect::<Vec<_>>().join(" or ")
}

/// What the library says of one error.
pub(super) fn message(e: &ValidationError<'_>, schema: &Json) -> String {
    let instance = e.instance();
    let list = |names: &[String]| names.iter().map(|n| quoted(n)).collect::<Vec<_>>().join(", ");
    let size = |got: usize, want: &u64| format!("got {}, want {}", number(&got.into()), number(&(*want).into()));
    let length = || instance.as_str().map_or(0, |s| s.chars().count());
    let items = || instance.as_array().map_or(0, Vec::len);
    let properties = || instance.as_object().map_or(0, serde_json::Map::len);
    let bound = |limit: &Json| format!("got {}, want {}", number(instance), number(limit));
    let scalar = |v: &Json| !v.is_array() && !v.is_object();
    match e.kind() {
        Kind::Type { .. } => format!("got {}, want {}", type_of(instance), wanted(e, schema)),
        Kind::Required { property } => format!("missing property {}", quoted(property.as_str().unwrap_or_default())),
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            format!("additional properties {} not allowed", list(unexpected))
        }
        Kind::Enum { options } => match options.as_array() {
            Some(all) if all.iter().all(scalar) => match &all[..] {
                [one] => format!("value must be {}", display(one)),
                all => format!("value must be one of {}", all.iter().map(display).collect::<Vec<_>>().join(", ")),
            },
            _ => "'enum' failed".into(),
        },
        Kind::Constant { expected_value } if scalar(expected_value) => {
            format!("value must be {}", display(expected_value))
        }
        Kind::Constant { .. } => "'const' failed".into(),
        Kind::Not { .. } => "'not' failed".into(),
        Kind::AnyOf { .. } => "'anyOf' failed".into(),
        Kind::OneOfNotValid { .. } => "'oneOf' failed, none matched".into(),
        Kind::OneOfMultipleValid { context } => {
            let valid: Vec<String> = context
                .iter()
                .enumerate()
                .filter(|(_, errors)| errors.is_empty())
                .map(|(i, _)| i.to_string())
                .take(2)
                .collect();
            format!("'oneOf' failed, subschemas {} matched", valid.join(", "))
        }
        Kind::FalseSchema => "false schema".into(),
        Kind::MinLength { limit } => format!("minLength: {}", size(length(), limit)),
        Kind::MaxLength { limit } => format!("maxLength: {}", size(length(), limit)),
        Kind::MinItems { limit } => format!("minItems: {}", size(items(), limit)),
        Kind::MaxItems { limit } => format!("maxItems: {}", size(items(), limit)),
        Kind::MinProperties { limit } => format!("minProperties: {}", size(properties(), limit)),
        Kind::MaxProperties { limit } => format!("maxProperties: {}", size(properties(), limit)),
        Kind::Minimum { limit } => format!("minimum: {}", bound(limit)),
        Kind::Maximum { limit } => format!("maximum: {}", bound(limit)),
        Kind::ExclusiveMinimum { limit } => format!("exclusiveMinimum: {}", bound(limit)),
        Kind::ExclusiveMaximum { limit } => format!("exclusiveMaximum: {}", bound(limit)),
        Kind::MultipleOf { multiple_of } => {
            let limit = serde_json::Number::from_f64(*multiple_of).map_or(Json::Null, Json::Number);
            format!("multipleOf: {}", bound(&limit))
        }
        Kind::Pattern { pattern } => {
            format!("{} does not match pattern {}", display(instance), quoted(pattern))
        }
        Kind::Format { format } => {
            let why = instance.as_str().and_then(|s| formats::check(format, s).err()).unwrap_or_default();
            format!("{} is not valid {format}: {why}", display(instance))
        }
        Kind::UniqueItems => duplicate(instance),
        Kind::Contains => "no items match contains schema".into(),
        Kind::AdditionalItems { limit } => {
            format!("last {} additionalItem(s) not allowed", items().saturating_sub(*limit))
        }
        Kind::PropertyNames { error } => {
            format!("invalid propertyName {}", display(error.instance()))
        }
        _ => e.to_string(),
    }
}

fn duplicate(instance: &Json) -> String {
    let all = instance.as_array().map(Vec::as_slice).unwrap_or_default();
    for (j, b) in all.iter().enumerate() {
        if let Some(i) = all[..j].iter().position(|a| a == b) {
            return format!("items at {i} and {j} are equal");
        }
    }
    "items are equal".into()
}
