//! One chart in all its releases: loaded once, each rendered with the map of where everything comes from, and judged.
//! Start reading at [`lint_chart`].

use std::sync::{Arc, OnceLock};

use super::plan::Plan;
use crate::chart;
use crate::cli::args::SceneArgs;
use crate::cli::explain::Scene;
use crate::cli::session::{Failed, Session, error, open_chart};
use crate::diag::log::Log;
use crate::explain;
use crate::finding::{KubeObject, Scope, Severity};
use crate::fleet::{self, ChartReleases};
use crate::lint::definitions::{self, Definitions, Source, Unknown};
use crate::lint::duplicates::{Owners, within};
use crate::lint::fold::Located;
use crate::lint::helm::differs::{ImageUse, NullDiffers, has_nulls, null_differs};
use crate::lint::helm::usage::View;
use crate::lint::helm::{self, Subject};
use crate::lint::locate::{ChartFolder, Origins};
use crate::lint::release::{Judged, Release, Tally};
use crate::lint::{chart as about, objects};
use crate::render::Rendered;
use crate::report::explain::short;
use crate::report::lint::Checked;
use crate::stack;
use crate::value::{HelmVersion, Map};

/// What one chart gave.
#[derive(Default)]
pub(super) struct Part {
    pub tally: Tally,
    /// Kinds that nothing is known of.
    pub unknown: Unknown,
    pub said: Vec<String>,
    /// The definitions of custom resources that it ships or renders.
    pub defines: Vec<Source>,
    /// Whose the objects are.
    pub owners: Owners,
    /// The objects, where a report names them.
    pub objects: Vec<Checked>,
}

/// Checks one chart. `defined` are definitions of other charts; `is_alone` says that there are idle threads to share the
/// work with: Helm's rules, which render for themselves, and the objects then go to others.
pub(super) fn lint_chart(
    plan: &Plan<'_>,
    all: &ChartReleases,
    defined: &[Source],
    is_alone: bool,
) -> Result<Part, Failed> {
    let scene = scene(plan);
    let mut log = Log::new(HelmVersion::from(scene.engine.helm_version));
    let loaded = match open_chart(&scene, &all.chart, &mut log) {
        Ok(loaded) => loaded,
        // What is wrong with the values is said before what is wrong with the chart.
        Err(e) => return Err(all.releases.first().and_then(|r| Session::open(&scene, r, &mut log).err()).unwrap_or(e)),
    };
    let path = &all.chart.path;
    let folder = ChartFolder::new(&loaded.metadata.name, path, &plan.current);
    let chart = Chart { plan, all, scene, loaded: &loaded, folder, defined, crds: OnceLock::new() };
    let mut part = Part { said: log.take(), ..Part::default() };
    let (unrendered, helm) = match (plan.helm, is_alone) {
        (false, _) => (chart.check(None, false, &mut part)?, Vec::new()),
        (true, false) => {
            let mut rules = HelmRules::open(&chart)?;
            (chart.check(Some(&mut rules), false, &mut part)?, rules.located)
        }
        (true, true) => std::thread::scope(|scope| {
            let rules = stack::spawn(scope, || HelmRules::run(&chart));
            let unrendered = chart.check(None, true, &mut part)?;
            let aborted = || Err(error(format!("{}: Helm's rules were aborted", path.display())));
            Ok((unrendered, rules.and_then(|h| h.join().ok()).unwrap_or_else(aborted)?))
        })?,
    };
    // Renders that failed: Helm's own rules render too, and may have said so.
    let has_failed = |scope: &Scope| helm.iter().any(|l| l.scope == *scope && l.problem.severity == Severity::Error);
    let unsaid: Vec<Located> = unrendered.into_iter().filter(|l| !has_failed(&l.scope)).collect();
    part.tally.located(unsaid.into_iter().chain(helm), &plan.strictness());
    Ok(part)
}

/// The flags of a render; of several versions templates see the first.
fn scene(plan: &Plan<'_>) -> SceneArgs {
    let mut scene = plan.args.scene.clone();
    scene.kube_version = scene.kube_version.and_then(|v| v.split(',').next().map(str::to_owned));
    scene
}

/// What `helm lint` says of a chart in each of its releases.
struct HelmRules<'c> {
    chart: &'c Chart<'c>,
    subject: Subject,
    log: Log,
    located: Vec<Located>,
}

