//! Loading a helmfile for one environment: its parts, one after the other, each with the values of those before; its
//! bases; the helmfiles it includes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::super::Draft;
use super::super::data::{at, has, items, map, merged, printed, read, text};
use super::super::expand::Expander;
use super::{environments, in_file, values_of};
use crate::fleet::charts::plain;
use crate::template::parse::FuncScope;
use crate::value::Value;

/// Files that include each other deeper than this are left.
const MAX_DEPTH: usize = 8;

/// A helmfile, loaded for an environment.
pub(super) struct State {
    /// The file, relative to the folder that is looked at.
    pub name: String,
    /// Its text.
    pub source: String,
    /// The folder that its paths are relative to.
    pub folder: PathBuf,
    /// All its parts in one.
    pub document: Value,
    /// The environment's values.
    pub values: Value,
    /// The environment's name.
    pub env: String,
}

impl State {
    /// What templates are given.
    pub fn data(&self) -> Value {
        data(&self.env, &self.values, &text(&self.document, &["namespace"]))
    }

    /// File and line of a release, as far as its name is written out.
    pub fn place(&self, release: &str) -> String {
        let named = format!("name: {release}");
        let is_line = |l: &str| {
            let behind = l.replace(['"', '\''], "");
            let behind =
                behind.trim_start().trim_start_matches(['-', ' ', '{']).strip_prefix(&named).map(str::to_owned);
            behind.is_some_and(|b| b.trim().is_empty() || b.starts_with([',', '}', ' ']))
        };
        match self.source.lines().position(is_line) {
            Some(line) => format!("{}:{}", self.name, line + 1),
            None => self.name.clone(),
        }
    }

    /// A release over the templates that it inherits.
    ///
    /// # Errors
    /// For a template that isn't there.
    pub fn inherited(&self, release: &Value, depth: usize) -> Result<Value, String> {
        let mut under = map([]);
        for inherit in items(release, &["inherit"]) {
            let name = text(&inherit, &["template"]);
            let template = at(&self.document, &["templates", &name]);
            if template.is_nil() || depth > MAX_DEPTH {
                return Err(format!("there is no template {name:?}"));
            }
            let mut template = self.inherited(&template, depth + 1)?;
            for key in strings(&items(&inherit, &["except"])) {
                template = merged(&template, &map([(&*key, Value::list(Vec::new()))]));
            }
            under = appended(&under, &template);
        }
        Ok(appended(&under, release))
    }
}

/// Two releases as one: lists are put behind each other.
fn appended(under: &Value, over: &Value) -> Value {
    let mut all = merged(under, over);
    for key in ["values", "valuesTemplate", "set", "setString", "setTemplate", "secrets"] {
        let (first, second) = (items(under, &[key]), items(over, &[key]));
        if !first.is_empty() && !second.is_empty() {
            let both = first.into_iter().chain(second).map(Into::into).collect();
            all = merged(&all, &map([(key, Value::list(both))]));
        }
    }
    all
}

fn data(env: &str, values: &Value, namespace: &str) -> Value {
    let name = |text: &str| Value::string(text);
    let environment = map([("Name", name(env)), ("KubeContext", name("")), ("Values", values.clone())]);
    map([
        ("Environment", environment),
        ("Namespace", name(namespace)),
        ("Values", values.clone()),
        ("StateValues", values.clone()),
    ])
}

pub(super) fn strings(values: &[Value]) -> Vec<String> {
    values.iter().map(printed).collect()
}

/// Loads helmfiles for one environment.
pub(super) struct Loader<'a> {
    root: &'a Path,
    env: &'a str,
    draft: &'a mut Draft,
    /// Whether what is wrong is said; not while only names of environments are looked for.
    is_quiet: bool,
    /// Files that were loaded.
    pub seen: BTreeSet<PathBuf>,
}

