//! `helm diff …`: the flags of helm-diff, translated into those of `plimsoll diff`. Helm starts this as a plugin and hands
//! namespace, context and kubeconfig over in the environment. What differs is in docs/helm-diff.md. Start reading at
//! [`translated`].

pub mod args;

use std::path::Path;

use clap::Parser;

use super::args::Cli;
use super::cluster::RELEASE;
use super::diff::args::AsHelm;
use args::{HelmDiffCommand, LocalArgs, RenderArgs, SharedArgs, UpgradeArgs};

/// Runs the command.
pub(super) fn run(command: &HelmDiffCommand) -> u8 {
    let (words, as_helm) = match translated(command) {
        Ok((words, _)) if words.is_empty() => {
            println!("{}", env!("CARGO_PKG_VERSION"));
            return super::exit::OK;
        }
        Ok(translated) => translated,
        Err(text) => {
            eprintln!("Error: {text}");
            return super::exit::USAGE;
        }
    };
    match Cli::try_parse_from(&words).map(|cli| cli.command) {
        Ok(super::args::Command::Diff(mut args)) => {
            args.as_helm = as_helm;
            super::diff::run(&args)
        }
        Ok(_) => super::exit::USAGE,
        Err(e) => {
            eprintln!("{e}");
            super::exit::USAGE
        }
    }
}

/// The same as a command line of `plimsoll diff`, and what that has no flags for; no words for the version.
fn translated(command: &HelmDiffCommand) -> Result<(Vec<String>, AsHelm), String> {
    let (old, new, shared) = match command {
        HelmDiffCommand::Version => return Ok(Default::default()),
        HelmDiffCommand::Upgrade(args) => return upgrade(args),
        HelmDiffCommand::Local(args) => return Ok((local(args)?, AsHelm::default())),
        HelmDiffCommand::Revision { words, shared } => {
            (stored(shared, &words[0], words.get(1)), stored(shared, &words[0], words.get(2)), shared)
        }
        HelmDiffCommand::Rollback { words, shared } => match words.get(1) {
            Some(revision) => (stored(shared, &words[0], None), stored(shared, &words[0], Some(revision)), shared),
            None => return Err("helm diff rollback needs the revision to go back to".into()),
        },
        HelmDiffCommand::Release { words, shared } => {
            (stored(shared, &words[0], None), stored(shared, &words[1], None), shared)
        }
    };
    let mut out = vec!["plimsoll".into(), "diff".into(), "--manifests".into(), new, "--against".into(), old];
    shared.add(&mut out)?;
    Ok((out, AsHelm::default()))
}

/// How a stored release is named to `plimsoll diff`.
fn stored(shared: &SharedArgs, name: &str, revision: Option<&String>) -> String {
    let place = if name.contains('/') { name.to_owned() } else { format!("{}/{name}", shared.namespace) };
    let revision = revision.map(|r| format!("@{r}")).unwrap_or_default();
    format!("{RELEASE}{place}{revision}")
}

fn upgrade(args: &UpgradeArgs) -> Result<(Vec<String>, AsHelm), String> {
    let (release, chart) = (&args.words[0], &args.words[1]);
    args.served()?;
    let mut out: Vec<String> = ["plimsoll", "diff", chart, "--name", release].map(str::to_owned).into();
    let installs = match args.dry_run.as_deref() {
        None | Some("none" | "false" | "server") => false,
        Some("client" | "true") => true,
        Some(other) => return Err(format!("--dry-run {other} isn't known; known are client, server, none")),
    };
    let sees_cluster = !installs && (!args.disable_validation || args.dry_run.as_deref() == Some("server"));
    for (given, flag) in [
        (sees_cluster, "--live"),
        (args.skip_schema_validation, "--skip-schema-validation"),
        (args.reuse_values, "--reuse-values"),
        (args.reset_values || installs, "--reset-values"),
        (args.reset_then_reuse_values, "--reset-then-reuse-values"),
        (args.three_way_merge && !installs, "--drift"),
    ] {
        out.extend(given.then(|| flag.to_owned()));
    }
    args.render.add(&mut out)?;
    args.shared.add(&mut out)?;
    let as_helm = AsHelm { must_exist: !args.allow_unreleased, reuses_by_default: true, installs };
    Ok((out, as_helm))
}

