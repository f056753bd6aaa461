//! Work on all cores: threads that start, take what there is, and end. [`map`] is for the parts of one render,
//! [`in_order`] for any number of charts. (A pool such as rayon's has workers that spin while they wait, which a short
//! render pays for.)

use std::collections::BTreeMap;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError, mpsc};

/// How many threads run at once.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// The results of `work` for each item, in the items' order.
pub fn map<I: Sync, R: Send>(items: &[I], work: impl Fn(&I) -> R + Sync) -> Vec<R> {
    let cores = cores().min(items.len().max(1));
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::with_capacity(items.len()));
    let take = || {
        let mut mine = Vec::new();
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(i) else { break };
            mine.push((i, work(item)));
        }
        if let Ok(mut done) = done.lock() {
            done.append(&mut mine);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..cores {
            // Where no thread is to be had, the others do its part.
            let _ = std::thread::Builder::new().spawn_scoped(scope, take);
        }
        take();
    });
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_unstable_by_key(|(i, _)| *i);
    done.into_iter().map(|(_, r)| r).collect()
}

/// Does `work` for each item on so many threads and gives the results to `take` in the items' order, as soon as there
/// are any. No more than a few results per thread wait at any time, however many items there are. The threads have large
/// stacks; where the work on an item panicked there is no result.
pub fn in_order<I: Sync, R: Send>(
    items: &[I],
    threads: usize,
    work: impl Fn(&I) -> R + Sync,
    mut take: impl FnMut(&I, Option<R>),
) {
    let ahead = AHEAD * threads.max(1);
    let (next, taken) = (AtomicUsize::new(0), (Mutex::new(0), Condvar::new()));
    let run = |send: mpsc::Sender<(usize, Option<R>)>| {
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(i) else { break };
            let done = taken.0.lock().unwrap_or_else(PoisonError::into_inner);
            drop(taken.1.wait_while(done, |done| i >= *done + ahead));
            let result = catch_unwind(AssertUnwindSafe(|| work(item))).ok();
            if send.send((i, result)).is_err() {
                break;
            }
        }
    };
    std::thread::scope(|scope| {
        let (send, receive) = mpsc::channel();
        for _ in 0..threads.clamp(1, items.len().max(1)) {
            let send = send.clone();
            // Where the system gives fewer threads, fewer do it.
            let _ = crate::stack::spawn(scope, || run(send));
        }
        drop(send);
        let mut early = BTreeMap::new();
        for (i, item) in items.iter().enumerate() {
            while !early.contains_key(&i) {
                let Ok((n, result)) = receive.recv() else { break };
                early.insert(n, result);
            }
            take(item, early.remove(&i).flatten());
            *taken.0.lock().unwrap_or_else(PoisonError::into_inner) = i + 1;
            taken.1.notify_all();
        }
    });
}

/// How many results per thread may wait for one that takes longer.
const AHEAD: usize = 4;

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn results_stream_in_order_and_none_runs_far_ahead() {
        let items: Vec<usize> = (0..500).collect();
        let (started, taken) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let mut seen = Vec::new();
        super::in_order(
            &items,
            3,
            |n| {
                started.fetch_add(1, Ordering::SeqCst);
                if n % 50 == 0 {
                    std::thread::sleep(std::time::Duration::from_millis(2));
                }
                assert_ne!(*n, 333, "one that fails");
                n * 2
            },
            |n, result| {
                assert!(started.load(Ordering::SeqCst) <= taken.fetch_add(1, Ordering::SeqCst) + 2 + 3 * super::AHEAD);
                seen.push((*n, result));
            },
        );
        let expected = items.iter().map(|n| (*n, (*n != 333).then_some(n * 2)));
        assert_eq!(seen, expected.collect::<Vec<_>>());
        super::in_order(&[] as &[u32], 2, |n| *n, |_, _| unreachable!("there is nothing"));
    }

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let items: Vec<u32> = (0..1000).collect();
        assert_eq!(super::map(&items, |n| n * 2), items.iter().map(|n| n * 2).collect::<Vec<_>>());
        assert!(super::map(&[] as &[u32], |n| *n).is_empty());
    }
}
