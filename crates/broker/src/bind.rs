use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use mio::net::TcpListener;
use socket2::{Domain, Protocol, Socket, Type};
use thiserror::Error;

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 4096;

/// How often another port is tried when the one picked is taken on the other loopback address.
const PORT_ATTEMPTS: usize = 16;

/// Why a broker does not start.
#[derive(Debug, Error)]
pub enum BindError {
    /// The address can be reached from other machines.
    #[error("refusing to listen on {address}: only loopback addresses are served")]
    NotLoopback {
        /// What was asked for.
        address: SocketAddr,
    },
    /// Something listens there already.
    #[error("something already listens on {address}")]
    PortTaken {
        /// Where.
        address: SocketAddr,
    },
    /// No port was found that is free on both loopback addresses.
    #[error("found no port that is free on 127.0.0.1 and ::1")]
    NoFreePort,
    /// A message would not fit into what may wait for one connection.
    #[error("the pending limit of {max_pending} bytes is below the payload limit of {max_payload}")]
    PendingBelowPayload {
        /// The limit on bytes waiting for one connection.
        max_pending: usize,
        /// The limit on the payload of one message.
        max_payload: usize,
    },
    /// What may wait for one connection is more than what may wait for all.
    #[error(
        "the pending limit of all connections of {total} bytes is below that of one of {max_pending}"
    )]
    TotalBelowPending {
        /// The limit on bytes waiting for all connections.
        total: usize,
        /// The limit on bytes waiting for one connection.
        max_pending: usize,
    },
    /// So many connections were asked for, and the system does not let this process open so many.
    #[error(
        "{connections} connections and {reserve} files in reserve need more than the {hard} file descriptors that \
         this process may open at most"
    )]
    TooFewDescriptors {
        /// The connections asked for.
        connections: usize,
        /// Descriptors needed for anything else.
        reserve: usize,
        /// The hard limit of this process.
        hard: usize,
    },
    /// The system refused for another reason.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What it said.
        source: io::Error,
    },
    /// The system gave no poll or no random numbers.
    #[error("cannot set up the event loop")]
    Setup(#[source] io::Error),
}

impl BindError {
    /// A stable word.
    pub const fn code(&self) -> &'static str {
        match self {
            BindError::NotLoopback { .. } => "not_loopback",
            BindError::PortTaken { .. } => "port_taken",
            BindError::NoFreePort => "no_free_port",
            BindError::PendingBelowPayload { .. } => "pending_below_payload",
            BindError::TotalBelowPending { .. } => "total_below_pending",
            BindError::TooFewDescriptors { .. } => "too_few_descriptors",
            BindError::Listen { .. } => "listen_failed",
            BindError::Setup(_) => "setup_failed",
        }
    }

    /// What to do about it.
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            BindError::NotLoopback { .. } => {
                Some("there is no authentication yet: listen on 127.0.0.1 or ::1")
            }
            BindError::PortTaken { .. } => {
                Some("choose another port with --listen 127.0.0.1:PORT (0 picks a free one)")
            }
            BindError::NoFreePort => Some("choose a port with --listen 127.0.0.1:PORT"),
            BindError::PendingBelowPayload { .. } => Some("raise the pending limit"),
            BindError::TotalBelowPending { .. } => {
                Some("raise the pending limit of all connections")
            }
            BindError::TooFewDescriptors { .. } => Some(
                "raise the hard limit (`ulimit -Hn`, LimitNOFILE= in systemd) or lower limits.connections",
            ),
            BindError::Listen { .. } | BindError::Setup(_) => None,
        }
    }
}

/// Listens on an address and, for the two usual ones, on its twin of the other family, if the
/// machine has it, under the same port.
pub(crate) fn bind(address: SocketAddr) -> Result<Vec<TcpListener>, BindError> {
    if !address.ip().is_loopback() {
        return Err(BindError::NotLoopback { address });
    }
    let attempts = if address.port() == 0 {
        PORT_ATTEMPTS
    } else {
        1
    };
    for _ in 0..attempts {
        let first = listen(address)?;
        let port = local_port(&first, address)?;
        let Some(twin) = twin_of(address.ip()) else {
            return Ok(vec![first]);
        };
        match listen(SocketAddr::new(twin, port)) {
            Ok(second) => return Ok(vec![first, second]),
            Err(BindError::Listen { source, .. }) if is_missing_family(&source) => {
                return Ok(vec![first]);
            }
            Err(BindError::PortTaken { .. }) if address.port() == 0 => {}
            Err(error) => return Err(error),
        }
    }
    Err(BindError::NoFreePort)
}

fn twin_of(ip: IpAddr) -> Option<IpAddr> {
    match ip {
        IpAddr::V4(Ipv4Addr::LOCALHOST) => Some(IpAddr::V6(Ipv6Addr::LOCALHOST)),
        IpAddr::V6(Ipv6Addr::LOCALHOST) => Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        _ => None,
    }
}

fn is_missing_family(error: &io::Error) -> bool {
    let unsupported = rustix::io::Errno::AFNOSUPPORT.raw_os_error();
    error.kind() == io::ErrorKind::AddrNotAvailable || error.raw_os_error() == Some(unsupported)
}

fn listen(address: SocketAddr) -> Result<TcpListener, BindError> {
    open_listener(address).map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => BindError::PortTaken { address },
        _ => BindError::Listen { address, source },
    })
}

fn open_listener(address: SocketAddr) -> io::Result<TcpListener> {
    let domain = Domain::for_address(address);
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // A port whose last connections still linger may be used at once; one with a listener may not.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(TcpListener::from_std(socket.into()))
}

fn local_port(listener: &TcpListener, address: SocketAddr) -> Result<u16, BindError> {
    match listener.local_addr() {
        Ok(local) => Ok(local.port()),
        Err(source) => Err(BindError::Listen { address, source }),
    }
}
