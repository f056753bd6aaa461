//! What `plimsoll.yaml` says to commands beside the matrix: `diff:` and `lint:`.

use std::collections::BTreeMap;

use super::place::Placed;

/// `diff:`.
#[derive(Clone, Debug, Default)]
pub struct DiffSettings {
    /// What does not count.
    pub ignore: Vec<IgnoreRule>,
}

/// A difference that does not count.
#[derive(Clone, Debug, Default)]
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

/// `lint:`. Paths are relative to the file.
#[derive(Clone, Debug, Default)]
pub struct LintSettings {
    /// Sets of policies, folders and files.
    pub policies: Option<Vec<String>>,
    /// Versions of Kubernetes whose schemas are asked.
    pub kube_versions: Vec<String>,
    /// Folders and files with definitions of custom resources.
    pub crds: Vec<String>,
    /// The file with waivers.
    pub waivers: Option<String>,
    /// The file with findings that were there before.
    pub baseline: Option<String>,
    /// All of these files and folders, and sets of policies, by their keys.
    pub files: Vec<(&'static str, Placed)>,
    /// Severity by rule, or glob of rules.
    pub rules: BTreeMap<String, Level>,
    /// What all environments should have the same of.
    pub same_everywhere: SameSettings,
}

/// `sameEverywhere:`, globs with their places.
#[derive(Clone, Debug, Default)]
pub struct SameSettings {
    /// Keys of values.
    pub values: Vec<Placed>,
    /// Images, without tag and digest.
    pub images: Vec<Placed>,
}

/// What a rule counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

impl Level {
    pub(super) fn parse(word: &str) -> Option<Level> {
        match word {
            "off" => Some(Level::Off),
            "info" => Some(Level::Info),
            "warning" => Some(Level::Warning),
            "error" => Some(Level::Error),
            _ => None,
        }
    }
}
