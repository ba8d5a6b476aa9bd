//! The texts of a fact that come from outside, so that a driver can take secrets out of them before anybody sees it
//! (runner reference, section 20.1).

use super::event::Event;
use super::outcome::{Evidence, Report, StepOutcome, ToolOutput, Updates, Verdict};

impl Event {
    /// Every text that a step, a person or another program wrote. Names, digests and words are not among them.
    pub fn texts_mut(&mut self) -> Vec<&mut String> {
        match self {
            Event::Started(start) => start.context.values_mut().collect(),
            Event::AttemptEnded { evidence, .. } => of_evidence(evidence),
            Event::GateAnswered { answer, .. } => {
                [&mut answer.choice, &mut answer.by].into_iter().chain(&mut answer.text).collect()
            }
            Event::ChildEnded { reason, outputs, .. } => {
                [reason].into_iter().chain(outputs.values_mut()).collect()
            }
            Event::WorkMerged { conflicts, .. } => conflicts.iter_mut().collect(),
            Event::ProviderBlocked { reason, .. } => vec![reason],
            Event::CancelRequested { by } | Event::PauseRequested { by } => vec![by],
            Event::AttemptLost { .. }
            | Event::CallRequested { .. }
            | Event::CallSettled { .. }
            | Event::DelayChosen { .. }
            | Event::TimerFired { .. }
            | Event::GateUnattended { .. }
            | Event::ChildObserved { .. }
            | Event::ChildPaused { .. }
            | Event::WallTimeUsedUp
            | Event::Resumed { .. } => Vec::new(),
        }
    }
}

fn of_evidence(evidence: &mut Evidence) -> Vec<&mut String> {
    match evidence {
        Evidence::Tool { verdict, output, .. } => {
            let ToolOutput { output, stderr, last_line, output_blob: _, stderr_blob: _ } = output.as_mut();
            let mut texts = of_verdict(verdict);
            texts.extend([output, stderr, last_line]);
            texts
        }
        Evidence::Model { verdict, response, refuted, .. } => {
            of_verdict(verdict).into_iter().chain([response]).chain(refuted).collect()
        }
        Evidence::Reported(outcome) => {
            let StepOutcome {
                status: _,
                class: _,
                reason,
                preferred_label,
                suggested_next_ids,
                context_updates,
                notes,
            } = outcome.as_mut();
            let texts = [reason, preferred_label, notes].into_iter().chain(suggested_next_ids);
            texts.chain(values(context_updates)).collect()
        }
        Evidence::Crashed(what) => vec![what],
        Evidence::Stopped => Vec::new(),
    }
}

fn of_verdict(verdict: &mut Verdict) -> Vec<&mut String> {
    match verdict {
        Verdict::Absent => Vec::new(),
        Verdict::Invalid(what) => vec![what],
        Verdict::Given(report) => {
            let Report {
                outcome: _,
                preferred_label,
                suggested_next_ids,
                context_updates,
                notes,
                failure_reason,
            } = report;
            let texts = [preferred_label, notes, failure_reason].into_iter().chain(suggested_next_ids);
            texts.chain(values(context_updates)).collect()
        }
    }
}

fn values(updates: &mut Updates) -> impl Iterator<Item = &mut String> {
    updates.iter_mut().filter_map(|(_, value)| value.as_mut())
}
