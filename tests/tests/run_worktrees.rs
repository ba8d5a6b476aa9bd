//! Runs in git worktrees (runner reference, section 13): commits for each step, and branches that are merged.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail loudly"
)]

use std::collections::BTreeMap;

use dotwright_runner::{RunError, WorktreeMode};
use dotwright_tests::deaths::{Indices, survives_and};
use dotwright_tests::runs::Place;

fn tool(name: &str, command: &str) -> String {
    format!("{name} [shape=parallelogram, timeout=\"30s\", tool_command=\"{command}\"]\n")
}

fn region(a: &str, b: &str) -> Place {
    let mut place = Place::new(
        &("fan [shape=component] join [shape=tripleoctagon]\n".to_owned()
            + &tool("before", "echo before > before.txt")
            + &tool("a", a)
            + &tool("b", b)
            + &tool("after", "cat before.txt a.txt b.txt > all.txt")
            + &tool("resolve", "echo resolved > resolved.txt")
            + "start -> before -> fan -> { a b } -> join\n join -> after -> exit\n\
               join -> resolve [condition=\"context.failure_class=merge_conflict\"] resolve -> exit"),
    );
    place.setup.worktree = WorktreeMode::Require;
    place.commit();
    place
}

#[test]
fn branches_work_apart_and_are_merged_at_the_join() {
    let place = region("test ! -e b.txt && cp before.txt a.txt", "test ! -e a.txt && cp before.txt b.txt");
    let report = place.run();
    assert_eq!((report.status.as_str(), report.reason.as_str()), ("success", ""));
    assert_eq!(place.git(&["status", "--porcelain"]), "", "the checkout is as it was");
    assert_eq!(place.git(&["show", "refs/dotwright/test/main:all.txt"]), "before\nbefore\nbefore\n");
    let log = place.git(&[
        "log",
        "--format=%s %(trailers:key=Dotwright-Visit,valueonly)",
        "refs/dotwright/test/main",
    ]);
    for step in ["before: visit 1", "a: visit 1", "b: visit 1", "after: visit 1", "merge of a branch"] {
        assert!(log.contains(step), "{log}");
    }
}

#[test]
fn a_conflict_is_an_outcome_that_the_graph_routes() {
    let place = region("echo a > same.txt", "echo b > same.txt");
    let report = place.run();
    let visits = serde_json::to_string(&report.visits).unwrap();
    assert!(report.status == "success" && visits.ends_with("\"join\",\"resolve\",\"exit\"]"), "{visits}");
    assert_eq!(report.context["parallel.conflicts"], "same.txt");
}

/// A git that was killed leaves its lock, and one that is at work goes away.
#[test]
fn a_tree_that_is_locked_does_not_fail_the_step() {
    let lock = "$(git rev-parse --absolute-git-dir)/index.lock";
    for command in
        [format!("touch {lock}"), format!("touch {lock}; (sleep 0.3; rm {lock}) >/dev/null 2>&1 &")]
    {
        let mut place = Place::new(&format!(
            "{} keep [shape=parallelogram, timeout=\"9s\", keep_background=true, tool_command=\"echo x > x; {command}\"]
             start -> keep -> after -> exit",
            tool("after", "cat x")
        ));
        place.setup.worktree = WorktreeMode::Require;
        place.commit();
        let report = place.run();
        assert_eq!((report.status.as_str(), report.reason.as_str()), ("success", ""), "{command}");
    }
}

#[test]
fn required_worktrees_need_a_repository_with_a_commit() {
    let mut place = Place::new(&(tool("a", "true") + "start -> a -> exit"));
    place.setup.worktree = WorktreeMode::Require;
    assert!(matches!(place.try_run(&mut ()), Err(RunError::Refused(_))));
    place.setup.worktree = WorktreeMode::Auto;
    assert_eq!(place.run().status, "success");
}

/// Wherever the runner dies, the checkout is untouched, the branches are merged once, and every step that was recorded
/// has left its work.
#[test]
fn a_runner_that_dies_loses_no_work_of_its_branches() {
    let make = || region("cp before.txt a.txt", "cp before.txt b.txt");
    survives_and(Indices::Sample(10), make, |place, at| {
        assert_eq!(place.git(&["status", "--porcelain"]), "", "{at}");
        assert_eq!(
            place.git(&["show", "refs/dotwright/test/main:all.txt"]),
            "before\nbefore\nbefore\n",
            "{at}"
        );
        let log = place.git(&["log", "--format=%s", "refs/dotwright/test/main"]);
        let mut count: BTreeMap<&str, usize> = BTreeMap::new();
        log.lines().for_each(|line| *count.entry(line).or_default() += 1);
        assert_eq!(count.get("merge of a branch"), Some(&2), "{at}\n{log}");
        for step in ["before", "a", "b", "after"] {
            assert!(count.contains_key(format!("{step}: visit 1").as_str()), "{at}\n{log}");
        }
        let trees = place.git(&["worktree", "list", "--porcelain"]);
        assert_eq!(trees.matches("worktree ").count(), 4, "{at}\n{trees}");
    });
}

#[test]
fn a_runner_that_dies_at_a_conflict_finds_it_again() {
    let make = || region("echo a > same.txt", "echo b > same.txt");
    survives_and(Indices::Sample(5), make, |place, at| {
        let kept = place.git(&["for-each-ref", "--format=%(refname)", "refs/dotwright"]);
        assert_eq!(kept.lines().count(), 3, "the branches keep their work: {at}\n{kept}");
    });
}
