use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::wait::PATIENCE;
use crate::wait_for;

const LOOK_FOR_PARENT_EVERY: Duration = Duration::from_secs(1);

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

    /// The next line of its output that holds `text`; those before it are dropped.
    ///
    /// # Panics
    ///
    /// If its output ends first, or none comes in [`PATIENCE`].
    pub fn line_with(&self, text: &str) -> String {
        self.lines_until(text).pop().unwrap_or_default()
    }

    /// The lines of its output up to the next one that holds `text`, which is the last of them.
    ///
    /// # Panics
    ///
    /// If its output ends first, or none comes in [`PATIENCE`].
    pub fn lines_until(&self, text: &str) -> Vec<String> {
        let end = Instant::now() + PATIENCE;
        let mut lines = Vec::new();
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    let found = line.contains(text);
                    lines.push(line);
                    if found {
                        return lines;
                    }
                }
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

    /// Stops it where it is (SIGSTOP): its sockets stay open, and it does nothing.
    pub fn pause(&self) {
        self.send(Signal::STOP);
    }

    /// Lets it go on (SIGCONT).
    pub fn resume(&self) {
        self.send(Signal::CONT);
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

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        let status = self.child.try_wait().expect("a child can be waited for");
        status.is_some()
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

/// For a program of the tests: ends this process soon after its parent is gone, so that a test that
/// was killed leaves nothing behind.
pub fn end_with_parent() {
    let parent = std::os::unix::process::parent_id();
    std::thread::spawn(move || {
        while std::os::unix::process::parent_id() == parent {
            std::thread::sleep(LOOK_FOR_PARENT_EVERY);
        }
        std::process::exit(1);
    });
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
