//! The parsers that LALRPOP generates from the `grammar/` folder.

use lalrpop_util::lalrpop_mod;

lalrpop_mod!(
    #[allow(clippy::all, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, clippy::expect_used)]
    #[allow(missing_docs, unused, rust_2018_idioms)]
    pub(crate) dot,
    "/dot.rs"
);

lalrpop_mod!(
    #[allow(clippy::all, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, clippy::expect_used)]
    #[allow(missing_docs, unused, rust_2018_idioms)]
    pub(crate) dot_backstop,
    "/backstop/dot.rs"
);
