//! What commands split into, what is bash, and what no shell reads.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

/// One line per script: its kind, then its pipelines with connectors; words in brackets where they are not constant.
fn render(text: &str) -> String {
    let shell = parse(text);
    let mut out = String::new();
    for script in shell.scripts() {
        out += &format!("{:?}:", script.kind);
        for pipeline in shell.pipelines(script) {
            out += match pipeline.connector {
                Connector::First => " ",
                Connector::And => " && ",
                Connector::Or => " || ",
                Connector::Semicolon => " ; ",
                Connector::Background => " & ",
                Connector::Newline => " \\n ",
            };
            out += if pipeline.negated { "! " } else { "" };
            let commands: Vec<_> =
                shell.commands(pipeline).iter().map(|c| render_command(&shell, c, text)).collect();
            out += &commands.join(" | ");
            out += if pipeline.background { " &" } else { "" };
        }
        out += "\n";
    }
    for error in shell.errors() {
        out += &format!("{}..{} {:?}\n", error.range.start, error.range.end, error.kind);
    }
    out
}

fn render_command(shell: &Shell, command: &Command, text: &str) -> String {
    let mut parts = Vec::new();
    parts.extend(command.function.map(|name| format!("{}()", name.text(text))));
    if command.kind != CommandKind::Simple {
        parts.push(format!("{:?}", command.kind));
    }
    for assignment in shell.assignments(command) {
        parts.push(format!("{}:={}", assignment.name.text(text), assignment.value.range.text(text)));
    }
    for word in shell.words(command) {
        parts
            .push(word.literal(text).map_or_else(|| format!("[{}]", word.range.text(text)), Cow::into_owned));
    }
    for redirection in shell.redirections(command) {
        let descriptor = redirection.descriptor.map_or("", |range| range.text(text));
        let target = redirection.target.map_or("", |word| word.range.text(text));
        parts.push(format!("<{descriptor}{:?} {target}>", redirection.operator));
    }
    parts.join(" ")
}

#[track_caller]
fn check(text: &str, expected: Expect) {
    expected.assert_eq(&render(text));
}

#[track_caller]
fn check_bash(text: &str, expected: &[(&str, &str)]) {
    let shell = parse(text);
    let found: Vec<_> =
        shell.bash_constructs().iter().map(|found| (found.syntax.name(), found.range.text(text))).collect();
    assert_eq!(found, expected, "{text}");
    assert_eq!(shell.errors(), [], "{text}");
}

