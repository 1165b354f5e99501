use crate::names::present;
use crate::value::{ValueError, Writer, fields};

/// A router says how far it trusts what it sees, or that it stops; on `ipc.event.router`.
///
/// | key | type | needed | |
/// |---|---|---|---|
/// | `router` | text | yes | id of the router's life |
/// | `what` | text | yes | `serving`, `normal`, `warming`, `preserving` or `stopping` |
/// | `reason` | text | yes | stable code of the evidence |
/// | `evidence` | text | yes | the same for people |
/// | `at` | text | yes | when: RFC 3339 with `Z` |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouterEvent<'a> {
    /// Id of the router's life.
    pub router: &'a str,
    /// What it is from now on.
    pub what: &'a str,
    /// Stable code of the evidence.
    pub reason: &'a str,
    /// The evidence for people.
    pub evidence: &'a str,
    /// When: RFC 3339 with `Z`, from [`timestamp`](crate::timestamp).
    pub at: &'a str,
}

impl<'a> RouterEvent<'a> {
    /// It expires whom it does not hear.
    pub const NORMAL: &'static str = "normal";
    /// It has not watched long enough to expire anybody.
    pub const WARMING: &'static str = "warming";
    /// So many fell silent at once that it rather doubts itself.
    pub const PRESERVING: &'static str = "preserving";
    /// It answers requests from now on.
    pub const SERVING: &'static str = "serving";
    /// It goes down in order.
    pub const STOPPING: &'static str = "stopping";

    /// Reason to serve: it found no other router.
    pub const STARTED: &'static str = "started";
    /// Reason to serve: the one before fell silent.
    pub const TOOK_OVER: &'static str = "took_over";
    /// Reason to serve: the one before said goodbye, and still answers what it has.
    pub const HANDED_OVER: &'static str = "handed_over";
    /// Reason to serve again: it was stopped or cut off, had to expect that another had taken over, and
    /// nobody had.
    pub const RESUMED: &'static str = "resumed";
    /// Reason to be warming: it had lost its NATS server.
    pub const BROKER_REGAINED: &'static str = "broker_regained";

    /// Whether requests that were on their way may be lost, and nobody will answer them.
    pub fn loses_requests(&self) -> bool {
        [
            Self::STARTED,
            Self::TOOK_OVER,
            Self::RESUMED,
            Self::BROKER_REGAINED,
        ]
        .contains(&self.reason)
    }

    /// Reads and checks a message.
    pub fn decode(body: &'a [u8]) -> Result<RouterEvent<'a>, ValueError> {
        let (mut router, mut what, mut reason) = (None, None, None);
        let (mut evidence, mut at) = ("", None);
        fields(body, |key, reader| {
            match key {
                b"router" => router = Some(reader.text("router")?),
                b"what" => what = Some(reader.text("what")?),
                b"reason" => reason = Some(reader.text("reason")?),
                b"evidence" => {
                    evidence = reader.nullable(|r| r.text("evidence"))?.unwrap_or_default();
                }
                b"at" => at = Some(reader.text("at")?),
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        Ok(RouterEvent {
            router: present("router", router)?,
            what: present("what", what)?,
            reason: present("reason", reason)?,
            evidence,
            at: present("at", at)?,
        })
    }

    /// Appends the message to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        Writer::new(out).map(|map| {
            map.key("router").text(self.router);
            map.key("what").text(self.what);
            map.key("reason").text(self.reason);
            map.key("evidence").text(self.evidence);
            map.key("at").text(self.at);
        });
    }
}
