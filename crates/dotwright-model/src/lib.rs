//! The typed graph of a pipeline, and what its attributes mean to each runner, as data.
//!
//! [`Pipeline`] is what linter, simulator, runner and editor read. The tables live in `data/*.toml`; the build script checks them and turns them into statics, so there is one source
//! for rules, completion, hover, `explain` and the pages, and nothing to do at start-up.

mod attribute;
mod handler;
mod lower;
mod name_hash;
mod operator;
mod outcome;
mod pipeline;
mod plain_dot;
mod profile;
pub mod resolved;
mod style;
mod switch;
mod text;
mod value;

pub use attribute::{
    AttributeFamily, AttributeKey, AttributeSchema, Scope, ValueRange, ValueType, attribute,
    attribute_families, attribute_family, attributes,
};
pub use handler::Handler;
pub use operator::{Operator, OperatorSet};
pub use outcome::Outcome;
pub use pipeline::{
    Attribute, ConditionRef, Edge, EdgeId, HandlerSource, Node, NodeId, Origin, Pipeline, StylesheetRef,
    Subgraph, SubgraphId, UnreadGroup,
};
pub use plain_dot::{Decoration, plain_dot};
pub use profile::{Alias, JumpTarget, Level, OutcomeWord, Profile};
pub use style::{Resolved, class_of_label};
pub use switch::{
    BareKeys, BranchScope, ChoiceMatch, DeadEnd, DiamondOutcome, FailedStep, IntegerDuration, LabelRouting,
    NoRoute, QuotedLiterals, RegionFailure, RetryFailures, SeveralConditions, Shell, UnknownShape,
    UnknownStyleProperty, UnknownType, UnmatchedAnswer, UnvisitedGate,
};
pub use value::{DurationLiteral, Milliseconds, parse_boolean, parse_duration, parse_integer};
