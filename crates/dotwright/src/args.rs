//! The command line as clap reads it.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use dotwright_diagnostics::{Severity, did_you_mean};
use dotwright_lint::{Preset, Resolved, Selector, resolve_name};
use dotwright_model::Profile;

use crate::run_args::{
    self, AnswerArgs, CancelArgs, CleanArgs, CostArgs, DiffArgs, ExportArgs, ForkArgs, LogsArgs, PauseArgs,
    PsArgs, ReplayArgs, ResumeArgs, RunArgs, ShowArgs, WaitArgs, WhyArgs,
};

/// Check, fix, format, draw and simulate AI pipelines written as DOT files
#[derive(Debug, Parser)]
#[command(name = "dotwright", version, max_term_width = 100, after_help = ROOT_EXAMPLES)]
pub(crate) struct Cli {
    /// Colour the output
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    color: ColorChoice,
    /// Write no colours, as `--color never`
    #[arg(long, global = true)]
    no_color: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// When to write colours.
    pub(crate) fn color(&self) -> ColorChoice {
        if self.no_color { ColorChoice::Never } else { self.color }
    }
}

const ROOT_EXAMPLES: &str = "Examples:
  dotwright check                      check every pipeline below this folder
  dotwright check --fix build.dot      apply the fixes that keep the meaning
  dotwright explain no-fallback-edge   say what a rule finds and why

Exit codes:
  0  nothing to complain about
  1  findings, something to fix or format, or a simulated run that fails
  2  wrong usage or configuration, or a file that cannot be read
  3  a pipeline has errors, so that nothing can be simulated";

// The arguments of commands that are not called stay unbuilt. Those structs carry no `///`, which would take the place
// of the line here.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(crate) enum Command {
    /// Check pipelines and report findings
    #[command(after_help = CHECK_EXAMPLES)]
    Check(Box<CheckArgs>),
    /// List the rules
    #[command(after_help = RULES_EXAMPLES)]
    Rules(RulesArgs),
    /// Explain a rule, an attribute, a shape or a handler type
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain(ExplainArgs),
    /// Format pipelines, and change nothing but white space
    #[command(after_help = FMT_EXAMPLES)]
    Fmt(FmtArgs),
    /// Print the graph of a pipeline as the runner reads it
    #[command(after_help = GRAPH_EXAMPLES)]
    Graph(GraphArgs),
    /// Walk through a pipeline without running anything
    #[command(after_help = SIMULATE_EXAMPLES)]
    Simulate(SimulateArgs),
    /// Run the scenario files of pipelines
    #[command(after_help = TEST_EXAMPLES)]
    Test(TestArgs),
    /// Say what a run can cost: executions, model calls, tokens, money
    #[command(after_help = ESTIMATE_EXAMPLES)]
    Estimate(EstimateArgs),
    /// Serve an editor over standard input and output
    #[command(after_help = LSP_EXAMPLES)]
    Lsp(LspArgs),
    /// Run a pipeline
    #[command(after_help = run_args::RUN_EXAMPLES)]
    Run(Box<RunArgs>),
    /// Go on with a run that rests, or whose runner died
    #[command(visible_alias = "continue", after_help = run_args::RESUME_EXAMPLES)]
    Resume(Box<ResumeArgs>),
    /// Answer a human gate of a run, or list its open gates
    #[command(after_help = run_args::ANSWER_EXAMPLES)]
    Answer(AnswerArgs),
    /// List runs
    #[command(after_help = run_args::PS_EXAMPLES)]
    Ps(PsArgs),
    /// Show how a run stands
    #[command(after_help = run_args::SHOW_EXAMPLES)]
    Show(ShowArgs),
    /// Print the events of a run, or what its steps wrote
    #[command(after_help = run_args::LOGS_EXAMPLES)]
    Logs(LogsArgs),
    /// Cancel a run
    #[command(after_help = run_args::CANCEL_EXAMPLES)]
    Cancel(CancelArgs),
    /// Let a run rest after the steps that it is at
    #[command(after_help = run_args::PAUSE_EXAMPLES)]
    Pause(PauseArgs),
    /// Wait until a run ends or rests, and take over its exit code
    #[command(after_help = run_args::WAIT_EXAMPLES)]
    Wait(WaitArgs),
    /// Explain a step of a run, or its end
    #[command(after_help = run_args::WHY_EXAMPLES)]
    Why(WhyArgs),
    /// Make a new run from a point of an old one
    #[command(after_help = run_args::FORK_EXAMPLES)]
    Fork(ForkArgs),
    /// Compare two runs, or two points of one
    #[command(after_help = run_args::DIFF_EXAMPLES)]
    Diff(DiffArgs),
    /// Decide a run once more from its recorded facts, and compare
    #[command(after_help = run_args::REPLAY_EXAMPLES)]
    Replay(ReplayArgs),
    /// Write a run as a folder for other tools
    #[command(after_help = run_args::EXPORT_EXAMPLES)]
    Export(ExportArgs),
    /// Say what runs used, by node
    #[command(after_help = run_args::COST_EXAMPLES)]
    Cost(CostArgs),
    /// Remove the folders of runs that are over
    #[command(after_help = run_args::CLEAN_EXAMPLES)]
    Clean(CleanArgs),
    /// Show what dotwright knows about its configuration
    #[command(subcommand)]
    Config(ConfigCommand),
}

