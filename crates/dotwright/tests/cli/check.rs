//! Files, folders, standard input, severities and exit codes.

use std::process::Stdio;

use expect_test::{Expect, expect};

use crate::project::{BROKEN, CLEAN, FIXABLE, Project};

#[track_caller]
fn check(files: &[(&str, &str)], arguments: &str, expected: Expect) {
    expected.assert_eq(&Project::new(files).run(arguments).all());
}

#[test]
fn a_clean_file_gives_no_findings() {
    check(
        &[("a.dot", CLEAN)],
        "check a.dot",
        expect![[r#"
        -- stderr
        no findings in 1 file
        -- exit code 0
    "#]],
    );
}

#[test]
fn findings_are_drawn_in_their_source() {
    check(
        &[("a.dot", BROKEN)],
        "check a.dot",
        expect![[r#"
        error[syntax-error]: expected `]` to close the attribute list opened here
          --> a.dot:2:26
          |
        2 |     start [shape=Mdiamond
          |           -              ^
          |           |              
          |           the attribute list opened here
          |
          = help: close the list with `]` here

        -- stderr
        1 error in 1 file
        -- exit code 1
    "#]],
    );
}

#[test]
fn folders_are_searched_and_files_sorted() {
    let files = [
        ("b/x.gv", BROKEN),
        ("a.fabro", BROKEN),
        ("c.txt", BROKEN),
        (".gitignore", "out"),
        ("out/o.dot", BROKEN),
    ];
    check(
        &files,
        "check --format concise",
        expect![[r#"
        a.fabro:2:26: error[syntax-error] expected `]` to close the attribute list opened here
        b/x.gv:2:26: error[syntax-error] expected `]` to close the attribute list opened here
        -- stderr
        2 errors in 2 files
        -- exit code 1
    "#]],
    );
}

#[test]
fn a_folder_without_pipelines_is_said_so() {
    check(
        &[],
        "check",
        expect![[r#"
        -- stderr
        no pipelines found
        -- exit code 0
    "#]],
    );
}

#[test]
fn a_named_file_is_taken_whatever_it_is_called() {
    check(
        &[("c.txt", BROKEN)],
        "check --format concise c.txt",
        expect![[r#"
        c.txt:2:26: error[syntax-error] expected `]` to close the attribute list opened here
        -- stderr
        1 error in 1 file
        -- exit code 1
    "#]],
    );
}

#[test]
fn standard_input_has_a_name_of_its_own_or_a_given_one() {
    let project = Project::new(&[]);
    let plain = project.run_with("check --format concise -", BROKEN.as_bytes());
    assert!(plain.stdout.starts_with("-:2:26: error[syntax-error]"), "{}", plain.stdout);
    let named = project.run_with("check --format concise - --stdin-filename flows/x.dot", BROKEN.as_bytes());
    assert!(named.stdout.starts_with("flows/x.dot:2:26: "), "{}", named.stdout);
}

#[test]
fn a_missing_path_is_an_error() {
    check(
        &[("a.dot", CLEAN)],
        "check a.dot b.dot",
        expect![[r#"
        -- stderr
          error: cannot read `b.dot`: No such file or directory (os error 2)
        -- exit code 2
    "#]],
    );
}

#[test]
fn an_unknown_option_is_an_error() {
    assert_eq!(Project::new(&[]).run("check --fxi").code, 2);
}

#[track_caller]
fn code(text: &str, options: &str, expected: i32) {
    let run = Project::new(&[("a.dot", text)]).run(&format!("check a.dot {options}"));
    assert_eq!(run.code, expected, "{}", run.all());
}

#[test]
fn the_exit_code_follows_the_severity() {
    code(FIXABLE, "", 0);
    code(FIXABLE, "--fail-on warning", 1);
    code(FIXABLE, "--fail-on info", 1);
    code(FIXABLE, "--fail-on error", 0);
    code(BROKEN, "", 1);
    code(BROKEN, "--fail-on never", 0);
    code(BROKEN, "--exit-zero", 0);
}

#[test]
fn findings_that_are_not_shown_do_not_fail_the_run() {
    code(FIXABLE, "--fail-on warning --show error", 0);
}

#[test]
fn rules_are_selected_and_ignored_on_the_command_line() {
    code(FIXABLE, "--fail-on warning --ignore unused-suppression", 0);
    code(FIXABLE, "--fail-on warning --ignore meta", 0);
    code(FIXABLE, "--fail-on warning --ignore meta --select unused-suppression", 1);
}

#[test]
fn unknown_rules_profiles_and_presets_are_refused_with_the_nearest_name() {
    check(
        &[],
        "check --select unused-supression",
        expect![[r#"
        -- stderr
        error: invalid value 'unused-supression' for '--select <RULE>': did you mean `unused-suppression`?

        For more information, try '--help'.
        -- exit code 2
    "#]],
    );
    check(
        &[],
        "check --profile kilory",
        expect![[r#"
        -- stderr
        error: invalid value 'kilory' for '--profile <NAME>': did you mean `kilroy`?

        For more information, try '--help'.
        -- exit code 2
    "#]],
    );
    check(
        &[],
        "check --preset strictt",
        expect![[r#"
        -- stderr
        error: invalid value 'strictt' for '--preset <NAME>': did you mean `strict`?

        For more information, try '--help'.
        -- exit code 2
    "#]],
    );
}

#[test]
fn bytes_that_are_no_text_are_findings() {
    let project = Project::new(&[]);
    let run = project.run_with("check --format concise -", b"digraph {\n a\xff\xfe b\x00 }\n\x1b[2J");
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("-:2:3: error[syntax-error] these bytes are not UTF-8"), "{}", run.stdout);
    assert!(!run.stdout.contains('\x1b'), "{:?}", run.stdout);
}

#[test]
fn control_characters_of_a_file_do_not_reach_the_terminal() {
    let run = Project::new(&[]).run_with("check -", b"digraph { a [label=\"\x1b[2J\" b }");
    assert!(!run.stdout.contains('\x1b') && run.stdout.contains("?[2J"), "{:?}", run.stdout);
}

#[test]
fn colours_are_written_on_request_only() {
    let project = Project::new(&[("a.dot", BROKEN)]);
    assert!(!project.run("check a.dot").stdout.contains('\x1b'));
    assert!(project.run("check a.dot --color always").stdout.contains("\x1b["));
    assert!(!project.run("check a.dot --color never").stdout.contains('\x1b'));
}

#[test]
fn a_reader_that_stops_reading_is_no_error() {
    let files: Vec<(String, &str)> = (0..300).map(|n| (format!("{n}.dot"), BROKEN)).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (&**name, *text)).collect();
    let project = Project::new(&files);
    let mut child = project.command("check").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
}

#[test]
fn statistics_count_by_rule() {
    check(
        &[("a.dot", FIXABLE), ("b.dot", BROKEN)],
        "check --statistics --format concise",
        expect![[r#"
        a.dot:3:47: warning[unused-suppression] `ignore(syntax-error)` suppresses nothing
        b.dot:2:26: error[syntax-error] expected `]` to close the attribute list opened here
        findings  fixable suppressed  rule
               1        0          0  syntax-error
               1        1          0  unused-suppression
        -- stderr
        1 error, 1 warning in 2 files; 1 fixable with `--fix`
        -- exit code 1
    "#]],
    );
}

#[test]
fn every_command_explains_itself() {
    for command in ["", "check", "rules", "explain", "fmt", "graph", "config", "config schema"] {
        let run = Project::new(&[]).run(&format!("{command} --help"));
        assert_eq!(run.code, 0, "{}", run.all());
        assert!(run.stdout.contains("Examples:") || command == "config", "{}", run.stdout);
    }
}

#[test]
fn no_color_is_color_never() {
    let project = Project::new(&[("a.dot", BROKEN)]);
    assert!(project.run("check a.dot --color always").stdout.contains('\u{1b}'));
    let plain = project.run("check a.dot --no-color --color always");
    assert_eq!(plain.stdout, project.run("check a.dot --color never").stdout);
}
