//! What can be typed behind `plimsoll diff`.

use clap::Args;

use crate::cli::args::SceneArgs;

/// Flags of `plimsoll diff`.
#[derive(Args, Debug)]
pub struct DiffArgs {
    /// Charts: folders or archives; those of plimsoll.yaml, or the one in this folder, where none is named
    #[arg(value_name = "CHART")]
    pub charts: Vec<String>,
    /// Scene.
    #[command(flatten)]
    pub scene: SceneArgs,
    /// What to compare with: git:REF (charts, values and project file of that revision), or manifests: a file, a
    /// folder, or - for standard input. {chart} and {env} stand for their names
    #[arg(long, value_name = "WHAT")]
    pub against: Option<String>,
    /// Compare with the manifests on standard input: the same as --against -
    #[arg(long, conflicts_with = "against")]
    pub stdin_current: bool,
    /// Compare these manifests instead of charts: a file or folder
    #[arg(long, value_name = "PATH", conflicts_with_all = ["charts", "all_envs", "values_only"])]
    pub manifests: Vec<String>,
    /// All environments in one report
    #[arg(long, conflicts_with = "env")]
    pub all_envs: bool,
    /// Compare the merged values instead of manifests
    #[arg(long)]
    pub values_only: bool,
    /// Lines around each change; all lines of changed objects with -1
    #[arg(short = 'C', long, value_name = "N", default_value = "3", allow_hyphen_values = true)]
    pub context: i64,
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
    /// Exit with 2 if something differs
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Show secrets as they are; on a terminal only
    #[arg(long)]
    pub show_secrets: bool,
    /// The report: text, markdown, json, html, github; FORMAT=FILE writes a file; can be given more than once
    #[arg(short, long, value_name = "FORMAT")]
    pub output: Vec<String>,
}
