//! helmfile.yaml: its environments, and its releases of charts in this repository, as helmfile v1 evaluates them for each
//! environment. [`state`] loads the files; here is what becomes of their releases.

mod state;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::data::{entries, has, items, mapped, merged, printed, read as read_yaml, text, write};
use super::expand::{Expander, Trouble};
use super::fold::{Found, Values};
use super::{Config, Draft, DraftLayer, Repository, is_chart, local};
use crate::fleet::charts::ChartHead;
use crate::span::Pos;
use crate::template::parse::FuncScope;
use crate::value::{HelmVersion, Value};
use crate::values::strvals::{Kind, parse_into};
use state::{Loader, State, strings};

/// Keys of a release that change what is rendered, and that a project file has no words for.
const NOT_TAKEN: [&str; 8] = [
    "secrets",
    "jsonPatches",
    "strategicMergePatches",
    "transformers",
    "postRenderer",
    "forceNamespace",
    "dependencies",
    "kubeVersion",
];

/// Whether a file is one that helmfile would be started with: `helmfile.yaml`, and those of `helmfile.d`.
pub(super) fn is_helmfile(name: &str) -> bool {
    let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
    file.starts_with("helmfile.y") || folder.rsplit('/').next() == Some("helmfile.d")
}

/// Takes over all helmfiles; those that another includes are read where it includes them.
pub(super) fn read(repository: &Repository, draft: &mut Draft) -> Vec<Found> {
    let root = &repository.root;
    let mut files: Vec<&Config> = repository.configs.iter().filter(|c| is_helmfile(&c.name)).collect();
    files.sort_by_key(|c| (c.name.matches('/').count(), c.name.clone()));
    let (mut seen, mut all) = (BTreeSet::<PathBuf>::new(), Vec::new());
    for config in files {
        if seen.contains(&config.path) {
            continue;
        }
        let before = all.len();
        let mut names = Loader::new(root, "default", draft).environments(&config.path);
        let is_without = names.iter().all(|n| n == "default");
        if is_without {
            names = BTreeSet::from(["default".to_owned()]);
        }
        for env in &names {
            let mut loader = Loader::new(root, env, draft);
            let states = loader.load_all(&config.path);
            seen.extend(std::mem::take(&mut loader.seen));
            for state in states {
                all.extend(releases(&state, env, is_without, repository, draft));
            }
        }
        if all.len() > before {
            draft.source(format!("helmfile: {}", config.name), "");
            draft.environments.extend(names.into_iter().filter(|_| !is_without).map(|n| (n, BTreeSet::new())));
        }
    }
    all
}

/// The releases of one helmfile in one environment.
fn releases(state: &State, env: &str, is_without: bool, repository: &Repository, draft: &mut Draft) -> Vec<Found> {
    let mut all = Vec::new();
    for release in items(&state.document, &["releases"]) {
        let name = text(&release, &["name"]);
        let at = format!("{}: {name}", state.place(&name));
        let mut taker = Taker { state, at: &at, root: &repository.root, charts: &repository.charts, draft };
        match taker.take(&release) {
            Ok(Some(found)) => all.push(Found { env: (!is_without).then(|| env.to_owned()), ..found }),
            Ok(None) => {}
            Err(message) => draft.leave(format!("{at}: {message}")),
        }
    }
    all
}

struct Taker<'a> {
    state: &'a State,
    at: &'a str,
    root: &'a Path,
    charts: &'a [ChartHead],
    draft: &'a mut Draft,
}

