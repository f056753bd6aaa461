//! What can be typed: commands and flags, with their help.

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::render::Threads;

/// Renders Helm charts byte for byte as Helm does, many times faster.
#[derive(Debug, Parser)]
#[command(name = "plimsoll", version, about, after_help = EXIT_STATUS, args_override_self = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The table of exit statuses, in every help.
pub const EXIT_STATUS: &str = "Exit status:
  0  fine
  1  an error, or findings
  2  changes, where diff --detailed-exitcode asks
  3  wrong usage or configuration
  4  cluster or network
`template` keeps to Helm's 0 and 1.";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Render a chart to standard output: a drop-in for `helm template`
    Template(Box<TemplateArgs>),
    /// Preview charts in an environment
    Render(Box<RenderArgs>),
    /// Say where a field of a rendered object comes from: its template, its values, what they overrode
    Explain(Box<ExplainArgs>),
    /// Show the merged values with the line that set each, or find dead, missing and replaced ones
    Values(Box<ValuesArgs>),
    /// List the images that charts run, with the values that chose them
    Images(Box<ImagesArgs>),
    /// Say what would change: against another revision, or any manifests
    Diff(Box<super::diff::args::DiffArgs>),
    /// List every host and path with its Service, TLS, rewrite and canary, or compare them with an nginx.conf
    Routes(Box<RoutesArgs>),
    /// Show which chart uses which library chart and values, and which object uses which
    Graph(Box<GraphArgs>),
    /// Check charts: what the API server would refuse, and what policies forbid, at the line to edit
    Lint(Box<LintArgs>),
    /// List, explain and test policies
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// List a chart's dependencies, or build charts/ from file:// repositories
    #[command(subcommand)]
    Dependency(DependencyCommand),
    /// Write a project file for what is in a folder: charts, helmfile, Argo CD, Flux
    Init(InitArgs),
    /// Show what will be rendered: charts × environments × clusters, with their values files
    Matrix(MatrixArgs),
    /// Print the JSON Schema of plimsoll.yaml, for editors
    Schema,
    /// Join the reports of several runs
    #[command(subcommand)]
    Report(ReportCommand),
    /// Render the chart that a KRM function's configuration names into its ResourceList, for kustomize and kpt
    Krm,
    /// Print a shell's completions
    Completion {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    #[command(hide = true)]
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
    #[arg(short = 'f', long = "values", value_name = "FILE")]
    pub values: Vec<String>,
    /// Set a value: `key.sub[0]=value,other=value`
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Set a value that stays a string
    #[arg(long, value_name = "KEY=VALUE")]
    pub set_string: Vec<String>,
    /// Set a value from a file's content
    #[arg(long, value_name = "KEY=PATH")]
    pub set_file: Vec<String>,
    /// Set a value from JSON
    #[arg(long, value_name = "KEY=JSON")]
    pub set_json: Vec<String>,
    /// Set a value to everything behind the equals sign
    #[arg(long, value_name = "KEY=VALUE")]
    pub set_literal: Vec<String>,
}

/// What makes a render repeatable, and whose it is.
#[derive(Args, Clone, Debug, Default)]
pub struct EngineArgs {
    /// Which Helm to reproduce: 3 (3.22.0) or 4 (4.3.1)
    #[arg(long, value_name = "VERSION", default_value = "4")]
    pub helm_version: Helm,
    /// Make random values, keys and certificates repeatable
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Pin the clock, for instance 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME")]
    pub now: Option<String>,
    /// Serve `lookup` from recorded manifests
    #[arg(long, value_name = "PATH")]
    pub lookup_from: Option<String>,
    /// How many threads may work on one chart; what is printed is the same [default: all cores for large charts]
    #[arg(long, value_name = "N", env = "PLIMSOLL_THREADS", hide_env = true)]
    pub threads: Option<std::num::NonZero<usize>>,
    /// Allow getHostByName to ask the network
    #[arg(long)]
    pub enable_dns: bool,
    /// How errors of templates are written; helm where standard error is no terminal
    #[arg(long, value_name = "FORMAT")]
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
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<String>,
    /// Context of kubeconfig [default: HELM_KUBECONTEXT, or the current one]
    #[arg(long, value_name = "NAME")]
    pub kube_context: Option<String>,
    /// How long one request to the cluster may take, for instance 10s
    #[arg(long, value_name = "DURATION", default_value = "30s")]
    pub request_timeout: String,
    /// How many requests may be under way at once
    #[arg(long, value_name = "N", default_value = "16")]
    pub concurrency: std::num::NonZero<usize>,
}

