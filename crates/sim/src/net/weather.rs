//! What happens to single messages on their way: lost, doubled, overtaken.
//!
//! A connection to the embedded broker does none of this. Brokers behind brokers do: there every
//! hop may drop what a slow one cannot take, and two ways of different length lead to one place.

use aegis_nats::codec::{
    ClientOp, ClientOpDecoder, DecodeError, Limits, ServerOp, ServerOpDecoder,
};
use aegis_wire::call::InboxMessage;
use aegis_wire::{Inbound, Subjects};

use super::{Action, LinkId, Net};
use crate::coverage::WEATHER;

/// Out of a thousand messages.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Weather {
    pub(crate) lost: u64,
    pub(crate) doubled: u64,
    pub(crate) overtaken: u64,
}

impl Weather {
    pub(crate) fn is_any(&self) -> bool {
        self.lost + self.doubled + self.overtaken > 0
    }
}

/// What becomes of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Arrives,
    Lost,
    Doubled,
    Overtaken,
}

/// Cuts bytes into whole operations.
pub(crate) struct Cutter<D> {
    decoder: D,
    buffer: Vec<u8>,
    /// Something came that is no operation: the rest goes on as it is.
    is_raw: bool,
}

/// One piece that a [`Cutter`] cut off.
struct Piece {
    bytes: Vec<u8>,
    /// It is a message, and may it be doubled.
    message: Option<bool>,
}

impl Cutter<ClientOpDecoder> {
    pub(super) fn of_client() -> Cutter<ClientOpDecoder> {
        Cutter::new(ClientOpDecoder::new(Limits::default()))
    }

    fn cut(&mut self, bytes: &[u8], subjects: &Subjects) -> Vec<Piece> {
        self.cut_by(bytes, |decoder, buffer| {
            let Some((op, len)) = decoder.decode(buffer)? else {
                return Ok(None);
            };
            let message = match op {
                // No broker doubles a call, and plain calls promise nothing if one did.
                ClientOp::Publish { subject, .. } => {
                    let what = subjects.parse(subject);
                    Some(!matches!(what, Some(Inbound::Route { .. })))
                }
                _ => None,
            };
            Ok(Some((message, len)))
        })
    }
}

impl Cutter<ServerOpDecoder> {
    pub(super) fn of_server() -> Cutter<ServerOpDecoder> {
        Cutter::new(ServerOpDecoder::new(Limits::default()))
    }

    fn cut(&mut self, bytes: &[u8], subjects: &Subjects) -> Vec<Piece> {
        self.cut_by(bytes, |decoder, buffer| {
            let Some((op, len)) = decoder.decode(buffer)? else {
                return Ok(None);
            };
            let message = match op {
                ServerOp::Message {
                    subject, payload, ..
                } => {
                    let is_inbox = subjects.parse_inbox(subject).is_some();
                    let is_call =
                        matches!(InboxMessage::decode(payload), Ok(InboxMessage::Call(_)));
                    Some(!(is_inbox && is_call))
                }
                _ => None,
            };
            Ok(Some((message, len)))
        })
    }
}

type Cut = Result<Option<(Option<bool>, usize)>, DecodeError>;

impl<D> Cutter<D> {
    fn new(decoder: D) -> Cutter<D> {
        Cutter {
            decoder,
            buffer: Vec::new(),
            is_raw: false,
        }
    }

    fn cut_by(&mut self, bytes: &[u8], one: impl Fn(&mut D, &[u8]) -> Cut) -> Vec<Piece> {
        let mut pieces = Vec::new();
        self.buffer.extend_from_slice(bytes);
        while !self.is_raw && !self.buffer.is_empty() {
            match one(&mut self.decoder, &self.buffer) {
                Ok(None) => return pieces,
                Ok(Some((message, len))) => {
                    let bytes = self.buffer.drain(..len).collect();
                    pieces.push(Piece { bytes, message });
                }
                Err(DecodeError::Refused { consumed, .. }) => {
                    let bytes = self.buffer.drain(..consumed).collect();
                    pieces.push(Piece {
                        bytes,
                        message: None,
                    });
                }
                Err(DecodeError::Protocol(_)) => self.is_raw = true,
            }
        }
        if !self.buffer.is_empty() {
            pieces.push(Piece {
                bytes: std::mem::take(&mut self.buffer),
                message: None,
            });
        }
        pieces
    }
}

