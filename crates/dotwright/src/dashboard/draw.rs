//! The picture of a view. Colours are the terminal's own; every state also has a sign, for eyes and terminals without.

use std::time::Duration;

use dotwright_model::Outcome;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, List, ListItem, Paragraph, Wrap};

use super::view::{NodeView, Status, View};

pub(crate) fn draw(frame: &mut Frame<'_>, view: &View) {
    let question = view.gate.as_ref().map_or(0, |(asked, _)| asked.choices.len() as u16 + 4);
    let [head, body, prompt, keys] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(3),
        Constraint::Length(question),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    let [graph, log] =
        Layout::horizontal([Constraint::Percentage(40), Constraint::Percentage(60)]).areas(body);
    frame.render_widget(headline(view), head);
    nodes(frame, view, graph);
    lines(frame, view, log);
    ask(frame, view, prompt);
    frame.render_widget(Line::styled(help(view), Style::new().add_modifier(Modifier::DIM)), keys);
}

fn headline(view: &View) -> Line<'_> {
    let mut parts = vec![
        Span::styled(format!(" {} ", view.file), Style::new().add_modifier(Modifier::BOLD)),
        Span::raw(format!(" {}  {}  {} attempts", view.run, elapsed(view.begun.elapsed()), view.attempts)),
    ];
    if view.tokens > 0 || view.micro_usd > 0 {
        let dollars = view.micro_usd as f64 / 1e6;
        parts.push(Span::raw(format!("  {} tokens  {dollars:.2} USD", view.tokens)));
    }
    Line::from(parts)
}

fn nodes(frame: &mut Frame<'_>, view: &View, area: Rect) {
    let width = area.width.saturating_sub(2) as usize;
    let items = view.nodes.iter().skip(view.first).map(|node| ListItem::new(node_line(node, width)));
    frame.render_widget(List::new(items).block(Block::bordered().title(" graph ")), area);
}

fn node_line(node: &NodeView, width: usize) -> Line<'_> {
    let (sign, style, time) = match node.status {
        Status::Ahead => ("·", Style::new().add_modifier(Modifier::DIM), None),
        Status::Running(since) => {
            ("▶", Style::new().fg(Color::Cyan).add_modifier(Modifier::BOLD), Some(since.elapsed()))
        }
        Status::Asking => ("?", Style::new().fg(Color::Magenta).add_modifier(Modifier::BOLD), None),
        Status::Ended(Outcome::Success, took) => ("✓", Style::new().fg(Color::Green), Some(took)),
        Status::Ended(Outcome::PartialSuccess, took) => ("~", Style::new().fg(Color::Yellow), Some(took)),
        Status::Ended(Outcome::Fail | Outcome::Retry, took) => ("✗", Style::new().fg(Color::Red), Some(took)),
        Status::Ended(Outcome::Skipped, _) => ("→", Style::new(), None),
    };
    let visits = if node.visits > 1 { format!(" ×{}", node.visits) } else { String::new() };
    let left = format!("{sign} {}{visits}", node.id);
    let right = match time {
        Some(time) => format!("{}  {}", node.handler, elapsed(time)),
        None => node.handler.to_owned(),
    };
    let gap = width.saturating_sub(left.chars().count() + right.chars().count()).max(1);
    Line::from(vec![
        Span::styled(left, style),
        Span::raw(" ".repeat(gap)),
        Span::styled(right, Style::new().add_modifier(Modifier::DIM)),
    ])
}

fn lines(frame: &mut Frame<'_>, view: &View, area: Rect) {
    let height = area.height.saturating_sub(2) as usize;
    let shown = view.log.iter().skip(view.log.len().saturating_sub(height));
    let items = shown.map(|line| ListItem::new(line.as_str()));
    frame.render_widget(List::new(items).block(Block::bordered().title(" log ")), area);
}

fn ask(frame: &mut Frame<'_>, view: &View, area: Rect) {
    let Some((asked, _)) = &view.gate else { return };
    let mut text = vec![Line::from(asked.question.as_str())];
    text.extend(asked.choices.iter().map(|(key, choice)| Line::from(format!("  [{key}] {choice}"))));
    text.push(Line::from(format!("> {}", view.typed)));
    let title = format!(" {} ", if asked.again { "none of the choices" } else { asked.node.as_str() });
    let block = Block::bordered().title(title).border_style(Style::new().fg(Color::Magenta));
    frame.render_widget(Paragraph::new(text).block(block).wrap(Wrap { trim: false }), area);
}

