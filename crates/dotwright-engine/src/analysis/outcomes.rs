//! Which outcomes a step can have, and which of them travel which edge: a fixpoint over diamonds that hand theirs on.

use dotwright_model::{
    AttributeKey, DiamondOutcome, EdgeId, FailedStep, Handler, NodeId, Outcome, RegionFailure,
};

use super::Analysis;
use crate::command;
use crate::outcome_set::OutcomeSet;

impl Analysis<'_> {
    /// The domain that the handler alone gives; that of a forwarding diamond starts empty.
    pub(super) fn own_domain(&self, node: NodeId) -> OutcomeSet {
        let profile = self.pipeline.profile();
        match self.pipeline.handler(node) {
            Handler::Start | Handler::Exit => OutcomeSet::SUCCESS,
            Handler::Codergen if profile.custom_outcomes => OutcomeSet::ANY,
            Handler::Codergen => OutcomeSet::ROUTABLE,
            Handler::Tool => self.tool_domain(node),
            Handler::Conditional => match profile.diamond_outcome {
                DiamondOutcome::Forward => OutcomeSet::EMPTY,
                DiamondOutcome::Success => OutcomeSet::SUCCESS,
            },
            Handler::Human | Handler::Manager => OutcomeSet::SUCCESS_OR_FAIL,
            Handler::Parallel => self.region_domain(node),
            Handler::FanIn => match profile.region_failure {
                RegionFailure::Fail => OutcomeSet::ROUTABLE,
                RegionFailure::Partial | RegionFailure::SuccessIfAny => OutcomeSet::SUCCESS_OR_FAIL,
            },
            Handler::Custom => OutcomeSet::ANY,
        }
    }

    /// The exit code decides; a partial success needs the status file or used-up retries that are allowed to.
    pub(super) fn tool_domain(&self, node: NodeId) -> OutcomeSet {
        // A run with a tool that has no command does not start, so nothing is known about its outcome.
        let Some(text) = self.tool_text(node) else { return OutcomeSet::SUCCESS_OR_FAIL };
        if command::writes_status(text) {
            return OutcomeSet::ROUTABLE;
        }
        if self.always_succeeds(node).is_some() { OutcomeSet::SUCCESS } else { OutcomeSet::SUCCESS_OR_FAIL }
    }

    /// Status of a fan-out's region by its join policy (runner reference, section 12.4).
    pub(super) fn region_domain(&self, node: NodeId) -> OutcomeSet {
        let policy = self.pipeline.node_attribute(node, AttributeKey::JOIN_POLICY);
        let policy = policy.map(|policy| policy.text());
        match (policy.as_deref(), self.pipeline.profile().region_failure) {
            (Some("k_of_n" | "quorum"), _) => OutcomeSet::SUCCESS_OR_FAIL,
            (Some("first_success"), RegionFailure::Fail) => OutcomeSet::ROUTABLE,
            (Some("first_success"), _) => OutcomeSet::SUCCESS_OR_FAIL,
            (_, RegionFailure::Fail) => OutcomeSet::ROUTABLE,
            (_, RegionFailure::Partial | RegionFailure::SuccessIfAny) => {
                OutcomeSet::SUCCESS.union(OutcomeSet::of(Outcome::PartialSuccess))
            }
        }
    }

    /// The least fixpoint of domains of diamonds and outcomes on edges.
    pub(super) fn settle(&mut self) {
        let pipeline = self.pipeline;
        let mut queue: Vec<NodeId> = pipeline.nodes().collect();
        queue.reverse();
        self.jumped_at(&mut queue);
        while let Some(node) = queue.pop() {
            if self.forwards(node) && self.domain(node).contains(Outcome::Fail) {
                self.deliver(self.failure_target(node), OutcomeSet::FAIL, &mut queue);
            }
            let claimed = self.claimed(node);
            for &edge in pipeline.outgoing(node) {
                let travelling = self.compute_travelling(edge, claimed);
                let target = pipeline.target_of(edge);
                if let Some(known) = self.travels.get_mut(edge.index()) {
                    *known = travelling;
                }
                self.deliver(Some(target), travelling, &mut queue);
            }
        }
    }

    /// Adds outcomes to the domain of a diamond that forwards them.
    pub(super) fn deliver(&mut self, target: Option<NodeId>, outcomes: OutcomeSet, queue: &mut Vec<NodeId>) {
        let Some(target) = target.filter(|&target| self.forwards(target)) else { return };
        if let Some(domain) = self.domains.get_mut(target.index())
            && *domain != domain.union(outcomes)
        {
            *domain = domain.union(outcomes);
            queue.push(target);
        }
    }

    pub(super) fn forwards(&self, node: NodeId) -> bool {
        self.pipeline.handler(node) == Handler::Conditional
            && self.pipeline.profile().diamond_outcome == DiamondOutcome::Forward
    }

    /// A jump into a diamond hands on the failure, or whatever ended last before the exit; a diamond behind a region
    /// that ends there sees the status of the region.
    pub(super) fn jumped_at(&mut self, queue: &mut Vec<NodeId>) {
        let pipeline = self.pipeline;
        if !pipeline.nodes().any(|node| self.forwards(node)) {
            return;
        }
        let any = OutcomeSet::ROUTABLE.intersection(OutcomeSet::known_to(pipeline.profile()));
        for node in pipeline.nodes() {
            if self.domain(node).contains(Outcome::Fail) {
                self.deliver(self.failure_target(node), OutcomeSet::FAIL, queue);
            }
            if self.is_goal_gate(node) {
                self.deliver(self.gate_target(node), any, queue);
            }
        }
        let joins: Vec<(Option<NodeId>, OutcomeSet)> =
            self.regions().iter().map(|region| (region.join, self.domain(region.fan_out))).collect();
        for (join, status) in joins {
            self.deliver(join, status, queue);
        }
    }

    /// The outcomes of a step that conditions on the outcome alone take for certain.
    pub(super) fn claimed(&self, node: NodeId) -> OutcomeSet {
        let domain = self.domain(node);
        let mut claimed = OutcomeSet::EMPTY;
        for verdict in self.pipeline.outgoing(node).iter().filter_map(|&edge| self.verdict(edge)) {
            if verdict.only_outcome {
                claimed = claimed.union(domain.intersection(verdict.holds));
            }
        }
        claimed.without(OutcomeSet::CUSTOM)
    }

    pub(super) fn compute_travelling(&self, edge: EdgeId, claimed: OutcomeSet) -> OutcomeSet {
        let pipeline = self.pipeline;
        let source = pipeline.source_of(edge);
        let domain = self.domain(source);
        if pipeline.handler(source) == Handler::Parallel {
            // Out-edges of a fan-out start branches; the status of the region goes to the join.
            return OutcomeSet::SUCCESS;
        }
        if pipeline.handler(source) == Handler::Human && pipeline.is_plain(edge) {
            // An answer follows its edge whatever the conditions of others say; nobody answers a failed gate.
            let failed = domain.without(claimed).contains(Outcome::Fail) && self.carries_failure(edge);
            return if failed { OutcomeSet::SUCCESS_OR_FAIL } else { OutcomeSet::SUCCESS };
        }
        if let Some(verdict) = self.verdict(edge) {
            return domain.without(verdict.fails);
        }
        let mut travelling = domain.without(claimed);
        if travelling.contains(Outcome::Fail) && !self.carries_failure(edge) && !self.is_chosen_by_name(edge)
        {
            travelling = travelling.without(OutcomeSet::FAIL);
        }
        travelling
    }

    /// True when a failed step can name the edge itself: a model step picks among the labels it is offered.
    pub(super) fn is_chosen_by_name(&self, edge: EdgeId) -> bool {
        let handler = self.pipeline.handler(self.pipeline.source_of(edge));
        let names = matches!(handler, Handler::Codergen | Handler::Custom);
        names
            && self.pipeline.profile().failed_step == FailedStep::Strict
            && self.pipeline.edge_label(edge).is_some()
    }
}
