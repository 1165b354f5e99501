//! How much fits into one message.

use super::finding::Finding;

const CHECK: &str = "payload";

/// What NATS servers take unless somebody says otherwise, and services rely on.
const USUAL: usize = 1024 * 1024;

/// A registration with all its methods and metadata must fit, with room to spare.
const LEAST: usize = 64 * 1024;

/// `router` is what the router takes, if it says so.
pub(super) fn verdict(server: usize, router: Option<u64>) -> Finding {
    let router = router.and_then(|max| usize::try_from(max).ok());
    let max = router.map_or(server, |router| router.min(server));
    let saw = format!("at most {max} bytes in one message");
    let todo = "raise `max_payload` of the NATS servers to 1MB, all of them alike";
    if max < LEAST {
        Finding::problem(CHECK, format!("{saw}: a registration may not fit")).todo(todo)
    } else if max < USUAL {
        Finding::warning(CHECK, format!("{saw}, less than the usual {USUAL}")).todo(todo)
    } else {
        Finding::ok(CHECK, saw)
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    #[test]
    fn the_smaller_limit_counts() {
        for (server, router, expected) in [
            (USUAL, None, Verdict::Ok),
            (USUAL - 1, None, Verdict::Warning),
            (USUAL, Some(70_000), Verdict::Warning),
            (LEAST - 1, Some(1 << 30), Verdict::Problem),
        ] {
            assert_eq!(verdict(server, router).verdict, expected, "{server}");
        }
    }
}
