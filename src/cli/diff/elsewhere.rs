//! A chart as it is somewhere else: in another revision, in another folder.

use std::path::Path;

use super::git::Revision;
use super::scene::{Broken, Setting};
use super::sides::{Half, Prepared};
use crate::cli::args::SceneArgs;
use crate::cli::session::{Found, usage};
use crate::fleet::{self, Otherwise, Release, Selection};

/// The same chart in another revision; nothing where it has no such chart or environment, or does not render.
pub(super) fn of_revision(
    scene: &SceneArgs,
    release: &Release,
    revision: &Revision,
    project: &Found,
    namespace: &str,
    notes: &mut Vec<String>,
) -> Result<Half, Broken> {
    let chart = release.chart.path.display();
    let Some(path) = revision.path(&release.chart.path) else {
        let text = format!("{chart} is outside of the repository {}", revision.top.display());
        return Err(usage(text).into());
    };
    let name = revision.name.as_str();
    let nothing = |notes: &mut Vec<String>, note: String| {
        notes.push(note);
        Ok(Prepared::empty(namespace).into())
    };
    if !path.exists() {
        return nothing(notes, format!("{name} has no such chart: everything is an addition"));
    }
    let Some(old) = release_there(&path, release, project, revision.root()) else {
        let place = release.place();
        return nothing(notes, format!("{name} has no environment {place} for this chart: everything is an addition"));
    };
    let scene = of_revision_scene(scene, revision);
    match Setting::plain(&scene).render(&old) {
        Ok(scene) => Ok(Half::Rendered(Box::new(scene))),
        Err(broken) => {
            let text = revision.shown(&broken.plain);
            notes.push(format!("the chart of {name} does not render, everything is an addition: {text}"));
            Ok(Prepared { secrets: broken.secrets, ..Prepared::empty(namespace) }.into())
        }
    }
}

/// The same release of the chart in another folder, as the project file there has it, if it does.
pub(super) fn release_there(path: &Path, release: &Release, project: &Found, root: &Path) -> Option<Release> {
    let named = |name: Option<&str>| name.into_iter().map(str::to_owned).collect();
    let selection = Selection {
        paths: vec![path.to_owned()],
        envs: named(release.env()),
        clusters: named(release.cluster()),
        otherwise: Otherwise::Bare,
        ..Selection::default()
    };
    let matrix = fleet::matrix(project.as_ref(), &selection, root).ok()?;
    matrix.releases().next().cloned()
}

/// The same flags with the values files of the revision; those that it doesn't have did not count then.
fn of_revision_scene(scene: &SceneArgs, revision: &Revision) -> SceneArgs {
    let mut scene = scene.clone();
    let there = |file: &String| match revision.path(Path::new(file)) {
        Some(path) => path.is_file().then(|| path.display().to_string()),
        // Files outside of the repository are the same for both.
        None => Some(file.clone()),
    };
    scene.values.values = scene.values.values.iter().filter_map(there).collect();
    scene
}

/// The chart in another folder, with what the user gives now; the conventions' files are those of that folder.
pub(super) fn of_folder(scene: &SceneArgs, path: &Path, release: &Release, project: &Found) -> Result<Half, Broken> {
    let root = std::env::current_dir().unwrap_or_default();
    let there = release_there(path, release, project, &root).or_else(|| release_there(path, release, &None, &root));
    let old =
        there.ok_or_else(|| usage(format!("{} is no chart with values for {}", path.display(), release.place())))?;
    Ok(Half::Rendered(Box::new(Setting::plain(scene).render(&old)?)))
}
