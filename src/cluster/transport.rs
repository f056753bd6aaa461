//! The seam between what is asked of a cluster and how it travels: requests by path, answers as bytes, many at once.

use serde::Deserialize;

use super::{ClusterError, Fault};

/// What is sent. All but [`Verb::DryRunApply`] only read, and that stores nothing either.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verb {
    /// GET
    Get,
    /// A server-side apply of this object with `dryRun=All`, which the path has to say too.
    DryRunApply(Vec<u8>),
}

/// In which form the answer is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// Objects as they are.
    #[default]
    Json,
    /// Only their metadata: lists of Secrets without their data.
    Metadata,
    /// All groups, versions and resources in one answer.
    Discovery,
}

/// One request to the API server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What is sent.
    pub verb: Verb,
    /// Path and query.
    pub path: String,
    /// The form wanted.
    pub form: Form,
    /// What it is for, as errors name it: `release web in namespace shop`.
    pub what: String,
}

impl Request {
    /// A GET for JSON.
    pub fn get(path: impl Into<String>, what: impl Into<String>) -> Request {
        Request { verb: Verb::Get, path: path.into(), form: Form::Json, what: what.into() }
    }

    /// The same in another form.
    #[must_use]
    pub fn form(self, form: Form) -> Request {
        Request { form, ..self }
    }
}

/// What came back, whatever the status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The whole body.
    pub body: Vec<u8>,
}

/// An API server, however it is reached.
pub trait Server: Send + Sync {
    /// Sends all requests, some at once, and returns their answers in the same order.
    fn ask(&self, requests: &[Request]) -> Vec<Result<Answer, ClusterError>>;

    /// Its address, for messages.
    fn address(&self) -> &str;
}

impl dyn Server + '_ {
    /// Sends one request.
    ///
    /// # Errors
    /// As [`Server::ask`], for this one.
    pub fn ask_one(&self, request: &Request) -> Result<Answer, ClusterError> {
        self.ask(std::slice::from_ref(request)).pop().unwrap_or_else(|| {
            Err(ClusterError::new(Fault::Dropped, format!("no answer from {}: {}", self.address(), request.what)))
        })
    }

    /// Sends one request whose answer has to be a success.
    ///
    /// # Errors
    /// As [`Server::ask`], and what [`refusal`] says of other statuses.
    pub fn body(&self, request: &Request) -> Result<Vec<u8>, ClusterError> {
        self.checked(request, self.ask_one(request)?)
    }

    /// The body of an answer that has to be a success.
    ///
    /// # Errors
    /// What [`refusal`] says of other statuses.
    pub fn checked(&self, request: &Request, answer: Answer) -> Result<Vec<u8>, ClusterError> {
        if (200..300).contains(&answer.status) {
            return Ok(answer.body);
        }
        Err(refusal(request, &answer, self.address()))
    }

    /// An answer as what it has to be.
    ///
    /// # Errors
    /// Without the answer's content, which may be secret.
    pub fn read<'a, T: Deserialize<'a>>(&self, request: &Request, body: &'a [u8]) -> Result<T, ClusterError> {
        serde_json::from_slice(body).map_err(|e| {
            let place = format!("at line {} column {}", e.line(), e.column());
            let text = format!("{} answers about {} what no API server does, {place}", self.address(), request.what);
            ClusterError::new(Fault::Refused, text)
        })
    }
}

/// `metav1.Status`, as far as it is shown.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Status {
    pub kind: String,
    pub reason: String,
    pub message: String,
}

/// What an answer that is no success means.
pub fn refusal(request: &Request, answer: &Answer, address: &str) -> ClusterError {
    let status: Status = serde_json::from_slice(&answer.body).unwrap_or_default();
    let said = if status.kind == "Status" && !status.message.is_empty() {
        // One line is enough, and long enough for names.
        let line = status.message.lines().next().unwrap_or_default();
        line.chars().take(500).collect()
    } else {
        format!("HTTP status {} without an explanation", answer.status)
    };
    let text = |what: &str| format!("{address} {what} {}: {said}", request.what);
    match answer.status {
        401 => ClusterError::new(Fault::Unauthorized, text("does not accept the credentials for"))
            .hint("log in again, or check the user of this context in kubeconfig"),
        403 => {
            let error = ClusterError::new(Fault::Forbidden, text("does not allow"));
            match forbidden_hint(&said) {
                Some(hint) => error.hint(hint),
                None => error,
            }
        }
        404 => ClusterError::new(Fault::NotFound, text("has no")),
        429 => ClusterError::new(Fault::Throttled, text("is too busy for"))
            .hint("try again later, or with a smaller --concurrency"),
        _ => ClusterError::new(Fault::Refused, text("refused")),
    }
}

/// Who may not read Secrets is told what to ask for.
fn forbidden_hint(said: &str) -> Option<&'static str> {
    let secrets = said.contains("secrets is forbidden") || said.contains("resource \"secrets\"");
    secrets.then_some(
        "Helm keeps releases in Secrets: ask for get and list on secrets in this namespace, \
or set HELM_DRIVER where they are kept elsewhere",
    )
}

/// A name as one segment of a path. Names of objects need no escapes; what was typed may.
pub fn path_segment(name: &str) -> String {
    escaped(name)
}

/// A text as the value of a query's parameter.
pub fn query_value(text: &str) -> String {
    escaped(text)
}

/// All but RFC 3986's unreserved characters as `%XX`.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for b in text.bytes() {
        match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(b as char),
            _ => out.push_str(&format!("%{b:02X}")),
        }
    }
    out
}
