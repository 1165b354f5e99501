/// The file of seeds that are kept for good: a seed per line, and before it a comment that says
/// why.
pub const REGRESSIONS: &str = include_str!("../regressions.txt");

/// The seeds of such a file. A line that is neither a comment nor a number is an error that names
/// it.
pub fn regressions(text: &str) -> Result<Vec<u64>, String> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            line.parse()
                .map_err(|_| format!("regressions.txt: `{line}` is no seed"))
        })
        .collect()
}
