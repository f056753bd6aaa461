//! Charts, each rendered in all its environments.

use std::cell::OnceCell;
use std::sync::Arc;

use super::Done;
use super::plan::Plan;
use crate::chart;
use crate::cli::args::SceneArgs;
use crate::cli::explain::Scene;
use crate::cli::progress::Progress;
use crate::cli::session::{Failed, Session, error, releases};
use crate::cli::touched;
use crate::diag::log::Log;
use crate::finding::{KubeObject, Scope, Severity, Text};
use crate::fleet::{self, ChartReleases, Matrix, Otherwise};
use crate::lint::definitions::{self, Definitions};
use crate::lint::fold::Located;
use crate::lint::helm::differs::{ImageUse, NullDiffers, has_nulls, null_differs};
use crate::lint::helm::usage::View;
use crate::lint::helm::{self, Subject};
use crate::lint::locate::{ChartFolder, Origins, relative};
use crate::lint::release::{Judged, Release};
use crate::lint::{chart as about, objects};
use crate::parallel;
use crate::render::Rendered;
use crate::report::explain::short;
use crate::value::HelmVersion;

/// Checks all charts that were asked for. One that can't be checked doesn't hide the others.
pub(super) fn lint(plan: &Plan<'_>) -> Result<Done, Failed> {
    let select = &plan.args.scene.select;
    let matrix = match plan.args.touched {
        true => match &touched::charts(&plan.args.charts, &plan.project)?[..] {
            [] => Matrix::default(),
            touched => releases(touched, select, Otherwise::All, &plan.project)?,
        },
        false => releases(&plan.args.charts, select, Otherwise::All, &plan.project)?,
    };
    let mut done = Done { environments: matrix.places(), ..Done::default() };
    done.charts = matrix.charts.iter().map(|c| relative(&c.chart.path, &plan.current)).collect();
    for part in check_all(plan, &matrix.charts) {
        match part {
            Ok(part) => {
                done.judged.extend(part.judged);
                done.said.extend(part.said);
            }
            Err((status, text)) => {
                let all = done.failed.get_or_insert_with(|| (status, String::new()));
                *all = (all.0.max(status), format!("{}{text}", all.1));
            }
        }
    }
    Ok(done)
}

/// Checks charts; those with custom resources that other charts of the run define a second time, with what these define.
fn check_all(plan: &Plan<'_>, charts: &[ChartReleases]) -> Vec<Result<Part, Failed>> {
    let mut parts = check(plan, &charts.iter().collect::<Vec<_>>(), &[]);
    let defined = || parts.iter().flatten().flat_map(|part| part.defines.iter().cloned());
    let all = Definitions::new(defined().collect());
    let lacks = |part: &Part| !part.judged.unknown.is_empty() && all.define(&plan.checks, &part.judged.unknown);
    let again: Vec<usize> = (0..charts.len()).filter(|i| parts[*i].as_ref().is_ok_and(lacks)).collect();
    let second = check(plan, &again.iter().map(|i| &charts[*i]).collect::<Vec<_>>(), all.sources());
    for (i, part) in again.into_iter().zip(second) {
        parts[i] = part;
    }
    parts
}

fn check(plan: &Plan<'_>, charts: &[&ChartReleases], defined: &[Arc<Text>]) -> Vec<Result<Part, Failed>> {
    let mut parts = Vec::new();
    let mut progress = Progress::new(charts.iter().map(|c| c.releases.len()).sum());
    let take = |chart: &&ChartReleases, part: Option<Result<Part, Failed>>| {
        let aborted = || Err(error(format!("{}: the render was aborted", chart.chart.path.display())));
        parts.push(part.unwrap_or_else(aborted));
        progress.add(chart.releases.len());
    };
    let is_alone = charts.len() < parallel::cores();
    parallel::in_order(charts, parallel::cores(), |chart| lint_chart(plan, chart, defined, is_alone), take);
    parts
}

