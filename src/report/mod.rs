//! How results and errors are shown to people. No decisions.

pub mod annotate;
pub mod diff;
pub mod explain;
pub mod graph;
pub mod lint;
pub mod page;
pub mod rich;
pub mod routes;
pub mod source_map;
pub mod words;
