//! What formatted text looks like, and what holds for every text.

use dotwright_diagnostics::{TextRange, apply_edits};
use dotwright_syntax::parse;
use expect_test::{Expect, expect};
use proptest::prelude::*;

use crate::{Options, Refusal, format, format_range};

#[track_caller]
fn formatted(source: &str) -> String {
    let edits = format(source, &parse(source), &Options::default())
        .unwrap_or_else(|r| panic!("{}", r.message(source)));
    assert!(edits.windows(2).all(|pair| pair[0].range.end <= pair[1].range.start), "{edits:?}");
    apply_edits(source, &edits).unwrap()
}

#[track_caller]
fn check(source: &str, expected: Expect) {
    let text = formatted(source);
    expected.assert_eq(&text);
    assert_eq!(formatted(&text), text, "the second run differs");
}

/// As [`check`], with `body` in a graph.
#[track_caller]
fn check_body(body: &str, expected: Expect) {
    check(&format!("digraph {{\n{body}\n}}\n"), expected);
}

#[test]
fn statements_get_a_line_each() {
    check(
        "strict   digraph\nG\n{rankdir = LR;a->b  a;b;;c}",
        expect![[r#"
        strict digraph G {
            rankdir=LR;
            a -> b
            a;
            b;;
            c
        }
    "#]],
    );
}

#[test]
fn empty_blocks_stay_together() {
    check(
        "digraph G{ }",
        expect![[r#"
        digraph G {}
    "#]],
    );
    check_body(
        "subgraph x {\n\n}  {  }",
        expect![[r#"
            digraph {
                subgraph x {}
                {}
            }
        "#]],
    );
}

#[test]
fn several_graphs_and_the_text_around_them_stay() {
    check(
        "// one\n\n\n\ndigraph{}graph{}\n// end\n\n",
        expect![[r#"
        // one

        digraph {}
        graph {}
        // end
    "#]],
    );
}

#[test]
fn one_blank_line_between_statements_stays() {
    check_body(
        "\n\na\n\n\n\nb\nc\n\n// d\n\n\nd\n\n",
        expect![[r#"
            digraph {
                a

                b
                c

                // d

                d
            }
        "#]],
    );
}

#[test]
fn short_lists_stand_on_one_line() {
    check_body(
        "a[ label = \"A\" ,\n shape=box ; ]",
        expect![[r#"
            digraph {
                a [label="A", shape=box;]
            }
        "#]],
    );
    check_body(
        "a[][ x=1 ]",
        expect![[r#"
            digraph {
                a [] [x=1]
            }
        "#]],
    );
}

#[test]
fn lists_without_commas_get_none() {
    check_body(
        "a [x=1 y=2;z=3]",
        expect![[r#"
            digraph {
                a [x=1 y=2; z=3]
            }
        "#]],
    );
}

#[test]
fn long_lists_get_a_line_for_each_attribute() {
    check_body(
        "a [label=\"0123456789 0123456789 0123456789 0123456789\", prompt=\"0123456789 0123456789 0123456789\"];",
        expect![[r#"
            digraph {
                a [
                    label="0123456789 0123456789 0123456789 0123456789",
                    prompt="0123456789 0123456789 0123456789"
                ];
            }
        "#]],
    );
}

#[test]
fn more_than_four_attributes_keep_the_layout_of_their_author() {
    check_body(
        "a [a=1, b=2, c=3, d=4, e=5]\nb [a=1,\n b=2, c=3, d=4, e=5]",
        expect![[r#"
            digraph {
                a [a=1, b=2, c=3, d=4, e=5]
                b [
                    a=1,
                    b=2,
                    c=3,
                    d=4,
                    e=5
                ]
            }
        "#]],
    );
}

#[test]
fn a_single_long_attribute_keeps_the_layout_of_its_author() {
    let long = "0123456789".repeat(10);
    check_body(
        &format!("a [prompt=\"{long}\"]\nb [\nprompt=\"{long}\"]"),
        expect![[r#"
            digraph {
                a [prompt="0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"]
                b [
                    prompt="0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
                ]
            }
        "#]],
    );
}

#[test]
fn strings_over_several_lines_open_their_list_and_stay_as_they_are() {
    check_body(
        "a [label=A, prompt=\"one\n  two  \n\"]\nb [label=<<b>\n  x</b>>]",
        expect![[r#"
            digraph {
                a [
                    label=A,
                    prompt="one
              two  
            "
                ]
                b [label=<<b>
              x</b>>]
            }
        "#]],
    );
}

#[test]
fn concatenated_strings_keep_their_layout() {
    check_body(
        "a [ label = \"x\"   + // why\n      \"y\" ]",
        expect![[r#"
            digraph {
                a [label="x"   + // why
                  "y"]
            }
        "#]],
    );
}

#[test]
fn comments_stay_on_their_lines() {
    check_body(
        "  // own\na // behind a\n/* lead */ b /* tail */\nc /* mid */ -> d; // behind d",
        expect![[r#"
            digraph {
                // own
                a  // behind a
                /* lead */ b /* tail */
                c /* mid */ -> d;  // behind d
            }
        "#]],
    );
}

#[test]
fn comments_in_lists_stay_on_their_lines() {
    check_body(
        "a [ // open\nx=1, // one\n// own\ny=2 /* two */, z=3\n\n\n// last\n]",
        expect![[r#"
            digraph {
                a [  // open
                    x=1,  // one
                    // own
                    y=2 /* two */,
                    z=3

                    // last
                ]
            }
        "#]],
    );
}

#[test]
fn comments_with_a_line_of_their_own_before_a_brace_belong_to_the_block() {
    check_body(
        "subgraph x { // open\na\n    // last\n}\nsubgraph y {\n// only\n}",
        expect![[r#"
            digraph {
                subgraph x {  // open
                    a
                    // last
                }
                subgraph y {
                    // only
                }
            }
        "#]],
    );
}

#[test]
fn comments_inside_a_statement_keep_their_line() {
    check_body(
        "a -> // why\nb\na\n// own\n[x=1]",
        expect![[r#"
            digraph {
                a ->  // why
                    b
                a
                    // own
                    [x=1]
            }
        "#]],
    );
}

#[test]
fn inner_lines_of_block_comments_stay() {
    check_body(
        "        /* one\n  two */\na",
        expect![[r#"
            digraph {
                /* one
              two */
                a
            }
        "#]],
    );
}

#[test]
fn hash_comments_stay_at_the_start_of_their_line() {
    check(
        "  # one\ndigraph {\n  # two\na [x=1,\n # three\ny=2]}\n",
        expect![[r#"
        # one
        digraph {
        # two
            a [
                x=1,
        # three
                y=2
            ]
        }
    "#]],
    );
}

#[test]
fn operators_and_ports_get_their_blanks() {
    check_body(
        "a : p : n->b:s  ->c\na , b[x=1]",
        expect![[r#"
            digraph {
                a:p:n -> b:s -> c
                a, b [x=1]
            }
        "#]],
    );
}

#[test]
fn groups_on_one_line_stay_there() {
    check_body(
        "{rank=same;a b;}\na->{b c}->d [x=1]\nsubgraph { a }",
        expect![[r#"
            digraph {
                { rank=same; a b; }
                a -> { b c } -> d [x=1]
                subgraph { a }
            }
        "#]],
    );
}

#[test]
fn other_groups_and_named_subgraphs_are_blocks() {
    check_body(
        "{a\nb}\nsubgraph x {a}\na -> {\nb c} -> subgraph y {d} [x=1,\ny=2]",
        expect![[r#"
            digraph {
                {
                    a
                    b
                }
                subgraph x {
                    a
                }
                a -> {
                    b
                    c
                } -> subgraph y {
                    d
                } [x=1, y=2]
            }
        "#]],
    );
}

#[test]
fn groups_that_are_too_long_become_blocks() {
    let many = "node_name ".repeat(10);
    check_body(
        &format!("{{ {many} {{ a b }} }}"),
        expect![[r#"
            digraph {
                {
                    node_name
                    node_name
                    node_name
                    node_name
                    node_name
                    node_name
                    node_name
                    node_name
                    node_name
                    node_name
                    { a b }
                }
            }
        "#]],
    );
}

#[test]
fn short_chains_are_joined_and_long_ones_keep_their_lines() {
    let names: Vec<String> = (0..12).map(|n| format!("node_number_{n}")).collect();
    check_body(
        &format!("a\n->b ->\nc\n{} ->\n {}", names[..6].join(" -> "), names[6..].join(" -> ")),
        expect![[r#"
            digraph {
                a -> b -> c
                node_number_0 -> node_number_1 -> node_number_2 -> node_number_3 -> node_number_4 -> node_number_5 ->
                    node_number_6 -> node_number_7 -> node_number_8 -> node_number_9 -> node_number_10 -> node_number_11
            }
        "#]],
    );
    check_body(
        &names.join("->"),
        expect![[r#"
            digraph {
                node_number_0 -> node_number_1 -> node_number_2 -> node_number_3 -> node_number_4 -> node_number_5 -> node_number_6 -> node_number_7 -> node_number_8 -> node_number_9 -> node_number_10 -> node_number_11
            }
        "#]],
    );
}

#[test]
fn columns_of_the_author_are_kept_up() {
    check_body(
        "a   [x=1]\nbcd [x=2]\nlonger [x=3]\n\ne [x=1]\nlonger [x=2]",
        expect![[r#"
            digraph {
                a      [x=1]
                bcd    [x=2]
                longer [x=3]

                e [x=1]
                longer [x=2]
            }
        "#]],
    );
    check_body(
        "a   -> b\nbcd -> e      [x=1]\nfg  -> longer [x=2]\nx -> y",
        expect![[r#"
            digraph {
                a   -> b
                bcd -> e      [x=1]
                fg  -> longer [x=2]
                x   -> y
            }
        "#]],
    );
}

#[test]
fn columns_end_at_comments_other_kinds_and_great_differences() {
    check_body(
        "a   [x=1]\nbcd [x=2]\n// own\nlonger [x=3]\na -> b [x=1]",
        expect![[r#"
            digraph {
                a   [x=1]
                bcd [x=2]
                // own
                longer [x=3]
                a -> b [x=1]
            }
        "#]],
    );
    check_body(
        "a   [x=1]\nbcd [x=2]\nvery_much_longer_than_the_others [x=3]",
        expect![[r#"
            digraph {
                a   [x=1]
                bcd [x=2]
                very_much_longer_than_the_others [x=3]
            }
        "#]],
    );
}

#[test]
fn protected_text_stays_as_it_is() {
    check_body(
        "a->b\n  // dotwright: fmt off\n a->b;  c\n\n\n  // dotwright: fmt on\na->b",
        expect![[r#"
            digraph {
                a -> b
                // dotwright: fmt off
             a->b;  c


              // dotwright: fmt on
                a -> b
            }
        "#]],
    );
}

#[test]
fn protection_ends_with_the_enclosing_bracket() {
    check_body(
        "subgraph x {\n// dotwright: fmt off\n a->b;  c\n   }\na->b",
        expect![[r#"
            digraph {
                subgraph x {
                    // dotwright: fmt off
             a->b;  c
               }
                a -> b
            }
        "#]],
    );
    check_body(
        "a [\n// dotwright: fmt off\n x = 1,  y = 2 ]\na->b",
        expect![[r#"
            digraph {
                a [
                    // dotwright: fmt off
             x = 1,  y = 2 ]
                a -> b
            }
        "#]],
    );
    check(
        "digraph {a}\n// dotwright: fmt off\n digraph  {a}\n\n\n",
        expect![[r#"
        digraph {
            a
        }
        // dotwright: fmt off
         digraph  {a}


    "#]],
    );
}

#[test]
fn line_breaks_follow_the_majority_outside_of_strings() {
    assert_eq!(
        formatted("digraph {\r\na\r\nb [x=\"\n\n\n\"]\n}"),
        "digraph {\r\n    a\r\n    b [x=\"\n\n\n\"]\r\n}\r\n"
    );
    assert_eq!(formatted("digraph {\na\r\n}\n"), "digraph {\n    a\n}\n");
}

#[test]
fn a_byte_order_mark_stays() {
    assert_eq!(formatted("\u{feff}\n digraph { }"), "\u{feff}digraph {}\n");
}

#[test]
fn bare_values_of_dialects_stay_whole() {
    check_body(
        "a [timeout = 900s, model = gpt-5.4 url=http://x/y]\nb [human.default = x]",
        expect![[r#"
            digraph {
                a [timeout=900s, model=gpt-5.4 url=http://x/y]
                b [human.default=x]
            }
        "#]],
    );
}

#[test]
fn a_line_break_between_an_equals_sign_and_its_value_goes() {
    check_body(
        "a [x =\n1\n,y\n=\n\"2\"]",
        expect![[r#"
            digraph {
                a [x=1, y="2"]
            }
        "#]],
    );
}

#[test]
fn syntax_errors_are_refused_with_the_first_one() {
    let source = "digraph { a [x=1 }";
    let refusal = format(source, &parse(source), &Options::default()).unwrap_err();
    expect![[r#"
        not formatted because of a syntax error: expected `]` to close the attribute list opened here
        close the list with `]` here"#]]
    .assert_eq(&format!("{}\n{}", refusal.message(source), refusal.help(source)));
}

#[test]
fn a_parse_of_another_text_is_refused() {
    let source = "digraph { a -> b [x=1] }";
    let other = parse("digraph { a -> bb [x=1]}");
    assert_eq!(format(source, &other, &Options::default()), Err(Refusal::WouldChange));
}

#[test]
fn formatted_gaps_have_no_edits() {
    let source = "digraph {\n    a\n  b\n    c\n}\n";
    let edits = format(source, &parse(source), &Options::default()).unwrap();
    assert_eq!(edits.len(), 1, "{edits:?}");
}

/// Formats the statements that the text between the marks touches.
#[track_caller]
fn check_range(marked: &str, expected: Expect) {
    let start = marked.find('«').unwrap();
    let end = marked.find('»').unwrap() - '«'.len_utf8();
    let source = marked.replace(['«', '»'], "");
    let range = TextRange::new(start as u32, end as u32);
    let edits = format_range(&source, &parse(&source), &Options::default(), range).unwrap();
    expected.assert_eq(&apply_edits(&source, &edits).unwrap());
}

#[test]
fn a_range_is_widened_to_statements() {
    check_range(
        "digraph {\na->b\nb«»->c [x = 1]\nc->d\n}",
        expect![[r#"
        digraph {
        a->b
            b -> c [x=1]
        c->d
        }"#]],
    );
    check_range(
        "digraph {\na->b«»\nb->c\n}",
        expect![[r#"
        digraph {
            a -> b
        b->c
        }"#]],
    );
    check_range(
        "digraph {\na->b\nsubgraph s {\nb-«>c\nc-»>d\ne->f\n}\n}",
        expect![[r#"
        digraph {
        a->b
        subgraph s {
                b -> c
                c -> d
        e->f
        }
        }"#]],
    );
    check_range(
        "«»digraph G   {\na->b\n}",
        expect![[r#"
        digraph G {
        a->b
        }"#]],
    );
    check_range(
        "digraph G   {\na->b\n}«»",
        expect![[r#"
        digraph G   {
        a->b
        }
    "#]],
    );
}

#[test]
fn deep_nesting_is_formatted_without_recursion() {
    let depth = 200;
    let source = format!("digraph {}\n{}", "{\n".repeat(depth), "}".repeat(depth));
    let text = formatted(&source);
    assert_eq!(formatted(&text), text);
}

/// One statement, some of its white space replaced by `~`, where a test puts in its own.
fn statement() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("a".to_owned()),
        Just("long_node_name~:~p~:~n".to_owned()),
        Just("a~,~b~[~x~=~1~]".to_owned()),
        Just("rankdir~=~LR".to_owned()),
        Just("node~[~shape~=~box~,~]~[~]".to_owned()),
        Just("a~[~label~=~\"two\n  lines\"~,~timeout = 900s~;~model = gpt-5.4~]".to_owned()),
        Just("a~[~k~=~\"x\" + /* c */ \"y\"~]".to_owned()),
        Just("a~->~b~->~{~c~;~d~}~[~label~=~<<b>t</b>>~]".to_owned()),
        Just("a~->~a_rather_long_node_name_to_fill_the_line~->~another_rather_long_node_name_to_fill~->~b~[~x~=~1~]".to_owned()),
        Just("b~[~a~=~1~,~b~=~2~c~=~3~,~d~=~4~,~e~=~-5~]".to_owned()),
        Just("x~[~prompt~=~\"a string that alone is nearly as long as the whole line may be, so that its list is opened\"~,~b~=~1~]".to_owned()),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let body = || prop::collection::vec(inner.clone(), 0..4).prop_map(|s| s.join("~;~"));
        prop_oneof![
            body().prop_map(|body| format!("subgraph~s~{{~{body}~}}")),
            body().prop_map(|body| format!("{{~{body}~}}")),
            (body(), body()).prop_map(|(a, b)| format!("subgraph~{{~{a}~}}~->~{{~{b}~}}~[~x~=~1~]")),
        ]
    })
}

/// What people may write between two tokens.
fn gap() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        12 => Just(" "),
        4 => Just(""),
        3 => Just("\n"),
        2 => Just("   "),
        1 => Just("\r\n"),
        1 => Just("\n\n\n"),
        1 => Just("\t  "),
        1 => Just(" // line\n"),
        1 => Just("\n// own\n"),
        1 => Just("\n\n// own\n\n"),
        1 => Just(" /* block */ "),
        1 => Just("\n/* own\n  block */\n"),
        1 => Just("\n# hash\n"),
        1 => Just("\n/* lead */ "),
        1 => Just("\n// dotwright: fmt off\n"),
        1 => Just("\n// dotwright: fmt on\n"),
    ]
}

fn file() -> impl Strategy<Value = String> {
    let statements = prop::collection::vec(statement(), 0..8);
    (statements, prop::collection::vec(gap(), 1..60), any::<bool>()).prop_map(|(statements, gaps, calm)| {
        let text = format!("~digraph~g~{{~{}~}}~", statements.join("~;~"));
        let mut gaps = gaps.iter().cycle();
        text.split('~').enumerate().fold(String::new(), |mut text, (at, piece)| {
            let gap = if at == 0 || (calm && at % 5 != 0) { &"" } else { gaps.next().unwrap() };
            let grows_together = |c: char| c.is_alphanumeric() || c == '_' || c == '"' || c == '-';
            let needs_blank = text.ends_with(grows_together) && piece.starts_with(grows_together);
            text.push_str(if gap.is_empty() && needs_blank { " " } else { gap });
            text.push_str(piece);
            text
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_text_is_formatted_in_one_run_and_keeps_its_content(source in file()) {
        let before = parse(&source);
        prop_assert!(before.errors.is_empty(), "{:?}", before.errors.first().map(|e| e.message(&source)));
        let edits = format(&source, &before, &Options::default()).map_err(|r| TestCaseError::fail(r.message(&source)))?;
        let text = apply_edits(&source, &edits).unwrap();
        let after = parse(&text);
        let again = format(&text, &after, &Options::default());
        prop_assert_eq!(again, Ok(Vec::new()), "{}", text);
        let tokens = |source: &str, parse: &dotwright_syntax::Parse| -> Vec<String> {
            let tokens = parse.tokens.iter().map(|t| t.range.text(source).to_owned());
            tokens.chain(parse.comments.iter().map(|c| c.range.text(source).to_owned())).collect()
        };
        prop_assert_eq!(tokens(&source, &before), tokens(&text, &after));
    }

    #[test]
    fn every_range_keeps_the_content(source in file(), start in 0.0..1.0f64, length in 0.0..0.3f64) {
        let at = |part: f64| (source.len() as f64 * part.min(1.0)) as u32;
        let range = TextRange::new(at(start), at(start + length));
        let parse = parse(&source);
        prop_assert!(format_range(&source, &parse, &Options::default(), range).is_ok());
    }
}
