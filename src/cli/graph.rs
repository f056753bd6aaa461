//! `plimsoll graph`: which chart uses which library chart and values, and which object uses which.

use super::args::{GraphArgs, GraphFormat};
use super::exit;
use super::explain::Scene;
use super::session::{Failed, Found, error, finish_many, project, relative, releases, usage};
use super::spread;
use crate::diag::log::Log;
use crate::finding::KubeObject;
use crate::fleet::Otherwise;
use crate::graph::{Graph, charts as of_charts, objects};
use crate::lint::objects::of_render;
use crate::report::graph as report;
use crate::routes::Release;
use crate::value::HelmVersion;

/// Runs the command.
pub(super) fn run(args: &GraphArgs) -> u8 {
    let mut log = Log::new(HelmVersion::from(args.scene.engine.helm_version));
    let mut failed = None;
    let found = project().and_then(|project| graph(args, &project, &mut failed, &mut log));
    let written = found.and_then(|(graph, place)| match args.output {
        GraphFormat::Mermaid => Ok(report::mermaid(&graph)),
        GraphFormat::Dot => Ok(report::dot(&graph)),
        GraphFormat::Json => report::json(&graph).map_err(error),
        GraphFormat::Html => report::page(&title(&place), &graph).map_err(error),
    });
    finish_many(&mut log, written.map(|text| (text, exit::OK)), failed)
}

fn title(place: &str) -> String {
    if place.is_empty() { "What uses what".into() } else { format!("What uses what in {place}") }
}

/// What is kept of a rendered chart.
struct Part {
    chart: String,
    namespace: String,
    /// The chart, and the files that its values come from.
    graph: Graph,
    objects: Vec<KubeObject>,
}

impl Part {
    fn of(scene: &Scene) -> Part {
        let (chart, mut graph) = (&scene.session.chart, Graph::default());
        of_charts::add(&mut graph, chart);
        let sources = scene.map.sources().all().map(|(_, s)| s).filter(|s| !s.layer.is_empty());
        let files: Vec<(String, &str)> = sources.map(|s| (relative(&s.name), s.layer.as_str())).collect();
        of_charts::add_layers(&mut graph, chart, files.iter().map(|(name, layer)| (name.as_str(), *layer)));
        Part {
            chart: chart.metadata.name.clone(),
            namespace: scene.session.options.namespace.clone(),
            graph,
            objects: of_render(&scene.rendered).into_iter().map(|(_, o)| o).collect(),
        }
    }
}

/// The graph, and the environment and cluster that it is of; `failed` says which charts are not in it.
fn graph(
    args: &GraphArgs,
    project: &Found,
    failed: &mut Option<Failed>,
    log: &mut Log,
) -> Result<(Graph, String), Failed> {
    let matrix = releases(&args.charts, &args.scene.select, Otherwise::Bare, project)?;
    let places = matrix.places();
    if places.len() > 1 {
        let names = places.join(", ");
        return Err(usage(format!("a graph is of one environment and cluster (--env, --cluster), not {names}")));
    }
    let (parts, said) = spread::charts(&matrix.charts, log, |chart, loader, log| {
        let rendered = chart.releases.iter().map(|release| {
            let session = loader.open(&args.scene, release, log)?;
            Ok(Part::of(&Scene::render(&args.scene, release, session, log)?))
        });
        rendered.collect::<Result<Vec<Part>, Failed>>()
    });
    *failed = said;
    let mut parts: Vec<Part> = parts.into_iter().flatten().collect();
    let mut graph = Graph::default();
    parts.iter_mut().for_each(|part| graph.extend(std::mem::take(&mut part.graph)));
    let all = parts.iter().map(|p| Release { chart: &p.chart, namespace: &p.namespace, objects: &p.objects });
    let all: Vec<Release<'_>> = all.collect();
    objects::add(&mut graph, &all);
    Ok((graph, places.concat()))
}
