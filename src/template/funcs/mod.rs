//! All template functions, one file per family. A function is added by writing it in its family's file and naming it
//! in the `FUNCS` table there. `include`, `tpl`, `required`, `fail`, `lookup`, `and` and `or` need the engine itself
//! and are in `template::exec`.

pub mod builtin;
pub mod cast;
pub mod certs;
pub mod crypto;
pub mod dates;
pub mod durations;
pub mod encoding;
pub mod environment;
pub mod lists;
pub mod logic;
pub mod maps;
pub mod numbers;
pub mod paths;
#[cfg(test)]
mod recorded;
pub mod regex;
pub mod semver;
pub mod strings;
pub mod toml;
pub mod tools;
pub mod yaml;

use std::collections::HashMap;
use std::sync::LazyLock;

use super::func::Func;

/// The tables of all families.
pub const FAMILIES: &[&[Func]] = &[
    builtin::FUNCS,
    certs::FUNCS,
    crypto::FUNCS,
    dates::FUNCS,
    durations::FUNCS,
    encoding::FUNCS,
    lists::FUNCS,
    logic::FUNCS,
    maps::FUNCS,
    numbers::FUNCS,
    paths::FUNCS,
    regex::FUNCS,
    semver::FUNCS,
    strings::FUNCS,
    toml::FUNCS,
    yaml::FUNCS,
];

static BY_NAME: LazyLock<HashMap<&'static str, &'static Func, foldhash::fast::RandomState>> =
    LazyLock::new(|| FAMILIES.iter().flat_map(|f| f.iter()).map(|f| (f.name, f)).collect());

/// The function of this name.
pub fn find(name: &str) -> Option<&'static Func> {
    BY_NAME.get(name).copied()
}
