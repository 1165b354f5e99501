//! Driving the real switch: its contract, step by step, with the judge listening.

use std::time::Duration;

use aegis_nats::{ClosedBy, PeerId};

use super::{Action, LinkId, Net};
use crate::coverage::WEATHER;

/// The core's listing is compared after timers and closes, and once in so many other steps.
const LISTING_EVERY: u64 = 8;

/// What a connection that is cut may be told beyond its limit, in bytes.
const LAST_WORDS: usize = 64;

impl Net {
    pub(crate) fn accept(&mut self, id: LinkId) {
        if self.link(id).is_none_or(|link| !link.open_at_peer) {
            return;
        }
        if self.router_down_until > self.now {
            return self.refuse(id);
        }
        match self.router.switch.open(self.router_now()) {
            Ok(peer) => {
                self.by_peer.insert(peer, id);
                if let Some(link) = self.link(id) {
                    link.peer = Some(peer);
                }
            }
            Err(refused) => {
                self.judge
                    .accuse(format!("a connection was refused: {refused}"), None, None);
            }
        }
        self.after_switch(false);
    }

    pub(crate) fn bytes_arrive(&mut self, id: LinkId) {
        let (now, watch) = (self.now, self.watch());
        let Some(link) = self.links.get_mut(id.0 as usize) else {
            return;
        };
        let (Some(chunk), Some(peer)) = (link.up.pop_front(), link.peer) else {
            return;
        };
        let owner = link.owner;
        self.story.mix(&chunk);
        for said in link.ear_in.feed(&chunk) {
            let due = self.judge.heard(watch, id, owner, &said, &mut self.story);
            if let Some((within, call)) = due {
                self.judge.ends_by(call, now + within);
                self.schedule.at(now + within, Action::CallDue(call));
            }
        }
        self.router.switch.receive(self.router_now(), peer, &chunk);
        self.after_switch(false);
    }

    pub(crate) fn peer_closes(&mut self, id: LinkId) {
        let Some(link) = self.link(id) else {
            return;
        };
        let (Some(peer), owner, name) = (link.peer.take(), link.owner, link.name) else {
            return;
        };
        self.by_peer.remove(&peer);
        let text = format!("{name} connection: closed by peer, seen by the switch");
        self.tell(Some(owner), None, text);
        self.judge.closed(self.watch(), id, true);
        self.router
            .switch
            .closed(self.router_now(), peer, ClosedBy::Peer);
        self.after_switch(true);
    }

    pub(crate) fn switch_timer(&mut self) {
        let now = self.router_now();
        self.judge.wakes(now, self.router.switch.local().core());
        self.router.switch.on_timer(now);
        self.after_switch(true);
    }

    /// What follows every call of the switch: cuts, writes, and the judge's look at it.
    fn after_switch(&mut self, is_turning_point: bool) {
        let watch = self.watch();
        let core = self.router.switch.local().core();
        let (trust, since) = core.trust();
        let since = self.on_watch(since.since_origin());
        self.judge.look(watch, core, (trust, since));
        let (mut dirty, mut cuts) = (Vec::new(), Vec::new());
        self.router.switch.take_cuts(&mut cuts);
        let cut: Vec<LinkId> = cuts
            .iter()
            .filter_map(|(peer, _)| self.by_peer.get(peer).copied())
            .collect();
        for id in &cut {
            self.judge.closed(self.watch(), *id, false);
        }
        self.router.switch.take_dirty(&mut dirty);
        for peer in dirty {
            if let Some(id) = self.by_peer.get(&peer).copied() {
                self.overhear(id, peer);
                self.write(id, peer);
            }
        }
        for (peer, reason) in cuts {
            let Some(id) = self.by_peer.remove(&peer) else {
                continue;
            };
            self.overhear(id, peer);
            self.write(id, peer);
            let after = self.chance.micros(10, 500);
            let unheard_until = self.unheard_until(id);
            let Some(link) = self.link(id) else { continue };
            link.peer = None;
            let (owner, name) = (link.owner, link.name);
            let lost_at = (link.down_last + after).max(unheard_until);
            self.tell(
                Some(owner),
                None,
                format!("{name} connection: cut by the switch, {reason}"),
            );
            self.schedule
                .at(lost_at.max(self.now), Action::LostAtPeer(id));
            self.router
                .switch
                .closed(self.router_now(), peer, ClosedBy::Us);
        }
        self.check(is_turning_point);
    }

    fn check(&mut self, is_turning_point: bool) {
        if let Err(broken) = self.router.switch.check_invariants() {
            self.judge.accuse(broken, None, None);
        }
        self.router.switch.local().check_invariants();
        self.judge.settled();
        let now = self.router_now();
        let due = self.router.switch.next_deadline();
        let is_late = due.is_some_and(|due| due <= now);
        let core = self.router.switch.local().core();
        self.judge.examine(now, core, is_late);
        // Listings are long and change seldom.
        if self.events.is_multiple_of(LISTING_EVERY) || is_turning_point {
            let watch = self.watch();
            self.judge
                .compare_listing(watch, core, is_late, &mut self.story);
        }
    }

    /// The judge hears what is new in what waits for a connection.
    fn overhear(&mut self, id: LinkId, peer: PeerId) {
        let now = self.watch();
        let waiting = self.router.switch.output(peer);
        let Some(link) = self.links.get_mut(id.0 as usize) else {
            return;
        };
        let new = waiting.get(link.overheard..).unwrap_or_default();
        link.overheard = waiting.len();
        if waiting.len() > self.plan.max_pending + LAST_WORDS {
            let text = format!("{} bytes wait for one connection", waiting.len());
            self.judge.accuse(text, None, Some(link.owner));
        }
        self.story.mix(new);
        match link.ear_out.feed(new) {
            Ok(said) => {
                for said in &said {
                    self.judge
                        .said(now, (id, link.owner), said, &mut self.story);
                }
            }
            Err(error) => {
                self.judge
                    .accuse(format!("the switch wrote nonsense: {error}"), None, None);
            }
        }
    }

    pub(crate) fn writable(&mut self, id: LinkId) {
        if let Some(peer) = self.links.get(id.0 as usize).and_then(|link| link.peer) {
            self.write(id, peer);
        }
    }

    /// As much as there is room for goes to the peer.
    fn write(&mut self, id: LinkId, peer: PeerId) {
        let now = self.now;
        let Some(link) = self.links.get_mut(id.0 as usize) else {
            return;
        };
        let owner = self.processes.get(link.owner.0 as usize);
        let is_slow = owner.is_some_and(|process| process.slow_until > now);
        let unheard_until = owner.map_or(Duration::ZERO, |process| process.unheard_until);
        loop {
            let waiting = self.router.switch.output(peer);
            let room = self.plan.window.saturating_sub(link.down_bytes);
            let most = waiting.len().min(room);
            if most == 0 {
                return;
            }
            let len = if self.chance.percent(70) {
                most
            } else {
                self.chance.between(1, most as u64) as usize
            };
            let chunk = waiting.get(..len).unwrap_or_default().to_vec();
            let delay = match (is_slow, self.chance.percent(97)) {
                (true, _) => self.chance.millis(20, 120),
                (false, true) => self.chance.micros(10, 400),
                (false, false) => self.chance.millis(1, 20),
            };
            if unheard_until > now {
                self.met.count("weather", WEATHER[6]);
            }
            link.down_last = link.down_last.max(now + delay).max(unheard_until);
            link.down_bytes += len;
            link.overheard -= len;
            link.down.push_back(chunk);
            self.schedule.at(link.down_last, Action::ToPeer(id));
            self.router.switch.wrote(peer, len);
        }
    }
}
