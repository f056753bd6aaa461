//! Checks of charts and of what they render to.

pub mod helm;
