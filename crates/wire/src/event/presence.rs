use crate::names::present;
use crate::value::{ValueError, Writer, fields};

/// A router says that it is there; every half second on `ipc.event.presence`, so that a second one
/// finds the first.
///
/// | key | type | needed | |
/// |---|---|---|---|
/// | `router` | text | yes | id of the router's life |
/// | `state` | text | yes | `looking`, `standby`, `serving` or `stopping` |
/// | `since_ms` | int | yes | since when it is in that state: milliseconds since 1970 by its own clock |
/// | `store` | text | yes | id of its data directory, empty if it has none: two routers with one id hold the same durable state |
/// | `host` | text | yes | the machine it runs on, for people |
/// | `pid` | int | yes | its process there, for people |
/// | `version` | text | yes | of the program |
/// | `sent_ms` | int | no | when it was sent, by a clock of its own that nobody else can read: a router that hears itself knows by it how old that is |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presence<'a> {
    /// Id of the router's life.
    pub router: &'a str,
    /// What it does: one of the words below.
    pub state: &'a str,
    /// Since when, in milliseconds since 1970.
    pub since_ms: u64,
    /// Id of its data directory; empty if it has none.
    pub store: &'a str,
    /// The machine it runs on.
    pub host: &'a str,
    /// Its process there.
    pub pid: u64,
    /// Of the program.
    pub version: &'a str,
    /// When it was sent, in milliseconds by a clock of the router's own; 0 if it does not say.
    pub sent_ms: u64,
}

impl<'a> Presence<'a> {
    /// It looks for others and answers nobody. Whoever serves says so at once.
    pub const LOOKING: &'static str = "looking";
    /// It answers nobody until the one that serves is gone.
    pub const STANDBY: &'static str = "standby";
    /// It answers requests.
    pub const SERVING: &'static str = "serving";
    /// It goes down in order: whoever stands by may take over.
    pub const STOPPING: &'static str = "stopping";

    /// Reads and checks a message.
    pub fn decode(body: &'a [u8]) -> Result<Presence<'a>, ValueError> {
        let (mut router, mut state, mut since_ms) = (None, None, None);
        let (mut store, mut host, mut version) = ("", "", "");
        let (mut pid, mut sent_ms) = (0, 0);
        fields(body, |key, reader| {
            match key {
                b"router" => router = Some(reader.text("router")?),
                b"state" => state = Some(reader.text("state")?),
                b"since_ms" => since_ms = Some(reader.uint("since_ms")?),
                b"store" => store = reader.nullable(|r| r.text("store"))?.unwrap_or_default(),
                b"host" => host = reader.nullable(|r| r.text("host"))?.unwrap_or_default(),
                b"pid" => pid = reader.nullable(|r| r.uint("pid"))?.unwrap_or_default(),
                b"version" => {
                    version = reader.nullable(|r| r.text("version"))?.unwrap_or_default();
                }
                b"sent_ms" => {
                    sent_ms = reader.nullable(|r| r.uint("sent_ms"))?.unwrap_or_default();
                }
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        Ok(Presence {
            router: present("router", router)?,
            state: present("state", state)?,
            since_ms: present("since_ms", since_ms)?,
            store,
            host,
            pid,
            version,
            sent_ms,
        })
    }

    /// Appends the message to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        Writer::new(out).map(|map| {
            map.key("router").text(self.router);
            map.key("state").text(self.state);
            map.key("since_ms").uint(self.since_ms);
            map.key("store").text(self.store);
            map.key("host").text(self.host);
            map.key("pid").uint(self.pid);
            map.key("version").text(self.version);
            map.key("sent_ms").uint(self.sent_ms);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_was_written() {
        let presence = Presence {
            router: "r1",
            state: Presence::SERVING,
            since_ms: 1_700_000_000_000,
            store: "s1",
            host: "alpha",
            pid: 7,
            version: "0.1.0",
            sent_ms: 4_711,
        };
        let mut body = Vec::new();
        presence.encode(&mut body);
        assert_eq!(Presence::decode(&body), Ok(presence));
    }
}
