//! What the clients and the faults of one workload share: how much is done, and whether more is wanted.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;
use tokio::time::Instant;

use crate::model::{FaultTime, Workload, WorkloadLimit};

/// What clients and faults of one workload share.
pub(super) struct Shared<'w> {
    /// What is to be done.
    pub workload: &'w Workload,
    /// When it began.
    pub begun: Instant,
    done: watch::Sender<usize>,
    finished: watch::Sender<bool>,
    stopped: AtomicBool,
}

impl<'w> Shared<'w> {
    /// Nothing is done yet, and time begins.
    pub fn new(workload: &'w Workload) -> Self {
        Self {
            workload,
            begun: Instant::now(),
            done: watch::Sender::new(0),
            finished: watch::Sender::new(false),
            stopped: AtomicBool::new(false),
        }
    }

    /// Whether the operation of this number is still to be begun.
    pub fn wants(&self, number: usize) -> bool {
        let within = match self.workload.limit {
            WorkloadLimit::Operations(count) => number < count,
            WorkloadLimit::Time(limit) => self.begun.elapsed() < limit,
        };
        within && !self.stopped.load(Ordering::Relaxed)
    }

    /// Counts an operation that is over, however it ended.
    pub fn note(&self) {
        self.done.send_modify(|done| *done += 1);
    }

    /// Lets no client begin another operation.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Lets every fault that waits for its time know that the clients are done.
    pub fn finish(&self) {
        self.finished.send_replace(true);
    }

    /// Waits for the time of a fault; false when the clients were done before it came.
    pub async fn due(&self, after: FaultTime) -> bool {
        let (mut done, mut finished) = (self.done.subscribe(), self.finished.subscribe());
        let due = async {
            match after {
                FaultTime::Operations(count) => done.wait_for(|done| *done >= count).await.is_ok(),
                FaultTime::Time(time) => {
                    tokio::time::sleep_until(self.begun + time).await;
                    true
                }
            }
        };
        tokio::select! {
            biased;
            due = due => due,
            _ = finished.wait_for(|finished| *finished) => false,
        }
    }
}
