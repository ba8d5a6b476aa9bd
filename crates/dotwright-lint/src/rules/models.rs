//! Rules about models and stylesheets.

pub(crate) mod invalid_stylesheet;
