//! The NATS server to compare with, and the program that speaks to it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::anyhow;

use crate::args::bench::RunArgs;
use crate::exit_code::ExitCode;
use crate::failure::{Failure, Outcome};
use crate::printer::Printer;

/// The file that the helper is.
const CLIENT: &str = "aegis-bench-control";
/// The file that the server is.
const SERVER: &str = "nats-server";
/// Who looks for the server looks here first.
const SERVER_VARIABLE: &str = "AEGIS_NATS_SERVER";
/// How to get both.
const HOW: &str = "`cargo xtask bench` builds and fetches what the comparison needs";

/// A NATS server and its clients.
#[derive(Debug, Clone)]
pub(super) struct Control {
    pub(super) server: PathBuf,
    pub(super) client: PathBuf,
    /// What the server says its version is.
    pub(super) version: String,
}

/// Finds what `--control` asks for. `auto` does without, and says what is missing.
///
/// # Errors
/// When a control that somebody asked for is not there.
pub(super) fn find(args: &RunArgs, printer: &Printer) -> Outcome<Option<Control>> {
    if args.control == "none" {
        return Ok(None);
    }
    let asked = args.control != "auto";
    let found = complete(args, asked.then(|| PathBuf::from(&args.control)));
    match found {
        Ok(control) => Ok(Some(control)),
        Err(error) if asked => Err(Failure::new(ExitCode::Usage, error).hint(HOW)),
        Err(error) => {
            printer.note(&format!("without a control: {error}; {HOW}"));
            Ok(None)
        }
    }
}

fn complete(args: &RunArgs, asked: Option<PathBuf>) -> anyhow::Result<Control> {
    let server = asked.or_else(find_server).ok_or_else(|| {
        anyhow!("no {SERVER} at {SERVER_VARIABLE}, on the path or in target/tools")
    })?;
    let version = version(&server)?;
    let beside = || Some(env::current_exe().ok()?.parent()?.join(CLIENT));
    let client = args.control_client.clone().or_else(beside);
    let client = client
        .filter(|path| path.is_file())
        .ok_or_else(|| anyhow!("no {CLIENT} beside this program"))?;
    Ok(Control {
        server,
        client,
        version,
    })
}

fn find_server() -> Option<PathBuf> {
    if let Some(named) = env::var_os(SERVER_VARIABLE).filter(|value| !value.is_empty()) {
        return Some(named.into());
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).map(|folder| folder.join(SERVER));
    on_path.chain(fetched()).find(|file| file.is_file())
}

/// Where `cargo xtask nats-server` puts it: this program stands in `target/<profile>`.
fn fetched() -> Option<PathBuf> {
    let own = env::current_exe().ok()?;
    let target = own.parent().and_then(Path::parent)?;
    Some(target.join("tools/nats-server/bin").join(SERVER))
}

/// Asks it, which also shows that it runs here.
fn version(server: &Path) -> anyhow::Result<String> {
    let shown = server.display();
    let asked = Command::new(server).arg("--version").output();
    let answer = asked.map_err(|error| anyhow!("cannot run {shown}: {error}"))?;
    let text = String::from_utf8_lossy(&answer.stdout);
    let version = text.trim().rsplit([' ', ':']).next().unwrap_or_default();
    if !answer.status.success() || version.is_empty() {
        return Err(anyhow!("{shown} does not say its version"));
    }
    Ok(version.trim_start_matches('v').to_owned())
}
