//! Patterns of a schema that are no regular expressions to Go: the library refuses the schema, where the crate's engine
//! knows more (look-around, back-references).

use serde_json::Value as Json;

use super::formats;

/// Keywords that hold schemas under names, in a list, and as they are.
const NAMED: [&str; 5] = ["properties", "patternProperties", "definitions", "$defs", "dependentSchemas"];
const LISTED: [&str; 5] = ["allOf", "anyOf", "oneOf", "prefixItems", "items"];
const SINGLE: [&str; 12] = [
    "items",
    "additionalItems",
    "additionalProperties",
    "contains",
    "not",
    "if",
    "then",
    "else",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
    "contentSchema",
];

/// What the metaschema says of the first pattern that is none, as lines of the library's report. `vocabularies` says
/// whether the draft's metaschema is made of several, through which each level of the schema is then checked.
pub(super) fn report(schema: &Json, vocabularies: bool) -> Option<String> {
    let mut levels = vec![String::new()];
    let (at, message) = first_bad(schema, &mut levels)?;
    let mut out = String::new();
    let mut depth = 0;
    if vocabularies {
        // These two keywords are known to the metaschema itself.
        let skipped = levels.get(1).is_some_and(|l| l.starts_with("/definitions/") || l.starts_with("/dependencies/"));
        for level in levels.iter().skip(usize::from(skipped)) {
            out.push_str(&format!("{}- at '{level}': 'allOf' failed\n", "  ".repeat(depth)));
            depth += 1;
        }
    }
    out.push_str(&format!("{}- at '{at}': {message}", "  ".repeat(depth)));
    Some(out)
}

/// Where the first bad pattern is, and what is wrong with it; `levels` are the pointers of the schemas around it.
fn first_bad(schema: &Json, levels: &mut Vec<String>) -> Option<(String, String)> {
    let Json::Object(keywords) = schema else { return None };
    if crate::stack::is_low() {
        return None;
    }
    let here = levels.last().cloned().unwrap_or_default();
    if let Some(Json::String(pattern)) = keywords.get("pattern")
        && let Err(e) = formats::check("regex", pattern)
    {
        let quoted = super::report::quoted(pattern);
        return Some((format!("{here}/pattern"), format!("{quoted} is not valid regex: {e}")));
    }
    for (keyword, value) in keywords {
        let name = keyword.as_str();
        let below: Vec<(String, &Json)> = match value {
            Json::Object(map) if NAMED.contains(&name) => {
                map.iter().map(|(k, v)| (format!("{here}/{name}/{}", escaped(k)), v)).collect()
            }
            Json::Array(list) if LISTED.contains(&name) => {
                list.iter().enumerate().map(|(i, v)| (format!("{here}/{name}/{i}"), v)).collect()
            }
            Json::Object(_) if SINGLE.contains(&name) => vec![(format!("{here}/{name}"), value)],
            _ => continue,
        };
        for (pointer, inner) in below {
            levels.push(pointer);
            if let Some(found) = first_bad(inner, levels) {
                return Some(found);
            }
            levels.pop();
        }
    }
    None
}

/// A key as a segment of a pointer.
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
