//! `--values-only`: the sides of a comparison of values. What the user gave and the chart's defaults become an object
//! each ([`crate::diff::values`]), every key with the line that sets it. What is secret is told by the key's name, and by
//! what reaches a Secret on either side: the same key is hidden on both. Start reading at [`both`].

use std::collections::HashSet;
use std::path::Path;

use super::scene::{Scene, without_value};
use super::sides::{Origin, Prepared};
use crate::chart::load::os_error;
use crate::chart::node::{Node as ChartNode, Process};
use crate::cli::session::{Failed, usage};
use crate::cluster::StoredRelease;
use crate::diag::log::Log;
use crate::diff::SideObject;
use crate::diff::secrets::flow::{Flow, suspicious};
use crate::diff::values::{DEFAULTS, USER_SUPPLIED, object};
use crate::explain::object::of_kind;
use crate::explain::{Step, path_text};
use crate::finding::KubeObject;
use crate::lint::objects;
use crate::span::{Pos, SourceMap};
use crate::value::{HelmVersion, IntKind, Map, Slot, Value};
use crate::values::strvals::parse_json_object;
use crate::yaml;
use crate::yaml::node::{Data, Entry, Node};

/// The values of one side.
#[derive(Default)]
pub(super) struct Given {
    chart: String,
    release: String,
    user: Part,
    defaults: Part,
    /// Paths of values that reach Secrets.
    secret: HashSet<Vec<Step>>,
    /// The side's Secrets, so that what they hold is known.
    secrets: Vec<KubeObject>,
    /// What else may be secret: of a chart that does not render.
    texts: Vec<String>,
}

/// Values as a tree, and what is at its ends.
struct Part {
    root: Node,
    leaves: Vec<Leaf>,
}

impl Default for Part {
    fn default() -> Part {
        Part { root: Node { data: Data::Map(Vec::new()), offset: 0 }, leaves: Vec::new() }
    }
}

/// A value without values in it. Its offset is its number among all of its part.
struct Leaf {
    path: Vec<Step>,
    offset: u32,
    text: Option<String>,
    spot: (String, usize, usize),
}

impl Given {
    /// The values of a render; `name` gives a file's name as a person may open it.
    pub fn of_scene(scene: &Scene, name: &dyn Fn(&str) -> String) -> Given {
        let session = &scene.session;
        let mut sources = session.sources.clone();
        let defaults = stored_defaults(scene, &mut sources);
        let read = |map: &Map| Part::read(map, &|pos| spot(&sources, pos, name));
        let flow = Flow::of(&scene.map, &of_kind(&scene.rendered, "Secret"));
        let paths = flow.keys().flat_map(|pos| scene.map.keys().at(pos));
        Given {
            chart: session.chart.metadata.name.clone(),
            release: session.options.name.clone(),
            user: read(&session.values),
            defaults: read(&defaults),
            secret: paths.map(|p| anywhere(&p)).collect(),
            secrets: objects::among(&scene.rendered, "Secret"),
            texts: Vec::new(),
        }
    }

    /// The values of a release in a cluster. Helm stores no lines: all come from the revision.
    pub fn of_release(release: &StoredRelease) -> Given {
        let head = format!("{} revision {}", release.name, release.revision);
        let part = |values: &serde_json::Map<String, serde_json::Value>, label: &str| {
            let text = serde_json::Value::Object(values.clone()).to_string();
            Part::read(&parse_json_object(&text, Pos::NONE).unwrap_or_default(), &|_| (label.to_owned(), 0, 0))
        };
        let texts = [release.manifest.clone(), release.hooks_text()];
        let secrets = texts.iter().flat_map(|t| objects::of_file(&head, t).0).filter(|o| o.kind == "Secret");
        let mut given = Given {
            chart: release.chart.name.clone(),
            release: release.name.clone(),
            user: part(&release.config, &format!("{head}, values")),
            defaults: part(&release.defaults, &format!("{head}, {}-{}", release.chart.name, release.chart.version)),
            secret: HashSet::new(),
            secrets: secrets.collect(),
            texts: Vec::new(),
        };
        given.secret = given.within_secrets();
        given
    }

    /// Values that a user gave, as `helm get values` prints them.
    ///
    /// # Errors
    /// If the text holds no values.
    pub fn of_text(label: &str, text: &str) -> Result<Given, Failed> {
        let wrong = |e: yaml::YamlError| usage(format!("{label}: {}", e.message));
        // The headline that Helm prints without --output.
        let headless = text.strip_prefix("USER-SUPPLIED VALUES:").unwrap_or(text);
        let mut sources = SourceMap::default();
        let base = sources.add(label, "-f", text.as_bytes().to_vec());
        let base = base.offset(text.len() - headless.len());
        let map = yaml::load_values(headless.as_bytes(), base, HelmVersion::V4).map_err(wrong)?;
        Ok(Given { user: Part::read(&map, &|pos| spot(&sources, pos, &str::to_owned)), ..Given::default() })
    }

