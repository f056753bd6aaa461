//! `plimsoll.yaml`, read: every text with its place. What it may hold is said in [`super::definition`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::definition::PROJECT;
use super::place::{Fault, Lines, Place, Placed};
use super::settings::{DiffSettings, IgnoreRule, Level, LintSettings, SameSettings};
use super::shape::{check, scalar, unquoted};
use crate::yaml::node::{Document, Node};

/// Name of the project file.
pub const PROJECT_FILE: &str = "plimsoll.yaml";

/// `plimsoll.yaml`.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// The file.
    pub file: PathBuf,
    /// Charts, in the file's order.
    pub charts: Vec<ChartEntry>,
    /// Layers of everything, weakest first.
    pub layers: Vec<Layer>,
    /// What holds where nothing more special is said.
    pub settings: Settings,
    /// Environments by name.
    pub environments: BTreeMap<String, Environment>,
    /// What `plimsoll diff` leaves out.
    pub diff: DiffSettings,
    /// What `plimsoll lint` checks and how strictly.
    pub lint: LintSettings,
    /// The rules that it speaks of, in `lint` and in environments.
    pub rules: Vec<Placed>,
}

impl Project {
    /// No project: what a folder without a project file has.
    pub fn none(folder: &Path) -> Project {
        Project { file: folder.join(PROJECT_FILE), ..Project::default() }
    }
}

/// One item of `charts:`.
#[derive(Clone, Debug, Default)]
pub struct ChartEntry {
    /// Path or glob, relative to the project file; `!` in front takes charts away.
    pub path: Placed,
    /// Namespace and release name of these charts.
    pub settings: Settings,
    /// The only environments, if any are named.
    pub environments: Option<Vec<Placed>>,
    /// The only clusters, if any are named.
    pub clusters: Option<Vec<Placed>>,
    /// Whether their own files for an environment don't count.
    pub without_own: bool,
    /// Their own layers, the strongest of all.
    pub layers: Vec<Layer>,
}

/// One item of `layers:`.
#[derive(Clone, Debug, Default)]
pub struct Layer {
    /// Path relative to the project file, with placeholders.
    pub file: Placed,
    /// Whether the file may be absent.
    pub optional: bool,
}

/// What can be said at several levels of the file.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Namespace.
    pub namespace: Option<Placed>,
    /// Release name.
    pub release_name: Option<Placed>,
    /// Kubernetes version.
    pub kube_version: Option<Placed>,
    /// API versions besides the default ones.
    pub api_versions: Vec<String>,
}

/// One environment.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// Where it is declared.
    pub at: Place,
    /// Its clusters, in the file's order.
    pub clusters: Vec<Cluster>,
    /// Its layers, over those of everything.
    pub layers: Vec<Layer>,
    /// Settings.
    pub settings: Settings,
    /// Severity by rule, or glob of rules, before what the project says.
    pub rules: BTreeMap<String, Level>,
    /// Nothing counts for more than this here.
    pub strictness: Option<Level>,
}

/// One cluster of an environment.
#[derive(Clone, Debug, Default)]
pub struct Cluster {
    /// Its name.
    pub name: Placed,
    /// Its attributes by name: country, region, …
    pub attributes: BTreeMap<String, Placed>,
    /// Context of the kubeconfig.
    pub context: Option<String>,
    /// Its layers, over the environment's.
    pub layers: Vec<Layer>,
    /// Settings.
    pub settings: Settings,
}

impl Project {
    /// The folder that paths are relative to.
    pub fn dir(&self) -> &Path {
        self.file.parent().unwrap_or(Path::new("."))
    }

    /// A fault of this file.
    pub fn fault(&self, at: Place, message: impl Into<String>) -> Fault {
        Fault { file: self.file.display().to_string(), at, message: message.into() }
    }

    /// Reads the text of a project file.
    ///
    /// # Errors
    /// All that is wrong with its form, in its order.
    pub fn read(file: &Path, text: &str) -> Result<Project, Vec<Fault>> {
        // Some editors begin files with a mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let name = file.display().to_string();
        let document = Document::parse(text.as_bytes()).map_err(|e| {
            let at = e.offset.map(|o| Place::of(text, o)).unwrap_or_default();
            let line = text.lines().nth(at.line.saturating_sub(1)).unwrap_or_default();
            let message =
                format!("{}{}", e.message.trim_start_matches("error converting YAML to JSON: "), unquoted(line));
            vec![Fault { file: name.clone(), at, message }]
        })?;
        let faults = check(&name, text, &document, &PROJECT);
        match faults.is_empty() {
            true => Ok(Reader { text, lines: Lines::of(text) }.project(file, &document.root)),
            false => Err(faults),
        }
    }
}

