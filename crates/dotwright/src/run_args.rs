//! The command line of the commands that run pipelines and look at runs.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use dotwright_engine::run::{OnLost, micro_usd};
use dotwright_model::{DurationLiteral, Profile, parse_duration};

use crate::args::{Pair, pair};

pub(crate) const RUN_EXAMPLES: &str = "Examples:
  dotwright run build.dot                          run it in the current folder
  dotwright run build.dot --backend \"claude -p\"    model steps by a command: prompt in, answer out
  dotwright run build.dot --answers answers.json   human gates by a file
  dotwright run build.dot --max-wall 2h --budget-usd 5
  dotwright run build.dot --json                   every record of the log as a line of JSON
  dotwright run build.dot --detach                 in the background: prints the id, `dotwright logs ID -f` follows

Runs lie in $XDG_STATE_HOME/dotwright/runs, by default ~/.local/state/dotwright/runs.

A detached run writes what it would say to `runner.log` in its folder, and exits with 0 here once it has begun.

Exit codes:
  0  success                             5  waits for a person, or was paused
  1  the pipeline failed                 6  a budget is used up
  2  wrong usage                         7  the model provider refuses
  3  the pipeline has errors             8  cancelled
  4  preflight refuses it                9  an error of the runner itself
  `dotwright resume` goes on after 5, 6, 7 and 9.";

// How a run is to be done.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The pipeline
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Call the run by this id
    #[arg(long, value_name = "ID")]
    pub(crate) run_id: Option<String>,
    /// Run the steps in this folder [default: the current one]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) workdir: Option<PathBuf>,
    /// Do model steps with this command: it reads the prompt and writes the answer
    #[arg(long, value_name = "COMMAND")]
    pub(crate) backend: Option<String>,
    /// Let the backend see these variables although their names look like secrets
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) backend_env: Vec<String>,
    /// Do steps of a type with this command, which speaks JSON lines
    #[arg(long, value_parser = pair, value_name = "TYPE=COMMAND")]
    pub(crate) handler: Vec<Pair>,
    /// Begin with this input, the context key `input.KEY`
    #[arg(long, value_parser = pair, value_name = "KEY=VALUE")]
    pub(crate) input: Vec<Pair>,
    /// Find the run by this label with `dotwright ps --label`
    #[arg(long, value_parser = pair, value_name = "KEY=VALUE")]
    pub(crate) label: Vec<Pair>,
    /// Read the pipeline as this profile; only `attractor` can run
    #[arg(long, value_parser = crate::args::profile, value_name = "PROFILE")]
    pub(crate) profile: Option<&'static Profile>,
    /// Let warnings refuse the pipeline too
    #[arg(long)]
    pub(crate) strict: bool,
    /// Check the pipeline and what it needs, and start nothing
    #[arg(long, conflicts_with = "detach")]
    pub(crate) dry_preflight: bool,
    /// Work in a git worktree of the run, one more for each branch, and commit each step
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    pub(crate) worktree: WorktreeName,
    /// Return when the run has begun, and go on without the terminal; gates that would ask pause
    #[arg(long)]
    pub(crate) detach: bool,
    /// Be the runner that `--detach` leaves behind
    #[arg(long, hide = true, requires = "detach")]
    pub(crate) detached: bool,
    #[command(flatten)]
    pub(crate) conduct: ConductArgs,
}

/// Whether a run works in git worktrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum WorktreeName {
    /// Where there is a repository with a commit
    Auto,
    /// Everywhere, or not at all
    Require,
    /// Never: in the folder itself
    #[default]
    Off,
}

