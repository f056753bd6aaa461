//! Answers for one part of a render: from bytes of a document to places that a person can open.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::keys::{Step, path_text};
use super::map::{LineOrigin, Map, Origin, OriginKind, Place};
use super::record::{Node, Recorder, Ref};
use super::resolve::{Detail, Leaf, Memo, Use, Walk};
use crate::manifest::Manifest;
use crate::span::{FileId, Pos};

/// An input that was asked for: its name, its layer and where its lines begin.
type Input = (Arc<str>, Arc<str>, Vec<u32>);

/// What was looked up already.
#[derive(Default)]
pub(super) struct Cache {
    memo: Memo,
    inputs: HashMap<FileId, Input, RandomState>,
    /// Numbers of the charts whose templates were asked about, by their paths.
    charts: HashMap<String, u32, RandomState>,
    /// Origins without functions, by their leaf and the chart.
    origins: HashMap<(u32, u32), Origin, RandomState>,
    /// Lines of block scalars, see [`block_lines`].
    blocks: HashMap<Pos, Arc<[(usize, usize)]>, RandomState>,
    /// What switches on each chart.
    gates: HashMap<u32, Arc<Vec<Origin>>, RandomState>,
}

/// Answers questions about what one thread recorded.
pub(super) struct Reader<'m> {
    pub map: &'m Map,
    pub record: &'m Recorder,
    pub cache: &'m mut Cache,
    pub detail: Detail,
}

