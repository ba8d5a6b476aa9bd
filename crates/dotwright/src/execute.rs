//! `dotwright run` and `dotwright resume`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dotwright_diagnostics::Severity;
use dotwright_engine::run::{Budget, Limits};
use dotwright_model::Handler;
use dotwright_runner::{
    Answers, Backend, Control, Graph, Handlers, History, Observer, OnGate, Report, Root, RunError, Setup,
    Variables, WorktreeMode,
};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;

use crate::args::Pair;
use crate::dashboard::Dashboard;
use crate::detach::Detached;
use crate::error::AppError;
use crate::load::{self, Refused};
use crate::prices::Prices;
use crate::prove::Reading;
use crate::run_args::{ConductArgs, OnGateName, OnLostName, ResumeArgs, RunArgs, WorktreeName};
use crate::terminal::{Lines, person};
use crate::{Verdict, dashboard, detach, output, why};

pub(crate) fn run(arguments: &RunArgs) -> Result<Verdict, AppError> {
    reported(&arguments.conduct, begin(arguments))
}

pub(crate) fn resume(arguments: &ResumeArgs) -> Result<Verdict, AppError> {
    reported(&arguments.conduct, take_up(arguments))
}

/// A mistake in the command line refuses the run; the report says so, as it does whenever the command returns.
fn reported(conduct: &ConductArgs, result: Result<Verdict, AppError>) -> Result<Verdict, AppError> {
    if let Err(error) = &result
        && error.exit_code() == 2
    {
        write_report(conduct, &Report::refused(2, "usage", "", &error.to_string()))?;
    }
    result
}

fn begin(arguments: &RunArgs) -> Result<Verdict, AppError> {
    let conduct = &arguments.conduct;
    if arguments.detach && !arguments.detached {
        return detach::start(arguments);
    }
    if arguments.detached {
        detach::leave_the_terminal();
    }
    let refusing = if arguments.strict { Severity::Warning } else { Severity::Error };
    let reading = Reading { profile: arguments.profile, refusing };
    let graph = match load::graph(&arguments.file, &arguments.file, reading)? {
        Ok(graph) => graph,
        Err(refused) => return refuse(conduct, refused),
    };
    let mut setup = setup(conduct, &graph)?;
    if arguments.detached && setup.on_gate == OnGate::Ask {
        setup.on_gate = OnGate::Pause;
    }
    setup.workdir = match &arguments.workdir {
        Some(workdir) => std::path::absolute(workdir).unwrap_or_else(|_| workdir.clone()),
        None => std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
    };
    setup.worktree = match arguments.worktree {
        WorktreeName::Auto => WorktreeMode::Auto,
        WorktreeName::Require => WorktreeMode::Require,
        WorktreeName::Off => WorktreeMode::Off,
    };
    setup.limits = Some(limits(conduct, Limits::default()));
    setup.backend = backend(arguments.backend.as_deref(), &arguments.backend_env)?;
    for Pair { key, value } in &arguments.handler {
        setup.handlers.insert(key.clone(), words(value)?);
    }
    for Pair { key, value } in &arguments.input {
        setup.inputs.insert(key.clone(), input_text(value)?);
    }
    setup.labels = arguments.label.iter().map(|pair| (pair.key.clone(), pair.value.clone())).collect();
    for caution in dotwright_runner::cautions(&graph, &setup) {
        output::write_stderr(&format!("warning: {}\n  help: {}\n", caution.message, caution.help));
    }
    let root = Root::from_environment();
    if arguments.dry_preflight {
        let report = dotwright_runner::dry(&graph, &setup, &root).map(|()| Report::dry());
        return end(conduct, "", report);
    }
    let id = arguments.run_id.clone().unwrap_or_else(dotwright_runner::new_run_id);
    let (control, mailbox) = Control::new();
    listen(&control)?;
    if arguments.detached {
        let result =
            dotwright_runner::run(&graph, &setup, &root, &id, mailbox, &mut Detached::new(&root, &id));
        return end(conduct, &id, result);
    }
    let file = arguments.file.display().to_string();
    let result = watched(conduct, &file, &control, &mut setup, |setup, observer| {
        dotwright_runner::run(&graph, setup, &root, &id, mailbox, observer)
    });
    end(conduct, &id, result)
}

