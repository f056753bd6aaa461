//! The map of a render: questions about lines, answered with places that a person can open.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::keys::{Keys, Step, path_text};
use super::record::{Node, Recorder, Ref};
use super::resolve::{Leaf, Memo, Use, Walk};
use crate::chart::Chart;
use crate::manifest::Manifest;
use crate::span::{FileId, Pos, SourceMap};

/// A place in a file; line and column count from 1, the column in bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file: a template as Helm names it (`chart/templates/x.yaml`), a values file by its path, or an argument
    /// (`--set image.tag=3`).
    pub file: Arc<str>,
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// What something came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OriginKind {
    /// A key of the values.
    Value,
    /// A text or number in a template, for instance what `default` falls back to.
    Literal,
    /// An object that isn't in the values: `Release.Name`, `Chart.Version`, `Capabilities`.
    Object,
    /// A file of the chart (`.Files`).
    File,
    /// A key that a template asked for and no layer sets.
    Missing,
}

/// One thing that a line came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// What it is.
    pub kind: OriginKind,
    /// Its path in the root chart's values (`image.tag`), or the object's (`Release.Name`), or the file's name; empty
    /// for literals and where it isn't known.
    pub key: Arc<str>,
    /// The same path, step by step; empty unless it is a value.
    pub path: Arc<[Step]>,
    /// Where it was set.
    pub place: Option<Place>,
    /// Layer that set it: `chart`, an environment's name, `-f`, `--set`; empty unless it is a value.
    pub layer: Arc<str>,
    /// Position of the key or item.
    pub pos: Pos,
    /// Position of the very line, where the value is a text of several; otherwise the same as `pos`.
    pub at: Pos,
    /// Template functions that it passed through, the last one called first.
    pub functions: Vec<&'static str>,
    /// Whether it is the key itself, rather than its value.
    pub is_key: bool,
    /// Whether one of them keeps no map of its pieces (`sha256sum`): then this is one of all the things that went in.
    pub whole: bool,
}

/// Where a line, or a stretch of one, came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineOrigin {
    /// The place in a template that wrote the first byte that is no blank.
    pub template: Option<Place>,
    /// The same, as a position.
    pub at: Pos,
    /// The calls that led there (`include`, `template`, `tpl`), the outermost first.
    pub chain: Vec<Place>,
    /// The place that wrote the last byte that is no blank, where that is on another line.
    pub end: Option<Place>,
    /// The calls that led there.
    pub end_chain: Vec<Place>,
    /// What it is made of, in the order it is printed.
    pub values: Vec<Origin>,
    /// What decided that it is there, and what it is.
    pub conditions: Vec<Origin>,
    /// Whether some of this is only a guess: the line is a Jinja template's, or too much went into it.
    pub guess: bool,
}

/// A subchart that a value switches on or off.
#[derive(Debug)]
struct Gate {
    /// How its templates' paths begin.
    prefix: String,
    path: Vec<Step>,
    pos: Pos,
}

/// Where everything that a render printed came from.
pub struct Map {
    pub(super) record: Recorder,
    sources: SourceMap,
    files: HashMap<String, Ref, RandomState>,
    gates: Vec<Gate>,
    memo: RefCell<Memo>,
    known: RefCell<Known>,
}

/// An input that was asked for: its name, its layer and where its lines begin.
type Input = (Arc<str>, Arc<str>, Vec<u32>);

/// What was looked up already.
#[derive(Default)]
struct Known {
    inputs: HashMap<FileId, Input, RandomState>,
    /// Numbers of the charts whose templates were asked about, by their paths.
    charts: HashMap<String, u32, RandomState>,
    /// Origins without functions, by their leaf and the chart.
    origins: HashMap<(u32, u32), Origin, RandomState>,
    /// Lines of block scalars, see [`block_lines`].
    blocks: HashMap<Pos, Rc<[(usize, usize)]>, RandomState>,
    /// What switches on each chart.
    gates: HashMap<u32, Rc<Vec<Origin>>, RandomState>,
}

