//! What can be typed: commands and flags, with their help. What several commands share is here, a command's own flags
//! are in the files beside.

mod examples;
mod fleet;
mod lint;
mod template;
mod views;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::render::Threads;

pub use fleet::{InitArgs, MatrixArgs, MatrixForm, MergeArgs, ReportCommand};
pub use lint::{FailOn, LintArgs, MissingSchema, OnlyFamily, PolicyCommand};
pub use template::{AcceptedArgs, TemplateArgs};
pub use views::{
    Answer, ExplainArgs, GraphArgs, GraphFormat, ImageList, ImagesArgs, RenderArgs, RouteList, RoutesArgs, ValuesArgs,
};

/// Renders Helm charts byte for byte as Helm does, says where every line comes from, what an API server and policies
/// would refuse, and what a change means: for one chart or a fleet of them.
#[derive(Debug, Parser)]
#[command(name = "plimsoll", version, about, after_help = examples::ALL, args_override_self = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Preview charts in an environment
    #[command(after_help = examples::RENDER)]
    Render(Box<RenderArgs>),
    /// Check charts: what the API server would refuse, and what policies forbid, at the line to edit
    #[command(after_help = examples::LINT)]
    Lint(Box<LintArgs>),
    /// Say what would change and what that means: against the release in the cluster, another revision, or any manifests
    #[command(after_help = examples::DIFF)]
    Diff(Box<super::diff::args::DiffArgs>),
    /// Say where a field of a rendered object comes from: its template, its values, what they overrode
    #[command(after_help = examples::EXPLAIN)]
    Explain(Box<ExplainArgs>),
    /// Show the merged values with the line that set each, or find dead, missing and replaced ones
    #[command(after_help = examples::VALUES)]
    Values(Box<ValuesArgs>),
    /// List the images that charts run, with the values that chose them
    #[command(after_help = examples::IMAGES)]
    Images(Box<ImagesArgs>),
    /// List every host and path with its Service, TLS, rewrite and canary, or compare them with an nginx.conf
    #[command(after_help = examples::ROUTES)]
    Routes(Box<RoutesArgs>),
    /// Show which chart uses which library chart and values, and which object uses which
    #[command(after_help = examples::GRAPH)]
    Graph(Box<GraphArgs>),
    /// Write a project file for what is in a folder: charts, helmfile, Argo CD, Flux
    #[command(after_help = examples::INIT)]
    Init(InitArgs),
    /// Show what will be rendered: charts × environments × clusters, with their values files
    #[command(after_help = examples::MATRIX)]
    Matrix(MatrixArgs),
    /// Print the JSON Schema of plimsoll.yaml, for editors
    Schema,
    /// Join the reports of several runs
    #[command(subcommand)]
    Report(ReportCommand),
    /// List, explain and test policies
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Render a chart to standard output: a drop-in for `helm template`
    #[command(after_help = examples::TEMPLATE)]
    Template(Box<TemplateArgs>),
    /// List a chart's dependencies, or build charts/ from file:// repositories
    #[command(subcommand)]
    Dependency(DependencyCommand),
    /// Render the chart that a KRM function's configuration names into its ResourceList, for kustomize and kpt
    Krm,
    /// Print a shell's completions
    Completion {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
    /// The Helm plugin: helm-diff's commands and flags
    #[command(hide = true, subcommand)]
    HelmDiff(super::helm_diff::args::HelmDiffCommand),
    /// Render snippets given as JSON lines
    #[command(hide = true)]
    InternalBatch,
}

/// Whose behaviour is reproduced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Helm {
    /// Helm 3.22.0
    #[value(name = "3")]
    V3,
    /// Helm 4.3.1
    #[default]
    #[value(name = "4")]
    V4,
}

/// How errors of templates are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ErrorFormat {
    /// Helm's own text
    Helm,
    /// With the template's line, the includes that led there, and what to do
    Rich,
}

