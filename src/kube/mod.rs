//! What Kubernetes itself says of an object, offline: the facts of its API server, for checks that need no cluster.
//! Start reading at [`schema::Schemas`] for the shape of objects and at [`rules::check`] for what the server checks
//! beyond it.

pub mod quantity;
pub mod rules;
pub mod schema;
