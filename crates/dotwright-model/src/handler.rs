//! Handlers by name. Their names and nouns come from `data/handlers.toml`.

/// What carries out a node. Chosen once, from `type` or `shape` through the profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Handler {
    /// Where the run begins.
    Start,
    /// Where the run ends.
    Exit,
    /// A model step.
    Codergen,
    /// A command.
    Tool,
    /// A diamond: a routing point without work.
    Conditional,
    /// A human gate.
    Human,
    /// A fan-out.
    Parallel,
    /// The join of a fan-out.
    FanIn,
    /// A manager of a child pipeline.
    Manager,
    /// Known to the profile by name only, or not at all: it may have any outcome and write any key.
    Custom,
}

include!(concat!(env!("OUT_DIR"), "/handlers.rs"));

#[cfg(test)]
mod tests {
    use super::Handler;

    #[test]
    fn type_names_lead_back_to_their_handler() {
        for handler in Handler::ALL {
            assert_eq!(Handler::from_type_name(handler.type_name()), Some(handler));
        }
        assert_eq!(Handler::from_type_name("Tool"), None);
    }

    #[test]
    fn messages_call_nodes_by_what_they_do() {
        assert_eq!(Handler::Codergen.noun(), "LLM step");
        assert_eq!(Handler::FanIn.noun(), "fan-in");
        assert_eq!(Handler::Human.type_name(), "wait.human");
    }
}
