//! What these credentials may do. Everything is tried on subjects that nobody uses: of an instance or
//! a method that does not exist.

use aegis_types::Incarnation;
use aegis_wire::{REQUEST_QUEUE, Subjects};

use super::finding::Finding;
use super::probe::{Probe, nonce};
use crate::args::doctor::Job;

const CHECK: &str = "permissions";

/// Most subjects that one line names.
const NAMED: usize = 4;

/// What can be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Publish,
    Subscribe,
}

/// One thing that a job takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Need {
    act: Act,
    subject: String,
    /// Other jobs take it as well: it says nothing of which one is meant.
    is_shared: bool,
}

/// Tries what each job takes, and says what is refused.
pub(super) async fn look(
    probe: &Probe,
    subjects: &Subjects,
    service: &str,
    asked: &[Job],
) -> Vec<Finding> {
    let own = nonce();
    let inboxes = (probe.inbox("permissions"), probe.inbox_pattern());
    let jobs: Vec<(Job, Vec<Need>)> = Job::ALL
        .into_iter()
        .map(|job| (job, needs(job, subjects, (service, &own), &inboxes)))
        .collect();
    for need in jobs.iter().flat_map(|(_, needs)| needs) {
        match need.act {
            Act::Publish => {
                let reply = probe.inbox("permissions");
                let _ = probe
                    .connection
                    .publish(&need.subject, Some(&reply), None, b"");
            }
            Act::Subscribe => {
                let group = Some(REQUEST_QUEUE).filter(|_| is_request(need, subjects, &own));
                if let Ok(sid) = probe.connection.subscribe(&need.subject, group) {
                    probe.connection.unsubscribe(sid);
                }
            }
        }
    }
    if !probe.settle().await {
        return vec![Finding::could_not_look(CHECK, "the connection was lost")];
    }
    verdicts(&jobs, &probe.refusals(), asked)
}

/// Routers subscribe to requests in their queue group, which permissions may name. Not where others may
/// ask just now: of a request to a group, one member alone hears.
fn is_request(need: &Need, subjects: &Subjects, own: &str) -> bool {
    if !need.subject.contains(own) {
        return false;
    }
    subjects.parse(&need.subject).is_some_and(|inbound| {
        !matches!(
            inbound,
            aegis_wire::Inbound::Heartbeat { .. } | aegis_wire::Inbound::Response { .. }
        )
    })
}

/// What a job takes, for an instance of `service` that is not there. `inboxes`: where our own answers
/// come, one and all of them.
fn needs(
    job: Job,
    subjects: &Subjects,
    (service, own): (&str, &str),
    inboxes: &(String, String),
) -> Vec<Need> {
    let publish = |subject: String| (Act::Publish, subject);
    let subscribe = |subject: String| (Act::Subscribe, subject);
    let mut response = String::new();
    subjects.push_response(&mut response, own, 0);
    let inbox = subjects.inbox(service, own, Incarnation::from_bits(0));
    let acts = match job {
        Job::Caller => vec![
            publish(subjects.route(service, own)),
            subscribe(subjects.router_event()),
        ],
        Job::Instance => vec![
            publish(subjects.register(service, own)),
            publish(subjects.unregister(service, own)),
            publish(subjects.heartbeat(service, own)),
            publish(response),
            subscribe(inbox),
        ],
        Job::Operator => vec![
            publish(subjects.admin("doctor", own)),
            subscribe(subjects.instance_event(service, own)),
        ],
        Job::Router => {
            let listens = subjects.subscriptions(own).into_iter();
            let listens = listens.map(|(pattern, _)| subscribe(filled(&pattern, service, own)));
            let ack = subjects.ack(&uuid::Uuid::new_v4().to_string());
            listens
                .chain(ack.map(publish))
                .chain([
                    subscribe(subjects.presence()),
                    publish(subjects.presence()),
                    publish(subjects.router_event()),
                    publish(subjects.instance_event(service, own)),
                    publish(inbox),
                    publish(subjects.legacy_inbox(own)),
                    publish(inboxes.0.clone()),
                    // It asks which account it is in, to hear of the ends of connections there.
                    publish("$SYS.REQ.USER.INFO".to_owned()),
                ])
                .collect()
        }
    };
    let mut needs: Vec<Need> = acts
        .into_iter()
        .map(|(act, subject)| Need {
            act,
            subject,
            is_shared: false,
        })
        .collect();
    let mut shared = vec![subscribe(inboxes.1.clone())];
    if job == Job::Router {
        // For its own HTTP API it asks as an operator does, and listens to what callers hear.
        shared.push(publish(subjects.admin("doctor", own)));
        shared.push(subscribe(subjects.router_event()));
    }
    needs.extend(shared.into_iter().map(|(act, subject)| Need {
        act,
        subject,
        is_shared: true,
    }));
    needs
}

/// One subject that a pattern matches: the service in place of the first star, as where stars stand for
/// names, and somebody who does not exist in place of the rest.
fn filled(pattern: &str, service: &str, own: &str) -> String {
    let subject = pattern.replacen('*', service, 1);
    subject.replace(['*', '>'], own)
}

