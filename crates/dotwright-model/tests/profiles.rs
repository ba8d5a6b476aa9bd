//! The profiles against the tables of the reference texts.

use dotwright_model::{
    DiamondOutcome, FailedStep, Handler, Level, Operator, Outcome, Profile, Scope, UnknownShape, attribute,
};

const ORDER: [&str; 7] =
    ["attractor", "attractor-literal", "kilroy", "tracker", "fabro", "mammoth", "amplifier"];

#[expect(clippy::expect_used, reason = "tests only name known profiles")]
fn profile(name: &str) -> &'static Profile {
    Profile::by_name(name).expect("a known profile")
}

#[test]
fn all_profiles_are_there_with_the_default_first() {
    assert_eq!(Profile::all().iter().map(|profile| profile.name).collect::<Vec<_>>(), ORDER);
    assert_eq!(Profile::default().name, "attractor");
    assert!(Profile::by_name("literal").is_none());
}

/// What a node of each shape is: a type name, `!` refused. One row per shape, one column per profile of `ORDER`.
const SHAPES: &str = "
    Mdiamond       start              start              start              start              start              start              start
    Msquare        exit               exit               exit               exit               exit               exit               exit
    circle         codergen           codergen           start              !                  codergen           codergen           codergen
    doublecircle   codergen           codergen           exit               !                  codergen           codergen           codergen
    box            codergen           codergen           codergen           codergen           codergen           codergen           codergen
    -              codergen           codergen           codergen           !                  codergen           codergen           codergen
    hexagon        wait.human         wait.human         wait.human         wait.human         wait.human         wait.human         wait.human
    diamond        conditional        conditional        conditional        conditional        conditional        conditional        conditional
    component      parallel           parallel           parallel           parallel           parallel           parallel           parallel
    tripleoctagon  parallel.fan_in    parallel.fan_in    parallel.fan_in    parallel.fan_in    parallel.fan_in    parallel.fan_in    parallel.fan_in
    parallelogram  tool               tool               tool               tool               tool               tool               tool
    house          stack.manager_loop stack.manager_loop stack.manager_loop stack.manager_loop stack.manager_loop stack.manager_loop stack.manager_loop
    tab            codergen           codergen           codergen           custom             codergen           codergen           codergen
    folder         codergen           codergen           codergen           !                  codergen           codergen           custom
    octagon        codergen           codergen           codergen           !                  codergen           tool               codergen
    insulator      codergen           codergen           codergen           !                  custom             codergen           codergen
    trapezium      codergen           codergen           custom             !                  codergen           codergen           codergen
    invtrapezium   codergen           codergen           custom             !                  codergen           codergen           codergen
    pentagon       codergen           codergen           custom             !                  codergen           codergen           codergen
    cylinder       codergen           codergen           custom             !                  codergen           codergen           codergen
    ellipse        codergen           codergen           codergen           !                  codergen           codergen           codergen
";

#[test]
fn shapes_mean_what_the_survey_found() {
    for row in SHAPES.lines().filter(|row| !row.trim().is_empty()) {
        let mut cells = row.split_whitespace();
        let shape = cells.next().expect("a shape");
        let cells: Vec<&str> = cells.collect();
        assert_eq!(cells.len(), ORDER.len(), "{shape}");
        for (name, expected) in ORDER.into_iter().zip(cells) {
            assert_eq!(
                handler(profile(name), shape).map_or("!", Handler::type_name),
                expected,
                "{shape} in {name}"
            );
        }
    }
}

fn handler(profile: &Profile, shape: &str) -> Option<Handler> {
    if shape == "-" {
        return profile.omitted_shape;
    }
    profile.shape_handler(shape).or(match profile.unknown_shape {
        UnknownShape::LlmStep => Some(Handler::Codergen),
        UnknownShape::Refused => None,
    })
}

#[test]
fn type_names_are_the_program_s_own() {
    let attractor = Profile::default();
    assert_eq!(attractor.types.len(), 9);
    assert_eq!(attractor.type_handler("wait.human"), Some(Handler::Human));
    assert_eq!(attractor.type_handler("agent"), None);
    let fabro = profile("fabro");
    assert_eq!(fabro.type_handler("codergen"), None);
    assert_eq!(fabro.type_handler("wait.human"), None);
    assert_eq!(fabro.type_handler("human"), Some(Handler::Human));
    assert_eq!(fabro.type_handler("command"), Some(Handler::Tool));
    assert_eq!(fabro.type_handler("wait"), Some(Handler::Custom));
}

#[test]
fn start_and_exit_by_id_follow_each_program() {
    #[track_caller]
    fn check(name: &str, start: &[&str], exit: &[&str]) {
        let ids = ["start", "Start", "START", "exit", "Exit", "end", "End", "done"];
        let starts: Vec<&str> = ids.into_iter().filter(|id| profile(name).is_start_id(id)).collect();
        let exits: Vec<&str> = ids.into_iter().filter(|id| profile(name).is_exit_id(id)).collect();
        assert_eq!((starts.as_slice(), exits.as_slice()), (start, exit));
    }
    check("attractor", &["start", "Start"], &["exit", "Exit", "end", "End"]);
    check("attractor-literal", &["start", "Start"], &["exit", "end"]);
    check("kilroy", &["start", "Start", "START"], &["exit", "Exit", "end", "End"]);
    check("tracker", &[], &[]);
}

