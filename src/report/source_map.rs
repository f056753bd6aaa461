//! Where each rendered line comes from, as versioned JSON for editors and other tools: docs/source-map.md says what is
//! in it.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::explain::{LineOrigin, Map, Origin, OriginKind, Place};
use crate::manifest::Manifest;
use crate::render::Rendered;
use crate::report::explain::{Overridden, Teller};
use crate::value::HelmVersion;

/// The version of what is written.
pub const VERSION: u32 = 1;

/// What a map is of.
pub struct Head<'a> {
    /// The chart's name.
    pub chart: &'a str,
    /// The environment, if there is one.
    pub environment: Option<&'a str>,
    /// Whose behaviour was reproduced.
    pub helm: HelmVersion,
    /// How the path of an input is written.
    pub shown: &'a dyn Fn(&str) -> String,
}

/// Files and origins by number, so that each is written once.
struct Tables<'t> {
    layers: Option<&'t Teller<'t>>,
    files: Vec<Value>,
    file_numbers: HashMap<Arc<str>, usize>,
    origins: Vec<Value>,
    origin_numbers: HashMap<(OriginKind, Arc<str>, Option<Place>), usize>,
}

/// Writes the map of a render; with layers, each value says what it overrode.
pub fn write(head: &Head<'_>, rendered: &Rendered, map: &Map, layers: Option<&Teller<'_>>) -> String {
    let mut tables = Tables {
        layers,
        files: Vec::new(),
        file_numbers: HashMap::new(),
        origins: Vec::new(),
        origin_numbers: HashMap::new(),
    };
    for (_, source) in map.sources().all() {
        let layer = if source.layer.is_empty() { "template" } else { &source.layer };
        tables.file_numbers.entry(source.name.as_str().into()).or_insert(tables.files.len());
        tables.files.push(json!({ "name": (head.shown)(&source.name), "layer": layer }));
    }
    let mut documents = String::new();
    let hooks = rendered.hooks.iter().map(|(m, _)| m);
    for (n, manifest) in map.crds().iter().chain(&rendered.manifests).chain(hooks).enumerate() {
        documents.push_str(if n == 0 { "" } else { ",\n" });
        tables.document(manifest, map, &mut documents);
    }
    let helm = match head.helm {
        HelmVersion::V3 => "3.22.0",
        HelmVersion::V4 => "4.3.1",
    };
    let rest = json!({
        "version": VERSION,
        "generator": concat!("plimsoll ", env!("CARGO_PKG_VERSION")),
        "chart": head.chart,
        "environment": head.environment,
        "helm": helm,
        "files": tables.files,
        "origins": tables.origins,
    });
    // The documents are by far the most of it: they are written without a tree of values in between.
    let mut out = rest.to_string();
    out.pop();
    out.push_str(",\"documents\":[");
    out.push_str(&documents);
    out.push_str("]}\n");
    out
}

fn overridden(over: &Overridden) -> Value {
    let place = over.place.as_ref().map(ToString::to_string);
    json!({ "value": over.value, "place": place, "layer": over.layer })
}

/// `"name":[` items `]`, with a comma before it.
fn list(out: &mut String, name: &str, items: impl Iterator<Item = String>) {
    _ = write!(out, ",\"{name}\":[");
    for (n, item) in items.enumerate() {
        out.push_str(if n == 0 { "" } else { "," });
        out.push_str(&item);
    }
    out.push(']');
}

impl Tables<'_> {
    fn document(&mut self, manifest: &Manifest, map: &Map, out: &mut String) {
        let head = json!({
            "source": manifest.path,
            "kind": manifest.head.kind,
            "name": manifest.head.name,
            "text": manifest.content,
        });
        let head = head.to_string();
        out.push_str(head.trim_end_matches('}'));
        out.push_str(",\"lines\":[");
        for (n, (_, origin)) in map.lines(manifest).enumerate() {
            out.push_str(if n == 0 { "\n" } else { ",\n" });
            self.line(&origin, out);
        }
        out.push_str("]}");
    }

    fn line(&mut self, line: &LineOrigin, out: &mut String) {
        _ = write!(out, "{{\"guess\":{}", line.guess);
        if let Some(place) = &line.template {
            _ = write!(out, ",\"template\":{}", self.place(place));
        }
        if !line.chain.is_empty() {
            list(out, "chain", line.chain.iter().map(|p| self.place(p)));
        }
        if let Some(end) = &line.end {
            _ = write!(out, ",\"end\":{}", self.place(end));
            list(out, "endChain", line.end_chain.iter().map(|p| self.place(p)));
        }
        if !line.values.is_empty() {
            list(out, "values", line.values.iter().map(|o| self.used(o)));
        }
        if !line.conditions.is_empty() {
            list(out, "conditions", line.conditions.iter().map(|o| self.origin(o).to_string()));
        }
        out.push('}');
    }

    /// `[file, line, column]`
    fn place(&mut self, place: &Place) -> String {
        let file = match self.file_numbers.get(&place.file) {
            Some(n) => *n,
            None => {
                self.files.push(json!({ "name": &*place.file, "layer": "template" }));
                self.file_numbers.insert(place.file.clone(), self.files.len() - 1);
                self.files.len() - 1
            }
        };
        format!("[{file},{},{}]", place.line, place.column)
    }

    fn used(&mut self, origin: &Origin) -> String {
        let mut out = format!("{{\"origin\":{}", self.origin(origin));
        if !origin.functions.is_empty() {
            list(&mut out, "functions", origin.functions.iter().map(|f| format!("\"{f}\"")));
        }
        if origin.whole {
            out.push_str(",\"whole\":true");
        }
        out.push('}');
        out
    }

    fn origin(&mut self, origin: &Origin) -> usize {
        let key = (origin.kind, origin.key.clone(), origin.place.clone());
        if let Some(n) = self.origin_numbers.get(&key) {
            return *n;
        }
        let place = origin.place.as_ref().map(|p| {
            self.place(p);
            json!([self.file_numbers[&p.file], p.line, p.column])
        });
        let mut out = serde_json::Map::new();
        out.insert("kind".into(), origin.kind.name().into());
        if !origin.key.is_empty() {
            out.insert("key".into(), (*origin.key).into());
        }
        if let Some(place) = place {
            out.insert("place".into(), place);
        }
        if let Some(layers) = self.layers {
            let overrides: Vec<Value> = layers.source(origin).overrides.iter().map(overridden).collect();
            if !overrides.is_empty() {
                out.insert("overrides".into(), overrides.into());
            }
        }
        self.origins.push(Value::Object(out));
        self.origin_numbers.insert(key, self.origins.len() - 1);
        self.origins.len() - 1
    }
}
