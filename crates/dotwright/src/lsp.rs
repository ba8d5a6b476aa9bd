//! `dotwright lsp`: serves an editor until it goes.

use dotwright_lsp::{End, Options, serve_stdio};

use crate::error::AppError;

/// Ends the process, which a read of standard input that still blocks would keep alive.
pub(crate) fn run() -> Result<std::convert::Infallible, AppError> {
    let end = serve_stdio(Options::from_environment()).map_err(|error| AppError::Serve { error })?;
    std::process::exit(match end {
        End::Orderly => 0,
        End::Abrupt => 1,
    })
}
