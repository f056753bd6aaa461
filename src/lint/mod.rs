//! Lint: what the families of checks say of rendered objects, where a person mends it, and what of it counts.
//!
//! [`Checks`] holds what is compiled once and shared by all charts; [`locate`] finds template and values lines; [`fold`]
//! makes one finding of what holds in several environments; [`strict`] says how much it counts; [`inline`], [`waivers`]
//! and [`baseline`] say what doesn't. What findings look like is in `report`. Start reading at [`Checks::release`].

pub mod baseline;
pub mod chart;
pub mod definitions;
pub mod duplicates;
pub mod fold;
pub mod helm;
pub mod inline;
pub mod locate;
pub mod objects;
pub mod release;
pub mod strict;
pub mod waivers;

use std::sync::Arc;

use crate::finding::{KubeObject, Problem, Severity};
use crate::kube::rules;
use crate::kube::schema::{Crds, Schemas, minor_of};
use crate::policy::{Context, Set, cross};

/// What is checked, compiled once. Can be shared between threads.
pub struct Checks {
    /// The versions of Kubernetes, ascending; empty where the schema family is off.
    pub versions: Vec<String>,
    /// What a custom resource without a definition is; nothing at all for `None`.
    pub missing_schema: Option<Severity>,
    /// Definitions of custom resources that every chart may use.
    crds: Vec<KubeObject>,
    /// The policies, where that family is on.
    pub policies: Option<Set>,
    schemas: Vec<Schemas>,
}

/// A problem of one of several objects, found with one version of Kubernetes, or (`None`) with any.
#[derive(Clone, Debug)]
pub struct Found {
    /// Index of the object.
    pub object: usize,
    /// What is wrong.
    pub problem: Problem,
    /// Index of the version.
    pub version: Option<usize>,
}

impl Checks {
    /// Makes ready to check. `versions` are as users write them; none for no schema checks.
    ///
    /// # Errors
    /// For a version whose schemas aren't embedded.
    pub fn new(
        versions: &[String],
        missing_schema: Option<Severity>,
        crds: Vec<KubeObject>,
        policies: Option<Set>,
    ) -> Result<Checks, String> {
        let mut checks = Checks { versions: Vec::new(), missing_schema, crds, policies, schemas: Vec::new() };
        let crds = Arc::new(checks.known_to_all());
        for version in versions {
            let schemas = Schemas::embedded(version).map_err(|e| e.to_string())?;
            checks.schemas.push(schemas.with_crds(crds.clone()).missing(missing_schema));
        }
        checks.schemas.sort_by_key(|s| minor_of(&s.version()));
        checks.schemas.dedup_by_key(|s| s.version());
        checks.versions = checks.schemas.iter().map(Schemas::version).collect();
        Ok(checks)
    }

    fn known_to_all(&self) -> Crds {
        let mut crds = Crds::new();
        self.crds.iter().for_each(|o| crds.add_object(o));
        crds
    }

    /// What all families say of objects that are applied together into a namespace.
    fn run(&self, objects: &[KubeObject], schemas: &[Schemas], namespace: &str) -> Vec<Found> {
        let mut found = server(objects, schemas);
        if let Some(policies) = &self.policies {
            let context = Context::new(namespace, objects);
            for (object, o) in objects.iter().enumerate() {
                let problems = policies.check(o, &context);
                found.extend(problems.into_iter().map(|problem| Found { object, problem, version: None }));
            }
            let cross = cross::check(objects).into_iter();
            found.extend(cross.map(|(object, problem)| Found { object, problem, version: None }));
        }
        found
    }
}

/// What the API server says: the shape first, and of objects that have theirs what it checks beyond it.
fn server(objects: &[KubeObject], schemas: &[Schemas]) -> Vec<Found> {
    let mut found = Vec::new();
    for (object, o) in objects.iter().enumerate() {
        let mut well_formed = Vec::new();
        for (version, schemas) in schemas.iter().enumerate() {
            let problems = schemas.check(o);
            // The server validates only what it could decode.
            if problems.iter().all(|p| p.severity < Severity::Error) {
                well_formed.push(version);
            }
            found.extend(problems.into_iter().map(|problem| Found { object, problem, version: Some(version) }));
        }
        found.extend(beyond(o, schemas, &well_formed).into_iter().map(|(version, problem)| Found {
            object,
            problem,
            version,
        }));
    }
    found
}

/// What servers of some versions say beyond the shape; of no version where all say it.
fn beyond(object: &KubeObject, schemas: &[Schemas], versions: &[usize]) -> Vec<(Option<usize>, Problem)> {
    let said: Vec<Vec<Problem>> = versions.iter().map(|v| rules::check(object, schemas[*v].minor())).collect();
    let Some(first) = said.first() else { return Vec::new() };
    if said.iter().all(|other| other == first) {
        return first.iter().map(|problem| (None, problem.clone())).collect();
    }
    let all = versions.iter().zip(said);
    all.flat_map(|(version, said)| said.into_iter().map(move |problem| (Some(*version), problem))).collect()
}
