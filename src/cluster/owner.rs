//! Who a run folder belongs to: a process that can be told from a later one of the same number.

use serde::{Deserialize, Serialize};

use super::process::table;

/// A process, named so that it is never mistaken for another: its number is used again, after a restart of the machine too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Its process id.
    pub pid: i32,
    /// When it started, as the process table says.
    pub started: String,
    /// The boot of the machine.
    pub boot: String,
}

impl Owner {
    /// This process.
    pub fn this_process() -> Self {
        let pid = std::process::id() as i32;
        let started = table::find(pid).map(|entry| entry.started).unwrap_or_default();
        Self { pid, started, boot: boot() }
    }

    /// Whether it still runs.
    pub fn is_alive(&self) -> bool {
        self.boot == boot()
            && table::find(self.pid).is_some_and(|entry| !entry.is_dead() && entry.started == self.started)
    }
}

/// This boot of the machine. Where the system does not name it, start times alone must do: there they are dates.
fn boot() -> String {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    id.trim().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_process_of_the_same_number_is_not_the_owner() {
        let this = Owner::this_process();
        assert!(this.is_alive());
        assert!(!Owner { started: "1".into(), ..this.clone() }.is_alive());
        assert!(!Owner { boot: "another boot".into(), ..this }.is_alive());
    }
}