impl<'c> HelmRules<'c> {
    fn open(chart: &'c Chart<'c>) -> Result<HelmRules<'c>, Failed> {
        let helm = HelmVersion::from(chart.scene.engine.helm_version);
        let log = Log::new(helm);
        let path = chart.all.chart.path.display().to_string();
        let subject = Subject::of(&path, chart.loaded.clone(), helm).map_err(error)?;
        Ok(HelmRules { chart, subject, log, located: Vec::new() })
    }

    /// All releases, one after the other.
    fn run(chart: &'c Chart<'c>) -> Result<Vec<Located>, Failed> {
        let mut rules = HelmRules::open(chart)?;
        for release in &chart.all.releases {
            let session = Session::of(&chart.scene, release, chart.loaded.clone())?;
            rules.release(&session, &session.values, release);
        }
        Ok(rules.located)
    }

    /// One release. The values' inner tables are filled with the chart's defaults.
    fn release(&mut self, session: &Session, values: &Map, release: &fleet::Release) {
        let settings = helm::Settings {
            helm: session.options.helm,
            namespace: session.options.namespace.clone(),
            kube_version: Some(session.options.kube_version.clone()),
            check_schema: session.options.check_schema,
        };
        let found = self.subject.check(values, &settings, &session.world, &mut self.log);
        self.located.extend(about::helm_rules(found, &self.chart.folder, &Scope::at(&release.place())));
    }
}

/// A chart whose objects and values are checked. Can be shared between threads.
struct Chart<'a> {
    plan: &'a Plan<'a>,
    all: &'a ChartReleases,
    /// The flags of a render.
    scene: SceneArgs,
    loaded: &'a Arc<chart::Chart>,
    folder: ChartFolder<'a>,
    /// What other charts define.
    defined: &'a [Source],
    /// That and what this one ships.
    crds: OnceLock<Definitions>,
}

/// A render as threads can share it.
struct Seen<'s> {
    release: &'s fleet::Release,
    namespace: &'s str,
    kube_version: &'s str,
    rendered: &'s Rendered,
    map: &'s explain::Map,
}

/// What was said of the objects of a render.
struct Said {
    judged: Judged,
    defines: Vec<Source>,
    /// The images that should be the same everywhere.
    images: Vec<ImageUse<Located>>,
    /// Objects that it has twice.
    twice: Vec<Located>,
    /// All of them, where a report names them.
    objects: Vec<Checked>,
    /// Whose the objects are.
    owners: Owners,
}

