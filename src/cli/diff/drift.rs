//! `--drift` and `--server`: what the clusters have of the objects of all releases, and what they say to the new ones.
//! Everything of a cluster is asked for at once, after all charts are rendered. Start reading at [`Asked::ask`].

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value as Json;

use super::args::DiffArgs;
use super::jobs::{Done, Job};
use super::live::Live;
use super::sides::Prepared;
use crate::cli::cluster;
use crate::cli::session::Failed;
use crate::cluster::{Cluster, DryRun, Found, ObjectRef};
use crate::diff::drift::fate::Method;
use crate::diff::drift::live::LiveSide;
use crate::diff::drift::{self, Context, server};
use crate::diff::meaning::Refusal;
use crate::diff::secrets::{Redactor, Tainted};
use crate::diff::{ObjectChange, Side};
use crate::finding::KubeObject;
use crate::kube::schema::is_namespaced;

/// What the clusters said of the releases, by the numbers of their jobs.
#[derive(Default)]
pub(super) struct Asked {
    live: HashMap<usize, LiveSide>,
    answers: HashMap<usize, Vec<server::Answer>>,
    /// The fields that secrets reached on the stored and the live side.
    tainted: HashMap<usize, Tainted>,
    methods: HashMap<usize, Method>,
    /// What could not be asked.
    pub notes: HashMap<usize, Vec<String>>,
    /// Releases on clusters that could not be asked at all.
    pub failed: HashMap<usize, Failed>,
}

/// One object to ask for: whose it is, and its number on the old side, or else on the new one.
struct Place {
    job: usize,
    stored: Option<usize>,
    new: Option<usize>,
}

impl Asked {
    /// Asks all clusters for what the flags want of these releases.
    pub fn ask(args: &DiffArgs, live: &Live, done: &[&Done]) -> Asked {
        let mut asked = Asked::default();
        let sides: BTreeMap<usize, &(Prepared, Prepared)> =
            done.iter().filter_map(|d| Some((d.job.number, d.sides.as_ref().ok()?))).collect();
        let is_helm_3 = matches!(args.scene.engine.helm_version, crate::cli::args::Helm::V3);
        for (cluster, jobs) in live.clusters() {
            let jobs: Vec<usize> = jobs.into_iter().filter(|j| sides.contains_key(j)).collect();
            if jobs.is_empty() {
                continue;
            }
            for job in &jobs {
                let stored = live.deployed(*job).map(|d| d.0);
                let method = stored.map_or("ssa", |r| r.apply_method.as_str());
                asked.methods.insert(*job, Method::of(method, is_helm_3));
            }
            let objects = if args.drift { asked.objects(cluster, live, &jobs, &sides) } else { Ok(()) };
            let done = objects.and_then(|()| match args.server {
                true => asked.dry_runs(cluster, &jobs, &sides),
                false => Ok(()),
            });
            if let Err(failed) = done {
                asked.failed.extend(jobs.into_iter().map(|job| (job, failed.clone())));
            }
        }
        asked
    }

    /// The objects that the clusters have, for the redactor.
    pub fn objects_of_clusters(&self) -> impl Iterator<Item = &KubeObject> {
        self.live.values().flat_map(|l| l.side.objects.iter().map(|o| &o.object))
    }

    fn objects(
        &mut self,
        cluster: &Cluster,
        live: &Live,
        jobs: &[usize],
        sides: &BTreeMap<usize, &(Prepared, Prepared)>,
    ) -> Result<(), Failed> {
        let (mut places, mut wanted) = (Vec::new(), Vec::new());
        for job in jobs.iter().copied() {
            let (old, new) = sides[&job];
            let stored = references(&old.side);
            let known: HashSet<ObjectRef> = stored.iter().map(|s| unversioned(&s.1)).collect();
            for (number, reference) in stored {
                places.push(Place { job, stored: Some(number), new: None });
                wanted.push(reference);
            }
            for (number, reference) in references(&new.side).into_iter().filter(|r| !known.contains(&unversioned(&r.1)))
            {
                places.push(Place { job, stored: None, new: Some(number) });
                wanted.push(reference);
            }
            self.live.insert(job, LiveSide::new(&old.side.namespace));
        }
        let (found, others) = cluster.live_objects_and_others(&wanted).map_err(|e| cluster::failed(&e))?;
        for ((place, reference), found) in places.iter().zip(&wanted).zip(found) {
            self.take(place, reference, found);
        }
        for (json, job) in others.into_iter().filter_map(|json| owner(live, jobs, &json).map(|job| (json, job))) {
            if let Some(side) = self.live.get_mut(&job) {
                side.add_unknown(json);
            }
        }
        Ok(())
    }

    fn take(&mut self, place: &Place, reference: &ObjectRef, found: Result<Found, crate::cluster::ClusterError>) {
        let notes = self.notes.entry(place.job).or_default();
        let Some(side) = self.live.get_mut(&place.job) else { return };
        match (found, place.stored, place.new) {
            (Ok(Found::Object(json)), Some(stored), _) => side.add(stored, Some(*json)),
            (Ok(Found::Object(json)), None, Some(new)) => side.add_taken(new, *json),
            (Ok(Found::Missing), Some(stored), _) => side.add(stored, None),
            (Ok(Found::NoKind), Some(_), _) => {
                notes.push(format!(
                    "the cluster no longer has {} {}: {reference}",
                    reference.api_version, reference.kind
                ));
            }
            (Ok(_), ..) => {}
            (Err(e), ..) => notes.push(format!("{reference} can't be looked at: {e}")),
        }
    }

