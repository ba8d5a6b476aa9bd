//! What a run of the linter is asked to do, after command line and configuration file have been read.

use dotwright_diagnostics::Severity;
use dotwright_model::{Level, Outcome, Profile, Shell};

use crate::category::Category;
use crate::registry::RULES;
use crate::rule::Rule;

/// The settings of a run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The runner whose reading counts.
    pub profile: &'static Profile,
    /// Runners among which a pipeline has to be portable; portability rules need more than one.
    pub targets: Vec<&'static Profile>,
    /// Which rules run, at which level.
    pub selection: Selection,
    /// Findings below are not reported, and rules need not look for them.
    pub lowest: Severity,
    /// How many findings of one rule in one file are listed; the others are counted. Nobody reads more, and a file of a
    /// megabyte can have hundreds of thousands.
    pub most_findings: usize,
    /// True when nobody answers human gates.
    pub unattended: bool,
    /// The shell of tool commands, when it is not the profile's.
    pub shell: Option<Shell>,
    /// Whether commands run with `pipefail`, when it is not as in the profile.
    pub pipefail: Option<bool>,
    /// Handler types beside those of the profile.
    pub handlers: Vec<ExtraHandler>,
    /// Attribute names beside those of the schema.
    pub attributes: Vec<String>,
    /// The timeout that a fix writes on tools.
    pub default_timeout: String,
    /// Which of shellcheck's comments become findings.
    pub shellcheck: ShellcheckSettings,
}

/// A handler type that the user's runner knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraHandler {
    /// The value of `type`.
    pub name: String,
    /// The outcomes it can have.
    pub domain: Vec<Outcome>,
    /// The attributes it reads.
    pub attributes: Vec<String>,
}

/// Which of shellcheck's comments become findings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShellcheckSettings {
    /// The lowest level that counts.
    pub min_level: crate::ShellcheckLevel,
    /// Codes to leave out.
    pub exclude: Vec<u32>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            profile: Profile::default(),
            targets: Vec::new(),
            selection: Selection::default(),
            lowest: Severity::Hint,
            most_findings: 1_000,
            unattended: false,
            shell: None,
            pipefail: None,
            handlers: Vec::new(),
            attributes: Vec::new(),
            default_timeout: "600s".to_owned(),
            shellcheck: ShellcheckSettings {
                min_level: crate::ShellcheckLevel::Warning,
                exclude: Vec::new(),
            },
        }
    }
}

impl Settings {
    /// The shell that runs tool commands.
    pub fn shell(&self) -> Shell {
        self.shell.unwrap_or(self.profile.shell)
    }

    /// Whether tool commands run with `pipefail` unless a node says otherwise.
    pub fn pipefail(&self) -> bool {
        self.pipefail.unwrap_or(self.profile.pipefail)
    }

    /// True when nobody answers human gates, by setting or by preset.
    pub fn unattended(&self) -> bool {
        self.unattended || self.selection.preset == Preset::Ci
    }
}

/// A named set of rules with levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Preset {
    /// The rules of section 7.2 of the attractor specification, at its levels.
    Spec,
    /// Every rule that is not off.
    #[default]
    Recommended,
    /// As recommended, with doubtful constructs raised.
    Strict,
    /// Every rule.
    Pedantic,
    /// What a run may do to its surroundings.
    Security,
    /// As recommended, for runs that nobody watches; hints are hidden.
    Ci,
}

impl Preset {
    /// All presets.
    pub const ALL: [Preset; 6] =
        [Preset::Spec, Preset::Recommended, Preset::Strict, Preset::Pedantic, Preset::Security, Preset::Ci];

