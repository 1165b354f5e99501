//! One figure out of several runs.

/// The middle one; of an even number the mean of the two in the middle. `None` without any.
pub fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *values.get(middle.checked_sub(1)?)?;
    Some(f64::midpoint(lower, upper))
}

/// The median of the ratios that the runs had one by one. The machine drifts between runs, less so
/// within one: that is why it is not the ratio of two medians. `None` unless there is a control
/// for every run.
pub fn ratio(ours: &[f64], control: &[f64]) -> Option<f64> {
    if ours.len() != control.len() {
        return None;
    }
    let pairs = ours.iter().zip(control);
    median(pairs.map(|(ours, control)| ours / control))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_one() {
        assert_eq!(median([]), None);
        assert_eq!(median([3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }

    #[test]
    fn ratios_are_taken_run_by_run() {
        assert_eq!(ratio(&[1.0, 20.0, 3.0], &[1.0, 10.0, 1.0]), Some(2.0));
        assert_eq!(ratio(&[1.0], &[]), None);
    }
}
