//! Is a router there, is it the only one, and who stands by?

use aegis_wire::event::Presence;

use super::finding::Finding;

const CHECK: &str = "router";

/// What came back on a subject that every router answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answered {
    /// A router answered.
    Yes,
    /// Nobody listens there.
    NoResponders,
    /// Somebody listens and says nothing.
    Silence,
    /// These credentials may not ask.
    Denied,
}

/// A router that said that it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    router: String,
    state: String,
    store: String,
    place: String,
}

impl Seen {
    /// Reads an announcement. `None`: anybody may publish there.
    pub(super) fn read(payload: &[u8]) -> Option<Self> {
        let said = Presence::decode(payload).ok()?;
        Some(Self {
            router: said.router.to_owned(),
            state: said.state.to_owned(),
            store: said.store.to_owned(),
            place: format!("process {} on {}", said.pid, said.host),
        })
    }

    fn named(&self) -> String {
        format!("{} ({})", self.router, self.place)
    }
}

/// `announced` in the order in which it came: the last word of each router counts.
pub(super) fn verdict(answered: Answered, announced: &[Seen]) -> Finding {
    let in_state = |state: &str| -> Vec<&Seen> {
        let last = |seen: &Seen| announced.iter().rev().find(|it| it.router == seen.router);
        let mut found: Vec<&Seen> = Vec::new();
        for seen in announced.iter().filter_map(last) {
            if seen.state == state && !found.contains(&seen) {
                found.push(seen);
            }
        }
        found
    };
    let (serving, standby) = (in_state(Presence::SERVING), in_state(Presence::STANDBY));
    if serving.len() > 1 {
        let who: Vec<String> = serving.iter().map(|it| it.named()).collect();
        return Finding::problem(CHECK, format!("several serve: {}", who.join(", ")))
            .todo("it ends by itself once they hear each other; if not, end all but one, and see that all may publish and subscribe on the presence subject");
    }
    let first = serving.first();
    match (answered, first) {
        (Answered::NoResponders, None) => {
            return Finding::problem(CHECK, "none listens, none says that it is there").todo(
                "start one: `aegis router`, on these servers with --nats; or check --prefix",
            );
        }
        (Answered::Silence, None) => {
            return Finding::problem(
                CHECK,
                "somebody listens where routers do, and does not answer",
            )
            .todo("look for what subscribes to the router's subjects, and start a router");
        }
        (Answered::NoResponders | Answered::Silence, Some(first)) => {
            let saw = format!(
                "{} says that it serves, and does not answer us",
                first.named()
            );
            return Finding::problem(CHECK, saw).todo("look at its log, and at its permissions");
        }
        (Answered::Denied, None) => {
            return Finding::could_not_look(
                CHECK,
                "these credentials may not ask, and none says that it is there",
            );
        }
        (Answered::Denied, Some(_)) | (Answered::Yes, _) => {}
    }
    let who = first.map_or_else(
        || "one answers".to_owned(),
        |it| format!("{} serves", it.named()),
    );
    if standby.is_empty() {
        return Finding::ok(CHECK, who);
    }
    let names: Vec<String> = standby.iter().map(|it| it.named()).collect();
    let saw = format!("{who}; standing by: {}", names.join(", "));
    match first {
        Some(first) if standby.iter().any(|it| it.store != first.store) => {
            Finding::warning(CHECK, format!("{saw}, with another data directory")).todo(
                "what is kept durably does not move to it: registrations come back by themselves, the rest does not",
            )
        }
        _ => Finding::ok(CHECK, saw),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    fn seen(router: &str, state: &str, store: &str) -> Seen {
        Seen {
            router: router.to_owned(),
            state: state.to_owned(),
            store: store.to_owned(),
            place: "process 1 on alpha".to_owned(),
        }
    }

    #[test]
    fn one_router_serves_and_others_stand_by() {
        let one = seen("a", Presence::SERVING, "s");
        let same = seen("b", Presence::STANDBY, "s");
        let other = seen("c", Presence::STANDBY, "t");
        let second = seen("d", Presence::SERVING, "s");
        let was = seen("a", Presence::LOOKING, "s");
        for (answered, announced, expected) in [
            (Answered::Yes, vec![], Verdict::Ok),
            (Answered::Yes, vec![one.clone(), one.clone()], Verdict::Ok),
            (Answered::Yes, vec![was, one.clone()], Verdict::Ok),
            (Answered::Yes, vec![one.clone(), same], Verdict::Ok),
            (Answered::Yes, vec![one.clone(), other], Verdict::Warning),
            (Answered::Yes, vec![one.clone(), second], Verdict::Problem),
            (Answered::NoResponders, vec![], Verdict::Problem),
            (Answered::NoResponders, vec![one.clone()], Verdict::Problem),
            (Answered::Silence, vec![], Verdict::Problem),
            (Answered::Denied, vec![], Verdict::CouldNotLook),
            (Answered::Denied, vec![one], Verdict::Ok),
        ] {
            let found = verdict(answered, &announced);
            assert_eq!(found.verdict, expected, "{answered:?} {announced:?}");
        }
    }
}
