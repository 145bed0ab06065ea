//! `--only`, `--exclude` and what else leaves a part of the changes for another run.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::address::Address;
use crate::cli::CommandError;
use crate::plan::{Choice, Mode, Plan};
use crate::spec::Disruption;
use crate::suggest;
use crate::topology::Topology;

/// Which resources are meant.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct SelectOptions {
    /// Takes what matches, and what that needs; may be given several times. `*` stands for any name, `**` for all below.
    #[arg(long, value_name = "ADDRESS")]
    pub only: Vec<String>,
    /// Leaves out what matches, and what can't be done without it; may be given several times.
    #[arg(long, value_name = "ADDRESS")]
    pub exclude: Vec<String>,
}

/// Which part of the changes is made.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct PartOptions {
    #[command(flatten)]
    pub selection: SelectOptions,
    /// Changes this target alone. Others are looked at only as far as it takes something from them.
    #[arg(long, value_name = "TARGET")]
    only_target: Option<String>,
    /// `create-update` removes nothing and makes nothing anew: that is left for a run without it.
    #[arg(long, value_name = "MODE", default_value = "full", value_parser = modes(), hide_possible_values = false)]
    mode: Mode,
    /// Makes the changes that do no worse to traffic without asking, and leaves the others for another run.
    #[arg(long, value_name = "CLASS", value_parser = classes())]
    auto_approve_up_to: Option<Disruption>,
}

fn modes() -> impl TypedValueParser<Value = Mode> {
    let all = [Mode::Full, Mode::CreateUpdate];
    let mode = move |word: String| all.into_iter().find(|mode| mode.as_str() == word).unwrap_or_default();
    PossibleValuesParser::new(all.map(Mode::as_str)).map(mode)
}

fn classes() -> impl TypedValueParser<Value = Disruption> {
    let class = |word: String| {
        let known = Disruption::ALL.into_iter().find(|class| class.word() == word);
        known.unwrap_or(Disruption::None)
    };
    PossibleValuesParser::new(Disruption::ALL.map(Disruption::word)).map(class)
}

impl SelectOptions {
    /// Says whether it takes an address.
    pub(crate) fn takes(&self, address: &Address) -> bool {
        let matches = |patterns: &[String]| patterns.iter().any(|pattern| address.matches(pattern));
        (self.only.is_empty() || matches(&self.only)) && !matches(&self.exclude)
    }

    /// The choice that it is.
    pub(crate) fn choice(&self) -> Choice {
        Choice { only: self.only.clone(), exclude: self.exclude.clone(), ..Choice::default() }
    }
}

impl PartOptions {
    /// The choice that they are.
    pub(crate) fn choice(&self) -> Choice {
        Choice {
            only_target: self.only_target.clone(),
            mode: self.mode,
            up_to: self.auto_approve_up_to,
            ..self.selection.choice()
        }
    }

    /// Says whether nobody is asked: who says how far has said yes to that.
    pub(crate) fn approves(&self) -> bool {
        self.auto_approve_up_to.is_some()
    }
}

/// Makes sure that a chosen target is one.
pub(crate) fn check_target(choice: &Choice, topology: &Topology) -> Result<(), CommandError> {
    match &choice.only_target {
        Some(only) if !topology.targets.contains_key(only) => {
            let stop = CommandError::failed(format!("no target `{only}` is declared"));
            Err(stop.help(suggest::hint(only, topology.targets.keys().map(String::as_str))))
        }
        _ => Ok(()),
    }
}

/// Makes sure that each pattern names something: who misspells one would get another part than they think.
pub(crate) fn check_patterns(choice: &Choice, plan: &Plan) -> Result<(), CommandError> {
    match choice.unmatched(plan) {
        Some((option, help)) => {
            let message = format!("`{option}` matches nothing that is declared or owned: nothing was changed");
            Err(CommandError::failed(message).help(help))
        }
        None => Ok(()),
    }
}
