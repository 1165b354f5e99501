//! One thing in words: a name and a value per line.

use std::fmt::Write as _;

/// Lines of names and values, the values below each other.
pub(super) fn facts(facts: &[(&str, String)]) -> String {
    let width = facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (name, value) in facts {
        let _ = writeln!(text, "{name:width$}  {value}");
    }
    text.trim_end().to_owned()
}

/// Milliseconds as people read them: `420 ms`, `12 s`, `3 min`.
pub(super) fn span(ms: u64) -> String {
    match ms {
        0..10_000 => format!("{ms} ms"),
        10_000..600_000 => format!("{} s", ms / 1_000),
        _ => format!("{} min", ms / 60_000),
    }
}
