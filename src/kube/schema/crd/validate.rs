//! Validates a value against the schema of a custom resource, with the verdicts and words of kube-openapi's
//! `pkg/validation/validate` and, for lists that are sets or maps, of apiextensions-apiserver's `listtype`.
//! Start reading at [`Validator::value`].

use super::formats;
use super::same::same;
use super::schema::{Additional, CrdSchema, Junctors, Limits, ListType, number};
use crate::finding::Problem;
use crate::kube::schema::path::Path;
use crate::kube::schema::problems::{error, required, unsupported};
use crate::stack;
use crate::yaml::node::{Data, Entry, Node};

/// A validation of one object.
pub(super) struct Validator {
    /// The minor version of Kubernetes.
    pub minor: u32,
    pub found: Vec<Problem>,
}

impl Validator {
    /// Validates a value.
    pub fn value(&mut self, node: &Node, schema: &CrdSchema, path: &Path<'_>) {
        if stack::is_low() {
            return self.found.push(error("schema/type", path, "the object is nested too deep"));
        }
        let before = self.found.len();
        self.ty(node, schema, path);
        let sound = before == self.found.len();
        if !node.is_null() {
            if let Some(junctors) = &schema.junctors {
                self.junctors(node, junctors, path);
            }
            if let Some(limits) = &schema.limits {
                self.limits(node, limits, &schema.ty, path);
            }
            if sound {
                self.format(node, schema, path);
            }
            match &node.data {
                Data::List(items) => self.items(items, schema, path),
                Data::Map(entries) => self.object(node, entries, schema, path),
                _ => {}
            }
        }
        // Null is none of them, even if it is listed.
        if !schema.values.is_empty() && (node.is_null() || !schema.values.iter().any(|v| same(v, node))) {
            let given = text_of(node);
            let allowed: Vec<String> = schema.values.iter().map(text_of).collect();
            self.found.push(unsupported(path, &given, allowed.iter().map(String::as_str)));
        }
    }

    fn invalid(&mut self, rule: &'static str, path: &Path<'_>, node: &Node, why: &str) {
        let at = path.text();
        let message = format!("{at}: Invalid value: {}: {at} in body {why}", quoted(node));
        self.found.push(error(rule, path, message));
    }

    fn ty(&mut self, node: &Node, schema: &CrdSchema, path: &Path<'_>) {
        let is = |ty: &str| if schema.int_or_string { matches!(ty, "integer" | "string") } else { &*schema.ty == ty };
        let actual = match &node.data {
            Data::Null => "null",
            Data::Bool(_) => "boolean",
            Data::Int(_) | Data::Uint(_) => "integer",
            // YAML's 2.0 is 2 in JSON.
            Data::Float(f) if f.fract() == 0.0 && f.abs() < 1e21 => "integer",
            Data::Float(_) => "number",
            Data::Str(_) => "string",
            Data::List(_) => "array",
            Data::Map(_) => "object",
        };
        let any = schema.ty.is_empty() && !schema.int_or_string;
        if any || is(actual) || (actual == "integer" && is("number")) || (actual == "null" && schema.nullable) {
            return;
        }
        let wanted = if schema.int_or_string { "integer,string" } else { &schema.ty };
        let at = path.text();
        let message = format!("{at}: Invalid value: {actual:?}: {at} in body must be of type {wanted}: {actual:?}");
        let mut problem = error("schema/type", path, message);
        problem.remedy = match (wanted, actual) {
            ("string", "integer" | "number" | "boolean") => Some("put it in quotes".into()),
            ("integer" | "number" | "boolean", "string") => Some("write it without quotes".into()),
            _ => None,
        };
        self.found.push(problem);
    }

    fn format(&mut self, node: &Node, schema: &CrdSchema, path: &Path<'_>) {
        let Some(format) = schema.format.as_deref() else { return };
        match (&node.data, &*schema.ty) {
            (Data::Str(text), "" | "string") if !formats::holds(format, text, self.minor) => {
                self.invalid("schema/format", path, node, &format!("must be of type {format}: {text:?}"));
            }
            (_, "integer") if format == "int32" && node.as_i64().is_some_and(|i| i32::try_from(i).is_err()) => {
                let message = format!("Checked value must be of type integer with format int32 in {}", path.text());
                self.found.push(error("schema/format", path, message));
            }
            _ => {}
        }
    }

