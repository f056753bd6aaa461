//! Keys that templates read without a guard, judged from their texts: also in branches that no environment executes.
//!
//! [`unguarded`] walks every file from its top, into the named templates that it calls with its own objects, and follows
//! what is known at a glance: `.Values.a`, variables, `with`, `dict`. What isn't known is left alone, so that whatever
//! is reported is there to be seen. What a walk remembers is in [`Walk`].

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::keys::{Step, path_text};
use super::reader::scope_of;
use super::usage::{is_guard, stays_empty};
use crate::span::{Pos, SourceMap};
use crate::stack;
use crate::template::ast::{Branch, Command, Expr, ExprKind, List, Node, Pipe, Tree, TreeSource};
use crate::template::parse::FuncScope;
use crate::template::parsed::Parsed;
use crate::value::{HelmVersion, Str};

/// Nodes that one question may look at, far beyond any real chart.
const BUDGET: usize = 4_000_000;

/// Calls inside of calls that are followed.
const DEEPEST: usize = 40;

/// A path below `.Values`, by its number in [`Paths`].
type Path = u32;

/// `.Values` itself.
const VALUES: Path = 0;

/// The paths that templates name, each once.
struct Paths {
    /// The path above each, and the last step; `.Values` has neither.
    steps: Vec<(Path, Str)>,
    below: HashMap<(Path, Str), Path, RandomState>,
}

impl Paths {
    fn new() -> Paths {
        Paths { steps: vec![(VALUES, Str::from(""))], below: HashMap::default() }
    }

    fn step(&mut self, from: Path, key: &Str) -> Path {
        let next = self.steps.len() as Path;
        let path = *self.below.entry((from, key.clone())).or_insert(next);
        if path == next {
            self.steps.push((from, key.clone()));
        }
        path
    }

    fn join(&mut self, from: Path, keys: &[Str]) -> Path {
        keys.iter().fold(from, |path, key| self.step(path, key))
    }

    /// The path above; nothing for `.Values`.
    fn above(&self, path: Path) -> Option<Path> {
        (path != VALUES).then(|| self.steps[path as usize].0)
    }

    fn steps(&self, path: Path) -> Vec<Step> {
        let all = std::iter::successors(Some(path), |p| self.above(*p)).take_while(|p| *p != VALUES);
        let mut steps: Vec<Step> = all.map(|p| Step::Key(self.steps[p as usize].1.clone())).collect();
        steps.reverse();
        steps
    }
}

/// What is known of a value.
#[derive(Clone, PartialEq, Eq)]
enum Known {
    /// Nothing.
    Nothing,
    /// It is what a file is executed with.
    Root,
    /// It is this part of `.Values`.
    Values(Path),
    /// A literal.
    Text(Str),
    /// What `dict` made.
    Dict(Vec<(Str, Known)>),
    /// It is false as long as no layer sets some key.
    Absent,
}

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
        if !source.name.rsplit('/').next().is_some_and(|base| base.starts_with('_')) {
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

/// What a guard is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Covers {
    /// The key and all that is below it: of a map that may be empty any key may be missing.
    Below,
    /// The key alone: layers say what is below it.
    Itself,
}

/// A key that was asked for around here, and so is expected to be missing.
type Guard = (Path, Covers);

/// The guards around here.
#[derive(Default)]
struct Guards {
    /// Each with the number of the row of guards that ends with it.
    row: Vec<(Guard, u32)>,
    /// How often each is in the row.
    count: HashMap<Guard, u32, RandomState>,
    /// Rows by the one before and the guard at their end.
    rows: HashMap<(u32, Guard), u32, RandomState>,
}

impl Guards {
    fn push(&mut self, guard: Guard) {
        let next = self.rows.len() as u32 + 1;
        let row = *self.rows.entry((self.number(), guard)).or_insert(next);
        self.row.push((guard, row));
        *self.count.entry(guard).or_default() += 1;
    }

    /// The same for the same guards in the same order.
    fn number(&self) -> u32 {
        self.row.last().map_or(0, |(_, row)| *row)
    }

    fn truncate(&mut self, length: usize) {
        for (guard, _) in self.row.drain(length..) {
            self.count.entry(guard).and_modify(|n| *n -= 1);
        }
    }

    fn has(&self, path: Path, covers: Covers) -> bool {
        self.count.get(&(path, covers)).is_some_and(|n| *n > 0)
    }
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
        let (guards, variables) = (self.guards.row.len(), self.variables.len());
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

