//! Many releases as few items of a project file: what is the same but for the environment or the cluster becomes one item
//! with placeholders, and values that stood in a tool's own files become values files.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{Draft, DraftChart, DraftLayer};
use crate::fleet::files_of;

/// The folder of values files that `init` writes.
pub(super) const FOLDER: &str = "plimsoll-values";

/// The environment of releases that a tool puts into none, where there are others.
pub(super) const NO_ENVIRONMENT: &str = "default";

/// What Argo CD calls the cluster that it runs in.
pub(super) const OWN: &str = "in-cluster";

/// One release, as a tool makes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    /// Where it is said: file, line, name.
    pub from: String,
    /// Path of the chart, relative to the project file.
    pub chart: String,
    /// Name of the release.
    pub name: String,
    /// Namespace; empty where none is said.
    pub namespace: String,
    /// Environment.
    pub env: Option<String>,
    /// Cluster.
    pub cluster: Option<String>,
    /// Values over the chart's own, weakest first.
    pub values: Vec<Values>,
}

/// Some of a release's values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Values {
    /// A file.
    File(DraftLayer),
    /// A text that stands in no file, with where it comes from.
    Text(String, String),
}

impl Found {
    /// The release without where it is said.
    pub fn bare(&self) -> Found {
        let bare = |value: &Values| match value {
            Values::Text(_, text) => Values::Text(String::new(), text.clone()),
            file => file.clone(),
        };
        Found { from: String::new(), values: self.values.iter().map(bare).collect(), ..self.clone() }
    }

    fn place(&self) -> (String, String) {
        (self.env.clone().unwrap_or_default(), self.cluster.clone().unwrap_or_default())
    }
}

/// Makes items, environments and files of releases.
pub(super) fn fold(mut all: Vec<Found>, root: &Path, draft: &mut Draft) {
    let several = all.iter().filter_map(|f| f.cluster.as_ref()).collect::<BTreeSet<_>>().len() > 1;
    let has_environments = several || !draft.environments.is_empty() || all.iter().any(|f| f.env.is_some());
    let has_files = |f: &Found| !crate::fleet::environments_of(&root.join(&f.chart)).is_empty();
    if has_environments || all.iter().any(has_files) {
        all.iter_mut().for_each(|f| _ = f.env.get_or_insert_with(|| NO_ENVIRONMENT.into()));
    }
    let mut all = once(all, draft);
    all.sort_by_key(|f| (f.chart.clone(), f.name.clone(), f.namespace.clone(), f.place()));
    clusters(&mut all, draft);
    write_texts(&mut all, draft);
    let mut groups: BTreeMap<(String, Shape), Vec<&Found>> = BTreeMap::new();
    for found in &all {
        groups.entry((found.chart.clone(), Shape::of(found, true))).or_default().push(found);
    }
    for ((path, shape), members) in groups {
        let shape = if members.len() > 1 { shape } else { Shape::of(members[0], false) };
        for (environments, clusters) in places(&members, draft) {
            draft.charts.push(DraftChart {
                path: path.clone(),
                release_name: Some(shape.name.clone()),
                namespace: Some(shape.namespace.clone()).filter(|n| !n.is_empty()),
                environments,
                clusters,
                layers: shape.layers.clone(),
                without_own: members.iter().any(|f| has_own(f, root)),
            });
        }
    }
}

/// Releases, each once. Of several with one name in one place, the first is taken.
fn once(all: Vec<Found>, draft: &mut Draft) -> Vec<Found> {
    let mut kept: Vec<Found> = Vec::new();
    let mut known: BTreeMap<(String, String, (String, String)), usize> = BTreeMap::new();
    for found in all {
        match known.entry((found.name.clone(), found.namespace.clone(), found.place())) {
            Entry::Vacant(entry) => {
                entry.insert(kept.len());
                kept.push(found);
            }
            Entry::Occupied(entry) => {
                let other = &kept[*entry.get()];
                if other.bare() != found.bare() {
                    let which = format!("{}: the release {:?}", found.from, found.name);
                    let there = format!("in namespace {:?} there already, with other values", found.namespace);
                    draft.leave(format!("{which} is {there}, from {}", other.from));
                }
            }
        }
    }
    kept
}

/// Declares environments and clusters. An environment with one cluster has none to tell apart.
fn clusters(all: &mut [Found], draft: &mut Draft) {
    for found in all.iter() {
        let Some(env) = &found.env else { continue };
        draft.environments.entry(env.clone()).or_default().extend(found.cluster.clone());
    }
    draft.environments.values_mut().filter(|clusters| clusters.len() < 2).for_each(BTreeSet::clear);
    // One word for the cluster that Argo CD itself runs in: another one in each environment.
    let own: Vec<String> = draft.environments.iter().filter(|(_, c)| c.contains(OWN)).map(|(e, _)| e.clone()).collect();
    let own_name = |env: &str| if own.len() > 1 { format!("{OWN}-{env}") } else { OWN.to_owned() };
    for env in &own {
        let clusters = draft.environments.entry(env.clone()).or_default();
        clusters.remove(OWN);
        clusters.insert(own_name(env));
    }
    for found in all {
        if let (Some(env), true) = (&found.env, found.cluster.as_deref() == Some(OWN)) {
            found.cluster = Some(own_name(env));
        }
        let several = found.env.as_ref().and_then(|e| draft.environments.get(e)).is_some_and(|c| !c.is_empty());
        found.cluster = found.cluster.take().filter(|_| several);
    }
}

