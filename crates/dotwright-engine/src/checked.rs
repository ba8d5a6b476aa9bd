//! The proof that a pipeline passed the checker: the runner takes nothing else.

use std::ops::Deref;
use std::sync::Arc;

/// Something the checker found no error in, under the profile and preset it was asked with.
///
/// Only `dotwright-lint` makes one: a test looks through the sources of the workspace for other callers of
/// [`Checked::proven`].
#[derive(Debug)]
pub struct Checked<T>(Arc<T>);

impl<T> Checked<T> {
    /// For the checker alone, behind its last error-level rule.
    #[doc(hidden)]
    pub fn proven(value: Arc<T>) -> Checked<T> {
        Checked(value)
    }

    /// The thing itself, shared.
    pub fn share(&self) -> Arc<T> {
        Arc::clone(&self.0)
    }
}

impl<T> Clone for Checked<T> {
    fn clone(&self) -> Checked<T> {
        Checked(Arc::clone(&self.0))
    }
}

impl<T> Deref for Checked<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
