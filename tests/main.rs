//! The one integration binary. `spec` renders the snippets of `testdata/template`, `parity` runs the charts of
//! `testdata/parity` through the program, `registry` walks the table of functions, `layers` checks who imports whom.
//! What `testdata` looks like is in its README; `format` and `txtar` read it.

mod adopt;
mod apiserver;
mod badinput;
mod cel;
mod diff;
mod diffreport;
mod diffs;
mod docs;
#[cfg(feature = "live")]
mod drift;
mod explain;
#[cfg(feature = "live")]
mod faults;
mod fleet;
mod format;
mod fuzz;
mod graph;
mod helmlint;
mod jinja;
mod layers;
mod lint;
mod mutation;
mod network;
mod parity;
mod platform;
mod policies;
mod project;
mod registry;
mod report;
mod routes;
mod spec;
mod structure;
mod txtar;
mod updates;