impl Net {
    /// What is left of bytes that a process has written. What is overtaken comes later.
    pub(super) fn weather_in(&mut self, id: LinkId, bytes: &[u8]) -> Vec<u8> {
        if !self.plan.weather.is_any() {
            return bytes.to_vec();
        }
        let Some(link) = self.links.get_mut(id.0 as usize) else {
            return Vec::new();
        };
        let pieces = link.cut_in.cut(bytes, &self.subjects);
        self.let_through(id, pieces, true)
    }

    /// What is left of bytes that have come to a process.
    pub(super) fn weather_out(&mut self, id: LinkId, bytes: Vec<u8>) -> Vec<u8> {
        if !self.plan.weather.is_any() {
            return bytes;
        }
        let Some(link) = self.links.get_mut(id.0 as usize) else {
            return Vec::new();
        };
        let pieces = link.cut_out.cut(&bytes, &self.subjects);
        self.let_through(id, pieces, false)
    }

    fn let_through(&mut self, id: LinkId, pieces: Vec<Piece>, is_in: bool) -> Vec<u8> {
        let mut through = Vec::new();
        for piece in pieces {
            let fate = match piece.message {
                Some(may_be_doubled) => self.fate(id, may_be_doubled),
                None => Fate::Arrives,
            };
            let [lost_in, lost_out, doubled_in, doubled_out, overtaken, ..] = WEATHER;
            match fate {
                Fate::Arrives => through.extend(piece.bytes),
                Fate::Lost => self
                    .met
                    .count("weather", if is_in { lost_in } else { lost_out }),
                Fate::Doubled => {
                    through.extend_from_slice(&piece.bytes);
                    through.extend(piece.bytes);
                    let which = if is_in { doubled_in } else { doubled_out };
                    self.met.count("weather", which);
                }
                Fate::Overtaken => {
                    self.met.count("weather", overtaken);
                    let at = self.now + self.chance.millis(1, 60);
                    let Some(link) = self.link(id) else { continue };
                    let (late, action) = match is_in {
                        true => (&mut link.late_in, Action::LateIn(id)),
                        false => (&mut link.late_out, Action::LateOut(id)),
                    };
                    late.push_back(piece.bytes);
                    self.schedule.at(at, action);
                }
            }
        }
        through
    }

    fn fate(&mut self, id: LinkId, may_be_doubled: bool) -> Fate {
        let is_exposed = self
            .links
            .get(id.0 as usize)
            .is_some_and(|link| EXPOSED.contains(&link.name));
        if self.is_fair || !is_exposed {
            return Fate::Arrives;
        }
        let Weather {
            lost,
            doubled,
            overtaken,
        } = self.plan.weather;
        match self.chance.below(1_000) {
            drawn if drawn < lost => Fate::Lost,
            drawn if drawn < lost + doubled && may_be_doubled => Fate::Doubled,
            drawn if drawn >= 1_000 - overtaken => Fate::Overtaken,
            _ => Fate::Arrives,
        }
    }

    /// An overtaken message comes at last.
    pub(crate) fn late_in(&mut self, id: LinkId) {
        if let Some(bytes) = self.link(id).and_then(|link| link.late_in.pop_front()) {
            self.put_on_the_way(id, &bytes);
        }
    }

    /// As [`Net::late_in`], at the process.
    pub(crate) fn take_late_out(&mut self, id: LinkId) -> Vec<u8> {
        let link = self.link(id).filter(|link| link.open_at_peer);
        link.and_then(|link| link.late_out.pop_front())
            .unwrap_or_default()
    }
}

/// Connections whose messages the weather touches: operators and meddlers are not its business.
const EXPOSED: [&str; 4] = ["work", "lifeline", "caller", "legacy"];
