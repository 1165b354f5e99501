//! Wakes a paused process if we die while it is paused: one that stands still cannot see that its stdin
//! was closed, and would stay for ever.

use std::process::{Child, Command, Stdio};

use anyhow::Context as _;

/// Waits for the end of its stdin, which is our death or our word, and sends SIGCONT: to a process that
/// runs it says nothing.
const SCRIPT: &str = r#"read -r _; kill -CONT "$1""#;

/// Keeps watch over one paused process until it is dropped, which wakes it.
#[derive(Debug)]
pub(super) struct Waker {
    shell: Child,
}

impl Waker {
    /// Starts to watch; do so before the pause.
    pub(super) fn of(pid: u32) -> anyhow::Result<Self> {
        let shell = Command::new("sh")
            .args(["-c", SCRIPT, "waker", &pid.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start sh to watch over the paused process")?;
        Ok(Self { shell })
    }
}

impl Drop for Waker {
    fn drop(&mut self) {
        // Waiting closes its stdin first.
        let _ = self.shell.wait();
    }
}
