//! What can be wrong with a project file that is well formed: names, versions, placeholders and references to what it does
//! not declare, and releases that would overwrite each other. Whether files are there is asked in [`super::release`].

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::matrix::{Chosen, Matrix};
use super::place::{Fault, Place, Placed, did_you_mean};
use super::placeholders::{check, known};
use super::project::{Cluster, Layer, Project, Settings};
use super::release::Release;
use crate::kube::schema::minor_of;

/// What is wrong with a project file besides its form.
pub(super) fn verify(project: &Project) -> Vec<Fault> {
    let known = known(project);
    let mut faults: BTreeSet<Fault> =
        names(project).into_iter().chain(attributes(project)).chain(versions(project)).collect();
    for text in texts(project) {
        faults.extend(check(&text.text, &known).map(|message| project.fault(text.at, message)));
    }
    for entry in &project.charts {
        let clusters = || project.environments.values().flat_map(|e| &e.clusters).map(|c| c.name.text.as_str());
        let envs = || project.environments.keys().map(String::as_str);
        for (what, asked, known) in [
            ("environment", &entry.environments, envs().collect::<BTreeSet<_>>()),
            ("cluster", &entry.clusters, clusters().collect()),
        ] {
            for name in asked.iter().flatten().filter(|n| !known.contains(n.text.as_str())) {
                let message =
                    format!("there is no {what} {:?}{}", name.text, did_you_mean(&name.text, known.iter().copied()));
                faults.insert(project.fault(name.at, message));
            }
        }
    }
    faults.extend(differing_clusters(project));
    faults.into_iter().collect()
}

/// All texts that may have placeholders.
fn texts(project: &Project) -> Vec<&Placed> {
    fn of<'a>(layers: &'a [Layer], settings: &'a Settings) -> impl Iterator<Item = &'a Placed> {
        layers.iter().map(|l| &l.file).chain(&settings.namespace).chain(&settings.release_name)
    }
    let mut all: Vec<&Placed> = of(&project.layers, &project.settings).collect();
    for environment in project.environments.values() {
        all.extend(of(&environment.layers, &environment.settings));
        environment.clusters.iter().for_each(|c| all.extend(of(&c.layers, &c.settings)));
    }
    project.charts.iter().for_each(|e| all.extend(of(&e.layers, &e.settings)));
    all
}

/// One cluster may serve several environments, if it is the same everywhere.
fn differing_clusters(project: &Project) -> Vec<Fault> {
    let mut seen: HashMap<&str, (&str, &Cluster)> = HashMap::new();
    let mut faults = Vec::new();
    let text = |a: Option<&Placed>| a.map(|p| p.text.clone());
    for (env, environment) in &project.environments {
        for cluster in &environment.clusters {
            let Some((first, other)) = seen.insert(&cluster.name.text, (env, cluster)) else { continue };
            let keys = cluster.attributes.keys().chain(other.attributes.keys());
            let mut differ = keys.filter(|k| text(cluster.attributes.get(*k)) != text(other.attributes.get(*k)));
            let context = (cluster.context != other.context).then(|| "context".to_owned());
            if let Some(key) = differ.next().cloned().or(context) {
                let name = &cluster.name.text;
                let message = format!(
                    "cluster {name} of {env} has another {key} than cluster {name} of {first}: one name, two clusters"
                );
                faults.push(project.fault(cluster.name.at, message));
            }
        }
    }
    faults
}

/// Attributes of clusters that no placeholder could mean.
fn attributes(project: &Project) -> Vec<Fault> {
    let clusters = project.environments.values().flat_map(|e| &e.clusters);
    let taken =
        clusters.flat_map(|c| &c.attributes).filter(|(name, _)| ["chart", "env", "cluster"].contains(&&***name));
    let told = taken.map(|(name, value)| {
        let what = if name == "env" { "environment" } else { name };
        let message = format!("{{{name}}} stands for the {what}'s name: call the attribute otherwise");
        project.fault(value.at, message)
    });
    told.collect()
}

/// Names of environments and clusters that can't be selected, or would be folders elsewhere: they are items of comma
/// lists, parts of paths and what placeholders stand for.
fn names(project: &Project) -> Vec<Fault> {
    let envs = project.environments.iter().map(|(name, e)| ("environment", name, e.at));
    let clusters = project.environments.values().flat_map(|e| &e.clusters);
    let clusters = clusters.map(|c| ("cluster", &c.name.text, c.name.at));
    let may = |c: char| c.is_ascii_alphanumeric() || "-_.:@".contains(c);
    let is_name = |name: &str| name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(may);
    let wrong = envs.chain(clusters).filter(|(_, name, _)| !is_name(name));
    let told = wrong.map(|(what, name, at)| {
        project.fault(
            at,
            format!("{name:?} is no name for {what}: letters, digits, - _ . : and @, a letter or digit first"),
        )
    });
    told.collect()
}

/// Versions of Kubernetes that are none.
fn versions(project: &Project) -> Vec<Fault> {
    let environments = project.environments.values();
    let special = environments.flat_map(|e| [&e.settings].into_iter().chain(e.clusters.iter().map(|c| &c.settings)));
    let said = [&project.settings].into_iter().chain(special).filter_map(|s| s.kube_version.as_ref());
    let wrong = said.filter(|v| minor_of(&v.text).is_none());
    wrong.map(|v| project.fault(v.at, format!("{:?} is no version of Kubernetes, such as \"1.36\"", v.text))).collect()
}

/// Releases of two charts that would overwrite each other, those of all places in one fault.
pub(super) fn same_names(project: &Project, matrix: &Matrix, charts: &Chosen<'_>) -> Vec<Fault> {
    let mut seen: HashMap<(&str, &str, &str), &Release> = HashMap::new();
    let mut told: BTreeMap<(Place, String), Vec<String>> = BTreeMap::new();
    for release in matrix.releases().filter(|_| !project.charts.is_empty()) {
        let target = release.cluster().or(release.env()).unwrap_or_default();
        let Some(other) = seen.insert((target, release.namespace(), release.name()), release) else { continue };
        let shown =
            |r: &Release| r.chart.path.strip_prefix(project.dir()).unwrap_or(&r.chart.path).display().to_string();
        let entry = charts.iter().find(|(h, _)| h.path == release.chart.path).and_then(|(_, entry)| *entry);
        let (name, namespace) = (release.name(), release.namespace());
        let (one, two) = (shown(other), shown(release));
        let (both, place) = match one == two {
            true => (
                format!("{one} is released twice as {name:?} in namespace {namespace:?}"),
                format!("{} and {}", other.place(), release.place()),
            ),
            false => {
                (format!("{one} and {two} have one release name {name:?} in namespace {namespace:?}"), release.place())
            }
        };
        let at = entry.map(|e| e.path.at).unwrap_or_default();
        told.entry((at, both)).or_default().push(place);
    }
    let fault = |((at, both), places): ((Place, String), Vec<String>)| {
        let of = if places.iter().all(String::is_empty) { String::new() } else { format!(" of {}", places.join(", ")) };
        project.fault(at, format!("{both}{of}; give them a releaseName or a namespace of their own"))
    };
    told.into_iter().map(fault).collect()
}