    fn limits(&mut self, node: &Node, limits: &Limits, ty: &str, path: &Path<'_>) {
        match &node.data {
            Data::Int(_) | Data::Uint(_) | Data::Float(_) => self.numeric(node, limits, ty, path),
            Data::Str(text) => self.text(node, text, limits, path),
            Data::List(items) => self.count(items.len(), limits.min_items, limits.max_items, "items", node, path),
            Data::Map(entries) => {
                self.count(entries.len(), limits.min_properties, limits.max_properties, "properties", node, path);
            }
            _ => {}
        }
        if let (true, Data::List(items)) = (limits.unique_items, &node.data)
            && items.iter().enumerate().any(|(i, item)| items[..i].iter().any(|other| same(other, item)))
        {
            self.invalid("schema/duplicate-item", path, node, "shouldn't contain duplicates");
        }
    }

    fn numeric(&mut self, node: &Node, limits: &Limits, ty: &str, path: &Path<'_>) {
        let Some(value) = number(node) else { return };
        // The server compares integers with limits cut to integers, unless both the type is integer and the limit isn't.
        let is_int = value.fract() == 0.0 && value.abs() < 1e21;
        let cut = |limit: f64| if is_int && (ty != "integer" || limit.fract() == 0.0) { limit.trunc() } else { limit };
        if let Some(max) = limits.maximum {
            let (over, words) = match limits.exclusive_maximum {
                true => (value >= cut(max), "less than"),
                false => (value > cut(max), "less than or equal to"),
            };
            if over {
                self.invalid("schema/limit", path, node, &format!("should be {words} {max}"));
            }
        }
        if let Some(min) = limits.minimum {
            let (under, words) = match limits.exclusive_minimum {
                true => (value <= cut(min), "greater than"),
                false => (value < cut(min), "greater than or equal to"),
            };
            if under {
                self.invalid("schema/limit", path, node, &format!("should be {words} {min}"));
            }
        }
        if let Some(factor) = limits.multiple_of {
            let whole = cut(factor);
            if whole <= 0.0 {
                let message = format!("factor MultipleOf declared for {} must be positive: {whole}", path.text());
                self.found.push(error("schema/limit", path, message));
            } else if !is_multiple(value, whole) {
                self.invalid("schema/limit", path, node, &format!("should be a multiple of {factor}"));
            }
        }
    }

    /// The server stops at the first that is wrong with a text.
    fn text(&mut self, node: &Node, text: &str, limits: &Limits, path: &Path<'_>) {
        let length = || i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
        if let Some(max) = limits.max_length.filter(|max| length() > *max) {
            let message = format!("{}: Too long: may not be more than {max} bytes", path.text());
            return self.found.push(error("schema/limit", path, message));
        }
        if let Some(min) = limits.min_length.filter(|min| length() < *min) {
            return self.invalid("schema/limit", path, node, &format!("should be at least {min} chars long"));
        }
        if let Some((source, Some(regex))) = &limits.pattern
            && !regex.is_match(text.as_bytes())
        {
            self.invalid("schema/pattern", path, node, &format!("should match '{source}'"));
        }
    }

