//! Talks glibc out of giving memory back to the system between one file and the next: each page that comes again is a
//! page fault, and faults are a quarter of the time of checking one large file. Other allocators do not mind.

use std::hint::black_box;

/// Below the 32 MiB up to which glibc learns.
const LARGEST: usize = 16 << 20;

/// More than a worker needs at a time, with the findings of a thousand files.
const WORKER: usize = 8 << 20;

/// Makes memory that is freed stay with the process. glibc maps what is large by itself and unmaps it when it is freed;
/// from how many bytes on, it learns from the largest piece that came back. Nobody writes to this one, so it costs two
/// system calls.
pub(crate) fn keep_freed() {
    drop(black_box(Vec::<u8>::with_capacity(LARGEST)));
}

/// Makes the heap of this thread large enough at once, which otherwise grows page by page, a system call each.
/// [`keep_freed`] comes first.
pub(crate) fn grow_heap() {
    drop(black_box(Vec::<u8>::with_capacity(WORKER)));
}
