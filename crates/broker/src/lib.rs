//! The embedded NATS broker: sockets around the message switch.
