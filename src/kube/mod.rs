//! What Kubernetes itself says of an object, offline: the facts of its API server, for checks that need no cluster.
//! Start reading at [`rules::check`].

pub mod quantity;
pub mod rules;
