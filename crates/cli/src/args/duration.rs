//! Spans as people write them: `500ms`, `5s`, `1m30s`.

use std::time::Duration;

use jiff::SignedDuration;

/// Reads a span. A bare number is refused: whoever typed it may have meant another unit.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let span: SignedDuration = text
        .parse()
        .map_err(|_| "write a number with a unit, such as `500ms`, `5s` or `1m30s`".to_owned())?;
    Duration::try_from(span).map_err(|_| "must not be negative".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_units() {
        assert_eq!(parse("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse("5s"), Ok(Duration::from_secs(5)));
        assert_eq!(parse("1m30s"), Ok(Duration::from_secs(90)));
        assert!(parse("5").is_err());
        assert!(parse("-5s").is_err());
        assert!(parse("soon").is_err());
    }
}
