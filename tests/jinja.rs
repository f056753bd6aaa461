//! The second dialect: charts with Jinja templates in `testdata/jinja` (in the form of the charts of `testdata/parity`,
//! but what they expect was written here: Helm knows no Jinja), and snippets of Go's dialect with twins in Jinja.

use std::fs;
use std::path::{Path, PathBuf};

use plimsoll::render::render_files;
use plimsoll::stack::with_stack;
use plimsoll::template::ast::EngineFunc;
use plimsoll::template::funcs::FAMILIES;
use plimsoll::template::parse::{FuncScope, find_function};
use plimsoll::value::HelmVersion;

use crate::parity::{Place, compare};
use crate::txtar::parse;

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/jinja")
}

#[test]
fn charts_with_jinja_templates_render_as_expected() {
    let mut failures = Vec::new();
    for path in fs::read_dir(data()).expect("test data").map(|e| e.expect("test data").path()) {
        if path.extension().is_none_or(|e| e != "txtar") {
            continue;
        }
        let case = parse(&fs::read_to_string(&path).expect("test data is UTF-8"));
        let mut place = Place::new(&case);
        for run in &case.runs {
            for helm in ["3", "4"] {
                let different = compare(&case, run, helm, &place.execute(run, helm, "2"));
                failures.extend(different.map(|d| format!("{} {} (Helm {helm})\n{d}", path.display(), run.name)));
            }
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

const VALUES: &[u8] = b"name: web\nport: 80\nmillion: 1000000\nratio: 0.5\nflag: false\nlist: [a, b, 3]\nnone: []\n\
    map: {app: web, tier: front}\nimage: {repository: nginx, tag: '1.25'}\nnothing: null\n";

/// What a chart of one template prints, which is Jinja if its name says so.
fn rendered(name: &str, text: &str, helm: HelmVersion) -> Result<String, String> {
    let file = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
    let files = [
        file("Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n"),
        file("motd.txt", "hello\n"),
        file("templates/_h.tpl", "{{ define \"named\" }}<{{ .Values.name }}>{{ end }}"),
        file(&format!("templates/{name}"), text),
    ];
    let out = with_stack(|| render_files(&files, VALUES, helm)).ok_or("it panicked")??;
    Ok(String::from_utf8_lossy(out.get(&format!("c/templates/{name}")).map_or(&[][..], |t| t)).into_owned())
}

#[test]
fn twins_print_the_same() {
    let text = fs::read_to_string(data().join("twins.txt")).expect("test data is UTF-8");
    let mut wrong = Vec::new();
    for line in text.lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
        let mut twins = line.split(" || ");
        let go = twins.next().unwrap_or_default();
        for helm in [HelmVersion::V3, HelmVersion::V4] {
            let expected = rendered("t.yaml", go, helm);
            // Helm 3 lacks a few functions.
            let Ok(expected) = expected else {
                if helm == HelmVersion::V4 {
                    wrong.push(format!("{go}\n  {expected:?}\n"));
                }
                continue;
            };
            for twin in twins.clone() {
                let found = rendered("t.yaml.j2", twin, helm);
                if found.as_ref() != Ok(&expected) {
                    wrong.push(format!("{go}\n  {twin}\n  {expected:?}\n  {found:?}\n"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_family_has_twins() {
    let text = fs::read_to_string(data().join("twins.txt")).expect("test data is UTF-8");
    let go: String = text.lines().filter(|l| !l.starts_with('#')).filter_map(|l| l.split(" || ").next()).collect();
    let words: Vec<&str> = go.split(|c: char| !c.is_alphanumeric()).collect();
    for family in FAMILIES {
        let used = family.iter().filter(|f| words.contains(&f.name)).count();
        assert!(used >= 2.min(family.len()), "no twins for the family of {}", family[0].name);
    }
}

#[test]
fn every_function_is_a_function_and_a_filter() {
    for helm in [HelmVersion::V3, HelmVersion::V4] {
        let names = FAMILIES.iter().flat_map(|f| f.iter()).map(|f| f.name).chain(EngineFunc::ALL.map(EngineFunc::name));
        let names: Vec<&str> = names.filter(|n| find_function(n, FuncScope::Chart(helm)).is_some()).collect();
        let filters: String = names.iter().map(|n| format!("{{{{ '{n}' is filter }}}}\n")).collect();
        assert_eq!(rendered("t.yaml.j2", &filters, helm), Ok("true\n".repeat(names.len())));
        // Operators of Jinja's can't be written as functions.
        let callable: Vec<&&str> = names.iter().filter(|n| !matches!(**n, "and" | "or" | "not")).collect();
        let functions: String = callable.iter().map(|n| format!("{{{{ {n} is defined }}}}\n")).collect();
        assert_eq!(rendered("t.yaml.j2", &functions, helm), Ok("true\n".repeat(callable.len())));
    }
}

#[test]
fn what_a_template_may_use_up_is_limited() {
    let refused = |text: &str, why: &str| {
        let found = rendered("t.yaml.j2", text, HelmVersion::V3);
        assert!(found.as_ref().is_err_and(|e| e.contains(why)), "{text}: {found:?}");
    };
    refused("{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}", "instructions");
    refused("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "recursion limit");
    refused("{{ include('c/templates/t.yaml.j2', ctx) }}", "nested");
    let doubled = "{% set x = namespace(y=[1]) %}{% for i in range(60) %}{% set x.y = [x.y, x.y] %}{% endfor %}";
    refused(&format!("{doubled}{{{{ x.y }}}}"), "too many items");
    refused(&" ".repeat(200_000), "larger than");
    let deep = "{% set x = namespace(y=[]) %}{% for i in range(50) %}{% for j in range(9999) %}{% set x.y = [x.y] %}\
                {% endfor %}{% endfor %}";
    assert_eq!(rendered("t.yaml.j2", &format!("{deep}{{% set z = x.y ~ '' %}}"), HelmVersion::V4), Ok(String::new()));
    let own = "{% set d = dict() %}{% set _ = set(d, 'a', d) %}{% set _ = set(d, 'b', d) %}";
    let other = "{% set e = dict() %}{% set _ = set(e, 'a', e) %}{% set _ = set(e, 'b', e) %}";
    assert_eq!(rendered("t.yaml.j2", &format!("{own}{other}{{{{ d == e }}}}"), HelmVersion::V4), Ok("true".into()));
}
