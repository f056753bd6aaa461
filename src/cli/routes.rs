//! `plimsoll routes`: every host and path of the charts, and how an existing nginx compares with them.

use std::collections::BTreeMap;
use std::path::Path;

use super::args::{RouteList, RoutesArgs};
use super::exit;
use super::explain::Scene;
use super::session::{Failed, Found, error, finish_many, project, relative, releases, usage};
use super::spread;
use crate::diag::log::Log;
use crate::finding::{KubeObject, Severity};
use crate::fleet::Otherwise;
use crate::lint::locate::{ChartFolder, Origins};
use crate::lint::objects::of_render;
use crate::manifest::Manifest;
use crate::report::routes::{self as report, Against, Table};
use crate::routes::compare::compare;
use crate::routes::conflicts::conflicts;
use crate::routes::index::Index;
use crate::routes::nginx::{self, Files};
use crate::routes::read::routes;
use crate::routes::{Release, Route};
use crate::value::HelmVersion;

/// Runs the command.
pub(super) fn run(args: &RoutesArgs) -> u8 {
    let mut log = Log::new(HelmVersion::from(args.scene.engine.helm_version));
    let mut failed = None;
    let found = project().and_then(|project| tables(args, &project, &mut failed, &mut log));
    let written = found.and_then(|tables| {
        let text = match args.output {
            RouteList::Text => Ok(report::text(&tables)),
            RouteList::Json => report::json(&tables).map_err(error),
            RouteList::Markdown => Ok(report::markdown(&tables)),
        };
        let fails = worst(&tables).is_some_and(|worst| args.fail_on.fails(worst));
        text.map(|text| (text, if fails { exit::ERROR } else { exit::OK }))
    });
    finish_many(&mut log, written, failed)
}

fn worst(tables: &[Table]) -> Option<Severity> {
    let conflicts = tables.iter().flat_map(|t| t.conflicts.iter().map(|c| c.severity));
    let against = tables.iter().filter_map(|t| t.against.as_ref());
    let differences = against.flat_map(|a| a.comparison.differences.iter().map(report::severity));
    conflicts.chain(differences).max()
}

/// The routes by environment and cluster; `failed` says which charts are not among them.
fn tables(
    args: &RoutesArgs,
    project: &Found,
    failed: &mut Option<Failed>,
    log: &mut Log,
) -> Result<Vec<Table>, Failed> {
    let config = args.against.as_deref().map(|path| nginx::load(path, &Disk).map_err(|f| usage(f.to_string())));
    let config = config.transpose()?;
    let given = args.map.iter().map(|pair| {
        let parts = pair.split_once('=').map(|(a, b)| (a.to_owned(), b.to_owned()));
        parts.ok_or_else(|| usage(format!("--map {pair}: NGINX=SERVICE was expected")))
    });
    let given = given.collect::<Result<Vec<_>, _>>()?;
    // An environment's routes are looked at together, whichever charts they are of.
    let mut scenes: BTreeMap<Option<String>, (Vec<Route>, Index)> = BTreeMap::new();
    let matrix = releases(&args.charts, &args.scene.select, Otherwise::All, project)?;
    let (parts, said) = spread::charts(&matrix.charts, log, |chart, loader, log| {
        let rendered = chart.releases.iter().map(|release| {
            let session = loader.open(&args.scene, release, log)?;
            let scene = Scene::render(&args.scene, release, session, log)?;
            of_scene(&scene, &chart.chart.path)
        });
        rendered.collect::<Result<Vec<Part>, Failed>>()
    });
    *failed = said;
    for part in parts.into_iter().flatten() {
        let (all, index) = scenes.entry(part.place).or_default();
        index.add(Release { chart: &part.chart, namespace: &part.namespace, objects: &part.objects });
        all.extend(part.routes);
    }
    if config.is_some() && scenes.len() > 1 {
        let names: Vec<String> = scenes.into_keys().flatten().collect();
        let names = names.join(", ");
        return Err(usage(format!("--against compares one environment and cluster (--env, --cluster), not {names}")));
    }
    let table = |(environment, (mut routes, index)): (Option<String>, (Vec<Route>, Index))| {
        routes.iter_mut().for_each(|r| index.settle(r));
        let key = |r: &Route| (r.host.clone(), r.path.clone(), r.object.clone(), r.field.clone());
        routes.sort_by_cached_key(key);
        let against = config.as_ref().map(|config| Against {
            file: args.against.clone().unwrap_or_default(),
            servers: config.servers.len(),
            comparison: compare(config, &routes, &given),
        });
        Table { environment, conflicts: conflicts(&routes, &index), routes, against }
    };
    Ok(scenes.into_iter().map(table).collect())
}

/// What is kept of a rendered chart.
struct Part {
    place: Option<String>,
    chart: String,
    namespace: String,
    objects: Vec<KubeObject>,
    routes: Vec<Route>,
}

/// The routes of one rendered chart, with the lines that wrote them.
fn of_scene(scene: &Scene, chart: &Path) -> Result<Part, Failed> {
    let all: Vec<&Manifest> = scene.rendered.documents().collect();
    let (documents, objects): (Vec<&Manifest>, Vec<KubeObject>) =
        of_render(&scene.rendered).into_iter().map(|(i, o)| (all[i], o)).unzip();
    let folder = std::path::absolute(chart).map_err(|e| usage(e.to_string()))?;
    let current = std::env::current_dir().unwrap_or_default();
    let name = &scene.session.chart.metadata.name;
    let folder = ChartFolder::new(name, &folder, &current);
    let origins = Origins { map: &scene.map, folder: &folder, documents: &documents };
    let namespace = &scene.session.options.namespace;
    let mut found = routes(Release { chart: name, namespace, objects: &objects });
    for route in &mut found {
        let object = &objects[route.index];
        if let Some(spot) = origins.of(route.index, object, &route.field).template {
            route.spot = spot;
        }
        // The host's line of values is the one that people look for; it is beside the paths.
        let host = match route.field.split_once(".http.paths") {
            Some((rule, _)) => format!("{rule}.host"),
            None => route.field.clone(),
        };
        route.values = origins.of(route.index, object, &host).values;
    }
    let (place, chart, namespace) = (scene.place().map(str::to_owned), name.clone(), namespace.clone());
    Ok(Part { place, chart, namespace, objects, routes: found })
}

/// nginx's files on this machine.
struct Disk;

impl Files for Disk {
    fn read(&self, path: &str) -> Result<String, String> {
        let bytes = std::fs::read(path).map_err(|e| {
            let why = crate::chart::load::os_error(&e);
            format!("open() \"{path}\" failed ({}: {why})", e.raw_os_error().unwrap_or_default())
        })?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn find(&self, pattern: &str) -> Result<Vec<String>, String> {
        if !pattern.contains(['*', '?', '[']) {
            return Ok(vec![relative(pattern)]);
        }
        let found = glob::glob(pattern).map_err(|e| format!("include {pattern}: {e}"))?;
        Ok(found.flatten().map(|p| p.display().to_string()).collect())
    }
}
