//! The only place that prints. Data goes to stdout, everything else to stderr.

use std::io::{self, IsTerminal, Write};

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use crate::args::output::{Format, OutputArgs};
use crate::failure::Failure;

/// Writes data in the asked format, and words for people.
#[derive(Debug, Clone)]
pub(crate) struct Printer {
    format: Format,
    color: bool,
    streams_text: bool,
}

/// One line of a table. The JSON forms come from `Serialize`; their field names are stable.
pub(crate) trait Row: Serialize {
    /// Column titles; none for a table that needs none.
    const HEADER: &'static [&'static str];

    /// The cells, in the order of the titles.
    fn cells(&self) -> Vec<String>;
}

/// Why data could not be written.
#[derive(Debug)]
pub(crate) enum PrintError {
    /// The reader went away.
    Closed,
    /// Anything else.
    Failed(io::Error),
}

impl From<io::Error> for PrintError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::Closed
        } else {
            Self::Failed(error)
        }
    }
}

impl From<serde_json::Error> for PrintError {
    fn from(error: serde_json::Error) -> Self {
        Self::from(io::Error::from(error))
    }
}

impl Printer {
    /// Colours only on a terminal, and only if neither `--no-color` nor a non-empty `NO_COLOR` says no.
    pub(crate) fn new(output: &OutputArgs) -> Self {
        let refused =
            output.no_color || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            format: output.format(),
            color: !refused && io::stderr().is_terminal(),
            streams_text: output.is_chosen() || io::stdout().is_terminal(),
        }
    }

    /// Whether words for people may carry colours.
    pub(crate) fn color(&self) -> bool {
        self.color
    }

    /// A list: a table, an array, or one object per line.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub(crate) fn list<T: Row>(&self, items: &[T]) -> Result<(), PrintError> {
        self.items(items, &table(items))
    }

    /// A list that has words of its own where people read.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub(crate) fn items<T: Serialize>(&self, items: &[T], text: &str) -> Result<(), PrintError> {
        match self.format {
            Format::Table => self.text(text),
            Format::Json => self.pretty(&items),
            Format::Jsonl => items.iter().try_for_each(|item| self.compact(item)),
        }
    }

    /// One object, or the given text where people read.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub(crate) fn object<T: Serialize>(&self, object: &T, text: &str) -> Result<(), PrintError> {
        match self.format {
            Format::Table => self.text(text),
            Format::Json => self.pretty(object),
            Format::Jsonl => self.compact(object),
        }
    }

    /// What a program that stays says once it is there: one line of JSON in both JSON formats, since its
    /// reader cannot wait for the end of the output.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub(crate) fn announce<T: Serialize>(&self, object: &T, text: &str) -> Result<(), PrintError> {
        match self.format {
            Format::Table => self.text(text),
            Format::Json | Format::Jsonl => self.compact(object),
        }
    }

    /// One object for programs alone: people are told the same in other words, elsewhere.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub(crate) fn data<T: Serialize>(&self, object: &T) -> Result<(), PrintError> {
        match self.format {
            Format::Table => Ok(()),
            Format::Json => self.pretty(object),
            Format::Jsonl => self.compact(object),
        }
    }

    /// One of a stream of objects: one line in every format, JSON where programs read. Off a terminal
    /// that is so unless somebody asked for a table.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub(crate) fn event<T: Serialize>(&self, object: &T, text: &str) -> Result<(), PrintError> {
        match self.format {
            Format::Table if self.streams_text => self.text(text),
            _ => self.compact(object),
        }
    }

    /// One line of text that is data in every format.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub(crate) fn line(&self, text: &str) -> Result<(), PrintError> {
        self.text(text)
    }

    /// A value that is JSON in every format: indented, or on one line.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub(crate) fn value(&self, value: &serde_json::Value) -> Result<(), PrintError> {
        match self.format {
            Format::Table | Format::Json => self.pretty(value),
            Format::Jsonl => self.compact(value),
        }
    }

    /// Progress and remarks, for people: stderr. Whether anybody reads them changes nothing.
    pub(crate) fn note(&self, text: &str) {
        let _ = writeln!(io::stderr(), "{text}");
    }

    /// The end of a command that failed.
    pub(crate) fn failure(&self, failure: &Failure) {
        let Failure::Shown { cause, hint, .. } = failure else {
            return;
        };
        self.note(&format!("{} {cause}", self.painted("31", "error:")));
        for reason in cause.chain().skip(1) {
            self.note(&format!("  caused by: {reason}"));
        }
        if let Some(hint) = hint {
            self.note(&format!("{} {hint}", self.painted("36", "hint:")));
        }
    }

    /// Bold where colours are wanted.
    pub(crate) fn bold(&self, text: &str) -> String {
        self.painted("1", text)
    }

    fn painted(&self, code: &str, text: &str) -> String {
        if self.color {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    fn text(&self, text: &str) -> Result<(), PrintError> {
        let mut out = io::stdout().lock();
        writeln!(out, "{text}")?;
        Ok(out.flush()?)
    }

    fn pretty<T: Serialize>(&self, value: &T) -> Result<(), PrintError> {
        self.text(&serde_json::to_string_pretty(value)?)
    }

    fn compact<T: Serialize>(&self, value: &T) -> Result<(), PrintError> {
        self.text(&serde_json::to_string(value)?)
    }
}

/// Aligned columns without lines: they can be read, and cut with `awk`.
pub(crate) fn table<T: Row>(items: &[T]) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled);
    if !T::HEADER.is_empty() {
        table.set_header(T::HEADER);
    }
    for item in items {
        table.add_row(item.cells());
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let lines: Vec<String> = table
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect();
    lines.join("\n")
}
