//! Runs shellcheck over the commands of pipelines: once per distinct command, and not at all for one it has seen.
//!
//! The commands are handed over on standard input and never executed.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};
use std::time::{Duration, UNIX_EPOCH};

use dotwright_config::ShellcheckMode;
use dotwright_lint::{
    External, Settings, ShellScript, ShellcheckComment, ShellcheckLevel, ShellcheckRun, SkipReason,
    has_shell_scripts, shell_scripts,
};
use dotwright_model::{Pipeline, Shell};
use serde::{Deserialize, Serialize};

use crate::error::AppError;
use crate::fingerprint::Fingerprint;
use crate::{output, parallel};

/// Rules that have nothing to say without shellcheck.
const RULES: [&str; 2] = ["shellcheck-finding", "shell-syntax-error"];
/// What makes no sense for a command on its own: files it names, variables set outside, constants in place of
/// templates.
const EXCLUDED: &str = "SC1091,SC2043,SC2050,SC2153,SC2154,SC2157,SC2194";
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// In mode `auto` a file with more distinct commands is not handed over: at 60 ms each they would hold the run for
/// minutes that nobody asked for.
const AUTO_COMMANDS: usize = 200;
/// In mode `auto` a run over more files does without.
const AUTO_FILES: usize = 500;

/// shellcheck as the files of one run share it.
#[derive(Debug)]
pub(crate) struct Shellcheck {
    programs: Mutex<HashMap<Option<PathBuf>, Option<Arc<Program>>>>,
    cache: Option<PathBuf>,
    /// How many files the run checks. One alone may take all cores for its commands.
    files: usize,
}

/// An installed shellcheck.
#[derive(Debug)]
pub(crate) struct Program {
    path: PathBuf,
    /// Another one after an update. Asking the program for its version takes longer than most checks.
    identity: String,
    answers: Mutex<HashMap<u128, Arc<OnceLock<Option<Answer>>>>>,
}

/// What is known of shellcheck for one file.
#[derive(Debug, Clone)]
pub(crate) enum Access {
    /// Nobody asks for it.
    Off,
    /// It is wanted and not installed.
    Missing,
    /// The run has too many files for it.
    TooManyFiles,
    /// It runs, for files with at most so many commands.
    Found(Arc<Program>, usize),
}

impl Shellcheck {
    pub(crate) fn new(files: usize) -> Shellcheck {
        Shellcheck { programs: Mutex::default(), cache: cache_folder(), files }
    }

    /// Whether and how to run it for a file.
    ///
    /// # Errors
    /// When configuration requires it and it is not there.
    pub(crate) fn access(&self, mode: &ShellcheckMode, settings: &Settings) -> Result<Access, AppError> {
        let asked = RULES.into_iter().filter_map(dotwright_lint::rule);
        let mut levels = asked.map(|rule| settings.selection.level(rule, settings.profile).0);
        if !levels.any(|level| level.severity().is_some()) {
            return Ok(Access::Off);
        }
        let (program, help) = match mode {
            ShellcheckMode::Off => return Ok(Access::Off),
            ShellcheckMode::Auto if self.files > AUTO_FILES => return Ok(Access::TooManyFiles),
            ShellcheckMode::Auto => {
                let found = self.program(None).map(|program| Access::Found(program, AUTO_COMMANDS));
                return Ok(found.unwrap_or(Access::Missing));
            }
            ShellcheckMode::Required => {
                (self.program(None), "install it, or set `[shellcheck] mode = \"auto\"`")
            }
            ShellcheckMode::Path(path) => {
                (self.program(Some(path)), "set `[shellcheck] mode` to its path, or to `auto`")
            }
        };
        match program {
            Some(program) => Ok(Access::Found(program, usize::MAX)),
            None => {
                let name = match mode {
                    ShellcheckMode::Path(path) => path.display().to_string(),
                    ShellcheckMode::Auto | ShellcheckMode::Off | ShellcheckMode::Required => {
                        "shellcheck".into()
                    }
                };
                Err(AppError::usage(format!("`{name}` is required and not installed"), help))
            }
        }
    }

    /// What it says about the commands of a pipeline.
    pub(crate) fn external(&self, access: &Access, pipeline: &Pipeline, settings: &Settings) -> External {
        let skipped = |reason| {
            // A file without commands misses nothing.
            let shellcheck = if has_shell_scripts(pipeline) {
                ShellcheckRun::Skipped(reason)
            } else {
                ShellcheckRun::Done(HashMap::new())
            };
            External { shellcheck }
        };
        let (program, limit) = match access {
            Access::Off => return External::default(),
            Access::Missing => return skipped(SkipReason::NotInstalled),
            Access::TooManyFiles => return skipped(SkipReason::TooManyFiles(AUTO_FILES)),
            Access::Found(program, limit) => (program, *limit),
        };
        let Some(scripts) = shell_scripts(pipeline, settings.shell(), limit) else {
            return skipped(SkipReason::TooManyCommands(limit));
        };
        External { shellcheck: ShellcheckRun::Done(self.comments(program, scripts)) }
    }

