//! What the shell commands of steps say, each split once.

use std::borrow::Cow;
use std::cell::OnceCell;

use dotwright_model::{Attribute, AttributeKey, Handler, NodeId};
use dotwright_syntax::shell::Reader;

use super::Analysis;
use crate::command::{self, AlwaysSucceeds, ShellTraits, ToolCommand};
use crate::effect::outward_effect;

impl<'p> Analysis<'p> {
    /// The command of a tool step with its shell words. `None` for other steps and without a command.
    pub fn command(&self, node: NodeId) -> Option<&ToolCommand<'p>> {
        self.tool_text(node)?;
        self.shell_command(node)
    }

    /// The decoded command of a tool step.
    pub(super) fn tool_text(&self, node: NodeId) -> Option<&Cow<'p, str>> {
        (self.pipeline.handler(node) == Handler::Tool).then(|| self.shell_text(node))?
    }

    /// The decoded command of a step. All of them are decoded when the first one is asked for.
    fn shell_text(&self, node: NodeId) -> Option<&Cow<'p, str>> {
        let pipeline = self.pipeline;
        let text = |node| pipeline.shell_command(node).map(Attribute::text);
        self.shell_texts.get_or_init(|| pipeline.nodes().map(text).collect()).get(node.index())?.as_ref()
    }

    /// [`dotwright_model::Pipeline::shell_command`] with its shell words, decoded and parsed once.
    pub fn shell_command(&self, node: NodeId) -> Option<&ToolCommand<'p>> {
        let text = self.shell_text(node)?;
        self.keep(node, || ToolCommand::new(text.clone()))
    }

    fn keep(&self, node: NodeId, command: impl FnOnce() -> ToolCommand<'p>) -> Option<&ToolCommand<'p>> {
        let commands = self.commands.get_or_init(|| vec![OnceCell::new(); self.pipeline.nodes().len()]);
        Some(commands.get(node.index())?.get_or_init(|| Box::new(command())))
    }

    /// What the words of a node's command show, found for all nodes when first asked for. `None` without a command and
    /// for one plain command, about which nobody asks more.
    pub fn shell_traits(&self, node: NodeId) -> Option<ShellTraits> {
        let all = self.shell_traits.get_or_init(|| {
            let mut reader = Reader::default();
            let traits = |node| {
                let text = self.shell_text(node)?;
                if command::is_plain(text) {
                    return None;
                }
                let shell = reader.read(&command::mask_templates(text));
                let traits = ShellTraits::of(shell);
                if traits.show_something() {
                    self.keep(node, || ToolCommand::split(text.clone(), shell.clone()));
                }
                Some(traits)
            };
            self.pipeline.nodes().map(traits).collect()
        });
        all.get(node.index()).copied().flatten()
    }

    /// The command of a tool that can never fail, with the words that make it so.
    pub fn always_succeeds(&self, node: NodeId) -> Option<AlwaysSucceeds> {
        self.tool_text(node).filter(|text| command::may_always_succeed(text))?;
        let command = self.command(node)?;
        command::always_succeeding_end(&command.text, command.shell())
    }

    /// True for a tool whose command fails on purpose, as the last step of a run that is given up.
    pub fn always_fails(&self, node: NodeId) -> bool {
        self.pipeline.node_attribute(node, AttributeKey::EXPECT_EXIT).is_none()
            && self.command(node).is_some_and(command::always_fails)
    }

    /// For each node whether a run can come from it to a tool with an outward effect without passing a human gate.
    pub fn leads_outward(&self) -> &[bool] {
        self.outward.get_or_init(|| {
            let pipeline = self.pipeline;
            let mut leads = vec![false; pipeline.nodes().len()];
            let is_outward = |node: &NodeId| self.command(*node).and_then(outward_effect).is_some();
            let mut queue: Vec<NodeId> = pipeline.nodes().filter(is_outward).collect();
            while let Some(node) = queue.pop() {
                let Some(seen) = leads.get_mut(node.index()).filter(|seen| !**seen) else { continue };
                *seen = true;
                let incoming = pipeline.incoming(node).iter().filter(|&&edge| self.is_feasible(edge));
                let before = incoming.map(|&edge| pipeline.source_of(edge));
                queue.extend(before.filter(|&source| pipeline.handler(source) != Handler::Human));
            }
            leads
        })
    }
}
