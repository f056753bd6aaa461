//! The matrix: charts × environments × clusters, of which a command takes some.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::Digest;

use super::charts::{ChartHead, cycles, plain};
use super::conventions::{environments_of, files_of};
use super::place::{Fault, Place, did_you_mean};
use super::project::{ChartEntry, Cluster, Environment, Project};
use super::release::{Cell, Release, Resolver, near};
use super::verify::{same_names, verify};

/// What a command is asked to look at.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Charts by path; those of the project file where there are none.
    pub paths: Vec<PathBuf>,
    /// Charts by name or path, as globs.
    pub charts: Vec<String>,
    /// Environments.
    pub envs: Vec<String>,
    /// Clusters.
    pub clusters: Vec<String>,
    /// What is looked at where no environment and no cluster is named.
    pub otherwise: Otherwise,
    /// Of so many parts this one, from 1.
    pub shard: Option<(usize, usize)>,
}

/// What is looked at where no environment is named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Otherwise {
    /// All environments and clusters.
    #[default]
    All,
    /// The chart with its own values alone, as long as there are environments to choose from.
    Bare,
}

impl Selection {
    /// Whether charts are looked at by their own values alone.
    fn is_bare(&self) -> bool {
        self.otherwise == Otherwise::Bare && self.envs.is_empty() && self.clusters.is_empty()
    }
}

/// The releases that are looked at, chart by chart.
#[derive(Clone, Debug, Default)]
pub struct Matrix {
    /// The charts in order, each with at least one release.
    pub charts: Vec<ChartReleases>,
}

/// A chart with its releases.
#[derive(Clone, Debug)]
pub struct ChartReleases {
    /// The chart.
    pub chart: Arc<ChartHead>,
    /// Its releases: by environment, then in the order of the clusters.
    pub releases: Vec<Release>,
}

impl Matrix {
    /// All releases, in order.
    pub fn releases(&self) -> impl Iterator<Item = &Release> {
        self.charts.iter().flat_map(|c| &c.releases)
    }

    /// Environments and clusters in short (`prod/np-aws`), each once, sorted.
    pub fn places(&self) -> Vec<String> {
        let places: BTreeSet<String> = self.releases().map(Release::place).filter(|p| !p.is_empty()).collect();
        places.into_iter().collect()
    }
}

/// Builds the matrix that a selection of a project gives.
///
/// # Errors
/// Everything that can be known to be wrong before a chart is loaded.
pub fn matrix(project: Option<&Project>, selection: &Selection, current: &Path) -> Result<Matrix, Vec<Fault>> {
    let without = Project::none(current);
    Catalog::new(project.unwrap_or(&without))?.matrix(selection, current)
}

/// A project that was looked through once, for any number of selections.
pub struct Catalog<'p> {
    project: &'p Project,
    /// The items of `charts:` that name a chart or find it, by its path.
    members: BTreeMap<PathBuf, Vec<&'p ChartEntry>>,
    /// Clusters by their environments.
    clusters: HashMap<&'p str, Vec<Arc<Cluster>>>,
}

pub(super) type Chosen<'p> = Vec<(Arc<ChartHead>, Option<&'p ChartEntry>)>;