    /// Applies the new objects without storing them.
    fn dry_runs(
        &mut self,
        cluster: &Cluster,
        jobs: &[usize],
        sides: &BTreeMap<usize, &(Prepared, Prepared)>,
    ) -> Result<(), Failed> {
        // What is applied by a client's patch takes fields over from others.
        for force in [false, true] {
            let (mut places, mut objects) = (Vec::new(), Vec::new());
            for job in jobs.iter().copied() {
                let is_forced = self.methods.get(&job) == Some(&Method::Merge);
                if is_forced != force {
                    continue;
                }
                let (_, new) = sides[&job];
                for (number, reference) in references(&new.side) {
                    places.push((job, number));
                    objects.push((reference, new.side.objects[number].object.root().to_json()));
                }
            }
            if objects.is_empty() {
                continue;
            }
            let said = cluster.dry_run_apply(&objects, force).map_err(|e| cluster::failed(&e))?;
            for (((job, number), (reference, _)), said) in places.into_iter().zip(&objects).zip(said) {
                let answer = match said {
                    Ok(DryRun::Applied(_)) => server::Verdict::Taken,
                    Ok(DryRun::Refused { reason, message, causes, .. }) => {
                        server::Verdict::Refused { reason, message, causes }
                    }
                    Ok(DryRun::NoKind) => server::Verdict::NoKind,
                    Err(e) => {
                        self.notes.entry(job).or_default().push(format!("{reference} can't be tried: {e}"));
                        continue;
                    }
                };
                self.answers.entry(job).or_default().push(server::Answer { object: number, verdict: answer });
            }
        }
        Ok(())
    }

    /// Finds where secrets stand in what the clusters have, given those of the charts, and returns those that are new.
    pub fn secrets(&mut self, done: &[&Done], redactor: &Redactor) -> Vec<String> {
        let mut found = Vec::new();
        for Done { job, sides, .. } in done {
            let (Some(live), Ok((old, new))) = (self.live.get(&job.number), sides) else { continue };
            let (tainted, texts) = drift::taint(redactor, &new.tainted, &new.side, &old.side, live);
            self.tainted.insert(job.number, tainted);
            found.extend(texts);
        }
        found
    }

    /// What drifted of a release. `tainted` are the fields that secrets reached on its two sides.
    pub fn drift(
        &self,
        job: &Job,
        old: &Prepared,
        new: &Prepared,
        mut tainted: Tainted,
        redactor: &Redactor,
    ) -> Drifted {
        let number = job.number;
        let Some(live) = self.live.get(&number) else { return Drifted::default() };
        tainted.extend(self.tainted.get(&number));
        let method = self.methods.get(&number).copied().unwrap_or(Method::Merge);
        let context = Context { stored: &old.side, new: &new.side, live, method, tainted: &tainted, redactor };
        let release = (new.release.as_str(), new.side.namespace.as_str());
        Drifted { changes: drift::of(&context), taken: drift::taken(&context, release) }
    }

    /// What the server refuses of a release, in place of what was foreseen for the objects that it was asked about.
    pub fn refusals(&self, job: &Job, new: &Side, foreseen: Vec<Refusal>, redactor: &Redactor) -> Vec<Refusal> {
        match self.answers.get(&job.number) {
            Some(answers) => server::refusals(answers, new, foreseen, redactor),
            None => foreseen,
        }
    }
}

/// What a comparison adds to a report.
#[derive(Default)]
pub(super) struct Drifted {
    /// The objects that drifted.
    pub changes: Vec<ObjectChange>,
    /// New objects that others have.
    pub taken: Vec<Refusal>,
}

/// How the objects of a side are asked for, with their numbers; hooks come and go.
fn references(side: &Side) -> Vec<(usize, ObjectRef)> {
    let named = side.objects.iter().enumerate().filter(|(_, o)| o.hooks.is_empty() && !o.object.name.is_empty());
    let reference = |object: &KubeObject| ObjectRef {
        api_version: object.api_version.clone(),
        kind: object.kind.clone(),
        namespace: match is_namespaced(&object.api_version, &object.kind) {
            Some(false) => String::new(),
            _ if object.namespace.is_empty() => side.namespace.clone(),
            _ => object.namespace.clone(),
        },
        name: object.name.clone(),
    };
    named.map(|(number, o)| (number, reference(&o.object))).collect()
}

/// An object in another version of its API is the same one.
fn unversioned(reference: &ObjectRef) -> ObjectRef {
    let group = reference.api_version.split_once('/').map_or("", |(group, _)| group);
    ObjectRef { api_version: group.to_owned(), ..reference.clone() }
}

/// The release that an object says it is of.
fn owner(live: &Live, jobs: &[usize], object: &Json) -> Option<usize> {
    let annotation = |key: &str| object["metadata"]["annotations"][key].as_str();
    let name = annotation("meta.helm.sh/release-name")?;
    let namespace = annotation("meta.helm.sh/release-namespace")?;
    // What goes away is not there to stay.
    if !object["metadata"]["deletionTimestamp"].is_null() {
        return None;
    }
    let is = |j: &usize| live.deployed(*j).is_some_and(|(r, _)| r.name == name && r.namespace == namespace);
    jobs.iter().copied().find(is)
}
