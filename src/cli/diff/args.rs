//! What can be typed behind `plimsoll diff`.

use clap::Args;

use crate::cli::args::{ConnectArgs, SceneArgs};

/// Flags of `plimsoll diff`.
#[derive(Args, Debug)]
pub struct DiffArgs {
    /// Charts: folders or archives; those of plimsoll.yaml, or the one in this folder, where none is named
    #[arg(value_name = "CHART")]
    pub charts: Vec<String>,
    /// Scene.
    #[command(flatten)]
    pub scene: SceneArgs,
    /// Connect.
    #[command(flatten)]
    pub connect: ConnectArgs,
    /// What to compare with instead of the release in the cluster: git:REF (charts, values and project file of that revision), or manifests: a file, a
    /// folder, or - for standard input. {chart} and {env} stand for their names
    #[arg(long, value_name = "WHAT")]
    pub against: Option<String>,
    /// The revision of the release to compare with [default: the one that an upgrade would start from]
    #[arg(long, value_name = "N", conflicts_with_all = ["against", "stdin_current"])]
    pub revision: Option<u64>,
    /// List the revisions of the release instead
    #[arg(long, conflicts_with_all = ["against", "stdin_current", "revision"])]
    pub list: bool,
    /// Let templates see the cluster: `lookup`, and .Capabilities unless --kube-version or --api-versions say them
    #[arg(long)]
    pub live: bool,
    /// Lay what is given over the values of the deployed release and the defaults of its chart, as Helm's upgrade does
    #[arg(long, conflicts_with_all = ["against", "stdin_current"])]
    pub reuse_values: bool,
    /// Lay what is given over what the user gave last time and the new chart's defaults, as Helm's upgrade does
    #[arg(long, conflicts_with_all = ["against", "stdin_current"])]
    pub reset_then_reuse_values: bool,
    /// Take none of the deployed release's values, which is the default, whatever the two flags above say
    #[arg(long)]
    pub reset_values: bool,
    /// Show what was changed in the cluster by hand too: live objects against the release, what others own told apart,
    /// and what the upgrade makes of each. release:NAMESPACE/NAME in place of a chart looks for nothing else
    #[arg(long, conflicts_with_all = ["against", "stdin_current", "manifests", "revision", "list", "values_only"])]
    pub drift: bool,
    /// Ask the API server what it would refuse of the new objects, by server-side dry runs
    #[arg(long, conflicts_with_all = ["against", "stdin_current", "manifests", "revision", "list", "values_only"])]
    pub server: bool,
    /// Compare with the manifests on standard input: the same as --against -
    #[arg(long, conflicts_with = "against")]
    pub stdin_current: bool,
    /// Compare these manifests instead of charts: a file or folder
    #[arg(long, value_name = "PATH", conflicts_with_all = ["charts", "all_envs", "revision", "list"])]
    pub manifests: Vec<String>,
    /// Compare values instead of manifests: what the user gave (with the project's layers) and the chart's defaults. Against a
    /// release, git:REF, another folder of the chart, or a file of values as `helm get values` prints them. Not to be
    /// mixed up with --values, which names values files as in Helm
    #[arg(long, conflicts_with_all = ["manifests", "list"])]
    pub values_only: bool,
    /// All environments in one report
    #[arg(long, conflicts_with = "env")]
    pub all_envs: bool,
    /// Lines around each change; all lines of changed objects with -1
    #[arg(short = 'C', long = "context", value_name = "N", default_value = "3", allow_hyphen_values = true)]
    pub lines: i64,
    /// Both sides beside each other
    #[arg(long)]
    pub side_by_side: bool,
    /// Kinds that are not compared, as globs
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    pub suppress: Vec<String>,
    /// Fields that don't count: spec.replicas, metadata.annotations[example.com/*]
    #[arg(long, value_name = "PATH")]
    pub ignore: Vec<String>,
    /// Labels that name the chart's version don't count
    #[arg(long)]
    pub ignore_chart_version: bool,
    /// Compare the definitions in crds/ too
    #[arg(long)]
    pub include_crds: bool,
    /// Leave out hooks
    #[arg(long)]
    pub no_hooks: bool,
    /// Leave out hooks of `helm test`
    #[arg(long)]
    pub no_tests: bool,
    /// Don't look for findings of lint that the change brings
    #[arg(long)]
    pub no_lint: bool,
    /// Exit with 2 if something differs
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Show secrets as they are; on a terminal only
    #[arg(long)]
    pub show_secrets: bool,
    /// The report: text, markdown, json, html, github; FORMAT=FILE writes a file; can be given more than once
    #[arg(short, long, value_name = "FORMAT")]
    pub output: Vec<String>,
    /// Colours: auto (on a terminal, without NO_COLOR), always, never
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Colour,
    /// Don't start a pager ($PLIMSOLL_PAGER, $PAGER or less, on a terminal only)
    #[arg(long)]
    pub no_pager: bool,
    /// What only the Helm plugin asks for.
    #[arg(skip)]
    pub as_helm: AsHelm,
}

impl DiffArgs {
    /// Whether clusters are asked for more than their releases.
    pub fn asks_clusters(&self) -> bool {
        self.drift || self.server
    }
}

/// When there are colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Colour {
    /// On a terminal.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What `helm diff` does otherwise than `plimsoll diff`.
#[derive(Clone, Copy, Debug, Default)]
pub struct AsHelm {
    /// A release that isn't there is an error.
    pub must_exist: bool,
    /// An upgrade that is given no values goes on with those of the release.
    pub reuses_by_default: bool,
    /// The cluster is not asked: everything is an addition.
    pub installs: bool,
}
