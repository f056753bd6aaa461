//! The flags of helm-diff 3.15 (`cmd/upgrade.go`, `cmd/local.go`, `cmd/options.go`). Those that say nothing here are
//! accepted, so that scripts run unchanged; those that cannot be served are known, to say what to do instead.

use clap::{Args, Subcommand};

use crate::cli::args::ValueArgs;

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
        /// `RELEASE REVISION`
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
    /// What differs between two charts in folders or archives
    Local(Box<LocalArgs>),
    /// Print the version
    Version,
}

/// Flags of all of helm-diff's commands.
#[derive(Args, Debug)]
#[allow(missing_docs, reason = "helm-diff's own flags")]
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
    pub context: i64,
    /// Exit with 2 if something differs
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Kinds that are not shown
    #[arg(long)]
    pub suppress: Vec<String>,
    /// Leave Secrets out
    #[arg(short = 'q', long)]
    pub suppress_secrets: bool,
    /// Show secrets, on a terminal only
    #[arg(long)]
    pub show_secrets: bool,
    /// diff, simple, json, structured
    #[arg(long, default_value = "diff", env = "HELM_DIFF_OUTPUT", hide_env = true)]
    pub output: String,
    /// Leave out hooks
    #[arg(long)]
    pub no_hooks: bool,
    /// Compare hooks of `helm test` too
    #[arg(long)]
    pub include_tests: bool,
    /// Colours, wherever it goes
    #[arg(long, env = "HELM_DIFF_COLOR", hide_env = true, value_parser = clap::builder::FalseyValueParser::new())]
    pub color: bool,
    /// No colours
    #[arg(long)]
    pub no_color: bool,
    /// Name of the kubeconfig context
    #[arg(long)]
    pub kube_context: Option<String>,
    /// Kubeconfig file
    #[arg(long)]
    pub kubeconfig: Option<String>,
    #[arg(short = 'n', long, env = "HELM_NAMESPACE", default_value = "default", hide_env = true)]
    pub namespace: String,
    #[arg(long, hide = true)]
    pub normalize_manifests: bool,
    #[arg(long, hide = true)]
    pub strip_trailing_cr: bool,
    #[arg(short = 'D', long, hide = true)]
    pub find_renames: Option<String>,
    #[arg(long, hide = true)]
    pub show_secrets_decoded: bool,
    #[arg(long, hide = true)]
    pub suppress_output_line_regex: Vec<String>,
}

/// Flags of the commands that render.
#[derive(Args, Debug)]
#[allow(missing_docs, reason = "helm-diff's own flags")]
pub struct RenderArgs {
    #[command(flatten)]
    pub values: ValueArgs,
    /// Compare definitions in crds/ too
    #[arg(long)]
    pub include_crds: bool,
    #[arg(short = 'a', long)]
    pub api_versions: Vec<String>,
    #[arg(long)]
    pub kube_version: Option<String>,
    #[arg(long)]
    pub enable_dns: bool,
    #[arg(long, hide = true)]
    pub post_renderer: Option<String>,
    #[arg(long, hide = true, allow_hyphen_values = true)]
    pub post_renderer_args: Vec<String>,
}

/// Flags of `helm diff upgrade`.
#[derive(Args, Debug)]
#[allow(missing_docs, reason = "helm-diff's own flags")]
pub struct UpgradeArgs {
    /// `RELEASE CHART`
    #[arg(required = true, num_args = 2)]
    pub words: Vec<String>,
    #[command(flatten)]
    pub shared: SharedArgs,
    #[command(flatten)]
    pub render: RenderArgs,
    /// A release that isn't there is no error
    #[arg(long, visible_alias = "install")]
    pub allow_unreleased: bool,
    #[arg(long)]
    pub skip_schema_validation: bool,
    /// Go on with all values of the release, those of its chart too
    #[arg(long)]
    pub reuse_values: bool,
    /// Go on with none of the release's values
    #[arg(long)]
    pub reset_values: bool,
    /// Go on with what the user gave last time
    #[arg(long)]
    pub reset_then_reuse_values: bool,
    /// Templates don't see the cluster
    #[arg(long)]
    pub disable_validation: bool,
    /// client: don't ask the cluster, everything is an addition; server: let templates see it
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "client")]
    pub dry_run: Option<String>,
    #[arg(long, hide = true)]
    pub disable_openapi_validation: bool,
    #[arg(long, hide = true)]
    pub server_side: Option<String>,
    #[arg(long, hide = true)]
    pub devel: bool,
    #[arg(long, hide = true)]
    pub version: Option<String>,
    #[arg(long, hide = true)]
    pub insecure_skip_tls_verify: bool,
    #[arg(long, hide = true)]
    pub repo: Option<String>,
    #[arg(long, hide = true)]
    pub take_ownership: bool,
    #[arg(long, hide = true, env = "HELM_DIFF_THREE_WAY_MERGE", hide_env = true, value_parser = clap::builder::FalseyValueParser::new())]
    pub three_way_merge: bool,
}

/// Flags of `helm diff local`.
#[derive(Args, Debug)]
#[allow(missing_docs, reason = "helm-diff's own flags")]
pub struct LocalArgs {
    /// `CHART1 CHART2`
    #[arg(required = true, num_args = 2)]
    pub words: Vec<String>,
    #[command(flatten)]
    pub shared: SharedArgs,
    #[command(flatten)]
    pub render: RenderArgs,
    /// Name of the release
    #[arg(long, default_value = "release")]
    pub release: String,
}
