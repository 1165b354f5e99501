//! Subjects, MessagePack records and error codes: what AegisIPC puts on the wire.
