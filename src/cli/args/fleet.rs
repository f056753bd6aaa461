//! The flags of what a fleet is made and seen with: init, matrix, report.

use clap::{Args, Subcommand, ValueEnum};

use super::{FailOn, SelectArgs};

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
    /// Join the reports of shards, of lint (-o shard=FILE) or of diff (-o json=FILE), into one report of any form
    #[command(after_help = super::examples::MERGE)]
    Merge(MergeArgs),
}

/// Flags of `plimsoll report merge`.
#[derive(Args, Debug)]
pub struct MergeArgs {
    /// Reports that lint wrote as shard or json, or diff as json
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
