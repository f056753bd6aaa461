//! The tree of charts of one render: which dependencies are enabled under which names, and their values merged
//! (helm v4.3.1 `pkg/chart/v2/util/dependencies.go`, `pkg/chart/common/util/coalesce.go`; helm v3.22.0
//! `pkg/chartutil`). Nodes share and copy exactly what Helm's pointers share and its structs copy, because Helm 3's
//! way of aliasing one chart twice shows it.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use super::{Chart, Dependency};
use crate::diag::log::Log;
use crate::grammar::semver::{Constraints, Version};
use crate::span::SourceMap;
use crate::value::fmt::sprintf;
use crate::value::{HelmVersion, Map, Slot, Value};
use crate::values::tables::{Warnings, clean_nils, coalesce_tables, find_table, find_value, prefixed, table};
use crate::yaml;

/// A declared dependency, as the passes change it.
pub type SharedDependency = Rc<RefCell<Dependency>>;

/// What Helm has behind the pointer `chart.Metadata`, as far as it changes.
#[derive(Debug)]
pub struct Meta {
    /// The chart's name, or its alias.
    pub name: RefCell<String>,
    /// Declared dependencies.
    pub dependencies: RefCell<Option<Vec<SharedDependency>>>,
}

/// A chart in its place.
#[derive(Debug)]
pub struct Node<'c> {
    /// The chart as loaded.
    pub chart: &'c Chart,
    /// Name and dependencies.
    pub meta: Rc<Meta>,
    /// Default values; after processing, those of all subcharts too.
    pub values: RefCell<Map>,
    /// Subcharts.
    pub children: RefCell<Vec<Rc<Node<'c>>>>,
    parent: RefCell<Weak<Node<'c>>>,
    /// Subcharts that copies under an alias stand for. Helm 3 leaves them the parents of their own subcharts.
    replaced: RefCell<Vec<Rc<Node<'c>>>>,
    root: Cell<bool>,
}

impl<'c> Node<'c> {
    /// Builds the tree and reads the values of all charts.
    ///
    /// # Errors
    /// For values that are no YAML, or no map.
    pub fn build(chart: &'c Chart, helm: HelmVersion, sources: &mut SourceMap) -> Result<Rc<Node<'c>>, String> {
        let mut prefix = chart.path.clone();
        if prefix.ends_with('/') {
            prefix.pop();
        }
        let node = Node::build_one(chart, helm, sources, &prefix)?;
        node.root.set(true);
        Ok(node)
    }

    fn build_one(
        chart: &'c Chart,
        helm: HelmVersion,
        sources: &mut SourceMap,
        path: &str,
    ) -> Result<Rc<Node<'c>>, String> {
        let values = match &chart.values {
            Some(src) => {
                let base = sources.add(format!("{path}/values.yaml"), "chart", src.clone());
                yaml::load_values(src, base, helm).map_err(|e| format!("cannot load values.yaml: {}", e.message))?
            }
            None => Map::default(),
        };
        let dependencies = chart
            .metadata
            .dependencies
            .as_ref()
            .map(|all| all.iter().flatten().map(|d| Rc::new(RefCell::new(d.clone()))).collect());
        let node = Rc::new(Node {
            chart,
            meta: Rc::new(Meta {
                name: RefCell::new(chart.metadata.name.clone()),
                dependencies: RefCell::new(dependencies),
            }),
            values: RefCell::new(values),
            children: RefCell::default(),
            parent: RefCell::default(),
            replaced: RefCell::default(),
            root: Cell::new(false),
        });
        let mut children = Vec::new();
        for (name, child) in &chart.children {
            let child = Node::build_one(child, helm, sources, &format!("{path}/charts/{name}"))
                .map_err(|e| format!("error unpacking subchart {name} in {}: {e}", chart.metadata.name))?;
            children.push(child);
        }
        node.set_children(children);
        Ok(node)
    }

    /// Its name, or its alias.
    pub fn name(&self) -> String {
        self.meta.name.borrow().clone()
    }

