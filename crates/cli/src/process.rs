//! A process that we start: it never outlives us, however we end.

use std::env;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};

/// Lines of its log that are shown when something went wrong.
const LAST_WORDS: usize = 5;
/// A process that was asked to stop and has not by then never will.
const END_PATIENCE: Duration = Duration::from_secs(10);
/// Span between two looks at a process that was asked to stop.
const END_PACE: Duration = Duration::from_millis(2);

/// A running program that ends with its stdin. Three things end it: [`Process::kill`], dropping it, and the end of its
/// stdin, which the operating system closes when we die without a chance to clean up.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
}

/// This same program with other arguments.
pub(crate) fn own_program(arguments: &[&str]) -> anyhow::Result<Command> {
    let program = env::current_exe().context("cannot find this program's own file")?;
    let mut command = Command::new(program);
    command.args(arguments);
    Ok(command)
}

impl Process {
    /// Starts a program. Each line of its stdout is handed to `on_line`, its log goes to a file in
    /// `folder`. Our own settings from the environment are not passed on: what we start is the same
    /// on every machine.
    pub(crate) fn start(
        name: &str,
        mut command: Command,
        folder: &Path,
        mut on_line: impl FnMut(&str) + Send + 'static,
    ) -> anyhow::Result<Self> {
        let log = folder.join(format!("{name}.log"));
        let stderr =
            File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        for (setting, _) in
            env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AEGIS_"))
        {
            command.env_remove(setting);
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let stdout = child.stdout.take();
        let process = Self { child, log };
        thread::Builder::new()
            .name(format!("{name} stdout"))
            .spawn(move || {
                let lines = stdout.map(|stdout| BufReader::new(stdout).lines());
                for line in lines.into_iter().flatten().map_while(Result::ok) {
                    on_line(&line);
                }
            })
            .with_context(|| format!("cannot listen to {name}"))?;
        Ok(process)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Closes its stdin: asks one of ours to end in order.
    pub(crate) fn ask_to_end(&mut self) {
        drop(self.child.stdin.take());
    }

    /// SIGKILL: no handler, no goodbye. Returns the instant at which kill(2) had returned.
    pub(crate) fn kill(&mut self) -> io::Result<Instant> {
        self.child.kill()?;
        Ok(Instant::now())
    }

    /// Sends it a signal. Returns the instant at which kill(2) had returned.
    pub(crate) fn signal(&self, signal: Signal) -> anyhow::Result<Instant> {
        // Its id is its own until it is waited for, which only `ended` and dropping do.
        kill_process(Pid::from_child(&self.child), signal)
            .with_context(|| format!("cannot send a signal to pid {}", self.pid()))?;
        Ok(Instant::now())
    }

    /// Waits until it has ended by itself.
    ///
    /// # Errors
    /// When it does not, or when it ends with an error.
    pub(crate) async fn ended(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + END_PATIENCE;
        loop {
            match self.child.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => bail!("pid {} ended with {status}", self.pid()),
                None if Instant::now() > deadline => {
                    bail!("pid {} did not end within {END_PATIENCE:?}", self.pid())
                }
                None => tokio::time::sleep(END_PACE).await,
            }
        }
    }

    /// What it logged last: the reason, if it ended by itself.
    pub(crate) fn last_words(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(LAST_WORDS).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
