//! The story while it happens, for people: stderr, each line with the time since the start.

use std::time::Instant;

use crate::printer::Printer;

/// Tells what happens.
#[derive(Debug)]
pub(super) struct Progress<'a> {
    printer: &'a Printer,
    started: Instant,
}

impl<'a> Progress<'a> {
    pub(super) fn new(printer: &'a Printer) -> Self {
        Self {
            printer,
            started: Instant::now(),
        }
    }

    pub(super) fn started(&self) -> Instant {
        self.started
    }

    /// One thing that happened.
    pub(super) fn tell(&self, what: &str, detail: &str) {
        let at = self.started.elapsed().as_secs_f64();
        let what = self.printer.bold(&format!("{what:<10}"));
        self.printer.note(&format!("{at:5.1} s  {what} {detail}"));
    }

    /// A table under the last line.
    pub(super) fn show(&self, table: &str) {
        for line in table.lines() {
            self.printer.note(&format!("         {line}"));
        }
    }
}
