//! How output looks; the same flags on every command.

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(crate) struct OutputArgs {
    /// How data is printed: for people, as one JSON document, or one JSON object per line [default:
    /// table].
    #[arg(
        short,
        long,
        value_name = "FORMAT",
        value_enum,
        global = true,
        env = "AEGIS_OUTPUT",
        hide_env_values = true,
        help_heading = "Output"
    )]
    pub output: Option<Format>,

    /// Short for `-o json`.
    #[arg(
        long,
        global = true,
        conflicts_with = "output",
        help_heading = "Output"
    )]
    pub json: bool,

    /// No colours; a non-empty NO_COLOR says the same.
    #[arg(long, global = true, help_heading = "Output")]
    pub no_color: bool,

    /// What is logged, on stderr: a level, or `target=level` pairs split by commas [default: info for
    /// programs that stay, else warn] [env: AEGIS_LOG].
    #[arg(long, value_name = "FILTER", global = true, help_heading = "Output")]
    pub log: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    #[default]
    Table,
    Json,
    Jsonl,
}

impl OutputArgs {
    pub(crate) fn format(&self) -> Format {
        if self.json {
            Format::Json
        } else {
            self.output.unwrap_or_default()
        }
    }

    /// Whether somebody asked for a format.
    pub(crate) fn is_chosen(&self) -> bool {
        self.json || self.output.is_some()
    }
}