impl<'p> Catalog<'p> {
    /// Looks through a project.
    ///
    /// # Errors
    /// What is wrong with the project file besides its form.
    pub fn new(project: &'p Project) -> Result<Catalog<'p>, Vec<Fault>> {
        let faults = verify(project);
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut members: BTreeMap<PathBuf, Vec<&'p ChartEntry>> = BTreeMap::new();
        for member in if project.charts.is_empty() { Vec::new() } else { project.members()? } {
            members.entry(member.path).or_default().push(member.entry);
        }
        let clusters = project.environments.iter();
        let clusters = clusters.map(|(name, e)| (name.as_str(), e.clusters.iter().cloned().map(Arc::new).collect()));
        Ok(Catalog { project, members, clusters: clusters.collect() })
    }

    /// The matrix of a selection. Paths in it are relative to `current`.
    ///
    /// # Errors
    /// Everything that can be known to be wrong before a chart is loaded.
    pub fn matrix(&self, selection: &Selection, current: &Path) -> Result<Matrix, Vec<Fault>> {
        let project = self.project;
        let mut charts = self.chosen(selection, current)?;
        if let Some(shard) = selection.shard {
            charts.retain(|(head, _)| is_in(shard, head, project));
        }
        let circles = cycles(charts.iter().map(|(head, _)| &**head));
        if !circles.is_empty() {
            return Err(circles);
        }
        let resolver = Resolver { project, faults: BTreeSet::new() };
        let mut builder = Builder { selection, clusters: &self.clusters, resolver };
        builder.selectors_are_known(&charts)?;
        let mut matrix = Matrix::default();
        for (chart, entry) in &charts {
            let releases = builder.releases(chart, *entry);
            match matrix.charts.last_mut() {
                // A chart with several releases is one chart.
                Some(last) if last.chart.path == chart.path => last.releases.extend(releases),
                _ if releases.is_empty() => {}
                _ => matrix.charts.push(ChartReleases { chart: chart.clone(), releases }),
            }
        }
        // Charts looked at by their own values alone are not released.
        if !selection.is_bare() {
            builder.resolver.faults.extend(same_names(project, &matrix, &charts));
        }
        let faults = builder.resolver.faults;
        if faults.is_empty() { Ok(matrix) } else { Err(faults.into_iter().collect()) }
    }

    /// The charts that are looked at.
    fn chosen(&self, selection: &Selection, current: &Path) -> Result<Chosen<'p>, Vec<Fault>> {
        let mut charts: Chosen<'p> = Vec::new();
        for given in &selection.paths {
            let path = plain(&current.join(given));
            if let Some(fault) = named(&path, given) {
                return Err(vec![fault]);
            }
            let head = Arc::new(ChartHead::read(&path));
            match self.members.get(&path) {
                Some(entries) => charts.extend(entries.iter().map(|e| (head.clone(), Some(*e)))),
                None => charts.push((head, None)),
            }
        }
        if !selection.paths.is_empty() {
            return Ok(charts);
        }
        for (path, entries) in &self.members {
            let head = Arc::new(ChartHead::read(path));
            // A library renders nothing itself.
            charts.extend(entries.iter().filter(|_| !head.is_library).map(|e| (head.clone(), Some(*e))));
        }
        if charts.is_empty() && current.join("Chart.yaml").is_file() {
            charts.push((Arc::new(ChartHead::read(current)), None));
        }
        if charts.is_empty() {
            return Err(vec![no_chart(self.project)]);
        }
        Ok(charts)
    }
}

fn no_chart(project: &Project) -> Fault {
    match project.file.is_file() {
        true => Fault {
            file: project.file.display().to_string(),
            at: Place::default(),
            message: "it names no chart that is released; say charts: [charts/*], or name a chart on the command line"
                .into(),
        },
        false => Fault::general(
            "which chart? Name one, or run this in a chart's folder or below a plimsoll.yaml (plimsoll init writes one)",
        ),
    }
}

/// What is wrong with a chart that the command line names: it isn't there, or is something else.
fn named(path: &Path, given: &Path) -> Option<Fault> {
    let shown = given.display();
    if !path.exists() {
        return Some(Fault::general(format!("chart {shown} not found{}", near(path))));
    }
    let is_yaml = |p: &Path| p.extension().is_some_and(|e| e == "yaml" || e == "yml");
    let plain = || {
        Fault::general(format!(
            "{shown} is no chart: that is a folder with Chart.yaml, or an archive; lint and diff take manifests by --manifests"
        ))
    };
    if !path.is_dir() {
        return is_yaml(path).then(plain);
    }
    if path.join("Chart.yaml").symlink_metadata().is_ok() {
        return None;
    }
    let within: Vec<PathBuf> = std::fs::read_dir(path).ok()?.flatten().map(|e| e.path()).collect();
    let charts = within.iter().filter(|p| p.join("Chart.yaml").is_file()).count();
    match charts {
        0 => within.iter().any(|p| is_yaml(p)).then(plain),
        _ => Some(Fault::general(format!(
            "{shown} is no chart but a folder of charts ({charts}): name them, {shown}/*, or let plimsoll init write a project file"
        ))),
    }
}

