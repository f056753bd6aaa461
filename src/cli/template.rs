//! `plimsoll template`: a drop-in for `helm template` (helm v4.3.1 `pkg/cmd/template.go`, `pkg/cmd/install.go`).

use std::io::{IsTerminal, Read, Write};
use std::path::Path;
use std::sync::Arc;

use super::args::{ErrorFormat, Helm, TemplateArgs, ValueArgs};
use super::cluster::{self, Seen};
use crate::chart::Chart;
use crate::chart::build::Manager;
use crate::chart::load::{load, os_error};
use crate::diag::log::Log;
use crate::grammar::glob::filepath_match;
use crate::manifest::split;
use crate::render::capabilities::DEFAULT_KUBE_VERSION;
use crate::render::{KubeVersion, Options, RenderError, Rendered, document, render};
use crate::span::SourceMap;
use crate::value::fmt::go_quote;
use crate::value::kept;
use crate::value::{HelmVersion, Map};
use crate::values::layers::{Layers, ValuesFile, merge_layers};
use crate::world::System;

impl From<Helm> for HelmVersion {
    fn from(h: Helm) -> HelmVersion {
        match h {
            Helm::V3 => HelmVersion::V3,
            Helm::V4 => HelmVersion::V4,
        }
    }
}

/// Why the command failed.
pub(super) enum Failure {
    /// Helm's text behind `Error: `.
    Text(String),
    /// The same, for what fails once the manifests are there: Helm's hint follows.
    Late(String),
    /// A render's error, with what it may be shown with.
    Render(Box<RenderError>),
}

impl From<String> for Failure {
    fn from(s: String) -> Failure {
        Failure::Text(s)
    }
}

/// Runs the command.
pub(super) fn run(args: &TemplateArgs) -> u8 {
    let helm = HelmVersion::from(args.engine.helm_version);
    let mut log = Log::like_helm(helm);
    let mut sources = SourceMap::default();
    let mut out = String::new();
    let done = template(args, helm, &mut sources, &mut log, &mut out);
    let mut errors = String::new();
    for line in log.take() {
        errors.push_str(&line);
        errors.push('\n');
    }
    // What was written and said before a failure stays said.
    if let Err(failure) = done {
        super::print(out.as_bytes());
        report(args, helm, failure, &mut errors);
        eprint_all(&errors);
        return 1;
    }
    eprint_all(&errors);
    if super::print(out.as_bytes()) { 0 } else { 1 }
}

/// What Helm adds to an error when there are manifests to be shown.
const HINT: &str = "\nUse --debug flag to render out invalid YAML\n";

fn eprint_all(text: &str) {
    let _ = std::io::stderr().write_all(&kept::bytes(text));
}

fn report(args: &TemplateArgs, helm: HelmVersion, failure: Failure, errors: &mut String) {
    let rich = args.engine.error_format.unwrap_or(if std::io::stderr().is_terminal() {
        ErrorFormat::Rich
    } else {
        ErrorFormat::Helm
    }) == ErrorFormat::Rich;
    match failure {
        Failure::Text(t) => errors.push_str(&format!("Error: {t}\n")),
        Failure::Late(t) => {
            errors.push_str(&format!("Error: {t}\n"));
            if !args.debug {
                errors.push_str(HINT);
            }
        }
        Failure::Render(e) if rich => errors.push_str(&crate::report::rich::render_error(&e, helm)),
        Failure::Render(e) => {
            if args.debug
                && let RenderError::Yaml { files, .. } = &*e
            {
                let mut text = String::new();
                for (path, content) in files.iter().filter(|(_, c)| !c.trim().is_empty()) {
                    text.push_str(&document(path, content));
                }
                super::print(text.as_bytes());
            }
            errors.push_str(&format!("Error: {}\n", e.helm_text(helm)));
            if e.has_hint() && !args.debug {
                errors.push_str(HINT);
            }
        }
    }
}

