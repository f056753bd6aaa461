//! The releases that are deployed, as the old side: each asked of the cluster that the project file says it is on, all of
//! a cluster at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::args::DiffArgs;
use super::sides::{Half, Prepared};
use super::values::Given;
use crate::cli::args::{ConnectArgs, SceneArgs};
use crate::cli::cluster;
use crate::cli::session::{Failed, error, usage};
use crate::cluster::{Absent, Cluster, ClusterError, Current, ReleaseHead, StoredRelease};
use crate::fleet::Release;
use crate::parallel;

/// Namespace and name of a release.
pub(super) type Name = (String, String);

/// A release to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// What it is called.
    pub name: Name,
    /// The context of its cluster; the current one where nothing says.
    pub context: Option<String>,
}

/// What the clusters have of the releases asked for.
pub(super) struct Live {
    clusters: Vec<Result<Arc<Cluster>, Failed>>,
    /// In the order asked for: the cluster's number, and what it has.
    found: Vec<(usize, Result<Deployed, Failed>)>,
}

/// A release, or why there is none.
enum Deployed {
    /// With what has to be said of it, and the last revision there is.
    Release(Box<StoredRelease>, Vec<String>, u64),
    Nothing(String),
}

/// How releases are deployed, by the project file and by flags.
pub(super) fn wanted(scene: &SceneArgs, connect: &ConnectArgs, releases: &[Release]) -> Result<Vec<Wanted>, Failed> {
    let mut clusters: Vec<&str> = releases.iter().filter_map(Release::cluster).collect();
    clusters.sort_unstable();
    clusters.dedup();
    let one = |release: &Release| {
        let context = release.cluster.as_ref().and_then(|c| c.context.clone());
        let context = connect.kube_context.clone().or(context);
        if let (None, Some(name), true) = (&context, release.cluster(), clusters.len() > 1) {
            return Err(usage(format!(
                "cluster {name} has no context: in plimsoll.yaml, so that nothing says how it is reached, and there are {} \
                 clusters; name one with --cluster, or a context with --kube-context",
                clusters.len()
            )));
        }
        let namespace = scene.namespace.clone().unwrap_or_else(|| release.namespace().to_owned());
        let name = scene.name.clone().unwrap_or_else(|| release.name().to_owned());
        Ok(Wanted { name: (namespace, name), context })
    };
    releases.iter().map(one).collect()
}

/// The stored releases that `NAMESPACE/NAME` means, globs among them.
pub(super) fn stored(args: &DiffArgs, patterns: &[&str]) -> Result<Vec<Wanted>, Failed> {
    let mut found = Vec::new();
    let context = args.connect.kube_context.clone();
    for pattern in patterns {
        let wrong = || usage(format!("release:{pattern}: expected release:NAMESPACE/NAME, where both may be globs"));
        let (namespace, name) =
            pattern.split_once('/').filter(|(s, n)| !s.is_empty() && !n.is_empty()).ok_or_else(wrong)?;
        if !pattern.contains(['*', '?', '[']) {
            found.push(Wanted { name: (namespace.to_owned(), name.to_owned()), context: context.clone() });
            continue;
        }
        let glob = |text: &str| glob::Pattern::new(text).map_err(|e| usage(format!("release:{pattern}: {e}")));
        let (spaces, names) = (glob(namespace)?, glob(name)?);
        let one = (!namespace.contains(['*', '?', '['])).then_some(namespace);
        let heads = cluster::connect(&args.connect)?.list_releases(one).map_err(|e| cluster::failed(&e))?;
        let fits =
            |h: &ReleaseHead| h.status != "uninstalled" && spaces.matches(&h.namespace) && names.matches(&h.name);
        let before = found.len();
        let fitting = heads.into_iter().filter(fits);
        found.extend(fitting.map(|h| Wanted { name: (h.namespace, h.name), context: context.clone() }));
        if found.len() == before {
            return Err(usage(format!("release:{pattern}: there is no release of such a name")));
        }
    }
    Ok(found)
}

/// The clusters that releases are on, each with the places of its releases; the requests that may be under way are shared
/// out among them.
fn by_context(connect: &ConnectArgs, wanted: &[Wanted]) -> Vec<(ConnectArgs, Vec<usize>)> {
    let mut places: BTreeMap<Option<&String>, Vec<usize>> = BTreeMap::new();
    for (place, w) in wanted.iter().enumerate() {
        places.entry(w.context.as_ref()).or_default().push(place);
    }
    let share = connect.concurrency.get() / places.len().max(1);
    let args = |context: Option<&String>| ConnectArgs {
        kube_context: context.cloned(),
        concurrency: std::num::NonZero::new(share).unwrap_or(std::num::NonZero::<usize>::MIN),
        ..connect.clone()
    };
    places.into_iter().map(|(context, places)| (args(context), places)).collect()
}

impl Live {
    /// Asks all clusters at once, and each for all of its releases at once.
    pub fn ask(args: &DiffArgs, wanted: &[Wanted]) -> Live {
        let groups = by_context(&args.connect, wanted);
        let answers = parallel::map(&groups, |(connect, places)| {
            let cluster = cluster::connect(connect);
            let names: Vec<&Name> = places.iter().map(|p| &wanted[*p].name).collect();
            let found = match &cluster {
                Ok(cluster) => releases(cluster, args, &names),
                Err(failed) => names.iter().map(|_| Err(failed.clone())).collect(),
            };
            (cluster, found)
        });
        let mut live = Live { clusters: Vec::new(), found: Vec::with_capacity(wanted.len()) };
        let mut by_place = BTreeMap::new();
        for (number, ((_, places), (cluster, found))) in groups.iter().zip(answers).enumerate() {
            live.clusters.push(cluster);
            by_place.extend(places.iter().zip(found).map(|(place, f)| (*place, (number, f))));
        }
        live.found.extend(by_place.into_values());
        live
    }