impl Taker<'_> {
    fn leave(&mut self, message: String) {
        self.draft.leave(format!("{}: {message}", self.at));
    }

    /// One release; nothing where it isn't installed in this environment, or its chart is elsewhere.
    fn take(&mut self, release: &Value) -> Result<Option<Found>, String> {
        let release = self.state.inherited(release, 0)?;
        let release = self.expanded(&release)?;
        if !self.is_installed(&release) {
            return Ok(None);
        }
        let chart = text(&release, &["chart"]);
        let here = local(&chart, &self.state.folder, self.root, is_chart);
        let Some(path) = here.or_else(|| self.published(&chart)) else {
            self.leave(format!("the chart {chart} is not in this repository"));
            return Ok(None);
        };
        for key in NOT_TAKEN {
            if has(&release, &[key]) || key != "secrets" && has(&self.state.document, &["helmDefaults", key]) {
                self.leave(format!("{key} is not taken over"));
            }
        }
        let mut values = Vec::new();
        let texts = mapped(&super::data::at(&release, &["valuesTemplate"]), &mut |t| self.render(t, &release))?;
        for value in items(&super::data::map([("v", texts)]), &["v"]).into_iter().chain(items(&release, &["values"])) {
            self.value(&value, &release, &mut values)?;
        }
        self.set(&release, &mut values)?;
        let of_all = text(&self.state.document, &["namespace"]);
        let namespace = if of_all.is_empty() { text(&release, &["namespace"]) } else { of_all };
        let (from, name) = (self.at.to_owned(), text(&release, &["name"]));
        Ok(Some(Found { from, chart: path, name, namespace, env: None, cluster: None, values }))
    }

    /// The chart here that a repository's chart is published from: the only one with its name, where a repository that the
    /// helmfile names has charts of this one.
    fn published(&mut self, chart: &str) -> Option<String> {
        let (repository, name) = chart.split_once('/').filter(|(_, name)| !name.contains('/'))?;
        let mut named = self.charts.iter().filter(|c| c.name == name);
        let (head, None) = (named.next()?, named.next()) else { return None };
        let path = local(".", &head.path, self.root, is_chart)?;
        self.draft.source(format!("the charts of this repository, for those of {repository}"), name);
        Some(path)
    }

    /// The release with the templates in its texts executed.
    fn expanded(&self, release: &Value) -> Result<Value, String> {
        let mut release = release.clone();
        for key in [
            "name",
            "namespace",
            "chart",
            "values",
            "set",
            "setString",
            "setTemplate",
            "installedTemplate",
            "conditionTemplate",
        ] {
            let value = super::data::at(&release, &[key]);
            let done = match (&value, key) {
                // Templates in values that stand here are the chart's business.
                (Value::List(list), "values") => {
                    let each = list.items.iter().map(|s| match &s.value {
                        Value::Str(s) => self.render(&s.to_text(), &release).map(Value::string),
                        other => Ok(other.clone()),
                    });
                    Value::list(each.collect::<Result<Vec<_>, _>>()?.into_iter().map(Into::into).collect())
                }
                _ => mapped(&value, &mut |t| self.render(t, &release))?,
            };
            if !value.is_nil() {
                release = merged(&release, &super::data::map([(key, done)]));
            }
        }
        Ok(release)
    }

    fn render(&self, template: &str, release: &Value) -> Result<String, String> {
        if !template.contains("{{") {
            return Ok(template.to_owned());
        }
        self.expander().expand(template, self.data(release)).map_err(|e| e.message)
    }

    fn expander(&self) -> Expander<'_> {
        Expander { scope: FuncScope::Helmfile, folder: &self.state.folder, root: self.root }
    }

    fn data(&self, release: &Value) -> Value {
        let keys = ["name", "namespace", "chart", "labels", "version"];
        let names = ["Name", "Namespace", "Chart", "Labels", "ChartVersion"];
        let of = keys.into_iter().zip(names).map(|(key, name)| {
            let value = super::data::at(release, &[key]);
            (name, if value.is_nil() { Value::string("") } else { value })
        });
        merged(&self.state.data(), &super::data::map([("Release", super::data::map(of))]))
    }

    fn is_installed(&mut self, release: &Value) -> bool {
        let says_no = |value: String| value.trim().eq_ignore_ascii_case("false");
        if says_no(text(release, &["installed"])) || says_no(text(release, &["installedTemplate"])) {
            return false;
        }
        let condition = [text(release, &["conditionTemplate"]), text(release, &["condition"])];
        let Some(condition) = condition.into_iter().find(|c| !c.is_empty()) else { return true };
        let keys: Vec<&str> = condition.split('.').collect();
        match condition.to_lowercase().as_str() {
            "true" => true,
            "false" => false,
            _ => text(&self.state.values, &keys) == "true",
        }
    }

    /// One item of `values`: a file, a template of a file, or values that stand here.
    fn value(&mut self, value: &Value, release: &Value, values: &mut Vec<Values>) -> Result<(), String> {
        let Value::Str(_) = value else {
            if has(&super::data::map([("v", value.clone())]), &["v"]) {
                values.push(Values::Text(self.at.to_owned(), write(value)));
            }
            return Ok(());
        };
        let file = text(release, &["valuesPathPrefix"]) + &printed(value);
        if file.starts_with("ref+") || file.contains("://") {
            self.leave(format!("the values {file} are not in this repository"));
            return Ok(());
        }
        let is_optional = self.may_be_missing(release);
        let below = |full: &Path| full.strip_prefix(self.root).ok().map(|p| p.display().to_string());
        let full = crate::fleet::charts::plain(&self.state.folder.join(&file));
        let Some(path) = below(&full) else {
            self.leave(format!("the values file {file} is outside of this folder"));
            return Ok(());
        };
        if !full.is_file() {
            match is_optional {
                true => values.push(Values::File(DraftLayer { file: path, optional: true })),
                false => self.leave(format!("there is no values file {path}")),
            }
            return Ok(());
        }
        if !file.ends_with(".gotmpl") {
            values.push(Values::File(DraftLayer { file: path, optional: is_optional }));
            return Ok(());
        }
        let template = std::fs::read_to_string(&full).map_err(|e| format!("{path}: {e}"))?;
        let folder = full.parent().unwrap_or(self.root);
        let expander = Expander { scope: FuncScope::Helmfile, folder, root: self.root };
        let done = expander.expand(&template, self.data(release)).map_err(|e| in_file(&path, &e))?;
        values.push(Values::Text(path, done));
        Ok(())
    }

    fn may_be_missing(&self, release: &Value) -> bool {
        let handler = [text(release, &["missingFileHandler"]), text(&self.state.document, &["missingFileHandler"])];
        handler.into_iter().find(|h| !h.is_empty()).is_some_and(|h| h != "Error")
    }

    /// `set`, `setString` and `setTemplate`, as a last layer.
    fn set(&mut self, release: &Value, values: &mut Vec<Values>) -> Result<(), String> {
        let into = crate::value::Map::default();
        for (key, kind) in [("setTemplate", Kind::Typed), ("set", Kind::Typed), ("setString", Kind::String)] {
            for item in items(release, &[key]) {
                let name = text(&item, &["name"]);
                let listed = strings(&items(&item, &["values"]));
                let said = match (has(&item, &["file"]), listed.is_empty()) {
                    (true, _) => {
                        self.leave(format!("{key} {name} from a file is not taken over"));
                        continue;
                    }
                    (_, false) => format!("{{{}}}", listed.join(",")),
                    _ => text(&item, &["value"]),
                };
                if name.contains('[') {
                    self.leave(format!("{key} {name} changes an item of a list; put the list into a values file"));
                    continue;
                }
                // helmfile escapes what separates values in the grammar of --set.
                let said = if listed.is_empty() { said.replace(',', "\\,") } else { said };
                parse_into(&format!("{name}={said}"), kind, &into, Pos::NONE, HelmVersion::V4, &|_| Ok(Vec::new()))?;
            }
        }
        if !into.is_empty() {
            values.push(Values::Text(format!("set of {}", self.at), write(&Value::Map(into))));
        }
        Ok(())
    }
}

fn in_file(path: &str, trouble: &Trouble) -> String {
    match trouble.line {
        0 => format!("{path}: {}", trouble.message),
        line => format!("{path}:{line}: {}", trouble.message),
    }
}

/// Environments of a document, with what each says.
fn environments(document: &Value) -> Vec<(String, Value)> {
    entries(document, &["environments"])
}

/// A values document that has to be a map.
fn values_of(text: &str) -> Result<Value, String> {
    match read_yaml(text)? {
        Value::Map(map) => Ok(Value::Map(map)),
        Value::Nil => Ok(super::data::map([])),
        _ => Err("values have to be a map".into()),
    }
}
