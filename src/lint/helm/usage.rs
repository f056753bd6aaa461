//! What is wrong with a chart's values over all its environments together, judged from what templates read and what
//! layers say: keys that nothing reads, keys that nothing sets, lists that one layer replaced, values that a schema
//! refuses. What differs where it shouldn't is in [`super::differs`]. `plimsoll values` and `plimsoll lint` both ask here.

use std::collections::{BTreeMap, BTreeSet};

use crate::chart::Chart;
use crate::diag::log::Log;
use crate::explain::keys::Keys;
use crate::explain::layers::at;
use crate::explain::unguarded::unguarded;
use crate::explain::{Layers, Map, Step, path_text};
use crate::finding::{Severity, Spot};
use crate::jsonschema::validate;
use crate::render::Rendered;
use crate::span::{Pos, SourceMap, line_column};
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
        let templates = self.map.sources().all().filter(|(_, s)| s.layer.is_empty());
        let found = templates.filter_map(|(_, source)| {
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

    pub(super) fn spot(&self, pos: Pos) -> Option<Spot> {
        spot(self.map.sources(), pos)
    }
}

fn spot(sources: &SourceMap, pos: Pos) -> Option<Spot> {
    let at = sources.location(pos)?;
    Some(Spot { file: at.name.to_owned(), line: at.line, column: at.column })
}

fn is_below(path: &[Step], name: &str) -> bool {
    matches!(path.first(), Some(Step::Key(k)) if **k == *name.as_bytes())
}

/// The leaves of the merged values: paths, their positions and those above. Lists are leaves, and what subcharts see of
/// the globals is left out.
pub fn leaves(keys: &Keys) -> Vec<(Vec<Step>, Pos, Vec<Pos>)> {
    let mut out: Vec<(Vec<Step>, Pos, Vec<Pos>)> = Vec::new();
    let mut above: Vec<(Vec<Step>, Pos)> = Vec::new();
    let mut inner: BTreeSet<String> = BTreeSet::new();
    for (path, pos) in keys.all() {
        if path.iter().any(|s| matches!(s, Step::Item(_))) {
            continue;
        }
        while above.last().is_some_and(|(p, _)| !path.starts_with(p)) {
            above.pop();
        }
        if let Some((parent, _)) = above.last() {
            inner.insert(path_text(parent));
        }
        let is_global = |s: &Step| matches!(s, Step::Key(k) if &**k == b"global");
        let hidden = path.iter().skip(1).any(is_global);
        if !hidden {
            out.push((path.clone(), pos, above.iter().map(|a| a.1).collect()));
        }
        above.push((path, pos));
    }
    out.retain(|(path, pos, _)| pos.is_known() && !inner.contains(&path_text(path)));
    out
}

/// Keys that no template reads in any environment (`helm/unused-value`).
pub fn unused(views: &[View<'_>]) -> Vec<KeyFinding> {
    let mut read = BTreeSet::new();
    let mut places: BTreeMap<String, BTreeSet<Spot>> = BTreeMap::new();
    for view in views {
        let usage = view.map.usage();
        for (path, pos, above) in leaves(view.map.keys()) {
            let key = path_text(&path);
            if usage.is_read(pos, &above) || view.is_elsewhere(&path) {
                read.insert(key.clone());
            }
            places.entry(key).or_default().extend(view.spot(pos));
        }
    }
    let unused = places.into_iter().filter(|(key, _)| !read.contains(key));
    unused.map(|(key, places)| KeyFinding { key, places, ..KeyFinding::default() }).collect()
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
    let mut known = BTreeSet::new();
    for view in views {
        known.extend(view.map.keys().all().map(|(p, _)| path_text(&p)));
        // A null is a word on a key too.
        known.extend(view.layers.keys().flatten().map(|(p, _)| path_text(&p)));
    }
    for view in views {
        let is_set = |path: &[Step]| known.contains(&path_text(path));
        let read = view.map.usage().missing.into_iter();
        let in_texts = unguarded(view.map.sources(), view.map.helm(), &is_set);
        for (key, places) in read.chain(in_texts) {
            let mut at: BTreeSet<Spot> = places.iter().filter_map(|p| view.spot(*p)).collect();
            if at.is_empty() {
                at = view.mentions(&key);
            }
            let entry = found.entry(key).or_default();
            entry.places.extend(at);
            entry.environments.extend(view.env.map(str::to_owned));
        }
    }
    found.retain(|key, _| !known.contains(key));
    let found = found.into_iter().map(|(key, finding)| {
        let closest = closest(&key, &known).map(str::to_owned);
        KeyFinding { key, closest, ..finding }
    });
    found.collect()
}

/// The name closest to one that is unknown, if one is close.
fn closest<'n>(asked: &str, names: &'n BTreeSet<String>) -> Option<&'n str> {
    let lower = asked.to_lowercase();
    let near = names.iter().map(|n| (strsim::damerau_levenshtein(&lower, &n.to_lowercase()), n.as_str())).min();
    near.filter(|(distance, _)| *distance <= 2 + asked.len() / 2).map(|(_, name)| name)
}

/// Lists that one layer replaced, with the items that were lost (`helm/replaced-list`). `short` writes an item.
pub fn replaced(views: &[View<'_>], short: &dyn Fn(&Value) -> String) -> Vec<KeyFinding> {
    let mut found: BTreeMap<(String, Option<Spot>, Option<Spot>), KeyFinding> = BTreeMap::new();
    for view in views {
        for (path, pos, _) in leaves(view.map.keys()) {
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