/// Whether a chart is in a part: by its path alone, so that a new chart moves no other.
fn is_in((part, parts): (usize, usize), head: &ChartHead, project: &Project) -> bool {
    let path = head.path.strip_prefix(project.dir()).unwrap_or(&head.path);
    let hash = sha2::Sha256::digest(path.as_os_str().as_encoded_bytes());
    let number = hash.iter().take(8).fold(0u64, |n, byte| n << 8 | u64::from(*byte));
    number % parts.max(1) as u64 + 1 == part as u64
}

/// Whether a chart is meant by a name, a path or a glob of one.
fn is_called(head: &ChartHead, pattern: &str, project: &Project) -> bool {
    let path = head.path.strip_prefix(project.dir()).unwrap_or(&head.path).display().to_string();
    let folder = head.path.file_name().unwrap_or_default().to_string_lossy();
    let pattern = pattern.trim_end_matches('/');
    let fits = |name: &str| name == pattern || glob::Pattern::new(pattern).is_ok_and(|p| p.matches(name));
    fits(&head.name) || fits(&path) || fits(&folder)
}

struct Builder<'s, 'p> {
    selection: &'s Selection,
    clusters: &'s HashMap<&'p str, Vec<Arc<Cluster>>>,
    resolver: Resolver<'p>,
}

