//! values.yaml and its schema (helm v4.3.1 `pkg/chart/v2/lint/rules/values.go`, helm v3.22.0
//! `pkg/lint/rules/values.go`).

use super::Check;
use super::folder::{Kind, place_in};
use crate::diag::log::Log;
use crate::jsonschema::validate;
use crate::span::{Pos, line_column};
use crate::value::{HelmVersion, Map, Value};
use crate::values::tables::{Warnings, coalesce_tables};
use crate::yaml;

const FILE: &str = "values.yaml";

impl Check<'_> {
    /// All rules about values.yaml, with the user's values over it.
    pub(super) fn values(&mut self, overrides: &Map, log: &mut Log) {
        if self.subject.kind(FILE) == Kind::Missing {
            return self.add("helm/values-missing", FILE, (0, 0), "file does not exist");
        }
        let unparsable = |e: &str| format!("unable to parse YAML: {e}");
        let text = match self.subject.read(FILE) {
            Ok(text) => text,
            Err(e) => return self.add("helm/values-yaml", FILE, (0, 0), unparsable(&e)),
        };
        let values = match yaml::to_map(&text, Pos::NONE) {
            Ok(Value::Map(values)) => values,
            Ok(_) => Map::default(),
            Err(e) => {
                let at = e.offset.map_or((0, 0), |o| line_column(&text, o));
                let package = if self.settings.helm == HelmVersion::V3 { "chartutil" } else { "common" };
                let message = e.message.replace("map[string]interface {}", &format!("{package}.Values"));
                return self.add("helm/values-yaml", FILE, at, unparsable(&message));
            }
        };
        // The inner tables are the user's own, so that what is filled in here is there for the templates too.
        let mut warnings = Warnings::new();
        let merged = Map::default();
        coalesce_tables(&merged, overrides, "", false, &mut warnings);
        coalesce_tables(&merged, &values, "", false, &mut warnings);
        let Ok(schema) = self.subject.read("values.schema.json") else { return };
        // Helm 3.22.0 checks here whatever it was asked for.
        let skip = self.settings.helm == HelmVersion::V4 && !self.settings.check_schema;
        if schema.is_empty() || skip {
            return;
        }
        if let Err(report) = validate(&schema, &Value::Map(merged), log) {
            let at = report.violations.first().map_or((0, 0), |v| place_in(&text, &field_path(&v.pointer)));
            self.add("helm/values-schema", FILE, at, report.text);
        }
    }
}

/// A JSON pointer as a field's path.
pub(super) fn field_path(pointer: &str) -> String {
    use crate::yaml::node::{Step, path_text};
    let steps: Vec<Step> = pointer
        .split('/')
        .skip(1)
        .map(|part| match part.parse() {
            Ok(n) => Step::Index(n),
            Err(_) => Step::Key(part.replace("~1", "/").replace("~0", "~").into()),
        })
        .collect();
    path_text(&steps)
}
