//! What is asked of a cluster, read-only: the releases that Helm stored, live objects, what the API server serves. Start
//! at [`Cluster`]; [`StoredRelease`] is what most callers want.
//!
//! Everything here blocks: one file, `connect`, knows of the `kube` crate and its runtime and hides both behind
//! [`transport::Server`], so that the rest is plain code over JSON and builds without the feature `live`. Comparing is
//! left to `diff`, saying it to `cli`.

mod config;
#[cfg(feature = "live")]
mod connect;
pub mod discovery;
mod error;
mod live;
mod lookup;
pub mod managed;
mod objects;
#[cfg(feature = "live")]
mod proxy;
mod release;
#[cfg(feature = "live")]
mod sql;
#[cfg(feature = "live")]
mod sql_address;
mod storage;
pub mod transport;
#[cfg(feature = "live")]
mod trouble;

pub use config::{ConnectOptions, Driver, Token};
pub use error::{ClusterError, Fault};
pub use live::{DryRun, Found, LiveObjects, ObjectRef};
pub use lookup::Lookup;
pub use objects::Kind;
pub use release::{ChartHead, Limits, StoredHook, StoredRelease, decode_release};
pub use storage::{Absent, Current, ReleaseHead};

use std::sync::{Arc, OnceLock};

use discovery::Discovery;
use objects::Objects;
use storage::Storage;
use transport::Server;

/// One cluster, as one context of kubeconfig reaches it. Shared between threads freely: they share its connections.
pub struct Cluster {
    server: Arc<dyn Server>,
    storage: Box<dyn Storage>,
    discovery: OnceLock<Arc<Discovery>>,
}

impl Cluster {
    /// Prepares to talk to a cluster; nothing is sent yet.
    ///
    /// # Errors
    /// Where kubeconfig can't be read, lacks the context (the known ones are listed), or has credentials that can't be
    /// used, and with words for a storage driver that keeps nothing to be read.
    #[cfg(feature = "live")]
    pub fn connect(options: &ConnectOptions) -> Result<Cluster, ClusterError> {
        let server: Arc<dyn Server> = Arc::new(connect::connect(options)?);
        let storage: Box<dyn Storage> = match &options.driver {
            Driver::Secrets => Box::new(Objects::new(server.clone(), Kind::Secrets)),
            Driver::ConfigMaps => Box::new(Objects::new(server.clone(), Kind::ConfigMaps)),
            Driver::Sql(connection) => Box::new(sql::Sql::new(connection, options.timeout)?),
        };
        Ok(Cluster { server, storage, discovery: OnceLock::new() })
    }

    /// Says that this build can't.
    ///
    /// # Errors
    /// Always.
    #[cfg(not(feature = "live"))]
    pub fn connect(_: &ConnectOptions) -> Result<Cluster, ClusterError> {
        Err(ClusterError::new(
            Fault::Config,
            "this plimsoll was built without the feature \"live\" and asks no cluster",
        ))
    }

    /// The API server's address.
    pub fn address(&self) -> &str {
        self.server.address()
    }
}
