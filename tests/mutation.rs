//! Whether what `explain` claims is true: what it points at is changed, the chart is rendered again, and the line that
//! was said to come from there must have changed.
//!
//! By default on the charts of this repository. `MUTATE=/charts/a,/charts/b cargo test --test main mutation -- --nocapture`
//! takes others (`/charts/a@ci/values.yaml` with a values file of theirs), `MUTATE_MOST=500` bounds how many places of each
//! kind are tried per chart (evenly spread over them), `MUTATE_SECONDS=10` how long they may take.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use plimsoll::chart::Chart;
use plimsoll::chart::load::load;
use plimsoll::diag::log::Log;
use plimsoll::explain::{OriginKind, Step, explain, path_text};
use plimsoll::fleet::{environments_of, files_of};
use plimsoll::render::capabilities::DEFAULT_KUBE_VERSION;
use plimsoll::render::{KubeVersion, Options, Prepared};
use plimsoll::span::{Pos, SourceMap};
use plimsoll::template::trace::Untraced;
use plimsoll::value::HelmVersion;
use plimsoll::values::layers::{Layers, ValuesFile, merge_layers};
use plimsoll::world::System;
use plimsoll::yaml::node::{Data, Document, Entry, Node};

/// A chart in an environment, all of it in memory.
#[derive(Clone)]
struct Scene {
    chart: Chart,
    layers: Layers,
    options: Options,
}

/// What each template printed.
type Texts = BTreeMap<String, String>;

fn world() -> System {
    let now = "2026-01-31T12:00:00Z".parse().expect("a time");
    System::new(Some(now), Some(1), None)
}

impl Scene {
    fn open(path: &Path, env: Option<&str>, file: Option<&str>) -> Option<Scene> {
        let helm = HelmVersion::V4;
        let chart = load(path, helm, &mut Log::new(helm)).ok()?;
        let mut files = match env {
            Some(env) => files_of(path, env),
            None => Vec::new(),
        };
        files.extend(file.map(|f| path.join(f)));
        let files = files.iter().map(|f| ValuesFile {
            path: f.display().to_string(),
            layer: env.unwrap_or("-f").to_owned(),
            text: std::fs::read(f).unwrap_or_default(),
        });
        let options = Options {
            check_schema: false,
            ..Options::of("demo", "default", KubeVersion::parse(DEFAULT_KUBE_VERSION, helm).expect("the default"), helm)
        };
        Some(Scene { chart, layers: Layers { files: files.collect(), ..Layers::default() }, options })
    }

    /// Renders; nothing when that fails.
    fn texts(&self) -> Option<Texts> {
        let mut sources = SourceMap::default();
        let mut log = Log::new(self.options.helm);
        let none = |_: &str| Err(String::new());
        let values = merge_layers(&self.layers, self.options.helm, &mut sources, &none).ok()?;
        let prepared = Prepared::new(&self.chart, &values, &self.options, &mut sources, &mut log).ok()?;
        let templates = prepared.parse(&mut sources).ok()?;
        let (evaluated, Untraced) = prepared.evaluate(&templates, &self.options, &world(), Untraced).ok()?;
        Some(evaluated.into_iter().map(|e| (e.path, e.text)).collect())
    }

    /// How many places of each kind can be tried in the time that is given for a chart.
    fn affordable(&self, most: usize) -> usize {
        let Some(seconds) = std::env::var("MUTATE_SECONDS").ok().and_then(|n| n.parse::<f64>().ok()) else {
            return most;
        };
        let start = std::time::Instant::now();
        self.texts();
        most.min((seconds / start.elapsed().as_secs_f64() / 2.0) as usize + 1)
    }

    /// The same with one input changed; nothing if there is no such input.
    fn with(&self, name: &str, change: impl FnOnce(&[u8]) -> Option<Vec<u8>>) -> Option<Scene> {
        let mut scene = self.clone();
        if let Some(file) = scene.layers.files.iter_mut().find(|f| f.path == name) {
            file.text = change(&file.text)?;
            return Some(scene);
        }
        let root = scene.chart.path.trim_end_matches('/').to_owned();
        let name_of_root = scene.chart.metadata.name.clone();
        let blob = blob_of(&mut scene.chart, &root, &[name_of_root], name)?;
        *blob = change(blob)?.into();
        Some(scene)
    }
}

