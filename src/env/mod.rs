//! Environments: which values files belong to one, by convention or by the project file, and what the project file
//! says besides. Knows charts' folders, not their content.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// `plimsoll.yaml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Project {
    /// Charts, as globs relative to the file.
    #[serde(default)]
    pub charts: Vec<String>,
    /// Environments by name.
    #[serde(default)]
    pub environments: BTreeMap<String, Environment>,
    /// Namespace where no environment says one.
    pub namespace: Option<String>,
    /// Release name; the chart's name where nothing is said.
    pub release_name: Option<String>,
    /// Kubernetes version where no environment says one.
    pub kube_version: Option<String>,
    /// API versions besides the default ones.
    #[serde(default)]
    pub api_versions: Vec<String>,
    /// What `plimsoll diff` leaves out.
    #[serde(default)]
    pub diff: DiffSettings,
    /// What `plimsoll lint` checks and how strictly.
    #[serde(default)]
    pub lint: LintSettings,
}

/// `diff:` of the project file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DiffSettings {
    /// What does not count.
    #[serde(default)]
    pub ignore: Vec<IgnoreRule>,
}

/// A difference that does not count.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IgnoreRule {
    /// The kinds it is for, as a glob; all where it says none.
    pub kind: Option<String>,
    /// The names of objects it is for, as a glob; all where it says none.
    pub name: Option<String>,
    /// The field, `spec.replicas` or `metadata.annotations[example.com/*]`, with all that is below it; items of lists
    /// may be left out. The whole object where it says none.
    pub path: Option<String>,
    /// The field manager in the cluster that owns the field (`--drift`), as a glob.
    pub manager: Option<String>,
    /// Why.
    pub reason: String,
}

/// `lint:` of the project file. Paths are relative to the file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LintSettings {
    /// Sets of policies, folders and files.
    pub policies: Option<Vec<String>>,
    /// Versions of Kubernetes whose schemas are asked.
    #[serde(default)]
    pub kube_versions: Vec<String>,
    /// Folders and files with definitions of custom resources.
    #[serde(default)]
    pub crds: Vec<String>,
    /// The file with waivers.
    pub waivers: Option<String>,
    /// The file with findings that were there before.
    pub baseline: Option<String>,
    /// Severity by rule, or glob of rules: `off`, `info`, `warning`, `error`.
    #[serde(default)]
    pub rules: BTreeMap<String, Level>,
}

/// What a rule counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It isn't asked.
    Off,
    /// Worth knowing.
    Info,
    /// Should be mended.
    Warning,
    /// Must be mended.
    Error,
}

/// One environment of the project file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Environment {
    /// Values files, weakest first, relative to the project file; `{chart}` stands for the chart's name.
    #[serde(default)]
    pub values: Vec<String>,
    /// Namespace.
    pub namespace: Option<String>,
    /// Release name.
    pub release_name: Option<String>,
    /// Kubernetes version.
    pub kube_version: Option<String>,
    /// API versions besides the default ones.
    #[serde(default)]
    pub api_versions: Vec<String>,
    /// Severity by rule, or glob of rules, before what the project says.
    #[serde(default)]
    pub rules: BTreeMap<String, Level>,
    /// Nothing counts for more than this here.
    pub strictness: Option<Level>,
}

/// Name of the project file.
pub const PROJECT_FILE: &str = "plimsoll.yaml";

/// Finds and reads the project file, upwards from a folder.
///
/// # Errors
/// When it can't be read, with its path, line and column.
pub fn find_project(from: &Path) -> Result<Option<(PathBuf, Project)>, String> {
    let Some(path) = from.ancestors().map(|d| d.join(PROJECT_FILE)).find(|p| p.is_file()) else {
        return Ok(None);
    };
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let project = serde_yaml::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
    let dir = path.parent().unwrap_or(Path::new(".")).to_owned();
    Ok(Some((dir, project)))
}

