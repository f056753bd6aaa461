//! toYamlPretty: go-yaml v3.0.5's encoder straight from Go's values, with an indentation of two.

use super::emit::{Dialect, Emitter, Place};
use crate::value::Value;

/// What go-yaml v3 prints with SetIndent(2), with the newline at the end.
///
/// # Errors
/// For what can't be encoded.
pub fn to_yaml_pretty(value: &Value) -> Result<Vec<u8>, String> {
    let mut emitter = Emitter::new(Dialect::V3);
    emitter.node(value, Place::Root)?;
    Ok(emitter.finish())
}
