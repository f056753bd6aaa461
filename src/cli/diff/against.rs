//! What a diff is compared with: `--against`.

use std::collections::{BTreeSet, HashSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::args::DiffArgs;
use super::git::Revision;
use super::jobs::Job;
use super::live::{Live, Wanted};
use crate::cli::args::ConnectArgs;
use crate::cli::cluster;
use crate::cli::session::{Failed, Found, error, faults, usage};
use crate::cluster::Cluster;
use crate::fleet::{Changes, find_project, folders_of};

/// The old side.
pub(super) enum Against {
    /// The deployed releases in the clusters, by the jobs' numbers.
    Release(Live),
    /// The charts of another revision, with its project file, and the numbers of the jobs that nothing changed for since.
    Git { revision: Box<Revision>, project: Box<Found>, untouched: HashSet<usize> },
    /// Manifests in a file or folder, or another folder of the chart; `{chart}` and `{env}` stand for names.
    Files(String),
    /// Manifests on standard input.
    Stdin(OnceLock<String>),
    /// Nothing: everything is an addition.
    Nothing,
}

impl Against {
    /// Reads the flags; another revision is unpacked, the clusters are asked for the releases that `wanted` gives.
    pub fn of(
        args: &DiffArgs,
        jobs: &[Job],
        project: &Found,
        wanted: impl FnOnce() -> Result<Vec<Wanted>, Failed>,
    ) -> Result<Against, Failed> {
        let current = std::env::current_dir().unwrap_or_default();
        match args.against.as_deref() {
            _ if args.as_helm.installs => Ok(Against::Nothing),
            _ if args.stdin_current => Against::stdin(),
            None => Ok(Against::Release(Live::ask(args, &wanted()?))),
            Some("-") => Against::stdin(),
            Some(what) => match what.strip_prefix("git:") {
                Some(name) => {
                    let mut revision = Revision::find(&current, name).map_err(usage)?;
                    let untouched = untouched(args, jobs, project, &revision).map_err(usage)?;
                    unpack(&mut revision, jobs, &untouched, project).map_err(usage)?;
                    let project = project_of(&revision, &current)?;
                    Ok(Against::Git { revision: Box::new(revision), project: Box::new(project), untouched })
                }
                None => Ok(Against::Files(what.to_owned())),
            },
        }
    }

    fn stdin() -> Result<Against, Failed> {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map_err(|e| error(format!("standard input: {e}")))?;
        Ok(Against::Stdin(OnceLock::from(String::from_utf8_lossy(&bytes).into_owned())))
    }

    /// Whether nothing changed for a job since, so that its old side is its new one.
    pub fn is_untouched(&self, job: &Job) -> bool {
        matches!(self, Against::Git { untouched, .. } if untouched.contains(&job.number))
    }

    /// How the old side is called.
    pub fn label(&self) -> String {
        match self {
            Against::Release(..) => "the release in the cluster".into(),
            Against::Git { revision, .. } => format!("git:{}", revision.name),
            Against::Files(path) => path.clone(),
            Against::Stdin(_) => "standard input".into(),
            Against::Nothing => "nothing".into(),
        }
    }

    /// A text in which the folder of another revision reads as that revision.
    pub fn shown(&self, text: &str) -> String {
        match self {
            Against::Git { revision, .. } => revision.shown(text),
            _ => text.to_owned(),
        }
    }
}

/// The jobs whose charts, layers, policies and project file are as they were. What a flag gives may have changed, too.
fn untouched(args: &DiffArgs, jobs: &[Job], project: &Found, revision: &Revision) -> Result<HashSet<usize>, String> {
    let values = &args.scene.values;
    let has_files = !values.values.is_empty() || !values.set_file.is_empty();
    if args.values_only || args.include_crds || args.live || has_files {
        return Ok(HashSet::new());
    }
    let changes = Changes::new(revision.changed()?, project.as_ref());
    let charts = || jobs.iter().filter_map(|j| Some((j.number, j.release.as_ref()?)));
    let missed = changes.miss(charts().map(|c| c.1), &revision.top);
    Ok(charts().map(|c| c.0).zip(missed).filter(|(_, missed)| *missed).map(|(number, _)| number).collect())
}

/// Unpacks a revision without the charts that no comparison needs.
fn unpack(revision: &mut Revision, jobs: &[Job], untouched: &HashSet<usize>, project: &Found) -> Result<(), String> {
    let touched: BTreeSet<&Path> =
        jobs.iter().filter(|j| !untouched.contains(&j.number)).filter_map(Job::chart).collect();
    let needed: HashSet<PathBuf> = touched.iter().flat_map(|chart| folders_of(chart)).collect();
    let members = project.as_ref().and_then(|p| p.members().ok()).unwrap_or_default();
    let spare: Vec<PathBuf> = members.into_iter().map(|m| m.path).filter(|path| !needed.contains(path)).collect();
    revision.unpack(&spare)?;
    // Charts may have used others than they do now.
    let there: HashSet<PathBuf> = spare.iter().filter_map(|path| revision.path(path)).collect();
    let then = touched.iter().filter_map(|chart| revision.path(chart)).flat_map(|chart| folders_of(&chart));
    match then.into_iter().any(|folder| there.contains(&folder)) {
        true => revision.unpack(&[]),
        false => Ok(()),
    }
}

/// The project file of a revision, around the same folder.
fn project_of(revision: &Revision, current: &Path) -> Result<Found, Failed> {
    let from = revision.path(current).unwrap_or_else(|| revision.root().to_owned());
    let found = find_project(&from).map_err(|e| {
        let (status, text) = faults(e);
        (status, revision.shown(&text))
    })?;
    // One above the repository is none of it.
    Ok(found.filter(|p| p.dir().starts_with(revision.root())))
}

/// Where manifests are read, besides files: releases of a cluster, which is asked with one connection, if at all.
pub(super) struct Texts<'a> {
    connect: &'a ConnectArgs,
    cluster: OnceLock<Result<Arc<Cluster>, Failed>>,
}

impl<'a> Texts<'a> {
    /// From the cluster that the flags mean.
    pub fn new(connect: &'a ConnectArgs) -> Texts<'a> {
        Texts { connect, cluster: OnceLock::new() }
    }

    /// The texts of the YAML and JSON files at a path, or of a release, with their names.
    pub fn at(&self, path: &Path) -> Result<Vec<(String, String)>, Failed> {
        if let Some(release) = path.to_str().and_then(|p| p.strip_prefix(cluster::RELEASE)) {
            let cluster = self.cluster.get_or_init(|| cluster::connect(self.connect)).as_ref();
            return cluster::stored_texts(cluster.map_err(Clone::clone)?, release);
        }
        let files = crate::cli::lint::plan::manifest_files(path)?;
        let read = |f: PathBuf| match std::fs::read(&f) {
            Ok(bytes) => Ok((f.display().to_string(), String::from_utf8_lossy(&bytes).into_owned())),
            Err(e) => Err(usage(format!("open {}: {e}", f.display()))),
        };
        files.into_iter().map(read).collect()
    }
}

/// Whether this is a chart, rather than manifests or values.
pub(super) fn is_chart(path: &Path) -> bool {
    path.join("Chart.yaml").is_file() || path.is_file() && path.extension().is_some_and(|e| e == "tgz")
}
