//! Chart.yaml (helm v4.3.1 `pkg/chart/v2/lint/rules/chartfile.go`, helm v3.22.0 `pkg/lint/rules/chartfile.go`).

use super::Check;
use super::addresses::{is_email, is_request_url, is_url};
use super::folder::{Kind, place_in};
use crate::chart::Metadata;
use crate::chart::metadata::METADATA;
use crate::grammar::semver::Version;
use crate::span::line_column;
use crate::value::HelmVersion;
use crate::value::fmt::go_quote;
use crate::yaml::node::{Data, Document, Node};
use crate::yaml::{Struct, Target};

const FILE: &str = "Chart.yaml";

impl Check<'_> {
    /// All rules about Chart.yaml.
    pub(super) fn chartfile(&mut self) {
        if self.subject.kind(FILE) == Kind::Folder {
            self.add("helm/chart-yaml", FILE, (0, 0), "should be a file, not a directory");
        }
        let unparsable = |e: String| format!("unable to parse YAML\n\t{e}");
        let text = match self.subject.read(FILE) {
            Ok(text) => text,
            Err(e) => return self.add("helm/chart-yaml", FILE, (0, 0), unparsable(e)),
        };
        let mut chart = Metadata::default();
        if let Err(e) = chart.read(&text, self.settings.helm) {
            let at = e.offset.map_or((0, 0), |o| line_column(&text, o));
            return self.add("helm/chart-yaml", FILE, at, unparsable(e.message));
        }
        let document = Document::parse(&text).ok();
        let mut file = ChartFile { check: self, text: &text, chart: &chart };
        if let Some(document) = &document {
            file.strictly(document);
        }
        file.name_and_api_version();
        file.is_text("version", "helm/chart-version-type", document.as_ref());
        file.version();
        file.is_text("appVersion", "helm/chart-app-version-type", document.as_ref());
        file.people_and_addresses();
        file.fields_of_v2();
        file.strict_version();
    }
}

/// Chart.yaml, read.
struct ChartFile<'a, 'c> {
    check: &'a mut Check<'c>,
    text: &'a [u8],
    chart: &'a Metadata,
}

impl ChartFile<'_, '_> {
    fn add(&mut self, rule: &'static str, key: &str, message: impl Into<String>) {
        let at = place_in(self.text, key);
        self.check.add(rule, FILE, at, message);
    }

    /// Helm 4 reads it once more, with keys that nobody knows and keys given twice as errors.
    fn strictly(&mut self, document: &Document) {
        if self.check.settings.helm == HelmVersion::V3 {
            return;
        }
        let failed = |e: &str| format!("failed to strictly parse chart metadata file\n\t{e}");
        if let Some(first) = document.duplicates.first() {
            let mut all = String::from("error converting YAML to JSON: yaml: unmarshal errors:");
            for twice in &document.duplicates {
                let (line, _) = line_column(self.text, twice.offset as usize);
                let key = last_key(self.text, twice.offset as usize);
                all.push_str(&format!("\n  line {line}: key {} already set in map", go_quote(&key)));
            }
            let at = line_column(self.text, first.offset as usize);
            return self.check.add("helm/chart-yaml-strict", FILE, at, failed(&all));
        }
        if let Some((key, offset)) = unknown_key(&document.root, &METADATA) {
            let message =
                format!("error unmarshaling JSON: while decoding JSON: json: unknown field {}", go_quote(&key));
            let at = line_column(self.text, offset as usize);
            self.check.add("helm/chart-yaml-strict", FILE, at, failed(&message));
        }
    }

