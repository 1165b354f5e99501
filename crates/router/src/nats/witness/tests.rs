use super::*;

const INBOXES: [&str; 3] = ["ipc.inbox.s.a.1", "ipc.inbox.s.b.1", "ipc.inbox.s.c.1"];

fn at(millis: u64) -> Instant {
    Instant::from_origin(Duration::from_millis(millis))
}

fn place(connection: u64) -> Place {
    Place {
        server: "SERVER".into(),
        connection,
    }
}

fn keys() -> [InstanceKey; 3] {
    [1, 2, 3].map(|number| InstanceKey::from_bits(1 << 32 | number))
}

fn seeking_all() -> Witness {
    let mut witness = Witness::default();
    for (key, inbox) in keys().into_iter().zip(INBOXES) {
        witness.seek(key, inbox);
    }
    witness
}

fn questions(witness: &mut Witness, now: Instant) -> Vec<Box<str>> {
    std::iter::from_fn(|| witness.take_question(now)).collect()
}

#[test]
fn one_answer_finds_everybody_on_the_connection() {
    let mut witness = seeking_all();
    assert_eq!(questions(&mut witness, at(0)).len(), 3);
    witness.on_found(&place(7), INBOXES[..2].iter().copied());
    witness.on_found(&place(8), ["_INBOX.x.*", INBOXES[2]].into_iter());
    assert_eq!((witness.known(), witness.next_deadline()), (3, None));
    assert_eq!(witness.on_disconnected(&place(7)), keys()[..2]);
    assert_eq!(witness.on_disconnected(&place(7)), []);
    assert_eq!(witness.on_disconnected(&place(8)), keys()[2..]);
}

#[test]
fn whoever_moves_lives_where_it_was_found_last() {
    let mut witness = seeking_all();
    questions(&mut witness, at(0));
    witness.on_found(&place(7), INBOXES.into_iter());
    witness.seek(keys()[0], INBOXES[0]);
    assert_eq!(questions(&mut witness, at(0)), [INBOXES[0].into()]);
    witness.on_found(&place(9), INBOXES.into_iter());
    assert_eq!(witness.on_disconnected(&place(7)), keys()[1..]);
    assert_eq!(witness.on_disconnected(&place(9)), keys()[..1]);
}

#[test]
fn who_is_not_found_is_asked_for_a_few_times() {
    let mut witness = Witness::default();
    witness.seek(keys()[0], INBOXES[0]);
    let mut asked = 0;
    let mut now = at(0);
    loop {
        asked += questions(&mut witness, now).len();
        let Some(due) = witness.next_deadline() else {
            break;
        };
        now = due;
        witness.on_timer(now);
    }
    assert_eq!(asked, MAX_TRIES as usize);
    assert!(witness.sought.is_empty() && witness.queue.is_empty());
}

#[test]
fn no_more_than_so_many_questions_are_open() {
    let mut witness = Witness::default();
    for number in 0..100 {
        let key = InstanceKey::from_bits(1 << 32 | number);
        witness.seek(key, &format!("ipc.inbox.s.i{number}.1"));
    }
    assert_eq!(questions(&mut witness, at(0)).len(), MAX_OPEN);
}

#[test]
fn after_an_outage_everybody_is_asked_for_anew() {
    let mut witness = seeking_all();
    witness.on_found(&place(7), INBOXES[..2].iter().copied());
    assert_eq!(questions(&mut witness, at(0)), [INBOXES[2].into()]);
    witness.on_lost();
    let mut asked = questions(&mut witness, at(1));
    asked.sort();
    assert_eq!(asked, INBOXES.map(Box::from));
    assert_eq!(witness.on_disconnected(&place(7)), []);
}

#[test]
fn who_is_forgotten_is_named_no_more() {
    let mut witness = seeking_all();
    witness.on_found(&place(7), INBOXES[..2].iter().copied());
    witness.forget(keys()[0]);
    witness.forget(keys()[2]);
    assert!(questions(&mut witness, at(0)).is_empty());
    assert_eq!(witness.on_disconnected(&place(7)), keys()[1..2]);
    assert!(witness.places.is_empty() && witness.residents.is_empty());
}

#[test]
fn one_that_moved_from_a_crashed_server_unheard_has_all_of_that_server_looked_for() {
    let mut witness = seeking_all();
    questions(&mut witness, at(0));
    witness.on_found(&place(7), INBOXES[..2].iter().copied());
    let elsewhere = Place {
        server: "OTHER".into(),
        connection: 7,
    };
    witness.on_found(&elsewhere, INBOXES[2..].iter().copied());
    // They are on `OTHER` as well now, and their old server told nobody. One of the three is checked
    // each time, so the third check finds it out at the latest.
    let mut now = at(0);
    for _ in 0..3 {
        witness.on_timer(now);
        now = witness.next_deadline().unwrap();
        witness.on_timer(now);
        let asked = questions(&mut witness, now);
        let moved: Vec<&str> = asked.iter().map(|inbox| &**inbox).collect();
        assert_eq!(moved.len(), 1, "{moved:?}");
        if moved[0] != INBOXES[2] {
            let place = Place {
                server: "OTHER".into(),
                connection: if moved[0] == INBOXES[0] { 8 } else { 9 },
            };
            witness.on_found(&place, moved.into_iter());
            let others = questions(&mut witness, now);
            assert_eq!(others.len(), 1, "{others:?}");
            assert!(INBOXES[..2].contains(&&*others[0]) && others[0] != asked[0]);
            return;
        }
        witness.on_found(&elsewhere, moved.into_iter());
    }
    panic!("nobody was checked");
}
