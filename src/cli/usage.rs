//! Reading the command line as Helm's own reader does (spf13/pflag v1.0.10) where clap is stricter: `--flag=true`, values
//! that begin with a dash; and pflag's texts for what can't be read.

use clap::builder::TypedValueParser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command, CommandFactory, Error, FromArgMatches, Parser};

use super::args::Cli;
use super::exit;

/// What was typed, or the exit status after help or an error was printed.
pub(super) fn parse() -> Result<Cli, u8> {
    let strict = match Cli::try_parse() {
        Ok(cli) => return Ok(cli),
        Err(e) => e,
    };
    if !strict.use_stderr() {
        let _ = strict.print();
        return Err(exit::OK);
    }
    let typed: Vec<String> = std::env::args_os().map(|a| a.to_string_lossy().into_owned()).collect();
    if typed.get(1).is_none_or(|command| command != "template") {
        let _ = strict.print();
        return Err(exit::USAGE);
    }
    let lenient = Cli::command().mut_subcommand("template", |c| c.mut_args(as_pflag));
    match lenient.try_get_matches().and_then(|m| Cli::from_arg_matches(&m)) {
        Ok(cli) => Ok(cli),
        Err(e) => Err(report(&e, &typed)),
    }
}

/// The flag as pflag would read it.
fn as_pflag(arg: Arg) -> Arg {
    match arg.get_action() {
        ArgAction::SetTrue => arg
            .action(ArgAction::Set)
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .default_value("false")
            .value_parser(GoBool),
        ArgAction::Set | ArgAction::Append if !arg.is_positional() => arg.allow_hyphen_values(true),
        _ => arg,
    }
}

/// Go's `strconv.ParseBool`.
#[derive(Clone)]
struct GoBool;

impl TypedValueParser for GoBool {
    type Value = bool;

    fn parse_ref(&self, cmd: &Command, arg: Option<&Arg>, value: &std::ffi::OsStr) -> Result<bool, Error> {
        match value.to_string_lossy().as_ref() {
            "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(true),
            "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(false),
            other => {
                let flag = arg.map_or("", |a| a.get_long().unwrap_or_default());
                let text = format!(
                    "invalid argument {other:?} for \"--{flag}\" flag: strconv.ParseBool: parsing {other:?}: invalid syntax"
                );
                Err(Error::raw(ErrorKind::ValueValidation, text).with_cmd(cmd))
            }
        }
    }
}

/// Prints the error and gives the exit status: Helm's where Helm would fail too.
fn report(e: &Error, typed: &[String]) -> u8 {
    match helm_text(e, typed) {
        Some(text) => {
            eprintln!("Error: {text}");
            exit::ERROR
        }
        None => {
            let _ = e.print();
            exit::USAGE
        }
    }
}

fn helm_text(e: &Error, typed: &[String]) -> Option<String> {
    let context = |kind| match e.get(kind) {
        Some(ContextValue::String(s)) => s.as_str(),
        _ => "",
    };
    let arg = context(ContextKind::InvalidArg);
    match e.kind() {
        ErrorKind::UnknownArgument => Some(match arg.strip_prefix("--") {
            Some(long) => format!("unknown flag: --{}", long.split('=').next().unwrap_or_default()),
            None => unknown_shorthand(arg.strip_prefix('-')?.chars().next()?, typed),
        }),
        ErrorKind::InvalidValue if context(ContextKind::InvalidValue).is_empty() => {
            let last = typed.last()?;
            Some(match (last.starts_with("--"), last.strip_prefix('-').and_then(|s| s.chars().next_back())) {
                (false, Some(c)) => format!("flag needs an argument: {c:?} in {last}"),
                _ => format!("flag needs an argument: {}", arg.split(' ').next().unwrap_or_default()),
            })
        }
        ErrorKind::ValueValidation => {
            let text = e.to_string();
            text.trim().strip_prefix("error: ").filter(|t| t.contains("ParseBool")).map(str::to_owned)
        }
        _ => None,
    }
}

/// The shorthands that stood together are named from the unknown one on.
fn unknown_shorthand(c: char, typed: &[String]) -> String {
    let clusters = typed.iter().filter_map(|a| a.strip_prefix('-').filter(|rest| !rest.starts_with('-')));
    let rest = clusters.filter_map(|cluster| cluster.find(c).map(|at| &cluster[at..])).next();
    format!("unknown shorthand flag: {c:?} in -{}", rest.map_or_else(|| c.to_string(), str::to_owned))
}
