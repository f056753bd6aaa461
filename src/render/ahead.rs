//! A render on all cores. Templates share maps that any of them may change, so that Helm's order of execution counts;
//! hardly any chart does that. So one thread executes the templates in Helm's order, while others, each with objects of
//! its own, work ahead from the end of that order. Where a template did change what is shared, or one that was executed
//! ahead failed, what was done ahead is forgotten, and the first thread goes on in order: what is printed never differs.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{OnceLock, mpsc};
use std::thread::ScopedJoinHandle;

use typed_arena::Arena;

use super::context::{TemplateFile, forget_template, set_template};
use super::evaluate::{Evaluated, execute, look_at};
use super::{Options, Prepared, RenderError, Rendered, finish};
use crate::chart::Chart;
use crate::diag::log::Log;
use crate::span::SourceMap;
use crate::template::exec::{Exec, Templates};
use crate::template::func::FuncCx;
use crate::template::parse::FuncScope;
use crate::template::trace::Tracer;
use crate::value::shared::{self, Sendable};
use crate::value::{Map, Value};
use crate::world::{MakeWorld, World};

/// More threads than this would each merge the same values for ever smaller shares.
const MOST_THREADS: usize = 4;

/// Which files are yet to be executed: the first thread takes them from the front, the others from the back.
struct Claims {
    /// Front and back, 32 bits each.
    open: AtomicU64,
    count: u32,
    /// Whether what is done ahead will be forgotten.
    spoilt: AtomicBool,
}

impl Claims {
    fn new(count: usize) -> Claims {
        // More files than that don't fit into memory.
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        Claims { open: AtomicU64::new(u64::from(count)), count, spoilt: AtomicBool::new(false) }
    }

    fn is_spoilt(&self) -> bool {
        self.spoilt.load(Ordering::Acquire)
    }

    fn spoil(&self) {
        self.spoilt.store(true, Ordering::Release);
    }

    /// The next file in order: also one that was claimed from the back, where that came to nothing.
    fn front(&self) -> Option<usize> {
        let step = |open: u64| {
            let (front, back) = ((open >> 32) as u32, open as u32);
            let end = if self.is_spoilt() { self.count } else { back };
            (front < end).then(|| (u64::from(front) + 1) << 32 | u64::from(back))
        };
        let before = self.open.fetch_update(Ordering::AcqRel, Ordering::Acquire, step).ok()?;
        Some((before >> 32) as usize)
    }

    fn back(&self) -> Option<usize> {
        let step = |open: u64| {
            let (front, back) = ((open >> 32) as u32, open as u32);
            (front < back && !self.is_spoilt()).then(|| open - 1)
        };
        let before = self.open.fetch_update(Ordering::AcqRel, Ordering::Acquire, step).ok()?;
        Some((before as u32 - 1) as usize)
    }
}

/// What a thread did ahead, and what its tracer saw.
struct Done<T> {
    files: Vec<Evaluated>,
    used: (usize, u64),
    tracer: T,
}

/// What all threads see of the work.
struct Work {
    templates: OnceLock<Templates>,
    claims: OnceLock<Claims>,
}

/// What a thread that works ahead is given.
pub(super) struct Given {
    world: MakeWorld,
    values: Sendable,
    /// The user's inputs, so that it gives the chart's the positions that the first thread gives them.
    sources: SourceMap,
}

/// What other threads need to work ahead; `None` where that wouldn't pay or where the world depends on the order of
/// questions.
pub(super) fn helpers(
    chart: &Chart,
    values: &Map,
    options: &Options,
    world: &dyn World,
    sources: &SourceMap,
) -> Option<Vec<Given>> {
    let helpers = options.threads.count(template_bytes(chart)).min(MOST_THREADS) - 1;
    let given = |_| {
        let values = Sendable::new(&Value::Map(values.clone()))?;
        Some(Given { world: world.elsewhere()?, values, sources: sources.clone() })
    };
    (helpers > 0).then(|| (0..helpers).map(given).collect()).flatten()
}

/// What every thread works for.
#[derive(Clone, Copy)]
struct Job<'a> {
    chart: &'a Chart,
    options: &'a Options,
    work: &'a Work,
}

/// Renders on all cores. The tracers are those of all threads whose work counts, the first one's first.
#[allow(clippy::too_many_arguments, reason = "the arguments of render, the other threads and the tracer")]
pub(super) fn render<T: Tracer + Send>(
    chart: &Chart,
    values: &Map,
    options: &Options,
    world: &dyn World,
    sources: &mut SourceMap,
    log: &mut Log,
    given: Vec<Given>,
    tracer: T,
) -> Result<(Rendered, Vec<T>), RenderError> {
    let work = Work { templates: OnceLock::new(), claims: OnceLock::new() };
    let job = Job { chart, options, work: &work };
    let rendered = std::thread::scope(|scope| {
        let mut starts = Vec::new();
        let mut ahead = Vec::new();
        for given in given {
            let (start, wait) = mpsc::channel::<()>();
            let own = tracer.elsewhere();
            let helper = move || help(job, given, own, &wait);
            // Where no thread is to be had, the others do its part.
            ahead.extend(crate::stack::spawn(scope, helper));
            starts.push(start);
        }
        lead(job, values, world, sources, log, starts, ahead, tracer)
    });
    if options.last {
        std::mem::forget(work);
    }
    rendered
}

fn template_bytes(chart: &Chart) -> usize {
    let own: usize = chart.templates.iter().map(|t| t.data.size_hint()).sum();
    own + chart.children.iter().map(|(_, child)| template_bytes(child)).sum::<usize>()
}