/// Values from files and flags, as Helm has them.
#[derive(Args, Clone, Debug, Default)]
pub struct ValueArgs {
    /// Values file; can be given more than once, and as a comma list; - is standard input
    #[arg(help_heading = "Values", short = 'f', long = "values", value_name = "FILE")]
    pub values: Vec<String>,
    /// Set a value: `key.sub[0]=value,other=value`
    #[arg(help_heading = "Values", long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Set a value that stays a string
    #[arg(help_heading = "Values", long, value_name = "KEY=VALUE")]
    pub set_string: Vec<String>,
    /// Set a value from a file's content
    #[arg(help_heading = "Values", long, value_name = "KEY=PATH")]
    pub set_file: Vec<String>,
    /// Set a value from JSON
    #[arg(help_heading = "Values", long, value_name = "KEY=JSON")]
    pub set_json: Vec<String>,
    /// Set a value to everything behind the equals sign
    #[arg(help_heading = "Values", long, value_name = "KEY=VALUE")]
    pub set_literal: Vec<String>,
}

/// What makes a render repeatable, and whose it is.
#[derive(Args, Clone, Debug, Default)]
pub struct EngineArgs {
    /// Which Helm to reproduce: 3 (3.22.0) or 4 (4.3.1)
    #[arg(help_heading = "Rendering", long, value_name = "VERSION", default_value = "4")]
    pub helm_version: Helm,
    /// Make random values, keys and certificates repeatable
    #[arg(help_heading = "Rendering", long, value_name = "N")]
    pub seed: Option<u64>,
    /// Pin the clock, for instance 2026-01-31T12:00:00Z
    #[arg(help_heading = "Rendering", long, value_name = "TIME")]
    pub now: Option<String>,
    /// Serve `lookup` from recorded manifests
    #[arg(help_heading = "Rendering", long, value_name = "PATH")]
    pub lookup_from: Option<String>,
    /// How many threads may work on one chart; what is printed is the same [default: all cores for large charts]
    #[arg(help_heading = "Rendering", long, value_name = "N", env = "PLIMSOLL_THREADS", hide_env = true)]
    pub threads: Option<std::num::NonZero<usize>>,
    /// Allow getHostByName to ask the network
    #[arg(help_heading = "Rendering", long)]
    pub enable_dns: bool,
    /// How errors of templates are written [default: rich; of `template`, helm where standard error is no terminal]
    #[arg(help_heading = "Rendering", long, value_name = "FORMAT")]
    pub error_format: Option<ErrorFormat>,
}

impl EngineArgs {
    /// How many threads may work on a chart that is rendered alone, or beside others.
    pub fn threads(&self, alone: bool) -> Threads {
        match self.threads {
            Some(n) => Threads::Exactly(n.get()),
            None if alone => Threads::Auto,
            None => Threads::Exactly(1),
        }
    }
}

/// Which cluster is asked, and how.
#[derive(Args, Clone, Debug)]
pub struct ConnectArgs {
    /// Kubeconfig file [default: the files of KUBECONFIG, or ~/.kube/config, or a pod's own account]
    #[arg(help_heading = "Cluster", long, value_name = "FILE")]
    pub kubeconfig: Option<String>,
    /// Context of kubeconfig [default: HELM_KUBECONTEXT, or the current one]
    #[arg(help_heading = "Cluster", long, value_name = "NAME")]
    pub kube_context: Option<String>,
    /// How long one request to the cluster may take, for instance 10s
    #[arg(help_heading = "Cluster", long, value_name = "DURATION", default_value = "30s")]
    pub request_timeout: String,
    /// How many requests may be under way at once
    #[arg(help_heading = "Cluster", long, value_name = "N", default_value = "16")]
    pub concurrency: std::num::NonZero<usize>,
}