impl<'p> Builder<'_, 'p> {
    /// Whether every selector names something that some chart has.
    fn selectors_are_known(&self, charts: &Chosen<'p>) -> Result<(), Vec<Fault>> {
        let project = self.resolver.project;
        let mut faults = Vec::new();
        let names: Vec<&str> = charts.iter().map(|(h, _)| h.name.as_str()).collect();
        for pattern in &self.selection.charts {
            if !charts.iter().any(|(head, _)| is_called(head, pattern, project)) {
                let near = did_you_mean(pattern, names.iter().copied());
                faults.push(format!("no chart is called {pattern:?}{near}"));
            }
        }
        let clusters: BTreeSet<&str> = self.clusters.values().flatten().map(|c| c.name.text.as_str()).collect();
        for name in self.selection.clusters.iter().filter(|n| !clusters.contains(n.as_str())) {
            let near = did_you_mean(name, clusters.iter().copied());
            let all = clusters.iter().copied().collect::<Vec<_>>().join(", ");
            faults.push(match all.as_str() {
                "" => format!("unknown cluster {name:?}: the project file has none"),
                all => format!("unknown cluster {name:?}: known are {all}{near}"),
            });
        }
        // A chart that is named has the environment; of many it is enough if one has it.
        let by_path = !self.selection.paths.is_empty();
        for env in &self.selection.envs {
            let without: Vec<&Arc<ChartHead>> =
                charts.iter().map(|(head, _)| head).filter(|head| !self.has(head, env)).collect();
            if let Some(first) = without.first().filter(|_| by_path || without.len() == charts.len()) {
                faults.push(self.unknown_env(env, without.iter().map(|h| &***h), first));
            }
        }
        if faults.is_empty() {
            faults.extend(self.elsewhere());
        }
        match faults.is_empty() {
            true => Ok(()),
            false => Err(faults.into_iter().map(Fault::general).collect()),
        }
    }

    /// Clusters that none of the environments has which are asked for.
    fn elsewhere(&self) -> Vec<String> {
        let (envs, clusters) = (&self.selection.envs, &self.selection.clusters);
        let has = |env: &str, name: &String| {
            self.clusters.get(env).is_some_and(|all| all.iter().any(|c| c.name.text == *name))
        };
        let missing = clusters.iter().filter(|name| !envs.is_empty() && !envs.iter().any(|env| has(env, name)));
        let said = missing.map(|name| {
            let mut there: Vec<&str> = self.clusters.keys().copied().filter(|env| has(env, name)).collect();
            there.sort_unstable();
            format!("cluster {name:?} is in {}, not in {}", there.join(", "), envs.join(", "))
        });
        said.collect()
    }

    fn has(&self, head: &ChartHead, env: &str) -> bool {
        self.resolver.project.environments.contains_key(env) || !files_of(&head.path, env).is_empty()
    }

    fn unknown_env<'h>(&self, name: &str, heads: impl Iterator<Item = &'h ChartHead>, first: &ChartHead) -> String {
        let project = self.resolver.project;
        let mut known: BTreeSet<String> = heads.flat_map(|h| environments_of(&h.path)).collect();
        known.extend(project.environments.keys().cloned());
        if known.is_empty() {
            return format!("unknown environment {name:?}: {} has no files for any environment", first.path.display());
        }
        let near = did_you_mean(name, known.iter().map(String::as_str));
        let all = known.iter().cloned().collect::<Vec<_>>().join(", ");
        let of = match project.environments.is_empty() {
            true => format!(" for {}", first.path.display()),
            false => String::new(),
        };
        format!("unknown environment {name:?}{of}: known are {all}{near}")
    }

    fn releases(&mut self, chart: &Arc<ChartHead>, entry: Option<&ChartEntry>) -> Vec<Release> {
        let (selection, project) = (self.selection, self.resolver.project);
        if !selection.charts.is_empty() && !selection.charts.iter().any(|p| is_called(chart, p, project)) {
            return Vec::new();
        }
        if entry.is_none() && !project.charts.is_empty() && selection.clusters.is_empty() {
            return self.alone(chart);
        }
        let envs = self.environments(chart, entry);
        if envs.is_empty() && selection.envs.is_empty() && selection.clusters.is_empty() {
            // Nothing to choose from: the chart's own values, with what the project says of everything.
            return vec![self.resolver.release(chart, entry, Cell::default())];
        }
        if selection.is_bare() {
            return vec![Release { chart: chart.clone(), ..Release::default() }];
        }
        let undeclared = Environment::default();
        let mut releases = Vec::new();
        for env in &envs {
            let environment = project.environments.get(env).unwrap_or(&undeclared);
            for cluster in self.clusters(env, entry) {
                let cell = Cell { env: Some((env, environment)), cluster: cluster.as_ref() };
                releases.push(self.resolver.release(chart, entry, cell));
            }
        }
        releases
    }

    /// A chart that the project file does not list, though it lists charts: what the chart itself says of its environments
    /// is all there is to know, and the project's layers, namespaces and clusters are not for it.
    fn alone(&self, chart: &Arc<ChartHead>) -> Vec<Release> {
        let asked = &self.selection.envs;
        let envs = if asked.is_empty() { environments_of(&chart.path) } else { asked.clone() };
        if envs.is_empty() || self.selection.is_bare() {
            return vec![Release { chart: chart.clone(), ..Release::default() }];
        }
        let project = Project { file: self.resolver.project.file.clone(), ..Project::default() };
        let mut resolver = Resolver { project: &project, faults: BTreeSet::new() };
        let undeclared = Environment::default();
        let cell = |env| Cell { env: Some((env, &undeclared)), cluster: None };
        envs.iter().map(|env| resolver.release(chart, None, cell(env))).collect()
    }

    /// The environments of a chart that were asked for: those of the project file, or else those it has files for.
    fn environments(&self, chart: &ChartHead, entry: Option<&ChartEntry>) -> Vec<String> {
        let declared = &self.resolver.project.environments;
        let is_kept = |env: &String| {
            entry.and_then(|e| e.environments.as_ref()).is_none_or(|only| only.iter().any(|o| o.text == *env))
        };
        let asked = &self.selection.envs;
        if !asked.is_empty() {
            let mut envs: Vec<String> = asked.iter().filter(|e| is_kept(e) && self.has(chart, e)).cloned().collect();
            envs.sort();
            envs.dedup();
            return envs;
        }
        match declared.is_empty() {
            true if entry.is_some_and(|e| e.without_own) => Vec::new(),
            true => environments_of(&chart.path),
            false => declared.keys().filter(|e| is_kept(e)).cloned().collect(),
        }
    }

    /// The clusters of an environment that were asked for; nothing once where it has none.
    fn clusters(&self, env: &str, entry: Option<&ChartEntry>) -> Vec<Option<Arc<Cluster>>> {
        let asked = &self.selection.clusters;
        let all = self.clusters.get(env).map(Vec::as_slice).unwrap_or_default();
        if all.is_empty() {
            return if asked.is_empty() { vec![None] } else { Vec::new() };
        }
        let only = entry.and_then(|e| e.clusters.as_ref());
        let is_kept = |name: &String| only.is_none_or(|only| only.iter().any(|o| o.text == *name));
        let is_asked = |name: &String| asked.is_empty() || asked.contains(name);
        let kept = all.iter().filter(|c| is_kept(&c.name.text) && is_asked(&c.name.text));
        kept.cloned().map(Some).collect()
    }
}
