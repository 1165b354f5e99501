//! Any text as a configuration file under any environment.
//!
//! Input: lines `NAME=VALUE` up to a line `---`, then the file. Whatever it says, it is either
//! settled, each setting with a value and its source, or refused with texts that name the place of
//! what is wrong and never the secret in an address.

use std::ffi::OsString;
use std::path::Path;

use aegis_cli::{Accepted, Refused, judge};

const FILE: &str = "aegis.toml";
const SECRET: &str = "hunter2";

/// The target.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (variables, file) = text.split_once("---\n").unwrap_or(("", text));
    let variables: Vec<(&str, &str)> = variables
        .lines()
        .filter_map(|line| line.split_once('='))
        .collect();
    let given = variables
        .iter()
        .map(|(name, value)| (OsString::from(name), OsString::from(value)));
    let verdict = judge(Path::new(FILE), file, given.clone());
    match &verdict {
        Ok(settings) => check_settled(settings),
        Err(problems) => check_refused(problems, &variables),
    }
    // The same is judged the same: nothing hangs on the order of a hash table.
    assert_eq!(judge(Path::new(FILE), file, given), verdict);
}

fn check_settled(settings: &[Accepted]) {
    for setting in settings {
        assert!(!setting.key.is_empty() && !setting.source.is_empty());
        let twice = settings.iter().filter(|other| other.key == setting.key);
        assert_eq!(twice.count(), 1, "{}", setting.key);
    }
}

fn check_refused(problems: &[Refused], variables: &[(&str, &str)]) {
    assert!(!problems.is_empty(), "refused for no reason");
    for problem in problems {
        let message = &problem.message;
        let in_file = message.contains(&format!("{FILE}:"));
        let in_environment = variables.iter().any(|(name, _)| message.contains(name));
        // A value that was set may break a relation between two that were not.
        let by_relation = problem.code == "DOES_NOT_FIT";
        assert!(in_file || in_environment || by_relation, "where? {message}");
        assert!(problem.hint.as_ref().is_none_or(|hint| !hint.is_empty()));
        let names_server = message.starts_with("`server`");
        assert!(!(names_server && message.contains(SECRET)), "{message}");
    }
}
