//! `--manifests`: plain manifests, without a chart.

use std::io::Read;
use std::path::Path;

use super::Done;
use super::plan::{Plan, manifest_files, read};
use crate::cli::session::{Failed, error};
use crate::finding::{KubeObject, Scope, Spot};
use crate::lint::definitions::Definitions;
use crate::lint::fold::Located;
use crate::lint::locate::relative;
use crate::lint::objects;
use crate::lint::release::{Release, Tally};
use crate::report::lint::Checked;

/// Checks all objects of the files together.
pub(super) fn lint(plan: &Plan<'_>) -> Result<Done, Failed> {
    let mut tally = Tally::default();
    let mut all = Vec::new();
    for path in &plan.args.manifests {
        if path == "-" {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).map_err(|e| error(format!("standard input: {e}")))?;
            add_file(plan, "standard input", &text, &mut all, &mut tally);
            continue;
        }
        for file in manifest_files(Path::new(path))? {
            add_file(plan, &relative(&file, &plan.current), &read(&file)?, &mut all, &mut tally);
        }
    }
    let release = Release {
        objects: &all,
        crds: &Definitions::default(),
        namespace: plan.args.scene.namespace.as_deref(),
        chart: "",
        scope: Scope::default(),
        minor: None,
        origins: None,
    };
    tally.add(plan.checks.release(&release), &plan.strictness());
    let checked = |o| Checked { resource: release.resource(o), ..Checked::default() };
    let objects = all.iter().filter(|_| plan.names_objects).map(checked).collect();
    Ok(Done { tally, objects, versions: plan.checks.versions.clone(), ..Done::default() })
}

/// Reads a file's objects; documents that are none are findings of the schema family.
fn add_file(plan: &Plan<'_>, name: &str, text: &str, all: &mut Vec<KubeObject>, tally: &mut Tally) {
    let (objects, broken) = objects::of_file(name, text);
    all.extend(objects);
    if plan.checks.versions.is_empty() {
        return;
    }
    tally.checked += broken.len();
    let located = broken.into_iter().map(|b| {
        let (line, column) = b.place();
        let spot = Spot { file: name.to_owned(), line, column };
        Located::of_file(b.problem, "", Scope::default(), spot)
    });
    tally.located(located, &plan.strictness());
}