impl Map {
    pub(super) fn new(record: Recorder, sources: SourceMap, chart: &Chart) -> Map {
        let files = record.files.iter().map(|f| (f.name.to_text().into_owned(), f.buffer)).collect();
        let mut gates = Vec::new();
        find_gates(chart, &chart.metadata.name, &[], &mut gates);
        if !gates.is_empty() {
            let positions = record.keys.find(gates.iter().map(|g: &Gate| &g.path[..]));
            gates.iter_mut().zip(positions).for_each(|(g, pos)| g.pos = pos);
            gates.retain(|g| g.pos.is_known());
        }
        Map { record, sources, files, gates, memo: RefCell::default(), known: RefCell::default() }
    }

    /// The inputs.
    pub fn sources(&self) -> &SourceMap {
        &self.sources
    }

    /// The keys of the merged values.
    pub fn keys(&self) -> &Keys {
        &self.record.keys
    }

    /// Whether a template below this path was executed.
    pub fn has_below(&self, prefix: &str) -> bool {
        self.files.keys().any(|f| f.starts_with(prefix))
    }

    /// The key of the values that stands at a position.
    pub fn value_at(&self, pos: Pos, path: Vec<Step>) -> Origin {
        self.value(pos, path)
    }

    /// Where a line of a document comes from; lines count from 1.
    pub fn line(&self, document: &Manifest, line: usize) -> LineOrigin {
        let mut start = 0;
        for (n, text) in document.content.split_inclusive('\n').enumerate() {
            if n + 1 == line {
                return self.bytes(document, start..start + text.trim_end_matches('\n').len());
            }
            start += text.len();
        }
        LineOrigin::default()
    }