/// The values.yaml or template that has this name in the source map. Aliases have paths of their own.
fn blob_of<'c>(chart: &'c mut Chart, disk: &str, paths: &[String], name: &str) -> Option<&'c mut plimsoll::blob::Blob> {
    if name == format!("{disk}/values.yaml") {
        return chart.values.as_mut();
    }
    let declared: Vec<_> = chart.metadata.dependencies.iter().flatten().flatten().cloned().collect();
    if let Some(n) = chart.templates.iter().position(|t| paths.iter().any(|p| format!("{p}/{}", t.name) == name)) {
        return Some(&mut chart.templates[n].data);
    }
    for (folder, child) in &mut chart.children {
        let own = &child.metadata.name;
        let aliases = declared.iter().filter(|d| d.name == *own && !d.alias.is_empty()).map(|d| &d.alias);
        let below: Vec<String> =
            aliases.chain([own]).flat_map(|n| paths.iter().map(move |p| format!("{p}/charts/{n}"))).collect();
        if let Some(found) = blob_of(child, &format!("{disk}/charts/{folder}"), &below, name) {
            return Some(found);
        }
    }
    None
}

/// Which lines of `old` are not in `new`, by the longest common subsequence.
fn changed(old: &[&str], new: &[&str]) -> Vec<bool> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (a, b) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
    let mut out = vec![false; old.len()];
    if a.len() == b.len() || a.len().saturating_mul(b.len()) > 4_000_000 {
        for i in 0..a.len() {
            out[head + i] = b.get(i) != Some(&a[i]);
        }
        return out;
    }
    let mut table = vec![vec![0u32; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            table[i][j] = if a[i] == b[j] { table[i + 1][j + 1] + 1 } else { table[i + 1][j].max(table[i][j + 1]) };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < a.len() {
        if j < b.len() && a[i] == b[j] && table[i][j] == table[i + 1][j + 1] + 1 {
            (i, j) = (i + 1, j + 1);
        } else if j < b.len() && table[i][j + 1] > table[i + 1][j] {
            j += 1;
        } else {
            out[head + i] = true;
            i += 1;
        }
    }
    out
}

/// The lines of `old` that are not in `new`: documents that stay as they are go first, so that the lines of others are not
/// taken for theirs.
fn changed_lines(old: &str, new: &str) -> Vec<usize> {
    let (a, b): (Vec<&str>, Vec<&str>) = (old.split("\n---").collect(), new.split("\n---").collect());
    let (gone, come) = (changed(&a, &b), changed(&b, &a));
    let mut first = 0;
    let mut lines: Vec<(usize, &str)> = Vec::new();
    for (document, gone) in a.iter().zip(gone) {
        let own = document.split('\n').enumerate().map(|(n, line)| (first + n, line));
        lines.extend(own.filter(|_| gone));
        first += document.split('\n').count();
    }
    let come = b.iter().zip(come).filter(|(_, come)| *come).flat_map(|(document, _)| document.split('\n'));
    let (numbers, old): (Vec<usize>, Vec<&str>) = lines.into_iter().unzip();
    let flags = changed(&old, &come.collect::<Vec<_>>());
    numbers.into_iter().zip(flags).filter(|(_, changed)| *changed).map(|(n, _)| n).collect()
}

/// The lines of all files that another render changes.
fn changes(old: &Texts, new: &Texts) -> BTreeSet<(String, usize)> {
    let mut found = BTreeSet::new();
    for (path, text) in old {
        let other = new.get(path).map_or("", String::as_str);
        if text == other {
            continue;
        }
        found.extend(changed_lines(text, other).into_iter().map(|n| (path.clone(), n)));
    }
    found
}

/// Another letter or digit.
fn other(c: u8) -> u8 {
    match c {
        b'9' => b'8',
        b'0'..=b'8' => c + 1,
        b'z' => b'y',
        b'a'..=b'y' => c + 1,
        b'Z' => b'Y',
        b'A'..=b'Y' => c + 1,
        _ => b'x',
    }
}

/// The text with the key that begins at `offset` made longer: what is sorted by its keys keeps its order.
fn change_key(text: &[u8], offset: usize) -> Option<Vec<u8>> {
    let document = Document::parse(text).ok()?;
    let key = &entry_at(&document.root, offset as u32)?.key;
    // Behind a quote, or none.
    let start = offset + memchr::memmem::find(text.get(offset..)?, key.as_bytes()).filter(|n| *n < 2)?;
    let at = start + key.len();
    let mut out = text.to_vec();
    // Behind `output` and before `output-ca`.
    out.splice(at..at, *b"-0");
    Some(out)
}

fn entry_at(node: &Node, offset: u32) -> Option<&Entry> {
    if let Some(found) = node.entries().iter().find(|e| e.key_offset == offset) {
        return Some(found);
    }
    let below = node.entries().iter().map(|e| &e.value).chain(node.items());
    below.into_iter().find_map(|n| entry_at(n, offset))
}

/// The text with a letter changed on the line at `offset`, outside of actions.
fn change_line(text: &[u8], offset: usize) -> Option<Vec<u8>> {
    let end = memchr::memchr(b'\n', &text[offset..]).map_or(text.len(), |n| offset + n);
    let mut depth = 0usize;
    let mut pick = None;
    for (i, c) in text[offset..end].iter().enumerate() {
        depth = match c {
            b'{' => depth + 1,
            b'}' => depth.saturating_sub(1),
            _ => depth,
        };
        if depth == 0 && c.is_ascii_alphanumeric() {
            pick = Some(offset + i);
        }
    }
    let mut out = text.to_vec();
    out[pick?] = other(out[pick?]);
    Some(out)
}

/// The text with the scalar changed whose key, or which itself, begins at `offset`.
fn change_value(text: &[u8], offset: usize) -> Option<Vec<u8>> {
    let document = Document::parse(text).ok()?;
    let node = node_at(&document.root, offset as u32)?;
    let at = node.offset as usize;
    let mut out = text.to_vec();
    match &node.data {
        Data::Bool(_) | Data::Null => {
            let end = at + text[at..].iter().take_while(|c| c.is_ascii_alphanumeric() || **c == b'~').count();
            let new: &[u8] = match &node.data {
                Data::Bool(true) => b"false",
                Data::Bool(false) => b"true",
                _ => b" changed",
            };
            out.splice(at..end, new.iter().copied());
        }
        Data::Int(_) | Data::Uint(_) | Data::Float(_) => {
            let last = at + text[at..].iter().take_while(|c| c.is_ascii_digit() || **c == b'.').count() - 1;
            out[last] = other(out[last]);
        }
        Data::Str(s) if s.is_empty() => {
            let quotes = text.get(at..at + 2)?;
            if !matches!(quotes, b"\"\"" | b"''") {
                return None;
            }
            out.splice(at + 1..at + 1, *b"changed");
        }
        Data::Str(s) => {
            // A letter or digit outside of actions, the last one of each line of it.
            let (mut from, mut any) = (at, false);
            for line in s.lines().filter(|l| !l.trim().is_empty()) {
                let Some(start) = memchr::memmem::find(&text[from..], line.as_bytes()).map(|n| from + n) else {
                    continue;
                };
                from = start + line.len();
                if let Some(changed) = change_line(&out[..from], start) {
                    out.splice(..from, changed);
                    any = true;
                    // The first one too: a template may cut the end off.
                    if out[start].is_ascii_alphabetic() && !line.contains("{{") {
                        out[start] = other(text[start]);
                    }
                }
            }
            if !any {
                return None;
            }
        }
        Data::Map(entries) if entries.is_empty() => {
            out.splice(at + 1..at + 1, *b"changed: 1");
        }
        Data::List(items) if items.is_empty() => {
            out.splice(at + 1..at + 1, *b"changed");
        }
        _ => return None,
    }
    Some(out)
}

fn node_at(node: &Node, offset: u32) -> Option<&Node> {
    for entry in node.entries() {
        if entry.key_offset == offset {
            return Some(&entry.value);
        }
        if let Some(found) = node_at(&entry.value, offset) {
            return Some(found);
        }
    }
    for item in node.items() {
        if item.offset == offset {
            return Some(item);
        }
        if let Some(found) = node_at(item, offset) {
            return Some(found);
        }
    }
    None
}

/// The template with the letter at `offset` changed, or the action around it made to print something else.
fn change_template(text: &[u8], offset: usize) -> Option<Vec<u8>> {
    let before = memchr::memmem::rfind(&text[..offset], b"{{");
    let closed = memchr::memmem::rfind(&text[..offset], b"}}");
    let mut out = text.to_vec();
    match before {
        Some(start) if closed.is_none_or(|c| c < start) => {
            let end = offset + memchr::memmem::find(&text[offset..], b"}}")?;
            let from = if text[start + 2] == b'-' { start + 3 } else { start + 2 };
            let to = if text[end - 1] == b'-' { end - 1 } else { end };
            out.splice(from..to, *b" \"CHANGED\" ");
        }
        _ => out[offset] = if text[offset] == b'x' { b'y' } else { b'x' },
    }
    Some(out)
}

/// What was found out about charts.
#[derive(Default, Debug)]
struct Score {
    lines: usize,
    with_template: usize,
    templates_tried: usize,
    templates_right: usize,
    depending: usize,
    named: usize,
    claims: usize,
    wrong: usize,
    skipped: usize,
}

impl Score {
    fn add(&mut self, other: &Score) {
        self.lines += other.lines;
        self.with_template += other.with_template;
        self.templates_tried += other.templates_tried;
        self.templates_right += other.templates_right;
        self.depending += other.depending;
        self.named += other.named;
        self.claims += other.claims;
        self.wrong += other.wrong;
        self.skipped += other.skipped;
    }

    fn template(&self) -> f64 {
        let confirmed = percent(self.templates_right, self.templates_tried);
        confirmed * percent(self.with_template, self.lines) / 100.0
    }

    fn key(&self) -> f64 {
        percent(self.named, self.depending)
    }

    fn wrong(&self) -> f64 {
        100.0 - percent(self.claims - self.wrong, self.claims)
    }
}

impl std::fmt::Display for Score {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} lines; template confirmed {:.2} % ({} of {} tried); right key {:.2} % ({} of {}); wrong claims {:.2} % ({} of {}); {} mutations failed to render",
            self.lines,
            self.template(),
            self.templates_right,
            self.templates_tried,
            self.key(),
            self.named,
            self.depending,
            self.wrong(),
            self.wrong,
            self.claims,
            self.skipped
        )
    }
}

