//! One release under all checks: what they say of its objects, with places. `plimsoll lint` asks this of every chart in
//! every environment; whoever compares two states of a release asks it of both. Start reading at [`Checks::release`].

use std::collections::HashMap;

use super::Checks;
use super::definitions::{self, Definitions, Unknown};
use super::fold::{Fold, Located};
use super::inline::{Inline, inline};
use super::locate::Origins;
use super::strict::Strictness;
use crate::finding::{Finding, KubeObject, Problem, Resource, Scope, Spot, Waived};
use crate::policy;

/// Objects that are applied together.
pub struct Release<'a> {
    /// The objects.
    pub objects: &'a [KubeObject],
    /// Definitions of custom resources that come with them without being rendered.
    pub crds: &'a Definitions,
    /// The namespace of those that name none; plain manifests are taken to go to `default`, and say so nowhere.
    pub namespace: Option<&'a str>,
    /// The chart as findings show it, empty for plain manifests.
    pub chart: &'a str,
    /// Where they are applied; its version is filled in.
    pub scope: Scope,
    /// The minor version of Kubernetes that they go to; where there is none they are checked for all versions.
    pub minor: Option<u32>,
    /// Where the objects come from, for those of a chart.
    pub origins: Option<Origins<'a>>,
}

/// What was said of one release or of several, not yet folded into findings.
#[derive(Default)]
pub struct Judged {
    /// The problems with their places.
    pub located: Vec<Located>,
    /// How many objects were looked at.
    pub checked: usize,
    /// Kinds that nothing is known of.
    pub unknown: Unknown,
    /// What objects waive themselves.
    waived: Vec<(Resource, Inline)>,
}

impl Judged {
    /// The findings, as strict as asked for, those marked that annotations waive. Waiver files and baselines are left to
    /// the caller.
    pub fn findings(self, strictness: &Strictness<'_>) -> Vec<Finding> {
        let mut tally = Tally::default();
        tally.add(self, strictness);
        tally.findings()
    }
}

/// What was said of any number of releases, folded as it comes in.
#[derive(Default)]
pub struct Tally {
    fold: Fold,
    /// How many objects were looked at.
    pub checked: usize,
    /// What objects waive themselves.
    waived: HashMap<Resource, Vec<Inline>>,
}

impl Tally {
    /// Adds what was said of a release.
    pub fn add(&mut self, judged: Judged, strictness: &Strictness<'_>) {
        self.checked += judged.checked;
        judged.waived.into_iter().for_each(|(object, waived)| self.waive(object, waived));
        self.located(judged.located, strictness);
    }

    /// Adds problems.
    pub fn located(&mut self, located: impl IntoIterator<Item = Located>, strictness: &Strictness<'_>) {
        located.into_iter().filter_map(|l| strictness.apply(l)).for_each(|l| self.fold.add(l));
    }

    /// Adds what was said of others.
    pub fn extend(&mut self, other: Tally) {
        self.fold.extend(other.fold);
        self.checked += other.checked;
        for (object, all) in other.waived {
            all.into_iter().for_each(|waived| self.waive(object.clone(), waived));
        }
    }

    fn waive(&mut self, object: Resource, waived: Inline) {
        let known = self.waived.entry(object).or_default();
        if !known.contains(&waived) {
            known.push(waived);
        }
    }

    /// The findings, those marked that annotations waive.
    pub fn findings(self) -> Vec<Finding> {
        let mut found = self.fold.finish();
        for finding in &mut found {
            let all = self.waived.get(&finding.resource).into_iter().flatten();
            let waived = all.into_iter().find(|w| w.fits(&finding.rule));
            finding.waived = waived.map(|w| Waived { reason: w.reason.clone(), by: "annotation" });
        }
        found
    }
}

impl Checks {
    /// What all families say of a release, each problem at its place.
    pub fn release(&self, release: &Release<'_>) -> Judged {
        let mut judged = Judged { checked: release.objects.len(), ..Judged::default() };
        let schemas = release.crds.schemas(self, release.objects);
        let only = release.minor.and_then(|minor| schemas.iter().position(|s| s.minor() == minor));
        let schemas = only.map_or(&schemas[..], |i| &schemas[i..=i]);
        judged.unknown = definitions::unknown(schemas, release.objects);
        for found in self.run(release.objects, schemas, release.namespace.unwrap_or("default")) {
            let mut located = release.locate(found.object, found.problem);
            located.scope.kube_version = found.version.map(|v| schemas[v].version()).unwrap_or_default();
            judged.located.push(located);
        }
        for object in release.objects {
            judged.waived.extend(inline(object).into_iter().map(|waived| (release.resource(object), waived)));
        }
        judged
    }
}

impl Release<'_> {
    /// A problem of the object with this index, at its places.
    pub(super) fn locate(&self, index: usize, problem: Problem) -> Located {
        let object = &self.objects[index];
        let (line, column) = object.place(&problem.path);
        let origin = self.origins.as_ref().map(|o| o.of(index, object, &problem.path)).unwrap_or_default();
        Located {
            problem,
            resource: self.resource(object),
            chart: self.chart.to_owned(),
            scope: self.scope.clone(),
            spot: Spot { file: object.source.name.clone(), line, column },
            template: origin.template,
            values: origin.values,
        }
    }

    /// The object with its namespace filled in.
    pub fn resource(&self, object: &KubeObject) -> Resource {
        let namespace = match self.namespace {
            Some(filled_in) if object.namespace.is_empty() && policy::is_namespaced(&object.kind) => filled_in,
            _ => &object.namespace,
        };
        Resource {
            api_version: object.api_version.clone(),
            kind: object.kind.clone(),
            namespace: namespace.to_owned(),
            name: object.name.clone(),
        }
    }
}
