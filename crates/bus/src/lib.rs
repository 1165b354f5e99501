//! Connections to a NATS server on our own codec, for the SDK.