/// What one chart gave.
#[derive(Default)]
struct Part {
    judged: Judged,
    said: Vec<String>,
    /// The definitions of custom resources that it ships or renders.
    defines: Vec<Arc<Text>>,
    /// Renders that failed: Helm's own rules render too, and may have said so.
    unrendered: Vec<Located>,
}

/// Checks one chart: Helm's rules, which render for themselves, meanwhile on another thread if there are idle ones.
fn lint_chart(plan: &Plan<'_>, all: &ChartReleases, defined: &[Arc<Text>], is_alone: bool) -> Result<Part, Failed> {
    let (helm, objects) = match (plan.helm, is_alone) {
        (false, _) => (Ok(Vec::new()), Chart::new(plan, all, defined).check()),
        (true, false) => (helm_rules(plan, all), Chart::new(plan, all, defined).check()),
        (true, true) => std::thread::scope(|scope| {
            let helm = crate::stack::spawn(scope, || helm_rules(plan, all));
            let objects = Chart::new(plan, all, defined).check();
            let aborted = || Err(error(format!("{}: Helm's rules were aborted", all.chart.path.display())));
            (helm.and_then(|h| h.join().ok()).unwrap_or_else(aborted), objects)
        }),
    };
    let (mut part, helm) = (objects?, helm?);
    let has_failed = |scope: &Scope| helm.iter().any(|l| l.scope == *scope && l.problem.severity == Severity::Error);
    part.unrendered.retain(|l| !has_failed(&l.scope));
    part.judged.located.append(&mut part.unrendered);
    part.judged.located.extend(helm);
    Ok(part)
}

/// What `helm lint` says of a chart in each of its releases.
fn helm_rules(plan: &Plan<'_>, all: &ChartReleases) -> Result<Vec<Located>, Failed> {
    let helm = HelmVersion::from(plan.args.scene.engine.helm_version);
    let mut log = Log::new(helm);
    let path = &all.chart.path;
    let subject = Subject::open(&path.display().to_string(), helm, &mut log).map_err(error)?;
    let scene = scene(plan);
    let mut located = Vec::new();
    let mut loaded = None;
    for release in &all.releases {
        let session = open(&scene, release, &mut loaded, &mut log)?;
        let settings = helm::Settings {
            helm,
            namespace: session.options.namespace.clone(),
            kube_version: Some(session.options.kube_version.clone()),
            check_schema: session.options.check_schema,
        };
        let folder = ChartFolder::new(&session.chart.metadata.name, path, &plan.current);
        let found = subject.check(&session.values, &settings, &session.world, &mut log);
        located.extend(about::helm_rules(found, &folder, &Scope::at(&release.place())));
    }
    Ok(located)
}

/// Opens a release of a chart, which its first release loads.
fn open(
    scene: &SceneArgs,
    release: &fleet::Release,
    loaded: &mut Option<Arc<chart::Chart>>,
    log: &mut Log,
) -> Result<Session, Failed> {
    let session = match loaded {
        Some(chart) => Session::of(scene, release, chart.clone())?,
        None => Session::open(scene, release, log)?,
    };
    *loaded = Some(session.chart.clone());
    Ok(session)
}

/// A chart whose objects and values are checked.
struct Chart<'a> {
    plan: &'a Plan<'a>,
    all: &'a ChartReleases,
    /// The flags of a render.
    scene: SceneArgs,
    loaded: Option<Arc<chart::Chart>>,
    /// What other charts define.
    defined: &'a [Arc<Text>],
    /// That and what this one ships.
    crds: OnceCell<Definitions>,
    /// The images of all releases that should be the same everywhere.
    images: Vec<ImageUse<Located>>,
    part: Part,
}

