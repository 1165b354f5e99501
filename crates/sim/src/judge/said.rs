//! What the switch says, as the judge overhears it, at the instant at which it is written.

use std::time::Duration;

use aegis_nats::codec::status_code;
use aegis_wire::Inbox;
use aegis_wire::call::InboxMessage;
use aegis_wire::instance::{HeartbeatReply, RegisterReply, UnregisterReply};

use super::Judge;
use super::call::Attempt;
use crate::actors::{NOBODY, UNKNOWN_METHOD};
use crate::net::{Letter, LinkId, ServerSaid};
use crate::story::{CallNo, ProcId, Story};

impl Judge {
    pub(crate) fn said(
        &mut self,
        now: Duration,
        (link, to): (LinkId, ProcId),
        said: &ServerSaid,
        story: &mut Story,
    ) {
        let letter = match said {
            ServerSaid::Letter(letter) => letter,
            ServerSaid::Error(text) => {
                return story.tell(now, Some(to), None, format!("told -ERR '{text}'"));
            }
            ServerSaid::Ping | ServerSaid::Pong => return,
        };
        let subjects = self.subjects.clone();
        match subjects.parse_inbox(&letter.subject) {
            Some(inbox) => self.on_inbox_letter(now, to, &inbox, letter, story),
            None => self.on_answer_letter(now, (link, to), letter, story),
        }
    }

    fn on_answer_letter(
        &mut self,
        now: Duration,
        (link, to): (LinkId, ProcId),
        letter: &Letter,
        story: &mut Story,
    ) {
        let is_ours = !letter.subject.ends_with(NOBODY);
        if is_ours && letter.headers.as_deref().and_then(status_code) == Some(503) {
            let text = format!("{to} is told that no router listens, and one does");
            return self.accuse(text, None, Some(to));
        }
        let token = letter.subject.rsplit('.').next().unwrap_or_default();
        if let Some(no) = CallNo::from_trace_id(token) {
            // A connection that its process gave up may still be there for a moment, and hears all.
            let first = self
                .call_mut(no)
                .map(|call| *call.answered_on.get_or_insert(link));
            if first.is_some_and(|first| first != link) {
                return;
            }
            return self.on_call_answered(now, to, no, &letter.payload, story);
        }
        if token.starts_with("heartbeat")
            && let Ok(HeartbeatReply::Refused(refusal)) = HeartbeatReply::decode(&letter.payload)
        {
            self.met.count("code", refusal.error_code);
        }
        if !token.starts_with("register") {
            return;
        }
        let is_native = self.lives.get(&to).is_some_and(|life| life.is_native);
        let granted = match is_native {
            true => match RegisterReply::decode(&letter.payload) {
                Ok(RegisterReply::Granted(grant)) => Ok(Some(grant.lease_token.bits())),
                Ok(RegisterReply::Refused(refusal)) => Err(refusal.code.to_owned()),
                Err(error) => Err(error.to_string()),
            },
            false => match UnregisterReply::decode(&letter.payload) {
                Ok(UnregisterReply::Done) => Ok(None),
                Ok(UnregisterReply::Refused(refusal)) => Err(refusal.code.to_owned()),
                Err(error) => Err(error.to_string()),
            },
        };
        match granted {
            Ok(token) => {
                story.tell(now, Some(to), None, "is registered".to_owned());
                self.granted(now, to, token);
            }
            Err(why) => {
                if let Some(life) = self.lives.get_mut(&to) {
                    life.is_asking = false;
                }
                self.met.count("code", why.clone());
                story.tell(now, Some(to), None, format!("is not registered: {why}"));
            }
        }
    }

