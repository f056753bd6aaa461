//! The functions by library, one file each. A function takes the values of target and arguments and looks at their
//! types itself: what the checker could not know, cel-go finds out when it runs, too.

pub mod convert;
pub mod format;
pub mod ip;
pub mod lists;
pub mod operators;
pub mod optional;
pub mod quantity;
pub mod regexes;
pub mod semver;
pub mod sets;
pub mod strings;
pub mod time;
pub mod url;

use super::eval::Fail;
use super::value::Value;

/// What a function yields.
pub type Outcome<'a> = Result<Value<'a>, Fail>;
