//! Why a field is what it is: as text, and as JSON.

use std::fmt::Write;

use serde::Serialize;

use crate::explain::layers::Layers;
use crate::explain::{LineOrigin, Map, Origin, OriginKind, Place};
use crate::value::fmt::to_text;
use crate::value::{HelmVersion, Value};

/// A place as programs read it.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct At {
    /// The file.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, in bytes.
    pub column: usize,
}

/// What another layer said of the same key.
#[derive(Clone, Debug, Serialize)]
pub struct Overridden {
    /// Its value.
    pub value: String,
    /// Where.
    pub place: Option<At>,
    /// Which layer.
    pub layer: String,
}

/// One of the things that a field came from.
#[derive(Clone, Debug, Serialize)]
pub struct Source {
    /// `value`, `literal`, `object`, `file` or `missing`
    pub kind: &'static str,
    /// The key.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// What the key holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Where it was set.
    pub place: Option<At>,
    /// The layer that set it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub layer: String,
    /// Functions on the way.
    pub functions: Vec<&'static str>,
    /// Whether one of them keeps no map of its pieces.
    pub whole: bool,
    /// Layers that were overridden, the strongest first.
    pub overrides: Vec<Overridden>,
}

/// Why a field is what it is.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// `deployment/web`
    pub object: String,
    /// `spec.replicas`
    pub field: String,
    /// The environment.
    pub environment: Option<String>,
    /// What it says.
    pub value: String,
    /// The template's place that printed it.
    pub template: Option<At>,
    /// The calls that led there, the outermost first.
    pub chain: Vec<At>,
    /// Whether the place is only a guess.
    pub guess: bool,
    /// What it is made of.
    pub from: Vec<Source>,
    /// What decided it.
    pub decided_by: Vec<Source>,
}

/// How long a value may be to be shown in full.
const LONGEST: usize = 60;

/// A value in one line.
pub fn short(value: &Value) -> String {
    let text = match value {
        Value::Nil => "null".to_owned(),
        Value::Str(s) => format!("{:?}", s.to_text()),
        Value::Map(m) if m.is_empty() => "{}".to_owned(),
        Value::Map(m) => format!("{{{} keys}}", m.len()),
        Value::List(l) if l.items.is_empty() => "[]".to_owned(),
        Value::List(l) => {
            let items: Vec<String> = l.items.iter().map(|s| short(&s.value)).collect();
            format!("[{}]", items.join(", "))
        }
        other => to_text(other, HelmVersion::V4),
    };
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Turns origins into what is shown of them.
pub struct Teller<'a> {
    /// The map.
    pub map: &'a Map,
    /// The layers.
    pub layers: &'a Layers,
    /// How a path is shown.
    pub shown: &'a dyn Fn(&str) -> String,
}

impl Teller<'_> {
    /// A place, its file as it is shown.
    pub fn at(&self, place: &Place) -> At {
        At { file: (self.shown)(&place.file), line: place.line, column: place.column }
    }

    /// One origin with the layers it overrode.
    pub fn source(&self, origin: &Origin) -> Source {
        let mut source = Source {
            kind: origin.kind.name(),
            key: origin.key.to_string(),
            value: None,
            place: origin.place.as_ref().map(|p| self.at(p)),
            layer: origin.layer.to_string(),
            functions: origin.functions.clone(),
            whole: origin.whole,
            overrides: Vec::new(),
        };
        if origin.kind == OriginKind::Value && !origin.path.is_empty() {
            let all = self.layers.of(&origin.path);
            let own = all.iter().rposition(|d| d.pos == origin.pos);
            source.value = own.map(|n| short(&all[n].value));
            let weaker = &all[..own.unwrap_or(all.len())];
            source.overrides =
                weaker.iter().rev().filter(|d| d.pos != origin.pos).map(|d| self.overridden(d)).collect();
        }
        source
    }

    fn overridden(&self, definition: &crate::explain::Definition) -> Overridden {
        let location = self.map.sources().location(definition.pos);
        Overridden {
            value: short(&definition.value),
            layer: location.as_ref().map(|l| l.layer.to_owned()).unwrap_or_default(),
            place: location.map(|l| At { file: (self.shown)(l.name), line: l.line, column: l.column }),
        }
    }

    /// The answer about one field.
    pub fn answer(
        &self,
        object: &str,
        field: &str,
        environment: Option<&str>,
        value: &str,
        origin: &LineOrigin,
    ) -> Answer {
        Answer {
            object: object.to_owned(),
            field: field.to_owned(),
            environment: environment.map(str::to_owned),
            value: value.to_owned(),
            template: origin.template.as_ref().map(|p| self.at(p)),
            chain: origin.chain.iter().map(|p| self.at(p)).collect(),
            guess: origin.guess,
            from: origin.values.iter().map(|o| self.source(o)).collect(),
            decided_by: origin.conditions.iter().map(|o| self.source(o)).collect(),
        }
    }
}

impl std::fmt::Display for At {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // An argument is one line, and shows its own column best.
        if self.file.starts_with("--") {
            f.write_str(&self.file)
        } else {
            write!(f, "{}:{}:{}", self.file, self.line, self.column)
        }
    }
}

/// The answer for people.
pub fn text(answer: &Answer) -> String {
    let mut out = format!("{} {}\n", answer.object, answer.field).trim_end().to_owned() + "\n";
    for line in answer.value.lines() {
        _ = writeln!(out, "    {line}");
    }
    if let Some(at) = &answer.template {
        let guess = if answer.guess { " (a guess)" } else { "" };
        _ = writeln!(out, "  printed by {at}{guess}");
        for call in answer.chain.iter().rev() {
            _ = writeln!(out, "   called at {call}");
        }
    }
    sources(&mut out, "from", &answer.from);
    sources(&mut out, "decided by", &answer.decided_by);
    out
}

fn sources(out: &mut String, title: &str, all: &[Source]) {
    let shown: Vec<&Source> = all.iter().filter(|s| s.kind != "literal" || is_default(s)).collect();
    if shown.is_empty() {
        return;
    }
    _ = writeln!(out, "  {title}");
    for source in shown {
        let at = source.place.as_ref().map(|p| format!("  {p}")).unwrap_or_default();
        let layer = if source.layer.is_empty() { String::new() } else { format!(" ({})", source.layer) };
        let value = source.value.as_ref().map(|v| format!(" = {v}")).unwrap_or_default();
        let name = match source.kind {
            "literal" => "the template's own default",
            _ if source.key.is_empty() => "a value",
            _ => &source.key,
        };
        let missing = if source.kind == "missing" { ", which no layer sets" } else { "" };
        _ = writeln!(out, "    {name}{value}{missing}{at}{layer}");
        if !source.functions.is_empty() {
            let whole = if source.whole { ", as a whole" } else { "" };
            _ = writeln!(out, "      through {}{whole}", source.functions.join(", "));
        }
        for over in &source.overrides {
            let at = over.place.as_ref().map(At::to_string).unwrap_or_default();
            _ = writeln!(out, "      overrides {}  {at} ({})", over.value, over.layer);
        }
    }
}

/// Whether a template's own text stands in for a value.
fn is_default(source: &Source) -> bool {
    source.functions.iter().any(|f| matches!(*f, "default" | "coalesce" | "ternary" | "dig" | "or"))
}
