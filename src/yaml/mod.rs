//! Go's YAML: parse with positions, emit byte for byte.
