//! A first look at a job of many, without asking where anything comes from: what is secret on either side, and whether
//! both say the same, which is all there is to say of most releases. Start reading at [`Run::glance`].

use std::path::Path;

use super::against::{Against, is_chart};
use super::jobs::Job;
use super::run::{Run, secrets_of};
use super::scene::{Looked, Setting};
use crate::chart::Chart;
use crate::fleet::{Project, Release};

/// What a first look tells.
#[derive(Default)]
pub(super) struct Glance {
    /// The texts that are secret on either side.
    pub secrets: Vec<String>,
    /// What both sides are, where they say the same.
    pub same: Option<Same>,
}

/// A release that says the same on both sides.
pub(super) struct Same {
    /// The chart's name.
    pub chart: String,
    /// The release's name.
    pub release: String,
    /// Its namespace.
    pub namespace: String,
    /// How many objects it has.
    pub objects: usize,
}

impl Run<'_> {
    /// Takes a first look at a job.
    pub fn glance(&self, job: &Job) -> Glance {
        let Some(release) = job.release.as_ref().filter(|_| !self.args.values_only) else {
            return Glance { secrets: secrets_of(&self.both(job).0), same: None };
        };
        let new = self.setting(job).look(release);
        if self.against.is_untouched(job) {
            return match new {
                Ok(new) => Glance { secrets: new.secrets(), same: Some(Same::of(&new, new.objects(self.args))) },
                Err(secrets) => Glance { secrets, same: None },
            };
        }
        let Some(old) = self.old_look(job, release) else {
            let old = self.old_side(job, "", &mut Vec::new());
            let mut secrets = new.map_or_else(|told| told, |looked| looked.secrets());
            secrets.extend(old.map_or_else(|broken| broken.secrets, |half| half.secrets()));
            return Glance { secrets, same: None };
        };
        match (old, new) {
            (Ok(old), Ok(new)) if self.may_be_same() && are_alike(&old, &new) => {
                Glance { secrets: new.secrets(), same: Some(Same::of(&new, new.objects(self.args))) }
            }
            (old, new) => {
                let told =
                    [old, new].into_iter().flat_map(|side| side.map_or_else(|told| told, |looked| looked.secrets()));
                Glance { secrets: told.collect(), same: None }
            }
        }
    }

    /// Whether renders tell all. The same object may be judged otherwise by other policies.
    fn may_be_same(&self) -> bool {
        !self.args.include_crds && (self.plans.is_none() || self.judges_alike)
    }

    /// The old side, where it is a chart.
    fn old_look(&self, job: &Job, release: &Release) -> Option<Result<Looked, Vec<String>>> {
        match self.against {
            Against::Git { revision, .. } => {
                let (old, scene) = self.there.in_revision(self.scene, release, revision).ok()?.ok()?;
                Some(Setting::plain(&scene, &self.charts).look(&old))
            }
            Against::Files(path) => {
                let path = job.path(path);
                let old = is_chart(&path).then(|| self.there.in_folder(&path, release).ok())??;
                Some(Setting::plain(self.scene, &self.charts).look(&old))
            }
            Against::Release(_) | Against::Stdin(_) | Against::Nothing => None,
        }
    }
}

impl Same {
    fn of(side: &Looked, objects: usize) -> Same {
        let options = &side.session.options;
        Same {
            chart: side.session.chart.metadata.name.clone(),
            release: options.name.clone(),
            namespace: options.namespace.clone(),
            objects,
        }
    }
}

/// Whether two renders are of one release and print the same.
fn are_alike(old: &Looked, new: &Looked) -> bool {
    let (a, b) = (&old.session, &new.session);
    let hooks = |side: &Looked| side.rendered.hooks.iter().map(|(_, events)| events.clone()).collect::<Vec<_>>();
    let texts =
        |side: &Looked| side.rendered.documents().map(|m| (m.path.clone(), m.content.clone())).collect::<Vec<_>>();
    a.chart.metadata.name == b.chart.metadata.name
        && a.options.name == b.options.name
        && a.options.namespace == b.options.namespace
        && a.options.kube_version == b.options.kube_version
        && hooks(old) == hooks(new)
        && texts(old) == texts(new)
        && define_alike(&a.chart, &b.chart)
}

/// Whether two charts ship the same definitions of custom resources.
fn define_alike(old: &Chart, new: &Chart) -> bool {
    old.crds().map(|f| (&f.name, &f.data)).eq(new.crds().map(|f| (&f.name, &f.data)))
        && old.children.len() == new.children.len()
        && old.children.iter().zip(&new.children).all(|((_, a), (_, b))| define_alike(a, b))
}

/// Whether lint goes by the same on both sides: the project files, and the policies and definitions that they name.
pub(super) fn judge_alike(old: Option<&Project>, new: Option<&Project>) -> bool {
    let (Some(old), Some(new)) = (old, new) else { return old.is_none() && new.is_none() };
    let named = new.lint.policies.iter().flatten().chain(&new.lint.crds);
    let pairs = named.map(|path| (old.dir().join(path), new.dir().join(path)));
    is_same(&old.file, &new.file) && pairs.into_iter().all(|(a, b)| is_same(&a, &b))
}

/// Whether two files, or all files of two folders, hold the same. What is in neither place is the same.
fn is_same(a: &Path, b: &Path) -> bool {
    let files = |top: &Path| {
        let below = walkdir::WalkDir::new(top).sort_by_file_name().into_iter().flatten();
        let is_read = |p: &Path| ["yaml", "yml", "json"].iter().any(|known| p.extension().is_some_and(|e| e == *known));
        let files = below.filter(|e| !e.file_type().is_dir() && is_read(e.path()));
        files
            .map(|e| (e.path().strip_prefix(top).map(Path::to_owned).ok(), std::fs::read(e.path()).ok()))
            .collect::<Vec<_>>()
    };
    files(a) == files(b)
}
