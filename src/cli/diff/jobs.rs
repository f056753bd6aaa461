//! What is compared, piece by piece: charts in their environments and clusters, releases that are stored, plain manifests.

use std::path::{Path, PathBuf};

use super::args::DiffArgs;
use super::live::{self, Wanted};
use super::run::Sides;
use super::scene::Broken;
use super::sides::Prepared;
use crate::cli::cluster::RELEASE;
use crate::cli::session::{Failed, Found, error, releases, usage};
use crate::fleet::{Otherwise, Release};

/// A chart in an environment, or plain manifests.
#[derive(Clone)]
pub(super) struct Job {
    /// Its number among all.
    pub number: usize,
    /// The release; nothing for plain manifests and what is stored.
    pub release: Option<Release>,
    /// A release that is looked at by itself.
    pub stored: Option<Wanted>,
}

impl Job {
    /// The chart's folder or archive.
    pub fn chart(&self) -> Option<&Path> {
        self.release.as_ref().map(|r| r.chart.path.as_path())
    }

    /// A path with the names of chart, environment and cluster in place of `{chart}`, `{env}` and `{cluster}`.
    pub fn path(&self, pattern: &str) -> PathBuf {
        let chart = self.chart().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
        let cluster = self.release.as_ref().and_then(Release::cluster).unwrap_or_default();
        let env = self.env().unwrap_or_default();
        pattern.replace("{chart}", &chart).replace("{env}", env).replace("{cluster}", cluster).into()
    }

    /// The environment.
    pub fn env(&self) -> Option<&str> {
        self.release.as_ref().and_then(Release::env)
    }
}

/// A job with both sides, or why there are none.
pub(super) struct Done {
    /// The job.
    pub job: Job,
    /// Both sides.
    pub sides: Result<(Prepared, Prepared), Broken>,
    /// What has to be said of them.
    pub notes: Vec<String>,
}

impl Done {
    /// A job with what was rendered and read for it.
    pub fn new(job: &Job, (sides, notes): Sides) -> Done {
        Done { job: job.clone(), sides, notes }
    }

    /// A job whose work ended before it was done.
    pub fn aborted(job: &Job) -> Done {
        let name = job.chart().map(|c| c.display().to_string()).unwrap_or_default();
        Done::new(job, (Err(error(format!("{name}: the render was aborted")).into()), Vec::new()))
    }
}

/// What is to be compared, chart by chart.
pub(super) fn jobs(args: &DiffArgs, project: &Found) -> Result<Vec<Job>, Failed> {
    if !args.manifests.is_empty() {
        return Ok(vec![Job { number: 0, release: None, stored: None }]);
    }
    let patterns: Vec<&str> = args.charts.iter().filter_map(|c| c.strip_prefix(RELEASE)).collect();
    if args.drift && !patterns.is_empty() {
        if patterns.len() < args.charts.len() {
            return Err(usage("either charts or release:NAMESPACE/NAME, not both".into()));
        }
        let stored = live::stored(args, &patterns)?.into_iter().enumerate();
        return Ok(stored.map(|(number, w)| Job { number, release: None, stored: Some(w) }).collect());
    }
    let otherwise = if args.all_envs { Otherwise::All } else { Otherwise::Bare };
    let matrix = releases(&args.charts, &args.scene.select, otherwise, project)?;
    let jobs = matrix.releases().enumerate();
    Ok(jobs.map(|(number, r)| Job { number, release: Some(r.clone()), stored: None }).collect())
}
