//! `posix_spawn` for the process module, the only place with `unsafe`.
//!
//! The standard library puts the environment of every process together anew, in two ordered maps. With the variables of a
//! common shell that costs a fifth of what the runner itself does for a step; here those that all steps share are made
//! ready once. What the child gets is what `std::process::Command` gives it: its default for SIGPIPE, no signal blocked.

#![allow(unsafe_code, reason = "`posix_spawn` takes raw pointers, and no well-kept crate wraps all of it")]

use std::ffi::{CStr, CString};
use std::io::{Error, Result};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd};
use std::ptr::null_mut;

use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::Pid;

/// What becomes of the new process.
#[derive(Debug)]
pub(crate) struct Image<'i> {
    /// An absolute path.
    pub(crate) program: &'i CStr,
    /// The name that the program is called by, and its arguments.
    pub(crate) arguments: &'i [CString],
    /// The environment, as `NAME=VALUE`.
    pub(crate) variables: &'i [&'i CStr],
    pub(crate) workdir: &'i CStr,
}

/// A process that runs, with our ends of its three pipes. Whoever has it waits for it.
#[derive(Debug)]
pub(crate) struct Spawned {
    pub(crate) pid: Pid,
    pub(crate) input: OwnedFd,
    pub(crate) out: OwnedFd,
    pub(crate) err: OwnedFd,
}

/// Starts a process in a group of its own.
///
/// # Errors
/// As the system says: a program or folder that is not there, too long arguments, no room for one more process.
pub(crate) fn spawn(image: &Image<'_>) -> Result<Spawned> {
    let (input, ours) = pipe_with(PipeFlags::CLOEXEC)?;
    let (out, theirs) = pipe_with(PipeFlags::CLOEXEC)?;
    let (err, theirs_too) = pipe_with(PipeFlags::CLOEXEC)?;
    let mut actions = MaybeUninit::uninit();
    let mut actions = Actions::new(&mut actions)?;
    actions.duplicate(&input, libc::STDIN_FILENO)?;
    actions.duplicate(&theirs, libc::STDOUT_FILENO)?;
    actions.duplicate(&theirs_too, libc::STDERR_FILENO)?;
    actions.change_folder(image.workdir)?;
    let mut attributes = MaybeUninit::uninit();
    let mut attributes = Attributes::new(&mut attributes)?;
    attributes.lead_a_group()?;
    let arguments = pointers(image.arguments.iter().map(CString::as_c_str));
    let variables = pointers(image.variables.iter().copied());
    let mut pid = 0;
    // SAFETY: actions and attributes are initialised; both arrays end with a null pointer, and what they point to ends
    // with a zero byte and outlives the call, which does not write to it.
    check(unsafe {
        libc::posix_spawn(
            &mut pid,
            image.program.as_ptr(),
            actions.0.as_ptr(),
            attributes.0.as_ptr(),
            arguments.as_ptr(),
            variables.as_ptr(),
        )
    })?;
    let pid = Pid::from_raw(pid).ok_or_else(|| Error::other("the system gave no process id"))?;
    Ok(Spawned { pid, input: ours, out, err })
}

/// An array of the system: a pointer to each text, and a null pointer.
fn pointers<'t>(texts: impl ExactSizeIterator<Item = &'t CStr>) -> Vec<*mut libc::c_char> {
    let mut pointers = Vec::with_capacity(texts.len() + 1);
    pointers.extend(texts.map(|text| text.as_ptr().cast_mut()));
    pointers.push(null_mut());
    pointers
}

fn check(code: libc::c_int) -> Result<()> {
    if code == 0 { Ok(()) } else { Err(Error::from_raw_os_error(code)) }
}

/// What the child does before it becomes the program. Initialised, and destroyed in the end.
struct Actions<'m>(&'m mut MaybeUninit<libc::posix_spawn_file_actions_t>);

impl<'m> Actions<'m> {
    fn new(memory: &'m mut MaybeUninit<libc::posix_spawn_file_actions_t>) -> Result<Actions<'m>> {
        // SAFETY: the pointer is to memory of that type, which is ours alone.
        check(unsafe { libc::posix_spawn_file_actions_init(memory.as_mut_ptr()) })?;
        Ok(Actions(memory))
    }

    fn duplicate(&mut self, from: &OwnedFd, to: libc::c_int) -> Result<()> {
        // SAFETY: initialised by `new`.
        check(unsafe { libc::posix_spawn_file_actions_adddup2(self.0.as_mut_ptr(), from.as_raw_fd(), to) })
    }

    fn change_folder(&mut self, folder: &CStr) -> Result<()> {
        // SAFETY: initialised by `new`; the system copies the text.
        check(unsafe { libc::posix_spawn_file_actions_addchdir_np(self.0.as_mut_ptr(), folder.as_ptr()) })
    }
}

impl Drop for Actions<'_> {
    fn drop(&mut self) {
        // SAFETY: initialised by `new`, and nothing uses it any more.
        unsafe { libc::posix_spawn_file_actions_destroy(self.0.as_mut_ptr()) };
    }
}

