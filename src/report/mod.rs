//! How results and errors are shown to people. No decisions.

pub mod annotate;
pub mod diff;
pub mod explain;
pub mod explain_page;
pub mod graph;
mod html;
pub mod lint;

pub mod rich;
pub mod routes;
pub mod source_map;
pub mod words;
