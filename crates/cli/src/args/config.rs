//! `config show`, `config validate`.

use clap::Args;

use super::connect::{PrefixArgs, ServerArgs, TransportArgs};
use super::file::FileArgs;
use super::serve::{ListenArgs, RouterSettingArgs};
use crate::config::Given;

/// Show every setting, what it is and where it came from.
///
/// Flags win over the environment, the environment over the configuration file, the file over defaults. In the
/// environment a setting is called AEGIS_ and its key in capitals, with __ for each dot.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  aegis config show\n  AEGIS_LIMITS__INSTANCES=500 aegis config show -o jsonl | jq 'select(.source != \"default\")'"
)]
pub(crate) struct ConfigShowArgs {
    #[command(flatten)]
    pub settings: AllSettingsArgs,
}

/// Check the settings without starting anything; exit code 2 if they do not hold together.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  aegis config validate\n  aegis config validate --config ./aegis.toml -o json"
)]
pub(crate) struct ConfigValidateArgs {
    #[command(flatten)]
    pub settings: AllSettingsArgs,
}

/// Every flag that is a setting, of whatever command.
#[derive(Debug, Args)]
pub(crate) struct AllSettingsArgs {
    #[command(flatten)]
    pub listen: ListenArgs,

    #[command(flatten)]
    pub router: RouterSettingArgs,

    #[command(flatten)]
    pub server: ServerArgs,

    #[command(flatten)]
    pub transport: TransportArgs,

    #[command(flatten)]
    pub prefix: PrefixArgs,

    #[command(flatten)]
    pub file: FileArgs,
}

impl AllSettingsArgs {
    /// What was typed.
    pub(crate) fn given(&self) -> Vec<Given> {
        [
            self.listen.given(),
            self.router.given(),
            self.server.given(),
            self.transport.given(),
            self.prefix.given(),
        ]
        .concat()
    }
}
