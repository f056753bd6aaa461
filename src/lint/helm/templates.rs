//! templates/ and what it renders to (helm v4.3.1 `pkg/chart/v2/lint/rules/template.go`, helm v3.22.0
//! `pkg/lint/rules/template.go`).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::bytes::Regex;

use super::documents::{Documents, Object, Outcome};
use super::folder::Kind;
use super::{Check, deprecated, names};
use crate::chart::{Chart, File};
use crate::diag::log::Log;
use crate::finding::Severity;
use crate::render::capabilities::DEFAULT_KUBE_VERSION;
use crate::render::{KubeVersion, Linted, Options, RenderError, Threads, render_for_lint};
use crate::span::{Pos, SourceMap, line_column};
use crate::template::error::Link;
use crate::value::fmt::go_quote;
use crate::value::{HelmVersion, Map, Value, is_space};
use crate::world::World;
use crate::yaml::{Field, Struct, Target, decode_as};

const PLACE: &str = "templates/";

static CRD_HOOK: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"(?-u)"?helm\.sh/hook"?:[\t\n\f\r ]+crd-install"#).expect("a constant expression"));

impl Check<'_> {
    /// All rules about templates: renders the chart.
    pub(super) fn templates(&mut self, values: &Map, world: &dyn World, log: &mut Log) {
        let v4 = self.settings.helm == HelmVersion::V4;
        match self.subject.kind("templates") {
            Kind::Missing if v4 => {
                return self.add("helm/templates-missing", PLACE, (0, 0), "directory does not exist");
            }
            Kind::File => {
                let severity = if v4 { Severity::Error } else { Severity::Warning };
                return self.add_as(severity, "helm/templates-folder", PLACE, (0, 0), "not a directory");
            }
            _ => {}
        }
        let subject = self.subject;
        let chart = match &subject.chart {
            Ok(chart) => chart,
            Err(e) => return self.add("helm/chart-unloadable", PLACE, (0, 0), e.clone()),
        };
        let mut sources = SourceMap::default();
        match render_for_lint(chart, values, &self.options(), world, &mut sources, log) {
            Ok(Linted::Silent) => {}
            Ok(Linted::Files(files)) => self.files(chart, &files),
            Err(e) => self.render_error(&e, chart),
        }
    }

    fn kube_version(&self) -> Option<KubeVersion> {
        let default = || KubeVersion::parse(DEFAULT_KUBE_VERSION, self.settings.helm).ok();
        self.settings.kube_version.clone().or_else(default)
    }

    fn options(&self) -> Options {
        let fallback = KubeVersion {
            version: DEFAULT_KUBE_VERSION.into(),
            normalized: DEFAULT_KUBE_VERSION.into(),
            major: "1".into(),
            minor: "37".into(),
        };
        Options {
            helm: self.settings.helm,
            name: "test-release".into(),
            namespace: self.settings.namespace.clone(),
            is_upgrade: false,
            revision: 1,
            kube_version: self.kube_version().unwrap_or(fallback),
            api_versions: Vec::new(),
            served: None,
            include_crds: false,
            check_schema: self.settings.check_schema,
            dns: false,
            threads: Threads::Exactly(1),
            last: false,
        }
    }

    fn render_error(&mut self, error: &RenderError, chart: &Chart) {
        let message = error.helm_text(self.settings.helm);
        let rule = match error {
            RenderError::Early(_) => "helm/values-schema",
            RenderError::Parse(_) => "helm/template-parse",
            _ => "helm/template-fails",
        };
        let place = match error {
            RenderError::Exec(e) => e.links.iter().rev().find_map(frame_place),
            _ => None,
        };
        self.add(rule, PLACE, place.as_ref().map_or((0, 0), |p| p.1), message);
        if let (Some((name, _)), Some(finding)) = (place, self.findings.last_mut()) {
            let own = format!("{}/", chart.metadata.name);
            finding.file = name.strip_prefix(&own).unwrap_or(&name).to_owned();
        }
    }

    fn files(&mut self, chart: &Chart, files: &BTreeMap<String, String>) {
        for template in &chart.templates {
            let extension = extension(&template.name);
            if ![".yaml", ".yml", ".tpl", ".txt"].contains(&extension) {
                let message =
                    format!("file extension '{extension}' not valid. Valid extensions are .yaml, .yml, .tpl, or .txt");
                self.add("helm/template-extension", &template.name, (0, 0), message);
            }
            let looked_at = match self.settings.helm {
                HelmVersion::V3 => {
                    self.left_from_helm_2(template);
                    extension == ".yaml"
                }
                HelmVersion::V4 => matches!(extension.to_lowercase().as_str(), ".yaml" | ".yml"),
            };
            let rendered = files.get(&format!("{}/{}", chart.metadata.name, template.name));
            if let Some(text) = rendered.filter(|t| looked_at && !t.trim_matches(is_space).is_empty())
                && !self.rendered(&template.name, text)
            {
                return;
            }
        }
    }

    /// What Helm 3 no longer understands; Helm 4 doesn't look for it any more.
    fn left_from_helm_2(&mut self, template: &File) {
        let at = |offset: usize| line_column(&template.data, offset);
        if let Some(found) = CRD_HOOK.find(&template.data) {
            let message = "manifest is a crd-install hook. This hook is no longer supported in v3 and all CRDs should also exist the crds/ directory at the top level of the chart";
            self.add("helm/crd-hook", &template.name, at(found.start()), message);
        }
        if let Some(offset) = memchr::memmem::find(&template.data, b".Release.Time") {
            let message =
                ".Release.Time has been removed in v3, please replace with the `now` function in your templates";
            self.add("helm/release-time", &template.name, at(offset), message);
        }
    }

    /// One rendered file; whether the next one is looked at.
    fn rendered(&mut self, name: &str, text: &str) -> bool {
        if let Some(message) = illegal_indent(text) {
            self.add("helm/indent", name, (0, 0), message);
        }
        let version = self.kube_version();
        for document in Documents::new(text, self.settings.helm) {
            let object = match document.outcome {
                Outcome::Nothing => continue,
                Outcome::Object(object) => object,
                Outcome::Failed(e) => {
                    self.add("helm/yaml", name, (0, 0), format!("unable to parse YAML: {e}"));
                    return false;
                }
            };
            if let Some(message) = names::problem(&object.kind, &object.name) {
                self.add("helm/object-name", name, (0, 0), message);
            }
            let known = version.as_ref().filter(|_| !object.api_version.is_empty() && !object.kind.is_empty());
            if let Some(message) = known.and_then(|v| deprecated::warning(&object.api_version, &object.kind, v)) {
                self.add("helm/deprecated-api", name, (0, 0), message);
            }
            self.selector(name, &object, text);
            self.list_annotations(name, &object, text);
        }
        true
    }

    fn selector(&mut self, name: &str, object: &Object, text: &str) {
        let needs = matches!(object.kind.as_str(), "Deployment" | "ReplicaSet" | "DaemonSet" | "StatefulSet");
        if needs && !text.contains("matchLabels") && !text.contains("matchExpressions") {
            let (kind, called) = (&object.kind, go_quote(&object.name));
            let message = format!("a {kind} must contain matchLabels or matchExpressions, and {called} does not");
            self.add("helm/selector", name, (0, 0), message);
        }
    }

    fn list_annotations(&mut self, name: &str, object: &Object, text: &str) {
        if object.kind != "List" {
            return;
        }
        match decode_as(text.as_bytes(), Pos::NONE, &Target::Struct(&LIST)) {
            Err(e) => {
                let message = format!("unable to parse YAML: {}", e.message);
                self.add("helm/yaml", name, (0, 0), message);
            }
            Ok(list) if has_resource_policy(&list) => {
                let annotation = match self.settings.helm {
                    HelmVersion::V3 => "Annotation",
                    HelmVersion::V4 => "annotation",
                };
                let message = format!("{annotation} 'helm.sh/resource-policy' within List objects are ignored");
                self.add("helm/list-annotation", name, (0, 0), message);
            }
            Ok(_) => {}
        }
    }
}

