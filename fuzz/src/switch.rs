//! Several connections that say anything, a clock that goes on, and a local peer that answers.
//!
//! Input: a history of opened and closed connections, received bytes, written bytes and time. After
//! every step the switch's invariants hold; all that it writes can be read; the local peer hears of
//! each change once and in order; when everybody is gone, nothing of them is left.

mod local;

use std::collections::BTreeMap;
use std::time::Duration;

use aegis_nats::codec::{DecodeError, Limits, ServerOpDecoder};
use aegis_nats::switch::{Switch, SwitchConfig, SwitchLimits};
use aegis_nats::{ClosedBy, PeerId};

use crate::script::Script;
use local::Mirror;

/// Small, so that short inputs reach their edges.
const LIMITS: SwitchLimits = SwitchLimits {
    protocol: Limits {
        max_control_line: 128,
        max_payload: 256,
    },
    max_connections: 3,
    max_subscriptions: 4,
    max_pending: 2048,
    max_pending_total: 4096,
    turn_budget: 8,
};

/// The target.
pub fn run(data: &[u8]) {
    let config = SwitchConfig {
        limits: LIMITS,
        ..SwitchConfig::default()
    };
    let mut bench = Bench {
        switch: Switch::new(config, Mirror::default()),
        now: Duration::from_secs(1),
        readers: BTreeMap::new(),
    };
    let mut script = Script::new(data);
    bench.open();
    while bench.step(&mut script).is_some() {
        bench.check();
    }
    bench.end();
}

struct Bench {
    switch: Switch<Mirror>,
    now: Duration,
    /// What came to each open connection and is not yet a whole operation.
    readers: BTreeMap<PeerId, Vec<u8>>,
}

impl Bench {
    fn step(&mut self, script: &mut Script<'_>) -> Option<()> {
        match script.below(16)? {
            0 => self.open(),
            1 => {
                let id = self.pick(script)?;
                let by = script.pick(&[ClosedBy::Peer, ClosedBy::Us])?;
                self.close(id, by);
            }
            2 => {
                self.now += Duration::from_millis(500 * u64::from(script.byte()?));
                self.switch.on_timer(self.now);
            }
            3 => {
                let id = self.pick(script)?;
                let count = usize::from(script.byte()?);
                self.read(id, count);
            }
            4 if script.byte()? == 0xff => self.switch.shutdown(self.now),
            _ => {
                let id = self.pick(script)?;
                let len = usize::from(script.byte()?);
                self.switch.receive(self.now, id, script.bytes(len));
            }
        }
        Some(())
    }

    fn open(&mut self) {
        let before = self.switch.connections();
        match self.switch.open(self.now) {
            Ok(id) => assert!(self.readers.insert(id, Vec::new()).is_none(), "used again"),
            Err(_) => assert_eq!(self.switch.connections(), before),
        }
        assert!(self.switch.connections() <= LIMITS.max_connections);
    }

    fn pick(&self, script: &mut Script<'_>) -> Option<PeerId> {
        let open: Vec<PeerId> = self.readers.keys().copied().collect();
        if open.is_empty() {
            return script.byte().map(|byte| PeerId(byte.into()));
        }
        script.pick(&open)
    }

    /// Everything still waiting is read first, as a host tries to write it.
    fn close(&mut self, id: PeerId, by: ClosedBy) {
        self.read(id, usize::MAX);
        self.switch.closed(self.now, id, by);
        if let Some(unread) = self.readers.remove(&id) {
            assert_eq!(unread, b"", "half an operation was written");
        }
        assert_eq!(self.switch.output(id), b"");
    }

    fn read(&mut self, id: PeerId, count: usize) {
        let Some(unread) = self.readers.get_mut(&id) else {
            return;
        };
        let waiting = self.switch.output(id);
        let taken = waiting.get(..count).unwrap_or(waiting);
        unread.extend_from_slice(taken);
        self.switch.wrote(id, taken.len());
        let mut decoder = ServerOpDecoder::new(Limits::default());
        loop {
            match decoder.decode(unread) {
                Ok(Some((_, taken))) => {
                    unread.drain(..taken);
                }
                Ok(None) => return,
                Err(error @ (DecodeError::Refused { .. } | DecodeError::Protocol(_))) => {
                    panic!(
                        "wrote what cannot be read: {error}: {}",
                        unread.escape_ascii()
                    );
                }
            }
        }
    }

    fn check(&mut self) {
        if let Err(broken) = self.switch.check_invariants() {
            panic!("{broken}");
        }
        let (mut dirty, mut cuts) = (Vec::new(), Vec::new());
        self.switch.take_dirty(&mut dirty);
        self.switch.take_cuts(&mut cuts);
        let known = |id: &PeerId| self.readers.contains_key(id);
        assert!(dirty.iter().all(known));
        for (id, _) in cuts {
            assert!(known(&id), "cut and not open: {id:?}");
        }
        assert_eq!(self.switch.connections(), self.readers.len());
    }

    fn end(&mut self) {
        let open: Vec<PeerId> = self.readers.keys().copied().collect();
        for id in open {
            self.close(id, ClosedBy::Peer);
            self.check();
        }
        self.switch.local().nobody_is_left();
        let counters = self.switch.counters();
        assert!(counters.bytes_out >= counters.messages_out);
    }
}
