//! `--fix`, `--unsafe-fixes` and `--diff`.

use expect_test::expect;

use crate::project::{CLEAN, FIXABLE, Project};

#[test]
fn fixes_are_written_into_the_file() {
    let project = Project::new(&[("a.dot", FIXABLE)]);
    expect![[r#"
        -- stderr
        1 fixed, no findings in 1 file
        -- exit code 0
    "#]]
    .assert_eq(&project.run("check --fix").all());
    assert_eq!(project.read("a.dot"), CLEAN);
}

#[test]
fn doubtful_fixes_are_written_on_request_only() {
    let project = Project::new(&[("a.dot", &FIXABLE.replace("syntax-e", "sintax-e"))]);
    project.run("check --fix");
    assert!(project.read("a.dot").contains("sintax-error"));
    project.run("check --fix --unsafe-fixes");
    assert_eq!(project.read("a.dot"), CLEAN);
}

#[test]
fn doubtful_fixes_alone_mean_nothing() {
    assert_eq!(Project::new(&[]).run("check --unsafe-fixes").code, 2);
}

#[test]
fn a_diff_is_printed_and_nothing_written() {
    let project = Project::new(&[("a.dot", FIXABLE)]);
    expect![[r#"
        --- a/a.dot
        +++ b/a.dot
        @@ -1,5 +1,5 @@
         digraph {
             start [shape=Mdiamond]
        -    exit [shape=Msquare] // dotwright: ignore(syntax-error) why
        +    exit [shape=Msquare]
             start -> exit
         }
        -- stderr
        1 fix available in 1 file
        -- exit code 1
    "#]]
    .assert_eq(&project.run("check --diff").all());
    assert_eq!(project.read("a.dot"), FIXABLE);
}

#[test]
fn a_diff_of_a_clean_file_is_empty() {
    let run = Project::new(&[("a.dot", CLEAN)]).run("check --diff");
    assert_eq!((&*run.stdout, run.code), ("", 0));
}

#[test]
fn standard_input_is_mended_to_standard_output() {
    let run = Project::new(&[]).run_with("check --fix -", FIXABLE.as_bytes());
    assert_eq!((&*run.stdout, run.code), (CLEAN, 0));
}

#[test]
fn files_that_are_no_text_are_left_alone() {
    let project = Project::new(&[]);
    let bytes = FIXABLE.as_bytes().iter().chain(b"\xff").copied().collect::<Vec<u8>>();
    project.write("a.dot", &bytes);
    project.run("check --fix");
    assert_eq!(std::fs::read(project.path("a.dot")).unwrap(), bytes);
}

#[cfg(unix)]
#[test]
fn permissions_and_links_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let project = Project::new(&[("real/a.dot", FIXABLE)]);
    let real = project.path("real/a.dot");
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&real, project.path("link.dot")).unwrap();
    project.run("check --fix link.dot");
    assert_eq!(project.read("real/a.dot"), CLEAN);
    assert!(project.path("link.dot").is_symlink());
    assert_eq!(std::fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(std::fs::read_dir(project.path("real")).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn a_read_only_file_is_not_replaced() {
    use std::os::unix::fs::PermissionsExt;
    let project = Project::new(&[("a.dot", FIXABLE)]);
    std::fs::set_permissions(project.path("a.dot"), std::fs::Permissions::from_mode(0o444)).unwrap();
    let run = project.run("check --fix a.dot");
    assert_eq!((run.code, project.read("a.dot")), (2, FIXABLE.to_owned()));
    assert!(run.stderr.contains("cannot write `a.dot`"), "{}", run.stderr);
}