    /// The old side of a release; `namespace` is the new one's.
    pub fn side(
        &self,
        args: &DiffArgs,
        number: usize,
        namespace: &str,
        notes: &mut Vec<String>,
    ) -> Result<Half, Failed> {
        match self.found.get(number).map(|f| &f.1) {
            Some(Ok(Deployed::Release(stored, said, _))) => {
                notes.extend(said.iter().cloned());
                if args.values_only {
                    return Ok(Given::of_release(stored).into());
                }
                let (chart, release) = (stored.chart.name.clone(), stored.name.clone());
                Ok(Prepared { chart, release, ..read(args, stored)? }.into())
            }
            Some(Ok(Deployed::Nothing(why))) => {
                notes.push(format!("{why}: everything is an addition"));
                Ok(Prepared::empty(namespace).into())
            }
            Some(Err(failed)) => Err(failed.clone()),
            None => Err(error("the release was not asked for".into())),
        }
    }

    /// A release as it is stored, if there is one, with the number of its last revision.
    pub fn deployed(&self, number: usize) -> Option<(&StoredRelease, u64)> {
        match &self.found.get(number)?.1 {
            Ok(Deployed::Release(stored, _, last)) => Some((stored, *last)),
            _ => None,
        }
    }

    /// The cluster of a release, if it could be reached.
    pub fn cluster(&self, number: usize) -> Option<&Arc<Cluster>> {
        self.clusters.get(self.found.get(number)?.0)?.as_ref().ok()
    }

    /// The clusters that could be reached, each with the numbers of its releases.
    pub fn clusters(&self) -> Vec<(&Arc<Cluster>, Vec<usize>)> {
        let of = |number: usize| (0..self.found.len()).filter(|i| self.found[*i].0 == number).collect();
        let reached = self.clusters.iter().enumerate().filter_map(|(n, c)| Some((n, c.as_ref().ok()?)));
        reached.map(|(n, cluster)| (cluster, of(n))).collect()
    }
}

/// The manifests and hooks of a release.
pub(super) fn read(args: &DiffArgs, stored: &StoredRelease) -> Result<Prepared, Failed> {
    let label = format!("{} revision {}", stored.name, stored.revision);
    let texts = [(label.clone(), stored.manifest.clone()), (format!("{label}, hooks"), stored.hooks_text())];
    Prepared::read(args, &stored.namespace, &texts)
}

fn releases(cluster: &Cluster, args: &DiffArgs, names: &[&Name]) -> Vec<Result<Deployed, Failed>> {
    let Some(revision) = args.revision else {
        let asked: Vec<(&str, &str)> = names.iter().map(|(s, n)| (s.as_str(), n.as_str())).collect();
        let said = names.iter().zip(cluster.current_releases(&asked));
        let one = |(name, current): (&&Name, Result<Current, ClusterError>)| match current.map(|c| deployed(name, c)) {
            Ok(Deployed::Nothing(why)) if args.as_helm.must_exist => {
                Err(error(format!("{why}; --allow-unreleased compares with nothing")))
            }
            other => other.map_err(|e| cluster::failed(&e)),
        };
        return said.map(one).collect();
    };
    let one = |(namespace, name): &&Name| {
        let answer = cluster.revision(namespace, name, revision).map_err(|e| cluster::failed(&e))?;
        let none = || error(format!("release {name} in {namespace} has no revision {revision}; --list names them"));
        answer.map(|r| Deployed::Release(Box::new(r), Vec::new(), revision)).ok_or_else(none)
    };
    names.iter().map(one).collect()
}

fn deployed((namespace, name): &Name, current: Current) -> Deployed {
    match current {
        Current::Release(release, later) => {
            let mut notes = Vec::new();
            if release.status != "deployed" {
                notes.push(format!("revision {} is {}", release.revision, release.status));
            }
            notes.extend(later.iter().map(|h| format!("revision {} after it is {}", h.revision, h.status)));
            let last = later.iter().map(|h| h.revision).chain([release.revision]).max().unwrap_or_default();
            Deployed::Release(release, notes, last)
        }
        Current::Absent(why) => Deployed::Nothing(match why {
            Absent::Namespace => format!("there is no namespace {namespace}"),
            Absent::Release => format!("there is no release {name} in {namespace}"),
            Absent::Uninstalled => format!("release {name} in {namespace} was uninstalled"),
        }),
    }
}

/// The revisions of releases, for `--list`.
pub(super) fn list(args: &DiffArgs, wanted: &[Wanted]) -> Result<String, Failed> {
    let mut text = String::new();
    for (connect, places) in by_context(&args.connect, wanted) {
        let cluster = cluster::connect(&connect)?;
        if let Some(context) = connect.kube_context.filter(|_| args.connect.kube_context.is_none()) {
            text.push_str(&format!("# {context}\n"));
        }
        for (namespace, name) in places.iter().map(|p| &wanted[*p].name) {
            let heads = cluster.history(namespace, name).map_err(|e| cluster::failed(&e))?;
            if heads.is_empty() {
                text.push_str(&format!("there is no release {name} in {namespace}\n"));
            }
            heads.iter().for_each(|h| text.push_str(&line(h)));
        }
    }
    Ok(text)
}

fn line(head: &ReleaseHead) -> String {
    format!("{}/{}  {:>4}  {}\n", head.namespace, head.name, head.revision, head.status)
}
