//! Whether the broker says that nobody listens.

use super::finding::Finding;
use super::probe::Unanswered;

const CHECK: &str = "no responders";

/// `answer`: what came back from a subject of our own that we do not listen on.
pub(super) fn verdict(answer: &Result<Vec<u8>, Unanswered>) -> Finding {
    match answer {
        Err(Unanswered::NoResponders) => {
            Finding::ok(CHECK, "the broker says at once that nobody listens")
        }
        Err(Unanswered::Denied) => {
            Finding::could_not_look(CHECK, "these credentials may not publish to an inbox")
        }
        Err(Unanswered::Lost) => Finding::could_not_look(CHECK, "the connection was lost"),
        Ok(_) | Err(Unanswered::Silence) => Finding::problem(
            CHECK,
            "a message that reaches nobody is lost in silence: failures are seen by timeouts alone",
        )
        .todo("look for a subscription to `>` or `_INBOX.>`, or for a proxy that drops headers; nats-server 2.2 and later can do it"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    #[test]
    fn silence_is_the_problem() {
        for (answer, expected) in [
            (Err(Unanswered::NoResponders), Verdict::Ok),
            (Err(Unanswered::Silence), Verdict::Problem),
            (Ok(Vec::new()), Verdict::Problem),
            (Err(Unanswered::Denied), Verdict::CouldNotLook),
            (Err(Unanswered::Lost), Verdict::CouldNotLook),
        ] {
            assert_eq!(verdict(&answer).verdict, expected, "{answer:?}");
        }
    }
}