    /// Where each line of a document comes from, in order.
    pub fn lines<'m>(&'m self, document: &'m Manifest) -> impl Iterator<Item = (&'m str, LineOrigin)> {
        let mut start = 0;
        document.content.split_inclusive('\n').map(move |text| {
            let line = text.trim_end_matches('\n');
            let origin = self.bytes(document, start..start + line.len());
            start += text.len();
            (line, origin)
        })
    }

    /// Where some bytes of a document come from. Their template is that of the first one that is no blank.
    pub fn bytes(&self, document: &Manifest, range: std::ops::Range<usize>) -> LineOrigin {
        let Some(buffer) = self.files.get(&document.path).copied() else { return LineOrigin::default() };
        let text = document.content.get(range.clone()).unwrap_or_default();
        let blank = text.len() - text.trim_start_matches([' ', '\t']).len();
        let at = |offset: usize| u32::try_from(document.start + offset).unwrap_or(u32::MAX);
        let first = if blank < text.len() { range.start + blank } else { range.start };
        let mut origin = LineOrigin::default();
        if let Some((pos, chain)) = self.record.wrote(buffer, at(first)) {
            origin.template = self.place(pos);
            origin.at = pos;
            origin.chain = chain.into_iter().filter_map(|p| self.place(p)).collect();
        }
        let last = range.start + text.trim_end().len().max(1) - 1;
        if let Some((pos, chain)) = self.record.wrote(buffer, at(last)) {
            let line = |p: &Option<Place>| p.as_ref().map(|p| (p.file.clone(), p.line));
            origin.end = self.place(pos).filter(|p| line(&origin.template) != Some((p.file.clone(), p.line)));
            if origin.end.is_some() {
                origin.end_chain = chain.into_iter().filter_map(|p| self.place(p)).collect();
            }
        }
        let mut memo = self.memo.borrow_mut();
        let mut walk = Walk::new(&self.record, &mut memo);
        walk.bytes(buffer, at(range.start), at(range.end.max(range.start + 1)));
        let (uses, decided) = (std::mem::take(&mut walk.uses), std::mem::take(&mut walk.decided));
        origin.guess = walk.gave_up() || document.path.ends_with(".j2");
        let chart = self.chart_of(&document.path);
        let line = if text.contains('\n') { "" } else { text.trim() };
        origin.values = uses.iter().map(|u| self.used(&memo, u, &document.path, chart, line)).collect();
        unique(&mut origin.values);
        let used: Vec<u32> = uses.iter().map(|u| u.leaf).collect();
        let only_decided = decided.iter().filter(|leaf| !used.contains(leaf));
        origin.conditions = only_decided.map(|leaf| self.origin(&memo, *leaf, &document.path, chart)).collect();
        origin.conditions.retain(|c| c.kind != OriginKind::Literal);
        origin.conditions.extend(self.gates_of(&document.path, chart).iter().cloned());
        unique(&mut origin.conditions);
        origin
    }

    /// Positions of the values that switch subcharts on.
    pub(super) fn gates(&self) -> impl Iterator<Item = Pos> {
        self.gates.iter().map(|g| g.pos)
    }

    /// The values that switch on the subchart of a template.
    fn gates_of(&self, path: &str, chart: u32) -> Rc<Vec<Origin>> {
        if let Some(found) = self.known.borrow().gates.get(&chart) {
            return found.clone();
        }
        let open = self.gates.iter().filter(|g| path.starts_with(&g.prefix));
        let found: Rc<Vec<Origin>> = Rc::new(open.map(|g| self.value(g.pos, g.path.clone())).collect());
        self.known.borrow_mut().gates.insert(chart, found.clone());
        found
    }

    fn place(&self, pos: Pos) -> Option<Place> {
        self.located(pos).map(|(place, _)| place)
    }

    /// The place of a position, and the layer that it belongs to.
    fn located(&self, pos: Pos) -> Option<(Place, Arc<str>)> {
        let (id, offset) = self.sources.find(pos)?;
        let mut known = self.known.borrow_mut();
        let (name, layer, starts) = known.inputs.entry(id).or_insert_with(|| {
            let source = self.sources.source(id);
            let starts = memchr::memchr_iter(b'\n', &source.text).map(|n| n as u32 + 1);
            (source.name.as_str().into(), source.layer.as_str().into(), [0].into_iter().chain(starts).collect())
        });
        let line = starts.partition_point(|s| *s as usize <= offset);
        let column = offset - starts[line - 1] as usize + 1;
        Some((Place { file: name.clone(), line, column }, layer.clone()))
    }

    fn is_template(&self, pos: Pos) -> bool {
        self.sources.find(pos).is_some_and(|(file, _)| self.sources.source(file).layer.is_empty())
    }

    fn value(&self, pos: Pos, path: Vec<Step>) -> Origin {
        let (place, layer) = match self.located(pos) {
            Some((place, layer)) => (Some(place), layer),
            None => (None, "".into()),
        };
        Origin { kind: OriginKind::Value, place, layer, path: path.clone().into(), ..plain(path_text(&path), pos) }
    }

    /// The number of the chart that a template belongs to.
    fn chart_of(&self, template: &str) -> u32 {
        let chart = template.split("/templates/").next().unwrap_or_default();
        let charts = &mut self.known.borrow_mut().charts;
        let next = charts.len() as u32;
        match charts.get(chart) {
            Some(n) => *n,
            None => *charts.entry(chart.to_owned()).or_insert(next),
        }
    }

    /// The origin of a leaf as it was used.
    fn used(&self, memo: &Memo, used: &Use, template: &str, chart: u32, line: &str) -> Origin {
        let mut origin = self.origin(memo, used.leaf, template, chart);
        let names = used.functions.iter().filter_map(|n| self.record.names.get(usize::from(*n)).copied());
        origin.functions = names.collect();
        origin.functions.dedup();
        origin.whole = used.whole;
        if origin.kind == OriginKind::Value && !origin.whole && !origin.is_key {
            self.find_line(&mut origin, used.first, line);
        }
        origin
    }

    /// Leads to the line inside of a text of several lines: by the offset in the text, or by what the line says.
    fn find_line(&self, origin: &mut Origin, first: Option<u32>, line: &str) {
        let Some((file, offset)) = self.sources.find(origin.pos) else { return };
        let source = self.sources.source(file);
        let known = self.known.borrow().blocks.get(&origin.pos).cloned();
        let lines = known.unwrap_or_else(|| {
            let lines: Rc<[(usize, usize)]> = block_lines(&source.text, offset).unwrap_or_default().into();
            self.known.borrow_mut().blocks.insert(origin.pos, lines.clone());
            lines
        });
        let by_offset = first.and_then(|first| {
            let n = lines.partition_point(|l| l.0 <= first as usize).checked_sub(1)?;
            lines.get(n)
        });
        let says = |l: &&(usize, usize)| {
            let text = source.text.get(l.1..).unwrap_or_default();
            let end = memchr::memchr(b'\n', text).unwrap_or(text.len());
            text[..end].trim_ascii() == line.as_bytes()
        };
        let by_text = || if line.is_empty() { None } else { lines.iter().find(says) };
        let Some((_, at)) = by_offset.or_else(by_text) else { return };
        origin.at = origin.pos.offset(at - offset);
        origin.place = self.place(origin.at);
    }

    fn origin(&self, memo: &Memo, leaf: u32, template: &str, chart: u32) -> Origin {
        if let Some(known) = self.known.borrow().origins.get(&(leaf, chart)) {
            return known.clone();
        }
        let origin = self.origin_of(&memo.leaves[leaf as usize], template);
        self.known.borrow_mut().origins.insert((leaf, chart), origin.clone());
        origin
    }

    fn origin_of(&self, leaf: &Leaf, template: &str) -> Origin {
        match leaf {
            Leaf::Place(pos, _) if self.is_template(*pos) => {
                Origin { kind: OriginKind::Literal, place: self.place(*pos), ..plain(String::new(), *pos) }
            }
            Leaf::Key(pos, read) => Origin { is_key: true, ..self.origin_of(&Leaf::Place(*pos, *read), template) },
            Leaf::Place(pos, read) => {
                let (hint, scope) = self.read_path(*read, template);
                let hint = in_values(&hint, &scope).unwrap_or_default();
                self.value(*pos, self.record.keys.best(*pos, &hint, &scope).unwrap_or_default())
            }
            Leaf::Absent(read) => {
                let (path, scope) = self.read_path(*read, template);
                let path = in_values(&path, &scope).unwrap_or(path);
                Origin { kind: OriginKind::Missing, path: path.clone().into(), ..plain(path_text(&path), Pos::NONE) }
            }
            Leaf::Object(read) => {
                let (path, _) = self.read_path(*read, template);
                Origin { kind: OriginKind::Object, ..plain(path_text(&path), Pos::NONE) }
            }
            Leaf::File(name) => {
                let name = self.record.words.get(*name as usize).map(|w| w.to_text().into_owned());
                Origin { kind: OriginKind::File, ..plain(name.unwrap_or_default(), Pos::NONE) }
            }
        }
    }

    /// The steps by which something was read out of the objects that a template is executed with, and the subchart that
    /// the template belongs to.
    pub(super) fn read_path(&self, mut r: Ref, template: &str) -> (Vec<Step>, Vec<Step>) {
        let mut steps = Vec::new();
        let mut file = None;
        loop {
            match self.record.node(r) {
                Some(Node::Read { from, key, .. }) => {
                    if let Some(word) = self.record.words.get(key as usize).filter(|w| !w.is_empty()) {
                        steps.push(Step::Key(word.clone()));
                    }
                    r = from;
                }
                Some(Node::Assigned { of, .. }) => r = of,
                Some(Node::Root { file: n }) => {
                    file = self.record.files.get(n as usize).map(|f| f.name.to_text().into_owned());
                    break;
                }
                _ => break,
            }
        }
        steps.reverse();
        let scope = scope_of(file.as_deref().unwrap_or(template));
        (steps, scope)
    }
}