fn percent(part: usize, of: usize) -> f64 {
    if of == 0 { 100.0 } else { 100.0 * part as f64 / of as f64 }
}

/// What is claimed of a line.
struct Claim {
    at: (String, usize),
    text: String,
    template: Pos,
    /// Positions of values that the line is said to be made of.
    content: BTreeSet<Pos>,
    /// Positions of lines inside of texts, likewise.
    content_lines: BTreeSet<Pos>,
    /// Positions of keys, likewise.
    content_keys: BTreeSet<Pos>,
    /// Paths of what went in as a whole, with all that is below.
    whole: Vec<Vec<Step>>,
    /// Positions of all that, and of what is said to have decided it.
    all: BTreeSet<Pos>,
    keys: Vec<(Pos, String)>,
}

/// How a claim is tested.
#[derive(Clone, Copy)]
enum How {
    /// The value of the key at the position is changed.
    Value,
    /// The key is.
    Key,
    /// The line is.
    Line,
}

impl Claim {
    fn of(&self, how: How) -> &BTreeSet<Pos> {
        match how {
            How::Value => &self.content,
            How::Key => &self.content_keys,
            How::Line => &self.content_lines,
        }
    }
}

fn spread<T>(items: Vec<T>, most: usize) -> Vec<T> {
    let step = items.len().div_ceil(most).max(1);
    items.into_iter().step_by(step).collect()
}