/// Whether templates see a live cluster, and which.
#[derive(Args, Clone, Debug)]
pub struct LiveArgs {
    /// Ask the cluster: for `lookup` and for .Capabilities
    #[arg(help_heading = "Cluster", long, conflicts_with_all = ["lookup_from", "kube_version", "api_versions"])]
    pub live: bool,
    /// Connect.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// What can be done with dependencies.
#[derive(Debug, Subcommand)]
pub enum DependencyCommand {
    /// List the dependencies with their state
    List(DependencyArgs),
    /// Fill charts/ with what Chart.lock says
    Build(DependencyArgs),
    /// Resolve the declared ranges again, fill charts/ and write Chart.lock
    Update(DependencyArgs),
}

/// Flags of the dependency commands.
#[derive(Args, Debug)]
pub struct DependencyArgs {
    /// The charts' folders
    #[arg(value_name = "CHART", default_value = ".")]
    pub charts: Vec<String>,
    /// All charts of plimsoll.yaml that depend on charts beside them
    #[arg(long, conflicts_with = "charts")]
    pub all: bool,
    /// Which Helm to reproduce: 3 (3.22.0) or 4 (4.3.1)
    #[arg(long, value_name = "VERSION", default_value = "4")]
    pub helm_version: Helm,
    /// Widest column of the list
    #[arg(long, value_name = "N", default_value = "80")]
    pub max_col_width: usize,
}

/// Which releases are looked at: charts, environments, clusters.
#[derive(Args, Clone, Debug, Default)]
pub struct SelectArgs {
    /// Environments, whose values files are laid over the chart's
    #[arg(help_heading = "Which releases", short, long, value_name = "ENV", value_delimiter = ',')]
    pub env: Vec<String>,
    /// Clusters of the project file
    #[arg(help_heading = "Which releases", long, value_name = "CLUSTER", value_delimiter = ',')]
    pub cluster: Vec<String>,
    /// Charts of the project file, by name or path, as globs
    #[arg(help_heading = "Which releases", long, value_name = "GLOB", value_delimiter = ',')]
    pub chart: Vec<String>,
    /// All charts in all environments on all clusters; with --env or --cluster, all that are there
    #[arg(help_heading = "Which releases", long)]
    pub all: bool,
    /// Only what files changed since this git revision can reach: charts, library charts, values, policies
    #[arg(help_heading = "Which releases", long, value_name = "REF")]
    pub changed_since: Option<String>,
    /// One of N parts of the charts, for instance 2/4: stable, for jobs of a CI system
    #[arg(help_heading = "Which releases", long, value_name = "I/N", value_parser = shard)]
    pub shard: Option<(usize, usize)>,
}

/// Reads `I/N`.
fn shard(text: &str) -> Result<(usize, usize), String> {
    let parsed = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
    match parsed {
        Some((i, n)) if (1..=n).contains(&i) => Ok((i, n)),
        _ => Err("a part and how many there are, for instance 2/4".into()),
    }
}

/// Which releases are looked at, and what else decides what they render to.
#[derive(Args, Clone, Debug, Default)]
pub struct SceneArgs {
    /// Selectors.
    #[command(flatten)]
    pub select: SelectArgs,
    /// Values.
    #[command(flatten)]
    pub values: ValueArgs,
    /// Engine.
    #[command(flatten)]
    pub engine: EngineArgs,
    /// Name of the release
    #[arg(help_heading = "The release", long, visible_alias = "release", value_name = "NAME")]
    pub name: Option<String>,
    /// Namespace of the release
    #[arg(help_heading = "The release", short, long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// Kubernetes version for .Capabilities.KubeVersion
    #[arg(help_heading = "The release", long, value_name = "VERSION")]
    pub kube_version: Option<String>,
    /// API versions for .Capabilities.APIVersions
    #[arg(help_heading = "The release", short = 'a', long, value_name = "VERSION", value_delimiter = ',')]
    pub api_versions: Vec<String>,
    /// Don't check values against values.schema.json
    #[arg(help_heading = "The release", long)]
    pub skip_schema_validation: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn flags_of_a_command_do_not_contradict_each_other() {
        super::Cli::command().debug_assert();
    }
}