    fn comments(
        &self,
        program: &Program,
        scripts: Vec<ShellScript>,
    ) -> HashMap<ShellScript, Vec<ShellcheckComment>> {
        let cache = self.cache.as_deref();
        let answers: Vec<_> = scripts.iter().map(|script| program.known(script, cache)).collect();
        // Only the commands that are new to it are worth threads.
        let (mut done, mut new) = (HashMap::new(), Vec::new());
        for (script, answer) in scripts.into_iter().zip(answers) {
            match answer {
                Some(answer) => drop(done.insert(script, answer)),
                None => new.push(script),
            }
        }
        let ask = |script: &ShellScript| program.answer(script, cache);
        let answers = match self.files == 1 {
            true => parallel::map_waiting(&new, ask),
            false => new.iter().map(ask).collect(),
        };
        let answers = new.into_iter().zip(answers).filter_map(|(script, answer)| Some((script, answer?)));
        done.extend(answers);
        let comments = |answer: Answer| answer.comments.into_iter().map(ShellcheckComment::from).collect();
        done.into_iter().map(|(script, answer)| (script, comments(answer))).collect()
    }

    fn program(&self, path: Option<&Path>) -> Option<Arc<Program>> {
        let mut programs = self.programs.lock().unwrap_or_else(PoisonError::into_inner);
        let found =
            programs.entry(path.map(Path::to_owned)).or_insert_with(|| Program::find(path).map(Arc::new));
        found.clone()
    }
}

impl Program {
    fn find(path: Option<&Path>) -> Option<Program> {
        let path = match path {
            Some(path) => path.to_owned(),
            None => on_search_path("shellcheck")?,
        };
        let metadata = std::fs::metadata(&path).ok().filter(std::fs::Metadata::is_file)?;
        let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let identity = format!("{} {} {:?}", path.display(), metadata.len(), modified);
        Some(Program { path, identity, answers: Mutex::default() })
    }

    /// The answer for a script from this run or an earlier one.
    fn known(&self, script: &ShellScript, cache: Option<&Path>) -> Option<Answer> {
        let key = self.key(script);
        let cell = self.cell(key);
        if let Some(answer) = cell.get() {
            return answer.clone();
        }
        let stored = stored(&cache_file(cache?, key))?;
        cell.get_or_init(|| Some(stored)).clone()
    }

    /// The answer for a script: a known one, or from the program itself. `None` when it cannot be had.
    fn answer(&self, script: &ShellScript, cache: Option<&Path>) -> Option<Answer> {
        let key = self.key(script);
        let cell = self.cell(key);
        let answer = cell.get_or_init(|| {
            let file = cache.map(|folder| cache_file(folder, key));
            if let Some(answer) = file.as_deref().and_then(stored) {
                return Some(answer);
            }
            let answer = match self.run(script) {
                Ok(answer) => answer,
                Err(reason) => {
                    output::write_stderr(&format!("shellcheck {reason}; one command was not checked\n"));
                    return None;
                }
            };
            if let Some(file) = file {
                // Without a cache the next run is slower, no more.
                let _uncached = store(&file, &answer);
            }
            Some(answer)
        });
        answer.clone()
    }

    fn key(&self, script: &ShellScript) -> Fingerprint {
        Fingerprint::of([&*script.text, dialect(script).unwrap_or(""), &self.identity, EXCLUDED])
    }

    fn cell(&self, key: Fingerprint) -> Arc<OnceLock<Option<Answer>>> {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(answers.entry(key.0).or_default())
    }

    fn run(&self, script: &ShellScript) -> Result<Answer, String> {
        let mut command = Command::new(&self.path);
        command.args(["--norc", "-f", "json1", "-e", EXCLUDED]);
        if let Some(dialect) = dialect(script) {
            command.args(["-s", dialect]);
        }
        command.arg("-").env_remove("SHELLCHECK_OPTS");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| format!("cannot be started: {error}"))?;
        let answer = communicate(&mut child, script.text.clone());
        if answer.is_err() {
            // It may be gone by now, which is as well.
            let _gone = child.kill();
        }
        let _status = child.wait();
        serde_json::from_slice(&answer?).map_err(|error| format!("gave an answer that is no JSON ({error})"))
    }
}

/// Hands the script over and takes what is printed, within the time limit.
fn communicate(child: &mut Child, script: String) -> Result<Vec<u8>, String> {
    if let Some(mut stdin) = child.stdin.take() {
        std::thread::spawn(move || stdin.write_all(script.as_bytes()));
    }
    let (sender, receiver) = mpsc::channel();
    if let Some(mut stdout) = child.stdout.take() {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let read = stdout.read_to_end(&mut bytes).map(|_| bytes);
            // Nobody listens any more after the time limit.
            let _late = sender.send(read);
        });
    }
    match receiver.recv_timeout(TIME_LIMIT) {
        Ok(read) => read.map_err(|error| format!("cannot be read: {error}")),
        Err(_) => Err(format!("gave no answer within {} s", TIME_LIMIT.as_secs())),
    }
}

