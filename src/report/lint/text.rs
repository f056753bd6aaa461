//! `text`: for a terminal the template's line with the line of values beside it and what to do, drawn by miette; for
//! anything else one line per finding, as compilers write them. Waived findings are only counted.

use std::fmt::Display;
use std::io::{self, Write};

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents,
    Severity as Level, SourceCode, SourceSpan, SpanContents,
};

use super::Run;
use super::lines::{Lines, cut};
use super::words::{self, Counts, one_line, shortened, visible};
use crate::finding::{Finding, Severity, Spot};

/// Below this, miette breaks words rather than lines.
const NARROWEST: usize = 40;
/// Of a message on a terminal; the other formats hold all of it.
const LONGEST_MESSAGE: usize = 1000;

pub(super) fn write(run: &Run<'_>, findings: &[&Finding], out: &mut dyn Write) -> io::Result<()> {
    let lines = Lines::new(run);
    let theme = if run.colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_links(run.colour).with_width(run.width.max(NARROWEST));
    for finding in findings.iter().filter(|f| f.waived.is_none()) {
        let mut text = String::new();
        if run.width == 0 || handler.render_report(&mut text, &Shown::new(run, finding, &lines)).is_err() {
            // What was drawn of it so far stays above; the finding itself must not be lost.
            text.push_str(&compact(run, finding));
        }
        writeln!(out, "{text}")?;
    }
    let counts = Counts::of(findings.iter().copied());
    writeln!(out, "{} in {}", counts.text(), words::checked(run))
}

fn compact(run: &Run<'_>, finding: &Finding) -> String {
    let mut about = vec![words::subject(finding), finding.scope_text(run.environments, run.versions)];
    about.extend(words::value_place(finding));
    about.extend(finding.remedy.as_ref().map(|r| format!("remedy: {r}")));
    about.retain(|a| !a.is_empty());
    let Spot { file, line, column } = words::place(finding);
    let severity = words::severity(finding.severity);
    let text = format!("{file}:{line}:{column}: {severity} {}: {}", finding.rule, finding.message);
    one_line(&if about.is_empty() { text } else { format!("{text} ({})", about.join("; ")) })
}

/// A finding as miette wants it.
#[derive(Debug)]
struct Shown {
    message: String,
    rule: String,
    severity: Severity,
    help: String,
    url: Option<String>,
    windows: Windows,
    labels: Vec<LabeledSpan>,
}

impl Shown {
    fn new(run: &Run<'_>, finding: &Finding, lines: &Lines<'_>) -> Shown {
        let mut shown = Shown {
            message: visible(&shortened(&finding.message, LONGEST_MESSAGE)),
            rule: one_line(&finding.rule),
            severity: finding.severity,
            help: String::new(),
            url: finding.url.as_deref().map(one_line),
            windows: Windows::default(),
            labels: Vec::new(),
        };
        let mut help: Vec<String> = finding.remedy.iter().cloned().collect();
        let scope = finding.scope_text(run.environments, run.versions);
        let about = [words::subject(finding), scope].into_iter().filter(|a| !a.is_empty()).collect::<Vec<_>>();
        if !about.is_empty() {
            help.push(about.join("; "));
        }
        let spot = words::place(finding);
        if !shown.quote(lines, &spot, "") {
            help.push(format!("at {}:{}:{}", spot.file, spot.line, spot.column));
        }
        if let Some(values) = finding.values.as_ref().filter(|v| v.spot != finding.spot)
            && !shown.quote(lines, &values.spot, &values.key)
        {
            help.extend(words::value_place(finding));
        }
        shown.help = visible(&help.join("\n"));
        shown
    }

    /// Adds a snippet around a place; false if its text can't be had.
    fn quote(&mut self, lines: &Lines<'_>, spot: &Spot, label: &str) -> bool {
        let Some(file) = lines.file(&spot.file) else { return false };
        let around = file.around(spot.line, 1);
        let Some((first, _)) = around.first() else { return false };
        let base = self.windows.end();
        let mut window = Window { name: one_line(&spot.file), first: *first, base, text: String::new() };
        let mut mark = SourceSpan::from(base..base);
        for (number, line) in &around {
            let column = if *number == spot.line { spot.column.saturating_sub(1) } else { 0 };
            let (line, at) = cut(line, column);
            let (before, after) = line.split_at(at);
            let (before, after) = (visible(before), visible(after));
            if *number == spot.line {
                let start = base + window.text.len() + before.len();
                mark = (start..start + after.trim_end().len()).into();
            }
            window.text.push_str(&format!("{before}{after}\n"));
        }
        let label = (!label.is_empty()).then(|| one_line(label));
        self.labels.push(LabeledSpan::new_with_span(label, mark));
        self.windows.0.push(window);
        true
    }
}

impl Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Shown {}

impl Diagnostic for Shown {
    fn code<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        Some(Box::new(&self.rule))
    }

    fn severity(&self) -> Option<Level> {
        Some(match self.severity {
            Severity::Error => Level::Error,
            Severity::Warning => Level::Warning,
            Severity::Info => Level::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        (!self.help.is_empty()).then(|| Box::new(&self.help) as Box<dyn Display>)
    }

    fn url<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        self.url.as_ref().map(|u| Box::new(u) as Box<dyn Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        (!self.windows.0.is_empty()).then_some(&self.windows)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

/// Snippets of several files in one space of offsets: miette shows them beside each other, because it shows one text
/// for each label that can't be read together with the one before it.
#[derive(Debug, Default)]
struct Windows(Vec<Window>);

/// Some lines of a file.
#[derive(Debug)]
struct Window {
    name: String,
    /// Number of the first line, from 1.
    first: usize,
    /// The offset at which the text stands.
    base: usize,
    text: String,
}

impl Windows {
    /// The offset for the next window; no span reaches over the byte between two.
    fn end(&self) -> usize {
        self.0.last().map_or(0, |w| w.base + w.text.len() + 1)
    }
}

impl SourceCode for Windows {
    /// All of the window that the span is in; for a span without context around it, only where it begins.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        _: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (start, end) = (span.offset(), span.offset() + span.len());
        let holds = |w: &&Window| w.base <= start && end <= w.base + w.text.len();
        let window = self.0.iter().find(holds).ok_or(MietteError::OutOfBounds)?;
        let (data, range, line, column) = if before == 0 {
            let head = &window.text[..start - window.base];
            let column = head.len() - head.rfind('\n').map_or(0, |n| n + 1);
            let line = window.first - 1 + head.matches('\n').count();
            (&window.text[start - window.base..end - window.base], start..end, line, column)
        } else {
            (window.text.as_str(), window.base..window.base + window.text.len(), window.first - 1, 0)
        };
        let lines = data.lines().count();
        let contents =
            MietteSpanContents::new_named(window.name.clone(), data.as_bytes(), range.into(), line, column, lines);
        Ok(Box::new(contents))
    }
}
