//! A module may import only what is below it: the table is the design, this test keeps the code to it.

use std::fs;
use std::path::{Path, PathBuf};

/// Layer by layer: the modules, each with those of its own layer that it may use.
const LAYERS: &[&[(&str, &[&str])]] = &[
    &[
        ("blob", &[]),
        ("span", &["blob"]),
        ("stack", &[]),
        ("parallel", &["stack"]),
        ("gonum", &[]),
        ("value", &["blob", "span", "stack", "gonum"]),
        ("diag", &["value"]),
        ("world", &["value"]),
    ],
    &[
        ("grammar", &[]),
        ("yaml", &["grammar"]),
        ("jsonschema", &["grammar"]),
        ("template", &["yaml", "grammar"]),
        ("cel", &["yaml", "grammar"]),
    ],
    &[("values", &[]), ("manifest", &[]), ("finding", &[]), ("kube", &["finding"])],
    &[("cluster", &[])],
    &[("chart", &[]), ("fleet", &["chart"])],
    &[("render", &[]), ("policy", &[]), ("routes", &[])],
    &[("explain", &[])],
    &[("lint", &[]), ("diff", &[]), ("graph", &[]), ("adopt", &[])],
    &[("report", &[])],
    &[("cli", &[])],
];

fn layer_of(module: &str) -> Option<(usize, &'static [&'static str])> {
    LAYERS.iter().enumerate().find_map(|(i, l)| l.iter().find(|m| m.0 == module).map(|m| (i, m.1)))
}

/// A `crate::` of a module: the file and line where it stands, the module, and the one it names.
struct Import {
    place: String,
    from: String,
    used: String,
}

fn all_imports() -> Vec<Import> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for path in rust_files(&src) {
        let relative = path.strip_prefix(&src).expect("found below src");
        let first = relative.iter().next().expect("not empty").to_string_lossy();
        let from = first.trim_end_matches(".rs");
        if from == "lib" || from == "main" {
            continue;
        }
        let text = fs::read_to_string(&path).expect("sources are UTF-8");
        found.extend(imports(&text).into_iter().map(|(line, used)| Import {
            place: format!("{}:{line}", relative.display()),
            from: from.to_owned(),
            used,
        }));
    }
    found
}

#[test]
fn modules_import_only_from_below() {
    let mut wrong = Vec::new();
    for Import { place, from, used } in all_imports() {
        let Some((layer, beside)) = layer_of(&from) else {
            wrong.push(format!("{place}: module {from} has no layer"));
            continue;
        };
        let fine =
            used == from || layer_of(&used).is_some_and(|(below, _)| below < layer) || beside.contains(&used.as_str());
        if !fine {
            wrong.push(format!("{place}: {from} may not use {used}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn the_table_allows_nothing_that_is_not_there() {
    let imports = all_imports();
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut idle = Vec::new();
    for (module, beside) in LAYERS.concat() {
        if !src.join(module).is_dir() && !src.join(format!("{module}.rs")).is_file() {
            idle.push(format!("there is no module {module}"));
        }
        let unused = beside.iter().filter(|used| !imports.iter().any(|i| i.from == module && i.used == **used));
        idle.extend(unused.map(|used| format!("{module} doesn't use {used}")));
    }
    assert!(idle.is_empty(), "\n{}\n", idle.join("\n"));
}

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).expect("sources are readable") {
        let path = entry.expect("sources are readable").path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The modules named after each `crate::` outside comments, with line numbers. Knows `crate::{a::b, c}`.
fn imports(text: &str) -> Vec<(usize, String)> {
    let code: Vec<&str> = text.lines().map(|l| if l.trim_start().starts_with("//") { "" } else { l }).collect();
    let code = code.join("\n");
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let line = code[..at].matches('\n').count() + 1;
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => found.extend(group_heads(group).into_iter().map(|m| (line, m))),
            None => found.push((line, identifier(rest))),
        }
    }
    found
}

/// The first names of a `{a::b, c::{d, e}}` group, given what follows its opening brace.
fn group_heads(group: &str) -> Vec<String> {
    let (mut heads, mut depth, mut fresh) = (Vec::new(), 0, true);
    for (i, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            c if fresh && !c.is_whitespace() => {
                heads.push(identifier(&group[i..]));
                fresh = false;
            }
            _ => {}
        }
    }
    heads
}

fn identifier(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[test]
fn imports_are_found() {
    let text = "use crate::value::Value;\n// crate::cli\nuse crate::{span::Pos, yaml::{a, b},\n grammar};\n";
    let names: Vec<String> = imports(text).into_iter().map(|i| i.1).collect();
    assert_eq!(names, ["value", "span", "yaml", "grammar"]);
}
