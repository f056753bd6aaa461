//! Layers of values: the --set grammar, the order of layers, merging of tables. Knows no charts.

pub mod layers;
pub mod strvals;
pub mod tables;
