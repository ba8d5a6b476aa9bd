//! What the text of a tool command says about its exit code. Nothing is run.

use std::borrow::Cow;
use std::cell::OnceCell;

use dotwright_diagnostics::TextRange;
use dotwright_syntax::shell::{self, Command, Connector, Shell, ShellOption};
use dotwright_syntax::template::{self, TemplateKind};

/// The command of a tool step with its shell words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCommand<'p> {
    /// The decoded command.
    pub text: Cow<'p, str>,
    shell: OnceCell<Shell>,
}

impl<'p> ToolCommand<'p> {
    pub(crate) fn new(text: Cow<'p, str>) -> ToolCommand<'p> {
        ToolCommand { text, shell: OnceCell::new() }
    }

    /// A command that was split before.
    pub(crate) fn split(text: Cow<'p, str>, shell: Shell) -> ToolCommand<'p> {
        ToolCommand { text, shell: OnceCell::from(shell) }
    }

    /// Its words, in which templates count as plain characters; ranges refer to `text`. Split when first asked for.
    pub fn shell(&self) -> &Shell {
        self.shell.get_or_init(|| shell::parse(&mask_templates(&self.text)))
    }
}

/// What one look at the words of a command shows. Nearly all commands show nothing that anybody asks more about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ShellTraits {
    /// No shell can read it: [`Shell::errors`] has more.
    pub is_broken: bool,
    /// It has syntax that only bash has: [`Shell::bash_constructs`] has more.
    pub has_bash: bool,
    /// Its last pipeline has a pipe.
    pub ends_in_pipe: bool,
}

impl ShellTraits {
    pub(crate) fn of(shell: &Shell) -> ShellTraits {
        ShellTraits {
            is_broken: !shell.errors().is_empty(),
            has_bash: !shell.bash_constructs().is_empty(),
            ends_in_pipe: shell.last_pipeline().is_some_and(|last| shell.commands(last).len() > 1),
        }
    }

    /// True when somebody will want to see the words.
    pub(crate) fn show_something(self) -> bool {
        self.is_broken || self.has_bash || self.ends_in_pipe
    }
}

/// True for words without quotes, operators and expansions that begin with no reserved word.
pub(crate) fn is_plain(text: &str) -> bool {
    const RESERVED: [&str; 17] = [
        "if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac", "in",
        "select", "function", "source", "time",
    ];
    let text = text.trim_start();
    let is_word_byte = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b' ' | b'-' | b'_' | b'.' | b'/' | b'=' | b':' | b'@' | b'+' | b'%' | b',')
    };
    text.bytes().all(is_word_byte) && !RESERVED.contains(&text.split(' ').next().unwrap_or(""))
}

/// The command with the templates that a runner expands before the shell sees it replaced by underscores of equal
/// length; `$name` and `${name}` are the shell's own.
pub fn mask_templates(command: &str) -> Cow<'_, str> {
    if !command.contains("{{") && !command.contains("{%") {
        return Cow::Borrowed(command);
    }
    let mut masked = String::new();
    let mut done = 0usize;
    for reference in template::references(command).filter(|reference| is_pipeline_template(reference.kind)) {
        masked.push_str(command.get(done..reference.range.start as usize).unwrap_or(""));
        masked.extend(std::iter::repeat_n('_', reference.range.len() as usize));
        done = reference.range.end as usize;
    }
    if done == 0 {
        return Cow::Borrowed(command);
    }
    masked.push_str(command.get(done..).unwrap_or(""));
    Cow::Owned(masked)
}

fn is_pipeline_template(kind: TemplateKind) -> bool {
    match kind {
        TemplateKind::Braces | TemplateKind::BracesField | TemplateKind::Statement => true,
        TemplateKind::Dollar | TemplateKind::DollarBraces | TemplateKind::File => false,
    }
}

/// The end of a command that makes it succeed whatever happened before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlwaysSucceeds {
    /// The words at fault with the operator before them, `|| true`; in the decoded command.
    pub range: TextRange,
    /// The same as text.
    pub text: String,
    /// True behind `||`: deleting the range leaves the command that decides.
    pub behind_or: bool,
}

/// True when the command may write the attempt's status file, which can turn a success into a partial one.
pub(crate) fn writes_status(command: &str) -> bool {
    command.contains("ATTRACTOR_STATUS_FILE")
}

/// Finds an end such as `|| true`, `; exit 0` or a closing `echo` that hides the exit code of what was run.
pub fn always_succeeds(command: &str) -> Option<AlwaysSucceeds> {
    if may_always_succeed(command) { always_succeeding_end(command, &shell::parse(command)) } else { None }
}

/// A cheap test before the command is parsed: few commands end like this.
pub(crate) fn may_always_succeed(command: &str) -> bool {
    let last_line = command.trim_end().rsplit(['\n', ';', '|']).next().unwrap_or("");
    let word = last_line.trim_start().split([' ', '\t', '>', '&']).next().unwrap_or("");
    matches!(word, "true" | ":" | "exit" | "echo" | "printf")
}

/// As [`always_succeeds`], for a command that is parsed already.
pub fn always_succeeding_end(command: &str, shell: &Shell) -> Option<AlwaysSucceeds> {
    if !shell.errors().is_empty() {
        return None;
    }
    let last = shell.last_pipeline()?;
    let [end] = shell.commands(last) else { return None };
    if last.negated || last.background || !is_harmless(command, shell, end) {
        return None;
    }
    let behind_or = match last.connector {
        Connector::Or => true,
        Connector::Semicolon | Connector::Newline => {
            if shell.sets_option_before(command, ShellOption::ErrExit, last.range.start) {
                return None;
            }
            false
        }
        Connector::First | Connector::And | Connector::Background => return None,
    };
    let can_exit =
        shell.all_commands().iter().any(|other| other.range != end.range && exits(command, shell, other));
    if can_exit {
        return None;
    }
    let range = last.connector_range.cover(last.range);
    Some(AlwaysSucceeds { range, text: range.text(command).trim().to_owned(), behind_or })
}

