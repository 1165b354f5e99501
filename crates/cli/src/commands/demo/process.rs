//! One process of the demo: it never outlives us, however we end.

use std::env;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Instant;

use anyhow::Context as _;

/// Lines of its log that are shown when something went wrong.
const LAST_WORDS: usize = 5;

/// A running `aegis` subcommand. Three things end it: [`Process::kill`], dropping it, and the end of its
/// stdin, which the operating system closes when we die without a chance to clean up.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts this same binary with other arguments. Each line of its stdout is handed to `on_line`, its
    /// log goes to a file in `folder`. Our own settings from the environment are not passed on: the
    /// story is the same on every machine.
    pub(super) fn start(
        name: &str,
        arguments: &[&str],
        folder: &Path,
        mut on_line: impl FnMut(&str) + Send + 'static,
    ) -> anyhow::Result<Self> {
        let log = folder.join(format!("{name}.log"));
        let program = env::current_exe().context("cannot find this program's own file")?;
        let stderr =
            File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut command = Command::new(program);
        for (setting, _) in
            env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AEGIS_"))
        {
            command.env_remove(setting);
        }
        let mut child = command
            .args(arguments)
            .arg("--until-stdin-closes")
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

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL: no handler, no goodbye. Returns the instant at which kill(2) had returned.
    pub(super) fn kill(&mut self) -> io::Result<Instant> {
        self.child.kill()?;
        Ok(Instant::now())
    }

    /// What it logged last: the reason, if it ended by itself.
    pub(super) fn last_words(&self) -> String {
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