    /// What is executed from here on expects that this is missing.
    fn guard(&mut self, path: Path) {
        let covers = if self.set(path) == Set::Above { Covers::Itself } else { Covers::Below };
        self.guards.push((path, covers));
    }

    fn is_guarded(&self, path: Path) -> bool {
        let mut around = std::iter::successors(Some(path), |p| self.paths.above(*p));
        self.guards.has(path, Covers::Itself) || around.any(|p| self.guards.has(p, Covers::Below))
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

    fn pipe(&mut self, tree: &Tree, pipe: &Pipe, dot: &Known) -> Known {
        let mut value = None;
        for command in &*pipe.commands {
            value = Some(self.command(tree, command, dot, value));
        }
        let value = value.unwrap_or(Known::Nothing);
        for name in &*pipe.decl {
            let known = if pipe.decl.len() == 1 && !pipe.assigns { value.clone() } else { Known::Nothing };
            match self.variables.iter_mut().rev().find(|v| v.0 == *name) {
                Some(variable) if pipe.assigns => variable.1 = known,
                _ => self.variables.push((name.clone(), known)),
            }
        }
        value
    }

    fn command(&mut self, tree: &Tree, command: &Command, dot: &Known, piped: Option<Known>) -> Known {
        let Some((first, rest)) = command.args.split_first() else { return Known::Nothing };
        let ExprKind::Function(function) = &first.kind else {
            let value = self.operand(tree, first, dot);
            let is_plain = rest.is_empty() && piped.is_none();
            return if is_plain { value } else { Known::Nothing };
        };
        let name = function.name();
        let mut args: Vec<(Known, u32)> = Vec::new();
        for arg in rest {
            // The arguments of `and` are there to guard those behind them.
            let guards = self.guards.row.len();
            if matches!(name, "and" | "or") {
                args.iter().filter_map(|a| path_of(&a.0)).for_each(|path| self.guard(path));
            }
            args.push((self.operand(tree, arg, dot), arg.pos));
            self.guards.truncate(guards);
        }
        args.extend(piped.map(|p| (p, command.pos)));
        self.function(tree, name, args)
    }

    fn function(&mut self, tree: &Tree, name: &str, mut args: Vec<(Known, u32)>) -> Known {
        let plain: Vec<&Known> = args.iter().map(|a| &a.0).collect();
        match (name, &plain[..]) {
            ("include", [Known::Text(template), data]) => {
                let (template, data) = (template.clone(), (*data).clone());
                self.call(&template, data);
                return Known::Nothing;
            }
            ("required", [_, Known::Values(path)]) => self.chart.demanded.push(*path),
            ("set", [Known::Root, Known::Text(_), ..]) => self.chart.demanded.push(VALUES),
            ("set", [Known::Values(path), Known::Text(key), ..]) => {
                let path = self.paths.step(*path, key);
                self.chart.demanded.push(path);
            }
            ("set", [Known::Values(path), _, ..]) => self.chart.demanded.push(*path),
            ("merge" | "mergeOverwrite" | "mustMerge" | "mustMergeOverwrite", [Known::Values(path), ..]) => {
                self.chart.demanded.push(*path);
            }
            ("merge" | "mergeOverwrite" | "mustMerge" | "mustMergeOverwrite", [Known::Root, ..]) => {
                self.chart.demanded.push(VALUES);
            }
            ("dict", pairs) => {
                let pairs = pairs.chunks(2).filter_map(|pair| match pair {
                    [Known::Text(key), value] => Some((key.clone(), (*value).clone())),
                    _ => None,
                });
                return Known::Dict(pairs.collect());
            }
            // What is fallen back to is printed in its place.
            ("default", [_, Known::Values(path)]) if !self.is_there(*path) => return args.swap_remove(0).0,
            ("and", all) if all.iter().any(|a| self.is_absent(a)) => return Known::Absent,
            ("hasKey", [Known::Values(path), Known::Text(key)]) => {
                let path = self.paths.step(*path, key);
                return if self.is_there(path) { Known::Nothing } else { Known::Absent };
            }
            ("eq", [value, Known::Text(text)] | [Known::Text(text), value])
                if !text.is_empty() && self.is_absent(value) =>
            {
                return Known::Absent;
            }
            (name, [Known::Values(path)]) if stays_empty(name) && !self.is_there(*path) => {
                return args.swap_remove(0).0;
            }
            _ => {}
        }
        if !is_guard(name) {
            args.iter().for_each(|(value, at)| self.used(tree, value, *at));
        }
        Known::Nothing
    }

    fn operand(&mut self, tree: &Tree, expr: &Expr, dot: &Known) -> Known {
        match &expr.kind {
            ExprKind::Dot => dot.clone(),
            ExprKind::Str(text, _) => Known::Text(text.clone()),
            ExprKind::Field(names) => self.field(tree, dot, names, expr.pos, true),
            ExprKind::Variable(names) => {
                let Some((name, rest)) = names.split_first() else { return Known::Nothing };
                let value = self.variables.iter().rev().find(|v| v.0 == *name).map(|v| v.1.clone());
                self.field(tree, &value.unwrap_or(Known::Nothing), rest, expr.pos, true)
            }
            // In parentheses a missing map is nothing worse than a missing value.
            ExprKind::Chain(inner, names) => {
                let value = self.operand(tree, inner, dot);
                self.field(tree, &value, names, expr.pos, names.len() > 1)
            }
            ExprKind::Pipe(pipe) => self.pipe(tree, pipe, dot),
            ExprKind::Function(function) => self.function(tree, function.name(), Vec::new()),
            ExprKind::Nil | ExprKind::Bool(_) | ExprKind::Number(_) => Known::Nothing,
        }
    }

    /// A field of a value. Where `fails` says so, a map that is missing is an error.
    fn field(&mut self, tree: &Tree, value: &Known, names: &[Str], at: u32, fails: bool) -> Known {
        let Some((name, rest)) = names.split_first() else { return value.clone() };
        let path = match value {
            Known::Root if &**name == b"Values" => self.paths.join(VALUES, rest),
            Known::Values(path) => self.paths.join(*path, names),
            Known::Dict(entries) => {
                let inner = entries.iter().rev().find(|e| e.0 == *name).map_or(Known::Nothing, |e| e.1.clone());
                return self.field(tree, &inner, rest, at, fails);
            }
            _ => return Known::Nothing,
        };
        if let Some(above) = self.paths.above(path)
            && fails
            && above != VALUES
            && !self.is_there(above)
            && !self.is_guarded(above)
        {
            self.report(tree, path, at);
        }
        Known::Values(path)
    }

    /// The keys that a condition asks for.
    fn mentioned(&mut self, tree: &Tree, pipe: &Pipe, dot: &Known) -> Vec<Path> {
        let reports = std::mem::replace(&mut self.reports, false);
        let variables = self.variables.clone();
        let mut found = Vec::new();
        for command in &*pipe.commands {
            self.mentions_of(tree, command, dot, &mut found);
        }
        self.variables = variables;
        self.reports = reports;
        found
    }

    fn mentions_of(&mut self, tree: &Tree, command: &Command, dot: &Known, out: &mut Vec<Path>) {
        if stack::is_low() {
            return;
        }
        let mut base: Option<Path> = None;
        for arg in &*command.args {
            let value = match &arg.kind {
                ExprKind::Pipe(pipe) => {
                    pipe.commands.iter().for_each(|c| self.mentions_of(tree, c, dot, out));
                    Known::Nothing
                }
                ExprKind::Chain(inner, _) => {
                    if let ExprKind::Pipe(pipe) = &inner.kind {
                        pipe.commands.iter().for_each(|c| self.mentions_of(tree, c, dot, out));
                    }
                    self.operand(tree, arg, dot)
                }
                _ => self.operand(tree, arg, dot),
            };
            match (value, base) {
                (Known::Values(path), _) => {
                    out.extend(Some(path).filter(|p| *p != VALUES));
                    base = Some(path);
                }
                // `hasKey .Values "a"`, `get .Values "a"`, `index .Values "a"`
                (Known::Text(key), Some(path)) => out.push(self.paths.step(path, &key)),
                _ => {}
            }
        }
    }
}

fn path_of(value: &Known) -> Option<Path> {
    match value {
        Known::Values(path) if *path != VALUES => Some(*path),
        _ => None,
    }
}

/// Whether what is executed here refuses to render.
fn fails(list: &List) -> bool {
    let calls_fail = |pipe: &Pipe| {
        let mut functions = pipe.commands.iter().flat_map(|c| c.args.first());
        functions.any(|f| matches!(&f.kind, ExprKind::Function(f) if f.name() == "fail"))
    };
    list.nodes.iter().any(|node| matches!(node, Node::Action(pipe) if calls_fail(pipe)))
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
