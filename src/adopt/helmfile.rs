//! helmfile.yaml: environments, and releases of charts in this repository. Its templates are not executed: the
//! environment's name is understood as a placeholder, lines that are nothing but template are left out.

use std::path::Path;

use super::{Config, Draft, DraftChart, documents, is_chart, local};
use crate::yaml::node::{Data, Node};

/// Takes over a helmfile.
pub(super) fn read(config: &Config, root: &Path, draft: &mut Draft) {
    let text = without_templates(&config.text, &config.name, draft);
    let folder = config.path.parent().unwrap_or(root);
    let before = draft.charts.len();
    for (line, document) in documents(&text) {
        let document = match document {
            Ok(document) => document.root,
            Err(e) => {
                draft.left.push(format!("{}:{line}: {}", config.name, e.message));
                continue;
            }
        };
        for e in document.get("environments").map(Node::entries).unwrap_or_default() {
            draft.environments.entry(e.key.to_string()).or_default();
            // What an environment of helmfile sets is for its templates, not for the charts.
            if e.value.get("values").is_some_and(|v| !v.items().is_empty()) {
                draft.left.push(format!(
                    "{}: the values of environment {} are for helmfile's own templates",
                    config.name, e.key
                ));
            }
        }
        for key in ["bases", "helmfiles", "helmDefaults", "hooks"] {
            if document.get(key).is_some() {
                draft.left.push(format!("{}: {key} is not taken over", config.name));
            }
        }
        for release in document.get("releases").map(Node::items).unwrap_or_default() {
            take(release, config, folder, root, draft);
        }
    }
    if draft.charts.len() > before {
        draft.sources.push(format!("helmfile: {}", config.name));
    }
}

/// The text with `{{ .Environment.Name }}` as a placeholder and without lines of template.
fn without_templates(text: &str, name: &str, draft: &mut Draft) -> String {
    let mut out = String::new();
    for (n, line) in text.split_inclusive('\n').enumerate() {
        let named = [
            "{{ .Environment.Name }}",
            "{{.Environment.Name}}",
            "{{ .Environment.Name}}",
            "{{`{{ .Environment.Name }}`}}",
        ];
        let line = named.iter().fold(line.to_owned(), |line, from| line.replace(from, "{env}"));
        if line.contains("{{") {
            draft.left.push(format!("{name}:{}: a template of helmfile: {}", n + 1, line.trim()));
            out.push('\n');
        } else {
            out.push_str(&line);
        }
    }
    out
}

fn take(release: &Node, config: &Config, folder: &Path, root: &Path, draft: &mut Draft) {
    let text = |key: &str| release.get(key).and_then(Node::as_str).map(str::to_owned);
    let name = text("name").unwrap_or_default();
    let at = &config.name;
    let chart = text("chart").unwrap_or_default();
    let Some(path) = local(&chart, folder, root, is_chart) else {
        draft.left.push(format!("{at}: {name}: the chart {chart} is not in this repository"));
        return;
    };
    let mut entry = DraftChart { path, ..DraftChart::default() };
    for value in release.get("values").map(Node::items).unwrap_or_default() {
        match (&value.data, value.as_str()) {
            (_, Some(file)) if file.contains("{env}") => entry.layers.push(templated(file, folder, root)),
            (_, Some(file)) if file.ends_with(".gotmpl") => {
                draft.left.push(format!("{at}: {name}: {file} is a template of helmfile"));
            }
            (_, Some(file)) => match local(file, folder, root, Path::is_file) {
                Some(file) => entry.layers.push(file),
                None => draft.left.push(format!("{at}: {name}: there is no values file {file:?}")),
            },
            (Data::Map(_), _) => {
                draft
                    .left
                    .push(format!("{at}: {name}: values stand in the helmfile itself; put them into a values file"));
            }
            _ => {}
        }
    }
    for key in [
        "set",
        "setString",
        "secrets",
        "condition",
        "installed",
        "needs",
        "jsonPatches",
        "strategicMergePatches",
        "transformers",
        "postRenderer",
    ] {
        if release.get(key).is_some() {
            draft.left.push(format!("{at}: {name}: {key} is not taken over"));
        }
    }
    entry.release_name = Some(name).filter(|n| !n.is_empty());
    entry.namespace = text("namespace");
    draft.charts.push(entry);
}

/// A path with the environment in it: optional, for not every environment need have it.
fn templated(file: &str, folder: &Path, root: &Path) -> String {
    let full = crate::fleet::charts::plain(&folder.join(file));
    full.strip_prefix(root).unwrap_or(&full).display().to_string()
}
