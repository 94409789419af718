//! Room for recursion: the CEL parser and interpreter recurse along an expression, with large
//! frames in unoptimised builds. What is heavy runs on a thread with a stack that suffices for the
//! bounds in `scan`, whatever thread asked for it.

const STACK: usize = 128 << 20;

/// Runs the work, with a large stack if an expression needs one. `None` when there is no memory
/// for that, or the work panicked.
pub(crate) fn with_room<T: Send>(deep: bool, work: impl FnOnce() -> T + Send) -> Option<T> {
    if !deep {
        return Some(work());
    }
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().name("expression".into()).stack_size(STACK);
        builder.spawn_scoped(scope, work).ok()?.join().ok()
    })
}