/// Whether templates see a live cluster, and which.
#[derive(Args, Clone, Debug)]
pub struct LiveArgs {
    /// Ask the cluster: for `lookup` and for .Capabilities
    #[arg(long, conflicts_with_all = ["lookup_from", "kube_version", "api_versions"])]
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
    /// The chart's folder
    #[arg(value_name = "CHART", default_value = ".")]
    pub chart: String,
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
    #[arg(short, long, value_name = "ENV", value_delimiter = ',')]
    pub env: Vec<String>,
    /// Clusters of the project file
    #[arg(long, value_name = "CLUSTER", value_delimiter = ',')]
    pub cluster: Vec<String>,
    /// Charts of the project file, by name or path, as globs
    #[arg(long, value_name = "GLOB", value_delimiter = ',')]
    pub chart: Vec<String>,
    /// All charts in all environments on all clusters
    #[arg(long, conflicts_with_all = ["env", "cluster"])]
    pub all: bool,
    /// Only what files changed since this git revision can reach: charts, library charts, values, policies
    #[arg(long, value_name = "REF")]
    pub changed_since: Option<String>,
    /// One of N parts of the charts, for instance 2/4: stable, for jobs of a CI system
    #[arg(long, value_name = "I/N", value_parser = shard)]
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

/// How the matrix is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum MatrixForm {
    /// A table for people
    #[default]
    Text,
    /// For programs
    Json,
    /// For strategy.matrix of GitHub Actions
    Github,
    /// For parallel.matrix of GitLab
    Gitlab,
}

/// Flags of `plimsoll matrix`.
#[derive(Args, Debug)]
pub struct MatrixArgs {
    /// Charts: folders or archives; those of plimsoll.yaml, or the one in this folder, where none is named
    #[arg(value_name = "CHART")]
    pub charts: Vec<String>,
    /// Selectors.
    #[command(flatten)]
    pub select: SelectArgs,
    /// Jobs for github and gitlab: so many shards instead of environments and clusters
    #[arg(long, value_name = "N")]
    pub shards: Option<std::num::NonZero<usize>>,
    /// How the matrix is written
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: MatrixForm,
}

/// Flags of `plimsoll init`.
#[derive(Args, Debug)]
pub struct InitArgs {
    /// The folder to look at
    #[arg(value_name = "DIR", default_value = ".")]
    pub dir: String,
    /// Replace the project file that is there
    #[arg(long)]
    pub force: bool,
    /// Print it instead of writing it
    #[arg(long)]
    pub dry_run: bool,
}

/// What can be done with reports.
#[derive(Debug, Subcommand)]
pub enum ReportCommand {
    /// Join the JSON reports of lint or of diff, as shards write them, into one report of any form
    Merge(MergeArgs),
}

/// Flags of `plimsoll report merge`.
#[derive(Args, Debug)]
pub struct MergeArgs {
    /// Reports in JSON
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<String>,
    /// Form of the report, several at once: FORMAT, or FORMAT=FILE
    #[arg(short, long, value_name = "FORMAT[=FILE]")]
    pub output: Vec<String>,
    /// From which severity on findings fail the run
    #[arg(long, value_name = "LEVEL", default_value = "error")]
    pub fail_on: FailOn,
    /// Reports of diff: exit with 2 if something differs
    #[arg(long)]
    pub detailed_exitcode: bool,
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
    #[arg(long, visible_alias = "release", value_name = "NAME")]
    pub name: Option<String>,
    /// Namespace of the release
    #[arg(short, long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// Kubernetes version for .Capabilities.KubeVersion
    #[arg(long, value_name = "VERSION")]
    pub kube_version: Option<String>,
    /// API versions for .Capabilities.APIVersions
    #[arg(short = 'a', long, value_name = "VERSION", value_delimiter = ',')]
    pub api_versions: Vec<String>,
    /// Don't check values against values.schema.json
    #[arg(long)]
    pub skip_schema_validation: bool,
}

