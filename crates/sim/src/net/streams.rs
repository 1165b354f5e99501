//! Bytes to operations, on a buffer of their own: what peers read, and what the judge overhears.

use aegis_nats::codec::{
    ClientOp, ClientOpDecoder, DecodeError, Limits, ServerOp, ServerOpDecoder,
};

/// A message as it was delivered or published.
#[derive(Clone, Debug)]
pub(crate) struct Letter {
    pub(crate) subject: String,
    pub(crate) reply: Option<String>,
    pub(crate) headers: Option<Vec<u8>>,
    pub(crate) payload: Vec<u8>,
}

#[derive(Clone, Debug)]
pub(crate) enum ServerSaid {
    Letter(Letter),
    Ping,
    Pong,
    Error(String),
}

#[derive(Clone, Debug)]
pub(crate) enum ClientSaid {
    Letter(Letter),
    Subscribed(String),
}

pub(crate) struct ServerStream {
    decoder: ServerOpDecoder,
    buffer: Vec<u8>,
}

impl ServerStream {
    pub(crate) fn new() -> ServerStream {
        ServerStream {
            decoder: ServerOpDecoder::new(Limits::default()),
            buffer: Vec::new(),
        }
    }

    /// What is whole with these bytes. An error means that the switch wrote what no client reads.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Result<Vec<ServerSaid>, DecodeError> {
        self.buffer.extend_from_slice(bytes);
        let mut said = Vec::new();
        let mut consumed = 0;
        while let Some((op, len)) = self
            .decoder
            .decode(self.buffer.get(consumed..).unwrap_or_default())?
        {
            consumed += len;
            match op {
                ServerOp::Message {
                    subject,
                    reply,
                    headers,
                    payload,
                    ..
                } => said.push(ServerSaid::Letter(Letter {
                    subject: subject.to_owned(),
                    reply: reply.map(str::to_owned),
                    headers: headers.map(<[u8]>::to_vec),
                    payload: payload.to_vec(),
                })),
                ServerOp::Ping => said.push(ServerSaid::Ping),
                ServerOp::Pong => said.push(ServerSaid::Pong),
                ServerOp::Err(text) => said.push(ServerSaid::Error(text.to_owned())),
                ServerOp::Info(_) | ServerOp::Ok => {}
            }
            if consumed == self.buffer.len() {
                break;
            }
        }
        self.buffer.drain(..consumed);
        Ok(said)
    }
}

pub(crate) struct ClientStream {
    decoder: ClientOpDecoder,
    buffer: Vec<u8>,
    is_broken: bool,
}

impl ClientStream {
    pub(crate) fn new() -> ClientStream {
        ClientStream {
            decoder: ClientOpDecoder::new(Limits::default()),
            buffer: Vec::new(),
            is_broken: false,
        }
    }

    /// What is whole with these bytes; nothing more once something could not be understood.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Vec<ClientSaid> {
        let mut said = Vec::new();
        if self.is_broken {
            return said;
        }
        self.buffer.extend_from_slice(bytes);
        let mut consumed = 0;
        while consumed < self.buffer.len() {
            match self
                .decoder
                .decode(self.buffer.get(consumed..).unwrap_or_default())
            {
                Ok(None) => break,
                Ok(Some((op, len))) => {
                    consumed += len;
                    said.extend(told(&op));
                }
                Err(DecodeError::Refused { consumed: len, .. }) => consumed += len,
                Err(DecodeError::Protocol(_)) => {
                    self.is_broken = true;
                    break;
                }
            }
        }
        self.buffer.drain(..consumed);
        said
    }
}

fn told(op: &ClientOp<'_>) -> Option<ClientSaid> {
    match *op {
        ClientOp::Publish {
            subject,
            reply,
            headers,
            payload,
        } => Some(ClientSaid::Letter(Letter {
            subject: subject.to_owned(),
            reply: reply.map(str::to_owned),
            headers: headers.map(<[u8]>::to_vec),
            payload: payload.to_vec(),
        })),
        ClientOp::Subscribe { subject, .. } => Some(ClientSaid::Subscribed(subject.to_owned())),
        _ => None,
    }
}
