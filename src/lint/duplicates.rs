//! Objects that a cluster would get twice: from one release, or from two releases in one place. Hooks don't count: they
//! come one after the other. Start reading at [`within`] and [`Owners`].

use std::collections::HashMap;

use super::chart::problem;
use super::fold::Located;
use super::helm::usage::severity;
use super::locate::Origins;
use super::release::Release;
use crate::finding::{KubeObject, Resource, Scope, Spot};

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

/// A release that makes objects.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Owner {
    release: String,
    namespace: String,
    chart: String,
    /// The template, as the render names it.
    template: String,
    resource: Resource,
}

/// Which release makes which object in which place. Collected chart by chart.
#[derive(Default)]
pub struct Owners {
    /// By environment and cluster.
    all: HashMap<(String, Identity), Vec<Owner>>,
}

impl Owners {
    /// Adds the objects of a release by its name. Those in its namespace only where the project says which that is.
    pub fn add(&mut self, release: &Release<'_>, name: &str, has_namespace: bool) {
        for object in release.objects {
            let resource = release.resource(object);
            let Some(identity) = Identity::of(object, &resource) else { continue };
            if !has_namespace && object.namespace.is_empty() && !resource.namespace.is_empty() {
                continue;
            }
            let owner = Owner {
                release: name.to_owned(),
                namespace: release.namespace.unwrap_or_default().to_owned(),
                chart: release.chart.to_owned(),
                template: object.source.name.clone(),
                resource,
            };
            let owners = self.all.entry((release.scope.place(), identity)).or_default();
            // What one release has twice is said of that release.
            if !owners.iter().any(|o| (&o.release, &o.namespace) == (&owner.release, &owner.namespace)) {
                owners.push(owner);
            }
        }
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
        const RULE: &str = "helm/object-of-two-releases";
        let mut found = Vec::new();
        for ((place, identity), owners) in self.all.iter().filter(|(_, owners)| owners.len() > 1) {
            let mut owners: Vec<&Owner> = owners.iter().collect();
            owners.sort_by_key(|o| (&o.chart, &o.namespace, &o.release, &o.template));
            let first = owners[0];
            for owner in &owners[1..] {
                let message = format!(
                    "{} is also made by the release {} of {} at {}: Helm installs only one of them",
                    identity.shown(),
                    first.release,
                    first.chart,
                    file(&first.chart, &first.template)
                );
                let spot = Spot { file: file(&owner.chart, &owner.template), line: 1, column: 1 };
                let located =
                    Located::of_file(problem(RULE, severity(RULE), "", message), &owner.chart, Scope::at(place), spot);
                found.push(Located { resource: owner.resource.clone(), ..located });
            }
        }
        found
    }
}