/// One line per job. What was `asked` for must be complete; without that, one of all jobs must be, and
/// one that is half granted is probably a mistake.
pub(super) fn verdicts(
    jobs: &[(Job, Vec<Need>)],
    refusals: &[String],
    asked: &[Job],
) -> Vec<Finding> {
    let missing = |needs: &[Need]| -> Vec<Need> {
        let refused = needs.iter().filter(|need| is_refused(need, refusals));
        refused.cloned().collect()
    };
    let some_job = jobs.iter().any(|(_, needs)| missing(needs).is_empty());
    let line = |(job, needs): &(Job, Vec<Need>)| {
        let missing = missing(needs);
        let own = needs.iter().filter(|need| !need.is_shared).count();
        let own_missing = missing.iter().filter(|need| !need.is_shared).count();
        let name = job.as_str();
        let finding = if missing.is_empty() {
            Finding::ok(CHECK, "everything it takes")
        } else if asked.contains(job) || (asked.is_empty() && !some_job) {
            Finding::problem(CHECK, format!("may not {}", named(&missing))).todo(format!(
                "grant it to whoever is {name} here; docs/operations/nats.md has the whole list"
            ))
        } else if asked.is_empty() && own_missing < own {
            Finding::warning(CHECK, format!("only in part: may not {}", named(&missing))).todo(
                format!(
                    "if these credentials are for being {name}, grant it; --job says which is meant"
                ),
            )
        } else {
            Finding::ok(CHECK, format!("not granted: may not {}", named(&missing)))
        };
        finding.about(name)
    };
    jobs.iter().map(line).collect()
}

fn is_refused(need: &Need, refusals: &[String]) -> bool {
    let words = match need.act {
        Act::Publish => "Publish",
        Act::Subscribe => "Subscription",
    };
    let words = format!("{words} to \"{}\"", need.subject);
    refusals.iter().any(|text| text.contains(&words))
}

fn named(missing: &[Need]) -> String {
    let word = |need: &Need| match need.act {
        Act::Publish => format!("publish {}", need.subject),
        Act::Subscribe => format!("subscribe {}", need.subject),
    };
    let mut words: Vec<String> = missing.iter().take(NAMED).map(word).collect();
    if missing.len() > NAMED {
        words.push(format!("{} more", missing.len() - NAMED));
    }
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    /// The page that lists what each job may do.
    const PAGE: &str = include_str!("../../../../../docs/operations/nats.md");

    fn need(act: Act, subject: &str, is_shared: bool) -> Need {
        Need {
            act,
            subject: subject.to_owned(),
            is_shared,
        }
    }

    /// Lists of subjects in the page: `publish: ["a", "b"]` of one user.
    fn granted(user: &str, act: &str) -> Vec<String> {
        let of_user = PAGE.split("user: ").find(|part| part.starts_with(user));
        let list = of_user.and_then(|part| part.split(&format!("{act}: [")).nth(1));
        let list = list.and_then(|rest| rest.split(']').next()).unwrap();
        let quoted = list.split('"').skip(1).step_by(2);
        quoted.map(str::to_owned).collect()
    }

    fn grants(pattern: &str, subject: &str) -> bool {
        let mut tokens = subject.split('.');
        let is_same = |wanted: &str| match (wanted, tokens.next()) {
            (_, None) => false,
            ("*" | ">", Some(_)) => true,
            (wanted, Some(token)) => wanted == token,
        };
        pattern.split('.').all(is_same) && (pattern.ends_with('>') || tokens.next().is_none())
    }

    #[test]
    fn everything_that_the_page_grants_to_a_router_is_tried_and_no_more() {
        let inboxes = ("_INBOX.x.it".to_owned(), "_INBOX.x.>".to_owned());
        let needs = needs(
            Job::Router,
            &Subjects::default(),
            ("orders", "own"),
            &inboxes,
        );
        for (act, word) in [(Act::Publish, "publish"), (Act::Subscribe, "subscribe")] {
            let granted = granted("router", word);
            assert!(granted.len() > 5, "{granted:?}");
            let tried: Vec<&str> = needs
                .iter()
                .filter(|need| need.act == act)
                .map(|need| need.subject.as_str())
                .collect();
            for pattern in &granted {
                let is_tried = tried.iter().any(|it| grants(pattern, it));
                assert!(is_tried, "{word} {pattern} is not tried: {tried:?}");
            }
            for subject in tried.iter().filter(|it| !it.ends_with('>')) {
                let is_granted = granted.iter().any(|it| grants(it, subject));
                assert!(is_granted, "{word} {subject} is not on the page");
            }
        }
    }

    #[test]
    fn what_is_missing_is_said_of_each_job() {
        let inbox = need(Act::Subscribe, "_INBOX.x.>", true);
        let caller = vec![
            need(Act::Publish, "ipc.route.request.a.b", false),
            inbox.clone(),
        ];
        let instance = vec![
            need(Act::Publish, "ipc.service.register.a.b", false),
            need(Act::Subscribe, "ipc.inbox.a.b.0", false),
            inbox,
        ];
        let jobs = [(Job::Caller, caller), (Job::Instance, instance)];
        let register = "'Permissions Violation for Publish to \"ipc.service.register.a.b\"'";
        let listen = "'Permissions Violation for Subscription to \"ipc.inbox.a.b.0\"'";
        let route = "'Permissions Violation for Publish to \"ipc.route.request.a.b\"'";
        use Verdict::{Ok, Problem, Warning};
        for (refused, asked, expected) in [
            (vec![], vec![], [Ok, Ok]),
            (vec![register], vec![], [Ok, Warning]),
            (vec![register, listen], vec![], [Ok, Ok]),
            (vec![register, listen], vec![Job::Instance], [Ok, Problem]),
            (vec![register, listen], vec![Job::Caller], [Ok, Ok]),
            (vec![register, listen, route], vec![], [Problem, Problem]),
            // A subscription is not a publish.
            (
                vec!["'Permissions Violation for Publish to \"ipc.inbox.a.b.0\"'"],
                vec![],
                [Ok, Ok],
            ),
        ] {
            let refusals: Vec<String> = refused.iter().map(|it| (*it).to_owned()).collect();
            let found = verdicts(&jobs, &refusals, &asked);
            let verdicts: Vec<Verdict> = found.iter().map(|it| it.verdict).collect();
            assert_eq!(verdicts, expected, "{refused:?} {asked:?}");
        }
    }
}
