//! Where a chart's release is somewhere else: in another revision, in another folder. Start reading at [`There`].

use std::path::{Path, PathBuf};

use super::git::Revision;
use crate::cli::args::SceneArgs;
use crate::cli::session::{Failed, usage};
use crate::fleet::{Catalog, Fault, Otherwise, Project, Release, Selection};

/// The projects in which charts of the old side are looked for, the first that has one before the others.
pub(super) struct There<'a> {
    catalogs: Vec<Result<Catalog<'a>, String>>,
    root: PathBuf,
}

impl<'a> There<'a> {
    /// Looks through projects. Paths are relative to `root`.
    pub fn new(projects: impl IntoIterator<Item = &'a Project>, root: PathBuf) -> There<'a> {
        let first = |faults: Vec<Fault>| faults.first().map(ToString::to_string).unwrap_or_default();
        let catalogs = projects.into_iter().map(|project| Catalog::new(project).map_err(first)).collect();
        There { catalogs, root }
    }

    /// The same release of the chart at a path, as the project files there have it.
    fn release(&self, path: &Path, release: &Release) -> Result<Option<Release>, String> {
        let named = |name: Option<&str>| name.into_iter().map(str::to_owned).collect();
        let selection = Selection {
            paths: vec![path.to_owned()],
            envs: named(release.env()),
            clusters: named(release.cluster()),
            otherwise: Otherwise::Bare,
            ..Selection::default()
        };
        let mut wrong = None;
        for catalog in &self.catalogs {
            match catalog.as_ref().map(|c| c.matrix(&selection, &self.root)) {
                Ok(Ok(matrix)) => match matrix.releases().next() {
                    Some(found) => return Ok(Some(found.clone())),
                    None => continue,
                },
                // What is in no file is that it has no such environment or cluster.
                Ok(Err(faults)) => {
                    let written = faults.iter().find(|f| !f.file.is_empty());
                    wrong = wrong.or(written.map(ToString::to_string));
                }
                Err(fault) => wrong = wrong.or(Some(fault.clone())),
            }
        }
        wrong.map_or(Ok(None), Err)
    }

    /// The chart of a release in another folder, with what the user gives now; the conventions' files are those of that
    /// folder.
    ///
    /// # Errors
    /// If there is none with values for the release's place.
    pub fn in_folder(&self, path: &Path, release: &Release) -> Result<Release, Failed> {
        let found = self.release(path, release).map_err(usage)?;
        found.ok_or_else(|| usage(format!("{} is no chart with values for {}", path.display(), release.place())))
    }

    /// The chart of a release in another revision with the flags for it, or why it is nowhere there.
    ///
    /// # Errors
    /// For a chart outside of the repository.
    pub fn in_revision(
        &self,
        scene: &SceneArgs,
        release: &Release,
        revision: &Revision,
    ) -> Result<Result<(Release, SceneArgs), String>, Failed> {
        let chart = release.chart.path.display();
        let Some(path) = revision.path(&release.chart.path) else {
            return Err(usage(format!("{chart} is outside of the repository {}", revision.top.display())));
        };
        let name = revision.name.as_str();
        if !path.exists() {
            return Ok(Err(format!("{name} has no such chart: everything is an addition")));
        }
        Ok(match self.release(&path, release) {
            Ok(Some(old)) => Ok((old, of_revision(scene, revision))),
            Ok(None) => {
                let place = release.place();
                Err(format!("{name} has no environment {place} for this chart: everything is an addition"))
            }
            Err(fault) => Err(format!("everything is an addition, for {}", revision.shown(&fault))),
        })
    }
}

/// The same flags with the values files of the revision; those that it doesn't have did not count then.
fn of_revision(scene: &SceneArgs, revision: &Revision) -> SceneArgs {
    let mut scene = scene.clone();
    let there = |file: &String| match revision.path(Path::new(file)) {
        Some(path) => path.is_file().then(|| path.display().to_string()),
        // Files outside of the repository are the same for both.
        None => Some(file.clone()),
    };
    scene.values.values = scene.values.values.iter().filter_map(there).collect();
    scene
}
