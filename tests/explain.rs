//! Where values come from after all that can happen to them on their way: `testdata/explain/origins` has a line for
//! each, and names the lines of its values files in comments (`# @port`), by which they are found here.

use std::path::Path;

use plimsoll::chart::load::load;
use plimsoll::diag::log::Log;
use plimsoll::explain::{self, LineOrigin, Map, Origin, OriginKind};
use plimsoll::fleet::files_of;
use plimsoll::render::capabilities::DEFAULT_KUBE_VERSION;
use plimsoll::render::{KubeVersion, Options, Rendered};
use plimsoll::span::{Pos, SourceMap};
use plimsoll::value::HelmVersion;
use plimsoll::values::layers::{Layers, ValuesFile, merge_layers};
use plimsoll::world::System;

struct Scene {
    rendered: Rendered,
    map: Map,
    layers: explain::Layers,
}

fn scene(env: Option<&str>, set: &[&str], helm: HelmVersion) -> Scene {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/explain/origins");
    let mut log = Log::new(helm);
    let chart = load(&path, helm, &mut log).expect("the chart loads");
    let files = env.map(|e| files_of(&path, e)).unwrap_or_default();
    let files = files.iter().map(|f| ValuesFile {
        path: f.display().to_string(),
        layer: env.unwrap_or_default().into(),
        text: std::fs::read(f).expect("a values file"),
    });
    let user =
        Layers { files: files.collect(), set: set.iter().map(|s| (*s).to_owned()).collect(), ..Layers::default() };
    let options = Options {
        check_schema: false,
        ..Options::of("demo", "default", KubeVersion::parse(DEFAULT_KUBE_VERSION, helm).expect("the default"), helm)
    };
    let mut sources = SourceMap::default();
    let values = merge_layers(&user, helm, &mut sources, &|_| Err(String::new())).expect("the values merge");
    let world = System::new(None, Some(1), None);
    let (rendered, map) =
        explain::explain(&chart, &values, &options, &world, &mut sources, &mut log).expect("the chart renders");
    let layers = explain::Layers::new(&chart, map.sources(), helm);
    Scene { rendered, map, layers }
}

impl Scene {
    /// The origin of the line that begins so, in the document of this template.
    fn line(&self, template: &str, start: &str) -> LineOrigin {
        let document = self.rendered.manifests.iter().find(|m| m.path == template).expect("the document is there");
        let found = self.map.lines(document).find(|(l, _)| l.trim_start().starts_with(start));
        found.unwrap_or_else(|| panic!("no line {start}:\n{}", document.content)).1
    }

    /// `key @name` of a value, by the comment on its line.
    fn named(&self, origin: &Origin) -> String {
        format!("{} {}", origin.key, self.comment(origin.pos))
    }

    fn comment(&self, pos: Pos) -> String {
        let Some((file, _)) = self.map.sources().find(pos) else { return "nowhere".into() };
        let source = self.map.sources().source(file);
        let line = self.map.sources().location(pos).expect("just found").line;
        let text = String::from_utf8_lossy(&source.text).lines().nth(line - 1).unwrap_or_default().to_owned();
        match text.split_once("# ") {
            Some((_, name)) => name.to_owned(),
            None => text,
        }
    }

    /// The values that a line is made of.
    fn values(&self, template: &str, start: &str) -> Vec<String> {
        let line = self.line(template, start);
        line.values.iter().filter(|o| o.kind == OriginKind::Value).map(|o| self.named(o)).collect()
    }

    /// What all layers say of a key, the weakest first.
    fn said(&self, key: &str) -> Vec<String> {
        self.layers.of(&explain::parse_path(key)).iter().map(|d| self.comment(d.pos)).collect()
    }
}

const ALL: &str = "origins/templates/all.yaml";
const ONE: &str = "origins/charts/one/templates/sub.yaml";
const TWO: &str = "origins/charts/two/templates/sub.yaml";
const KID: &str = "origins/charts/kid/templates/kid.yaml";

#[test]
fn defaults_of_an_alias_are_the_subcharts_under_the_aliases_name() {
    let s = scene(None, &[], HelmVersion::V4);
    assert_eq!(s.values(ONE, "path:"), ["one.path @sub path"]);
    assert_eq!(s.values(TWO, "path:"), ["two.path @sub path"]);
    assert_eq!(s.values(TWO, "port:"), ["two.port @sub port"]);
}

#[test]
fn parents_override_subcharts_and_environments_override_parents() {
    let s = scene(None, &[], HelmVersion::V4);
    assert_eq!(s.values(ONE, "port:"), ["one.port @one port"]);
    let s = scene(Some("prod"), &[], HelmVersion::V4);
    assert_eq!(s.values(ONE, "port:"), ["one.port @one port prod"]);
    assert_eq!(s.said("one.port"), ["@sub port", "@one port", "@one port prod"]);
    assert_eq!(s.values(KID, "depth:"), ["kid.settings.depth @kid depth"]);
}

