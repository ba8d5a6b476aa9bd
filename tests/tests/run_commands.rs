//! Flags of the commands that look at runs, end them, or make new ones of them, with the real program (runner
//! reference, section 27).

#![allow(clippy::disallowed_methods, reason = "tests run programs and read files")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests fail loudly")]

use dotwright_tests::checkout::Checkout;
use dotwright_tests::live::{place, tool};

/// The command of a model backend that does this in a shell.
fn backend(script: &str) -> String {
    format!("sh -c 'cat > /dev/null; {script}'")
}

/// A run `r` of two model steps and a tool step.
fn asked() -> Checkout {
    let (checkout, pipeline) = place(
        &(tool("test", "echo tested")
            + "ask [prompt=\"Say hello\"] tell [prompt=\"Say more\"] start -> ask -> tell -> test -> exit"),
    );
    let script = "echo says $ATTRACTOR_NODE_ID";
    checkout.says(&["run", "--run-id", "r", "--backend", &backend(script), &pipeline], 0);
    checkout
}

#[test]
fn what_models_answered_is_told_of_all_steps_or_of_one() {
    let checkout = asked();
    assert_eq!(checkout.says(&["logs", "r", "--response"], 0), "says ask\nsays tell\n");
    assert_eq!(checkout.says(&["logs", "r", "--node", "tell", "--response"], 0), "says tell\n");
    assert_eq!(checkout.says(&["logs", "r", "--node", "test", "--response"], 0), "");
    checkout.says(&["logs", "r", "--response", "--prompt"], 2);
    assert!(checkout.says(&["logs", "r", "--node", "tel", "--response"], 2).contains("did you mean `tell`?"));
}
