//! Writing a chart as an archive (helm v4.3.1 `pkg/chart/v2/util/save.go`): Chart.yaml is written anew from what was
//! read, everything else as it stands.

use std::io::Write;
use std::path::Path;

use flate2::{Compression, GzBuilder};

use super::Chart;
use super::object::metadata_json;
use crate::grammar::gojson;
use crate::span::Pos;
use crate::value::HelmVersion;
use crate::value::fmt::go_quote;

/// The bytes of `<name>-<version>.tgz`. `seconds` since 1970 is every file's time.
///
/// # Errors
/// With Helm's text: names that are none, a schema that is no JSON.
pub fn pack(chart: &Chart, helm: HelmVersion, seconds: u64) -> Result<Vec<u8>, String> {
    let (comment, extra): (&str, &[u8]) = match helm {
        HelmVersion::V3 => ("Helm", b"+aHR0cHM6Ly95b3V0dS5iZS96OVV6MWljandyTQo="),
        HelmVersion::V4 => ("Helm", b"rr\x28\x00aHR0cHM6Ly95b3V0dS5iZS96OVV6MWljandyTQo="),
    };
    let gzip = GzBuilder::new().comment(comment).extra(extra).write(Vec::new(), Compression::default());
    let mut writer = Writer { tar: tar::Builder::new(gzip), helm, seconds };
    writer.chart(chart, "")?;
    let gzip = writer.tar.into_inner().map_err(|e| e.to_string())?;
    gzip.finish().map_err(|e| e.to_string())
}

struct Writer<W: Write> {
    tar: tar::Builder<W>,
    helm: HelmVersion,
    seconds: u64,
}

impl<W: Write> Writer<W> {
    fn chart(&mut self, chart: &Chart, prefix: &str) -> Result<(), String> {
        let name = &chart.metadata.name;
        if Path::new(name).file_name().is_none_or(|f| f != name.as_str()) {
            let quoted = go_quote(name);
            return Err(format!("{quoted} is not a valid chart name"));
        }
        let base = format!("{prefix}{name}");
        self.described(chart, &base)?;
        for f in chart.templates.iter().chain(&chart.files) {
            self.file(&format!("{base}/{}", f.name), &f.data)?;
        }
        let below = format!("{base}/charts/");
        chart.children.iter().try_for_each(|(_, child)| self.chart(child, &below))
    }

    /// Chart.yaml, Chart.lock, the values and their schema.
    fn described(&mut self, chart: &Chart, base: &str) -> Result<(), String> {
        let mut metadata = chart.metadata.clone();
        let is_v1 = metadata.api_version == "v1";
        if is_v1 {
            // They are in requirements.yaml.
            metadata.dependencies = None;
        }
        self.file(&format!("{base}/Chart.yaml"), &crate::yaml::to_yaml(&metadata_json(&metadata))?)?;
        if let Some(lock) = chart.lock.as_ref().filter(|_| metadata.api_version == "v2") {
            self.file(&format!("{base}/Chart.lock"), &lock.to_yaml()?)?;
        }
        if let Some(values) = &chart.values {
            self.file(&format!("{base}/values.yaml"), values)?;
        }
        let Some(schema) = &chart.schema else { return Ok(()) };
        if gojson::parse(schema, Pos::NONE).is_err() {
            let invalid = match self.helm {
                HelmVersion::V3 => "Invalid",
                HelmVersion::V4 => "invalid",
            };
            return Err(format!("{invalid} JSON in values.schema.json"));
        }
        self.file(&format!("{base}/values.schema.json"), schema)
    }

    fn file(&mut self, name: &str, data: &[u8]) -> Result<(), String> {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(data.len() as u64);
        header.set_mtime(self.seconds);
        self.tar.append_data(&mut header, name, data).map_err(|e| e.to_string())
    }
}
