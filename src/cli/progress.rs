//! How far work over many releases is: a bar on a terminal, nothing in a pipe.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on standard error, where that is a terminal and there is more than a moment's work.
pub(super) struct Progress(Option<ProgressBar>);

/// Fewer releases than this are done before anybody could read.
const WORTH_A_BAR: usize = 20;

impl Progress {
    /// A bar for so many releases. Where standard output is a terminal too it would stand between the lines printed.
    pub fn new(releases: usize) -> Progress {
        Progress::shown(!std::io::stdout().is_terminal(), releases)
    }

    /// The same for a command that prints nothing before it is done.
    pub fn at_the_end(releases: usize) -> Progress {
        Progress::shown(true, releases)
    }

    fn shown(may: bool, releases: usize) -> Progress {
        let shown = may && std::io::stderr().is_terminal();
        if !shown || releases < WORTH_A_BAR {
            return Progress(None);
        }
        let bar = ProgressBar::with_draw_target(Some(releases as u64), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{bar:30} {pos} of {len} releases, {elapsed}");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        Progress(Some(bar))
    }

    /// So many more are to be done than was known.
    pub fn more(&mut self, releases: usize) {
        if let Some(bar) = &self.0 {
            bar.inc_length(releases as u64);
        }
    }

    /// Says something while the bar is out of the way.
    pub fn aside<R>(&self, say: impl FnOnce() -> R) -> R {
        match &self.0 {
            Some(bar) => bar.suspend(say),
            None => say(),
        }
    }

    /// So many more are done.
    pub fn add(&mut self, releases: usize) {
        if let Some(bar) = &self.0 {
            bar.inc(releases as u64);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
