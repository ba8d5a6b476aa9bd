//! What commands do to the world outside the workspace, judged by exact command words.

use std::borrow::Cow;

use dotwright_diagnostics::TextRange;
use dotwright_syntax::shell::Command;

use crate::command::ToolCommand;

/// The first command that publishes, sends or deploys something; its range in the decoded text.
pub fn outward_effect(command: &ToolCommand<'_>) -> Option<TextRange> {
    let mut commands = command.shell().all_commands().iter();
    commands.find(|part| is_outward(command, part)).map(|part| part.range)
}

fn is_outward(command: &ToolCommand<'_>, part: &Command) -> bool {
    let text = command.text.as_ref();
    let Some(name) = command.shell().name(part, text) else { return false };
    let words = || command.shell().words(part).iter().skip(1).filter_map(|word| word.literal(text));
    let first = words().next().unwrap_or(Cow::Borrowed(""));
    let second = words().nth(1).unwrap_or(Cow::Borrowed(""));
    match (name.as_ref(), first.as_ref(), second.as_ref()) {
        ("git" | "docker", "push", _)
        | ("gh", "pr", "create" | "merge")
        | ("gh", "release", _)
        | ("glab", "mr", _)
        | ("npm" | "cargo", "publish", _)
        | ("terraform", "apply", _)
        | ("kubectl", "apply" | "delete", _)
        | ("mail" | "sendmail", _, _) => true,
        ("curl", _, _) => words().any(|word| {
            matches!(word.as_ref(), "POST" | "PUT" | "DELETE" | "-d" | "-T") || word.starts_with("--data")
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(command: &str, expected: &str) {
        let command = ToolCommand::new(command.into());
        let found = outward_effect(&command).map_or("", |range| range.text(&command.text));
        assert_eq!(found, expected, "{}", command.text);
    }

    #[test]
    fn publishing_commands_are_outward() {
        check("make && git push origin main", "git push origin main");
        check("gh pr create --fill", "gh pr create --fill");
        check("if ok; then npm publish; fi", "npm publish");
        check("curl -X POST https://example.org", "curl -X POST https://example.org");
    }

    #[test]
    fn words_elsewhere_are_not() {
        check("echo git push", "");
        check("echo 'npm publish' > notes", "");
        check("gh pr view; git pull; curl -fsS https://example.org", "");
        check("make push", "");
    }
}