// What `run` and `resume` share.
#[derive(Debug, Args)]
pub(crate) struct ConductArgs {
    /// Write the report to this file, whatever happens
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Answer human gates by this file
    #[arg(long, value_name = "FILE")]
    pub(crate) answers: Option<PathBuf>,
    /// What to do with a gate that nobody answered [default: ask]
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) on_gate: Option<OnGateName>,
    /// End the run after this time, as 90s, 10m or 2h
    #[arg(long, value_parser = duration, value_name = "TIME")]
    pub(crate) max_wall: Option<Duration>,
    /// Stop after this many attempts of steps [default: 1000]
    #[arg(long, value_name = "N")]
    pub(crate) max_nodes: Option<u64>,
    /// Spend no more than this on models
    #[arg(long, value_parser = dollars, value_name = "USD")]
    pub(crate) budget_usd: Option<u64>,
    /// Make calls whose price is not known, which then do not count against --budget-usd
    #[arg(long)]
    pub(crate) allow_unpriced: bool,
    /// Use no more tokens than this
    #[arg(long, value_name = "N")]
    pub(crate) budget_tokens: Option<u64>,
    /// Write the records of the log to standard output, one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
    /// Write plain lines on a terminal too, in place of the live view
    #[arg(long, conflicts_with = "json")]
    pub(crate) plain: bool,
}

/// What to do with a gate that nobody answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnGateName {
    /// Ask at the terminal; without one wait for the gate's own time limit, else pause
    Ask,
    /// Stay up until it is answered from elsewhere
    Wait,
    /// Pause
    Pause,
    /// Count the gate as failed
    Fail,
}

/// What to do with a step that a dead runner left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnLostName {
    /// Run it again
    Rerun,
    /// Open a gate that asks
    Ask,
    /// Count it as failed
    AssumeFailed,
}

impl OnLostName {
    pub(crate) fn policy(self) -> OnLost {
        match self {
            OnLostName::Rerun => OnLost::Rerun,
            OnLostName::Ask => OnLost::Ask,
            OnLostName::AssumeFailed => OnLost::AssumeFailed,
        }
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    match parse_duration(text) {
        Some(DurationLiteral::Span(span)) => Ok(Duration::from_millis(span.0)),
        Some(DurationLiteral::BareInteger(seconds)) => Ok(Duration::from_secs(seconds)),
        None => Err(format!("`{text}` is no time such as 90s, 10m or 2h")),
    }
}

fn dollars(text: &str) -> Result<u64, String> {
    micro_usd(text).ok_or_else(|| format!("`{text}` is no amount such as 2.50"))
}

pub(crate) const RESUME_EXAMPLES: &str = "Examples:
  dotwright resume @last                    the run that began last
  dotwright resume 20261121-1655            a unique beginning of its id is enough
  dotwright resume @last --budget-usd 10    with a larger budget
  dotwright resume @last --accept-damage    from the last good record of a damaged log

What finished is not repeated. A step that was running when the runner died is run again, after what is left of it
was ended.

Exit codes: those of `dotwright run`";

#[derive(Debug, Args)]
pub(crate) struct ResumeArgs {
    /// A run id, a unique beginning of one, or @last
    #[arg(value_name = "RUN")]
    pub(crate) run: String,
    /// Cut a log that is damaged before its first bad record, and keep the whole one beside it
    #[arg(long)]
    pub(crate) accept_damage: bool,
    /// What to do with steps that a dead runner left behind [default: what their nodes say, else rerun]
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) on_lost: Option<OnLostName>,
    /// Do model steps with this command from now on
    #[arg(long, value_name = "COMMAND")]
    pub(crate) backend: Option<String>,
    #[command(flatten)]
    pub(crate) conduct: ConductArgs,
}

pub(crate) const ANSWER_EXAMPLES: &str = "Examples:
  dotwright answer @last                  list the open gates with their choices and deadlines
  dotwright answer @last review Approve   answer one, by key, label or target

Gates of child pipelines are answered through the run of their parent, too.

Exit codes:
  0  the answer is taken
  1  the gate is not open any more
  2  it matches no choice, or wrong usage";