impl<'a> Loader<'a> {
    pub fn new(root: &'a Path, env: &'a str, draft: &'a mut Draft) -> Loader<'a> {
        Loader { root, env, draft, is_quiet: false, seen: BTreeSet::new() }
    }

    /// The names of a helmfile's environments.
    pub fn environments(&mut self, file: &Path) -> BTreeSet<String> {
        self.is_quiet = true;
        let states = self.load_all(file);
        self.is_quiet = false;
        states.iter().flat_map(|s| environments(&s.document)).map(|(name, _)| name).collect()
    }

    /// A helmfile and those that it includes.
    pub fn load_all(&mut self, file: &Path) -> Vec<State> {
        let mut all = Vec::new();
        self.include(file, &map([]), 0, &mut all);
        all
    }

    fn include(&mut self, file: &Path, values: &Value, depth: usize, all: &mut Vec<State>) {
        let folder = file.parent().unwrap_or(self.root).to_owned();
        let Some(state) = self.load(file, &folder, values, depth) else { return };
        let inner = items(&state.document, &["helmfiles"]);
        let name = state.name.clone();
        all.push(state);
        for item in inner {
            let path = if has(&item, &["path"]) { text(&item, &["path"]) } else { printed(&item) };
            if path.contains("://") {
                self.leave(format!("{name}: the helmfile {path} is not in this repository"));
                continue;
            }
            let values = self.values_of_items(&items(&item, &["values"]), &folder, &map([]), &name);
            let found = glob::glob(&folder.join(&path).display().to_string());
            let mut files: Vec<PathBuf> = found.map(|f| f.flatten().collect()).unwrap_or_default();
            files.sort();
            for file in files.iter().map(|f| plain(f)) {
                let inner = if file.is_dir() { inner_file(&file) } else { Some(file) };
                if let Some(file) = inner.filter(|f| depth < MAX_DEPTH && f.starts_with(self.root)) {
                    self.include(&file, &values, depth + 1, all);
                }
            }
        }
    }

    /// One file with its bases; `values` are given by who includes it. Paths are relative to `folder`: those of a base to
    /// that of the helmfile that names it.
    fn load(&mut self, file: &Path, folder: &Path, values: &Value, depth: usize) -> Option<State> {
        let source = std::fs::read_to_string(file).ok()?.replace("\r\n", "\n");
        self.seen.insert(file.to_owned());
        let name = file.strip_prefix(self.root).unwrap_or(file).display().to_string();
        let folder = folder.to_owned();
        let mut state = State {
            name,
            folder,
            document: map([]),
            values: values.clone(),
            env: self.env.to_owned(),
            source: source.clone(),
        };
        let mut line = 0;
        for part in source.split("\n---\n") {
            match self.part(part, &state) {
                Ok(document) => self.add(&document, values, depth, &mut state),
                Err((at, message)) => {
                    let place = if at == 0 { state.name.clone() } else { format!("{}:{}", state.name, line + at) };
                    self.leave(format!("{place}: {message}"));
                }
            }
            line += part.matches('\n').count() + 2;
        }
        Some(state)
    }

    /// A part as YAML: a template where the file is one.
    fn part(&self, part: &str, state: &State) -> Result<Value, (usize, String)> {
        if !state.name.ends_with(".gotmpl") && !is_old(&state.source) {
            return read(part).map_err(|e| (0, e));
        }
        let expander = Expander { scope: FuncScope::Helmfile, folder: &state.folder, root: self.root };
        let done = expander.expand(part, state.data()).map_err(|e| (e.line, e.message))?;
        read(&done).map_err(|e| (0, e))
    }

    /// Adds a part to a state: its bases first, then what it says itself.
    fn add(&mut self, document: &Value, given: &Value, depth: usize, state: &mut State) {
        for base in strings(&items(document, &["bases"])) {
            let file = plain(&state.folder.join(&base));
            let loaded = (depth < MAX_DEPTH && file.starts_with(self.root))
                .then(|| self.load(&file, &state.folder, &state.values, depth + 1));
            match loaded.flatten() {
                Some(loaded) => {
                    state.document = merged(&state.document, &loaded.document);
                    state.values = loaded.values;
                }
                None => self.leave(format!("{}: there is no base {base}", state.name)),
            }
        }
        state.document = merged(&state.document, document);
        let values = self.values_of_items(&items(document, &["values"]), &state.folder, &state.values, &state.name);
        state.values = merged(&values, &state.values);
        let of_environment = items(document, &["environments", self.env, "values"]);
        let values = self.values_of_items(&of_environment, &state.folder, &state.values, &state.name);
        state.values = merged(&merged(&state.values, &values), given);
        if has(document, &["environments", self.env, "secrets"]) {
            self.leave(format!("{}: the secrets of environment {} are not read", state.name, self.env));
        }
    }

    /// A list of files and maps as one map.
    fn values_of_items(&mut self, list: &[Value], folder: &Path, known: &Value, name: &str) -> Value {
        let mut all = map([]);
        for item in list {
            if let Value::Map(_) = item {
                all = merged(&all, item);
                continue;
            }
            let path = printed(item);
            let found = glob::glob(&folder.join(&path).display().to_string());
            let mut files: Vec<PathBuf> = found.map(|f| f.flatten().collect()).unwrap_or_default();
            files.sort();
            let root = self.root;
            for file in files.iter().map(|f| plain(f)).filter(|f| f.starts_with(root)) {
                match self.values_file(&file, known) {
                    Ok(values) => all = merged(&all, &values),
                    Err(message) => self.leave(message),
                }
            }
            if files.is_empty() {
                self.leave(format!("{name}: there is no values file {path} for environment {}", self.env));
            }
        }
        all
    }

    fn values_file(&self, file: &Path, known: &Value) -> Result<Value, String> {
        let path = file.strip_prefix(self.root).unwrap_or(file).display().to_string();
        let text = std::fs::read_to_string(file).map_err(|e| format!("{path}: {e}"))?;
        let folder = file.parent().unwrap_or(self.root);
        let text = match path.ends_with(".gotmpl") {
            true => Expander { scope: FuncScope::Helmfile, folder, root: self.root }
                .expand(&text, data(self.env, known, ""))
                .map_err(|e| in_file(&path, &e))?,
            false => text,
        };
        values_of(&text).map_err(|e| format!("{path}: {e}"))
    }

    fn leave(&mut self, message: String) {
        if !self.is_quiet {
            self.draft.leave(message);
        }
    }
}

/// Whether a file without `.gotmpl` is of helmfile before 1, which takes all files for templates: as it stands it is no YAML,
/// or it quotes templates in templates.
fn is_old(source: &str) -> bool {
    let is_template = |part: &str| part.contains("{{") && read(part).is_err();
    source.contains("{{`") || source.split("\n---\n").any(is_template)
}

/// The helmfile of a folder.
fn inner_file(folder: &Path) -> Option<PathBuf> {
    let names = ["helmfile.yaml", "helmfile.yaml.gotmpl", "helmfile.yml"];
    names.iter().map(|n| folder.join(n)).find(|f| f.is_file())
}
