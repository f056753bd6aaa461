//! values.schema.json: the jsonschema crate judges, and its errors are told as Helm tells them (helm v4.3.1
//! `pkg/chart/common/util/jsonschema.go` on santhosh-tekuri/jsonschema v6.0.3).

mod quick;
mod report;

use std::path::Path;

use jsonschema::{Retrieve, Uri, Validator};
use serde_json::Value as Json;

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
struct LocalFiles;

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
            "urn" => Ok(Json::Bool(true)),
            _ => Err(format!("failing loading {text:?}: schemas are not fetched from the network").into()),
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

fn compile(schema: &Json) -> Result<Validator, String> {
    let named = schema.get("$schema").and_then(Json::as_str).unwrap_or("https://json-schema.org/draft/2020-12/schema");
    // Formats are asserted up to draft 7.
    let formats = !named.contains("2019-09") && !named.contains("2020-12");
    let mut options = jsonschema::options().with_retriever(LocalFiles).should_validate_formats(formats);
    if schema.get("$schema").is_none() {
        options = options.with_draft(jsonschema::Draft::Draft202012);
    }
    options.with_base_uri("file:///values.schema.json").build(schema).map_err(|e| {
        let shown = e.to_string();
        if let Some(n) = shown.find("failing loading") {
            return shown[n..].to_owned();
        }
        let at = e.instance_path().to_string();
        let metaschema = named.trim_end_matches('#');
        format!(
            "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with '{metaschema}#'\n- at '{at}': {}",
            report::message(&e, schema)
        )
    })
}

/// Checks values against a schema.
///
/// # Errors
/// With Helm's report.
pub fn validate(schema: &[u8], values: &Value) -> Result<(), Report> {
    let broken = |text: String| Report { text, violations: Vec::new() };
    if let Ok(plain) = gojson::parse(schema, Pos::NONE)
        && quick::fits(&plain, values)
    {
        return Ok(());
    }
    let schema: Json = serde_json::from_slice(schema)
        .map_err(|e| broken(if e.is_eof() { "unexpected EOF".into() } else { e.to_string() }))?;
    let validator = compile(&schema).map_err(broken)?;
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