/// What kind of process it becomes. Initialised, and destroyed in the end.
struct Attributes<'m>(&'m mut MaybeUninit<libc::posix_spawnattr_t>);

impl<'m> Attributes<'m> {
    fn new(memory: &'m mut MaybeUninit<libc::posix_spawnattr_t>) -> Result<Attributes<'m>> {
        // SAFETY: the pointer is to memory of that type, which is ours alone.
        check(unsafe { libc::posix_spawnattr_init(memory.as_mut_ptr()) })?;
        Ok(Attributes(memory))
    }

    /// A group of its own, and signals as a new program expects them: the runner ignores SIGPIPE.
    fn lead_a_group(&mut self) -> Result<()> {
        let flags = libc::POSIX_SPAWN_SETPGROUP | libc::POSIX_SPAWN_SETSIGDEF | libc::POSIX_SPAWN_SETSIGMASK;
        let flags = libc::c_short::try_from(flags).map_err(Error::other)?;
        let attributes = self.0.as_mut_ptr();
        let mut signals = MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: the attributes are initialised by `new`; `sigemptyset` initialises the set before it is read.
        unsafe {
            libc::sigemptyset(signals.as_mut_ptr());
            check(libc::posix_spawnattr_setsigmask(attributes, signals.as_ptr()))?;
            libc::sigaddset(signals.as_mut_ptr(), libc::SIGPIPE);
            check(libc::posix_spawnattr_setsigdefault(attributes, signals.as_ptr()))?;
            check(libc::posix_spawnattr_setpgroup(attributes, 0))?;
            check(libc::posix_spawnattr_setflags(attributes, flags))
        }
    }
}

impl Drop for Attributes<'_> {
    fn drop(&mut self) {
        // SAFETY: initialised by `new`, and nothing uses it any more.
        unsafe { libc::posix_spawnattr_destroy(self.0.as_mut_ptr()) };
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Read, Write};

    use rustix::process::{WaitOptions, waitpid};

    use super::*;

    /// What a shell says and how it ends; its input is `input`.
    fn ran(script: &CStr, variables: &[&CStr], input: &str) -> (String, String, Option<i32>) {
        let arguments = [c"sh".to_owned(), c"-c".to_owned(), script.to_owned()];
        let image = Image { program: c"/bin/sh", arguments: &arguments, variables, workdir: c"/" };
        let spawned = spawn(&image).unwrap();
        File::from(spawned.input).write_all(input.as_bytes()).unwrap();
        let (mut out, mut err) = (String::new(), String::new());
        File::from(spawned.out).read_to_string(&mut out).unwrap();
        File::from(spawned.err).read_to_string(&mut err).unwrap();
        let (_, status) = waitpid(Some(spawned.pid), WaitOptions::empty()).unwrap().unwrap();
        (out, err, status.exit_status())
    }

    #[test]
    fn the_child_has_its_streams_variables_and_folder_and_nothing_else() {
        let script = c"read -r line; echo \"$line $A ${PATH_OF_PARENT-none}\"; pwd; echo bad >&2; exit 3";
        let (out, err, code) = ran(script, &[c"A=b=c"], "in\n");
        assert_eq!((out.as_str(), err.as_str(), code), ("in b=c none\n/\n", "bad\n", Some(3)));
    }

    #[test]
    fn the_child_leads_a_group_and_has_no_descriptor_of_ours() {
        let ours = File::open("/dev/null").unwrap();
        let variable = CString::new(format!("OURS={}", ours.as_raw_fd())).unwrap();
        let (_, err, code) = ran(c"kill -0 -$$ && ! test -e /dev/fd/$OURS", &[&variable], "");
        assert_eq!((err.as_str(), code), ("", Some(0)));
    }

    #[test]
    fn the_child_does_not_ignore_what_the_runner_ignores() {
        let (out, _, code) = ran(c"kill -PIPE $$; echo alive", &[], "");
        assert_eq!((out.as_str(), code), ("", None));
    }

    #[test]
    fn what_is_not_there_is_an_error() {
        let arguments = [c"x".to_owned()];
        let start = |program, workdir| {
            let image = Image { program, arguments: &arguments, variables: &[], workdir };
            spawn(&image).unwrap_err().kind()
        };
        assert_eq!(start(c"/no/such/program", c"/"), std::io::ErrorKind::NotFound);
        assert_eq!(start(c"/bin/sh", c"/no/such/folder"), std::io::ErrorKind::NotFound);
    }
}
