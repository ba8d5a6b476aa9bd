//! The formats in which findings are written.

use boon::{Compiler, Schemas};
use expect_test::{Expect, expect};
use serde_json::Value;

use crate::project::{BROKEN, FIXABLE, Project};

#[track_caller]
fn check(format: &str, expected: Expect) {
    let project = Project::new(&[("a.dot", FIXABLE), ("b c.dot", BROKEN)]);
    expected.assert_eq(&project.run(&format!("check --format {format}")).stdout);
}

#[test]
fn concise() {
    check(
        "concise",
        expect![[r#"
        a.dot:3:47: warning[unused-suppression] `ignore(syntax-error)` suppresses nothing
        b c.dot:2:26: error[syntax-error] expected `]` to close the attribute list opened here
    "#]],
    );
}

#[test]
fn json() {
    check(
        "json",
        expect![[r#"
        {
          "schema": 1,
          "tool": {
            "name": "dotwright",
            "version": "0.1.0"
          },
          "diagnostics": [
            {
              "rule": "unused-suppression",
              "aliases": [],
              "category": "meta",
              "severity": "warning",
              "profile": "attractor",
              "message": "`ignore(syntax-error)` suppresses nothing",
              "help": "delete it",
              "file": "a.dot",
              "range": {
                "start": {
                  "line": 3,
                  "column": 47,
                  "offset": 83
                },
                "end": {
                  "line": 3,
                  "column": 59,
                  "offset": 95
                }
              },
              "labels": [],
              "fix": {
                "title": "delete the comment",
                "applicability": "safe",
                "edits": [
                  {
                    "range": {
                      "start": {
                        "line": 3,
                        "column": 25,
                        "offset": 61
                      },
                      "end": {
                        "line": 3,
                        "column": 64,
                        "offset": 100
                      }
                    },
                    "text": ""
                  }
                ]
              },
              "link": "https://github.com/dotwright/dotwright/blob/main/lints/unused-suppression.md",
              "spec": null,
              "fingerprint": "1df7f3bff08f4f8083a32cd26030c910"
            },
            {
              "rule": "syntax-error",
              "aliases": [],
              "category": "syntax",
              "severity": "error",
              "profile": "attractor",
              "message": "expected `]` to close the attribute list opened here",
              "help": "close the list with `]` here",
              "file": "b c.dot",
              "range": {
                "start": {
                  "line": 2,
                  "column": 26,
                  "offset": 35
                },
                "end": {
                  "line": 2,
                  "column": 26,
                  "offset": 35
                }
              },
              "labels": [
                {
                  "range": {
                    "start": {
                      "line": 2,
                      "column": 11,
                      "offset": 20
                    },
                    "end": {
                      "line": 2,
                      "column": 12,
                      "offset": 21
                    }
                  },
                  "message": "the attribute list opened here"
                }
              ],
              "fix": {
                "title": "close the list with `]` here",
                "applicability": "display",
                "edits": [
                  {
                    "range": {
                      "start": {
                        "line": 2,
                        "column": 26,
                        "offset": 35
                      },
                      "end": {
                        "line": 2,
                        "column": 26,
                        "offset": 35
                      }
                    },
                    "text": "]"
                  }
                ]
              },
              "link": "https://github.com/dotwright/dotwright/blob/main/lints/syntax-error.md",
              "spec": null,
              "fingerprint": "aa3ac2b400c42afe9924732ab5b8bb7b"
            }
          ],
          "files": [
            "a.dot",
            "b c.dot"
          ],
          "summary": {
            "errors": 1,
            "warnings": 1,
            "infos": 0,
            "hints": 0,
            "suppressed": 0
          }
        }
    "#]],
    );
}

#[test]
fn jsonl_has_one_object_per_line() {
    let project = Project::new(&[("a.dot", FIXABLE), ("b.dot", BROKEN)]);
    let run = project.run("check --format jsonl");
    let rules: Vec<Value> =
        run.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["rule"].clone()).collect();
    assert_eq!(rules, ["unused-suppression", "syntax-error"]);
}

#[test]
fn sarif() {
    let file =
        FIXABLE.replace("start -> exit", "start -> exit [x // dotwright: ignore-file(unused-suppression)");
    let project = Project::new(&[("a b.dot", &file)]);
    let run = project.run("check --format sarif");
    let log: Value = serde_json::from_str(&run.stdout).unwrap();
    let result = &log["runs"][0]["results"][0];
    assert_eq!(log["version"], "2.1.0");
    assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "a%20b.dot");
    let index = result["ruleIndex"].as_u64().unwrap() as usize;
    assert_eq!(log["runs"][0]["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
}

#[test]
fn github() {
    check(
        "github",
        expect![[r#"
        ::warning file=a.dot,line=3,endLine=3,col=47,endColumn=59,title=unused-suppression::`ignore(syntax-error)` suppresses nothing%0Ahelp: delete it
        ::error file=b c.dot,line=2,endLine=2,col=26,endColumn=26,title=syntax-error::expected `]` to close the attribute list opened here%0Ahelp: close the list with `]` here
    "#]],
    );
}

#[test]
fn gitlab() {
    check(
        "gitlab",
        expect![[r#"
        [
          {
            "check_name": "unused-suppression",
            "description": "`ignore(syntax-error)` suppresses nothing",
            "fingerprint": "e3f420a67934c2d10cdbdea019e4a2e8",
            "location": {
              "lines": {
                "begin": 3,
                "end": 3
              },
              "path": "a.dot"
            },
            "severity": "major"
          },
          {
            "check_name": "syntax-error",
            "description": "expected `]` to close the attribute list opened here",
            "fingerprint": "0fc062a0f670c0a03741b2349fe77b2a",
            "location": {
              "lines": {
                "begin": 2,
                "end": 2
              },
              "path": "b c.dot"
            },
            "severity": "critical"
          }
        ]
    "#]],
    );
}

#[test]
fn junit() {
    check(
        "junit",
        expect![[r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="dotwright" tests="2" failures="2" errors="0">
          <testsuite name="dotwright" tests="2" failures="2" errors="0" skipped="0">
            <testcase name="a.dot" classname="dotwright" file="a.dot">
              <failure type="warning" message="1 finding">
        a.dot:3:47: warning[unused-suppression] `ignore(syntax-error)` suppresses nothing
          help: delete it
              </failure>
            </testcase>
            <testcase name="b c.dot" classname="dotwright" file="b c.dot">
              <failure type="error" message="1 finding">
        b c.dot:2:26: error[syntax-error] expected `]` to close the attribute list opened here
          help: close the list with `]` here
              </failure>
            </testcase>
          </testsuite>
        </testsuites>
    "#]],
    );
}

#[test]
fn rdjson() {
    check(
        "rdjson",
        expect![[r#"
        {
          "diagnostics": [
            {
              "code": {
                "url": "https://github.com/dotwright/dotwright/blob/main/lints/unused-suppression.md",
                "value": "unused-suppression"
              },
              "location": {
                "path": "a.dot",
                "range": {
                  "end": {
                    "column": 59,
                    "line": 3
                  },
                  "start": {
                    "column": 47,
                    "line": 3
                  }
                }
              },
              "message": "`ignore(syntax-error)` suppresses nothing",
              "severity": "WARNING",
              "suggestions": [
                {
                  "range": {
                    "end": {
                      "column": 64,
                      "line": 3
                    },
                    "start": {
                      "column": 25,
                      "line": 3
                    }
                  },
                  "text": ""
                }
              ]
            },
            {
              "code": {
                "url": "https://github.com/dotwright/dotwright/blob/main/lints/syntax-error.md",
                "value": "syntax-error"
              },
              "location": {
                "path": "b c.dot",
                "range": {
                  "end": {
                    "column": 26,
                    "line": 2
                  },
                  "start": {
                    "column": 26,
                    "line": 2
                  }
                }
              },
              "message": "expected `]` to close the attribute list opened here",
              "severity": "ERROR",
              "suggestions": [
                {
                  "range": {
                    "end": {
                      "column": 26,
                      "line": 2
                    },
                    "start": {
                      "column": 26,
                      "line": 2
                    }
                  },
                  "text": "]"
                }
              ]
            }
          ],
          "source": {
            "name": "dotwright",
            "url": "https://github.com/dotwright/dotwright"
          }
        }
    "#]],
    );
}

#[test]
fn a_report_can_go_to_a_file() {
    let project = Project::new(&[("a.dot", BROKEN)]);
    let run = project.run("check --format concise --output report.txt");
    assert_eq!((&*run.stdout, run.code), ("", 1));
    assert!(project.read("report.txt").starts_with("a.dot:2:26: error[syntax-error]"));
    assert_eq!(project.run("check --output missing/report.txt").code, 2);
}

#[test]
fn json_follows_its_published_schema() {
    let project = Project::new(&[("a.dot", FIXABLE), ("b.dot", BROKEN), ("c.dot", "graph \u{e9} {{{")]);
    let schema: Value = serde_json::from_str(&project.run("check --schema").stdout).unwrap();
    let document: Value =
        serde_json::from_str(&project.run("check --show hint --format json").stdout).unwrap();
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource("check.schema.json", schema).unwrap();
    let schema = compiler.compile("check.schema.json", &mut schemas).unwrap();
    schemas.validate(&document, schema).unwrap();
    assert!(schemas.validate(&serde_json::json!({ "schema": 1 }), schema).is_err());
}
