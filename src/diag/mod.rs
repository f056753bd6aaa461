//! What is said to people: log lines as Helm writes them.

pub mod log;