#[test]
fn lists_and_pipelines() {
    check(
        "set -e; npm test 2>&1 | tee log && echo ok || true\nexit 0 &",
        expect![[r#"
        Top: set -e ; npm test <2DuplicateOutput 1> | tee log && echo ok || true \n exit 0 &
    "#]],
    );
    check(
        "a &&\n\n# comment\n b |\n c",
        expect![[r#"
        Top: a && b | c
    "#]],
    );
    check(
        "! grep -q x file; { a; } > out",
        expect![[r#"
        Top: ! grep -q x file ; Group <Output out>
        Group: a
    "#]],
    );
}

#[test]
fn words_lose_their_quotes() {
    check(
        r#"echo 'a b' "c \" $x" d\ e "f"g '' $(h "i $(j)") `k`"#,
        expect![[r#"
        Top: echo a b ["c \" $x"] d e fg  [$(h "i $(j)")] [`k`]
        Substitution: h ["i $(j)"]
        Substitution: j
        Backticks: k
    "#]],
    );
    check(
        "A=1 B=\"$x\" cmd C=2\n D=",
        expect![[r#"
        Top: A:=1 B:="$x" cmd C=2 \n D:=
    "#]],
    );
}

#[test]
fn redirections_and_heredocs() {
    check(
        "cmd <in >>out 2>/dev/null &>all <&3 <<<text",
        expect![[r#"
        Top: cmd <Input in> <Append out> <2Output /dev/null> <OutputAndError all> <DuplicateInput 3> <Herestring text>
    "#]],
    );
    let text = "cat <<EOF - <<-'END' | x\n$(a ' \nEOF\n\tb\n\tEND\nnext # it's";
    check(
        text,
        expect![[r#"
        Top: cat - <Heredoc EOF> <Heredoc 'END'> | x \n next
    "#]],
    );
    let shell = parse(text);
    let bodies: Vec<_> =
        shell.heredocs().iter().map(|h| (h.body.text(text), h.is_literal(), h.strips_tabs)).collect();
    assert_eq!(bodies, [("$(a ' \n", false, false), ("\tb\n", true, true)]);
    assert_eq!(shell.comments().iter().map(|range| range.text(text)).collect::<Vec<_>>(), ["# it's"]);
}

#[test]
fn compound_commands() {
    check(
        "if a; then b; elif c; then d; else e; fi && f",
        expect![[r#"
        Top: If && f
        IfCondition: a
        Then: b
        IfCondition: c
        Then: d
        Else: e
    "#]],
    );
    check(
        "for x in a $b; do echo $x; done | sort",
        expect![[r#"
        Top: For x in a [$b] | sort
        LoopBody: echo [$x]
    "#]],
    );
    check(
        "while read l; do (a; b); done < f; until c\ndo d\ndone",
        expect![[r#"
        Top: Loop <Input f> ; Loop
        LoopCondition: read l
        LoopBody: Subshell
        Subshell: a ; b
        LoopCondition: c
        LoopBody: d
    "#]],
    );
    check(
        "case $x in a|b) one;; (c) two ;; *) esac; end",
        expect![[r#"
        Top: Case [$x] ; end
        CaseArm: one
        CaseArm: two
        CaseArm:
    "#]],
    );
    check(
        "f() { a; }; function g {\n b\n}",
        expect![[r#"
        Top: f() Group ; g() Group
        Group: a
        Group: b
    "#]],
    );
    check(
        "x=$(case a in a) b;; esac) $(( (1 + 2) * $(n) ))",
        expect![[r#"
        Top: x:=$(case a in a) b;; esac) [$(( (1 + 2) * $(n) ))]
        Substitution: Case a
        CaseArm: b
        Substitution: n
    "#]],
    );
}

#[test]
fn words_that_only_look_like_keywords() {
    check(
        "echo if then fi done } { ] esac; printf '%s' do",
        expect![[r#"
        Top: echo if then fi done } { ] esac ; printf %s do
    "#]],
    );
    check(
        "{{ goal }} && {% x %} ; $context.check.typecheck a#b",
        expect![[r#"
        Top: {{ goal }} && {% x %} ; [$context.check.typecheck] a#b
    "#]],
    );
}

#[test]
fn bash_syntax_is_named() {
    check_bash("[[ $a == (b|c) && -n $d ]]", &[("[[ ]]", "[[")]);
    check_bash(
        "a=(1 \"2\" if); b[0]=1; ${a[0]}",
        &[("array", "("), ("array", "b[0]="), ("array", "${a[0]}")],
    );
    check_bash("cat <<<x; diff <(a) >(b)", &[("<<<", "<<<"), ("<( )", "<("), ("<( )", ">(")]);
    check_bash("function f { source x; }", &[("function", "function"), ("source", "source")]);
    check_bash(
        "set -euo pipefail; echo \"${PIPESTATUS[0]} $RANDOM\"",
        &[("pipefail", "pipefail"), ("PIPESTATUS", "${PIPESTATUS[0]}"), ("$RANDOM", "$RANDOM")],
    );
    check_bash(
        "${x^^} ${x,,} ${x/a/b} ${x:0:2} ${!x}",
        &[
            ("${x^^}", "${x^^}"),
            ("${x^^}", "${x,,}"),
            ("${x/a/b}", "${x/a/b}"),
            ("${x:0:2}", "${x:0:2}"),
            ("${!x}", "${!x}"),
        ],
    );
    check_bash(
        "a &> b |& c; ((i++)); $'it\\'s' {1..3}",
        &[("&>", "&>"), ("|&", "|&"), ("(( ))", "(("), ("$'...'", "$'it\\'s'"), ("{1..3}", "{1..3}")],
    );
    check_bash("for ((i = 0; i < 3; i++)); do a; done", &[("(( ))", "((")]);
}

#[test]
fn posix_syntax_and_quoted_bash_are_not_bash() {
    for text in [
        "bash -c '[[ a ]] && source x'",
        "echo \"[[ <( {1..3} $'x'\" pipefail {a,b}",
        "cat <<EOF\n[[ $RANDOM ]]\nEOF",
        "${x:-a} ${x%/*} ${#x} ${x#a} $((1 + 2)) [ a = b ]",
        "echo source; # [[ <<<",
        "set -o errexit; f() { a; }",
    ] {
        check_bash(text, &[]);
    }
}

#[test]
fn what_does_not_close_is_reported_at_its_opener() {
    use ShellErrorKind as K;
    let cases = [
        ("echo 'a", "'", K::UnclosedQuote),
        ("echo \"a $(b) ", "\"", K::UnclosedQuote),
        ("echo $(a; b", "$(", K::UnclosedParenthesis),
        ("x=${a", "${", K::UnclosedExpansion),
        ("echo `a", "`", K::UnclosedBacktick),
        ("(a; b", "(", K::UnclosedParenthesis),
        ("cat <<EOF\na\nEO", "<<", K::UnclosedHeredoc),
        ("if a; then b", "if", K::UnclosedCompound),
        ("for x in a; do b; don", "for", K::UnclosedCompound),
        ("case x in a) b", "case", K::UnclosedCompound),
        ("{ a; }; { b; ", "{", K::UnclosedCompound),
        ("[[ a", "[[", K::UnclosedCompound),
        ("a; fi", "fi", K::UnexpectedToken),
        ("if a; then b; done", "done", K::UnexpectedToken),
        ("echo )", ")", K::UnexpectedToken),
        ("a ;; b", ";;", K::UnexpectedToken),
        ("echo a (b)", "(", K::UnexpectedToken),
        ("a && ", "&&", K::MissingCommand),
        ("| b", "|", K::MissingCommand),
        ("a ; ; b", ";", K::MissingCommand),
    ];
    for (text, token, kind) in cases {
        let found: Vec<_> = parse(text).errors().iter().map(|e| (e.range.text(text), e.kind)).collect();
        assert_eq!(found, [(token, kind)], "{text}");
    }
    assert_eq!(parse("if a; then b; done").errors()[0].opener, Some(TextRange::new(0, 2)));
}

#[test]
fn options_hold_from_where_they_are_set() {
    let at_end = |text: &str, option| parse(text).sets_option_before(text, option, text.len() as u32);
    for text in ["set -e; a", "set -euo pipefail\na", "set -o errexit; a", "{ set -e; }; a", "(set -e; a"] {
        assert!(at_end(text, ShellOption::ErrExit), "{text}");
    }
    for text in
        ["a", "set -e; set +e; a", "(set -e); a", "echo set -e", "set -- -e", "set -u", "set -o pipefail"]
    {
        assert!(!at_end(text, ShellOption::ErrExit), "{text}");
    }
    for text in ["set -o pipefail; a", "set -euo pipefail; a", "set -e -o pipefail; a"] {
        assert!(at_end(text, ShellOption::Pipefail), "{text}");
    }
    let text = "a | b; set -o pipefail";
    assert!(!parse(text).sets_option_before(text, ShellOption::Pipefail, 4));
    assert!(!at_end("set -o pipefail; set +o pipefail", ShellOption::Pipefail));
}

#[test]
fn ends_of_a_script() {
    let text = "set -e; npm test | tail -5 && a || true";
    let shell = parse(text);
    assert_eq!(shell.last_pipeline().unwrap().range.text(text), "true");
    let list = shell.last_list(shell.top().unwrap());
    assert_eq!(
        list.iter().map(|p| p.range.text(text)).collect::<Vec<_>>(),
        ["npm test | tail -5", "a", "true"]
    );
    let text = "echo $(a $(b))";
    let shell = parse(text);
    assert_eq!(shell.scripts_in(shell.all_commands().last().unwrap().range).len(), 2);
    assert_eq!(shell.scripts()[2].parent, Some(ScriptId(1)));
}

#[test]
fn highlighting_covers_keywords_commands_strings_and_variables() {
    let text = "if a \"b $c\"; then 'd' # e\nfi";
    let shell = parse_with_tokens(text);
    let tokens: Vec<_> = shell.tokens().iter().map(|token| (token.kind, token.range.text(text))).collect();
    assert_eq!(
        tokens,
        [
            (ShellTokenKind::Keyword, "if"),
            (ShellTokenKind::Command, "a"),
            (ShellTokenKind::String, "\"b "),
            (ShellTokenKind::Variable, "$c"),
            (ShellTokenKind::String, "\""),
            (ShellTokenKind::Operator, ";"),
            (ShellTokenKind::Keyword, "then"),
            (ShellTokenKind::String, "'d'"),
            (ShellTokenKind::Comment, "# e"),
            (ShellTokenKind::Keyword, "fi"),
        ]
    );
}

#[test]
fn deep_nesting_costs_no_stack_and_linear_time() {
    for (open, close) in
        [("$(", ")"), ("(", ")"), ("\"$(", ")\""), ("{ ", "; }"), ("if a; then ", "; fi"), ("${a:-", "}")]
    {
        let text = open.repeat(50_000) + "a" + &close.repeat(50_000);
        assert_eq!(parse(&text).errors(), [], "{open}");
        assert_eq!(parse(&open.repeat(50_000)).errors().len(), 1, "{open}");
    }
    for piece in [
        "a|",
        "a=(",
        "`",
        "((",
        "[[ ",
        "case x in a) ",
        "f() ",
        "<<a ",
        "${a[",
        "{1..",
        "for x ",
        "<(",
        "a[0]=1 ",
    ] {
        parse(&piece.repeat(50_000));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]
    #[test]
    fn a_reader_forgets_the_text_before(
        texts in prop::collection::vec(r#"([a1={}()$`"'|&;<>#\n ]|<<|;;|if |then |fi|do |done|\[\[ ){0,20}"#, 1..4)
    ) {
        let mut reader = Reader::default();
        for text in texts {
            prop_assert_eq!(reader.read(&text), &parse(&text));
        }
    }

    #[test]
    fn any_text_gives_ranges_inside_it(
        text in r#"([a1=\[\]{}()$`"'\\|&;<>#!é \n\t\r\x0C]|\$\(|\$\{|<<|;;|if |then |fi|for |do |done|case |in |esac|\[\[ ){0,40}|\PC{0,30}"#
    ) {
        let shell = parse_with_tokens(&text);
        let mut ranges: Vec<_> = shell.errors().iter().flat_map(|e| [Some(e.range), e.opener]).flatten().collect();
        ranges.extend(shell.bash_constructs().iter().map(|found| found.range));
        ranges.extend(shell.comments());
        ranges.extend(shell.heredocs().iter().flat_map(|h| [h.body, h.delimiter.range]));
        ranges.extend(shell.scripts().iter().map(|script| script.range));
        ranges.extend(shell.pipelines.iter().flat_map(|p| [p.range, p.connector_range]));
        ranges.extend(shell.commands.iter().map(|command| command.range));
        ranges.extend(shell.words.iter().map(|word| word.range));
        ranges.extend(shell.assignments.iter().flat_map(|a| [a.name, a.value.range]));
        ranges.extend(shell.redirections.iter().map(|r| r.range));
        let mut end = 0;
        for token in shell.tokens() {
            prop_assert!(token.range.start >= end, "tokens overlap at {end}: {:?}", shell.tokens());
            end = token.range.end;
            ranges.push(token.range);
        }
        for range in ranges {
            prop_assert!(text.get(range.start as usize..range.end as usize).is_some(), "{range:?}");
        }
        prop_assert!(shell.scripts().is_sorted_by_key(|script| script.range.start));
    }
}