#[derive(Debug, Args)]
pub(crate) struct AnswerArgs {
    /// A run id, a unique beginning of one, or @last
    #[arg(value_name = "RUN")]
    pub(crate) run: String,
    /// The node of the gate
    #[arg(value_name = "GATE", requires = "choice")]
    pub(crate) gate: Option<String>,
    /// A key, label or target
    #[arg(value_name = "CHOICE")]
    pub(crate) choice: Option<String>,
    /// Only the gate at this visit of its node
    #[arg(long, value_name = "N")]
    pub(crate) visit: Option<u32>,
    /// Only a gate in this branch, as fan#1/a
    #[arg(long, value_name = "PATH")]
    pub(crate) branch: Option<String>,
    /// Hand this text to the steps that read `human.gate.text`
    #[arg(long, value_name = "TEXT")]
    pub(crate) text: Option<String>,
    /// Answer in this name
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
    /// List the open gates as one JSON object
    #[arg(long, conflicts_with = "gate")]
    pub(crate) json: bool,
}

pub(crate) const PS_EXAMPLES: &str = "Examples:
  dotwright ps                   the last 20 runs
  dotwright ps --all --json      all of them, for other programs

Exit codes:
  0  the list is printed
  2  wrong usage";

#[derive(Debug, Args)]
pub(crate) struct PsArgs {
    /// List all runs
    #[arg(long)]
    pub(crate) all: bool,
    /// List runs with this label only
    #[arg(long, value_parser = pair, value_name = "KEY=VALUE")]
    pub(crate) label: Vec<Pair>,
    /// List at most so many
    #[arg(long, value_name = "N", conflicts_with = "all")]
    pub(crate) limit: Option<usize>,
    /// List runs of this status only
    #[arg(long, value_name = "STATUS")]
    pub(crate) status: Option<String>,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) const SHOW_EXAMPLES: &str = "Examples:
  dotwright show @last              status, visits, open gates
  dotwright show @last --context    with the whole context
  dotwright show @last --at 40      as it stood after record 40
  dotwright show @last --node test  visits and attempts of a node, and where their files lie; test#2 is one visit
  dotwright show @last --gates      what its open gates ask, and until when
  dotwright show @last --graph      the pipeline that it was begun with
  dotwright show @last --json       the report

Exit codes:
  0  the run is shown
  1  there was no such visit
  2  there is no such run or node, or wrong usage
  9  its log is damaged";

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// A run id, a unique beginning of one, or @last
    #[arg(value_name = "RUN")]
    pub(crate) run: String,
    /// Show the context too
    #[arg(long)]
    pub(crate) context: bool,
    /// Show only the visits of this node, or one of them
    #[arg(long, value_name = "NODE[#VISIT]", conflicts_with_all = ["context", "gates", "graph"])]
    pub(crate) node: Option<String>,
    /// Show only the open gates, with their choices and deadlines
    #[arg(long, conflicts_with_all = ["context", "graph"])]
    pub(crate) gates: bool,
    /// Print the DOT text that the run was begun with
    #[arg(long, conflicts_with_all = ["context", "at"])]
    pub(crate) graph: bool,
    /// Show it as it stood after this record
    #[arg(long, value_name = "SEQ")]
    pub(crate) at: Option<u64>,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) const LOGS_EXAMPLES: &str = "Examples:
  dotwright logs @last                       one line for each event
  dotwright logs @last -f                    and those to come, until the run ends or rests
  dotwright logs @last --node test --stdout  all that the steps of a node wrote
  dotwright logs @last --node plan --prompt  what a model step was asked, --response what it answered
  dotwright logs @last --json                the records themselves

Exit codes:
  0  the events are printed
  2  there is no such run or node, or wrong usage
  9  the log is damaged";

