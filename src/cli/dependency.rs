//! `plimsoll dependency`: the local half of `helm dependency`.

use std::io::Write;

use super::args::{DependencyArgs, DependencyCommand};
use super::exit;
use crate::chart::build::Manager;
use crate::chart::dependency::list;
use crate::diag::log::Log;
use crate::value::HelmVersion;

/// Runs the command.
pub(super) fn run(command: &DependencyCommand) -> u8 {
    let (DependencyCommand::List(args) | DependencyCommand::Build(args) | DependencyCommand::Update(args)) = command;
    let mut log = Log::like_helm(HelmVersion::from(args.helm_version));
    let (text, done) = match command {
        DependencyCommand::List(_) => match list(&args.chart, args.max_col_width, args.helm_version.into(), &mut log) {
            Ok(text) => (text, Ok(())),
            Err(e) => (String::new(), Err(e)),
        },
        DependencyCommand::Build(_) => manage(args, &mut log, |m| m.build()),
        DependencyCommand::Update(_) => manage(args, &mut log, |m| m.update()),
    };
    let printed = super::print(text.as_bytes());
    let mut errors: String = log.take().iter().map(|l| format!("{l}\n")).collect();
    if let Err(e) = &done {
        errors.push_str(&format!("Error: {e}\n"));
    }
    let _ = std::io::stderr().write_all(errors.as_bytes());
    if done.is_ok() && printed { exit::OK } else { exit::ERROR }
}

fn manage(
    args: &DependencyArgs,
    log: &mut Log,
    verb: impl Fn(&mut Manager<'_>) -> Result<(), String>,
) -> (String, Result<(), String>) {
    let mut manager = Manager::new(&args.chart, args.helm_version.into(), jiff::Zoned::now(), log);
    let done = verb(&mut manager);
    (std::mem::take(&mut manager.out), done)
}
