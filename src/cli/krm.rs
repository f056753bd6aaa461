//! `plimsoll krm`: a KRM function (ResourceList in, ResourceList out), as kustomize and kpt run them. Its functionConfig
//! names a chart; what the chart renders to is added to the items.

use std::io::{Read, Write};

use serde_json::{Value as Json, json};

use super::args::{Cli, Command, RenderArgs};
use super::exit;
use super::session::{Failed, Session, error, project, releases, shown, usage};
use super::spread::Loader;
use crate::diag::log::Log;
use crate::fleet::Otherwise;
use crate::render::render;
use crate::span::Pos;
use crate::yaml;
use crate::yaml::node::{Document, Node};

/// Runs the command.
pub(super) fn run() -> u8 {
    match inflate() {
        Ok(text) if super::print(text.as_bytes()) => exit::OK,
        Ok(_) => exit::ERROR,
        Err((status, text)) => {
            let _ = std::io::stderr().write_all(text.as_bytes());
            status
        }
    }
}

fn inflate() -> Result<String, Failed> {
    let mut text = Vec::new();
    std::io::stdin().read_to_end(&mut text).map_err(|e| error(format!("standard input: {e}")))?;
    let list = Document::parse(&text).map_err(|e| usage(format!("standard input: {}", e.message)))?.root;
    if list.str_at(&["kind"]) != Some("ResourceList") {
        return Err(usage(
            "standard input is no ResourceList: this is run by kustomize or kpt, see docs/fleet.md".into(),
        ));
    }
    let config = list.get("functionConfig").ok_or_else(|| usage("the ResourceList has no functionConfig".into()))?;
    let mut items: Vec<Json> = list.items_at(&["items"]).iter().map(Node::to_json).collect();
    items.extend(rendered(&arguments(config)?)?);
    let list = json!({
        "apiVersion": "config.kubernetes.io/v1",
        "kind": "ResourceList",
        "items": items,
        "functionConfig": config.to_json(),
    });
    // As Go writes YAML: kustomize and kpt keep what is unquoted, and `yes` would be a boolean to the API server.
    let list = yaml::to_value(list.to_string().as_bytes(), Pos::NONE).map_err(|e| error(e.message))?;
    let text = yaml::to_yaml(&list).map_err(error)?;
    Ok(format!("{}\n", String::from_utf8_lossy(&text).trim_end()))
}

/// What `plimsoll render` would be told.
fn arguments(config: &Node) -> Result<RenderArgs, Failed> {
    let spec = config.get("spec").ok_or_else(|| usage("the functionConfig has no spec".into()))?;
    let mut words = vec!["plimsoll".to_owned(), "render".to_owned()];
    for entry in spec.entries() {
        let value = || entry.value.as_str().map(str::to_owned);
        let flag = match &*entry.key {
            "chart" => {
                words.extend(value());
                continue;
            }
            "valuesFiles" => {
                entry.value.items().iter().filter_map(Node::as_str).for_each(|f| words.push(format!("--values={f}")));
                continue;
            }
            "values" => {
                words.push(format!("--set-json={}", entry.value.to_json()));
                continue;
            }
            "includeCRDs" => {
                words.extend(entry.value.as_bool().unwrap_or_default().then(|| "--include-crds".to_owned()));
                continue;
            }
            "releaseName" => "name",
            "namespace" => "namespace",
            "environment" => "env",
            "cluster" => "cluster",
            "kubeVersion" => "kube-version",
            other => {
                let near = crate::fleet::did_you_mean(other, KEYS);
                return Err(usage(format!(
                    "unknown key spec.{other} in the functionConfig{near} (known: {})",
                    KEYS.join(", ")
                )));
            }
        };
        words.extend(value().map(|v| format!("--{flag}={v}")));
    }
    match <Cli as clap::Parser>::try_parse_from(words).map(|cli| cli.command) {
        Ok(Command::Render(args)) => Ok(*args),
        Ok(_) => Err(usage("the functionConfig is no render".into())),
        Err(e) => Err(usage(e.to_string())),
    }
}

const KEYS: [&str; 9] = [
    "chart",
    "releaseName",
    "namespace",
    "environment",
    "cluster",
    "kubeVersion",
    "valuesFiles",
    "values",
    "includeCRDs",
];

/// The objects of the release that is asked for.
fn rendered(args: &RenderArgs) -> Result<Vec<Json>, Failed> {
    let scene = &args.scene;
    let matrix = releases(&args.charts, &scene.select, Otherwise::Bare, &project()?)?;
    let mut log = Log::new(scene.engine.helm_version.into());
    let (mut objects, mut loader) = (Vec::new(), Loader::default());
    for release in matrix.releases() {
        let mut session = loader.open(scene, release, &mut log)?;
        session.options.include_crds = args.include_crds;
        let Session { chart, values, options, mut sources, world } = session;
        let done = render(&chart, &values, &options, &world, &mut sources, &mut log)
            .map_err(|e| (exit::ERROR, shown(&scene.engine, &e, options.helm)))?;
        let crds = done.crds.iter().map(|(_, text)| text.as_str());
        let texts = crds.chain(done.documents().map(|m| m.content.as_str()));
        for document in texts.flat_map(crate::adopt::documents) {
            let root = document.1.map_err(|e| error(e.message))?.root;
            objects.extend((!root.is_null()).then(|| root.to_json()));
        }
    }
    log.take().iter().for_each(|line| eprintln!("{line}"));
    Ok(objects)
}
