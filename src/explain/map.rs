//! The map of a render: questions about lines, answered with places that a person can open.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use foldhash::fast::RandomState;

use super::keys::{Keys, Step};
use super::reader::{Cache, Reader};
use super::record::{Recorder, Ref};
use super::resolve::Detail;
use super::usage::Usage;
use crate::chart::Chart;
use crate::manifest::{Manifest, sort_file};
use crate::render::Rendered;
use crate::span::{Pos, SourceMap};
use crate::stack;
use crate::template::parsed::Parsed;
use crate::value::HelmVersion;

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

impl OriginKind {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            OriginKind::Value => "value",
            OriginKind::Literal => "literal",
            OriginKind::Object => "object",
            OriginKind::File => "file",
            OriginKind::Missing => "missing",
        }
    }
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

impl Origin {
    /// An origin of which nothing more is known.
    pub(super) fn plain(key: String, pos: Pos) -> Origin {
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
pub(super) struct Gate {
    /// How its templates' paths begin.
    pub prefix: String,
    pub path: Vec<Step>,
    pub pos: Pos,
}

/// What one thread recorded of a render, with what was worked out of it already.
pub(super) struct Part {
    pub record: Recorder,
    cache: Mutex<Cache>,
}

/// Where everything that a render printed came from.
pub struct Map {
    /// One for each thread that executed templates, never none.
    pub(super) parts: Vec<Part>,
    pub(super) keys: Keys,
    pub(super) sources: SourceMap,
    parsed: Parsed,
    helm: HelmVersion,
    pub(super) gates: Vec<Gate>,
    /// What the files printed: the number of the part, and the buffer there.
    files: HashMap<String, (usize, Ref), RandomState>,
    /// The documents of CRD files, if these were asked for.
    crds: Vec<Manifest>,
    /// Where CRD files begin.
    crd_files: HashMap<String, Pos, RandomState>,
    pub(super) usage: OnceLock<Usage>,
}

impl Map {
    pub(super) fn new(
        mut records: Vec<Recorder>,
        mut sources: SourceMap,
        chart: &Chart,
        helm: HelmVersion,
        rendered: &Rendered,
    ) -> Map {
        let keys = records.first_mut().map(|r| std::mem::take(&mut r.keys)).unwrap_or_default();
        let files = records
            .iter()
            .enumerate()
            .flat_map(|(part, r)| r.files.iter().map(move |f| (f.name.to_text().into_owned(), (part, f.buffer))));
        let files = files.collect();
        let mut gates = Vec::new();
        find_gates(chart, &chart.metadata.name, &[], &mut gates);
        if !gates.is_empty() {
            let positions = keys.find(gates.iter().map(|g: &Gate| &g.path[..]));
            gates.iter_mut().zip(positions).for_each(|(g, pos)| g.pos = pos);
            gates.retain(|g| g.pos.is_known());
        }
        let parts = records.into_iter().map(|record| Part { record, cache: Mutex::default() }).collect();
        let mut crd_files = HashMap::default();
        let mut crds = Vec::new();
        for (path, text) in &rendered.crds {
            crd_files.insert(path.clone(), sources.add(path, "", text.as_str()));
            crds.extend(sort_file(path, text, helm).map(|sorted| sorted.manifests).unwrap_or_default());
        }
        Map {
            parts,
            keys,
            sources,
            parsed: chart.parsed.clone(),
            helm,
            gates,
            files,
            crds,
            crd_files,
            usage: OnceLock::new(),
        }
    }

    /// The inputs.
    pub fn sources(&self) -> &SourceMap {
        &self.sources
    }

    /// What was parsed of the chart's templates.
    pub fn parsed(&self) -> &Parsed {
        &self.parsed
    }

    /// Whose behaviour was reproduced.
    pub fn helm(&self) -> HelmVersion {
        self.helm
    }

    /// The keys of the merged values.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Whether a template below this path was executed.
    pub fn has_below(&self, prefix: &str) -> bool {
        self.files.keys().any(|f| f.starts_with(prefix))
    }

    /// Asks a part.
    fn ask<R>(&self, part: usize, detail: Detail, question: impl FnOnce(&mut Reader<'_>) -> R) -> Option<R> {
        let part = self.parts.get(part)?;
        let mut cache = part.cache.lock().unwrap_or_else(PoisonError::into_inner);
        Some(question(&mut Reader { map: self, record: &part.record, cache: &mut cache, detail }))
    }

    /// The key of the values that stands at a position.
    pub fn value_at(&self, pos: Pos, path: Vec<Step>) -> Origin {
        let value = |path| self.ask(0, Detail::Full, |reader| reader.value(pos, path));
        value(path).unwrap_or_else(|| Origin::plain(String::new(), pos))
    }

    /// The place of a position, where it is one of an input.
    pub fn place(&self, pos: Pos) -> Option<Place> {
        self.ask(0, Detail::Brief, |reader| reader.place(pos)).flatten()
    }

    /// Where a line of a document comes from; lines count from 1.
    pub fn line(&self, document: &Manifest, line: usize) -> LineOrigin {
        let range = ranges(document).nth(line.wrapping_sub(1));
        range.map(|range| self.bytes(document, range)).unwrap_or_default()
    }

    /// Where each line of a document comes from, in order.
    pub fn lines<'m>(&'m self, document: &'m Manifest) -> impl Iterator<Item = (&'m str, LineOrigin)> {
        ranges(document).map(move |range| {
            let line = document.content.get(range.clone()).unwrap_or_default();
            (line, self.bytes(document, range))
        })
    }

    /// As [`Map::lines`], without what decided them.
    pub fn brief_lines<'m>(&'m self, document: &'m Manifest) -> impl Iterator<Item = (&'m str, LineOrigin)> {
        ranges(document).map(move |range| {
            let line = document.content.get(range.clone()).unwrap_or_default();
            (line, self.asked(document, range, Detail::Brief))
        })
    }

    /// Where some bytes of a document come from. Their template is that of the first one that is no blank.
    pub fn bytes(&self, document: &Manifest, range: Range<usize>) -> LineOrigin {
        self.asked(document, range, Detail::Full)
    }

    /// The documents of CRD files, if the render included them.
    pub fn crds(&self) -> &[Manifest] {
        &self.crds
    }

    fn asked(&self, document: &Manifest, range: Range<usize>, detail: Detail) -> LineOrigin {
        if let Some(file) = self.crd_files.get(&document.path) {
            let text = document.content.get(range.clone()).unwrap_or_default();
            let blank = text.len() - text.trim_start_matches([' ', '\t']).len();
            let at = file.offset(document.start + range.start + blank);
            let template = self.ask(0, detail, |reader| reader.place(at)).flatten();
            return LineOrigin { template, at, ..LineOrigin::default() };
        }
        let Some((part, buffer)) = self.files.get(&document.path).copied() else { return LineOrigin::default() };
        self.ask(part, detail, |reader| reader.bytes(buffer, document, range)).unwrap_or_default()
    }

    /// What `work` makes of each document, in their order. It runs on as many threads as recorded the render: each has
    /// the documents that it recorded.
    pub fn each<R: Send>(&self, documents: &[&Manifest], work: impl Fn(&Manifest) -> R + Sync) -> Vec<R> {
        let mut shares: Vec<Vec<(usize, &Manifest)>> = self.parts.iter().map(|_| Vec::new()).collect();
        for (n, document) in documents.iter().enumerate() {
            let part = self.files.get(&document.path).map_or(0, |f| f.0);
            shares[part].push((n, document));
        }
        let work = &work;
        let done = |share: &[(usize, &Manifest)]| -> Vec<(usize, R)> {
            share.iter().map(|(n, document)| (*n, work(document))).collect()
        };
        let mut all = std::thread::scope(|scope| {
            let (first, others) = shares.split_first()?;
            let others: Vec<_> = others.iter().map(|share| (share, stack::spawn(scope, || done(share)))).collect();
            let mut all = done(first);
            for (share, thread) in others {
                // Where no thread is to be had, this one does its part.
                all.extend(thread.and_then(|t| t.join().ok()).unwrap_or_else(|| done(share)));
            }
            Some(all)
        })
        .unwrap_or_default();
        all.sort_unstable_by_key(|(n, _)| *n);
        all.into_iter().map(|(_, r)| r).collect()
    }

    /// Positions of the values that switch subcharts on.
    pub(super) fn gates(&self) -> impl Iterator<Item = Pos> {
        self.gates.iter().map(|g| g.pos)
    }
}

/// The lines of a document, without their breaks.
fn ranges(document: &Manifest) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut start = 0;
    document.content.split_inclusive('\n').map(move |text| {
        let range = start..start + text.trim_end_matches('\n').len();
        start += text.len();
        range
    })
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
