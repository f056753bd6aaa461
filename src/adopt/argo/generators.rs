//! The parameters of ApplicationSets, from generators that this repository has the answer to: lists, folders and files of
//! git, clusters whose Secrets are here, and matrix and merge of those (Argo CD v3.5 `applicationset/generators`).

use std::collections::BTreeMap;
use std::path::Path;

use super::super::Config;
use super::super::data::{at, entries, has, items, map, mapped, merged, printed, read, text};
use super::super::expand::Expander;
use crate::template::funcs::tools::sanitized;
use crate::value::Value;

/// Generators of one ApplicationSet.
pub(super) struct Generators<'a> {
    /// Whether its templates are Go's, or words in double braces.
    pub is_go: bool,
    pub expander: &'a Expander<'a>,
    pub configs: &'a [Config],
    pub root: &'a Path,
}

/// Generators that ask something else than this repository.
const ELSEWHERE: [&str; 5] = ["scmProvider", "pullRequest", "plugin", "clusterDecisionResource", "oci"];

type Params = Result<Vec<Value>, String>;

impl Generators<'_> {
    /// A text with parameters filled in.
    pub fn fill(&self, text: &str, params: &Value) -> Result<String, String> {
        if !text.contains("{{") {
            return Ok(text.to_owned());
        }
        match self.is_go {
            true => self.expander.expand(text, params.clone()).map_err(|e| format!("{text}: {}", e.message)),
            false => Ok(words(text, params)),
        }
    }

    /// The parameter sets of a generator; `outer` are those of a matrix' first one.
    pub fn params(&self, generator: &Value, outer: &Value) -> Params {
        let filled;
        let generator = match has(&map([("o", outer.clone())]), &["o"]) {
            true => {
                filled = mapped(generator, &mut |t| self.fill(t, outer))?;
                &filled
            }
            false => generator,
        };
        if let Some(other) = ELSEWHERE.iter().find(|k| has(generator, &[k])) {
            return Err(format!("the generator {other} asks what is not in this repository"));
        }
        if has(generator, &["template"]) {
            return Err("a generator with a template of its own is not taken over".into());
        }
        let made = match () {
            () if has(generator, &["list"]) => self.list(&at(generator, &["list"])),
            () if has(generator, &["git", "directories"]) => self.directories(&at(generator, &["git"])),
            () if has(generator, &["git", "files"]) => self.files(&at(generator, &["git"])),
            () if has(generator, &["matrix"]) => self.matrix(&items(generator, &["matrix", "generators"]), outer),
            () if has(generator, &["merge"]) => self.merge(&at(generator, &["merge"]), outer),
            () if entries(generator, &[]).iter().any(|(k, _)| k == "clusters") => {
                self.clusters(&at(generator, &["clusters"]))
            }
            () => Err("a generator without a kind".into()),
        }?;
        let labels = entries(generator, &["selector", "matchLabels"]);
        if has(generator, &["selector", "matchExpressions"]) {
            return Err("selector.matchExpressions of a generator is not taken over".into());
        }
        Ok(made.into_iter().filter(|p| labels.iter().all(|(k, v)| text(p, &[k]) == printed(v))).collect())
    }

    fn list(&self, list: &Value) -> Params {
        let more = read(&text(list, &["elementsYaml"]))?;
        let elements = items(list, &["elements"]).into_iter().chain(items(&map([("e", more)]), &["e"]));
        Ok(elements.map(|e| if self.is_go { e } else { flattened(&e) }).collect())
    }

    /// Folders that a pattern names (Go's `path.Match`: stars stop at slashes).
    fn directories(&self, git: &Value) -> Params {
        let patterns = items(git, &["directories"]);
        let options = glob::MatchOptions { require_literal_separator: true, ..Default::default() };
        let fits = |path: &str, excluding: bool| {
            let of_kind = patterns.iter().filter(|p| (text(p, &["exclude"]) == "true") == excluding);
            of_kind
                .map(|p| text(p, &["path"]))
                .any(|p| glob::Pattern::new(&p).is_ok_and(|p| p.matches_with(path, options)))
        };
        let walk = walkdir::WalkDir::new(self.root).min_depth(1).max_depth(12).sort_by_file_name();
        let is_kept = |e: &walkdir::DirEntry| !e.file_name().to_string_lossy().starts_with('.');
        let folders = walk.into_iter().filter_entry(is_kept).flatten().filter(|e| e.file_type().is_dir());
        let paths = folders.filter_map(|e| Some(e.path().strip_prefix(self.root).ok()?.display().to_string()));
        let found: Vec<String> = paths.filter(|p| fits(p, false) && !fits(p, true)).collect();
        if found.is_empty() {
            let named: Vec<String> = patterns.iter().map(|p| text(p, &["path"])).collect();
            return Err(format!("the git generator finds no folder {} here", named.join(", ")));
        }
        found.iter().map(|path| self.with_values(self.of_path(path, None, git), git)).collect()
    }

    /// Files that a pattern names, as git does: stars go over slashes.
    fn files(&self, git: &Value) -> Params {
        let patterns = items(git, &["files"]);
        let fits = |path: &str, excluding: bool| {
            let of_kind = patterns.iter().filter(|p| (text(p, &["exclude"]) == "true") == excluding);
            of_kind
                .map(|p| text(p, &["path"]))
                .any(|p| p == path || glob::Pattern::new(&p).is_ok_and(|p| p.matches(path)))
        };
        let walk = walkdir::WalkDir::new(self.root).min_depth(1).max_depth(12).sort_by_file_name();
        let files = walk.into_iter().filter_entry(|e| e.file_name() != ".git").flatten();
        let paths = files.filter(|e| e.file_type().is_file());
        let paths = paths.filter_map(|e| Some(e.path().strip_prefix(self.root).ok()?.display().to_string()));
        let mut all = Vec::new();
        for path in paths.filter(|p| fits(p, false) && !fits(p, true)) {
            let source = std::fs::read_to_string(self.root.join(&path)).map_err(|e| format!("{path}: {e}"))?;
            let document = read(&source).map_err(|e| format!("{path}: {e}"))?;
            let objects = match &document {
                Value::List(_) => items(&map([("d", document)]), &["d"]),
                Value::Nil => vec![map([])],
                _ => vec![document],
            };
            for object in objects {
                let object = if self.is_go { object } else { flattened(&object) };
                all.push(self.with_values(merged(&object, &self.of_path(&path, Some(()), git)), git)?);
            }
        }
        if all.is_empty() {
            let named: Vec<String> = patterns.iter().map(|p| text(p, &["path"])).collect();
            return Err(format!("the git generator finds no file {} here", named.join(", ")));
        }
        Ok(all)
    }

    /// What a folder, or the folder of a file, is called in templates.
    fn of_path(&self, path: &str, file: Option<()>, git: &Value) -> Value {
        let (folder, name) = match file {
            Some(()) => path.rsplit_once('/').unwrap_or((".", path)),
            None => (path, ""),
        };
        let base = folder.rsplit('/').next().unwrap_or(folder);
        let mut parts =
            vec![("path", folder.to_owned()), ("basename", base.to_owned()), ("basenameNormalized", sanitized(base))];
        if file.is_some() {
            parts.extend([("filename", name.to_owned()), ("filenameNormalized", sanitized(name))]);
        }
        let prefix = text(git, &["pathParamPrefix"]);
        let segments: Vec<&str> = folder.split('/').collect();
        if self.is_go {
            let list = Value::list(segments.iter().map(|s| Value::string(*s).into()).collect());
            let parts = parts.into_iter().map(|(k, v)| (k, Value::string(v))).chain([("segments", list)]);
            let path = map([("path", map(parts))]);
            return if prefix.is_empty() { path } else { map([(&*prefix, path)]) };
        }
        let key = if prefix.is_empty() { "path".to_owned() } else { format!("{prefix}.path") };
        let named = parts.into_iter().map(|(k, v)| (if k == "path" { key.clone() } else { format!("{key}.{k}") }, v));
        let counted = segments.iter().enumerate().map(|(i, s)| (format!("{key}[{i}]"), (*s).to_owned()));
        let all: Vec<(String, String)> = named.chain(counted).collect();
        map(all.iter().map(|(k, v)| (&**k, Value::string(v.as_str()))))
    }

    /// Adds the generator's own `values`, filled in with what there is.
    fn with_values(&self, params: Value, generator: &Value) -> Result<Value, String> {
        let mut own = Vec::new();
        for (key, value) in entries(generator, &["values"]) {
            own.push((key, Value::string(self.fill(&printed(&value), &params)?)));
        }
        if own.is_empty() {
            return Ok(params);
        }
        let values = match self.is_go {
            true => map([("values", map(own.iter().map(|(k, v)| (&**k, v.clone()))))]),
            false => {
                let keys: Vec<String> = own.iter().map(|(k, _)| format!("values.{k}")).collect();
                map(keys.iter().zip(&own).map(|(k, (_, v))| (&**k, v.clone())))
            }
        };
        Ok(merged(&params, &values))
    }

    /// Clusters whose Secrets are in this repository; the others only Argo CD knows.
    fn clusters(&self, generator: &Value) -> Params {
        let labels = entries(generator, &["selector", "matchLabels"]);
        let mut all = Vec::new();
        for config in self.configs.iter().filter(|c| c.text.contains("argocd.argoproj.io/secret-type")) {
            let documents = config.text.split("\n---").filter_map(|text| read(text).ok());
            for secret in documents.filter(|d| text(d, &["kind"]) == "Secret") {
                let label = |key: &str| text(&secret, &["metadata", "labels", key]);
                let is_one = label("argocd.argoproj.io/secret-type") == "cluster";
                if is_one && labels.iter().all(|(k, v)| label(k) == printed(v)) {
                    all.push(self.with_values(self.cluster(&secret), generator)?);
                }
            }
        }
        match all.is_empty() {
            true => Err("the clusters are known to Argo CD only; name them in a list generator".into()),
            false => Ok(all),
        }
    }

    fn cluster(&self, secret: &Value) -> Value {
        let (name, server) = (text(secret, &["stringData", "name"]), text(secret, &["stringData", "server"]));
        let plain = map([
            ("nameNormalized", Value::string(sanitized(&name))),
            ("name", Value::string(name)),
            ("server", Value::string(server)),
        ]);
        let metadata = map([
            ("labels", at(secret, &["metadata", "labels"])),
            ("annotations", at(secret, &["metadata", "annotations"])),
        ]);
        let metadata = map([("metadata", metadata)]);
        merged(&plain, &if self.is_go { metadata } else { flattened(&metadata) })
    }

    /// Every combination of two generators; the second may use what the first one gives.
    fn matrix(&self, generators: &[Value], outer: &Value) -> Params {
        let [first, second] = generators else { return Err("a matrix has two generators".into()) };
        let mut all = Vec::new();
        for one in self.params(first, outer)? {
            for other in self.params(second, &merged(outer, &one))? {
                all.push(merged(&other, &one));
            }
        }
        Ok(all)
    }

    /// The first generator's sets, each with what the others say for the same keys.
    fn merge(&self, merge: &Value, outer: &Value) -> Params {
        let keys: Vec<String> = items(merge, &["mergeKeys"]).iter().map(printed).collect();
        let key = |params: &Value| -> Vec<String> { keys.iter().map(|k| text(params, &[k])).collect() };
        let generators = items(merge, &["generators"]);
        let Some((base, others)) = generators.split_first() else { return Ok(Vec::new()) };
        let mut all = self.params(base, outer)?;
        for other in others {
            let sets: BTreeMap<Vec<String>, Value> =
                self.params(other, outer)?.into_iter().map(|p| (key(&p), p)).collect();
            for params in &mut all {
                if let Some(over) = sets.get(&key(params)) {
                    *params = merged(params, over);
                }
            }
        }
        Ok(all)
    }
}

/// Words in double braces, replaced; those that nothing is known of stay.
fn words(text: &str, params: &Value) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, behind)) = rest.split_once("{{") {
        let Some((word, after)) = behind.split_once("}}") else { break };
        out.push_str(before);
        match at(params, &[word.trim()]) {
            Value::Nil => out.push_str(&format!("{{{{{word}}}}}")),
            value => out.push_str(&printed(&value)),
        }
        rest = after;
    }
    out + rest
}

/// A map without maps in it: `a.b`, `a.0`.
fn flattened(value: &Value) -> Value {
    fn walk(value: &Value, path: String, out: &mut Vec<(String, Value)>) {
        let below = |key: String| if path.is_empty() { key } else { format!("{path}.{key}") };
        match value {
            Value::Map(_) => entries(value, &[]).into_iter().for_each(|(k, v)| walk(&v, below(k), out)),
            Value::List(list) => {
                list.items.iter().enumerate().for_each(|(i, s)| walk(&s.value, below(i.to_string()), out));
            }
            scalar => out.push((path, Value::string(printed(scalar)))),
        }
    }
    let mut all = Vec::new();
    walk(value, String::new(), &mut all);
    map(all.iter().map(|(k, v)| (&**k, v.clone())))
}
