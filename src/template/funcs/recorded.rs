//! Runs the cases of `testdata/template/calls/*.jsonl`, which were recorded from Go 1.26 with sprig v3.3.0,
//! Masterminds/semver v3.5.0 and gobwas/glob v0.2.3.
//!
//! One JSON object per line. `{"t": TEMPLATE, "o": OUTPUT}` or `{"t": TEMPLATE, "e": ERROR}` is a template named `t`
//! executed without data; `{"glob": PATTERN, "name": NAME, "m": BOOL}` a pattern of gobwas/glob with `/` as separator,
//! `{"match": PATTERN, "name": NAME, "m": BOOL}` one of `filepath.Match`, both with `"e"` in place of `"m"` where the
//! pattern is refused. The environment variable `PLIMSOLL_CASES` may name one more file of this form.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value as Json;
use typed_arena::Arena;

use crate::grammar::glob::{Pattern, filepath_match};
use crate::grammar::regex::Cache;
use crate::span::Pos;
use crate::stack;
use crate::template::ast::TreeSource;
use crate::template::exec::{Exec, Templates};
use crate::template::func::FuncCx;
use crate::template::parse::{FuncScope, parse};
use crate::template::trace::Untraced;
use crate::value::{HelmVersion, Str, Value};
use crate::world::System;

const HELM: HelmVersion = HelmVersion::V4;

/// Executes a template; the error is Go's text.
fn run(text: &str) -> Result<String, String> {
    let source = Arc::new(TreeSource { name: Str::from("t"), text: text.into(), pos: Pos::NONE });
    let trees = parse(source, FuncScope::Chart(HELM)).map_err(|e| e.text())?;
    let mut templates = Templates::default();
    templates.add(trees);
    let world = System::new(None, Some(1), None);
    let mut regexes = Cache::default();
    let cx = FuncCx { helm: HELM, world: &world, dns: false, regexes: &mut regexes };
    let arena = Arena::new();
    let mut exec = Exec::new(&templates, &arena, FuncScope::Chart(HELM), cx, Untraced);
    let out = exec.execute(b"t", Value::Nil).map_err(|e| e.go_text())?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

fn text<'a>(case: &'a Json, key: &str) -> Option<&'a str> {
    case.get(key).and_then(Json::as_str)
}

/// What a case gives here.
fn outcome(case: &Json) -> Result<String, String> {
    if let Some(template) = text(case, "t") {
        return run(template);
    }
    let name = text(case, "name").expect("a name");
    let matched = match (text(case, "glob"), text(case, "match")) {
        (Some(pattern), _) => Pattern::new(pattern, Some('/')).map(|p| p.matches(name)),
        (_, Some(pattern)) => filepath_match(pattern, name).map_err(str::to_owned),
        _ => panic!("a case without a kind: {case}"),
    };
    matched.map(|m| m.to_string())
}

/// What was recorded.
fn expected(case: &Json) -> Result<String, String> {
    match (text(case, "e"), text(case, "o"), case.get("m").and_then(Json::as_bool)) {
        (Some(error), ..) => Err(error.to_owned()),
        (_, Some(output), _) => Ok(output.to_owned()),
        (.., Some(matched)) => Ok(matched.to_string()),
        _ => panic!("a case without a result: {case}"),
    }
}

/// Cases of a file that come out differently.
fn failures(file: &Path) -> Vec<String> {
    let lines = std::fs::read_to_string(file).expect("a file of cases");
    let mut out = Vec::new();
    for line in lines.lines() {
        let case: Json = serde_json::from_str(line).expect("a case in JSON");
        let (want, got) = (expected(&case), outcome(&case));
        // Why a glob is refused is nowhere seen.
        let same = want == got || case.get("glob").is_some() && want.is_err() && got.is_err();
        if !same {
            out.push(format!("{line}\n  want {want:?}\n  got  {got:?}"));
        }
    }
    out
}

#[test]
fn calls_come_out_as_recorded_from_go() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/template/calls");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("the recorded calls").flatten().map(|f| f.path()).collect();
    files.sort();
    files.extend(std::env::var_os("PLIMSOLL_CASES").map(PathBuf::from));
    for file in files {
        let failed = stack::with_stack(|| failures(&file)).expect("no panic");
        let shown = failed.iter().take(400).cloned().collect::<Vec<_>>().join("\n");
        assert!(failed.is_empty(), "{} cases of {} differ\n{shown}", failed.len(), file.display());
    }
}