/// Does the work; `out` gets what belongs on standard output, also when it fails.
fn template(
    args: &TemplateArgs,
    helm: HelmVersion,
    sources: &mut SourceMap,
    log: &mut Log,
    out: &mut String,
) -> Result<(), Failure> {
    let kube_version = match &args.kube_version {
        Some(text) => KubeVersion::parse(text, helm).map_err(|e| format!("invalid kube version '{text}': {e}"))?,
        None => KubeVersion::parse(DEFAULT_KUBE_VERSION, helm)?,
    };
    deprecated_flags(args, helm, log);
    let (name, chart_path) = name_and_chart(args, helm)?;
    let path = locate(&chart_path)?;
    let values = user_values(&args.values, helm, sources)?;
    let mut chart = load(Path::new(&path), helm, log)?;
    if args.dependency_update && !missing_dependencies(&chart).is_empty() {
        let mut manager = Manager::new(&path, helm, jiff::Zoned::now(), log);
        let done = manager.update();
        *out = std::mem::take(&mut manager.out);
        done?;
        chart = load(Path::new(&path), helm, log)?;
    }
    check_chart(&chart, helm, log)?;
    check_name(&name, helm, log)?;
    let mut options = Options {
        is_upgrade: args.is_upgrade,
        api_versions: args.api_versions.clone(),
        include_crds: args.include_crds,
        check_schema: !args.skip_schema_validation,
        dns: args.engine.enable_dns,
        threads: args.engine.threads(true),
        last: true,
        ..Options::of(&name, &namespace(args), kube_version, helm)
    };
    let world = world(args, helm, &mut options)?;
    let rendered = run_render(&chart, &values, &options, &world, sources, log)?;
    // The process is about to end: its memory goes back in one piece.
    std::mem::forget((chart, values, std::mem::take(sources)));
    output(args, helm, &name, rendered, out)
}

/// The world, and what a cluster changes of the options where one is asked.
fn world(args: &TemplateArgs, helm: HelmVersion, options: &mut Options) -> Result<System, Failure> {
    let seen = if args.live { Seen::ALL } else { Seen::by_helms_flags(&args.accepted, helm) };
    if seen == Seen::default() {
        return Ok(super::world::system(&args.engine)?);
    }
    let cluster = cluster::connect_as_helm(&args.accepted).map(Arc::new).map_err(|e| e.to_string())?;
    let live = cluster::show(&cluster, seen, &args.engine, options).map_err(|e| e.to_string())?;
    Ok(live.map_or_else(|| super::world::system(&args.engine), Ok)?)
}

fn run_render(
    chart: &Chart,
    values: &Map,
    options: &Options,
    world: &System,
    sources: &mut SourceMap,
    log: &mut Log,
) -> Result<Rendered, Failure> {
    render(chart, values, options, world, sources, log).map_err(|e| {
        if options.helm == HelmVersion::V4
            && let RenderError::Early(text) = &e
            && let Some(detail) = text.strip_prefix("chart dependencies processing failed: ")
        {
            log.slog("ERROR", "chart dependencies processing failed", &[("error", detail)]);
        }
        Failure::Render(Box::new(e))
    })
}

fn deprecated_flags(args: &TemplateArgs, helm: HelmVersion, log: &mut Log) {
    if helm == HelmVersion::V3 {
        return;
    }
    let a = &args.accepted;
    let effect = "this flag has no effect for 'helm template' and will be removed in Helm 5";
    for (given, text) in [
        (a.atomic, "Flag --atomic has been deprecated, use --rollback-on-failure instead".to_owned()),
        (a.force, "Flag --force has been deprecated, use --force-replace instead".to_owned()),
        (a.hide_notes, format!("Flag --hide-notes has been deprecated, {effect}")),
        (a.render_subchart_notes, format!("Flag --render-subchart-notes has been deprecated, {effect}")),
    ] {
        if given {
            log.bare(text);
        }
    }
}

