//! Expressions and what Kubernetes' own CEL says of them, recorded by `.ci/celrecorder`.

use std::fs;
use std::path::Path;

use plimsoll::cel::{Env, Scope, Type, Value};
use plimsoll::yaml::node::Document;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Recorded {
    minor: u32,
    expr: String,
    compile_error: Option<String>,
    error: Option<String>,
    value: Option<String>,
    r#type: Option<String>,
    line: usize,
    column: usize,
}

fn dir() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/cel")
}

fn env(minor: u32) -> Env {
    let gvk = Type::object("kubernetes.GroupVersionKind", &[("kind", Type::String)]);
    let user = Type::object("kubernetes.UserInfo", &[("groups", Type::list(Type::String))]);
    let fields = [("kind", gvk), ("operation", Type::String), ("userInfo", user)];
    let request = Type::object("kubernetes.AdmissionRequest", &fields);
    let globals = vec![("object".to_owned(), Type::Dyn), ("request".to_owned(), request)];
    Env { minor, globals, variables: Vec::new(), has_variables: false }
}

fn show(v: &Value<'_>) -> String {
    match v {
        Value::Null => "null".into(),
        Value::Bool(b) => b.to_string(),
        Value::Int(i) => i.to_string(),
        Value::Uint(u) => format!("{u}u"),
        Value::Double(d) => format!("double({})", plimsoll::gonum::format_float(*d, 'g', None)),
        Value::Str(s) => serde_json::to_string(&**s).expect("a string is JSON"),
        Value::Bytes(b) => format!("bytes({})", b.iter().map(|b| format!("{b:02x}")).collect::<String>()),
        Value::Duration(d) => format!("duration({d})"),
        Value::Timestamp(t) => format!("timestamp({t})"),
        Value::Type(t) => format!("type({})", &**t),
        Value::Optional(None) => "none".into(),
        Value::Optional(Some(v)) => format!("optional({})", show(v)),
        Value::List(l) => format!("[{}]", l.iter().map(|v| show(&v)).collect::<Vec<_>>().join(", ")),
        Value::Map(m) => {
            let mut parts: Vec<String> = m.iter().map(|(k, v)| format!("{}: {}", show(&k), show(&v))).collect();
            parts.sort();
            format!("{{{}}}", parts.join(", "))
        }
        Value::Opaque(o) => format!("a {}", o.type_name()),
    }
}

fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..offset.min(text.len())];
    let line = before.matches('\n').count() + 1;
    (line, before.chars().rev().take_while(|c| *c != '\n').count() + 1)
}

/// What differs, as text.
fn differs(r: &Recorded, object: &Document) -> Option<String> {
    let compiled = env(r.minor).compile(&r.expr);
    let program = match (compiled, &r.compile_error) {
        (Err(e), Some(_)) => {
            let ours = place(&r.expr, e.offset as usize);
            // Where the grammar itself is broken, ANTLR names the token at which it gave up.
            let syntax = e.message.starts_with("Syntax error") || r.line == 0;
            let fine = syntax || ours == (r.line, r.column);
            return (!fine).then(|| format!("is refused at {ours:?}, the server says {}:{}", r.line, r.column));
        }
        (Err(e), None) => return Some(format!("does not compile: {}", e.message)),
        (Ok(_), Some(theirs)) => return Some(format!("compiles, the server says: {theirs}")),
        (Ok(program), None) => program,
    };
    let theirs = r.r#type.as_deref().unwrap_or_default();
    // What a type is the type of is of no consequence, and not kept.
    let theirs = if theirs.starts_with("type(") { "type" } else { theirs };
    if program.output.to_string() != theirs {
        return Some(format!("has the type {}, the server says {theirs}", program.output));
    }
    let scope = Scope::new(vec![Some(Value::of(&object.root)), None], &[]);
    match (program.eval(&scope), &r.error) {
        (Err(e), Some(theirs)) if e.0 == *theirs => None,
        (Err(e), Some(theirs)) => Some(format!("fails with {:?}, the server says {theirs:?}", e.0)),
        (Err(e), None) => Some(format!("fails with {:?}, the server yields {:?}", e.0, r.value)),
        (Ok(v), _) => {
            let ours = show(&v);
            (r.value.as_deref() != Some(&ours))
                .then(|| format!("yields {ours}, the server {:?} {:?}", r.value, r.error))
        }
    }
}

#[test]
fn expressions_yield_what_the_server_says() {
    let read = |name: &str| fs::read(dir().join(name)).expect("test data is readable");
    let object = Document::parse(&read("object.yaml")).expect("the object is YAML");
    let recorded: Vec<Recorded> = serde_json::from_slice(&read("recorded.json")).expect("recorded.json is JSON");
    let asked = String::from_utf8(read("expressions.txt")).expect("the expressions are UTF-8");
    let asked = asked.lines().filter(|l| !l.is_empty() && !l.starts_with("# "));
    assert!(recorded.iter().map(|r| r.expr.as_str()).eq(asked), "recorded.json is of other expressions");
    assert!(recorded.len() > 500);
    let wrong: Vec<String> = recorded
        .iter()
        .filter_map(|r| differs(r, &object).map(|why| format!("1.{} {} {why}", r.minor, r.expr)))
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), recorded.len(), wrong.join("\n"));
}
