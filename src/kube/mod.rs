//! What Kubernetes itself says of an object, offline: the facts of its API server, for checks that need no cluster.
//! Start reading at [`schema::Schemas`].

pub mod schema;
