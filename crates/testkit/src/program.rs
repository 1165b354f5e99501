use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};

use crate::wait::PATIENCE;
use crate::wait_for;

/// A program in a process of its own, killed when dropped.
#[derive(Debug)]
pub struct Program {
    child: Child,
    lines: Receiver<String>,
}

impl Program {
    /// Starts a program and reads its standard output line by line.
    pub fn start(command: &mut Command) -> Program {
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let output = child.stdout.take().expect("its output is piped");
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Program { child, lines }
    }

    /// The next line of its output that holds `text`.
    ///
    /// # Panics
    ///
    /// If its output ends first, or none comes in [`PATIENCE`].
    pub fn line_with(&self, text: &str) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            match self
                .lines
                .recv_timeout(end.saturating_duration_since(Instant::now()))
            {
                Ok(line) if line.contains(text) => return line,
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => panic!("waited {PATIENCE:?} for {text:?}"),
                Err(RecvTimeoutError::Disconnected) => panic!("ended without {text:?}"),
            }
        }
    }

    /// What it still had to say, once it has ended.
    pub fn last_lines(mut self) -> Vec<String> {
        self.wait();
        self.lines.iter().collect()
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as a crash does (SIGKILL) and waits until it is gone.
    pub fn crash(&mut self) {
        self.send(Signal::KILL);
        self.wait();
    }

    /// Sends SIGKILL and does not wait.
    pub fn kill(&self) {
        self.send(Signal::KILL);
    }

    /// Asks it to end in order (SIGTERM).
    pub fn ask_to_end(&self) {
        self.send(Signal::TERM);
    }

    /// Waits until it has ended.
    pub fn wait(&mut self) -> ExitStatus {
        wait_for("a program to end", || {
            self.child.try_wait().expect("a child can be waited for")
        })
    }

    fn send(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id())
            .ok()
            .and_then(Pid::from_raw)
            .expect("a pid");
        // One that has ended already is what the caller wants.
        let _ = kill_process(pid, signal);
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