/// Reads a document whose form was checked.
struct Reader<'a> {
    text: &'a str,
    lines: Lines,
}

impl Reader<'_> {
    fn project(&self, file: &Path, root: &Node) -> Project {
        let environments = entries(root, "environments");
        Project {
            file: file.to_owned(),
            charts: items(root, "charts").iter().map(|n| self.chart(n)).collect(),
            layers: self.layers(root),
            settings: self.settings(root),
            environments: environments.map(|e| (e.key.to_string(), self.environment(e))).collect(),
            diff: DiffSettings { ignore: root.get("diff").map(|n| self.ignore(n)).unwrap_or_default() },
            lint: root.get("lint").map(|n| self.lint(n)).unwrap_or_default(),
            rules: self.rule_names(root),
        }
    }

    fn chart(&self, node: &Node) -> ChartEntry {
        if let Some(path) = self.placed(node) {
            return ChartEntry { path, ..ChartEntry::default() };
        }
        ChartEntry {
            path: self.text(node, "path").unwrap_or_default(),
            settings: self.settings(node),
            environments: node.get("environments").map(|_| self.texts(node, "environments")),
            clusters: node.get("clusters").map(|_| self.texts(node, "clusters")),
            without_own: node.get("ownEnvironmentFiles").and_then(Node::as_bool) == Some(false),
            layers: self.layers(node),
        }
    }

    fn environment(&self, entry: &crate::yaml::node::Entry) -> Environment {
        let node = &entry.value;
        Environment {
            at: self.at(entry.key_offset),
            clusters: entries(node, "clusters").map(|e| self.cluster(e)).collect(),
            layers: self.layers(node),
            settings: self.settings(node),
            rules: self.rules(node),
            strictness: self.text(node, "strictness").and_then(|t| Level::parse(&t.text)),
        }
    }

    fn cluster(&self, entry: &crate::yaml::node::Entry) -> Cluster {
        let node = &entry.value;
        const OWN: [&str; 6] = ["kubeVersion", "apiVersions", "namespace", "releaseName", "context", "layers"];
        let others = node.entries().iter().filter(|e| !OWN.contains(&&*e.key));
        Cluster {
            name: Placed { text: entry.key.to_string(), at: self.at(entry.key_offset) },
            attributes: others.filter_map(|e| Some((e.key.to_string(), self.placed(&e.value)?))).collect(),
            context: self.text(node, "context").map(|t| t.text),
            layers: self.layers(node),
            settings: self.settings(node),
        }
    }

    fn settings(&self, node: &Node) -> Settings {
        Settings {
            namespace: self.text(node, "namespace"),
            release_name: self.text(node, "releaseName"),
            kube_version: self.text(node, "kubeVersion"),
            api_versions: self.strings(node, "apiVersions"),
        }
    }

    fn layers(&self, node: &Node) -> Vec<Layer> {
        let layer = |n: &Node| match self.placed(n) {
            Some(file) => Layer { file, optional: false },
            None => Layer {
                file: self.text(n, "file").unwrap_or_default(),
                optional: n.get("optional").and_then(Node::as_bool).unwrap_or_default(),
            },
        };
        items(node, "layers").iter().map(layer).collect()
    }

    fn ignore(&self, node: &Node) -> Vec<IgnoreRule> {
        let rule = |n: &Node| {
            let text = |key| self.text(n, key).map(|t| t.text);
            IgnoreRule {
                kind: text("kind"),
                name: text("name"),
                path: text("path"),
                manager: text("manager"),
                reason: text("reason").unwrap_or_default(),
            }
        };
        items(node, "ignore").iter().map(rule).collect()
    }

    fn lint(&self, node: &Node) -> LintSettings {
        LintSettings {
            policies: node.get("policies").map(|_| self.strings(node, "policies")),
            kube_versions: self.strings(node, "kubeVersions"),
            crds: self.strings(node, "crds"),
            waivers: self.text(node, "waivers").map(|t| t.text),
            baseline: self.text(node, "baseline").map(|t| t.text),
            files: self.files(node),
            rules: self.rules(node),
            same_everywhere: node.get("sameEverywhere").map(|n| self.same(n)).unwrap_or_default(),
        }
    }

    fn files(&self, node: &Node) -> Vec<(&'static str, Placed)> {
        let lists = ["policies", "crds"].map(|key| (key, self.texts(node, key)));
        let single = ["waivers", "baseline"].map(|key| (key, self.text(node, key).into_iter().collect()));
        lists.into_iter().chain(single).flat_map(|(key, files)| files.into_iter().map(move |f| (key, f))).collect()
    }

    fn same(&self, node: &Node) -> SameSettings {
        SameSettings { values: self.texts(node, "values"), images: self.texts(node, "images") }
    }

    fn rules(&self, node: &Node) -> BTreeMap<String, Level> {
        let level = |n: &Node| self.placed(n).and_then(|t| Level::parse(&t.text));
        entries(node, "rules").filter_map(|e| Some((e.key.to_string(), level(&e.value)?))).collect()
    }

    /// The rules below `lint` and below the environments.
    fn rule_names(&self, root: &Node) -> Vec<Placed> {
        let environments = entries(root, "environments").map(|e| &e.value);
        let all = root.get("lint").into_iter().chain(environments).flat_map(|n| entries(n, "rules"));
        all.map(|e| Placed { text: e.key.to_string(), at: self.at(e.key_offset) }).collect()
    }

    fn at(&self, offset: u32) -> Place {
        self.lines.place(offset as usize)
    }

    fn placed(&self, node: &Node) -> Option<Placed> {
        Some(Placed { text: scalar(node, self.text)?, at: self.at(node.offset) })
    }

    fn text(&self, node: &Node, key: &str) -> Option<Placed> {
        self.placed(node.get(key)?)
    }

    fn texts(&self, node: &Node, key: &str) -> Vec<Placed> {
        items(node, key).iter().filter_map(|n| self.placed(n)).collect()
    }

    fn strings(&self, node: &Node, key: &str) -> Vec<String> {
        self.texts(node, key).into_iter().map(|t| t.text).collect()
    }
}