    fn count(&mut self, count: usize, min: Option<i64>, max: Option<i64>, of: &str, node: &Node, path: &Path<'_>) {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        if let Some(max) = max.filter(|max| count > *max) {
            let message = format!("{}: Too many: {count}: must have at most {max} items", path.text());
            self.found.push(error("schema/limit", path, message));
        }
        if let Some(min) = min.filter(|min| count < *min) {
            self.invalid("schema/limit", path, node, &format!("should have at least {min} {of}"));
        }
    }

    fn items(&mut self, items: &[Node], schema: &CrdSchema, path: &Path<'_>) {
        if let Some(inner) = &schema.items {
            for (i, item) in items.iter().enumerate() {
                self.value(item, inner, &path.index(i));
            }
        }
        match &schema.list {
            ListType::Atomic => {}
            ListType::Set => self.unique(items, path, |item| Some(vec![item])),
            ListType::Map(keys) => self.unique(items, path, |item| {
                let Data::Map(_) = &item.data else { return None };
                Some(keys.iter().filter_map(|k| item.entry(k)).map(|e| &e.value).collect())
            }),
        }
    }

    /// Reports the items that are the second of their kind.
    fn unique<'n>(&mut self, items: &'n [Node], path: &Path<'_>, key: impl Fn(&'n Node) -> Option<Vec<&'n Node>>) {
        let mut seen: std::collections::HashMap<String, usize, foldhash::fast::RandomState> = Default::default();
        for (i, item) in items.iter().enumerate() {
            let Some(key) = key(item) else { continue };
            let text: Vec<String> = key.iter().map(|n| n.to_json().to_string()).collect();
            let times = seen.entry(text.join(",")).or_insert(0);
            *times += 1;
            if *times == 2 {
                let path = path.index(i);
                let message = format!("{}: Duplicate value: {}", path.text(), text.join(", "));
                self.found.push(error("schema/duplicate-item", &path, message));
            }
        }
    }

    fn object(&mut self, node: &Node, entries: &[Entry], schema: &CrdSchema, path: &Path<'_>) {
        for entry in entries {
            match (schema.property(&entry.key), &schema.additional) {
                (Some(inner), _) => self.value(&entry.value, inner, &path.key(&entry.key)),
                (None, Some(Additional::Schema(inner))) => self.value(&entry.value, inner, &path.key(&entry.key)),
                (None, Some(Additional::Allowed(false))) => {
                    let at = path.key(&entry.key);
                    let message = format!("{} in body is a forbidden property", at.text());
                    self.found.push(error("schema/unknown-field", &at, message));
                }
                _ => {}
            }
        }
        for name in &schema.required {
            if node.entry(name).is_none() {
                self.found.push(required(&path.key(name)));
            }
        }
    }

    /// What a value violates of a schema, on the side.
    fn try_value(&self, node: &Node, schema: &CrdSchema, path: &Path<'_>) -> Vec<Problem> {
        let mut trial = Validator { minor: self.minor, found: Vec::new() };
        trial.value(node, schema, path);
        trial.found
    }

    fn junctors(&mut self, node: &Node, junctors: &Junctors, path: &Path<'_>) {
        for schema in &junctors.all_of {
            self.value(node, schema, path);
        }
        let combined =
            |path: &Path<'_>, why: &str| error("schema/combination", path, format!("{:?} {why}", path.text()));
        if !junctors.any_of.is_empty() {
            let tries: Vec<Vec<Problem>> = junctors.any_of.iter().map(|s| self.try_value(node, s, path)).collect();
            if !tries.iter().any(Vec::is_empty) {
                self.found.push(combined(path, "must validate at least one schema (anyOf)"));
                self.found.extend(tries.into_iter().min_by_key(Vec::len).unwrap_or_default());
            }
        }
        if !junctors.one_of.is_empty() {
            let tries: Vec<Vec<Problem>> = junctors.one_of.iter().map(|s| self.try_value(node, s, path)).collect();
            match tries.iter().filter(|t| t.is_empty()).count() {
                1 => {}
                0 => {
                    self.found.push(combined(path, "must validate one and only one schema (oneOf). Found none valid"));
                    self.found.extend(tries.into_iter().min_by_key(Vec::len).unwrap_or_default());
                }
                n => {
                    let why = format!("must validate one and only one schema (oneOf). Found {n} valid alternatives");
                    self.found.push(combined(path, &why));
                }
            }
        }
        if junctors.not.as_ref().is_some_and(|not| self.try_value(node, not, path).is_empty()) {
            self.found.push(combined(path, "must not validate the schema (not)"));
        }
    }
}

fn is_multiple(value: f64, factor: f64) -> bool {
    let quotient = if factor < 1.0 { 1.0 / factor * value } else { value / factor };
    (quotient - quotient.round()).abs() <= 1e-9 * quotient.abs().max(1.0)
}

/// A value as it stands in a message.
fn text_of(node: &Node) -> String {
    match &node.data {
        Data::Str(text) => text.to_string(),
        _ => node.to_json().to_string(),
    }
}

fn quoted(node: &Node) -> String {
    match &node.data {
        Data::Map(_) => "\"object\"".to_owned(),
        Data::List(_) => "\"array\"".to_owned(),
        _ => node.to_json().to_string(),
    }
}
