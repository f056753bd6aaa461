//! What is wrong with a chart's values over all its environments together, judged from what templates read and what
//! layers say: keys that nothing reads, keys that nothing sets, lists that one layer replaced, values that a schema
//! refuses. What differs where it shouldn't is in [`super::differs`]. `plimsoll values` and `plimsoll lint` both ask here.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use foldhash::fast::RandomState;

use super::known::{Known, closest};
use super::mentions::Mentions;
use crate::chart::Chart;
use crate::diag::log::Log;
use crate::explain::keys::Leaf;
use crate::explain::layers::at;
use crate::explain::unguarded::unguarded;
use crate::explain::{Layers, Map, Step, path_text, scope_of};
use crate::finding::{Severity, Spot};
use crate::jsonschema::validate;
use crate::render::Rendered;
use crate::span::{Pos, Source, SourceMap, line_column};
use crate::value::{Map as Values, Value};

/// One render, in one environment.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The environment.
    pub env: Option<&'a str>,
    /// Where everything comes from.
    pub map: &'a Map,
    /// What each layer says.
    pub layers: &'a Layers,
    /// Names of subcharts that were left out.
    pub absent: &'a [String],
}

/// A key that a rule has something to say of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyFinding {
    /// The key, `image.tag`.
    pub key: String,
    /// Where it stands, or where it is read.
    pub places: BTreeSet<Spot>,
    /// The environments it holds in; empty where it holds in all or there are none.
    pub environments: BTreeSet<String>,
    /// The existing key closest to it, for one that is not set.
    pub closest: Option<String>,
    /// For a list, the place of the weaker one.
    pub replaces: Option<Spot>,
    /// For a list, the items that were lost.
    pub lost: Vec<String>,
}

impl View<'_> {
    /// Whether a key belongs to a subchart that this render left out, so that nothing can be said of it.
    pub fn is_elsewhere(&self, path: &[Step]) -> bool {
        self.absent.iter().any(|name| is_below(path, name))
    }

    /// Where the templates mention a key, by their text.
    pub fn mentions(&self, key: &str) -> BTreeSet<Spot> {
        let found = self.templates().filter_map(|(_, source)| {
            // A subchart's templates say less than the whole key.
            let chart = source.name.split("/templates/").next().unwrap_or_default();
            let mut own = key;
            for name in chart.split("/charts/").skip(1) {
                own = own.strip_prefix(name)?.strip_prefix('.')?;
            }
            let offset = memchr::memmem::find(&source.text, format!("Values.{own}").as_bytes())?;
            let (line, column) = line_column(&source.text, offset);
            Some(Spot { file: source.name.clone(), line, column })
        });
        found.collect()
    }

    fn templates(&self) -> impl Iterator<Item = (Pos, &Source)> {
        self.map.sources().all().filter(|(_, s)| s.layer.is_empty())
    }

    pub(super) fn spot(&self, pos: Pos) -> Option<Spot> {
        let place = self.map.place(pos)?;
        Some(Spot { file: place.file.to_string(), line: place.line, column: place.column })
    }

    /// Whether another environment renders the same templates.
    fn has_same_templates(&self, other: &View<'_>) -> bool {
        self.templates().map(|(_, s)| (&s.name, &s.text)).eq(other.templates().map(|(_, s)| (&s.name, &s.text)))
    }
}

fn spot(sources: &SourceMap, pos: Pos) -> Option<Spot> {
    let at = sources.location(pos)?;
    Some(Spot { file: at.name.to_owned(), line: at.line, column: at.column })
}

fn is_below(path: &[Step], name: &str) -> bool {
    matches!(path.first(), Some(Step::Key(k)) if **k == *name.as_bytes())
}