/// What an environment is made of, for one chart.
#[derive(Clone, Debug, Default)]
pub struct Resolved {
    /// Values files that exist, weakest first.
    pub files: Vec<PathBuf>,
    /// What the project file says of the environment, or of everything.
    pub settings: Environment,
}

/// Where an environment's files may be in a chart.
const CONVENTIONS: [&str; 7] = [
    "values-ENV.yaml",
    "values.ENV.yaml",
    "values/ENV.yaml",
    "env/ENV.yaml",
    "envs/ENV.yaml",
    "environments/ENV.yaml",
    "environments/ENV/values.yaml",
];

/// Names of the environments that a chart has files for, by convention.
pub fn environments_of(chart: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for convention in CONVENTIONS {
        let (before, after) = convention.split_once("ENV").unwrap_or((convention, ""));
        let (dir, lead) = before.rsplit_once('/').unwrap_or(("", before));
        let Ok(entries) = std::fs::read_dir(chart.join(dir)) else { continue };
        for entry in entries.flatten() {
            let file = entry.file_name().to_string_lossy().into_owned();
            let Some(rest) = file.strip_prefix(lead) else { continue };
            let name = match after.strip_prefix('/') {
                Some(inner) => entry.path().join(inner).is_file().then_some(rest),
                None => rest.strip_suffix(after),
            };
            if let Some(name) = name.filter(|n| !n.is_empty() && !n.contains('.')) {
                names.push(name.to_owned());
            }
        }
    }
    names.sort();
    names.dedup();
    names
}

/// Resolves an environment for a chart.
///
/// # Errors
/// When neither the project file nor the chart knows it: the known ones are listed, with the closest.
pub fn resolve(name: &str, chart: &Path, project: Option<&(PathBuf, Project)>) -> Result<Resolved, String> {
    let mut resolved = Resolved::default();
    resolved.files.extend(CONVENTIONS.iter().map(|c| chart.join(c.replace("ENV", name))).filter(|p| p.is_file()));
    let mut known = !resolved.files.is_empty();
    if let Some((dir, project)) = project {
        resolved.settings = Environment {
            values: Vec::new(),
            namespace: project.namespace.clone(),
            release_name: project.release_name.clone(),
            kube_version: project.kube_version.clone(),
            api_versions: project.api_versions.clone(),
            ..Environment::default()
        };
        if let Some(env) = project.environments.get(name) {
            known = true;
            let chart_name = chart.file_name().unwrap_or_default().to_string_lossy().into_owned();
            for file in &env.values {
                let path = dir.join(file.replace("{chart}", &chart_name));
                if !path.is_file() && !file.contains("{chart}") {
                    return Err(format!("the values file {} of environment {name:?} does not exist", path.display()));
                }
                if path.is_file() {
                    resolved.files.push(path);
                }
            }
            let s = &mut resolved.settings;
            s.namespace = env.namespace.clone().or(s.namespace.take());
            s.release_name = env.release_name.clone().or(s.release_name.take());
            s.kube_version = env.kube_version.clone().or(s.kube_version.take());
            s.api_versions.extend(env.api_versions.iter().cloned());
        }
    }
    if known { Ok(resolved) } else { Err(unknown(name, chart, project)) }
}

fn unknown(name: &str, chart: &Path, project: Option<&(PathBuf, Project)>) -> String {
    let mut names = environments_of(chart);
    names.extend(project.iter().flat_map(|(_, p)| p.environments.keys().cloned()));
    names.sort();
    names.dedup();
    if names.is_empty() {
        return format!("unknown environment {name:?}: {} has no files for any environment", chart.display());
    }
    let closest = names.iter().map(|n| (strsim::damerau_levenshtein(n, name), n)).min();
    let hint = match closest {
        Some((d, n)) if d <= 1 + n.len() / 3 => format!("; did you mean {n:?}?"),
        _ => String::new(),
    };
    format!("unknown environment {name:?} for {}: known are {}{hint}", chart.display(), names.join(", "))
}
