//! Charts, each rendered in all its environments.

use std::collections::BTreeSet;
use std::path::Path;

use rayon::prelude::*;

use super::Done;
use super::plan::Plan;
use crate::cli::args::SceneArgs;
use crate::cli::explain::Scene;
use crate::cli::session::{Failed, Session, charts, environments, error, usage};
use crate::cli::touched;
use crate::diag::log::Log;
use crate::finding::{KubeObject, Scope, Severity};
use crate::lint::helm::usage::View;
use crate::lint::helm::{self, Subject};
use crate::lint::locate::{ChartFolder, Origins, relative};
use crate::lint::release::{Judged, Release};
use crate::lint::{chart as about, objects};
use crate::render::Rendered;
use crate::report::explain::short;
use crate::value::HelmVersion;

/// Checks all charts that were asked for.
pub(super) fn lint(plan: &Plan<'_>) -> Result<Done, Failed> {
    let paths = match plan.args.touched {
        true => touched::charts(&plan.args.charts, &plan.project)?,
        false => charts(&plan.args.charts, &plan.project)?,
    };
    let mut jobs = Vec::new();
    for path in &paths {
        if !path.exists() {
            return Err(usage(format!("chart {} not found", path.display())));
        }
        let absolute = std::path::absolute(path).map_err(|e| usage(e.to_string()))?;
        let environments = environments(&plan.args.scene, path, &plan.project);
        jobs.push((absolute, environments));
    }
    // Every chart has a thread with a stack of its own: rendering recurses as deep as templates do.
    let parts: Vec<Result<Part, Failed>> = jobs
        .par_iter()
        .map(|(path, envs)| {
            crate::stack::with_stack(|| lint_chart(plan, path, envs))
                .unwrap_or_else(|| Err(error(format!("{}: the render was aborted", path.display()))))
        })
        .collect();
    let environments: BTreeSet<String> = jobs.iter().flat_map(|(_, envs)| envs.iter().flatten().cloned()).collect();
    let mut done = Done { environments: environments.into_iter().collect(), ..Done::default() };
    done.charts = jobs.iter().map(|(path, _)| relative(path, &plan.current)).collect();
    for part in parts {
        let part = part?;
        done.judged.extend(part.judged);
        done.said.extend(part.said);
    }
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
    path: &'a Path,
    /// The chart as Helm's rules look at it, where they are asked.
    subject: Option<Subject>,
    part: Part,
}

fn lint_chart(plan: &Plan<'_>, path: &Path, envs: &[Option<String>]) -> Result<Part, Failed> {
    let helm = HelmVersion::from(plan.args.scene.engine.helm_version);
    let mut log = Log::new(helm);
    let subject = match plan.helm {
        true => Some(Subject::open(&path.display().to_string(), helm, &mut log).map_err(error)?),
        false => None,
    };
    let mut chart = Chart { plan, path, subject, part: Part::default() };
    let mut seen = Vec::new();
    for env in envs {
        seen.extend(chart.environment(env.as_deref())?);
    }
    // What one environment doesn't use, one that failed to render may.
    if let Some(first) = seen.first().filter(|_| plan.helm && seen.len() == envs.len()) {
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
    /// Renders one environment and checks it; what was rendered is for the rules over all of them.
    fn environment(&mut self, env: Option<&str>) -> Result<Option<Scene>, Failed> {
        let plan = self.plan;
        let mut log = Log::new(HelmVersion::from(plan.args.scene.engine.helm_version));
        let mut session = Session::open(&scene(plan), self.path, env, &plan.project, &mut log)?;
        let name = session.chart.metadata.name.clone();
        let folder = ChartFolder::new(&name, self.path, &plan.current);
        let scope = Scope { env: env.unwrap_or_default().to_owned(), kube_version: String::new() };
        let helm = self.helm_rules(&session, &folder, &scope);
        let has_failed = helm.iter().any(|l| l.problem.severity == Severity::Error);
        self.part.judged.located.extend(helm);
        let rendered = session.render_with_map(&mut log);
        self.part.said.extend(log.take());
        let scene = match rendered {
            Ok((rendered, map)) => Scene::of(session, env, rendered, map),
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