/// Flags of `plimsoll render`.
#[derive(Args, Debug)]
pub struct RenderArgs {
    /// Charts: folders or archives; those of plimsoll.yaml, or the one in this folder, where none is named
    #[arg(value_name = "CHART")]
    pub charts: Vec<String>,
    /// Scene.
    #[command(flatten)]
    pub scene: SceneArgs,
    /// Live.
    #[command(flatten)]
    pub live: LiveArgs,
    /// Include CRDs in the output
    #[arg(long)]
    pub include_crds: bool,
    /// Write files below this folder instead of to standard output
    #[arg(long, value_name = "DIR")]
    pub output_dir: Option<String>,
    /// Show at each line the template's line and the line of values that it comes from
    #[arg(long, conflicts_with = "output_dir")]
    pub annotate: bool,
    /// Write where each line comes from as JSON, see docs/source-map.md
    #[arg(long, value_name = "FILE")]
    pub source_map: Option<String>,
}

/// How answers are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Answer {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// Flags of `plimsoll explain`.
#[derive(Args, Debug)]
pub struct ExplainArgs {
    /// `[CHART] OBJECT [FIELD]`: `deployment/web spec.template.spec.containers[0].image`
    #[arg(value_name = "CHART OBJECT FIELD", num_args = 0..=3)]
    pub words: Vec<String>,
    /// Scene.
    #[command(flatten)]
    pub scene: SceneArgs,
    /// List the lines that a key of the values reaches, in all environments unless one is named
    #[arg(long, value_name = "KEY")]
    pub value: Option<String>,
    /// Write a page to explore everything in a browser, in all environments unless one is named
    #[arg(long, value_name = "FILE", conflicts_with = "value")]
    pub html: Option<String>,
    /// How the answer is written
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: Answer,
}

/// Flags of `plimsoll values`.
#[derive(Args, Debug)]
pub struct ValuesArgs {
    /// The chart: a folder or an archive
    #[arg(id = "folder", value_name = "CHART")]
    pub chart: Option<String>,
    /// Scene.
    #[command(flatten)]
    pub scene: SceneArgs,
    /// Keys that no template reads in any environment
    #[arg(long)]
    pub unused: bool,
    /// Keys that templates read unguarded and that no layer sets
    #[arg(long)]
    pub undefined: bool,
    /// Lists that one layer replaced, and nulls that mean something else to Helm 3 than to Helm 4
    #[arg(long)]
    pub replaced: bool,
    /// How the answer is written
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: Answer,
}

/// How images are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ImageList {
    /// With their objects and values
    #[default]
    Text,
    /// For programs
    Json,
    /// Nothing but the references, each once
    List,
}

/// Flags of `plimsoll images`.
#[derive(Args, Debug)]
pub struct ImagesArgs {
    /// Charts: folders or archives; those of plimsoll.yaml, or the one in this folder, where none is named
    #[arg(value_name = "CHART")]
    pub charts: Vec<String>,
    /// Scene.
    #[command(flatten)]
    pub scene: SceneArgs,
    /// How the images are listed
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: ImageList,
}

/// How routes are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum RouteList {
    /// A table, then what is wrong
    #[default]
    Text,
    /// For programs
    Json,
    /// For pull requests and documentation
    Markdown,
}

/// Flags of `plimsoll routes`.
#[derive(Args, Debug)]
pub struct RoutesArgs {
    /// Charts: folders or archives; those of plimsoll.yaml, or the one in this folder, where none is named
    #[arg(value_name = "CHART")]
    pub charts: Vec<String>,
    /// Scene.
    #[command(flatten)]
    pub scene: SceneArgs,
    /// Compare with the servers and locations of this nginx configuration
    #[arg(long, value_name = "NGINX.CONF")]
    pub against: Option<String>,
    /// Which Service stands for an upstream or address of nginx, where requests don't tell: php_backend=web
    #[arg(long, value_name = "NGINX=SERVICE", requires = "against")]
    pub map: Vec<String>,
    /// From which severity on conflicts and differences fail the run
    #[arg(long, value_name = "LEVEL", default_value = "error")]
    pub fail_on: FailOn,
    /// How the routes are listed
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: RouteList,
}