/// The dialect to check; `None` leaves it to the script's first line.
fn dialect(script: &ShellScript) -> Option<&'static str> {
    if script.text.starts_with("#!") {
        return None;
    }
    Some(match script.shell {
        Shell::Sh => "sh",
        Shell::Bash => "bash",
    })
}

fn on_search_path(name: &str) -> Option<PathBuf> {
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(&name)).find(|path| path.is_file())
}

fn cache_folder() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")));
    Some(base.or_else(|| set("LOCALAPPDATA"))?.join("dotwright").join("shellcheck"))
}

fn cache_file(folder: &Path, key: Fingerprint) -> PathBuf {
    folder.join(format!("{key}.json"))
}

fn stored(file: &Path) -> Option<Answer> {
    serde_json::from_slice(&std::fs::read(file).ok()?).ok()
}

fn store(file: &Path, answer: &Answer) -> Result<(), AppError> {
    let folder = file.parent().unwrap_or(Path::new(OsStr::new(".")));
    std::fs::create_dir_all(folder).map_err(|error| AppError::Write { path: folder.to_owned(), error })?;
    let text = serde_json::to_vec(answer).unwrap_or_default();
    output::write_file(file, &text)
}

/// The output format `json1` of shellcheck, as far as it is used.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Answer {
    comments: Vec<Comment>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Comment {
    line: u32,
    end_line: u32,
    column: u32,
    end_column: u32,
    level: CommentLevel,
    code: u32,
    message: String,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum CommentLevel {
    Style,
    Info,
    Warning,
    Error,
}

impl From<Comment> for ShellcheckComment {
    fn from(comment: Comment) -> ShellcheckComment {
        ShellcheckComment {
            line: comment.line,
            column: comment.column,
            end_line: comment.end_line,
            end_column: comment.end_column,
            level: match comment.level {
                CommentLevel::Style => ShellcheckLevel::Style,
                CommentLevel::Info => ShellcheckLevel::Info,
                CommentLevel::Warning => ShellcheckLevel::Warning,
                CommentLevel::Error => ShellcheckLevel::Error,
            },
            code: comment.code,
            message: comment.message,
        }
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use dotwright_lint::ShellScript;
    use dotwright_model::Shell;

    use super::Program;

    /// A program that one thread writes cannot be started while another one starts something.
    fn alone() -> MutexGuard<'static, ()> {
        static ALONE: Mutex<()> = Mutex::new(());
        ALONE.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A program that answers like shellcheck, with its arguments in the message, and notes each call.
    fn program(folder: &Path) -> Program {
        let path = folder.join("shellcheck");
        let text = format!(
            "#!/bin/sh\ncat > {0}/script\necho x >> {0}/calls\nprintf '%s' '{{\"comments\":[{{\"file\":\"-\",\
             \"line\":1,\"endLine\":1,\"column\":6,\"endColumn\":8,\"level\":\"info\",\"code\":2086,\"message\":\"'\
             \"$*\"'\",\"fix\":null}}]}}'\n",
            folder.display()
        );
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        Program::find(Some(&path)).unwrap()
    }

    fn script(text: &str) -> ShellScript {
        ShellScript { text: text.to_owned(), shell: Shell::Bash }
    }

    #[test]
    fn the_command_goes_to_standard_input_and_comments_come_back() {
        let _alone = alone();
        let folder = tempfile::tempdir().unwrap();
        let answer = program(folder.path()).answer(&script("echo $x"), None).unwrap();
        let comment = &answer.comments[0];
        assert_eq!((comment.line, comment.column, comment.code), (1, 6, 2086));
        let expected = "--norc -f json1 -e SC1091,SC2043,SC2050,SC2153,SC2154,SC2157,SC2194 -s bash -";
        assert_eq!(comment.message, expected);
        assert_eq!(std::fs::read_to_string(folder.path().join("script")).unwrap(), "echo $x");
    }

    #[test]
    fn a_first_line_decides_about_the_dialect() {
        let _alone = alone();
        let folder = tempfile::tempdir().unwrap();
        let answer = program(folder.path()).answer(&script("#!/bin/dash\nx"), None).unwrap();
        assert!(!answer.comments[0].message.contains("-s "));
    }

    #[test]
    fn one_command_is_checked_once_over_all_runs() {
        let _alone = alone();
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("cache");
        let first = program(folder.path());
        for text in ["a", "b", "a"] {
            first.answer(&script(text), Some(&cache)).unwrap();
        }
        let second = Program::find(Some(&first.path)).unwrap();
        second.answer(&script("b"), Some(&cache)).unwrap();
        assert_eq!(std::fs::read_to_string(folder.path().join("calls")).unwrap().lines().count(), 2);
    }

    #[test]
    fn an_answer_that_is_no_json_leaves_the_command_unchecked() {
        let _alone = alone();
        let folder = tempfile::tempdir().unwrap();
        let program = program(folder.path());
        std::fs::write(folder.path().join("shellcheck"), "#!/bin/sh\necho nonsense\n").unwrap();
        assert!(program.answer(&script("a"), None).is_none());
    }
}