impl Reader<'_> {
    /// Where some bytes of a document come from. Their template is that of the first one that is no blank.
    pub fn bytes(&mut self, buffer: Ref, document: &Manifest, range: Range<usize>) -> LineOrigin {
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
        let mut walk = Walk::new(self.record, &mut self.cache.memo, self.detail);
        walk.bytes(buffer, at(range.start), at(range.end.max(range.start + 1)));
        let (uses, decided) = (std::mem::take(&mut walk.uses), std::mem::take(&mut walk.decided));
        origin.guess = walk.gave_up() || document.path.ends_with(".j2");
        let chart = self.chart_of(&document.path);
        let line = if text.contains('\n') { "" } else { text.trim() };
        origin.values = uses.iter().map(|u| self.used(u, &document.path, chart, line)).collect();
        unique(&mut origin.values);
        if self.detail == Detail::Brief {
            return origin;
        }
        let used: Vec<u32> = uses.iter().map(|u| u.leaf).collect();
        let only_decided = decided.iter().filter(|leaf| !used.contains(leaf));
        origin.conditions = only_decided.map(|leaf| self.origin(*leaf, &document.path, chart)).collect();
        origin.conditions.retain(|c| c.kind != OriginKind::Literal);
        origin.conditions.extend(self.gates_of(&document.path, chart).iter().cloned());
        unique(&mut origin.conditions);
        origin
    }

    /// The values that switch on the subchart of a template.
    fn gates_of(&mut self, path: &str, chart: u32) -> Arc<Vec<Origin>> {
        if let Some(found) = self.cache.gates.get(&chart) {
            return found.clone();
        }
        let map = self.map;
        let open = map.gates.iter().filter(|g| path.starts_with(&g.prefix));
        let found: Arc<Vec<Origin>> = Arc::new(open.map(|g| self.value(g.pos, g.path.clone())).collect());
        self.cache.gates.insert(chart, found.clone());
        found
    }

    pub fn place(&mut self, pos: Pos) -> Option<Place> {
        self.located(pos).map(|(place, _)| place)
    }

    /// The place of a position, and the layer that it belongs to.
    fn located(&mut self, pos: Pos) -> Option<(Place, Arc<str>)> {
        let (id, offset) = self.map.sources.find(pos)?;
        let (name, layer, starts) = self.cache.inputs.entry(id).or_insert_with(|| {
            let source = self.map.sources.source(id);
            let starts = memchr::memchr_iter(b'\n', &source.text).map(|n| n as u32 + 1);
            (source.name.as_str().into(), source.layer.as_str().into(), [0].into_iter().chain(starts).collect())
        });
        let line = starts.partition_point(|s| *s as usize <= offset);
        let column = offset - starts[line - 1] as usize + 1;
        Some((Place { file: name.clone(), line, column }, layer.clone()))
    }

    fn is_template(&self, pos: Pos) -> bool {
        self.map.sources.find(pos).is_some_and(|(file, _)| self.map.sources.source(file).layer.is_empty())
    }

    pub fn value(&mut self, pos: Pos, path: Vec<Step>) -> Origin {
        let (place, layer) = match self.located(pos) {
            Some((place, layer)) => (Some(place), layer),
            None => (None, "".into()),
        };
        Origin {
            kind: OriginKind::Value,
            place,
            layer,
            path: path.clone().into(),
            ..Origin::plain(path_text(&path), pos)
        }
    }

    /// The number of the chart that a template belongs to.
    fn chart_of(&mut self, template: &str) -> u32 {
        let chart = template.split("/templates/").next().unwrap_or_default();
        let charts = &mut self.cache.charts;
        let next = charts.len() as u32;
        match charts.get(chart) {
            Some(n) => *n,
            None => *charts.entry(chart.to_owned()).or_insert(next),
        }
    }

    /// The origin of a leaf as it was used.
    fn used(&mut self, used: &Use, template: &str, chart: u32, line: &str) -> Origin {
        let mut origin = self.origin(used.leaf, template, chart);
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
    fn find_line(&mut self, origin: &mut Origin, first: Option<u32>, line: &str) {
        let Some((file, offset)) = self.map.sources.find(origin.pos) else { return };
        let source = self.map.sources.source(file);
        let known = self.cache.blocks.get(&origin.pos).cloned();
        let lines = known.unwrap_or_else(|| {
            let lines: Arc<[(usize, usize)]> = block_lines(&source.text, offset).unwrap_or_default().into();
            self.cache.blocks.insert(origin.pos, lines.clone());
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
        // Of several lines that say the same, any may be it.
        let by_text = || {
            let mut found = lines.iter().filter(says).filter(|_| !line.is_empty());
            found.next().filter(|_| found.next().is_none())
        };
        let Some((_, at)) = by_offset.or_else(by_text) else { return };
        origin.at = origin.pos.offset(at - offset);
        origin.place = self.place(origin.at);
    }

    fn origin(&mut self, leaf: u32, template: &str, chart: u32) -> Origin {
        if let Some(known) = self.cache.origins.get(&(leaf, chart)) {
            return known.clone();
        }
        let origin = self.origin_of(&self.cache.memo.leaves[leaf as usize].clone(), template);
        self.cache.origins.insert((leaf, chart), origin.clone());
        origin
    }

    fn origin_of(&mut self, leaf: &Leaf, template: &str) -> Origin {
        match leaf {
            Leaf::Place(pos, _) if self.is_template(*pos) => {
                Origin { kind: OriginKind::Literal, place: self.place(*pos), ..Origin::plain(String::new(), *pos) }
            }
            Leaf::Key(pos, read) => Origin { is_key: true, ..self.origin_of(&Leaf::Place(*pos, *read), template) },
            Leaf::Place(pos, read) => {
                let (hint, scope) = self.record.read_path(*read, template);
                let hint = in_values(&hint, &scope).unwrap_or_default();
                self.value(*pos, self.map.keys.best(*pos, &hint, &scope).unwrap_or_default())
            }
            Leaf::Absent(read) => {
                let (path, scope) = self.record.read_path(*read, template);
                let path = in_values(&path, &scope).unwrap_or(path);
                Origin {
                    kind: OriginKind::Missing,
                    path: path.clone().into(),
                    ..Origin::plain(path_text(&path), Pos::NONE)
                }
            }
            Leaf::Object(read) => {
                let (path, _) = self.record.read_path(*read, template);
                Origin { kind: OriginKind::Object, ..Origin::plain(path_text(&path), Pos::NONE) }
            }
            Leaf::File(name) => {
                let name = self.record.words.get(*name as usize).map(|w| w.to_text().into_owned());
                Origin { kind: OriginKind::File, ..Origin::plain(name.unwrap_or_default(), Pos::NONE) }
            }
        }
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

impl Recorder {
    /// The steps by which something was read out of the objects that a template is executed with, and the subchart that
    /// the template belongs to.
    pub(super) fn read_path(&self, mut r: Ref, template: &str) -> (Vec<Step>, Vec<Step>) {
        let mut steps = Vec::new();
        let mut file = None;
        loop {
            match self.node(r) {
                Some(Node::Read { from, key, .. }) => {
                    if let Some(word) = self.words.get(key as usize).filter(|w| !w.is_empty()) {
                        steps.push(Step::Key(word.clone()));
                    }
                    r = from;
                }
                Some(Node::Assigned { of, .. } | Node::Entry { of, .. }) => r = of,
                Some(Node::Root { file: n }) => {
                    file = self.files.get(n as usize).map(|f| f.name.to_text().into_owned());
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

/// The path of a subchart's values, from the path of one of its templates: `a/charts/b/templates/x.yaml` gives `b`.
pub fn scope_of(template: &str) -> Vec<Step> {
    let chart = template.split("/templates/").next().unwrap_or_default();
    let names = chart.split("/charts/").skip(1);
    names.flat_map(|n| n.split('.')).map(|n| Step::Key(n.into())).collect()
}
