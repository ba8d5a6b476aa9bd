//! The closed set of outcomes a step can have.

/// How a step ended. Profiles write and read these under their own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// The step did its work.
    Success,
    /// Usable, with a declared gap.
    PartialSuccess,
    /// The step asks to be run again; it never reaches edge selection.
    Retry,
    /// The step did not do its work.
    Fail,
    /// The step did nothing.
    Skipped,
}

impl Outcome {
    /// All five, in the order of the declaration.
    pub const ALL: [Outcome; 5] =
        [Outcome::Success, Outcome::PartialSuccess, Outcome::Retry, Outcome::Fail, Outcome::Skipped];

    /// The word of the default profile: `success`, `partial_success`, `retry`, `fail`, `skipped`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Outcome::Success => "success",
            Outcome::PartialSuccess => "partial_success",
            Outcome::Retry => "retry",
            Outcome::Fail => "fail",
            Outcome::Skipped => "skipped",
        }
    }
}