/// The template and line of an error's frame.
fn frame_place(link: &Link) -> Option<(String, (usize, usize))> {
    let Link::Frame(frame) = link else { return None };
    let (line, column) = frame.line_column();
    Some((frame.source.name.to_text().into_owned(), (line, column + 1)))
}

const LIST_METADATA: Struct = Struct {
    name: "",
    go_type: "struct { Annotations map[string]string }",
    fields: &[Field { key: "Annotations", target: Target::Map(&Target::Str, "map[string]string") }],
};

const LIST_ITEM: Struct = Struct {
    name: "",
    go_type: "struct { Metadata struct { Annotations map[string]string } }",
    fields: &[Field { key: "Metadata", target: Target::Struct(&LIST_METADATA) }],
};

static LIST: Struct = Struct {
    name: "",
    go_type: "struct { Items []struct { Metadata struct { Annotations map[string]string } } }",
    fields: &[Field {
        key: "Items",
        target: Target::List(
            &Target::Struct(&LIST_ITEM),
            "[]struct { Metadata struct { Annotations map[string]string } }",
        ),
    }],
};

fn has_resource_policy(list: &Value) -> bool {
    let below = |value: &Value, key: &str| value.as_map().and_then(|m| m.get(key.as_bytes()));
    let Some(Value::List(items)) = below(list, "Items") else { return false };
    items.items.iter().any(|item| {
        let annotations = below(&item.value, "Metadata").and_then(|m| below(&m, "Annotations"));
        annotations.and_then(|a| below(&a, "helm.sh/resource-policy")).is_some()
    })
}

/// `filepath.Ext`
fn extension(name: &str) -> &str {
    let base = name.rsplit('/').next().unwrap_or(name);
    base.rfind('.').map_or("", |dot| &base[dot..])
}

/// What is said of a file whose first line with something in it is indented.
fn illegal_indent(text: &str) -> Option<String> {
    /// What Go's scanner holds at most.
    const LONGEST: usize = 64 << 10;
    for line in text.split('\n') {
        if line.len() >= LONGEST {
            return Some("bufio.Scanner: token too long".into());
        }
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.trim_matches(is_space).is_empty() {
            continue;
        }
        return line.starts_with([' ', '\t']).then(|| {
            format!("document starts with an illegal indent: {}, which may cause parsing problems", go_quote(line))
        });
    }
    None
}