#[derive(Debug, Args)]
pub(crate) struct LogsArgs {
    /// A run id, a unique beginning of one, or @last
    #[arg(value_name = "RUN")]
    pub(crate) run: String,
    /// Go on until the run ends or rests
    #[arg(long, short)]
    pub(crate) follow: bool,
    /// Only about this node
    #[arg(long, value_name = "NODE")]
    pub(crate) node: Option<String>,
    /// Only records of this kind
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Option<String>,
    /// Only records from this one on
    #[arg(long, value_name = "SEQ")]
    pub(crate) since: Option<u64>,
    /// Print what the steps wrote to standard output
    #[arg(long, conflicts_with_all = ["follow", "json"])]
    pub(crate) stdout: bool,
    /// Print what the steps wrote to standard error
    #[arg(long, conflicts_with_all = ["follow", "json", "stdout"])]
    pub(crate) stderr: bool,
    /// Print what model steps were asked, without what went before
    #[arg(long, conflicts_with_all = ["follow", "json", "stdout", "stderr"])]
    pub(crate) prompt: bool,
    /// Print what model steps answered
    #[arg(long, conflicts_with_all = ["follow", "json", "stdout", "stderr", "prompt"])]
    pub(crate) response: bool,
    /// Print the records as they are in the log
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) const CANCEL_EXAMPLES: &str = "Examples:
  dotwright cancel @last         end its steps and the run
  dotwright cancel @last --now   without grace for its steps

Exit codes:
  0  the run is cancelled, or about to be
  1  it is over already
  2  there is no such run, or wrong usage";

#[derive(Debug, Args)]
pub(crate) struct CancelArgs {
    /// A run id, a unique beginning of one, or @last
    #[arg(value_name = "RUN")]
    pub(crate) run: String,
    /// Give its steps no time to end
    #[arg(long)]
    pub(crate) now: bool,
}

pub(crate) const PAUSE_EXAMPLES: &str = "Examples:
  dotwright pause @last    steps that run may end, nothing new starts; `dotwright resume` goes on

Exit codes:
  0  the runner is asked
  1  the run does not run
  2  there is no such run, or wrong usage";

#[derive(Debug, Args)]
pub(crate) struct PauseArgs {
    /// A run id, a unique beginning of one, or @last
    #[arg(value_name = "RUN")]
    pub(crate) run: String,
}

pub(crate) const CLEAN_EXAMPLES: &str = "Examples:
  dotwright clean                  say which runs are over and could go
  dotwright clean --yes            remove their folders
  dotwright clean 20261121 --yes   only one run

Exit codes:
  0  done
  2  there is no such run, or wrong usage";

#[derive(Debug, Args)]
pub(crate) struct CleanArgs {
    /// Only this run; one that rests goes too
    #[arg(value_name = "RUN")]
    pub(crate) run: Option<String>,
    /// Remove, and do not only say what would be removed
    #[arg(long)]
    pub(crate) yes: bool,
}

pub(crate) const WAIT_EXAMPLES: &str = "Examples:
  dotwright wait @last    for scripts that started a run in the background

Exit codes: those of `dotwright run`";

#[derive(Debug, Args)]
pub(crate) struct WaitArgs {
    /// A run id, a unique beginning of one, or @last
    #[arg(value_name = "RUN")]
    pub(crate) run: String,
    /// Wait no longer than this
    #[arg(long, value_parser = duration, value_name = "TIME")]
    pub(crate) timeout: Option<Duration>,
}

pub(crate) const WHY_EXAMPLES: &str = "Examples:
  dotwright why @last            why the run ended, or why it rests
  dotwright why @last test       arrival, attempts and way on of the last visit
  dotwright why @last test#2     of the second visit
  dotwright why @last test --all

Exit codes:
  0  it is explained
  1  there was no such visit
  2  there is no such run or node, or wrong usage
  9  the log is damaged";

#[derive(Debug, Args)]
pub(crate) struct WhyArgs {
    /// A run id, a unique beginning of one, or @last
    #[arg(value_name = "RUN")]
    pub(crate) run: String,
    /// A node, or NODE#VISIT; without one the end of the run
    #[arg(value_name = "NODE")]
    pub(crate) node: Option<String>,
    /// Every visit of the node
    #[arg(long, requires = "node")]
    pub(crate) all: bool,
    /// The end of the run, as without a node
    #[arg(long, conflicts_with = "node")]
    end: bool,
    /// One JSON object with the records and the place in the file
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) const FORK_EXAMPLES: &str = "Examples:
  dotwright fork @last               the last step again, in a new run
  dotwright fork @last --at test#2   from the second arrival at `test` on
  dotwright fork @last --at 40       from record 40 on

The old run stays as it is. `dotwright resume` goes on with the new one, whose id is printed.

