//! Helm's driver that keeps releases in PostgreSQL (helm v4.3.1 `pkg/storage/driver/sql.go`): one table, of which rows
//! are only ever read, in transactions that may do nothing else.

use std::sync::Mutex;
use std::time::Duration;

use postgres::error::SqlState;
use postgres::types::ToSql;
use postgres::{Client, Row};
use rayon::prelude::*;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::release::{Limits, StoredRelease, decode_release};
use super::storage::{ReleaseHead, Storage, TYPE, key};
use super::{ClusterError, Fault, Token, sql_address};

/// Releases in a database. The connection is made when it is first needed.
pub(super) struct Sql {
    config: postgres::Config,
    tls: MakeRustlsConnect,
    address: String,
    timeout: Duration,
    client: Mutex<Option<Client>>,
}

/// All standing revisions of some releases, by namespaces and names side by side.
const STANDING: &str = "SELECT key, type, body, name, namespace FROM releases_v1 \
WHERE owner = 'helm' AND status <> 'superseded' \
AND (namespace, name) IN (SELECT * FROM unnest($1::text[], $2::text[]))";

const ONE: &str = "SELECT key, type, body, name, namespace FROM releases_v1 WHERE key = $1 AND namespace = $2";

const HEADS: &str = "SELECT name, namespace, version, status, createdAt, modifiedAt FROM releases_v1 \
WHERE owner = 'helm' AND ($1::text IS NULL OR namespace = $1) AND ($2::text IS NULL OR name = $2)";

impl Sql {
    /// Reads the connection string; nothing is sent yet.
    pub(super) fn new(connection: &Token, timeout: Duration) -> Result<Sql, ClusterError> {
        let address = sql_address::parse(connection.reveal())?;
        let mut config = address.config;
        config.connect_timeout(timeout).tcp_user_timeout(timeout).application_name("plimsoll");
        let tls = MakeRustlsConnect::new(address.tls);
        Ok(Sql { config, tls, address: address.shown, timeout, client: Mutex::new(None) })
    }

    /// Runs one query in a transaction that may only read. A table that isn't there has no rows: Helm makes it when it
    /// first writes.
    fn rows(&self, what: &str, query: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, ClusterError> {
        let mut held = self.client.lock().unwrap_or_else(|broken| broken.into_inner());
        let client = match held.as_mut().filter(|c| !c.is_closed()) {
            Some(client) => client,
            None => {
                let fresh = self.config.connect(self.tls.clone()).map_err(|e| self.trouble(what, &e))?;
                held.insert(fresh)
            }
        };
        let mut run = || {
            let mut transaction = client.build_transaction().read_only(true).start()?;
            transaction.batch_execute(&format!("SET LOCAL statement_timeout = {}", self.timeout.as_millis()))?;
            let rows = transaction.query(query, parameters)?;
            transaction.rollback()?;
            Ok(rows)
        };
        match run() {
            Err(e) if postgres::Error::code(&e) == Some(&SqlState::UNDEFINED_TABLE) => Ok(Vec::new()),
            done => done.map_err(|e| self.trouble(what, &e)),
        }
    }

    fn trouble(&self, what: &str, e: &postgres::Error) -> ClusterError {
        let address = &self.address;
        if let Some(said) = e.as_db_error() {
            let text = format!("{address}, asked about {what}: {}", said.message());
            let fault = match said.code() {
                &SqlState::INVALID_PASSWORD | &SqlState::INVALID_AUTHORIZATION_SPECIFICATION => Fault::Unauthorized,
                &SqlState::INSUFFICIENT_PRIVILEGE => Fault::Forbidden,
                &SqlState::QUERY_CANCELED => Fault::Timeout,
                &SqlState::UNDEFINED_DATABASE => Fault::NotFound,
                _ => Fault::Refused,
            };
            return ClusterError::new(fault, text);
        }
        if e.is_closed() {
            return ClusterError::new(Fault::Dropped, format!("{address} ended the connection, asked about {what}"));
        }
        let mut cause: &dyn std::error::Error = e;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        ClusterError::new(Fault::Unreachable, format!("{address} can't be reached, asked about {what}: {cause}"))
    }
}

impl Storage for Sql {
    fn standing(&self, wanted: &[(&str, &str)]) -> Vec<Result<Vec<StoredRelease>, ClusterError>> {
        let what = match wanted {
            [(namespace, name)] => super::storage::named(namespace, name),
            _ => format!("{} releases", wanted.len()),
        };
        let namespaces: Vec<&str> = wanted.iter().map(|w| w.0).collect();
        let names: Vec<&str> = wanted.iter().map(|w| w.1).collect();
        let rows = match self.rows(&what, STANDING, &[&namespaces, &names]) {
            Ok(rows) => rows,
            Err(e) => return wanted.iter().map(|_| Err(e.clone())).collect(),
        };
        let decoded: Vec<_> = rows.par_iter().map(decoded).collect();
        let of = |namespace: &str, name: &str| {
            let mine = rows
                .iter()
                .zip(&decoded)
                .filter(|(row, _)| text(row, "namespace") == namespace && text(row, "name") == name);
            mine.map(|(_, release)| release.clone()).collect()
        };
        wanted.iter().map(|(namespace, name)| of(namespace, name)).collect()
    }

    fn one(&self, namespace: &str, name: &str, revision: u64) -> Result<Option<StoredRelease>, ClusterError> {
        let what = format!("revision {revision} of {}", super::storage::named(namespace, name));
        self.rows(&what, ONE, &[&key(name, revision), &namespace])?.first().map(decoded).transpose()
    }

    fn heads(&self, namespace: Option<&str>, name: Option<&str>) -> Result<Vec<ReleaseHead>, ClusterError> {
        let rows = self.rows("its releases", HEADS, &[&namespace, &name])?;
        Ok(rows.iter().filter_map(head).collect())
    }
}

fn text<'r>(row: &'r Row, column: &str) -> &'r str {
    row.try_get(column).unwrap_or_default()
}

fn decoded(row: &Row) -> Result<StoredRelease, ClusterError> {
    let (key, of_type) = (text(row, "key"), text(row, "type"));
    if of_type != TYPE {
        let said = format!("{key} of type {of_type:?} is a release of an unknown version; known is {TYPE}");
        return Err(ClusterError::new(Fault::NotARelease, said));
    }
    decode_release(key, text(row, "body").as_bytes(), Limits::default())
}

fn head(row: &Row) -> Option<ReleaseHead> {
    let time = |column: &str| row.try_get::<_, i32>(column).ok().filter(|t| *t != 0);
    Some(ReleaseHead {
        name: row.try_get("name").ok()?,
        namespace: row.try_get("namespace").ok()?,
        revision: row.try_get::<_, i32>("version").ok()?.try_into().ok()?,
        status: row.try_get("status").ok()?,
        written: time("modifiedat").or_else(|| time("createdat")).map(i64::from),
    })
}