    /// The values in a file.
    ///
    /// # Errors
    /// If it can't be read or holds none.
    pub fn of_file(path: &Path) -> Result<Given, Failed> {
        let label = path.display().to_string();
        let text = std::fs::read(path).map_err(|e| usage(format!("open {label}: {}", os_error(&e))))?;
        Given::of_text(&label, &String::from_utf8_lossy(&text))
    }

    /// No values; `texts` may be secret.
    pub fn of_nothing(texts: Vec<String>) -> Given {
        Given { texts, ..Given::default() }
    }

    /// Whether all that is known is what the user gave.
    fn has_no_chart(&self) -> bool {
        self.chart.is_empty()
    }

    /// The paths of texts that stand in the side's Secrets: without its templates this is how they are known.
    fn within_secrets(&self) -> HashSet<Vec<Step>> {
        let held: Vec<String> = self.secrets.iter().flat_map(crate::diff::secrets::held).collect();
        let leaves = self.user.leaves.iter().chain(&self.defaults.leaves);
        let stands = |text: &String| text.len() >= SHORTEST && held.iter().any(|h| h.contains(text.as_str()));
        leaves.filter(|l| l.text.as_ref().is_some_and(stands)).map(|l| anywhere(&l.path)).collect()
    }
}

/// Shorter texts stand in Secrets by chance: `true`, `5432`.
const SHORTEST: usize = 6;

/// Both sides as they are compared.
pub(super) fn both(old: Given, new: Given) -> (Prepared, Prepared) {
    let mut secret: HashSet<Vec<Step>> = old.secret.union(&new.secret).cloned().collect();
    for part in [&old.user, &old.defaults, &new.user, &new.defaults] {
        secret.extend(part.leaves.iter().filter(|l| looks_secret(l)).map(|l| anywhere(&l.path)));
    }
    // Of values alone there are no defaults to compare with.
    let with_defaults = !old.has_no_chart() || old.user.leaves.is_empty();
    (prepared(old, &secret, with_defaults), prepared(new, &secret, with_defaults))
}

fn prepared(given: Given, secret: &HashSet<Vec<Step>>, with_defaults: bool) -> Prepared {
    let mut prepared = Prepared {
        chart: given.chart,
        release: given.release,
        secrets: given.texts,
        known_secrets: given.secrets,
        ..Prepared::empty("")
    };
    let parts = [(USER_SUPPLIED, given.user), (DEFAULTS, given.defaults)];
    for (number, (name, part)) in parts.into_iter().take(if with_defaults { 2 } else { 1 }).enumerate() {
        for leaf in part.leaves {
            let path = anywhere(&leaf.path);
            if (1..=path.len()).any(|n| secret.contains(&path[..n])) {
                prepared.tainted.push((number, leaf.offset));
                prepared.secrets.extend(leaf.text);
            }
            // What Helm adds itself (`global: {}`) stands nowhere.
            if !leaf.spot.0.is_empty() {
                let values = Some((path_text(&leaf.path), leaf.spot));
                prepared.origins.insert((number, leaf.offset), Origin { template: None, values });
            }
        }
        prepared.side.objects.push(SideObject { object: object(name, part.root), hooks: Vec::new() });
    }
    prepared
}

/// What Helm would store as the chart's values: its defaults, with those of its subcharts where they are on.
fn stored_defaults(scene: &Scene, sources: &mut SourceMap) -> Map {
    let session = &scene.session;
    let helm = session.options.helm;
    let mut log = Log::new(helm);
    // It rendered: there is nothing left to fail.
    let Ok(root) = ChartNode::build(&session.chart, helm, sources) else { return Map::default() };
    let done = Process { helm, log: &mut log }.dependencies(&root, &session.values);
    let values = root.values.borrow().clone();
    if done.is_ok() { values } else { Map::default() }
}

fn spot(sources: &SourceMap, pos: Pos, name: &dyn Fn(&str) -> String) -> (String, usize, usize) {
    match sources.location(pos) {
        Some(at) if at.layer == "--set" => (without_value(at.name).to_owned(), 0, 0),
        Some(at) => (name(at.name), at.line, at.column),
        None => (String::new(), 0, 0),
    }
}

