//! The command line: the only place that prints and picks exit codes.

pub mod args;
mod batch;
mod changed;
mod cluster;
mod dependency;
mod diff;
mod explain;
mod failures;
mod graph;
pub mod helm_diff;
mod images;
mod init;
mod krm;
mod lint;
mod matrix;
mod merge;
mod pager;
mod policy;
mod progress;
mod recorded;
mod render;
mod routes;
mod session;
mod spread;
mod template;
mod touched;
mod usage;
mod values;
mod whose;
mod world;

use std::io::Write;

use clap::CommandFactory;

/// Exit statuses of all commands but `template`, which keeps to Helm's 0 and 1.
pub mod exit {
    /// Fine.
    pub const OK: u8 = 0;
    /// An error, or findings.
    pub const ERROR: u8 = 1;
    /// Something differs, where `--detailed-exitcode` asks.
    pub const CHANGES: u8 = 2;
    /// Wrong usage or configuration.
    pub const USAGE: u8 = 3;
    /// A cluster or the network.
    pub const CLUSTER: u8 = 4;
}

/// Runs the command line and returns the exit status.
pub fn run() -> u8 {
    crate::stack::with_stack(|| {
        let cli = match usage::parse() {
            Ok(cli) => cli,
            Err(status) => return status,
        };
        match cli.command {
            args::Command::Template(a) => template::run(&a),
            args::Command::Dependency(c) => dependency::run(&c),
            args::Command::Render(a) => render::run(&a),
            args::Command::Explain(a) => explain::run(&a),
            args::Command::Values(a) => values::run(&a),
            args::Command::Images(a) => images::run(&a),
            args::Command::Diff(a) => diff::run(&a),
            args::Command::HelmDiff(c) => helm_diff::run(&c),
            args::Command::Routes(a) => routes::run(&a),
            args::Command::Graph(a) => graph::run(&a),
            args::Command::Lint(a) => lint::run(&a),
            args::Command::Policy(c) => policy::run(&c),
            args::Command::Init(a) => init::run(&a),
            args::Command::Matrix(a) => matrix::run(&a),
            args::Command::Schema => {
                let text = serde_json::to_string_pretty(&crate::fleet::definition::schema()).unwrap_or_default();
                if print(format!("{text}\n").as_bytes()) { exit::OK } else { exit::ERROR }
            }
            args::Command::Report(args::ReportCommand::Merge(a)) => merge::run(&a),
            args::Command::Krm => krm::run(),
            args::Command::Completion { shell } => {
                // Written at once: the generator panics where its reader goes away.
                let mut text = Vec::new();
                clap_complete::generate(shell, &mut args::Cli::command(), "plimsoll", &mut text);
                if print(&text) { exit::OK } else { exit::ERROR }
            }
            args::Command::Man => {
                let mut page = Vec::new();
                let made = clap_mangen::Man::new(args::Cli::command()).render(&mut page);
                if made.is_ok() && print(&page) { exit::OK } else { exit::ERROR }
            }
            args::Command::InternalBatch => batch::run(),
        }
    })
    .unwrap_or(exit::ERROR)
}

/// Writes to standard output; a reader that went away is no error.
fn print(text: &[u8]) -> bool {
    let mut out = std::io::stdout().lock();
    match out.write_all(text).and_then(|()| out.flush()) {
        Ok(()) => true,
        Err(e) => e.kind() == std::io::ErrorKind::BrokenPipe,
    }
}