fn local(args: &LocalArgs) -> Result<Vec<String>, String> {
    let (old, new) = (&args.words[0], &args.words[1]);
    for chart in [old, new] {
        is_here(chart)?;
    }
    let mut out: Vec<String> =
        ["plimsoll", "diff", new, "--against", old, "--name", &args.release].map(str::to_owned).into();
    args.render.add(&mut out)?;
    args.shared.add(&mut out)?;
    Ok(out)
}

/// Charts are read where they are.
fn is_here(chart: &str) -> Result<(), String> {
    if Path::new(chart).exists() {
        return Ok(());
    }
    Err(format!(
        "{chart} is no folder and no archive here, and charts of repositories and registries are not fetched: \
         helm pull it first, with --repo and --version, and name the archive"
    ))
}

impl UpgradeArgs {
    /// Whether there is nothing that can't be served.
    fn served(&self) -> Result<(), String> {
        if self.repo.is_some() {
            return Err("--repo is not served: helm pull the chart first and name the archive".into());
        }
        is_here(&self.words[1])?;
        if self.take_ownership {
            return Err("--take-ownership is not served: objects of another owner are compared with nothing".into());
        }
        Ok(())
    }
}

impl RenderArgs {
    fn add(&self, out: &mut Vec<String>) -> Result<(), String> {
        if self.post_renderer.is_some() || !self.post_renderer_args.is_empty() {
            return Err("--post-renderer is not served: nothing is started. Run it yourself, and compare what it \
                        prints: plimsoll template … | RENDERER | plimsoll diff --manifests /dev/stdin --against …"
                .into());
        }
        let v = &self.values;
        for (flag, given) in [
            ("--values", &v.values),
            ("--set", &v.set),
            ("--set-string", &v.set_string),
            ("--set-file", &v.set_file),
            ("--set-json", &v.set_json),
            ("--set-literal", &v.set_literal),
            ("--api-versions", &self.api_versions),
        ] {
            out.extend(given.iter().map(|value| format!("{flag}={value}")));
        }
        out.extend(self.kube_version.iter().map(|version| format!("--kube-version={version}")));
        out.extend(self.include_crds.then(|| "--include-crds".to_owned()));
        out.extend(self.enable_dns.then(|| "--enable-dns".to_owned()));
        Ok(())
    }
}

impl SharedArgs {
    fn add(&self, out: &mut Vec<String>) -> Result<(), String> {
        let output = match &*self.output {
            "diff" | "simple" => "text",
            "json" | "structured" => "json",
            other => {
                return Err(format!(
                    "--output {other} is not served; known are diff, simple, json, structured, and of plimsoll's own \
                     reports, with plimsoll diff, markdown, html and github"
                ));
            }
        };
        if !self.suppress_output_line_regex.is_empty() {
            return Err("--suppress-output-line-regex is not served: --ignore PATH of plimsoll diff, or a rule under \
                        diff: ignore: of plimsoll.yaml, leaves fields out, with a reason"
                .into());
        }
        out.extend([format!("--context={}", self.context), format!("--output={output}")]);
        out.push(format!("--namespace={}", self.namespace));
        out.extend(self.suppress.iter().map(|kind| format!("--suppress={kind}")));
        out.extend(self.suppress_secrets.then(|| "--suppress=Secret".to_owned()));
        out.extend(self.kube_context.iter().map(|context| format!("--kube-context={context}")));
        out.extend(self.kubeconfig.iter().map(|file| format!("--kubeconfig={file}")));
        let colour = match (self.color, self.no_color) {
            (_, true) => "--color=never",
            (true, _) => "--color=always",
            _ => "--color=auto",
        };
        out.push(colour.into());
        for (given, flag) in [
            (self.detailed_exitcode, "--detailed-exitcode"),
            (self.show_secrets || self.show_secrets_decoded, "--show-secrets"),
            (self.no_hooks, "--no-hooks"),
            (!self.include_tests, "--no-tests"),
        ] {
            out.extend(given.then(|| flag.to_owned()));
        }
        Ok(())
    }
}