fn take_up(arguments: &ResumeArgs) -> Result<Verdict, AppError> {
    let conduct = &arguments.conduct;
    let root = Root::from_environment();
    let folder = root.find(&arguments.run)?;
    if arguments.accept_damage
        && let Some(warning) = dotwright_runner::accept_damage(&root, &folder.id)?
    {
        output::write_stderr(&format!("warning: {warning}\n"));
    }
    let history = History::read(folder)?;
    let (graph, mut setup) = match taken_up(&history)? {
        Ok(taken_up) => taken_up,
        Err(refused) => return refuse(conduct, refused),
    };
    let asked = self::setup(conduct, &graph)?;
    setup.answers = asked.answers;
    setup.on_gate = asked.on_gate;
    setup.asker = asked.asker;
    setup.max_wall = asked.max_wall;
    setup.on_lost = arguments.on_lost.map(OnLostName::policy);
    if arguments.backend.is_some() {
        setup.backend = backend(arguments.backend.as_deref(), &history.created.backend_variables)?;
    }
    let changes = conduct.max_nodes.is_some()
        || conduct.budget_usd.is_some()
        || conduct.budget_tokens.is_some()
        || conduct.allow_unpriced;
    if changes {
        let (state, _) = history.fold(graph.plan(), None)?;
        setup.limits = Some(limits(conduct, *state.limits()));
    }
    let (control, mailbox) = Control::new();
    listen(&control)?;
    let id = history.folder.id.clone();
    let file = history.created.graph_path.clone();
    drop(history);
    let result = watched(conduct, &file, &control, &mut setup, |setup, observer| {
        dotwright_runner::resume(&graph, setup, &root, &id, mailbox, observer)
    });
    end(conduct, &id, result)
}

/// Runs with a dashboard where a person can watch, else with plain lines or records.
fn watched(
    conduct: &ConductArgs,
    file: &str,
    control: &Control,
    setup: &mut Setup,
    run: impl FnOnce(&Setup, &mut dyn Observer) -> Result<Report, RunError>,
) -> Result<Report, RunError> {
    if conduct.json || conduct.plain || !dashboard::is_possible() {
        return run(setup, &mut Lines::new(conduct.json));
    }
    let mut dashboard = Dashboard::open(file, control.clone());
    setup.asker = Some(dashboard.asker());
    let result = run(setup, &mut dashboard);
    dashboard.close();
    result
}

/// The pipeline of a run, checked again, and how the run was to be done.
pub(crate) fn taken_up(history: &History) -> Result<Result<(Arc<Graph>, Setup), Refused>, AppError> {
    let created = &history.created;
    let reading = Reading { profile: None, refusing: Severity::Error };
    let graph = match load::graph(&history.folder.source(), Path::new(&created.graph_path), reading)? {
        Ok(graph) => graph,
        Err(refused) => return Ok(Err(refused)),
    };
    // A backend with a secret among its words is not in the log as it was, and has to be named again.
    let backend =
        created.backend.clone().filter(|words| !words.iter().any(|word| word.contains("[redacted:")));
    let setup = Setup {
        workdir: PathBuf::from(&created.workdir),
        variables: Variables::of_this_process(),
        backend: backend.map(|words| Backend { words, variables: created.backend_variables.clone() }),
        handlers: created.handlers.iter().cloned().collect::<Handlers>(),
        catalogue: Arc::new(Prices::listed()?.catalogue),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        ..Setup::default()
    };
    Ok(Ok((graph, setup)))
}

