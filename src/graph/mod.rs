//! What uses what: charts their library charts, subcharts and layers of values; workloads the objects they name or that
//! select them, across charts; and what is named and isn't there.
//!
//! [`Graph`] is plain data, in an order that only depends on what is in it. [`charts`] adds what Chart.yaml and charts/
//! say, [`objects`] what rendered objects say of each other.

pub mod charts;
pub mod objects;
mod pods;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

/// A thing that is used or uses something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    /// `Chart`, `Library`, `Values`, or the kind of an object.
    pub kind: String,
    /// Its name: of a chart with its version, of a file its path.
    pub name: String,
    /// The namespace of an object.
    pub namespace: String,
    /// The chart that it belongs to; empty for charts, files, and what is in none of the charts.
    pub chart: String,
    /// Whether it is named, but not among what was rendered.
    pub is_missing: bool,
}

/// One thing uses another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Edge {
    /// Who uses, by its key.
    pub from: String,
    /// What is used, by its key.
    pub to: String,
    /// How: `library`, `subchart`, `values`, `mounts`, `reads`, `runs as`, `selects`, `routes to`, ….
    pub how: String,
}

/// Things by their keys, and who uses what.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Graph {
    /// The things.
    pub nodes: BTreeMap<String, Node>,
    /// The uses.
    pub edges: BTreeSet<Edge>,
}

impl Graph {
    /// Adds a thing; what was missing until now is no more.
    pub fn add(&mut self, key: String, node: Node) {
        match self.nodes.get(&key) {
            Some(known) if !known.is_missing || node.is_missing => {}
            _ => _ = self.nodes.insert(key, node),
        }
    }

    /// Adds a use.
    pub fn link(&mut self, from: &str, to: &str, how: &str) {
        self.edges.insert(Edge { from: from.to_owned(), to: to.to_owned(), how: how.to_owned() });
    }

    /// Adds all of another graph.
    pub fn extend(&mut self, other: Graph) {
        other.nodes.into_iter().for_each(|(key, node)| self.add(key, node));
        self.edges.extend(other.edges);
    }
}