    fn name_and_api_version(&mut self) {
        let (name, version) = (&self.chart.name, &self.chart.api_version);
        if name.is_empty() {
            self.add("helm/chart-name", "name", "name is required");
        } else if go_base(name) != *name {
            self.add("helm/chart-name", "name", format!("chart name {} is invalid", go_quote(name)));
        }
        match version.as_str() {
            "v1" | "v2" => {}
            "" => {
                let message = r#"apiVersion is required. The value must be either "v1" or "v2""#;
                self.add("helm/chart-api-version", "apiVersion", message);
            }
            other => {
                let message = format!(r#"apiVersion '{other}' is not valid. The value must be either "v1" or "v2""#);
                self.add("helm/chart-api-version", "apiVersion", message);
            }
        }
    }

    /// A version that YAML takes for a number is written differently than it was meant.
    fn is_text(&mut self, key: &str, rule: &'static str, document: Option<&Document>) {
        let Some(value) = document.and_then(|d| d.root.get(key)) else { return };
        let go_type = match value.data {
            Data::Str(_) => return,
            Data::Null => "<nil>",
            Data::Bool(_) => "bool",
            Data::Int(_) | Data::Uint(_) | Data::Float(_) => "float64",
            Data::List(_) => "[]interface {}",
            Data::Map(_) => "map[string]interface {}",
        };
        self.add(rule, key, format!("{key} should be of type string but it's of type {go_type}"));
    }

    fn version(&mut self) {
        let text = &self.chart.version;
        if text.is_empty() {
            return self.add("helm/chart-version", "version", "version is required");
        }
        let least = Version { pre: "0".into(), ..Version::default() };
        match Version::parse(text) {
            Err(_) => self.add("helm/chart-version", "version", format!("version '{text}' is not a valid SemVer")),
            Ok(version) if version.compare(&least).is_gt() => {}
            Ok(version) => {
                let text = go_quote(version.text());
                let message = format!(r#"version {text} is less than or equal to "0.0.0-0""#);
                self.add("helm/chart-version", "version", message);
            }
        }
    }

    fn strict_version(&mut self) {
        let text = &self.chart.version;
        if self.check.settings.helm == HelmVersion::V4 && !Version::is_strict(text) {
            self.add("helm/chart-version-strict", "version", format!("version '{text}' is not a valid SemVerV2"));
        }
    }

    fn people_and_addresses(&mut self) {
        if let Some((n, message)) = self.chart.maintainers.iter().flatten().enumerate().find_map(bad_maintainer) {
            self.add("helm/chart-maintainer", &format!("maintainers[{n}]"), message);
        }
        let sources = self.chart.sources.iter().flatten().enumerate();
        if let Some((n, source)) = sources.clone().find(|(_, s)| !is_request_url(s)) {
            self.add("helm/chart-source", &format!("sources[{n}]"), format!("invalid source URL '{source}'"));
        }
        let icon = &self.chart.icon;
        if icon.is_empty() {
            self.add("helm/chart-icon", "icon", "icon is recommended");
        } else if !is_request_url(icon) {
            self.add("helm/chart-icon-url", "icon", format!("invalid icon URL '{icon}'"));
        }
    }

    fn fields_of_v2(&mut self) {
        let (version, is_v2) = (&self.chart.api_version, self.chart.api_version == "v2");
        if !self.chart.chart_type.is_empty() && !is_v2 {
            let message = format!("chart type is not valid in apiVersion '{version}'. It is valid in apiVersion 'v2'");
            self.add("helm/chart-type", "type", message);
        }
        if self.chart.dependencies.as_ref().is_some_and(|d| !d.is_empty()) && !is_v2 {
            let message = format!(
                "dependencies are not valid in the Chart file with apiVersion '{version}'. They are valid in apiVersion 'v2'"
            );
            self.add("helm/chart-dependencies", "dependencies", message);
        }
    }
}

fn bad_maintainer((n, m): (usize, &Option<crate::chart::Maintainer>)) -> Option<(usize, String)> {
    let message = match m {
        None => "a maintainer entry is empty".into(),
        Some(m) if m.name.is_empty() => "each maintainer requires a name".into(),
        Some(m) if !m.email.is_empty() && !is_email(&m.email) => {
            format!("invalid email '{}' for maintainer '{}'", m.email, m.name)
        }
        Some(m) if !m.url.is_empty() && !is_url(&m.url) => {
            format!("invalid url '{}' for maintainer '{}'", m.url, m.name)
        }
        Some(_) => return None,
    };
    Some((n, message))
}

/// `filepath.Base` of what is not empty.
fn go_base(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() { "/" } else { trimmed.rsplit('/').next().unwrap_or(trimmed) }
}

/// The key that stands at an offset.
fn last_key(text: &[u8], offset: usize) -> String {
    let line = text[offset.min(text.len())..].split(|c| *c == b'\n').next().unwrap_or_default();
    let key = String::from_utf8_lossy(line);
    let key = key.split(':').next().unwrap_or_default().trim();
    key.trim_matches(['"', '\'']).to_owned()
}

/// The first key that a struct doesn't have, in the order of JSON's keys, and where it stands.
fn unknown_key(node: &Node, target: &Struct) -> Option<(String, u32)> {
    let mut entries: Vec<_> = node.entries().iter().collect();
    entries.sort_by(|a, b| a.key.cmp(&b.key));
    entries.into_iter().find_map(|entry| {
        let known = target.fields.iter().find(|f| f.key == &*entry.key);
        let known = known.or_else(|| target.fields.iter().find(|f| f.key.eq_ignore_ascii_case(&entry.key)));
        match known.map(|f| f.target) {
            None => Some((entry.key.to_string(), entry.key_offset)),
            Some(Target::Struct(inner)) => unknown_key(&entry.value, inner),
            Some(Target::List(Target::Struct(inner), _)) => {
                entry.value.items().iter().find_map(|item| unknown_key(item, inner))
            }
            Some(_) => None,
        }
    })
}
