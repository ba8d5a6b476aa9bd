//! The categories of rules, which configuration can select and ignore as a whole.

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Category {
    /// How the file is written.
    Syntax,
    /// Nodes and edges as such.
    Structure,
    /// Conditions, labels and weights.
    Routing,
    /// Names and values of attributes.
    Attributes,
    /// Tool steps.
    Tools,
    /// The commands of tool steps.
    Shell,
    /// Human gates.
    Humans,
    /// Fan-outs and joins.
    Parallel,
    /// Goal gates and retry targets.
    GoalGates,
    /// Loops.
    Loops,
    /// Models and stylesheets.
    Models,
    /// Context keys and variables.
    DataFlow,
    /// What a run may cost.
    Cost,
    /// What a run may do to its surroundings.
    Security,
    /// What other runners make of the file.
    Portability,
    /// Readability.
    Style,
    /// Suppressions, configuration and analysers.
    Meta,
}

impl Category {
    /// All categories, in the order of the rule list.
    pub const ALL: [Category; 17] = [
        Category::Syntax,
        Category::Structure,
        Category::Routing,
        Category::Attributes,
        Category::Tools,
        Category::Shell,
        Category::Humans,
        Category::Parallel,
        Category::GoalGates,
        Category::Loops,
        Category::Models,
        Category::DataFlow,
        Category::Cost,
        Category::Security,
        Category::Portability,
        Category::Style,
        Category::Meta,
    ];

    /// The name that configuration and command line take.
    pub const fn as_str(self) -> &'static str {
        match self {
            Category::Syntax => "syntax",
            Category::Structure => "structure",
            Category::Routing => "routing",
            Category::Attributes => "attributes",
            Category::Tools => "tools",
            Category::Shell => "shell",
            Category::Humans => "humans",
            Category::Parallel => "parallel",
            Category::GoalGates => "goal-gates",
            Category::Loops => "loops",
            Category::Models => "models",
            Category::DataFlow => "data-flow",
            Category::Cost => "cost",
            Category::Security => "security",
            Category::Portability => "portability",
            Category::Style => "style",
            Category::Meta => "meta",
        }
    }
}
