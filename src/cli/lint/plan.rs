//! Everything that is read before the first chart is: which families, versions, policies, definitions.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::cli::args::{LintArgs, MissingSchema, OnlyFamily};
use crate::cli::exit;
use crate::cli::session::{Failed, Found as ProjectFile, faults, usage};
use crate::finding::{KubeObject, Severity};
use crate::fleet::{Fault, LintSettings, Placed, Release, Settings};
use crate::kube::schema::{Schemas, UnknownVersion, check_definition, minor_of};
use crate::lint::helm::differs::SameEverywhere;
use crate::lint::locate::relative;
use crate::lint::strict::Strictness;
use crate::lint::{Checks, objects};
use crate::policy::{Set, builtin};
use crate::render::capabilities::DEFAULT_KUBE_VERSION;
use crate::report::lint::names_objects;

/// What a run of lint goes by.
pub(in crate::cli) struct Plan<'a> {
    /// The command line.
    pub args: &'a LintArgs,
    /// The project file.
    pub project: ProjectFile,
    /// What is checked.
    pub checks: Checks,
    /// Whether each release is checked for the version of its own cluster alone.
    by_release: bool,
    /// Whether the family of Helm's rules is on.
    pub helm: bool,
    /// Whether a report names the objects that nothing is wrong with.
    pub names_objects: bool,
    /// What should be the same in all environments.
    pub same: SameEverywhere,
    /// The working folder.
    pub current: PathBuf,
}

impl<'a> Plan<'a> {
    /// Reads and compiles what the checks need.
    pub fn new(args: &'a LintArgs, project: ProjectFile) -> Result<Plan<'a>, Failed> {
        let current = std::env::current_dir().unwrap_or_default();
        let settings = settings(&project);
        let dir = folder(&project, &current);
        let wanted = |family: OnlyFamily| args.only.is_empty() || args.only.contains(&family);
        let (versions, by_release) = versions(args, &settings, &project)?;
        let oldest = versions.iter().filter_map(|v| minor_of(v)).min().unwrap_or(0);
        let policies = match wanted(OnlyFamily::Policy) {
            true => Some(policies(args, &settings, dir, oldest)?),
            false => None,
        };
        let mut crds = Vec::new();
        let beside = settings.crds.iter().map(|p| dir.join(p));
        for path in args.crds.iter().map(PathBuf::from).chain(beside) {
            crds.extend(definitions(&path)?);
        }
        let missing = match args.missing_schema {
            MissingSchema::Error => Some(Severity::Error),
            MissingSchema::Warn => Some(Severity::Warning),
            MissingSchema::Ignore => None,
        };
        let names_objects = args.output.iter().any(|o| names_objects(o.split('=').next().unwrap_or_default()));
        let same = project.as_ref().map(SameEverywhere::of).transpose();
        let same = same.map_err(|fault| faults(vec![fault]))?.unwrap_or_default();
        let versions = if wanted(OnlyFamily::Schema) { versions } else { Vec::new() };
        let checks = Checks::new(&versions, missing, crds, policies).map_err(usage)?;
        Ok(Plan { args, checks, by_release, helm: wanted(OnlyFamily::Helm), names_objects, same, current, project })
    }

    /// The minor version of Kubernetes that a release is checked for, given what it renders for; nothing where all
    /// releases are checked for the versions that were asked.
    pub fn minor(&self, renders_for: &str) -> Option<u32> {
        minor_of(renders_for).filter(|_| self.by_release)
    }

    /// The versions of Kubernetes that releases are checked for.
    pub fn versions<'r>(&self, mut releases: impl Iterator<Item = &'r Release>) -> Vec<String> {
        let all = &self.checks.versions;
        let of = |r: &Release| self.minor(r.kube_version.as_deref().unwrap_or(DEFAULT_KUBE_VERSION));
        let minors: Option<BTreeSet<u32>> = releases.try_fold(BTreeSet::new(), |mut minors, r| {
            minors.insert(of(r)?);
            Some(minors)
        });
        match minors.filter(|m| !m.is_empty()) {
            Some(minors) => all.iter().filter(|v| minor_of(v).is_some_and(|m| minors.contains(&m))).cloned().collect(),
            None => all.clone(),
        }
    }

    /// How much findings count.
    pub fn strictness(&self) -> Strictness<'_> {
        Strictness::of(self.project.as_ref())
    }

    /// Name and text of a file that a flag names, or else the project file.
    pub fn file(
        &self,
        flag: Option<&String>,
        setting: fn(&LintSettings) -> Option<&String>,
    ) -> Result<Option<(String, String)>, Failed> {
        let settings = settings(&self.project);
        let beside = || setting(&settings).map(|s| folder(&self.project, &self.current).join(s));
        let Some(path) = flag.map(PathBuf::from).or_else(beside) else { return Ok(None) };
        Ok(Some((relative(&path, &self.current), read(&path)?)))
    }
}

