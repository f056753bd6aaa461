//! Layers of values: merging and the grammar of --set.