/// The lines of a block scalar whose key, or which itself as an item, begins at `offset`: for each the offset in the
/// text that it stands for, and in the source. Nothing for other values.
fn block_lines(source: &[u8], offset: usize) -> Option<Vec<(usize, usize)>> {
    let head_end = offset + memchr::memchr(b'\n', source.get(offset..)?)?;
    let head = source[offset..head_end].trim_ascii_end();
    let head = head
        .iter()
        .rposition(|c| *c == b'#')
        .filter(|n| *n > 0 && head[n - 1] == b' ')
        .map_or(head, |n| head[..n].trim_ascii_end());
    let mark = head.iter().rposition(|c| matches!(c, b'|' | b'>'))?;
    if !head[mark + 1..].iter().all(|c| matches!(c, b'+' | b'-' | b'0'..=b'9')) || mark > 0 && head[mark - 1] != b' ' {
        return None;
    }
    let mut lines = Vec::new();
    let (mut at, mut text, mut indent) = (head_end + 1, 0, None);
    let start = memchr::memrchr(b'\n', &source[..offset]).map_or(0, |n| n + 1);
    let outer = source[start..].iter().take_while(|c| matches!(c, b' ')).count();
    while at < source.len() {
        let end = memchr::memchr(b'\n', &source[at..]).map_or(source.len(), |n| at + n);
        let blanks = source[at..end].iter().take_while(|c| **c == b' ').count();
        let is_blank = blanks == end - at;
        let own = *indent.get_or_insert(if is_blank { usize::MAX } else { blanks });
        if own == usize::MAX {
            indent = None;
        }
        if !is_blank && (blanks <= outer || blanks < own) {
            break;
        }
        let cut = own.min(end - at);
        lines.push((text, at + cut));
        text += end - at - cut + 1;
        at = end + 1;
    }
    Some(lines)
}

