//! What is fuzzed: the readers of what comes from outside, each under a name. The tests of the main package run the same
//! code on every input that was ever found (`testdata/fuzz`), so this needs nothing but plimsoll and flate2.

use std::io::Write;
use std::sync::Arc;

use plimsoll::chart::{archive, load};
use plimsoll::diag::log::Log;
use plimsoll::render::render_files_within;
use plimsoll::span::Pos;
use plimsoll::template::ast::TreeSource;
use plimsoll::template::exec::Limits;
use plimsoll::template::parse::{FuncScope, parse as parse_template};
use plimsoll::value::{HelmVersion, Map, Value};
use plimsoll::values::strvals::{Kind, parse_into};
use plimsoll::{jsonschema, manifest, yaml};

/// What reads random bytes.
pub type Target = fn(&[u8]);

/// The targets by name.
pub const TARGETS: &[(&str, Target)] = &[
    ("parse", parse),
    ("evaluate", evaluate),
    ("jinja", jinja),
    ("yaml", read_yaml),
    ("strvals", strvals),
    ("archive", read_archive),
    ("tarball", read_tar),
    ("schema", schema),
];

const HELMS: [HelmVersion; 2] = [HelmVersion::V3, HelmVersion::V4];

/// Runs a target on one input, on a thread with the stack that the program has.
pub fn run(target: &str, data: &[u8]) {
    let found = TARGETS.iter().find(|t| t.0 == target).expect("the target has a name");
    plimsoll::stack::with_stack(|| (found.1)(data)).expect("the target ends without a panic");
}

fn parse(data: &[u8]) {
    for scope in [FuncScope::Chart(HelmVersion::V4), FuncScope::NameTemplate] {
        let source = TreeSource { name: "t".into(), text: data.into(), pos: Pos::NONE };
        let _ = parse_template(Arc::new(source), scope).map_err(|e| e.text());
    }
}

/// Functions that take their time, as they should: keys, slow hashes.
const SLOW: &[&[u8]] = &[b"genCA", b"genSigned", b"genSelf", b"genPrivate", b"derivePass", b"bcrypt", b"htpasswd"];

const VALUES: &[u8] = b"a: text\nn: 3\nf: 1.5\nt: true\nz: null\nl: [a, 1, {x: y}]\nm: {k: v, n: {d: e}}\nbig: 1e30\n";

/// Renders a template among the named templates that seeds use.
fn render(name: &str, data: &[u8]) {
    if SLOW.iter().any(|s| data.windows(s.len()).any(|w| w == *s)) {
        return;
    }
    let file = |name: &str, text: &[u8]| (name.to_owned(), text.to_vec());
    let files = [
        file("Chart.yaml", b"apiVersion: v2\nname: c\nversion: 0.1.0\n"),
        file("files/f.txt", b"one\ntwo\n"),
        file("templates/_h.tpl", b"{{define \"h\"}}<{{.}}>{{end}}{{define \"r\"}}{{include \"r\" .}}{{end}}"),
        file(name, data),
    ];
    let limits = Limits { output: 1 << 20, total_output: 16 << 20, steps: 20_000 };
    for helm in HELMS {
        let _ = render_files_within(&files, VALUES, helm, limits);
    }
}

fn evaluate(data: &[u8]) {
    render("templates/t.yaml", data);
}

fn jinja(data: &[u8]) {
    render("templates/t.yaml.j2", data);
}

fn read_yaml(data: &[u8]) {
    for helm in HELMS {
        let _ = yaml::head(data, helm);
        let _ = yaml::load_values(data, Pos(1), helm);
        if let Ok(text) = std::str::from_utf8(data) {
            let _ = manifest::sort_file("t", text, helm);
        }
    }
    let Ok(value) = yaml::to_value(data, Pos(1)) else { return };
    let _ = yaml::to_yaml_pretty(&value);
    let Ok(text) = yaml::to_yaml(&value) else { return };
    // What we write, we read.
    yaml::to_value(&text, Pos::NONE).expect("emitted YAML is YAML");
}

fn strvals(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for kind in [Kind::Typed, Kind::String, Kind::File, Kind::Json, Kind::Literal] {
        for helm in HELMS {
            let map = Map::default();
            let _ = parse_into(text, kind, &map, Pos(1), helm, &|name| Ok(name.as_bytes().to_vec()));
        }
    }
}

fn read_archive(data: &[u8]) {
    for helm in HELMS {
        if let Ok(files) = archive::read(data, helm) {
            let _ = load::from_files(files, helm, &mut Log::new(helm));
        }
    }
}

/// The bytes of a tar, so that the fuzzer needn't learn to compress.
fn read_tar(data: &[u8]) {
    let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    if zip.write_all(data).is_ok()
        && let Ok(archive) = zip.finish()
    {
        read_archive(&archive);
    }
}

/// A schema, a line `---`, values.
fn schema(data: &[u8]) {
    let (schema, values) = match data.windows(5).position(|w| w == b"\n---\n") {
        Some(at) => (&data[..at], &data[at + 5..]),
        None => (data, &b"{}"[..]),
    };
    // References to files would make the result depend on the machine.
    if schema.windows(4).any(|w| w == b"$ref" || w == b"file") {
        return;
    }
    if let Ok(values @ Value::Map(_)) = yaml::to_map(values, Pos::NONE) {
        let _ = jsonschema::validate(schema, &values, &mut Log::new(HelmVersion::V4));
    }
}