    /// Whether it is the chart that was asked for.
    pub fn is_root(&self) -> bool {
        self.root.get()
    }

    /// `chart`, `chart/charts/sub`: how templates are named.
    pub fn full_path(&self) -> String {
        match self.parent.borrow().upgrade() {
            Some(parent) if !self.root.get() => format!("{}/charts/{}", parent.full_path(), self.name()),
            _ => self.name(),
        }
    }

    fn set_children(self: &Rc<Self>, children: Vec<Rc<Node<'c>>>) {
        for child in &children {
            *child.parent.borrow_mut() = Rc::downgrade(self);
        }
        *self.children.borrow_mut() = children;
    }

    /// Another struct with the same pointers in it.
    fn shallow_copy(&self) -> Rc<Node<'c>> {
        Rc::new(Node {
            chart: self.chart,
            meta: self.meta.clone(),
            values: RefCell::new(self.values.borrow().clone()),
            children: RefCell::new(self.children.borrow().clone()),
            parent: RefCell::new(self.parent.borrow().clone()),
            replaced: RefCell::default(),
            root: Cell::new(false),
        })
    }
}

/// What the passes need and what they say.
pub struct Process<'l> {
    /// Whose behaviour is reproduced.
    pub helm: HelmVersion,
    /// Where warnings go.
    pub log: &'l mut Log,
}

fn is_compatible(range: &str, version: &str) -> bool {
    match (Constraints::parse(range), Version::parse(version)) {
        (Ok(c), Ok(v)) => c.check(&v),
        _ => false,
    }
}

