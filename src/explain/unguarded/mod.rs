//! Keys that templates read without a guard, judged from their texts: also in branches that no environment executes.
//!
//! [`unguarded`] walks every file from its top, into the named templates that it calls with its own objects, and follows
//! what is known at a glance: `.Values.a`, variables, `with`, `dict`. What isn't known is left alone, so that whatever
//! is reported is there to be seen. What a walk remembers is in [`Walk`].

mod guards;
mod paths;
mod values;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::keys::{Step, path_text};
use super::reader::scope_of;
use crate::chart::is_partial;
use crate::span::{Pos, SourceMap};
use crate::stack;
use crate::template::ast::{Branch, List, Node, Tree, TreeSource};
use crate::template::parse::FuncScope;
use crate::template::parsed::Parsed;
use crate::value::{HelmVersion, Str};
use guards::{Covers, Guards, fails};
use paths::{Path, Paths, VALUES};
use values::Known;

/// Nodes that one question may look at, far beyond any real chart.
const BUDGET: usize = 4_000_000;

/// Calls inside of calls that are followed.
const DEEPEST: usize = 40;

/// What layers say of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    /// Nothing.
    No,
    /// It is a key.
    Key,
    /// It is a key with others below it.
    Above,
}

/// Keys that templates read without a guard and that no layer sets, which is what `set` says, with the places that read
/// them.
pub fn unguarded(
    sources: &SourceMap,
    parsed: &Parsed,
    helm: HelmVersion,
    set: &dyn Fn(&[Step]) -> Set,
) -> BTreeMap<String, BTreeSet<Pos>> {
    let mut trees: HashMap<Str, Arc<Tree>, RandomState> = HashMap::default();
    let mut files = Vec::new();
    for (pos, source) in sources.all().filter(|(_, s)| s.layer.is_empty() && s.name.contains("/templates/")) {
        let text = TreeSource { name: source.name.as_str().into(), text: source.text.clone(), pos };
        let Ok(found) = parsed.parse(Arc::new(text), FuncScope::Chart(helm)) else { continue };
        let name: Str = source.name.as_str().into();
        for (name, tree) in found {
            if !(trees.contains_key(&name) && tree.root.is_empty(&tree.source.text)) {
                trees.insert(name, tree);
            }
        }
        if !is_partial(&source.name) {
            files.push(name);
        }
    }
    let mut found = BTreeMap::new();
    let (mut paths, mut always) = (Paths::new(), HashMap::<Vec<Step>, Scope>::new());
    // What is demanded anywhere guards everywhere, so that all is walked twice.
    for last in [false, true] {
        for name in &files {
            let Some(tree) = trees.get(name) else { continue };
            let scope = scope_of(&name.to_text());
            let chart = always.entry(scope.clone()).or_default();
            let demanded = chart.demanded.clone();
            let mut walk = Walk {
                trees: &trees,
                set,
                scope: &scope,
                found: &mut found,
                reports: last,
                guards: Guards::default(),
                chart,
                paths: &mut paths,
                variables: Vec::new(),
                calls: 0,
                seen: HashSet::default(),
                budget: BUDGET,
            };
            demanded.into_iter().for_each(|path| walk.guards.push((path, Covers::Below)));
            walk.template(tree, Known::Root);
        }
    }
    found
}

/// What is known of a chart's values.
#[derive(Default)]
struct Scope {
    /// Keys that a template demands (`required`, `fail`) or makes (`set`).
    demanded: Vec<Path>,
    /// What layers say of a path, as far as that was asked.
    there: HashMap<Path, Set, RandomState>,
}

/// A walk through what one file executes.
struct Walk<'w> {
    trees: &'w HashMap<Str, Arc<Tree>, RandomState>,
    set: &'w dyn Fn(&[Step]) -> Set,
    scope: &'w [Step],
    found: &'w mut BTreeMap<String, BTreeSet<Pos>>,
    reports: bool,
    guards: Guards,
    chart: &'w mut Scope,
    paths: &'w mut Paths,
    variables: Vec<(Str, Known)>,
    calls: usize,
    seen: HashSet<(Str, u32), RandomState>,
    budget: usize,
}

