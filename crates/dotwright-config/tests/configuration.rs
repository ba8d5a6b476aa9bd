//! What configuration files mean, and what is said about mistakes in them.

use std::path::Path;

use dotwright_config::{ConfigError, Configuration, Discovery, FILE_NAME, Overrides, find_files};
use dotwright_lint::{Preset, Settings, rule};
use dotwright_model::{Level, Outcome, Shell};

fn configuration(text: &str) -> Configuration {
    Configuration::parse(Path::new("/project/dotwright.toml"), text.into()).unwrap()
}

fn settings(text: &str, file: &str) -> Settings {
    configuration(text).settings(Path::new(file), &Overrides::default())
}

#[track_caller]
fn level(text: &str, file: &str, expected: Level) {
    let settings = settings(text, file);
    let rule = rule("unused-suppression").unwrap();
    assert_eq!(settings.selection.level(rule, settings.profile).0, expected);
}

#[track_caller]
fn mistake(text: &str, expected_range: &str, expected_message: &str, expected_help: Option<&str>) {
    let error = Configuration::parse(Path::new("dotwright.toml"), text.into()).unwrap_err();
    let ConfigError::Content { range, message, help, .. } = error else { panic!("{error}") };
    assert_eq!(
        (range.text(text), &*message, help.as_deref()),
        (expected_range, expected_message, expected_help)
    );
}

#[test]
fn an_empty_file_changes_nothing() {
    level("", "/project/a.dot", Level::Warning);
}

#[test]
fn the_file_selects_ignores_and_sets_levels() {
    level("ignore = [\"unused-suppression\"]", "/project/a.dot", Level::Off);
    level("ignore = [\"meta\"]", "/project/a.dot", Level::Off);
    level("ignore = [\"meta\"]\nselect = [\"unused-suppression\"]", "/project/a.dot", Level::Warning);
    level("[severity]\nunused-suppression = \"error\"", "/project/a.dot", Level::Error);
}

#[test]
fn per_file_patterns_start_at_the_folder_of_the_file() {
    let text = "[per-file-ignores]\n\"tests/**\" = [\"meta\"]\n\"*.fabro\" = [\"meta\"]";
    level(text, "/project/a.dot", Level::Warning);
    level(text, "/project/tests/deep/a.dot", Level::Off);
    level(text, "/project/src/tests/a.dot", Level::Warning);
    level(text, "/project/src/a.fabro", Level::Off);
}

#[test]
fn the_command_line_wins_over_the_file() {
    let overrides = Overrides { preset: Some(Preset::Strict), ..Overrides::default() };
    let settings = configuration("preset = \"pedantic\"").settings(Path::new("a.dot"), &overrides);
    assert_eq!(settings.selection.preset, Preset::Strict);
}

#[test]
fn profile_overrides_and_extra_handlers_reach_the_linter() {
    let text = "profile = \"fabro\"\n[profile-overrides]\nshell = \"bash\"\npipefail = true\n\
        [handlers]\nextra = { deploy = { domain = [\"failed\"], attributes = [\"region\"] } }";
    let settings = settings(text, "a.dot");
    assert_eq!((settings.profile.name, settings.shell(), settings.pipefail()), ("fabro", Shell::Bash, true));
    let handler = &settings.handlers[0];
    assert_eq!(
        (&*handler.name, &*handler.domain, &*handler.attributes[0]),
        ("deploy", &[Outcome::Fail][..], "region")
    );
}

#[test]
fn files_can_be_included_and_excluded() {
    let configuration = configuration("[files]\ninclude = [\"*.gv\", \"flows/**\"]\nexclude = [\"vendor/\"]");
    assert!(configuration.includes(Path::new("/project/deep/a.gv")));
    assert!(configuration.includes(Path::new("/project/flows/a.txt")));
    assert!(!configuration.includes(Path::new("/project/a.dot")));
    assert!(!configuration.includes(Path::new("/project/vendor/a.gv")));
}

#[test]
fn unknown_keys_are_mistakes_and_name_the_nearest_one() {
    mistake("profil = \"x\"", "profil", "`profil` is no key of this table", Some("write `profile`"));
    mistake("[shellcheck]\nmod = \"off\"", "mod", "`mod` is no key of this table", Some("write `mode`"));
    mistake("[tools]\nx = 1", "x", "`x` is no key of this table", Some("known are `default-timeout`"));
}