fn score(name: &str, scene: &Scene, most: usize, verbose: bool) -> Option<Score> {
    let mut sources = SourceMap::default();
    let mut log = Log::new(scene.options.helm);
    let none = |_: &str| Err(String::new());
    let values = merge_layers(&scene.layers, scene.options.helm, &mut sources, &none).ok()?;
    let (rendered, map) = explain(&scene.chart, &values, &scene.options, &world(), &mut sources, &mut log).ok()?;
    let texts = scene.texts()?;
    let mut claims = Vec::new();
    for document in rendered.manifests.iter().chain(rendered.hooks.iter().map(|(m, _)| m)) {
        let first = texts[&document.path][..document.start].matches('\n').count();
        for (n, (text, origin)) in map.lines(document).enumerate().filter(|(_, (t, _))| !t.trim().is_empty()) {
            let values = |all: &[plimsoll::explain::Origin]| -> Vec<(Pos, String)> {
                all.iter().filter(|o| o.kind == OriginKind::Value).map(|o| (o.pos, o.key.to_string())).collect()
            };
            let (names, rest): (Vec<_>, Vec<_>) = origin.values.into_iter().partition(|o| o.is_key);
            let content_lines: BTreeSet<Pos> = rest.iter().filter(|o| o.at != o.pos).map(|o| o.at).collect();
            let decided = values(&origin.conditions);
            let whole: Vec<_> = rest.iter().filter(|o| o.whole && o.kind == OriginKind::Value).collect();
            let whole = whole.into_iter().map(|o| o.path.to_vec()).collect();
            let names = values(&names);
            let named = values(&rest);
            let rest: Vec<_> = rest.into_iter().filter(|o| o.at == o.pos).collect();
            let content = values(&rest);
            let all = named.iter().chain(&names).chain(&decided).map(|c| c.0);
            claims.push(Claim {
                at: (document.path.clone(), first + n),
                text: text.to_owned(),
                template: if origin.template.is_some() { origin.at } else { Pos::NONE },
                content: content.iter().map(|c| c.0).collect(),
                content_keys: names.iter().map(|c| c.0).collect(),
                all: all.chain(content_lines.clone()).collect(),
                content_lines,
                whole,
                keys: content.into_iter().chain(names).collect(),
            });
        }
    }
    let mut score = Score { lines: claims.len(), ..Score::default() };
    templates(name, scene, &texts, &sources, &claims, most, verbose, &mut score);
    keys(name, scene, &texts, &sources, &map, &claims, most, verbose, &mut score);
    Some(score)
}

