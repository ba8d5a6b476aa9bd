//! Configuration files as the program finds and refuses them.

use expect_test::{Expect, expect};

use crate::project::{BROKEN, CLEAN, FIXABLE, Project};

#[track_caller]
fn check(files: &[(&str, &str)], arguments: &str, expected: Expect) {
    let run = Project::new(files).run(arguments);
    let text = run.all().lines().map(|line| line.trim_end().to_owned() + "\n").collect::<String>();
    expected.assert_eq(&text);
}

const IGNORING: &str = "shellcheck.mode = \"off\"\nignore = [\"unused-suppression\"]\n";

#[test]
fn the_nearest_file_counts_alone() {
    let files = [("a.dot", FIXABLE), ("inner/b.dot", FIXABLE), ("inner/dotwright.toml", IGNORING)];
    check(
        &files,
        "check --format concise",
        expect![[r#"
        a.dot:3:47: warning[unused-suppression] `ignore(syntax-error)` suppresses nothing
        -- stderr
        1 warning in 2 files; 1 fixable with `--fix`
        -- exit code 0
    "#]],
    );
}

#[test]
fn isolated_runs_ignore_it() {
    let files = [("dotwright.toml", IGNORING), ("a.dot", FIXABLE)];
    let project = Project::new(&files);
    assert_eq!(project.run("check --fail-on warning").code, 0);
    assert_eq!(project.run("check --fail-on warning --isolated").code, 1);
}

#[test]
fn one_file_can_be_taken_for_everything() {
    let project = Project::new(&[("other.toml", IGNORING), ("a.dot", FIXABLE)]);
    assert_eq!(project.run("check --fail-on warning").code, 1);
    assert_eq!(project.run("check --fail-on warning --config other.toml").code, 0);
    assert_eq!(project.run("check --config missing.toml").code, 2);
    assert_eq!(project.run("check --config other.toml --isolated").code, 2);
}

#[test]
fn the_file_decides_when_a_run_fails_unless_the_command_line_does() {
    let project = Project::new(&[("dotwright.toml", "fail-on = \"warning\""), ("a.dot", FIXABLE)]);
    assert_eq!(project.run("check").code, 1);
    assert_eq!(project.run("check --fail-on error").code, 0);
}

#[test]
fn unknown_keys_are_shown_in_their_place() {
    check(
        &[("dotwright.toml", "profile = \"fabro\"\nignor = []\n"), ("a.dot", CLEAN)],
        "check",
        expect![[r#"
        -- stderr
          error: `ignor` is no key of this table
           ,-[dotwright.toml:2:1]
         1 | profile = "fabro"
         2 | ignor = []
           : ^^^^^
           `----
          help: write `ignore`
        -- exit code 2
    "#]],
    );
}

#[test]
fn unknown_rules_are_findings_in_the_file() {
    let files = [("dotwright.toml", "ignore = [\"unused-supression\"]\n"), ("a.dot", CLEAN)];
    check(
        &files,
        "check",
        expect![[r#"
        warning[unknown-rule-name]: `unused-supression` is no rule; did you mean `unused-suppression`?
          --> dotwright.toml:1:11
          |
        1 | ignore = ["unused-supression"]
          |           ^^^^^^^^^^^^^^^^^^^
          |
          = help: see `dotwright rules` for the list

        -- stderr
        1 warning in 1 file
        -- exit code 0
    "#]],
    );
}

#[test]
fn unknown_rules_are_errors_when_the_file_is_taken_strictly() {
    let files = [("dotwright.toml", "ignore = [\"unused-supression\"]\n"), ("a.dot", CLEAN)];
    check(
        &files,
        "check --strict-config",
        expect![[r#"
        -- stderr
          error: `unused-supression` is no rule; did you mean `unused-suppression`?
           ,-[dotwright.toml:1:11]
         1 | ignore = ["unused-supression"]
           :           ^^^^^^^^^^^^^^^^^^^
           `----
          help: see `dotwright rules` for the list
        -- exit code 2
    "#]],
    );
}

#[test]
fn files_can_be_excluded() {
    let files = [
        ("dotwright.toml", "[files]\nexclude = [\"vendor/**\"]\n"),
        ("vendor/a.dot", BROKEN),
        ("b.dot", CLEAN),
    ];
    check(
        &files,
        "check",
        expect![[r#"
        -- stderr
        no findings in 1 file
        -- exit code 0
    "#]],
    );
}

#[test]
fn the_schema_is_printed() {
    let run = Project::new(&[]).run("config schema");
    let schema: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(schema["properties"]["profile"]["enum"][0], "attractor");
}
