//! Ends a program of others when we die: it does not watch its stdin as ours do.

use std::process::{Child, Command, Stdio};

use anyhow::Context as _;

/// Waits for the end of its stdin, which is our death or our word, and ends the process.
const SCRIPT: &str = r#"read -r _; kill -KILL "$1""#;

/// Keeps watch over one process until it is dropped, which ends it. Drop it before the process has
/// been waited for: until then its id is its own.
#[derive(Debug)]
pub(super) struct Guard {
    shell: Child,
}

impl Guard {
    /// Starts to watch.
    pub(super) fn of(pid: u32) -> anyhow::Result<Self> {
        let shell = Command::new("sh")
            .args(["-c", SCRIPT, "guard", &pid.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start sh to watch over nats-server")?;
        Ok(Self { shell })
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Waiting closes its stdin first.
        let _ = self.shell.wait();
    }
}
