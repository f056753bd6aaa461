//! values.schema.json of a chart and its subcharts (helm v4.3.1 `pkg/chart/common/util/jsonschema.go`).

use super::node::Node;
use crate::diag::log::Log;
use crate::jsonschema::validate;
use crate::value::{HelmVersion, Map, Value};
use crate::values::tables::table;

/// Checks merged values against the schemas of all enabled charts.
///
/// # Errors
/// With Helm's report.
pub fn check(node: &Node<'_>, values: &Map, helm: HelmVersion, log: &mut Log) -> Result<(), String> {
    let mut report = String::new();
    collect(node, values, helm, &mut report, log);
    if report.is_empty() {
        return Ok(());
    }
    Err(format!("values don't meet the specifications of the schema(s) in the following chart(s):\n{report}"))
}

fn collect(node: &Node<'_>, values: &Map, helm: HelmVersion, report: &mut String, log: &mut Log) {
    if let Some(schema) = &node.chart.schema
        && let Err(failed) = validate(schema, &Value::Map(values.clone()), log)
    {
        report.push_str(&format!("{}:\n{}", node.name(), failed.text));
    }
    for child in node.children.borrow().iter() {
        let name = child.name();
        match values.get(name.as_bytes()) {
            None | Some(Value::Nil) => {}
            Some(v) => match table(&v) {
                Some(inner) => collect(child, inner, helm, report, log),
                None => report.push_str(&format!(
                    "{name}:\ninvalid type for values: expected object (map), got {}\n",
                    v.type_name(helm)
                )),
            },
        }
    }
}
