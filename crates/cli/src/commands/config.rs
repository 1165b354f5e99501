//! `config show`, `config validate`.

use std::path::PathBuf;

use serde::Serialize;

use super::launch::Launch;
use crate::args::config::AllSettingsArgs;
use crate::config::{Report, Settings};
use crate::failure::{Failure, Outcome};
use crate::printer::Printer;

/// The verdict. Field names are stable.
#[derive(Debug, Serialize)]
struct Verdict {
    valid: bool,
    /// The file that was read.
    file: Option<PathBuf>,
    problems: Vec<Report>,
}

/// Shows every setting and where it came from.
pub(super) fn show(args: &AllSettingsArgs, launch: &Launch<'_>, printer: &Printer) -> Outcome {
    let settings = launch.settings(args.given(), &args.file)?;
    Ok(printer.list(&settings.shown())?)
}

/// Checks the settings, and says everything that is wrong with them.
pub(super) fn validate(args: &AllSettingsArgs, launch: &Launch<'_>, printer: &Printer) -> Outcome {
    match Settings::load(launch.given(args.given()), &args.file) {
        Ok(settings) => {
            let text = match &settings.file {
                Some(file) => format!("the settings hold together ({})", file.display()),
                None => "the settings hold together (no configuration file)".to_owned(),
            };
            let verdict = Verdict {
                valid: true,
                file: settings.file,
                problems: Vec::new(),
            };
            Ok(printer.object(&verdict, &text)?)
        }
        Err(problems) => {
            printer.data(&Verdict {
                valid: false,
                file: args.file.config.clone(),
                problems: problems.reports(),
            })?;
            Err(Failure::from(problems))
        }
    }
}