#[allow(clippy::too_many_arguments, reason = "a step of score, which has them all")]
fn templates(
    name: &str,
    scene: &Scene,
    texts: &Texts,
    sources: &SourceMap,
    claims: &[Claim],
    most: usize,
    verbose: bool,
    score: &mut Score,
) {
    let mut by_place: BTreeMap<Pos, Vec<&Claim>> = BTreeMap::new();
    for claim in claims.iter().filter(|c| c.template.is_known()) {
        score.with_template += 1;
        by_place.entry(claim.template).or_default().push(claim);
    }
    if verbose {
        for claim in claims.iter().filter(|c| !c.template.is_known()) {
            println!("{name}: no template: {}:{} {}", claim.at.0, claim.at.1 + 1, claim.text);
        }
    }
    for (pos, claims) in spread(by_place.into_iter().collect(), most) {
        let Some((file, offset)) = sources.find(pos) else { continue };
        let source = sources.source(file);
        let mutated = scene.with(&source.name, |text| change_template(text, offset)).and_then(|s| s.texts());
        let Some(mutated) = mutated else {
            score.skipped += 1;
            continue;
        };
        let changed = changes(texts, &mutated);
        for claim in claims {
            score.templates_tried += 1;
            let right = changed.contains(&claim.at);
            score.templates_right += usize::from(right);
            if !right && verbose {
                let at = sources.location(pos).map(|l| format!("{}:{}:{}", l.name, l.line, l.column));
                println!(
                    "{name}: not from {}: {}:{} {}",
                    at.unwrap_or_default(),
                    claim.at.0,
                    claim.at.1 + 1,
                    claim.text
                );
            }
        }
    }
}

