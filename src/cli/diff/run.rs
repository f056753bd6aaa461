//! From a job to its two sides: what is rendered, what is read, and where. Start reading at [`Run::both`].

use std::path::Path;
use std::sync::Arc;

use super::against::{Against, Texts, is_chart};
use super::args::DiffArgs;
use super::elsewhere::There;
use super::git::Revision;
use super::jobs::Job;
use super::reuse::Reuse;
use super::scene::{Broken, Setting};
use super::sides::{Finish, Half, Prepared};
use super::values::{self, Given};
use crate::cli::args::SceneArgs;
use crate::cli::lint::plan::Plan;
use crate::cli::session::{Charts, relative};
use crate::cluster::Cluster;
use crate::fleet::Release;

/// Both sides, or why there are none, with what has to be said of them.
pub(super) type Sides = (Result<(Prepared, Prepared), Broken>, Vec<String>);

/// What all jobs share.
pub(super) struct Run<'a> {
    /// The flags.
    pub args: &'a DiffArgs,
    /// Those about charts, with clock and randomness pinned.
    pub scene: &'a SceneArgs,
    /// The old side.
    pub against: &'a Against,
    /// Where charts of the old side are looked for.
    pub there: There<'a>,
    /// The charts that were loaded.
    pub charts: Charts,
    /// The cluster that templates see where no release says which.
    pub cluster: Option<Arc<Cluster>>,
    /// Where manifests are read.
    pub texts: Texts<'a>,
    /// The checks of the old and of the new side, where lint is asked.
    pub plans: Option<(&'a Plan<'a>, &'a Plan<'a>)>,
    /// Whether both go by the same project file, policies and definitions.
    pub judges_alike: bool,
}

impl Run<'_> {
    /// Both sides of a job, with what has to be said of them.
    pub fn both(&self, job: &Job) -> Sides {
        let mut notes = Vec::new();
        let sides = self.new_side(job).and_then(|new| {
            let old = self.old_side(job, new.namespace(), &mut notes)?;
            let old_file = |file: &str| self.against.shown(file);
            if self.args.values_only {
                let here = |file: &str| relative(file);
                return Ok(values::both(old.values(&|file| relative(&old_file(file))), new.values(&here)));
            }
            let plans = self.plans.filter(|_| job.stored.is_none());
            let finish = Finish { args: self.args, env: job.env(), plans, old_file: &old_file };
            Ok(finish.both(old, new))
        });
        (sides, notes)
    }

    /// What the new side of a job is rendered with.
    pub(super) fn setting(&self, job: &Job) -> Setting<'_> {
        let live = match self.against {
            Against::Release(live) => Some(live),
            _ => None,
        };
        let cluster = live.map_or(self.cluster.as_ref(), |live| live.cluster(job.number));
        Setting {
            scene: self.scene,
            cluster: cluster.filter(|_| self.args.live),
            deployed: live.and_then(|live| live.deployed(job.number)),
            reuse: Reuse::of(self.args),
            charts: &self.charts,
        }
    }

    pub(super) fn new_side(&self, job: &Job) -> Result<Half, Broken> {
        if let Some(release) = &job.release {
            return Ok(Half::Rendered(Box::new(self.setting(job).render(release)?)));
        }
        if let (Some(stored), Against::Release(live)) = (&job.stored, self.against) {
            // What was said of it is the old side's.
            return Ok(live.side(self.args, job.number, &stored.name.0, &mut Vec::new())?);
        }
        let mut texts = Vec::new();
        for path in &self.args.manifests {
            texts.extend(self.texts.at(Path::new(path))?);
        }
        let namespace = self.scene.namespace.as_deref().unwrap_or("default");
        Ok(Prepared::read(self.args, namespace, &texts)?.into())
    }

    pub(super) fn old_side(&self, job: &Job, namespace: &str, notes: &mut Vec<String>) -> Result<Half, Broken> {
        let read = |texts: &[(String, String)]| match (self.args.values_only, texts) {
            (true, [(label, text)]) => Given::of_text(label, text).map(Half::from),
            _ => Prepared::read(self.args, namespace, texts).map(Half::from),
        };
        Ok(match self.against {
            Against::Release(live) => live.side(self.args, job.number, namespace, notes)?,
            Against::Stdin(text) => read(&[("standard input".into(), text.get().cloned().unwrap_or_default())])?,
            Against::Files(path) => {
                let path = &job.path(path);
                match &job.release {
                    Some(release) if is_chart(path) => {
                        let old = self.there.in_folder(path, release)?;
                        Half::Rendered(Box::new(Setting::plain(self.scene, &self.charts).render(&old)?))
                    }
                    Some(_) if self.args.values_only => Given::of_file(path)?.into(),
                    _ => read(&self.texts.at(path)?)?,
                }
            }
            Against::Nothing => Prepared::empty(namespace).into(),
            Against::Git { revision, .. } => match &job.release {
                Some(release) => self.in_revision(release, revision, namespace, notes)?,
                None => {
                    let mut texts = Vec::new();
                    let paths = self.args.manifests.iter().filter_map(|p| revision.path(Path::new(p)));
                    for path in paths.filter(|p| p.exists()) {
                        texts.extend(self.texts.at(&path)?);
                    }
                    read(&texts)?
                }
            },
        })
    }

    /// A release's chart as it was; nothing where it was not there, or did not render.
    fn in_revision(
        &self,
        release: &Release,
        revision: &Revision,
        namespace: &str,
        notes: &mut Vec<String>,
    ) -> Result<Half, Broken> {
        let (old, scene) = match self.there.in_revision(self.scene, release, revision)? {
            Ok(found) => found,
            Err(note) => {
                notes.push(note);
                return Ok(Prepared::empty(namespace).into());
            }
        };
        match Setting::plain(&scene, &self.charts).render(&old) {
            Ok(scene) => Ok(Half::Rendered(Box::new(scene))),
            Err(broken) => {
                let (name, text) = (&revision.name, revision.shown(&broken.plain));
                notes.push(format!("the chart of {name} does not render, everything is an addition: {text}"));
                Ok(Prepared { secrets: broken.secrets, ..Prepared::empty(namespace) }.into())
            }
        }
    }
}

/// The texts that are secret on two sides.
pub(super) fn secrets_of(sides: &Result<(Prepared, Prepared), Broken>) -> Vec<String> {
    match sides {
        Ok((old, new)) => [old, new].into_iter().flat_map(Prepared::secret_texts).collect(),
        Err(broken) => broken.secrets.clone(),
    }
}
