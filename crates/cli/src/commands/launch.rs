//! What comes before a command that has settings: reading them, and then the logs.

use super::reread;
use crate::args::Cli;
use crate::args::file::FileArgs;
use crate::config::{self, Given, Key, Settings};
use crate::failure::Outcome;
use crate::logs::{self, LogControl};
use crate::printer::Printer;

/// What the command line says about logs, until the settings have had their say.
#[derive(Debug)]
pub(super) struct Launch<'a> {
    flag: Option<&'a str>,
    /// What the command logs unasked.
    unasked: &'static str,
    color: bool,
}

impl<'a> Launch<'a> {
    pub(super) fn new(cli: &'a Cli, unasked: &'static str, printer: &Printer) -> Self {
        Self {
            flag: cli.output.log.as_deref(),
            unasked,
            color: printer.color(),
        }
    }

    /// Settles the settings and starts the logs as they say.
    pub(super) fn settings(&self, typed: Vec<Given>, file: &FileArgs) -> Outcome<Settings> {
        let settings = Settings::load(self.given(typed), file)?;
        self.start_logs(&settings)?;
        Ok(settings)
    }

    /// The same for a program that stays: what it logs can be changed while it runs.
    pub(super) fn settings_of_program(
        &self,
        typed: Vec<Given>,
        file: &FileArgs,
    ) -> Outcome<Settings> {
        let given = self.given(typed);
        let settings = Settings::load(given.clone(), file)?;
        let logs = self.start(settings.log.value.as_deref())?;
        reread::on_hangup(logs, self.unasked, given, file.clone())?;
        Ok(settings)
    }

    /// Starts the logs as settings say that were read elsewhere.
    pub(super) fn start_logs(&self, settings: &Settings) -> Outcome {
        self.start(settings.log.value.as_deref()).map(drop)
    }

    /// What was typed, with what concerns the logs.
    pub(super) fn given(&self, typed: Vec<Given>) -> Vec<Given> {
        let log = config::flags([(Key::Log, "--log", self.flag)]);
        [typed, log].concat()
    }

    /// For commands without settings: the flag, else the environment.
    pub(super) fn logs(&self) -> Outcome {
        let variable = crate::settings::variable("AEGIS_LOG");
        self.start(self.flag.or(variable.as_deref())).map(drop)
    }

    fn start(&self, filter: Option<&str>) -> Outcome<LogControl> {
        logs::start(filter, self.unasked, self.color)
    }
}
