//! Findings: problems with their places, one where the same holds in several environments or versions.

use std::collections::HashMap;
use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use sha2::{Digest, Sha256};

use crate::finding::{Finding, Problem, Resource, Scope, Spot, ValuesSpot};

/// A problem of an object of one chart in one environment, with its places.
#[derive(Clone)]
pub struct Located {
    /// What is wrong.
    pub problem: Problem,
    /// The object, with its namespace filled in.
    pub resource: Resource,
    /// The chart's folder, empty for plain manifests.
    pub chart: String,
    /// Where it holds.
    pub scope: Scope,
    /// The line of the manifest, or of the file it is about.
    pub spot: Spot,
    /// The template's place.
    pub template: Option<Spot>,
    /// The values line.
    pub values: Option<ValuesSpot>,
}

impl Located {
    /// A problem of a file rather than of an object.
    pub fn of_file(problem: Problem, chart: &str, scope: Scope, spot: Spot) -> Located {
        let (resource, chart) = (Resource::default(), chart.to_owned());
        Located { problem, resource, chart, scope, spot, template: None, values: None }
    }
}

/// Findings while problems come in: what holds in many environments takes the room of one.
#[derive(Default)]
pub struct Fold {
    found: Vec<Finding>,
    /// Numbers of findings by a hash of what makes problems the same.
    places: HashMap<u64, Vec<u32>, FixedState>,
}

/// What makes two problems the same: rule, message, path, chart, and the object but for its namespace, because
/// environments put the same object into different ones.
type Same<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str, &'a str, &'a str);

impl Fold {
    /// Adds a problem.
    pub fn add(&mut self, l: Located) {
        let (p, r) = (&l.problem, &l.resource);
        let same = (&*p.rule, &*p.message, &*p.path, &*l.chart, &*r.api_version, &*r.kind, &*r.name);
        match self.find(same) {
            Ok(old) => {
                old.severity = old.severity.max(l.problem.severity);
                old.scopes.push(l.scope);
            }
            Err(hash) => self.push(hash, finding(l)),
        }
    }

    /// Adds what others were folded into.
    pub fn extend(&mut self, other: Fold) {
        for f in other.found {
            match self.find(same_of(&f)) {
                Ok(old) => {
                    old.severity = old.severity.max(f.severity);
                    old.scopes.extend(f.scopes);
                }
                Err(hash) => self.push(hash, f),
            }
        }
    }

    /// The finding that is the same, or the hash to put one under.
    fn find(&mut self, same: Same<'_>) -> Result<&mut Finding, u64> {
        let hash = self.places.hasher().hash_one(same);
        let mut near = self.places.get(&hash).into_iter().flatten().map(|n| *n as usize);
        match near.find(|n| same_of(&self.found[*n]) == same) {
            Some(n) => Ok(&mut self.found[n]),
            None => Err(hash),
        }
    }

    fn push(&mut self, hash: u64, finding: Finding) {
        self.places.entry(hash).or_default().push(self.found.len() as u32);
        self.found.push(finding);
    }

    /// The findings, sorted by chart, file, line and rule.
    pub fn finish(self) -> Vec<Finding> {
        let mut found = self.found;
        for f in &mut found {
            f.scopes.sort();
            f.scopes.dedup();
            f.env = f.scopes.first().map(|s| s.env.clone()).unwrap_or_default();
        }
        found.sort_by(|a, b| order(a).cmp(&order(b)));
        number_twins(&mut found);
        found
    }
}

fn same_of(f: &Finding) -> Same<'_> {
    let r = &f.resource;
    (&f.rule, &f.message, &f.path, &f.chart, &r.api_version, &r.kind, &r.name)
}

fn order(f: &Finding) -> (&str, &Spot, &str, &str, &Resource, &str) {
    (&f.chart, &f.spot, &f.rule, &f.path, &f.resource, &f.message)
}

fn finding(l: Located) -> Finding {
    let fingerprint = fingerprint(&l);
    let spot = l.template.clone().unwrap_or(l.spot);
    Finding {
        rule: l.problem.rule.into_owned(),
        severity: l.problem.severity,
        message: l.problem.message,
        spot,
        path: l.problem.path,
        resource: l.resource,
        template: l.template,
        values: l.values,
        chart: l.chart,
        env: String::new(),
        scopes: vec![l.scope],
        remedy: l.problem.remedy.map(Into::into),
        url: l.problem.url.map(Into::into),
        fingerprint,
        waived: None,
    }
}

/// A hash of what stays when lines move: rule, chart, object and field.
fn fingerprint(l: &Located) -> String {
    let mut hash = Sha256::new();
    let r = &l.resource;
    // What is about no object is told apart by its file.
    let file = if r.kind.is_empty() { &l.spot.file } else { "" };
    for part in [&*l.problem.rule, &l.chart, &r.api_version, &r.kind, &r.name, &l.problem.path, file] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    data_encoding::HEXLOWER.encode(&hash.finalize()[..10])
}

/// Findings that differ only in their words are told apart by a number.
fn number_twins(found: &mut [Finding]) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for f in found {
        let count = seen.entry(f.fingerprint.clone()).or_default();
        *count += 1;
        if *count > 1 {
            f.fingerprint = format!("{}-{count}", f.fingerprint);
        }
    }
}
