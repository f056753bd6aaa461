//! nginx configurations: read with their includes, as a model that says what nginx would do with a request.
//!
//! [`load`] reads words ([`lex`]) and directives ([`tree`]), refuses what nginx refuses of servers and locations with
//! nginx's own words ([`build`]), and [`eval::answer`] runs a request through servers, rewrites and locations in
//! nginx's order. What depends on the machine (which files exist, what a header says) is assumed to be absent, and
//! the answer says so. Written against nginx 1.22.1; what its directives mean was recorded from it
//! (`testdata/routes/nginx`).

mod build;
mod check;
pub mod eval;
mod find;
pub mod lex;
pub mod model;
pub mod pattern;
pub mod tree;
mod uri;
mod vars;

pub use model::Config;

/// The server that has the requests for a host, in lower case and without a port, that come to a port.
pub fn find_server<'c>(config: &'c Config, port: u16, host: &str) -> Option<&'c model::Server> {
    find::server(config, port, host).map(|(server, _)| server)
}

/// What is wrong with a configuration, in nginx's words where nginx has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file.
    pub file: String,
    /// The line, from 1; 0 where the file itself could not be read.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            0 => f.write_str(&self.message),
            line => write!(f, "{} in {}:{line}", self.message, self.file),
        }
    }
}

/// Where files are read.
pub trait Files {
    /// The text of a file.
    ///
    /// # Errors
    /// With nginx's words, `open() "x" failed (2: No such file or directory)`.
    fn read(&self, path: &str) -> Result<String, String>;

    /// The files that a glob finds, sorted; the name itself where it is none.
    ///
    /// # Errors
    /// For a glob that is malformed.
    fn find(&self, glob: &str) -> Result<Vec<String>, String>;
}

/// Reads a configuration.
///
/// # Errors
/// What nginx refuses.
pub fn load(path: &str, files: &dyn Files) -> Result<Config, Fault> {
    build::config(tree::read(path, files)?)
}
