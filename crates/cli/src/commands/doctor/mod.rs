//! `doctor`: what is wrong, and what to do. One file per check; what each concludes from what it saw
//! is pure.

mod clock;
mod evidence;
mod examine;
mod finding;
mod fit;
mod overlap;
mod payload;
mod permissions;
mod probe;
mod responders;
mod routers;
mod servers;
mod services;
mod versions;

use finding::{Finding, Verdict};

use super::connect::runtime;
use super::launch::Launch;
use crate::args::doctor::DoctorArgs;
use crate::config::Settings;
use crate::exit_code::ExitCode;
use crate::failure::{Failure, Outcome};
use crate::printer::Printer;

/// Looks at everything it can reach, and says what it found. Ends with 1 if there is a problem, with 3
/// if no server could be reached.
pub(super) fn run(args: &DoctorArgs, launch: &Launch<'_>, printer: &Printer) -> Outcome {
    let given = launch.given(args.connect.given());
    let settings = match Settings::load(given, &args.connect.file) {
        Ok(settings) => settings,
        Err(problems) => {
            let findings: Vec<Finding> =
                problems.reports().into_iter().map(wrong_setting).collect();
            return tell(&findings, true, printer);
        }
    };
    launch.start_logs(&settings)?;
    let examined = runtime()?.block_on(examine::all(args, &settings))?;
    tell(&examined.findings, examined.reached, printer)
}

fn wrong_setting(problem: crate::config::Report) -> Finding {
    let finding = Finding::problem("settings", problem.message);
    match problem.hint {
        Some(hint) => finding.todo(hint),
        None => finding.todo("correct it: `aegis config show` says where each value is from"),
    }
}

fn tell(findings: &[Finding], reached: bool, printer: &Printer) -> Outcome {
    printer.items(findings, &finding::text(findings))?;
    if !reached {
        let cause = anyhow::anyhow!("no server could be reached");
        return Err(Failure::new(ExitCode::NotRun, cause));
    }
    let problems = findings.iter().filter(|it| it.verdict == Verdict::Problem);
    match problems.count() {
        0 => Ok(()),
        1 => Err(Failure::new(
            ExitCode::Failure,
            anyhow::anyhow!("there is a problem"),
        )),
        count => Err(Failure::new(
            ExitCode::Failure,
            anyhow::anyhow!("there are {count} problems"),
        )),
    }
}
