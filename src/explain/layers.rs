//! What a key of the merged values was in each layer: worked out from the inputs when somebody asks, so that a render
//! doesn't pay for it.

use std::collections::HashSet;

use foldhash::fast::RandomState;

use super::keys::Step;
use crate::chart::{Chart, Dependency};
use crate::span::{Pos, SourceMap};
use crate::value::{HelmVersion, Map, Slot, Value};
use crate::values::layers::read_source;
use crate::yaml;

/// One layer's word on a key.
#[derive(Clone, Debug)]
pub struct Definition {
    /// What it says; nil deletes the key.
    pub value: Value,
    /// Where.
    pub pos: Pos,
}

/// One input, and where its keys end up.
#[derive(Debug)]
struct Layer {
    values: Map,
    /// The part of it that counts.
    from: Vec<Step>,
    /// Where that part ends up in the root's values.
    to: Vec<Step>,
}

/// The layers of one render, the weakest first.
#[derive(Debug, Default)]
pub struct Layers {
    layers: Vec<Layer>,
}

const GLOBAL: &[u8] = b"global";

impl Layers {
    /// The layers of a chart and of what the user gave, which is in `sources`.
    pub fn new(chart: &Chart, sources: &SourceMap, helm: HelmVersion) -> Layers {
        let mut layers = Layers::default();
        let root = chart.path.trim_end_matches('/').to_owned();
        layers.add_chart(chart, &root, &[], sources, helm);
        for (pos, source) in sources.all().filter(|(_, s)| !s.layer.is_empty() && s.layer != "chart") {
            if let Some(values) = read_source(source, pos, helm) {
                layers.layers.push(Layer { values, from: Vec::new(), to: Vec::new() });
            }
        }
        layers
    }

    /// A chart's defaults, above those of its subcharts.
    fn add_chart(&mut self, chart: &Chart, path: &str, to: &[Step], sources: &SourceMap, helm: HelmVersion) {
        for (folder, child) in &chart.children {
            let below = format!("{path}/charts/{folder}");
            for name in names_of(chart, child) {
                let inner: Vec<Step> = to.iter().cloned().chain(steps(&name)).collect();
                self.add_chart(child, &below, &inner, sources, helm);
            }
        }
        for (folder, child) in &chart.children {
            let Some(values) = defaults(&format!("{path}/charts/{folder}"), sources, helm) else { continue };
            for (from, parent) in imports(chart, child) {
                let to = to.iter().cloned().chain(parent).collect();
                self.layers.push(Layer { values: values.clone(), from, to });
            }
        }
        if let Some(values) = defaults(path, sources, helm) {
            self.layers.push(Layer { values, from: Vec::new(), to: to.to_vec() });
        }
    }

    /// What each layer says of a key, the weakest first.
    pub fn of(&self, path: &[Step]) -> Vec<Definition> {
        let mut found = Vec::new();
        // What subcharts say of a global is weaker than what their parents say.
        let global = path.iter().position(|s| matches!(s, Step::Key(k) if &**k == GLOBAL));
        let outer = global.map_or(0, |n| n);
        for skipped in 0..=outer {
            let keep = outer - skipped;
            let asked: Vec<Step> = match global {
                Some(n) => path[..keep].iter().chain(&path[n..]).cloned().collect(),
                None => path.to_vec(),
            };
            found.extend(self.layers.iter().filter_map(|l| l.find(&asked)));
        }
        found
    }

    /// Whether a layer sets anything to null.
    pub fn have_nulls(&self) -> bool {
        self.layers.iter().any(|l| has_nulls(&l.values))
    }

    /// Where the lists stand that a layer sets.
    pub fn lists(&self) -> HashSet<Pos, RandomState> {
        let mut found = HashSet::default();
        self.layers.iter().for_each(|l| lists(&l.values, &mut found));
        found
    }

    /// All keys that a layer sets, with the position and the layer's number.
    pub fn keys(&self) -> impl Iterator<Item = Vec<(Vec<Step>, Slot)>> {
        self.layers.iter().map(|l| {
            let mut out = Vec::new();
            if let Some(part) = at(&Value::Map(l.values.clone()), &l.from) {
                leaves(&part.value, &mut l.to.clone(), &mut out);
            }
            out
        })
    }
}