Exit codes:
  0  there is a new run
  2  there is no such run or point, or wrong usage";

#[derive(Debug, Args)]
pub(crate) struct ForkArgs {
    /// A run id, a unique beginning of one, or @last
    #[arg(value_name = "RUN")]
    pub(crate) run: String,
    /// The last record to keep, or NODE or NODE#VISIT for an arrival
    #[arg(long, value_name = "POINT")]
    pub(crate) at: Option<String>,
    /// Call the new run by this id
    #[arg(long, value_name = "ID")]
    pub(crate) run_id: Option<String>,
}

pub(crate) const DIFF_EXAMPLES: &str = "Examples:
  dotwright diff 20261121-1655 @last      status, route and context
  dotwright diff 20261121-1655@40 @last   the first one as it stood after record 40

Exit codes:
  0  they are the same
  1  they differ
  2  there is no such run, or wrong usage";

#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// A run, or RUN@SEQ
    #[arg(value_name = "A")]
    pub(crate) left: String,
    /// A run, or RUN@SEQ
    #[arg(value_name = "B")]
    pub(crate) right: String,
}

pub(crate) const REPLAY_EXAMPLES: &str = "Examples:
  dotwright replay @last                       does this version decide as the one that ran it?
  dotwright replay @last --against build.dot   would the edited pipeline have gone the same way?
  dotwright replay ci/events.jsonl             a log that was kept, with its graph.dot beside it
  dotwright replay @last --until 40            only up to record 40

Nothing is run. With --against, nodes are the same if their ids are, and edges if their ends are.

Exit codes:
  0  every decision is the same
  1  one differs; the first is printed
  2  there is no such run, a node that it visited is gone, or wrong usage
  3  the pipeline of --against has errors
  9  the log cannot be read, or is damaged";

#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// A run id, a unique beginning of one, @last, or the path of an events.jsonl
    #[arg(value_name = "RUN|FILE")]
    pub(crate) run: String,
    /// Stop after this record
    #[arg(long, value_name = "SEQ")]
    pub(crate) until: Option<u64>,
    /// Decide by this version of the pipeline
    #[arg(long, value_name = "GRAPH")]
    pub(crate) against: Option<PathBuf>,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) const EXPORT_EXAMPLES: &str = "Examples:
  dotwright export @last --layout spec                in a folder that is called like the run
  dotwright export @last --layout spec -o out         in the folder `out`
  dotwright export @last --layout spec -o out --force in place of the export that is there

The folder has the form of the attractor specification: `manifest.json`, `checkpoint.json`, and for each node that was
visited `status.json`, with `prompt.md` and `response.md` for model steps, of its last visit. Outputs of tool steps that
are longer than 100 KiB are in `artifacts`. Secrets are redacted as they are in the log.

Exit codes:
  0  the folder is written, and its name printed
  2  there is no such run, the folder is in use, or wrong usage
  9  the log is damaged";

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// A run id, a unique beginning of one, or @last
    #[arg(value_name = "RUN")]
    pub(crate) run: String,
    /// The form of the folder
    #[arg(long, value_enum, value_name = "FORM")]
    layout: LayoutName,
    /// Write to this folder, which has to be empty or not there [default: the id of the run]
    #[arg(long, short, value_name = "FOLDER")]
    pub(crate) output: Option<PathBuf>,
    /// Replace an export that is there
    #[arg(long)]
    pub(crate) force: bool,
}

/// The form of an exported run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LayoutName {
    /// That of the attractor specification, sections 5.3 to 5.6
    Spec,
}

pub(crate) const COST_EXAMPLES: &str = "Examples:
  dotwright cost                attempts, tokens and money of the last run, by node
  dotwright cost A B --json     of several runs together

Exit codes:
  0  the table is printed
  2  there is no such run, or wrong usage";

#[derive(Debug, Args)]
pub(crate) struct CostArgs {
    /// Run ids, unique beginnings of them, or @last
    #[arg(value_name = "RUN")]
    pub(crate) runs: Vec<String>,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}
