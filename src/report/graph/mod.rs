//! A graph as Mermaid, as DOT, as JSON, and as one page for a browser.

use std::collections::BTreeMap;
use std::fmt::Write;

use minijinja::context;

use super::html;
use crate::graph::{Graph, Node};

/// Short names for the things, in the order of their keys.
fn names(graph: &Graph) -> BTreeMap<&str, String> {
    graph.nodes.keys().enumerate().map(|(n, key)| (key.as_str(), format!("n{n}"))).collect()
}

/// The things by chart; those of no chart come first, under an empty name.
fn groups(graph: &Graph) -> BTreeMap<&str, Vec<(&str, &Node)>> {
    let mut found: BTreeMap<&str, Vec<(&str, &Node)>> = BTreeMap::new();
    for (key, node) in &graph.nodes {
        found.entry(&node.chart).or_default().push((key, node));
    }
    found
}

/// A text in quotes for Mermaid: what has a meaning there, or in HTML, is written as an entity.
fn mermaid_text(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '"' | '<' | '>' | '&' | '#' | ';' | '`' | '\\' | '|' | '[' | ']' | '{' | '}' | '\n' | '\r' => {
                _ = write!(out, "#{};", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// For GitHub, GitLab and wikis: a flowchart, charts as boxes, what is missing dashed.
pub fn mermaid(graph: &Graph) -> String {
    let names = names(graph);
    let mut out = String::from("flowchart LR\n");
    for (n, (chart, nodes)) in groups(graph).into_iter().enumerate() {
        if !chart.is_empty() {
            _ = writeln!(out, "  subgraph g{n}[\"{}\"]", mermaid_text(chart));
        }
        for (key, node) in nodes {
            let (indent, text) = (if chart.is_empty() { "  " } else { "    " }, mermaid_text(&node.name));
            let mark = if node.is_missing { ":::missing" } else { "" };
            _ = writeln!(out, "{indent}{}[\"{} {text}\"]{mark}", names[key], mermaid_text(&node.kind));
        }
        if !chart.is_empty() {
            out.push_str("  end\n");
        }
    }
    for edge in &graph.edges {
        if let (Some(from), Some(to)) = (names.get(edge.from.as_str()), names.get(edge.to.as_str())) {
            _ = writeln!(out, "  {from} -->|\"{}\"| {to}", mermaid_text(&edge.how));
        }
    }
    out.push_str("  classDef missing stroke:#c00,stroke-dasharray:4\n");
    out
}

/// A text in quotes for DOT.
fn dot_text(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace(['\n', '\r'], " ")
}

/// For Graphviz.
pub fn dot(graph: &Graph) -> String {
    let names = names(graph);
    let mut out = String::from("digraph plimsoll {\n  rankdir=LR;\n  node [shape=box];\n");
    for (n, (chart, nodes)) in groups(graph).into_iter().enumerate() {
        if !chart.is_empty() {
            _ = writeln!(out, "  subgraph cluster_{n} {{\n    label=\"{}\";", dot_text(chart));
        }
        for (key, node) in nodes {
            let style = if node.is_missing { ", style=dashed, color=red" } else { "" };
            let (kind, name) = (dot_text(&node.kind), dot_text(&node.name));
            _ = writeln!(out, "    {} [label=\"{kind}\\n{name}\"{style}];", names[key]);
        }
        if !chart.is_empty() {
            out.push_str("  }\n");
        }
    }
    for edge in &graph.edges {
        if let (Some(from), Some(to)) = (names.get(edge.from.as_str()), names.get(edge.to.as_str())) {
            _ = writeln!(out, "  {from} -> {to} [label=\"{}\"];", dot_text(&edge.how));
        }
    }
    out.push_str("}\n");
    out
}

/// For programs.
///
/// # Errors
/// When it can't be written as JSON.
pub fn json(graph: &Graph) -> Result<String, String> {
    serde_json::to_string_pretty(graph).map(|t| t + "\n").map_err(|e| e.to_string())
}

/// A page to walk through the graph; it holds everything itself and asks no network.
///
/// # Errors
/// When it can't be written as JSON.
pub fn page(title: &str, graph: &Graph) -> Result<String, String> {
    let data = serde_json::to_string(graph).map_err(|e| e.to_string())?;
    Ok(html::page(include_str!("page.html"), &data, context! { title }))
}