const RULES_EXAMPLES: &str = "Examples:
  dotwright rules                      names, levels and fixes by category
  dotwright rules --profile fabro      levels under another runner's reading
  dotwright rules --format json        for other programs

Exit codes:
  0  the list is printed
  2  wrong usage";

const EXPLAIN_EXAMPLES: &str = "Examples:
  dotwright explain no-fallback-edge   a rule, with a bad and a good example
  dotwright explain max_retries        an attribute, where it stands and who reads it
  dotwright explain hexagon            a shape under each profile
  dotwright explain wait.human         a handler type under each profile

Exit codes:
  0  something is known under the name
  2  nothing is, or wrong usage";

const FMT_EXAMPLES: &str = "Examples:
  dotwright fmt                  format every pipeline below this folder
  dotwright fmt --check          say which files are not formatted, for CI
  dotwright fmt --diff build.dot show what would change
  dotwright fmt - < build.dot    format standard input to standard output

Exit codes:
  0  everything is formatted
  1  with --check or --diff, something would change
  2  wrong usage or configuration, or a file that cannot be read or parsed; it stays as it is";

#[derive(Debug, Args)]
pub(crate) struct FmtArgs {
    /// Files and folders, or `-` for standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    /// Find the configuration of standard input by this name
    #[arg(long, value_name = "PATH")]
    pub(crate) stdin_filename: Option<PathBuf>,
    /// Name the files that would change, and write nothing
    #[arg(long)]
    pub(crate) check: bool,
    /// Print what would change, and write nothing
    #[arg(long)]
    pub(crate) diff: bool,
    /// Take this configuration file for everything
    #[arg(long, value_name = "FILE", conflicts_with = "isolated")]
    pub(crate) config: Option<PathBuf>,
    /// Ignore configuration files
    #[arg(long)]
    pub(crate) isolated: bool,
}

const GRAPH_EXAMPLES: &str = "Examples:
  dotwright graph build.dot                          JSON with every value and where it comes from
  dotwright graph build.dot --format dot | dot -Tsvg plain DOT that Graphviz reads without complaint
  dotwright graph build.dot --format mermaid         for Markdown files

Exit codes:
  0  the graph is printed
  1  it is printed without what a syntax error hides
  2  wrong usage or configuration, or a file that cannot be read";

#[derive(Debug, Args)]
pub(crate) struct GraphArgs {
    /// The pipeline, or `-` for standard input
    #[arg(value_name = "FILE", required_unless_present = "schema")]
    pub(crate) file: Option<PathBuf>,
    /// Write the graph in this format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: GraphFormat,
    /// Read the pipeline as this runner does [default: attractor]
    #[arg(long, value_parser = profile, value_name = "NAME")]
    pub(crate) profile: Option<&'static Profile>,
    /// Take this configuration file
    #[arg(long, value_name = "FILE", conflicts_with = "isolated")]
    pub(crate) config: Option<PathBuf>,
    /// Ignore configuration files
    #[arg(long)]
    pub(crate) isolated: bool,
    /// Print the JSON schema of `--format json`
    #[arg(long, exclusive = true)]
    pub(crate) schema: bool,
}

