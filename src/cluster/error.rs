//! What goes wrong with clusters. No text here ever holds a token, a key or a Secret's data: it is made of addresses,
//! names and the server's own words about requests.

use std::fmt;

/// Which way it went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Kubeconfig, the environment or flags: nothing was sent.
    Config,
    /// No connection came about.
    Unreachable,
    /// No answer in time.
    Timeout,
    /// The connection ended before the answer did.
    Dropped,
    /// The server's certificate, or ours, was refused.
    Certificate,
    /// Credentials could not be had, or were refused (401).
    Unauthorized,
    /// Not allowed (403).
    Forbidden,
    /// Not there (404).
    NotFound,
    /// Too many requests (429), also after waiting as long as the server asked for.
    Throttled,
    /// Another answer than was hoped for.
    Refused,
    /// An answer, or what it holds, is larger than what is read.
    TooLarge,
    /// What is stored is no release that this version can read.
    NotARelease,
}

/// Something that went wrong with a cluster, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterError {
    /// Which way.
    pub fault: Fault,
    /// A line that names what was asked, where, and what came of it.
    pub text: String,
    /// What to do.
    pub hint: Option<String>,
}

impl ClusterError {
    /// An error without advice.
    pub fn new(fault: Fault, text: impl Into<String>) -> ClusterError {
        ClusterError { fault, text: text.into(), hint: None }
    }

    /// The same with advice.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> ClusterError {
        ClusterError { hint: Some(hint.into()), ..self }
    }
}

impl fmt::Display for ClusterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.hint {
            Some(hint) => write!(f, "{}\n  {hint}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

impl std::error::Error for ClusterError {}