#[test]
fn unknown_words_are_mistakes_and_name_the_nearest_one() {
    mistake("profile = \"kilory\"", "\"kilory\"", "`kilory` is no profile", Some("write `kilroy`"));
    mistake("preset = \"strickt\"", "\"strickt\"", "`strickt` is no preset", Some("write `strict`"));
    mistake("fail-on = \"eror\"", "\"eror\"", "`eror` is no value of this key", Some("write `error`"));
    mistake(
        "[handlers]\nextra = { a = { domain = [\"deployed\"] } }",
        "\"deployed\"",
        "`deployed` is no outcome",
        Some("known are `success`, `partial_success`, `retry`, `fail`, `skipped`"),
    );
}

#[test]
fn other_mistakes_show_their_place() {
    mistake("unattended = 1", "1", "invalid type: integer `1`, expected a boolean", None);
    mistake(
        "tools.default-timeout = \"5min\"",
        "\"5min\"",
        "`5min` is no duration",
        Some("write a whole number with `ms`, `s`, `m`, `h` or `d`, such as `600s`"),
    );
    mistake(
        "shellcheck.exclude = [\"X1\"]",
        "\"X1\"",
        "`X1` is no code of shellcheck",
        Some("write it as in its messages, such as `SC2312`"),
    );
}

#[test]
fn unknown_rules_are_findings_and_do_not_stop_the_run() {
    let text = "select = [\"unused-supression\"]\n[severity]\nmeta = \"error\"\n[rules.nonsense]\nx = 1";
    let configuration = configuration(text);
    let found: Vec<(&str, &str)> =
        configuration.unknown_names().iter().map(|d| (d.range.text(text), &*d.message)).collect();
    assert_eq!(
        found,
        [
            ("\"unused-supression\"", "`unused-supression` is no rule; did you mean `unused-suppression`?"),
            ("meta", "`meta` is a category, and `[severity]` takes rules"),
            ("nonsense", "`nonsense` is no rule"),
        ]
    );
}

#[test]
fn the_nearest_file_upwards_counts_alone() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner/deep");
    std::fs::create_dir_all(&inner).unwrap();
    std::fs::write(folder.path().join(FILE_NAME), "profile = \"kilroy\"\nunattended = true").unwrap();
    std::fs::write(folder.path().join("inner").join(FILE_NAME), "profile = \"fabro\"").unwrap();
    let mut discovery = Discovery::upwards();
    let mut read = |file: &Path| discovery.configuration(file).unwrap().settings(file, &Overrides::default());
    let outer = read(&folder.path().join("a.dot"));
    assert_eq!((outer.profile.name, outer.unattended), ("kilroy", true));
    let inner = read(&inner.join("a.dot"));
    assert_eq!((inner.profile.name, inner.unattended), ("fabro", false));
    assert_eq!(discovery.read_files().len(), 2);
}

#[test]
fn isolated_runs_read_no_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(FILE_NAME), "nonsense").unwrap();
    let configuration = Discovery::isolated().configuration(&folder.path().join("a.dot")).unwrap();
    assert_eq!(configuration.path(), None);
}

#[test]
fn folders_are_searched_without_what_version_control_ignores() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(".gitignore", "out/\n");
    for file in ["b.dot", "a/c.gv", ".hidden/d.fabro", "out/e.dot", "note.txt", ".git/f.dot"] {
        write(file, "");
    }
    let none = Configuration::default();
    let paths = [folder.path().to_owned(), folder.path().join("b.dot"), folder.path().join("note.txt")];
    let found = find_files(&paths, |path| none.includes(path)).unwrap();
    let names: Vec<_> =
        found.iter().map(|f| f.path.strip_prefix(folder.path()).unwrap().to_str().unwrap()).collect();
    assert_eq!(names, [".hidden/d.fabro", "a/c.gv", "b.dot", "note.txt"]);
}

#[test]
fn a_path_that_does_not_exist_is_an_error() {
    let error = find_files(&["/no/such/path".into()], |_| true).unwrap_err();
    assert_eq!(error.path, Path::new("/no/such/path"));
}