/// How a graph is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum GraphFormat {
    /// All of it; `dotwright graph --schema` prints the schema
    #[default]
    Json,
    /// DOT with every name and value quoted and every default resolved
    Dot,
    /// A Mermaid flowchart
    Mermaid,
}

const SIMULATE_EXAMPLES: &str = "Examples:
  dotwright simulate build.dot                                 every step succeeds
  dotwright simulate build.dot --outcome test=fail,success     by visit; the last one repeats
  dotwright simulate build.dot --outcome test=fail/success     by attempt inside the first visit
  dotwright simulate build.dot --outcome review=fail@Fix       with the label the step prefers
  dotwright simulate build.dot --answer approve=C,A            what people answer, by visit
  dotwright simulate build.dot --scenario-file build.test.toml#green
                                                               as that scenario says
  dotwright simulate build.dot --all                           everything that can happen

Outcomes:
  success, partial_success, fail, fail:CLASS, retry, skipped, exit:N, signal:N

Exit codes:
  0  the simulated run succeeds; with --all, some run does and every edge is taken
  1  it does not
  2  wrong usage or configuration, or a file that cannot be read
  3  the pipeline has errors";

#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    /// The pipeline, or `-` for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Look at every outcome of every step, and say which nodes and edges are reached
    #[arg(long, conflicts_with_all = ["outcome", "answer", "scenario", "scenario_file", "context", "max_nodes"])]
    pub(crate) all: bool,
    /// End the visits of a step in these ways
    #[arg(long, value_parser = pair, value_name = "NODE=OUTCOME,...")]
    pub(crate) outcome: Vec<Pair>,
    /// Answer a human gate, one answer for each visit; `-` is nobody
    #[arg(long, value_parser = pair, value_name = "GATE=CHOICE,...")]
    pub(crate) answer: Vec<Pair>,
    /// As --outcome, and on a human gate as --answer
    #[arg(long, value_parser = pair, value_name = "NODE=SEQUENCE")]
    pub(crate) scenario: Vec<Pair>,
    /// Begin with a scenario of a file NAME.test.toml, to which the other options add
    #[arg(long, value_name = "FILE[#NAME]")]
    pub(crate) scenario_file: Option<String>,
    /// Begin with this context key
    #[arg(long, value_parser = pair, value_name = "KEY=VALUE")]
    pub(crate) context: Vec<Pair>,
    /// Stop after this many attempts [default: 1000]
    #[arg(long, value_name = "N")]
    pub(crate) max_nodes: Option<u64>,
    /// Look at no more than this many states [default: 50000]
    #[arg(long, value_name = "N", requires = "all")]
    pub(crate) max_states: Option<usize>,
    /// Walk as this runner does: attractor or attractor-literal
    #[arg(long, value_parser = walkable, value_name = "NAME")]
    pub(crate) profile: Option<&'static Profile>,
    /// Write the result in this format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: SimulateFormat,
    /// Print one JSON object, as `--format json`
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
}

/// How a simulation or an estimate is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum SimulateFormat {
    /// For people
    #[default]
    Text,
    /// One JSON object
    Json,
}

impl SimulateFormat {
    /// The format under a `--json` that may be given.
    pub(crate) fn or_json(self, json: bool) -> SimulateFormat {
        if json { SimulateFormat::Json } else { self }
    }
}

/// `KEY=VALUE`
#[derive(Debug, Clone)]
pub(crate) struct Pair {
    pub(crate) key: String,
    pub(crate) value: String,
}

pub(crate) fn pair(text: &str) -> Result<Pair, String> {
    let (key, value) = text.split_once('=').ok_or_else(|| format!("`{text}` has no `=`"))?;
    Ok(Pair { key: key.to_owned(), value: value.to_owned() })
}

/// A profile all of whose switches the engine walks by.
fn walkable(name: &str) -> Result<&'static Profile, String> {
    let names = ["attractor", "attractor-literal"];
    let known = names.contains(&name).then(|| Profile::by_name(name)).flatten();
    known.ok_or_else(|| unknown(name, names.into_iter()))
}

