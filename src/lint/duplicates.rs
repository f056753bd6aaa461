//! Objects that a cluster would get twice: from one release, or from two releases in one place. Hooks don't count: they
//! come one after the other. Start reading at [`within`] and [`Owners`].

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::chart::problem;
use super::fold::Located;
use super::helm::usage::severity;
use super::locate::Origins;
use super::release::Release;
use crate::finding::{KubeObject, Resource, Scope, Spot};

/// The rule about objects of several releases.
pub const COLLISION: &str = "helm/object-of-two-releases";

/// What tells objects apart: version aside, as two versions of a kind are the same objects.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Identity {
    group: String,
    kind: String,
    namespace: String,
    name: String,
}

impl Identity {
    fn of(object: &KubeObject, resource: &Resource) -> Option<Identity> {
        let is_hook = object.root().at(&["metadata", "annotations", "helm.sh/hook"]).is_some();
        (!is_hook && !object.name.is_empty() && !object.kind.is_empty()).then(|| Identity {
            group: object.group().to_owned(),
            kind: resource.kind.clone(),
            namespace: resource.namespace.clone(),
            name: resource.name.clone(),
        })
    }

    fn shown(&self) -> String {
        let namespace = if self.namespace.is_empty() { String::new() } else { format!(" in {}", self.namespace) };
        format!("{}/{}{namespace}", self.kind, self.name)
    }
}

/// Objects that a release has twice, each at its second place.
pub fn within(release: &Release<'_>) -> Vec<Located> {
    const RULE: &str = "helm/duplicate-object";
    let mut first: HashMap<Identity, usize> = HashMap::new();
    let mut found = Vec::new();
    for (index, object) in release.objects.iter().enumerate() {
        let Some(identity) = Identity::of(object, &release.resource(object)) else { continue };
        match first.get(&identity) {
            None => _ = first.insert(identity, index),
            Some(other) => {
                let at = place(release.origins.as_ref(), *other, &release.objects[*other]);
                let message = format!(
                    "{} is rendered twice: at {at}, too; Helm 3 fails at install, Helm 4 keeps one of them",
                    identity.shown()
                );
                found.push(release.locate(index, problem(RULE, severity(RULE), "", message)));
            }
        }
    }
    found
}

/// `file:line` of the template that makes an object.
fn place(origins: Option<&Origins<'_>>, index: usize, object: &KubeObject) -> String {
    let template = origins.and_then(|o| o.of(index, object, "").template);
    let spot =
        template.unwrap_or_else(|| Spot { file: object.source.name.clone(), line: object.place("").0, column: 1 });
    format!("{}:{}", spot.file, spot.line)
}

/// A release in its place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub struct Made {
    chart: String,
    namespace: String,
    release: String,
    /// Environment and cluster.
    place: String,
}

/// A release that makes an object. A large fleet has hundreds of thousands of them: the texts lie in one piece.
#[derive(Debug)]
struct Owner {
    made: Arc<Made>,
    /// The template as the render names it, then the object's API version, kind, namespace and name.
    texts: Box<str>,
    /// Where the first four of them end.
    ends: [u32; 4],
}

impl Owner {
    fn new(made: &Arc<Made>, template: &str, resource: &Resource) -> Owner {
        let Resource { api_version, kind, namespace, name } = resource;
        let (mut texts, mut ends) = (String::new(), [0; 4]);
        for (text, end) in [template, api_version, kind, namespace].into_iter().zip(&mut ends) {
            texts.push_str(text);
            *end = u32::try_from(texts.len()).unwrap_or(u32::MAX);
        }
        texts.push_str(name);
        Owner { made: Arc::clone(made), texts: texts.into(), ends }
    }

    fn text(&self, n: usize) -> &str {
        let end = |n: usize| self.ends.get(n).map_or(self.texts.len(), |e| *e as usize);
        let start = n.checked_sub(1).map_or(0, end);
        self.texts.get(start..end(n)).unwrap_or_default()
    }

    fn template(&self) -> &str {
        self.text(0)
    }

    fn resource(&self) -> Resource {
        let text = |n: usize| self.text(n).to_owned();
        Resource { api_version: text(1), kind: text(2), namespace: text(3), name: text(4) }
    }

