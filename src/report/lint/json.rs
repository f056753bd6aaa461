//! `json`: an array of the findings that count, one object each, with the fields of [`Finding`].

use std::io::{self, Write};

use super::{Run, pretty};
use crate::finding::Finding;

pub(super) fn write(_: &Run<'_>, findings: &[&Finding], out: &mut dyn Write) -> io::Result<()> {
    let counted: Vec<&&Finding> = findings.iter().filter(|f| f.waived.is_none()).collect();
    pretty(&counted, out)
}
