//! What the switch is told, as the judge overhears it.

use std::time::Duration;

use aegis_types::{Lifecycle, SelfReport};
use aegis_wire::call::{InstanceReply, ReplyKind, RouteRequest};
use aegis_wire::instance::{HeartbeatRequest, UnregisterRequest};
use aegis_wire::{Inbound, Inbox};

use super::{Judge, Life, Name};
use crate::net::{ClientSaid, Letter, LinkId};
use crate::story::{CallNo, ProcId, Story};

impl Judge {
    /// Bytes of `owner` are about to be received by the switch. Answers within what span a call
    /// that began with them must be answered.
    pub(crate) fn heard(
        &mut self,
        now: Duration,
        link: LinkId,
        owner: ProcId,
        said: &ClientSaid,
        story: &mut Story,
    ) -> Option<(Duration, CallNo)> {
        let letter = match said {
            ClientSaid::Subscribed(subject) => {
                self.on_subscribed(now, link, owner, subject);
                return None;
            }
            ClientSaid::Letter(letter) => letter,
        };
        let subjects = self.subjects.clone();
        match subjects.parse(&letter.subject)? {
            Inbound::Route { .. } => {
                let due = self.on_request(now, letter);
                let no = due.map(|(_, no)| no);
                story.tell(now, Some(owner), no, "a call reaches the switch".to_owned());
                return due;
            }
            Inbound::Register { .. } => {
                if let Some(life) = self.lives.get_mut(&owner) {
                    life.asked_on = Some(link);
                    life.asked_at = now;
                    life.is_asking = true;
                    (life.is_taken, life.found_gone) = (false, false);
                    story.tell(now, Some(owner), None, "asks to be registered".to_owned());
                }
            }
            Inbound::Heartbeat { .. } => self.on_heartbeat(now, link, owner, letter),
            Inbound::Unregister { .. } => self.on_unregister(now, owner, letter, story),
            Inbound::Response { .. } => self.on_response(now, owner, letter, story),
            // Nobody in the simulation asks for what is not there yet.
            Inbound::Admin { .. }
            | Inbound::Resource { .. }
            | Inbound::Role { .. }
            | Inbound::Outcome { .. }
            | Inbound::MessageStatus
            | Inbound::AckResponse => {}
        }
        None
    }

    fn on_subscribed(&mut self, now: Duration, link: LinkId, owner: ProcId, subject: &str) {
        match self.subjects.parse_inbox(subject) {
            Some(Inbox::Native { .. }) => {
                if let Some(life) = self.lives.get_mut(&owner) {
                    if life.inboxes.is_empty() {
                        life.inbox_since = now;
                    }
                    life.inboxes.push(link);
                }
            }
            Some(Inbox::Legacy { instance }) => {
                let links = self.legacy_inboxes.entry(instance.to_owned()).or_default();
                links.push(link);
            }
            None => {}
        }
    }

    fn on_request(&mut self, now: Duration, letter: &Letter) -> Option<(Duration, CallNo)> {
        let token = letter.reply.as_deref()?.rsplit('.').next()?;
        let no = CallNo::from_trace_id(token)?;
        let service = self.call(no)?.made.service.clone();
        let knows_methods = self.lives.values().any(|life| {
            life.is_native && life.granted_at.is_some() && life.name.service == service
        });
        let call = self.call_mut(no)?;
        call.arrived = Some(now);
        call.knows_methods = knows_methods;
        // As it travels: in whole milliseconds.
        if let Ok(Some(timeout)) = RouteRequest::decode(&letter.payload).map(|r| r.timeout) {
            call.made.timeout = timeout;
        }
        let within = call.made.timeout;
        self.budgets.called(&service);
        self.open.insert(no);
        Some((within, no))
    }

    /// A heartbeat is evidence only with the token that was given to exactly this life.
    fn on_heartbeat(&mut self, now: Duration, link: LinkId, owner: ProcId, letter: &Letter) {
        let (Ok(request), Some(life)) = (
            HeartbeatRequest::decode(&letter.payload),
            self.lives.get_mut(&owner),
        ) else {
            return;
        };
        let is_its_own = match request.native {
            Some(native) => {
                native.incarnation == life.name.incarnation
                    && Some(native.lease_token.bits()) == life.token
            }
            None => !life.is_native,
        };
        // One that nobody knows any more is adopted by it.
        let is_adopted = !life.is_native;
        if !is_its_own || !(life.is_registered || is_adopted) {
            return;
        }
        life.last_heartbeat = now;
        life.last_frame = now;
        // A native one moves by registering alone: what was held on an old connection says nothing.
        if !life.is_native {
            life.lifeline = Some(link);
        }
        let drains = request
            .native
            .is_some_and(|native| native.lifecycle == Lifecycle::Draining);
        life.said_draining = drains;
        life.said_unwell = request.status == SelfReport::Unhealthy;
        life.draining_since = drains.then(|| life.draining_since.unwrap_or(now));
        if !life.is_native {
            let name = life.name.clone();
            self.heartbeat_of_id(now, &name);
        }
    }

