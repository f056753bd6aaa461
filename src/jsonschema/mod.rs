//! Adapter over the jsonschema crate that reports as Helm does.