impl Chart<'_> {
    /// Renders all releases and judges them, the objects on a thread of their own if there is one to spare. Returns those
    /// that failed to render.
    fn check(
        &self,
        mut rules: Option<&mut HelmRules<'_>>,
        may_spread: bool,
        part: &mut Part,
    ) -> Result<Vec<Located>, Failed> {
        let (mut scenes, mut unrendered) = (Vec::new(), Vec::new());
        for release in &self.all.releases {
            match self.render(release, rules.as_deref_mut(), &mut part.said)? {
                Ok(scene) => scenes.push((release, scene)),
                Err(failed) => unrendered.push(failed),
            }
        }
        let views: Vec<View<'_>> = scenes.iter().map(|(_, scene)| scene.view()).collect();
        let seen: Vec<Seen<'_>> = scenes.iter().map(|(release, scene)| seen(release, scene)).collect();
        let judge = || seen.iter().map(|one| self.objects(one)).collect::<Vec<Said>>();
        // What one environment doesn't use, one that failed to render may.
        let has_values = self.plan.helm && unrendered.is_empty() && !views.is_empty();
        let values = || match has_values {
            true => self.values(&views, &scenes),
            false => Ok(Vec::new()),
        };
        let (said, over_all) = match may_spread {
            true => std::thread::scope(|scope| {
                let objects = stack::spawn(scope, judge);
                let over_all = values();
                (objects.and_then(|o| o.join().ok()).unwrap_or_else(judge), over_all)
            }),
            false => (judge(), values()),
        };
        let mut images = Vec::new();
        part.defines.extend(self.crds.get().iter().flat_map(|crds| crds.sources()).cloned());
        for mut said in said {
            part.defines.append(&mut said.defines);
            part.unknown.append(&mut said.judged.unknown);
            part.tally.add(said.judged, &self.plan.strictness());
            images.append(&mut said.images);
            part.tally.located(said.twice, &self.plan.strictness());
            part.owners.extend(said.owners);
            part.objects.append(&mut said.objects);
        }
        part.tally.located(over_all?, &self.plan.strictness());
        if has_values {
            let differing = about::differing(&views, &images, &self.plan.same, &self.folder, &short);
            part.tally.located(differing, &self.plan.strictness());
        }
        if may_spread {
            // The process is about to end: its memory goes back in one piece.
            std::mem::forget(scenes);
        }
        Ok(unrendered)
    }

    /// Renders a release, or says why it doesn't.
    fn render(
        &self,
        release: &fleet::Release,
        rules: Option<&mut HelmRules<'_>>,
        said: &mut Vec<String>,
    ) -> Result<Result<Scene, Located>, Failed> {
        let mut log = Log::new(HelmVersion::from(self.scene.engine.helm_version));
        let mut session = Session::of(&self.scene, release, self.loaded.clone())?;
        let values = rules.is_some().then(|| session.values.deep_copy());
        let rendered = session.render_with_map(&mut log);
        if let (Some(rules), Some(values)) = (rules, values) {
            rules.release(&session, &values, release);
        }
        said.extend(log.take());
        Ok(match rendered {
            Ok((rendered, map)) => Ok(Scene::of(session, release, rendered, map)),
            Err(e) => {
                let text = e.helm_text(session.options.helm);
                Err(about::unrendered(text, &self.folder, &Scope::at(&release.place())))
            }
        })
    }

    /// What all renders together say of the values and templates.
    fn values(&self, views: &[View<'_>], scenes: &[(&fleet::Release, Scene)]) -> Result<Vec<Located>, Failed> {
        let rendered: Vec<&Rendered> = scenes.iter().map(|(_, scene)| &scene.rendered).collect();
        let mut all = about::over_environments(self.loaded, views, &rendered, &self.folder, &short);
        let select = &self.scene.select;
        if !select.env.is_empty() || !select.cluster.is_empty() {
            // What these environments don't use, others may.
            all.retain(|l| !about::OVER_ALL.contains(&&*l.problem.rule));
        }
        for (release, scene) in scenes {
            all.extend(about::nulls(self.nulls(release, scene)?, &self.folder, &release.place()));
        }
        Ok(all)
    }

    /// The nulls of a release's values that the two Helms take differently.
    fn nulls(&self, release: &fleet::Release, scene: &Scene) -> Result<Vec<NullDiffers>, Failed> {
        if !has_nulls(&scene.view()) {
            return Ok(Vec::new());
        }
        let merged = |helm| scene.session.merged(&self.scene, release, helm);
        Ok(null_differs(&scene.view(), &merged(HelmVersion::V3)?, &merged(HelmVersion::V4)?))
    }

    /// What the other families say of the objects of a render.
    fn objects(&self, seen: &Seen<'_>) -> Said {
        let rendered = seen.rendered;
        let (indexes, objects): (Vec<usize>, Vec<KubeObject>) = objects::of_render(rendered).into_iter().unzip();
        let all: Vec<_> = rendered.documents().collect();
        let documents: Vec<_> = indexes.into_iter().map(|i| all[i]).collect();
        let release = Release {
            objects: &objects,
            crds: self.crds.get_or_init(|| {
                let shipped = definitions::shipped(self.loaded, &self.folder);
                Definitions::new(self.defined.iter().cloned().chain(shipped).collect())
            }),
            namespace: Some(seen.namespace),
            chart: &self.folder.label,
            scope: Scope::at(&seen.release.place()),
            minor: self.plan.minor(seen.kube_version),
            origins: Some(Origins { map: seen.map, folder: &self.folder, documents: &documents }),
        };
        let mut owners = Owners::default();
        if self.plan.helm && self.plan.project.is_some() {
            owners.add(&release, seen.release.name(), seen.release.namespace.is_some());
        }
        let listed = objects.iter().filter(|_| self.plan.names_objects);
        let checked = |o| Checked {
            chart: self.folder.label.clone(),
            place: release.scope.place(),
            resource: release.resource(o),
        };
        Said {
            objects: listed.map(checked).collect(),
            twice: if self.plan.helm { within(&release) } else { Vec::new() },
            owners,
            judged: self.plan.checks.release(&release),
            defines: definitions::rendered(&objects).collect(),
            images: about::image_uses(&release, &self.plan.same),
        }
    }
}

fn seen<'s>(release: &'s fleet::Release, scene: &'s Scene) -> Seen<'s> {
    let (rendered, map) = (&scene.rendered, &scene.map);
    let options = &scene.session.options;
    Seen { release, namespace: &options.namespace, kube_version: &options.kube_version.version, rendered, map }
}
