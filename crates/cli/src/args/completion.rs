//! `completion`.

use clap::{Args, ValueEnum};

/// Print completions for a shell.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  aegis completion bash > ~/.local/share/bash-completion/completions/aegis\n  aegis completion fish > ~/.config/fish/completions/aegis.fish"
)]
pub(crate) struct CompletionArgs {
    /// The shell.
    pub shell: Shell,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
}
