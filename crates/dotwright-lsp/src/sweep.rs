//! The findings of pipelines that are not open, for clients that do not ask for them.
//!
//! After the start, and when files or settings change, every pipeline of the workspace is checked, one after the other
//! and only while no open buffer waits for its findings. What a buffer is open for is the business of that buffer.

use std::collections::BTreeSet;
use std::path::PathBuf;

use tower_lsp::ls_types::Uri;

/// Pipelines that are checked; of larger workspaces the rest is checked when it is opened.
const MOST: usize = 1000;

/// Which pipelines are still to be checked.
#[derive(Debug, Default)]
pub(crate) struct Sweep {
    is_wanted: bool,
    is_running: bool,
    /// The next one is the last.
    waiting: Vec<Pipeline>,
    /// Those for which the client has findings.
    told: BTreeSet<Uri>,
}

/// A file and its name.
pub(crate) type Pipeline = (PathBuf, Uri);

/// What a worker should do next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Find the pipelines of the workspace.
    List,
    /// Check this one.
    Check(Pipeline),
}

impl Sweep {
    /// Has all pipelines checked anew.
    pub(crate) fn want(&mut self) {
        self.is_wanted = true;
    }

    /// Has one pipeline checked.
    pub(crate) fn want_one(&mut self, pipeline: Pipeline) {
        self.waiting.push(pipeline);
    }

    /// What to do next, without what is open; `None` while something is under way.
    pub(crate) fn next(&mut self, is_open: impl Fn(&Uri) -> bool) -> Option<Step> {
        if self.is_running {
            return None;
        }
        let step = if std::mem::take(&mut self.is_wanted) {
            Step::List
        } else {
            let mut closed = std::iter::from_fn(|| self.waiting.pop()).filter(|(_, uri)| !is_open(uri));
            Step::Check(closed.next()?)
        };
        self.is_running = true;
        Some(step)
    }

    /// Takes the pipelines of the workspace, and gives those that are gone and that the client has findings for.
    pub(crate) fn listed(&mut self, pipelines: Vec<Pipeline>) -> Vec<Uri> {
        self.is_running = false;
        let known: BTreeSet<Uri> = pipelines.iter().map(|(_, uri)| uri.clone()).collect();
        self.waiting = pipelines.into_iter().take(MOST).collect();
        self.waiting.reverse();
        let gone: Vec<Uri> = self.told.difference(&known).cloned().collect();
        self.told.retain(|uri| known.contains(uri));
        gone
    }

    /// Notes that a pipeline was checked, and says whether its findings are news.
    pub(crate) fn checked(&mut self, uri: &Uri, is_clean: bool) -> bool {
        self.is_running = false;
        match is_clean {
            true => self.told.remove(uri),
            false => {
                self.told.insert(uri.clone());
                true
            }
        }
    }

    /// Forgets what was told about a document, because its buffer tells now.
    pub(crate) fn opened(&mut self, uri: &Uri) {
        self.told.remove(uri);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pipeline(path: &str) -> Pipeline {
        (path.into(), Uri::from_file_path(path).unwrap())
    }

    fn next(sweep: &mut Sweep) -> Option<Step> {
        sweep.next(|uri| uri.as_str().ends_with("/open.dot"))
    }

    #[test]
    fn one_step_is_under_way_at_a_time() {
        let mut sweep = Sweep::default();
        assert_eq!(next(&mut sweep), None);
        sweep.want();
        assert_eq!(next(&mut sweep), Some(Step::List));
        sweep.want();
        assert_eq!(next(&mut sweep), None);
        sweep.listed(vec![pipeline("/a.dot")]);
        assert_eq!(next(&mut sweep), Some(Step::List));
        sweep.listed(vec![pipeline("/open.dot"), pipeline("/a.dot"), pipeline("/b.dot")]);
        assert_eq!(next(&mut sweep), Some(Step::Check(pipeline("/a.dot"))));
        assert_eq!(next(&mut sweep), None);
    }

    #[test]
    fn findings_are_taken_back_when_they_or_the_file_are_gone() {
        let mut sweep = Sweep::default();
        let [(_, a), (_, b)] = ["/a.dot", "/b.dot"].map(pipeline);
        assert!(!sweep.checked(&a, true));
        assert!(sweep.checked(&a, false) && sweep.checked(&a, true));
        assert!(sweep.checked(&b, false));
        assert_eq!(sweep.listed(vec![pipeline("/a.dot")]), [b]);
    }
}
