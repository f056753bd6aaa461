//! Errors a person can act on: the template's line with a caret, the includes that led there, the key that is missing
//! and the closest one there is.

use std::io::IsTerminal;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Report, Severity};

use crate::render::RenderError;
use crate::template::error::{ExecError, Frame, MissingPath};
use crate::value::HelmVersion;

fn show(diagnostic: MietteDiagnostic, name: &str, text: &[u8]) -> String {
    let source = NamedSource::new(name, String::from_utf8_lossy(text).into_owned());
    let report = Report::from(diagnostic).with_source_code(source);
    let is_plain = std::env::var_os("NO_COLOR").is_some() || !std::io::stderr().is_terminal();
    let theme = if is_plain { GraphicalTheme::unicode_nocolor() } else { GraphicalTheme::unicode() };
    let mut out = String::new();
    let handler = GraphicalReportHandler::new_themed(theme).with_context_lines(2);
    if handler.render_report(&mut out, report.as_ref()).is_err() {
        out.push_str(&report.to_string());
    }
    out.push('\n');
    out
}

/// A failed render.
pub fn render_error(error: &RenderError, helm: HelmVersion) -> String {
    match error {
        RenderError::Exec(e) => exec_error(e, helm),
        RenderError::Parse(e) => {
            let text = &e.source.text;
            // Go says the line; the token at fault can stand behind it, where something is missing.
            let start = (e.offset as usize).min(text.len());
            let end = text[start..].iter().position(|c| c.is_ascii_whitespace()).map_or(text.len(), |n| start + n);
            let d = MietteDiagnostic::new(format!("the template does not parse: {}", e.message))
                .with_severity(Severity::Error)
                .with_label(LabeledSpan::at(start..end, format!("Helm says line {}", e.line)));
            show(d, &e.source.name.to_text(), text)
        }
        RenderError::Yaml { path, error, files } => {
            let text = files.get(path).map(String::as_str).unwrap_or_default();
            let mut d = MietteDiagnostic::new(format!("the output of {path} is no YAML: {}", error.message))
                .with_severity(Severity::Error)
                .with_help("this is the text as rendered; the template has to print something else here");
            if let Some(at) = error.offset {
                let at = at.min(text.len());
                d = d.with_label(LabeledSpan::at(at..at, "here"));
            }
            show(d, path, text.as_bytes())
        }
        other => format!("Error: {}\n", other.helm_text(helm)),
    }
}

fn exec_error(error: &ExecError, helm: HelmVersion) -> String {
    let frames: Vec<&Frame> = error.frames().collect();
    let Some(inner) = frames.last() else { return format!("Error: {}\n", error.helm_text(helm)) };
    let message = match &error.user_message {
        Some(m) => m.clone(),
        None => cause(error, inner),
    };
    let mut help = Vec::new();
    if let Some(missing) = &error.missing {
        help.push(missing_help(missing));
    }
    for frame in frames[..frames.len() - 1].iter().rev() {
        let (line, column) = frame.line_column();
        help.push(format!("reached from {}:{line}:{} by {}", frame.source.name.to_text(), column + 1, frame.node));
    }
    let start = (inner.offset as usize).min(inner.source.text.len());
    let end = (start + inner.node.len().max(1)).min(inner.source.text.len());
    let mut d = MietteDiagnostic::new(message)
        .with_severity(Severity::Error)
        .with_label(LabeledSpan::at(start..end, format!("in {}", inner.template.to_text())));
    if !help.is_empty() {
        d = d.with_help(help.join("\n"));
    }
    show(d, &inner.source.name.to_text(), &inner.source.text)
}

fn cause(error: &ExecError, inner: &Frame) -> String {
    use crate::template::error::Link;
    match error.links.last() {
        Some(Link::Text(t)) => format!("{}{t}", inner.message),
        _ => inner.message.clone(),
    }
}

fn missing_help(missing: &MissingPath) -> String {
    let absent = &missing.path[missing.absent.min(missing.path.len() - 1)];
    let whole = missing.path[..=missing.absent.min(missing.path.len() - 1)].join(".");
    let mut text = format!("nothing sets {whole}");
    let closest = missing
        .siblings
        .iter()
        .map(|s| (strsim::damerau_levenshtein(s, absent), s))
        .filter(|(d, s)| *d <= 1 + s.len() / 3)
        .min();
    if let Some((_, s)) = closest {
        text.push_str(&format!("; did you mean {s}?"));
    }
    text
}