const TEST_EXAMPLES: &str = "Examples:
  dotwright test                        every NAME.test.toml below this folder
  dotwright test build.test.toml        one file
  dotwright test --coverage pipelines/  and which edges no scenario takes
  dotwright test --min-coverage 80      fail when a file takes less than 80 of 100 edges
  dotwright test --filter 'repair|gate' scenarios by name
  dotwright test --junit test.xml       for build servers

A scenario file lies beside its pipeline NAME.dot, or names it with `pipeline`:

  [[scenario]]
  name = \"a failed check is repaired\"
  outcomes = { check = [\"fail\", \"success\"], review = \"success@Ship\" }
  answers = { approve = [\"C\", \"A\"] }
  context = { \"input.target\" = \"web\" }

  [scenario.expect]
  status = \"success\"
  path = [\"start\", \"check\", \"repair\", \"check\", \"exit\"]
  visits = { check = 2 }

  outcomes     by node, one entry for each visit, the last one repeating: a word as in
               `dotwright simulate --help`, attempts of a visit between slashes, or a table with
               outcome, label, next, context, output, takes (ms), tokens, cost_usd
  answers      by gate, one for each visit; \"-\" is nobody, and so is a missing one
  max_nodes, budget_usd
               budgets of the run
  expect       status, reason, reason_node, path (main walk), visits, attempts, not_visited,
               context, max_cost_usd, max_tokens; what is not named is not compared

Exit codes:
  0  all scenarios pass; with --coverage, every edge that can be taken is, or with
     --min-coverage that part of them
  1  some scenario fails, or too many edges are left
  2  wrong usage, or a file that cannot be read
  3  a pipeline has errors";

#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Scenario files, or folders with them
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    /// Run the scenarios whose name this regular expression finds
    #[arg(long, value_parser = regex_lite::Regex::new, value_name = "REGEX")]
    pub(crate) filter: Option<regex_lite::Regex>,
    /// Say which nodes and edges the scenarios of each file use
    #[arg(long)]
    pub(crate) coverage: bool,
    /// Fail when the scenarios of a file take less than this percentage of its edges
    #[arg(long, value_parser = percent, value_name = "PERCENT")]
    pub(crate) min_coverage: Option<f64>,
    /// Also write JUnit XML to a file
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

fn percent(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (0.0..=100.0).contains(number));
    number.ok_or_else(|| "write a number from 0 to 100".to_owned())
}

const ESTIMATE_EXAMPLES: &str = "Examples:
  dotwright estimate build.dot                       the least, the expected, the most
  dotwright estimate build.dot --success 0.9         steps succeed nine times out of ten
  dotwright estimate build.dot --prices prices.toml  with prices of your own
  dotwright estimate build.dot --fail-above 2.50     for CI: exit with 1 when the most is above

The least is the cheapest run found that succeeds. The most is what visit caps and retries allow. The
expected is the mean of the simulated runs that succeed, in which every step succeeds with the same
probability and people choose at random. A model without a price is named, not counted as zero.

Exit codes:
  0  the estimate is printed
  1  with --fail-above, the most is above it, has no bound, or lacks a price
  2  wrong usage, or a file that cannot be read
  3  the pipeline has errors";

#[derive(Debug, Args)]
pub(crate) struct EstimateArgs {
    /// The pipeline, or `-` for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// How often a step succeeds, from 0 to 1
    #[arg(long, value_name = "P", default_value_t = 0.8)]
    pub(crate) success: f64,
    /// Count with the prices in this TOML file
    #[arg(long, value_name = "FILE")]
    pub(crate) prices: Option<PathBuf>,
    /// Exit with 1 when the most is above this, has no bound, or lacks the price of a model
    #[arg(long, value_parser = dollars, value_name = "USD")]
    pub(crate) fail_above: Option<f64>,
    /// Write the estimate in this format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: SimulateFormat,
    /// Print one JSON object, as `--format json`
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
}

fn dollars(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0);
    number.ok_or_else(|| "write dollars, as in 2.50".to_owned())
}

const LSP_EXAMPLES: &str = "Editors start this command themselves. In Neovim 0.11:
  vim.lsp.config('dotwright', { cmd = { 'dotwright', 'lsp' }, filetypes = { 'dot' } })
  vim.lsp.enable('dotwright')

It speaks the Language Server Protocol 3.17. Nothing that a file says is executed, and the network is
not used. Settings come from the editor and from dotwright.toml.

Exit codes:
  0  the editor asked for the end
  1  the editor went away
  2  wrong usage";

#[derive(Debug, Args)]
pub(crate) struct LspArgs {
    /// Speak over standard input and output, as always; some editors add this
    #[arg(long)]
    stdio: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print the JSON schema of dotwright.toml
    #[command(after_help = "Examples:\n  dotwright config schema > dotwright.schema.json")]
    Schema,
}

#[derive(Debug, Args)]
pub(crate) struct RulesArgs {
    /// Show levels under this profile
    #[arg(long, value_parser = profile, value_name = "NAME", default_value = "attractor")]
    pub(crate) profile: &'static Profile,
    /// Show levels under this preset
    #[arg(long, value_parser = preset, value_name = "NAME", default_value = "recommended")]
    pub(crate) preset: Preset,
    /// Write the list in this format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: ListFormat,
}

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ListFormat {
    /// A table
    #[default]
    Text,
    /// A JSON array
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Rule, attribute, shape or handler type
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
}

const CHECK_EXAMPLES: &str = "Examples:
  dotwright check                                     all pipelines below this folder
  dotwright check build.dot --show hint               one file, with advice
  dotwright check --format sarif --output check.sarif for code scanning
  dotwright check --diff pipelines/                   show what --fix would change
  generate | dotwright check - --stdin-filename a.dot standard input

Exit codes:
  0  no finding at or above --fail-on
  1  at least one such finding; with --diff, a fix is available
  2  wrong usage or configuration, a file that cannot be read, or an internal error";

/// When to write colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The lowest severity that decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Errors
    Error,
    /// Warnings and errors
    Warning,
    /// Infos, warnings and errors
    Info,
    /// Nothing: findings never fail the run
    Never,
}

impl From<dotwright_config::FailOn> for FailOn {
    fn from(fail_on: dotwright_config::FailOn) -> FailOn {
        match fail_on {
            dotwright_config::FailOn::Error => FailOn::Error,
            dotwright_config::FailOn::Warning => FailOn::Warning,
            dotwright_config::FailOn::Info => FailOn::Info,
            dotwright_config::FailOn::Never => FailOn::Never,
        }
    }
}

/// The lowest severity that is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Show {
    /// Everything, advice included
    Hint,
    /// Infos, warnings and errors
    Info,
    /// Warnings and errors
    Warning,
    /// Errors
    Error,
}

impl Show {
    pub(crate) fn severity(self) -> Severity {
        match self {
            Show::Hint => Severity::Hint,
            Show::Info => Severity::Info,
            Show::Warning => Severity::Warning,
            Show::Error => Severity::Error,
        }
    }
}

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Format {
    /// Findings drawn in their source
    #[default]
    Full,
    /// One line per finding
    Concise,
    /// One JSON document; `dotwright check --schema` prints its schema
    Json,
    /// One JSON object per line and finding
    Jsonl,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Workflow commands of GitHub Actions
    Github,
    /// Code Quality report of GitLab
    Gitlab,
    /// JUnit XML, one case per file
    Junit,
    /// Diagnostics of reviewdog
    Rdjson,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("repair").args(["fix", "diff"]).multiple(true))]
pub(crate) struct CheckArgs {
    /// Files and folders, or `-` for standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    /// Name standard input in findings, and find its configuration
    #[arg(long, value_name = "PATH")]
    pub(crate) stdin_filename: Option<PathBuf>,

    /// Read pipelines as this runner does [default: attractor]
    #[arg(long, value_parser = profile, value_name = "NAME", help_heading = "Rules")]
    pub(crate) profile: Option<&'static Profile>,
    /// Name runners among which pipelines have to be portable
    #[arg(long, value_parser = profile, value_delimiter = ',', value_name = "NAME", help_heading = "Rules")]
    pub(crate) target: Vec<&'static Profile>,
    /// Start from this set of rules [default: recommended]
    #[arg(long, value_parser = preset, value_name = "NAME", help_heading = "Rules")]
    pub(crate) preset: Option<Preset>,
    /// Add rules or categories, separated by commas
    #[arg(long, value_parser = selectors, value_delimiter = ',', value_name = "RULE", help_heading = "Rules")]
    pub(crate) select: Vec<Selectors>,
    /// Leave rules or categories out, separated by commas
    #[arg(long, value_parser = selectors, value_delimiter = ',', value_name = "RULE", help_heading = "Rules")]
    pub(crate) ignore: Vec<Selectors>,
    /// Assume that nobody answers human gates
    #[arg(long, help_heading = "Rules")]
    pub(crate) unattended: bool,

    /// Take this configuration file for everything
    #[arg(long, value_name = "FILE", conflicts_with = "isolated", help_heading = "Configuration")]
    pub(crate) config: Option<PathBuf>,
    /// Ignore configuration files
    #[arg(long, help_heading = "Configuration")]
    pub(crate) isolated: bool,
    /// Refuse configuration files that name unknown rules
    #[arg(long, help_heading = "Configuration")]
    pub(crate) strict_config: bool,

    /// Apply the fixes that keep the meaning
    #[arg(long, help_heading = "Fixes")]
    pub(crate) fix: bool,
    /// With --fix or --diff, also take fixes that may change what the pipeline does
    #[arg(long, requires = "repair", help_heading = "Fixes")]
    pub(crate) unsafe_fixes: bool,
    /// Print what --fix would change, and write nothing
    #[arg(long, help_heading = "Fixes")]
    pub(crate) diff: bool,

    /// Fail the run at this severity [default: error]
    #[arg(long, value_enum, value_name = "SEVERITY", help_heading = "Output")]
    pub(crate) fail_on: Option<FailOn>,
    /// Exit with 0 whatever is found
    #[arg(long, conflicts_with = "fail_on", help_heading = "Output")]
    pub(crate) exit_zero: bool,
    /// Report findings from this severity on
    #[arg(long, value_enum, value_name = "SEVERITY", default_value = "info", help_heading = "Output")]
    pub(crate) show: Show,
    /// Write findings in this format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT", help_heading = "Output")]
    pub(crate) format: Format,
    /// Write the report to a file
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
    /// Count findings by rule
    #[arg(long, help_heading = "Output")]
    pub(crate) statistics: bool,
    /// Print the JSON schema of `--format json`
    #[arg(long, exclusive = true, help_heading = "Output")]
    pub(crate) schema: bool,
}

/// The rules of one word of `--select` or `--ignore`.
#[derive(Debug, Clone)]
pub(crate) struct Selectors(pub(crate) Vec<Selector>);

pub(crate) fn profile(name: &str) -> Result<&'static Profile, String> {
    let names = Profile::all().iter().map(|profile| profile.name);
    Profile::by_name(name).ok_or_else(|| unknown(name, names))
}

fn preset(name: &str) -> Result<Preset, String> {
    let names = Preset::ALL.into_iter().map(Preset::as_str);
    Preset::from_name(name).ok_or_else(|| unknown(name, names))
}

fn selectors(name: &str) -> Result<Selectors, String> {
    match resolve_name(name.trim()) {
        Resolved::Selectors(selectors) => Ok(Selectors(selectors)),
        Resolved::Unknown(Some(meant)) => Err(format!("did you mean `{meant}`?")),
        Resolved::Unknown(None) => Err("see `dotwright rules` for the list".to_owned()),
    }
}

fn unknown<'a>(name: &str, names: impl Iterator<Item = &'a str> + Clone) -> String {
    match did_you_mean(name, names.clone()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("known are {}", names.collect::<Vec<_>>().join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_contradicts_itself_nowhere() {
        super::Cli::command().debug_assert();
    }

    #[test]
    fn the_help_of_a_command_opens_as_the_list_of_commands_says() {
        let listed = super::Cli::command();
        let mut built = super::Cli::command();
        built.build();
        for command in listed.get_subcommands() {
            let full = built.find_subcommand(command.get_name()).unwrap();
            assert_eq!(full.get_about(), command.get_about(), "{}", command.get_name());
        }
    }
}