/// Gives texts a file: one for all places where it is the same everywhere.
fn write_texts(all: &mut [Found], draft: &mut Draft) {
    type Release = (String, String, String, usize);
    let mut texts: BTreeMap<Release, BTreeMap<(String, String), String>> = BTreeMap::new();
    // The same release everywhere, though its name or namespace may hold that of its place.
    let key = |f: &Found, n: usize| {
        let shape = Shape::of(f, true);
        (f.chart.clone(), shape.name, shape.namespace, n)
    };
    let nth_texts = |f: &Found| -> Vec<(usize, String)> {
        let only =
            f.values.iter().filter_map(|v| if let Values::Text(_, text) = v { Some(text.clone()) } else { None });
        only.enumerate().collect()
    };
    for found in all.iter() {
        for (n, text) in nth_texts(found) {
            texts.entry(key(found, n)).or_default().insert(found.place(), text);
        }
    }
    for found in all {
        let (env, cluster) = found.place();
        let keys: Vec<Release> = (0..found.values.len()).map(|n| key(found, n)).collect();
        let mut n = 0;
        for value in &mut found.values {
            let Values::Text(from, text) = value else { continue };
            let places = &texts[&keys[n]];
            let one_each = |by: fn(&(String, String)) -> &str, of: &str| {
                places.iter().filter(|(place, _)| by(place) == of).map(|(_, t)| t).collect::<BTreeSet<_>>().len() == 1
            };
            let folder = match () {
                () if places.values().collect::<BTreeSet<_>>().len() == 1 => String::new(),
                () if one_each(|place| &place.0, &env) => format!("{env}/"),
                () => format!("{env}/{cluster}/"),
            };
            let suffix = if n == 0 { String::new() } else { format!("-{}", n + 1) };
            let plain = format!("{FOLDER}/{folder}{}{suffix}.yaml", found.name);
            let written = format!("# From {from}\n{text}");
            let is_free = draft.files.get(&plain).is_none_or(|there| *there == written);
            let file = match is_free {
                true => plain,
                false => format!("{FOLDER}/{folder}{}-{}{suffix}.yaml", found.namespace, found.name),
            };
            draft.files.insert(file.clone(), written);
            *value = Values::File(DraftLayer { file, optional: false });
            n += 1;
        }
    }
}

/// A release without its place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Shape {
    name: String,
    namespace: String,
    layers: Vec<DraftLayer>,
}

impl Shape {
    fn of(found: &Found, with_placeholders: bool) -> Shape {
        let change = |text: &str| match with_placeholders {
            false => text.to_owned(),
            true => {
                let text = found.env.as_ref().map_or(text.to_owned(), |env| replaced(text, env, "{env}"));
                found.cluster.as_ref().map_or(text.clone(), |cluster| replaced(&text, cluster, "{cluster}"))
            }
        };
        let layers = found.values.iter().filter_map(|v| match v {
            Values::File(layer) => Some(DraftLayer { file: change(&layer.file), optional: layer.optional }),
            Values::Text(..) => None,
        });
        Shape { name: change(&found.name), namespace: change(&found.namespace), layers: layers.collect() }
    }
}

/// A text with each whole word that is `word` replaced.
fn replaced(text: &str, word: &str, by: &str) -> String {
    let is_inside = |c: char| c.is_ascii_alphanumeric();
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(word).filter(|_| !word.is_empty()) {
        let (before, behind) = (&rest[..at], &rest[at + word.len()..]);
        let is_whole = !before.ends_with(is_inside) && !behind.starts_with(is_inside) && !before.ends_with('{');
        out.push_str(before);
        out.push_str(if is_whole && (at > 0 || !out.ends_with(is_inside)) { by } else { word });
        rest = behind;
    }
    out + rest
}

/// Environments and clusters that an item has to name for these releases; nothing where it is all of them.
fn places(members: &[&Found], draft: &Draft) -> Vec<(Vec<String>, Vec<String>)> {
    let mut by_env: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for found in members {
        let Some(env) = &found.env else { return vec![(Vec::new(), Vec::new())] };
        by_env.entry(env).or_default().extend(found.cluster.clone());
    }
    let mut by_clusters: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
    for (env, clusters) in &by_env {
        let is_all = draft.environments.get(*env).is_some_and(|all| all == clusters);
        let named = if is_all { Vec::new() } else { clusters.iter().cloned().collect() };
        by_clusters.entry(named).or_default().push((*env).to_owned());
    }
    let is_everywhere = by_clusters.len() == 1 && by_env.len() == draft.environments.len();
    let environments = |envs: Vec<String>| if is_everywhere { Vec::new() } else { envs };
    by_clusters.into_iter().map(|(clusters, envs)| (environments(envs), clusters)).collect()
}

/// Whether a chart has files for a release's environment: the tool gives it those that it means.
fn has_own(found: &Found, root: &Path) -> bool {
    found.env.as_ref().is_some_and(|env| !files_of(&root.join(&found.chart), env).is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_become_placeholders() {
        assert_eq!(replaced("envs/prod/product-prod.yaml", "prod", "{env}"), "envs/{env}/product-{env}.yaml");
        assert_eq!(replaced("prodprod/nonprod", "prod", "{env}"), "prodprod/nonprod");
    }
}
