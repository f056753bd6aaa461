//! The flags of lint and of the policies.

use clap::{Args, Subcommand, ValueEnum};

use super::SceneArgs;

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
