//! The one builder of environments: a command, a model backend and a registered handler see the same (section 15).

use std::collections::BTreeSet;
use std::ffi::{CStr, CString, NulError, OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dotwright_engine::run::{AttemptSpec, Plan, State};
use dotwright_model::AttributeKey;

use crate::attributes;

/// Values longer than this are handed over in a file.
const LONGEST_VALUE: usize = 32 << 10;

/// Endings of names that hold secrets.
const SECRET: [&str; 6] = ["_API_KEY", "_SECRET", "_TOKEN", "_PASSWORD", "_CREDENTIAL", "_CREDENTIALS"];

/// The caller's variables.
#[derive(Debug, Clone, Default)]
pub struct Variables {
    open: Vec<(OsString, OsString)>,
    /// The same as the system takes them.
    texts: Arc<[CString]>,
    withheld: Vec<(OsString, OsString)>,
}

impl Variables {
    /// Those of this process.
    pub fn of_this_process() -> Variables {
        Variables::of(std::env::vars_os())
    }

    /// Any others.
    pub fn of(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Variables {
        let own = |name: &OsStr| name.as_encoded_bytes().starts_with(b"ATTRACTOR_");
        let named = variables.into_iter().filter(|(name, _)| !own(name));
        let (withheld, open): (Vec<_>, Vec<_>) = named.partition(|(name, _)| is_withheld(name));
        // A byte 0 is in no variable of a process.
        let texts = open.iter().filter_map(|(name, value)| text(name, value).ok()).collect();
        Variables { open, texts, withheld }
    }

    /// Names and values of secrets: of variables whose names say so, and of those that are passed on by name.
    ///
    /// An absolute path that is passed on by name is none, and neither is the name of a variable.
    pub(crate) fn secrets(&self, is_passed: impl Fn(&str) -> bool) -> Vec<(String, Vec<u8>)> {
        let all = || self.withheld.iter().chain(self.open.iter());
        let names: BTreeSet<&OsStr> = all().map(|(name, _)| name.as_os_str()).collect();
        let is_secret = |name: &OsStr, value: &OsStr| {
            let passed = name.to_str().is_some_and(&is_passed) && !Path::new(value).is_absolute();
            (names_secret(name) || passed) && !names.contains(value)
        };
        let secrets = all().filter(|(name, value)| is_secret(name, value));
        let pair = |(name, value): &(OsString, OsString)| {
            (name.to_string_lossy().into_owned(), value.as_encoded_bytes().to_vec())
        };
        secrets.map(pair).collect()
    }
}

fn is_withheld(name: &OsStr) -> bool {
    name.as_encoded_bytes().to_ascii_uppercase().starts_with(b"GIT_") || names_secret(name)
}

fn names_secret(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes().to_ascii_uppercase();
    SECRET.iter().any(|end| name.ends_with(end.as_bytes()))
}

/// What an attempt is told about itself.
#[derive(Clone, Copy)]
pub(crate) struct Surroundings<'s> {
    pub(crate) variables: &'s Variables,
    pub(crate) plan: &'s Plan,
    pub(crate) state: &'s State,
    pub(crate) run: &'s str,
    pub(crate) source: &'s Path,
    pub(crate) workdir: &'s Path,
    /// The folder of the attempt.
    pub(crate) folder: &'s Path,
    /// Names that are let through besides those of the node.
    pub(crate) let_through: &'s [String],
}

/// Where the attempt may write its status.
pub(crate) fn status_path(folder: &Path) -> PathBuf {
    folder.join("status.json")
}

/// All variables of an attempt.
#[derive(Debug, Default)]
pub(crate) struct Passed {
    /// Those of the caller that every attempt gets.
    pub(crate) open: Arc<[CString]>,
    /// Those that only this one gets. They win, and of two with one name the later does.
    pub(crate) own: Vec<(OsString, OsString)>,
}

impl Passed {
    /// Those that only this attempt gets, as the system takes them.
    pub(crate) fn own_texts(&self) -> Result<Vec<CString>, NulError> {
        let named = self.own.iter().enumerate();
        let last =
            named.filter(|&(place, (name, _))| self.own.iter().skip(place + 1).all(|own| own.0 != *name));
        last.map(|(_, (name, value))| text(name, value)).collect()
    }

    /// Those that every attempt gets, without what this one has of its own.
    pub(crate) fn open_texts(&self) -> impl Iterator<Item = &CStr> {
        let is_named = |text: &&CStr, name: &OsStr| {
            let rest = text.to_bytes().strip_prefix(name.as_encoded_bytes());
            rest.is_some_and(|rest| rest.starts_with(b"="))
        };
        let open = self.open.iter().map(CString::as_c_str);
        open.filter(move |text| self.own.iter().all(|(name, _)| !is_named(text, name)))
    }
}

/// `NAME=VALUE`.
fn text(name: &OsStr, value: &OsStr) -> Result<CString, NulError> {
    CString::new([name.as_encoded_bytes(), b"=", value.as_encoded_bytes()].concat())
}

/// What an attempt is told.
#[derive(Debug, Default)]
pub(crate) struct Environment {
    pub(crate) variables: Passed,
    /// Files that variables name, with what has to be in them.
    pub(crate) files: Vec<(PathBuf, Vec<u8>)>,
}

/// The environment of an attempt.
pub(crate) fn environment(around: &Surroundings<'_>, spec: &AttemptSpec) -> Environment {
    let plan = around.plan;
    let node = spec.attempt.visit.node;
    let listed = attributes::list(plan.pipeline(), node, AttributeKey::ENV);
    let let_through =
        |name: &OsStr| listed.iter().chain(around.let_through).any(|known| OsStr::new(known) == name);
    let withheld = around.variables.withheld.iter().filter(|(name, _)| let_through(name));
    let mut own: Vec<(OsString, OsString)> = withheld.cloned().collect();
    let mut set = |name: &str, value: &OsStr| own.push((name.into(), value.to_owned()));
    let texts = [
        ("ATTRACTOR_RUN_ID", around.run.to_owned()),
        ("ATTRACTOR_NODE_ID", plan.name(node).to_owned()),
        ("ATTRACTOR_VISIT", spec.attempt.visit.visit.to_string()),
        ("ATTRACTOR_ATTEMPT", spec.attempt.attempt.to_string()),
        ("ATTRACTOR_GENERATION", spec.generation.to_string()),
        ("ATTRACTOR_BRANCH", around.state.branch_path(plan, spec.walk)),
        ("ATTRACTOR_PREV_NODE", spec.previous.map_or("", |node| plan.name(node)).to_owned()),
        ("ATTRACTOR_PREV_OUTCOME", spec.previous_outcome.as_str().to_owned()),
    ];
    for (name, value) in &texts {
        set(name, OsStr::new(value));
    }
    set("ATTRACTOR_WORKDIR", around.workdir.as_os_str());
    set("ATTRACTOR_OUT_DIR", around.folder.as_os_str());
    set("ATTRACTOR_STATUS_FILE", status_path(around.folder).as_os_str());
    set("ATTRACTOR_GRAPH", around.source.as_os_str());
    let mut files = Vec::new();
    let context = around.state.context(plan, spec.walk);
    for key in attributes::list(plan.pipeline(), node, AttributeKey::READS) {
        let name = format!("ATTRACTOR_CTX_{}", variable_name(&key));
        let value = context.get(&key).unwrap_or_default();
        // A byte 0 cannot be in a variable.
        if value.len() <= LONGEST_VALUE && !value.contains('\0') {
            set(&name, OsStr::new(value.as_ref()));
        } else {
            let file = around.folder.join(&name);
            set(&format!("{name}_FILE"), file.as_os_str());
            files.push((file, value.into_owned().into_bytes()));
        }
    }
    Environment { variables: Passed { open: Arc::clone(&around.variables.texts), own }, files }
}

fn variable_name(key: &str) -> String {
    let plain = |character: char| match character.is_ascii_alphanumeric() {
        true => character.to_ascii_uppercase(),
        false => '_',
    };
    key.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, withheld: bool) {
        assert_eq!(is_withheld(OsStr::new(name)), withheld, "{name}");
    }

    #[test]
    fn names_of_secrets_and_of_git_are_withheld() {
        check("OPENAI_API_KEY", true);
        check("openai_api_key", true);
        check("GITHUB_TOKEN", true);
        check("GIT_DIR", true);
        check("AWS_CREDENTIALS", true);
        check("PATH", false);
        check("TOKENIZERS_PARALLELISM", false);
        check("GITHUB_REF", false);
    }

    #[test]
    fn what_an_attempt_has_of_its_own_wins() {
        let pair = |(name, value): (&str, &str)| (OsString::from(name), OsString::from(value));
        let variables =
            Variables::of([("A", "1"), ("AB", "2"), ("B_TOKEN", "3"), ("ATTRACTOR_X", "4")].map(pair));
        let own = [("A", "5"), ("C", "6"), ("C", "7")].map(pair).to_vec();
        let passed = Passed { open: Arc::clone(&variables.texts), own };
        assert_eq!(passed.open_texts().collect::<Vec<_>>(), [c"AB=2"]);
        assert_eq!(passed.own_texts().unwrap(), [c"A=5".to_owned(), c"C=7".to_owned()]);
        let broken = Passed { own: vec![pair(("A", "b\0c"))], ..Passed::default() };
        assert!(broken.own_texts().is_err());
    }

    #[test]
    fn a_key_becomes_a_name_that_a_shell_can_read() {
        assert_eq!(variable_name("tool.last_line"), "TOOL_LAST_LINE");
        assert_eq!(variable_name("response.a-b"), "RESPONSE_A_B");
    }
}
