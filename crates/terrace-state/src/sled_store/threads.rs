//! sled's threads are started when the first database is opened, and each of them spins until the
//! last one is. One that takes the place of the thread that starts them spins for its whole time
//! slice: on two processors that was ten milliseconds, half of what a small plan takes.

/// Opens a database so that its threads hardly spin. They are held on the processor of this thread,
/// which has a whole time slice before it as it slept right before: mostly none of them gets to run
/// until all are started. Then they may run wherever this one may.
#[cfg(target_os = "linux")]
pub(super) fn unhurried<T>(open: impl FnOnce() -> T) -> T {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    // Where that is not told or not allowed they spin, and nothing else is different.
    let (Ok(anywhere), Some(processor)) = (sched_getaffinity(None), processor()) else {
        return open();
    };
    let mut here = CpuSet::new();
    here.set(processor);
    if sched_setaffinity(None, &here).is_err() {
        return open();
    }
    std::thread::park_timeout(std::time::Duration::from_micros(1));
    let opened = open();
    for thread in threads() {
        // One that has just ended needs it no more.
        if sched_getaffinity(Some(thread)).is_ok_and(|its| its == here) {
            let _ = sched_setaffinity(Some(thread), &anywhere);
        }
    }
    let _ = sched_setaffinity(None, &anywhere);
    opened
}

/// Where this thread runs (proc(5), `/proc/pid/stat`, field 39; the second may have spaces).
#[cfg(target_os = "linux")]
fn processor() -> Option<usize> {
    let told = std::fs::read_to_string("/proc/thread-self/stat").ok()?;
    let number = told.rsplit_once(')')?.1.split_whitespace().nth(36)?.parse().ok()?;
    (number < rustix::thread::CpuSet::MAX_CPU).then_some(number)
}

/// The threads of this process.
#[cfg(target_os = "linux")]
fn threads() -> impl Iterator<Item = rustix::thread::Pid> {
    let all = std::fs::read_dir("/proc/self/task").into_iter().flatten();
    let number = |entry: std::fs::DirEntry| entry.file_name().to_str()?.parse().ok();
    all.flatten().filter_map(number).filter_map(rustix::thread::Pid::from_raw)
}

/// Opens a database; how its threads are scheduled elsewhere is not known.
#[cfg(not(target_os = "linux"))]
pub(super) fn unhurried<T>(open: impl FnOnce() -> T) -> T {
    open()
}

#[cfg(test)]
mod tests {
    #[cfg(target_os = "linux")]
    #[test]
    fn what_is_started_meanwhile_may_run_anywhere_afterwards() {
        use rustix::thread::sched_getaffinity;
        let anywhere = sched_getaffinity(None).expect("told");
        let (tell, told) = std::sync::mpsc::channel::<()>();
        let started = super::unhurried(|| {
            let held = sched_getaffinity(None).expect("told");
            assert_eq!(held.count(), 1);
            std::thread::spawn(move || {
                told.recv().expect("told");
                sched_getaffinity(None).expect("told")
            })
        });
        tell.send(()).expect("heard");
        assert!(started.join().expect("ended") == anywhere);
        assert!(sched_getaffinity(None).expect("told") == anywhere);
    }
}