/// The thread whose order is Helm's.
#[allow(clippy::too_many_arguments, reason = "the arguments of render and the other threads")]
fn lead<T: Tracer>(
    job: Job<'_>,
    values: &Map,
    world: &dyn World,
    sources: &mut SourceMap,
    log: &mut Log,
    starts: Vec<mpsc::Sender<()>>,
    ahead: Vec<ScopedJoinHandle<'_, Option<Done<T>>>>,
    mut tracer: T,
) -> Result<(Rendered, Vec<T>), RenderError> {
    let Job { chart, options, work } = job;
    let prepared = Prepared::new(chart, values, options, sources, log)?;
    let parsed = prepared.parse(sources)?;
    let files = executed(&prepared);
    let templates = work.templates.get_or_init(|| parsed);
    let claims = work.claims.get_or_init(|| Claims::new(files.len()));
    // Nobody to receive it: that thread ended early, and nothing was done ahead there.
    for start in &starts {
        let _ = start.send(());
    }
    let mut all = Vec::with_capacity(files.len());
    tracer.begin(&prepared.values);
    let arena = Arena::new();
    let mut regexes = Default::default();
    let cx = FuncCx { helm: options.helm, world, dns: options.dns, regexes: &mut regexes };
    let mut exec = Exec::new(templates, &arena, FuncScope::Chart(options.helm), cx, tracer);
    let in_order = |exec: &mut Exec<'_, '_, T>, all: &mut Vec<Evaluated>| {
        while let Some(i) = claims.front() {
            let done = execute(exec, files[i]).inspect_err(|_| claims.spoil())?;
            all.push(look_at(files[i].path.clone(), done, options.helm));
            if shared::take_changed() {
                claims.spoil();
            }
        }
        Ok(())
    };
    let first = in_order(&mut exec, &mut all);
    shared::set_executing(false);
    let done: Vec<Option<Done<T>>> = ahead.into_iter().map(|thread| thread.join().ok().flatten()).collect();
    first?;
    done.iter().flatten().for_each(|d| exec.add_used(d.used));
    if done.iter().any(Option::is_none) || !exec.is_within_limits() {
        claims.spoil();
    }
    let mut others = Vec::new();
    match claims.is_spoilt() {
        true => in_order(&mut exec, &mut all)?,
        false => done.into_iter().flatten().for_each(|d| {
            all.extend(d.files);
            others.push(d.tracer);
        }),
    }
    shared::set_executing(false);
    all.sort_by(|a, b| a.path.cmp(&b.path));
    let tracers = [exec.into_tracer()].into_iter().chain(others).collect();
    if options.last {
        std::mem::forget((arena, regexes));
    }
    Ok((finish(prepared, all, chart, options, log)?, tracers))
}

fn executed<'p>(prepared: &'p Prepared<'_>) -> Vec<&'p TemplateFile> {
    prepared.context.files.iter().filter(|f| !f.is_partial()).collect()
}

/// A thread that works ahead: nothing if it could not, or if one of its templates failed or changed what is shared.
fn help<T: Tracer>(job: Job<'_>, given: Given, tracer: T, wait: &mpsc::Receiver<()>) -> Option<Done<T>> {
    let Job { chart, options, work } = job;
    let Given { world, values, mut sources } = given;
    let Value::Map(values) = values.into_value() else { return None };
    // Warnings are the first thread's to keep.
    let mut log = Log::new(options.helm);
    let unchecked = Options { check_schema: false, ..options.clone() };
    let prepared = Prepared::new(chart, &values, &unchecked, &mut sources, &mut log).ok()?;
    let files = executed(&prepared);
    wait.recv().ok()?;
    let (templates, claims) = (work.templates.get()?, work.claims.get()?);
    let done = execute_ahead(&files, templates, claims, options, &*world(), tracer);
    if done.is_none() {
        claims.spoil();
    }
    if options.last {
        std::mem::forget(prepared);
    }
    done
}

fn execute_ahead<T: Tracer>(
    files: &[&TemplateFile],
    templates: &Templates,
    claims: &Claims,
    options: &Options,
    world: &dyn World,
    tracer: T,
) -> Option<Done<T>> {
    let arena = Arena::new();
    let mut regexes = Default::default();
    let cx = FuncCx { helm: options.helm, world, dns: options.dns, regexes: &mut regexes };
    let mut exec = Exec::new(templates, &arena, FuncScope::Chart(options.helm), cx, tracer);
    // What `.Template` of each chart is before the file at `at` is executed, is that of its last file before.
    files.iter().for_each(|f| set_template(f));
    let mut at = files.len();
    let mut done = Vec::new();
    while let Some(i) = claims.back() {
        for later in (i..at).rev() {
            match files[..later].iter().rfind(|f| f.context.same(&files[later].context)) {
                Some(before) => set_template(before),
                None => forget_template(files[later]),
            }
        }
        at = i;
        let text = execute(&mut exec, files[i]).ok()?;
        if shared::take_changed() {
            return None;
        }
        done.push(look_at(files[i].path.clone(), text, options.helm));
    }
    let used = exec.used();
    let tracer = exec.into_tracer();
    if options.last {
        std::mem::forget((arena, regexes));
    }
    Some(Done { files: done, used, tracer })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_claimed_once_and_again_where_it_was_spoilt() {
        let claims = Claims::new(5);
        assert_eq!((claims.front(), claims.back(), claims.back()), (Some(0), Some(4), Some(3)));
        assert_eq!((claims.front(), claims.front(), claims.front(), claims.back()), (Some(1), Some(2), None, None));
        claims.spoil();
        assert_eq!((claims.front(), claims.back(), claims.front(), claims.front()), (Some(3), None, Some(4), None));
    }
}
