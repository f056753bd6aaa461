//! plimsoll renders Helm charts byte for byte as Helm does.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod adopt;
pub mod blob;
pub mod cel;
pub mod chart;
pub mod cli;
pub mod cluster;
pub mod diag;
pub mod diff;
pub mod explain;
pub mod finding;
pub mod fleet;
pub mod gonum;
pub mod grammar;
pub mod graph;
pub mod jsonschema;
pub mod kube;
pub mod lint;
pub mod manifest;
pub mod parallel;
pub mod policy;
pub mod render;
pub mod report;
pub mod routes;
pub mod span;
pub mod stack;
pub mod template;
pub mod value;
pub mod values;
pub mod world;
pub mod yaml;
