//! The configuration file: which one, and what it says where.

use std::env;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::given::{Given, unknown};
use super::key::{LIMITS_TABLE, METRICS_TABLE, NATS_TABLE, SERVICES_TABLE};
use super::origin::Origin;
use super::problem::Problem;
use crate::settings::variable;

/// Its usual name.
const FILE_NAME: &str = "aegis.toml";

/// Longest file that is read: more is not a configuration.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// The file that holds: the asked one, else one in the working directory, else the user's.
pub(super) fn find(asked: Option<&Path>) -> Option<PathBuf> {
    if let Some(asked) = asked {
        return Some(asked.to_owned());
    }
    let here = PathBuf::from(FILE_NAME);
    if here.is_file() {
        return Some(here);
    }
    let config = variable("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute());
    let home = || variable("HOME").map(|home| Path::new(&home).join(".config"));
    let users = config.or_else(home)?.join("aegis").join(FILE_NAME);
    users.is_file().then_some(users)
}

/// Reads a file; what is wrong in it goes to `problems`.
pub(super) fn read(path: &Path, problems: &mut Vec<Problem>) -> Vec<Given> {
    match text(path) {
        Ok(text) => parse(path, &text, problems),
        Err(error) => {
            problems.push(Problem::Unreadable {
                path: path.to_owned(),
                reason: error.to_string(),
            });
            Vec::new()
        }
    }
}

fn text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?
        .take(MAX_FILE_BYTES + 1)
        .read_to_string(&mut text)?;
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(io::Error::other(format!(
            "it is longer than {MAX_FILE_BYTES} bytes"
        )));
    }
    Ok(text)
}

/// Reads a text as if it were in the file `path`.
pub(super) fn parse(path: &Path, text: &str, problems: &mut Vec<Problem>) -> Vec<Given> {
    let walk = Walk {
        path: Arc::new(path.to_owned()),
        text,
    };
    let (document, errors) = DeTable::parse_recoverable(text);
    if let Some(error) = errors.first() {
        problems.push(Problem::Syntax {
            place: walk.origin(error.span().map_or(0, |span| span.start)),
            reason: error.message().to_owned(),
        });
        return Vec::new();
    }
    let mut given = Vec::new();
    walk.table(document.get_ref(), &mut Vec::new(), &mut given, problems);
    given
}

/// A walk through a file. Tables nest as deep as the parser lets them, which has a limit of its own.
struct Walk<'t> {
    path: Arc<PathBuf>,
    text: &'t str,
}

impl<'t> Walk<'t> {
    fn table<'d>(
        &self,
        table: &'d DeTable<'t>,
        path: &mut Vec<&'d str>,
        given: &mut Vec<Given>,
        problems: &mut Vec<Problem>,
    ) {
        for (name, value) in table {
            let origin = self.origin(name.span().start);
            path.push(name.get_ref());
            match value.get_ref() {
                DeValue::Table(table) if !table.is_empty() => {
                    self.table(table, path, given, problems);
                }
                DeValue::Table(_) if is_table(path) => {}
                value => match scalar(value) {
                    Some(text) => match Given::read(path, text, origin) {
                        Ok(value) => given.push(value),
                        Err(problem) => problems.push(problem),
                    },
                    None if matches!(value, DeValue::Table(_)) => {
                        problems.push(unknown(path, origin));
                    }
                    None => problems.push(Problem::WrongValue {
                        key: path.join("."),
                        text: format!("of type {}", value.type_str()),
                        origin,
                        rule: "write a text in quotes or a number".to_owned(),
                    }),
                },
            }
            path.pop();
        }
    }

    fn origin(&self, at: usize) -> Origin {
        let before = self.text.as_bytes().get(..at).unwrap_or_default();
        Origin::File {
            path: Arc::clone(&self.path),
            line: 1 + before.iter().filter(|byte| **byte == b'\n').count(),
        }
    }
}

fn is_table(path: &[&str]) -> bool {
    matches!(
        path,
        [LIMITS_TABLE | METRICS_TABLE | NATS_TABLE | SERVICES_TABLE] | [SERVICES_TABLE, _]
    )
}

fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Float(number) => Some(number.to_string()),
        DeValue::Boolean(word) => Some(word.to_string()),
        DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

/// The file that was asked for in the environment.
pub(super) fn asked_in_environment() -> Option<PathBuf> {
    env::var_os("AEGIS_CONFIG")
        .filter(|path| !path.is_empty())
        .map(PathBuf::from)
}