impl<'a> Chart<'a> {
    fn new(plan: &'a Plan<'a>, all: &'a ChartReleases, defined: &'a [Arc<Text>]) -> Chart<'a> {
        let (crds, part) = (OnceCell::new(), Part::default());
        Chart { plan, all, scene: scene(plan), loaded: None, defined, crds, images: Vec::new(), part }
    }

    fn check(mut self) -> Result<Part, Failed> {
        let mut seen = Vec::new();
        for release in &self.all.releases {
            seen.extend(self.release(release)?);
        }
        // What one environment doesn't use, one that failed to render may.
        if let Some(first) = seen.first().filter(|_| self.plan.helm && seen.len() == self.all.releases.len()) {
            let views: Vec<View<'_>> = seen.iter().map(Scene::view).collect();
            let rendered: Vec<&Rendered> = seen.iter().map(|s| &s.rendered).collect();
            let loaded = &first.session.chart;
            let folder = ChartFolder::new(&loaded.metadata.name, &self.all.chart.path, &self.plan.current);
            let located = about::over_environments(loaded, &views, &rendered, &folder, &short);
            self.part.judged.located.extend(located);
            let differing = about::differing(&views, &self.images, &self.plan.same, &folder, &short);
            self.part.judged.located.extend(differing);
            for (release, scene) in self.all.releases.iter().zip(&seen) {
                let found = self.nulls(release, scene)?;
                self.part.judged.located.extend(about::nulls(found, &folder, &release.place()));
            }
        }
        Ok(self.part)
    }

    /// The nulls of a release's values that the two Helms take differently.
    fn nulls(&self, release: &fleet::Release, scene: &Scene) -> Result<Vec<NullDiffers>, Failed> {
        if !has_nulls(&scene.view()) {
            return Ok(Vec::new());
        }
        let merged = |helm| scene.session.merged(&self.scene, release, helm);
        Ok(null_differs(&scene.view(), &merged(HelmVersion::V3)?, &merged(HelmVersion::V4)?))
    }

    /// Renders one release and checks it; what was rendered is for the rules over all of them.
    fn release(&mut self, release: &fleet::Release) -> Result<Option<Scene>, Failed> {
        let mut log = Log::new(HelmVersion::from(self.plan.args.scene.engine.helm_version));
        let mut session = open(&self.scene, release, &mut self.loaded, &mut log)?;
        let chart = session.chart.clone();
        let folder = ChartFolder::new(&chart.metadata.name, &release.chart.path, &self.plan.current);
        let scope = Scope::at(&release.place());
        let rendered = session.render_with_map(&mut log);
        self.part.said.extend(log.take());
        match rendered {
            Ok((rendered, map)) => {
                let scene = Scene::of(session, release, rendered, map);
                self.objects(&scene, &folder, scope);
                Ok(Some(scene))
            }
            Err(e) => {
                self.part.unrendered.push(about::unrendered(e.helm_text(session.options.helm), &folder, &scope));
                Ok(None)
            }
        }
    }

    /// What the other families say of the objects.
    fn objects(&mut self, scene: &Scene, folder: &ChartFolder<'_>, scope: Scope) {
        let rendered = &scene.rendered;
        let (indexes, objects): (Vec<usize>, Vec<KubeObject>) = objects::of_render(rendered).into_iter().unzip();
        let all: Vec<_> = rendered.manifests.iter().chain(rendered.hooks.iter().map(|(m, _)| m)).collect();
        let documents: Vec<_> = indexes.into_iter().map(|i| all[i]).collect();
        let crds = self.crds.get_or_init(|| {
            let shipped = definitions::shipped(&scene.session.chart, folder);
            self.part.defines.extend(shipped.iter().cloned());
            Definitions::new(self.defined.iter().cloned().chain(shipped).collect())
        });
        self.part.defines.extend(definitions::rendered(&objects));
        let release = Release {
            objects: &objects,
            crds,
            namespace: Some(&scene.session.options.namespace),
            chart: &folder.label,
            scope,
            origins: Some(Origins { map: &scene.map, folder, documents: &documents }),
        };
        self.part.judged.extend(self.plan.checks.release(&release));
        self.images.extend(about::image_uses(&release, &self.plan.same));
    }
}

/// The flags of a render; of several versions templates see the first.
fn scene(plan: &Plan<'_>) -> SceneArgs {
    let mut scene = plan.args.scene.clone();
    scene.kube_version = scene.kube_version.and_then(|v| v.split(',').next().map(str::to_owned));
    scene
}