fn setup(conduct: &ConductArgs, graph: &Graph) -> Result<Setup, AppError> {
    let asker = person().map(|person| Arc::new(person) as Arc<dyn dotwright_runner::Asker>);
    Ok(Setup {
        variables: Variables::of_this_process(),
        answers: answers(conduct, graph)?,
        on_gate: match conduct.on_gate {
            None | Some(OnGateName::Ask) => OnGate::Ask,
            Some(OnGateName::Wait) => OnGate::Wait,
            Some(OnGateName::Pause) => OnGate::Pause,
            Some(OnGateName::Fail) => OnGate::Fail,
        },
        asker,
        max_wall: conduct.max_wall,
        catalogue: Arc::new(Prices::listed()?.catalogue),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        ..Setup::default()
    })
}

fn limits(conduct: &ConductArgs, before: Limits) -> Limits {
    Limits {
        max_attempts: conduct.max_nodes.unwrap_or(before.max_attempts),
        tokens: conduct.budget_tokens.or(before.tokens),
        micro_usd: conduct.budget_usd.or(before.micro_usd),
        allow_unpriced: conduct.allow_unpriced || before.allow_unpriced,
    }
}

fn answers(conduct: &ConductArgs, graph: &Graph) -> Result<Answers, AppError> {
    let Some(path) = &conduct.answers else { return Ok(Answers::default()) };
    let text = std::fs::read_to_string(path).map_err(|error| AppError::Read { path: path.clone(), error })?;
    let shown = path.display().to_string();
    let answers = Answers::parse(&text, &shown).map_err(|error| {
        AppError::usage(
            format!("`{shown}` is no answers file: {error}"),
            "write {\"answers\": [{\"gate\": \"NODE\", \"visit\": 1, \"choice\": \"KEY\"}]}",
        )
    })?;
    for entry in &answers.entries {
        if !has_gate(graph, &entry.gate) {
            let help = "name gates by their node ids; `dotwright graph FILE` lists them";
            return Err(AppError::usage(format!("the pipeline has no gate `{}`", entry.gate), help));
        }
    }
    Ok(answers)
}

/// Whether the pipeline, or one of its child pipelines, has a human gate of this id.
fn has_gate(graph: &Graph, id: &str) -> bool {
    let plan = graph.plan();
    plan.node_by_name(id).is_some_and(|node| plan.handler(node) == Handler::Human)
        || graph.children.values().any(|child| has_gate(child, id))
}

fn backend(command: Option<&str>, variables: &[String]) -> Result<Option<Backend>, AppError> {
    let Some(command) = command else { return Ok(None) };
    Ok(Some(Backend { words: words(command)?, variables: variables.to_vec() }))
}

fn words(command: &str) -> Result<Vec<String>, AppError> {
    let words = shell_words::split(command).unwrap_or_default();
    if words.is_empty() {
        let help = "write a program and its arguments, quoted as for a shell";
        return Err(AppError::usage(format!("`{command}` is no command"), help));
    }
    Ok(words)
}

/// The value of an input; `@FILE` is the text of a file.
fn input_text(value: &str) -> Result<String, AppError> {
    let Some(path) = value.strip_prefix('@') else { return Ok(value.to_owned()) };
    if path == "-" {
        return std::io::read_to_string(std::io::stdin()).map_err(|error| AppError::ReadInput { error });
    }
    std::fs::read_to_string(path).map_err(|error| AppError::Read { path: PathBuf::from(path), error })
}

/// The first signal cancels the run, a second one ends its steps at once.
fn listen(control: &Control) -> Result<(), AppError> {
    // A file that may not grow is an error of the write that meets it, and not the end of the program.
    let mut signals =
        Signals::new([SIGINT, SIGTERM, SIGHUP, SIGXFSZ]).map_err(|error| AppError::ReadInput { error })?;
    let control = control.clone();
    std::thread::spawn(move || {
        let asked = signals.forever().filter(|&signal| signal != SIGXFSZ);
        for (count, signal) in asked.enumerate() {
            if count > 0 {
                control.kill();
                continue;
            }
            let name = match signal {
                SIGINT => "SIGINT",
                SIGTERM => "SIGTERM",
                _ => "SIGHUP",
            };
            control.ask(dotwright_runner::Request::Cancel { by: name.to_owned(), now: false });
        }
    });
    Ok(())
}