    fn identity(&self) -> Identity {
        let Resource { api_version, kind, namespace, name } = self.resource();
        let group = api_version.split_once('/').map_or("", |(group, _)| group).to_owned();
        Identity { group, kind, namespace, name }
    }
}

/// What a release makes: the file of the template and the object, to be written down.
pub type MadeObjects = (Made, Vec<(String, Resource)>);

/// Which release makes which object in which place. Collected chart by chart.
#[derive(Default)]
pub struct Owners {
    /// By the hash of place and identity.
    all: HashMap<u64, SmallVec<[Owner; 1]>>,
}

impl Owners {
    /// Adds the objects of a release by its name. Those in its namespace only where the project says which that is.
    pub fn add(&mut self, release: &Release<'_>, name: &str, has_namespace: bool) {
        let made = Arc::new(Made {
            chart: release.chart.to_owned(),
            namespace: release.namespace.unwrap_or_default().to_owned(),
            release: name.to_owned(),
            place: release.scope.place(),
        });
        for object in release.objects {
            let resource = release.resource(object);
            let Some(identity) = Identity::of(object, &resource) else { continue };
            if !has_namespace && object.namespace.is_empty() && !resource.namespace.is_empty() {
                continue;
            }
            let owners = self.all.entry(hash(&made.place, &identity)).or_default();
            // What one release has twice is said of that release.
            if !owners.iter().any(|o| o.made == made && o.identity() == identity) {
                owners.push(Owner::new(&made, &object.source.name, &resource));
            }
        }
    }

    /// All of them in order, each with its file as [`Owners::collisions`] shows it.
    pub fn written(&self, file: &dyn Fn(&str, &str) -> String) -> Vec<MadeObjects> {
        let mut by_release: BTreeMap<&Made, Vec<(String, Resource)>> = BTreeMap::new();
        for owner in self.all.values().flatten() {
            let object = (file(&owner.made.chart, owner.template()), owner.resource());
            by_release.entry(&owner.made).or_default().push(object);
        }
        by_release.values_mut().for_each(|objects| objects.sort());
        by_release.into_iter().map(|(made, objects)| (made.clone(), objects)).collect()
    }

    /// Those that were written down.
    pub fn read(written: Vec<MadeObjects>) -> Owners {
        let mut owners = Owners::default();
        for (made, objects) in written {
            let made = Arc::new(made);
            for (file, resource) in objects {
                let owner = Owner::new(&made, &file, &resource);
                owners.all.entry(hash(&made.place, &owner.identity())).or_default().push(owner);
            }
        }
        owners
    }

    /// Adds those of others.
    pub fn extend(&mut self, other: Owners) {
        for (key, owners) in other.all {
            self.all.entry(key).or_default().extend(owners);
        }
    }

    /// Objects that several releases make in one place, each at all of them but the first. `file` shows a template of a
    /// chart by the chart's label and its name in a render.
    pub fn collisions(&self, file: &dyn Fn(&str, &str) -> String) -> Vec<Located> {
        let mut found = Vec::new();
        for owners in self.all.values().filter(|owners| owners.len() > 1) {
            let mut same: BTreeMap<(&str, Identity), Vec<&Owner>> = BTreeMap::new();
            for owner in owners {
                same.entry((&owner.made.place, owner.identity())).or_default().push(owner);
            }
            for ((_, identity), mut owners) in same {
                owners.sort_by_key(|o| (&o.made, o.template()));
                found.extend(owners[1..].iter().map(|owner| collision(&identity, owners[0], owner, file)));
            }
        }
        found
    }
}

fn hash(place: &str, identity: &Identity) -> u64 {
    let mut hasher = DefaultHasher::new();
    (place, identity).hash(&mut hasher);
    hasher.finish()
}

/// An object that another release makes, too.
fn collision(identity: &Identity, first: &Owner, owner: &Owner, file: &dyn Fn(&str, &str) -> String) -> Located {
    let message = format!(
        "{} is also made by the release {} of {} at {}: Helm installs only one of them",
        identity.shown(),
        first.made.release,
        first.made.chart,
        file(&first.made.chart, first.template())
    );
    let Made { chart, place, .. } = &*owner.made;
    let spot = Spot { file: file(chart, owner.template()), line: 1, column: 1 };
    let located = Located::of_file(problem(COLLISION, severity(COLLISION), "", message), chart, Scope::at(place), spot);
    Located { resource: owner.resource(), ..located }
}
