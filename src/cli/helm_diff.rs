//! `helm diff …`: the flags of helm-diff, translated into those of `plimsoll diff`. Helm starts this as a plugin and hands
//! namespace, context and kubeconfig over in the environment. What differs is in docs/helm-diff.md.

use clap::{Args, Parser, Subcommand};

use super::args::Cli;
use super::cluster::RELEASE;

/// What helm-diff can be asked.
#[derive(Debug, Subcommand)]
pub enum HelmDiffCommand {
    /// What an upgrade would change
    Upgrade(Box<UpgradeArgs>),
    /// What differs between two revisions, or between one and the current
    Revision {
        /// `RELEASE REVISION1 [REVISION2]`
        #[arg(required = true, num_args = 2..=3)]
        words: Vec<String>,
        #[command(flatten)]
        #[allow(missing_docs, reason = "the same for all")]
        shared: SharedArgs,
    },
    /// What a rollback would change
    Rollback {
        /// `RELEASE [REVISION]`
        #[arg(required = true, num_args = 1..=2)]
        words: Vec<String>,
        #[command(flatten)]
        #[allow(missing_docs, reason = "the same for all")]
        shared: SharedArgs,
    },
    /// What differs between two releases
    Release {
        /// `[NAMESPACE/]RELEASE1 [NAMESPACE/]RELEASE2`
        #[arg(required = true, num_args = 2)]
        words: Vec<String>,
        #[command(flatten)]
        #[allow(missing_docs, reason = "the same for all")]
        shared: SharedArgs,
    },
    /// Print the version
    Version,
}

/// Flags of all of helm-diff's commands.
#[derive(Args, Debug)]
#[allow(missing_docs, reason = "helm-diff's own flags, accepted so that scripts run unchanged")]
pub struct SharedArgs {
    /// Lines around each change; -1 shows whole objects
    #[arg(
        short = 'C',
        long,
        default_value = "-1",
        allow_hyphen_values = true,
        env = "HELM_DIFF_OUTPUT_CONTEXT",
        hide_env = true
    )]
    context: i64,
    /// Exit with 2 if something differs
    #[arg(long)]
    detailed_exitcode: bool,
    /// Kinds that are not shown
    #[arg(long)]
    suppress: Vec<String>,
    /// Show secrets, on a terminal only
    #[arg(long)]
    show_secrets: bool,
    /// diff, simple, json
    #[arg(long, default_value = "diff")]
    output: String,
    /// Leave out hooks
    #[arg(long)]
    no_hooks: bool,
    #[arg(long, hide = true)]
    include_tests: bool,
    #[arg(long, hide = true)]
    normalize_manifests: bool,
    #[arg(long, hide = true)]
    strip_trailing_cr: bool,
    #[arg(short = 'q', long, hide = true)]
    suppress_secrets: bool,
    #[arg(short = 'D', long, hide = true)]
    find_renames: Option<String>,
    #[arg(long, hide = true)]
    color: bool,
    #[arg(long, hide = true)]
    no_color: bool,
    #[arg(long, hide = true)]
    kube_context: Option<String>,
    #[arg(long, hide = true)]
    kubeconfig: Option<String>,
}

/// Flags of `helm diff upgrade`.
#[derive(Args, Debug)]
#[allow(missing_docs, reason = "helm-diff's own flags, accepted so that scripts run unchanged")]
pub struct UpgradeArgs {
    /// `RELEASE CHART`
    #[arg(required = true, num_args = 2)]
    words: Vec<String>,
    #[command(flatten)]
    shared: SharedArgs,
    #[command(flatten)]
    values: super::args::ValueArgs,
    #[arg(short = 'n', long, env = "HELM_NAMESPACE", default_value = "default", hide_env = true)]
    namespace: String,
    /// A release that isn't there is no error
    #[arg(long, visible_alias = "install")]
    allow_unreleased: bool,
    /// Compare definitions in crds/ too
    #[arg(long)]
    include_crds: bool,
    #[arg(short = 'a', long)]
    api_versions: Vec<String>,
    #[arg(long)]
    kube_version: Option<String>,
    #[arg(long)]
    enable_dns: bool,
    #[arg(long)]
    skip_schema_validation: bool,
    #[arg(long, hide = true)]
    reset_values: bool,
    #[arg(long, hide = true)]
    disable_validation: bool,
    #[arg(long, hide = true)]
    disable_openapi_validation: bool,
    #[arg(long, hide = true)]
    take_ownership: bool,
    #[arg(long, hide = true)]
    server_side: Option<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true)]
    dry_run: Option<String>,
}

