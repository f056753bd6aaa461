//! `plimsoll graph`: which chart uses which library chart and values, and which object uses which.

use std::io::Write;

use super::args::{GraphArgs, GraphFormat};
use super::exit;
use super::explain::Scene;
use super::session::{Failed, Found, error, project, relative, releases, usage};
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
    let found = project().and_then(|project| graph(args, &project, &mut log));
    let mut said: String = log.take().iter().map(|l| format!("{l}\n")).collect();
    let written = found.and_then(|graph| match args.output {
        GraphFormat::Mermaid => Ok(report::mermaid(&graph)),
        GraphFormat::Dot => Ok(report::dot(&graph)),
        GraphFormat::Json => report::json(&graph).map_err(error),
        GraphFormat::Html => report::page(&title(args), &graph).map_err(error),
    });
    let status = match written {
        Ok(text) if super::print(text.as_bytes()) => exit::OK,
        Ok(_) => exit::ERROR,
        Err((status, text)) => {
            said.push_str(&text);
            status
        }
    };
    let _ = std::io::stderr().write_all(said.as_bytes());
    status
}

fn title(args: &GraphArgs) -> String {
    let select = &args.scene.select;
    let places: Vec<&str> = select.env.iter().chain(&select.cluster).map(String::as_str).collect();
    match places.is_empty() {
        false => format!("What uses what in {}", places.join("/")),
        true => "What uses what".into(),
    }
}

/// What is kept of a rendered chart.
struct Part {
    chart: String,
    namespace: String,
    objects: Vec<KubeObject>,
}

fn graph(args: &GraphArgs, project: &Found, log: &mut Log) -> Result<Graph, Failed> {
    let mut graph = Graph::default();
    let mut parts = Vec::new();
    let matrix = releases(&args.charts, &args.scene.select, Otherwise::Bare, project)?;
    let places = matrix.places();
    if places.len() > 1 {
        let places = places.join(", ");
        return Err(usage(format!("a graph is of one environment and cluster (--env, --cluster), not {places}")));
    }
    for release in matrix.releases() {
        let scene = Scene::render(&args.scene, release, log)?;
        of_charts::add(&mut graph, &scene.session.chart);
        let sources: Vec<(String, String)> = scene
            .map
            .sources()
            .all()
            .filter(|(_, s)| !s.layer.is_empty())
            .map(|(_, s)| (relative(&s.name), s.layer.clone()))
            .collect();
        let layers = sources.iter().map(|(name, layer)| (name.as_str(), layer.as_str()));
        of_charts::add_layers(&mut graph, &scene.session.chart, layers);
        parts.push(Part {
            chart: scene.session.chart.metadata.name.clone(),
            namespace: scene.session.options.namespace.clone(),
            objects: of_render(&scene.rendered).into_iter().map(|(_, o)| o).collect(),
        });
    }
    let releases: Vec<Release<'_>> =
        parts.iter().map(|p| Release { chart: &p.chart, namespace: &p.namespace, objects: &p.objects }).collect();
    objects::add(&mut graph, &releases);
    Ok(graph)
}
