//! `--reuse-values` and its kin: what of the deployed release's values an upgrade goes on with, as Helm's upgrade has it
//! (helm v4.3.1 `pkg/action/upgrade.go`, `reuseValues`).

use std::sync::Arc;

use super::args::DiffArgs;
use crate::blob::Blob;
use crate::cli::args::{SceneArgs, ValueArgs};
use crate::cli::session::{Charts, Failed, Session};
use crate::cluster::StoredRelease;
use crate::fleet::Release;
use crate::values::layers::ValuesFile;

/// What of a release's values goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reuse {
    /// Nothing: the layers of the project and the flags are all that the user gives.
    No,
    /// What the user gave, over the new chart's defaults.
    Given,
    /// That, and the defaults of the chart it was given for: the new chart's own don't count.
    All,
}

impl Reuse {
    /// As the flags say. With the plugin, as with Helm, an upgrade that is given no values goes on with those there are.
    pub fn of(args: &DiffArgs) -> Reuse {
        match (args.reset_values, args.reuse_values, args.reset_then_reuse_values) {
            (true, ..) => Reuse::No,
            (_, true, _) => Reuse::All,
            (.., true) => Reuse::Given,
            _ if args.as_helm.reuses_by_default && is_empty(&args.scene.values) => Reuse::Given,
            _ => Reuse::No,
        }
    }

    /// Opens a chart with them.
    pub fn open(
        self,
        scene: &SceneArgs,
        release: &Release,
        deployed: Option<&StoredRelease>,
        charts: &Charts,
    ) -> Result<Session, Failed> {
        let chart = || charts.open(scene, &release.chart);
        let Some(deployed) = deployed.filter(|_| self != Reuse::No) else {
            return Session::open_over(scene, release, Vec::new(), chart);
        };
        let label = format!("{} revision {}, values", deployed.name, deployed.revision);
        let json = serde_json::Value::Object(deployed.config.clone()).to_string();
        let base = ValuesFile { path: label, layer: "release".into(), text: json.into_bytes() };
        let mut session = Session::open_over(scene, release, vec![base], chart)?;
        if self == Reuse::All {
            let mut chart = (*session.chart).clone();
            let mut all = deployed.defaults.clone();
            lay_over(&mut all, &deployed.config);
            chart.values = Some(Blob::from(serde_json::Value::Object(all).to_string().into_bytes()));
            session.chart = Arc::new(chart);
        }
        Ok(session)
    }
}

fn is_empty(values: &ValueArgs) -> bool {
    let given =
        [&values.values, &values.set, &values.set_string, &values.set_file, &values.set_json, &values.set_literal];
    given.iter().all(|g| g.is_empty())
}

type Json = serde_json::Map<String, serde_json::Value>;

/// Lays values over others: maps are merged, null takes a key away.
fn lay_over(below: &mut Json, above: &Json) {
    for (key, value) in above {
        match (below.get_mut(key), value) {
            (_, serde_json::Value::Null) => _ = below.remove(key),
            (Some(serde_json::Value::Object(inner)), serde_json::Value::Object(over)) => lay_over(inner, over),
            _ => _ = below.insert(key.clone(), value.clone()),
        }
    }
}