impl Process<'_> {
    /// ProcessDependencies: enables, renames and removes dependencies by tags and conditions, then imports values.
    ///
    /// # Errors
    /// With Helm's text.
    pub fn dependencies(&mut self, root: &Rc<Node<'_>>, values: &Map) -> Result<(), String> {
        self.enable(root, values, "")?;
        self.import_values(root)
    }

    fn warn(&mut self, warnings: Warnings) {
        for w in warnings {
            let line = match () {
                () if w.contains("destination global") => 138,
                () if w.contains("source global") => 145,
                () if w.starts_with("Conflict") => 161,
                () if w.starts_with("key ") => 175,
                () if w.starts_with("warning: skipped value") => 237,
                () if w.starts_with("warning: cannot overwrite") => 316,
                () => 319,
            };
            self.log.from_file("coalesce.go", line, &w);
        }
    }

    /// CoalesceValues: the user's values over the chart's and its subcharts' defaults, in a map of its own.
    ///
    /// # Errors
    /// Where a subchart's values are no table.
    pub fn coalesce(&mut self, node: &Node<'_>, values: &Map) -> Result<Map, String> {
        self.coalesce_all(node, values, false)
    }

    fn coalesce_all(&mut self, node: &Node<'_>, values: &Map, merge: bool) -> Result<Map, String> {
        let copy = values.deep_copy();
        let mut warnings = Warnings::new();
        let done = coalesce(node, &copy, "", merge, self.helm, &mut warnings);
        self.warn(warnings);
        done.map(|()| copy)
    }

    fn enable(&mut self, node: &Rc<Node<'_>>, values: &Map, path: &str) -> Result<(), String> {
        let Some(declared) = node.meta.dependencies.borrow().clone() else { return Ok(()) };
        let loaded = node.children.borrow().clone();
        let matches = |d: &SharedDependency, c: &Rc<Node<'_>>| {
            let d = d.borrow();
            c.name() == d.name && is_compatible(&d.version, &c.chart.metadata.version)
        };
        let mut children: Vec<_> = loaded.iter().filter(|c| !declared.iter().any(|d| matches(d, c))).cloned().collect();
        for d in &declared {
            if let Some(found) = loaded.iter().find(|c| matches(d, c)) {
                children.push(self.alias_copy(found, &d.borrow().alias));
            }
            let alias = d.borrow().alias.clone();
            if !alias.is_empty() {
                d.borrow_mut().name = alias;
            }
        }
        node.set_children(children);
        node.replaced.borrow_mut().extend(loaded);
        for d in &declared {
            d.borrow_mut().enabled = true;
        }
        let merged = self.coalesce(node, values)?;
        self.tags(&declared, &merged);
        self.conditions(&declared, &merged, path);
        let removed: Vec<String> =
            declared.iter().filter(|d| !d.borrow().enabled).map(|d| d.borrow().name.clone()).collect();
        let kept: Vec<_> = node.children.borrow().iter().filter(|c| !removed.contains(&c.name())).cloned().collect();
        for child in &kept {
            let below = format!("{path}{}.", child.name());
            self.enable(child, &merged, &below)?;
        }
        let declared: Vec<_> = declared.into_iter().filter(|d| !removed.contains(&d.borrow().name)).collect();
        *node.meta.dependencies.borrow_mut() = (!declared.is_empty()).then_some(declared);
        node.set_children(kept);
        Ok(())
    }

    /// The chart for one declared dependency: Helm 4 copies what it changes, Helm 3 copies only the outermost struct.
    fn alias_copy<'c>(&self, found: &Rc<Node<'c>>, alias: &str) -> Rc<Node<'c>> {
        let dependencies = found.meta.dependencies.borrow().clone();
        let dependencies = match self.helm {
            HelmVersion::V3 => dependencies,
            HelmVersion::V4 => {
                dependencies.map(|all| all.iter().map(|d| Rc::new(RefCell::new(d.borrow().clone()))).collect())
            }
        };
        let name = if alias.is_empty() { found.name() } else { alias.to_owned() };
        let copy = Rc::new(Node {
            chart: found.chart,
            meta: Rc::new(Meta { name: RefCell::new(name), dependencies: RefCell::new(dependencies) }),
            values: RefCell::new(found.values.borrow().clone()),
            children: RefCell::default(),
            parent: RefCell::new(found.parent.borrow().clone()),
            replaced: RefCell::default(),
            root: Cell::new(false),
        });
        match self.helm {
            HelmVersion::V3 => *copy.children.borrow_mut() = found.children.borrow().clone(),
            HelmVersion::V4 => {
                let children = found.children.borrow().iter().map(|c| c.shallow_copy()).collect();
                copy.set_children(children);
            }
        }
        copy
    }

    fn tags(&mut self, declared: &[SharedDependency], values: &Map) {
        let Ok(tags) = find_table(values, "tags") else { return };
        for d in declared {
            let mut d = d.borrow_mut();
            let (mut any_true, mut any_false) = (false, false);
            for tag in d.tags.iter().flatten() {
                match tags.get(tag.as_bytes()) {
                    Some(Value::Bool(true)) => any_true = true,
                    Some(Value::Bool(false)) => any_false = true,
                    None => {}
                    Some(_) => match self.helm {
                        HelmVersion::V3 => self.log.bare(format!(
                            "dependencies.go:95: Warning: Tag '{tag}' for chart {} returned non-bool value",
                            d.name
                        )),
                        HelmVersion::V4 => {
                            self.log.slog("WARN", "returned non-bool value", &[("tag", tag), ("chart", &d.name)]);
                        }
                    },
                }
            }
            d.enabled = any_true || !any_false;
        }
    }

    fn conditions(&mut self, declared: &[SharedDependency], values: &Map, path: &str) {
        for d in declared {
            let mut d = d.borrow_mut();
            let condition = d.condition.trim_matches(crate::value::is_space).to_owned();
            for c in condition.split(',').filter(|c| !c.is_empty()) {
                match find_value(values, &format!("{path}{c}")) {
                    Some(Value::Bool(b)) => {
                        d.enabled = b;
                        break;
                    }
                    None => {}
                    Some(_) => match self.helm {
                        HelmVersion::V3 => self.log.bare(format!(
                            "dependencies.go:64: Warning: Condition path '{c}' for chart {} returned non-bool value",
                            d.name
                        )),
                        HelmVersion::V4 => {
                            self.log.slog("WARN", "returned non-bool value", &[("path", c), ("chart", &d.name)]);
                        }
                    },
                }
            }
        }
    }

    /// processDependencyImportValues: subcharts first.
    fn import_values(&mut self, node: &Rc<Node<'_>>) -> Result<(), String> {
        let children = node.children.borrow().clone();
        for child in &children {
            self.import_values(child)?;
        }
        let Some(declared) = node.meta.dependencies.borrow().clone() else { return Ok(()) };
        let merged = self.coalesce_all(node, &Map::default(), true)?;
        let imported = Map::default();
        for d in &declared {
            let mut d = d.borrow_mut();
            let Some(imports) = d.import_values.take() else { continue };
            if d.imported {
                // Aliases of one chart share it in Helm 3, and pairs made by an earlier pass are not read again.
                continue;
            }
            let mut normalised = Vec::new();
            for import in imports {
                if let Some(pair) = self.import_one(&d.name, &import, &merged, &imported) {
                    normalised.push(pair);
                }
            }
            d.imported = !normalised.is_empty();
            d.import_values = Some(normalised);
        }
        let mut warnings = Warnings::new();
        // What was imported are tables of this very map.
        let merged = merged.deep_copy();
        coalesce_tables(&merged, &imported, "", true, &mut warnings);
        self.warn(warnings);
        *node.values.borrow_mut() = merged;
        Ok(())
    }

    /// One entry of import-values; returns it as a pair of child and parent.
    fn import_one(
        &mut self,
        name: &str,
        import: &serde_json::Value,
        from: &Map,
        into: &Map,
    ) -> Option<serde_json::Value> {
        let shown = |v: Option<&serde_json::Value>| match v {
            None | Some(serde_json::Value::Null) => "<nil>".to_owned(),
            Some(serde_json::Value::String(s)) => s.clone(),
            Some(other) => other.to_string(),
        };
        let (child, parent, named) = match import {
            serde_json::Value::String(s) => (format!("exports.{s}"), ".".to_owned(), false),
            serde_json::Value::Object(o) => (shown(o.get("child")), shown(o.get("parent")), true),
            _ => return None,
        };
        let mut warnings = Warnings::new();
        match find_table(from, &format!("{name}.{child}")) {
            Ok(found) => {
                // Merging writes into what it merges from, but Helm hands out a new map for an empty one (AsMap).
                let found = if found.is_empty() { Map::default() } else { found };
                let source = if parent == "." {
                    found
                } else {
                    parent.split('.').rev().fold(found, |inner, key| {
                        let outer = Map::default();
                        outer.insert(key, Slot::from(Value::Map(inner)));
                        outer
                    })
                };
                coalesce_tables(into, &source, "", true, &mut warnings);
            }
            Err(e) => self.missing_table(name, &e, named),
        }
        self.warn(warnings);
        Some(serde_json::json!({ "child": child, "parent": parent }))
    }

    fn missing_table(&mut self, chart: &str, error: &str, named: bool) {
        match (self.helm, named) {
            (HelmVersion::V3, true) => self
                .log
                .bare(format!("dependencies.go:270: Warning: ImportValues missing table from chart {chart}: {error}")),
            (HelmVersion::V3, false) => {
                self.log.bare(format!("dependencies.go:287: Warning: ImportValues missing table: {error}"));
            }
            (HelmVersion::V4, true) => {
                let attributes = [("chart", chart), ("error", error)];
                self.log.slog("WARN", "ImportValues missing table from chart", &attributes);
            }
            (HelmVersion::V4, false) => {
                self.log.slog("WARN", "ImportValues missing table", &[("error", error)]);
            }
        }
    }
}

