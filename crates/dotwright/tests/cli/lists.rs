//! `rules` and `explain`.

use expect_test::{Expect, expect};

use crate::project::Project;

#[track_caller]
fn check(arguments: &str, expected: Expect) {
    expected.assert_eq(&Project::new(&[]).run(arguments).all());
}

#[test]
fn rules_are_listed_by_category() {
    let run = Project::new(&[]).run("rules");
    assert!(run.stdout.starts_with("syntax\n  syntax-error "), "{}", run.stdout);
}

#[test]
fn rules_are_listed_as_json() {
    let run = Project::new(&[]).run("rules --format json");
    let rules: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&rules[0]["name"], &rules[0]["level"]), (&"syntax-error".into(), &"error".into()));
}

#[test]
fn a_rule_is_explained_by_its_page() {
    check(
        "explain unused-suppression",
        expect![[r#"
        unused-suppression

        Finds an ignore comment, or one name in it, that suppressed nothing.

        Why this is bad
        The finding that it allowed is gone. Left in place, the comment hides the next finding of the same rule, which nobody
        has looked at.

        Example
            digraph {
                start [shape=Mdiamond]
                exit [shape=Msquare]
                start -> exit // dotwright: ignore(dead-end) the run stops here
            //                                     ^^^^^^^^ warning: `ignore(dead-end)` suppresses nothing
            }
        Use instead:
            digraph {
                start [shape=Mdiamond]
                exit [shape=Msquare]
                start -> exit
            }

        category           meta
        level              warning
        fix                safe
        -- exit code 0
    "#]],
    );
}

#[test]
fn an_attribute_is_explained_in_each_place() {
    check(
        "explain max_retries",
        expect![[r#"
        node attribute `max_retries`
        Further attempts after the first one; 0 switches an inherited value off.

        type               whole number
        range              at least 0
        used by            codergen, tool, wait.human, parallel, parallel.fan_in, stack.manager_loop
        read by            attractor, kilroy, mammoth, tracker, fabro, fabro-new, brynary, amplifier and 9 more
        specified          yes
        -- exit code 0
    "#]],
    );
}

#[test]
fn a_shape_is_explained_under_each_profile() {
    check(
        "explain hexagon",
        expect![[r#"
        shape `hexagon`
        Asks a person to choose one of its outgoing edges.

        attractor          human gate (wait.human)
        attractor-literal  human gate (wait.human)
        kilroy             human gate (wait.human)
        tracker            human gate (wait.human)
        fabro              human gate (wait.human)
        mammoth            human gate (wait.human)
        amplifier          human gate (wait.human)
        -- exit code 0
    "#]],
    );
}

#[test]
fn a_handler_type_is_explained() {
    check(
        "explain wait.human",
        expect![[r#"
        handler type `wait.human`
        Asks a person to choose one of its outgoing edges.

        attractor          human gate (wait.human)
        attractor-literal  human gate (wait.human)
        kilroy             human gate (wait.human)
        tracker            human gate (wait.human)
        fabro              not known
        mammoth            human gate (wait.human)
        amplifier          human gate (wait.human)
        -- exit code 0
    "#]],
    );
}

#[test]
fn a_category_is_explained_by_its_rules() {
    let run = Project::new(&[]).run("explain meta");
    assert!(run.stdout.contains("  unused-suppression  Finds an ignore comment"), "{}", run.stdout);
}

#[test]
fn unknown_names_get_the_nearest_one() {
    check(
        "explain hexagn",
        expect![[r#"
        -- stderr
          error: `hexagn` is no rule, attribute, shape or handler type
          help: did you mean `hexagon`?
        -- exit code 2
    "#]],
    );
}