#[allow(clippy::too_many_arguments, reason = "a step of score, which has them all")]
fn keys(
    name: &str,
    scene: &Scene,
    texts: &Texts,
    sources: &SourceMap,
    map: &plimsoll::explain::Map,
    claims: &[Claim],
    most: usize,
    verbose: bool,
    score: &mut Score,
) {
    let named: BTreeSet<Pos> = claims.iter().flat_map(|c| c.content_keys.iter().copied()).collect();
    let claimed: BTreeSet<Pos> = claims.iter().flat_map(|c| c.content.iter().copied()).collect();
    let set: BTreeSet<Pos> = map.keys().all().map(|(_, pos)| pos).chain(claimed).filter(|p| p.is_known()).collect();
    let mut depends: HashMap<&(String, usize), BTreeSet<Pos>> = HashMap::new();
    let lines: BTreeSet<Pos> = claims.iter().flat_map(|c| c.content_lines.iter().copied()).collect();
    let tried = set.into_iter().map(|p| (p, How::Value)).chain(named.into_iter().map(|p| (p, How::Key)));
    let tried = tried.chain(lines.into_iter().map(|p| (p, How::Line)));
    for (pos, how) in spread(tried.collect(), most) {
        let Some((file, offset)) = sources.find(pos) else { continue };
        let source = sources.source(file);
        let change = match how {
            How::Value => change_value,
            How::Key => change_key,
            How::Line => change_line,
        };
        let Some(mutated) = scene.with(&source.name, |text| change(text, offset)) else { continue };
        let Some(mutated) = mutated.texts() else {
            score.skipped += 1;
            continue;
        };
        let changed = changes(texts, &mutated);
        let rename = || {
            let mutated = scene.with(&source.name, |text| change_key(text, offset)).and_then(|s| s.texts());
            mutated.map(|new| changes(texts, &new))
        };
        let mut renamed = None;
        for claim in claims {
            let did = changed.contains(&claim.at);
            if did {
                depends.entry(&claim.at).or_default().insert(pos);
            }
            // What begins a text of several lines stays as it is when the text changes.
            let is_head = claim.text.ends_with(['|', '>']) || claim.text.ends_with("|-") || claim.text.ends_with("|+");
            if claim.of(how).contains(&pos) && !is_head {
                // Of a key whose value doesn't matter the presence may, or it may matter to whether there is anything.
                let did = did
                    || matches!(how, How::Value)
                        && match renamed.get_or_insert_with(rename) {
                            Some(renamed) => renamed.contains(&claim.at),
                            None => continue,
                        };
                score.claims += 1;
                score.wrong += usize::from(!did);
                if !did && verbose {
                    let at = sources.location(pos).map(|l| format!("{}:{}", l.name, l.line)).unwrap_or_default();
                    let key = claim.keys.iter().find(|k| k.0 == pos).map(|k| k.1.as_str()).unwrap_or_default();
                    println!("{name}: wrong: {}:{} {} is not {key} ({at})", claim.at.0, claim.at.1 + 1, claim.text);
                }
            }
        }
    }
    for claim in claims {
        let Some(on) = depends.get(&claim.at) else { continue };
        score.depending += 1;
        let is_below = |pos: &Pos| {
            let paths = map.keys().at(*pos);
            claim.whole.iter().any(|whole| paths.iter().any(|p| p.starts_with(whole)))
        };
        let right = on.iter().any(|pos| claim.all.contains(pos) || is_below(pos));
        score.named += usize::from(right);
        if !right && verbose {
            let name_of = |p: &Pos| map.keys().at(*p).first().map(|path| path_text(path)).unwrap_or_default();
            let places = on.iter().filter_map(|p| Some((name_of(p), sources.location(*p)?)));
            let at: Vec<String> = places.map(|(key, l)| format!("{key} ({}:{})", l.name, l.line)).collect();
            println!("{name}: unnamed: {}:{} {} depends on {}", claim.at.0, claim.at.1 + 1, claim.text, at.join(" "));
        }
    }
}

/// The charts that are always tried: the ledger with its library in all environments, and those made for this. The others
/// of charts/ are tried with `MUTATE=charts/web,...`.
fn own_charts() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let made = std::fs::read_dir(root.join("testdata/explain")).expect("the folder is there");
    let mut found: Vec<PathBuf> = made.flatten().map(|e| e.path()).filter(|p| p.join("Chart.yaml").is_file()).collect();
    found.push(root.join("charts/ledger"));
    found.sort();
    found
}

#[test]
fn what_is_claimed_is_true() {
    let most = std::env::var("MUTATE_MOST").ok().and_then(|n| n.parse().ok()).unwrap_or(usize::MAX);
    let asked = std::env::var("MUTATE").unwrap_or_default();
    let charts: Vec<PathBuf> = match asked.is_empty() {
        true => own_charts(),
        false => asked.split(',').map(PathBuf::from).collect(),
    };
    let verbose = !asked.is_empty();
    let mut total = Score::default();
    for path in charts {
        let text = path.display().to_string();
        let (path, file) = match text.split_once('@') {
            Some((path, file)) => (PathBuf::from(path), Some(file.to_owned())),
            None => (path, None),
        };
        let mut envs: Vec<Option<String>> = environments_of(&path).into_iter().map(Some).collect();
        if envs.is_empty() || !asked.is_empty() {
            envs = vec![None];
        }
        for env in envs {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let name = file.iter().fold(name, |name, file| format!("{name}@{file}"));
            let scene = plimsoll::stack::with_stack(|| {
                let scene = Scene::open(&path, env.as_deref(), file.as_deref())?;
                score(&name, &scene, scene.affordable(most), verbose)
            });
            match scene.flatten() {
                Some(score) => {
                    println!("{name} {}: {score}", env.as_deref().unwrap_or("-"));
                    total.add(&score);
                }
                None => println!("{name} {}: does not render", env.as_deref().unwrap_or("-")),
            }
        }
    }
    println!("total: {total}");
    if asked.is_empty() {
        assert!(total.lines > 100, "{total}");
        assert!(total.template() >= 99.5 && total.key() >= 97.0 && total.wrong() <= 0.5, "{total}");
    }
}