/// An origin of which nothing more is known.
fn plain(key: String, pos: Pos) -> Origin {
    Origin {
        kind: OriginKind::Value,
        key: key.into(),
        path: Arc::default(),
        place: None,
        layer: "".into(),
        pos,
        at: pos,
        functions: Vec::new(),
        is_key: false,
        whole: false,
    }
}

/// The path in the root's values of what a template of the subchart `scope` read, if it was read out of its values.
fn in_values(path: &[Step], scope: &[Step]) -> Option<Vec<Step>> {
    match path.split_first() {
        Some((Step::Key(k), rest)) if &**k == b"Values" => Some([scope, rest].concat()),
        _ => None,
    }
}

/// One and the same thing can be read in several places.
fn unique(origins: &mut Vec<Origin>) {
    let same = |a: &Origin, b: &Origin| a.pos == b.pos && a.kind == b.kind && a.is_key == b.is_key && a.key == b.key;
    let mut kept = 0;
    for i in 0..origins.len() {
        if !origins[..kept].iter().any(|o| same(o, &origins[i])) {
            origins.swap(kept, i);
            kept += 1;
        }
    }
    origins.truncate(kept);
}

/// The path of a subchart's values, from the path of one of its templates: `a/charts/b/templates/x.yaml` gives `b`.
fn scope_of(template: &str) -> Vec<Step> {
    let chart = template.split("/templates/").next().unwrap_or_default();
    let names = chart.split("/charts/").skip(1);
    names.flat_map(|n| n.split('.')).map(|n| Step::Key(n.into())).collect()
}

/// The values that dependencies name as their conditions.
fn find_gates(chart: &Chart, path: &str, scope: &[Step], out: &mut Vec<Gate>) {
    for dependency in chart.metadata.dependencies.iter().flatten().flatten() {
        let name = if dependency.alias.is_empty() { &dependency.name } else { &dependency.alias };
        let prefix = format!("{path}/charts/{name}/");
        let keys = |text: &str| -> Vec<Step> {
            scope.iter().cloned().chain(text.split('.').map(|k| Step::Key(k.into()))).collect()
        };
        for condition in dependency.condition.split(',').map(str::trim).filter(|c| !c.is_empty()) {
            out.push(Gate { prefix: prefix.clone(), path: keys(condition), pos: Pos::NONE });
        }
        for tag in dependency.tags.iter().flatten() {
            let path = vec![Step::Key("tags".into()), Step::Key(tag.as_str().into())];
            out.push(Gate { prefix: prefix.clone(), path, pos: Pos::NONE });
        }
        let below: Vec<Step> = keys(name);
        for (_, child) in chart.children.iter().filter(|(_, c)| c.metadata.name == dependency.name) {
            find_gates(child, prefix.trim_end_matches('/'), &below, out);
        }
    }
}
