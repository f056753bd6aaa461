//! Rendering a handful of template texts without a chart on disk: tests, the fuzzer and the library's users.

use std::sync::Arc;

use super::{KubeVersion, Options, RenderError, Rendered, render};
use crate::chart::{Chart, File};
use crate::diag::log::Log;
use crate::span::SourceMap;
use crate::value::{HelmVersion, Map};
use crate::world::System;

/// Renders templates (names such as `templates/t.yaml`) of a chart called `c` with its values.yaml.
///
/// # Errors
/// As a chart's render.
pub fn render_snippet(
    templates: &[(&str, &[u8])],
    values: &[u8],
    helm: HelmVersion,
) -> Result<Rendered, RenderError> {
    let mut chart = Chart {
        values: Some(Arc::from(values)),
        path: "c".into(),
        ..Chart::default()
    };
    chart.metadata.name = "c".into();
    chart.metadata.version = "0.1.0".into();
    chart.metadata.api_version = "v2".into();
    chart.templates = templates
        .iter()
        .map(|(n, t)| File {
            name: (*n).to_owned(),
            data: Arc::from(*t),
        })
        .collect();
    let kube_version = KubeVersion::parse(super::capabilities::DEFAULT_KUBE_VERSION, helm)
        .map_err(RenderError::Early)?;
    let options = Options {
        helm,
        name: "rel".into(),
        namespace: "ns".into(),
        is_upgrade: false,
        kube_version,
        api_versions: Vec::new(),
        include_crds: false,
        check_schema: false,
        dns: false,
    };
    let world = System::new(None, None, None);
    let mut log = Log::new(helm);
    render(
        &chart,
        &Map::default(),
        &options,
        &world,
        &mut SourceMap::default(),
        &mut log,
    )
}
