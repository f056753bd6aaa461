//! Which request goes where: the hosts and paths of all charts, and how an existing nginx compares with them.
//!
//! Pure over objects and texts: who renders charts and reads files is further up.

pub mod nginx;

/// A request that both sides are asked about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Request {
    /// Whether it comes by TLS.
    pub has_tls: bool,
    /// The port it comes to.
    pub port: u16,
    /// The host it asks for.
    pub host: String,
    /// Path and arguments.
    pub uri: String,
}
