//! The words of a line, and what they mean.

use std::time::Duration;

/// What is left of a line.
pub(crate) struct Words<'a>(Vec<&'a str>);

impl<'a> Words<'a> {
    pub(crate) fn new(line: &'a str) -> Words<'a> {
        let mut words: Vec<&str> = line.split_whitespace().collect();
        words.reverse();
        Words(words)
    }

    /// Takes the next word if it is this one.
    pub(crate) fn take(&mut self, word: &str) -> bool {
        let there = self.0.last() == Some(&word);
        if there {
            self.0.pop();
        }
        there
    }

    pub(crate) fn next(&mut self) -> Option<&'a str> {
        self.0.pop()
    }

    pub(crate) fn need(&mut self, what: &str) -> Result<&'a str, String> {
        self.next().ok_or_else(|| format!("{what} is missing"))
    }
}

/// `10ms`, `5s`, `1.5s`, with or without a plus sign.
pub(crate) fn span(text: &str) -> Result<Duration, String> {
    let bad = || format!("`{text}` is not a span of time");
    let digits = text.trim_start_matches('+');
    let (digits, unit) = match digits.strip_suffix("ms") {
        Some(digits) => (digits, 1_000_000.0),
        None => (digits.strip_suffix('s').ok_or_else(bad)?, 1e9),
    };
    let value: f64 = digits.parse().map_err(|_| bad())?;
    Ok(Duration::from_nanos((value * unit).round() as u64))
}

/// A span as short as it can be written: `30s`, `1.5s`, `12ms`.
pub(crate) fn spell(span: Duration) -> String {
    let millis = span.as_nanos() as f64 / 1e6;
    if millis >= 1000.0 || millis == 0.0 {
        format!("{}s", millis / 1000.0)
    } else {
        format!("{millis}ms")
    }
}

pub(crate) fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is not a number"))
}

/// `orders/a`: service and id.
pub(crate) fn place(text: &str) -> Result<(&str, &str), String> {
    text.split_once('/')
        .ok_or_else(|| format!("`{text}` is not service/instance"))
}
