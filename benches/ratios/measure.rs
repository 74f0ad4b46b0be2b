//! Medians, the memory of a child, the machine's load, and the wish to stop.

use std::error::Error;
use std::process::{Child, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A measurement, or why there is none.
pub type Measured<T> = Result<T, Box<dyn Error>>;

/// How often a child's memory is read. The kernel keeps the high-water mark itself, so that only what is allocated in the
/// last moments of a child can be missed.
const SAMPLE: Duration = Duration::from_millis(2);

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// The value in the middle; with an even number of values, the greater of the two.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// Ctrl-C no longer ends this process at once, so that the servers are taken down on the way out.
pub fn notice_interrupts() {
    std::thread::spawn(|| {
        let pressed = runtime().map(|runtime| runtime.block_on(tokio::signal::ctrl_c()));
        if matches!(pressed, Ok(Ok(()))) {
            INTERRUPTED.store(true, Ordering::Relaxed);
        }
    });
}

/// An error once somebody has pressed Ctrl-C.
pub fn go_on() -> Measured<()> {
    if INTERRUPTED.load(Ordering::Relaxed) { Err("interrupted".into()) } else { Ok(()) }
}

/// The runtime of polyspec's own shape: as many threads as there are cores.
pub fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

/// Waits for a child and returns the most memory that it had resident, in MiB (`VmHWM` of proc(5)).
pub fn peak_memory(child: &mut Child) -> Measured<(ExitStatus, f64)> {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0.0;
    loop {
        if let Some(kib) = std::fs::read_to_string(&status).ok().as_deref().and_then(high_water_mark) {
            peak = kib / 1024.0;
        }
        if let Some(ended) = child.try_wait()? {
            return Ok((ended, peak));
        }
        std::thread::sleep(SAMPLE);
    }
}

fn high_water_mark(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// The load of the last minute and the number of cores.
pub fn load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("load {} on {cores} cores", load.split(' ').next().unwrap_or("unknown"))
}