/// How a graph is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// A flowchart for GitHub, GitLab and wikis
    #[default]
    Mermaid,
    /// For Graphviz
    Dot,
    /// For programs
    Json,
    /// A page to explore it in a browser
    Html,
}

/// Flags of `plimsoll graph`.
#[derive(Args, Debug)]
pub struct GraphArgs {
    /// Charts: folders or archives; those of plimsoll.yaml, or the one in this folder, where none is named
    #[arg(value_name = "CHART")]
    pub charts: Vec<String>,
    /// Scene.
    #[command(flatten)]
    pub scene: SceneArgs,
    /// How the graph is written
    #[arg(short, long, value_name = "FORMAT", default_value = "mermaid")]
    pub output: GraphFormat,
}

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

/// A family of checks, as a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OnlyFamily {
    /// What `helm lint` says, and what the use of values shows
    Helm,
    /// What the API server would say
    Schema,
    /// What policies say
    Policy,
}

/// From which severity on findings fail a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Errors
    #[default]
    Error,
    /// Warnings too
    Warning,
    /// Nothing does
    Never,
}

impl FailOn {
    /// Whether something this bad fails a run.
    pub fn fails(self, severity: crate::finding::Severity) -> bool {
        match self {
            FailOn::Error => severity >= crate::finding::Severity::Error,
            FailOn::Warning => severity >= crate::finding::Severity::Warning,
            FailOn::Never => false,
        }
    }
}

/// What a custom resource without a known definition is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum MissingSchema {
    /// An error
    Error,
    /// A warning
    #[default]
    Warn,
    /// Nothing
    Ignore,
}

/// Flags of `plimsoll lint`.
#[derive(Args, Debug)]
pub struct LintArgs {
    /// Charts: folders or archives; those of plimsoll.yaml, or the one in this folder, where none is named
    #[arg(value_name = "CHART")]
    pub charts: Vec<String>,
    /// Scene.
    #[command(flatten)]
    pub scene: SceneArgs,
    /// The arguments are changed files, as a commit hook gives them: check the charts they belong to, if any
    #[arg(long)]
    pub touched: bool,
    /// Check every environment of each chart, which is so where none is named
    #[arg(long, conflicts_with = "env")]
    pub all_envs: bool,
    /// Check manifests, files or folders or - for standard input, instead of charts
    #[arg(long, value_name = "PATH", conflicts_with_all = ["charts", "env", "cluster", "chart", "all", "all_envs", "touched"])]
    pub manifests: Vec<String>,
    /// Only these families of checks
    #[arg(long, value_name = "FAMILY", value_delimiter = ',')]
    pub only: Vec<OnlyFamily>,
    /// Sets of policies, folders or files [default: fintech]
    #[arg(long, value_name = "SET|PATH", value_delimiter = ',')]
    pub policies: Vec<String>,
    /// Files or folders with definitions of custom resources
    #[arg(long, value_name = "PATH")]
    pub crds: Vec<String>,
    /// What a custom resource without a known definition is
    #[arg(long, value_name = "LEVEL", default_value = "warn")]
    pub missing_schema: MissingSchema,
    /// From which severity on findings fail the run
    #[arg(long, value_name = "LEVEL", default_value = "error")]
    pub fail_on: FailOn,
    /// Form of the report, several at once: FORMAT, or FORMAT=FILE
    #[arg(short, long, value_name = "FORMAT[=FILE]")]
    pub output: Vec<String>,
    /// File with waivers
    #[arg(long, value_name = "FILE")]
    pub waivers: Option<String>,
    /// File with findings that were there before and don't count
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<String>,
    /// Write all findings of this run as a baseline
    #[arg(long, value_name = "FILE")]
    pub write_baseline: Option<String>,
}

/// What can be done with policies.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// List the policies of all sets, with the rules over several objects
    List,
    /// Show what a policy demands, why, how to mend it, and its examples
    Explain {
        /// For instance fintech/no-latest-tag
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Compile policies and run their own examples
    Test {
        /// Sets, folders or files
        #[arg(value_name = "SET|PATH", required = true)]
        paths: Vec<String>,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn flags_of_a_command_do_not_contradict_each_other() {
        super::Cli::command().debug_assert();
    }
}
