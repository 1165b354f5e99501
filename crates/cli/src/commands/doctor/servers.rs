//! Each server of the list on its own: is it there, does it let us in, how far away is it?

use std::time::Duration;

use aegis_bus::{ConnectOptions, DialError, ServerAddress, ServerInfo, TlsOptions};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::finding::Finding;
use super::probe::Probe;

const CHECK: &str = "server";

/// A server that let us in.
pub(super) struct Reached {
    pub(super) probe: Probe,
    pub(super) info: ServerInfo,
    pub(super) round_trip: Duration,
}

/// Where the way to a server ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unreached {
    /// Its name has no address.
    Name(String),
    /// Nobody listens, or nothing gets there.
    Tcp(String),
    /// It greets us, or not, and does not let us in.
    Broker {
        /// In words.
        reason: String,
        /// What to do.
        hint: Option<&'static str>,
    },
}

/// Goes all the way to one server.
pub(super) async fn reach(
    mut options: ConnectOptions,
    address: ServerAddress,
    patience: Duration,
) -> Result<Reached, Unreached> {
    if options.tls.is_none() && options.servers.iter().any(ServerAddress::is_tls) {
        // One address with tls:// stands for all of the list.
        options.tls = Some(TlsOptions::default());
    }
    let place = (address.host().to_owned(), address.port());
    let addresses = match timeout(patience, lookup_host(place)).await {
        Ok(Ok(addresses)) => addresses.collect::<Vec<_>>(),
        Ok(Err(error)) => return Err(Unreached::Name(error.to_string())),
        Err(_) => return Err(Unreached::Name(format!("no answer within {patience:?}"))),
    };
    match timeout(patience, TcpStream::connect(&*addresses)).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => return Err(Unreached::Tcp(error.to_string())),
        Err(_) => return Err(Unreached::Tcp(format!("no answer within {patience:?}"))),
    }
    options.servers = vec![address];
    options.learns_servers = false;
    options.name = "aegis doctor".to_owned();
    let probe = Probe::open(options, patience).await.map_err(refused)?;
    let lost = || refused(Some(DialError::ClosedByBroker));
    let round_trip = probe.round_trip().await.ok_or_else(lost)?;
    let info = probe.connection.server_info().ok_or_else(lost)?;
    Ok(Reached {
        probe,
        info,
        round_trip,
    })
}

fn refused(error: Option<DialError>) -> Unreached {
    match error {
        Some(error) => Unreached::Broker {
            reason: error.to_string(),
            hint: error.hint(),
        },
        None => Unreached::Broker {
            reason: "it takes connections and says nothing".to_owned(),
            hint: None,
        },
    }
}

/// What is to be said of one server.
pub(super) fn verdict(
    address: &str,
    reached: Result<(&ServerInfo, Duration), &Unreached>,
) -> Finding {
    let finding = match reached {
        Ok((info, round_trip)) => {
            let tls = if info.tls { "with TLS" } else { "without TLS" };
            let login = if info.auth_required {
                "logged in"
            } else {
                "no login asked for"
            };
            let saw = format!("reached in {round_trip:.1?}, {tls}, {login}");
            if info.is_leaving {
                Finding::warning(CHECK, format!("{saw}; it is about to stop"))
                    .todo("nothing, if another server of the cluster is up: clients go there")
            } else {
                Finding::ok(CHECK, saw)
            }
        }
        Err(Unreached::Name(reason)) => {
            Finding::problem(CHECK, format!("its name has no address: {reason}"))
                .todo("check the spelling, and the name service of this machine")
        }
        Err(Unreached::Tcp(reason)) => {
            Finding::problem(CHECK, format!("nobody answers there: {reason}")).todo(
                "check address and port, firewalls, and whether it runs: `aegis router` starts one",
            )
        }
        Err(Unreached::Broker { reason, hint }) => {
            let finding = Finding::problem(CHECK, format!("it does not let us in: {reason}"));
            match hint {
                Some(hint) => finding.todo(*hint),
                None => finding.todo("check its log for this moment"),
            }
        }
    };
    finding.about(address)
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    #[test]
    fn the_reason_and_what_to_do_are_said() {
        let info = ServerInfo::default();
        let near = Duration::from_micros(300);
        let good = verdict("a:1", Ok((&info, near)));
        assert_eq!((good.verdict, good.todo), (Verdict::Ok, None));
        for unreached in [
            Unreached::Name("x".to_owned()),
            Unreached::Tcp("x".to_owned()),
            refused(None),
            refused(Some(DialError::ClosedByBroker)),
        ] {
            let bad = verdict("a:1", Err(&unreached));
            assert_eq!(bad.verdict, Verdict::Problem, "{unreached:?}");
            assert!(bad.todo.is_some(), "{unreached:?}");
        }
        let leaving = ServerInfo {
            is_leaving: true,
            ..info
        };
        let leaving = verdict("a:1", Ok((&leaving, near)));
        assert_eq!(leaving.verdict, Verdict::Warning);
    }
}
