//! Every function has tests.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use plimsoll::template::funcs::FAMILIES;

use crate::format::{markdown_files, read_cases};

/// The functions that are part of the evaluator, and so in no family.
const IN_THE_ENGINE: &[&str] = &["and", "or", "include", "tpl", "required", "fail", "lookup"];

/// The fewest cases that a function may have.
const FEWEST: usize = 3;

#[test]
fn every_function_has_cases_with_output_and_with_an_error() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/template/funcs");
    let cases: Vec<_> = markdown_files(&root)
        .iter()
        .flat_map(|path| read_cases(path, &fs::read_to_string(path).expect("test data is UTF-8")))
        .collect();
    let names = FAMILIES.iter().flat_map(|f| f.iter()).map(|f| f.name).chain(IN_THE_ENGINE.iter().copied());
    let mut poor = BTreeSet::new();
    // Nothing that these print can be recorded.
    for name in names.filter(|n| !matches!(*n, "now" | "uuidv4")) {
        let own: Vec<_> = cases.iter().filter(|c| c.name.contains(&format!(" {name}: "))).collect();
        if own.len() < FEWEST || !own.iter().any(|c| c.expected[1].is_err()) {
            poor.insert(name);
        }
    }
    assert!(poor.is_empty(), "without a section in testdata/template/funcs, or one too small: {poor:?}");
}

#[test]
fn no_function_is_listed_twice() {
    let mut seen = BTreeSet::new();
    for func in FAMILIES.iter().flat_map(|f| f.iter()) {
        assert!(seen.insert(func.name), "{} is in two places", func.name);
    }
}
