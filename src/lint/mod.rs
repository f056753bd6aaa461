//! Lint: what the families of checks say of rendered objects, where a person mends it, and what of it counts.
//!
//! [`Checks`] holds what is compiled once and shared by all charts; [`locate`] finds template and values lines; [`fold`]
//! makes one finding of what holds in several environments; [`strict`] says how much it counts; [`inline`], [`waivers`]
//! and [`baseline`] say what doesn't. What findings look like is in `report`. Start reading at [`Checks::release`].

pub mod baseline;
pub mod chart;
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
    pub crds: Vec<KubeObject>,
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
        for version in versions {
            checks.schemas.push(checks.schemas_of(version, &[])?);
        }
        checks.schemas.sort_by_key(|s| minor_of(&s.version()));
        checks.schemas.dedup_by_key(|s| s.version());
        checks.versions = checks.schemas.iter().map(Schemas::version).collect();
        Ok(checks)
    }

    fn schemas_of(&self, version: &str, own: &[&KubeObject]) -> Result<Schemas, String> {
        let mut crds = Crds::new();
        self.crds.iter().chain(own.iter().copied()).for_each(|o| crds.add_object(o));
        let schemas = Schemas::embedded(version).map_err(|e| e.to_string())?;
        Ok(schemas.with_crds(Arc::new(crds)).missing(self.missing_schema))
    }

    /// What all families say of objects that are applied together into a namespace. `crds` are definitions that come
    /// with them without being rendered.
    pub fn run(&self, objects: &[KubeObject], crds: &[KubeObject], namespace: &str) -> Vec<Found> {
        let mut found = self.server(objects, crds);
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

    /// What the API server says: the shape first, and of objects that have theirs what it checks beyond it.
    fn server(&self, objects: &[KubeObject], crds: &[KubeObject]) -> Vec<Found> {
        let mut found = Vec::new();
        if self.schemas.is_empty() {
            return found;
        }
        let rendered = objects.iter().filter(|o| o.kind == "CustomResourceDefinition");
        let own: Vec<&KubeObject> = crds.iter().chain(rendered).collect();
        let with_own: Vec<Schemas> = match own.is_empty() {
            true => Vec::new(),
            false => self.versions.iter().filter_map(|v| self.schemas_of(v, &own).ok()).collect(),
        };
        let schemas = if own.is_empty() { &self.schemas } else { &with_own };
        for (object, o) in objects.iter().enumerate() {
            let mut well_formed = false;
            for (version, schemas) in schemas.iter().enumerate() {
                let problems = schemas.check(o);
                well_formed |= problems.iter().all(|p| p.severity < Severity::Error);
                found.extend(problems.into_iter().map(|problem| Found { object, problem, version: Some(version) }));
            }
            // The server validates only what it could decode.
            if well_formed {
                let beyond = rules::check(o).into_iter();
                found.extend(beyond.map(|problem| Found { object, problem, version: None }));
            }
        }
        found
    }
}
