//! What was asked for, beside what was measured.

use super::section::figure;

/// A figure that was asked for.
#[derive(Debug)]
pub(super) struct Target {
    what: String,
    bound: Bound,
    /// As shown: digits after the point, and the unit with its space.
    digits: usize,
    unit: &'static str,
    measured: Option<f64>,
}

#[derive(Debug, Clone, Copy)]
enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

/// What became of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Met,
    NotMet,
    /// Not measured at all, or not at the size that was asked for.
    NotMeasured,
}

impl Target {
    pub(super) fn at_least(what: impl Into<String>, bound: f64, measured: Option<f64>) -> Self {
        Self::new(what.into(), Bound::AtLeast(bound), measured)
    }

    pub(super) fn at_most(what: impl Into<String>, bound: f64, measured: Option<f64>) -> Self {
        Self::new(what.into(), Bound::AtMost(bound), measured)
    }

    fn new(what: String, bound: Bound, measured: Option<f64>) -> Self {
        Self {
            what,
            bound,
            digits: 2,
            unit: "",
            measured: measured.filter(|value| value.is_finite()),
        }
    }

    /// How it is shown.
    pub(super) fn shown(mut self, digits: usize, unit: &'static str) -> Self {
        (self.digits, self.unit) = (digits, unit);
        self
    }

    pub(super) fn verdict(&self) -> Verdict {
        let is_met = match (self.bound, self.measured) {
            (_, None) => return Verdict::NotMeasured,
            (Bound::AtLeast(bound), Some(value)) => value >= bound,
            (Bound::AtMost(bound), Some(value)) => value <= bound,
        };
        if is_met {
            Verdict::Met
        } else {
            Verdict::NotMet
        }
    }

    pub(super) fn cells(&self) -> [String; 4] {
        let shown = |value| format!("{}{}", figure(Some(value), self.digits), self.unit);
        let asked = match self.bound {
            Bound::AtLeast(bound) => format!("at least {}", shown(bound)),
            Bound::AtMost(0.0) => "none".to_owned(),
            Bound::AtMost(bound) => format!("at most {}", shown(bound)),
        };
        let verdict = match self.verdict() {
            Verdict::Met => "met",
            Verdict::NotMet => "**not met**",
            Verdict::NotMeasured => "not measured",
        };
        let measured = self.measured.map_or_else(|| "-".to_owned(), shown);
        [self.what.clone(), asked, measured, verdict.to_owned()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_met_when_it_is_reached() {
        for (target, verdict) in [
            (Target::at_least("a", 1.2, Some(1.2)), Verdict::Met),
            (Target::at_least("a", 1.2, Some(1.19)), Verdict::NotMet),
            (Target::at_most("a", 0.7, Some(0.7)), Verdict::Met),
            (Target::at_most("a", 0.7, Some(0.71)), Verdict::NotMet),
            (Target::at_most("a", 0.7, None), Verdict::NotMeasured),
            (
                Target::at_most("a", 0.7, Some(f64::NAN)),
                Verdict::NotMeasured,
            ),
        ] {
            assert_eq!(target.verdict(), verdict, "{target:?}");
        }
    }

    #[test]
    fn what_is_not_met_stands_out() {
        let [.., verdict] = Target::at_most("lost", 0.0, Some(3.0)).cells();
        assert_eq!(verdict, "**not met**");
    }
}
