//! Where each rendered line comes from, as versioned JSON for editors and other tools: docs/source-map.md says what is
//! in it.

use std::collections::HashMap;
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
}

/// Files and origins by number, so that each is written once.
#[derive(Default)]
struct Tables<'t> {
    layers: Option<&'t Teller<'t>>,
    files: Vec<Value>,
    file_numbers: HashMap<Arc<str>, usize>,
    origins: Vec<Value>,
    origin_numbers: HashMap<(OriginKind, Arc<str>, Option<Place>), usize>,
}

/// Writes the map of a render.
pub fn write(head: &Head<'_>, rendered: &Rendered, map: &Map) -> String {
    value(head, rendered, map, None).to_string() + "\n"
}

/// The map of a render as data; with layers, each value says what it overrode.
pub fn value(head: &Head<'_>, rendered: &Rendered, map: &Map, layers: Option<&Teller<'_>>) -> Value {
    let mut tables = Tables { layers, ..Tables::default() };
    for (_, source) in map.sources().all() {
        let layer = if source.layer.is_empty() { "template" } else { &source.layer };
        tables.file_numbers.entry(source.name.as_str().into()).or_insert(tables.files.len());
        tables.files.push(json!({ "name": source.name, "layer": layer }));
    }
    let hooks = rendered.hooks.iter().map(|(m, _)| m);
    let documents: Vec<Value> = rendered.manifests.iter().chain(hooks).map(|m| tables.document(m, map)).collect();
    let helm = match head.helm {
        HelmVersion::V3 => "3.22.0",
        HelmVersion::V4 => "4.3.1",
    };
    json!({
        "version": VERSION,
        "generator": concat!("plimsoll ", env!("CARGO_PKG_VERSION")),
        "chart": head.chart,
        "environment": head.environment,
        "helm": helm,
        "files": tables.files,
        "origins": tables.origins,
        "documents": documents,
    })
}

fn overridden(over: &Overridden) -> Value {
    let place = over.place.as_ref().map(ToString::to_string);
    json!({ "value": over.value, "place": place, "layer": over.layer })
}

impl Tables<'_> {
    fn document(&mut self, manifest: &Manifest, map: &Map) -> Value {
        let lines: Vec<Value> = map.lines(manifest).map(|(_, origin)| self.line(&origin)).collect();
        json!({
            "source": manifest.path,
            "kind": manifest.head.kind,
            "name": manifest.head.name,
            "text": manifest.content,
            "lines": lines,
        })
    }

    fn line(&mut self, line: &LineOrigin) -> Value {
        let mut out = serde_json::Map::new();
        if let Some(place) = &line.template {
            out.insert("template".into(), self.place(place));
        }
        if !line.chain.is_empty() {
            out.insert("chain".into(), line.chain.iter().map(|p| self.place(p)).collect());
        }
        if !line.values.is_empty() {
            out.insert("values".into(), line.values.iter().map(|o| self.used(o)).collect());
        }
        if !line.conditions.is_empty() {
            out.insert("conditions".into(), line.conditions.iter().map(|o| self.origin(o)).collect());
        }
        if line.guess {
            out.insert("guess".into(), true.into());
        }
        Value::Object(out)
    }

    /// `[file, line, column]`
    fn place(&mut self, place: &Place) -> Value {
        let file = match self.file_numbers.get(&place.file) {
            Some(n) => *n,
            None => {
                self.files.push(json!({ "name": &*place.file, "layer": "template" }));
                self.file_numbers.insert(place.file.clone(), self.files.len() - 1);
                self.files.len() - 1
            }
        };
        json!([file, place.line, place.column])
    }

    fn used(&mut self, origin: &Origin) -> Value {
        let mut out = serde_json::Map::new();
        out.insert("origin".into(), self.origin(origin).into());
        if !origin.functions.is_empty() {
            out.insert("functions".into(), origin.functions.iter().copied().collect());
        }
        if origin.whole {
            out.insert("whole".into(), true.into());
        }
        Value::Object(out)
    }

    fn origin(&mut self, origin: &Origin) -> usize {
        let key = (origin.kind, origin.key.clone(), origin.place.clone());
        if let Some(n) = self.origin_numbers.get(&key) {
            return *n;
        }
        let kind = match origin.kind {
            OriginKind::Value => "value",
            OriginKind::Literal => "literal",
            OriginKind::Object => "object",
            OriginKind::File => "file",
            OriginKind::Missing => "missing",
        };
        let place = origin.place.as_ref().map(|p| self.place(p));
        let mut out = serde_json::Map::new();
        out.insert("kind".into(), kind.into());
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