fn items<'n>(node: &'n Node, key: &str) -> &'n [Node] {
    node.items_at(&[key])
}

fn entries<'n>(node: &'n Node, key: &str) -> impl Iterator<Item = &'n crate::yaml::node::Entry> {
    node.get(key).map(Node::entries).unwrap_or_default().iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        match Project::read(Path::new("plimsoll.yaml"), text) {
            Ok(_) => Vec::new(),
            Err(faults) => faults.iter().map(Fault::to_string).collect(),
        }
    }

    #[test]
    fn what_is_wrong_has_a_place_and_the_closest_name() {
        let text = "chart: [a]\nlayers:\n  - {file: x, optinal: true}\n  - 3: 4\nenvironments:\n  prod:\n    strictness: eror\n    clusters: {np: {contry: np, kubeVersoin: 1, role: [a]}}\n";
        let faults = faults(text);
        let has = |said: &str| assert!(faults.iter().any(|f| f.starts_with(said)), "{said}\n{faults:#?}");
        has("plimsoll.yaml:1:1: unknown key chart; did you mean \"charts\"?");
        has("plimsoll.yaml:3:15: unknown key layers[0].optinal; did you mean \"optional\"?");
        has("plimsoll.yaml:7:17: environments.prod.strictness must be one of off, info, warning, error, not eror");
        has("plimsoll.yaml:8:33: unknown key environments.prod.clusters.np.kubeVersoin; did you mean \"kubeVersion\"?");
        has("plimsoll.yaml:8:55: environments.prod.clusters.np.role must be a text, not a list");
        assert!(!faults.iter().any(|f| f.contains("contry")), "an attribute may have any name: {faults:#?}");
    }

    #[test]
    fn keys_given_twice_and_broken_yaml_are_told() {
        let twice = faults("environments:\n  prod:\n    clusters:\n      a: {}\n      a: {}\n");
        assert_eq!(twice, ["plimsoll.yaml:5:7: environments.prod.clusters.a is given twice"]);
        assert!(faults("charts: [a\n")[0].starts_with("plimsoll.yaml:2:1: yaml: "), "{:?}", faults("charts: [a\n"));
    }

    #[test]
    fn versions_without_quotes_stay_as_they_are_written() {
        let text = "kubeVersion: 1.30\nenvironments: {dev: {strictness: off}, prod: }\n";
        let project = Project::read(Path::new("plimsoll.yaml"), text).unwrap();
        assert_eq!(project.settings.kube_version.unwrap().text, "1.30");
        assert_eq!(project.environments["dev"].strictness, Some(Level::Off));
        assert!(project.environments.contains_key("prod"));
    }
}