impl Walk<'_> {
    fn template(&mut self, tree: &Tree, dot: Known) {
        let outer = std::mem::take(&mut self.variables);
        self.variables.push(("$".into(), dot.clone()));
        self.list(tree, &tree.root, &dot);
        self.variables = outer;
    }

    /// A named template that is called.
    fn call(&mut self, name: &Str, data: Known) {
        let key = (name.clone(), self.guards.number());
        // What it says of other data is left out, rather than taken for what it says of this.
        if matches!(data, Known::Nothing | Known::Absent | Known::Text(_)) || self.calls >= DEEPEST {
            return;
        }
        if data == Known::Root && !self.seen.insert(key) {
            return;
        }
        let Some(tree) = self.trees.get(name).cloned() else { return };
        self.calls += 1;
        self.template(&tree, data);
        self.calls -= 1;
    }

    fn list(&mut self, tree: &Tree, list: &List, dot: &Known) {
        for node in &*list.nodes {
            if self.budget == 0 || stack::is_low() {
                return;
            }
            self.budget -= 1;
            match node {
                Node::Action(pipe) => {
                    let value = self.pipe(tree, pipe, dot);
                    if pipe.decl.is_empty() {
                        self.used(tree, &value, pipe.pos);
                    }
                }
                Node::If(branch) => self.branch(tree, branch, dot, |_, dot| dot.clone()),
                Node::With(branch) => self.branch(tree, branch, dot, |head, _| head.clone()),
                Node::Range(branch) => self.branch(tree, branch, dot, |_, _| Known::Nothing),
                Node::Template(call) => {
                    let data = call.pipe.as_ref().map_or(Known::Nothing, |pipe| self.pipe(tree, pipe, dot));
                    self.call(&call.name, data);
                }
                Node::Text { .. } | Node::Break | Node::Continue | Node::Jinja => {}
            }
        }
    }

    fn branch(&mut self, tree: &Tree, branch: &Branch, dot: &Known, inner: fn(&Known, &Known) -> Known) {
        let (guards, variables) = (self.guards.len(), self.variables.len());
        let head = self.pipe(tree, &branch.pipe, dot);
        let asked = self.mentioned(tree, &branch.pipe, dot);
        if fails(&branch.list) {
            self.chart.demanded.extend_from_slice(&asked);
        }
        asked.into_iter().for_each(|path| self.guard(path));
        if !self.is_absent(&head) {
            let inner = inner(&head, dot);
            if inner == Known::Nothing {
                self.variables[variables..].iter_mut().for_each(|v| v.1 = Known::Nothing);
            }
            self.list(tree, &branch.list, &inner);
        }
        if let Some(otherwise) = &branch.otherwise {
            self.list(tree, otherwise, dot);
        }
        self.guards.truncate(guards);
        self.variables.truncate(variables);
    }

    /// Whether this is false as long as some key is not set.
    fn is_absent(&mut self, value: &Known) -> bool {
        match value {
            Known::Absent => true,
            Known::Values(path) => *path != VALUES && !self.is_there(*path),
            _ => false,
        }
    }

    fn is_there(&mut self, path: Path) -> bool {
        self.set(path) != Set::No
    }

    fn set(&mut self, path: Path) -> Set {
        if let Some(known) = self.chart.there.get(&path) {
            return *known;
        }
        let steps = self.paths.steps(path);
        let is_global = matches!(steps.first(), Some(Step::Key(k)) if &**k == b"global");
        let mut set = (self.set)(&[self.scope, &steps].concat());
        // All charts share what is below `global`.
        if is_global && set != Set::Above {
            set = match (self.set)(&steps) {
                Set::No => set,
                shared => shared,
            };
        }
        self.chart.there.insert(path, set);
        set
    }

    /// A value is printed, or given to a function that expects it to be there.
    fn used(&mut self, tree: &Tree, value: &Known, at: u32) {
        if let Known::Values(path) = *value
            && path != VALUES
            && !self.is_there(path)
            && !self.is_guarded(path)
        {
            self.report(tree, path, at);
        }
    }

    fn report(&mut self, tree: &Tree, path: Path, at: u32) {
        let pos = tree.source.pos.offset(at as usize);
        if !self.reports || !pos.is_known() {
            return;
        }
        let all = [self.scope, &self.paths.steps(path)].concat();
        self.found.entry(path_text(&all)).or_default().insert(pos);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found in a chart with one template, where `a.b`, `list` and the map `empty` are set.
    fn found(template: &str) -> Vec<String> {
        let mut sources = SourceMap::default();
        sources.add("c/templates/t.yaml", "", template);
        let set = |path: &[Step]| match path_text(path).as_str() {
            "a" => Set::Above,
            "a.b" | "list" | "empty" => Set::Key,
            _ => Set::No,
        };
        unguarded(&sources, &Parsed::default(), HelmVersion::V4, &set).into_keys().collect()
    }

    #[test]
    fn branches_that_are_not_executed_are_judged() {
        assert_eq!(found("{{ if .Values.a.b }}{{ .Values.a.c }}{{ end }}"), ["a.c"]);
        assert_eq!(found("{{ with .Values.a }}{{ .c | quote }}{{ $.Values.d }}{{ end }}"), ["a.c", "d"]);
        // Of an empty map any key may be missing.
        assert_eq!(found("{{ with .Values.empty }}{{ .c | quote }}{{ $.Values.d }}{{ end }}"), ["d"]);
        assert_eq!(found("{{ range .Values.list }}{{ .x }}{{ $.Values.x }}{{ end }}"), ["x"]);
        assert_eq!(found("{{ $a := .Values.a }}{{ $a.c }}{{ .Values.x.y | default 1 }}"), ["a.c", "x.y"]);
        assert_eq!(found("{{ define \"n\" }}{{ .Values.x }}{{ end }}{{ include \"n\" . }}"), ["x"]);
        assert_eq!(found("{{ define \"n\" }}{{ .top.Values.x }}{{ end }}{{ include \"n\" (dict \"top\" $) }}"), ["x"]);
        assert_eq!(found("{{ .Values.x | default .Values.y }}"), ["y"]);
    }

    #[test]
    fn guards_are_seen() {
        for template in [
            "{{ .Values.a.b }}{{ .Release.Name }}{{ .Values.x | default 1 }}{{ default .Values.y .Values.x | default 2 }}",
            "{{ .Values.x | default (.Values.y) | default 2 }}{{ .Values.x | default (.Values.y | quote) | default 2 }}",
            "{{ with .Values.a }}{{ if .c }}{{ .c.d }}{{ end }}{{ .e | default 1 }}{{ end }}",
            "{{ if .Values.x }}{{ .Values.x.y }}{{ .Values.z }}{{ end }}",
            "{{ if and .Values.x .Values.x.y }}{{ .Values.z }}{{ end }}",
            "{{ with .Values.x }}{{ .y }}{{ end }}{{ range $k, $v := .Values.x }}{{ $v.z }}{{ end }}",
            "{{ if hasKey .Values \"x\" }}{{ .Values.x }}{{ else }}{{ .Values.x }}{{ end }}",
            "{{ ((.Values.x).y) | default 1 }}{{ required \"x\" .Values.x }}{{ .Values.x }}",
            "{{ if not .Values.x }}{{ fail \"x\" }}{{ end }}{{ .Values.x }}",
            "{{ $_ := set .Values \"x\" 1 }}{{ .Values.x }}",
            "{{ if eq .Values.x \"y\" }}{{ .Values.z }}{{ end }}{{ ternary 1 2 (empty .Values.x) }}",
        ] {
            assert_eq!(found(template), [""; 0], "{template}");
        }
    }
}