/// Keys that no template reads in any environment, and that none names in what no environment runs (`helm/unused-value`).
pub fn unused(views: &[View<'_>]) -> Vec<KeyFinding> {
    let leaves: Vec<Vec<Leaf<'_>>> = views.iter().map(|view| view.map.keys().leaves()).collect();
    let all = || views.iter().zip(&leaves).flat_map(|(view, leaves)| leaves.iter().map(move |leaf| (view, leaf)));
    let is_read = |view: &View<'_>, leaf: &Leaf<'_>| view.map.usage().is_read(leaf) || view.is_elsewhere(&leaf.path());
    let (mut read, mut open) = (HashSet::<String, RandomState>::default(), Vec::new());
    for (view, leaf) in all() {
        match (is_read(view, leaf), views.len()) {
            (false, _) => open.push((view, leaf)),
            // Another environment's word is not asked for where there is none.
            (true, 1) => {}
            (true, _) => _ = read.insert(leaf.text()),
        }
    }
    if open.is_empty() {
        return Vec::new();
    }
    let mut mentions = Mentions::default();
    all().filter(|(view, leaf)| is_read(view, leaf)).for_each(|(_, leaf)| mentions.read(leaf.text()));
    let others = views.iter().enumerate().filter(|(i, view)| *i == 0 || !view.has_same_templates(&views[0]));
    others.flat_map(|(_, view)| view.templates()).for_each(|(_, source)| {
        mentions.add(&String::from_utf8_lossy(&source.text), &path_text(&scope_of(&source.name)));
    });
    let mut unused: BTreeMap<String, BTreeSet<Spot>> = BTreeMap::new();
    for (view, leaf) in open {
        let key = leaf.text();
        if !read.contains(&key) && !mentions.has(&key) {
            unused.entry(key).or_default().extend(view.spot(leaf.pos()));
        }
    }
    unused.into_iter().map(|(key, places)| KeyFinding { key, places, ..KeyFinding::default() }).collect()
}

/// Of the keys that nothing reads, those that are meant for a subchart and set outside of it
/// (`helm/unread-subchart-value`), and the others (`helm/unused-value`). Defaults that a subchart itself has and doesn't
/// read are nobody's to mend here: they are left out, as are globals of layers outside the chart, which are for all charts.
pub fn unused_by_owner(chart: &Chart, views: &[View<'_>]) -> (Vec<KeyFinding>, Vec<KeyFinding>) {
    let names: BTreeSet<&str> = chart
        .children
        .iter()
        .map(|(_, c)| c.metadata.name.as_str())
        .chain(chart.metadata.dependencies.iter().flatten().flatten().map(|d| {
            let name = if d.alias.is_empty() { &d.name } else { &d.alias };
            name.as_str()
        }))
        .collect();
    let folder = format!("{}/", chart.path.trim_end_matches('/'));
    let below = format!("{folder}charts/");
    let (mut subcharts, mut own) = (Vec::new(), Vec::new());
    for mut finding in unused(views) {
        finding.places.retain(|p| !p.file.starts_with(&below));
        if finding.places.is_empty() {
            continue;
        }
        let head = finding.key.split('.').next().unwrap_or_default();
        if head == "global" && finding.places.iter().all(|p| !p.file.starts_with(&folder)) {
            continue;
        }
        if names.contains(head) { subcharts.push(finding) } else { own.push(finding) }
    }
    (subcharts, own)
}

/// Keys that templates read unguarded and no layer sets (`helm/undefined-value`).
pub fn undefined(views: &[View<'_>]) -> Vec<KeyFinding> {
    let mut found: BTreeMap<String, KeyFinding> = BTreeMap::new();
    let known = Known::of(views);
    // What texts say is the same in all environments that render the same templates.
    let mut in_texts: Vec<(&View<'_>, BTreeMap<String, BTreeSet<Spot>>)> = Vec::new();
    for view in views {
        let at = |places: &BTreeSet<Pos>| places.iter().filter_map(|p| view.spot(*p)).collect::<BTreeSet<Spot>>();
        let read = view.map.usage().missing.iter().map(|(key, places)| (key, at(places)));
        let same = in_texts.iter().position(|(other, _)| other.has_same_templates(view));
        let same = same.unwrap_or_else(|| {
            let said = unguarded(view.map.sources(), view.map.parsed(), view.map.helm(), &|path| known.set(path));
            in_texts.push((view, said.iter().map(|(key, places)| (key.clone(), at(places))).collect()));
            in_texts.len() - 1
        });
        for (key, mut at) in read.chain(in_texts[same].1.iter().map(|(key, at)| (key, at.clone()))) {
            if at.is_empty() {
                at = view.mentions(key);
            }
            let entry = found.entry(key.clone()).or_default();
            entry.places.extend(at);
            entry.environments.extend(view.env.map(str::to_owned));
        }
    }
    if found.is_empty() {
        return Vec::new();
    }
    let names = known.texts();
    found.retain(|key, _| !names.contains(key));
    let found = found.into_iter().map(|(key, finding)| {
        let closest = closest(&key, names.iter()).map(str::to_owned);
        KeyFinding { key, closest, ..finding }
    });
    found.collect()
}

/// Lists that one layer replaced, with the items that were lost (`helm/replaced-list`). `short` writes an item.
pub fn replaced(views: &[View<'_>], short: &dyn Fn(&Value) -> String) -> Vec<KeyFinding> {
    let mut found: BTreeMap<(String, Option<Spot>, Option<Spot>), KeyFinding> = BTreeMap::new();
    for view in views {
        let lists = view.layers.lists();
        for leaf in view.map.keys().leaves().into_iter().filter(|l| lists.contains(&l.pos())) {
            let (path, pos) = (leaf.path(), leaf.pos());
            let all = view.layers.of(&path);
            let Some(own) = all.iter().rposition(|d| d.pos == pos) else { continue };
            let Value::List(winner) = &all[own].value else { continue };
            let kept: BTreeSet<String> = winner.items.iter().map(|i| short(&i.value)).collect();
            for weaker in all[..own].iter().rev() {
                let Value::List(list) = &weaker.value else { continue };
                let lost: Vec<String> =
                    list.items.iter().map(|i| short(&i.value)).filter(|i| !kept.contains(i)).collect();
                if lost.is_empty() || weaker.pos == pos {
                    continue;
                }
                let (by, replaces) = (view.spot(pos), view.spot(weaker.pos));
                let entry = found.entry((path_text(&path), by.clone(), replaces.clone())).or_default();
                entry.key = path_text(&path);
                entry.places.extend(by);
                entry.environments.extend(view.env.map(str::to_owned));
                (entry.replaces, entry.lost) = (replaces, lost);
            }
        }
    }
    found.into_values().collect()
}

/// Templates that print no object in any environment (`helm/never-rendered`): their names within the chart.
pub fn never_rendered<'c>(chart: &'c Chart, rendered: &[&Rendered]) -> Vec<&'c str> {
    let printed: BTreeSet<&str> = rendered
        .iter()
        .flat_map(|r| r.manifests.iter().map(|m| m.path.as_str()).chain(r.hooks.iter().map(|h| h.0.path.as_str())))
        .collect();
    let is_manifest = |name: &str| {
        let base = name.rsplit('/').next().unwrap_or(name);
        !base.starts_with('_') && base != "NOTES.txt" && !base.ends_with(".tpl")
    };
    if chart.is_library() {
        return Vec::new();
    }
    let names = chart.templates.iter().map(|t| t.name.as_str()).filter(|name| is_manifest(name));
    names.filter(|name| !printed.contains(format!("{}/{name}", chart.metadata.name).as_str())).collect()
}

/// A value that a schema refuses in one environment (`helm/values-schema`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The key, empty for all the values.
    pub key: String,
    /// The line that set it, or the closest key above it that is set.
    pub place: Option<Spot>,
    /// What the schema says.
    pub message: String,
}

/// What the schemas of a chart and its subcharts refuse of its merged values, each at the line that set it.
pub fn refused(chart: &Chart, values: &Values, sources: &SourceMap, log: &mut Log) -> Vec<Refused> {
    let mut found = Vec::new();
    collect_refused(chart, values, "", sources, log, &mut found);
    found
}

fn collect_refused(
    chart: &Chart,
    values: &Values,
    prefix: &str,
    sources: &SourceMap,
    log: &mut Log,
    found: &mut Vec<Refused>,
) {
    if crate::stack::is_low() {
        return;
    }
    let root = Value::Map(values.clone());
    if let Some(schema) = &chart.schema
        && let Err(report) = validate(schema, &root, log)
    {
        if report.violations.is_empty() {
            found.push(Refused { key: prefix.to_owned(), place: None, message: report.text.trim_end().to_owned() });
        }
        for violation in report.violations {
            let (steps, place) = locate(&root, &violation.pointer, sources);
            let key = [prefix, &path_text(&steps)].into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(".");
            found.push(Refused { key, place, message: violation.message });
        }
    }
    for (_, child) in &chart.children {
        let name = &child.metadata.name;
        let declared = chart.metadata.dependencies.iter().flatten().flatten().filter(|d| d.name == *name);
        let mut names: Vec<&str> =
            declared.map(|d| if d.alias.is_empty() { d.name.as_str() } else { d.alias.as_str() }).collect();
        if names.is_empty() {
            names.push(name);
        }
        for name in names {
            if let Some(Value::Map(inner)) = values.get(name.as_bytes()) {
                let prefix = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
                collect_refused(child, &inner, &prefix, sources, log, found);
            }
        }
    }
}

/// The steps of a JSON pointer, and the line of the value there, or of the closest one above it with a line.
fn locate(root: &Value, pointer: &str, sources: &SourceMap) -> (Vec<Step>, Option<Spot>) {
    let mut steps = Vec::new();
    let mut place = None;
    for part in pointer.split('/').skip(1) {
        let name = part.replace("~1", "/").replace("~0", "~");
        let above = at(root, &steps).map(|slot| slot.value);
        steps.push(match (above, name.parse()) {
            (Some(Value::List(_)), Ok(n)) => Step::Item(n),
            _ => Step::Key(name.as_str().into()),
        });
        place = at(root, &steps).and_then(|slot| spot(sources, slot.pos)).or(place);
    }
    (steps, place)
}

/// The severity of a rule of this module, as the table has it.
pub fn severity(rule: &str) -> Severity {
    super::registry::severity(rule)
}
