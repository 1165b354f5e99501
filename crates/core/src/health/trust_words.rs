//! The words for the router's trust in itself, on the wire, in logs and in listings.

/// How far the router trusts its own view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrustState {
    /// It has not watched for one lease TTL: nobody expires.
    Warming,
    /// It watches.
    Normal,
    /// Too many are silent at once: nobody expires by silence.
    Preserving,
}

impl TrustState {
    /// The stable word used on the wire, in logs and in listings.
    pub const fn as_str(self) -> &'static str {
        match self {
            TrustState::Warming => "warming",
            TrustState::Normal => "normal",
            TrustState::Preserving => "preserving",
        }
    }
}

/// Why the router's trust in itself changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrustReason {
    /// It started.
    Started,
    /// It woke up too late: it was paused, or starved.
    WokeLate,
    /// It lost its NATS server, and hears nobody.
    BrokerLost,
    /// It has a NATS server again.
    BrokerRegained,
    /// It takes no requests for now, and no heartbeats: it is not sure that it is the one that serves, or
    /// leaves a server that is about to stop.
    Fenced,
    /// It takes requests again.
    Unfenced,
    /// It has watched for one lease TTL.
    Watched,
    /// Too many instances fell silent at once.
    MassSilence,
    /// Heartbeats returned.
    HeartbeatsReturned,
    /// Probes of a sample reached nobody: the loss is real.
    LossProven,
    /// It has preserved for as long as it may.
    TimeOver,
}

impl TrustReason {
    /// The stable code used on the wire, in logs and in listings.
    pub const fn code(self) -> &'static str {
        match self {
            TrustReason::Started => "started",
            TrustReason::WokeLate => "woke_late",
            TrustReason::BrokerLost => "broker_lost",
            TrustReason::BrokerRegained => "broker_regained",
            TrustReason::Fenced => "fenced",
            TrustReason::Unfenced => "unfenced",
            TrustReason::Watched => "watched",
            TrustReason::MassSilence => "mass_silence",
            TrustReason::HeartbeatsReturned => "heartbeats_returned",
            TrustReason::LossProven => "loss_proven",
            TrustReason::TimeOver => "time_over",
        }
    }
}
