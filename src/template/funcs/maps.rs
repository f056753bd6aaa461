//! The `maps` family of template functions.

use crate::template::func::Func;

/// The functions of this family.
pub const FUNCS: &[Func] = &[];