#[test]
fn globals_are_the_roots_wherever_they_are_read() {
    let s = scene(None, &[], HelmVersion::V4);
    assert_eq!(s.values(ALL, "region:"), ["global.region @global region"]);
    assert_eq!(s.values(ONE, "region:"), ["global.region @global region"]);
    assert_eq!(s.said("one.global.region"), ["@sub region", "@global region"]);
}

#[test]
fn imported_values_lead_to_the_subchart() {
    for helm in [HelmVersion::V3, HelmVersion::V4] {
        let s = scene(None, &[], helm);
        assert_eq!(s.values(ALL, "imported:"), ["imported @imported"]);
        assert_eq!(s.said("imported"), ["@imported"]);
        // What the parent sets for the child is imported too.
        assert_eq!(s.values(ALL, "depth:"), ["taken.depth @kid depth"]);
    }
}

#[test]
fn deleted_keys_are_missing_and_the_templates_own_default_is_named() {
    let s = scene(Some("prod"), &[], HelmVersion::V4);
    let line = s.line(ALL, "gone:");
    assert!(line.values.iter().all(|o| o.kind == OriginKind::Literal && o.functions == ["default"]), "{line:?}");
    assert!(line.conditions.iter().any(|o| o.kind == OriginKind::Missing && &*o.key == "gone"), "{line:?}");
    assert_eq!(s.said("gone"), ["@gone", "gone: null"]);
    // What a parent's file sets to null for a subchart, Helm keeps; what the user does, it deletes.
    assert_eq!(s.values(TWO, "host:"), ["two.host @sub host"]);
    let s = scene(None, &["two.host=null"], HelmVersion::V4);
    let line = s.line(TWO, "host:");
    assert!(line.conditions.iter().any(|o| o.kind == OriginKind::Missing && &*o.key == "two.host"), "{line:?}");
}

#[test]
fn arguments_override_files() {
    let s = scene(Some("prod"), &["image.tag=7", "lists.hosts={x,y}"], HelmVersion::V4);
    let line = s.line(ALL, "image:");
    let tag = line.values.iter().find(|o| &*o.key == "image.tag").expect("the tag is part of it");
    assert_eq!((&*tag.layer, tag.place.as_ref().map(|p| &*p.file)), ("--set", Some("--set image.tag=7")));
    assert_eq!(s.said("image.tag"), ["@tag", "@tag prod", "image.tag=7"]);
    let hosts = s.line(ALL, "hosts:");
    assert!(hosts.values.iter().filter(|o| o.kind == OriginKind::Value).all(|o| &*o.layer == "--set"), "{hosts:?}");
}

#[test]
fn lists_are_replaced_as_a_whole() {
    let s = scene(Some("prod"), &[], HelmVersion::V4);
    assert_eq!(s.values(ALL, "hosts:"), ["lists.hosts[0] @hosts prod"]);
    assert_eq!(s.said("lists.hosts"), ["@hosts", "@hosts prod"]);
}

#[test]
fn anchors_and_merge_keys_lead_to_where_the_value_is_written() {
    let s = scene(None, &[], HelmVersion::V4);
    assert_eq!(s.values(ALL, "base:"), ["base.cpu @base cpu"]);
    assert_eq!(s.values(ALL, "merged:"), ["derived.cpu @base cpu"]);
    assert_eq!(s.values(ALL, "own:"), ["derived.memory @derived memory"]);
    assert_eq!(s.values(ALL, "alias:"), ["twice.memory @base memory"]);
}

#[test]
fn lines_keep_their_origins_through_includes_and_functions() {
    let s = scene(None, &[], HelmVersion::V4);
    let team = s.line(ALL, "team:");
    assert_eq!(team.values.iter().map(|o| s.named(o)).collect::<Vec<_>>(), ["labels.team @team"]);
    assert_eq!(team.values[0].functions, ["nindent", "replace", "toYaml"]);
    assert_eq!(s.values(ALL, "tier:"), ["labels.tier @tier"]);
    let files: Vec<&str> = team.chain.iter().map(|p| p.file.rsplit('/').next().unwrap_or_default()).collect();
    assert_eq!(files, ["all.yaml", "_helpers.tpl"]);
    assert_eq!(s.line(ALL, "app:").template.map(|p| (p.line, p.column)), Some((5, 1)));
}

#[test]
fn several_values_make_one_line() {
    let s = scene(None, &[], HelmVersion::V4);
    assert_eq!(s.values(ALL, "image:"), ["image.repository @repository", "image.tag @tag"]);
    assert_eq!(s.values(ALL, "greeting:"), ["greeting @greeting", "who @who"]);
    assert_eq!(s.values(ALL, "upper:"), ["who @who"]);
}

#[test]
fn lines_of_a_text_lead_to_their_own_lines() {
    let s = scene(None, &[], HelmVersion::V4);
    for line in ["first", "second"] {
        let origin = s.line(ALL, line);
        assert_eq!((&*origin.values[0].key, s.comment(origin.values[0].at).trim()), ("script", line));
    }
}

