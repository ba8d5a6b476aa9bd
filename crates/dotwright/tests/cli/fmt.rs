//! `fmt`, which changes white space or nothing.

use expect_test::expect;

use crate::project::{BROKEN, CLEAN, Project};

const UGLY: &str = "digraph {\nstart [shape=Mdiamond];exit   [shape=Msquare]\n\n\n\nstart->exit\n}\n";

#[test]
fn files_are_formatted_in_place() {
    let project = Project::new(&[("a.dot", UGLY), ("b.dot", CLEAN)]);
    let run = project.run("fmt");
    assert_eq!((run.code, &*run.stdout), (0, ""));
    assert_eq!(run.stderr, "1 file formatted, 1 unchanged\n");
    assert!(project.read("a.dot").contains("    start -> exit\n"));
    assert_eq!(project.run("fmt --check").code, 0);
}

#[test]
fn check_names_files_and_writes_nothing() {
    let project = Project::new(&[("a.dot", UGLY), ("b.dot", CLEAN)]);
    expect![[r#"
        a.dot
        -- stderr
        1 file would be formatted, 1 unchanged
        -- exit code 1
    "#]]
    .assert_eq(&project.run("fmt --check").all());
    assert_eq!(project.read("a.dot"), UGLY);
}

#[test]
fn diff_shows_changes_and_writes_nothing() {
    let project = Project::new(&[("a.dot", UGLY)]);
    expect![[r#"
        --- a/a.dot
        +++ b/a.dot
        @@ -1,7 +1,6 @@
         digraph {
        -start [shape=Mdiamond];exit   [shape=Msquare]
        -
        -
        +    start [shape=Mdiamond];
        +    exit [shape=Msquare]
 
        -start->exit
        +    start -> exit
         }
        -- stderr
        1 file would be formatted, 0 unchanged
        -- exit code 1
    "#]]
    .assert_eq(&project.run("fmt --diff").all());
    assert_eq!(project.read("a.dot"), UGLY);
}

#[test]
fn standard_input_is_formatted_to_standard_output() {
    let run = Project::new(&[]).run_with("fmt -", CLEAN.replace("    ", " ").as_bytes());
    assert_eq!((&*run.stdout, run.code), (CLEAN, 0));
}

#[test]
fn what_does_not_parse_is_refused_and_the_rest_is_formatted() {
    let project = Project::new(&[("a.dot", BROKEN), ("b.dot", UGLY)]);
    expect![[r#"
        -- stderr
          error: `a.dot` is not formatted because of a syntax error: expected `]` to close the attribute
          | list opened here
           ,-[a.dot:2:26]
         1 | digraph {
         2 |     start [shape=Mdiamond
           :                          ^
         3 |     exit [shape=Msquare]
           `----
          help: close the list with `]` here
        1 file formatted, 0 unchanged, 1 refused
        -- exit code 2
    "#]]
    .assert_eq(&project.run("fmt").all());
    assert_eq!(project.read("a.dot"), BROKEN);
    assert_ne!(project.read("b.dot"), UGLY);
}

#[test]
fn the_indentation_is_configured() {
    let project = Project::new(&[("dotwright.toml", "fmt.indent = 2"), ("a.dot", CLEAN)]);
    project.run("fmt");
    assert_eq!(project.read("a.dot"), CLEAN.replace("    ", "  "));
}