fn help(view: &View) -> &'static str {
    if view.gate.is_some() {
        " type a choice and press Enter   Ctrl+P pause   Ctrl+C cancel"
    } else {
        " ↑ ↓ scroll   Ctrl+P pause   Ctrl+C cancel"
    }
}

/// `9s`, `2m05s`, `1h02m`.
fn elapsed(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m{seconds:02}s"),
        (hours, minutes, _) => format!("{hours}h{minutes:02}m"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc::channel;

    use dotwright_engine::run::{
        GateSpec, Plan, Question, Scenario, ScriptedVisit, Simulation, VisitId, WalkId,
    };
    use dotwright_model::{Pipeline, Profile};
    use dotwright_runner::Asked;
    use expect_test::expect;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;

    const SOURCE: &str = "digraph { start [shape=Mdiamond]; exit [shape=Msquare]
        test [shape=parallelogram, tool_command=make]; fix [shape=parallelogram, tool_command=mend]
        start -> test; test -> exit [condition=\"outcome=success\"]; test -> fix [condition=\"outcome=fail\"]
        fix -> test }";

    fn plan() -> Plan {
        Plan::new(Arc::new(Pipeline::parse(SOURCE, Profile::default())))
    }

    #[track_caller]
    fn check(view: &View, expected: expect_test::Expect) {
        let mut terminal = Terminal::new(TestBackend::new(78, 12)).unwrap();
        terminal.draw(|frame| draw(frame, view)).unwrap();
        let lines: Vec<String> = terminal.backend().to_string().lines().map(str::to_owned).collect();
        expected.assert_eq(&lines.join("\n"));
    }

    fn ran() -> View {
        let plan = plan();
        let mut view = View::new("build.dot");
        view.begin("r-1", &plan);
        let mut scenario = Scenario::default();
        let visits = ["fail", "success"].map(|word| ScriptedVisit::parse(word).unwrap());
        scenario.steps.insert("test".to_owned(), visits.into());
        let simulation = Simulation::run(&plan, &scenario);
        for command in &simulation.commands {
            view.take(&simulation.state, command);
        }
        view
    }

    #[test]
    fn nodes_show_how_their_last_visit_ended() {
        check(
            &ran(),
            expect![[r#"
            " build.dot  r-1  0s  3 attempts                                               "
            "┌ graph ──────────────────────┐┌ log ────────────────────────────────────────┐"
            "│✓ start             start  0s││run r-1                                      │"
            "│✓ exit               exit  0s││                                             │"
            "│✓ test ×2            tool  0s││                                             │"
            "│✓ fix                tool  0s││                                             │"
            "│                             ││                                             │"
            "│                             ││                                             │"
            "│                             ││                                             │"
            "│                             ││                                             │"
            "└─────────────────────────────┘└─────────────────────────────────────────────┘"
            " ↑ ↓ scroll   Ctrl+P pause   Ctrl+C cancel                                    ""#]],
        );
    }

    #[test]
    fn a_question_stands_below_with_its_choices() {
        let mut view = View::new("build.dot");
        view.begin("r-1", &plan());
        let gate = VisitId { node: view_node(2), visit: 1 };
        let spec = GateSpec {
            gate,
            attempt: 1,
            walk: WalkId::MAIN,
            question: Question::LostAttempt,
            has_deadline: false,
        };
        let choices = vec![("A".to_owned(), "Approve".to_owned()), ("R".to_owned(), "Reject".to_owned())];
        let question = "Ship it?".to_owned();
        let asked = Asked { node: "review".to_owned(), visit: 1, question, choices, spec, again: false };
        let (answer, answered) = channel();
        view.gate = Some((asked, answer));
        view.typed = "A".to_owned();
        check(
            &view,
            expect![[r#"
            " build.dot  r-1  0s  0 attempts                                               "
            "┌ graph ──────────────────────┐┌ log ────────────────────────────────────────┐"
            "│· start                 start││run r-1                                      │"
            "│· exit                   exit││                                             │"
            "└─────────────────────────────┘└─────────────────────────────────────────────┘"
            "┌ review ────────────────────────────────────────────────────────────────────┐"
            "│Ship it?                                                                    │"
            "│  [A] Approve                                                               │"
            "│  [R] Reject                                                                │"
            "│> A                                                                         │"
            "└────────────────────────────────────────────────────────────────────────────┘"
            " type a choice and press Enter   Ctrl+P pause   Ctrl+C cancel                 ""#]],
        );
        view.answer();
        assert_eq!(answered.recv(), Ok(dotwright_runner::Reply::Choice("A".to_owned())));
    }

    fn view_node(index: u32) -> dotwright_engine::run::NodeKey {
        dotwright_engine::run::NodeKey(index)
    }
}