/// A path with any item of a list for each: items change places.
fn anywhere(path: &[Step]) -> Vec<Step> {
    path.iter().map(|s| if matches!(s, Step::Item(_)) { Step::Item(0) } else { s.clone() }).collect()
}

/// Whether a value is a secret by the names of its keys. A switch is none, nor is the name of a Secret.
fn looks_secret(leaf: &Leaf) -> bool {
    let Some(text) = leaf.text.as_deref().filter(|t| !t.is_empty()) else { return false };
    let keys: Vec<String> = leaf.path.iter().filter_map(key_of).map(|k| k.to_lowercase()).collect();
    let Some(last) = keys.last() else { return false };
    let names = ["name", "ref", "existingsecret", "topologykey"].iter().any(|end| last.ends_with(end));
    let plain = |key: &str| key == "key" && text.len() < LONG && !text.contains('\n');
    !names && keys.iter().any(|k| suspicious(k) && !plain(k))
}

/// Keys of labels and taints are shorter, keys to encrypt with are not.
const LONG: usize = 64;

fn key_of(step: &Step) -> Option<String> {
    match step {
        Step::Key(key) => Some(key.to_text().into_owned()),
        Step::Item(_) => None,
    }
}

/// A walk over values.
struct Reader<'a> {
    spot: &'a dyn Fn(Pos) -> (String, usize, usize),
    path: Vec<Step>,
    leaves: Vec<Leaf>,
    next: u32,
}

impl Part {
    fn read(values: &Map, spot: &dyn Fn(Pos) -> (String, usize, usize)) -> Part {
        let mut reader = Reader { spot, path: Vec::new(), leaves: Vec::new(), next: 0 };
        let root = reader.node(&Slot::from(Value::Map(values.clone())), Pos::NONE);
        Part { root, leaves: reader.leaves }
    }
}

impl Reader<'_> {
    /// `above` is where the closest thing around that has a place stands.
    fn node(&mut self, slot: &Slot, above: Pos) -> Node {
        let pos = if slot.pos.is_known() { slot.pos } else { above };
        self.next += 1;
        let offset = self.next;
        let data = match &slot.value {
            _ if crate::stack::is_low() => Data::Null,
            Value::Map(map) if !map.is_empty() => Data::Map(self.entries(map, pos)),
            Value::List(list) if !list.items.is_empty() => {
                let items = list.items.iter().enumerate();
                Data::List(items.map(|(i, slot)| self.below(Step::Item(i), slot, pos)).collect())
            }
            leaf => scalar(leaf),
        };
        let text = match &data {
            Data::Str(text) => Some(text.to_string()),
            Data::Int(i) => Some(i.to_string()),
            Data::Uint(u) => Some(u.to_string()),
            Data::Float(f) => Some(f.to_string()),
            _ => None,
        };
        let is_leaf = match &data {
            Data::Map(entries) => entries.is_empty(),
            Data::List(items) => items.is_empty(),
            _ => true,
        };
        if is_leaf && !self.path.is_empty() {
            self.leaves.push(Leaf { path: self.path.clone(), offset, text, spot: (self.spot)(pos) });
        }
        Node { data, offset }
    }

    fn entries(&mut self, map: &Map, pos: Pos) -> Vec<Entry> {
        let all: Vec<_> = map.entries().iter().map(|(k, s)| (k.clone(), s.clone())).collect();
        let entry = |(key, slot): (crate::value::Str, Slot)| Entry {
            key: key.to_text().into(),
            key_offset: 0,
            value: self.below(Step::Key(key), &slot, pos),
        };
        all.into_iter().map(entry).collect()
    }

    fn below(&mut self, step: Step, slot: &Slot, above: Pos) -> Node {
        self.path.push(step);
        let node = self.node(slot, above);
        self.path.pop();
        node
    }
}

/// A value without values in it. Helm's numbers are floats: those without a fraction are shown as integers.
fn scalar(value: &Value) -> Data {
    match value {
        Value::Bool(b) => Data::Bool(*b),
        Value::Int(i, IntKind::Uint64) => Data::Uint(u64::from_ne_bytes(i.to_ne_bytes())),
        Value::Int(i, _) => Data::Int(*i),
        Value::Float(f) if f.fract() == 0.0 && f.abs() < 9e15 => Data::Int(*f as i64),
        Value::Float(f) if f.is_finite() => Data::Float(*f),
        Value::Str(text) => Data::Str(text.to_text().into()),
        Value::Map(map) if map.is_empty() => Data::Map(Vec::new()),
        Value::List(list) if list.items.is_empty() => Data::List(Vec::new()),
        _ => Data::Null,
    }
}