fn name_and_chart(args: &TemplateArgs, _helm: HelmVersion) -> Result<(String, String), String> {
    let p = &args.positional;
    if p.is_empty() {
        return Err(
            "\"helm template\" requires at least 1 argument\n\nUsage:  helm template [NAME] [CHART] [flags]".into()
        );
    }
    if p.len() > 2 {
        return Err(format!("expected at most two arguments, unexpected arguments: {}", p[2..].join(", ")));
    }
    if p.len() == 2 {
        if args.generate_name {
            return Err("cannot set --generate-name and also specify a name".into());
        }
        if args.name_template.is_some() {
            return Err("cannot set --name-template and also specify a name".into());
        }
        return Ok((p[0].clone(), p[1].clone()));
    }
    let name = match &args.name_template {
        Some(text) => super::world::name_from_template(text)?,
        None => "release-name".to_owned(),
    };
    Ok((name, p[0].clone()))
}

fn locate(text: &str) -> Result<String, String> {
    let trimmed = text.trim_matches(crate::value::is_space);
    if Path::new(trimmed).exists() {
        let absolute = std::path::absolute(trimmed).map_err(|e| e.to_string())?;
        return Ok(absolute.display().to_string().trim_end_matches('/').to_owned());
    }
    let quoted = go_quote(trimmed);
    if trimmed.starts_with('/') || trimmed.starts_with('.') {
        return Err(format!("path {quoted} not found"));
    }
    match trimmed.split_once('/') {
        Some((repo, _)) if !trimmed.contains("://") => Err(format!("repo {repo} not found")),
        None => Err(format!("non-absolute URLs should be in form of repo_name/path_to_chart, got: {trimmed}")),
        Some(_) => Err(format!("charts are not fetched from the network: {trimmed}")),
    }
}

/// Splits a comma list as encoding/csv does for one record.
fn comma_list(text: &str) -> Vec<String> {
    if !text.contains('"') {
        return text.split(',').map(str::to_owned).collect();
    }
    let mut out = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => out.push(String::new()),
            c => {
                if let Some(last) = out.last_mut() {
                    last.push(c);
                }
            }
        }
    }
    out
}

/// Reads and merges what the user gave.
fn user_values(args: &ValueArgs, helm: HelmVersion, sources: &mut SourceMap) -> Result<Map, String> {
    merge_layers(&layers(args)?, helm, sources, &|path| read_values(path))
}

/// The user's files, read, and flags.
pub(super) fn layers(args: &ValueArgs) -> Result<Layers, String> {
    let mut files = Vec::new();
    for path in args.values.iter().flat_map(|v| comma_list(v)) {
        let text = read_values(&path)?;
        files.push(ValuesFile { path, layer: "-f".into(), text });
    }
    Ok(Layers {
        files,
        json: args.set_json.clone(),
        set: args.set.clone(),
        string: args.set_string.clone(),
        file: args.set_file.clone(),
        literal: args.set_literal.clone(),
    })
}

/// Reads a values file, or standard input.
pub(super) fn read_values(path: &str) -> Result<Vec<u8>, String> {
    if path.trim() == "-" {
        let mut text = Vec::new();
        std::io::stdin().read_to_end(&mut text).map_err(|e| e.to_string())?;
        return Ok(text);
    }
    if path.starts_with("http://") || path.starts_with("https://") || path.starts_with("oci://") {
        return Err(format!("values are not fetched from the network: {path}"));
    }
    std::fs::read(path).map_err(|e| {
        // A folder can be opened, it only can't be read.
        let what = if e.kind() == std::io::ErrorKind::IsADirectory { "read" } else { "open" };
        format!("{what} {path}: {}", os_error(&e))
    })
}

