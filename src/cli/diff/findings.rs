//! Findings of lint that a change brings: both sides are checked, and what the old one had too is not told.

use std::collections::HashSet;

use clap::{Args, FromArgMatches};

use super::scene::Scene;
use crate::cli::args::{LintArgs, SceneArgs};
use crate::cli::lint::plan::Plan;
use crate::cli::session::{Failed, Found, usage};
use crate::diff::Side;
use crate::diff::meaning::NewFinding;
use crate::diff::secrets::Redactor;
use crate::finding::{Finding, KubeObject, Scope, Spot};
use crate::lint::definitions::Definitions;
use crate::lint::locate::{ChartFolder, Origins};
use crate::lint::release::Release;
use crate::lint::strict::Strictness;

/// What both sides are checked by.
pub(super) struct Checker {
    args: LintArgs,
}

impl Checker {
    /// The checks of `plimsoll lint` without its flags, but for the version of Kubernetes.
    pub fn new(scene: &SceneArgs) -> Result<Checker, Failed> {
        // A definition that is not at hand is not what the change brings.
        let words = ["lint", "--only", "schema,policy", "--missing-schema", "ignore"];
        let matches = LintArgs::augment_args(clap::Command::new("lint")).try_get_matches_from(words);
        let args = matches.and_then(|m| LintArgs::from_arg_matches(&m)).map_err(|e| usage(e.to_string()))?;
        Ok(Checker {
            args: LintArgs { scene: SceneArgs { kube_version: scene.kube_version.clone(), ..args.scene }, ..args },
        })
    }

    /// The checks as the project file of a side wants them.
    pub fn plan(&self, project: &Found) -> Result<Plan<'_>, Failed> {
        Plan::new(&self.args, project.clone())
    }
}

/// What the checks say of a side, with where it comes from if that `is_told`.
pub(super) fn of_side(
    plan: &Plan<'_>,
    scene: Option<&Scene>,
    side: &Side,
    documents: &[Option<usize>],
    env: Option<&str>,
    is_told: bool,
) -> Vec<Finding> {
    // A document's number is missing for definitions, which are not rendered.
    let rendered = |i: &usize| scene.is_none() || documents.get(*i).is_some_and(Option::is_some);
    let numbers: Vec<usize> = (0..side.objects.len()).filter(rendered).collect();
    let objects: Vec<KubeObject> = numbers.iter().map(|i| side.objects[*i].object.clone()).collect();
    let scope = Scope { env: env.unwrap_or_default().to_owned(), ..Scope::default() };
    let strictness = Strictness::of(plan.project.as_ref());
    let sources = scene.map(Scene::definition_files).unwrap_or_default();
    let crds = Definitions::new(sources);
    let mut release = Release {
        objects: &objects,
        crds: &crds,
        namespace: Some(&side.namespace),
        chart: "",
        scope,
        minor: scene.and_then(|s| plan.minor(&s.session.options.kube_version.version)),
        origins: None,
    };
    let Some(scene) = scene.filter(|_| is_told) else { return plan.checks.release(&release).findings(&strictness) };
    let all = scene.documents();
    let manifests: Vec<_> = numbers.iter().filter_map(|i| all.get(documents[*i]?).copied()).collect();
    let folder = ChartFolder::new(scene.chart(), scene.folder(), &plan.current);
    release.origins = Some(Origins { map: scene.map(), folder: &folder, documents: &manifests });
    plan.checks.release(&release).findings(&strictness)
}

/// The findings that only the new side has.
pub(super) fn brought(old: &[Finding], new: &[Finding], redactor: &Redactor) -> Vec<NewFinding> {
    // Containers that change places are the same ones.
    fn key(f: &Finding) -> (&str, Vec<&str>, &str, &str) {
        let mut words: Vec<&str> = f.message.split([' ', ',', ':']).collect();
        words.sort_unstable();
        (&f.rule, words, &f.resource.kind, &f.resource.name)
    }
    let known: HashSet<_> = old.iter().filter(|f| f.waived.is_none()).map(key).collect();
    let fresh = new.iter().filter(|f| f.waived.is_none() && !known.contains(&key(f)));
    let place =
        |spot: &Spot| crate::diff::Place { file: redactor.text(&spot.file), line: spot.line, column: spot.column };
    let found = fresh.map(|f| NewFinding {
        rule: redactor.text(&f.rule),
        severity: f.severity,
        message: redactor.text(&f.message),
        object: redactor.text(&f.resource.to_string()),
        path: redactor.text(&f.path),
        place: Some(place(f.values.as_ref().map(|v| &v.spot).or(f.template.as_ref()).unwrap_or(&f.spot))),
        remedy: f.remedy.as_deref().map(|r| redactor.text(r)),
    });
    found.collect()
}
