//! Charts, each rendered in all its environments.

use std::sync::Arc;

use super::Done;
use super::plan::Plan;
use crate::cli::args::SceneArgs;
use crate::cli::explain::Scene;
use crate::cli::progress::Progress;
use crate::cli::session::{Failed, Session, error, releases};
use crate::cli::touched;
use crate::diag::log::Log;
use crate::finding::{KubeObject, Scope, Severity};
use crate::fleet::{self, ChartReleases, Matrix, Otherwise};
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
    let mut failed: Option<Failed> = None;
    let mut progress = Progress::new(matrix.releases().count());
    let take = |chart: &ChartReleases, part: Option<Result<Part, Failed>>| {
        let aborted = || Err(error(format!("{}: the render was aborted", chart.chart.path.display())));
        match part.unwrap_or_else(aborted) {
            Ok(part) => {
                done.judged.extend(part.judged);
                done.said.extend(part.said);
            }
            Err((status, text)) => {
                let all = failed.get_or_insert_with(|| (status, String::new()));
                *all = (all.0.max(status), format!("{}{text}", all.1));
            }
        }
        progress.add(chart.releases.len());
    };
    parallel::in_order(&matrix.charts, parallel::cores(), |chart| lint_chart(plan, chart), take);
    drop(progress);
    done.failed = failed;
    Ok(done)
}

/// What one chart gave.
#[derive(Default)]
struct Part {
    judged: Judged,
    said: Vec<String>,
}

/// A chart under check.
struct Chart<'a> {
    plan: &'a Plan<'a>,
    /// The chart, loaded by its first release.
    loaded: Option<Arc<crate::chart::Chart>>,
    /// The chart as Helm's rules look at it, where they are asked.
    subject: Option<Subject>,
    part: Part,
}

fn lint_chart(plan: &Plan<'_>, all: &ChartReleases) -> Result<Part, Failed> {
    let path = &all.chart.path;
    let helm = HelmVersion::from(plan.args.scene.engine.helm_version);
    let mut log = Log::new(helm);
    let subject = match plan.helm {
        true => Some(Subject::open(&path.display().to_string(), helm, &mut log).map_err(error)?),
        false => None,
    };
    let mut chart = Chart { plan, loaded: None, subject, part: Part::default() };
    let mut seen = Vec::new();
    for release in &all.releases {
        seen.extend(chart.release(release)?);
    }
    // What one environment doesn't use, one that failed to render may.
    if let Some(first) = seen.first().filter(|_| plan.helm && seen.len() == all.releases.len()) {
        let views: Vec<View<'_>> = seen.iter().map(Scene::view).collect();
        let rendered: Vec<&Rendered> = seen.iter().map(|s| &s.rendered).collect();
        let loaded = &first.session.chart;
        let folder = ChartFolder::new(&loaded.metadata.name, path, &plan.current);
        let located = about::over_environments(loaded, &views, &rendered, &folder, &short);
        chart.part.judged.located.extend(located);
    }
    Ok(chart.part)
}

impl Chart<'_> {
    /// Renders one release and checks it; what was rendered is for the rules over all of them.
    fn release(&mut self, release: &fleet::Release) -> Result<Option<Scene>, Failed> {
        let plan = self.plan;
        let mut log = Log::new(HelmVersion::from(plan.args.scene.engine.helm_version));
        let mut session = match &self.loaded {
            Some(chart) => Session::of(&scene(plan), release, chart.clone())?,
            None => Session::open(&scene(plan), release, &mut log)?,
        };
        self.loaded = Some(session.chart.clone());
        let name = session.chart.metadata.name.clone();
        let folder = ChartFolder::new(&name, &release.chart.path, &plan.current);
        let scope = Scope::at(&release.place());
        let helm = self.helm_rules(&session, &folder, &scope);
        let has_failed = helm.iter().any(|l| l.problem.severity == Severity::Error);
        self.part.judged.located.extend(helm);
        let rendered = session.render_with_map(&mut log);
        self.part.said.extend(log.take());
        let scene = match rendered {
            Ok((rendered, map)) => Scene::of(session, release, rendered, map),
            Err(e) => {
                // Helm's own rules render too.
                if !has_failed {
                    let text = e.helm_text(session.options.helm);
                    self.part.judged.located.push(about::unrendered(text, &folder, &scope));
                }
                return Ok(None);
            }
        };
        self.objects(&scene, &folder, scope);
        Ok(Some(scene))
    }

    /// What the other families say of the objects.
    fn objects(&mut self, scene: &Scene, folder: &ChartFolder<'_>, scope: Scope) {
        let rendered = &scene.rendered;
        let (indexes, objects): (Vec<usize>, Vec<KubeObject>) = objects::of_render(rendered).into_iter().unzip();
        let all: Vec<_> = rendered.manifests.iter().chain(rendered.hooks.iter().map(|(m, _)| m)).collect();
        let documents: Vec<_> = indexes.into_iter().map(|i| all[i]).collect();
        self.part.judged.extend(self.plan.checks.release(&Release {
            objects: &objects,
            crds: &about::definitions(&scene.session.chart, folder),
            namespace: Some(&scene.session.options.namespace),
            chart: &folder.label,
            scope,
            origins: Some(Origins { map: &scene.map, folder, documents: &documents }),
        }));
    }

    /// What `helm lint` says of the chart with an environment's values.
    fn helm_rules(
        &self,
        session: &Session,
        folder: &ChartFolder<'_>,
        scope: &Scope,
    ) -> Vec<crate::lint::fold::Located> {
        let Some(subject) = &self.subject else { return Vec::new() };
        let settings = helm::Settings {
            helm: session.options.helm,
            namespace: session.options.namespace.clone(),
            kube_version: Some(session.options.kube_version.clone()),
            check_schema: session.options.check_schema,
        };
        let mut log = Log::new(session.options.helm);
        let found = subject.check(&session.values.deep_copy(), &settings, &session.world, &mut log);
        about::helm_rules(found, folder, scope)
    }
}

/// The flags of a render; of several versions templates see the first.
fn scene(plan: &Plan<'_>) -> SceneArgs {
    let mut scene = plan.args.scene.clone();
    scene.kube_version = scene.kube_version.and_then(|v| v.split(',').next().map(str::to_owned));
    scene
}