#[test]
fn outcome_words_translate_both_ways() {
    let fabro = profile("fabro");
    assert_eq!(fabro.outcome("succeeded"), Some(Outcome::Success));
    assert_eq!(fabro.outcome("success"), None);
    assert_eq!(fabro.outcome_word(Outcome::Fail), Some("failed"));
    assert_eq!(profile("kilroy").outcome("error"), Some(Outcome::Fail));
    assert_eq!(profile("mammoth").outcome("SUCCESS"), Some(Outcome::Success));
    assert_eq!(profile("attractor").outcome("Success"), None);
    assert_eq!(profile("tracker").outcome_word(Outcome::PartialSuccess), None);
    for outcome in Outcome::ALL {
        assert_eq!(Profile::default().outcome_word(outcome), Some(outcome.as_str()));
    }
}

#[test]
fn a_condition_sees_no_retry() {
    for profile in Profile::all() {
        let retry = profile.outcome_words.iter().find(|entry| entry.outcome == Outcome::Retry);
        assert!(retry.is_none_or(|entry| !entry.routable), "{}", profile.name);
    }
}

#[test]
fn operators_are_those_of_the_profile_table() {
    #[track_caller]
    fn check(name: &str, operators: &str) {
        let found: Vec<&str> = profile(name).operators.iter().map(Operator::as_str).collect();
        assert_eq!(found.join(" "), operators);
    }
    check("attractor", "= != &&");
    check("attractor-literal", "= != && bare key");
    check("kilroy", "= != && bare key");
    check("tracker", "= == != < <= > >= contains startswith endswith matches in && || not");
    check("fabro", "= != < <= > >= contains matches && || ! bare key");
    check("mammoth", "= != &&");
    check("amplifier", "= != && bare key");
}

#[test]
fn condition_keys_are_portable_unless_the_profile_takes_any() {
    let attractor = Profile::default();
    for key in ["outcome", "preferred_label", "context.tool.exit_code"] {
        assert!(attractor.knows_condition_key(key), "{key}");
    }
    for key in ["status", "tool_stdout", "context.", "ctx.x"] {
        assert!(!attractor.knows_condition_key(key), "{key}");
    }
    assert!(profile("tracker").knows_condition_key("tool_stdout"));
    assert!(profile("kilroy").knows_condition_key("anything"));
}

#[test]
fn aliases_agree_with_the_schema() {
    for profile in Profile::all() {
        for alias in profile.aliases {
            let schema = attribute(alias.key, alias.scope).expect("checked by the build");
            assert_eq!(schema.alias_of, Some(alias.stands_for), "{}", profile.name);
            assert!(profile.reads(schema), "{} {}", profile.name, alias.key.name());
        }
    }
}

#[test]
fn some_programs_read_only_the_foreign_name() {
    #[track_caller]
    fn check(name: &str, scope: Scope, key: &str, canonical: &str, both: bool) {
        let profile = profile(name);
        let alias = profile.aliases.iter().find(|alias| alias.scope == scope && alias.key.name() == key);
        let target = alias.expect("an alias of the profile").stands_for;
        assert_eq!(target.name(), canonical);
        assert_eq!(attribute(target, scope).is_some_and(|schema| profile.reads(schema)), both);
    }
    check("attractor", Scope::Graph, "default_max_retry", "default_max_retries", true);
    check("kilroy", Scope::Graph, "default_max_retry", "default_max_retries", false);
    check("fabro", Scope::Node, "script", "tool_command", true);
    check("fabro", Scope::Node, "model", "llm_model", false);
    check("tracker", Scope::Edge, "restart", "loop_restart", false);
}

#[test]
fn the_default_profile_follows_the_runner_reference() {
    let attractor = Profile::default();
    assert_eq!(attractor.diamond_outcome, DiamondOutcome::Forward);
    assert_eq!(attractor.failed_step, FailedStep::Strict);
    assert_eq!(attractor.default_visit_cap, Some(25));
    let targets: Vec<String> = attractor
        .failure_targets
        .iter()
        .map(|target| format!("{}.{}", target.scope.as_str(), target.key.name()))
        .collect();
    assert_eq!(
        targets,
        [
            "node.retry_target",
            "node.fallback_retry_target",
            "graph.retry_target",
            "graph.fallback_retry_target"
        ]
    );
    assert!(attractor.severities.is_empty());
}

#[test]
fn severities_are_the_deviations_of_the_catalogue() {
    #[track_caller]
    fn check(rule: &str, expected: &[(&str, Level)]) {
        let found: Vec<_> = Profile::all()
            .iter()
            .filter_map(|profile| Some((profile.name, profile.severity(rule)?)))
            .collect();
        assert_eq!(found, expected);
    }
    use Level::{Error, Hint, Off, Warning};
    check("missing-comma", &[("tracker", Warning), ("amplifier", Warning)]);
    check(
        "non-identifier-node-id",
        &[
            ("kilroy", Warning),
            ("tracker", Warning),
            ("fabro", Warning),
            ("mammoth", Warning),
            ("amplifier", Warning),
        ],
    );
    check("unknown-condition-key", &[("tracker", Warning)]);
    check("unquoted-value", &[("mammoth", Error)]);
    check("multiple-exits", &[("kilroy", Off), ("mammoth", Off)]);
    check(
        "dead-end",
        &[("attractor-literal", Warning), ("kilroy", Warning), ("fabro", Warning), ("mammoth", Warning)],
    );
    check("unrouted-failure", &[("kilroy", Warning)]);
    check(
        "else-edge-skips-failure",
        &[("attractor-literal", Off), ("kilroy", Off), ("tracker", Off), ("fabro", Off)],
    );
    check("swallowed-failure", &[("attractor-literal", Warning), ("kilroy", Warning), ("fabro", Warning)]);
    check(
        "dead-diamond-outcome",
        &[("attractor-literal", Warning), ("tracker", Error), ("fabro", Error), ("amplifier", Error)],
    );
    check("miscased-outcome", &[("mammoth", Off)]);
    check("unroutable-retry-outcome", &[("kilroy", Hint), ("amplifier", Hint)]);
    check("missing-start", &[]);
}
