//! The release that is deployed, as the old side.

use std::collections::BTreeMap;

use super::args::DiffArgs;
use super::sides::{Half, Prepared};
use super::values::Given;
use crate::cli::args::SceneArgs;
use crate::cli::cluster;
use crate::cli::session::{Failed, Session, error};
use crate::cluster::{Absent, Current, ReleaseHead, StoredRelease};
use crate::diag::log::Log;
use crate::fleet::Release;
use crate::parallel;
use crate::value::HelmVersion;

/// Namespace and name of a release.
pub(super) type Name = (String, String);

/// What the cluster has of the releases asked for.
pub(super) struct Live {
    found: BTreeMap<Name, Result<Deployed, Failed>>,
}

/// A release, or why there is none.
enum Deployed {
    /// With what has to be said of it.
    Release(Box<StoredRelease>, Vec<String>),
    Nothing(String),
}

/// The names that releases are deployed as.
pub(super) fn names(scene: &SceneArgs, releases: &[Release]) -> Result<Vec<Name>, Failed> {
    let name = |release: &Release| {
        let mut log = Log::new(HelmVersion::from(scene.engine.helm_version));
        let session = Session::open(scene, release, &mut log)?;
        Ok((session.options.namespace, session.options.name))
    };
    let mut names = Vec::with_capacity(releases.len());
    let take = |release: &Release, name: Option<Result<Name, Failed>>| {
        let aborted = || Err(error(format!("{}: aborted", release.chart.path.display())));
        names.push(name.unwrap_or_else(aborted));
    };
    parallel::in_order(releases, parallel::cores(), name, take);
    names.into_iter().collect()
}

impl Live {
    /// Asks the cluster for all of them at once.
    pub fn ask(args: &DiffArgs, wanted: &[Name]) -> Result<Live, Failed> {
        let cluster = cluster::connect(&args.connect)?;
        let mut found = BTreeMap::new();
        if let Some(revision) = args.revision {
            for (namespace, name) in wanted {
                let answer = cluster.revision(namespace, name, revision).map_err(|e| cluster::failed(&e));
                let none =
                    || error(format!("release {name} in {namespace} has no revision {revision}; --list names them"));
                let deployed = answer.and_then(|r| r.ok_or_else(none));
                let deployed = deployed.map(|release| Deployed::Release(Box::new(release), Vec::new()));
                found.insert((namespace.clone(), name.clone()), deployed);
            }
            return Ok(Live { found });
        }
        let asked: Vec<(&str, &str)> = wanted.iter().map(|(s, n)| (s.as_str(), n.as_str())).collect();
        for (name, current) in wanted.iter().zip(cluster.current_releases(&asked)) {
            let deployed = current.map(|c| deployed(name, c)).map_err(|e| cluster::failed(&e));
            found.insert(name.clone(), deployed);
        }
        Ok(Live { found })
    }

    /// The old side of a release.
    pub fn side(&self, args: &DiffArgs, name: &Name, notes: &mut Vec<String>) -> Result<Half, Failed> {
        let (namespace, release) = name;
        match self.found.get(name) {
            Some(Ok(Deployed::Release(stored, said))) => {
                notes.extend(said.iter().cloned());
                if args.values_only {
                    return Ok(Given::of_release(stored).into());
                }
                let label = format!("{release} revision {}", stored.revision);
                let texts =
                    [(label.clone(), stored.manifest.clone()), (format!("{label}, hooks"), stored.hooks_text())];
                Prepared::read(args, namespace, &texts).map(Half::from)
            }
            Some(Ok(Deployed::Nothing(why))) => {
                notes.push(format!("{why}: everything is an addition"));
                Ok(Prepared::empty(namespace).into())
            }
            Some(Err(failed)) => Err(failed.clone()),
            None => Err(error(format!("release {release} in {namespace} was not asked for"))),
        }
    }
}

fn deployed((namespace, name): &Name, current: Current) -> Deployed {
    match current {
        Current::Release(release, later) => {
            let mut notes = Vec::new();
            if release.status != "deployed" {
                notes.push(format!("revision {} is {}", release.revision, release.status));
            }
            notes.extend(later.iter().map(|h| format!("revision {} after it is {}", h.revision, h.status)));
            Deployed::Release(release, notes)
        }
        Current::Absent(why) => Deployed::Nothing(match why {
            Absent::Namespace => format!("there is no namespace {namespace}"),
            Absent::Release => format!("there is no release {name} in {namespace}"),
            Absent::Uninstalled => format!("release {name} in {namespace} was uninstalled"),
        }),
    }
}

/// The revisions of releases, for `--list`.
pub(super) fn list(args: &DiffArgs, wanted: &[Name]) -> Result<String, Failed> {
    let cluster = cluster::connect(&args.connect)?;
    let mut text = String::new();
    for (namespace, name) in wanted {
        let heads = cluster.history(namespace, name).map_err(|e| cluster::failed(&e))?;
        if heads.is_empty() {
            text.push_str(&format!("there is no release {name} in {namespace}\n"));
        }
        heads.iter().for_each(|h| text.push_str(&line(h)));
    }
    Ok(text)
}

fn line(head: &ReleaseHead) -> String {
    format!("{}/{}  {:>4}  {}\n", head.namespace, head.name, head.revision, head.status)
}