fn coalesce(
    node: &Node<'_>,
    into: &Map,
    prefix: &str,
    merge: bool,
    helm: HelmVersion,
    warnings: &mut Warnings,
) -> Result<(), String> {
    let below = prefixed(prefix, &node.name());
    coalesce_own(node, into, &below, merge, helm, warnings);
    for child in node.children.borrow().iter() {
        let name = child.name();
        match into.get(name.as_bytes()) {
            None => into.insert(name.as_str(), Slot::from(Value::Map(Map::default()))),
            Some(v) if table(&v).is_some() => {}
            Some(v) => {
                let shown = sprintf(b"%t", &[v], helm);
                return Err(format!("type mismatch on {name}: {}", String::from_utf8_lossy(&shown)));
            }
        }
        if let Some(Value::Map(inner)) = into.get(name.as_bytes()) {
            coalesce_globals(&inner, into, &below, warnings);
            coalesce(child, &inner, &below, merge, helm, warnings)?;
        }
    }
    Ok(())
}

/// The chart's own defaults under what is there.
fn coalesce_own(node: &Node<'_>, into: &Map, prefix: &str, merge: bool, helm: HelmVersion, warnings: &mut Warnings) {
    let v4_cleans = helm == HelmVersion::V4;
    let defaults = node.values.borrow().clone();
    let entries: Vec<_> = defaults.entries().iter().map(|(k, s)| (k.clone(), s.clone())).collect();
    for (key, slot) in entries {
        match into.get(&key) {
            Some(Value::Nil) if !merge => {
                into.remove(&key);
            }
            Some(existing) => {
                let Some(dst) = table(&existing) else { continue };
                let Some(src) = table(&slot.value) else {
                    if !slot.value.is_nil() {
                        warnings.push(format!("warning: skipped value for {prefix}.{}: Not a table.", key.to_text()));
                    }
                    continue;
                };
                let is_child = node.children.borrow().iter().any(|c| c.name().as_bytes() == key.as_bytes());
                let merge = merge || is_child;
                let src = src.deep_copy();
                if !merge && v4_cleans {
                    clean_nils(&src);
                }
                coalesce_tables(dst, &src, &prefixed(prefix, &key.to_text()), merge, warnings);
            }
            None if !merge && v4_cleans => {
                if slot.value.is_nil() {
                    continue;
                }
                let value = slot.value.deep_copy();
                if let Some(inner) = table(&value) {
                    clean_nils(inner);
                }
                into.insert(key, Slot { value, pos: slot.pos });
            }
            None => into.insert(key, Slot { value: slot.value.deep_copy(), pos: slot.pos }),
        }
    }
}