/// What Helm asks of a chart before it renders it.
pub(super) fn check_chart(chart: &Chart, helm: HelmVersion, log: &mut Log) -> Result<(), String> {
    let kind = &chart.metadata.chart_type;
    if !kind.is_empty() && kind != "application" {
        return Err(format!("{kind} charts are not installable"));
    }
    if chart.metadata.deprecated {
        match helm {
            HelmVersion::V3 => log.bare("WARNING: This chart is deprecated"),
            HelmVersion::V4 => log.slog("WARN", "this chart is deprecated", &[]),
        }
    }
    let missing = missing_dependencies(chart);
    if missing.is_empty() {
        return Ok(());
    }
    let (an, build) = match helm {
        HelmVersion::V3 => ("An", "`helm dependency build`"),
        HelmVersion::V4 => ("an", "'helm dependency build'"),
    };
    Err(format!(
        "{an} error occurred while checking for chart dependencies. You may need to run {build} to fetch missing dependencies: found in Chart.yaml, but missing in charts/ directory: {}",
        missing.join(", ")
    ))
}

/// Names of declared dependencies that charts/ doesn't have.
fn missing_dependencies(chart: &Chart) -> Vec<&str> {
    let loaded = |name: &str| chart.children.iter().any(|(_, c)| c.metadata.name == name);
    let declared = chart.metadata.dependencies.iter().flatten().flatten();
    declared.filter(|d| !loaded(&d.name)).map(|d| d.name.as_str()).collect()
}

/// Helm's rule for names of releases.
fn check_name(name: &str, helm: HelmVersion, log: &mut Log) -> Result<(), String> {
    if name.len() <= 53 && crate::kube::rules::is_subdomain(name) {
        return Ok(());
    }
    let quoted = go_quote(name);
    let why = if name.is_empty() {
        "no name provided"
    } else {
        r"invalid release name, must match regex ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ and the length must not be longer than 53"
    };
    let text = format!("release name {quoted}: {why}");
    match helm {
        HelmVersion::V3 => Err(text),
        HelmVersion::V4 => {
            log.slog("ERROR", "release name check failed", &[("error", &text)]);
            Err(format!("release name check failed: {text}"))
        }
    }
}

fn namespace(args: &TemplateArgs) -> String {
    let from = |v: Option<String>| v.filter(|n| !n.is_empty());
    from(args.namespace.clone())
        .or_else(|| from(std::env::var("HELM_NAMESPACE").ok()))
        .or_else(super::world::kubeconfig_namespace)
        .unwrap_or_else(|| "default".into())
}

fn output(
    args: &TemplateArgs,
    helm: HelmVersion,
    name: &str,
    mut rendered: Rendered,
    out: &mut String,
) -> Result<(), Failure> {
    let keep = |events: &[&'static str]| !(args.no_hooks || args.skip_tests && events.contains(&"test"));
    if let Some(program) = &args.post_renderer {
        super::world::post_render(program, &args.post_renderer_args, helm, &mut rendered)?;
    }
    if let Some(dir) = &args.output_dir {
        let dir = if args.release_name { format!("{dir}/{name}") } else { dir.clone() };
        let crd_dir = args.output_dir.as_deref().unwrap_or(".");
        super::world::write_files(crd_dir, &dir, &rendered, keep, out).map_err(Failure::Late)?;
    }
    let text = if args.output_dir.is_some() { "\n".to_owned() } else { rendered.text(keep) };
    out.push_str(&if args.show_only.is_empty() { text } else { show_only(&args.show_only, &text, helm)? });
    Ok(())
}

/// `--show-only`: splits the text again and keeps what comes from the templates asked for.
fn show_only(globs: &[String], text: &str, helm: HelmVersion) -> Result<String, String> {
    let pieces = split(text, helm);
    let mut out = String::new();
    for glob in globs {
        let mut found = false;
        for piece in &pieces {
            let Some(source) = source_of(piece) else { continue };
            if filepath_match(glob, source)? || glob == source {
                found = true;
                out.push_str("---\n");
                out.push_str(piece);
                out.push('\n');
            }
        }
        if !found {
            return Err(format!("could not find template {glob} in chart"));
        }
    }
    Ok(out)
}

/// The path in `# Source: chart/path`, without the chart.
fn source_of(piece: &str) -> Option<&str> {
    piece.lines().find_map(|l| l.strip_prefix("# Source: ")).and_then(|s| s.split_once('/')).map(|(_, rest)| rest)
}
