//! Small formats that several layers need, one file each: Go's regular expressions, version ranges, globs,
//! paths, times, JSON as Go writes and reads it.

pub mod duration;
pub mod glob;
pub mod gojson;
pub mod gopath;
pub mod gotime;
pub mod gourl;
pub mod layout;
pub mod netip;
pub mod regex;
pub mod semver;
pub mod toml;