    /// A legacy heartbeat does not say which life it is of: it counts for whichever has the id.
    fn heartbeat_of_id(&mut self, now: Duration, name: &Name) {
        for life in self.of_id(name) {
            (life.last_heartbeat, life.last_frame) = (now, now);
        }
    }

    /// A reply is a sign of life. A legacy process that has taken over an inbox and did not register
    /// yet replies for the life that has its id.
    fn note_reply(&mut self, now: Duration, owner: ProcId) {
        let Some(life) = self.lives.get_mut(&owner) else {
            return;
        };
        life.last_frame = now;
        if !life.is_native && !life.is_registered {
            let name = life.name.clone();
            self.of_id(&name).for_each(|life| life.last_frame = now);
        }
    }

    /// The legacy lives that are registered under an id.
    fn of_id(&mut self, name: &Name) -> impl Iterator<Item = &mut Life> {
        self.lives.values_mut().filter(|life| {
            !life.is_native
                && life.is_registered
                && life.name.service == name.service
                && life.name.id == name.id
        })
    }

    fn on_unregister(&mut self, now: Duration, owner: ProcId, letter: &Letter, story: &mut Story) {
        let (Ok(request), Some(life)) = (
            UnregisterRequest::decode(&letter.payload),
            self.lives.get_mut(&owner),
        ) else {
            return;
        };
        let token = request.native.map(|native| native.lease_token.bits());
        if token == life.token {
            life.is_registered = false;
            life.is_welcomed = false;
            story.tell(now, Some(owner), None, "deregisters".to_owned());
        }
    }

    fn on_response(&mut self, now: Duration, owner: ProcId, letter: &Letter, story: &mut Story) {
        let reply = InstanceReply::decode(&letter.payload);
        self.note_reply(now, owner);
        let Some(life) = self.lives.get_mut(&owner) else {
            return;
        };
        if reply
            .as_ref()
            .is_ok_and(|reply| reply.kind == ReplyKind::ProbeAck)
        {
            // The answer to a probe of before it left, say: that says nothing of its new registration.
            if life
                .probe
                .take_if(|probe| *probe == letter.subject)
                .is_none()
            {
                return story.tell(now, Some(owner), None, "answers a probe, late".to_owned());
            }
            life.probed_at = Some(now);
            life.is_welcomed = true;
            // Registered with this, also if the answer to its registration is lost.
            let registers = life.is_asking && life.is_taken && !life.is_closed;
            story.tell(now, Some(owner), None, "answers a probe".to_owned());
            if registers {
                self.granted(now, owner, None);
            }
            return;
        }
        let is_registered = life.is_registered;
        let Some((no, index)) = self.attempts.get(&letter.subject).copied() else {
            return;
        };
        let is_open = self.open.contains(&no);
        let doubled = format!("{no}: the same again reaches the switch");
        let Some(attempt) = self
            .calls
            .get_mut(no.0 as usize)
            .and_then(|call| call.attempts.get_mut(index))
        else {
            return;
        };
        if std::mem::replace(&mut attempt.is_replied, true) {
            return story.tell(now, Some(owner), Some(no), doubled);
        }
        let what = match reply {
            Ok(reply) if reply.kind == ReplyKind::Refused => {
                attempt.is_refused = !attempt.is_over;
                "a refusal"
            }
            Ok(reply) if reply.success => {
                if is_open && is_registered && !attempt.is_over {
                    self.must_be_answered.push(no);
                }
                "a success"
            }
            Ok(_) => {
                attempt.is_failed = !attempt.is_over;
                "an error"
            }
            Err(_) => "nonsense",
        };
        attempt.is_over = true;
        story.tell(
            now,
            Some(owner),
            Some(no),
            format!("{no}: {what} reaches the switch"),
        );
    }
}