    fn on_inbox_letter(
        &mut self,
        now: Duration,
        to: ProcId,
        inbox: &Inbox<'_>,
        letter: &Letter,
        story: &mut Story,
    ) {
        let (Ok(InboxMessage::Call(call)), Some(response)) =
            (InboxMessage::decode(&letter.payload), &letter.reply)
        else {
            self.taken(now, to);
            if let Some(life) = self.lives.get_mut(&to) {
                life.probe.clone_from(&letter.reply);
            }
            return story.tell(now, Some(to), None, "is probed".to_owned());
        };
        let Some(no) = CallNo::from_trace_id(call.trace_id) else {
            return self.accuse("an attempt lost its trace id".to_owned(), None, Some(to));
        };
        let act = self.call(no).map(|call| call.made.act.to_string());
        if call.message_id != act.as_deref() {
            let text = format!("{no}: an attempt names another act");
            return self.accuse(text, Some(no), Some(to));
        }
        // Two connections of one process may subscribe for a moment: that is one attempt.
        if self.attempts.contains_key(response) {
            return;
        }
        let told = call.timeout_ms.map(Duration::from_millis);
        let wrong = self.wrong_with_attempt(now, to, no, inbox);
        let wrong = wrong.or_else(|| self.wrong_with_time(now, no, told?));
        if let Some(wrong) = wrong {
            self.accuse(format!("{no}: {wrong}"), Some(no), Some(to));
        }
        let registration = self.lives.get(&to).map_or(0, |life| life.registrations);
        self.count_attempt(now, to, no);
        let Some(of) = self.calls.get_mut(no.0 as usize) else {
            return;
        };
        of.attempts.push(Attempt {
            life: to,
            registration,
            is_replied: false,
            is_refused: false,
            is_over: false,
            is_failed: false,
            is_void: false,
        });
        let index = of.attempts.len() - 1;
        self.attempts.insert(response.clone(), (no, index));
        self.tally.rerouted += u32::from(index > 0);
        let text = format!("{no}: attempt {} is sent to {to}", call.attempt);
        story.tell(now, Some(to), Some(no), text);
    }

    /// The next attempt of a call, for those who count.
    fn count_attempt(&mut self, now: Duration, to: ProcId, no: CallNo) {
        let Some(call) = self.calls.get(no.0 as usize) else {
            return;
        };
        let before = call.attempts.last();
        // What no instance declares is for those who declare nothing.
        let is_offered = call.made.method != UNKNOWN_METHOD;
        let is_free = before.is_none() && call.made.excluded.is_empty() && is_offered;
        let must_pay = before.is_some_and(|before| !before.is_over || before.is_failed);
        self.turns.picked(&call.made.service, to, is_free);
        if must_pay {
            self.retried(now, no);
        }
    }

    /// An instance must not be told of more time than the caller waits.
    fn wrong_with_time(&self, now: Duration, no: CallNo, told: Duration) -> Option<String> {
        let call = self.call(no)?;
        let (until, ends) = (now + told, call.arrived? + call.made.timeout);
        let is_longer = until > ends + Duration::from_millis(1);
        is_longer.then(|| format!("told to be wanted until {until:?}, and ends at {ends:?}"))
    }

    fn wrong_with_attempt(
        &self,
        now: Duration,
        to: ProcId,
        no: CallNo,
        inbox: &Inbox<'_>,
    ) -> Option<String> {
        let call = self.call(no)?;
        let life = self.lives.get(&to)?;
        if !self.open.contains(&no) && !self.ended_now.contains(&no) {
            return Some(format!("sent to {to} though nobody waits for it"));
        }
        if call.made.excluded.contains(&life.name.id) {
            return Some(format!("sent to {to}, which its caller excluded"));
        }
        if let Inbox::Native { .. } = inbox {
            if !life.is_registered {
                return Some(format!("sent to {to}, which is not registered"));
            }
            if !life.is_welcomed {
                return Some(format!("sent to {to}, whose inbox has answered no probe"));
            }
            if life.is_closed {
                return Some(format!(
                    "sent to {to} after its lifeline was seen closed by its peer"
                ));
            }
            if call.attempts.iter().any(|attempt| attempt.life == to) {
                return Some(format!("sent to {to} for the second time"));
            }
        }
        if life.draining_since.is_some_and(|since| since < now) {
            return Some(format!("sent to {to}, which takes no more work"));
        }
        let followed = call
            .attempts
            .iter()
            .find(|attempt| !attempt.is_refused && !self.is_repeatable(call, attempt.life));
        if let Some(followed) = followed {
            return Some(format!(
                "sent again, to {to}, after an at_most_once attempt on {} that may have run",
                followed.life
            ));
        }
        if call.may_have_run() > 0 && !self.is_repeatable(call, to) {
            return Some(format!(
                "may have run, and is sent to {to}, which must not repeat it"
            ));
        }
        (call.may_have_run() >= call.made.max_instances())
            .then(|| format!("sent to {to}: more attempts than the caller allows"))
    }
}
