//! `plimsoll matrix`: what will be rendered, release by release, as a table, as data, and as the matrix of a CI system.

use std::collections::BTreeMap;
use std::io::Write;

use serde_json::{Value as Json, json};

use super::args::{MatrixArgs, MatrixForm};
use super::exit;
use super::session::{Failed, error, project, relative, releases};
use crate::fleet::{Matrix, Otherwise, Release};
use crate::report::words::number;

/// Runs the command.
pub(super) fn run(args: &MatrixArgs) -> u8 {
    let text = project()
        .and_then(|project| releases(&args.charts, &args.select, Otherwise::All, &project))
        .and_then(|matrix| form(args, &matrix));
    match text {
        Ok(text) if super::print(text.as_bytes()) => exit::OK,
        Ok(_) => exit::ERROR,
        Err((status, text)) => {
            let _ = std::io::stderr().write_all(text.as_bytes());
            status
        }
    }
}

fn form(args: &MatrixArgs, matrix: &Matrix) -> Result<String, Failed> {
    match args.output {
        MatrixForm::Text => Ok(table(matrix)),
        MatrixForm::Json => {
            let all: Vec<Json> = matrix.releases().map(as_json).collect();
            serde_json::to_string_pretty(&all).map(|t| t + "\n").map_err(|e| error(e.to_string()))
        }
        MatrixForm::Github => Ok(format!("{}\n", json!({ "include": jobs(args, matrix) }))),
        MatrixForm::Gitlab => {
            let upper = |job: &Json| -> Json {
                let pairs = job.as_object().into_iter().flatten();
                Json::Object(pairs.map(|(k, v)| (k.to_uppercase(), v.clone())).collect())
            };
            let jobs: String = jobs(args, matrix).iter().map(|j| format!("      - {}\n", upper(j))).collect();
            Ok(format!("plimsoll:\n  parallel:\n    matrix:\n{jobs}"))
        }
    }
}

/// The jobs of a CI system: one for each shard, or for each environment and cluster.
fn jobs(args: &MatrixArgs, matrix: &Matrix) -> Vec<Json> {
    if let Some(shards) = args.shards {
        return (1..=shards.get()).map(|i| json!({ "shard": format!("{i}/{shards}") })).collect();
    }
    let mut jobs: BTreeMap<String, Json> = BTreeMap::new();
    for release in matrix.releases() {
        let (env, cluster) = (release.env().unwrap_or_default(), release.cluster().unwrap_or_default());
        jobs.entry(release.place()).or_insert_with(|| json!({ "env": env, "cluster": cluster }));
    }
    jobs.into_values().collect()
}

fn as_json(release: &Release) -> Json {
    let layers: Vec<Json> = release
        .layers
        .iter()
        .map(|l| json!({ "file": relative(&l.file.display().to_string()), "layer": l.layer, "exists": l.exists }))
        .collect();
    let attributes: BTreeMap<&str, &str> = release
        .cluster
        .iter()
        .flat_map(|c| &c.attributes)
        .map(|(name, value)| (name.as_str(), value.text.as_str()))
        .collect();
    json!({
        "chart": release.chart.name,
        "path": relative(&release.chart.path.display().to_string()),
        "environment": release.env(),
        "cluster": release.cluster(),
        "attributes": attributes,
        "context": release.cluster.as_ref().and_then(|c| c.context.clone()),
        "release": release.name(),
        "namespace": release.namespace(),
        "kubeVersion": release.kube_version,
        "apiVersions": release.api_versions,
        "layers": layers,
    })
}

/// A table for people: one line for each release, its values files in order.
fn table(matrix: &Matrix) -> String {
    let head = ["CHART", "ENVIRONMENT", "CLUSTER", "RELEASE", "NAMESPACE", "KUBERNETES", "VALUES"].map(str::to_owned);
    let mut rows: Vec<[String; 7]> = vec![head];
    for r in matrix.releases() {
        let dash = |text: Option<&str>| text.unwrap_or("-").to_owned();
        let files: Vec<String> = r.files().map(|l| relative(&l.file.display().to_string())).collect();
        rows.push([
            r.chart.name.clone(),
            dash(r.env()),
            dash(r.cluster()),
            r.name().to_owned(),
            r.namespace().to_owned(),
            dash(r.kube_version.as_deref()),
            if files.is_empty() { "-".into() } else { files.join(" ") },
        ]);
    }
    let widths: Vec<usize> = (0..6).map(|i| rows.iter().map(|r| r[i].chars().count()).max().unwrap_or(0)).collect();
    let mut out = String::new();
    for row in &rows {
        for (cell, width) in row.iter().zip(&widths) {
            out.push_str(&format!("{cell:width$}  "));
        }
        out.push_str(&row[6]);
        out.push('\n');
    }
    let (charts, places) = (matrix.charts.len(), matrix.places().len().max(1));
    let [releases, charts, places] =
        [(rows.len() - 1, "release"), (charts, "chart"), (places, "place")].map(|(n, what)| number(n, what));
    out.push_str(&format!("{releases}: {charts} in {places}\n"));
    out
}