/// Runs the command.
pub(super) fn run(command: &HelmDiffCommand) -> u8 {
    let words = match translated(command) {
        Ok(words) if words.is_empty() => {
            println!("{}", env!("CARGO_PKG_VERSION"));
            return super::exit::OK;
        }
        Ok(words) => words,
        Err(text) => {
            eprintln!("Error: {text}");
            return super::exit::ERROR;
        }
    };
    match Cli::try_parse_from(&words).map(|cli| cli.command) {
        Ok(super::args::Command::Diff(args)) => super::diff::run(&args),
        Ok(_) => super::exit::USAGE,
        Err(e) => {
            eprintln!("{e}");
            super::exit::USAGE
        }
    }
}

/// The same as a command line of `plimsoll diff`; none for the version.
fn translated(command: &HelmDiffCommand) -> Result<Vec<String>, String> {
    let here = || std::env::var("HELM_NAMESPACE").ok().filter(|n| !n.is_empty()).unwrap_or_else(|| "default".into());
    let stored = |name: &str, revision: Option<&String>| {
        let place = if name.contains('/') { name.to_owned() } else { format!("{}/{name}", here()) };
        let revision = revision.map(|r| format!("@{r}")).unwrap_or_default();
        format!("{RELEASE}{place}{revision}")
    };
    let (old, new, shared) = match command {
        HelmDiffCommand::Version => return Ok(Vec::new()),
        HelmDiffCommand::Upgrade(args) => return upgrade(args),
        HelmDiffCommand::Revision { words, shared } => {
            (stored(&words[0], words.get(1)), stored(&words[0], words.get(2)), shared)
        }
        HelmDiffCommand::Rollback { words, shared } => match words.get(1) {
            Some(revision) => (stored(&words[0], None), stored(&words[0], Some(revision)), shared),
            None => return Err("helm diff rollback needs the revision to go back to".into()),
        },
        HelmDiffCommand::Release { words, shared } => (stored(&words[0], None), stored(&words[1], None), shared),
    };
    let mut out = vec!["plimsoll".into(), "diff".into(), "--manifests".into(), new, "--against".into(), old];
    shared.add(&mut out)?;
    Ok(out)
}

fn upgrade(args: &UpgradeArgs) -> Result<Vec<String>, String> {
    let (release, chart) = (&args.words[0], &args.words[1]);
    let maybe = if args.allow_unreleased { "?" } else { "" };
    let mut out: Vec<String> =
        ["plimsoll", "diff", chart, "--name", release, "--namespace", &args.namespace].map(str::to_owned).into();
    out.extend(["--against".to_owned(), format!("{RELEASE}{}/{release}{maybe}", args.namespace)]);
    let v = &args.values;
    for (flag, given) in [
        ("--values", &v.values),
        ("--set", &v.set),
        ("--set-string", &v.set_string),
        ("--set-file", &v.set_file),
        ("--set-json", &v.set_json),
        ("--set-literal", &v.set_literal),
        ("--api-versions", &args.api_versions),
    ] {
        out.extend(given.iter().flat_map(|value| [flag.to_owned(), value.clone()]));
    }
    if let Some(version) = &args.kube_version {
        out.extend(["--kube-version".to_owned(), version.clone()]);
    }
    for (given, flag) in [
        (args.include_crds, "--include-crds"),
        (args.enable_dns, "--enable-dns"),
        (args.skip_schema_validation, "--skip-schema-validation"),
    ] {
        out.extend(given.then(|| flag.to_owned()));
    }
    args.shared.add(&mut out)?;
    Ok(out)
}

impl SharedArgs {
    fn add(&self, out: &mut Vec<String>) -> Result<(), String> {
        let output = match &*self.output {
            "diff" | "simple" => "text",
            "json" | "structured" => "json",
            other => return Err(format!("--output {other} isn't known; known are diff, simple, json, structured")),
        };
        out.extend([format!("--context={}", self.context), "--output".into(), output.into()]);
        out.extend(self.suppress.iter().flat_map(|kind| ["--suppress".to_owned(), kind.clone()]));
        for (given, flag) in [
            (self.detailed_exitcode, "--detailed-exitcode"),
            (self.show_secrets, "--show-secrets"),
            (self.no_hooks, "--no-hooks"),
        ] {
            out.extend(given.then(|| flag.to_owned()));
        }
        Ok(())
    }
}