    /// The name that configuration and command line take.
    pub const fn as_str(self) -> &'static str {
        match self {
            Preset::Spec => "spec",
            Preset::Recommended => "recommended",
            Preset::Strict => "strict",
            Preset::Pedantic => "pedantic",
            Preset::Security => "security",
            Preset::Ci => "ci",
        }
    }

    /// The preset of that name.
    pub fn from_name(name: &str) -> Option<Preset> {
        Preset::ALL.into_iter().find(|preset| preset.as_str() == name)
    }

    fn level(self, rule: &Rule, profile: &Profile) -> Level {
        let recommended = profile.severity(rule.name).unwrap_or(rule.level);
        match self {
            Preset::Recommended | Preset::Ci => recommended,
            Preset::Strict if STRICT_ERRORS.contains(&rule.name) => Level::Error,
            Preset::Strict if STRICT_WARNINGS.contains(&rule.name) => recommended.max(Level::Warning),
            Preset::Strict => recommended,
            Preset::Pedantic if recommended == Level::Off => rule.selected_level,
            Preset::Pedantic => recommended,
            Preset::Spec => match rule.spec_id {
                Some("edge_target_exists" | "type_known" | "fidelity_valid" | "retry_target_exists") => {
                    Level::Warning
                }
                Some("goal_gate_has_retry" | "prompt_on_llm_nodes") => Level::Warning,
                Some(_) => Level::Error,
                None if rule.name == "syntax-error" || rule.category == Category::Meta => recommended,
                None => Level::Off,
            },
            Preset::Security if SECURITY_EXTRA.contains(&rule.name) => recommended,
            Preset::Security if rule.category == Category::Security => recommended.max(Level::Warning),
            Preset::Security if rule.name == "syntax-error" || rule.category == Category::Meta => recommended,
            Preset::Security => Level::Off,
        }
    }
}

const STRICT_ERRORS: [&str; 9] = [
    "no-fallback-edge",
    "failure-reaches-exit",
    "swallowed-failure",
    "bypassed-goal-gate",
    "path-without-goal-gate",
    "masked-exit-code",
    "always-succeeding-command",
    "run-text-in-command",
    "duplicate-node",
];
const STRICT_WARNINGS: [&str; 5] = [
    "unrouted-failure",
    "unbounded-loop",
    "loop-without-evidence",
    "unattended-human-gate",
    "auto-status-hides-failure",
];
const SECURITY_EXTRA: [&str; 3] = ["masked-exit-code", "always-succeeding-command", "unattended-human-gate"];

/// Names rules in `select` and `ignore`: one rule, or all of a category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selector {
    /// One rule.
    Rule(&'static str),
    /// All rules of a category.
    Category(Category),
}

/// Which rules run, at which level.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Where the levels start from.
    pub preset: Preset,
    /// What configuration file and command line add and remove, the weaker one first.
    pub layers: Vec<Layer>,
}

/// The selection of one source.
#[derive(Debug, Clone, Default)]
pub struct Layer {
    /// Rules to add.
    pub select: Vec<Selector>,
    /// Rules to remove.
    pub ignore: Vec<Selector>,
    /// Levels to set; they select the rule.
    pub severity: Vec<(&'static str, Level)>,
}

impl Selection {
    /// The level of a rule, and whether configuration set it explicitly.
    pub fn level(&self, rule: &Rule, profile: &Profile) -> (Level, bool) {
        let mut level = self.preset.level(rule, profile);
        let mut configured = false;
        let selected = if level == Level::Off { rule.selected_level } else { level };
        for layer in &self.layers {
            let names = |selectors: &[Selector]| selectors.contains(&Selector::Rule(rule.name));
            let categories = |selectors: &[Selector]| selectors.contains(&Selector::Category(rule.category));
            if categories(&layer.select) {
                level = selected;
            }
            if categories(&layer.ignore) {
                level = Level::Off;
            }
            if names(&layer.select) {
                level = selected;
            }
            if names(&layer.ignore) {
                level = Level::Off;
            }
            if let Some((_, set)) = layer.severity.iter().rfind(|(name, _)| *name == rule.name) {
                level = *set;
                configured = true;
            }
        }
        (level, configured)
    }

    /// The rules that run, with their levels.
    pub fn active<'s>(
        &'s self,
        profile: &'s Profile,
    ) -> impl Iterator<Item = (&'static Rule, dotwright_diagnostics::Severity, bool)> + 's {
        RULES.iter().filter_map(move |&rule| {
            let (level, configured) = self.level(rule, profile);
            Some((rule, level.severity()?, configured))
        })
    }
}
