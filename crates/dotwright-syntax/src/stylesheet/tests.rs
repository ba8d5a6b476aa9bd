//! What stylesheets parse to, how they recover, and how both agree with the shared test vectors.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::vectors;

fn render(text: &str) -> String {
    let sheet = parse(text);
    let mut out = String::new();
    for rule in &sheet.rules {
        out += &format!("{:?} {}", rule.selector.kind, rule.selector.name.text(text));
        for declaration in sheet.declarations(rule) {
            out += &format!(" [{} {:?}]", declaration.property.text(text), declaration.value.decoded(text));
        }
        out += "\n";
    }
    for error in &sheet.errors {
        let open = error.open.map_or_else(String::new, |open| format!(" in {}..{}", open.start, open.end));
        let range = error.range;
        out += &format!("{}..{} `{}` {:?}{open}\n", range.start, range.end, range.text(text), error.kind);
    }
    out
}

#[track_caller]
fn check(text: &str, expected: Expect) {
    expected.assert_eq(&render(text));
}

#[test]
fn every_selector_and_value() {
    check(
        "* { llm_model: gpt-5.2; llm_provider: \"open\\\"ai\" }\nbox{m:ollama/llama3:8b}\n.code-1 { a: b; } #n_1 {}",
        expect![[r#"
            Universal * [llm_model "gpt-5.2"] [llm_provider "open\"ai"]
            Shape box [m "ollama/llama3:8b"]
            Class code-1 [a "b"]
            Id n_1
        "#]],
    );
}

#[test]
fn comments_stand_anywhere() {
    check(
        "/* a { */ * /**/ { /* x */ a /*:*/ : /* ; */ b/* } */; } /* end **/",
        expect![[r#"
        Universal * [a "b"]
    "#]],
    );
    check(
        "* { a: b; } /* never ends { a: c; }",
        expect![[r#"
        Universal * [a "b"]
        12..14 `/*` UnclosedComment
    "#]],
    );
    check(
        "* { a: /* b; }",
        expect![[r#"
        Universal * [a ""]
        7..9 `/*` UnclosedComment in 2..3
        14..14 `` Expected(CloseBrace) in 2..3
    "#]],
    );
}

#[test]
fn class_names_of_other_runners_are_read_and_flagged() {
    check(
        ".My_class { a: b }",
        expect![[r#"
        Class My_class [a "b"]
        1..9 `My_class` ForeignClassName
    "#]],
    );
    check(
        ".café { a: b } #a-b { a: b }",
        expect![[r#"
        Class café [a "b"]
        Id a-b [a "b"]
        1..6 `café` SelectorName(Class)
        17..20 `a-b` SelectorName(Id)
    "#]],
    );
}

#[test]
fn missing_braces_name_the_open_one() {
    check(
        "* { a: b;",
        expect![[r#"
        Universal * [a "b"]
        9..9 `` Expected(CloseBrace) in 2..3
    "#]],
    );
    check(
        "* { a: b; box { c: d; }",
        expect![[r#"
        Universal * [a "b"]
        Shape box [c "d"]
        10..13 `box` Expected(CloseBrace) in 2..3
    "#]],
    );
    check(
        "* { a: b .x { c: d; }",
        expect![[r#"
        Universal * [a "b"]
        Class x [c "d"]
        9..11 `.x` Expected(CloseBrace) in 2..3
    "#]],
    );
    check(
        "* a: b; } box { c: d }",
        expect![[r#"
        Universal * [a "b"]
        Shape box [c "d"]
        2..3 `a` Expected(OpenBrace)
    "#]],
    );
    check(
        "} * { a: b } }",
        expect![[r#"
        Universal * [a "b"]
        0..1 `}` Expected(Selector)
        13..14 `}` Expected(Selector)
    "#]],
    );
}

#[test]
fn broken_declarations_leave_the_others() {
    check(
        "* { llm_model claude; a: b }",
        expect![[r#"
        Universal * [llm_model "claude"] [a "b"]
        14..20 `claude` Expected(Colon) in 2..3
    "#]],
    );
    check(
        "* { a b: c; d: ; e: f g; h: i }",
        expect![[r#"
        Universal * [a "b:"] [d ""] [e "f"] [h "i"]
        6..7 `b` Expected(Colon) in 2..3
        9..10 `c` Expected(Semicolon) in 2..3
        15..16 `;` Expected(Value) in 2..3
        22..23 `g` Expected(Semicolon) in 2..3
    "#]],
    );
    check(
        "* { a: 1\n b: 2 }",
        expect![[r#"
        Universal * [a "1"] [b "2"]
        8..8 `` Expected(Semicolon) in 2..3
    "#]],
    );
    check(
        "* { a: \"open; } box { b: c }",
        expect![[r#"
        Universal * [a "\"open"]
        Shape box [b "c"]
        7..8 `"` UnclosedQuote in 2..3
    "#]],
    );
    check(
        "* { : x; { y }",
        expect![[r#"
        Universal *
        4..5 `:` Expected(Property) in 2..3
        9..10 `{` Expected(Property) in 2..3
    "#]],
    );
}

#[test]
fn text_that_is_no_stylesheet() {
    check(
        "not a stylesheet",
        expect![[r#"
        Shape not
        4..5 `a` Expected(OpenBrace)
    "#]],
    );
    check(
        "a, b { c: d }",
        expect![[r#"
        Shape a [c "d"]
        1..2 `,` Expected(OpenBrace)
    "#]],
    );
    check("", expect![[""]]);
}

#[test]
fn syntax_vectors_agree() {
    let Some(cases) = vectors::load("stylesheet_syntax.json") else { return };
    for case in cases {
        // Whatever a dialect makes of a stylesheet, the end-to-end tests judge it.
        if !case.is("spec", "agrees") {
            continue;
        }
        let sheet = parse(case.text("stylesheet"));
        assert_eq!(sheet.errors.is_empty(), case.flag("accept"), "{case:?}");
        if let Some(rules) = case.number("rules") {
            assert_eq!(sheet.rules.len() as u64, rules, "{case:?}");
        }
    }
}

#[test]
fn resolve_vectors_parse() {
    let Some(cases) = vectors::load("stylesheet_resolve.json") else { return };
    for case in cases.iter().filter(|case| case.is("spec", "agrees")) {
        assert_eq!(parse(case.text("stylesheet")).errors, [], "{case:?}");
    }
}

proptest! {
    #[test]
    fn any_text_gives_ranges_inside_it(text in r##"([ab.:;{}*#" /\\é]|/\*|\*/){0,40}|\PC{0,30}"##) {
        let sheet = parse(&text);
        let mut ranges: Vec<_> = sheet.errors.iter().flat_map(|error| [Some(error.range), error.open]).flatten().collect();
        for rule in &sheet.rules {
            ranges.extend([rule.range, rule.open, rule.close, rule.selector.range, rule.selector.name]);
            for declaration in sheet.declarations(rule) {
                ranges.extend([declaration.range(), declaration.property, declaration.value.range]);
            }
        }
        for range in ranges {
            prop_assert!(text.get(range.start as usize..range.end as usize).is_some(), "{range:?}");
        }
    }
}
