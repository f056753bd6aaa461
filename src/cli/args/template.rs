//! The flags of `template`: Helm's own.

use clap::Args;

use super::{EngineArgs, ValueArgs};

/// Flags of `plimsoll template`.
#[derive(Args, Debug)]
pub struct TemplateArgs {
    /// `[NAME] CHART`: the release's name, and the chart's folder or archive
    #[arg(value_name = "NAME CHART")]
    pub positional: Vec<String>,
    /// Values.
    #[command(flatten)]
    pub values: ValueArgs,
    /// Engine.
    #[command(flatten)]
    pub engine: EngineArgs,
    /// Namespace of the release
    #[arg(short, long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// Use the release name in the --output-dir path
    #[arg(long)]
    pub release_name: bool,
    /// Generate the name (and omit the NAME parameter)
    #[arg(short = 'g', long)]
    pub generate_name: bool,
    /// Template that gives the release's name
    #[arg(long, value_name = "TEMPLATE")]
    pub name_template: Option<String>,
    /// Only show manifests rendered from these templates
    #[arg(short = 's', long, value_name = "GLOB")]
    pub show_only: Vec<String>,
    /// Include CRDs in the output
    #[arg(long)]
    pub include_crds: bool,
    /// No CRDs (they are left out anyhow unless asked for)
    #[arg(long)]
    pub skip_crds: bool,
    /// Skip tests
    #[arg(long)]
    pub skip_tests: bool,
    /// Leave out hooks
    #[arg(long)]
    pub no_hooks: bool,
    /// Set .Release.IsUpgrade instead of .Release.IsInstall
    #[arg(long)]
    pub is_upgrade: bool,
    /// API versions for .Capabilities.APIVersions; can be given more than once, and as a comma list
    #[arg(short = 'a', long, value_name = "VERSION", value_delimiter = ',')]
    pub api_versions: Vec<String>,
    /// Kubernetes version for .Capabilities.KubeVersion
    #[arg(long, value_name = "VERSION")]
    pub kube_version: Option<String>,
    /// Write files below this folder instead of to standard output
    #[arg(long, value_name = "DIR")]
    pub output_dir: Option<String>,
    /// Executable that gets the manifests and returns them changed (Helm 3; Helm 4 takes only plugins)
    #[arg(long, value_name = "PATH")]
    pub post_renderer: Option<String>,
    /// Argument of the post-renderer
    #[arg(long, value_name = "ARG", allow_hyphen_values = true)]
    pub post_renderer_args: Vec<String>,
    /// Build missing dependencies from file:// repositories first
    #[arg(long)]
    pub dependency_update: bool,
    /// Don't check values against values.schema.json
    #[arg(long)]
    pub skip_schema_validation: bool,
    /// Ask the cluster for `lookup` and .Capabilities, as --dry-run=server does in Helm 4
    #[arg(long, conflicts_with = "lookup_from")]
    pub live: bool,
    /// On an error still print what was rendered
    #[arg(long)]
    pub debug: bool,
    #[command(flatten)]
    #[allow(missing_docs, reason = "accepted so that scripts written for Helm run unchanged")]
    pub accepted: AcceptedArgs,
}

/// Flags of `helm template` that don't change what is printed without a cluster.
#[derive(Args, Debug)]
#[allow(missing_docs, reason = "Helm's own flags, accepted so that scripts run unchanged")]
pub struct AcceptedArgs {
    #[arg(long, hide = true)]
    pub create_namespace: bool,
    #[arg(long, hide = true)]
    pub replace: bool,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "watcher")]
    pub wait: Option<String>,
    #[arg(long, hide = true)]
    pub wait_for_jobs: bool,
    #[arg(long, hide = true)]
    pub timeout: Option<String>,
    #[arg(long, hide = true)]
    pub description: Option<String>,
    #[arg(short = 'l', long, hide = true)]
    pub labels: Vec<String>,
    #[arg(long, hide = true)]
    pub devel: bool,
    #[arg(long, hide = true)]
    pub disable_openapi_validation: bool,
    #[arg(long, hide = true)]
    pub take_ownership: bool,
    #[arg(long, hide = true)]
    pub atomic: bool,
    #[arg(long, hide = true)]
    pub force: bool,
    #[arg(long, hide = true)]
    pub force_replace: bool,
    #[arg(long, hide = true)]
    pub force_conflicts: bool,
    #[arg(long, hide = true)]
    pub rollback_on_failure: bool,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true)]
    pub server_side: Option<String>,
    #[arg(long, hide = true)]
    pub hide_notes: bool,
    #[arg(long, hide = true)]
    pub render_subchart_notes: bool,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "unchanged")]
    pub dry_run: Option<String>,
    #[arg(long, hide = true)]
    pub validate: bool,
    #[arg(long, hide = true)]
    pub version: Option<String>,
    #[arg(long, hide = true)]
    pub repo: Option<String>,
    #[arg(long, hide = true, alias = "colour")]
    pub color: Option<String>,
    #[arg(long, hide = true)]
    pub no_color: bool,
    #[arg(long, hide = true)]
    pub verify: bool,
    #[arg(long, hide = true)]
    pub keyring: Option<String>,
    #[arg(long, hide = true)]
    pub username: Option<String>,
    #[arg(long, hide = true)]
    pub password: Option<String>,
    #[arg(long, hide = true)]
    pub pass_credentials: bool,
    #[arg(long, hide = true)]
    pub plain_http: bool,
    #[arg(long, hide = true)]
    pub insecure_skip_tls_verify: bool,
    #[arg(long, hide = true)]
    pub ca_file: Option<String>,
    #[arg(long, hide = true)]
    pub cert_file: Option<String>,
    #[arg(long, hide = true)]
    pub key_file: Option<String>,
    #[arg(long, hide = true)]
    pub burst_limit: Option<String>,
    #[arg(long, hide = true)]
    pub qps: Option<String>,
    #[arg(long, hide = true)]
    pub content_cache: Option<String>,
    #[arg(long, hide = true)]
    pub registry_config: Option<String>,
    #[arg(long, hide = true)]
    pub repository_cache: Option<String>,
    #[arg(long, hide = true)]
    pub repository_config: Option<String>,
    #[arg(long, hide = true)]
    pub kubeconfig: Option<String>,
    #[arg(long, hide = true)]
    pub kube_apiserver: Option<String>,
    #[arg(long, hide = true)]
    pub kube_as_group: Vec<String>,
    #[arg(long, hide = true)]
    pub kube_as_user: Option<String>,
    #[arg(long, hide = true)]
    pub kube_ca_file: Option<String>,
    #[arg(long, hide = true)]
    pub kube_context: Option<String>,
    #[arg(long, hide = true)]
    pub kube_insecure_skip_tls_verify: bool,
    #[arg(long, hide = true)]
    pub kube_tls_server_name: Option<String>,
    #[arg(long, hide = true)]
    pub kube_token: Option<String>,
}
