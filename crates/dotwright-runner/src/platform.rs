//! What tells one process from a later one with the same number: the boot it lives in and its start time.

use rustix::process::Pid;
use serde::{Deserialize, Serialize};

/// A process that cannot be mistaken for another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessRef {
    /// Its number; for a step also that of its process group.
    pub pid: i32,
    /// The boot of the machine, or the empty text where that is not known.
    pub boot: String,
    /// Ticks from boot to its start; 0 where that is not known.
    pub start: u64,
}

impl ProcessRef {
    /// The process with this number, as it is now.
    pub(crate) fn of(pid: i32) -> ProcessRef {
        ProcessRef { pid, boot: boot_id(), start: start_time(pid).unwrap_or(0) }
    }

    pub(crate) fn own() -> ProcessRef {
        ProcessRef::of(rustix::process::getpid().as_raw_nonzero().get())
    }

    /// True when this very process is there, if only as a zombie.
    pub(crate) fn is_alive(&self) -> bool {
        self.boot == boot_id() && self.start != 0 && start_time(self.pid) == Some(self.start)
    }

    pub(crate) fn id(&self) -> Option<Pid> {
        Pid::from_raw(self.pid)
    }
}

/// The id of this boot.
pub(crate) fn boot_id() -> String {
    static BOOT: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    let read = || std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
    BOOT.get_or_init(|| read().map(|id| id.trim().to_owned()).unwrap_or_default()).clone()
}

/// When a process started, in ticks since boot.
fn start_time(pid: i32) -> Option<u64> {
    stat_fields(pid)?.nth(19)?.parse().ok()
}

/// The process group of a process.
pub(crate) fn group_of(pid: i32) -> Option<i32> {
    stat_fields(pid)?.nth(2)?.parse().ok()
}

/// Fields of `/proc/PID/stat` from the state on. The name before it stands in parentheses and can hold anything.
fn stat_fields(pid: i32) -> Option<impl Iterator<Item = String>> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    Some(rest.split_whitespace().map(str::to_owned).collect::<Vec<_>>().into_iter())
}

/// Random lower-case hexadecimal digits.
pub(crate) fn nonce() -> String {
    let mut bytes = [0_u8; 6];
    if getrandom::fill(&mut bytes).is_err() {
        // Without a source of randomness the clock still keeps names of one runner apart.
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let [.., a, b, c, d, e, f] = now.as_nanos().to_be_bytes();
        bytes = [a, b, c, d, e, f];
    }
    hex(&bytes)
}

/// A factor from 0.5 to 1.5 in thousandths (section 9).
pub(crate) fn jitter_thousandths() -> u64 {
    let mut bytes = [0_u8; 2];
    match getrandom::fill(&mut bytes) {
        Ok(()) => 500 + u64::from(u16::from_be_bytes(bytes)) % 1001,
        Err(_) => 1000,
    }
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a text cannot fail.
        let _written = write!(text, "{byte:02x}");
        text
    })
}

/// Milliseconds since 1970.
pub(crate) fn now_millis() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}
