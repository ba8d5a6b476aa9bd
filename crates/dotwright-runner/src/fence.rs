//! Ends what a dead runner left running, before a successor goes on (section 20.3).

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::platform::{group_of, hex};
use crate::record::AttemptStarted;

/// Ends all processes of an attempt and gives their numbers.
///
/// Two nets: the recorded group, if its leader is the recorded process, and every process whose environment names the
/// folder of the attempt. Its name holds a nonce, so the second one finds grandchildren of a leader that is gone, and
/// processes that left the group.
pub(crate) fn fence(started: &AttemptStarted) -> Vec<i32> {
    let mut killed = Vec::new();
    let until = Instant::now() + Duration::from_secs(2);
    loop {
        let found = leftovers(started);
        if found.is_empty() || Instant::now() > until {
            return killed;
        }
        let leader = started.process.as_ref().filter(|process| process.is_alive());
        if let Some(group) = leader.and_then(|leader| leader.id()) {
            // An error means that the group is gone.
            let _gone = kill_process_group(group, Signal::KILL);
        }
        for pid in found {
            if let Some(process) = Pid::from_raw(pid) {
                let _gone = kill_process(process, Signal::KILL);
            }
            if !killed.contains(&pid) {
                killed.push(pid);
            }
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn leftovers(started: &AttemptStarted) -> Vec<i32> {
    let group = started.process.as_ref().filter(|process| process.is_alive()).map(|process| process.pid);
    let Ok(entries) = std::fs::read_dir("/proc") else { return group.into_iter().collect() };
    let nonce = started.nonce.as_bytes();
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|&pid| {
        (group.is_some() && group_of(pid) == group && !is_zombie(pid)) || has_nonce(pid, nonce)
    })
    .collect()
}

/// True when the environment of a process names the attempt.
fn has_nonce(pid: i32, nonce: &[u8]) -> bool {
    let Ok(environment) = std::fs::read(format!("/proc/{pid}/environ")) else { return false };
    let named = environment
        .split(|&byte| byte == 0)
        .find_map(|variable| variable.strip_prefix(b"ATTRACTOR_STATUS_FILE="));
    named.is_some_and(|path| path.windows(nonce.len()).any(|part| part == nonce))
}

fn is_zombie(pid: i32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|text| text.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('Z')))
}

/// A nonce nobody has, to keep names of folders apart.
pub(crate) fn fresh_nonce(counter: &mut u64, seed: &str) -> String {
    *counter += 1;
    format!("{seed}{}", hex(&u16::try_from(*counter & 0xffff).unwrap_or(0).to_be_bytes()))
}
