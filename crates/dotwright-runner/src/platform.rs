//! What tells one process from a later one with the same number: the boot it lives in and its start time.

use std::io::Read;

use rustix::process::Pid;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

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

    /// A process that was started after this moment. The clock tells its start, unless that moment and this one lie in two
    /// ticks; to ask the kernel takes longer, as the process is busy with becoming a program.
    pub(crate) fn begun_since(before: Ticks, pid: i32) -> ProcessRef {
        match before.0.filter(|_| before == Ticks::now()) {
            Some(start) => ProcessRef { pid, boot: boot_id(), start },
            None => ProcessRef::of(pid),
        }
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

/// The moment in ticks from boot, as [`ProcessRef::start`] counts them, where the system has that clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticks(Option<u64>);

impl Ticks {
    pub(crate) fn now() -> Ticks {
        #[cfg(target_os = "linux")]
        {
            let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
            let nanos = u64::try_from(now.tv_sec).unwrap_or(0) * 1_000_000_000
                + u64::try_from(now.tv_nsec).unwrap_or(0);
            Ticks(nanos.checked_div(1_000_000_000 / rustix::param::clock_ticks_per_second()))
        }
        #[cfg(not(target_os = "linux"))]
        Ticks(None)
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
    stat_field(pid, 19)?.parse().ok()
}

/// The process group of a process.
pub(crate) fn group_of(pid: i32) -> Option<i32> {
    stat_field(pid, 2)?.parse().ok()
}

/// A field of `/proc/PID/stat`, counted from the state. The name before that stands in parentheses and can hold anything.
fn stat_field(pid: i32, index: usize) -> Option<String> {
    // One read is enough for any of these files, and twice as fast as one that looks for their length first.
    let mut bytes = [0_u8; 1024];
    let count =
        std::fs::File::open(format!("/proc/{pid}/stat")).and_then(|mut file| file.read(&mut bytes)).ok()?;
    let bytes = bytes.get(..count)?;
    let end = bytes.iter().rposition(|&byte| byte == b')')?;
    let rest = std::str::from_utf8(bytes.get(end + 1..)?).ok()?;
    rest.split_ascii_whitespace().nth(index).map(str::to_owned)
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
    let digit = |value: u8| char::from(if value < 10 { b'0' + value } else { b'a' + value - 10 });
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// SHA-256 of a text, in lower-case hexadecimal digits.
pub(crate) fn sha256(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

/// Milliseconds since 1970.
pub(crate) fn now_millis() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_and_the_kernel_agree_when_a_process_began() {
        for _ in 0..20 {
            let before = Ticks::now();
            let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
            let pid = i32::try_from(child.id()).unwrap();
            let process = ProcessRef::begun_since(before, pid);
            assert_eq!(process, ProcessRef::of(pid));
            assert!(process.is_alive());
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}
