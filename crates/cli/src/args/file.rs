//! Which configuration file; the same flags on every command that has settings.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Clone, Args)]
pub(crate) struct FileArgs {
    /// The configuration file [env: AEGIS_CONFIG] [default: aegis.toml in the working directory, else
    /// $XDG_CONFIG_HOME/aegis/aegis.toml].
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "no_config",
        help_heading = "Settings"
    )]
    pub config: Option<PathBuf>,

    /// Read no configuration file.
    #[arg(long, help_heading = "Settings")]
    pub no_config: bool,
}