fn refuse(conduct: &ConductArgs, refused: Refused) -> Result<Verdict, AppError> {
    let (code, reason, node, message) = match refused {
        Refused::Checker(text) => (3, "graph_refused", String::new(), text),
        Refused::Child { node, message } => (4, "preflight", node, format!("{message}\n")),
    };
    output::write_stderr(&message);
    write_report(conduct, &Report::refused(code, reason, &node, message.trim()))?;
    Ok(Verdict::Run(code))
}

fn end(conduct: &ConductArgs, id: &str, result: Result<Report, RunError>) -> Result<Verdict, AppError> {
    let report = match result {
        Ok(report) => report,
        Err(RunError::Refused(refusals)) => {
            for refusal in &refusals {
                output::write_stderr(&format!("preflight: {}\n  help: {}\n", refusal.message, refusal.help));
            }
            let first = refusals.first();
            let node = first.map(|refusal| refusal.node.clone()).unwrap_or_default();
            let message = first.map(|refusal| refusal.message.clone()).unwrap_or_default();
            write_report(conduct, &Report::refused(4, "preflight", &node, &message))?;
            return Ok(Verdict::Run(4));
        }
        Err(error) => {
            let message = error.to_string();
            let error = AppError::from(error);
            if error.exit_code() == 9 {
                write_report(conduct, &Report::failed(id, &message))?;
            }
            return Err(error);
        }
    };
    write_report(conduct, &report)?;
    if !conduct.json {
        output::write_stderr(&ending(&report));
        // The end of the run stands, whether it can be explained or not.
        if report.exit_code == 1
            && let Ok(why) = why::failed(&report)
            && !why.is_empty()
        {
            output::write_stderr(&format!("\n{why}"));
        }
    }
    Ok(Verdict::Run(report.exit_code))
}

/// How a run ended or why it rests, and what can be done about that.
pub(crate) fn ending(report: &Report) -> String {
    let mut text = format!("{}, exit code {}", report.status, report.exit_code);
    if !report.reason.is_empty() {
        text.push_str(&format!(": {}", report.reason));
    }
    if !report.reason_node.is_empty() {
        text.push_str(&format!(" at {}", report.reason_node));
    }
    if !report.message.is_empty() {
        text.push_str(&format!(" ({})", report.message));
    }
    let cost = &report.cost;
    if cost.tokens > 0 {
        text.push_str(&format!("; {} tokens", cost.tokens));
    }
    if cost.micro_usd > 0 {
        text.push_str(&format!("; {:.4} USD", cost.micro_usd as f64 / 1e6));
    }
    text.push('\n');
    let run = &report.run_id;
    if !report.open_gates.is_empty() {
        text.push_str(&format!("open gates: {}\n", report.open_gates.join(", ")));
        text.push_str(&format!("  dotwright answer {run} GATE CHOICE, then dotwright resume {run}\n"));
    } else if report.reason == Budget::Unpriced.as_str() {
        text.push_str("the price of its model is not known, so a budget of money cannot hold\n");
        text.push_str(&format!("  dotwright resume {run} --allow-unpriced makes such calls, uncounted\n"));
    } else if report.partial {
        text.push_str(&format!("  dotwright resume {run} goes on\n"));
    } else if report.exit_code != 0 {
        text.push_str(&format!("  dotwright logs {run} tells what happened\n"));
    }
    text
}

fn write_report(conduct: &ConductArgs, report: &Report) -> Result<(), AppError> {
    match &conduct.report {
        Some(path) => output::write_report(Some(path), report.json().as_bytes()),
        None => Ok(()),
    }
}
