//! One part of a page: words, tables, and what they were measured for.

use std::fmt::Write as _;

use super::target::Target;

/// One part of a page.
#[derive(Debug)]
pub(in super::super) struct Section {
    pub(super) title: &'static str,
    /// What was done, in words.
    pub(super) method: String,
    pub(super) tables: Vec<Table>,
    pub(super) targets: Vec<Target>,
}

impl Section {
    /// As Markdown, which is also what a terminal shows.
    pub(in super::super) fn text(&self) -> String {
        let mut text = format!("## {}\n\n{}\n", self.title, self.method);
        for table in &self.tables {
            let _ = write!(text, "\n{}", table.markdown());
        }
        text
    }
}

/// A table: a first column of words, and figures.
#[derive(Debug)]
pub(super) struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(header: &[&str]) -> Self {
        Self {
            header: header.iter().map(ToString::to_string).collect(),
            rows: Vec::new(),
        }
    }

    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    pub(super) fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let mut text = line(&self.header);
        text.push_str("|---|");
        text.push_str(&"--:|".repeat(self.header.len().saturating_sub(1)));
        text.push('\n');
        for row in &self.rows {
            text.push_str(&line(row));
        }
        text
    }
}

/// A figure with so many digits, or a dash where there is none.
pub(super) fn figure(value: Option<f64>, digits: usize) -> String {
    match value.filter(|value| value.is_finite()) {
        Some(value) => grouped(&format!("{value:.digits$}")),
        None => "-".to_owned(),
    }
}

/// 1234567.8 as 1,234,567.8.
fn grouped(number: &str) -> String {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let mut text = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_grouped() {
        assert_eq!(figure(Some(1_234_567.89), 1), "1,234,567.9");
        assert_eq!(figure(Some(999.0), 0), "999");
        assert_eq!(figure(Some(1000.0), 0), "1,000");
        assert_eq!(figure(None, 2), "-");
        assert_eq!(figure(Some(f64::NAN), 2), "-");
    }

    #[test]
    fn a_table_has_a_first_column_of_words() {
        let mut table = Table::new(&["what", "x"]);
        table.row(["a".to_owned(), "1".to_owned()]);
        assert_eq!(table.markdown(), "| what | x |\n|---|--:|\n| a | 1 |\n");
    }
}