#[test]
fn what_keeps_no_map_goes_back_as_a_whole_and_decisions_are_named() {
    let s = scene(None, &[], HelmVersion::V4);
    let sum = s.line(ALL, "sum:");
    assert!(sum.values.iter().any(|o| &*o.key == "who" && o.whole), "{sum:?}");
    assert!(s.line(ALL, "chosen:").conditions.iter().any(|o| &*o.key == "who"));
    assert!(s.line(ALL, "many:").conditions.iter().any(|o| &*o.key == "replicas"));
    assert!(s.line(TWO, "path:").conditions.iter().any(|o| &*o.key == "two.enabled"));
}

/// Runs the program in the folder of our own chart.
fn run(args: &[&str]) -> (i32, String, String) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("the program starts");
    let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_field_is_explained_with_what_it_overrides() {
    let image = "spec.template.spec.containers[0].image";
    let (status, out, _) = run(&["explain", "charts/ledger", "--env", "prod", "deploy/ledger", image, "-o", "json"]);
    assert_eq!(status, 0);
    let answers: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let tag = answers[0]["from"].as_array().expect("a list").iter().find(|s| s["key"] == "image.tag").expect("the tag");
    assert_eq!((&tag["layer"], &tag["overrides"][0]["layer"]), (&"prod".into(), &"chart".into()));
    assert_eq!(answers[0]["template"]["file"], "ledger/templates/_helpers.tpl");
}

#[test]
fn what_does_not_exist_is_an_error_with_the_closest_names() {
    let (status, _, err) = run(&["explain", "charts/ledger", "deployment/legder"]);
    assert!(status == 1 && err.contains("closest: deployment/ledger"), "{err}");
    let (status, _, err) = run(&["explain", "charts/ledger", "deployment/ledger", "spec.replicsa"]);
    assert!(status == 1 && err.contains("closest: spec.replicas"), "{err}");
    let (status, _, err) = run(&["explain", "charts/ledger", "--env", "dev", "ingress/ledger", "spec.rules"]);
    assert!(status == 1 && err.contains("there is one in prod, staging"), "{err}");
    let (status, _, err) = run(&["explain", "charts/ledger", "--env", "prod", "deployment/ledger", "spec.replicas"]);
    assert!(status == 1 && err.contains("it has one in dev"), "{err}");
    let (status, _, err) = run(&["explain", "charts/ledger", "--value", "image.tga"]);
    assert!(status == 1 && err.contains("closest: image.tag"), "{err}");
}

#[test]
fn a_value_leads_to_the_lines_that_it_reaches() {
    let (status, out, _) = run(&["explain", "charts/ledger", "--env", "prod", "--value", "service.port"]);
    assert!(status == 0 && out.contains("service/ledger in prod") && out.contains("port: 8080"), "{out}");
}

#[test]
fn the_source_map_covers_every_line() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = dir.path().join("map.json").display().to_string();
    let (status, plain, _) = run(&["render", "charts/ledger", "--env", "prod", "--source-map", &file]);
    assert_eq!(status, 0);
    assert_eq!(plain, run(&["render", "charts/ledger", "--env", "prod"]).1);
    let map: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).expect("written")).expect("JSON");
    assert_eq!(map["version"], 1);
    for document in map["documents"].as_array().expect("documents") {
        let lines = document["lines"].as_array().expect("lines");
        assert_eq!(lines.len(), document["text"].as_str().expect("text").lines().count());
        assert!(lines.iter().all(|l| l["template"].is_array()), "{document}");
    }
}

#[test]
fn dead_missing_and_replaced_values_are_found() {
    let chart = "testdata/explain/judged";
    let (_, out, err) = run(&["values", chart, "--unused", "--undefined", "--replaced", "-o", "json"]);
    let found: serde_json::Value = serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}{err}"));
    let keys = |name: &str| -> Vec<&str> {
        found[name].as_array().into_iter().flatten().filter_map(|f| f["key"].as_str()).collect()
    };
    assert_eq!(keys("unused"), ["dead", "partly.dead"], "{out}");
    assert_eq!(keys("undefined"), ["image.tga"], "{out}");
    assert_eq!(found["undefined"][0]["closest"], "image.tag");
    assert_eq!(keys("replaced"), ["hosts"]);
    assert_eq!(found["replaced"][0]["lost"], serde_json::json!(["\"b\""]));
    assert_eq!(keys("nulls"), ["nothing"], "{out}");
}

#[test]
fn images_are_listed_with_the_values_that_chose_them() {
    let (status, out, _) = run(&["images", "charts/ledger", "-o", "list"]);
    assert_eq!(status, 0);
    let tags: Vec<&str> = out.lines().filter_map(|l| l.split('@').next()).collect();
    let expected = ["2.14.1", "2.15.0-rc.2"].map(|t| format!("registry.example.com/core-banking/ledger:{t}"));
    assert_eq!(tags, expected);
    assert!(out.lines().all(|l| l.contains("@sha256:")), "{out}");
    let (_, out, _) = run(&["images", "charts/ledger", "--env", "prod"]);
    assert!(out.contains("image.tag = \"2.14.1\"  charts/ledger/values-prod.yaml:2:3"), "{out}");
}