fn settings(project: &ProjectFile) -> Cow<'_, LintSettings> {
    match project {
        Some(project) => Cow::Borrowed(&project.lint),
        None => Cow::Owned(LintSettings::default()),
    }
}

/// What the project file's paths are relative to.
fn folder<'p>(project: &'p ProjectFile, current: &'p Path) -> &'p Path {
    project.as_ref().map_or(current, |p| p.dir())
}

/// The versions whose schemas are asked, and whether each release is checked for its own alone: the clusters' versions,
/// unless a flag or the setting says which.
fn versions(args: &LintArgs, settings: &LintSettings, project: &ProjectFile) -> Result<(Vec<String>, bool), Failed> {
    let given: Vec<String> = args.scene.kube_version.iter().flat_map(|v| v.split(',')).map(str::to_owned).collect();
    let asked = if given.is_empty() { settings.kube_versions.clone() } else { given };
    for version in &asked {
        Schemas::embedded(version).map_err(|e| usage(e.to_string()))?;
    }
    if !asked.is_empty() {
        return Ok((asked, false));
    }
    let said = |s: &Settings| s.kube_version.clone();
    let top = project.iter().map(|p| &p.settings);
    let environments = project.iter().filter(|_| args.manifests.is_empty()).flat_map(|p| p.environments.values());
    let special = environments.flat_map(|e| [&e.settings].into_iter().chain(e.clusters.iter().map(|c| &c.settings)));
    let said: Vec<Placed> = top.chain(special).filter_map(said).collect();
    for version in &said {
        let told = |e: UnknownVersion| Fault {
            file: project.as_ref().map(|p| p.file.display().to_string()).unwrap_or_default(),
            at: version.at,
            message: format!("{e}; lint.kubeVersions says which to check for instead"),
        };
        Schemas::embedded(&version.text).map_err(|e| faults(vec![told(e)]))?;
    }
    let mut versions: Vec<String> = said.into_iter().map(|v| v.text).collect();
    if project.as_ref().is_none_or(|p| p.settings.kube_version.is_none()) {
        versions.push(DEFAULT_KUBE_VERSION.into());
    }
    let by_release = versions.len() > 1;
    Ok((versions, by_release))
}

fn policies(args: &LintArgs, settings: &LintSettings, dir: &Path, minor: u32) -> Result<Set, Failed> {
    let names = match (&args.policies[..], &settings.policies) {
        ([], None) => vec!["fintech".to_owned()],
        ([], Some(names)) => {
            let is_set = |n: &String| builtin::sets().contains(&n.as_str());
            names.iter().map(|n| if is_set(n) { n.clone() } else { dir.join(n).display().to_string() }).collect()
        }
        (given, _) => given.to_vec(),
    };
    let texts = builtin::read(&names).map_err(|e| usage(e.to_string()))?;
    Set::load(&texts, minor).map_err(|errors| {
        let lines: String = errors.iter().map(|e| format!("Error: {e}\n")).collect();
        (exit::USAGE, lines)
    })
}

/// The definitions of custom resources in a file or folder; a broken one is an error.
fn definitions(path: &Path) -> Result<Vec<KubeObject>, Failed> {
    let mut found = Vec::new();
    for file in manifest_files(path)? {
        let (objects, broken) = objects::of_file(&file.display().to_string(), &read(&file)?);
        if let Some(b) = broken.first() {
            let (line, column) = b.place();
            return Err(usage(format!("{}:{line}:{column}: {}", b.source.name, b.problem.message)));
        }
        for object in objects.into_iter().filter(|o| o.kind == "CustomResourceDefinition") {
            if let Some(p) = check_definition(&object).first() {
                let (line, column) = object.place(&p.path);
                return Err(usage(format!("{}:{line}:{column}: {}", object.source.name, p.message)));
            }
            found.push(object);
        }
    }
    Ok(found)
}

/// The text of a file that was asked for.
pub(in crate::cli) fn read(path: &Path) -> Result<String, Failed> {
    std::fs::read_to_string(path).map_err(|e| usage(format!("open {}: {e}", path.display())))
}

/// The YAML and JSON files of a folder, in order, or the file itself.
pub(in crate::cli) fn manifest_files(path: &Path) -> Result<Vec<PathBuf>, Failed> {
    if !path.exists() {
        return Err(usage(format!("{} does not exist", path.display())));
    }
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(path).sort_by_file_name() {
        let entry = entry.map_err(|e| usage(e.to_string()))?;
        let name = entry.file_name().to_string_lossy();
        if entry.file_type().is_file() && [".yaml", ".yml", ".json"].iter().any(|e| name.ends_with(e)) {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}
