//! How results and errors are shown to people. No decisions.

pub mod rich;
