//! How much stack is left: recursion over untrusted input asks here, so that it ends in an error and not in a crash.
//!
//! A thread made by [`with_stack`] knows where its stack ends; other threads are taken to have what Rust gives them.

use std::cell::Cell;
use std::thread::{Scope, ScopedJoinHandle};

/// Stack of the thread that does the work, in bytes. The system hands out only what is touched.
pub const SIZE: usize = 1 << 30;
/// What a thread not made here has at least, less what its caller may have used.
const DEFAULT: usize = 1 << 20;
/// Kept for what can't ask: drops, the libraries, the error itself.
const RESERVE: usize = 256 << 10;

thread_local! {
    static LOWEST: Cell<usize> = const { Cell::new(0) };
}

#[inline]
fn here() -> usize {
    let marker = 0u8;
    std::ptr::from_ref(&marker) as usize
}

/// Runs `work` on a thread with a stack of [`SIZE`] bytes and returns what it returns. Nothing when the system gives no
/// such thread or `work` panicked.
pub fn with_stack<R: Send>(work: impl FnOnce() -> R + Send) -> Option<R> {
    std::thread::scope(|scope| spawn(scope, work)?.join().ok())
}

/// Starts `work` on a thread with a stack of [`SIZE`] bytes; nothing when the system gives no such thread.
pub fn spawn<'scope, R: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    work: impl FnOnce() -> R + Send + 'scope,
) -> Option<ScopedJoinHandle<'scope, R>> {
    let work = || {
        LOWEST.set(here().saturating_sub(SIZE - RESERVE * 4));
        work()
    };
    std::thread::Builder::new().stack_size(SIZE).spawn_scoped(scope, work).ok()
}

/// Whether the stack is nearly used up.
#[inline]
pub fn is_low() -> bool {
    let now = here();
    let lowest = LOWEST.get();
    if lowest == 0 {
        guess(now);
        return false;
    }
    now < lowest
}

#[cold]
fn guess(now: usize) {
    LOWEST.set(now.saturating_sub(DEFAULT - RESERVE));
}

/// How many bytes there are until [`is_low`].
pub fn left() -> usize {
    match is_low() {
        true => 0,
        false => here().saturating_sub(LOWEST.get()),
    }
}

#[cfg(test)]
mod tests {
    fn down(depth: usize) -> usize {
        if super::is_low() { depth } else { std::hint::black_box(down(depth + 1)) }
    }

    #[test]
    fn endless_recursion_ends() {
        assert!(super::with_stack(|| down(0)).is_some_and(|depth| depth > 10_000));
    }
}