fn coalesce_globals(dst: &Map, src: &Map, prefix: &str, warnings: &mut Warnings) {
    const KEY: &[u8] = b"global";
    let mut of = |map: &Map, whose: &str| match map.get(KEY) {
        None => Some(Map::default()),
        Some(v) => {
            let found = table(&v).cloned();
            if found.is_none() {
                warnings.push(format!("warning: skipping globals because {whose} global is not a table."));
            }
            found
        }
    };
    let Some(into) = of(dst, "destination") else { return };
    let Some(from) = of(src, "source") else { return };
    let entries: Vec<_> = from.entries().iter().map(|(k, s)| (k.clone(), s.clone())).collect();
    for (key, slot) in entries {
        let existing = into.get(&key);
        if let Some(value) = table(&slot.value) {
            let copy = value.shallow_copy();
            match existing.as_ref() {
                None => {}
                Some(e) => match table(e) {
                    Some(old) => coalesce_tables(&copy, old, &prefixed(prefix, &key.to_text()), true, warnings),
                    None => {
                        warnings.push(format!(
                            "Conflict: cannot merge map onto non-map for {:?}. Skipping.",
                            key.to_text()
                        ));
                        continue;
                    }
                },
            }
            into.insert(key, Slot { value: Value::Map(copy), pos: slot.pos });
        } else if existing.as_ref().and_then(table).is_some() {
            warnings.push(format!("key {} is table. Skipping", key.to_text()));
        } else {
            into.insert(key, slot);
        }
    }
    let pos = dst.slot(KEY).map(|s| s.pos).unwrap_or_default();
    dst.insert("global", Slot { value: Value::Map(into), pos });
}