fn has_nulls(values: &Map) -> bool {
    values.entries().iter().any(|(_, slot)| match &slot.value {
        Value::Map(inner) => !crate::stack::is_low() && has_nulls(inner),
        other => other.is_nil(),
    })
}

fn lists(values: &Map, found: &mut HashSet<Pos, RandomState>) {
    for (_, slot) in values.entries().iter().filter(|_| !crate::stack::is_low()) {
        match &slot.value {
            Value::Map(inner) => lists(inner, found),
            Value::List(_) => _ = found.insert(slot.pos),
            _ => {}
        }
    }
}

/// The leaves of a value with their paths; lists are leaves.
fn leaves(value: &Value, path: &mut Vec<Step>, out: &mut Vec<(Vec<Step>, Slot)>) {
    let Some(map) = value.as_map().filter(|_| !crate::stack::is_low()) else { return };
    for (key, slot) in map.entries().iter() {
        path.push(Step::Key(key.clone()));
        match &slot.value {
            Value::Map(m) if !m.is_empty() => leaves(&slot.value, path, out),
            _ => out.push((path.clone(), slot.clone())),
        }
        path.pop();
    }
}

impl Layer {
    fn find(&self, path: &[Step]) -> Option<Definition> {
        let rest = path.strip_prefix(&self.to[..])?;
        let inner: Vec<Step> = self.from.iter().chain(rest).cloned().collect();
        let slot = at(&Value::Map(self.values.clone()), &inner)?;
        (!inner.is_empty()).then_some(Definition { value: slot.value, pos: slot.pos })
    }
}

/// What stands at a path.
pub fn at(value: &Value, path: &[Step]) -> Option<Slot> {
    let mut slot = Slot::from(value.clone());
    for step in path {
        slot = match (step, &slot.value) {
            (Step::Key(key), Value::Map(map)) => map.slot(key)?,
            (Step::Item(i), Value::List(list)) => list.items.get(*i)?.clone(),
            _ => return None,
        };
    }
    Some(slot)
}

fn steps(path: &str) -> impl Iterator<Item = Step> {
    path.split('.').map(|k| Step::Key(k.into()))
}

/// The names that a subchart goes by.
fn names_of(chart: &Chart, child: &Chart) -> Vec<String> {
    let declared: Vec<&Dependency> = declared(chart, child).collect();
    if declared.is_empty() {
        return vec![child.metadata.name.clone()];
    }
    declared.iter().map(|d| if d.alias.is_empty() { d.name.clone() } else { d.alias.clone() }).collect()
}

fn declared<'c>(chart: &'c Chart, child: &'c Chart) -> impl Iterator<Item = &'c Dependency> {
    let all = chart.metadata.dependencies.iter().flatten().flatten();
    all.filter(|d| d.name == child.metadata.name)
}

/// What a chart imports from a subchart: where it is there, and where it goes.
fn imports(chart: &Chart, child: &Chart) -> Vec<(Vec<Step>, Vec<Step>)> {
    let mut found = Vec::new();
    for import in declared(chart, child).flat_map(|d| d.import_values.iter().flatten()) {
        let (from, to) = match import {
            serde_json::Value::String(name) => (format!("exports.{name}"), ".".to_owned()),
            serde_json::Value::Object(o) => {
                let text = |key: &str| o.get(key).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
                (text("child"), text("parent"))
            }
            _ => continue,
        };
        let to = if to == "." { Vec::new() } else { steps(&to).collect() };
        found.push((steps(&from).collect(), to));
    }
    found
}

/// The values.yaml of the chart at a path.
fn defaults(path: &str, sources: &SourceMap, helm: HelmVersion) -> Option<Map> {
    let name = format!("{path}/values.yaml");
    let (pos, source) = sources.all().find(|(_, s)| s.layer == "chart" && s.name == name)?;
    yaml::load_values(&source.text, pos, helm).ok()
}
