//! Go's regular expressions (RE2 syntax) on the regex crate.

/// Compiled expressions by source.
#[derive(Default)]
pub struct Cache {}
