//! What a check found, in words and as data.

use serde::Serialize;

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    /// Nothing to do.
    Ok,
    /// It works, and something is better done before it does not.
    Warning,
    /// Something does not work, or will not when it matters.
    Problem,
    /// The check could not be made.
    CouldNotLook,
}

/// One line of the result. Field names are stable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// Which check.
    pub(super) check: &'static str,
    /// What it is about, where a check looks at several things.
    pub(super) about: Option<String>,
    /// How it is.
    pub(super) verdict: Verdict,
    /// What it saw, in one line.
    pub(super) saw: String,
    /// What to do.
    pub(super) todo: Option<String>,
}

/// Something is wrong, and nobody has said yet what to do about it: that makes a finding of it.
#[derive(Debug)]
#[must_use]
pub(super) struct Untold(Finding);

impl Untold {
    /// Says what to do.
    pub(super) fn todo(self, what: impl Into<String>) -> Finding {
        self.0.todo(what)
    }
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "PROBLEM",
            Self::CouldNotLook => "no look",
        }
    }
}

impl Finding {
    pub(super) fn ok(check: &'static str, saw: impl Into<String>) -> Self {
        Self::new(check, Verdict::Ok, saw)
    }

    pub(super) fn warning(check: &'static str, saw: impl Into<String>) -> Untold {
        Untold(Self::new(check, Verdict::Warning, saw))
    }

    pub(super) fn problem(check: &'static str, saw: impl Into<String>) -> Untold {
        Untold(Self::new(check, Verdict::Problem, saw))
    }

    pub(super) fn could_not_look(check: &'static str, why: impl Into<String>) -> Self {
        Self::new(check, Verdict::CouldNotLook, why)
    }

    fn new(check: &'static str, verdict: Verdict, saw: impl Into<String>) -> Self {
        Self {
            check,
            about: None,
            verdict,
            saw: saw.into(),
            todo: None,
        }
    }

    /// Says what it is about.
    #[must_use]
    pub(super) fn about(mut self, what: impl Into<String>) -> Self {
        self.about = Some(what.into());
        self
    }

    /// Says what to do.
    #[must_use]
    pub(super) fn todo(mut self, what: impl Into<String>) -> Self {
        self.todo = Some(what.into());
        self
    }

    fn title(&self) -> String {
        match &self.about {
            Some(about) => format!("{} {about}", self.check),
            None => self.check.to_owned(),
        }
    }
}

/// For people: a line per finding, and under it what to do.
pub(super) fn text(findings: &[Finding]) -> String {
    let width = findings.iter().map(|it| it.title().len()).max();
    let width = width.unwrap_or_default();
    let mut lines = Vec::new();
    for finding in findings {
        let (word, title) = (finding.verdict.word(), finding.title());
        lines.push(format!("{word:8} {title:width$}  {}", finding.saw));
        if let Some(todo) = &finding.todo {
            lines.push(format!("{:8} {:width$}  -> {todo}", "", ""));
        }
    }
    lines.join("\n")
}
