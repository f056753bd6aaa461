//! values.schema.json: the jsonschema crate judges, and its errors are told as Helm tells them (helm v4.3.1
//! `pkg/chart/common/util/jsonschema.go` on santhosh-tekuri/jsonschema v6.0.3).

mod address;
mod formats;
mod patterns;
mod quick;
mod report;
mod times;

use std::path::Path;
use std::sync::{Arc, Mutex};

use jsonschema::{Retrieve, Uri, Validator};
use serde_json::Value as Json;

use crate::diag::log::Log;
use crate::grammar::gojson;
use crate::span::Pos;
use crate::value::Value;

/// One violation, for diagnostics that point at the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// JSON pointer of the value.
    pub pointer: String,
    /// What is wrong with it.
    pub message: String,
}

/// Why values don't fit a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Helm's report for one chart, with the newline it ends in.
    pub text: String,
    /// The violations one by one; none when the schema itself is at fault.
    pub violations: Vec<Violation>,
}

/// `$ref`s: files are read where Helm reads them, from the root of the file system; the network is never asked.
struct LocalFiles {
    /// Names that nothing resolves.
    unresolved: Arc<Mutex<Vec<String>>>,
}

impl Retrieve for LocalFiles {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Json, Box<dyn std::error::Error + Send + Sync>> {
        let text = uri.as_str();
        match uri.scheme().as_str() {
            "file" => {
                let path = uri.path().as_str();
                let src = std::fs::read(Path::new(path))
                    .map_err(|_| format!("failing loading {text:?}: open {path}: no such file or directory"))?;
                Ok(serde_json::from_slice(&src)?)
            }
            // Helm takes a name that nothing resolves for a schema that allows everything.
            "urn" => {
                if let Ok(mut all) = self.unresolved.lock() {
                    all.push(text.to_owned());
                }
                Ok(Json::Bool(true))
            }
            "http" | "https" => {
                Err(format!("failing loading {text:?}: schemas are not fetched from the network").into())
            }
            _ => Err(format!("failing loading {text:?}: no URLLoader registered for {text:?}").into()),
        }
    }
}

/// Values as plain JSON: whole numbers as integers, so that `integer` holds.
pub fn to_json(value: &Value) -> Json {
    match value {
        Value::Float(f) if f.fract() == 0.0 && f.abs() < 9e15 => Json::from(*f as i64),
        Value::List(l) => l.items.iter().map(|s| to_json(&s.value)).collect(),
        Value::Map(m) => {
            Json::Object(m.entries().iter().map(|(k, s)| (k.to_text().into_owned(), to_json(&s.value))).collect())
        }
        Value::Nil => Json::Null,
        Value::Bool(b) => (*b).into(),
        Value::Int(n, _) => (*n).into(),
        Value::Float(f) => serde_json::Number::from_f64(*f).map_or(Json::Null, Json::Number),
        Value::Str(s) => s.to_text().into_owned().into(),
        _ => Json::Null,
    }
}

/// The validator of a schema, or the library's text for a schema that is none.
fn compile(schema: &Json, unresolved: &Arc<Mutex<Vec<String>>>) -> Result<Validator, String> {
    let named = schema.get("$schema").and_then(Json::as_str).unwrap_or("https://json-schema.org/draft/2020-12/schema");
    // Formats are asserted up to draft 7.
    let asserted = !named.contains("2019-09") && !named.contains("2020-12");
    let not_valid = |why: &str| {
        let metaschema = named.trim_end_matches('#');
        let failed = format!("jsonschema validation failed with '{metaschema}#'");
        format!("\"{BASE}#\" is not valid against metaschema: {failed}\n{}", why.trim_end_matches('\n'))
    };
    if let Ok(meta) = jsonschema::meta::validator_for(schema)
        && let errors = meta.iter_errors(schema).collect::<Vec<_>>()
        && !errors.is_empty()
    {
        return Err(not_valid(&report::text(&errors, &Json::Null)));
    }
    if let Some(why) = patterns::report(schema, !asserted) {
        return Err(not_valid(&why));
    }
    let mut options = jsonschema::options()
        .with_retriever(LocalFiles { unresolved: unresolved.clone() })
        .should_validate_formats(asserted);
    for &name in formats::NAMES {
        options = options.with_format(name, move |text: &str| formats::check(name, text).is_ok());
    }
    for &name in formats::UNKNOWN {
        options = options.with_format(name, |_: &str| true);
    }
    if schema.get("$schema").is_none() {
        options = options.with_draft(jsonschema::Draft::Draft202012);
    }
    options.with_base_uri(BASE).build(schema).map_err(|e| broken_reference(&e.to_string()))
}

/// What the schema is called.
const BASE: &str = "file:///values.schema.json";

fn broken_reference(shown: &str) -> String {
    if let Some(n) = shown.find("failing loading") {
        return shown[n..].to_owned();
    }
    let between = |start: &str| shown.strip_prefix(start).and_then(|s| s.strip_suffix("' does not exist"));
    if let Some(pointer) = between("Pointer '") {
        return format!("json-pointer in \"{BASE}#{pointer}\" not found");
    }
    match between("Anchor '") {
        Some(anchor) => format!("anchor in \"{BASE}#{anchor}\" not found in schema \"{BASE}\""),
        None => shown.to_owned(),
    }
}

/// Reads a schema as `json.Decoder` does.
fn read(src: &[u8]) -> Result<Json, String> {
    match gojson::parse_prefix(src, Pos::NONE) {
        Ok(None) => return Err("EOF".into()),
        Ok(Some((_, end))) if src[end..].iter().any(|c| !c.is_ascii_whitespace()) => {
            return Err("invalid character after top-level value".into());
        }
        Ok(Some(_)) => {}
        Err(e) if e.message == "unexpected end of JSON input" => return Err("unexpected EOF".into()),
        Err(e) => return Err(e.message),
    }
    serde_json::from_slice(src).map_err(|e| e.to_string())
}

/// Checks values against a schema.
///
/// # Errors
/// With Helm's report.
pub fn validate(schema: &[u8], values: &Value, log: &mut Log) -> Result<(), Report> {
    let broken = |text: String| Report { text, violations: Vec::new() };
    if let Ok(plain) = gojson::parse(schema, Pos::NONE)
        && quick::fits(&plain, values)
    {
        return Ok(());
    }
    let schema = read(schema).map_err(broken)?;
    let unresolved = Arc::default();
    let validator = compile(&schema, &unresolved);
    if let Ok(all) = unresolved.lock() {
        all.iter().for_each(|urn| log.unresolved_urn(urn));
    }
    let validator = validator.map_err(broken)?;
    let instance = to_json(values);
    if validator.is_valid(&instance) {
        return Ok(());
    }
    let errors: Vec<_> = validator.iter_errors(&instance).collect();
    let violations = errors
        .iter()
        .map(|e| Violation { pointer: e.instance_path().to_string(), message: report::message(e, &schema) })
        .collect();
    Err(Report { text: report::text(&errors, &schema), violations })
}