/// True for a command that fails on purpose: whatever runs before it, its end is `false` or an `exit` with another
/// code than 0.
pub(crate) fn always_fails(command: &ToolCommand<'_>) -> bool {
    let (text, shell) = (command.text.as_ref(), command.shell());
    let Some(last) = shell.last_pipeline().filter(|_| shell.errors().is_empty()) else { return false };
    let [end] = shell.commands(last) else { return false };
    let is_reached = match last.connector {
        Connector::First | Connector::And | Connector::Semicolon | Connector::Newline => true,
        Connector::Or | Connector::Background => false,
    };
    let leaves_earlier = |other: &Command| {
        let name = shell.name(other, text);
        matches!(name.as_deref(), Some("exit" | "return" | "exec" | "kill" | "trap"))
    };
    is_reached
        && !last.negated
        && !last.background
        && fails(text, shell, end)
        && !shell.all_commands().iter().any(|other| other.range != end.range && leaves_earlier(other))
}

/// `false`, and `exit` with a written code other than 0.
fn fails(text: &str, shell: &Shell, command: &Command) -> bool {
    let code = shell.words(command).get(1).and_then(|code| code.literal(text));
    match shell.name(command, text).as_deref() {
        Some("false") => true,
        Some("exit") => code.and_then(|code| code.parse::<u8>().ok()).is_some_and(|code| code != 0),
        _ => false,
    }
}

/// `true`, `:`, `exit 0`, `echo ...` and `printf ...` as a simple command.
fn is_harmless(text: &str, shell: &Shell, command: &Command) -> bool {
    let words = shell.words(command);
    match shell.name(command, text).as_deref() {
        Some("true" | ":" | "echo" | "printf") => true,
        Some("exit") => words.get(1).is_some_and(|code| code.literal(text).as_deref() == Some("0")),
        _ => false,
    }
}

/// True for an `exit` or `return` that may leave with another code than 0.
fn exits(text: &str, shell: &Shell, command: &Command) -> bool {
    let words = shell.words(command);
    matches!(shell.name(command, text).as_deref(), Some("exit" | "return" | "kill" | "exec"))
        && words.get(1).is_none_or(|code| code.literal(text).as_deref() != Some("0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn ends_with(command: &str, expected: Option<&str>) {
        assert_eq!(always_succeeds(command).map(|end| end.text).as_deref(), expected, "{command}");
    }

    #[test]
    fn a_sentinel_behind_or_or_a_separator_hides_the_exit_code() {
        ends_with("make || true", Some("|| true"));
        ends_with("make || :", Some("|| :"));
        ends_with("make; exit 0", Some("; exit 0"));
        ends_with("make\necho done", Some("echo done"));
        ends_with("make || echo failed", Some("|| echo failed"));
    }

    #[test]
    fn an_and_list_an_option_or_another_exit_keeps_it() {
        ends_with("make && echo done", None);
        ends_with("set -e\nmake\necho done", None);
        ends_with("if ! make; then exit 1; fi; echo done", None);
        ends_with("make || exit 1; echo done", None);
        ends_with("make || exit $?; echo done", None);
    }

    #[test]
    fn templates_count_as_plain_characters() {
        assert_eq!(mask_templates("make {{ a | b }} $x"), "make ___________ $x");
        assert!(matches!(mask_templates("make ${x}"), Cow::Borrowed("make ${x}")));
    }

    #[test]
    fn one_look_shows_what_the_words_have() {
        #[track_caller]
        fn check(command: &str, is_broken: bool, has_bash: bool, ends_in_pipe: bool) {
            let found = ShellTraits::of(ToolCommand::new(command.into()).shell());
            assert_eq!(found, ShellTraits { is_broken, has_bash, ends_in_pipe }, "{command}");
        }
        check("make | tee log; test -s log", false, false, false);
        check("make | tail -n 1", false, false, true);
        check("[[ -s log ]] && make | tail", false, true, true);
        check("echo \"open", true, false, false);
        check("make {{ a | b }}", false, false, false);
    }

    #[test]
    fn plain_commands_need_no_parser() {
        for plain in ["make -j4 test", "make", "go test ./... -run=A"] {
            assert!(is_plain(plain), "{plain}");
        }
        for other in ["make | tee", "a; b", "if", "echo 'a", "source x", "a\nb", "\"a", "a \" b"] {
            assert!(!is_plain(other), "{other}");
        }
    }

    #[test]
    fn a_command_may_fail_on_purpose() {
        let fails = |command: &str| always_fails(&ToolCommand::new(command.into()));
        for command in ["exit 1", "echo 'gave up' >&2; exit 1", "make report\nfalse", "echo no && exit 2"] {
            assert!(fails(command), "{command}");
        }
        let others = [
            "make || exit 1",
            "exit 0",
            "exit",
            "exit $code",
            "test -f a && exit 0; exit 1",
            "make",
            "! false",
        ];
        for command in others {
            assert!(!fails(command), "{command}");
        }
    }

    #[test]
    fn one_command_alone_hides_nothing() {
        ends_with("echo done", None);
        ends_with("true", None);
        ends_with("make || exit 1", None);
    }
}
