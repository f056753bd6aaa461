//! Charts, the charts in them, and their layers of values.

use super::{Graph, Node};
use crate::chart::Chart;

/// How deep charts may be in charts; a chart that is linked into itself is deeper.
const MAX_DEPTH: usize = 32;

/// The key of a chart that is rendered by itself.
pub fn key(chart: &Chart) -> String {
    format!("chart {}", chart.metadata.name)
}

fn node(kind: &str, name: String, is_missing: bool) -> Node {
    Node { kind: kind.into(), name, namespace: String::new(), chart: String::new(), is_missing }
}

/// Adds a chart with the charts it is made of; a library chart of one version is one thing, however many use it.
pub fn add(graph: &mut Graph, chart: &Chart) {
    let own = key(chart);
    graph.add(own.clone(), node("Chart", chart.metadata.name.clone(), false));
    inner(graph, chart, &own, 0);
}

fn inner(graph: &mut Graph, chart: &Chart, own: &str, depth: usize) {
    if depth >= MAX_DEPTH {
        return;
    }
    for (_, child) in &chart.children {
        let name = format!("{} {}", child.metadata.name, child.metadata.version);
        let (kind, how) = if child.is_library() { ("Library", "library") } else { ("Chart", "subchart") };
        // Of subcharts each parent has its own, unless they are the same by name and version.
        let child_key = format!("chart {name}");
        graph.add(child_key.clone(), node(kind, name, false));
        let declared = chart.metadata.dependencies.iter().flatten().flatten();
        let alias = declared.filter(|d| d.name == child.metadata.name && !d.alias.is_empty()).map(|d| &d.alias).next();
        match alias {
            Some(alias) => graph.link(own, &child_key, &format!("{how} as {alias}")),
            None => graph.link(own, &child_key, how),
        }
        inner(graph, child, &child_key, depth + 1);
    }
    for dependency in chart.metadata.dependencies.iter().flatten().flatten() {
        if !chart.children.iter().any(|(_, c)| c.metadata.name == dependency.name) {
            let child_key = format!("chart {} {}", dependency.name, dependency.version);
            graph.add(child_key.clone(), node("Chart", format!("{} {}", dependency.name, dependency.version), true));
            graph.link(own, &child_key, "subchart");
        }
    }
}

/// Adds the files that a chart's values come from, weakest first, each with its layer.
pub fn add_layers<'a>(graph: &mut Graph, chart: &Chart, layers: impl Iterator<Item = (&'a str, &'a str)>) {
    let own = key(chart);
    for (file, layer) in layers {
        let file_key = format!("values {file}");
        graph.add(file_key.clone(), node("Values", file.to_owned(), false));
        let how = if layer.is_empty() || layer == "chart" { "values".into() } else { format!("values of {layer}") };
        graph.link(&own, &file_key, &how);
    }
}
